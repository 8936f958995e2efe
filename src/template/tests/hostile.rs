//! Templates that mean harm, or laws that hold for all of them.

use std::fmt::Write;

use proptest::prelude::*;

use super::{Template, with_layers};
use crate::{Code, Error, Limits};

const EXAMPLE: &str = r##"{ "templrender": 1, "name": "é", "size": [100, 100], "let": { "a": "{{ 1 + 2 }}" }, // here
    "styles": { "s": { "color": "#fff", "font-size": 20 } }, "variants": { "v": { "layers": { "t": { "left": 5 } } } },
    "layers": [{ "id": "t", "type": "text", "style": "s", "text": [{ "text": "{{ a }} \"x\" \u00e9" }], "line-clamp": 2 },
               { "type": "image", "src": ["{{ photo }}", "b.png"], "width": 10, "height": 10, "object-fit": "cover" }] }"##;

fn error(json: &str) -> Error {
    Template::parse(json).unwrap_err()
}

#[test]
fn a_template_cut_anywhere_is_refused() {
    assert!(Template::parse(EXAMPLE).is_ok());
    for (at, _) in EXAMPLE.char_indices() {
        let error = error(&EXAMPLE[..at]);
        assert_eq!(error.code(), Code::TemplateSyntax, "{at}");
        assert!(error.faults()[0].at.is_some(), "{at}");
    }
}

#[test]
fn deep_nesting_of_anything_is_a_fault() {
    let mut layers = String::new();
    for _ in 0..10_000 {
        layers.push_str(r#"{ "type": "box", "layers": ["#);
    }
    assert_eq!(error(&with_layers(&layers)).code(), Code::TemplateLimit);
    let deep = |depth: usize| {
        let (open, close) = (r#"{ "type": "box", "layers": ["#.repeat(depth), "] }".repeat(depth));
        with_layers(&format!("{open}{close}"))
    };
    assert!(Template::parse(&deep(31)).is_ok());
    assert_eq!(error(&deep(32)).to_string(), "2:869: template is nested deeper than the limit of 64");
    let limits = Limits { max_depth: 1_000, ..Limits::default() };
    assert!(Template::parse_with(&deep(99), &limits).is_ok());
    assert_eq!(Template::parse_with(&deep(100), &limits).unwrap_err().code(), Code::TemplateLimit);
}

#[test]
fn too_many_layers_are_a_fault() {
    let layers = vec![r#"{"type":"box"}"#; 100_000].join(",");
    let error = error(&with_layers(&layers));
    assert_eq!(error.faults().len(), 1);
    assert_eq!(error.to_string(), "2:150001: layers[10000]: template has more layers than the limit of 10000");
    let layers = vec![r#"{"type":"box"}"#; 10_000].join(",");
    assert!(Template::parse(&with_layers(&layers)).is_ok());
}

#[test]
fn what_merging_multiplies_is_bounded() {
    let limits = Limits { max_template_bytes: 100_000, ..Limits::default() };
    let style = " ".repeat(9_000) + "red";
    let layers = vec![r#"{ "type": "text", "text": "", "style": "s" }"#; 200].join(",");
    let json = with_layers(&layers).replace("\"layers\"", &format!("\"styles\": {{ \"s\": {{ \"color\": \"{style}\" }} }}, \"layers\""));
    let error = Template::parse_with(&json, &limits).unwrap_err();
    assert_eq!(error.code(), Code::TemplateLimit);
    assert!(error.faults()[0].message.ends_with("with styles and variants merged in is over the limit of 800000 bytes"), "{error}");

    let variants: Vec<String> = (0..5_000).map(|i| format!("\"{i}\":{{}}")).collect();
    let json = with_layers("").replace("\"layers\"", &format!("\"variants\": {{ {} }}, \"layers\"", variants.join(",")));
    let error = Template::parse_with(&json, &limits).unwrap_err();
    assert_eq!(error.code(), Code::TemplateLimit);
}

#[test]
fn large_texts_are_read_or_refused() {
    let large = "x".repeat(1_000_000);
    assert!(Template::parse(&with_layers(&format!(r#"{{ "type": "text", "text": "{large}" }}"#))).is_ok());
    assert_eq!(error(&with_layers(&format!(r#"{{ "type": "{large}" }}"#))).code(), Code::BadValue);
    assert_eq!(error(&with_layers(&format!(r#"{{ "type": "box", "{large}": 1 }}"#))).code(), Code::UnknownKey);
    let shown = error(&with_layers(&format!(r#"{{ "type": "box", "left": "{large}", "if": "{large}" }}"#))).to_string();
    assert!(shown.len() < 1_000, "{} bytes", shown.len());
    let huge = "x".repeat(5 << 20);
    assert_eq!(error(&huge).to_string(), "template is 5242880 bytes, over the limit of 4194304");
}

fn name() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("names do not bind and are not empty", |s| !s.is_empty() && s.len() <= 60 && !s.contains("{{"))
}

fn literal(text: &str) -> String {
    let mut out = String::new();
    super::super::print::string(text, &mut out).unwrap();
    out
}

fn layer() -> impl Strategy<Value = String> {
    let keys = prop::collection::btree_map(
        prop::sample::select(vec!["left", "top", "width", "margin", "padding", "border-radius", "opacity", "order"]),
        prop_oneof![Just("0".to_owned()), Just("1".to_owned()), Just("\"{{ a }}\"".to_owned())],
        0..4,
    );
    let own = |keys: std::collections::BTreeMap<&str, String>| {
        keys.into_iter().fold(String::new(), |mut out, (key, value)| {
            let _ = write!(out, ", \"{key}\": {value}");
            out
        })
    };
    let text = (keys.clone(), any::<String>().prop_filter("no binding", |s| !s.contains("{{")))
        .prop_map(move |(keys, text)| format!("{{ \"type\": \"text\", \"text\": {} {} }}", literal(&text), own(keys)));
    let picture = name().prop_map(|src| format!("{{ \"type\": \"svg\", \"width\": 1, \"height\": 1, \"svg\": {} }}", literal(&src)));
    prop_oneof![text, picture].prop_recursive(3, 16, 4, move |inner| {
        (keys.clone(), prop::collection::vec(inner, 0..4))
            .prop_map(move |(keys, layers)| format!("{{ \"type\": \"box\" {} , \"layers\": [{},] }}", own(keys), layers.join(", // é\n")))
            .prop_map(|json| json.replace("[,]", "[]"))
    })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_an_equal_template(
        title in name(),
        layers in prop::collection::vec(layer(), 0..4),
        assets in prop::collection::btree_map(name(), name(), 0..3),
        width in 1..2_000u32,
    ) {
        let assets: Vec<String> = assets.iter().map(|(key, value)| format!("{}: {}", literal(key), literal(value))).collect();
        let json = format!(
            "{{ \"templrender\": 1, \"name\": {}, \"size\": [{width}, \"auto\"], \"assets\": {{ {} }}, \"layers\": [{}], \"variants\": {{ \"v\": {{ \"size\": [1, 1] }} }} }}",
            literal(&title), assets.join(","), layers.join(",")
        );
        let template = Template::parse(&json).map_err(|e| TestCaseError::fail(format!("{e}\n{json}")))?;
        let again = Template::parse(&template.to_string()).unwrap();
        prop_assert_eq!(&again, &template);
        prop_assert_eq!(again.digest(), template.digest());
        prop_assert_eq!(again.to_string(), template.to_string());
        for variant in [None, Some("v")] {
            prop_assert_eq!(again.document(variant).unwrap(), template.document(variant).unwrap());
        }
    }
}
