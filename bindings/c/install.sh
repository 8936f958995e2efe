#!/bin/bash
# Installs the C library, its header, its pkg-config file and the program: `make install PREFIX=/usr/local DESTDIR=`.
#
# From the environment: PREFIX (/usr/local), LIBDIR (PREFIX/lib), INCLUDEDIR (PREFIX/include), BINDIR (PREFIX/bin), DOCDIR (PREFIX/share/doc/templrender),
# and DESTDIR, which stands before all of them. A folder TEMPLRENDER_BUILT with libtemplrender.so, libtemplrender.a, the program templrender and include/ is
# taken as it is; without it cargo builds with the profile PROFILE (release; ci is the build of the tests, with debug assertions).
set -euo pipefail
cd "$(dirname "$0")/../.."

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
includedir=${INCLUDEDIR:-$prefix/include}
bindir=${BINDIR:-$prefix/bin}
docdir=${DOCDIR:-$prefix/share/doc/templrender}
destdir=${DESTDIR:-}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' bindings/c/Cargo.toml | head -1)
abi=$(sed -n 's/^#define TEMPLRENDER_ABI //p' include/templrender.h)

if [ -n "${TEMPLRENDER_BUILT:-}" ]; then
    built=$TEMPLRENDER_BUILT
    header=$built/include/templrender.h
else
    profile=${PROFILE:-release}
    "${CARGO:-cargo}" build --locked --workspace --profile "$profile"
    built=${CARGO_TARGET_DIR:-target}/$profile
    header=include/templrender.h
fi

# What a static library needs beside itself, as the compiler that made it says.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
private=$(echo 'pub fn nothing() {}' | "${RUSTC:-rustc}" --crate-name nothing --crate-type staticlib --print native-static-libs -o "$scratch/nothing.a" - 2>&1 \
    | sed -n 's/^note: native-static-libs: //p')
[ -n "$private" ] || { echo 'rustc does not say what a static library needs' >&2; exit 1; }

install -d "$destdir$libdir/pkgconfig" "$destdir$includedir" "$destdir$bindir" "$destdir$docdir"
install -m 755 "$built/libtemplrender.so" "$destdir$libdir/libtemplrender.so.$version"
ln -sfn "libtemplrender.so.$version" "$destdir$libdir/libtemplrender.so.$abi"
ln -sfn "libtemplrender.so.$abi" "$destdir$libdir/libtemplrender.so"
install -m 644 "$built/libtemplrender.a" "$destdir$libdir/libtemplrender.a"
install -m 644 "$header" "$destdir$includedir/templrender.h"
[ ! -e "$built/templrender" ] || install -m 755 "$built/templrender" "$destdir$bindir/templrender"
sed -e "s|@PREFIX@|$prefix|" -e "s|@LIBDIR@|$libdir|" -e "s|@INCLUDEDIR@|$includedir|" -e "s|@VERSION@|$version|" -e "s|@PRIVATE@|$private|" \
    bindings/c/templrender.pc.in > "$destdir$libdir/pkgconfig/templrender.pc"
chmod 644 "$destdir$libdir/pkgconfig/templrender.pc"
install -m 644 LICENSE-APACHE LICENSE-MIT NOTICE "$destdir$docdir/"
echo "installed into $destdir$prefix"
