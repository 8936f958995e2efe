#!/bin/bash
# Builds ngx_http_templrender_module.so against the nginx that is installed, out of tree, with Debian's nginx-dev.
#
#     build.sh OUTDIR [INC LIB]
#
# OUTDIR   where the module and the files of its making go
# INC LIB  the folders of templrender.h and libtemplrender.so; $TEMPLRENDER_BUILT/include and $TEMPLRENDER_BUILT where that is set
#
# RPATH=1 in the environment: the module looks for the library in LIB (for tests; an installed one lies where the system looks).
# NGINX_SOURCE: the tree of nginx-dev, /usr/share/nginx/src.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source=${NGINX_SOURCE:-/usr/share/nginx/src}

if [ $# -eq 1 ] && [ -n "${TEMPLRENDER_BUILT:-}" ]; then
    set -- "$1" "$TEMPLRENDER_BUILT/include" "$TEMPLRENDER_BUILT"
fi
if [ $# -ne 3 ]; then
    sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
if [ ! -r "$source/conf_flags" ]; then
    echo "$source: no nginx-dev here; tools/packages.sh nginx nginx-dev" >&2
    exit 1
fi

mkdir -p "$1"
out=$(cd "$1" && pwd)
TEMPLRENDER_INC=$(cd "$2" && pwd)
TEMPLRENDER_LIB=$(cd "$3" && pwd)
TEMPLRENDER_RPATH=${RPATH:+$TEMPLRENDER_LIB}
export TEMPLRENDER_INC TEMPLRENDER_LIB TEMPLRENDER_RPATH

# nginx configures in its own tree: a copy of it, made anew when nginx is another.
. "$source/conf_flags"
made_of="$(cat "$source/conf_flags" "$source/src/core/nginx.h" "$here/config" | cksum) $TEMPLRENDER_INC $TEMPLRENDER_LIB $TEMPLRENDER_RPATH ${CFLAGS:-}"
if [ "$(cat "$out/made_of" 2>/dev/null)" != "$made_of" ]; then
    rm -rf "$out/source" "$out/objs"
    cp -r "$source" "$out/source"
    (
        cd "$out/source"
        ./configure "${NGX_CONF_FLAGS[@]}" --builddir="$out/objs" --add-dynamic-module="$here" \
            --with-cc-opt="-g -O2 -fPIC -Wall -Wextra -Werror -fstack-protector-strong -D_FORTIFY_SOURCE=2 ${CFLAGS:-}" --with-ld-opt="-Wl,-z,relro,-z,now ${LDFLAGS:-}" \
            >"$out/configure.log" 2>&1
    ) || { tail -20 "$out/configure.log" >&2; exit 1; }
    echo "$made_of" >"$out/made_of"
fi

cd "$out/source"
make -j2 -f "$out/objs/Makefile" modules >"$out/make.log" 2>&1 || { grep -E 'error|warning' -A5 "$out/make.log" >&2 || tail -20 "$out/make.log" >&2; exit 1; }
# Not written over: an nginx that runs has the old one mapped.
cp "$out/objs/ngx_http_templrender_module.so" "$out/module.new"
mv "$out/module.new" "$out/ngx_http_templrender_module.so"
echo "$out/ngx_http_templrender_module.so"
