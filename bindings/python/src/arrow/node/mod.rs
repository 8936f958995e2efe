//! A column as a tree of typed bytes that gives one value at a time.
//!
//! Every read is checked: an offset, a view, a dictionary's key or a run's end that leads out of its buffer, and a text that is not UTF-8, is a fault of the
//! row that reads it, never a panic and never a byte from elsewhere. That costs a comparison for each number read; judging whole columns before (the
//! crates' `validate_full`) would cost the whole table again for each of its slices, since slices share their buffers.
//!
//! Here is what the tree is made of; `read` gives values, `bytes` looks into buffers.

mod bytes;
mod read;

use std::sync::Arc;

use arrow_buffer::{Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, TimeUnit};

use self::bytes::{Bytes, RunEnds, Width};
use super::moment;

/// Why a value cannot be read, and where in the column.
#[derive(Debug)]
pub(in crate::arrow) struct Trouble {
    /// `[3].x`; empty for the column itself.
    pub(in crate::arrow) path: String,
    pub(in crate::arrow) message: String,
    /// Whether the row is beyond a bound, and not what it holds wrong.
    pub(in crate::arrow) is_limit: bool,
}

pub(in crate::arrow) type Read<T> = Result<T, Trouble>;

/// An array of one type, to be asked for values by their index.
#[derive(Debug)]
pub(in crate::arrow) struct Node {
    length: usize,
    offset: usize,
    nulls: Option<NullBuffer>,
    kind: Kind,
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

impl Node {
    /// The reader of an array; `name` is what reports call its pictures.
    pub(in crate::arrow) fn of(field: &Field, data: &ArrayData, name: &Arc<str>) -> Self {
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
}

impl Trouble {
    pub(in crate::arrow) fn new(message: impl Into<String>) -> Self {
        Self { path: String::new(), message: message.into(), is_limit: false }
    }

    pub(in crate::arrow) fn limit(message: impl Into<String>) -> Self {
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
