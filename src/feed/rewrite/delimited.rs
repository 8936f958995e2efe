//! One cell of a record of cells.

use crate::feed::columns::merchant_name;
use crate::feed::rewrite::json;

/// Where a column's value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    cell: usize,
    /// Whether the cell holds Meta's nested pictures as JSON.
    is_nested: bool,
}

/// The cell that a column is read from.
pub(super) fn place(names: &[String], column: &str) -> Option<Place> {
    let named = |wanted: &dyn Fn(&str) -> bool| names.iter().position(|name| wanted(name));
    let plain = |cell| Place { cell, is_nested: false };
    let own = named(&|name| name == column).or_else(|| named(&|name| merchant_name(name) == column));
    if own.is_some() || column != "image_link" {
        return own.map(plain);
    }
    let flattened = names.iter().enumerate().filter_map(|(cell, name)| Some((picture(&merchant_name(name))?, cell))).min();
    let nested = || named(&|name| merchant_name(name) == "image").map(|cell| Place { cell, is_nested: true });
    // Nested pictures are read before flattened ones.
    nested().or(flattened.map(|(_, cell)| plain(cell)))
}

/// The number in `image[0].url` or `image[0]`.
fn picture(name: &str) -> Option<usize> {
    let (number, rest) = name.strip_prefix("image[")?.split_once(']')?;
    let is_address = matches!(rest, "" | ".url") && number.bytes().all(|b| b.is_ascii_digit());
    if is_address { number.parse().ok() } else { None }
}

/// A record with another cell.
pub(super) fn replaced(record: &str, delimiter: u8, place: Place, value: &str) -> String {
    let cells = cells(record.as_bytes(), delimiter);
    let (cell, missing) = match cells.get(place.cell) {
        Some(cell) => (cell.clone(), 0),
        // Cells that a record leaves out at its end.
        None => (record.len()..record.len(), place.cell + 1 - cells.len()),
    };
    let old = record.get(cell.clone()).unwrap_or_default();
    let is_quoted = old.starts_with('"');
    let content = if is_quoted { unquoted(old) } else { old.to_owned() };
    let value = if place.is_nested { json::nested(&content, value) } else { value.to_owned() };
    let needs_quotes = |c: char| c == '"' || c == '\n' || c == '\r' || c == char::from(delimiter);
    let mut out = record.get(..cell.start).unwrap_or_default().to_owned();
    out.extend(std::iter::repeat_n(char::from(delimiter), missing));
    if is_quoted || value.contains(needs_quotes) {
        out.push('"');
        out.push_str(&value.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(&value);
    }
    out.push_str(record.get(cell.end..).unwrap_or_default());
    out
}

/// The cells' bytes with their quotes, parted as the reader parts them: a quote counts where a cell begins with it.
fn cells(record: &[u8], delimiter: u8) -> Vec<std::ops::Range<usize>> {
    let mut cells = Vec::new();
    let mut start = 0;
    let mut is_quoted = record.first() == Some(&b'"');
    let mut at = usize::from(is_quoted);
    while let Some(byte) = record.get(at) {
        if is_quoted && *byte == b'"' {
            is_quoted = record.get(at + 1) == Some(&b'"');
            at += usize::from(is_quoted);
        } else if !is_quoted && *byte == delimiter {
            cells.push(start..at);
            start = at + 1;
            is_quoted = record.get(start) == Some(&b'"');
            at += usize::from(is_quoted);
        }
        at += 1;
    }
    cells.push(start..record.len());
    cells
}

/// What a quoted cell says.
fn unquoted(cell: &str) -> String {
    let mut out = String::new();
    let mut rest = cell.strip_prefix('"').unwrap_or(cell);
    while let Some((part, after)) = rest.split_once('"') {
        out.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                out.push('"');
                rest = after;
            }
            None => {
                out.push_str(after);
                return out;
            }
        }
    }
    out.push_str(rest);
    out
}
