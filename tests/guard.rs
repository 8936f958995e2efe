//! A guard ends every stage: by a clock that goes on with each look at it, and by a flag that another thread sets.
//!
//! `TEMPLRENDER_GUARD=full` takes pictures of 64 megapixels and prints how long each took to end; the figures of an optimised build are in DESIGN.md.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "a test looks at the clock and the environment, starts threads and prints"
)]

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jpeg_encoder::{ColorType, Encoder};
use templrender::{
    Code, Context, Effort, Error, Fonts, Frame, Guard, Limits, NeedSource, Output, Plan, Rendered, Renderer, Resources, Row, Scratch,
    Template,
};

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// A clock that goes on by one with each look.
fn counting() -> u64 {
    NOW.replace(NOW.get() + 1)
}

fn until(deadline: u64) -> Guard<'static> {
    NOW.set(0);
    Guard { clock: Some(counting), deadline_ns: Some(deadline), ..Guard::default() }
}

fn renderer() -> Renderer {
    let mut fonts = Fonts::new();
    fonts.add(std::fs::read("tests/fonts/NotoSans-Regular.subset.ttf").unwrap()).unwrap();
    Renderer::new(fonts)
}

fn plan(template: &str) -> Plan {
    renderer().plan(&Template::parse(template).unwrap(), &Row::new(), &Context::default()).unwrap()
}

/// A plan's pictures, all the same.
fn resources(plan: &Plan, photo: &[u8]) -> Resources {
    let mut resources = Resources::new();
    while let [need, ..] = plan.pending(&resources)[..] {
        assert!(matches!(need.source(), NeedSource::Location(_)));
        resources.insert(need.id(), photo).unwrap();
    }
    resources
}

/// Smooth, with some noise, so that no format has it for nothing.
fn rgb(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let px = |i: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (i % width, i / width);
        [(x / 8) as u8 ^ (state >> 29) as u8, (y / 8) as u8, ((x + y) / 16) as u8]
    };
    (0..width * height).flat_map(px).collect()
}

fn jpeg(width: u16, height: u16, progressive: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 80);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
    encoder.set_progressive(progressive);
    encoder.encode(&rgb(width.into(), height.into()), width, height, ColorType::Rgb).unwrap();
    bytes
}

fn frame(width: u32, height: u32, alpha: u8) -> Frame {
    let rgba = rgb(width, height).chunks_exact(3).flat_map(|px| [px[0], px[1], px[2], alpha]).collect();
    Frame::from_rgba(width, height, rgba).unwrap()
}

/// All that stops by itself: texts that shrink and wrap, shadows, blurs, blending, turned and scaled pictures, gradients.
const CARD: &str = r##"{ "templrender": 1, "name": "card", "size": [300, 200], "fonts": ["Noto Sans"],
    "background": "linear-gradient(red, blue)", "layers": [
    { "type": "image", "src": "photo", "left": 10, "top": 10, "width": 120, "height": 120, "border-radius": 8 },
    { "type": "image", "src": "photo", "left": 150, "top": 20, "width": 90, "height": 90, "transform": "rotate(10deg)" },
    { "type": "text", "text": "Aster honey from the hills", "left": 10, "top": 140, "width": 200, "height": 40, "font-size": 30, "min-font-size": 12,
      "text-shadow": "0 2px 6px black" },
    { "type": "box", "left": 200, "top": 120, "width": 90, "height": 70, "filter": "blur(4px) grayscale(0.5)", "mix-blend-mode": "multiply", "layers": [
        { "type": "box", "inset": 5, "background": "gold", "box-shadow": "0 3px 9px rgb(0 0 0 / 50%)", "border": "2px solid green", "border-radius": 9 } ] },
    { "type": "box", "left": 20, "top": 100, "width": 90, "height": 40, "backdrop-filter": "blur(6px)", "display": "flex", "layers": [
        { "type": "text", "text": "one" }, { "type": "text", "text": "two", "font-size": 12 } ] } ] }"##;

#[test]
fn at_whatever_look_at_the_clock_the_deadline_comes_each_stage_ends() {
    let plan = plan(CARD);
    let resources = resources(&plan, &jpeg(640, 480, false));
    let (renderer, mut scratch) = (renderer(), Scratch::new());
    let whole = renderer.render(&plan, &resources, &mut Scratch::new()).unwrap();
    assert_eq!(whole.report.timings_us, None);
    let mut stages: Vec<String> = Vec::new();
    for deadline in (0..).step_by(11) {
        match renderer.render_guarded(&plan, &resources, &mut scratch, &until(deadline)) {
            Err(error) => {
                assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
                let stage = error.faults()[0].place.clone();
                if stages.last() != Some(&stage) {
                    stages.push(stage);
                }
            }
            Ok(rendered) => {
                assert!((30..2_000).contains(&deadline), "{deadline} looks");
                assert_eq!(rendered.frame, whole.frame, "a scratch that was left half way changes nothing");
                let timings = rendered.report.timings_us.unwrap();
                assert_eq!((timings.plan, timings.encode), (None, None));
                break;
            }
        }
    }
    assert_eq!(stages, ["layout", "decode", "paint"]);
}

/// How often the clock is asked while `work` runs to its end.
fn looks(work: impl Fn(&Guard<'_>) -> Result<(), Error>) -> u64 {
    work(&until(u64::MAX)).unwrap();
    NOW.get()
}

/// Moments at which a long work is stopped.
const TRIED: u64 = 7;

/// Stops `work` at some looks at the clock: it ends there, at that stage, and looks no more.
fn stops_at(stage: &str, least: u64, name: &str, work: impl Fn(&Guard<'_>) -> Result<(), Error>) {
    // the last look of a render is for the timings
    let looks = looks(&work) - u64::from(stage != "encode");
    let (mut of_stage, tried) = (0, looks.min(TRIED));
    for deadline in (0..tried).map(|i| i * looks / tried) {
        let error = work(&until(deadline)).expect_err(name);
        assert_eq!(error.code(), Code::DeadlineExceeded, "{name}: {error}");
        of_stage += u64::from(error.faults()[0].place == stage);
        assert!(NOW.get() <= deadline + 3, "{name}: it went on for {} looks", NOW.get() - deadline);
    }
    assert!(of_stage >= least, "{name}: {of_stage} of {looks} looks in {stage}");
}

#[test]
fn decoders_stop_on_their_way() {
    let (renderer, limits) = (renderer(), Limits::default());
    let plan = plan(
        r#"{ "templrender": 1, "name": "p", "size": [9, 9], "layers": [ { "type": "image", "src": "photo", "width": 9, "height": 9 } ] }"#,
    );
    let gif = |side: u32| {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
        encoder.encode(&rgb(side, side), side, side, image::ExtendedColorType::Rgb8).unwrap();
        drop(encoder);
        bytes
    };
    let bmp = |side: u32| {
        let mut bytes = Vec::new();
        image::codecs::bmp::BmpEncoder::new(&mut bytes).encode(&rgb(side, side), side, side, image::ExtendedColorType::Rgb8).unwrap();
        bytes
    };
    let clear = frame(500, 500, 128);
    let zeros = Frame::new(1_500, 1_500, &limits).unwrap();
    let photos = [
        ("jpeg", jpeg(1_000, 1_000, false), 5),
        ("progressive jpeg", jpeg(1_000, 1_000, true), 2),
        ("png", frame(500, 500, 255).encode(&Output::png()).unwrap(), 3),
        ("png with alpha", clear.encode(&Output::png()).unwrap(), 3),
        ("png of nothing", zeros.encode(&Output::png()).unwrap(), 2),
        ("webp", clear.encode(&Output::webp()).unwrap(), 3),
        ("gif", gif(300), 2),
        ("bmp", bmp(400), 3),
    ];
    for (name, photo, least) in photos {
        let resources = resources(&plan, &photo);
        stops_at("decode", least, name, |guard| renderer.render_guarded(&plan, &resources, &mut Scratch::new(), guard).map(|_| ()));
    }
}

#[test]
fn encoders_stop_on_their_way() {
    let (opaque, clear) = (frame(520, 520, 255), frame(520, 520, 99));
    let (little, little_clear) = (frame(160, 160, 255), frame(160, 160, 99));
    let palette = Frame::from_rgba(600, 600, [[9, 9, 9, 255], [200, 0, 0, 255]].concat().repeat(180_000)).unwrap();
    let small = Output { effort: Effort::Small, ..Output::png() };
    for (name, frame, output, least) in [
        ("jpeg", &opaque, Output::jpeg(85), 3),
        ("jpeg over a matte", &clear, Output::jpeg(85), 3),
        ("fine jpeg", &opaque, Output::jpeg(98), 2),
        ("png", &opaque, Output::png(), 2),
        ("small png", &little, small.clone(), 3),
        ("small png with alpha", &little_clear, small, 3),
        ("png with a palette", &palette, Output::png(), 1),
        ("webp", &opaque, Output::webp(), 1),
    ] {
        stops_at("encode", least, name, |guard| frame.encode_guarded(&output, guard).map(|_| ()));
        assert_eq!(frame.encode_guarded(&output, &until(u64::MAX)), frame.encode(&output), "{name}");
    }
}

#[test]
fn long_loops_of_painting_stop_on_their_way() {
    let renderer = renderer();
    let layer =
        |layer: &str| format!(r#"{{ "templrender": 1, "name": "t", "size": [400, 400], "fonts": ["Noto Sans"], "layers": [ {layer} ] }}"#);
    let inside = r#""layers": [ { "type": "box", "inset": 0, "background": "conic-gradient(red, blue)" } ]"#;
    for (name, text) in [
        ("blur", format!(r#"{{ "type": "box", "inset": 0, "filter": "blur(40px)", {inside} }}"#)),
        ("small blur", format!(r#"{{ "type": "box", "inset": 0, "filter": "blur(1px)", {inside} }}"#)),
        ("drop shadow", format!(r#"{{ "type": "box", "inset": 0, "filter": "drop-shadow(9px 9px 30px red)", {inside} }}"#)),
        ("recolour", format!(r#"{{ "type": "box", "inset": 0, "filter": "sepia(1) hue-rotate(40deg)", {inside} }}"#)),
        (
            "backdrop",
            r#"{ "type": "box", "inset": 0, "background": "red" }, { "type": "box", "inset": 0, "backdrop-filter": "blur(30px)" }"#.into(),
        ),
        ("blend", format!(r#"{{ "type": "box", "inset": 0, "mix-blend-mode": "luminosity", {inside} }}"#)),
        ("gradient", r#"{ "type": "box", "inset": 0, "background": "conic-gradient(red, rgb(0 0 0 / 10%))" }"#.into()),
        (
            "turned shadow",
            r#"{ "type": "box", "inset": 50, "border-radius": 90, "transform": "rotate(9deg)", "box-shadow": "0 0 60px red" }"#.into(),
        ),
        (
            "shadow of a text",
            format!(
                r#"{{ "type": "text", "text": "{}", "width": 400, "font-size": 30, "text-shadow": "0 0 30px red" }}"#,
                "honey ".repeat(40)
            ),
        ),
        (
            "turned text",
            format!(
                r#"{{ "type": "text", "text": "{}", "width": 400, "font-size": 30, "transform": "rotate(3deg)" }}"#,
                "honey ".repeat(40)
            ),
        ),
    ] {
        let plan = plan(&layer(&text));
        stops_at("paint", 2, name, |guard| renderer.render_guarded(&plan, &Resources::new(), &mut Scratch::new(), guard).map(|_| ()));
    }
}

#[test]
fn a_layout_of_many_layers_stops_at_each() {
    let renderer = renderer();
    for (name, display) in [("anchored", ""), ("flowing", r#""display": "flex", "flex-wrap": "wrap","#)] {
        let texts = vec![r#"{ "type": "text", "text": "honey" }"#; 40].join(", ");
        let keys = r#""templrender": 1, "name": "t", "size": [300, 300], "fonts": ["Noto Sans"]"#;
        let plan = plan(&format!(r#"{{ {keys}, "layers": [ {{ "type": "box", "inset": 0, {display} "layers": [ {texts} ] }} ] }}"#));
        stops_at("layout", 4, name, |guard| renderer.render_guarded(&plan, &Resources::new(), &mut Scratch::new(), guard).map(|_| ()));
    }
}

/// Sets a flag after `after` while `work` runs: how long it went on, or nothing where it was done before.
fn cancelled<T>(after: Duration, work: impl FnOnce(&Guard<'_>) -> Result<T, Error>) -> Option<Duration> {
    let (flag, set) = (AtomicBool::new(false), OnceLock::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(after);
            set.set(Instant::now()).unwrap();
            flag.store(true, Ordering::Relaxed);
        });
        let result = work(&Guard { cancel: Some(&flag), ..Guard::default() });
        let end = Instant::now();
        let error = result.err()?;
        assert_eq!(error.code(), Code::Cancelled, "{error}");
        Some(end - *set.get().unwrap())
    })
}

#[test]
fn a_flag_ends_heavy_pictures_soon() {
    let full = std::env::var("TEMPLRENDER_GUARD").is_ok_and(|v| v == "full");
    let side: u16 = if full { 7_900 } else { 250 };
    let renderer = renderer();
    let canvas = |keys: &str| format!(r#"{{ "templrender": 1, "name": "t", "size": [{side}, {side}], "fonts": ["Noto Sans"], {keys} }}"#);
    let box_of = |keys: &str| canvas(&format!(r#""layers": [ {{ "type": "box", "inset": 0, {keys} }} ]"#));
    let inside = r#""layers": [ { "type": "box", "inset": 0, "background": "linear-gradient(red, blue)" } ]"#;
    let many = if full { 10_000 } else { 100 };
    let layers: Vec<String> = (0..many)
        .map(|i| {
            let place = format!(r#""left": {}, "top": {}"#, i % 100 * 9, i / 100 * 9);
            if i % 2 == 0 {
                format!(r#"{{ "type": "text", "text": "honey {i}", {place}, "font-size": 20, "text-shadow": "1px 1px 4px red" }}"#)
            } else {
                format!(r#"{{ "type": "box", {place}, "width": 90, "height": 90, "border-radius": 9, "background": "gold", "box-shadow": "0 3px 9px black" }}"#)
            }
        })
        .collect();
    let photo = canvas(r#""layers": [ { "type": "image", "src": "photo", "width": 1000, "height": 1000 } ]"#)
        .replace(&format!("[{side}, {side}]"), "[1000, 1000]");
    let long = format!(
        r#"{{ "type": "text", "width": 900, "height": 900, "min-font-size": 2, "text": "{}" }}"#,
        "honey from the hills ".repeat(if full { 3_000 } else { 20 })
    );
    let pictures = [
        ("blur", box_of(&format!(r#""filter": "blur(100px)", {inside}"#)), None),
        ("blend", box_of(&format!(r#""mix-blend-mode": "hue", {inside}"#)), None),
        ("layers", canvas(&format!(r#""layers": [ {} ]"#, layers.join(", "))), None),
        ("long text", canvas(&format!(r#""layers": [ {long} ]"#)), None),
        (
            "jpeg",
            photo.replace(r#""width": 1000, "height": 1000"#, &format!(r#""width": {side}, "height": {side}"#)),
            Some(jpeg(side, side, false)),
        ),
        ("jpeg to 1,000 px", photo.clone(), Some(jpeg(side, side, false))),
        ("progressive jpeg", photo.clone(), Some(jpeg(side, side, true))),
        // Of a quarter of the pixels: one of all would be larger than a picture may be.
        ("png", photo, Some(frame(u32::from(side / 2), u32::from(side / 2), 200).encode(&Output::png()).unwrap())),
    ];
    for (name, template, photo) in pictures {
        let plan = plan(&template);
        let resources = photo.map_or_else(Resources::new, |photo| resources(&plan, &photo));
        let work =
            |guard: &Guard<'_>| -> Result<Rendered, Error> { renderer.render_guarded(&plan, &resources, &mut Scratch::new(), guard) };
        report(name, full, |guard| work(guard).map(|_| ()));
    }
    let frame = frame(side.into(), side.into(), 200);
    let small = Output { effort: Effort::Small, ..Output::png() };
    for (name, output) in [
        ("to jpeg", Output::jpeg(85)),
        ("to fine jpeg", Output::jpeg(97)),
        ("to png", Output::png()),
        ("to small png", small),
        ("to webp", Output::webp()),
    ] {
        report(name, full, |guard| frame.encode_guarded(&output, guard).map(|_| ()));
    }
}

/// Cancels `work` at some moments of its run; each time it ends, cancelled.
fn report(name: &str, full: bool, work: impl Fn(&Guard<'_>) -> Result<(), Error>) {
    let begin = Instant::now();
    work(&Guard::default()).unwrap();
    let whole = begin.elapsed();
    let begin = Instant::now();
    let far = AtomicBool::new(false);
    work(&Guard { clock: Some(counting), deadline_ns: Some(u64::MAX), cancel: Some(&far) }).unwrap();
    let guarded = begin.elapsed();
    let moments = if full { 10 } else { 1 };
    let ended: Vec<Duration> = (0..moments).filter_map(|i| cancelled(whole * (2 * i + 1) / (2 * moments), &work)).collect();
    let longest = ended.iter().max().copied().unwrap_or_default();
    if full {
        let (whole, guarded, longest) = (whole.as_millis(), guarded.as_millis(), longest.as_millis());
        println!("{name:18} {whole:5} ms, guarded {guarded:5} ms, ended {} times, at most {longest:4} ms after the flag", ended.len());
    }
    // how soon is printed, not asserted: other work on the machine decides; that each stage asks often is shown by the counting clock
    assert!(longest < Duration::from_secs(20), "{name}: {longest:?}");
}
