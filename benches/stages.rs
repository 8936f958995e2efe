//! Each stage alone, by the public API: how a picture is scaled, texts are shaped and broken into lines, boxes are laid out, and a plan is made.
//!
//! `benches/paint.rs` is painting, `benches/codec.rs` decoding and encoding, `benches/plan.rs` a feed's rows. Names are `stage/case/library`; each answer is
//! looked at before its time counts.

#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use templrender::{Context, Fonts, Frame, Plan, Renderer, Report, Resources, Row, Scratch, Template};

const FONT: &[u8] = include_bytes!("../tests/fonts/NotoSans-Regular.subset.ttf");
const AD: &str = include_str!("../templates/product-ad/template.json");

fn renderer() -> Renderer {
    let mut fonts = Fonts::new();
    fonts.add(FONT.to_vec()).unwrap();
    Renderer::new(fonts)
}

fn planned(renderer: &Renderer, json: &str, row: &Row) -> Plan {
    renderer.plan(&Template::parse(json).unwrap(), row, &Context::default()).unwrap()
}

/// A frame is given, so that nothing is decoded: scaling, and the way onto the canvas.
fn resize(criterion: &mut Criterion) {
    let renderer = renderer();
    let mut group = criterion.benchmark_group("resize");
    for (name, from, to) in [
        ("1600x1600-to-880x880", 1600, 880),
        ("1600x1600-to-600x600", 1600, 600),
        ("800x800-to-600x600", 800, 600),
        ("600x600-as-it-is", 600, 600),
    ] {
        let json = format!(
            r#"{{ "templrender": 1, "name": "resize", "size": [{to}, {to}], "fields": {{ "photo": {{ "type": "image", "required": true }} }}, "layers": [
                {{ "type": "image", "src": "{{{{ photo }}}}", "left": 0, "top": 0, "width": {to}, "height": {to}, "object-fit": "cover" }} ] }}"#
        );
        let mut row = Row::new();
        row.set("photo", "photo");
        let plan = planned(&renderer, &json, &row);
        let mut resources = Resources::new();
        let need = plan.needs().next().unwrap().id();
        resources.insert_frame(need, waves(from)).unwrap();
        let mut scratch = Scratch::new();
        let middle = |frame: &Frame| frame.pixels()[(to * to / 2 + to / 2) as usize * 4..][..4].to_vec();
        let (scaled, whole) = (middle(&renderer.render(&plan, &resources, &mut scratch).unwrap().frame), waves(from));
        let expected = &whole.pixels()[(from * from / 2 + from / 2) as usize * 4..][..4];
        assert!(scaled.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 8), "{name}: {scaled:?}, not {expected:?}");
        group.bench_function(format!("{name}/templrender"), |b| b.iter(|| renderer.render(&plan, &resources, &mut scratch).unwrap().frame));
    }
    group.finish();
}

/// A picture whose neighbours differ little, so that its middle is known at every size.
fn waves(side: u32) -> Frame {
    let rgba: Vec<u8> = (0..side * side)
        .flat_map(|i| {
            let (x, y) = (i % side * 1024 / side, i / side * 1024 / side);
            let wave = |v: u32| (v % 512).abs_diff(256).min(255) as u8;
            [wave(x), wave(y), wave(x + y), 255]
        })
        .collect();
    Frame::from_rgba(side, side, rgba).unwrap()
}

/// Texts that the scratch has never seen, and texts that it has shaped before.
fn text(criterion: &mut Criterion) {
    let renderer = renderer();
    let json = r#"{ "templrender": 1, "name": "text", "size": [1080, 1080], "fonts": ["Noto Sans"], "fields": { "title": { "type": "text" } }, "layers": [
        { "id": "title", "type": "text", "text": "{{ title }}", "left": 40, "top": 40, "width": 640, "height": 200, "font-size": 48, "line-clamp": 3 },
        { "id": "fit", "type": "text", "text": "{{ title }}", "left": 40, "top": 440, "width": 400, "height": 120, "font-size": 64, "min-font-size": 12 } ] }"#;
    let mut row = Row::new();
    row.set("title", "Hand-thrown stoneware cups with a saucer of walnut, glazed inside, for two");
    let plan = planned(&renderer, json, &row);
    let laid_out = |scratch: &mut Scratch| renderer.report(&plan, &Resources::new(), scratch).unwrap();
    let mut scratch = Scratch::new();
    let words =
        |report: &Report, layer: usize| report.layers[layer].lines.iter().map(|line| line.text.split_whitespace().count()).sum::<usize>();
    let report = laid_out(&mut scratch);
    assert_eq!((words(&report, 0), words(&report, 1)), (12, 12), "all words are there");
    assert!(report.layers[1].font_size.is_some_and(|size| size < 64.0), "the second is shrunk");
    assert_eq!(report.layers, laid_out(&mut scratch).layers);
    let mut group = criterion.benchmark_group("text");
    group.bench_function("warm/templrender", |b| b.iter(|| laid_out(&mut scratch).layers.len()));
    group.bench_function("cold/templrender", |b| b.iter(|| laid_out(&mut Scratch::new()).layers.len()));
    group.finish();
}

/// Boxes alone: anchors, a flex row of flex columns, a grid.
fn layout(criterion: &mut Criterion) {
    let renderer = renderer();
    let mut group = criterion.benchmark_group("layout");
    let child = r#"{ "type": "box", "width": 20, "height": 10 }"#;
    let children = [child; 10].join(",");
    let column = format!(r#"{{ "type": "box", "display": "flex", "flex-direction": "column", "gap": 5, "layers": [{children}] }}"#);
    let columns = [column.as_str(); 10].join(",");
    let anchored =
        (0..100).map(|i| format!(r#"{{ "type": "box", "left": {}, "top": {}, "width": 20, "height": 10 }}"#, i % 10 * 30, i / 10 * 15));
    let cells = [child; 100].join(",");
    // A name, layers, and where the last box is.
    let cases = [
        ("100-anchored", anchored.collect::<Vec<_>>().join(","), [270.0, 135.0, 20.0, 10.0]),
        (
            "100-in-flex",
            format!(r#"{{ "type": "box", "left": 0, "top": 0, "display": "flex", "gap": 10, "layers": [{columns}] }}"#),
            [270.0, 135.0, 20.0, 10.0],
        ),
        (
            "100-in-grid",
            format!(
                r#"{{ "type": "box", "left": 0, "top": 0, "display": "grid", "grid-template-columns": "repeat(10, 20px)", "column-gap": 10, "row-gap": 5, "layers": [{cells}] }}"#
            ),
            [270.0, 135.0, 20.0, 10.0],
        ),
    ];
    for (name, layers, last) in cases {
        let json = format!(r#"{{ "templrender": 1, "name": "layout", "size": [400, 400], "layers": [{layers}] }}"#);
        let plan = planned(&renderer, &json, &Row::new());
        let mut scratch = Scratch::new();
        let report = renderer.report(&plan, &Resources::new(), &mut scratch).unwrap();
        assert_eq!(report.layers.last().map(|layer| layer.rect), Some(last), "{name}");
        group.bench_function(format!("{name}/templrender"), |b| {
            b.iter(|| renderer.report(&plan, &Resources::new(), &mut scratch).unwrap().layers.len())
        });
    }
    group.finish();
}

/// A template read, and a row planned: what a service does once, and each time.
fn plan(criterion: &mut Criterion) {
    let renderer = renderer();
    let template = Template::parse(AD).unwrap();
    let row = Row::from_json(r#"{ "name": "Aster honey", "price": "6.90", "old": "8.90", "badge": "-20%", "photo": "bee.webp" }"#).unwrap();
    let made = || renderer.plan(black_box(&template), &row, &Context::default()).unwrap();
    assert_eq!(made().needs().count(), 2, "photo and logo");
    criterion.bench_function("parse/product-ad/templrender", |b| b.iter(|| Template::parse(black_box(AD)).unwrap()));
    criterion.bench_function("plan/product-ad/templrender", |b| b.iter(made));
}

criterion_group!(benches, resize, text, layout, plan);
criterion_main!(benches);
