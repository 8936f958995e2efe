//! Laws of pictures that a host has decoded already, or lends: drawn as the PNG of the same pixels is, byte for byte, and kept apart by keys.

#![allow(clippy::disallowed_methods, reason = "a test reads the environment")]

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::Config;
use templrender::{
    Code, Context, Fonts, Frame, InlineImage, Limits, Need, Output, Plan, Renderer, Resources, Row, Scratch, Template, Value,
};

fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(48);
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Pixels that differ everywhere; `alpha` is the least.
fn frame(width: u32, height: u32, alpha: u8, seed: u32) -> Frame {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let straight = (0..width * height).flat_map(|_| [next(), next(), next(), next().max(alpha)]).collect();
    Frame::from_rgba(width, height, straight).unwrap()
}

fn png(frame: &Frame) -> Vec<u8> {
    frame.encode(&Output::png()).unwrap()
}

/// One picture in all the ways that the keys of an image have.
fn template(layer: &str) -> Template {
    Template::parse(&format!(
        r##"{{ "templrender": 1, "name": "t", "size": [60, 40], "background": "#345", "layers": [
            {{ "type": "image", "src": "{{{{ photo }}}}", "left": 3, "top": 2, "width": 41, "height": 23, {layer} }},
            {{ "type": "image", "src": "{{{{ photo }}}}", "left": 30, "top": 20, "width": 25, "height": 19, "transform": "rotate(20deg)" }} ] }}"##
    ))
    .unwrap_or_else(|e| panic!("{layer}: {e}"))
}

const LAYERS: &[&str] = &[
    r#""object-fit": "cover""#,
    r#""object-fit": "contain""#,
    r#""object-fit": "fill""#,
    r#""object-fit": "none""#,
    r#""object-fit": "scale-down", "object-position": "right 2px bottom 10%""#,
    r#""object-fit": "cover", "object-position": "20% 80%", "border-radius": 9, "opacity": 0.6"#,
    r#""object-fit": "contain", "filter": "blur(2px) grayscale(50%)", "mix-blend-mode": "multiply""#,
];

fn drawn(plan: &Plan, resources: &Resources) -> (Vec<u8>, String) {
    let rendered = Renderer::new(Fonts::new()).render(plan, resources, &mut Scratch::new()).unwrap();
    (rendered.frame.pixels().to_vec(), rendered.report.to_json())
}

fn planned(template: &Template, row: &Row, scale: f32) -> Plan {
    Renderer::new(Fonts::new()).plan(template, row, &Context { scale: Some(scale), ..Context::default() }).unwrap()
}

fn answered(plan: &Plan, answer: impl FnOnce(&mut Resources, &Need)) -> Resources {
    let mut resources = Resources::new();
    let pending = plan.pending(&resources);
    answer(&mut resources, pending[0]);
    assert!(plan.pending(&resources).is_empty());
    resources
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_frame_is_drawn_as_its_png(
        width in 1u32..90, height in 1u32..70, alpha in prop_oneof![Just(255u8), any::<u8>()], seed: u32,
        layer in prop::sample::select(LAYERS), scale in prop::sample::select(&[1.0f32, 0.5, 2.0][..]),
    ) {
        let (template, frame) = (template(layer), frame(width, height, alpha, seed));

        // as an answer
        let row = Row::from_json(r#"{ "photo": "https://shop.example/a.png" }"#).unwrap();
        let plan = planned(&template, &row, scale);
        let encoded = answered(&plan, |resources, need| resources.insert(need.id(), png(&frame)).unwrap());
        let decoded = answered(&plan, |resources, need| resources.insert_frame(need.id(), frame.clone()).unwrap());
        prop_assert_eq!(drawn(&plan, &encoded), drawn(&plan, &decoded));

        // as a column, lent, given and decoded
        let (mut given, mut lent, mut pixels) = (Row::new(), Row::new(), Row::new());
        given.set_image("photo", png(&frame));
        lent.set_image_shared("photo", Arc::new(png(&frame)));
        pixels.set_frame("photo", frame);
        let plans = [&given, &lent, &pixels].map(|row| planned(&template, row, scale));
        prop_assert_eq!(plans[0].key(), plans[1].key(), "a key is of the content, wherever it lies");
        let [(given, _), (lent, _), (pixels, _)] = plans.each_ref().map(|plan| drawn(plan, &Resources::new()));
        prop_assert_eq!(&given, &drawn(&plan, &encoded).0);
        prop_assert_eq!(&given, &lent);
        prop_assert_eq!(&given, &pixels);
    }

    #[test]
    fn keys_tell_frames_apart(width in 1u32..9, height in 1u32..9, at: prop::sample::Index, by in 1u8..=255) {
        let template = template(LAYERS[0]);
        let one = frame(width, height, 255, 7);
        let mut other = one.clone();
        let px = at.index(one.pixels().len() / 4) * 4;
        other.pixels_mut()[px] = other.pixels()[px].wrapping_add(by);
        let reshaped = Frame::from_rgba(width * height, 1, one.to_rgba()).unwrap();

        let plan = planned(&template, &Row::from_json(r#"{ "photo": "a.png" }"#).unwrap(), 1.0);
        let resources_key = |frame: &Frame| plan.resources_key(&answered(&plan, |resources, need| resources.insert_frame(need.id(), frame.clone()).unwrap()));
        let key = |frame: &Frame| {
            let mut row = Row::new();
            row.set_frame("photo", frame.clone());
            planned(&template, &row, 1.0).key()
        };
        prop_assert_eq!(resources_key(&one), resources_key(&one.clone()));
        prop_assert_eq!(key(&one), key(&one.clone()));
        prop_assert_ne!(resources_key(&one), resources_key(&other));
        prop_assert_ne!(key(&one), key(&other));
        if height > 1 {
            prop_assert_ne!(resources_key(&one), resources_key(&reshaped));
            prop_assert_ne!(key(&one), key(&reshaped));
        }
        // bytes that are a frame's pixels are no frame
        let mut bytes = Row::new();
        bytes.set_image("photo", one.pixels().to_vec());
        let mut pixels = Row::new();
        pixels.set_frame("photo", one.clone());
        prop_assert_ne!(bytes, pixels);
    }
}

#[test]
fn limits_hold_for_frames() {
    let limits = Limits { max_pixels: 2_000, max_side_px: 100, ..Limits::default() };
    let template = Template::parse(
        r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [{ "type": "image", "src": ["{{ photo }}", "b.png"], "width": 9, "height": 9 }] }"#,
    )
    .unwrap();
    let renderer = Renderer::new(Fonts::new()).with_limits(limits.clone());
    let plan = renderer.plan(&template, &Row::from_json(r#"{ "photo": "a.png" }"#).unwrap(), &Context::default()).unwrap();
    for ((width, height), message) in
        [((101, 1), "picture is 101x1 px, over the limit of 100 px a side"), ((50, 50), "picture is 0.1 megapixels, over the limit of 0.1")]
    {
        let mut resources = Resources::with_limits(limits.clone());
        let first = plan.pending(&resources)[0].id();
        let error = resources.insert_frame(first, frame(width, height, 255, 1)).unwrap_err();
        assert_eq!(error.code(), Code::ResourceLimit);
        assert!(error.to_string().ends_with(message), "{error}");
        assert_eq!(error.faults()[0].place, format!("resource {first}"));
        assert_ne!(plan.pending(&resources)[0].id(), first, "the next choice is asked for");

        // in a row, its layer's next choice is drawn as well
        let mut row = Row::new();
        row.set_frame("photo", frame(width, height, 255, 1));
        let plan = renderer.plan(&template, &row, &Context::default()).unwrap();
        assert_eq!(plan.pending(&resources).len(), 1);
    }
    let mut row = Row::new();
    row.set_frame("photo", frame(40, 50, 255, 1));
    assert!(renderer.plan(&template, &row, &Context::default()).unwrap().pending(&Resources::new()).is_empty());
}

#[test]
fn what_is_lent_is_given_back_and_never_copied() {
    struct Lent(Vec<u8>);
    impl AsRef<[u8]> for Lent {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    let lent = Arc::new(Lent(png(&frame(8, 8, 255, 1))));
    let mut row = Row::new();
    row.set_image_shared("photo", lent.clone());
    assert_eq!(
        row.get("photo").and_then(|value| if let Value::Image(image) = value { image.bytes() } else { None }).unwrap().as_ptr(),
        lent.0.as_ptr()
    );
    let plan = planned(&template(LAYERS[0]), &row, 1.0);
    drop(row);
    assert!(Arc::strong_count(&lent) > 1, "the plan holds it");
    drawn(&plan, &Resources::new());
    drop(plan);
    assert_eq!(Arc::strong_count(&lent), 1);

    let pixels = Arc::new(frame(8, 8, 255, 1));
    let image = InlineImage::from_frame("photo", Arc::clone(&pixels));
    let mut row = Row::new();
    row.set("photo", Value::Image(image));
    let plan = planned(&template(LAYERS[0]), &row, 1.0);
    drop(row);
    assert_eq!(Arc::strong_count(&pixels), 3, "one for each layer's picture");
    drop(plan);
    assert_eq!(Arc::strong_count(&pixels), 1);
}

#[test]
fn pictures_of_rows_compare_by_content() {
    let bytes = png(&frame(3, 3, 255, 1));
    let given = InlineImage::new("photo", bytes.clone());
    assert_eq!(given, InlineImage::shared("photo", Arc::new(bytes.clone())));
    assert_ne!(given, InlineImage::new("other", bytes));
    assert_eq!(InlineImage::from_frame("a", frame(3, 3, 9, 1)), InlineImage::from_frame("a", frame(3, 3, 9, 1)));
    assert_ne!(InlineImage::from_frame("a", frame(3, 3, 9, 1)), InlineImage::from_frame("a", frame(3, 3, 9, 2)));
    assert_ne!(given, InlineImage::from_frame("photo", frame(3, 3, 255, 1)));
}
