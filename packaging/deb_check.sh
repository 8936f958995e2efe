#!/bin/bash
# The Debian package as its users have it: packaging/deb_check.sh [DEB], by default one that is made here.
#
# What is in it, with which modes and owners; that it is the same when it is made again; lintian without errors; unpacked: its checksums, a C program
# built with its pkg-config file and nginx with its module. As root on a machine without it, also installed, used and removed again, with nothing left behind.
set -euo pipefail
export PROFILE=${PROFILE:-ci} # the build of the other tests
cd "$(dirname "$0")/.."
tools/packages.sh lintian nginx pkg-config
scratch=$(mktemp -d "${TMPDIR:-/tmp}/templrender-deb-check.XXXXXX")
installed=
cleanup() {
    [ -z "$installed" ] || dpkg --purge templrender > /dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT
fail() { printf '%s\n' "$*" >&2; exit 1; }

deb=${1:-}
if [ -z "$deb" ]; then
    packaging/deb.sh "$scratch/first"
    packaging/deb.sh "$scratch/again" > /dev/null
    deb=$(echo "$scratch"/first/*.deb)
    cmp "$deb" "$scratch"/again/*.deb || fail 'the same tree gives another package'
fi
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)

dpkg-deb -c "$deb" > "$scratch/list"
awk '$2 != "root/root" { print; bad = 1 } END { exit bad }' "$scratch/list" || fail 'an owner other than root'
awk '$1 !~ /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx)$/ { print; bad = 1 } END { exit bad }' "$scratch/list" || fail 'an odd mode'
for path in "usr/lib/$triplet/libtemplrender.so.0.1.0" "usr/lib/$triplet/libtemplrender.so.0 ->" "usr/lib/$triplet/libtemplrender.so ->" "usr/lib/$triplet/libtemplrender.a" \
    "usr/lib/$triplet/pkgconfig/templrender.pc" usr/include/templrender.h usr/bin/templrender usr/lib/nginx/modules/ngx_http_templrender_module.so \
    usr/share/nginx/modules-available/mod-http-templrender.conf usr/share/doc/templrender/copyright usr/share/doc/templrender/THIRD-PARTY.gz; do
    grep -qF "./$path" "$scratch/list" || fail "$path is missing"
done
dpkg-deb -f "$deb" Depends | grep -q 'libc6 (>= ' || fail 'dpkg-shlibdeps found no libc6'
dpkg-deb -f "$deb" Depends | grep -q templrender && fail 'it depends on itself'
lintian --fail-on error --suppress-tags-from-file packaging/lintian "$deb"

# Unpacked into a folder of its own.
root=$scratch/root
dpkg-deb -x "$deb" "$root"
dpkg-deb -e "$deb" "$scratch/control"
(cd "$root" && md5sum --quiet -c "$scratch/control/md5sums")
[ "$(find "$root" -type f | wc -l)" = "$(wc -l < "$scratch/control/md5sums")" ] || fail 'a file without a checksum'
use() { # ROOT-OR-NOTHING: builds and runs a program, and lets nginx load the module
    local at=$1 card=templates/og-card
    (
        [ -z "$at" ] || export PKG_CONFIG_PATH=$at/usr/lib/$triplet/pkgconfig PKG_CONFIG_SYSROOT_DIR=$at LD_LIBRARY_PATH=$at/usr/lib/$triplet
        [ -z "$at" ] || export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
        # shellcheck disable=SC2046 # flags are words
        gcc -std=c99 -Wall -Wextra -Wpedantic -Werror bindings/c/examples/render.c $(pkg-config --cflags --libs templrender) -o "$scratch/render"
        found=$(ldd "$scratch/render")
        [[ $found == *"libtemplrender.so.0 => $at/"* ]] || fail "the program does not find the library: $found"
        "$scratch/render" $card $card/rows/english.json "$scratch/c.png" 2> /dev/null
        "$at/usr/bin/templrender" render $card --row $card/rows/english.json -o "$scratch/cli.png" 2> /dev/null
        cmp "$scratch/c.png" "$scratch/cli.png"
        mkdir -p "$scratch/nginx"
        printf 'load_module %s/usr/lib/nginx/modules/ngx_http_templrender_module.so;\npid %s/nginx/pid;\nerror_log stderr;\nevents {}\n' "$at" "$scratch" > "$scratch/nginx/nginx.conf"
        nginx -t -q -p "$scratch/nginx" -c "$scratch/nginx/nginx.conf"
    )
}
use "$root"

if [ "$(id -u)" = 0 ] && ! dpkg -s templrender > /dev/null 2>&1; then
    dpkg -i "$deb" > /dev/null
    installed=yes
    dpkg --verify templrender
    use ''
    dpkg --purge templrender > /dev/null
    installed=
    while read -r _ path; do
        [ ! -e "/$path" ] || fail "/$path is left behind"
    done < "$scratch/control/md5sums"
    ldconfig -p | grep -q libtemplrender && fail 'the linker still knows the library'
    echo "installed, used, removed: nothing is left"
fi
echo "deb_check: $(basename "$deb"), $(stat -c %s "$deb") bytes, $(wc -l < "$scratch/control/md5sums") files, depends on $(dpkg-deb -f "$deb" Depends)"
