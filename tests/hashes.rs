//! The same bytes on every machine: a hash of the pixels and of the encoded bytes of every shipped template, and of small templates that
//! hold one part of the format each, against `tests/hashes.txt`.
//!
//! Every picture is drawn twice: by one thread with one scratch that is never emptied, and by eight threads in another order, half of
//! them with a fresh scratch for each picture. `make hashes` runs the list on a processor without AVX and FMA, where everything that
//! picks code at run time falls back. `TEMPLRENDER_BLESS=1` writes the list anew, and fails so that no one blesses by accident.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "a test reads files and the environment, and starts threads"
)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{NOW, around, encoded};
use templrender::{
    Context, Currency, Decimal, Effort, Money, Output, Plan, Renderer, Resources, Row, Scratch, Subsampling, Template, Value,
};

/// One picture to draw: everything that is needed for it, shared by all threads.
struct Job {
    name: String,
    renderer: Renderer,
    plan: Plan,
    resources: Resources,
    outputs: Vec<(&'static str, Output)>,
}

type Hashes = Vec<(String, String)>;

impl Job {
    fn draw(&self, scratch: &mut Scratch) -> Hashes {
        let rendered = self.renderer.render(&self.plan, &self.resources, scratch).unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let mut hashes = vec![(self.name.clone(), hash(rendered.frame.pixels()))];
        for (name, output) in &self.outputs {
            let bytes = rendered.frame.encode(output).unwrap_or_else(|e| panic!("{}: {e}", self.name));
            hashes.push((format!("{} {name}", self.name), hash(&bytes)));
        }
        hashes
    }
}

#[test]
fn the_same_bytes_everywhere() {
    let mut jobs = small();
    jobs.extend(shipped());
    let mut scratch = Scratch::new();
    let mut first: Hashes = jobs.iter().flat_map(|job| job.draw(&mut scratch)).collect();
    let mut second = in_threads(&jobs);
    first.sort();
    second.sort();
    let differ: Vec<&str> = first.iter().zip(&second).filter(|(a, b)| a != b).map(|(a, _)| a.0.as_str()).collect();
    assert!(differ.is_empty() && first.len() == second.len(), "threads, order or a fresh scratch change the bytes of {differ:?}");
    assert!(first.windows(2).all(|w| w[0].0 != w[1].0), "two pictures have one name");

    let path = common::root().join("tests/hashes.txt");
    if std::env::var_os("TEMPLRENDER_BLESS").is_some() {
        let mut text = String::new();
        for (name, hash) in &first {
            let _ = writeln!(text, "{hash}  {name}");
        }
        fs::write(&path, text).unwrap();
        panic!("blessed {} hashes, look at them and run again", first.len());
    }
    let text = fs::read_to_string(&path).unwrap();
    let mut wanted: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once("  ")).map(|(hash, name)| (name, hash)).collect();
    let mut wrong = Vec::new();
    for (name, hash) in &first {
        match wanted.remove(name.as_str()) {
            Some(known) if known == hash => {}
            Some(_) => wrong.push(format!("other bytes: {name}")),
            None => wrong.push(format!("not in the list: {name}")),
        }
    }
    wrong.extend(wanted.keys().map(|name| format!("no longer drawn: {name}")));
    println!("{} hashes", first.len());
    assert!(
        wrong.is_empty(),
        "{} of {} differ; if pixels were meant to change, TEMPLRENDER_BLESS=1\n{}",
        wrong.len(),
        first.len(),
        wrong.join("\n")
    );
}

/// All jobs by eight threads, the last one first; every other picture gets a fresh scratch.
fn in_threads(jobs: &[Job]) -> Hashes {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut scratch, mut hashes) = (Scratch::new(), Vec::new());
        while let Some(at) = jobs.len().checked_sub(1 + next.fetch_add(1, Ordering::Relaxed)) {
            if at % 2 == 0 {
                scratch = Scratch::new();
            }
            hashes.extend(jobs[at].draw(&mut scratch));
        }
        hashes
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

/// Every row of every shipped template in every variant, encoded as the template says.
fn shipped() -> Vec<Job> {
    let mut jobs = Vec::new();
    for folder in common::shipped() {
        for (name, row) in folder.rows(8) {
            for variant in folder.variants() {
                let plan = folder.plan(&row, variant.as_deref());
                jobs.push(Job {
                    name: format!("{}/{name}/{}", folder.name, variant.as_deref().unwrap_or("default")),
                    renderer: folder.renderer.clone(),
                    resources: folder.answer(&plan),
                    outputs: vec![("encoded", plan.output().clone())],
                    plan,
                });
            }
        }
    }
    jobs
}

/// One part of the format each.
fn small() -> Vec<Job> {
    let renderer = Renderer::new(common::fonts());
    let mut row = Row::new();
    row.set_image("png", encoded(160, 96, &Output::png()));
    row.set_image("jpeg", encoded(333, 211, &Output::jpeg(80)));
    row.set_image("jpeg444", encoded(48, 48, &Output { subsampling: Subsampling::S444, ..Output::jpeg(95) }));
    row.set_image("large", encoded(1600, 1200, &Output::jpeg(70)));
    row.set_image("webp", encoded(97, 61, &Output::webp()));
    let price = Money { amount: Decimal::parse("1299.95").unwrap(), currency: Currency::parse("EUR").unwrap() };
    row.set("price", Value::Money(price));
    let plan = |name: &str, json: &str, scale: Option<f32>| {
        let template = Template::parse(json).unwrap_or_else(|e| panic!("{name}: {e}"));
        let context = Context { now: Some(NOW), scale, ..Context::default() };
        renderer.plan(&template, &row, &context).unwrap_or_else(|e| panic!("{name}: {e}"))
    };
    let job = |name: String, plan: Plan, outputs: Vec<(&'static str, Output)>| {
        let (renderer, resources) = (renderer.clone(), Resources::new());
        Job { name, renderer, plan, resources, outputs }
    };
    let mut jobs = Vec::new();
    for (name, layers) in PARTS {
        let json = around(layers);
        for scale in [None, Some(0.37), Some(2.3)] {
            let name = format!("part/{name}/{}", scale.unwrap_or(1.0));
            jobs.push(job(name.clone(), plan(&name, &json, scale), vec![]));
        }
    }
    for mode in MODES {
        let layers = format!(
            r##"{{ "type": "box", "inset": 0, "background": "linear-gradient(90deg, #f00, #0f08, #00f, #fff, #000)" }},
                {{ "type": "box", "left": 10, "top": 10, "width": 180, "height": 100, "mix-blend-mode": "{mode}",
                   "background": "linear-gradient(0deg, #c81e5a, #1ec85a80, #0000, #fc0, #123)" }}"##
        );
        let name = format!("blend/{mode}");
        jobs.push(job(name.clone(), plan(&name, &around(&layers), None), vec![]));
    }
    for filter in FILTERS {
        let layers = format!(
            r##"{{ "type": "image", "src": "{{{{ webp }}}}", "left": 10, "top": 10, "width": 97, "height": 61, "filter": "{filter}" }},
                {{ "type": "box", "left": 60, "top": 40, "width": 120, "height": 70, "background": "#fff6", "border-radius": 20, "backdrop-filter": "{filter}" }}"##
        );
        let name = format!("filter/{filter}");
        jobs.push(job(name.clone(), plan(&name, &around(&layers), None), vec![]));
    }
    let small = |output: Output| Output { effort: Effort::Small, ..output };
    let outputs = || {
        vec![
            ("jpeg-30", Output::jpeg(30)),
            ("jpeg-85", Output::jpeg(85)),
            ("jpeg-95-444", Output { subsampling: Subsampling::S444, ..Output::jpeg(95) }),
            ("jpeg-85-small", small(Output::jpeg(85))),
            ("png", Output::png()),
            ("png-small", small(Output::png())),
            ("webp", Output::webp()),
            ("webp-small", small(Output::webp())),
        ]
    };
    let clear = r##"{ "templrender": 1, "name": "t", "size": [211, 97], "layers": [
        { "type": "image", "src": "{{ png }}", "left": 3, "top": 5, "width": 120, "height": 80 },
        { "type": "box", "left": 100, "top": 20, "width": 90, "height": 60, "border-radius": "50%", "background": "#d0021b80" } ] }"##;
    jobs.push(job("encode/clear".to_owned(), plan("clear", clear, None), outputs()));
    jobs.push(job("encode/opaque".to_owned(), plan("opaque", &around(PARTS[0].1), Some(1.7)), outputs()));
    jobs.push(job(
        "encode/flat".to_owned(),
        plan("flat", &around(r##"{ "type": "box", "inset": 30, "background": "#d0021b" }"##), None),
        outputs(),
    ));
    jobs
}

const MODES: [&str; 16] = [
    "normal",
    "multiply",
    "screen",
    "overlay",
    "darken",
    "lighten",
    "color-dodge",
    "color-burn",
    "hard-light",
    "soft-light",
    "difference",
    "exclusion",
    "hue",
    "saturation",
    "color",
    "luminosity",
];

const FILTERS: [&str; 12] = [
    "blur(0.7px)",
    "blur(3px)",
    "blur(18px)",
    "brightness(1.3)",
    "contrast(0.6)",
    "grayscale(0.8)",
    "hue-rotate(77deg)",
    "invert(0.9)",
    "opacity(0.4)",
    "saturate(2.2)",
    "sepia(0.7)",
    "drop-shadow(4px 6px 5px #06c) blur(1px)",
];

const PARTS: &[(&str, &str)] = &[
    (
        "linear",
        r##"{ "type": "box", "inset": 0, "background": "linear-gradient(33deg, #f00, #0f0 20%, 60%, #00f8 75%, transparent)" },
        { "type": "box", "left": 20, "top": 20, "width": 90, "height": 50, "background": "repeating-linear-gradient(45deg, #000 0 3px, #fc0 3px 9px)" }"##,
    ),
    (
        "radial",
        r##"{ "type": "box", "inset": 0, "background": "radial-gradient(circle at 30% 40%, #fff, #06c 40%, #102 90%)" },
        { "type": "box", "left": 90, "top": 10, "width": 90, "height": 70, "background": "radial-gradient(closest-side ellipse at 70% 20%, #f0f, transparent)" }"##,
    ),
    (
        "conic",
        r##"{ "type": "box", "inset": 0, "background": "conic-gradient(from 40deg at 40% 60%, red, yellow, lime, aqua, blue, magenta, red)" }"##,
    ),
    ("layered", r##"{ "type": "box", "inset": 7, "background": "linear-gradient(#f008, #00f8), radial-gradient(#fff8, #0008), #fc0" }"##),
    (
        "shadows",
        r##"{ "type": "box", "left": 40, "top": 30, "width": 100, "height": 50, "border-radius": 17, "background": "#fff8",
        "box-shadow": "0 12px 40px rgb(0 0 0 / 25%), -4px -3px 0 2px #d0021b, inset 3px 5px 9px 2px #06c" },
        { "type": "box", "left": 150, "top": 60, "width": 31, "height": 43, "box-shadow": "1.5px 2.5px 2.5px -1px #000" }"##,
    ),
    (
        "borders",
        r##"{ "type": "box", "left": 10, "top": 10, "width": 80, "height": 60, "border": "7px dashed #06c", "border-radius": "30px / 14px" },
        { "type": "box", "left": 100, "top": 10, "width": 80, "height": 60, "border": "9px double #d0021b", "border-radius": 12 },
        { "type": "box", "left": 10, "top": 80, "width": 80, "height": 30, "border-style": "solid dotted", "border-width": "2px 5px", "border-color": "#000 #0a0 #fc0 #00f" },
        { "type": "box", "left": 100, "top": 80, "width": 80, "height": 30, "border-bottom": "4.4px dotted #555" }"##,
    ),
    (
        "radii",
        r##"{ "type": "box", "left": 5.4, "top": 5.6, "width": 90.3, "height": 100, "border-radius": "50% 10px 40px / 20% 30px", "background": "#06c" },
        { "type": "box", "left": 110, "top": 5, "width": 80, "height": 110, "border-radius": 999, "overflow": "hidden",
          "layers": [{ "type": "box", "left": -10, "top": 30, "width": 60, "height": 60, "background": "#d0021b", "transform": "rotate(20deg)" }] }"##,
    ),
    (
        "groups",
        r##"{ "type": "box", "left": 10, "top": 10, "width": 180, "height": 100, "opacity": 0.43, "background": "#06c", "layers": [
        { "type": "box", "left": 20, "top": 20, "width": 60, "height": 60, "background": "#fc0", "opacity": 0.7 },
        { "type": "box", "left": 50, "top": 40, "width": 60, "height": 60, "background": "#d0021b", "isolation": "isolate", "overflow": "hidden", "border-radius": 9 }] }"##,
    ),
    (
        "transforms",
        r##"{ "type": "box", "left": 40, "top": 30, "width": 60, "height": 40, "background": "#06c", "transform": "rotate(17deg) skewX(12deg) scale(1.2, 0.8)" },
        { "type": "box", "left": 120, "top": 30, "width": 50, "height": 50, "border": "3px solid #000", "transform": "matrix(0.9, 0.2, -0.3, 1.1, 4, 5)", "transform-origin": "10% bottom",
          "layers": [{ "type": "text", "text": "Turn", "font-size": 15, "transform": "rotate(-90deg)" }] }"##,
    ),
    (
        "text",
        r##"{ "type": "text", "text": "The quick brown fox jumps over the lazy dog, шрифт и ёлка, Ελληνικά", "left": 8, "top": 6, "width": 180, "font-size": 15.5, "line-height": 1.3, "letter-spacing": 0.4 },
        { "type": "text", "text": "Bold AVAWA", "left": 8, "bottom": 4, "font-size": 27, "font-weight": 700, "color": "linear-gradient(90deg, #d0021b, #06c)" }"##,
    ),
    (
        "bidi",
        r##"{ "type": "text", "text": "سعر المنتج 149.99 USD اليوم فقط", "lang": "ar", "left": 8, "top": 6, "width": 180, "font-size": 20 },
        { "type": "text", "text": "ภาษาไทย ทดสอบ", "lang": "th", "left": 8, "top": 66, "width": 180, "font-size": 19, "text-align": "center" }"##,
    ),
    (
        "decorations",
        r##"{ "type": "text", "text": "Shadow gyp", "left": 8, "top": 6, "font-size": 30, "text-shadow": "2px 3px 4px #06c, 0 0 1px #000" },
        { "type": "text", "text": "was 29.99", "left": 8, "top": 60, "font-size": 22, "text-decoration": "line-through 2px #d0021b" },
        { "type": "text", "text": "wavy gj", "left": 110, "top": 60, "font-size": 22, "text-decoration": "underline dashed", "-webkit-text-stroke": "1px #06c" }"##,
    ),
    (
        "fitting",
        r##"{ "type": "text", "text": "A long title that must be shrunk and at last be cut off somewhere near here", "left": 8, "top": 6, "width": 150, "height": 50, "font-size": 26, "min-font-size": 14, "line-clamp": 2 },
        { "type": "text", "text": [{ "text": "Spans " }, { "text": "of", "font-size": "1.6em", "color": "#d0021b" }, { "text": " many", "font-weight": 700 }, { "text": "2", "vertical-align": "super", "font-size": 9 }], "left": 8, "top": 70, "width": 180, "font-size": 18, "text-align": "justify" }"##,
    ),
    (
        "money-parts",
        r##"{ "type": "text", "text": "{{ price }}", "left": 8, "top": 2, "font-size": 50, "font-weight": 700, "letter-spacing": -1,
        "money-parts": { "currency": { "font-size": "0.4em", "vertical-align": "text-top", "color": "#d0021b" }, "group": { "color": "#06c" }, "decimal": { "font-size": 0 },
          "fraction": { "font-size": "0.45em", "vertical-align": "super", "font-weight": 400, "text-decoration": "underline" } } },
        { "type": "text", "text": [{ "text": "from " }, { "text": "{{ price }}", "font-size": "1.5em", "money-parts": { "integer": { "font-weight": 700 }, "fraction": { "font-size": "0.6em" } } }],
          "left": 8, "top": 78, "font-size": 18 }"##,
    ),
    (
        "pictures-down",
        r##"{ "type": "image", "src": "{{ jpeg }}", "left": 4, "top": 4, "width": 90, "height": 50, "object-fit": "cover", "border-radius": 8 },
        { "type": "image", "src": "{{ large }}", "left": 100, "top": 4, "width": 95, "height": 50, "object-fit": "contain" },
        { "type": "image", "src": "{{ png }}", "left": 4, "top": 60, "width": 33, "height": 51, "object-fit": "fill" },
        { "type": "image", "src": "{{ large }}", "left": 60, "top": 60, "width": 130, "height": 55, "object-fit": "cover", "object-position": "20% 80%" }"##,
    ),
    (
        "pictures-up",
        r##"{ "type": "image", "src": "{{ webp }}", "left": 0, "top": 0, "width": 200, "height": 120, "object-fit": "cover" },
        { "type": "image", "src": "{{ jpeg444 }}", "left": 100.5, "top": 20.5, "width": 90, "height": 90 }"##,
    ),
    (
        "pictures-turned",
        r##"{ "type": "image", "src": "{{ jpeg }}", "left": 20, "top": 20, "width": 100, "height": 70, "transform": "rotate(31deg)", "opacity": 0.8 },
        { "type": "image", "src": "{{ png }}", "left": 110, "top": 30, "width": 70, "height": 60, "transform": "skewY(11deg) scale(1.3)", "border-radius": "50%" }"##,
    ),
    (
        "svg",
        r##"{ "type": "svg", "left": 10, "top": 10, "width": 90, "height": 100, "color": "#06c", "svg": "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><defs><linearGradient id='g'><stop stop-color='#f00'/><stop offset='1' stop-color='#00f' stop-opacity='.3'/></linearGradient><filter id='b'><feGaussianBlur stdDeviation='.6'/></filter></defs><circle cx='9' cy='9' r='8' fill='url(#g)'/><path d='M2 20C8 2 14 30 22 4' stroke='currentColor' stroke-width='1.7' fill='none' filter='url(#b)' stroke-dasharray='3 1'/></svg>" },
        { "type": "path", "left": 110, "top": 10, "width": 80, "height": 100, "viewBox": "0 0 24 24", "d": "M12 2l3 7h7l-6 4 2 8-6-5-6 5 2-8-6-4h7z", "fill": "#fc0", "stroke": "#000", "stroke-width": 1.3, "stroke-linejoin": "round", "stroke-dasharray": "2 1" }"##,
    ),
    (
        "flex",
        r##"{ "type": "box", "inset": 6, "display": "flex", "flex-wrap": "wrap", "gap": 5, "align-items": "center", "justify-content": "space-between", "padding": "3%", "layers": [
        { "type": "text", "text": "one", "font-size": 21, "background": "#fc0", "padding": "1px 6px" }, { "type": "text", "text": "two three", "font-size": 13, "flex": 1 },
        { "type": "box", "width": 31, "height": 23, "background": "#06c" }, { "type": "box", "flex": "1 1 40%", "aspect-ratio": 4, "background": "#d0021b", "min-width": 20 }] }"##,
    ),
    (
        "grid",
        r##"{ "type": "box", "inset": 5, "display": "grid", "grid-template-columns": "1fr 2fr 30px", "gap": 4, "layers": [
        { "type": "box", "background": "#06c" }, { "type": "text", "text": "grid cell text", "font-size": 14 }, { "type": "box", "background": "#fc0", "grid-row": "1 / 3" },
        { "type": "box", "background": "#d0021b", "grid-column": "1 / 3" }] }"##,
    ),
];
