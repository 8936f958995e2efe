//! Lists and records in cells: what text feeds part by signs, and XML and JSON by structure.
//!
//! A list is a JSON array, or parted by `|`, else `;`, else `,`; addresses of pictures also by spaces. A record is a JSON object, or its
//! parts in the order of its fields with colons between; the last part keeps its colons. In both a part may stand in double quotes, and a
//! backslash takes the meaning from the sign behind it, so that `General:"Size, boxed":3\:4` has three parts.

use crate::error::quoted;
use crate::row::field::{Field, FieldType, Items, Reading};
use crate::row::value::Value;
use crate::row::{Row, json};

/// Deepest nesting of JSON in a cell.
const MAX_DEPTH: usize = 8;

/// The items of a list that stands in one cell, raw.
pub(super) fn items(cell: &str, of: Option<&Items>) -> Result<Vec<Value>, String> {
    let text = cell.trim();
    if text.starts_with('[') {
        // Meta's labels stand in single quotes.
        let plain = if text.contains('"') { text.to_owned() } else { text.replace('\'', "\"") };
        return match parsed(&plain)? {
            Value::List(items) => Ok(items.to_vec()),
            _ => Err(format!("a list must be a JSON array or parted by , ; or |, found {}", quoted(cell))),
        };
    }
    if matches!(of, Some(Items::Fields(_))) {
        let records = if text.starts_with('{') { vec![text] } else { split(text, ',', usize::MAX) };
        return Ok(records.into_iter().filter(|record| !record.trim().is_empty()).map(Value::text).collect());
    }
    if matches!(of, Some(Items::Type(FieldType::Image | FieldType::Url))) && text.split_whitespace().all(|part| part.contains("://")) {
        let is_parted = |s: char| text.split(s).skip(1).any(|part| part.contains("://"));
        if !['|', ';', ','].into_iter().any(is_parted) {
            return Ok(text.split_whitespace().map(Value::text).collect());
        }
    }
    let separator = ['|', ';'].into_iter().find(|s| text.contains(*s)).unwrap_or(',');
    let items = split(text, separator, usize::MAX).into_iter().map(plain);
    Ok(items.filter(|item| !item.is_empty()).map(Value::text).collect())
}

/// One record, field by field; null where it has nothing.
pub(super) fn one(fields: &[(String, Field)], raw: &Value, reading: Reading<'_>) -> Result<Value, String> {
    let columns = match raw {
        Value::Map(columns) => columns.as_ref().clone(),
        Value::Text(cell) if cell.trim_start().starts_with('{') => match parsed(cell)? {
            Value::Map(columns) => columns.as_ref().clone(),
            _ => return Err(format!("must be an object, found {}", quoted(cell))),
        },
        Value::Text(cell) if fields.len() > 1 => {
            let parts = split(cell, ':', fields.len()).into_iter().map(plain);
            let parts = fields.iter().zip(parts).filter(|(_, part)| !part.is_empty());
            let columns: std::collections::BTreeMap<String, Value> =
                parts.map(|((name, _), part)| (name.clone(), Value::text(part))).collect();
            if columns.is_empty() {
                return Ok(Value::Null);
            }
            columns
        }
        other => return Err(format!("must be an object, found {}", other.short())),
    };
    let row = Row { columns };
    let read = |(name, field): &(String, Field)| match field.read(name, &row, reading) {
        Ok(value) => Ok((name.clone(), value)),
        Err(fault) => Err(format!("{}: {}", fault.place, fault.message)),
    };
    Ok(Value::map(fields.iter().map(read).collect::<Result<Vec<_>, _>>()?))
}

fn parsed(cell: &str) -> Result<Value, String> {
    if json::depth(cell) > MAX_DEPTH {
        Err(format!("a cell's JSON must be nested at most {MAX_DEPTH} deep, found more"))
    } else {
        json::parse(cell)
    }
}

/// A text's parts, at most so many; the last keeps what is left. Quotes are kept for [`plain`].
fn split(text: &str, separator: char, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quote, mut escaped, mut begins) = (0, None, false, true);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let was_escaped = std::mem::replace(&mut escaped, false);
        match (c, quote) {
            ('"', Some(_)) if chars.next_if(|(_, next)| *next == '"').is_none() => quote = None,
            (_, Some(_)) => {}
            // A mark of inches is no quote: one begins a part, and ends somewhere.
            ('"', None) if begins && text.get(at + 1..).is_some_and(|rest| rest.contains('"')) => quote = Some(at),
            ('\\', None) => escaped = !was_escaped,
            (c, None) if c == separator && !was_escaped && parts.len() + 1 < most => {
                parts.push(text.get(start..at).unwrap_or(""));
                start = at + c.len_utf8();
            }
            _ => {}
        }
        begins = c == separator || c == ':' || (begins && c.is_whitespace());
    }
    parts.push(text.get(start..).unwrap_or(""));
    parts
}

/// A part without what protected its signs.
fn plain(part: &str) -> String {
    let part = part.trim();
    if let Some(inner) = part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return inner.replace("\"\"", "\"");
    }
    let mut text = String::new();
    let mut chars = part.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.next_if(|next| c == '\\' && matches!(next, ',' | ':' | ';' | '|' | '\\' | '"')) {
            Some(protected) => text.push(protected),
            None => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_and_backslashes_protect_signs() {
        let parts = |text: &str, most: usize| split(text, ':', most).into_iter().map(plain).collect::<Vec<_>>();
        assert_eq!(parts("a:\"b:c\":d", 9), ["a", "b:c", "d"]);
        assert_eq!(parts("a\\:b:c", 9), ["a:b", "c"]);
        assert_eq!(parts("a:b:c:d", 3), ["a", "b", "c:d"]);
        assert_eq!(parts("5\" pipe:7\" pipe", 9), ["5\" pipe", "7\" pipe"]);
        assert_eq!(parts("\"open:x", 9), ["\"open", "x"]);
        assert_eq!(parts("\"say \"\"hi\"\"\":x", 9), ["say \"hi\"", "x"]);
        assert_eq!(parts("", 9), [""]);
    }

    proptest! {
        #[test]
        fn protected_parts_come_back(parts in prop::collection::vec("[a-z,:;|\"\\\\ ]{0,6}", 1..5)) {
            let whole: Vec<String> = parts.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
            let found: Vec<String> = split(&whole.join(":"), ':', usize::MAX).into_iter().map(plain).collect();
            prop_assert_eq!(found, parts);
        }

        #[test]
        fn any_cell_is_parted(cell in "\\PC{0,40}") {
            let _ = items(&cell, None);
            prop_assert_eq!(split(&cell, ',', usize::MAX).join(","), cell);
        }
    }
}
