#!/bin/bash
# python/package.sh: makes target/python, the package with its native half, and prints that folder, for PYTHONPATH.
#
# A folder TEMPLRENDER_BUILT with _templrender.abi3.so is taken as it is; without it cargo builds one with the profile ci.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
package=$target/python
if [ -n "${TEMPLRENDER_BUILT:-}" ]; then
    native=$TEMPLRENDER_BUILT/_templrender.abi3.so
else
    "${CARGO:-cargo}" build --locked --workspace --profile ci >&2
    native=$target/ci/lib_templrender.so
fi
rm -rf "$package"
mkdir -p "$package"
cp -r python/templrender "$package/templrender"
find "$package" \( -name __pycache__ -o -name '*.so' \) -prune -exec rm -rf {} +
cp "$native" "$package/templrender/_templrender.abi3.so"
printf '%s\n' "$package"
