//! Values as JSON has them: prices, dates and intervals become texts that their fields read back to the same value.

use crate::row::date::{Date, Interval};
use crate::row::json::MAX_DEPTH;
use crate::row::money::Money;
use crate::row::zone::{UTC, Zone};
use crate::row::{InlineImage, Value};

/// A value of null, truths, numbers, texts, lists and maps alone. `picture` says what stands for a picture; `depth` is 1 for a column.
pub(crate) fn value(value: &Value, depth: usize, picture: &dyn Fn(&InlineImage) -> Result<Value, String>) -> Result<Value, String> {
    if depth >= MAX_DEPTH && matches!(value, Value::List(_) | Value::Map(_)) {
        return Err(format!("a row must be nested at most {MAX_DEPTH} deep, found more"));
    }
    let inner = |item: &Value| self::value(item, depth + 1, picture);
    Ok(match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::Text(text) if text.trim().is_empty() => Value::Null,
        Value::Text(_) => value.clone(),
        Value::Money(money) => price(money),
        Value::Date(date) => Value::text(day_or_instant(date)?),
        Value::Interval(interval) => Value::text(span(interval)?),
        Value::List(items) => Value::list(items.iter().map(inner).collect::<Result<Vec<_>, _>>()?),
        Value::Map(entries) => {
            let items = entries.iter().map(|(name, item)| Ok((name.clone(), inner(item)?)));
            Value::map(items.collect::<Result<Vec<_>, String>>()?)
        }
        Value::Image(image) => picture(image)?,
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
    match Date::parse(&text, &UTC) {
        Some(read) if !date.has_time || read.seconds == date.seconds => Ok(text),
        _ => Err(format!("a date as text must be of the years 0 to 9999, with an offset of whole minutes, found {text}")),
    }
}

fn span(interval: &Interval) -> Result<String, String> {
    for side in [interval.start, interval.end].into_iter().flatten() {
        day_or_instant(&side)?;
    }
    let text = interval.to_string();
    let zone = Zone::Fixed(interval.start.or(interval.end).map_or(0, |side| side.offset_s));
    match Interval::parse(&text, &zone) {
        Some(_) => Ok(text),
        None => Err(format!("an interval as text must have a start or an end, in order, found {text}")),
    }
}
