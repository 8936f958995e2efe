//! One value of an array.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_buffer::Buffer;
use core_::Value;

use super::bytes::{Width, fixed, signed, unsigned};
use super::{Kind, Node, Read, Trouble, broken};
use crate::arrow::budget::Budget;
use crate::arrow::{moment, number};

impl Node {
    /// What a value is null by: its own bit, or its type.
    pub(in crate::arrow) fn is_null(&self, index: usize) -> bool {
        index < self.length && self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(index))
    }

    /// The value at an index.
    pub(in crate::arrow) fn value(&self, index: usize, budget: &mut Budget) -> Read<Value> {
        budget.take(1)?;
        if index >= self.length {
            return Err(broken("an index beyond the end"));
        }
        if self.is_null(index) {
            return Ok(Value::Null);
        }
        let at = self.offset.checked_add(index).ok_or_else(|| broken("an offset beyond the end"))?;
        match &self.kind {
            Kind::Null => Ok(Value::Null),
            Kind::Bool(bits) => {
                let byte = bits.get(at / 8).ok_or_else(|| broken("a short buffer"))?;
                Ok(Value::Bool(byte >> (at % 8) & 1 == 1))
            }
            Kind::Signed(values, width) => Ok(Value::from(signed(values, *width, at)?)),
            Kind::Unsigned(values, width) => number::of_unsigned(unsigned(values, *width, at)?),
            Kind::Float(values, width) => match width {
                2 => number::of_f16(fixed(values, at)?),
                4 => number::of_f32(f32::from_ne_bytes(fixed(values, at)?)),
                _ => number::of_f64(f64::from_ne_bytes(fixed(values, at)?)),
            },
            Kind::Decimal(values, width, scale) => {
                let digits = match width {
                    4 => i128::from(i32::from_ne_bytes(fixed(values, at)?)),
                    8 => i128::from(i64::from_ne_bytes(fixed(values, at)?)),
                    16 => i128::from_ne_bytes(fixed(values, at)?),
                    _ => return number::of_wide_parts(fixed(values, at)?, *scale),
                };
                number::of_parts(Some(digits), *scale)
            }
            Kind::Text(bytes) => {
                let (buffer, start, end) = bytes.find(at)?;
                let bytes = buffer.get(start..end).ok_or_else(|| broken("offsets beyond the end"))?;
                let text = std::str::from_utf8(bytes).map_err(|_| Trouble::new("must be a text in UTF-8, found other bytes"))?;
                budget.take(text.len())?;
                // As in every row: what is blank is nothing.
                Ok(if text.trim().is_empty() { Value::Null } else { Value::text(text) })
            }
            Kind::Uuid(values) => Ok(Value::text(number::uuid(fixed(values, at)?))),
            Kind::Picture(bytes, name) => {
                let (buffer, start, end) = bytes.find(at)?;
                picture(buffer, start, end, name)
            }
            Kind::Day(days) => moment::of_day(i64::from(i32::from_ne_bytes(fixed(days, at)?))),
            Kind::DayMs(ms) => moment::of_day(i64::from_ne_bytes(fixed(ms, at)?).div_euclid(86_400_000)),
            Kind::Instant(counts, unit, seen) => moment::of_instant(i64::from_ne_bytes(fixed(counts, at)?), *unit, seen),
            Kind::List(offsets, width, items) => {
                let (start, end) = (width.at(offsets, at)?, width.at(offsets, at.saturating_add(1))?);
                items.list(start, end, budget)
            }
            Kind::FixedList(size, items) => {
                let start = at.checked_mul(*size).ok_or_else(|| broken("a list beyond the end"))?;
                items.list(start, start.saturating_add(*size), budget)
            }
            Kind::ListView(offsets, sizes, width, items) => {
                let start = width.at(offsets, at)?;
                items.list(start, start.saturating_add(width.at(sizes, at)?), budget)
            }
            Kind::Struct(parts) => {
                let mut entries = BTreeMap::new();
                for (name, part) in parts {
                    budget.take(name.len())?;
                    let value = part.value(at, budget).map_err(|trouble| trouble.inside(&format!(".{name}")))?;
                    if entries.insert(name.clone(), value).is_some() {
                        return Err(Trouble::new(format!("must have each name once, found {name:?} twice")));
                    }
                }
                Ok(Value::Map(Arc::new(entries)))
            }
            Kind::Map(offsets, keys, values) => {
                let (start, end) = (Width::Four.at(offsets, at)?, Width::Four.at(offsets, at.saturating_add(1))?);
                let mut entries = BTreeMap::new();
                for index in start..end {
                    let name = name(&keys.value(index, budget)?)?;
                    let value = values.value(index, budget).map_err(|trouble| trouble.inside(&format!(".{name}")))?;
                    if entries.insert(name, value).is_some() {
                        return Err(Trouble::new("must have each key once, found one twice"));
                    }
                }
                Ok(Value::Map(Arc::new(entries)))
            }
            Kind::Dictionary(keys, width, is_signed, values) => {
                let key = match is_signed {
                    true => usize::try_from(signed(keys, *width, at)?).ok(),
                    false => usize::try_from(unsigned(keys, *width, at)?).ok(),
                };
                match key.filter(|key| *key < values.length) {
                    Some(key) => values.value(key, budget),
                    None => Err(broken("a key that the dictionary does not have")),
                }
            }
            Kind::Runs(ends, width, run_ends, values) => {
                let run = width.run(ends, *run_ends, at)?;
                values.value(run, budget)
            }
            Kind::Other(name) => {
                Err(Trouble::new(format!("must be a text, number, date, picture, list or struct, found a value of the type {name}")))
            }
        }
    }

    /// The values from one index up to another, as a list.
    fn list(&self, start: usize, end: usize, budget: &mut Budget) -> Read<Value> {
        if start > end || end > self.length {
            return Err(broken("a list beyond the end"));
        }
        budget.check(end - start)?;
        let items = (start..end).map(|index| self.value(index, budget).map_err(|trouble| trouble.inside(&format!("[{}]", index - start))));
        Ok(Value::list(items.collect::<Read<Vec<_>>>()?))
    }

    /// The part of a struct at an index by its number, and whether it is one.
    pub(in crate::arrow) fn parts(&self) -> Option<&[(String, Node)]> {
        if let Kind::Struct(parts) = &self.kind { Some(parts) } else { None }
    }

    /// Where in its parts a struct's value stands.
    pub(in crate::arrow) fn part_index(&self, index: usize) -> usize {
        self.offset.saturating_add(index)
    }

    /// Whether its values are texts.
    pub(in crate::arrow) fn is_text(&self) -> bool {
        match &self.kind {
            Kind::Text(_) => true,
            Kind::Dictionary(.., values) | Kind::Runs(.., values) => values.is_text(),
            _ => false,
        }
    }
}

/// Bytes of a buffer as an encoded picture: they stay where they are, and the buffer with them.
fn picture(buffer: &Buffer, start: usize, end: usize, name: &Arc<str>) -> Read<Value> {
    if start > end || end > buffer.len() {
        return Err(broken("offsets beyond the end"));
    }
    if start == end {
        return Ok(Value::Null);
    }
    let bytes = Borrowed(buffer.slice_with_length(start, end - start));
    Ok(Value::Image(core_::InlineImage::shared(Arc::clone(name), Arc::new(bytes))))
}

/// A part of the producer's memory.
struct Borrowed(Buffer);

impl AsRef<[u8]> for Borrowed {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

/// A map's key as a name.
fn name(key: &Value) -> Read<String> {
    match key {
        Value::Text(text) => Ok(text.as_ref().to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Date(date) => Ok(date.to_string()),
        _ => Err(Trouble::new("must be a map with keys that are texts or numbers, found another")),
    }
}
