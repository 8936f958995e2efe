#!/bin/sh
# The peers of PEERS.md on the same work, ours among them: ratios against libjpeg-turbo on one core. Arguments go to run_all.py (--rounds 6 --n 5 by default).
# Ours is built as it is shipped, with the profile `release`: no debug assertions. `tools/bench.py` does the same with both of ours, bytes and quality.
# The peers themselves are installed once by `peers/setup.sh` of the shared folder, into $PEERS_HOME or the user's cache folder.
set -eu
cd "$(dirname "$0")/.."
shared=${TEMPLRENDER_SHARED:-../shared}
if [ ! -e "$shared/peers/run_all.py" ]; then
    echo "peers: $shared/peers is not there; set TEMPLRENDER_SHARED" >&2
    exit 1
fi
cargo build --locked --workspace --release --bin peer
[ $# -gt 0 ] || set -- --rounds 6 --n 5
TEMPLRENDER_PEER="${CARGO_TARGET_DIR:-target}/release/peer" exec python3 "$shared/peers/run_all.py" "$@"
