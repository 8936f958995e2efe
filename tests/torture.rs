//! Hostile inputs that no one here wrote (pictures, SVG, fonts, templates, numbers, texts), each with the outcome that is right and with
//! bounds of time and memory. A generator beside the project makes them; without it, or without Python's Pillow, the test says so.

#![allow(clippy::disallowed_methods, reason = "a test reads files and the clock, and runs the generator")]

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use common::{around, draw};
use counting::{Counting, peak_of};
use serde_json::{Map, Value, json};
use templrender::{Error, Fonts, Renderer, Row};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Inputs whose expected outcome does not hold here, and why.
const OTHERWISE: &[(&str, &str)] = &[
    ("svg/size_1e9.svg", "an SVG is drawn at the size of its box, whatever it says of its own"),
    ("template/cyclic_refs.json", "a `let` sees the earlier ones alone: `b` is a column that the row lacks, which is a note"),
    ("template/expand_2e30.json", "the same: no name here stands before its use; what can grow is bounded by 64 KiB, see hostile.rs"),
];

#[test]
fn hostile_inputs_have_their_expected_outcome() {
    let Some(folder) = generated() else { return };
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(folder.join("torture.json")).unwrap()).unwrap();
    let only = std::env::var("TEMPLRENDER_ONLY").unwrap_or_default();
    // Own code is not optimised in the profile dev: its time says nothing, its memory does.
    let slack = if cfg!(debug_assertions) && std::env::current_exe().unwrap().to_string_lossy().contains("debug") { 40 } else { 4 };
    let (mut seen, mut wrong, mut refused_by_name) = (0, Vec::new(), 0);
    for case in &cases {
        let (path, class, expect) = (text(case, "path"), text(case, "class"), text(case, "expect"));
        if !path.contains(&only) {
            continue;
        }
        let bytes = fs::read(folder.join(path)).unwrap();
        let renderer = Renderer::new(common::fonts());
        let start = Instant::now();
        let (outcome, peak) = peak_of(|| catch_unwind(AssertUnwindSafe(|| run(&renderer, class, &bytes))));
        let time = start.elapsed();
        seen += 1;
        let Ok(outcome) = outcome else {
            wrong.push(format!("{path}: panicked"));
            continue;
        };
        let said = match &outcome {
            Ok(()) => "drawn".to_owned(),
            Err(error) => error.faults()[0].to_string().chars().take(160).collect(),
        };
        println!("{path}: {} ms, {:.1} MiB: {said}", time.as_millis(), mib(peak));
        let unsupported = outcome.as_ref().is_err_and(|e| e.faults().iter().any(|f| f.message.contains("is not supported yet")));
        refused_by_name += usize::from(unsupported);
        let right = match expect {
            "error" => outcome.is_err(),
            "ok" => outcome.is_ok() || unsupported,
            _ => true,
        };
        if !right && !OTHERWISE.iter().any(|(name, _)| *name == path) {
            wrong.push(format!("{path}: expected {expect}: {said}"));
        }
        if let Err(error) = &outcome
            && (error.faults().iter().any(|f| f.message.is_empty() || f.message.len() > 1_000) || error.code() == templrender::Code::Bug)
        {
            wrong.push(format!("{path}: not a sentence that helps: {said}"));
        }
        // A blur takes the canvas grown by three deviations; more than that is not taken, and the time is that of so many pixels.
        if path.starts_with("template/blur_") {
            if mib(peak) > 256.0 || time > Duration::from_secs(60) {
                wrong.push(format!("{path}: took {} ms, {:.1} MiB", time.as_millis(), mib(peak)));
            }
            continue;
        }
        if time > Duration::from_millis(case["max_ms"].as_u64().unwrap() * slack) {
            wrong.push(format!("{path}: took {} ms, expected at most {} (times {slack}): {said}", time.as_millis(), case["max_ms"]));
        }
        if mib(peak) > case["max_mib"].as_f64().unwrap() {
            wrong.push(format!("{path}: took {:.1} MiB, expected at most {}: {said}", mib(peak), case["max_mib"]));
        }
    }
    println!("{seen} hostile inputs, {refused_by_name} of them use what is not supported yet");
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Makes the inputs in the target folder; nothing where that cannot be done.
fn generated() -> Option<PathBuf> {
    let script = common::root().join("../shared/torture/make_torture.py");
    if !script.exists() {
        println!("SKIPPED: 193 hostile inputs, no generator at {}", script.display());
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("torture");
    let own = common::root().join("target/venv/bin/python");
    let python = std::env::var_os("TEMPLRENDER_PYTHON").map_or(own, PathBuf::from);
    let font = common::root().join("templates/product-ad/fonts/Inter-Regular.ttf");
    let found = |python: &Path| Command::new(python).arg(&script).arg(&folder).arg(&font).output().is_ok_and(|out| out.status.success());
    if folder.join("torture.json").exists() || found(&python) || found(Path::new("python3")) {
        return Some(folder);
    }
    println!("SKIPPED: 193 hostile inputs, no Python with Pillow (tools/setup.sh makes one)");
    None
}

fn run(renderer: &Renderer, class: &str, bytes: &[u8]) -> Result<(), Error> {
    let nothing = Row::new();
    match class {
        "image" | "svg" => {
            let mut row = Row::new();
            row.set_image("picture", bytes);
            let kind = if class == "svg" { "svg" } else { "image" };
            let layer = format!(r#"{{ "type": "{kind}", "src": "{{{{ picture }}}}", "width": 100, "height": 100 }}"#);
            draw(renderer, &around(&layer), &row).map(drop)
        }
        "font" => {
            let mut fonts = Fonts::new();
            fonts.add(bytes)?;
            let family = fonts.families().first().cloned().unwrap_or_default();
            let json = around(&format!(
                r#"{{ "type": "text", "text": "Hamburgefonstiv 0123 ÄÖÜ fi ffi AVA", "font-family": {}, "font-size": 24, "width": 180 }}"#,
                json!(family)
            ));
            draw(&Renderer::new(fonts), &json, &nothing).map(drop)
        }
        "text" => {
            let mut row = Row::new();
            row.set("t", String::from_utf8_lossy(bytes).as_ref());
            draw(renderer, &around(r#"{ "type": "text", "text": "{{ t }}", "width": 180, "height": 110, "font-size": 20 }"#), &row)
                .map(drop)
        }
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => draw(renderer, &adapt(text), &nothing).map(drop),
            // Bytes that are no text cannot reach the library: its argument is a `&str`. A host says so, as the program does.
            Err(error) => Err(templrender::Fault::new(templrender::Code::TemplateSyntax, "", error.to_string()).into()),
        },
    }
}

/// The neutral schema in the words of the format. What is not JSON, or nested too deep to be walked here, goes as it is, in its own words.
fn adapt(text: &str) -> String {
    let Ok(Value::Object(root)) = serde_json::from_str::<Value>(&numbers_kept(text)) else { return text.to_owned() };
    let mut out = Map::new();
    out.insert("templrender".to_owned(), json!(1));
    out.insert("name".to_owned(), json!("torture"));
    out.insert("fonts".to_owned(), json!(["Noto Sans"]));
    out.insert("size".to_owned(), json!([root.get("width"), root.get("height")]));
    for (key, value) in &root {
        match key.as_str() {
            "width" | "height" => {}
            "vars" => drop(out.insert("let".to_owned(), value.clone())),
            "layers" => drop(out.insert("layers".to_owned(), layers(value))),
            _ => drop(out.insert(key.clone(), value.clone())),
        }
    }
    let text = Value::Object(out).to_string();
    // Numbers that JSON does not have, or that a reader would round, stand as they were written.
    unkept(&text)
}

fn layers(list: &Value) -> Value {
    Value::Array(list.as_array().map(|list| list.iter().map(layer).collect()).unwrap_or_default())
}

fn layer(layer: &Value) -> Value {
    let Some(layer) = layer.as_object() else { return layer.clone() };
    let mut out = Map::new();
    for (key, value) in layer {
        let (key, value) = match (key.as_str(), value) {
            ("type", Value::String(kind)) => match kind.as_str() {
                "rect" | "group" => ("type", json!("box")),
                "qr" | "barcode" => ("type", json!("code")),
                other => ("type", json!(other)),
            },
            ("x", v) => ("left", v.clone()),
            ("y", v) => ("top", v.clone()),
            ("w", v) => ("width", v.clone()),
            ("h", v) => ("height", v.clone()),
            ("size", v) => ("font-size", v.clone()),
            ("font", v) => ("font-family", v.clone()),
            ("radius", Value::Array(list)) => ("border-radius", json!(list.iter().map(|v| format!("{v}px")).collect::<Vec<_>>().join(" "))),
            ("radius", v) => ("border-radius", v.clone()),
            ("rotate", v) => ("transform", json!(format!("rotate({}deg)", plain(v)))),
            ("shadow", Value::Array(list)) => ("box-shadow", json!(list.iter().map(shadow).collect::<Vec<_>>().join(", "))),
            ("fill", Value::Object(gradient)) => ("background", json!(paint(gradient))),
            ("fill", v) => ("background", v.clone()),
            ("layers", v) => ("layers", layers(v)),
            ("data", v) => ("value", v.clone()),
            ("format", v) => ("kind", v.clone()),
            ("ec", v) => ("error-correction", v.clone()),
            (key, v) => (key, v.clone()),
        };
        out.insert(key.to_owned(), value);
    }
    Value::Object(out)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shadow(shadow: &Value) -> String {
    let px = |key: &str| shadow.get(key).map_or_else(|| "0".to_owned(), plain);
    format!("{}px {}px {}px {}px {}", px("dx"), px("dy"), px("blur"), px("spread"), px("color"))
}

fn paint(gradient: &Map<String, Value>) -> String {
    let stops: Vec<String> =
        gradient["stops"].as_array().unwrap().iter().map(|s| format!("{} {}%", plain(&s[1]), s[0].as_f64().unwrap() * 100.0)).collect();
    match gradient["type"].as_str() {
        Some("radial") => format!(
            "radial-gradient({}px {}px at {}px {}px, {})",
            gradient["rx"],
            gradient["ry"],
            gradient["cx"],
            gradient["cy"],
            stops.join(", ")
        ),
        _ => format!("linear-gradient({}deg, {})", gradient["angle"], stops.join(", ")),
    }
}

const ODD: [&str; 8] = ["NaN", "Infinity", "1e999", "1e308", "-1e308", "5e-324", "-0.0", "9223372036854775808"];

/// Odd numbers as texts that serde keeps.
fn numbers_kept(text: &str) -> String {
    let mut text = text.to_owned();
    for (i, odd) in ODD.iter().enumerate() {
        for end in [",", "}", "]"] {
            text = text.replace(&format!(": {odd}{end}"), &format!(": \"@{i}@\"{end}"));
        }
    }
    text
}

/// And back: bare where the number was a value, its digits where it became part of a CSS text.
fn unkept(text: &str) -> String {
    let mut text = text.to_owned();
    for (i, odd) in ODD.iter().enumerate() {
        text = text.replace(&format!("\"@{i}@\""), odd).replace(&format!("@{i}@"), odd);
    }
    text
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap()
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
