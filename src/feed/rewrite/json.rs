//! One entry of a JSON object, found by its place in the text.

use std::ops::Range;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::feed::columns::merchant_name;

/// An object's text with another value in a column.
pub(super) fn replaced(record: &str, column: &str, value: &str) -> Result<String, String> {
    let parsed = parse_to_ast(record, &CollectOptions::default(), &ParseOptions::default()).map_err(|error| error.to_string())?;
    let Some(Value::Object(object)) = &parsed.value else { return Err("it is no object".to_owned()) };
    let own = object.properties.iter().find(|p| p.name.as_str() == column).or_else(|| {
        // As rows are made: of several names for one column the first in the alphabet.
        object.properties.iter().filter(|p| merchant_name(p.name.as_str()) == column).min_by_key(|p| p.name.as_str())
    });
    let place = own.map(|p| range(&p.value)).or_else(|| {
        let image = object.properties.iter().find(|p| p.name.as_str() == "image").filter(|_| column == "image_link")?;
        address(&image.value)
    });
    Ok(match place {
        Some(place) => spliced(record, place, &quoted(value)),
        None => inserted(record, object, column, value),
    })
}

/// Meta's nested pictures (`[{"url": ...}]`) with another first address; a cell that holds none is that address alone.
pub(super) fn nested(cell: &str, value: &str) -> String {
    let parsed = parse_to_ast(cell, &CollectOptions::default(), &ParseOptions::default());
    let place = parsed.ok().and_then(|parsed| address(parsed.value.as_ref()?));
    match place {
        Some(place) => spliced(cell, place, &quoted(value)),
        None => format!("[{{\"url\":{}}}]", quoted(value)),
    }
}

/// Where the first address of nested pictures stands.
fn address(image: &Value<'_>) -> Option<Range<usize>> {
    let url = |image: &Value<'_>| match image {
        Value::Object(object) => {
            object.properties.iter().find(|p| p.name.as_str() == "url" && matches!(p.value, Value::StringLit(_))).map(|p| range(&p.value))
        }
        Value::StringLit(_) => Some(range(image)),
        _ => None,
    };
    match image {
        Value::Array(images) => images.elements.iter().find_map(url),
        Value::Object(_) => url(image),
        _ => None,
    }
}

/// The object with one more entry at its end.
fn inserted(record: &str, object: &Object<'_>, name: &str, value: &str) -> String {
    let entry = format!("{}:{}", quoted(name), quoted(value));
    match object.properties.last() {
        Some(last) => spliced(record, last.range().end..last.range().end, &format!(",{entry}")),
        None => spliced(record, object.range().start + 1..object.range().start + 1, &entry),
    }
}

fn range(value: &Value<'_>) -> Range<usize> {
    value.range().start..value.range().end
}

fn spliced(text: &str, place: Range<usize>, new: &str) -> String {
    format!("{}{new}{}", text.get(..place.start).unwrap_or_default(), text.get(place.end..).unwrap_or_default())
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
