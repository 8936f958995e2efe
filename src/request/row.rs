//! A row as parameters: texts as they are, null as an empty text, and all other columns as one JSON object in `~j`; and back.
//!
//! Prices, dates and intervals are written as texts that their fields read back to the same value. The bytes of a picture have no place
//! in a URL.

use std::collections::BTreeMap;

use super::bad;
use super::url::Parameter;
use crate::error::{Code, Fault, quoted};
use crate::row::{InlineImage, Row, Value, json, percent, plain};

/// Most values of a row that is written: JSON that can be packed has fewer.
const MAX_VALUES: usize = 64 << 10;

/// The columns of a row whose values are all JSON's, ready to be written.
pub(super) fn columns(row: &Row) -> Result<BTreeMap<String, Value>, Fault> {
    let mut weight = 0;
    let mut columns = BTreeMap::new();
    for (name, value) in row.iter() {
        if name.starts_with('~') {
            return Err(bad(place(name), "the name of a column in a URL must not begin with ~, which reserved parameters have"));
        }
        weight += value.weight(MAX_VALUES);
        if weight > MAX_VALUES {
            let message = format!("a URL must have at most 2000 characters, found a row of more than {MAX_VALUES} values");
            return Err(Fault::new(Code::UrlTooLong, place(name), message));
        }
        let written = plain::value(value, 1, &no_picture).map_err(|message| bad(place(name), message))?;
        columns.insert(name.to_owned(), written);
    }
    Ok(columns)
}

fn no_picture(image: &InlineImage) -> Result<Value, String> {
    Err(format!("a column in a URL must not hold a picture, found {}", image.short()))
}

/// A row's plain parameters, unsorted, escaped.
pub(super) fn parameters(columns: &BTreeMap<String, Value>) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    let mut others = BTreeMap::new();
    for (name, value) in columns {
        match value {
            Value::Null => parameters.push((percent::encode(name), String::new())),
            Value::Text(text) => parameters.push((percent::encode(name), percent::encode(text))),
            other => {
                others.insert(name.clone(), other.clone());
            }
        }
    }
    if !others.is_empty() {
        parameters.push(("~j".to_owned(), percent::encode(&object(others))));
    }
    parameters
}

/// Columns as JSON.
pub(super) fn object(columns: BTreeMap<String, Value>) -> String {
    let mut out = String::new();
    json::write(&Value::map(columns), &mut out);
    out
}

/// Columns out of a parameter that holds JSON.
pub(super) fn from_json(parameter: &str, text: &str) -> Result<BTreeMap<String, Value>, Fault> {
    let place = format!("parameter {parameter}");
    let columns = json::read(text, json::MAX_BYTES)
        .map_err(|error| bad(place.clone(), error.faults().first().map_or_else(String::new, |fault| fault.message.clone())))?;
    match columns.keys().find(|name| name.starts_with('~')) {
        Some(name) => Err(bad(place, format!("the name of a column in a URL must not begin with ~, found {}", quoted(name)))),
        None => Ok(columns),
    }
}

/// Where a column is meant.
pub(super) fn place(column: &str) -> String {
    format!("column {}", shown(column))
}

/// A name in a message: quoted and cut where it is odd.
pub(super) fn shown(name: &str) -> String {
    let is_plain = name.chars().nth(64).is_none() && !name.is_empty() && !name.chars().any(|c| c.is_control() || c == '"');
    if is_plain { name.to_owned() } else { quoted(name) }
}
