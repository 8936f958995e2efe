//! The columns of Google's and Meta's catalogues with their types: what a name means where a template declares fields but not this one.

use crate::row::field::{Field, FieldType, Items};

/// Columns by type; all are optional here, what a channel demands is its own check.
const COLUMNS: &[(FieldType, &str)] = &[
    (
        FieldType::Text,
        "id title short_title description brand gtin mpn age_group color gender size material pattern product_type google_product_category \
         item_group_id energy_efficiency_class unit_pricing_measure unit_pricing_base_measure custom_label_0 custom_label_1 custom_label_2 \
         custom_label_3 custom_label_4 promotion_id pause",
    ),
    (FieldType::Url, "link mobile_link"),
    (FieldType::Image, "image_link lifestyle_image_link"),
    (FieldType::Money, "price sale_price"),
    (FieldType::Interval, "sale_price_effective_date"),
    (FieldType::Date, "availability_date expiration_date"),
    (FieldType::Availability, "availability"),
    (FieldType::Condition, "condition"),
    (FieldType::Number, "multipack"),
    (FieldType::Bool, "is_bundle"),
];

/// How a column's character references are undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clean {
    /// They stay.
    Keep,
    /// All that are well-formed.
    Text,
    /// `&amp;` alone: the rest may be a URL's parameters.
    Url,
}

/// Names of things, which nobody shows: they are compared as they are.
const NAMES: [&str; 6] = ["id", "gtin", "mpn", "item_group_id", "promotion_id", "pause"];

/// How a column's references are undone, by its type.
pub(crate) fn clean(name: &str) -> Clean {
    let Some(field) = column(name).filter(|_| !NAMES.contains(&name)) else { return Clean::Keep };
    match (field.kind, &field.of) {
        (FieldType::Text | FieldType::Money, _) | (FieldType::List, Some(Items::Type(FieldType::Text))) => Clean::Text,
        (FieldType::Url | FieldType::Image, _) | (FieldType::List, Some(Items::Type(FieldType::Image))) => Clean::Url,
        _ => Clean::Keep,
    }
}

/// A column's declaration.
pub(crate) fn column(name: &str) -> Option<Field> {
    match name {
        "additional_image_link" => Some(Field { of: Some(Items::Type(FieldType::Image)), ..Field::of_type(FieldType::List) }),
        "product_highlight" => Some(Field { of: Some(Items::Type(FieldType::Text)), ..Field::of_type(FieldType::List) }),
        _ => COLUMNS.iter().find(|(_, names)| names.split_ascii_whitespace().any(|n| n == name)).map(|(kind, _)| Field::of_type(*kind)),
    }
}

/// All columns' names, for the nearest one in a message.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().flat_map(|(_, names)| names.split_ascii_whitespace()).chain(["additional_image_link", "product_highlight"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_type_and_stands_once() {
        let mut all: Vec<&str> = names().collect();
        assert!(all.iter().all(|n| column(n).is_some()));
        all.sort_unstable();
        assert!(all.windows(2).all(|w| w[0] != w[1]));
        assert_eq!(column("sale_price").map(|f| f.kind), Some(FieldType::Money));
        assert_eq!(column("Variant Price"), None);
    }
}
