//! A JSON object to columns, and values to JSON.
//!
//! Strict JSON, numbers kept as decimals. Size and nesting are counted before anything is built. What is written has one spelling: names
//! sorted by their UTF-8 bytes, no spaces, nothing escaped but what must be, numbers in their shortest form without exponent. It is what
//! Python's `json.dumps(..., ensure_ascii=False, sort_keys=True, separators=(",", ":"))` writes for such values.

use std::collections::BTreeMap;

use jsonc_parser::ast;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::error::{Code, Error, Fault, quoted};
use crate::row::blank_is_null;
use crate::row::decimal::Decimal;
use crate::row::value::Value;

/// Longest JSON of one row.
pub(crate) const MAX_BYTES: usize = 4 << 20;
/// Deepest nesting of one row's JSON.
pub(crate) const MAX_DEPTH: usize = 64;

/// The columns of a JSON object.
pub(crate) fn read(json: &str, max_bytes: usize) -> Result<BTreeMap<String, Value>, Error> {
    if json.len() > max_bytes {
        return Err(Fault::new(Code::RowLimit, "row", format!("row is {} bytes of JSON, over the limit of {max_bytes}", json.len())).into());
    }
    if depth(json) > MAX_DEPTH {
        return Err(Fault::new(Code::RowLimit, "row", format!("row is nested deeper than the limit of {MAX_DEPTH}")).into());
    }
    match parse(json).map_err(|message| Fault::new(Code::BadField, "row", message))? {
        Value::Map(columns) => Ok(columns.iter().map(|(name, value)| (name.clone(), value.clone())).collect()),
        other => Err(Fault::new(Code::BadField, "row", format!("a row must be a JSON object, found {}", other.short())).into()),
    }
}

/// One JSON value, for texts that are known to be small and flat enough.
pub(crate) fn parse(json: &str) -> Result<Value, String> {
    let options = ParseOptions {
        allow_comments: false,
        allow_trailing_commas: false,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_extended_string_escapes: false,
        allow_non_finite_numbers: false,
    };
    let parsed = parse_to_ast(json, &CollectOptions::default(), &options).map_err(|e| format!("a row must be JSON: {e}"))?;
    value(parsed.value.as_ref().ok_or("a row must be a JSON object, found nothing")?)
}

/// The deepest nesting of brackets outside of texts.
pub(crate) fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0usize, 0usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Writes a value. What JSON has not is null; whoever has such values makes texts of them first.
pub(crate) fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Money(_) | Value::Date(_) | Value::Interval(_) | Value::Image(_) => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Text(text) => write_text(text, out),
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (i, (name, item)) in entries.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                write_text(name, out);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
    }
}

/// A JSON string.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn value(json: &ast::Value<'_>) -> Result<Value, String> {
    Ok(match json {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(b) => Value::Bool(b.value),
        ast::Value::StringLit(s) => blank_is_null(Value::text(s.value.as_ref())),
        ast::Value::NumberLit(n) => Value::Number(
            Decimal::parse(n.value).ok_or_else(|| format!("a number must have at most 28 digits, found {}", quoted(n.value)))?,
        ),
        ast::Value::Array(array) => Value::List(array.elements.iter().map(value).collect::<Result<Vec<_>, _>>()?.into()),
        ast::Value::Object(object) => {
            let mut entries = BTreeMap::new();
            for property in &object.properties {
                let name = property.name.as_str().to_owned();
                if entries.contains_key(&name) {
                    return Err(format!("a name must stand once in an object, found {} twice", quoted(&name)));
                }
                entries.insert(name, value(&property.value)?);
            }
            Value::map(entries)
        }
    })
}
