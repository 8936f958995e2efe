//! Bad input of every kind: each a typed error that names place, rule and value, or a note in the report; never a panic, never an
//! answer that takes more than a moment. Memory is measured in `memory.rs` and `torture.rs`.

#![allow(clippy::disallowed_methods, reason = "a test reads fonts and the clock")]

mod common;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use common::{around, draw, encoded};
use templrender::{Code, Context, Error, Fonts, NoteCode, Output, Rendered, Renderer, Resources, Row, Scratch, Template};

/// What no case may take, with own code unoptimised and the machine busy.
const A_MOMENT: Duration = Duration::from_secs(20);

fn within<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let took = start.elapsed();
    assert!(took < A_MOMENT, "{what} took {took:?}");
    result
}

fn renderer() -> Renderer {
    Renderer::new(common::fonts())
}

fn row(json: &str) -> Row {
    Row::from_json(json).unwrap()
}

/// The outcome of a template that needs nothing from the host.
fn outcome(json: &str, row: &Row) -> Result<Rendered, Error> {
    within(&json.chars().take(300).collect::<String>(), || draw(&renderer(), json, row))
}

fn says(result: Result<Rendered, Error>) -> String {
    match result {
        Ok(rendered) => {
            let notes: Vec<String> =
                rendered.report.notes.iter().map(|n| format!("{} {}: {}", n.code.name(), n.layer, n.message)).collect();
            format!("drawn: {}", notes.join("; "))
        }
        Err(error) => format!("{}: {}", error.code().name(), error.faults()[0]),
    }
}

/// Layers of a template and the row, and what is said.
fn check(cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (layers, cells, wanted) in cases {
        let found = match Row::from_json(cells) {
            Ok(row) => says(outcome(&around(layers), &row)),
            Err(error) => says(Err(error)),
        };
        if found != *wanted {
            wrong.push(format!("{layers} with {cells}\n  wanted {wanted}\n  found  {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_template_may_not_say() {
    check(&[
        (
            r#"{ "type": "box", "colour": "red" }"#,
            "{}",
            r#"unknown-key: 2:63: layers[0].colour: unknown key "colour", did you mean "color"?"#,
        ),
        (r#"{ "type": "bocks" }"#, "{}", r#"bad-value: 2:56: layers[0].type: unknown layer type "bocks""#),
        (r#"{ "left": 4 }"#, "{}", r#"missing-key: 2:46: layers[0]: "type" is missing"#),
        (
            r#"{ "type": "box", "left": { "px": 4 } }"#,
            "{}",
            "wrong-type: 2:71: layers[0].left: left must be a string, a number or a list of these without bindings, found an object",
        ),
        (
            r#"{ "type": "box", "left": true }"#,
            "{}",
            "bad-value: 2:71: layers[0].left: left must be a length, a percentage or auto, found true",
        ),
        (r#"{ "type": "box", "left": NaN }"#, "{}", r#"template-syntax: 2:71: template is not JSON: unexpected word, found "NaN""#),
        (
            r#"{ "type": "box", "left": Infinity }"#,
            "{}",
            r#"template-syntax: 2:71: template is not JSON: unexpected word, found "Infinity""#,
        ),
        (
            r#"{ "type": "box", "left": 1e999 }"#,
            "{}",
            "template-syntax: 2:71: layers[0].left: a number must lie between -1e15 and 1e15, found 1e999",
        ),
        (
            r#"{ "type": "box", "left": -1e308 }"#,
            "{}",
            "template-syntax: 2:71: layers[0].left: a number must lie between -1e15 and 1e15, found -1e308",
        ),
        (
            r#"{ "type": "box", "left": "1e999px" }"#,
            "{}",
            r#"bad-value: 2:71: layers[0].left: left takes numbers up to 1000000000, found "1e999px""#,
        ),
        (
            r#"{ "type": "box", "left": "calc(1px / 0)" }"#,
            "{}",
            r#"bad-value: 2:71: layers[0].left: left cannot divide by 0, found "calc(1px / 0)""#,
        ),
        (
            r#"{ "type": "box", "width": "calc(infinity * 1px)" }"#,
            "{}",
            r#"bad-value: 2:72: layers[0].width: width must be a length, a percentage or auto, found "calc(infinity * 1px)""#,
        ),
        (
            r#"{ "type": "box", "opacity": "NaN" }"#,
            "{}",
            r#"bad-value: 2:74: layers[0].opacity: opacity must be a number or a percentage, found "NaN""#,
        ),
        (
            r#"{ "type": "box", "transform": "rotate(1e40turn)" }"#,
            "{}",
            r#"bad-value: 2:76: layers[0].transform: transform takes numbers up to 1000000000, found "rotate(1e40turn)""#,
        ),
        (
            r#"{ "type": "text", "text": "a", "font-size": -4 }"#,
            "{}",
            "bad-value: 2:90: layers[0].font-size: font-size must not be negative, found -4",
        ),
        (r#"{ "type": "text", "text": "a", "font-size": 1e9 }"#, "{}", "drawn: "),
        (
            r#"{ "type": "text", "text": "a", "line-height": 58 }"#,
            "{}",
            r#"bad-value: 2:92: layers[0].line-height: a line-height of 58 means 58 times the font size, did you mean "58px"?"#,
        ),
        (r#"{ "type": "text", "text": 12 }"#, "{}", "wrong-type: 2:72: layers[0].text: text must be a string or a list of spans, found 12"),
        (
            r#"{ "type": "text", "text": "{{ nothing + }}" }"#,
            "{}",
            r#"expression-syntax: 2:86: layers[0].text: expected a value, found "}""#,
        ),
        (
            r#"{ "type": "box", "id": "a", "id": "b" }"#,
            "{}",
            r#"duplicate-key: 2:74: layers[0].id: key "id" stands twice in one object, first on line 2"#,
        ),
        (
            r#"{ "type": "image", "src": "asset:none", "width": 9, "height": 9 }"#,
            "{}",
            r#"unknown-name: 2:72: layers[0].src: unknown asset "none""#,
        ),
        (
            r#"{ "type": "image", "src": "a.png" }"#,
            "{}",
            "indefinite-size: 2:46: layers[0]: an image needs a definite size: width and height, one of them with aspect-ratio, or stretch in a flex or grid box",
        ),
        (
            r#"{ "type": "path", "d": "M0 0 L nonsense", "width": 9, "height": 9 }"#,
            "{}",
            "bad-value: layers[0].d: d must be SVG path data: invalid number at position 8",
        ),
        (r#"{ "type": "box", "width": 1e7, "height": 1e7, "background": "red", "box-shadow": "0 0 1e7px red" }"#, "{}", "drawn: "),
    ]);
}

#[test]
fn what_a_row_may_not_hold() {
    check(&[
        (r#"{ "type": "box" }"#, r#"{ "a": NaN }"#, "bad-field: row: a row must be JSON: Unexpected word on line 1 column 8"),
        (r#"{ "type": "box" }"#, r#"{ "a": 1e999 }"#, r#"bad-field: row: a number must have at most 28 digits, found "1e999""#),
        (r#"{ "type": "box" }"#, r#"[1]"#, "bad-field: row: a row must be a JSON object, found list"),
        (r#"{ "type": "box" }"#, r#"{ "a": 1, "a": 2 }"#, r#"bad-field: row: a name must stand once in an object, found "a" twice"#),
        (
            r#"{ "type": "box" }"#,
            r#"{ "a": "#,
            "bad-field: row: a row must be JSON: Expected value after colon in object property on line 1 column 8",
        ),
        (
            r#"{ "type": "box", "left": "{{ a }}" }"#,
            r#"{ "a": "NaN" }"#,
            r#"bad-bound-value: layers[0].left: left must be a length, a percentage or auto, found "NaN""#,
        ),
        (
            r#"{ "type": "box", "left": "{{ a }}" }"#,
            r#"{ "a": [1] }"#,
            "bad-bound-value: layers[0].left: a list cannot be printed, use `join`, `first` or `for`",
        ),
        (
            r#"{ "type": "box", "left": "{{ a }}" }"#,
            r#"{ "a": 9999999999999999999999999999 }"#,
            "bad-bound-value: layers[0].left: left takes numbers up to 1000000000, found 10000000000000000000000000000",
        ),
        (r#"{ "type": "box", "left": "{{ a / 0 }}" }"#, r#"{ "a": 1 }"#, "evaluation: layers[0].left: division by zero in 1 / 0"),
        (
            r#"{ "type": "text", "text": "{{ a.b.c[4] }}" }"#,
            r#"{ "a": 1 }"#,
            r#"evaluation: layers[0].text: only maps, money and intervals have named parts, found "b" of number 1"#,
        ),
        (
            r#"{ "type": "text", "text": "{{ a < 'x' }}" }"#,
            r#"{ "a": 1 }"#,
            r#"evaluation: layers[0].text: only values of one type can be compared, found number 1 and text "x""#,
        ),
        (r#"{ "type": "box", "for": "x in a" }"#, r#"{ "a": 7 }"#, "evaluation: layers[0].for: for must go over a list, found number 7"),
        (
            r#"{ "type": "text", "text": "a", "font-size": "{{ a }}" }"#,
            r#"{ "a": -3 }"#,
            "bad-bound-value: layers[0].font-size: font-size must not be negative, found -3",
        ),
        (r#"{ "type": "text", "text": "a", "font-size": "{{ a }}" }"#, r#"{ "a": 1000000000 }"#, "drawn: "),
        (
            r#"{ "type": "path", "d": "{{ a }}", "width": 9, "height": 9 }"#,
            r#"{ "a": "M zero" }"#,
            "bad-bound-value: layers[0].d: d must be SVG path data: invalid number at position 3",
        ),
        (
            r#"{ "type": "path", "d": "M0 0h9", "viewBox": "{{ a }}", "width": 9, "height": 9 }"#,
            r#"{ "a": "0 0 NaN inf" }"#,
            r#"bad-bound-value: layers[0].viewBox: viewBox must be "x y width height" with a positive width and height, found "0 0 NaN inf""#,
        ),
        (
            r#"{ "type": "path", "d": "M0 0h9", "viewBox": "{{ a }}", "width": 9, "height": 9 }"#,
            r#"{ "a": "0 0 x 9 9" }"#,
            r#"bad-bound-value: layers[0].viewBox: viewBox must be "x y width height" with a positive width and height, found "0 0 x 9 9""#,
        ),
        (
            r#"{ "type": "path", "d": "M0 0h9", "viewBox": "{{ a }}", "width": 9, "height": 9 }"#,
            r#"{ "a": "0 0 0 -9" }"#,
            r#"bad-bound-value: layers[0].viewBox: viewBox must be "x y width height" with a positive width and height, found "0 0 0 -9""#,
        ),
        (
            r#"{ "type": "image", "src": "{{ a }}", "width": 9, "height": 9 }"#,
            r#"{ "a": 12 }"#,
            "bad-bound-value: layers[0].src: src must be text or a list of texts, found number 12",
        ),
        (
            r#"{ "type": "image", "src": "{{ a }}", "width": 9, "height": 9 }"#,
            r#"{ }"#,
            "missing-resource: layers[0]: picture is missing: it has no source",
        ),
        (
            r#"{ "type": "image", "src": "{{ a }}", "width": 9, "height": 9, "missing": "hide" }"#,
            r#"{ }"#,
            r#"drawn: field-missing : the row has no "a"; image-missing layers[0]: it has no source"#,
        ),
    ]);
}

#[test]
fn fields_are_read_or_refused() {
    let json = |layers: &str| {
        around(layers).replacen(
            "\"layers\"",
            r#""fields": { "title": { "type": "text", "required": true }, "price": { "type": "money" }, "when": { "type": "date" }, "n": { "type": "number", "min": 1, "max": 9 },
                "kind": { "type": "enum", "values": ["new", "old"] }, "link": { "type": "url" }, "tint": { "type": "color" }, "yes": { "type": "bool" } }, "layers""#,
            1,
        )
    };
    let text = |name: &str| json(&format!(r#"{{ "type": "text", "text": "{{{{ title }}}} {{{{ {name} }}}}" }}"#));
    let cases = [
        ("title", r#"{ "price": "1 USD" }"#, "missing-field: field title: a required field must have a value, found none in title"),
        ("title", r#"{ "title": "  " }"#, "missing-field: field title: a required field must have a value, found none in title"),
        ("title", r#"{ "title": { "a": 1 } }"#, "bad-field: field title: must be a text, found map"),
        ("price", r#"{ "title": "a", "price": "cheap" }"#, r#"bad-field: field price: a price must have a number, found "cheap""#),
        (
            "price",
            r#"{ "title": "a", "price": "1e999 USD" }"#,
            r#"bad-field: field price: a price must have one plain number, found "1e999 USD""#,
        ),
        (
            "when",
            r#"{ "title": "a", "when": "2026-02-30" }"#,
            r#"bad-field: field when: must be an ISO 8601 date such as 2026-11-30 or 2026-11-30T13:00+01:00, found text "2026-02-30""#,
        ),
        ("n", r#"{ "title": "a", "n": "NaN" }"#, r#"bad-field: field n: must be a decimal number such as 12.5, found "NaN""#),
        ("n", r#"{ "title": "a", "n": 10 }"#, "bad-field: field n: must be at most number 9, found number 10"),
        ("kind", r#"{ "title": "a", "kind": "used" }"#, r#"bad-field: field kind: must be one of new, old, found "used""#),
        (
            "tint",
            r#"{ "title": "a", "tint": "reddish" }"#,
            r#"bad-field: field tint: must be a CSS colour such as #d0021b, found "reddish""#,
        ),
        ("yes", r#"{ "title": "a", "yes": "maybe" }"#, r#"bad-field: field yes: must be true, false, yes, no, 1 or 0, found text "maybe""#),
    ];
    let mut wrong = Vec::new();
    for (name, cells, wanted) in cases {
        let found = says(outcome(&text(name), &row(cells)));
        if found != wanted {
            wrong.push(format!("{name} with {cells}\n  wanted {wanted}\n  found  {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sizes_without_measure() {
    let sized = |size: &str, more: &str| format!(r#"{{ "templrender": 1, "name": "t", "size": {size}{more}, "layers": [] }}"#);
    let cases = [
        (sized("[100000, 100000]", ""), "bad-value: 1:43: size[0]: a side of the canvas must be a whole number of px from 1 to 16384, found 100000"),
        (sized("[0, 10]", ""), "bad-value: 1:43: size[0]: a side of the canvas must be a whole number of px from 1 to 16384, found 0"),
        (sized("[-5, 10]", ""), "bad-value: 1:43: size[0]: a side of the canvas must be a whole number of px from 1 to 16384, found -5"),
        (sized("[1e999, 10]", ""), "template-syntax: 1:43: size[0]: a number must lie between -1e15 and 1e15, found 1e999"),
        (sized("[NaN, 10]", ""), r#"template-syntax: 1:43: template is not JSON: unexpected token, found "NaN""#),
        (sized("[10.5, 10]", ""), "bad-value: 1:43: size[0]: a side of the canvas must be a whole number of px from 1 to 16384, found 10.5"),
        (sized("[16384, 16384]", ""), "template-limit: 1:42: size: canvas is 268435456 pixels, over the limit of 64000000"),
        (sized("[16000, 4000]", r#", "output": { "scale": 4 }"#), "canvas-limit: size: canvas is 64000 x 16000 px, over the limit of 16384 a side"),
        (sized("[10, 10]", r#", "output": { "scale": 5 }"#), "bad-value: 1:73: output.scale: scale must be a number from 0.1 to 4, found 5"),
        (sized(r#"["{{ w }}", 10]"#, ""), "canvas-limit: size: canvas is 1000000 x 10 px, over the limit of 16384 a side"),
        (sized(r#"["{{ h }}", 10]"#, ""), r#"bad-bound-value: size[0]: a number must stand here, found text "NaN""#),
        (
            r#"{ "templrender": 1, "name": "t", "size": [10, "auto"], "layers": [{ "type": "box", "top": 1e9, "width": 1, "height": 1 }] }"#.to_owned(),
            "canvas-limit: size: canvas is 10x1000000000 px, over the limit of 16384 px a side",
        ),
    ];
    let mut wrong = Vec::new();
    for (json, wanted) in cases {
        let found = says(outcome(&json, &row(r#"{ "w": 1000000, "h": "NaN" }"#)));
        if found != wanted {
            wrong.push(format!("{json}\n  wanted {wanted}\n  found  {found}"));
        }
    }
    let template = Template::parse(&around("")).unwrap();
    for (scale, wanted) in [
        (f32::NAN, "bad-argument: scale: scale must be 0.1 to 4, found NaN"),
        (f32::INFINITY, "bad-argument: scale: scale must be 0.1 to 4, found inf"),
        (0.0, "bad-argument: scale: scale must be 0.1 to 4, found 0"),
        (-1.0, "bad-argument: scale: scale must be 0.1 to 4, found -1"),
    ] {
        let plan = renderer().plan(&template, &Row::new(), &Context { scale: Some(scale), ..Context::default() });
        let found = plan.map_or_else(|e| format!("{}: {e}", e.code().name()), |_| "planned".to_owned());
        if found != wanted {
            wrong.push(format!("scale {scale}\n  wanted {wanted}\n  found  {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What costs nothing to write and everything to draw.
#[test]
fn what_multiplies_is_bounded() {
    let list = |n: usize, item: &str| {
        let mut text = String::from("{ \"a\": [");
        for i in 0..n {
            let _ = write!(text, "{}{item}", if i > 0 { "," } else { "" });
        }
        text + "] }"
    };
    let million = row(&list(1_000_000, "1"));
    let thousands = row(&list(3_000, "1"));
    let long = "x".repeat(60_000);
    let texts = row(&format!(r#"{{ "a": {:?}, "t": "{long}" }}"#, vec![1; 9_000]));
    let words = row(&format!(r#"{{ "t": "{}" }}"#, "word ".repeat(200_000)));
    let nested = r#"{ "type": "box", "for": "x in a", "layers": [{ "type": "box", "for": "y in a", "layers": [
        { "type": "box", "for": "z in a", "if": "x + y + z < 0" }] }] }"#;
    let shy = r#"{ "type": "box", "for": "x in a", "if": "x < 0" }"#;
    let cases = [
        (around(r#"{ "type": "box", "for": "x in a" }"#), &million, "row-limit: layers[0]: a picture must have at most 10000 layers"),
        (around(shy), &million, "row-limit: layers[0].for: for must go over at most 100000 items in one picture, found more"),
        (
            around(nested),
            &thousands,
            "row-limit: layers[0].layers[0].layers[0].for: for must go over at most 100000 items in one picture, found more",
        ),
        (
            around(r#"{ "type": "text", "for": "x in a", "text": "{{ t }}" }"#),
            &texts,
            "row-limit: layers[0]: all texts of a picture must have at most 1048576 bytes, found more",
        ),
        (
            around(r#"{ "type": "text", "text": "{{ t }}" }"#),
            &words,
            "row-limit: layers[0]: a text must have at most 65536 bytes, found 1000000",
        ),
        (
            around(&format!(r#"{{ "type": "text", "text": "{}" }}"#, "y".repeat(1_000_000))),
            &thousands,
            "template-limit: layers[0]: a text must have at most 65536 bytes, found 1000000",
        ),
        (
            around(&format!(
                r#"{{ "type": "svg", "width": 9, "height": 9, "for": "x in a", "svg": "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>" }}"#,
                "<g/>".repeat(1_000)
            )),
            &thousands,
            "template-limit: layers[0].svg: all SVGs that stand in a template must have at most 4194304 bytes, repeated ones counted each time",
        ),
        (
            around(r#"{ "type": "text", "text": "{{ (t ~ t) | replace('x', t) }}" }"#),
            &texts,
            "evaluation: layers[0].text: a text must be at most 65536 bytes long, found more",
        ),
        (
            around(r#"{ "type": "text", "text": "{{ t | replace('', t) }}" }"#),
            &texts,
            "evaluation: layers[0].text: `replace` must be given a text to look for, found an empty one",
        ),
    ];
    let mut wrong = Vec::new();
    for (json, cells, wanted) in cases {
        let start = Instant::now();
        let found = says(outcome(&json, cells));
        println!("{} ms: {found}", start.elapsed().as_millis());
        if found != wanted {
            wrong.push(format!("{}\n  wanted {wanted}\n  found  {found}", json.chars().skip(150).take(200).collect::<String>()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn depth_and_number_of_layers_are_bounded() {
    let nested = |depth: usize| format!("{}{}", r#"{ "type": "box", "layers": ["#.repeat(depth), "] }".repeat(depth));
    let expression = format!(r#"{{ "type": "text", "text": "{{{{ {}1{} }}}}" }}"#, "(".repeat(1_500), ")".repeat(1_500));
    let flat = vec![r#"{"type":"box"}"#; 100_000].join(",");
    let cases = [
        (around(&nested(10_000)), "template-limit: 2:914: template is nested deeper than the limit of 64"),
        (around(&flat), "template-limit: 2:150046: layers[10000]: template has more layers than the limit of 10000"),
        (around(&expression), "expression-syntax: 2:108: layers[0].text: expression is nested deeper than the limit of 32"),
        (
            around(&format!(r#"{{ "type": "box", "left": {}1{} }}"#, "[".repeat(50_000), "]".repeat(50_000))),
            "template-limit: 2:132: template is nested deeper than the limit of 64",
        ),
        (
            around(&format!(r#"{{ "type": "box", "width": "{}1px{}" }}"#, "calc(".repeat(20_000), ")".repeat(20_000))),
            r#"bad-value: 2:72: layers[0].width: width must be at most 65536 bytes long, found "calc(calc(calc(calc(calc(calc(calc(calc(calc(calc(calc(calc(calc…""#,
        ),
    ];
    let mut wrong = Vec::new();
    for (json, wanted) in cases {
        let found = says(outcome(&json, &Row::new()));
        if found != wanted {
            wrong.push(format!("{}\n  wanted {wanted}\n  found  {found}", json.chars().skip(150).take(100).collect::<String>()));
        }
    }
    let deep_row = format!(r#"{{ "a": {}{} }}"#, "[".repeat(10_000), "]".repeat(10_000));
    let found = Row::from_json(&deep_row).unwrap_err().to_string();
    assert_eq!(found, "row: row is nested deeper than the limit of 64");
    // The deepest that is allowed is drawn, with a group of its own on every level.
    let deepest = nested(29).replace("\"type\"", "\"opacity\": 0.9, \"width\": 100, \"height\": 90, \"type\"");
    assert_eq!(says(outcome(&around(&deepest), &Row::new())), "drawn: ");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn with_picture(layer: &str, bytes: &[u8]) -> Result<Rendered, Error> {
    let mut row = Row::new();
    row.set_image("photo", bytes);
    within("a picture", || draw(&renderer(), &around(layer), &row))
}

const PHOTO: &str = r#"{ "id": "photo", "type": "image", "src": "{{ photo }}", "width": 60, "height": 40 }"#;
const HIDDEN: &str = r#"{ "id": "photo", "type": "image", "src": "{{ photo }}", "width": 60, "height": 40, "missing": "hide" }"#;

#[test]
fn a_picture_cut_anywhere_is_an_error_or_a_picture() {
    let formats = [Output::png(), Output::jpeg(80), Output::webp()];
    let mut errors = 0;
    for output in &formats {
        let whole = encoded(75, 53, output);
        assert!(with_picture(PHOTO, &whole).is_ok(), "{output:?}");
        for cut in (0..60).map(|i| whole.len() * i / 60) {
            for result in [with_picture(PHOTO, &whole[..cut]), with_picture(HIDDEN, &whole[..cut])] {
                let Err(error) = result else { continue };
                errors += 1;
                let fault = &error.faults()[0];
                let codes = [Code::MissingResource, Code::DamagedResource, Code::UnknownFormat];
                assert!(codes.contains(&fault.code) && !fault.place.is_empty() && fault.message.len() > 10, "{output:?} {cut}: {fault:?}");
            }
        }
    }
    assert!(errors > 100, "{errors} errors");
}

#[test]
fn a_picture_with_any_byte_changed_never_panics() {
    let mut noise = 0x1234_5678_u32;
    let mut next = |n: usize| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 8) as usize % n
    };
    for output in [Output::png(), Output::jpeg(60), Output::webp()] {
        let whole = encoded(41, 33, &output);
        for _ in 0..150 {
            let mut bytes = whole.clone();
            for _ in 0..=next(3) {
                let (at, to) = (next(bytes.len()), next(256));
                bytes[at] = to as u8;
            }
            if let Err(error) = with_picture(PHOTO, &bytes) {
                assert_ne!(error.code(), Code::Bug, "{error}");
            }
        }
    }
}

#[test]
fn bytes_that_are_no_picture() {
    let cases: [(&[u8], &str); 6] = [
        (b"", "missing-resource: layers[0]: picture is missing: photo: the picture is empty, found 0 bytes"),
        (b"<!doctype html><h1>404</h1>", "missing-resource: layers[0]: picture is missing: photo: this is an HTML page, not a picture"),
        (b"\x89PNG\r\n\x1a\n", "missing-resource: layers[0]: picture is missing: photo: PNG is damaged: its first chunk must be IHDR"),
        (b"\xff\xd8\xff", "missing-resource: layers[0]: picture is missing: photo: JPEG is damaged: it is cut off before its pixels"),
        (
            b"RIFF\xff\xff\xff\xffWEBP",
            "missing-resource: layers[0]: picture is missing: photo: WebP is damaged: a picture must be at least 1x1 px, found 0x0",
        ),
        (&[0x5a; 4_000], "missing-resource: layers[0]: picture is missing: photo: this is text, not a picture"),
    ];
    let mut wrong = Vec::new();
    for (bytes, wanted) in cases {
        let found = says(with_picture(PHOTO, bytes));
        if found != wanted {
            wrong.push(format!("{:?}\n  wanted {wanted}\n  found  {found}", &bytes[..bytes.len().min(20)]));
        }
        let rendered = with_picture(HIDDEN, bytes).unwrap();
        assert_eq!(rendered.report.notes[0].code, NoteCode::ImageMissing);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn data_urls_that_mean_harm() {
    let layer = |url: &str| format!(r#"{{ "type": "image", "src": "{url}", "width": 9, "height": 9 }}"#);
    let nested = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'%3E%3Cimage href='file:///etc/passwd' width='9' height='9'/%3E%3C/svg%3E";
    let cases = [
        (
            layer("data:image/png;base64,!!!!"),
            "missing-resource: layers[0]: picture is missing: data:: a data URL must be Base64, found byte 0x21",
        ),
        (
            layer("data:image/png;base64"),
            "missing-resource: layers[0]: picture is missing: data:: a data URL must have a comma before its data",
        ),
        (layer("data:,"), "missing-resource: layers[0]: picture is missing: data:: the picture is empty, found 0 bytes"),
        (
            layer("data:text/html,<h1>hello</h1>"),
            "missing-resource: layers[0]: picture is missing: data:: this is an HTML page, not a picture",
        ),
        (
            layer("data:image/png;base64,iVBORw0KGgo="),
            "missing-resource: layers[0]: picture is missing: data:: PNG is damaged: its first chunk must be IHDR",
        ),
        (
            layer(&format!("data:image/png;base64,{}", "A".repeat(1_000_000))),
            "missing-resource: layers[0]: picture is missing: data:: this is no picture in a known format: JPEG, PNG, WebP, GIF and BMP are read, found 00 00 00 00 00 00 00 00",
        ),
        (
            layer(nested),
            "missing-resource: layers[0]: picture is missing: data:: svg has a <image> element: embedded pictures are not drawn",
        ),
    ];
    let mut wrong = Vec::new();
    for (layer, wanted) in cases {
        let found = says(outcome(&around(&layer), &Row::new()));
        if found != wanted {
            wrong.push(format!("{}\n  wanted {wanted}\n  found  {found}", layer.chars().take(120).collect::<String>()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn svg_bombs() {
    let svg = |body: &str| {
        format!("<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='100' height='100'>{body}</svg>")
    };
    let mut uses = String::from("<defs><rect id='a0' width='1' height='1'/>");
    for k in 1..=40 {
        let _ = write!(uses, "<g id='a{k}'><use xlink:href='#a{0}'/><use xlink:href='#a{0}'/></g>", k - 1);
    }
    let uses = svg(&(uses + "</defs><use xlink:href='#a40'/>"));
    let ten = |inner: &str, n: usize| inner.repeat(n);
    let filter = |attributes: &str, body: &str| {
        svg(&format!("<filter id='f' {attributes}>{body}</filter><rect width='50' height='50' filter='url(#f)'/>"))
    };
    let blurs = "<feGaussianBlur stdDeviation='90'/>";
    let turbulence = "<feTurbulence baseFrequency='0.01' numOctaves='100000'/>";
    let morphology = "<feMorphology operator='dilate' radius='100000'/>";
    let convolve = format!("<feConvolveMatrix order='300' kernelMatrix='{}'/>", "1 ".repeat(90_000));
    let chain = |element: &str, key: &str| {
        let mut text = String::new();
        for k in 0..12 {
            let child = format!("<rect width='9' height='9' {key}='url(#p{})'/>", k + 1).repeat(10);
            let _ = write!(text, "<{element} id='p{k}' width='10' height='10' patternUnits='userSpaceOnUse'>{child}</{element}>");
        }
        svg(&format!(
            "{text}<{element} id='p12' width='9' height='9'><rect width='5' height='5' fill='#fff'/></{element}><rect width='100' height='100' {key}='url(#p0)'/>"
        ))
    };
    let mut entities = String::from("<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'>");
    for c in 'b'..='j' {
        let before = char::from(c as u8 - 1);
        let _ = write!(entities, "<!ENTITY {c} '{}'>", format!("&{before};").repeat(10));
    }
    let cases = [
        (
            "nested use",
            uses,
            "missing-resource: layers[0]: picture is missing: photo: svg has more than 200000 elements, each use of one counted",
        ),
        (
            "entities",
            format!("{entities}]>{}", svg("<text>&j;</text>")),
            "missing-resource: layers[0]: picture is missing: photo: svg is damaged: a possible entity reference loop is detected at 1:64",
        ),
        (
            "100000 groups",
            svg(&format!("{}{}", "<g>".repeat(100_000), "</g>".repeat(100_000))),
            "missing-resource: layers[0]: picture is missing: photo: svg is nested deeper than 500 elements",
        ),
        ("100000 paths", svg(&ten("<path d='M0 0h9v9'/>", 100_000)), "drawn: "),
        ("blur of a huge region", filter("x='-1e9' y='-1e9' width='2e9' height='2e9'", "<feGaussianBlur stdDeviation='1e9'/>"), "drawn: "),
        (
            "2000 blurs",
            filter("", &ten(blurs, 2_000)),
            "missing-resource: layers[0]: picture is missing: photo: svg is more work than 200000 elements, each use, mask, pattern and filter counted",
        ),
        (
            "turbulence",
            filter("", turbulence),
            "missing-resource: layers[0]: picture is missing: photo: svg may have noise of at most 16 octaves, found 100000",
        ),
        (
            "morphology",
            filter("", morphology),
            "missing-resource: layers[0]: picture is missing: photo: svg may grow or shrink a shape by at most 64 px, found 100000x100000",
        ),
        (
            "convolution",
            filter("", &convolve),
            "missing-resource: layers[0]: picture is missing: photo: svg may have a convolution of at most 256 cells, found 300x300",
        ),
        (
            "pattern of itself",
            svg(
                "<pattern id='p' width='10' height='10'><rect width='10' height='10' fill='url(#p)'/></pattern><rect width='100' height='100' fill='url(#p)'/>",
            ),
            "drawn: ",
        ),
        (
            "pattern of tiny tiles",
            svg(
                "<pattern id='p' width='0.0001' height='0.0001' patternUnits='userSpaceOnUse'><rect width='1' height='1'/></pattern><rect width='100' height='100' fill='url(#p)'/>",
            ),
            "drawn: ",
        ),
        (
            "patterns in patterns",
            chain("pattern", "fill"),
            "missing-resource: layers[0]: picture is missing: photo: svg has more than 200000 elements, each use of one counted",
        ),
        (
            "masks in masks",
            chain("mask", "mask"),
            "missing-resource: layers[0]: picture is missing: photo: svg has more than 200000 elements, each use of one counted",
        ),
        ("a side of 1e9", "<svg xmlns='http://www.w3.org/2000/svg' width='1000000000' height='1000000000'/>".to_owned(), "drawn: "),
        ("dashes of 1e-9", svg("<path d='M0 0H100' stroke='#000' stroke-dasharray='1e-9'/>"), "drawn: "),
        (
            "files of the host",
            svg("<image xlink:href='file:///etc/passwd' width='9' height='9'/><image xlink:href='/etc/hostname' width='9' height='9'/>"),
            "missing-resource: layers[0]: picture is missing: photo: svg has a <image> element: embedded pictures are not drawn",
        ),
        (
            "a picture in it",
            svg("<image xlink:href='data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA6mAAAOpgCAYAAAAAAAAA' width='9' height='9'/>"),
            "missing-resource: layers[0]: picture is missing: photo: svg has a <image> element: embedded pictures are not drawn",
        ),
        (
            "masks of masks",
            svg(&(0..300)
                .map(|k| format!("<mask id='m{k}' mask='url(#m{})'><rect width='100' height='100' fill='#fff'/></mask>", k + 1))
                .chain(["<rect width='99' height='99' mask='url(#m0)'/>".to_owned()])
                .collect::<String>()),
            "drawn: ",
        ),
        (
            "numbers",
            svg("<path d='M NaN 0 L 1e999 -1e999 L 1e38 1e38 Z' transform='scale(1e30)' stroke='#000' stroke-width='1e30'/>"),
            "drawn: ",
        ),
        (
            "cut off",
            svg("<g><rect").trim_end_matches("</svg>").to_owned(),
            "missing-resource: layers[0]: picture is missing: photo: svg is damaged: the root node was opened but never closed",
        ),
    ];
    let layer = r#"{ "id": "logo", "type": "svg", "src": "{{ photo }}", "width": 100, "height": 100 }"#;
    let mut wrong = Vec::new();
    for (name, text, wanted) in cases {
        let start = Instant::now();
        let mut row = Row::new();
        row.set_image("photo", text.as_bytes());
        let found = says(draw(&renderer(), &around(layer), &row));
        let took = start.elapsed();
        println!("{name}: {} ms: {found}", took.as_millis());
        if found != wanted || took > A_MOMENT {
            wrong.push(format!("{name}, {} ms\n  wanted {wanted}\n  found  {found}", took.as_millis()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_font_cut_or_changed_is_an_error_or_draws() {
    let whole = std::fs::read(common::root().join("tests/fonts/NotoSansArabic-Regular.subset.ttf")).unwrap();
    let json = r#"{ "templrender": 1, "name": "t", "size": [120, 40], "lang": "ar", "fonts": ["Noto Sans Arabic"],
        "layers": [{ "type": "text", "text": "سعر المنتج 149 لا إله fi", "font-size": 18, "width": 110, "text-shadow": "0 1px 1px red" }] }"#;
    let template = Template::parse(json).unwrap();
    let drawn = |bytes: &[u8]| {
        within("a font", || -> Result<(), Error> {
            let mut fonts = Fonts::new();
            fonts.add(bytes)?;
            let renderer = Renderer::new(fonts);
            let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
            renderer.render(&plan, &Resources::new(), &mut Scratch::new()).map(drop)
        })
    };
    drawn(&whole).unwrap();
    let mut refused = 0;
    for cut in (0..64).map(|i| whole.len() * i / 64) {
        if let Err(error) = drawn(&whole[..cut]) {
            refused += 1;
            assert_eq!(error.code(), Code::DamagedResource, "{cut}: {error}");
            assert!(error.to_string().contains("font"), "{error}");
        }
    }
    assert!(refused > 10, "{refused} of 64 cut fonts were refused");
    let mut noise = 99_u32;
    let mut next = |n: usize| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 4) as usize % n
    };
    for _ in 0..200 {
        let mut bytes = whole.clone();
        // The directory and the tables' heads are hit as often as everything else together.
        for _ in 0..4 {
            let at = if next(2) == 0 { next(700) } else { next(bytes.len()) };
            bytes[at] = next(256) as u8;
        }
        if let Err(error) = drawn(&bytes) {
            assert_ne!(error.code(), Code::Bug, "{error}");
        }
    }
    for bytes in [&b""[..], b"\0\x01\0\0", b"OTTO", b"ttcf\0\x01\0\0\xff\xff\xff\xff", b"<html>", &[0xff; 5_000]] {
        let error = drawn(bytes).unwrap_err();
        assert_eq!(error.code(), Code::DamagedResource, "{error}");
        assert!(error.to_string().contains("font"), "{error}");
    }
}

#[test]
fn a_host_that_answers_wrongly() {
    let template =
        Template::parse(&around(r#"{ "id": "a", "type": "image", "src": ["one.png", "two.png"], "width": 9, "height": 9 }"#)).unwrap();
    let plan = renderer().plan(&template, &Row::new(), &Context::default()).unwrap();
    let render = |resources: &Resources| says(renderer().render(&plan, resources, &mut Scratch::new()));
    let mut resources = Resources::new();
    assert_eq!(render(&resources), "missing-resource: layers[0]: picture is missing: one.png: not answered; two.png: not answered");
    let first = plan.pending(&resources)[0].id();
    resources.fail(first, "status 404");
    let second = plan.pending(&resources)[0].id();
    assert_ne!(first, second);
    assert!(resources.insert(second, *b"nonsense").is_err());
    assert!(plan.pending(&resources).is_empty());
    assert_eq!(
        render(&resources),
        "missing-resource: layers[0]: picture is missing: one.png: status 404; two.png: this is text, not a picture"
    );
    resources.insert(second, encoded(9, 9, &Output::png())).unwrap();
    assert_eq!(render(&resources), "drawn: image-missing a: one.png: status 404");
}
