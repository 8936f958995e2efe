//! Values that are read, with the canonical text that they print.

use super::{Input, declare};

/// Property, value, print.
#[rustfmt::skip]
pub(super) const TAKEN: &[(&str, &str, &str)] = &[
    ("position", "Absolute", "absolute"),
    ("inset", "10px 10px auto 10px", "10px 10px auto 10px"), ("inset", "1px 2%", "1px 2% 1px 2%"), ("inset", "1px 2px 3px", "1px 2px 3px 2px"),
    ("top", "auto", "auto"), ("top", "-1.5px", "-1.5px"), ("right", "10%", "10%"), ("bottom", "1em", "1em"), ("left", "0", "0px"),
    ("left", "calc(100% - 20px)", "calc(100% + -20px)"), ("left", "CALC( (1px + 50%) * 2 - 1px / 2 )", "calc(1.5px + 100%)"),
    ("left", "min(10px, 5%, 20px)", "min(10px, 5%, 20px)"), ("left", "clamp(10px, 5vw, 20%)", "max(10px, min(5vw, 20%))"),
    ("left", "calc(2 * max(10%, 5px))", "calc(max(10%, 5px) * 2)"), ("left", "calc(1px - (1px - max(1%, 1px)))", "calc(0px + max(1%, 1px))"), ("left", "calc(3px * 2 + 4px)", "10px"), ("left", "min(3px, 2px)", "2px"),
    ("left", "calc(min(1px, 1%) + 2px - (3px - 1em))", "calc(min(1px, 1%) + -1px + 1em)"), ("left", "-.5e1vmin", "-5vmin"),
    ("inset-inline-start", "1vw", "1vw"), ("inset-inline-end", "1vh", "1vh"), ("inset-block-start", "1vmin", "1vmin"), ("inset-block-end", "1vmax", "1vmax"),
    ("margin", "0 auto", "0px auto 0px auto"), ("margin-top", "-4px", "-4px"), ("margin-right", "1px", "1px"), ("margin-bottom", "1px", "1px"), ("margin-left", "auto", "auto"),
    ("margin-inline-start", "1px", "1px"), ("margin-inline-end", "1px", "1px"), ("margin-block-start", "1px", "1px"), ("margin-block-end", "1px", "1px"),
    ("padding", "0.5em 1em", "0.5em 1em 0.5em 1em"), ("padding-top", "calc(1px - 5px)", "0px"), ("padding-top", "2px", "2px"), ("padding-right", "5%", "5%"),
    ("padding-bottom", "1px", "1px"), ("padding-left", "1px", "1px"), ("padding-inline-start", "1px", "1px"), ("padding-inline-end", "1px", "1px"),
    ("padding-block-start", "1px", "1px"), ("padding-block-end", "1px", "1px"),
    ("width", "33.333%", "33.333%"), ("height", "50.6", "50.6px"), ("min-width", "10%", "10%"), ("min-height", "3px", "3px"),
    ("max-width", "none", "none"), ("max-width", "60px", "60px"), ("max-height", "50%", "50%"),
    ("aspect-ratio", "16 / 9", "1.7777778"), ("aspect-ratio", "auto", "auto"), ("aspect-ratio", "0 / 3", "auto"), ("aspect-ratio", "2", "2"),
    ("display", "grid", "grid"), ("flex-direction", "row-reverse", "row-reverse"), ("flex-wrap", "wrap", "wrap"),
    ("justify-content", "space-between", "space-between"), ("align-items", "baseline", "baseline"), ("align-items", "self-end", "end"),
    ("align-self", "auto", "auto"), ("align-self", "center", "center"), ("align-content", "end", "end"),
    ("gap", "6px 3px", "6px 3px"), ("gap", "normal", "0px 0px"), ("row-gap", "5%", "5%"), ("column-gap", "4px", "4px"),
    ("flex", "none", "0 0 auto"), ("flex", "auto", "1 1 auto"), ("flex", "1 1 0", "1 1 0px"), ("flex", "2 10px", "2 1 10px"), ("flex", "30%", "1 1 30%"), ("flex", "10px 2 3", "2 3 10px"),
    ("flex-grow", "2", "2"), ("flex-shrink", "0", "0"), ("flex-basis", "30%", "30%"), ("order", "-3", "-3"),
    ("grid-template-columns", "60px 1fr repeat(2, minmax(0, 1.5fr) auto)", "60px 1fr repeat(2, minmax(0px, 1.5fr) auto)"),
    ("grid-template-columns", "repeat(auto-fill, minmax(40px, 1fr)) 10%", "repeat(auto-fill, minmax(40px, 1fr)) 10%"),
    ("grid-template-rows", "fit-content(20%) min-content max-content", "fit-content(20%) min-content max-content"), ("grid-template-rows", "none", "none"),
    ("grid-auto-rows", "1fr", "1fr"), ("grid-auto-columns", "auto 20px", "auto 20px"), ("grid-auto-flow", "dense column", "column dense"), ("grid-auto-flow", "dense", "row dense"),
    ("grid-column", "1 / span 2", "1 / span 2"), ("grid-row", "-1", "-1 / auto"), ("grid-row", "2 span", "span 2 / auto"),
    ("background", "none", "#00000000"), ("background", "Tomato", "#ff6347"), ("background", "currentColor", "currentColor"),
    ("background", "linear-gradient(#f00, #00f), red linear-gradient(45deg, red, blue)", "linear-gradient(to bottom, #ff0000, #0000ff), linear-gradient(45deg, #ff0000, #0000ff), #ff0000"),
    ("background", "linear-gradient(to top left, red, 30%, blue 50% 60%, #fff 5px)", "linear-gradient(to left top, #ff0000, 30%, #0000ff 50%, #0000ff 60%, #ffffff 5px), #00000000"),
    ("background", "repeating-linear-gradient(.25turn, 10px red, blue calc(50% + 1px))", "repeating-linear-gradient(90deg, #ff0000 10px, #0000ff calc(50% + 1px)), #00000000"),
    ("background", "linear-gradient(100grad, red, blue)", "linear-gradient(90deg, #ff0000, #0000ff), #00000000"),
    ("background", "radial-gradient(red, blue)", "radial-gradient(ellipse farthest-corner at 50% 50%, #ff0000, #0000ff), #00000000"),
    ("background", "radial-gradient(closest-side circle at left 20px top 10%, red, blue)", "radial-gradient(circle closest-side at 20px 10%, #ff0000, #0000ff), #00000000"),
    ("background", "radial-gradient(20px, red, blue)", "radial-gradient(circle 20px at 50% 50%, #ff0000, #0000ff), #00000000"),
    ("background", "repeating-radial-gradient(10% 2em at right, red, blue)", "repeating-radial-gradient(ellipse 10% 2em at 100% 50%, #ff0000, #0000ff), #00000000"),
    ("background", "conic-gradient(from 45deg at 25% 25%, #f00 0 25%, 200deg, blue 1rad)", "conic-gradient(from 45deg at 25% 25%, #ff0000 0deg, #ff0000 25%, 200deg, #0000ff 57.29578deg), #00000000"),
    ("background", "repeating-conic-gradient(#000 10%, #fff 20%)", "repeating-conic-gradient(from 0deg at 50% 50%, #000000 10%, #ffffff 20%), #00000000"),
    ("border", "5px dashed #333", "5px dashed #333333"), ("border", "red solid", "3px solid #ff0000"), ("border", "none", "3px none currentColor"), ("border", "thick double", "5px double currentColor"),
    ("border-width", "2px thin", "2px 1px 2px 1px"), ("border-style", "solid dotted", "solid dotted solid dotted"), ("border-color", "red #00f8 tan", "#ff0000 #0000ff88 #d2b48c #0000ff88"),
    ("border-top", "1px solid", "1px solid currentColor"), ("border-right", "1px solid", "1px solid currentColor"), ("border-bottom", "1px solid", "1px solid currentColor"), ("border-left", "1px solid", "1px solid currentColor"),
    ("border-top-width", "thin", "1px"), ("border-right-width", "1px", "1px"), ("border-bottom-width", "1px", "1px"), ("border-left-width", "1px", "1px"),
    ("border-top-style", "hidden", "hidden"), ("border-right-style", "solid", "solid"), ("border-bottom-style", "solid", "solid"), ("border-left-style", "solid", "solid"),
    ("border-top-color", "red", "#ff0000"), ("border-right-color", "red", "#ff0000"), ("border-bottom-color", "red", "#ff0000"), ("border-left-color", "red", "#ff0000"),
    ("border-radius", "20px 0 30px 10px", "20px 0px 30px 10px / 20px 0px 30px 10px"), ("border-radius", "40px / 20px 5%", "40px 40px 40px 40px / 20px 5% 20px 5%"),
    ("border-top-left-radius", "30px 15px", "30px 15px"), ("border-top-right-radius", "1px", "1px 1px"), ("border-bottom-right-radius", "999px", "999px 999px"), ("border-bottom-left-radius", "1px", "1px 1px"),
    ("box-shadow", "none", "none"), ("box-shadow", "inset 0 0 0 6px #36c, 4px 4px 6px #0008", "inset 0px 0px 0px 6px #3366cc, 4px 4px 6px 0px #00000088"),
    ("box-shadow", "red 1px 2px inset", "inset 1px 2px 0px 0px #ff0000"), ("box-shadow", "1px 2px", "1px 2px 0px 0px currentColor"), ("box-shadow", "0 10px 10px -10px #000", "0px 10px 10px -10px #000000"),
    ("opacity", "50%", "0.5"), ("opacity", "7", "1"), ("opacity", "calc(.5 / 2)", "0.25"), ("mix-blend-mode", "color-burn", "color-burn"), ("isolation", "isolate", "isolate"), ("isolation", "auto", "auto"),
    ("filter", "contrast(1.5) brightness(80%) blur(2px)", "contrast(1.5) brightness(0.8) blur(2px)"), ("filter", "none", "none"), ("filter", "grayscale() sepia(3) hue-rotate(.5turn)", "grayscale(1) sepia(1) hue-rotate(180deg)"),
    ("filter", "drop-shadow(6px 6px 4px rgb(0 0 0 / 60%)) invert(1) opacity(40%) saturate(3)", "drop-shadow(#00000099 6px 6px 4px) invert(1) opacity(0.4) saturate(3)"),
    ("backdrop-filter", "blur(6px)", "blur(6px)"),
    ("transform", "rotate(90deg) scaleX(-1)", "rotate(90deg) scale(-1, 1)"), ("transform", "translate(10px, 25%) skewX(20deg)", "translate(10px, 25%) skew(20deg, 0deg)"), ("transform", "none", "none"),
    ("transform", "matrix(1, 0.3, -0.3, 1, 5, 0) scale(.5) translateY(1em) translateX(2px) skew(1deg, 0) skewY(3deg) scaleY(2) rotate(0)",
        "matrix(1, 0.3, -0.3, 1, 5, 0) scale(0.5, 0.5) translate(0px, 1em) translate(2px, 0px) skew(1deg, 0deg) skew(0deg, 3deg) scale(1, 2) rotate(0deg)"),
    ("transform-origin", "top right", "100% 0%"), ("transform-origin", "20px", "20px 50%"), ("transform-origin", "bottom", "50% 100%"), ("transform-origin", "center left", "0% 50%"),
    ("overflow", "hidden", "hidden"), ("overflow", "visible", "visible"),
    ("font-family", "'Noto Mono', Noto  Sans, Mplus 1p", "\"Noto Mono\", \"Noto Sans\", \"Mplus 1p\""),
    ("font-size", "0.8em", "0.8em"), ("font-size", "x-large", "24px"), ("font-size", "larger", "1.2em"), ("font-weight", "bold", "700"), ("font-weight", "1000", "1000"), ("font-weight", "lighter", "lighter"),
    ("font-style", "italic", "italic"), ("font-stretch", "semi-condensed", "87.5%"), ("font-stretch", "151%", "151%"),
    ("font-variation-settings", "'wght' 700, \"wdth\" 60.5", "\"wght\" 700, \"wdth\" 60.5"), ("font-variation-settings", "normal", "normal"),
    ("font-feature-settings", "'smcp', 'frac' 2, 'liga' off, 'onum' on", "\"smcp\" 1, \"frac\" 2, \"liga\" 0, \"onum\" 1"),
    ("line-height", "normal", "normal"), ("line-height", "1.25", "1.25"), ("line-height", "150%", "1.5em"), ("line-height", "58px", "58px"), ("line-height", "calc(100% + 1em + 2px)", "calc(2em + 2px)"),
    ("letter-spacing", "-0.05em", "-0.05em"), ("letter-spacing", "normal", "normal"), ("word-spacing", "12px", "12px"),
    ("color", "linear-gradient(90deg, #d33, #36c)", "linear-gradient(90deg, #dd3333, #3366cc)"), ("color", "CurrentColor", "currentColor"), ("color", "transparent", "#00000000"),
    ("color", "#Abc", "#aabbcc"), ("color", "#abcd", "#aabbccdd"), ("color", "#aabbcc80", "#aabbcc80"), ("color", "RebeccaPurple", "#663399"),
    ("color", "rgb(40 90 200 / 60%)", "#285ac899"), ("color", "rgba(300, -5, 127.5, .5)", "rgb(255 0 128 / 0.5)"), ("color", "rgb(50% 33.3% 100%)", "#8055ff"), ("color", "rgb(1 none 2 / none)", "#01000200"),
    ("color", "hsl(220 80% 50%)", "#1a5de6"), ("color", "hsla(30, 100%, 50%, 0.5)", "rgb(255 128 0 / 0.5)"), ("color", "hsl(120deg 50 50)", "#40bf40"), ("color", "hsl(-240deg, 50%, 50%)", "#40bf40"),
    ("color", "hwb(90 10% 20%)", "#73cc1a"), ("color", "hwb(0.5turn 60% 60% / 100%)", "#808080"),
    ("text-align", "justify", "justify"), ("text-transform", "capitalize", "capitalize"),
    ("text-decoration", "line-through 4px #36c", "line-through solid #3366cc 4px"), ("text-decoration", "none", "none"), ("text-decoration", "wavy underline overline 10%", "underline overline wavy currentColor 0.1em"),
    ("text-shadow", "0 0 4px #000, 4px 4px 0 #36c", "0px 0px 4px #000000, 4px 4px 0px #3366cc"), ("-webkit-text-stroke", "#333 2px", "2px #333333"), ("-webkit-text-stroke", "thin", "1px currentColor"),
    ("white-space", "nowrap", "nowrap"), ("text-wrap", "nowrap", "nowrap"), ("overflow-wrap", "anywhere", "anywhere"), ("lang", "zh-Hant-TW", "zh-Hant-TW"), ("direction", "rtl", "rtl"),
    ("line-clamp", "3", "3"), ("line-clamp", "none", "none"), ("text-overflow", "ellipsis", "ellipsis"), ("text-overflow", "clip", "clip"), ("min-font-size", "12px", "12px"),
    ("vertical-align", "super", "super"), ("vertical-align", "middle", "middle"), ("vertical-align", "text-top", "text-top"), ("vertical-align", "text-bottom", "text-bottom"), ("vertical-align", "sub", "sub"),
    ("vertical-align", "baseline", "baseline"), ("vertical-align", "-20%", "-20%"),
    ("object-fit", "scale-down", "scale-down"), ("object-position", "right 10px bottom 5px", "calc(100% + -10px) calc(100% + -5px)"), ("object-position", "bottom 5% left 1em", "1em 95%"),
    ("object-position", "left 20px", "0% 20px"), ("object-position", "20px bottom", "20px 100%"), ("object-position", "left", "0% 50%"),
    ("object-position", "face", "face"), ("object-view-box", "none", "none"), ("object-view-box", "inset(10% 4px)", "inset(10% 4px 10% 4px)"),
    ("object-view-box", "rect(5px 90% auto 1em)", "inset(5px 10% 0px 1em)"), ("object-view-box", "xywh(20px 10% 300px 50%)", "inset(10% calc(100% + -320px) 40% 20px)"),
    ("fill", "none", "none"), ("fill", "currentColor", "currentColor"), ("stroke", "#d33", "#dd3333"), ("stroke-width", "2.5", "2.5px"), ("stroke-linejoin", "round", "round"), ("stroke-linecap", "square", "square"),
    ("stroke-dasharray", "2 1", "2px 1px"), ("stroke-dasharray", "5, 10%", "5px 10%"),
];

#[test]
fn values_are_read_and_print_canonically() {
    for (name, value, printed) in TAKEN {
        let declaration = declare(name, &Input::Text(value)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(declaration.to_string(), *printed, "{name}: {value}");
        assert_eq!(declare(name, &Input::Text(printed)), Ok(declaration), "{name}: {printed}");
    }
}

#[test]
fn every_named_colour_is_its_hash() {
    for (name, [r, g, b]) in crate::css::named::NAMED {
        assert_eq!(declare("fill", &Input::Text(name)).unwrap().to_string(), format!("#{r:02x}{g:02x}{b:02x}"));
    }
    assert_eq!(crate::css::named::NAMED.len(), 148);
    assert!(crate::css::named::NAMED.windows(2).all(|pair| pair[0].0 < pair[1].0), "the search needs them sorted");
}
