//! Values of a Parquet file as JSON, written as text: numbers keep all their digits.

use jiff::Timestamp;
use parquet::record::{Field, Row};
use serde_json::Value;

use super::shape::{Leaf, Shape};

/// A row or a struct as an object; else the column that cannot be, and why.
pub(super) fn record(row: &Row, shapes: &[Shape]) -> Result<String, (String, String)> {
    let entry = |((name, field), shape): ((&String, &Field), &Shape)| match value(field, shape) {
        Ok(value) => Ok(format!("{}:{value}", text(name))),
        Err(message) => Err((name.clone(), message)),
    };
    Ok(format!("{{{}}}", row.get_column_iter().zip(shapes).map(entry).collect::<Result<Vec<_>, _>>()?.join(",")))
}

/// What a row that fails calls itself.
pub(super) fn id(row: &Row, shapes: &[Shape]) -> Option<String> {
    let mut columns = row.get_column_iter().zip(shapes);
    let ((_, field), shape) = columns.find(|((name, _), _)| name.trim().eq_ignore_ascii_case("id"))?;
    let written: Value = serde_json::from_str(&value(field, shape).ok()?).ok()?;
    match written {
        Value::String(id) => Some(id.trim().to_owned()).filter(|id| !id.is_empty()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn value(field: &Field, shape: &Shape) -> Result<String, String> {
    match (field, shape) {
        (Field::Null, _) => Ok("null".to_owned()),
        (field, Shape::Leaf(kind)) => leaf(field, kind),
        (Field::Group(row), Shape::Record(shapes)) => record(row, shapes).map_err(|(name, message)| format!("{name}: {message}")),
        (Field::ListInternal(list), Shape::Repeated(shape)) => array(list.elements().iter().map(|item| value(item, shape))),
        (Field::Group(group), Shape::List { item: shape, wrapped }) => {
            array(repeated(group)?.iter().map(|item| value(if *wrapped { only(item)? } else { item }, shape)))
        }
        (Field::Group(group), Shape::Map(keys, values)) => {
            let entry = |entry: &Field| match entry {
                Field::Group(entry) => {
                    let mut parts = entry.get_column_iter().map(|(_, part)| part);
                    let (Some(key), Some(mapped)) = (parts.next(), parts.next()) else { return Err(unlike()) };
                    Ok(format!("{}:{}", name(&value(key, keys)?)?, value(mapped, values)?))
                }
                _ => Err(unlike()),
            };
            Ok(format!("{{{}}}", repeated(group)?.iter().map(entry).collect::<Result<Vec<_>, _>>()?.join(",")))
        }
        _ => Err(unlike()),
    }
}

fn unlike() -> String {
    "a value must be of the schema's type, found another".to_owned()
}

fn array(items: impl Iterator<Item = Result<String, String>>) -> Result<String, String> {
    Ok(format!("[{}]", items.collect::<Result<Vec<_>, _>>()?.join(",")))
}

/// The one part of a group.
fn only(group: &Field) -> Result<&Field, String> {
    match group {
        Field::Group(row) => row.get_column_iter().next().map(|(_, part)| part).ok_or_else(unlike),
        _ => Err(unlike()),
    }
}

/// What repeats in the group of a list or map.
fn repeated(group: &Row) -> Result<&[Field], String> {
    match group.get_column_iter().next() {
        Some((_, Field::ListInternal(list))) => Ok(list.elements()),
        _ => Err(unlike()),
    }
}

/// A map's key as a name.
fn name(key: &str) -> Result<String, String> {
    match key.as_bytes().first() {
        Some(b'"') => Ok(key.to_owned()),
        Some(b'{' | b'[') => Err("a map's keys must be texts or numbers, found a list or struct".to_owned()),
        _ => Ok(text(key)),
    }
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

fn leaf(field: &Field, kind: &Leaf) -> Result<String, String> {
    let whole = match field {
        Field::Int(n) => Some(i64::from(*n)),
        Field::Long(n) | Field::TimestampMillis(n) => Some(*n),
        _ => None,
    };
    match (kind, field, whole) {
        (Leaf::Plain, Field::Bool(value), _) => Ok(value.to_string()),
        (Leaf::Plain, _, Some(n)) => Ok(n.to_string()),
        // The shortest digits that mean the number: 9.9 of 32 bits is not 9.899999618530273.
        (Leaf::Plain, Field::Float(n), _) => finite(n.to_string()),
        (Leaf::Plain, Field::Double(n), _) => finite(n.to_string()),
        (Leaf::Plain, Field::Bytes(bytes), _) => {
            std::str::from_utf8(bytes.data()).map(text).map_err(|_| "must be a text in UTF-8".to_owned())
        }
        (Leaf::Unsigned, Field::Int(n), _) => Ok(n.cast_unsigned().to_string()),
        (Leaf::Unsigned, Field::Long(n), _) => Ok(n.cast_unsigned().to_string()),
        (Leaf::Decimal { scale }, _, Some(n)) => decimal(n.into(), *scale),
        (Leaf::Decimal { scale }, Field::Bytes(bytes), _) => decimal(big_endian(bytes.data())?, *scale),
        (Leaf::Date, _, Some(days)) => Ok(text(instant(i128::from(days) * 86_400_000_000_000)?.split('T').next().unwrap_or_default())),
        (Leaf::Timestamp { nanoseconds, utc }, _, Some(count)) => {
            let instant = instant(i128::from(count) * i128::from(*nanoseconds))?;
            Ok(text(if *utc { &instant } else { instant.trim_end_matches('Z') }))
        }
        (Leaf::Time { nanoseconds }, _, Some(count)) => time_of_day(i128::from(count) * i128::from(*nanoseconds)).map(|time| text(&time)),
        (Leaf::Uuid, Field::Bytes(bytes), _) => uuid(bytes.data()).map(|id| text(&id)),
        (Leaf::Other(kind), ..) => Err(format!("a value of the type {kind} cannot be read")),
        _ => Err(unlike()),
    }
}

fn finite(digits: String) -> Result<String, String> {
    let is_number = digits.bytes().all(|b| b.is_ascii_digit() || b"-.".contains(&b));
    if is_number { Ok(digits) } else { Err(format!("must be a finite number, found {digits}")) }
}

/// A signed number, its first byte the highest.
fn big_endian(bytes: &[u8]) -> Result<i128, String> {
    let sign = if bytes.first().is_some_and(|first| *first >= 0x80) { -1 } else { 0 };
    let number = bytes.iter().try_fold(sign, |n: i128, byte| n.checked_mul(256)?.checked_add(i128::from(*byte)));
    number.ok_or_else(|| "a decimal number must have 38 digits at most, found more".to_owned())
}

fn decimal(number: i128, scale: i32) -> Result<String, String> {
    let places = usize::try_from(scale).ok().filter(|places| *places <= 38);
    let places = places.ok_or_else(|| format!("a decimal number must have 0 to 38 decimals, found {scale}"))?;
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = places + 1);
    let (before, after) = digits.split_at_checked(digits.len() - places).unwrap_or((&digits, ""));
    let (sign, point) = (if number < 0 { "-" } else { "" }, if after.is_empty() { "" } else { "." });
    Ok(format!("{sign}{before}{point}{after}"))
}

/// Nanoseconds since 1970 as ISO 8601 has them, in UTC.
fn instant(nanoseconds: i128) -> Result<String, String> {
    let instant = Timestamp::from_nanosecond(nanoseconds).map_err(|_| "a date must lie in the years -9999 to 9999, found one beyond")?;
    Ok(instant.to_string())
}

fn time_of_day(nanoseconds: i128) -> Result<String, String> {
    if !(0..86_400_000_000_000).contains(&nanoseconds) {
        return Err(format!("a time of day must lie within 24 hours, found {nanoseconds} nanoseconds"));
    }
    let instant = instant(nanoseconds)?;
    Ok(instant.trim_start_matches("1970-01-01T").trim_end_matches('Z').to_owned())
}

fn uuid(bytes: &[u8]) -> Result<String, String> {
    if bytes.len() != 16 {
        return Err(format!("a UUID must have 16 bytes, found {}", bytes.len()));
    }
    let dash = |at| if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
    Ok(bytes.iter().enumerate().map(|(at, byte)| format!("{}{byte:02x}", dash(at))).collect())
}
