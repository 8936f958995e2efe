//! A row as parameters: texts as they are, null as an empty text, and all other columns as one JSON object in `~j`; and back.
//!
//! Prices, dates and intervals are written as texts that their fields read back to the same value. The bytes of a picture have no place
//! in a URL.

use std::collections::BTreeMap;

use super::bad;
use super::url::Parameter;
use crate::error::{Code, Fault, quoted};
use crate::row::date::{Date, Interval};
use crate::row::money::Money;
use crate::row::{Row, Value, json, percent, zone};

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
        columns.insert(name.to_owned(), written(value, 1).map_err(|message| bad(place(name), message))?);
    }
    Ok(columns)
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

/// A value as JSON has it: what it has not becomes a text that reads back to the same.
fn written(value: &Value, depth: usize) -> Result<Value, String> {
    if depth >= json::MAX_DEPTH && matches!(value, Value::List(_) | Value::Map(_)) {
        return Err(format!("a row must be nested at most {} deep, found more", json::MAX_DEPTH));
    }
    Ok(match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::Text(text) if text.trim().is_empty() => Value::Null,
        Value::Text(_) => value.clone(),
        Value::Money(money) => price(money),
        Value::Date(date) => Value::text(day_or_instant(date)?),
        Value::Interval(interval) => Value::text(span(interval)?),
        Value::List(items) => Value::list(items.iter().map(|item| written(item, depth + 1)).collect::<Result<Vec<_>, _>>()?),
        Value::Map(entries) => {
            let items = entries.iter().map(|(name, item)| Ok((name.clone(), written(item, depth + 1)?)));
            Value::map(items.collect::<Result<Vec<_>, String>>()?)
        }
        Value::Image(image) => {
            let size = image.bytes.len();
            return Err(format!("a column in a URL must not hold a picture's bytes, found {size} bytes"));
        }
    })
}

/// `9.9 GBP`, or where that could be read as another price (`1.234 EUR`) the object that the Merchant API writes.
fn price(money: &Money) -> Value {
    let text = money.to_string();
    match Money::parse(&text, None) {
        Ok(read) if read == *money => Value::text(text),
        _ => Value::map([("currency", Value::text(money.currency.code())), ("value", Value::Number(money.amount))]),
    }
}

fn day_or_instant(date: &Date) -> Result<String, String> {
    let text = date.to_string();
    match Date::parse(&text, &zone::UTC) {
        Some(read) if !date.has_time || read.seconds == date.seconds => Ok(text),
        _ => Err(format!("a date in a URL must be of the years 0 to 9999, with an offset of whole minutes, found {text}")),
    }
}

fn span(interval: &Interval) -> Result<String, String> {
    for side in [interval.start, interval.end].into_iter().flatten() {
        day_or_instant(&side)?;
    }
    let text = interval.to_string();
    let zone = zone::Zone::Fixed(interval.start.or(interval.end).map_or(0, |side| side.offset_s));
    match Interval::parse(&text, &zone) {
        Some(_) => Ok(text),
        None => Err(format!("an interval in a URL must have a start or an end, in order, found {text}")),
    }
}
