#!/bin/bash
# The serving chain on one machine: HAProxy -> 2 Varnish -> 2 nginx with the module -> a HAProxy on each node -> 2 Squid -> origin.
#
#   deploy/chain.sh up              fills, checks and starts all; a picture goes through
#   deploy/chain.sh status|stats    what runs; what each tier has answered
#   deploy/chain.sh drain NODE      takes a render node (n1) or a Varnish (v1) out without losing a request; undrain NODE
#   deploy/chain.sh purge KEY...    template:NAME, tenant:NAME, tenant:NAME,template:NAME
#   deploy/chain.sh drill [NAME...] | bench [SECONDS]
#   deploy/chain.sh down
#   deploy/chain.sh check [FILE]    fills and checks every configuration for the settings of FILE, starts nothing
#
# Settings: deploy/chain.env, or the environment. Everything lies in target/chain (CHAIN_ROOM). The library and the program are taken from TEMPLRENDER_BUILT, or built.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
export ROOM=${CHAIN_ROOM:-$root/target/chain}
export PATH=$PATH:/usr/sbin:/sbin

settings() {
    local name value
    while IFS='=' read -r name value; do
        [[ $name =~ ^[A-Z][A-Z0-9_]*$ && -z ${!name+set} ]] || continue
        export "$name=$value"
    done < "$1"
    NODE_USER= SQUID_USER=
    # Squid refuses to run as root, and nginx's workers should not.
    if [ "$(id -u)" = 0 ]; then NODE_USER='user root;' SQUID_USER='cache_effective_user proxy'; fi
    CURL=$(command -v curl)
    export NODE_USER SQUID_USER CURL
}
names() { local entry; for entry in ${!1}; do echo "${entry%%=*}"; done; }
address() { local entry; for entry in ${!1}; do [ "${entry%%=*}" = "$2" ] && echo "${entry#*=}"; done; }
port() { local it; it=$(address "$1" "$2"); echo "${it##*:}"; }
fill() { python3 "$here/fill.py" "$here/$1" "${@:3}" > "$ROOM/$2"; }

built() {
    if [ -z "${TEMPLRENDER_BUILT:-}" ]; then
        "${CARGO:-cargo}" build --locked --workspace --profile ci --bin templrender >&2
        TEMPLRENDER_BUILT=${CARGO_TARGET_DIR:-$root/target}/ci
    fi
    export TEMPLRENDER_BUILT
}

# Every configuration out of its template, and every program's own opinion of it.
configure() {
    local node squid
    mkdir -p "$ROOM"
    fill haproxy.cfg haproxy.cfg
    fill varnish.vcl varnish.vcl
    fill keepalived.conf keepalived.conf
    printf '127.0.0.1 %s\n' "$ORIGIN_NAME" > "$ROOM/hosts"
    for node in $(names NODES); do
        mkdir -p "$ROOM/$node/tmp"
        [ -e "$ROOM/$node/purged.map" ] || : > "$ROOM/$node/purged.map"
        fill "${DRAW:-draw.conf}" "$node/draw.conf" NODE="$node"
        fill nginx-node.conf "$node/nginx.conf" NODE="$node" NODE_ADDRESS="$(address NODES "$node")" NODE_PHOTOS="$(address NODES_PHOTOS "$node")"
        fill haproxy-node.cfg "$node/haproxy.cfg" NODE="$node" NODE_PHOTOS="$(address NODES_PHOTOS "$node")"
    done
    for squid in $(names SQUIDS); do
        mkdir -p "$ROOM/$squid"
        [ "$(id -u)" != 0 ] || chown proxy: "$ROOM/$squid"
        fill squid.conf "$squid/squid.conf" SQUID="$squid" SQUID_ADDRESS="$(address SQUIDS "$squid")"
    done
}
quietly() { local out; out=$("$@" 2>&1) || { printf '%s: %s\n' "$*" "$out" >&2; return 1; }; }
check() {
    local node squid
    quietly haproxy -c -f "$ROOM/haproxy.cfg"
    quietly varnishd -C -n "$ROOM/check" -f "$ROOM/varnish.vcl"
    # It ends its own process group with SIGTERM where the file has scripts, and would report that.
    (trap "" TERM; quietly keepalived -t -f "$ROOM/keepalived.conf")
    for node in $(names NODES); do
        quietly nginx -t -q -e "$ROOM/$node/error.log" -c "$ROOM/$node/nginx.conf"
        quietly haproxy -c -f "$ROOM/$node/haproxy.cfg"
    done
    for squid in $(names SQUIDS); do quietly squid -n "$squid" -k parse -f "$ROOM/$squid/squid.conf"; done
}

start() {
    local name
    case $1 in
        origin)
            setsid python3 "$root/tools/serve/origin.py" "$ROOM/photos" $ORIGIN_PORTS > "$ROOM/origin.log" 2>&1 < /dev/null &
            echo $! > "$ROOM/origin.pid" ;;
        edge) haproxy -D -f "$ROOM/haproxy.cfg" ;;
        v*) varnishd -n "$ROOM/$1" -P "$ROOM/$1/varnishd.pid" -j none -f "$ROOM/varnish.vcl" -a "$(address VARNISHES "$1")" -a "inside=$(address VARNISHES_INSIDE "$1")" \
                -T "$(address VARNISHES_ADMIN "$1")" -s "malloc,$VARNISH_MEMORY" -s "Transient=malloc,$VARNISH_TRANSIENT" -p thread_pools=1 -p thread_pool_min=50 -p thread_pool_max=1000 \
                -p http_req_size=64k -p http_req_hdr_len=16k -p workspace_client=128k -p workspace_backend=128k > /dev/null ;;
        n*) rm -f "$ROOM/$1/inner.sock"
            haproxy -D -f "$ROOM/$1/haproxy.cfg"
            nginx -q -e "$ROOM/$1/error.log" -c "$ROOM/$1/nginx.conf" ;;
        s*) squid -n "$1" -f "$ROOM/$1/squid.conf" ;;
    esac
}

pids() { find "$ROOM" -maxdepth 2 ! -name _.pid -name '*.pid' 2>/dev/null | sort; }
# The processes of a pid file: each daemon leads a session that its children stay in.
family() { local pid; for pid in $(cat "$1" 2>/dev/null); do ps -o pid= --sid "$pid"; done || true; }
stop() {
    local file=$1 signal=${2:-TERM} pid end=$((SECONDS + 15))
    # shellcheck disable=SC2046
    kill -"$signal" $(cat "$file") 2>/dev/null || true
    while [ -n "$(family "$file")" ]; do
        # A second time those that it left behind, or that did not end.
        ((SECONDS < end)) && ps -p "$(head -1 "$file")" > /dev/null || for pid in $(family "$file"); do kill -KILL "$pid" 2>/dev/null || true; done
        sleep 0.1
    done
    rm -f "$file"
}
running() { local file; for file in $(pids); do [ -z "$(family "$file")" ] || return 0; done; return 1; }

up() {
    if running; then echo 'the chain is up already: deploy/chain.sh down' >&2; return 1; fi
    built
    rm -f "$ROOM"/*/*.log "$ROOM"/n*/drained
    # What an earlier run kept: every run begins with empty caches.
    rm -rf "$ROOM"/n*/answers "$ROOM"/n*/photos "$ROOM"/n*/purged.map
    configure
    check
    python3 "$root/tools/serve/photos.py" "$TEMPLRENDER_BUILT/templrender" "$ROOM/photos"
    [ -e "$ROOM/secrets.txt" ] || (umask 077; echo "2026-11 $(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')" > "$ROOM/secrets.txt")
    local name
    for name in origin $(names SQUIDS) $(names NODES) $(names VARNISHES) edge; do start "$name"; done
    local path end=$((SECONDS + 30))
    path=$("$TEMPLRENDER_BUILT/templrender" url sign --template "$root/templates/product-sale" --secret-file "$ROOM/secrets.txt" \
        --row "{\"title\": \"Aster honey\", \"price\": \"6.90 EUR\", \"image_link\": \"http://$ORIGIN_NAME:${ORIGIN_PORTS%% *}/p/1.jpg\"}")
    until curl -sf -o "$ROOM/first.jpg" "http://$EDGE_ADDRESS$path"; do
        if ((SECONDS > end)); then echo "no picture comes through; look into $ROOM/*/*.log" >&2; curl -si "http://$EDGE_ADDRESS$path" | head -c 2000 >&2; return 1; fi
        sleep 0.2
    done
    echo "the chain is up at http://$EDGE_ADDRESS; its first picture is $ROOM/first.jpg: http://$EDGE_ADDRESS$path"
}
down() {
    local file
    # From the front to the back, so that nobody asks who is gone.
    for file in "$ROOM"/haproxy.pid "$ROOM"/v*/varnishd.pid "$ROOM"/n*/nginx.pid "$ROOM"/n*/haproxy.pid "$ROOM"/s*/squid.pid "$ROOM"/origin.pid; do
        [ ! -e "$file" ] || stop "$file"
    done
    rm -f "$ROOM"/n*/inner.sock "$ROOM"/n*/drained
}
status() {
    local file
    for file in $(pids); do
        if [ -n "$(family "$file")" ]; then echo "up    ${file#"$ROOM"/} ($(family "$file" | tr -d '\n' | xargs))"; else echo "dead  ${file#"$ROOM"/}"; fi
    done
    running
}

command=${1:-}
shift || true
settings "$here/chain.env"
case $command in
    up | down | status) "$command" ;;
    start | stop) for name; do "$command" "$name"; done ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
