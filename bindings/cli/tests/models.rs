//! Models from outside: listed, in pictures, in feeds, in checks and in URLs; with the small ones that are shipped.

mod common;

use std::path::PathBuf;

use common::{Room, png};

/// A generator of 64 x 64 px whose weights are noise, 390 kB: quick, and never the photo itself.
const TINY: &str = "ugatit-tiny-seeded";

fn shipped(file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../templates/models");
    std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The small model in a folder, changed in its manifest.
fn model(room: &Room, folder: &str, change: impl Fn(String) -> String) {
    room.file(&format!("{folder}/ugatit_tiny_64_seeded.onnx"), shipped("ugatit_tiny_64_seeded.onnx"));
    let manifest = String::from_utf8(shipped("ugatit-tiny-seeded.json")).unwrap();
    room.file(&format!("{folder}/{TINY}.json"), change(manifest));
}

/// A photo that the model makes something of, in two variants more.
fn card(layer: &str) -> String {
    format!(
        r#"{{ "templrender": 1, "name": "card", "size": [48, 48], "fields": {{ "photo": {{ "type": "image" }} }},
             "layers": [ {{ "id": "photo", "type": "image", "src": "{{{{ photo }}}}", "width": "100%", "height": "100%", {layer} }} ],
             "variants": {{ "wide": {{ "size": [96, 48] }}, "tall": {{ "size": [48, 96] }} }} }}"#
    )
}

fn room(name: &str) -> Room {
    let room = Room::new(name);
    room.file("t/template.json", card(&format!("\"model\": \"{TINY}\", \"missing\": \"original\"")));
    room.file("row.json", r#"{ "photo": "red.png" }"#);
    room.file("red.png", png(32, 32, [255, 0, 0, 255]));
    room
}

/// The colour of the middle of a picture.
fn middle(bytes: &[u8]) -> Vec<u8> {
    let frame = core_::Frame::decode(bytes, &core_::Limits::default()).unwrap();
    let at = ((frame.height() / 2 * frame.width() + frame.width() / 2) * 4) as usize;
    frame.to_rgba()[at..at + 4].to_vec()
}

#[test]
fn models_are_listed_with_licence_engine_and_time() {
    let room = room("listed");
    model(&room, "t/models", |manifest| manifest.replace("\"noncommercial\": false", "\"noncommercial\": true"));
    for file in ["face.json", "blazeface_front_128.onnx", "person.json", "selfie_seg_256.onnx"] {
        room.file(&format!("more/{file}"), shipped(file));
    }
    let output = room.run(&["models", "t", "--models", "more", "--time"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Vec<&str>> =
        said.lines().map(|line| line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect()).collect();
    assert_eq!(lines[0], ["id", "kind", "version", "licence", "engine", "bytes", "ms"]);
    let names: Vec<&[&str]> = lines[1..].iter().map(|line| &line[..4]).collect();
    assert_eq!(
        names,
        [
            [TINY, "generator", "1", "MIT OR Apache-2.0, noncommercial"],
            ["face", "detector", "1", "Apache-2.0"],
            ["person", "matte", "1", "Apache-2.0"],
        ]
    );
    for line in &lines[1..] {
        assert!(line[4].starts_with("rten ") && line[5].parse::<u64>().unwrap() > 300_000, "{line:?}");
        assert!(line[6].parse::<f64>().unwrap() > 0.1, "{line:?}");
    }

    let output = room.run(&["models", "more"]);
    assert!(!String::from_utf8(output.stdout).unwrap().contains("ms"), "not run, not timed");
    assert!(room.says(2, &["models"]).contains("a folder of models must be named"));
    assert!(room.says(2, &["models", "more", "--engine", "onnx"]).contains("an engine must be auto, rten, tract or ort, found \"onnx\""));
    assert!(room.says(1, &["models", "nothing"]).contains("nothing: "));
    room.file("more/face.json", "{ \"id\": 7 }");
    assert!(room.says(1, &["models", "more"]).contains("more/face.json"));
}

#[test]
fn a_picture_is_drawn_with_what_its_model_made_and_the_report_says_so() {
    let room = room("render");
    model(&room, "models", |manifest| manifest);
    let draw = |more: &[&str]| {
        let mut all = vec!["render", "t", "--row", "row.json", "-o", "a.png", "--report", "r.json"];
        all.extend(more);
        let said = room.says(0, &all);
        (said, middle(&room.read("a.png")), serde_json::from_str::<serde_json::Value>(&room.text("r.json")).unwrap())
    };
    let (said, without, _) = draw(&[]);
    assert_eq!(without, [255, 0, 0, 255]);
    assert!(said.contains("note model-failed") && said.contains(TINY), "{said}");
    let (said, with, report) = draw(&["--models", "models", "--engine", "rten"]);
    assert!(!said.contains("note") && with != without, "{said} {with:?}");
    let told = &report["layers"]["photo"]["model"];
    assert_eq!(told["id"], TINY, "{report:#}");
    assert!(told["engine"].as_str().unwrap().starts_with("rten ") && told["us"].as_u64().unwrap() > 100, "{told}");

    // The template's own comes first, and is another model: its key is another.
    let first = report["key"].clone();
    model(&room, "t/models", |manifest| manifest.replace("\"version\": \"1\"", "\"version\": \"2\""));
    let (_, own, report) = draw(&["--models", "models"]);
    assert_eq!(own, with);
    assert_ne!(report["key"], first);

    // What is not the file of its manifest is refused before anything is drawn.
    room.file("t/models/ugatit_tiny_64_seeded.onnx", "something else");
    let said = room.says(1, &["render", "t", "--row", "row.json"]);
    assert!(said.contains("ugatit_tiny_64_seeded.onnx") && said.contains("sha256"), "{said}");
}

#[test]
fn in_a_feed_one_photo_runs_once_for_all_variants_and_rows() {
    let room = room("feed");
    model(&room, "models", |manifest| manifest);
    // The network normalises: of one colour it makes what it makes of any other.
    let halves = [[0_u8, 0, 255, 255].repeat(512), [255, 255, 0, 255].repeat(512)].concat();
    let halves = core_::Frame::from_rgba(32, 32, halves).unwrap().encode(&core_::Output::png()).unwrap();
    room.file("halves.png", halves);
    room.file("feed.csv", "id,photo\na,red.png\nb,red.png\nc,halves.png\n");
    let feed = |more: &[&str]| {
        let mut all = vec!["feed", "t", "feed.csv", "--out", "out", "--variant", "default", "--variant", "wide", "--variant", "tall"];
        all.extend(more);
        room.says(0, &all)
    };
    let said = feed(&["--models", "models"]);
    assert!(said.contains("3 rows in 3 variants: 9 drawn, 0 unchanged, 0 failed"), "{said}");
    assert!(said.contains("models: 2 runs, 1 answer shared"), "{said}");
    let red = middle(&room.read("out/default/a.png"));
    assert_eq!(red, middle(&room.read("out/tall/b.png")));
    assert!(room.read("out/default/a.png") == room.read("out/default/b.png"));
    assert!(room.read("out/default/a.png") != room.read("out/default/c.png"));

    let said = feed(&["--models", "models"]);
    assert!(said.contains("0 drawn, 9 unchanged") && !said.contains("models:"), "{said}");
    // Another version is another model.
    model(&room, "models", |manifest| manifest.replace("\"version\": \"1\"", "\"version\": \"2\""));
    assert!(feed(&["--models", "models"]).contains("9 drawn, 0 unchanged"));
    // Without the model, the photo as it is.
    let said = feed(&[]);
    assert!(said.contains("9 drawn, 0 unchanged") && !said.contains("models:"), "{said}");
    assert_eq!(middle(&room.read("out/wide/a.png")), [255, 0, 0, 255]);
}

#[test]
fn checks_and_urls_know_models() {
    let room = room("check");
    room.file("t/rows/a.json", r#"{ "photo": "../../red.png" }"#);
    let check = |more: &[&str]| {
        let mut all = vec!["check", "t", "--root", "."];
        all.extend(more);
        room.says(0, &all)
    };
    assert!(check(&[]).contains("note model-failed"));
    model(&room, "t/models", |manifest| manifest);
    let said = check(&[]);
    assert!(!said.contains("note model-failed") && said.contains("2 variants, 1 row, "), "{said}");

    let url = "/shop/t.png?photo=https%3A%2F%2Fa.example%2Fa.jpg";
    let explain = |template: &[&str]| {
        let output = room.run(&[&["url", "explain", url], template].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    let said = explain(&["--template", "t"]);
    assert!(said.contains(&format!("model {TINY} of https://a.example/a.jpg")), "{said}");
    let plan = |said: &str| said.lines().find(|line| line.starts_with("plan ")).unwrap().to_owned();
    std::fs::remove_dir_all(room.0.join("t/models")).unwrap();
    assert_ne!(plan(&explain(&["--template", "t"])), plan(&said), "a model is part of the key");
}
