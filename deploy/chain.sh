#!/bin/bash
# The serving chain on one machine: HAProxy -> 2 Varnish -> 2 nginx with the module -> a HAProxy on each node -> 2 Squid -> origin.
#
#   deploy/chain.sh up              fills, checks and starts all; a picture goes through
#   deploy/chain.sh status          what runs; stats: what each tier has answered
#   deploy/chain.sh drain NODE      takes a render node (n1) or a Varnish (v1) out without losing a request; undrain NODE
#   deploy/chain.sh reload NAME...  templates, keys and settings anew (n1, n2, edge); rate TENANT N: its requests a second
#   deploy/chain.sh purge KEY...    template:NAME, tenant:NAME, tenant:NAME,template:NAME, all
#   deploy/chain.sh drill [NAME...] | bench [SECONDS]
#   deploy/chain.sh down
#   deploy/chain.sh check [FILE]    fills and checks every configuration for the settings of FILE (all of deploy/*.env), starts nothing
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
    export TEMPLATES=${TEMPLATES:-$root/templates} KEYS=${KEYS:-$ROOM/secrets.txt} SQUID_HOSTS=${SQUID_HOSTS:-$ROOM/hosts}
    NODE_USER= SQUID_USER=
    # Squid refuses to be root; nginx as root would give its workers to nobody, who may not read a checkout.
    if [ "$(id -u)" = 0 ]; then NODE_USER='user root;' SQUID_USER='cache_effective_user proxy'; fi
    CURL=$(command -v curl)
    export NODE_USER SQUID_USER CURL
}
names() { local entry; for entry in ${!1}; do echo "${entry%%=*}"; done; }
address() { local entry; for entry in ${!1}; do if [ "${entry%%=*}" = "$2" ]; then echo "${entry#*=}"; fi; done; }
# Under another name first: nobody reads half of a configuration.
fill() { python3 "$here/fill.py" "$here/$1" "${@:3}" > "$ROOM/$2.new" && mv "$ROOM/$2.new" "$ROOM/$2"; }
fill_node() {
    local it=(NODE="$1" NODE_ADDRESS="$(address NODES "$1")" NODE_INSIDE="$(address NODES_INSIDE "$1")" NODE_PHOTOS="$(address NODES_PHOTOS "$1")")
    mkdir -p "$ROOM/$1/tmp"
    [ -e "$ROOM/$1/purged.map" ] || : > "$ROOM/$1/purged.map"
    fill "${DRAW:-draw.conf}" "$1/draw.conf" "${it[@]}"
    fill nginx-node.conf "$1/nginx.conf" "${it[@]}"
    fill haproxy-node.cfg "$1/haproxy.cfg" "${it[@]}"
}
fill_squid() {
    mkdir -p "$ROOM/$1"
    [ "$(id -u)" != 0 ] || chown proxy: "$ROOM/$1"
    fill squid.conf "$1/squid.conf" SQUID="$1" SQUID_ADDRESS="$(address SQUIDS "$1")"
}

# The library, the program and the module.
build() {
    if [ -z "${TEMPLRENDER_BUILT:-}" ]; then
        local ci=${CARGO_TARGET_DIR:-$root/target}/ci
        (cd "$root" && "${CARGO:-cargo}" build --locked --workspace --profile ci) >&2
        TEMPLRENDER_BUILT=$ROOM/built
        mkdir -p "$TEMPLRENDER_BUILT"
        ln -sfn "$root/include" "$ci/templrender" "$ci/libtemplrender.so" "$TEMPLRENDER_BUILT"
    fi
    export TEMPLRENDER_BUILT
    local module
    mkdir -p "$ROOM/lib"
    copy "$TEMPLRENDER_BUILT/libtemplrender.so" "$ROOM/lib/libtemplrender.so.0"
    ln -sf libtemplrender.so.0 "$ROOM/lib/libtemplrender.so"
    module=$(RPATH=1 "$root/bindings/nginx/build.sh" "$ROOM/module" "$TEMPLRENDER_BUILT/include" "$ROOM/lib")
    copy "$module" "$ROOM/lib/${module##*/}"
    export NODE_MODULES="load_module $ROOM/lib/${module##*/};"
}
# Under a new name first: a file that is written over under a running nginx ends it.
copy() { cmp -s "$1" "$2" || { cp "$1" "$2.new" && mv "$2.new" "$2"; }; }

# Every configuration out of its template.
configure() {
    local name
    mkdir -p "$ROOM"
    [ -e "$ROOM/tenants.map" ] || : > "$ROOM/tenants.map"
    fill haproxy.cfg haproxy.cfg
    fill varnish.vcl varnish.vcl
    fill keepalived.conf keepalived.conf
    printf '127.0.0.1 %s\n' "$ORIGIN_NAME" | cat "$here/hosts" - > "$ROOM/hosts"
    [ -e "$KEYS" ] || (umask 077; echo "2026-11 $(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')" > "$KEYS")
    for name in $(names NODES); do fill_node "$name"; done
    for name in $(names SQUIDS); do fill_squid "$name"; done
}
# What every program says of its configuration.
check() {
    local name
    quietly haproxy -c -f "$ROOM/haproxy.cfg"
    quietly varnishd -C -n "$ROOM/check" -f "$ROOM/varnish.vcl"
    # It ends its whole process group with SIGTERM where the file has scripts, and itself.
    (trap '' TERM; quietly keepalived -t -f "$ROOM/keepalived.conf")
    for name in $(names NODES); do
        # It opens what it would listen on, and the addresses may be another machine's.
        sed 's/listen [0-9][0-9.]*:/listen 127.0.0.1:/' "$ROOM/$name/nginx.conf" > "$ROOM/$name/check.conf"
        quietly nginx -t -q -e "$ROOM/$name/error.log" -c "$ROOM/$name/check.conf"
        quietly haproxy -c -f "$ROOM/$name/haproxy.cfg"
    done
    for name in $(names SQUIDS); do quietly squid -n "$name" -k parse -f "$ROOM/$name/squid.conf"; done
}
quietly() { local out; out=$("$@" 2>&1) || { printf '%s:\n%s\n' "$*" "$out" >&2; return 1; }; }

pid_files() {
    case $1 in
        edge) echo "$ROOM/haproxy.pid $ROOM/haproxy.old.pid" ;;
        origin) echo "$ROOM/origin.pid" ;;
        v*) echo "$ROOM/$1/varnishd.pid" ;;
        n*) echo "$ROOM/$1/nginx.pid $ROOM/$1/haproxy.pid" ;;
        s*) echo "$ROOM/$1/squid.pid" ;;
        *) echo "there is no $1 in this chain" >&2; return 1 ;;
    esac
}
# From the front to the back: whoever is stopped first asks nobody any more.
everyone() { echo edge; names VARNISHES; names NODES; names SQUIDS; echo origin; }
# The processes of a daemon: it leads a session, and its children stay in it.
family() { ps -o pid= --sid "$1" | xargs; }
start() {
    local at=$ROOM/$1
    case $1 in
        origin)
            setsid python3 "$root/tools/serve/origin.py" "$ROOM/photos" $ORIGIN_PORTS > "$ROOM/origin.log" 2>&1 < /dev/null &
            echo $! > "$ROOM/origin.pid" ;;
        edge) quietly haproxy -D -f "$ROOM/haproxy.cfg" ;;
        v*) quietly varnishd -n "$at" -i "$1" -P "$at/varnishd.pid" -j none -f "$ROOM/varnish.vcl" -a "$(address VARNISHES "$1")" -a "inside=$(address VARNISHES_INSIDE "$1")" \
                -T "$(address VARNISHES_ADMIN "$1")" -s "malloc,$VARNISH_MEMORY" -s "Transient=malloc,$VARNISH_TRANSIENT" -p thread_pools=1 -p thread_pool_min=50 -p thread_pool_max=1000 \
                -p http_req_size=64k -p http_req_hdr_len=16k -p workspace_client=128k -p workspace_backend=128k -p "lru_interval=$VARNISH_LRU_INTERVAL" ;;
        n*) rm -f "$at/inner.sock"
            quietly haproxy -D -f "$at/haproxy.cfg"
            quietly nginx -q -e "$at/error.log" -c "$at/nginx.conf" ;;
        s*) # Its folders, once.
            [ -d "$at/photos" ] || quietly squid -n "$1" -N -z -f "$at/squid.conf"
            quietly squid -n "$1" -f "$at/squid.conf" ;;
    esac
}
# SIGNAL NAME...: sends it to the daemons, and waits until they and their children have gone.
stop() {
    local signal=$1 name file pid left end=$((SECONDS + 15)) all=()
    shift
    for name; do
        for file in $(pid_files "$name"); do
            # A pid of long ago may be somebody else's now.
            for pid in $(cat "$file" 2> /dev/null); do ! grep -qsF "$ROOM/" "/proc/$pid/cmdline" || all+=("$pid"); done
            rm -f "$file"
        done
    done
    for pid in "${all[@]}"; do
        # KILL is for those of its children too that would go on without it.
        if [ "$signal" = KILL ]; then kill -KILL $(family "$pid") 2> /dev/null || true; else kill "-$signal" "$pid" 2> /dev/null || true; fi
    done
    for pid in "${all[@]}"; do
        while left=$(family "$pid"); [ -n "$left" ]; do
            # Who did not end, and who was left behind.
            if ((SECONDS > end)) || ! kill -0 "$pid" 2> /dev/null; then sleep 0.2; kill -KILL $left 2> /dev/null || true; fi
            sleep 0.05
        done
    done
}
status() {
    local name file pid up=1
    for name in $(everyone); do
        for file in $(pid_files "$name"); do
            if [ -e "$file" ] && pid=$(head -1 "$file") && [ -n "$(family "$pid")" ]; then
                up=0
                echo "up    ${file#"$ROOM"/}: $(family "$pid")"
            elif [ "$file" != "$ROOM/haproxy.old.pid" ]; then
                echo "down  ${file#"$ROOM"/}"
            fi
        done
    done
    return $up
}

up() {
    if status > /dev/null; then echo 'the chain is up already: deploy/chain.sh down' >&2; return 1; fi
    tools
    build
    # Every run begins with empty caches and logs.
    rm -rf "$ROOM"/[nsv][0-9]*
    configure
    check
    python3 "$root/tools/serve/photos.py" "$TEMPLRENDER_BUILT/templrender" "$ROOM/photos" > /dev/null
    local name path end
    for name in $(everyone | tac); do start "$name"; done
    path=$("$TEMPLRENDER_BUILT/templrender" url sign --template "$TEMPLATES/product-sale" --secret-file "$KEYS" \
        --row "{\"title\": \"Aster honey\", \"price\": \"6.90 EUR\", \"image_link\": \"http://$ORIGIN_NAME:${ORIGIN_PORTS%% *}/p/1.jpg\"}")
    end=$((SECONDS + 30))
    until curl -sf -o "$ROOM/first.jpg" "http://$EDGE_ADDRESS$path"; do
        if ((SECONDS > end)); then
            echo "no picture comes through; the logs are in $ROOM" >&2
            curl -si "http://$EDGE_ADDRESS$path" | head -c 2000 >&2
            return 1
        fi
        sleep 0.2
    done
    echo "the chain is up; its first picture is $ROOM/first.jpg: http://$EDGE_ADDRESS$path"
}
tools() { "$root/tools/packages.sh" curl haproxy keepalived nginx nginx-dev squid varnish varnish-modules wrk; }
down() {
    stop TERM $(everyone)
    rm -f "$ROOM"/n*/inner.sock "$ROOM"/n*/drained
}

# A render node or a Varnish is taken out: what it has begun it ends, and new requests go elsewhere.
drain() {
    case $1 in
        n*) : > "$ROOM/$1/drained" ;;
        v*) admin "set server varnish/$1 state drain" ;;
    esac
}
undrain() {
    case $1 in
        n*) rm -f "$ROOM/$1/drained" ;;
        v*) admin "set server varnish/$1 state ready" ;;
    esac
}
admin() { python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode() + b"\n"); print(s.makefile().read().strip())' "$ROOM/haproxy.sock" "$1"; }
# TENANT N: what it may ask of the edge in a second, from now on and after a restart.
rate() {
    sed -i "/^$1 /d" "$ROOM/tenants.map"
    echo "$1 $2" >> "$ROOM/tenants.map"
    [ -z "$(admin "get map $ROOM/tenants.map $1" | grep 'found=yes')" ] || admin "del map $ROOM/tenants.map $1"
    admin "add map $ROOM/tenants.map $1 $2"
}
# New templates, keys, settings: the old workers end what they have begun.
reload() {
    local name
    for name; do
        case $name in
            n*) fill_node "$name"; quietly nginx -t -q -e "$ROOM/$name/error.log" -c "$ROOM/$name/nginx.conf"; kill -HUP "$(cat "$ROOM/$name/nginx.pid")" ;;
            edge) fill haproxy.cfg haproxy.cfg; quietly haproxy -c -f "$ROOM/haproxy.cfg"; 
                cat "$ROOM/haproxy.pid" >> "$ROOM/haproxy.old.pid"
                quietly haproxy -D -f "$ROOM/haproxy.cfg" -sf $(cat "$ROOM/haproxy.pid") ;;
            *) echo "$name is not reloaded" >&2; return 1 ;;
        esac
    done
}
# Everywhere: a new generation in the nodes (their caches are keyed with it), then the Varnishes, or they would ask for the old one again.
purge() {
    local key tenant template name at
    for key; do
        tenant='[^/]+' template='[^/@]+?'
        case $key in
            all) tenant='.+' template='.+' ;;
            tenant:*,template:*) tenant=${key#tenant:} template=${key#*,template:} tenant=${tenant%%,*} ;;
            tenant:*) tenant=${key#tenant:} ;;
            template:*) template=${key#template:} ;;
            *) echo "a key is template:NAME, tenant:NAME, tenant:NAME,template:NAME or all, found $key" >&2; return 1 ;;
        esac
        [[ $key =~ ^[A-Za-z0-9_.,:-]+$ ]] || { echo "a name has letters, digits, '-', '_' and '.', found $key" >&2; return 1; }
        for name in $(names NODES); do
            # The newest first: of several that fit, nginx takes the first.
            { echo "\"~^/$tenant/$template(@[^/]*)?(/[^/]*)?\.[a-z]+\$\" $(date +%s%N);"; [ "$key" = all ] || cat "$ROOM/$name/purged.map"; } > "$ROOM/$name/purged.map.new"
            mv "$ROOM/$name/purged.map.new" "$ROOM/$name/purged.map"
        done
    done
    for name in $(names NODES); do kill -HUP "$(cat "$ROOM/$name/nginx.pid")"; done
    sleep 1
    for name in $(names VARNISHES_INSIDE); do
        # One that is down has nothing to purge.
        echo "$name: $(curl -s -X PURGE -H "xkey: $*" "http://$(address VARNISHES_INSIDE "$name")/" || echo 'does not answer')"
    done
}

# Every file of settings in a room of its own, and whether the paper of the sizing holds.
check_all() {
    local file
    for file in "${@:-$here/chain.env $here/two-racks.env}"; do for file in $file; do
        (
            export ROOM=$ROOM/check-${file##*/}
            settings "$file"
            configure
            check
            rm -rf "$ROOM"/*/tmp
        )
        echo "$file: every configuration is valid"
    done; done
    python3 "$here/sizing.py" check
}

command=${1:-}
shift || true
case $command in
    check) ;;
    *) settings "${CHAIN_SETTINGS:-$here/chain.env}" ;;
esac
case $command in
    up | down | status) "$command" ;;
    start | drain | undrain) for name; do "$command" "$name"; done ;;
    reload | purge | rate) "$command" "$@" ;;
    stop) stop TERM "$@" ;;
    kill) stop KILL "$@" ;;
    stats) TEMPLRENDER_BUILT=${TEMPLRENDER_BUILT:-none} python3 "$here/chain.py" ;;
    check)
        tools
        build
        check_all "$@"
        ;;
    drill | bench)
        build
        # A chain that was not up is not up afterwards.
        if ! status > /dev/null; then
            trap down EXIT
            up
        fi
        python3 "$here/${command/drill/drills}.py" "$@"
        ;;
    *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
