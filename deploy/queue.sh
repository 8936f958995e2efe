#!/bin/bash
# The queue on one machine: Redis, workers that draw, one that mails and deletes, a mail server for tests, and the form.
#
#   deploy/queue.sh up                starts all; the form's address is printed
#   deploy/queue.sh status            what runs, and what the queue has in it
#   deploy/queue.sh scale N           N workers that draw; those that are too many end what they have begun
#   deploy/queue.sh down              stops all, workers first; the queue stays on the disk, and `up` goes on with it
#   deploy/queue.sh drill [NAME...]   kill -9, a mail server that is away, a Redis that is killed: PASS or FAIL with figures
#   deploy/queue.sh bench [JOBS]      jobs a second with 1 and 2 workers
#
# Settings are in the environment: QUEUE_ROOM (target/queue), QUEUE_WORKERS (2), QUEUE_TEMPLATES (templates), QUEUE_TEMPLATE (selfie-card), QUEUE_MODELS (templates/models; none: empty), QUEUE_FORM (127.0.0.1:8480),
# QUEUE_SMTP (a mail server for tests on port 8425, which keeps what it gets in QUEUE_ROOM/mails), QUEUE_FROM. The package is built, or taken from TEMPLRENDER_BUILT.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
ROOM=$(realpath -m "${QUEUE_ROOM:-$root/target/queue}")
WORKERS=${QUEUE_WORKERS:-2}
TEMPLATES=${QUEUE_TEMPLATES:-$root/templates}
TEMPLATE=${QUEUE_TEMPLATE:-selfie-card}
MODELS=${QUEUE_MODELS-$root/templates/models}
FORM=${QUEUE_FORM:-127.0.0.1:8480}
MAIL_PORT=8425
METRICS_PORT=9464
export TEMPLRENDER_REDIS=unix://$ROOM/redis/redis.sock

# Redis, or Valkey where that is what there is.
tools() { command -v redis-server valkey-server > /dev/null || "$root/tools/packages.sh" redis-server; }
environment() {
    bin=$("$root/python/venv.sh" test test)
    PYTHONPATH=$("$root/python/package.sh")
    export PYTHONPATH
}

# run NAME PROGRAM...: in the background, with its pid and log in the room.
run() {
    local name=$1
    shift
    setsid "$@" >> "$ROOM/$name.log" 2>&1 < /dev/null &
    echo $! > "$ROOM/$name.pid"
}
# A pid of long ago may be somebody else's now.
pid_of() {
    local pid
    pid=$(cat "$ROOM/$1.pid" 2> /dev/null) && grep -qsaF "$ROOM" "/proc/$pid/cmdline" "/proc/$pid/environ" && echo "$pid"
}
running() { for file in "$ROOM"/*.pid; do [ -e "$file" ] || continue; file=${file##*/}; if pid_of "${file%.pid}" > /dev/null; then echo "${file%.pid}"; fi; done; }
# Asks them to end, and waits until they have.
stop() {
    local name pid
    for name; do if pid=$(pid_of "$name"); then kill "$pid" 2> /dev/null || true; fi; done
    for name; do
        if pid=$(pid_of "$name"); then while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done; fi
        rm -f "$ROOM/$name.pid"
    done
}
redis() {
    mkdir -p "$ROOM/redis"
    run redis "$(command -v redis-server || command -v valkey-server)" "$here/redis.conf" --dir "$ROOM/redis" --unixsocket "$ROOM/redis/redis.sock"
    local end=$((SECONDS + 30))
    until "$bin/python" -c 'import os, redis; redis.Redis.from_url(os.environ["TEMPLRENDER_REDIS"]).ping()' 2> /dev/null; do
        if ((SECONDS > end)); then tail -5 "$ROOM/redis.log" >&2; return 1; fi
        sleep 0.1
    done
}
# worker NAME ROLES PORT
worker() {
    local models=()
    [ -z "$MODELS" ] || models=(--models "$MODELS")
    run "$1" "$bin/python" -m templrender.worker --templates "$TEMPLATES" --files "$ROOM/files" --do "$2" --metrics "127.0.0.1:$3" \
        --smtp "${QUEUE_SMTP:-smtp://127.0.0.1:$MAIL_PORT}" --from "${QUEUE_FROM:-cards@example.org}" "${models[@]}"
}
draws() { running | sed -n 's/^draw-//p' | sort -n; }
scale() {
    local number many=()
    for number in $(seq 1 "$1"); do
        pid_of "draw-$number" > /dev/null || worker "draw-$number" draw $((METRICS_PORT + number))
    done
    for number in $(draws); do ((number <= $1)) || many+=("draw-$number"); done
    stop "${many[@]}"
}

up() {
    if [ -n "$(running)" ]; then echo 'the queue is up already: deploy/queue.sh down' >&2; return 1; fi
    tools
    environment
    mkdir -p "$ROOM/files"
    redis
    [ -n "${QUEUE_SMTP:-}" ] || run mailbox "$bin/python" "$here/mailbox_server.py" "$MAIL_PORT" "$ROOM/mails"
    worker mail mail,sweep "$METRICS_PORT"
    scale "$WORKERS"
    [ -e "$ROOM/secret" ] || (umask 077; head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$ROOM/secret")
    TEMPLRENDER_UPLOAD_SECRET=$(cat "$ROOM/secret") run form "$bin/python" "$here/upload/upload.py" --template "$TEMPLATE" --files "$ROOM/files" --listen "$FORM"
    local end=$((SECONDS + 30))
    until curl -sf -o /dev/null "http://$FORM/" && curl -sf "http://127.0.0.1:$METRICS_PORT/metrics" | grep -q '^templrender_queue_up 1'; do
        if ((SECONDS > end)); then echo "the queue does not come up; the logs are in $ROOM" >&2; tail -n 3 "$ROOM"/*.log >&2; return 1; fi
        sleep 0.2
    done
    echo "the queue is up: http://$FORM/ is the form, http://127.0.0.1:$METRICS_PORT/metrics what is in it, $ROOM has logs, mails and pictures"
}
down() { stop form $(running | grep '^draw-' || true) mail; stop mailbox redis; }
status() {
    local name
    for name in $(running); do echo "up    $name: $(pid_of "$name")"; done
    [ -n "$(running)" ] || { echo 'down'; return 1; }
    curl -sf "http://127.0.0.1:$METRICS_PORT/metrics" | grep -E '^templrender_(queue|mail)_'
}

command=${1:-}
shift || true
case $command in
    up | down | status) "$command" ;;
    scale)
        environment
        scale "$1" ;;
    drill | bench)
        tools
        environment
        room=$(mktemp -d)
        trap 'rm -rf "$room"' EXIT
        "$bin/python" "$here/queue_${command/drill/drills}.py" "$room" "$@" ;;
    *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
