//! `growth [SERIES]`: how the cost of a picture grows with its layers, canvas, photo and text, as lines `series<TAB>n<TAB>step<TAB>us`.
//!
//! The points of a series are drawn in turns, each several times, and the least processor time of each step counts: other work on the machine can only
//! add to it, and a time in which the machine is slow falls on all points. The sizes of all answers are checked. `tools/growth.py` runs this, draws the plots and judges the exponents.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use core_::{Context, Effort, Fonts, Guard, Limits, Output, Renderer, Resources, Row, Scratch, Subsampling, Template};
use rustix::time::{ClockId, clock_gettime};

/// A photo that is scaled to the sizes of the photo series.
const PHOTO: &[u8] = include_bytes!("../../../../templates/product-ad/rows/photos/citrus.jpg");
const FONT: &[u8] = include_bytes!("../../../../tests/fonts/NotoSans-Regular.subset.ttf");
const WORDS: [&str; 12] = ["honey", "cups", "of", "stoneware", "glazed", "inside", "with", "a", "linen", "apron", "and", "marmalade"];

const COUNTS: &[u32] = &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const SIDES: &[u32] = &[100, 200, 500, 1000, 2000, 4000, 8000];
/// Sides of square photos of 0.1 to 40 megapixels.
const PHOTO_SIDES: &[u32] = &[316, 500, 1000, 1600, 2236, 3162, 4472, 6324];

/// A series: its name, its points, and what is drawn at a point.
type Series = (&'static str, &'static [u32], fn(&Bench, u32) -> Result<Case, Box<dyn Error>>);

const SERIES: &[Series] = &[
    ("layers: boxes", COUNTS, |_, n| Ok(Case::plain((1080, 1080), &boxes(n), Output::png()))),
    ("layers: rounded, with shadow", COUNTS, |_, n| Ok(Case::plain((1080, 1080), &shadows(n), Output::png()))),
    ("layers: texts", COUNTS, |_, n| Ok(Case::plain((1080, 1080), &texts(n), Output::png()))),
    ("layers: texts in a flex column", COUNTS, |_, n| Ok(Case::plain((1080, 1080), &flex(n), Output::png()))),
    ("layers: nested groups of opacity", &[1, 2, 5, 10, 20], |_, n| Ok(Case::plain((1080, 1080), &nested(n), Output::png()))),
    ("canvas to JPEG", SIDES, |_, side| Ok(Case::plain((side, side), &scene(side), jpeg()))),
    ("canvas to PNG", SIDES, |_, side| Ok(Case::plain((side, side), &scene(side), Output::png()))),
    ("photo: JPEG", PHOTO_SIDES, |bench, side| bench.photo(side, &jpeg())),
    ("photo: PNG", PHOTO_SIDES, |bench, side| bench.photo(side, &Output { effort: Effort::Fast, ..Output::png() })),
    ("photo: WebP", PHOTO_SIDES, |bench, side| bench.photo(side, &Output::webp())),
    ("rows of text", COUNTS, |_, n| Ok(Case::text(n, ""))),
    ("rows of text, shrunk to fit", COUNTS, |_, n| Ok(Case::text(n, r#""min-font-size": 4, "#))),
];

/// What is drawn at a point.
struct Case {
    json: String,
    size: (u32, u32),
    output: Output,
    photo: Option<Arc<[u8]>>,
}

impl Case {
    fn plain(size: (u32, u32), layers: &str, output: Output) -> Self {
        let (width, height) = size;
        let json = format!(
            r##"{{ "templrender": 1, "name": "growth", "size": [{width}, {height}], "background": "#fff", "fonts": ["Noto Sans"], "layers": [{layers}] }}"##
        );
        Self { json, size, output, photo: None }
    }

    /// So many rows of about 60 characters on a canvas that has room for them.
    fn text(rows: u32, more: &str) -> Self {
        let height = 16 * rows + 20;
        let text = words(rows * 11);
        let layer = format!(
            r#"{{ "type": "text", "text": "{text}", "left": 10, "top": 10, "width": 480, "height": {}, {more}"font-size": 12, "line-height": "16px" }}"#,
            16 * rows
        );
        Self::plain((500, height), &layer, Output::png())
    }
}

struct Bench {
    renderer: Renderer,
}

impl Bench {
    fn new() -> Result<Self, Box<dyn Error>> {
        let mut fonts = Fonts::new();
        fonts.add(FONT.to_vec())?;
        Ok(Self { renderer: Renderer::new(fonts).with_limits(limits()) })
    }

    /// A square photo of that side, encoded as `output` says, that covers 600 x 600 px.
    fn photo(&self, side: u32, output: &Output) -> Result<Case, Box<dyn Error>> {
        let json = cover(side);
        let photo =
            self.drawn(&Case { json, size: (side, side), output: output.clone(), photo: Some(PHOTO.into()) }, &mut Scratch::new())?.0;
        Ok(Case { json: cover(600), size: (600, 600), output: jpeg(), photo: Some(photo.into()) })
    }

    /// A picture's bytes and the microseconds of its steps.
    fn drawn(&self, case: &Case, scratch: &mut Scratch) -> Result<(Vec<u8>, [f64; STEPS.len()]), Box<dyn Error>> {
        let template = Template::parse_with(&case.json, &limits())?;
        let from = now_ns();
        let mut row = Row::new();
        if let Some(photo) = &case.photo {
            row.set_image("photo", Arc::clone(photo));
        }
        let plan = self.renderer.plan(&template, &row, &Context::default())?;
        let planned = now_ns();
        let guard = Guard { clock: Some(now_ns), ..Guard::default() };
        let rendered = self.renderer.render_guarded(&plan, &Resources::new(), scratch, &guard)?;
        let encoding = now_ns();
        let bytes = rendered.frame.encode(&case.output)?;
        let done = now_ns();
        if (rendered.frame.width(), rendered.frame.height()) != case.size {
            return Err(format!("a frame of {:?} was wanted", case.size).into());
        }
        let timings = rendered.report.timings_us.ok_or("the guard has a clock")?;
        let us = |from: u64, to: u64| (to - from) as f64 / 1e3;
        let (layout, decode, paint) = (timings.layout as f64, timings.decode as f64, timings.paint as f64);
        Ok((bytes, [us(from, planned), layout, decode, paint, us(encoding, done), us(from, done)]))
    }
}

const STEPS: [&str; 6] = ["plan", "layout", "decode", "paint", "encode", "all"];
/// Turns through the points of a series.
const TURNS: u32 = 5;
/// How long a point is drawn in a turn, once at least, and how often at most.
const ENOUGH_US: f64 = 40_000.0;
const MOST_RUNS: u32 = 40;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(arguments.first().map_or("", String::as_str)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("growth: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(only: &str) -> Result<(), Box<dyn Error>> {
    let bench = Bench::new()?;
    for (name, points, case) in SERIES.iter().filter(|(name, ..)| name.starts_with(only)) {
        let cases = points.iter().map(|n| case(&bench, *n)).collect::<Result<Vec<_>, _>>()?;
        let mut least = vec![[f64::INFINITY; STEPS.len()]; cases.len()];
        for _ in 0..TURNS {
            for (case, least) in cases.iter().zip(&mut least) {
                let (mut runs, mut spent) = (0, 0.0);
                while runs == 0 || (spent < ENOUGH_US && runs < MOST_RUNS) {
                    // Shaped words and glyph masks are forgotten: what is shown is what a new text costs.
                    let (_, taken) = bench.drawn(case, &mut Scratch::new())?;
                    for (least, us) in least.iter_mut().zip(taken) {
                        *least = least.min(us);
                    }
                    (runs, spent) = (runs + 1, spent + taken[STEPS.len() - 1]);
                }
            }
        }
        for (n, least) in points.iter().zip(least) {
            for (step, us) in STEPS.iter().zip(least) {
                println!("{name}\t{n}\t{step}\t{us:.1}");
            }
        }
    }
    Ok(())
}

/// Large enough for the largest points.
fn limits() -> Limits {
    Limits { max_input_bytes: 256 << 20, max_text_bytes: 256 << 10, ..Limits::default() }
}

fn jpeg() -> Output {
    Output { subsampling: Subsampling::S420, ..Output::jpeg(85) }
}

/// Layers one after the other, in places that spread over the canvas.
fn layers(n: u32, layer: impl Fn(u32, u32, u32) -> String) -> String {
    (0..n).map(|i| layer(i, i * 389 % 1000, i * 619 % 1000)).collect::<Vec<_>>().join(",")
}

fn boxes(n: u32) -> String {
    layers(n, |i, x, y| {
        format!(r#"{{ "type": "box", "left": {x}, "top": {y}, "width": 60, "height": 40, "background": "rgb({} 80 120 / 60%)" }}"#, i % 256)
    })
}

fn shadows(n: u32) -> String {
    layers(n, |_, x, y| {
        format!(
            r##"{{ "type": "box", "left": {x}, "top": {y}, "width": 60, "height": 40, "border-radius": 8, "background": "#fc3",
                "box-shadow": "0 4px 8px rgb(0 0 0 / 30%)" }}"##
        )
    })
}

fn texts(n: u32) -> String {
    layers(n, |i, x, y| format!(r#"{{ "type": "text", "text": "{} {i}", "left": {x}, "top": {y}, "font-size": 14 }}"#, words(3)))
}

fn flex(n: u32) -> String {
    let children = layers(n, |i, _, _| format!(r#"{{ "type": "text", "text": "{} {i}", "font-size": 14 }}"#, words(3)));
    format!(
        r#"{{ "type": "box", "left": 0, "top": 0, "width": 1000, "display": "flex", "flex-direction": "column", "gap": 2, "layers": [{children}] }}"#
    )
}

fn nested(n: u32) -> String {
    let mut json = r##"{ "type": "box", "left": 1, "top": 1, "width": 9, "height": 9, "background": "#345" }"##.to_owned();
    for _ in 0..n {
        json = format!(
            r##"{{ "type": "box", "left": 1, "top": 1, "width": 900, "height": 900, "opacity": 0.9, "background": "#eee", "layers": [{json}] }}"##
        );
    }
    json
}

/// What an ad has on it, at any size: a gradient, a shadow, a banner.
fn scene(side: u32) -> String {
    let part = |percent: u32| side * percent / 100;
    format!(
        r##"{{ "type": "box", "inset": 0, "background": "linear-gradient(160deg, #ffffff, #c3d8f2)" }},
            {{ "type": "box", "left": {}, "top": {}, "width": {}, "height": {}, "border-radius": {}, "background": "#fc3",
               "box-shadow": "0 4px 16px rgb(0 0 0 / 30%)" }},
            {{ "type": "box", "left": 0, "top": {}, "width": {side}, "height": {}, "background": "rgb(16 42 92 / 72%)" }}"##,
        part(10),
        part(10),
        part(80),
        part(60),
        part(3),
        part(60),
        part(12),
    )
}

fn cover(side: u32) -> String {
    format!(
        r#"{{ "templrender": 1, "name": "cover", "size": [{side}, {side}], "fields": {{ "photo": {{ "type": "image", "required": true }} }},
            "layers": [ {{ "type": "image", "src": "{{{{ photo }}}}", "left": 0, "top": 0, "width": {side}, "height": {side}, "object-fit": "cover" }} ] }}"#
    )
}

/// So many words, none of them of the same row of letters as its neighbours.
fn words(n: u32) -> String {
    let mut text = String::new();
    for i in 0..n {
        let word = WORDS[(i * 7 + i / 5) as usize % WORDS.len()];
        let _ = write!(text, "{}{word}", if i == 0 { "" } else { " " });
    }
    text
}

/// Processor time of this process so far.
fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
