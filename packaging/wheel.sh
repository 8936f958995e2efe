#!/bin/bash
# Wheel and source distribution of the Python package, out of git: packaging/wheel.sh [FOLDER] writes both into FOLDER, by default into out/.
#
# The wheel is built from the source distribution, with Cargo.lock as it is; it holds the licences of all crates that are linked in (THIRD-PARTY), no
# symbols and no path of this machine. The same commit and the same tools give the same bytes. Any Python from 3.11 on takes it, and its name says from
# which C library on. CARGO_TARGET_DIR keeps what is compiled; by default target/wheel.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
mkdir -p "${1:-out}"
folder=$(realpath "${1:-out}")
bin=$(python/venv.sh wheel wheel)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}/wheel")
RUSTFLAGS="--remap-path-prefix=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")/registry/src/=crates/"
export SOURCE_DATE_EPOCH CARGO_TARGET_DIR RUSTFLAGS CARGO_INCREMENTAL=0
[ -z "$(git status --porcelain)" ] || printf 'note: what is not committed is not in the wheel\n' >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/templrender-wheel.XXXXXX")
trap 'rm -rf "$work"' EXIT
umask 022

git clone --quiet --depth 1 "file://$root" "$work/clone"
(cd "$work/clone" && "$bin/maturin" sdist --out "$work/out") 2> "$work/log" || { cat "$work/log" >&2; exit 1; }
tar -xzf "$work"/out/*.tar.gz -C "$work"
cd "$work"/templrender-*/
"$work/clone/packaging/third_party.py" templrender-python > THIRD-PARTY
"$bin/maturin" build --quiet --release --locked --strip --auditwheel check --out "$work/out"
for made in "$work"/out/*; do
    cp "$made" "$folder/.made"
    mv "$folder/.made" "$folder/$(basename "$made")"
    printf '%s: %s bytes, sha256 %s\n' "$folder/$(basename "$made")" "$(stat -c %s "$made")" "$(sha256sum "$made" | cut -d' ' -f1)"
done
