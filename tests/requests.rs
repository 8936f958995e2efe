//! Laws of URLs: one canonical form for each request, and nothing but that request behind a signature.

use proptest::prelude::*;
use templrender::{OutputFormat, Request, Row};

/// JSON of any shape that a row may hold.
fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        (any::<i32>(), 0u32..9).prop_map(|(units, decimals)| Value::from(f64::from(units) / 10f64.powi(decimals as i32))),
    ];
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool), number, text().prop_map(Value::String)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(text(), inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_]{0,12}", "[ -~]{0,12}", "\\PC{0,8}", any::<String>(), Just(" ".to_owned()), Just("\u{0}\u{1f}\"\\\u{7f}".to_owned())]
}

fn row() -> impl Strategy<Value = Row> {
    prop::collection::btree_map(text().prop_filter("reserved", |name| !name.starts_with('~')), json(), 0..6)
        .prop_map(|columns| Row::from_json(&serde_json::Value::Object(columns.into_iter().collect()).to_string()).unwrap())
}

fn name() -> impl Strategy<Value = String> {
    text().prop_filter("a name of a path", |name| {
        !matches!(name.as_str(), "" | "." | "..") && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'))
    })
}

fn request() -> impl Strategy<Value = Request> {
    let format = prop_oneof![Just(OutputFormat::Jpeg), Just(OutputFormat::Png), Just(OutputFormat::WebP)];
    let path = (name(), name(), prop::option::of("[0-9a-f]{16}"), prop::option::of(name()), format);
    let rest = (row(), prop::option::of("[a-z]{2}(-[A-Z]{2})?"), prop::option::of("[0-9a-f]{16}"), prop::option::of(0..i64::MAX));
    (path, rest).prop_map(|((tenant, template, digest, variant, format), (row, lang, version, expires))| Request {
        digest,
        variant,
        row,
        lang,
        version,
        expires,
        ..Request::new(tenant, template, format)
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(request in request()) {
        let url = request.canonical().unwrap();
        prop_assert!(url.len() <= Request::MAX_URL_CHARS && url.is_ascii());
        let (read, signature) = Request::parse(&url).unwrap();
        prop_assert_eq!(&read, &request);
        prop_assert!(signature.is_none());
        prop_assert_eq!(read.canonical().unwrap(), url);
    }
}
