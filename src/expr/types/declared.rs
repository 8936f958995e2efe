//! What a field's declaration says of its values.

use super::{List, Range, Texts, Type};
use crate::row::field::{Field, FieldType, Items};
use crate::row::value::Value;

impl Type {
    /// A field of the row: a declared one, or a column of the catalogue.
    pub(crate) fn of_field(field: &Field) -> Self {
        // A cell that is there is never blank, so a default stands in for every null.
        let has_default = field.default.as_ref().is_some_and(|default| !is_blank(default));
        Self { null: !field.required && !has_default, ..Self::of_declared(field) }
    }

    /// An entry of a list's items: a blank text there is null, whatever the default.
    fn of_entry(field: &Field) -> Self {
        Self { null: !field.required, ..Self::of_declared(field) }
    }

    fn of_declared(field: &Field) -> Self {
        let bound = |raw: &Option<Value>| if let Some(Value::Number(number)) = raw { Some(*number) } else { None };
        let range = Range { min: bound(&field.min), max: bound(&field.max), whole: false };
        match field.kind {
            FieldType::Text | FieldType::Url | FieldType::Color => Self::words(),
            FieldType::Number => Self::number(range),
            FieldType::Bool => Self::bool(),
            FieldType::Money => Self::money(range),
            FieldType::Date => Self::date(),
            FieldType::Interval => Self::interval(),
            FieldType::Image => Self { image: true, ..Self::words() },
            FieldType::Rect => Self::list(Self::number(Range::ALL)),
            FieldType::Enum | FieldType::Availability | FieldType::Condition => Self::one_of(field.values()),
            FieldType::Record => match &field.of {
                Some(Items::Fields(fields)) => Self::map(fields.iter().map(|(name, field)| (name.clone(), Self::of_entry(field)))),
                Some(Items::Type(_)) | None => Self::any(),
            },
            FieldType::List => match &field.of {
                None => Self::list(Self::any()),
                Some(Items::Type(kind)) => {
                    let item = Field { values: field.values.clone(), ..Field::of_type(*kind) };
                    Self::list(Self::of_declared(&item).or_null())
                }
                Some(Items::Fields(fields)) => {
                    Self::list(Self::map(fields.iter().map(|(name, field)| (name.clone(), Self::of_entry(field)))))
                }
            },
        }
    }
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_text().is_some_and(|text| text.trim().is_empty())
}

/// The texts of an enum-like set, for messages and the nearest one.
impl Texts {
    pub(crate) fn listed(&self) -> Option<Vec<&str>> {
        if let Self::Of(texts) = self { Some(texts.iter().map(AsRef::as_ref).collect()) } else { None }
    }
}

impl List {
    pub(crate) fn item(&self) -> &Type {
        &self.item
    }
}
