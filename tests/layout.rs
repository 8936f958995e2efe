//! Where layers come to lie, case by case: CSS's rules for plain, flex and grid boxes as the format uses them.
//!
//! Each case is a list of layers on a canvas of 400 x 300 and what the report says: `id x y width height`, of texts also the font size
//! (where it is not 16 px) and the lines. The boxes are those of headless Chromium for the same template and the fonts of `tests/fonts`,
//! to within its 64ths of a px, but where a case's name says `ours`.

#![allow(clippy::disallowed_methods, reason = "a test reads fonts")]

use templrender::{Context, Fonts, Renderer, Report, Resources, Row, Scratch, Template};

struct Case {
    name: &'static str,
    layers: &'static str,
    laid: &'static [&'static str],
}

const fn case(name: &'static str, layers: &'static str, laid: &'static [&'static str]) -> Case {
    Case { name, layers, laid }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Plain boxes: every child is absolutely positioned in the padding box.
    case("insets", r#"
        { "id": "none", "type": "box", "width": 60, "height": 40 },
        { "id": "left-top", "type": "box", "left": 10, "top": 20, "width": 60, "height": 40 },
        { "id": "right-bottom", "type": "box", "right": 10, "bottom": 20, "width": 60, "height": 40 },
        { "id": "stretched", "type": "box", "inset": "10px 20px 30px 40px" },
        { "id": "over", "type": "box", "left": 10, "right": 10, "top": 5, "bottom": 5, "width": 50, "height": 50 },
        { "id": "empty", "type": "box", "left": 7 },
        { "id": "outside", "type": "box", "left": -30, "top": 280, "width": 60, "height": 40 }
    "#, &[
        "none 0 0 60 40", "left-top 10 20 60 40", "right-bottom 330 240 60 40", "stretched 40 10 340 260", "over 10 5 50 50",
        "empty 7 0 0 0", "outside -30 280 60 40",
    ]),
    case("insets, right to left", r#"
        { "id": "outer", "type": "box", "left": 100, "top": 100, "width": 200, "height": 100, "direction": "rtl", "padding": 10, "layers": [
            { "id": "over", "type": "box", "left": 10, "right": 20, "top": 0, "width": 50, "height": 10 },
            { "id": "logical", "type": "box", "inset-inline-start": 15, "top": 20, "width": 50, "height": 10 },
            { "id": "logical-ltr", "type": "box", "inset-inline-start": 15, "direction": "ltr", "top": 40, "width": 50, "height": 10 },
            { "id": "end", "type": "box", "inset-inline-end": 15, "inset-block-start": 60, "width": 50, "height": 10,
              "margin-inline-end": 4 },
            { "id": "middle", "type": "box", "left": 0, "right": 0, "top": 80, "width": 50, "height": 10, "margin-left": "auto",
              "margin-right": "auto" },
            { "id": "wider", "type": "box", "left": 0, "right": 0, "top": 90, "width": 250, "height": 10, "margin-left": "auto",
              "margin-right": "auto" } ] }
    "#, &[
        "outer 100 100 200 100", "over 230 100 50 10", "logical 235 120 50 10", "logical-ltr 115 140 50 10", "end 119 160 50 10",
        "middle 175 180 50 10", "wider 50 190 250 10",
    ]),
    case("padding box, borders and nesting", r#"
        { "id": "outer", "type": "box", "left": 100, "top": 50, "width": 200, "height": 100, "padding": 20, "border": "4px solid #888",
          "layers": [
            { "id": "none", "type": "box", "width": 30, "height": 20 },
            { "id": "half", "type": "box", "right": 0, "bottom": 0, "width": "50%", "height": "50%", "border": "1.7px solid red",
              "layers": [
                { "id": "deep", "type": "box", "inset": "10%" } ] } ] }
    "#, &[
        "outer 100 50 200 100", "none 104 54 30 20", "half 200 100 96 46", "deep 210.4 105.4 75.2 35.2",
    ]),
    case("percentages", r#"
        { "id": "canvas", "type": "box", "left": "10%", "top": "10%", "width": "50%", "height": "50%" },
        { "id": "padded", "type": "box", "left": 0, "top": 0, "width": 200, "padding": "5% 10%", "margin": "5%", "layers": [] },
        { "id": "calc", "type": "box", "left": "calc(50% - 20px)", "top": "min(10%, 5px)", "width": "calc(100% - 50px * 2)",
          "height": "max(10px, 1em)" },
        { "id": "units", "type": "box", "left": "1vw", "top": "1vh", "width": "10vmin", "height": "10vmax" }
    "#, &[
        "canvas 40 30 200 150", "padded 20 20 200 40", "calc 180 5 300 16", "units 4 3 30 40",
    ]),
    case("least and most", r#"
        { "id": "most", "type": "box", "width": 300, "max-width": "50%", "height": 200, "max-height": 100 },
        { "id": "least", "type": "box", "width": 10, "min-width": 40, "height": 1, "min-height": "10%" },
        { "id": "least-wins", "type": "box", "width": 50, "min-width": 80, "max-width": 60, "height": 10 },
        { "id": "stretched", "type": "box", "left": 0, "right": 0, "max-width": 100, "height": 10, "margin-left": "auto",
          "margin-right": "auto" },
        { "id": "edges", "type": "box", "width": 10, "height": 10, "padding": 20 }
    "#, &[
        "most 0 0 200 100", "least 0 0 40 30", "least-wins 0 0 80 10", "stretched 150 0 100 10", "edges 0 0 40 40",
    ]),
    case("aspect ratio", r#"
        { "id": "height", "type": "box", "width": 96, "aspect-ratio": "16 / 9" },
        { "id": "width", "type": "box", "height": 60, "aspect-ratio": 1.5 },
        { "id": "both", "type": "box", "width": 10, "height": 60, "aspect-ratio": 1.5 },
        { "id": "stretched", "type": "box", "left": 10, "right": 190, "aspect-ratio": 2 },
        { "id": "tall", "type": "box", "top": 10, "bottom": 190, "aspect-ratio": 2 },
        { "id": "most", "type": "box", "width": 200, "aspect-ratio": 1, "max-height": 50 }
    "#, &[
        "height 0 0 96 54", "width 0 0 90 60", "both 0 0 10 60", "stretched 10 0 200 100", "tall 0 10 200 100", "most 0 0 200 50",
    ]),
    case("margins", r#"
        { "id": "fixed", "type": "box", "left": 10, "top": 10, "width": 50, "height": 50, "margin": "5px 6px 7px 8px" },
        { "id": "right", "type": "box", "right": 10, "bottom": 10, "width": 50, "height": 50, "margin": "5px 6px 7px 8px" },
        { "id": "middle", "type": "box", "inset": 0, "width": 100, "height": 50, "margin": "auto" },
        { "id": "pushed", "type": "box", "inset": 0, "width": 100, "height": 50, "margin-left": "auto", "margin-top": "auto" },
        { "id": "stretched", "type": "box", "inset": 0, "margin": "10px 20px" },
        { "id": "unset", "type": "box", "width": 10, "height": 10, "margin": "auto" }
    "#, &[
        "fixed 18 15 50 50", "right 334 233 50 50", "middle 150 125 100 50", "pushed 300 250 100 50", "stretched 20 10 360 280",
        "unset 0 0 10 10",
    ]),
    // Texts.
    case("a text without a width", r#"
        { "id": "content", "type": "text", "text": "As wide as its text", "left": 10, "top": 10 },
        { "id": "right", "type": "text", "text": "Right and bottom", "right": 10, "bottom": 10, "padding": "4px 8px" },
        { "id": "edge", "type": "text", "text": "This text starts near the edge and wraps there", "left": 300, "top": 50 },
        { "id": "word", "type": "text", "text": "Unbreakable words", "left": 380, "top": 150 },
        { "id": "box", "type": "box", "left": 10, "top": 80, "width": 120, "height": 100, "layers": [
            { "id": "in-box", "type": "text", "text": "In a box it wraps at the box", "left": 20, "top": 10 } ] },
        { "id": "stretched", "type": "text", "text": "stretched", "left": 20, "right": 20, "top": 200 },
        { "id": "most", "type": "text", "text": "No wider than this", "left": 20, "top": 230, "max-width": 100 },
        { "id": "empty", "type": "text", "text": "", "left": 20, "top": 280, "padding": 3 }
    "#, &[
        "content 10 10 133.03 22 \"As wide as its text\"", "right 241.67 260 148.33 30 \"Right and bottom\"",
        "edge 300 50 100 88 \"This text / starts near / the edge and / wraps there\"", "word 380 150 96.23 44 \"Unbreakable / words\"",
        "box 10 80 120 100", "in-box 30 90 100 66 \"In a box it / wraps at the / box\"", "stretched 20 200 360 22 \"stretched\"",
        "most 20 230 100 44 \"No wider / than this\"", "empty 20 280 6 6 \"\"",
    ]),
    case("white space without wrapping", r#"
        { "id": "normal", "type": "text", "text": "two  spaces\nand a line that is too long", "top": 0, "width": 130,
          "white-space": "normal", "text-wrap": "nowrap" },
        { "id": "pre-line", "type": "text", "text": "two  spaces\nand a line that is too long", "top": 40, "width": 130,
          "white-space": "pre-line", "text-wrap": "nowrap" },
        { "id": "pre-wrap", "type": "text", "text": "two  spaces\nand a line that is too long", "top": 100, "width": 130,
          "white-space": "pre-wrap", "text-wrap": "nowrap" },
        { "id": "default", "type": "text", "text": "two  spaces\nand a line that is too long", "top": 160, "text-wrap": "nowrap" },
        { "id": "again", "type": "text", "text": "one line that is too long", "top": 220, "width": 130, "white-space": "nowrap",
          "text-wrap": "wrap" },
        { "id": "inherited", "type": "box", "left": 200, "width": 130, "text-wrap": "nowrap", "layers": [
            { "id": "kept", "type": "text", "text": "a line that is too long", "top": 0 },
            { "id": "reset", "type": "text", "text": "a line that is too long", "top": 40, "white-space": "pre-line" } ] }
    "#, &[
        "normal 0 0 130 22 \"two spaces and a line that is too long\"", "pre-line 0 40 130 44 \"two spaces / and a line that is too long\"",
        "pre-wrap 0 100 130 44 \"two  spaces / and a line that is too long\"",
        "default 0 160 190.7 44 \"two  spaces / and a line that is too long\"", "again 0 220 130 44 \"one line that is / too long\"",
        "inherited 200 0 130 0", "kept 200 0 157.83 22 \"a line that is too long\"", "reset 200 40 130 44 \"a line that is too / long\"",
    ]),
    case("a text that shrinks", r#"
        { "id": "plain", "type": "text", "text": "Hand-painted Ladybird", "width": 180, "height": 60, "font-size": 48,
          "min-font-size": 12, "line-height": 1 },
        { "id": "padded", "type": "text", "left": 200, "width": 180, "height": 60, "font-size": 64, "min-font-size": 12,
          "line-height": 1, "padding": "0.1em",
          "white-space": "nowrap", "text": [ { "text": "$", "font-size": "0.5em", "vertical-align": "super" }, { "text": "1299" },
            { "text": "99", "font-size": "0.5em" } ] },
        { "id": "row", "type": "box", "top": 100, "width": 300, "display": "flex", "gap": 10, "layers": [
            { "id": "shrunk", "type": "text", "text": "Hand-painted Ladybird", "font-size": 40, "min-font-size": 10, "line-clamp": 1,
              "flex": "1 1 0" },
            { "id": "beside", "type": "text", "text": "beside it", "flex": "none" } ] }
    "#, &[
        "plain 0 0 180 60 @27 \"Hand-painted / Ladybird\"", "padded 200 0 180 60 @50 \"$129999\"", "row 0 100 300 27",
        "shrunk 0 100 226.41 27 @20 \"Hand-painted Ladybird\"", "beside 236.41 100 63.59 27 \"beside it\"",
    ]),
    // Flex boxes.
    case("a row", r#"
        { "id": "row", "type": "box", "left": 10, "top": 10, "width": 300, "height": 60, "display": "flex", "gap": 10, "padding": 5,
          "layers": [
            { "id": "fixed", "type": "box", "width": 40, "height": 20 },
            { "id": "grows", "type": "box", "flex": 1 },
            { "id": "doubly", "type": "box", "flex": 2, "align-self": "center", "height": 10 },
            { "id": "pushed", "type": "box", "width": 20, "margin-top": "auto", "height": 10 } ] },
        { "id": "rtl", "type": "box", "left": 10, "top": 80, "width": 300, "height": 60, "display": "flex", "gap": 10,
          "direction": "rtl", "align-items": "end", "layers": [
            { "id": "first", "type": "box", "width": 40, "height": 20 },
            { "id": "second", "type": "box", "width": 50, "height": 30, "margin-inline-start": 7 } ] },
        { "id": "between", "type": "box", "left": 10, "top": 150, "width": 300, "display": "flex", "justify-content": "space-between",
          "layers": [
            { "id": "one", "type": "box", "width": 40, "height": 20, "order": 2 },
            { "id": "two", "type": "box", "width": 50, "height": 30, "order": 1 },
            { "id": "three", "type": "box", "width": "10%", "padding": 3 } ] },
        { "id": "shrunk", "type": "box", "left": 10, "top": 200, "width": 100, "display": "flex", "layers": [
            { "id": "half", "type": "box", "width": 100, "height": 10 },
            { "id": "other", "type": "box", "width": 100, "height": 10 },
            { "id": "firm", "type": "box", "width": 30, "height": 10, "flex-shrink": 0 } ] }
    "#, &[
        "row 10 10 300 60", "fixed 15 15 40 20", "grows 65 15 66.67 50", "doubly 141.67 35 133.33 10", "pushed 285 55 20 10",
        "rtl 10 80 300 60", "first 270 120 40 20", "second 203 110 50 30", "between 10 150 300 30", "three 10 150 30 30",
        "two 130 150 50 30", "one 270 150 40 20", "shrunk 10 200 100 10", "half 10 200 35 10", "other 45 200 35 10", "firm 80 200 30 10",
    ]),
    case("a row as large as its content", r#"
        { "id": "badge", "type": "box", "right": 10, "top": 10, "display": "flex", "gap": 6, "padding": "4px 10px",
          "align-items": "center", "layers": [
            { "id": "dot", "type": "box", "width": 8, "height": 8 },
            { "id": "label", "type": "text", "text": "Sold out", "font-size": 20 } ] }
    "#, &[
        "badge 278.58 10 111.42 35", "dot 288.58 23.5 8 8", "label 302.58 14 77.42 27 @20 \"Sold out\"",
    ]),
    case("baselines", r#"
        { "id": "row", "type": "box", "left": 10, "top": 10, "display": "flex", "gap": 12, "padding": 8, "align-items": "baseline",
          "layers": [
            { "id": "now", "type": "text", "text": "$24.99", "font-size": 40, "font-weight": 700 },
            { "id": "was", "type": "text", "text": "$29.99", "font-size": 20, "padding-top": 3 },
            { "id": "box", "type": "box", "width": 20, "height": 20 },
            { "id": "inner", "type": "box", "display": "flex", "padding": 5, "layers": [ { "id": "deep", "type": "text", "text": "each",
              "font-size": 12 } ] } ] }
    "#, &[
        "row 10 10 297.06 71", "now 18 18 125.81 55 @40 \"$24.99\"", "was 155.81 37 62.56 30 @20 \"$29.99\"", "box 230.38 41 20 20",
        "inner 262.38 43 36.69 27", "deep 267.38 48 26.69 17 @12 \"each\"",
    ]),
    case("a column", r#"
        { "id": "column", "type": "box", "left": 10, "top": 10, "width": 100, "height": 200, "display": "flex",
          "flex-direction": "column", "row-gap": 5, "layers": [
            { "id": "wide", "type": "box", "height": 20 },
            { "id": "middle", "type": "box", "height": 20, "width": "50%", "align-self": "center" },
            { "id": "text", "type": "text", "text": "A text that wraps in it", "padding": 2 },
            { "id": "rest", "type": "box", "flex": 1 } ] },
        { "id": "reverse", "type": "box", "left": 150, "top": 10, "width": 100, "height": 100, "display": "flex",
          "flex-direction": "column-reverse", "align-items": "flex-end", "layers": [
            { "id": "first", "type": "box", "height": 20, "width": 30 },
            { "id": "second", "type": "box", "height": 20, "width": 40 } ] }
    "#, &[
        "column 10 10 100 200", "wide 10 10 100 20", "middle 35 35 50 20", "text 10 60 100 48 \"A text that / wraps in it\"",
        "rest 10 113 100 97", "reverse 150 10 100 100", "first 220 90 30 20", "second 210 70 40 20",
    ]),
    case("lines of a row", r#"
        { "id": "wrap", "type": "box", "left": 10, "top": 10, "width": 110, "height": 100, "display": "flex", "flex-wrap": "wrap",
          "gap": "4px 10px", "layers": [
            { "id": "a", "type": "box", "width": 50, "height": 20 }, { "id": "b", "type": "box", "width": 50 },
            { "id": "c", "type": "box", "width": 60, "height": 10 }, { "id": "d", "type": "box", "width": 60, "flex-grow": 1 } ] },
        { "id": "packed", "type": "box", "left": 200, "top": 10, "width": 110, "height": 100, "display": "flex", "flex-wrap": "wrap",
          "align-content": "flex-end", "layers": [
            { "id": "e", "type": "box", "width": 60, "height": 20 }, { "id": "f", "type": "box", "width": 60, "height": 30 } ] },
        { "id": "auto", "type": "box", "left": 200, "top": 150, "width": 110, "display": "flex", "flex-wrap": "wrap", "padding": 5,
          "layers": [
            { "id": "g", "type": "box", "width": 60, "height": 20 }, { "id": "h", "type": "box", "width": 60, "height": 30 } ] }
    "#, &[
        "wrap 10 10 110 100", "a 10 10 50 20", "b 70 10 50 40.67", "c 10 54.67 60 10", "d 10 89.33 110 20.67", "packed 200 10 110 100",
        "e 200 60 60 20", "f 200 80 60 30", "auto 200 150 110 60", "g 205 155 60 20", "h 205 175 60 30",
    ]),
    case("absolute children of a flex box", r#"
        { "id": "row", "type": "box", "left": 10, "top": 10, "width": 220, "height": 60, "padding": 5, "display": "flex",
          "justify-content": "center", "align-items": "center", "layers": [
            { "id": "item", "type": "box", "width": 40, "height": 40 },
            { "id": "flowed", "type": "box", "width": 30, "height": 30, "position": "absolute" },
            { "id": "placed", "type": "box", "width": 30, "height": 30, "position": "absolute", "right": 4, "bottom": 4 },
            { "id": "percent", "type": "box", "width": "50%", "height": "50%", "position": "absolute", "left": 0, "top": 0 },
            { "id": "moved", "type": "box", "width": 40, "height": 40, "left": 10, "top": 5 } ] }
    "#, &[
        "row 10 10 220 60", "item 80 20 40 40", "flowed 105 25 30 30", "placed 196 36 30 30", "percent 10 10 110 30", "moved 130 25 40 40",
    ]),
    case("flex items that hold texts", r#"
        { "id": "row", "type": "box", "left": 10, "top": 10, "width": 200, "display": "flex", "gap": 8, "layers": [
            { "id": "wraps", "type": "text", "text": "A longer text that must wrap" },
            { "id": "stays", "type": "text", "text": "one line here", "white-space": "nowrap" } ] },
        { "id": "tight", "type": "box", "left": 230, "top": 10, "width": 60, "display": "flex", "layers": [
            { "id": "least", "type": "text", "text": "Unbreakable word" },
            { "id": "zero", "type": "text", "text": "Unbreakable word", "min-width": 0, "width": 20 } ] },
        { "id": "lines", "type": "box", "left": 10, "top": 120, "width": 180, "display": "flex", "flex-wrap": "wrap", "gap": "6px 8px",
          "layers": [
            { "id": "red", "type": "text", "text": "Red", "padding": "2px 10px" }, { "id": "blue", "type": "text", "text": "Dark blue",
              "padding": "2px 10px" },
            { "id": "green", "type": "text", "text": "Olive green", "padding": "2px 10px" } ] },
        { "id": "column", "type": "box", "left": 230, "top": 120, "max-width": 150, "display": "flex", "flex-direction": "column",
          "align-items": "flex-start", "padding": 6, "gap": 4, "layers": [
            { "id": "title", "type": "text", "text": "A title that is longer than the box", "font-size": 20, "line-height": 1.1 },
            { "id": "note", "type": "text", "text": "short", "align-self": "flex-end" } ] }
    "#, &[
        "row 10 10 200 66", "wraps 10 10 93.69 66 \"A longer / text that / must wrap\"", "stays 111.69 10 98.31 66 \"one line here\"",
        "tight 230 10 60 44", "least 230 10 96.23 44 \"Unbreakable / word\"", "zero 326.23 10 0 44 \"Unbreakable / word\"",
        "lines 10 120 180 58", "red 10 120 48.83 26 \"Red\"", "blue 66.83 120 92.86 26 \"Dark blue\"",
        "green 10 152 106.14 26 \"Olive green\"", "column 230 120 150 104",
        "title 236 126 138 66 @20 \"A title that is / longer than / the box\"", "note 334.38 196 39.63 22 \"short\"",
    ]),
    case("flex bases, limits and percentages", r#"
        { "id": "row", "type": "box", "left": 10, "top": 10, "width": 300, "height": 40, "display": "flex", "layers": [
            { "id": "basis", "type": "box", "flex": "1 1 40px" }, { "id": "most", "type": "box", "flex": 1, "max-width": 50 },
            { "id": "least", "type": "box", "flex": "0 1 10px", "min-width": 30 }, { "id": "share", "type": "box", "flex": "0 0 25%",
              "height": "50%" } ] },
        { "id": "padded", "type": "box", "left": 10, "top": 60, "width": 200, "display": "flex", "padding": "5%", "layers": [
            { "id": "inner", "type": "box", "padding": "10%", "margin": "0 5%", "border": "2px solid red" }, { "id": "rest",
              "type": "box", "flex": 1 } ] },
        { "id": "even", "type": "box", "left": 10, "top": 150, "width": 200, "height": 30, "display": "flex",
          "justify-content": "space-evenly", "align-items": "center", "layers": [
            { "id": "a", "type": "box", "width": 20, "height": 10 }, { "id": "b", "type": "box", "width": 20, "height": 20 } ] },
        { "id": "over", "type": "box", "left": 10, "top": 190, "width": 60, "height": 30, "display": "flex",
          "justify-content": "center", "align-items": "center", "layers": [
            { "id": "big", "type": "box", "width": 100, "height": 50, "flex": "none" } ] },
        { "id": "reverse", "type": "box", "left": 100, "top": 190, "width": 100, "height": 30, "display": "flex",
          "flex-direction": "row-reverse", "justify-content": "flex-end", "layers": [
            { "id": "c", "type": "box", "width": 20 }, { "id": "d", "type": "box", "width": 30 } ] },
        { "id": "scroll", "type": "box", "left": 10, "top": 240, "width": 100, "height": 50, "display": "flex",
          "flex-direction": "column", "layers": [
            { "id": "tall", "type": "box", "height": 40 }, { "id": "taller", "type": "box", "height": 40, "flex-shrink": 3 } ] }
    "#, &[
        "row 10 10 300 40", "basis 10 10 145 40", "most 155 10 50 40", "least 205 10 30 40", "share 235 10 75 20", "padded 10 60 200 76",
        "inner 38 80 36 36", "rest 82 80 108 36", "even 10 150 200 30", "a 63.33 160 20 10", "b 136.67 155 20 20", "over 10 190 60 30",
        "big -10 180 100 50", "reverse 100 190 100 30", "c 130 190 20 30", "d 100 190 30 30", "scroll 10 240 100 50",
        "tall 10 240 100 32.5", "taller 10 272.5 100 17.5",
    ]),
    case("pictures in flex and grid boxes", r#"
        { "id": "row", "type": "box", "left": 10, "top": 10, "width": 300, "height": 60, "display": "flex", "gap": 10, "layers": [
            { "id": "fixed", "type": "svg", "svg": "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'/>", "width": 40,
              "height": 20 },
            { "id": "ratio", "type": "svg", "svg": "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'/>", "width": 40,
              "aspect-ratio": 1, "align-self": "center" },
            { "id": "stretched", "type": "svg", "svg": "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'/>", "flex": 1 },
            { "id": "box-ratio", "type": "box", "width": 30, "aspect-ratio": 2, "align-self": "flex-end" } ] },
        { "id": "grid", "type": "box", "left": 10, "top": 100, "width": 210, "height": 100, "display": "grid", "gap": 10,
          "grid-template-columns": "1fr 1fr", "layers": [
            { "id": "cell", "type": "svg", "svg": "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'/>", "width": "100%",
              "height": "100%" },
            { "id": "square", "type": "box", "width": 50, "aspect-ratio": 1 } ] }
    "#, &[
        "row 10 10 300 60", "fixed 10 10 40 20", "ratio 60 20 40 40", "stretched 110 10 160 60", "box-ratio 280 55 30 15",
        "grid 10 100 210 100", "cell 10 100 100 100", "square 120 100 50 50",
    ]),
    case("grids of texts", r#"
        { "id": "table", "type": "box", "left": 10, "top": 10, "display": "grid", "grid-template-columns": "auto 1fr",
          "gap": "4px 12px", "padding": 6, "layers": [
            { "id": "k1", "type": "text", "text": "Size" }, { "id": "v1", "type": "text", "text": "30 x 40 cm" },
            { "id": "k2", "type": "text", "text": "Material" }, { "id": "v2", "type": "text", "text": "Oak" } ] },
        { "id": "narrow", "type": "box", "left": 10, "top": 100, "width": 160, "display": "grid",
          "grid-template-columns": "min-content minmax(0, 1fr)", "column-gap": 8, "layers": [
            { "id": "label", "type": "text", "text": "Two words" }, { "id": "value", "type": "text",
              "text": "A longer text that wraps in its cell" } ] },
        { "id": "placed", "type": "box", "left": 200, "top": 100, "width": 190, "height": 120, "display": "grid",
          "grid-template-columns": "repeat(3, 1fr)", "grid-template-rows": "repeat(2, 50px)", "align-content": "center",
          "justify-content": "end", "gap": 5, "layers": [
            { "id": "a", "type": "box", "grid-column": 2, "grid-row": "1 / 3" }, { "id": "b", "type": "box", "grid-column": "-2 / -1" },
            { "id": "corner", "type": "box", "position": "absolute", "right": 0, "bottom": 0, "width": 10, "height": 10 } ] }
    "#, &[
        "table 10 10 166.34 60", "k1 16 16 62.14 22 \"Size\"", "v1 90.14 16 80.2 22 \"30 x 40 cm\"", "k2 16 42 62.14 22 \"Material\"",
        "v2 90.14 42 80.2 22 \"Oak\"", "narrow 10 100 160 66", "label 10 100 46.06 66 \"Two / words\"",
        "value 64.06 100 105.94 66 \"A longer text / that wraps in / its cell\"", "placed 200 100 190 120", "a 265 107.5 60 105",
        "b 330 107.5 60 50", "corner 380 210 10 10",
    ]),
    case("boxes in boxes as large as their content", r#"
        { "id": "card", "type": "box", "left": 10, "top": 10, "display": "flex", "flex-direction": "column", "padding": 10,
          "border": "1px solid red", "layers": [
            { "id": "head", "type": "box", "display": "flex", "justify-content": "space-between", "gap": 20, "layers": [
                { "id": "name", "type": "text", "text": "Name", "font-weight": 700 }, { "id": "price", "type": "text",
                  "text": "12.50" } ] },
            { "id": "plain", "type": "box", "height": 20, "layers": [ { "id": "inside", "type": "box", "inset": 2 } ] },
            { "id": "body", "type": "text", "text": "A body that makes the card wide", "margin-top": 6 } ] },
        { "id": "right", "type": "box", "right": 10, "bottom": 10, "max-width": 120, "display": "flex", "padding": 5, "layers": [
            { "id": "long", "type": "text", "text": "Text that wraps at the most" } ] },
        { "id": "fixed", "type": "box", "left": 10, "bottom": 10, "height": "25%", "aspect-ratio": 2, "display": "flex",
          "align-items": "center", "layers": [
            { "id": "percent", "type": "box", "width": "50%", "height": "50%" } ] }
    "#, &[
        "card 10 10 267.33 92", "head 21 21 245.33 22", "name 21 21 47.84 22 \"Name\"", "price 225.42 21 40.91 22 \"12.50\"",
        "plain 21 43 245.33 20", "inside 23 45 241.33 16", "body 21 69 245.33 22 \"A body that makes the card wide\"",
        "right 270 214 120 76", "long 275 219 110 66 \"Text that / wraps at the / most\"", "fixed 10 215 150 75",
        "percent 10 233.75 75 37.5",
    ]),
    // Grids.
    case("a grid", r#"
        { "id": "grid", "type": "box", "left": 10, "top": 10, "width": 320, "height": 140, "display": "grid", "gap": 10, "padding": 5,
          "grid-template-columns": "60px 1fr 2fr", "grid-template-rows": "40px 1fr", "layers": [
            { "id": "a", "type": "box" }, { "id": "b", "type": "box", "width": 20, "height": 10, "justify-content": "center" },
            { "id": "c", "type": "box", "align-self": "end", "height": 10 }, { "id": "wide", "type": "box", "grid-column": "2 / span 2",
              "padding": 4 } ] },
        { "id": "auto", "type": "box", "left": 10, "top": 200, "width": 200, "display": "grid",
          "grid-template-columns": "repeat(auto-fill, minmax(60px, 1fr))", "grid-auto-rows": "20px", "layers": [
            { "id": "d", "type": "box" }, { "id": "e", "type": "box" }, { "id": "f", "type": "box" }, { "id": "g", "type": "box" } ] }
    "#, &[
        "grid 10 10 320 140", "a 15 15 60 40", "b 85 15 20 10", "c 171.67 45 153.33 10", "wide 85 65 240 80", "auto 10 200 200 40",
        "d 10 200 66.67 20", "e 76.67 200 66.67 20", "f 143.33 200 66.67 20", "g 10 220 66.67 20",
    ]),
    // What takes no space.
    case("what is not there takes no space", r#"
        { "id": "row", "type": "box", "display": "flex", "gap": 10, "layers": [
            { "id": "first", "type": "box", "width": 10, "height": 10 },
            { "id": "photo", "type": "image", "src": "{{ none }}", "missing": "hide", "width": 100, "height": 100 },
            { "id": "hidden", "type": "box", "hidden": true, "width": 100, "height": 100 },
            { "id": "not", "type": "box", "if": "1 > 2", "width": 100, "height": 100 },
            { "id": "last", "type": "box", "width": 10, "height": 10 } ] }
    "#, &[
        "row 0 0 30 10", "first 0 0 10 10", "last 20 0 10 10",
    ]),
    case("ours: a text that is null takes no space, an empty one keeps its box", r#"
        { "id": "row", "type": "box", "display": "flex", "gap": 10, "align-items": "start", "layers": [
            { "id": "first", "type": "box", "width": 10, "height": 10 },
            { "id": "null", "type": "text", "text": "{{ none }}", "padding": 5 },
            { "id": "empty", "type": "text", "text": "{{ '' }}", "padding": 5 },
            { "id": "part", "type": "text", "text": "a{{ none }}", "padding": 5 },
            { "id": "last", "type": "box", "width": 10, "height": 10 } ] }
    "#, &[
        "row 0 0 78.98 32", "first 0 0 10 10", "empty 20 0 10 10 \"\"", "part 40 0 18.98 32 \"a\"", "last 68.98 0 10 10",
    ]),
];

fn fonts() -> Fonts {
    let mut fonts = Fonts::new();
    for file in ["NotoSans-Regular", "NotoSans-Bold", "NotoSansArabic-Regular", "NotoSansThai-Regular"] {
        let path = format!("{}/tests/fonts/{file}.subset.ttf", env!("CARGO_MANIFEST_DIR"));
        fonts.add(std::fs::read(path).unwrap()).unwrap();
    }
    fonts
}

fn report(size: &str, layers: &str) -> Report {
    let text = format!(
        r#"{{ "templrender": 1, "name": "t", "size": {size}, "fonts": ["Noto Sans"], "fields": {{ "none": {{ "type": "text" }} }},
          "layers": [{layers}] }}"#
    );
    let template = Template::parse(&text).unwrap_or_else(|e| panic!("{e}\n{layers}"));
    let renderer = Renderer::new(fonts());
    let plan = renderer.plan(&template, &Row::new(), &Context::default()).unwrap();
    renderer.report(&plan, &Resources::new(), &mut Scratch::new()).unwrap()
}

/// `id x y width height`, then ` @size` and the lines of a text.
fn described(report: &Report) -> Vec<String> {
    let short = |v: f32| ((f64::from(v) * 100.0).round() / 100.0 + 0.0).to_string();
    let one = |layer: &templrender::LayerReport| {
        let mut out = layer.layer.clone();
        layer.rect.iter().for_each(|v| out.extend([" ", &short(*v)]));
        out.extend(layer.font_size.filter(|size| *size != 16.0).map(|size| format!(" @{}", short(size))));
        if layer.font_size.is_some() {
            let lines: Vec<&str> = layer.lines.iter().map(|line| line.text.as_str()).collect();
            out.extend([" \"", &lines.join(" / "), "\""]);
        }
        out
    };
    report.layers.iter().map(one).collect()
}

#[test]
fn layers_lie_where_css_puts_them() {
    let mut wrong = String::new();
    for case in CASES {
        let found = described(&report("[400, 300]", case.layers));
        if found != case.laid {
            let lines: Vec<String> = found.iter().map(|l| format!("        {l:?},")).collect();
            wrong += &format!("=== {}\n{}\n", case.name, lines.join("\n"));
        }
    }
    assert!(wrong.is_empty(), "these cases are laid out as\n{wrong}");
}

#[test]
fn an_auto_height_is_the_lowest_bottom_edge_of_what_hangs_from_the_top() {
    let laid = described(&report(
        r#"[200, "auto"]"#,
        r#"{ "id": "top", "type": "box", "top": 20, "width": 50, "height": 30, "margin-bottom": 10 },
           { "id": "text", "type": "text", "text": "A text of a few lines of its own", "top": 30, "width": 100 },
           { "id": "bottom", "type": "box", "bottom": 0, "width": 10, "height": 500 },
           { "id": "share", "type": "box", "width": 10, "height": "50%" },
           { "id": "stretched", "type": "box", "inset": 0 }"#,
    ));
    let wanted = [
        "top 0 20 50 30",
        "text 0 30 100 66 \"A text of a / few lines of / its own\"",
        "bottom 0 -404 10 500",
        "share 0 0 10 48",
        "stretched 0 0 200 96",
    ];
    assert_eq!(laid, wanted);
}

#[test]
fn align_content_moves_lines_also_those_that_overflow() {
    let text = |id: &str, align: &str, height: u32| {
        format!(
            r#"{{ "id": "{id}", "type": "text", "text": "one\ntwo", "top": 100, "width": 100, "height": {height},
              "align-content": "{align}" }}"#
        )
    };
    let layers = [
        text("start", "start", 100),
        text("center", "center", 100),
        text("end", "end", 100),
        text("over", "center", 20),
        text("up", "end", 20),
    ];
    let report = report("[400, 300]", &layers.join(","));
    let tops: Vec<(&str, f32)> = report.layers.iter().map(|l| (l.layer.as_str(), l.lines[0].rect[1])).collect();
    assert_eq!(tops, [("start", 100.0), ("center", 128.0), ("end", 156.0), ("over", 88.0), ("up", 76.0)]);
}

#[test]
fn only_what_draws_something_wholly_outside_is_off_canvas() {
    let report = report(
        "[100, 100]",
        r#"{ "id": "bare", "type": "box", "left": 200, "width": 10, "height": 10, "layers": [
               { "id": "back", "type": "box", "left": -190, "width": 10, "height": 10, "background": "red" } ] },
           { "id": "painted", "type": "box", "left": 200, "width": 10, "height": 10, "background": "red" },
           { "id": "framed", "type": "box", "top": -20, "width": 10, "height": 10, "border": "1px solid red" },
           { "id": "text", "type": "text", "text": "a", "top": 100 },
           { "id": "empty", "type": "text", "text": "", "top": 100, "height": 10, "width": 10 },
           { "id": "partly", "type": "box", "left": 99, "width": 10, "height": 10, "background": "red" },
           { "id": "moved-in", "type": "box", "left": 200, "width": 10, "height": 10, "background": "red",
             "transform": "translate(-150px)" },
           { "id": "moved-out", "type": "box", "width": 10, "height": 10, "transform": "translate(-150px)", "layers": [
               { "id": "with-it", "type": "box", "width": 10, "height": 10, "background": "red" } ] }"#,
    );
    let off: Vec<&str> = report.notes.iter().filter(|n| n.code.name() == "off-canvas").map(|n| n.layer.as_str()).collect();
    assert_eq!(off, ["painted", "framed", "text", "with-it"]);
}

#[test]
fn a_font_that_stands_in_is_in_the_report() {
    let report = report("[400, 100]", r#"{ "id": "t", "type": "text", "text": "a", "font-family": "Inter", "font-style": "italic" }"#);
    let notes: Vec<String> = report.notes.iter().map(|n| format!("{} {} {}", n.code.name(), n.layer, n.message)).collect();
    let wanted = [
        "font-substituted t Noto Sans stands in for Inter, which is not among the fonts",
        "font-style-missing t Noto Sans has no face of the wanted style, and none is made up",
    ];
    assert_eq!(notes, wanted);
}
