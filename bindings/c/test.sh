#!/bin/bash
# The C library as its users have it: header, shared and static library, pkg-config file.
#
#   bindings/c/test.sh                  the tests as C99 and as C++17, the examples, all shipped templates beside the program and tests/hashes.txt
#   bindings/c/test.sh valgrind         the C99 tests and the examples under memcheck: no error, no leak
#   bindings/c/test.sh asan [RENDERS]   the library built with AddressSanitizer, the tests linked with it, and RENDERS (10,000) pictures of a small mix
#   bindings/c/test.sh asan-lib FOLDER  leaves that library as FOLDER/libtemplrender.so (and .so.0), for programs that are not built with it, such as nginx:
#                                       LD_PRELOAD=FOLDER/libasan.so ASAN_OPTIONS=detect_leaks=0 nginx ... with LD_LIBRARY_PATH=FOLDER
#   bindings/c/test.sh install          make install into a scratch folder; examples built with what pkg-config says, shared and static
#
# A folder TEMPLRENDER_BUILT with libtemplrender.so, libtemplrender.a, the program templrender and include/ is taken as it is; without it cargo
# builds them with the profile ci. The folder of AddressSanitizer's build, target/asan, is kept only if TEMPLRENDER_KEEP_ASAN is set.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
work=$target/c-tests/${1:-plain}
warnings=(-Wall -Wextra -Wpedantic -Werror)
system=(-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc)

say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

build() {
    if [ -n "${TEMPLRENDER_BUILT:-}" ]; then
        built=$(cd "$TEMPLRENDER_BUILT" && pwd)
        include=$built/include
    else
        "${CARGO:-cargo}" build --locked --workspace --profile ci
        built=$target/ci
        include=$root/include
    fi
    rm -rf "$work"
    mkdir -p "$work"/{lib,c99,cxx,out,cli}
    ln -s "$built/libtemplrender.so" "$work/lib/libtemplrender.so"
    ln -s "$built/libtemplrender.so" "$work/lib/libtemplrender.so.0"
    export LD_LIBRARY_PATH="$work/lib"
}

# compile c99|cxx [FLAGS...]: every test to an object, and linked with the shared library.
compile() {
    local kind=$1 compiler
    shift
    if [ "$kind" = cxx ]; then compiler=(g++ -x c++ -std=c++17); else compiler=(gcc -std=c99); fi
    for test in bindings/c/tests/*.c; do
        name=$(basename "$test" .c)
        "${compiler[@]}" "${warnings[@]}" -g -O1 -I"$include" "$@" -c "$test" -o "$work/$kind/$name.o"
        g++ "$work/$kind/$name.o" -L"$work/lib" -ltemplrender -lpthread -o "$work/$kind/$name"
    done
}

examples() {
    for example in bindings/c/examples/*.c; do
        gcc -std=c99 "${warnings[@]}" -g -O1 -I"$include" "$example" -L"$work/lib" -ltemplrender -lpthread -o "$work/$(basename "$example" .c)"
    done
}

# run FOLDER [COMMAND...]: every test of it.
run() {
    local folder=$1
    shift
    for test in bindings/c/tests/*.c; do
        name=$(basename "$test" .c)
        printf '%s %s: ' "$folder" "$name"
        "$@" "$work/$folder/$name" "$root" || fail "$folder/$name failed"
    done
}

exported() { nm -D --defined-only "$1" | awk '{ print $3 }' | sed 's/@.*//' | sort; }

# Only what the header declares is exported, and the tests call all of it.
symbols() {
    exported "$built/libtemplrender.so" > "$work/exported"
    grep -v '^templrender_' "$work/exported" && fail 'the library exports other names'
    nm -u "$work"/c99/*.o | awk '$1 == "U" && $2 ~ /^templrender_/ { print $2 }' | sort -u > "$work/called"
    gcc -std=c99 -E -I"$include" -x c - <<< '#include <templrender.h>' | grep -o '\btempl[r]ender_[a-z0-9_]* *(' | tr -d ' (' | sort -u > "$work/declared"
    diff "$work/declared" "$work/exported" || fail 'the header and the library differ (<: only declared, >: only exported)'
    diff "$work/exported" "$work/called" || fail 'the tests do not call each function (<: not called)'
    say "$(wc -l < "$work/exported") functions: declared, exported, called by the tests"
    local dynamic needed
    dynamic=$(readelf -dW "$built/libtemplrender.so")
    grep -q '(SONAME).*\[libtemplrender.so.0\]' <<< "$dynamic" || fail 'the SONAME must be libtemplrender.so.0'
    # nginx unloads its modules when it reloads, and threads that end later still run the library's destructors
    grep -q '(FLAGS_1).*NODELETE' <<< "$dynamic" || fail 'the library must stay when it is unloaded'
    grep -q 'TEXTREL' <<< "$dynamic" && fail 'pages of its code are written to'
    needed=$(grep '(NEEDED)' <<< "$dynamic" | grep -vE '\[(libc|libm|libgcc_s|ld-linux-x86-64|libpthread|libdl)\.so' || true)
    [ -z "$needed" ] || fail "the library needs others: $needed"
}

same() { cmp "$1" "$2" || fail "$3"; }

# Every row of every shipped template in every variant: the C library, the Rust library (tests/hashes.txt), the program.
shipped() {
    "$work/c99/shipped" "$root" "$work/out"
    (cd "$work/out" && find . -type f -printf '%P\0' | sort -z | xargs -0 b3sum) | awk '{ print substr($1, 1, 32) "  " $2 " encoded" }' | LC_ALL=C sort > "$work/found"
    grep ' encoded$' tests/hashes.txt | LC_ALL=C sort > "$work/wanted"
    diff "$work/wanted" "$work/found" || fail 'the C library draws other bytes than the Rust library (<: tests/hashes.txt, >: C)'
    local compared=0 feed=templates/product-sale/rows/feed.tsv now=2026-11-21T12:00:00Z
    "$built/templrender" feed templates/product-sale $feed --out "$work/cli/feed" --limit 8 --now $now --variant default --variant story --variant landscape \
        > "$work/cli/log" 2>&1 || { cat "$work/cli/log"; fail 'the program cannot draw the feed'; }
    while read -r _ name _; do
        IFS=/ read -r template row variant <<< "$name"
        end=$(extension "$work/out/$name")
        if [ -f "templates/$template/rows/$row.json" ]; then
            picture=$work/cli/picture.$end
            chosen=()
            [ "$variant" = default ] || chosen=(--variant "$variant")
            "$built/templrender" render "templates/$template" --row "templates/$template/rows/$row.json" "${chosen[@]}" --now $now -o "$picture" \
                2> "$work/cli/log" || { cat "$work/cli/log"; fail "the program cannot draw $name"; }
        else
            picture=$work/cli/feed/$variant/$(sed -n "$((${row#feed-} + 1))p" $feed | cut -f1).$end
        fi
        same "$work/out/$name" "$picture" "the program draws $name otherwise"
        compared=$((compared + 1))
    done < "$work/found"
    say "$(wc -l < "$work/found") pictures: the bytes of the Rust library, and $compared of them those of the program"
}

extension() {
    case $(head -c 4 "$1" | od -An -tx1 | tr -d ' ') in
        ffd8*) say jpg ;;
        89504e47) say png ;;
        52494646) say webp ;;
        *) fail "no picture: $1" ;;
    esac
}

# run_examples [COMMAND...]: the examples do what their comments say.
run_examples() {
    local card=templates/og-card waited
    # the README's lines are the program's
    sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d;s/^/    /' > "$work/readme.c"
    [ "$(grep -cxFf "$work/readme.c" bindings/c/examples/ten_lines.c)" = 10 ] && [ "$(wc -l < "$work/readme.c")" = 10 ] || fail "the README's ten lines of C are not those of ten_lines.c"
    "$@" "$work/ten_lines" > "$work/ten.png"
    [ "$(extension "$work/ten.png")" = png ] || fail 'ten_lines draws a PNG'

    "$@" "$work/render" $card $card/rows/english.json "$work/card.png"
    "$built/templrender" render $card --row $card/rows/english.json -o "$work/cli/card.png" 2> /dev/null
    same "$work/card.png" "$work/cli/card.png" 'the example render draws other bytes than the program'
    "$@" "$work/render" $card $card/rows/../rows/nothing.json "$work/none.png" 2> /dev/null && fail 'render succeeds without a row'
    [ ! -e "$work/none.png" ] || fail 'render leaves a file although it failed'

    waited=$("$@" "$work/waiting" templates/product-sale/rows/photos/bee.webp "$work/waited.png")
    [ "$(grep -c '^note: photo: image-missing: ' <<< "$waited")" = 2 ] || fail "waiting tells two pictures that were not there: $waited"
    grep -q 'gone.jpg: status 404' <<< "$waited" && grep -q 'page.jpg: this is an HTML page' <<< "$waited" || fail "waiting tells why: $waited"
    [ "$(extension "$work/waited.png")" = png ] || fail 'waiting draws a PNG'

    "$@" "$work/model" templates/product-sale/rows/photos/bee.webp "$work/model.png" 2>&1 | grep -qx 'the model ran 1 times' || fail 'the same picture is made twice, or not at all'
    [ "$(extension "$work/model.png")" = png ] || fail 'model draws a PNG'

    "$@" "$work/threads" 4 10 | grep 'drew 40 pictures .* 40 the same, 0 others, 0 failed' || fail 'threads draw other pictures'

    printf '2026-11 an-example-that-everybody-knows-1\n' > "$work/secrets"
    local signed='/shop/og-card.png?author=Larch&title=Aster%20honey&~k=2026-11&~s=yN_vYLCMqXzv7JtMFiP-fHH-SQTG1xYCDHr6fI2KTLU'
    "$@" "$work/url" "$work/secrets" '/shop/og-card.png?title=Aster+honey&author=Larch' | grep -qF "$signed" || fail 'url signs as the program does'
    "$@" "$work/url" "$work/secrets" "$signed" | grep -q '^signed, and good$' || fail 'url verifies'
    "$@" "$work/url" "$work/secrets" "${signed/honey/money}" > "$work/refused" 2>&1 && fail 'url takes another signature'
    grep -q 'an HTTP server says 403' "$work/refused" || fail 'url says what a server answers'
}

ordinary() {
    tools/packages.sh b3sum
    build
    compile c99
    compile cxx
    examples
    symbols
    run c99
    run cxx
    # linked into the program itself
    gcc "$work/c99/shipped.o" "$built/libtemplrender.a" "${system[@]}" -o "$work/static"
    ldd "$work/static" | grep templrender && fail 'a static program names the shared library'
    printf 'static shipped: '
    "$work/static" "$root"
    shipped
    run_examples
}

valgrind_() {
    tools/packages.sh valgrind
    build
    compile c99
    examples
    export TEMPLRENDER_WATCHED=1
    local memcheck=(valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all --child-silent-after-fork=yes
        --suppressions=bindings/c/tests/valgrind.supp)
    run c99 "${memcheck[@]}"
    run_examples "${memcheck[@]}"
    say "valgrind: 0 errors, 0 leaks; what is suppressed is in bindings/c/tests/valgrind.supp, with its reasons"
}

# The library with AddressSanitizer. Rust's shared libraries leave its runtime to the program, so the .so is made of the static one here, with the
# same names and the same SONAME. The runtime is GCC's libasan.so.8: it has all that rustc's LLVM asks for, a C program is built with
# `gcc -fsanitize=address`, and one that is not (nginx, which loads the library with its module) gets it by LD_PRELOAD.
asan_build() {
    local host
    host=$(rustc -vV | sed -n 's/^host: //p')
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR="$target/asan" CARGO_INCREMENTAL=0 \
        "${CARGO:-cargo}" rustc --locked --profile ci --config profile.ci.package.templrender.opt-level=1 --target "$host" -p templrender-c --crate-type staticlib
    asan=$target/asan/$host/ci
    include=$root/include
    rm -rf "$work"
    mkdir -p "$work"/{lib,c99,cxx,out,cli}
    printf '{ global: templrender_*; local: *; };\n' > "$work/names"
    gcc -shared -fsanitize=address -Wl,-soname,libtemplrender.so.0 -Wl,-z,nodelete -Wl,--version-script="$work/names" \
        -Wl,--whole-archive "$asan/libtemplrender.a" -Wl,--no-whole-archive "${system[@]}" -o "$work/lib/libtemplrender.so"
    ln -s libtemplrender.so "$work/lib/libtemplrender.so.0"
    grep -q '__asan_report_load' <<< "$(nm -D "$work/lib/libtemplrender.so")" || fail 'the library was built without AddressSanitizer'
    [ -n "${TEMPLRENDER_KEEP_ASAN:-}" ] || rm -rf "$target/asan"
}

asan_() {
    asan_build
    export LD_LIBRARY_PATH="$work/lib" TEMPLRENDER_WATCHED=1
    export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1
    for test in bindings/c/tests/*.c; do
        name=$(basename "$test" .c)
        gcc -std=c99 "${warnings[@]}" -g -O1 -fsanitize=address -fno-omit-frame-pointer -I"$include" "$test" -L"$work/lib" -ltemplrender -lpthread -o "$work/c99/$name"
    done
    # What it is there for: a slice that is longer than its memory is found inside of the library.
    printf '%s\n' '#include <stdlib.h>' '#include <templrender.h>' 'int main(void) {' \
        'templrender_slice slice; templrender_row *row = NULL; uint8_t *two = (uint8_t *)malloc(2);' \
        'two[0] = 123; two[1] = 32; slice.data = two; slice.len = 3;' \
        'templrender_row_from_json(slice, &row, NULL); return 0; }' > "$work/overrun.c"
    gcc -std=c99 -fsanitize=address -I"$include" "$work/overrun.c" -L"$work/lib" -ltemplrender -o "$work/overrun"
    "$work/overrun" > "$work/overrun.log" 2>&1 && fail 'AddressSanitizer sees nothing inside of the library'
    grep -q 'ERROR: AddressSanitizer: heap-buffer-overflow' "$work/overrun.log" || { cat "$work/overrun.log"; fail 'another finding was planted'; }
    run c99
    time "$work/c99/renders" "$root" "$1"
    say "AddressSanitizer: the tests and $1 renders, 0 findings"
}

asan_lib() {
    asan_build
    mkdir -p "$1"
    cp -f "$work/lib/libtemplrender.so" "$1/libtemplrender.so"
    ln -sf libtemplrender.so "$1/libtemplrender.so.0"
    ln -sf "$(gcc -print-file-name=libasan.so)" "$1/libasan.so"
    say "LD_LIBRARY_PATH=$1 LD_PRELOAD=$1/libasan.so ASAN_OPTIONS=detect_leaks=0 PROGRAM"
}

install_() {
    build
    local there=$work/there
    make -s install PREFIX=/opt/templrender DESTDIR="$there" ${TEMPLRENDER_BUILT:+TEMPLRENDER_BUILT="$TEMPLRENDER_BUILT"}
    export PKG_CONFIG_PATH="$there/opt/templrender/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$there"
    pkg-config --exists --print-errors templrender || fail 'pkg-config does not find templrender'
    [ "$(pkg-config --modversion templrender)" = "$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)" ] || fail 'the version of the pkg-config file'
    # shellcheck disable=SC2046 # flags are words
    gcc -std=c99 "${warnings[@]}" bindings/c/examples/render.c $(pkg-config --cflags --libs templrender) -o "$work/render"
    # shellcheck disable=SC2046
    gcc -std=c99 "${warnings[@]}" bindings/c/examples/render.c "$there/opt/templrender/lib/libtemplrender.a" -Wl,--as-needed \
        $(pkg-config --static --cflags --libs templrender) -o "$work/render-static"
    readelf -d "$work/render" | grep -q 'NEEDED.*libtemplrender\.so\.0' || fail 'a program needs the SONAME'
    readelf -d "$work/render-static" | grep -q 'NEEDED.*libtemplrender' && fail 'a static program needs the shared library'
    local card=templates/og-card
    LD_LIBRARY_PATH="$there/opt/templrender/lib" "$work/render" $card $card/rows/english.json "$work/shared.png"
    LD_LIBRARY_PATH='' "$work/render-static" $card $card/rows/english.json "$work/static.png"
    same "$work/shared.png" "$work/static.png" 'the shared and the static library draw differently'
    say 'installed: built with pkg-config, shared and static, the same bytes'
}

began=$SECONDS
case ${1:-} in
    '') ordinary ;;
    valgrind) valgrind_ ;;
    asan) asan_ "${2:-10000}" ;;
    asan-lib) asan_lib "$(realpath -m "${2:?a folder}")" ;;
    install) install_ ;;
    *) sed -n '4,10s/^# \{0,3\}//p' "$0"; exit 2 ;;
esac
say "bindings/c/test.sh ${1:-}: passed in $((SECONDS - began)) s"
