#!/bin/bash
# generate_demo.sh PROGRAM MODELS OUT: draws selfie-card and cutout-ad, every row and variant, with the models of a folder, and prints the pictures' paths.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1 models=$2 out=$3
mkdir -p "$out"
for template in selfie-card cutout-ad; do
    for row in templates/$template/rows/*.json; do
        for variant in default story; do
            picture=$out/$template-$(basename "$row" .json)-$variant.jpg
            named=()
            [ $variant = default ] || named=(--variant $variant)
            "$program" render "templates/$template" --row "$row" "${named[@]}" --models "$models" -o "$picture"
            printf '%s\n' "$PWD/$picture"
        done
    done
done
