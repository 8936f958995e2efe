//! The columns of Google's and Meta's catalogues with their types: what a name means where a template declares fields but not this one.
//!
//! Columns with parts are records: maps in XML and JSON, `US:CA:Overnight:16.00 USD` in text, where the order is Google's.

use crate::row::field::{Field, FieldType, Items};

/// Columns by type; all are optional here, what a channel demands is its own check.
const COLUMNS: &[(FieldType, &str)] = &[
    (
        FieldType::Text,
        "id title short_title description short_description rich_text_description brand gtin mpn age_group color gender size size_type \
         size_system material pattern style product_type google_product_category fb_product_category item_group_id energy_efficiency_class \
         min_energy_efficiency_class max_energy_efficiency_class unit_pricing_measure unit_pricing_base_measure custom_label_0 \
         custom_label_1 custom_label_2 custom_label_3 custom_label_4 promotion_id pause status visibility store_code pickup_method pickup_sla \
         shipping_label shipping_weight shipping_length shipping_width shipping_height product_weight product_length product_width \
         product_height ships_from_country transit_time_label return_policy_label external_seller_id tax_category commerce_tax_category \
         origin_country importer_name manufacturer_info wa_compliance_category display_ads_id display_ads_title",
    ),
    (
        FieldType::Url,
        "link mobile_link canonical_link ads_redirect link_template mobile_link_template checkout_link_template display_ads_link",
    ),
    (FieldType::Image, "image_link lifestyle_image_link"),
    (FieldType::Money, "price sale_price cost_of_goods_sold auto_pricing_min_price maximum_retail_price"),
    (FieldType::Interval, "sale_price_effective_date"),
    (FieldType::Date, "availability_date expiration_date disclosure_date launch_date"),
    (FieldType::Availability, "availability"),
    (FieldType::Condition, "condition"),
    (
        FieldType::Number,
        "multipack min_handling_time max_handling_time sell_on_google_quantity quantity quantity_to_sell_on_facebook quantity_to_sell_on_fb \
         inventory custom_number_0 custom_number_1 custom_number_2 custom_number_3 custom_number_4 display_ads_value",
    ),
    (FieldType::Bool, "is_bundle adult identifier_exists marked_for_product_launch"),
];

/// Lists by what they hold.
const LISTS: &[(FieldType, &str)] = &[
    (FieldType::Image, "additional_image_link"),
    (FieldType::Url, "video_link virtual_model_link"),
    (
        FieldType::Text,
        "product_highlight product_tags internal_label excluded_destination included_destination shopping_ads_excluded_country ads_labels \
         display_ads_similar_ids disabled_capabilities",
    ),
];

/// Columns with parts, `name:type` in the order of text; of those in [`ONCE`] there is one, of the others a list.
const RECORDS: &[(&str, &str)] = &[
    ("installment", "months:number amount:money downpayment:money credit_type:text"),
    ("subscription_cost", "period:text period_length:number amount:money"),
    (
        "shipping",
        "country:text region:text service:text price:money min_handling_time:number max_handling_time:number min_transit_time:number \
         max_transit_time:number postal_code:text location_id:text location_group_name:text",
    ),
    ("tax", "country:text region:text rate:number tax_ship:bool postal_code:text location_id:text"),
    ("free_shipping_threshold", "country:text price_threshold:money"),
    (
        "loyalty_program",
        "program_label:text tier_label:text price:money cashback_for_future_use:money loyalty_points:number \
         member_price_effective_date:interval shipping_label:text",
    ),
    ("certification", "certification_authority:text certification_name:text certification_code:text certification_value:text"),
    ("product_detail", "section_name:text attribute_name:text attribute_value:text"),
    ("structured_title", "digital_source_type:text content:text"),
    ("structured_description", "digital_source_type:text content:text"),
    ("additional_variant_attribute", "label:text value:text"),
    ("image", "url:image tag:list"),
    ("video", "url:url tag:list"),
];

/// Records of which a product has one.
const ONCE: &[&str] = &["installment", "subscription_cost", "structured_title", "structured_description"];

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
const NAMES: [&str; 9] =
    ["id", "gtin", "mpn", "item_group_id", "promotion_id", "pause", "store_code", "external_seller_id", "display_ads_id"];

/// How a column's references are undone, by its type.
pub(crate) fn clean(name: &str) -> Clean {
    let Some(field) = column(name).filter(|_| !NAMES.contains(&name)) else { return Clean::Keep };
    match (field.kind, &field.of) {
        (FieldType::Text | FieldType::Money, _) | (FieldType::List, Some(Items::Type(FieldType::Text))) => Clean::Text,
        (FieldType::Url | FieldType::Image, _) | (FieldType::List, Some(Items::Type(FieldType::Image | FieldType::Url))) => Clean::Url,
        _ => Clean::Keep,
    }
}

/// A column's declaration.
pub(crate) fn column(name: &str) -> Option<Field> {
    let holds = |names: &str| names.split_ascii_whitespace().any(|known| known == name);
    if let Some((kind, _)) = COLUMNS.iter().find(|(_, names)| holds(names)) {
        return Some(Field::of_type(*kind));
    }
    if let Some((kind, _)) = LISTS.iter().find(|(_, names)| holds(names)) {
        return Some(Field { of: Some(Items::Type(*kind)), ..Field::of_type(FieldType::List) });
    }
    let (_, parts) = RECORDS.iter().find(|(known, _)| *known == name)?;
    let fields = parts.split_ascii_whitespace().filter_map(part).collect();
    let kind = if ONCE.contains(&name) { FieldType::Record } else { FieldType::List };
    Some(Field { of: Some(Items::Fields(fields)), ..Field::of_type(kind) })
}

fn part(text: &str) -> Option<(String, Field)> {
    let (name, kind) = text.split_once(':')?;
    Some((name.to_owned(), Field::of_type(FieldType::by_name(kind)?)))
}

/// All columns' names, for the nearest one in a message.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let typed = COLUMNS.iter().chain(LISTS).flat_map(|(_, names)| names.split_ascii_whitespace());
    typed.chain(RECORDS.iter().map(|(name, _)| *name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::money::Currency;
    use crate::row::value::Value;
    use crate::row::zone::UTC;
    use crate::row::{Row, field::Reading};

    #[test]
    fn every_name_has_a_type_and_stands_once() {
        let mut all: Vec<&str> = names().collect();
        assert!(all.iter().all(|n| column(n).is_some()));
        all.sort_unstable();
        assert!(all.windows(2).all(|w| w[0] != w[1]));
        assert_eq!(column("sale_price").map(|f| f.kind), Some(FieldType::Money));
        assert_eq!(column("Variant Price"), None);
        for (name, parts) in RECORDS {
            assert_eq!(parts.split_ascii_whitespace().filter_map(part).count(), parts.split_ascii_whitespace().count(), "{name}");
        }
        assert!(ONCE.iter().all(|once| RECORDS.iter().any(|(name, _)| name == once)));
    }

    fn read(name: &str, value: Value) -> Result<Value, String> {
        let mut row = Row::new();
        row.set(name, value);
        let reading = Reading { currency: Currency::parse("EUR"), zone: &UTC };
        column(name).unwrap().read(name, &row, reading).map_err(|fault| fault.to_string())
    }

    /// A value as JSON writes it, with the types shown.
    fn shown(value: &Value) -> String {
        match value {
            Value::Map(entries) => {
                let parts: Vec<String> =
                    entries.iter().filter(|(_, v)| !v.is_null()).map(|(name, v)| format!("{name}={}", shown(v))).collect();
                format!("{{{}}}", parts.join(" "))
            }
            Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
            Value::Text(text) => text.to_string(),
            other => other.short().split_once(' ').map(|(_, s)| s.to_owned()).unwrap_or_else(|| other.short()),
        }
    }

    #[test]
    fn records_are_the_same_in_text_xml_and_json() {
        for (name, text, json, meant) in [
            ("installment", "6:50 BRL", r#"{ "months": "6", "amount": "50 BRL" }"#, "{amount=50 BRL months=6}"),
            (
                "installment",
                "36:70.00 USD:0 USD:lease",
                r#"{ "months": 36, "amount": { "value": 70, "currency": "USD" }, "downpayment": "USD 0", "credit_type": "lease" }"#,
                "{amount=70 USD credit_type=lease downpayment=0 USD months=36}",
            ),
            (
                "shipping",
                "US:CA:Overnight:16.00 USD,US::Ground:6.49 USD:1:1:2:3",
                r#"[{ "country": "US", "region": "CA", "service": "Overnight", "price": "16.00 USD" },
                    { "country": "US", "service": "Ground", "price": "6.49 USD", "min_handling_time": "1", "max_handling_time": "1",
                      "min_transit_time": 2, "max_transit_time": 3 }]"#,
                "[{country=US price=16 USD region=CA service=Overnight}, {country=US max_handling_time=1 max_transit_time=3 \
                 min_handling_time=1 min_transit_time=2 price=6.49 USD service=Ground}]",
            ),
            ("shipping", "GB:::0 GBP", r#"{ "country": "GB", "price": "0 GBP" }"#, "[{country=GB price=0 GBP}]"),
            (
                "tax",
                "US:CA:5.00:y",
                r#"{ "country": "US", "region": "CA", "rate": 5, "tax_ship": true }"#,
                "[{country=US rate=5 region=CA tax_ship=true}]",
            ),
            (
                "subscription_cost",
                "month:12:35.00 USD",
                r#"{ "period": "month", "period_length": 12, "amount": "35 USD" }"#,
                "{amount=35 USD period=month period_length=12}",
            ),
            (
                "product_detail",
                "General:Product Type:Digital player,General:\"Size, boxed\":30 x 20,:Ratio:16:9",
                r#"[{ "section_name": "General", "attribute_name": "Product Type", "attribute_value": "Digital player" },
                    { "section_name": "General", "attribute_name": "Size, boxed", "attribute_value": "30 x 20" },
                    { "section_name": "", "attribute_name": "Ratio", "attribute_value": "16:9" }]"#,
                "[{attribute_name=Product Type attribute_value=Digital player section_name=General}, {attribute_name=Size, boxed \
                 attribute_value=30 x 20 section_name=General}, {attribute_name=Ratio attribute_value=16:9}]",
            ),
            (
                "certification",
                "EC:EPREL:123456",
                r#"[{ "certification_authority": "EC", "certification_name": "EPREL", "certification_code": 123456 }]"#,
                "[{certification_authority=EC certification_code=123456 certification_name=EPREL}]",
            ),
            (
                "loyalty_program",
                "club:gold:10 USD::50:2026-11-24T13\\:00Z/:fast",
                r#"{ "program_label": "club", "tier_label": "gold", "price": "10 USD", "loyalty_points": "50",
                     "member_price_effective_date": "2026-11-24T13:00Z/", "shipping_label": "fast" }"#,
                "[{loyalty_points=50 member_price_effective_date=2026-11-24T13:00:00Z/.. price=10 USD program_label=club shipping_label=fast tier_label=gold}]",
            ),
        ] {
            let from_text = read(name, Value::text(text)).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(shown(&from_text), meant, "{text}");
            // What XML gives, and the same in a cell of a text feed.
            let row = Row::from_json(&format!("{{ \"v\": {json} }}")).unwrap();
            assert_eq!(read(name, row.get("v").unwrap().clone()).as_ref(), Ok(&from_text), "{json}");
            assert_eq!(read(name, Value::text(json)).as_ref(), Ok(&from_text), "{json} as a cell");
        }
        assert_eq!(
            read("shipping", Value::text("US:CA:Overnight:16.00 QQQ")).unwrap_err(),
            "field shipping: item 1: field price: a price must have an ISO 4217 code or a known mark, found \"16.00 QQQ\""
        );
        assert_eq!(
            read("installment", Value::text("six:50 BRL")).unwrap_err(),
            "field installment: field months: must be a decimal number such as 12.5, found \"six\""
        );
        assert_eq!(read("installment", Value::text(":")), Ok(Value::Null));
    }

    #[test]
    fn the_other_columns_read_what_feeds_write() {
        for (name, value, meant) in [
            ("cost_of_goods_sold", "23.00 USD", "23 USD"),
            ("maximum_retail_price", "₹1,299", "1299 INR"),
            ("min_handling_time", "2", "2"),
            ("custom_number_3", "-7", "-7"),
            ("quantity_to_sell_on_facebook", "75", "75"),
            ("shipping_weight", "3 kg", "3 kg"),
            ("unit_pricing_base_measure", "100 ml", "100 ml"),
            ("energy_efficiency_class", "A+++", "A+++"),
            ("status", "active", "active"),
            ("internal_label", "['summer','trending']", "[summer, trending]"),
            ("product_tags", "[\"a, b\", \"c\"]", "[a, b, c]"),
            ("product_highlight", "\"Soft, warm\",Made in Wales", "[Soft, warm, Made in Wales]"),
            ("additional_image_link", "https://x.test/a%2Cb.jpg,https://x.test/c.jpg", "[https://x.test/a%2Cb.jpg, https://x.test/c.jpg]"),
            ("additional_image_link", "https://x.test/a.jpg https://x.test/c.jpg", "[https://x.test/a.jpg, https://x.test/c.jpg]"),
            ("additional_image_link", "https://x.test/a.jpg|https://x.test/c.jpg", "[https://x.test/a.jpg, https://x.test/c.jpg]"),
            ("additional_image_link", "photos/a b.jpg", "[photos/a b.jpg]"),
            ("video", r#"[{"url": "https://x.test/v.mp4", "tag": ["a"]}]"#, "[{tag=[a] url=https://x.test/v.mp4}]"),
            ("adult", "no", "false"),
            ("availability", "mark_as_sold", "mark_as_sold"),
        ] {
            assert_eq!(read(name, Value::text(value)).map(|v| shown(&v)).as_deref(), Ok(meant), "{name}: {value}");
        }
    }
}
