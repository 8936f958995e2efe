#!/bin/bash
# The source tarball builds by itself: unpacked into a scratch folder, its dependencies fetched once by `cargo vendor`, and then built with
# `cargo build --locked --offline`, without a network, without a cache of crates, without git. What comes out draws a picture.
#
# Everything is compiled again, for other paths are other crates to cargo; without optimisation, since only whether it compiles is asked.
# CARGO_TARGET_DIR is where it goes; by default a folder that is removed.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d "${TMPDIR:-/tmp}/templrender-vendor.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cargo=${CARGO:-cargo}

packaging/dist.sh "$scratch"
packaging/dist.sh "$scratch/again" > /dev/null
cmp "$scratch"/templrender-*.tar.gz "$scratch"/again/templrender-*.tar.gz # the same commit, the same bytes
tar -xzf "$scratch"/templrender-*.tar.gz -C "$scratch"
source=$(echo "$scratch"/templrender-*/)
cd "$source"
[ ! -e .git ]

mkdir .cargo
"$cargo" vendor --locked vendor > .cargo/config.toml 2> "$scratch/log" || { cat "$scratch/log"; exit 1; }
grep -q 'vendored-sources' .cargo/config.toml
printf '%s crates vendored, %s\n' "$(find vendor -mindepth 1 -maxdepth 1 | wc -l)" "$(du -sh vendor | cut -f1)"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$scratch/target} CARGO_HOME=$scratch/cargo-home CARGO_INCREMENTAL=0
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
alone=()
unshare -rn true 2> /dev/null && alone=(unshare -rn) # no network at all, where the kernel lets us
"${alone[@]}" "$cargo" build --locked --offline -p templrender-c -p templrender-cli \
    --config profile.dev.debug=false --config 'profile.dev.package."*".opt-level=0'
[ ! -e "$CARGO_HOME/registry/cache" ] || { echo 'crates came from elsewhere than vendor/'; exit 1; }

built=$CARGO_TARGET_DIR/debug
"$built/templrender" render templates/og-card --row templates/og-card/rows/english.json -o "$scratch/card.png"
gcc -std=c99 -Iinclude bindings/c/examples/ten_lines.c "$built/libtemplrender.a" -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc -o "$scratch/ten_lines"
"$scratch/ten_lines" > "$scratch/ten_lines.png"
[ "$(head -c 4 "$scratch/ten_lines.png" | od -An -tx1 | tr -d ' ')" = 89504e47 ]
echo 'vendor_check: built offline from the tarball; program and C library draw'
