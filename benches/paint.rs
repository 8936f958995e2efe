//! Painting's share of a render: templates without pictures and texts, so that layout is nothing beside it.
//!
//! Each picture's px are checked before its time counts.

use criterion::{Criterion, criterion_group, criterion_main};
use templrender::{Context, Fonts, Renderer, Resources, Row, Scratch, Template};

/// A name, the layers of a 1080 x 1080 canvas, and a px with its colour.
type Case = (&'static str, &'static str, (usize, usize), [u8; 4]);

const CASES: &[Case] = &[
    ("fill", r##"{ "type": "box", "inset": 0, "background": "#d0021b" }"##, (9, 9), [208, 2, 27, 255]),
    (
        "banner",
        r##"{ "type": "box", "left": 0, "top": 600, "width": 1080, "height": 140, "background": "rgb(0 0 0 / 60%)" }"##,
        (9, 700),
        [102, 102, 102, 255],
    ),
    ("gradient-down", r##"{ "type": "box", "inset": 0, "background": "linear-gradient(#000, #000)" }"##, (9, 9), [0, 0, 0, 255]),
    (
        "gradient-135deg",
        r##"{ "type": "box", "inset": 0, "background": "linear-gradient(135deg, #1e1b4b, #7c3aed)" }"##,
        (0, 0),
        [30, 27, 75, 255],
    ),
    (
        "shadow",
        r##"{ "type": "box", "left": 100, "top": 60, "width": 880, "height": 700, "border-radius": 32, "background": "#fc3",
              "box-shadow": "0 16px 32px rgb(0 0 0 / 30%)" }"##,
        (540, 400),
        [255, 204, 51, 255],
    ),
    (
        "opacity-group",
        r##"{ "type": "box", "inset": 0, "opacity": 0.6, "layers": [
              { "type": "box", "inset": 0, "background": "#000" }, { "type": "box", "inset": 9, "background": "#000" }] }"##,
        (9, 9),
        // a layer is faded in 256ths, as Skia does it: 154 of them cover, 102 are left
        [101, 101, 101, 255],
    ),
    ("multiply", r##"{ "type": "box", "inset": 0, "background": "#333", "mix-blend-mode": "multiply" }"##, (9, 9), [51, 51, 51, 255]),
    ("screen", r##"{ "type": "box", "inset": 0, "background": "#333", "mix-blend-mode": "screen" }"##, (9, 9), [255, 255, 255, 255]),
    (
        "soft-light",
        r##"{ "type": "box", "inset": 0, "background": "#333", "mix-blend-mode": "soft-light" }"##,
        (9, 9),
        [255, 255, 255, 255],
    ),
    ("luminosity", r##"{ "type": "box", "inset": 0, "background": "#333", "mix-blend-mode": "luminosity" }"##, (9, 9), [51, 51, 51, 255]),
    ("gradient-radial", r##"{ "type": "box", "inset": 0, "background": "radial-gradient(circle, #000, #000)" }"##, (9, 9), [0, 0, 0, 255]),
    ("gradient-conic", r##"{ "type": "box", "inset": 0, "background": "conic-gradient(#000, #000)" }"##, (9, 9), [0, 0, 0, 255]),
    (
        "rounded-translucent",
        r##"{ "type": "box", "inset": 0, "border-radius": 400, "background": "rgb(0 0 0 / 60%)" }"##,
        (540, 540),
        [102, 102, 102, 255],
    ),
];

fn paint(criterion: &mut Criterion) {
    let renderer = Renderer::new(Fonts::new());
    let mut scratch = Scratch::new();
    for (name, layer, (x, y), expected) in CASES {
        let json = format!(r##"{{ "templrender": 1, "name": "bench", "size": [1080, 1080], "background": "#fff", "layers": [{layer}] }}"##);
        let template = Template::parse(&json).expect("a template of this file");
        let plan = renderer.plan(&template, &Row::new(), &Context::default()).expect("no row is needed");
        let rendered = renderer.render(&plan, &Resources::new(), &mut scratch).expect("nothing is missing");
        let at = (y * 1080 + x) * 4;
        assert_eq!(rendered.frame.pixels()[at..at + 4], *expected, "{name}");
        criterion.bench_function(&format!("paint/{name}/templrender"), |b| {
            b.iter(|| renderer.render(&plan, &Resources::new(), &mut scratch).expect("it was rendered before").frame);
        });
    }
}

criterion_group!(benches, paint);
criterion_main!(benches);
