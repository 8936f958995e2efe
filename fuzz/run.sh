#!/bin/bash
# Fuzzes one target with libFuzzer and AddressSanitizer: fuzz/run.sh TARGET [SECONDS] [libFuzzer's options].
#
# Needs a C++ compiler. The stable compiler does it: `cargo fuzz run TARGET` is the same on a nightly one. What was found lies in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")"
target=$1 seconds=${2:-60}
shift $(($# > 2 ? 2 : $#))

flags='-Zsanitizer=address -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1 -Cdebug-assertions'
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTC_BOOTSTRAP=1 RUSTFLAGS=$(echo $flags) cargo build --release --locked --target "$host" --features libfuzzer --bin "$target"
mkdir -p "corpus/$target" "artifacts/$target"
exec "${CARGO_TARGET_DIR:-target}/$host/release/$target" "corpus/$target" -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -timeout=10 "$@"
