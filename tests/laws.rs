//! Laws that hold for every template, on templates out of a small grammar: what an invisible layer, a factor of two, another row or an
//! earlier render may and may not change. 32 cases each; `PROPTEST_CASES` asks for more.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "a test reads the environment and fonts"
)]

mod common;

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::Config;
use templrender::{CompiledCache, Context, Guard, Output, Plan, Rendered, Renderer, Resources, Row, Scratch, Template};

const CANVAS: (u32, u32) = (96, 72);

/// A layer of the grammar; every number is in px.
#[derive(Debug, Clone)]
struct Layer {
    place: Place,
    look: Look,
    content: Content,
}

#[derive(Debug, Clone)]
struct Place {
    from: (i32, i32),
    /// Nothing: `right` and `bottom` are given instead.
    size: Option<(u32, u32)>,
    padding: u32,
    margin: u32,
    turn: i32,
}

#[derive(Debug, Clone)]
struct Look {
    background: &'static str,
    radius: u32,
    border: u32,
    shadow: u32,
    opacity: u32,
    blend: &'static str,
}

#[derive(Debug, Clone)]
enum Content {
    Empty,
    Text { text: String, size: u32, wraps: bool },
    Plain(Vec<Layer>),
    Flex { children: Vec<Layer>, column: bool, gap: u32, wraps: bool },
}

fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(32);
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn look() -> impl Strategy<Value = Look> {
    let backgrounds =
        ["none", "#06c", "#d0021b80", "linear-gradient(40deg, #fc0, #0000)", "radial-gradient(#fff, #102)", "conic-gradient(red, blue)"];
    let blends = ["normal", "normal", "normal", "multiply", "screen", "color-dodge", "luminosity"];
    (prop::sample::select(backgrounds.to_vec()), 0..20u32, 0..4u32, 0..9u32, 1..=10u32, prop::sample::select(blends.to_vec())).prop_map(
        |(background, radius, border, shadow, opacity, blend)| Look {
            background,
            radius,
            border: border.saturating_sub(1),
            shadow: shadow.saturating_sub(5),
            opacity: if opacity > 5 { 10 } else { opacity },
            blend,
        },
    )
}

fn place() -> impl Strategy<Value = Place> {
    ((-20..80i32, -20..60i32), prop::option::weighted(0.8, (0..60u32, 0..50u32)), 0..6u32, 0..4u32, -3..4i32).prop_map(
        |(from, size, padding, margin, turn)| Place {
            from,
            size,
            padding: padding.saturating_sub(2),
            margin: margin.saturating_sub(2),
            turn: turn.max(0) * 13,
        },
    )
}

fn layer() -> impl Strategy<Value = Layer> {
    let text = ("[a-zA-Z0-9 ,.\u{627}-\u{62a}\u{430}-\u{44f}]{0,24}", 6..20u32, any::<bool>())
        .prop_map(|(text, size, wraps)| Content::Text { text, size, wraps });
    let leaf = (place(), look(), prop_oneof![Just(Content::Empty), text]).prop_map(|(place, look, content)| Layer { place, look, content });
    leaf.prop_recursive(3, 12, 4, |inner| {
        let children = prop::collection::vec(inner, 0..4);
        let flex = (children.clone(), any::<bool>(), 0..5u32, any::<bool>()).prop_map(|(children, column, gap, wraps)| Content::Flex {
            children,
            column,
            gap,
            wraps,
        });
        (place(), look(), prop_oneof![children.prop_map(Content::Plain), flex]).prop_map(|(place, look, content)| Layer {
            place,
            look,
            content,
        })
    })
}

fn layers() -> impl Strategy<Value = Vec<Layer>> {
    prop::collection::vec(layer(), 0..5)
}

impl Layer {
    /// As JSON, all px times `k`.
    fn print(&self, k: i32, out: &mut String) {
        let n = |v: u32| v as i32 * k;
        let Place { from: (x, y), size, padding, margin, turn } = &self.place;
        let Look { background, radius, border, shadow, opacity, blend } = &self.look;
        let _ = write!(out, r#"{{ "left": {}, "top": {}, "padding": {}, "margin": {}, "#, x * k, y * k, n(*padding), n(*margin));
        match size {
            Some((width, height)) => drop(write!(out, r#""width": {}, "height": {}, "#, n(*width), n(*height))),
            None => drop(write!(out, r#""right": {}, "bottom": {}, "#, 7 * k, 5 * k)),
        }
        let _ = write!(out, r#""background": "{background}", "border-radius": {}, "border": "{}px solid #123", "#, n(*radius), n(*border));
        let _ =
            write!(out, r#""transform": "rotate({turn}deg)", "opacity": {}, "mix-blend-mode": "{blend}", "#, f64::from(*opacity) / 10.0);
        if *shadow > 0 {
            let _ = write!(out, r##""box-shadow": "{}px {}px {}px #0006", "##, n(*shadow), k, n(*shadow * 2));
        }
        match &self.content {
            Content::Empty => out.push_str(r#""type": "box""#),
            Content::Text { text, size, wraps } => {
                let wrap = if *wraps { "pre-wrap" } else { "nowrap" };
                let _ = write!(
                    out,
                    r#""type": "text", "text": {}, "font-size": {}, "line-height": "{}px", "white-space": "{wrap}""#,
                    literal(text),
                    n(*size),
                    n(*size + 3)
                );
            }
            Content::Plain(children) => {
                out.push_str(r#""type": "box", "layers": "#);
                list(children, k, out);
            }
            Content::Flex { children, column, gap, wraps } => {
                let (direction, wrap) = (if *column { "column" } else { "row" }, if *wraps { "wrap" } else { "nowrap" });
                let _ = write!(
                    out,
                    r#""type": "box", "display": "flex", "flex-direction": "{direction}", "flex-wrap": "{wrap}", "gap": {}, "layers": "#,
                    n(*gap)
                );
                list(children, k, out);
            }
        }
        out.push_str(" }");
    }
}

fn literal(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn list(layers: &[Layer], k: i32, out: &mut String) {
    out.push('[');
    for (i, layer) in layers.iter().enumerate() {
        out.push_str(if i > 0 { ",\n" } else { "" });
        layer.print(k, out);
    }
    out.push(']');
}

/// A template around some layers, all px times `k`.
fn template(layers: &[Layer], k: i32) -> String {
    let mut body = String::new();
    list(layers, k, &mut body);
    around(&body, k)
}

fn around(layers: &str, k: i32) -> String {
    let (width, height) = (CANVAS.0 as i32 * k, CANVAS.1 as i32 * k);
    format!(
        r##"{{ "templrender": 1, "name": "law", "size": [{width}, {height}], "fonts": ["Noto Sans", "Noto Sans Arabic"], "background": "#fff", "layers": {layers} }}"##
    )
}

fn renderer() -> Renderer {
    use std::sync::OnceLock;
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    RENDERER.get_or_init(|| Renderer::new(common::fonts())).clone()
}

fn draw(json: &str) -> Rendered {
    common::draw(&renderer(), json, &Row::new()).unwrap_or_else(|e| panic!("{e}\n{json}"))
}

fn plan(json: &str, row: &str) -> Plan {
    let template = Template::parse(json).unwrap_or_else(|e| panic!("{e}\n{json}"));
    renderer().plan(&template, &Row::from_json(row).unwrap(), &Context::default()).unwrap_or_else(|e| panic!("{e}\n{json}"))
}

/// Boxes and lines, in the order of the report.
fn boxes(rendered: &Rendered) -> Vec<(String, [f32; 4])> {
    rendered.report.layers.iter().map(|l| (l.layer.clone(), l.rect)).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_printed_parses_to_the_same_picture(layers in layers()) {
        let json = template(&layers, 1);
        let parsed = Template::parse(&json).unwrap();
        let printed = parsed.to_string();
        let again = Template::parse(&printed).map_err(|e| TestCaseError::fail(format!("{e}\n{printed}")))?;
        prop_assert_eq!(&again, &parsed);
        prop_assert_eq!(again.to_string(), printed.clone());
        prop_assert_eq!(draw(&printed).frame, draw(&json).frame);
    }

    #[test]
    fn an_invisible_layer_changes_no_pixel(layers in layers(), unseen in layer(), at in any::<prop::sample::Index>(), how in 0..3) {
        let plain = draw(&template(&layers, 1));
        let mut printed: Vec<String> = layers.iter().map(|layer| { let mut out = String::new(); layer.print(1, &mut out); out }).collect();
        let mut layer = String::new();
        unseen.print(1, &mut layer);
        let added = match how {
            0 => layer.replacen('{', r#"{ "hidden": true, "#, 1),
            1 => layer.replacen('{', r#"{ "if": "1 > 2", "#, 1),
            _ => format!(r#"{{ "type": "box", "inset": 0, "opacity": 0, "layers": [{layer}] }}"#),
        };
        printed.insert(at.index(printed.len() + 1), added);
        let with = draw(&around(&format!("[{}]", printed.join(",\n")), 1));
        prop_assert_eq!(with.frame, plain.frame);
    }

    #[test]
    fn twice_the_px_are_twice_the_boxes(layers in layers()) {
        let (single, double) = (draw(&template(&layers, 1)), draw(&template(&layers, 2)));
        let (single, double) = (boxes(&single), boxes(&double));
        prop_assert_eq!(single.len(), double.len());
        for ((name, one), (same, two)) in single.iter().zip(&double) {
            prop_assert_eq!(name, same);
            for (a, b) in one.iter().zip(two) {
                prop_assert!((2.0 * a - b).abs() <= 0.13, "{}: {:?} becomes {:?}", name, one, two);
            }
        }
    }

    #[test]
    fn an_output_scale_changes_the_size_and_no_box(layers in layers()) {
        let json = template(&layers, 1);
        let scaled = json.replacen("\"layers\"", "\"output\": { \"scale\": 2 }, \"layers\"", 1);
        let (one, two) = (draw(&json), draw(&scaled));
        prop_assert_eq!(two.report.layers, one.report.layers);
        prop_assert_eq!(two.report.notes, one.report.notes);
        prop_assert_eq!(two.report.size, (CANVAS.0 * 2, CANVAS.1 * 2));
        prop_assert_eq!((two.frame.width(), two.frame.height()), two.report.size);
    }

    #[test]
    fn a_used_column_flips_the_key_and_an_unused_one_leaves_it(
        layers in layers(), used in "[a-z]{1,9}", other in "[a-z]{1,9}", noise in any::<String>(), more in any::<i32>(),
    ) {
        let mut body = String::new();
        list(&layers, 1, &mut body);
        body.insert_str(1, &format!(
            r#"{{ "type": "text", "text": "{{{{ used }}}}" }}, {{ "type": "text", "text": "{{{{ hidden }}}}", "hidden": true }},
               {{ "type": "text", "text": "{{{{ unmet }}}}", "if": "used == 'NO'" }}{}"#, if layers.is_empty() { "" } else { "," }));
        let json = around(&body, 1);
        let key = plan(&json, &format!(r#"{{ "used": {} }}"#, literal(&used))).key();
        let noisy = format!(r#"{{ "noise": {}, "hidden": {}, "used": {}, "unmet": {more} }}"#, literal(&noise), literal(&noise), literal(&used));
        prop_assert_eq!(plan(&json, &noisy).key(), key);
        let changed = plan(&json, &format!(r#"{{ "used": {} }}"#, literal(&other))).key();
        prop_assert_eq!(changed == key, used == other);
    }

    #[test]
    fn the_order_of_columns_does_not_matter(values in prop::collection::vec("[a-z ]{0,9}", 3), order in Just([0, 1, 2]).prop_shuffle()) {
        let json = around(r#"[{ "type": "text", "text": "{{ c0 }} {{ c1 }}" }, { "type": "text", "top": 30, "text": "{{ c2 }}" }]"#, 1);
        let row = |order: [usize; 3]| {
            let cells: Vec<String> = order.iter().map(|i| format!(r#""c{i}": {}"#, literal(&values[*i]))).collect();
            format!("{{ {} }}", cells.join(", "))
        };
        let (one, two) = (plan(&json, &row([0, 1, 2])), plan(&json, &row(order)));
        prop_assert_eq!(one.key(), two.key());
        let frame = |plan: &Plan| renderer().render(plan, &Resources::new(), &mut Scratch::new()).unwrap();
        let (one, two) = (frame(&one), frame(&two));
        prop_assert_eq!(one.frame, two.frame);
        prop_assert_eq!(one.report, two.report);
    }

    #[test]
    fn an_earlier_render_changes_nothing(all in prop::collection::vec(layers(), 1..4), scale in prop_oneof![Just(1), Just(2)]) {
        let mut scratch = Scratch::new();
        for (i, layers) in all.iter().enumerate() {
            let json = template(layers, if i % 2 == 0 { 1 } else { scale });
            let used = common::draw_with(&renderer(), &json, &Row::new(), &mut scratch).unwrap();
            let fresh = draw(&json);
            prop_assert_eq!(&used.frame, &fresh.frame);
            prop_assert_eq!(used.report, fresh.report);
        }
    }

    #[test]
    fn opaque_over_anything_is_itself(
        layers in layers(), place in (0..90u32, 0..70u32, 1..60u32, 1..60u32), colour in any::<[u8; 3]>(),
    ) {
        let (x, y, width, height) = place;
        let [r, g, b] = colour;
        let cover = |x, y, width, height| format!(
            r#"{{ "type": "box", "left": {x}, "top": {y}, "width": {width}, "height": {height}, "background": "rgb({r} {g} {b})" }}"#);
        let mut body = String::new();
        list(&layers, 1, &mut body);
        body.pop();
        body.push_str(if layers.is_empty() { "" } else { "," });
        let part = draw(&around(&format!("{body}{}]", cover(x, y, width, height)), 1)).frame;
        for (row, line) in part.rows().enumerate().skip(y as usize).take(height as usize) {
            for px in line.chunks_exact(4).skip(x as usize).take(width as usize) {
                prop_assert_eq!(px, [r, g, b, 255], "row {}", row);
            }
        }
        let all = draw(&around(&format!("{body}{}]", cover(0, 0, CANVAS.0, CANVAS.1)), 1)).frame;
        prop_assert!(all.pixels().chunks_exact(4).all(|px| px == [r, g, b, 255]));
    }
}

/// The same template with every so manieth background and text out of the row.
fn bound(json: &str, backgrounds: &[bool], texts: &[bool]) -> String {
    let mut json = json.to_owned();
    for (key, name, chosen) in [(r#""background": ""#, "tint", backgrounds), (r#""text": ""#, "said", texts)] {
        let places: Vec<usize> = json.match_indices(key).map(|(at, _)| at + key.len()).collect();
        for (_, at) in places.iter().enumerate().rev().filter(|(i, _)| chosen[i % chosen.len()]) {
            let end = at + json[*at..].find('"').unwrap();
            json.replace_range(*at..end, &format!("{{{{ {name} }}}}"));
        }
    }
    json
}

/// The same template whose boxes clip, filter or set apart what stands in them.
fn set_apart(json: &str, how: &[u8]) -> String {
    let mut how = how.iter().cycle();
    let parts: Vec<&str> = json.split(r#""type": "box""#).collect();
    let more = |how: u8| match how {
        0 | 1 => r#""overflow": "hidden", "#,
        2 => r#""filter": "drop-shadow(2px 1px 2px #0008)", "#,
        3 => r#""backdrop-filter": "blur(2px)", "#,
        4 => r#""isolation": "isolate", "#,
        _ => "",
    };
    let (last, first) = parts.split_last().unwrap();
    first.iter().map(|part| format!(r#"{part}{}"type": "box""#, more(*how.next().unwrap()))).collect::<String>() + last
}

proptest! {
    #![proptest_config(Config { cases: config().cases.max(200), ..config() })]

    #[test]
    fn a_compiled_template_draws_what_the_template_draws(
        layers in prop::collection::vec(layer(), 1..6), backgrounds in prop::collection::vec(prop::bool::weighted(0.3), 1..6),
        texts in prop::collection::vec(any::<bool>(), 1..4), said in prop::collection::vec("[a-z ]{0,9}", 3),
        how in prop::collection::vec(0..8_u8, 1..8),
    ) {
        let json = set_apart(&bound(&template(&layers, 1), &backgrounds, &texts), &how);
        let json = json.replacen("\"layers\"", r#""output": { "format": "jpeg", "quality": 80 }, "layers""#, 1);
        let (renderer, context, output) = (renderer(), Context::default(), Output::jpeg(95));
        let parsed = Template::parse(&json).map_err(|e| TestCaseError::fail(format!("{e}\n{json}")))?;
        let row = |said: &str, tint: &str| format!(r#"{{ "said": {}, "tint": "{tint}" }}"#, literal(said));
        let mut scratch = Scratch::new();
        let usual = plan(&json, &row(&said[0], "linear-gradient(red, #00f8)"));
        let compiled = renderer.compile(&parsed, &context, &usual, &Resources::new(), &mut scratch).unwrap();
        let cached = renderer.clone().with_compiled(CompiledCache::new(1 << 24));
        for (said, tint) in said.iter().zip(["linear-gradient(red, #00f8)", "#0a08", "none"]) {
            let plan = plan(&json, &row(said, tint));
            let plain = renderer.render(&plan, &Resources::new(), &mut scratch).unwrap();
            let quick = renderer.render_compiled(&compiled, &plan, &Resources::new(), &mut scratch, &Guard::default()).unwrap();
            prop_assert_eq!(&quick.frame, &plain.frame);
            prop_assert_eq!(quick.report, plain.report);
            prop_assert_eq!(quick.frame.encode(&output).unwrap(), plain.frame.encode(&output).unwrap());
            let cached = cached.render(&plan, &Resources::new(), &mut scratch).unwrap().frame;
            prop_assert_eq!(&cached, &plain.frame);
            prop_assert_eq!(cached.encode(plan.output()).unwrap(), plain.frame.encode(plan.output()).unwrap());
            let own = quick.frame.encode(plan.output()).unwrap();
            prop_assert_eq!(own, plain.frame.encode(plan.output()).unwrap());
        }
    }
}
