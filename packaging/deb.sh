#!/bin/bash
# A Debian package out of this tree: packaging/deb.sh [FOLDER] writes FOLDER/templrender_VERSION_ARCHITECTURE.deb, by default into out/.
#
# In it: the shared and the static library, header and pkg-config file; the program; the nginx module for the nginx that is installed here, with a
# snippet that loads it (to be linked into /etc/nginx/modules-enabled); the docs, and the licences of all crates that are linked in. What other
# packages it needs is computed by dpkg-shlibdeps. nginx is not one of them: without it only the module lies idle.
#
# TEMPLRENDER_BUILT is taken as bindings/c/test.sh takes it; else `make install` builds the library. The same tree and the same tools give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/packages.sh dpkg-dev fakeroot nginx-dev python3
folder=$(realpath -m "${1:-out}")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
architecture=$(dpkg --print-architecture)
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
work=$(mktemp -d "${TMPDIR:-/tmp}/templrender-deb.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/debian/templrender
lib=$tree/usr/lib/$triplet
doc=$tree/usr/share/doc/templrender
umask 022

# What `make install` installs for everybody, at Debian's places.
make -s install DESTDIR="$tree" PREFIX=/usr LIBDIR="/usr/lib/$triplet" ${TEMPLRENDER_BUILT:+TEMPLRENDER_BUILT="$TEMPLRENDER_BUILT"}
so=$(basename "$(readlink -f "$lib/libtemplrender.so")")

# The module is linked with the library that was just installed.
# Without the scratch folder's name in it.
module=$(CFLAGS="-ffile-prefix-map=$work=." LDFLAGS=-Wl,--build-id=none bindings/nginx/build.sh "$work/nginx" "$tree/usr/include" "$lib" | tail -1)
install -D -m 644 "$module" "$tree/usr/lib/nginx/modules/ngx_http_templrender_module.so"
mkdir -p "$tree/usr/share/nginx/modules-available"
printf 'load_module modules/ngx_http_templrender_module.so;\n' > "$tree/usr/share/nginx/modules-available/mod-http-templrender.conf"

chmod 644 "$lib/$so" "$lib/libtemplrender.a"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$lib/$so" "$tree/usr/lib/nginx/modules/ngx_http_templrender_module.so"
strip --strip-all --remove-section=.comment --remove-section=.note "$tree/usr/bin/templrender"
strip --strip-debug --enable-deterministic-archives "$lib/libtemplrender.a"

# indented FILE: as the long fields of a control file are written.
indented() { sed -e 's/^[[:space:]]*$/./' -e 's/^/ /' "$1"; }

mkdir -p "$doc/examples" "$tree/usr/share/man/man1"
packaging/third_party.py templrender-c templrender-cli | gzip -9n > "$doc/THIRD-PARTY.gz"
indented LICENSE-MIT > "$work/expat"
indented <(sed '1,2d' NOTICE) > "$work/unicode"
indented templates/OFL.txt > "$work/ofl"
sed -e "/^@EXPAT@/{r $work/expat
d}" -e "/^@UNICODE@/{r $work/unicode
d}" -e "/^@OFL@/{r $work/ofl
d}" packaging/copyright > "$doc/copyright"
{
    printf 'templrender (%s) unstable; urgency=medium\n\n  * CHANGELOG.md.gz beside this file tells what changed.\n\n' "$version"
    printf ' -- The templrender authors <templrender@templrender.invalid>  %s\n' "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n > "$doc/changelog.gz"
gzip -9nc CHANGELOG.md > "$doc/CHANGELOG.md.gz"
gzip -9nc packaging/templrender.1 > "$tree/usr/share/man/man1/templrender.1.gz"
install -m 644 docs/*.md "$doc/"
install -m 644 bindings/c/examples/*.[ch] "$doc/examples/"

# Needs: of everybody's libraries as dpkg-shlibdeps finds them in what is installed; its own is in the package.
mkdir -p "$tree/DEBIAN"
printf 'libtemplrender 0 templrender (>= %s)\n' "$version" > "$tree/DEBIAN/shlibs"
printf 'activate-noawait ldconfig\n' > "$tree/DEBIAN/triggers"
printf 'Source: templrender\n\nPackage: templrender\nArchitecture: %s\n' "$architecture" > "$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O -xtemplrender -S"$tree" -l"$lib" "$lib/$so" "$tree/usr/bin/templrender" \
    -dSuggests "$tree/usr/lib/nginx/modules/ngx_http_templrender_module.so" 2> "$work/shlibdeps" | sed -n 's/^shlibs:Depends=//p') \
    || { cat "$work/shlibdeps" >&2; exit 1; }
abi=$(dpkg-query -W -f '${Provides}' nginx | grep -o 'nginx-abi-[0-9.-]*')
cat > "$tree/DEBIAN/control" <<CONTROL
Package: templrender
Version: $version
Architecture: $architecture
Maintainer: The templrender authors <templrender@templrender.invalid>
Installed-Size: $(du -k --apparent-size -s --exclude=DEBIAN "$tree" | cut -f1)
Depends: $depends
Suggests: $abi, pkg-config
Enhances: nginx
Section: graphics
Priority: optional
Description: pictures from templates, data rows and photos
 templrender draws pictures from a template, a data row and photos: ads out of
 a shop's feed, cards for shared links, collages. The same input gives the same
 bytes on every machine.
 .
 This package has the C library with its header and its static archive, the
 program templrender, which draws files and feeds and serves pictures by URL,
 and a module that lets nginx draw them.
CONTROL

find "$tree" -type d -exec chmod 755 {} +
(cd "$tree" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
chmod 644 "$tree"/DEBIAN/*
find "$tree" -depth -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$folder"
deb=$folder/templrender_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$deb" > /dev/null
printf '%s: %s bytes, depends on %s\n' "$deb" "$(stat -c %s "$deb")" "$depends"
