#!/bin/sh
# Draws the README's pictures with the program itself: one of each shipped template, and the strip at its head.
# TEMPLRENDER names the program; without it, it is built. MODELS is where `make models` put the models.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${TEMPLRENDER:-}" ]; then
    cargo build --locked --workspace --profile ci --bin templrender
    TEMPLRENDER=${CARGO_TARGET_DIR:-target}/ci/templrender
fi
now=2026-11-28
strip=docs/strip/pictures
mkdir -p $strip

draw() { # file template row options
    file=$1 template=templates/$2 row=templates/$2/rows/$3
    shift 3
    "$TEMPLRENDER" render "$template" --row "$row" --now $now -o "$file" "$@"
}
picture() { draw "templates/$1/picture.jpg" "$1" "$2" --quality 80 --scale "$3"; }

picture product-sale sale.json 0.5
picture product-ad print.json 0.5
picture og-card german.json 0.5
picture price-tag english.json 0.5
picture collage morning.json 0.5
models=${MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/templrender/models}
draw templates/selfie-card/picture.jpg selfie-card starry.json --quality 80 --scale 0.5 --models templates/models
draw templates/cutout-ad/picture.jpg cutout-ad espresso.json --quality 80 --scale 0.5 --models "$models"

draw $strip/sale.png product-sale sale.json --scale 0.5
draw $strip/story.png product-sale arabic.json --variant story --scale 0.5
draw $strip/landscape.png product-sale japanese.json --variant landscape --scale 0.5
draw $strip/ad.png product-ad honey.json --scale 0.5
draw $strip/sold.png product-sale sold-out.json --scale 0.5
draw $strip/card.png og-card german.json --scale 0.5
draw $strip/collage.png collage morning.json --scale 0.5
draw $strip/sheet.png collage ukrainian.json --variant landscape --scale 0.5

draw $strip/selfie.png selfie-card starry.json --scale 0.5 --models templates/models
draw $strip/cutout.png cutout-ad espresso.json --scale 0.5 --models "$models"

"$TEMPLRENDER" render docs/strip --row docs/strip/row.json -o docs/strip/strip.jpg
"$TEMPLRENDER" render docs/strip/generated.json -o docs/strip/generated.jpg
rm -r $strip
ls -l docs/strip/strip.jpg docs/strip/generated.jpg templates/*/picture.jpg
