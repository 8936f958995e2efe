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

export NGINX_ROOM=${NGINX_ROOM:-$PWD/target/nginx-tests}
room=$NGINX_ROOM
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
export TEMPLRENDER_MODULE=$room/module/ngx_http_templrender_module.so
RPATH=1 bindings/nginx/build.sh "$room/module"

cd bindings/nginx/tests
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1
case $kind in
tests)
    if [ $# -gt 0 ]; then
        exec $python -W ignore::ResourceWarning -m unittest -v "$@"
    fi
    exec $python -W ignore::ResourceWarning -m unittest discover -v
    ;;
valgrind)
    rm -f "$room"/valgrind.*.log
    export NGINX_SLOWER=20
    export NGINX_UNDER="valgrind --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect --num-callers=40 \
        --suppressions=$PWD/valgrind.supp --suppressions=$PWD/../../c/tests/valgrind.supp --log-file=$room/valgrind.%p.log"
    $python -W ignore::ResourceWarning many.py "${1:-200}"
    # The master and the workers of three configurations.
    [ "$(ls "$room"/valgrind.*.log | wc -l)" -ge 4 ] || { echo "valgrind left too few logs in $room"; exit 1; }
    grep -H 'ERROR SUMMARY' "$room"/valgrind.*.log
    if grep -L 'ERROR SUMMARY: 0 errors' "$room"/valgrind.*.log | grep .; then
        echo 'valgrind found errors or leaks in these'
        exit 1
    fi
    ;;
esac
