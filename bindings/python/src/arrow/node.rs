//! A column as a tree of typed bytes that gives one value at a time.
//!
//! Every read is checked: an offset, a view, a dictionary's key or a run's end that leads out of its buffer, and a text that is not UTF-8, is a fault of the
//! row that reads it, never a panic and never a byte from elsewhere. That costs a comparison for each number read; judging whole columns before (the
//! crates' `validate_full`) would cost the whole table again for each of its slices, since slices share their buffers.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_buffer::{Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, TimeUnit};
use core_::Value;

use super::budget::Budget;
use super::{moment, number};

/// Why a value cannot be read, and where in the column.
#[derive(Debug)]
pub(super) struct Trouble {
    /// `[3].x`; empty for the column itself.
    pub(super) path: String,
    pub(super) message: String,
    /// Whether the row is beyond a bound, and not what it holds wrong.
    pub(super) is_limit: bool,
}

pub(super) type Read<T> = Result<T, Trouble>;

/// An array of one type, to be asked for values by their index.
#[derive(Debug)]
pub(super) struct Node {
    length: usize,
    offset: usize,
    nulls: Option<NullBuffer>,
    kind: Kind,
}

/// How wide offsets, sizes and run ends are.
#[derive(Debug, Clone, Copy)]
enum Width {
    Two,
    Four,
    Eight,
}

#[derive(Debug)]
enum Kind {
    Null,
    Bool(Buffer),
    Signed(Buffer, usize),
    Unsigned(Buffer, usize),
    Float(Buffer, usize),
    Decimal(Buffer, usize, i8),
    Text(Bytes),
    Uuid(Buffer),
    Picture(Bytes, Arc<str>),
    Day(Buffer),
    /// Milliseconds.
    DayMs(Buffer),
    Instant(Buffer, TimeUnit, moment::Seen),
    List(Buffer, Width, Box<Node>),
    FixedList(usize, Box<Node>),
    ListView(Buffer, Buffer, Width, Box<Node>),
    Struct(Vec<(String, Node)>),
    Map(Buffer, Box<Node>, Box<Node>),
    Dictionary(Buffer, usize, bool, Box<Node>),
    Runs(Buffer, Width, RunEnds, Box<Node>),
    /// A type that has no place in a row.
    Other(String),
}

/// Where the ends of runs stand in their buffer.
#[derive(Debug, Clone, Copy)]
struct RunEnds {
    from: usize,
    count: usize,
}

/// Strings of bytes: where each begins and ends.
#[derive(Debug)]
enum Bytes {
    Offsets(Buffer, Width, Buffer),
    Views(Buffer, Vec<Buffer>),
    Fixed(Buffer, usize),
}

impl Trouble {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { path: String::new(), message: message.into(), is_limit: false }
    }

    pub(super) fn limit(message: impl Into<String>) -> Self {
        Self { is_limit: true, ..Self::new(message) }
    }

    fn inside(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

/// What a producer promised and did not keep.
fn broken(what: &str) -> Trouble {
    Trouble::new(format!("must be what Arrow's format says, found {what}"))
}

impl Node {
    /// The reader of an array; `name` is what reports call its pictures.
    pub(super) fn of(field: &Field, data: &ArrayData, name: &Arc<str>) -> Self {
        let kind = Self::kind(field, data, name).unwrap_or_else(|| Kind::Other(format!("{} without its parts", data.data_type())));
        Self { length: data.len(), offset: data.offset(), nulls: data.nulls().cloned(), kind }
    }

    fn kind(field: &Field, data: &ArrayData, name: &Arc<str>) -> Option<Kind> {
        let buffer = |index: usize| data.buffers().get(index).cloned();
        let child = |of: &Field, index: usize| data.child_data().get(index).map(|data| Box::new(Self::of(of, data, name)));
        let extension = field.metadata().get("ARROW:extension:name").map(String::as_str);
        let data_type = data.data_type();
        Some(match data_type {
            DataType::Null => Kind::Null,
            DataType::Boolean => Kind::Bool(buffer(0)?),
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Kind::Signed(buffer(0)?, data_type.primitive_width()?),
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
                Kind::Unsigned(buffer(0)?, data_type.primitive_width()?)
            }
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Kind::Float(buffer(0)?, data_type.primitive_width()?),
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => Kind::Decimal(buffer(0)?, data_type.primitive_width()?, *scale),
            DataType::Utf8 => Kind::Text(Bytes::Offsets(buffer(0)?, Width::Four, buffer(1)?)),
            DataType::LargeUtf8 => Kind::Text(Bytes::Offsets(buffer(0)?, Width::Eight, buffer(1)?)),
            DataType::Utf8View => Kind::Text(Bytes::Views(buffer(0)?, data.buffers().get(1..)?.to_vec())),
            DataType::Binary => Kind::Picture(Bytes::Offsets(buffer(0)?, Width::Four, buffer(1)?), Arc::clone(name)),
            DataType::LargeBinary => Kind::Picture(Bytes::Offsets(buffer(0)?, Width::Eight, buffer(1)?), Arc::clone(name)),
            DataType::BinaryView => Kind::Picture(Bytes::Views(buffer(0)?, data.buffers().get(1..)?.to_vec()), Arc::clone(name)),
            DataType::FixedSizeBinary(16) if extension == Some("arrow.uuid") => Kind::Uuid(buffer(0)?),
            DataType::FixedSizeBinary(size) => Kind::Picture(Bytes::Fixed(buffer(0)?, usize::try_from(*size).ok()?), Arc::clone(name)),
            DataType::Date32 => Kind::Day(buffer(0)?),
            DataType::Date64 => Kind::DayMs(buffer(0)?),
            DataType::Timestamp(unit, zone) => Kind::Instant(buffer(0)?, *unit, moment::Seen::from_zone(zone.as_deref())),
            DataType::List(item) => Kind::List(buffer(0)?, Width::Four, child(item, 0)?),
            DataType::LargeList(item) => Kind::List(buffer(0)?, Width::Eight, child(item, 0)?),
            DataType::FixedSizeList(item, size) => Kind::FixedList(usize::try_from(*size).ok()?, child(item, 0)?),
            DataType::ListView(item) => Kind::ListView(buffer(0)?, buffer(1)?, Width::Four, child(item, 0)?),
            DataType::LargeListView(item) => Kind::ListView(buffer(0)?, buffer(1)?, Width::Eight, child(item, 0)?),
            DataType::Struct(fields) => {
                let parts = fields
                    .iter()
                    .zip(data.child_data())
                    .map(|(field, data)| (field.name().clone(), Self::of(field, data, &field.name().as_str().into())));
                Kind::Struct(parts.collect())
            }
            DataType::Map(entries, _) => {
                let (DataType::Struct(fields), [data]) = (entries.data_type(), data.child_data()) else { return None };
                let ([key, value], [keys, values]) = (&fields[..], data.child_data()) else { return None };
                // The entries' own offset counts for both.
                let part = |field: &Field, part: &ArrayData| {
                    let fits = data.offset().checked_add(data.len()).is_some_and(|end| end <= part.len());
                    fits.then(|| Box::new(Self::of(field, &part.slice(data.offset(), data.len()), name)))
                };
                Kind::Map(buffer(0)?, part(key, keys)?, part(value, values)?)
            }
            DataType::Dictionary(keys, _) => {
                let is_signed = matches!(**keys, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64);
                let of = Field::new("", data.child_data().first()?.data_type().clone(), true);
                Kind::Dictionary(buffer(0)?, keys.primitive_width()?, is_signed, child(&of, 0)?)
            }
            DataType::RunEndEncoded(ends, of) => {
                let width = match ends.data_type() {
                    DataType::Int16 => Width::Two,
                    DataType::Int32 => Width::Four,
                    DataType::Int64 => Width::Eight,
                    _ => return None,
                };
                let ends = data.child_data().first()?;
                Kind::Runs(ends.buffers().first()?.clone(), width, RunEnds { from: ends.offset(), count: ends.len() }, child(of, 1)?)
            }
            other => Kind::Other(other.to_string()),
        })
    }

    /// What a value is null by: its own bit, or its type.
    pub(super) fn is_null(&self, index: usize) -> bool {
        index < self.length && self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(index))
    }

    /// The value at an index.
    pub(super) fn value(&self, index: usize, budget: &mut Budget) -> Read<Value> {
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
                let number = match width {
                    4 => Some(i128::from(i32::from_ne_bytes(fixed(values, at)?))),
                    8 => Some(i128::from(i64::from_ne_bytes(fixed(values, at)?))),
                    16 => Some(i128::from_ne_bytes(fixed(values, at)?)),
                    _ => number::narrow(fixed(values, at)?),
                };
                number::of_parts(number, *scale)
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
    pub(super) fn parts(&self) -> Option<&[(String, Node)]> {
        if let Kind::Struct(parts) = &self.kind { Some(parts) } else { None }
    }

    /// Where in its parts a struct's value stands.
    pub(super) fn part_index(&self, index: usize) -> usize {
        self.offset.saturating_add(index)
    }

    /// Whether its values are texts.
    pub(super) fn is_text(&self) -> bool {
        match &self.kind {
            Kind::Text(_) => true,
            Kind::Dictionary(.., values) | Kind::Runs(.., values) => values.is_text(),
            _ => false,
        }
    }
}

impl Width {
    fn bytes(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// An offset or a size, which is never negative.
    fn at(self, buffer: &[u8], index: usize) -> Read<usize> {
        usize::try_from(signed(buffer, self.bytes(), index)?).map_err(|_| broken("a negative offset"))
    }

    /// The run that an index lies in: the first that ends behind it.
    fn run(self, ends: &[u8], RunEnds { from, count }: RunEnds, index: usize) -> Read<usize> {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.at(ends, from.saturating_add(middle))? > index { high = middle } else { low = middle + 1 }
        }
        if low < count { Ok(low) } else { Err(broken("a value behind the last run")) }
    }
}

impl Bytes {
    /// The buffer that holds a value, and from where to where.
    fn find(&self, at: usize) -> Read<(&Buffer, usize, usize)> {
        match self {
            Self::Offsets(offsets, width, values) => {
                let (start, end) = (width.at(offsets, at)?, width.at(offsets, at.saturating_add(1))?);
                if start <= end && end <= values.len() { Ok((values, start, end)) } else { Err(broken("offsets beyond the end")) }
            }
            Self::Views(views, buffers) => {
                let view: [u8; 16] = fixed(views, at)?;
                let part = |from: usize| view.get(from..).and_then(|rest| rest.first_chunk::<4>()).map(|part| i32::from_ne_bytes(*part));
                let counted = |from| part(from).and_then(|n| usize::try_from(n).ok()).ok_or_else(|| broken("a negative view"));
                let length = counted(0)?;
                if length <= 12 {
                    let start = at.saturating_mul(16).saturating_add(4);
                    return Ok((views, start, start.saturating_add(length)));
                }
                let buffer = buffers.get(counted(8)?).ok_or_else(|| broken("a view of a buffer that is not there"))?;
                let start = counted(12)?;
                let end = start.saturating_add(length);
                if end <= buffer.len() { Ok((buffer, start, end)) } else { Err(broken("a view beyond the end")) }
            }
            Self::Fixed(values, size) => {
                let start = at.checked_mul(*size).ok_or_else(|| broken("a value beyond the end"))?;
                let end = start.saturating_add(*size);
                if end <= values.len() { Ok((values, start, end)) } else { Err(broken("a value beyond the end")) }
            }
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

/// So many bytes of a buffer, by the index of the value.
fn fixed<const N: usize>(buffer: &[u8], index: usize) -> Read<[u8; N]> {
    let rest = index.checked_mul(N).and_then(|start| buffer.get(start..));
    rest.and_then(|rest| rest.first_chunk::<N>()).copied().ok_or_else(|| broken("a short buffer"))
}

fn signed(buffer: &[u8], width: usize, index: usize) -> Read<i64> {
    Ok(match width {
        1 => i64::from(i8::from_ne_bytes(fixed(buffer, index)?)),
        2 => i64::from(i16::from_ne_bytes(fixed(buffer, index)?)),
        4 => i64::from(i32::from_ne_bytes(fixed(buffer, index)?)),
        _ => i64::from_ne_bytes(fixed(buffer, index)?),
    })
}

fn unsigned(buffer: &[u8], width: usize, index: usize) -> Read<u64> {
    Ok(match width {
        1 => u64::from(u8::from_ne_bytes(fixed(buffer, index)?)),
        2 => u64::from(u16::from_ne_bytes(fixed(buffer, index)?)),
        4 => u64::from(u32::from_ne_bytes(fixed(buffer, index)?)),
        _ => u64::from_ne_bytes(fixed(buffer, index)?),
    })
}
