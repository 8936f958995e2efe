//! What a render asks the allocator for once its scratch is warm: a bound for each shipped template, in calls, and in bytes beyond the frame.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros, reason = "a test prints what it measured")]

mod common;
#[path = "common/counting.rs"]
mod counting;

use common::NOW;
use counting::{Counting, asked_by};
use templrender::{Context, Renderer, Resources, Row, Scratch, Template};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most calls, and most KiB beyond the frame, of a warm render of the template's first row.
///
/// What is left is mostly the scaler's, which makes a vector for each row and column that it works out weights for (photos that are scaled as
/// their rows are decoded ask oftenest: `product-ad`, `collage`); then tables of ICC profiles in `collage`, lines and glyph runs of each text,
/// and paths of round corners.
const MOST: &[(&str, usize, usize)] = &[
    ("collage", 6_400, 27_000),
    ("cutout-ad", 790, 2_850),
    ("og-card", 380, 215),
    ("price-tag", 575, 410),
    ("product-ad", 3_200, 1_650),
    ("product-sale", 780, 900),
    ("selfie-card", 1_130, 1_850),
];

/// One test, so that no other counts into it.
#[test]
fn a_warm_render_asks_for_little_memory() {
    let mut wrong = Vec::new();
    for folder in common::shipped() {
        let (row_name, row) = &folder.rows(1)[0];
        // a quarter of the size: the same calls, but for one for each row and column that the scaler works out weights for
        let context = Context { now: Some(NOW), scale: Some(0.25), ..Context::default() };
        let plan = folder.renderer.plan(&folder.template, row, &context).unwrap();
        let resources = folder.answer(&plan);
        let mut scratch = Scratch::new();
        let mut draw = || asked_by(|| folder.renderer.render(&plan, &resources, &mut scratch).unwrap());
        let (first, cold, _) = draw();
        let (second, calls, bytes) = draw();
        assert!(first.frame == second.frame);
        let kib = bytes.saturating_sub(first.frame.pixels().len()).div_ceil(1024);
        println!("{:<14} {row_name:<14} first {cold:>6} calls, warm {calls:>6} calls, {kib:>6} KiB beside the frame", folder.name);
        match MOST.iter().find(|(name, ..)| *name == folder.name) {
            Some((_, most, _)) if calls > *most => wrong.push(format!("{}: {calls} calls, over the bound of {most}", folder.name)),
            Some((_, _, most)) if kib > *most => {
                wrong.push(format!("{}: {kib} KiB beside the frame, over the bound of {most}", folder.name))
            }
            Some(_) => {}
            None => wrong.push(format!("{}: there is no bound", folder.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    text_asks_for_the_frame_alone();
}

/// Beyond laying it out, a text of any length is painted with one call: for the frame.
fn text_asks_for_the_frame_alone() {
    let json = r#"{ "templrender": 1, "name": "t", "size": [2000, 60], "fonts": ["Noto Sans"], "layers": [
        { "type": "text", "text": "{{ t }}", "left": 0, "top": 0, "width": 2000, "font-size": 20, "white-space": "nowrap" } ] }"#;
    let template = Template::parse(json).unwrap();
    let (renderer, resources, mut scratch) = (Renderer::new(common::fonts()), Resources::new(), Scratch::new());
    for words in [1, 32] {
        let row = Row::from_json(&format!(r#"{{ "t": "{}" }}"#, "honey ".repeat(words))).unwrap();
        let plan = renderer.plan(&template, &row, &Context::default()).unwrap();
        let mut draw = || asked_by(|| renderer.render(&plan, &resources, &mut scratch).unwrap()).1;
        draw();
        let calls = draw();
        let laid_out = asked_by(|| renderer.report(&plan, &resources, &mut scratch).unwrap()).1;
        assert_eq!(calls, laid_out + 1, "{words} words");
        assert!(laid_out <= 40, "{words} words are laid out with {laid_out} calls");
    }
}
