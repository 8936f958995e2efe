//! The way from a row to pictures: what is pending, what follows a failure, what is inline, what is left out.

use templrender::{
    Code, Context, Fonts, NeedSource, NoteCode, Output, OutputFormat, Plan, Rendered, Renderer, Resources, Row, Scratch, Template,
};

const TEMPLATE: &str = r##"{
    "templrender": 1, "name": "pictures", "size": [40, 20],
    "assets": { "spare": "assets/spare.png" },
    "layers": [
        { "id": "a", "type": "image", "src": ["{{ photo }}", "asset:spare"], "width": 20, "height": 20 },
        { "id": "b", "type": "image", "src": "{{ photo }}", "left": 20, "width": 10, "height": 20, "missing": "hide" }
    ]
}"##;

fn plan(row: &str) -> Plan {
    let template = Template::parse(TEMPLATE).unwrap();
    Renderer::new(Fonts::new()).plan(&template, &Row::from_json(row).unwrap(), &Context::default()).unwrap()
}

fn render(plan: &Plan, resources: &Resources) -> Result<Rendered, templrender::Error> {
    Renderer::new(Fonts::new()).render(plan, resources, &mut Scratch::new())
}

/// A PNG of one colour.
fn png(red: u8) -> Vec<u8> {
    let pixels = [red, 0, 0, 255].repeat(16);
    templrender::Frame::from_rgba(4, 4, pixels).unwrap().encode(&Output::png()).unwrap()
}

fn places(plan: &Plan, resources: &Resources) -> Vec<String> {
    let name = |source: &NeedSource| match source {
        NeedSource::Location(location) => location.clone(),
        NeedSource::Asset { name, path } => format!("{name} at {path}"),
        other => format!("{other:?}"),
    };
    plan.pending(resources).iter().map(|need| name(need.source())).collect()
}

#[test]
fn a_need_is_asked_once_and_its_next_choice_only_after_it_failed() {
    let plan = plan(r#"{ "photo": "https://shop.example/a.jpg" }"#);
    let mut resources = Resources::new();
    assert_eq!(places(&plan, &resources), ["https://shop.example/a.jpg"]);
    assert_eq!(plan.needs().count(), 2);

    let photo = plan.pending(&resources)[0].id();
    resources.fail(photo, "status 404");
    assert_eq!(places(&plan, &resources), ["spare at assets/spare.png"]);

    let spare = plan.pending(&resources)[0].id();
    resources.insert(spare, png(200)).unwrap();
    assert!(plan.pending(&resources).is_empty());

    let rendered = render(&plan, &resources).unwrap();
    assert_eq!(&rendered.frame.pixels()[..4], [200, 0, 0, 255]);
    let noted: Vec<_> = rendered.report.notes.iter().map(|n| (n.code, n.layer.as_str(), n.message.as_str())).collect();
    let why = "https://shop.example/a.jpg: status 404";
    assert_eq!(
        noted,
        [
            (NoteCode::ImageMissing, "a", why),
            (NoteCode::ImageMissing, "b", why),
            (NoteCode::ImageEnlarged, "a", "picture was drawn at 5 times its size"),
        ]
    );
    assert!(!rendered.report.layers.iter().any(|layer| layer.layer == "b"), "a hidden picture takes no space");
}

#[test]
fn each_source_that_was_not_there_is_a_note() {
    let template = r##"{ "templrender": 1, "name": "t", "size": [4, 4], "layers": [
        { "id": "a", "type": "image", "src": ["{{ first }}", "{{ second }}", "{{ third }}"], "width": 4, "height": 4 } ] }"##;
    let row = Row::from_json(r#"{ "first": "gone.png", "second": "page.png", "third": "there.png" }"#).unwrap();
    let plan = Renderer::new(Fonts::new()).plan(&Template::parse(template).unwrap(), &row, &Context::default()).unwrap();
    let mut resources = Resources::new();
    resources.fail(plan.pending(&resources)[0].id(), "status 404");
    let page = plan.pending(&resources)[0].id();
    assert!(resources.insert(page, *b"<!doctype html>").is_err());
    let there = plan.pending(&resources)[0].id();
    resources.insert(there, png(90)).unwrap();
    let rendered = render(&plan, &resources).unwrap();
    assert_eq!(&rendered.frame.pixels()[..4], [90, 0, 0, 255]);
    let noted: Vec<_> = rendered.report.notes.iter().map(|n| (n.code, n.message.as_str())).collect();
    let page = "page.png: this is an HTML page, not a picture";
    assert_eq!(noted, [(NoteCode::ImageMissing, "gone.png: status 404"), (NoteCode::ImageMissing, page)]);
}

#[test]
fn a_page_in_a_pictures_place_is_a_failure_that_says_so() {
    let plan = plan(r#"{ "photo": "https://shop.example/a.jpg" }"#);
    let mut resources = Resources::new();
    let id = plan.pending(&resources)[0].id();
    let error = resources.insert(id, *b"<!doctype html><h1>Not found</h1>").unwrap_err();
    assert_eq!(error.code(), Code::UnknownFormat);
    assert!(error.to_string().contains("HTML page"), "{error}");
    assert_eq!(places(&plan, &resources), ["spare at assets/spare.png"]);
}

#[test]
fn a_picture_that_must_be_there_is_missed_with_every_reason() {
    let plan = plan(r#"{ "photo": "a.jpg" }"#);
    let mut resources = Resources::new();
    for need in plan.needs().map(|need| need.id()).collect::<Vec<_>>() {
        resources.fail(need, "no such file");
    }
    let error = render(&plan, &resources).unwrap_err();
    assert_eq!(error.code(), Code::MissingResource);
    assert_eq!(error.to_string(), "layers[0]: picture is missing: a.jpg: no such file; asset:spare: no such file");
}

#[test]
fn an_unanswered_need_is_an_error_and_not_an_empty_picture() {
    let error = render(&plan(r#"{ "photo": "a.jpg" }"#), &Resources::new()).unwrap_err();
    assert_eq!(error.to_string(), "layers[0]: picture is missing: a.jpg: not answered; asset:spare: not answered");
}

#[test]
fn bytes_in_the_row_need_nothing() {
    let template = Template::parse(TEMPLATE).unwrap();
    let mut row = Row::new();
    row.set_image("photo", png(7));
    let plan = Renderer::new(Fonts::new()).plan(&template, &row, &Context::default()).unwrap();
    assert!(plan.pending(&Resources::new()).is_empty());
    let rendered = render(&plan, &Resources::new()).unwrap();
    assert_eq!(&rendered.frame.pixels()[..4], [7, 0, 0, 255]);

    let mut other = Row::new();
    other.set_image("photo", png(8));
    let changed = Renderer::new(Fonts::new()).plan(&template, &other, &Context::default()).unwrap();
    assert_ne!(plan.key(), changed.key(), "the key covers the bytes");
}

#[test]
fn a_data_url_needs_nothing_and_a_broken_one_falls_back() {
    let svg = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='2' height='2'%3E%3Crect width='2' height='2' fill='%230f0'/%3E%3C/svg%3E";
    let good = plan(&format!(r#"{{ "photo": "{svg}" }}"#));
    assert!(good.pending(&Resources::new()).is_empty());
    assert_eq!(&render(&good, &Resources::new()).unwrap().frame.pixels()[..4], [0, 255, 0, 255]);

    let broken = plan(r#"{ "photo": "data:image/png;base64,AAAA" }"#);
    assert_eq!(places(&broken, &Resources::new()), ["spare at assets/spare.png"]);
}

#[test]
fn the_key_follows_what_is_drawn() {
    let template = Template::parse(
        r#"{ "templrender": 1, "name": "t", "size": [10, 10], "layers": [
            { "type": "box", "if": "shown", "width": 5, "height": 5, "background": "{{ tint }}" } ] }"#,
    )
    .unwrap();
    let key =
        |row: &str, context: &Context| Renderer::new(Fonts::new()).plan(&template, &Row::from_json(row).unwrap(), context).unwrap().key();
    let base = Context::default();
    let hidden = key(r#"{ "shown": false, "tint": "red" }"#, &base);
    assert_eq!(hidden, key(r#"{ "shown": false, "tint": "blue", "other": 1 }"#, &base), "a hidden layer's colour draws nothing");
    let red = key(r#"{ "shown": true, "tint": "red" }"#, &base);
    assert_ne!(red, key(r#"{ "shown": true, "tint": "blue" }"#, &base));
    assert_ne!(red, key(r#"{ "shown": true, "tint": "red" }"#, &Context { scale: Some(2.0), ..base.clone() }));
    assert_ne!(red, key(r#"{ "shown": true, "tint": "red" }"#, &Context { output: Some(Output::jpeg(80)), ..base.clone() }));
    assert_eq!(red.to_string().len(), 32);
}

/// The key of what was found, after these answers in this order; an answer without bytes is a failure.
fn found(plan: &Plan, answers: &[(&str, Option<Vec<u8>>)]) -> String {
    let mut resources = Resources::new();
    for (name, bytes) in answers {
        let named = |source: &NeedSource| match source {
            NeedSource::Location(location) => location == name,
            NeedSource::Asset { name: asset, .. } => asset == name,
            _ => false,
        };
        let need = plan.needs().find(|need| named(need.source())).unwrap_or_else(|| panic!("no need {name}"));
        match bytes {
            Some(bytes) => resources.insert(need.id(), bytes.clone()).unwrap(),
            None => resources.fail(need.id(), "status 404"),
        }
    }
    plan.resources_key(&resources).to_string()
}

#[test]
fn the_key_of_what_was_found_follows_the_bytes_that_are_drawn() {
    let plan = plan(r#"{ "photo": "a.jpg" }"#);
    let photo = found(&plan, &[("a.jpg", Some(png(1)))]);
    assert_eq!(photo, found(&plan, &[("a.jpg", Some(png(1)))]), "the same");
    assert_ne!(photo, found(&plan, &[("a.jpg", Some(png(2)))]), "other bytes");
    assert_eq!(photo, found(&plan, &[("a.jpg", Some(png(1))), ("spare", Some(png(3)))]), "what is not drawn");
    assert_eq!(photo, found(&plan, &[("spare", Some(png(3))), ("a.jpg", Some(png(1)))]), "in another order");
    assert_eq!(photo, found(&plan, &[("spare", None), ("a.jpg", Some(png(1)))]), "a failure of what is not drawn");
    let spare = found(&plan, &[("a.jpg", None), ("spare", Some(png(3)))]);
    assert_ne!(photo, spare);
    assert_ne!(spare, found(&plan, &[("a.jpg", None), ("spare", Some(png(1)))]));
    assert_ne!(
        photo,
        found(&plan, &[("a.jpg", None), ("spare", Some(png(1)))]),
        "a fallback with the same bytes leaves the other layer empty"
    );
    let nothing = found(&plan, &[]);
    assert_eq!(nothing, found(&plan, &[("a.jpg", None), ("spare", None)]), "nothing is there either way");
    assert_ne!(nothing, spare);
}

#[test]
fn the_key_of_what_was_found_tells_which_place_has_which_picture() {
    let template = r#"{ "templrender": 1, "name": "two", "size": [40, 20], "layers": [
        { "type": "image", "src": ["{{ a }}", "{{ c }}"], "width": 20, "height": 20, "missing": "hide" },
        { "type": "image", "src": "{{ b }}", "left": 20, "width": 20, "height": 20, "missing": "hide" } ] }"#;
    let row = Row::from_json(r#"{ "a": "a", "b": "b", "c": "c" }"#).unwrap();
    let plan = Renderer::new(Fonts::new()).plan(&Template::parse(template).unwrap(), &row, &Context::default()).unwrap();
    let svg = |side: u32| {
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="9"><path d="M0 0h9v9z"/></svg>"#).into_bytes()
    };
    let keys = [
        found(&plan, &[("a", Some(png(1))), ("b", Some(png(2)))]),
        found(&plan, &[("a", Some(png(2))), ("b", Some(png(1)))]),
        found(&plan, &[("a", Some(png(1))), ("b", Some(png(1)))]),
        found(&plan, &[("a", None), ("c", Some(png(1))), ("b", Some(png(1)))]),
        found(&plan, &[("a", Some(png(1))), ("b", None)]),
        found(&plan, &[("a", None), ("b", Some(png(1)))]),
        found(&plan, &[("a", Some(svg(9))), ("b", Some(png(1)))]),
        found(&plan, &[("a", Some(svg(10))), ("b", Some(png(1)))]),
        found(&plan, &[]),
    ];
    let different: std::collections::BTreeSet<&String> = keys.iter().collect();
    assert_eq!(different.len(), keys.len(), "{keys:#?}");
}

#[test]
fn a_format_replaces_that_of_the_output_and_nothing_else() {
    let template = |extra: &str| {
        let keys = format!(
            r#""templrender": 1, "name": "t", "size": [9, 9], "output": {{ "format": "jpeg", "quality": 70 }}, "layers": []{extra}"#
        );
        Template::parse(&format!("{{ {keys} }}")).unwrap()
    };
    let plan = |template: &Template, context: Context| Renderer::new(Fonts::new()).plan(template, &Row::new(), &context).unwrap();
    for template in [template(""), template(r#", "skip-if": "true""#)] {
        let asked = plan(&template, Context::default());
        for format in [OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::WebP] {
            let other = plan(&template, Context { format: Some(format), ..Context::default() });
            assert_eq!(other.output(), &Output { format, quality: 70, ..Output::default() });
            let whole = plan(&template, Context { output: Some(other.output().clone()), ..Context::default() });
            assert_eq!(whole.key(), other.key());
            assert_eq!(other.key() == asked.key(), format == OutputFormat::Jpeg || asked.skipped().is_some());
            let both = plan(&template, Context { output: Some(Output::jpeg(20)), format: Some(format), ..Context::default() });
            assert_eq!(both.output(), &Output { format, quality: 20, ..Output::default() });
        }
    }
}
