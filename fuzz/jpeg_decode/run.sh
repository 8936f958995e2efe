#!/bin/sh
# fuzz/jpeg_decode/run.sh [SECONDS [FOLDER [SEED]]]: damaged JPEGs under AddressSanitizer, with debug assertions. By default ten minutes over the shared corpora.
set -eu
cd "$(dirname "$0")"
seconds=${1:-600} folder=${2:-../../../shared/corpora} seed=${3:-1}
triple=$(rustc -vV | sed -n 's/^host: //p')
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address cargo build --release --target "$triple"
mkdir -p target
exec nice -n 10 "${CARGO_TARGET_DIR:-target}/$triple/release/jpeg-decode-fuzz" "$seconds" "$folder" "$seed"
