//! The columns of Google's and Meta's product catalogues: names that a template with `fields` may use without declaring them.

use crate::row::field::FieldType;

/// Column and field type, sorted by name.
pub(crate) const CATALOGUE: &[(&str, &str)] = &[
    ("additional_image_link", "list"),
    ("age_group", "text"),
    ("availability", "availability"),
    ("availability_date", "date"),
    ("brand", "text"),
    ("certification", "text"),
    ("color", "text"),
    ("condition", "condition"),
    ("custom_label_0", "text"),
    ("custom_label_1", "text"),
    ("custom_label_2", "text"),
    ("custom_label_3", "text"),
    ("custom_label_4", "text"),
    ("description", "text"),
    ("energy_efficiency_class", "text"),
    ("expiration_date", "date"),
    ("gender", "text"),
    ("google_product_category", "text"),
    ("gtin", "text"),
    ("id", "text"),
    ("image_link", "image"),
    ("installment", "text"),
    ("is_bundle", "bool"),
    ("item_group_id", "text"),
    ("lifestyle_image_link", "image"),
    ("link", "url"),
    ("loyalty_program", "text"),
    ("material", "text"),
    ("mpn", "text"),
    ("multipack", "number"),
    ("pattern", "text"),
    ("pause", "text"),
    ("price", "money"),
    ("product_detail", "text"),
    ("product_highlight", "text"),
    ("product_type", "text"),
    ("promotion_id", "text"),
    ("sale_price", "money"),
    ("sale_price_effective_date", "interval"),
    ("shipping", "text"),
    ("shipping_height", "text"),
    ("shipping_label", "text"),
    ("shipping_length", "text"),
    ("shipping_weight", "text"),
    ("shipping_width", "text"),
    ("short_title", "text"),
    ("size", "text"),
    ("subscription_cost", "text"),
    ("title", "text"),
    ("unit_pricing_base_measure", "text"),
    ("unit_pricing_measure", "text"),
];

/// The type of a catalogue's column.
pub(crate) fn field_type(name: &str) -> Option<FieldType> {
    let at = CATALOGUE.binary_search_by_key(&name, |(column, _)| column).ok()?;
    CATALOGUE.get(at).and_then(|(_, kind)| FieldType::parse(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_and_typed() {
        assert!(CATALOGUE.windows(2).all(|pair| pair[0].0 < pair[1].0), "the table is searched by halves");
        assert!(CATALOGUE.iter().all(|(name, _)| field_type(name).is_some()));
        assert_eq!((field_type("price"), field_type("prize")), (FieldType::parse("money"), None));
    }
}
