#!/bin/bash
# The tests of the nginx module, each beside an nginx of its own under target/nginx-tests, on the ports 18100 to 18199 of 127.0.0.1.
#
#   bindings/nginx/test.sh [TEST...]     all tests, or those named: test_path, test_path.Fresh
#   bindings/nginx/test.sh valgrind      200 requests of all kinds under valgrind: no error, nothing lost
#   bindings/nginx/test.sh asan          10,000 requests with library and module built with AddressSanitizer
#
# Needs no network beyond the packages. With TEMPLRENDER_BUILT, a folder with templrender, libtemplrender.so and include/, cargo is not run.
set -euo pipefail
cd "$(dirname "$0")/../.."
kind=tests
case ${1:-} in valgrind | asan) kind=$1 && shift ;; esac

packages=(nginx nginx-dev gcc make python3)
[ "$kind" != valgrind ] || packages+=(valgrind)
tools/packages.sh "${packages[@]}"

room=$PWD/target/nginx-tests
mkdir -p "$room"
if [ -z "${TEMPLRENDER_BUILT:-}" ]; then
    "${CARGO:-cargo}" build --locked --workspace --profile ci
    TEMPLRENDER_BUILT=$room/built
    ci=$(cd "${CARGO_TARGET_DIR:-target}/ci" && pwd)
    mkdir -p "$TEMPLRENDER_BUILT"
    ln -sfn "$PWD/include" "$TEMPLRENDER_BUILT/include"
    ln -sfn "$ci/templrender" "$ci/libtemplrender.so" "$ci/libtemplrender.a" "$TEMPLRENDER_BUILT"
fi
export TEMPLRENDER_BUILT
