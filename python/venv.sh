#!/bin/bash
# python/venv.sh NAME [GROUP...]: makes target/python-NAME with these groups of pyproject.toml, unless it is there and their lines are the same, and prints
# the folder of its programs. Without groups it holds nothing at all, not even pip.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
shift
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
venv=$target/python-$name
stamp=$venv/made-by-$({ python3 -V && sed -n '/^\[dependency-groups\]/,/^\[tool/p' pyproject.toml; } | cksum | tr ' ' -)
if [ ! -e "$stamp" ]; then
    mkdir -p "$target"
    if [ $# = 0 ]; then
        python3 -m venv --clear --without-pip "$venv"
    else
        python3 -m venv --clear "$venv"
        pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check install)
        "${pip[@]}" "$(sed -n 's/.*"\(pip==[^"]*\)".*/\1/p' pyproject.toml)" # Debian's knows no groups
        "${pip[@]}" $(printf -- '--group %s ' "$@") >&2
    fi
    touch "$stamp"
fi
printf '%s\n' "$venv/bin"
