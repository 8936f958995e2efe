//! Columns under the names that templates know, whatever the feed calls them.
//!
//! A name is kept as it is, and stands once more as the Merchant feeds write it (`Image Link` and `g:image_link` are `image_link` too), so
//! that a template finds either. Meta's nested pictures (`image` with `url` and `tag`) give `image_link` and `additional_image_link` where the
//! feed has none of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::clean;
use crate::row::{Clean, Row, Value, catalogue, json};

/// Columns whose cells may hold JSON: those that Meta's catalogue nests.
const NESTED: [&str; 7] = ["image", "video", "product_detail", "shipping", "installment", "additional_variant_attribute", "product_tags"];
/// The deepest JSON of a cell.
const MAX_DEPTH: usize = 8;

/// `g:Image Link` as `image_link`.
pub(super) fn merchant_name(name: &str) -> String {
    let name = name.to_lowercase();
    name.strip_prefix("g:").unwrap_or(&name).split_whitespace().collect::<Vec<_>>().join("_")
}

/// Whether a column's cells may hold JSON.
pub(super) fn is_nested(merchant_name: &str) -> bool {
    NESTED.contains(&merchant_name)
}

/// A cell of such a column: its JSON, or the text that it is.
pub(super) fn nested(cell: Value) -> Value {
    let parsed = cell
        .as_text()
        .map(str::trim)
        .filter(|text| text.starts_with(['[', '{']) && json::depth(text) <= MAX_DEPTH)
        .and_then(|text| json::parse(text).ok());
    parsed.unwrap_or(cell)
}

/// Fills `image_link` and `additional_image_link` from `image`, where they are missing.
pub(super) fn link_images(columns: &mut BTreeMap<String, Value>) {
    let images: Vec<Value> = match columns.get("image") {
        Some(Value::List(images)) => images.to_vec(),
        Some(image @ Value::Map(_)) => vec![image.clone()],
        _ => return,
    };
    let url = |image: &Value| match image {
        Value::Map(entries) => entries.get("url").filter(|url| url.as_text().is_some()).cloned(),
        Value::Text(_) => Some(image.clone()),
        _ => None,
    };
    let mut urls = images.iter().filter_map(url).map(|url| clean::value(Clean::Url, url));
    let Some(first) = urls.next() else { return };
    let others: Vec<Value> = urls.collect();
    let missing = |columns: &BTreeMap<String, Value>, name: &str| columns.get(name).is_none_or(Value::is_null);
    if missing(columns, "image_link") {
        columns.insert("image_link".to_owned(), first);
    }
    if !others.is_empty() && missing(columns, "additional_image_link") {
        columns.insert("additional_image_link".to_owned(), Value::list(others));
    }
}

/// Columns that carry their names with them (JSON, XML) as a row: cleaned, under both names, with links to nested pictures.
pub(super) fn row(mut columns: BTreeMap<String, Value>) -> Row {
    let mut renamed: Vec<(String, Value)> = Vec::new();
    for (name, value) in &mut columns {
        let merchant = if is_plain(name) { Cow::Borrowed(name.as_str()) } else { Cow::Owned(merchant_name(name)) };
        if is_nested(&merchant) {
            *value = nested(std::mem::take(value));
        }
        if has_reference(value) {
            *value = clean::value(catalogue::clean(&merchant), std::mem::take(value));
        }
        if let Cow::Owned(merchant) = merchant
            && !merchant.is_empty()
        {
            renamed.push((merchant, value.clone()));
        }
    }
    for (merchant, value) in renamed {
        columns.entry(merchant).or_insert(value);
    }
    link_images(&mut columns);
    Row::from_columns(columns)
}

/// Whether a name is what its Merchant name is.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether a value, or an item of a list, may have a reference.
fn has_reference(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.contains('&'),
        Value::List(items) => items.iter().any(has_reference),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_both_names() {
        for (name, merchant) in
            [("g:image link", "image_link"), ("Sale  Price", "sale_price"), ("title", "title"), ("G:ID", "id"), ("Ünï", "ünï"), (" ", "")]
        {
            assert_eq!(merchant_name(name), merchant);
        }
        let columns = [("Title", "A &amp; B"), ("G:Link", "x?a&amp;b"), ("note", "&amp;")];
        let row = row(columns.into_iter().map(|(name, value)| (name.to_owned(), Value::text(value))).collect());
        let shown: Vec<_> = row.iter().map(|(name, value)| (name, value.as_text().unwrap())).collect();
        assert_eq!(shown, [("G:Link", "x?a&b"), ("Title", "A & B"), ("link", "x?a&b"), ("note", "&amp;"), ("title", "A & B")]);
    }

    #[test]
    fn nested_pictures_become_links() {
        let row = |json: &str| super::row(json::read(json, usize::MAX).unwrap());
        let nested = row(r#"{"image": [{"url": "a.jpg?x&amp;y", "tag": ["t"]}, {"tag": []}, {"url": "b.jpg"}, "c.jpg"]}"#);
        assert_eq!(nested.get("image_link"), Some(&Value::text("a.jpg?x&y")));
        assert_eq!(nested.get("additional_image_link"), Some(&Value::list([Value::text("b.jpg"), Value::text("c.jpg")])));
        let cell = row(r#"{"image": "[{\"url\": \"a.jpg\"}]", "additional_image_link": "z.jpg"}"#);
        assert_eq!(cell.get("image_link"), Some(&Value::text("a.jpg")));
        assert_eq!(cell.get("additional_image_link"), Some(&Value::text("z.jpg")));
        let own = row(r#"{"image": {"url": "a.jpg"}, "image_link": "own.jpg"}"#);
        assert_eq!(own.get("image_link"), Some(&Value::text("own.jpg")));
        assert_eq!(row(r#"{"image": "[broken"}"#).get("image_link"), None);
    }
}
