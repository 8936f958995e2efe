#!/bin/bash
# The tests of the nginx module, each beside an nginx of its own under target/nginx-tests, on the ports 18100 to 18199 of 127.0.0.1.
#
#   bindings/nginx/test.sh [TEST...]     all tests, or those named: test_path, test_path.Fresh
#   bindings/nginx/test.sh valgrind      200 requests of all kinds under valgrind: no error, nothing lost
#   bindings/nginx/test.sh asan          10,000 requests and a storm with library and module built with AddressSanitizer
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
    ln -sfn "$ci/templrender" "$ci/libtemplrender.so" "$TEMPLRENDER_BUILT"
    ln -sfn "$ci/libtemplrender.so" "$TEMPLRENDER_BUILT/libtemplrender.so.0"
fi
TEMPLRENDER_BUILT=$(cd "$TEMPLRENDER_BUILT" && pwd)
export TEMPLRENDER_BUILT
export TEMPLRENDER_MODULE=$room/module/ngx_http_templrender_module.so
[ "$kind" = asan ] || RPATH=1 bindings/nginx/build.sh "$room/module"

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
asan)
    # Library and module with AddressSanitizer, nginx without: the runtime is loaded before it. Leaks are valgrind's: nginx frees no arrays of its own at its end.
    library=$room/asan/lib
    if [ -n "${TEMPLRENDER_ASAN_LIB:-}" ]; then
        library=$TEMPLRENDER_ASAN_LIB
    else
        ../../c/test.sh asan-lib "$library"
    fi
    CFLAGS='-fsanitize=address -fno-omit-frame-pointer -U_FORTIFY_SOURCE' LDFLAGS=-fsanitize=address RPATH=1 ../build.sh "$room/asan/module" "$TEMPLRENDER_BUILT/include" "$library"
    rm -f "$room"/asan.log.*
    export TEMPLRENDER_MODULE=$room/asan/module/ngx_http_templrender_module.so NGINX_SLOWER=5
    export NGINX_UNDER="env LD_PRELOAD=$library/libasan.so LD_LIBRARY_PATH=$library ASAN_OPTIONS=detect_leaks=0:abort_on_error=0:log_path=$room/asan.log"
    $python -W ignore::ResourceWarning many.py "${1:-10000}"
    $python -W ignore::ResourceWarning storm.py 20
    if ls "$room"/asan.log.* 2>/dev/null; then
        head -40 "$room"/asan.log.*
        echo 'AddressSanitizer found these'
        exit 1
    fi
    ;;
esac
