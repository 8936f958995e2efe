#!/bin/bash
# Fuzzes one target under AddressSanitizer: fuzz/run.sh TARGET [SECONDS] [options].
#
# jpeg_encode is a target of libFuzzer (options are its own, and `cargo fuzz run TARGET --features libfuzzer` does the same on a nightly compiler; needs a C++
# compiler); what it found lies in fuzz/artifacts. jpeg_decode changes files by itself: SECONDS [FOLDER] [SEED].
set -euo pipefail
cd "$(dirname "$0")"
target=$1 seconds=${2:-60}
shift $(($# > 2 ? 2 : $#))

flags='-Zsanitizer=address -Cdebug-assertions'
case $target in
jpeg_encode)
    features=libfuzzer
    flags+=' --cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
        -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares'
    ;;
jpeg_decode) features=library ;;
*) echo "fuzz/run.sh: targets are jpeg_encode and jpeg_decode, found $target" >&2; exit 2 ;;
esac
host=$(rustc -vV | sed -n 's/^host: //p')
# one argument, whatever lines it was written on
RUSTC_BOOTSTRAP=1 RUSTFLAGS=$(tr -s ' \n' ' ' <<< "$flags") cargo build --release --locked --target "$host" --features $features --bin "$target"
program=${CARGO_TARGET_DIR:-target}/$host/release/$target
[ $features = libfuzzer ] || exec "$program" "$seconds" "$@"
mkdir -p "corpus/$target" "artifacts/$target"
exec "$program" "corpus/$target" -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -timeout=10 "$@"
