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
        (r#"{ "type": "box", "colour": "red" }"#, "{}", ""),
        (r#"{ "type": "bocks" }"#, "{}", ""),
        (r#"{ "left": 4 }"#, "{}", ""),
        (r#"{ "type": "box", "left": { "px": 4 } }"#, "{}", ""),
        (r#"{ "type": "box", "left": true }"#, "{}", ""),
        (r#"{ "type": "box", "left": NaN }"#, "{}", ""),
        (r#"{ "type": "box", "left": Infinity }"#, "{}", ""),
        (r#"{ "type": "box", "left": 1e999 }"#, "{}", ""),
        (r#"{ "type": "box", "left": -1e308 }"#, "{}", ""),
        (r#"{ "type": "box", "left": "1e999px" }"#, "{}", ""),
        (r#"{ "type": "box", "left": "calc(1px / 0)" }"#, "{}", ""),
        (r#"{ "type": "box", "width": "calc(infinity * 1px)" }"#, "{}", ""),
        (r#"{ "type": "box", "opacity": "NaN" }"#, "{}", ""),
        (r#"{ "type": "box", "transform": "rotate(1e40turn)" }"#, "{}", ""),
        (r#"{ "type": "text", "text": "a", "font-size": -4 }"#, "{}", ""),
        (r#"{ "type": "text", "text": "a", "font-size": 1e9 }"#, "{}", ""),
        (r#"{ "type": "text", "text": "a", "line-height": 58 }"#, "{}", ""),
        (r#"{ "type": "text", "text": 12 }"#, "{}", ""),
        (r#"{ "type": "text", "text": "{{ nothing + }}" }"#, "{}", ""),
        (r#"{ "type": "box", "id": "a", "id": "b" }"#, "{}", ""),
        (r#"{ "type": "image", "src": "asset:none", "width": 9, "height": 9 }"#, "{}", ""),
        (r#"{ "type": "image", "src": "a.png" }"#, "{}", ""),
        (r#"{ "type": "path", "d": "M0 0 L nonsense", "width": 9, "height": 9 }"#, "{}", ""),
        (r#"{ "type": "box", "width": 1e7, "height": 1e7, "background": "red", "box-shadow": "0 0 1e7px red" }"#, "{}", ""),
    ]);
}

#[test]
fn what_a_row_may_not_hold() {
    check(&[
        (r#"{ "type": "box" }"#, r#"{ "a": NaN }"#, ""),
        (r#"{ "type": "box" }"#, r#"{ "a": 1e999 }"#, ""),
        (r#"{ "type": "box" }"#, r#"[1]"#, ""),
        (r#"{ "type": "box" }"#, r#"{ "a": 1, "a": 2 }"#, ""),
        (r#"{ "type": "box" }"#, r#"{ "a": "#, ""),
        (r#"{ "type": "box", "left": "{{ a }}" }"#, r#"{ "a": "NaN" }"#, ""),
        (r#"{ "type": "box", "left": "{{ a }}" }"#, r#"{ "a": [1] }"#, ""),
        (r#"{ "type": "box", "left": "{{ a }}" }"#, r#"{ "a": 9999999999999999999999999999 }"#, ""),
        (r#"{ "type": "box", "left": "{{ a / 0 }}" }"#, r#"{ "a": 1 }"#, ""),
        (r#"{ "type": "text", "text": "{{ a.b.c[4] }}" }"#, r#"{ "a": 1 }"#, ""),
        (r#"{ "type": "text", "text": "{{ a < 'x' }}" }"#, r#"{ "a": 1 }"#, ""),
        (r#"{ "type": "box", "for": "x in a" }"#, r#"{ "a": 7 }"#, ""),
        (r#"{ "type": "text", "text": "a", "font-size": "{{ a }}" }"#, r#"{ "a": -3 }"#, ""),
        (r#"{ "type": "text", "text": "a", "font-size": "{{ a }}" }"#, r#"{ "a": 1000000000 }"#, ""),
        (r#"{ "type": "path", "d": "{{ a }}", "width": 9, "height": 9 }"#, r#"{ "a": "M zero" }"#, ""),
        (r#"{ "type": "path", "d": "M0 0h9", "viewBox": "{{ a }}", "width": 9, "height": 9 }"#, r#"{ "a": "0 0 NaN inf" }"#, ""),
        (r#"{ "type": "path", "d": "M0 0h9", "viewBox": "{{ a }}", "width": 9, "height": 9 }"#, r#"{ "a": "0 0 x 9 9" }"#, ""),
        (r#"{ "type": "path", "d": "M0 0h9", "viewBox": "{{ a }}", "width": 9, "height": 9 }"#, r#"{ "a": "0 0 0 -9" }"#, ""),
        (r#"{ "type": "image", "src": "{{ a }}", "width": 9, "height": 9 }"#, r#"{ "a": 12 }"#, ""),
        (r#"{ "type": "image", "src": "{{ a }}", "width": 9, "height": 9 }"#, r#"{ }"#, ""),
        (r#"{ "type": "image", "src": "{{ a }}", "width": 9, "height": 9, "missing": "hide" }"#, r#"{ }"#, ""),
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
        ("title", r#"{ "price": "1 USD" }"#, ""),
        ("title", r#"{ "title": "  " }"#, ""),
        ("title", r#"{ "title": { "a": 1 } }"#, ""),
        ("price", r#"{ "title": "a", "price": "cheap" }"#, ""),
        ("price", r#"{ "title": "a", "price": "1e999 USD" }"#, ""),
        ("when", r#"{ "title": "a", "when": "2026-02-30" }"#, ""),
        ("n", r#"{ "title": "a", "n": "NaN" }"#, ""),
        ("n", r#"{ "title": "a", "n": 10 }"#, ""),
        ("kind", r#"{ "title": "a", "kind": "used" }"#, ""),
        ("tint", r#"{ "title": "a", "tint": "reddish" }"#, ""),
        ("yes", r#"{ "title": "a", "yes": "maybe" }"#, ""),
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
        (sized("[100000, 100000]", ""), ""),
        (sized("[0, 10]", ""), ""),
        (sized("[-5, 10]", ""), ""),
        (sized("[1e999, 10]", ""), ""),
        (sized("[NaN, 10]", ""), ""),
        (sized("[10.5, 10]", ""), ""),
        (sized("[16384, 16384]", ""), ""),
        (sized("[16000, 4000]", r#", "output": { "scale": 4 }"#), ""),
        (sized("[10, 10]", r#", "output": { "scale": 5 }"#), ""),
        (sized(r#"["{{ w }}", 10]"#, ""), ""),
        (sized(r#"["{{ h }}", 10]"#, ""), ""),
        (
            r#"{ "templrender": 1, "name": "t", "size": [10, "auto"], "layers": [{ "type": "box", "top": 1e9, "width": 1, "height": 1 }] }"#.to_owned(),
            "",
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
    for (scale, wanted) in [(f32::NAN, ""), (f32::INFINITY, ""), (0.0, ""), (-1.0, "")] {
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
        (around(r#"{ "type": "box", "for": "x in a" }"#), &million, ""),
        (around(shy), &million, ""),
        (around(nested), &thousands, ""),
        (around(r#"{ "type": "text", "for": "x in a", "text": "{{ t }}" }"#), &texts, ""),
        (around(r#"{ "type": "text", "text": "{{ t }}" }"#), &words, ""),
        (around(&format!(r#"{{ "type": "text", "text": "{}" }}"#, "y".repeat(1_000_000))), &thousands, ""),
        (
            around(&format!(
                r#"{{ "type": "svg", "width": 9, "height": 9, "for": "x in a", "svg": "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>" }}"#,
                "<g/>".repeat(1_000)
            )),
            &thousands,
            "",
        ),
        (around(r#"{ "type": "text", "text": "{{ (t ~ t) | replace('x', t) }}" }"#), &texts, ""),
        (around(r#"{ "type": "text", "text": "{{ t | replace('', t) }}" }"#), &texts, ""),
    ];
    let mut wrong = Vec::new();
    for (json, cells, wanted) in cases {
        let found = says(outcome(&json, cells));
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
        (around(&nested(10_000)), ""),
        (around(&flat), ""),
        (around(&expression), ""),
        (around(&format!(r#"{{ "type": "box", "left": {}1{} }}"#, "[".repeat(50_000), "]".repeat(50_000))), ""),
        (around(&format!(r#"{{ "type": "box", "width": "{}1px{}" }}"#, "calc(".repeat(20_000), ")".repeat(20_000))), ""),
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
        (b"", ""),
        (b"<!doctype html><h1>404</h1>", ""),
        (b"\x89PNG\r\n\x1a\n", ""),
        (b"\xff\xd8\xff", ""),
        (b"RIFF\xff\xff\xff\xffWEBP", ""),
        (&[0x5a; 4_000], ""),
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
        (layer("data:image/png;base64,!!!!"), ""),
        (layer("data:image/png;base64"), ""),
        (layer("data:,"), ""),
        (layer("data:text/html,<h1>hello</h1>"), ""),
        (layer("data:image/png;base64,iVBORw0KGgo="), ""),
        (layer(&format!("data:image/png;base64,{}", "A".repeat(1_000_000))), ""),
        (layer(nested), ""),
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
    let mut entities = String::from("<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'>");
    for c in 'b'..='j' {
        let before = char::from(c as u8 - 1);
        let _ = write!(entities, "<!ENTITY {c} '{}'>", format!("&{before};").repeat(10));
    }
    let cases = [
        ("nested use", uses, ""),
        ("entities", format!("{entities}]>{}", svg("<text>&j;</text>")), ""),
        ("100000 groups", svg(&format!("{}{}", "<g>".repeat(100_000), "</g>".repeat(100_000))), ""),
        ("100000 paths", svg(&ten("<path d='M0 0h9v9'/>", 100_000)), ""),
        ("blur of a huge region", filter("x='-1e9' y='-1e9' width='2e9' height='2e9'", "<feGaussianBlur stdDeviation='1e9'/>"), ""),
        ("2000 blurs", filter("", &ten(blurs, 2_000)), ""),
        ("turbulence", filter("", turbulence), ""),
        ("morphology", filter("", morphology), ""),
        ("convolution", filter("", &convolve), ""),
        (
            "pattern of itself",
            svg(
                "<pattern id='p' width='10' height='10'><rect width='10' height='10' fill='url(#p)'/></pattern><rect width='100' height='100' fill='url(#p)'/>",
            ),
            "",
        ),
        (
            "pattern of tiny tiles",
            svg(
                "<pattern id='p' width='0.0001' height='0.0001' patternUnits='userSpaceOnUse'><rect width='1' height='1'/></pattern><rect width='100' height='100' fill='url(#p)'/>",
            ),
            "",
        ),
        ("a side of 1e9", "<svg xmlns='http://www.w3.org/2000/svg' width='1000000000' height='1000000000'/>".to_owned(), ""),
        ("dashes of 1e-9", svg("<path d='M0 0H100' stroke='#000' stroke-dasharray='1e-9'/>"), ""),
        (
            "files of the host",
            svg("<image xlink:href='file:///etc/passwd' width='9' height='9'/><image xlink:href='/etc/hostname' width='9' height='9'/>"),
            "",
        ),
        (
            "a picture in it",
            svg("<image xlink:href='data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA6mAAAOpgCAYAAAAAAAAA' width='9' height='9'/>"),
            "",
        ),
        (
            "masks of masks",
            svg(&(0..300)
                .map(|k| format!("<mask id='m{k}' mask='url(#m{})'><rect width='100' height='100' fill='#fff'/></mask>", k + 1))
                .chain(["<rect width='99' height='99' mask='url(#m0)'/>".to_owned()])
                .collect::<String>()),
            "",
        ),
        ("numbers", svg("<path d='M NaN 0 L 1e999 -1e999 L 1e38 1e38 Z' transform='scale(1e30)' stroke='#000' stroke-width='1e30'/>"), ""),
        ("cut off", svg("<g><rect").replace("</svg>", ""), ""),
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
    assert_eq!(render(&resources), "");
    let first = plan.pending(&resources)[0].id();
    resources.fail(first, "status 404");
    let second = plan.pending(&resources)[0].id();
    assert_ne!(first, second);
    assert!(resources.insert(second, *b"nonsense").is_err());
    assert!(plan.pending(&resources).is_empty());
    assert_eq!(render(&resources), "");
    resources.insert(second, encoded(9, 9, &Output::png())).unwrap();
    assert_eq!(render(&resources), "");
}
