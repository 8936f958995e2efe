//! Each code is provoked once through the public interface, with its full text, and `docs/errors.md` has its line with that text.

#![allow(clippy::disallowed_methods, reason = "a test may read files")]

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use templrender::{
    Cause, Code, Context, Engine, Error, Fault, FeedReader, Fonts, Frame, Guard, Keyring, Limits, Manifest, Model, Models, NeedSource,
    OriginPolicy, Output, Pack, Renderer, Request, Resources, Row, Scratch, Template, Tensor, TensorData,
};

/// A template of one layer.
fn layer(layer: &str) -> String {
    format!("{{ \"templrender\": 1, \"name\": \"t\", \"size\": [40, 20], \"layers\": [\n{layer}\n] }}")
}

/// A template with more keys on its second line.
fn document(keys: &str) -> String {
    format!("{{ \"templrender\": 1, \"name\": \"t\", \"size\": [40, 20], \"layers\": [],\n{keys} }}")
}

fn template(json: &str) -> Result<(), Error> {
    Template::parse(json).map(|_| ())
}

/// A template's warnings as an error.
fn warning(json: &str) -> Result<(), Error> {
    match Template::parse(json)?.warnings() {
        [] => Ok(()),
        warnings => Err(Error::from_faults(warnings.to_vec())),
    }
}

/// Plans and draws without answering any need.
fn draw(json: &str, row: &str, context: &Context) -> Result<(), Error> {
    let renderer = Renderer::new(Fonts::new());
    let plan = renderer.plan(&Template::parse(json)?, &Row::from_json(row)?, context)?;
    renderer.render(&plan, &Resources::new(), &mut Scratch::new()).map(|_| ())
}

fn row(json: &str, row: &str) -> Result<(), Error> {
    draw(json, row, &Context::default())
}

/// Reads a feed up to its first failure.
fn feed(text: &str) -> Result<(), Error> {
    let mut reader = FeedReader::new(None, &Limits::default());
    reader.push(text.as_bytes());
    reader.finish();
    while let Some(row) = reader.next_row() {
        row.row?;
    }
    reader.fault().map_or(Ok(()), |fault| Err(fault.clone()))
}

/// An engine that gives this, whatever it is given.
struct Gives(fn() -> Result<Vec<Tensor>, Error>);

impl Engine for Gives {
    fn identity(&self) -> String {
        "gives 1".to_owned()
    }

    fn run(&self, _inputs: &[Tensor], _guard: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        (self.0)()
    }
}

/// A manifest of a network of one px, with more keys.
fn manifest(keys: &str) -> Result<Manifest, Error> {
    Manifest::from_json(&format!(
        r#"{{ "id": "m", "version": "1", "licence": "MIT", "kind": "generator", {keys}
            "inputs": [{{ "name": "x", "role": "image", "size": [1, 1] }}], "outputs": [{{ "name": "y", "role": "image" }}] }}"#
    ))
}

/// Runs a model for a layer, on a picture without a face.
fn model(model: Model) -> Result<(), Error> {
    let detector = r#"{ "id": "faces", "version": "1", "licence": "MIT", "kind": "detector" }"#;
    let mut models = Models::new();
    models.add(model)?;
    models.add(Model::declared(Manifest::from_json(detector)?, "elsewhere 1"))?;
    let renderer = Renderer::new(Fonts::new()).with_models(models);
    let json = layer(r#"{ "type": "image", "src": "a.png", "model": "m", "width": 9, "height": 9 }"#);
    let plan = renderer.plan(&Template::parse(&json)?, &Row::new(), &Context::default())?;
    let mut resources = Resources::new();
    let mut wanted = None;
    for need in plan.needs() {
        match need.source() {
            NeedSource::Generated { model, .. } if model == "m" => wanted = Some(need.id()),
            NeedSource::Generated { .. } => resources.insert_faces(need.id(), Vec::new()),
            _ => resources.insert_frame(need.id(), Frame::from_rgba(1, 1, vec![255; 4])?)?,
        }
    }
    renderer.job(&plan, wanted.unwrap(), &resources)?.run(&Guard::default()).map(|_| ())
}

/// Answers the need of one picture.
fn answer(bytes: &[u8], limits: Limits) -> Result<(), Error> {
    let json = layer(r#"{ "type": "image", "src": "a.png", "width": 9, "height": 9 }"#);
    let plan = Renderer::new(Fonts::new()).plan(&Template::parse(&json)?, &Row::new(), &Context::default())?;
    let mut resources = Resources::with_limits(limits);
    let need = plan.pending(&resources)[0].id();
    resources.insert(need, bytes)
}

fn png() -> Vec<u8> {
    Frame::new(20, 20, &Limits::default()).and_then(|frame| frame.encode(&Output::png())).unwrap()
}

fn price(keys: &str) -> String {
    document(&format!(r#""fields": {{ "price": {{ "type": "money", {keys} }} }}"#))
}

/// Verifies a URL with one key.
fn ask(url: &str) -> Result<(), Error> {
    let (request, signature) = Request::parse(url)?;
    keys()?.verify(&request, signature.as_ref(), 1_795_867_200)
}

fn keys() -> Result<Keyring, Error> {
    Keyring::parse("2026-11 an-example-that-everybody-knows-1")
}

type Case = (Code, fn() -> Result<(), Error>, &'static str);

const CASES: &[Case] = &[
    (Code::TemplateSyntax, || template("{ \"templrender\": 1 \"name\": \"t\" }"), "1:19: template is not JSON: expected comma"),
    (
        Code::UnknownKey,
        || template(&layer(r#"{ "type": "box", "lft": 1 }"#)),
        r#"2:18: layers[0].lft: unknown key "lft", did you mean "left"?"#,
    ),
    (
        Code::DuplicateKey,
        || template(&layer(r#"{ "type": "box", "left": 1, "left": 2 }"#)),
        r#"2:29: layers[0].left: key "left" stands twice in one object, first on line 2"#,
    ),
    (
        Code::UnsupportedKey,
        || template(&layer(r#"{ "type": "text", "text": "a", "hyphens": "auto" }"#)),
        r#"2:32: layers[0].hyphens: "hyphens" is not supported yet"#,
    ),
    (Code::MissingKey, || template(&layer(r#"{ "type": "image", "width": 9, "height": 9 }"#)), r#"2:1: layers[0]: "src" is missing"#),
    (
        Code::WrongType,
        || template(&layer(r#"{ "type": "text", "text": 5 }"#)),
        "2:27: layers[0].text: text must be a string or a list of spans, found 5",
    ),
    (
        Code::BadValue,
        || template(&layer(r#"{ "type": "txt" }"#)),
        r#"2:11: layers[0].type: unknown layer type "txt", did you mean "text"?"#,
    ),
    (
        Code::UnknownName,
        || template(&document(r#""variants": { "story": { "layers": { "title": {} } } }"#)),
        r#"2:38: variants.story.layers.title: unknown layer id "title""#,
    ),
    (
        Code::ExpressionSyntax,
        || template(&layer(r#"{ "type": "text", "text": "{{ name | uper }}" }"#)),
        r#"2:38: layers[0].text: unknown filter "uper", did you mean "upper"?"#,
    ),
    (Code::UnsupportedVersion, || template(r#"{ "templrender": 2 }"#), "1:18: templrender: format version must be at most 1, found 2"),
    (
        Code::DuplicateId,
        || template(&layer(r#"{ "type": "box", "id": "a" }, { "type": "box", "id": "a" }"#)),
        r#"2:54: layers[1].id: id "a" stands twice, first at layers[0]"#,
    ),
    (
        Code::IndefiniteSize,
        || template(&layer(r#"{ "type": "image", "src": "a.png", "width": 9 }"#)),
        "2:1: layers[0]: an image needs a definite size: width and height, one of them with aspect-ratio, or stretch in a flex or grid box",
    ),
    (Code::TemplateLimit, || template(&"[".repeat(100)), "1:65: template is nested deeper than the limit of 64"),
    (
        Code::UnknownVariant,
        || draw(&document(r#""variants": { "story": {} }"#), "{}", &Context { variant: Some("stori".into()), ..Context::default() }),
        r#"variants: unknown variant "stori", did you mean "story"?"#,
    ),
    (
        Code::UnlikeTypes,
        || template(&layer(r#"{ "type": "box", "if": "'a' == 3" }"#)),
        "2:25: layers[0].if: a text cannot be compared with a number, found `'a' == 3`",
    ),
    (
        Code::NeverTrue,
        || warning(&layer(r#"{ "type": "box", "if": "deal(price, sale).percent > 100" }"#)),
        "2:25: layers[0].if: `deal(price, sale).percent > 100` can never be true: `deal(price, sale).percent` is a number from 0 to 100",
    ),
    (
        Code::AlwaysTrue,
        || warning(&layer(r#"{ "type": "box", "if": "deal(price, sale).percent >= 0" }"#)),
        "2:25: layers[0].if: `deal(price, sale).percent >= 0` is always true: `deal(price, sale).percent` is a number from 0 to 100",
    ),
    (
        Code::NeverReached,
        || {
            warning(&layer(
                r#"{ "choose": [{ "type": "box", "if": "deal(p, s).percent > 5" }, { "type": "box", "if": "deal(p, s).percent > 9" }, { "type": "box" }] }"#,
            ))
        },
        "2:88: layers[0].choose[1].if: an alternative must be reached by some row, here an earlier one of choose always holds first",
    ),
    (
        Code::UnusedLet,
        || warning(&document(r##""let": { "red": "#d0021b" }"##)),
        r#"2:10: let.red: a let should be used, nothing in the template names "red""#,
    ),
    (
        Code::UnusedField,
        || warning(&price(r#""currency": "EUR""#)),
        r#"2:13: fields.price: a field should be used, nothing in the template names "price""#,
    ),
    (
        Code::MissingField,
        || row(&price(r#""required": true"#), "{}"),
        "field price: a required field must have a value, found none in price",
    ),
    (
        Code::BadField,
        || row(&price(r#""currency": "EUR""#), r#"{ "price": "free" }"#),
        r#"field price: a price must have a number, found "free""#,
    ),
    (
        Code::Evaluation,
        || row(&layer(r#"{ "type": "box", "if": "size < 5" }"#), r#"{ "size": "large" }"#),
        r#"layers[0].if: only values of one type can be compared, found text "large" and number 5"#,
    ),
    (
        Code::BadBoundValue,
        || row(&layer(r#"{ "type": "box", "left": "{{ x }}" }"#), r#"{ "x": "left" }"#),
        r#"layers[0].left: left must be a length, a percentage or auto, found "left""#,
    ),
    (
        Code::RowLimit,
        || Row::from_json(&format!("{{ \"a\": {}", "[".repeat(100))).map(|_| ()),
        "row: row is nested deeper than the limit of 64",
    ),
    (
        Code::RowSkipped,
        || row(&document(r#""skip-if": "'sold out' if stock == 0""#), r#"{ "stock": 0 }"#),
        "skip-if: row is skipped: sold out",
    ),
    (Code::BadRow, || feed("id,title,price\na,Honey\n"), "a row must have 3 cells as the header has, found 2"),
    (Code::DuplicateRowId, || feed("id,title\na,Honey\na,Clover\n"), "column id: an id must stand once, \"a\" stands in line 2 already"),
    (Code::BadFeed, || feed(""), "a feed must have a header line, found an empty file"),
    (
        Code::MissingResource,
        || row(&layer(r#"{ "type": "image", "src": "a.png", "width": 9, "height": 9 }"#), "{}"),
        "layers[0]: picture is missing: a.png: not answered",
    ),
    (
        Code::UnknownFormat,
        || answer(b"<!doctype html><title>404</title>", Limits::default()),
        "resource 020ae35bd4bb42a1: this is an HTML page, not a picture",
    ),
    (
        Code::DamagedResource,
        || Fonts::new().add(*b"OTTO and then nothing").map(|_| ()),
        "font: a font must be a whole TrueType or OpenType file, found: an offset was out of bounds",
    ),
    (
        Code::ResourceLimit,
        || answer(&png(), Limits { max_side_px: 16, ..Limits::default() }),
        "resource 020ae35bd4bb42a1: picture is 20x20 px, over the limit of 16 px a side",
    ),
    (
        Code::BadPack,
        || Pack::new(&Limits::default()).add("../a.png", *b""),
        "../a.png: a template's files must lie in its folder, found a path that leads out of it",
    ),
    (
        Code::BadManifest,
        || manifest("\"blend\": { \"strenth\": 0.5 },").map(|_| ()),
        "blend.strenth: unknown key \"strenth\", did you mean \"strength\"?",
    ),
    (
        Code::ModelOutput,
        || model(Model::network(manifest("")?, Gives(|| Ok(vec![Tensor::new([1, 3, 1, 2], TensorData::U8(vec![0; 6]))?])))?),
        "model m, output y: its shape must be [1, 3, 1, 1], found [1, 3, 1, 2]",
    ),
    (
        Code::FaceMissing,
        || model(Model::declared(manifest("\"roi\": { \"mode\": \"face\" },")?, "elsewhere 1")),
        "model m: a picture for this model must have a face: no face was found",
    ),
    (Code::BadArgument, || Frame::new(0, 9, &Limits::default()).map(|_| ()), "a frame must be at least 1x1 px, found 0x9"),
    (Code::NoFonts, || row(&layer(r#"{ "type": "text", "text": "a" }"#), "{}"), "layers[0]: a text needs at least one font, found none"),
    (
        Code::CanvasLimit,
        || Frame::new(20_000, 9, &Limits::default()).map(|_| ()),
        "canvas is 20000x9 px, over the limit of 16384 px a side",
    ),
    (
        Code::DeadlineExceeded,
        || {
            let template = Template::parse(&document(r#""background": "red""#))?;
            let renderer = Renderer::new(Fonts::new());
            let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
            let guard = Guard { clock: Some(|| 7_000), deadline_ns: Some(5_000), ..Guard::default() };
            renderer.render_guarded(&plan, &Resources::new(), &mut Scratch::new(), &guard).map(|_| ())
        },
        "layout: a picture must be done by its deadline, found it 2 us late",
    ),
    (
        Code::Cancelled,
        || {
            let unwanted = AtomicBool::new(true);
            let guard = Guard { cancel: Some(&unwanted), ..Guard::default() };
            Frame::new(9, 9, &Limits::default())?.encode_guarded(&Output::png(), &guard).map(|_| ())
        },
        "encode: a picture must be wanted until it is done, found it cancelled",
    ),
    (
        Code::ModelFailed,
        || {
            model(Model::network(
                manifest("")?,
                Gives(|| Err(Fault::new(Code::ModelFailed, "model m", "the engine is out of memory").into())),
            )?)
        },
        "model m: the engine is out of memory",
    ),
    (
        Code::ModelLimit,
        || model(Model::network(manifest("\"runtime\": { \"est_peak_mb\": 3000 },")?, Gives(|| Ok(Vec::new())))?),
        "model m: a run is thought to take 3000 MB, over the limit of 1024",
    ),
    (
        Code::MissingModel,
        || model(Model::declared(manifest("")?, "elsewhere 1")),
        "model m: it runs elsewhere, and its answer was not brought",
    ),
    (Code::Bug, || Err(Error::from_faults(Vec::<Fault>::new())), "an error without a fault"),
    (
        Code::BadUrl,
        || ask("/shop/price-tag.jpg?title=50%&price=9.90%20EUR"),
        "column title: an escape must be % and two hex digits, found \"%\"",
    ),
    (
        Code::UrlTooLong,
        || {
            let mut request = Request::parse("/shop/price-tag.jpg?title=Aster%20honey")?.0;
            request.row.set("description", "a long story ".repeat(6_000).as_str());
            request.canonical().map(|_| ())
        },
        "url: a URL must have at most 1917 characters before its signature, found 114052; the longest columns are description (114000), title (13)",
    ),
    (Code::BadSignature, || ask("/shop/price-tag.jpg?price=9.90%20EUR"), "url: a URL must be signed, found no ~k and ~s"),
    (
        Code::UrlExpired,
        || {
            let request = Request { expires: Some(1_795_867_199), ..Request::parse("/shop/price-tag.jpg?price=9.90%20EUR")?.0 };
            ask(&keys()?.sign(&request)?)
        },
        "url: a URL must be asked for before its end, 1795867199, found 1795867200",
    ),
    (
        Code::RefusedOrigin,
        || OriginPolicy::allow(["cdn.example.com"])?.check("https://evil.example/a.jpg").map(|_| ()),
        "a picture must come from an origin on the tenant's list, found \"https://evil.example\"",
    ),
    (Code::BadSecret, || Keyring::parse("2026-11 short").map(|_| ()), "line 1: a secret must have 32 to 1024 characters, found 5"),
];

#[test]
fn every_code_is_provoked_with_its_full_text() {
    let mut wrong = Vec::new();
    for (code, provoke, expected) in CASES {
        match provoke() {
            Err(error) if error.code() == *code && error.to_string() == *expected => assert_eq!(error.cause(), code.cause()),
            Err(error) => wrong.push(format!("{}: {}: {error}", code.name(), error.code().name())),
            Ok(()) => wrong.push(format!("{}: no error", code.name())),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let provoked: Vec<Code> = CASES.iter().map(|(code, ..)| *code).collect();
    assert_eq!(provoked, Code::ALL, "each code has one case");
}

#[test]
fn every_code_has_its_line_in_the_documents() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md")).unwrap();
    let mut section = "";
    let mut lines = Vec::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.split(':').next().unwrap();
        }
        if line.starts_with("| `") {
            lines.push((section, line));
        }
    }
    assert_eq!(lines.len(), CASES.len(), "one line for each code");
    for ((code, _, text), (section, line)) in CASES.iter().zip(lines) {
        let begin = format!("| `{}` | {} | ", code.name(), *code as u16);
        assert!(line.starts_with(&begin), "{line}\nmust begin with {begin}");
        let end = format!(" | `{text}` |");
        assert!(line.ends_with(&end), "{line}\nmust end with {end}");
        let cause = match code.cause() {
            Cause::Template => "Template",
            Cause::Row => "Row",
            Cause::Resource => "Resource",
            Cause::Host => "Host",
            Cause::Bug => "Bug",
            Cause::Request => "Request",
            _ => "",
        };
        assert_eq!(section, cause, "{}", code.name());
    }
}

#[test]
fn a_canvas_without_a_text_needs_no_font() {
    let item = r#"{ "type": "box", "width": 9, "height": 9, "background": "red" }"#;
    for align in ["center", "baseline"] {
        let json = layer(&format!(r#"{{ "type": "box", "inset": 0, "display": "flex", "align-items": "{align}", "layers": [{item}] }}"#));
        assert_eq!(row(&json, "{}"), Ok(()));
    }
}
