//! What the columns of a Parquet file hold, by their annotations, and the same columns without them.

use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::Result;
use parquet::schema::types::Type;

/// What a column or a part of one holds.
pub(super) enum Shape {
    Leaf(Leaf),
    Record(Vec<Shape>),
    /// Values that repeat without being called a list.
    Repeated(Box<Shape>),
    /// A list in a group of its own; `wrapped` when each item has one too.
    List {
        item: Box<Shape>,
        wrapped: bool,
    },
    Map(Box<Shape>, Box<Shape>),
}

/// What a bare value means.
pub(super) enum Leaf {
    /// Nothing else: booleans, numbers, texts.
    Plain,
    Unsigned,
    Decimal {
        scale: i32,
    },
    Date,
    /// A time of day.
    Time {
        nanoseconds: i64,
    },
    /// Since 1970.
    Timestamp {
        nanoseconds: i64,
        utc: bool,
    },
    Uuid,
    /// What has no place in a row.
    Other(String),
}

/// What a field of a schema holds.
pub(super) fn of(field: &Type) -> Shape {
    let once = once(field);
    if repeats(field) { Shape::Repeated(Box::new(once)) } else { once }
}

/// The same schema, every value of its bare type.
pub(super) fn bare(field: &Type) -> Result<Type> {
    let info = field.get_basic_info();
    match field {
        Type::PrimitiveType { physical_type, type_length, .. } => {
            Type::primitive_type_builder(field.name(), *physical_type).with_repetition(info.repetition()).with_length(*type_length).build()
        }
        Type::GroupType { fields, .. } => {
            let fields = fields.iter().map(|field| bare(field).map(Arc::new)).collect::<Result<_>>()?;
            let group = Type::group_type_builder(field.name()).with_fields(fields);
            if info.has_repetition() { group.with_repetition(info.repetition()).build() } else { group.build() }
        }
    }
}

fn repeats(field: &Type) -> bool {
    let info = field.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

fn once(field: &Type) -> Shape {
    let Type::GroupType { fields, .. } = field else { return Shape::Leaf(leaf(field)) };
    let parts = |fields: &[Arc<Type>]| fields.iter().map(|field| of(field)).collect();
    match (converted(field), fields.as_slice()) {
        (ConvertedType::LIST, [list]) if repeats(list) => match list.as_ref() {
            // Lists of two steps, as old writers have them.
            Type::GroupType { fields, .. }
                if fields.len() == 1 && list.name() != "array" && list.name() != format!("{}_tuple", field.name()) =>
            {
                Shape::List { item: Box::new(fields.first().map_or(Shape::Record(Vec::new()), |field| of(field))), wrapped: true }
            }
            list => Shape::List { item: Box::new(once(list)), wrapped: false },
        },
        (ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE, [entries]) if repeats(entries) => match entries.as_ref() {
            Type::GroupType { fields: entry, .. } if let [key, value] = entry.as_slice() => {
                Shape::Map(Box::new(of(key)), Box::new(of(value)))
            }
            _ => Shape::Record(parts(fields)),
        },
        _ => Shape::Record(parts(fields)),
    }
}

/// What a type is called; newer files may have the new name alone.
fn converted(field: &Type) -> ConvertedType {
    let info = field.get_basic_info();
    match (info.converted_type(), info.logical_type_ref()) {
        (ConvertedType::NONE, Some(LogicalType::List)) => ConvertedType::LIST,
        (ConvertedType::NONE, Some(LogicalType::Map)) => ConvertedType::MAP,
        (converted, _) => converted,
    }
}

fn leaf(field: &Type) -> Leaf {
    let info = field.get_basic_info();
    match info.logical_type_ref() {
        Some(LogicalType::Timestamp(time)) => {
            return Leaf::Timestamp { nanoseconds: nanoseconds(&time.unit), utc: time.is_adjusted_to_u_t_c };
        }
        Some(LogicalType::Time(time)) => return Leaf::Time { nanoseconds: nanoseconds(&time.unit) },
        Some(LogicalType::Uuid) => return Leaf::Uuid,
        Some(LogicalType::Integer(integer)) if !integer.is_signed => return Leaf::Unsigned,
        Some(LogicalType::Decimal(decimal)) => return Leaf::Decimal { scale: decimal.scale },
        Some(LogicalType::Date) => return Leaf::Date,
        Some(other @ (LogicalType::Bson | LogicalType::Float16)) => return Leaf::Other(format!("{other:?}")),
        _ => {}
    }
    match info.converted_type() {
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => Leaf::Unsigned,
        ConvertedType::DECIMAL => Leaf::Decimal { scale: field.get_scale() },
        ConvertedType::DATE => Leaf::Date,
        ConvertedType::TIME_MILLIS => Leaf::Time { nanoseconds: 1_000_000 },
        ConvertedType::TIME_MICROS => Leaf::Time { nanoseconds: 1_000 },
        ConvertedType::TIMESTAMP_MILLIS => Leaf::Timestamp { nanoseconds: 1_000_000, utc: true },
        ConvertedType::TIMESTAMP_MICROS => Leaf::Timestamp { nanoseconds: 1_000, utc: true },
        other @ (ConvertedType::BSON | ConvertedType::INTERVAL) => Leaf::Other(other.to_string()),
        // Its only meaning; the crate gives milliseconds.
        _ if field.get_physical_type() == Physical::INT96 => Leaf::Timestamp { nanoseconds: 1_000_000, utc: true },
        _ => Leaf::Plain,
    }
}

fn nanoseconds(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000_000,
        TimeUnit::MICROS => 1_000,
        TimeUnit::NANOS => 1,
    }
}
