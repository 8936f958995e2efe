//! What a manifest is refused for, that it survives being written, and the committed schema.

use std::fs;
use std::path::Path;

use super::*;

const FULL: &str = r##"{ "id": "paint", "version": "1", "file": "multistyle26.onnx",
  "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "licence": "Apache-2.0", "noncommercial": true, "attribution": "the painters", "kind": "generator",
  "inputs": [ { "name": "image", "role": "image", "layout": "nhwc", "dtype": "float32", "channels": "bgr", "size": { "multiple_of": 4, "min": 64, "max": 1024 },
                "fit": "contain", "resample": "lanczos3", "scale": 3.92156862745098e-3, "mean": [0.1, 0.2, 0.3], "std": [1, 2, 3], "normalise": "max", "alpha": "#102030" },
              { "name": "style_weights", "role": "constant", "dtype": "float32", "shape": [3], "values": [0.5, 0.25, -0.25] } ],
  "variants": { "mosaic": { "style_weights": [1, 0, 0] }, "plain": {} },
  "outputs": [ { "name": "stylized", "role": "image", "layout": "nhwc", "channels": "grey", "range": [-1, 1], "clamp": false, "activation": "tanh", "normalise": "min-max", "scale_factor": 2 } ],
  "roi": { "mode": "face", "margins": [0.4, 0.3, 0.2, 0.1], "square": true, "keep_inside": false },
  "blend": { "mode": "paste", "strength": 0.5, "feather_px": 3 },
  "runtime": { "max_pixels": 1048576, "est_gmac": 6.1, "est_peak_mb": 60, "batch": 4 } }"##;

fn refused(text: &str) -> String {
    let error = Manifest::from_json(text).unwrap_err();
    assert!(error.faults().iter().all(|fault| fault.code == Code::BadManifest), "{error}");
    error.to_string()
}

/// The full manifest with one text in another one's place.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(FULL.matches(from).count(), 1, "{from}");
    FULL.replace(from, to)
}

#[test]
fn every_key_arrives() {
    let manifest = Manifest::from_json(FULL).unwrap();
    assert_eq!((manifest.id(), manifest.version(), manifest.file()), ("paint", "1", Some("multistyle26.onnx")));
    assert_eq!((manifest.licence(), manifest.noncommercial(), manifest.attribution()), ("Apache-2.0", true, Some("the painters")));
    assert!(manifest.sha256().unwrap().starts_with("0123"));
    assert_eq!(manifest.variants().collect::<Vec<_>>(), ["mosaic", "plain"]);
    assert_eq!(manifest.input_names().collect::<Vec<_>>(), ["image", "style_weights"]);
    assert_eq!(manifest.output_names().collect::<Vec<_>>(), ["stylized"]);
    let image = ImageInput {
        name: "image".to_owned(),
        layout: Layout::Nhwc,
        dtype: Dtype::Float32,
        channels: Channels::Bgr,
        size: Size::Dynamic { multiple_of: 4, min: 64, max: 1024 },
        fit: Fit::Contain,
        resample: crate::pixel::Kernel::Lanczos3,
        scale: 0.003_921_568_627_450_98,
        mean: vec![0.1, 0.2, 0.3],
        std: vec![1.0, 2.0, 3.0],
        by_max: true,
        under: [16, 32, 48],
    };
    let weights =
        Input::Constant { name: "style_weights".to_owned(), dtype: Dtype::Float32, shape: vec![3], values: vec![0.5, 0.25, -0.25] };
    assert_eq!(manifest.inputs, [Input::Image(image), weights]);
    assert_eq!(manifest.variants["mosaic"]["style_weights"], [1.0, 0.0, 0.0]);
    let output = Output {
        name: "stylized".to_owned(),
        role: Role::Image,
        layout: Layout::Nhwc,
        channels: Channels::Grey,
        range: [-1.0, 1.0],
        clamp: false,
        activation: Activation::Tanh,
        min_max: true,
        scale_factor: 2.0,
    };
    assert_eq!(manifest.outputs, [output]);
    assert_eq!(manifest.roi, Roi { mode: RoiMode::Face, margins: [0.4, 0.3, 0.2, 0.1], square: true, keep_inside: false });
    assert_eq!(manifest.blend, Blend { paste: true, strength: 0.5, feather_px: 3.0 });
    assert_eq!(manifest.runtime, Runtime { max_pixels: Some(1_048_576), est_gmac: 6.1, est_peak_mb: 60.0, batch: 4 });
}

#[test]
fn what_was_written_is_read_again() {
    let short = r#"{ "id": "m", "version": "1", "licence": "MIT", "kind": "detector", "detector": { "strides": [8], "anchors": [2] } }"#;
    for text in [FULL, short] {
        let manifest = Manifest::from_json(text).unwrap();
        let again = Manifest::from_json(&manifest.to_json()).unwrap();
        assert_eq!(again, manifest);
        assert_eq!(again.to_json(), manifest.to_json());
    }
}

#[test]
fn every_key_decides_pixels_but_for_those_of_people_and_estimates() {
    let pixels = |text: &str| Manifest::from_json(text).unwrap().pixels_text();
    let whole = pixels(FULL);
    for (from, to) in [
        ("Apache-2.0", "MIT"),
        ("\"noncommercial\": true", "\"noncommercial\": false"),
        ("the painters", "others"),
        ("6.1", "7"),
        ("60,", "70,"),
        ("multistyle26.onnx", "other.onnx"),
        ("\"batch\": 4", "\"batch\": 5"),
    ] {
        assert_eq!(pixels(&changed(from, to)), whole, "{to}");
    }
    for (from, to) in
        [("3.92156862745098e-3", "0.004"), ("[1, 0, 0]", "[0, 1, 0]"), ("\"feather_px\": 3", "\"feather_px\": 4"), ("1048576", "1048577")]
    {
        assert_ne!(pixels(&changed(from, to)), whole, "{to}");
    }
}

#[test]
fn all_faults_are_told_with_their_places() {
    let text =
        changed("\"max\": 1024", "\"max\": 0, \"multipleof\": 4").replace("\"lanczos3\"", "\"lancsoz3\"").replace("[1, 2, 3]", "[1, 0, 3]");
    assert_eq!(
        refused(&text),
        "inputs[0].size.max: it must be a whole number from 1 to 16384, found number 0\n\
         inputs[0].size.multipleof: unknown key \"multipleof\", did you mean \"multiple_of\"?\n\
         inputs[0].resample: it must be one of bilinear, lanczos3, box, found text \"lancsoz3\", did you mean \"lanczos3\"?\n\
         inputs[0].std[1]: it must be a number above 0 and at most 1000000000, found number 0"
    );
}

#[test]
fn each_rule_has_its_sentence() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "\"id\": \"paint\"",
            "\"id\": \"Paint it\"",
            "id: a name must be 1 to 64 small letters, digits, \".\", \"_\" or \"-\", found text \"Paint it\"",
        ),
        ("\"version\": \"1\",", "", "version: version must be there, found nothing"),
        ("\"version\": \"1\"", "\"version\": 1", "version: it must be a text of at most 1000 bytes, found number 1"),
        (
            "multistyle26.onnx",
            "../m.onnx",
            "file: it must be the name of a file beside the manifest, without folders, found text \"../m.onnx\"",
        ),
        (
            "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
            "null",
            "sha256: a file must come with its sha256, found none",
        ),
        (
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "ABC",
            "sha256: it must be 64 hex digits in small letters, found text \"ABC\"",
        ),
        ("\"noncommercial\": true", "\"noncommercial\": 1", "noncommercial: it must be true or false, found number 1"),
        ("\"#102030\"", "\"red\"", "inputs[0].alpha: it must be white, black or #rrggbb, found text \"red\""),
        (
            "{ \"multiple_of\": 4, \"min\": 64, \"max\": 1024 }",
            "[8]",
            "inputs[0].size: it must be [width, height] or an object with multiple_of, min and max, found list",
        ),
        ("\"mean\": [0.1, 0.2, 0.3]", "\"mean\": [0, 1]", "inputs[0].mean: it must be one number or one for each of 3 channels, found 2"),
        ("\"mean\": [0.1, 0.2, 0.3]", "\"mean\": 1", "inputs[0].mean: it must be a list of 1 to 3 numbers, found number 1"),
        (
            "\"min\": 64, \"max\": 1024",
            "\"min\": 65, \"max\": 67",
            "inputs[0].size.max: a multiple of 4 must lie between min 65 and max, found 67",
        ),
        ("1048576", "100", "inputs[0].size.min: 64x64 must have at most runtime.max_pixels = 100 px, found more"),
        ("\"shape\": [3]", "\"shape\": [4]", "inputs[1].values: the numbers must be as many as the shape [4] has, found 3"),
        (
            "\"dtype\": \"float32\", \"shape\"",
            "\"dtype\": \"uint8\", \"shape\"",
            "inputs[1].values: numbers of type uint8 must be whole ones from 0 to 255, found 0.5",
        ),
        (
            "{ \"style_weights\": [1, 0, 0] }",
            "{ \"style_weihgts\": [1, 0, 0] }",
            "variants.mosaic.style_weihgts: a variant must name inputs with the role constant, found \"style_weihgts\", did you mean \"style_weights\"?",
        ),
        (
            "{ \"style_weights\": [1, 0, 0] }",
            "{ \"style_weights\": [1, 0] }",
            "variants.mosaic.style_weights: the numbers must be as many as the shape [3] has, found 2",
        ),
        ("[-1, 1]", "[1, -1]", "outputs[0].range: the first number must be below the second, found 1 and -1"),
        (
            "\"kind\": \"generator\"",
            "\"kind\": \"matte\"",
            "outputs: a matte must have one output with the role alpha and no others but none, found 1 image, 0 alpha, 0 boxes, 0 scores",
        ),
        (
            "\"stylized\", \"role\": \"image\"",
            "\"stylized\", \"role\": \"none\"",
            "outputs: a generator must have one output with the role image and no others but none, found 0 image, 0 alpha, 0 boxes, 0 scores",
        ),
        ("\"name\": \"style_weights\"", "\"name\": \"image\"", "inputs: a name must stand once, found \"image\" twice\n"),
        (
            "\"roi\": {",
            "\"detector\": { \"strides\": [8], \"anchors\": [2] }, \"roi\": {",
            "detector: only a manifest of the kind detector has it, found the kind generator",
        ),
        ("\"roi\": {", "\"detektor\": {}, \"roi\": {", "detektor: unknown key \"detektor\", did you mean \"detector\"?"),
        ("\"strength\": 0.5", "\"strength\": 1.5", "blend.strength: it must be a number of at least 0 and at most 1, found number 1.5"),
        ("\"batch\": 4", "\"batch\": 0", "runtime.batch: it must be a whole number from 1 to 1024, found number 0"),
    ];
    for (from, to, wanted) in cases {
        let found = refused(&changed(from, to));
        assert!(found == *wanted || found.starts_with(&format!("{}\n", wanted.trim_end())), "{found}\n    instead of\n{wanted}");
    }
}

#[test]
fn detectors_have_their_own_rules() {
    let detector = |more: &str, input: &str| {
        format!(
            r#"{{ "id": "d", "version": "1", "licence": "MIT", "kind": "detector", {more}
                 "inputs": [{{ "name": "x", "role": "image", {input} }}],
                 "outputs": [{{ "name": "b", "role": "boxes" }}, {{ "name": "s", "role": "scores" }}] }}"#
        )
    };
    let size = r#""size": [128, 128]"#;
    assert!(Manifest::from_json(&detector(r#""detector": { "strides": [8, 16], "anchors": [2, 6], "points": 6 },"#, size)).is_ok());
    assert_eq!(refused(&detector("", size)), "detector: a detector's network must have it, found nothing");
    let lengths = detector(r#""detector": { "strides": [8, 16], "anchors": [2] },"#, size);
    assert_eq!(refused(&lengths), "detector.anchors: there must be one number for each of 2 strides, found 1");
    let many = detector(r#""detector": { "strides": [1], "anchors": [64] },"#, size);
    assert_eq!(refused(&many), "detector.strides: anchors must be at most 65536, found 1048576");
    let dynamic = detector(r#""detector": { "strides": [8], "anchors": [2] },"#, r#""size": {}"#);
    assert_eq!(refused(&dynamic), "inputs: a detector's image must have a fixed size, found a dynamic one");
    let face = detector(r#""detector": { "strides": [8], "anchors": [2] }, "roi": { "mode": "face" },"#, size);
    assert_eq!(refused(&face), "roi.mode: a detector must be given whole pictures, found \"face\"");
}

#[test]
fn a_manifest_is_an_object_of_strict_json() {
    assert!(refused("{ \"id\": \"a\", }").starts_with("manifest: a manifest must be JSON: "));
    assert_eq!(refused("[]"), "manifest: it must be an object, found list");
    assert!(refused(&"[".repeat(100)).ends_with("nested at most 16 deep, found more"));
    assert!(refused(&" ".repeat(5 << 20)).ends_with("at most 4194304 bytes, found 5242880"));
    assert!(refused(r#"{ "id": "a", "id": "b" }"#).contains("a name must stand once in an object, found \"id\" twice"));
}

#[test]
fn the_committed_schema_is_that_of_the_key_table() {
    let schema = Manifest::schema();
    let json: serde_json::Value = serde_json::from_str(&schema).expect("the schema is JSON");
    assert_eq!(json["$defs"]["runtime"]["properties"]["batch"]["maximum"], 1024);
    assert_eq!(json["properties"]["kind"]["enum"][2], "detector");
    for reference in schema.match_indices("#/$defs/").map(|(at, start)| &schema[at + start.len()..]) {
        let name = reference.split('"').next().unwrap_or_default();
        assert!(json["$defs"].get(name).is_some(), "{name} is referred to and not there");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manifest.schema.json");
    if fs::read_to_string(&path).unwrap_or_default() == schema {
        return;
    }
    if std::env::var_os("TEMPLRENDER_BLESS").is_some() {
        fs::write(&path, schema).unwrap();
        panic!("blessed docs/manifest.schema.json, look and run again");
    }
    panic!("docs/manifest.schema.json is not what the key table says; run with TEMPLRENDER_BLESS=1");
}
