#!/bin/sh
# fuzz/run.sh TARGET [SECONDS [FOLDER [SEED]]]: a fuzz target under AddressSanitizer, with debug assertions. By default ten minutes over the shared corpora.
set -eu
cd "$(dirname "$0")"
target=$1 seconds=${2:-600} folder=${3:-../../shared/corpora} seed=${4:-1}
triple=$(rustc -vV | sed -n 's/^host: //p')
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address cargo build --release --bin "$target" --target "$triple"
mkdir -p target
exec nice -n 10 "target/$triple/release/$target" "$seconds" "$folder" "$seed"
