#!/bin/bash
# The Python package as its users install it: packaging/wheel_check.sh
#
# Wheel and source distribution are made twice, from two folders, and are the same; what is in them; what the tools of Python's packagers say about them.
# Then three users with nothing but pip: one with the wheel, one with a fresh clone, one with the source distribution; and one who works on the
# package itself, with `maturin develop`. The README's lines draw for each of them.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scratch=$(mktemp -d "${TMPDIR:-/tmp}/templrender-wheel-check.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
fail() { printf '%s\n' "$*" >&2; exit 1; }

bin=$(python/venv.sh wheel wheel)
git clone --quiet --depth 1 "file://$root" "$scratch/clone-source" # one commit, whatever is committed meanwhile
CARGO_TARGET_DIR=$target "$scratch/clone-source/packaging/wheel.sh" "$scratch/first"
CARGO_TARGET_DIR=$target "$scratch/clone-source/packaging/wheel.sh" "$scratch/again" > /dev/null
for made in "$scratch"/first/*; do
    cmp "$made" "$scratch/again/$(basename "$made")" || fail "the same commit gives another $(basename "$made")"
done
wheel=$(echo "$scratch"/first/*.whl)
sdist=$(echo "$scratch"/first/*.tar.gz)

# The source distribution: what the wheel is built of, and no more.
tar -tzf "$sdist" | sed 's,^[^/]*/,,' | sort > "$scratch/sdist.list"
for path in Cargo.lock Cargo.toml pyproject.toml PKG-INFO README.md NOTICE LICENSE-MIT LICENSE-APACHE src/lib.rs bindings/python/src/lib.rs \
    python/templrender/__init__.py python/templrender/py.typed python/templrender/_templrender.pyi; do
    grep -qxF "$path" "$scratch/sdist.list" || fail "$path is not in the source distribution"
done
grep -E '^(target|templates|tests|python/tests|deploy|docs)/|\.so$|\.pyc$' "$scratch/sdist.list" && fail 'the source distribution has more than a wheel is built of'

# The wheel.
"$bin/python" -m zipfile -e "$wheel" "$scratch/unpacked"
(cd "$scratch/unpacked" && find . -type f -printf '%P\n' | sort) > "$scratch/list"
info=$(basename "$(echo "$scratch"/unpacked/*.dist-info)")
for path in templrender/__init__.py templrender/py.typed templrender/_templrender.pyi templrender/_templrender.abi3.so \
    "$info"/licenses/{LICENSE-MIT,LICENSE-APACHE,NOTICE,THIRD-PARTY,src/text/default/OFL.txt}; do
    grep -qxF "$path" "$scratch/list" || fail "$path is not in the wheel"
done
git ls-files python/templrender | sed 's,^python/,,' | sort | comm -23 - "$scratch/list" | grep . && fail 'the wheel lacks these'
grep -q "^arrow-array " "$scratch/unpacked/$info/licenses/THIRD-PARTY" || fail 'THIRD-PARTY does not name what is linked in'
native=$scratch/unpacked/templrender/_templrender.abi3.so
readelf -SW "$native" | grep -qE ' \.(symtab|debug_info) ' && fail 'it is not stripped'
[ "$(nm -D --defined-only "$native" | awk '{ print $3 }' | sed 's/@.*//')" = PyInit__templrender ] || fail 'it exports more than PyInit__templrender'
readelf -dW "$native" | grep '(NEEDED)' | grep -vE '\[(libc|libm|libgcc_s|ld-linux-x86-64|libpthread|libdl)\.so' && fail 'it needs other libraries'
for path in "$root/" "$HOME/" "$scratch" templrender-wheel; do
    LC_ALL=C grep -rqF "$path" "$scratch/unpacked" && fail "it names a folder of this machine: $path"
done
"$bin/twine" check --strict "$wheel" "$sdist"
"$bin/check-wheel-contents" "$wheel"
"$bin/abi3audit" --strict --summary "$wheel"
PATH=$bin:$PATH "$bin/auditwheel" show "$wheel" | tr '\n' ' '
echo
grep -q '^Tag: cp311-abi3-manylinux' "$scratch/unpacked/$info/WHEEL" || fail 'PyPI would not take its tag'

# use NAME: a virtual environment with pip alone has the package: the README's lines draw, and no other package came along.
use() {
    local python=$scratch/$1/bin/python folder=$scratch/$1-use
    mkdir -p "$folder"
    cp -r "$root/templates" "$folder/templates" # no link: pictures must lie in their folder after links are followed
    "$python" - "$root/python/tests" > "$folder/readme.py" <<'PROGRAM'
import sys
sys.path.insert(0, sys.argv[1])
import examples
print(examples.program(examples.ROOT / "README.md"))
PROGRAM
    (cd "$folder" && "$python" -W error readme.py > log 2>&1) || { cat "$folder/log"; fail "the README's lines fail with the $1"; }
    find "$folder" -maxdepth 1 -type f -size +1k \( -name '*.png' -o -name '*.jpg' -o -name '*.webp' \) -printf "$1: the README's lines drew %f, %s bytes\n" | grep . \
        || fail "the README's lines drew nothing with the $1"
    (cd "$folder" && md5sum -- *.png *.jpg *.webp 2> /dev/null || true) > "$scratch/$1.sums"
    cmp "$scratch/$1.sums" "$scratch/wheel.sums" || fail "the $1 draws other bytes than the wheel"
}
fresh() { python3 -m venv "$scratch/$1"; }
pip() { "$scratch/$1/bin/python" -m pip --quiet --disable-pip-version-check "${@:2}"; }

fresh wheel
pip wheel install --no-index "$wheel"
use wheel
[ "$("$scratch/wheel/bin/python" -m pip --disable-pip-version-check list --format=freeze | grep -cvE '^(pip|setuptools|wheel)==')" = 1 ] || fail 'another package came along'

# From here on it is compiled again, with the same flags and into the same folder, for the same crates.
export CARGO_TARGET_DIR=$target/wheel CARGO_INCREMENTAL=0
RUSTFLAGS="--remap-path-prefix=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")/registry/src/=crates/"
export RUSTFLAGS

fresh clone
pip clone install "$scratch/clone-source"
use clone

fresh sdist
pip sdist install "$sdist"
use sdist
"$bin/python" -m build --sdist --outdir "$scratch/by-build" "$scratch/clone-source" > "$scratch/log" 2>&1 || { cat "$scratch/log"; fail 'python -m build fails'; }

fresh develop
pip develop install "$("$bin/python" -m pip freeze | grep '^maturin==')"
(cd "$scratch/clone-source" && . "$scratch/develop/bin/activate" && maturin develop --quiet --release)
use develop
printf '\nmarker = 1\n' >> "$scratch/clone-source/python/templrender/__init__.py"
"$scratch/develop/bin/python" -c 'import templrender; assert templrender.marker == 1' || fail 'maturin develop does not take the sources as they are'

printf 'wheel_check: %s, %s bytes; %s, %s bytes; wheel, clone, source distribution and editable install draw the same\n' \
    "$(basename "$wheel")" "$(stat -c %s "$wheel")" "$(basename "$sdist")" "$(stat -c %s "$sdist")"
