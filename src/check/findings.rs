//! What a row's own data says to whoever looks after the shop, whatever the template makes of it: shouting titles, markup, hidden
//! characters, sales that are none.
//!
//! Only what is certain is counted. A price that cannot be read, or one in another currency, is the template's to fail on.

use std::cmp::Ordering;

use crate::error::quoted;
use crate::row::field::{Field, FieldType, Reading};
use crate::row::zone::UTC;
use crate::row::{Interval, Row, Value};

/// Fewest letters that have a case in a title that can be called all capitals: `LEGO 42143` and `USB-C` cannot.
const FEWEST_CAPITALS: usize = 12;

/// Every finding with the sentence that says it.
pub(super) const FINDINGS: &[(&str, &str)] = &[
    ("hidden-characters", "a title must have no zero-width or direction controls"),
    ("sale-not-below-price", "a sale price must be below the price"),
    ("sale-window-ahead", "a sale's window has not begun yet"),
    ("sale-window-over", "a sale's window is over, and the sale price is still there"),
    ("title-all-caps", "a title should not be all capitals"),
    ("title-markup", "a title must have no tags and no entities"),
];

/// The columns that are looked at, read as the catalogue types them.
#[derive(Debug)]
pub(super) struct Data {
    money: Field,
    interval: Field,
}

impl Data {
    pub(super) fn new() -> Self {
        Self { money: Field::of_type(FieldType::Money), interval: Field::of_type(FieldType::Interval) }
    }

    /// Tells what is found in a row, with what to show of it.
    pub(super) fn look(&self, row: &Row, now: Option<i64>, tell: &mut dyn FnMut(&'static str, &dyn Fn() -> String)) {
        if let Some(title) = row.get("title").and_then(Value::as_text) {
            let shown = || quoted(title);
            if all_caps(title) {
                tell("title-all-caps", &shown);
            }
            if markup(title) {
                tell("title-markup", &shown);
            }
            if let Some(hidden) = title.chars().find(|c| is_hidden(*c)) {
                tell("hidden-characters", &|| format!("U+{:04X} in {}", u32::from(hidden), quoted(title)));
            }
        }
        self.sale(row, now, tell);
    }

    fn sale(&self, row: &Row, now: Option<i64>, tell: &mut dyn FnMut(&'static str, &dyn Fn() -> String)) {
        if row.get("sale_price").is_none_or(Value::is_null) {
            return;
        }
        let read =
            |field: &Field, name: &str| field.read(name, row, Reading { currency: None, zone: &UTC }).ok().filter(|value| !value.is_null());
        if let (Some(price), Some(sale)) = (read(&self.money, "price"), read(&self.money, "sale_price"))
            && matches!(sale.order(&price), Ok(Some(Ordering::Equal | Ordering::Greater)))
        {
            tell("sale-not-below-price", &|| format!("{} against {}", sale.short(), price.short()));
        }
        if let (Some(Value::Interval(Interval { start, end })), Some(now)) = (read(&self.interval, "sale_price_effective_date"), now) {
            if end.is_some_and(|end| end.seconds() < now) {
                tell("sale-window-over", &|| end.map(|end| end.to_string()).unwrap_or_default());
            } else if start.is_some_and(|start| start.seconds() > now) {
                tell("sale-window-ahead", &|| start.map(|start| start.to_string()).unwrap_or_default());
            }
        }
    }
}

/// Many letters, and none of them small.
fn all_caps(title: &str) -> bool {
    // Nearly every title has a small letter among its first: most rows end here.
    let mut capitals = 0;
    for c in title.chars() {
        if c.is_lowercase() {
            return false;
        }
        capitals += usize::from(c.is_uppercase());
    }
    capitals >= FEWEST_CAPITALS
}

/// `<b>`, `</b>`, `<br/>`, `&amp;`, `&#39;`: not `a < b`, not `R&D`.
fn markup(title: &str) -> bool {
    let after = |sign: char| title.match_indices(sign).filter_map(|(at, _)| title.get(at + 1..));
    let tag = |rest: &str| {
        let name = rest.strip_prefix('/').unwrap_or(rest);
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.contains('>')
    };
    let entity = |rest: &str| {
        let end = rest.bytes().take(12).position(|b| b == b';');
        end.and_then(|end| rest.get(..end)).is_some_and(|name| {
            let name = name.strip_prefix('#').unwrap_or(name);
            name.len() > 1 && name.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    };
    after('<').any(tag) || after('&').any(entity)
}

/// Zero width and direction controls; the joiners, which Persian, Hindi and emoji need, are none.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(json: &str) -> Vec<String> {
        let mut found = Vec::new();
        Data::new()
            .look(&Row::from_json(json).unwrap(), Some(1_795_262_400), &mut |code, shown| found.push(format!("{code}: {}", shown())));
        found
    }

    #[test]
    fn titles_that_shout_or_hide_are_found_and_others_are_not() {
        for title in ["LEGO 42143", "Aster honey", "USB-C HUB", "a < b > c", "R&D; more", "Füße & Co", "می‌خواهم", "蜂蜜"] {
            assert_eq!(found(&format!("{{ \"title\": \"{title}\" }}")), [] as [&str; 0], "{title}");
        }
        assert_eq!(found(r#"{ "title": "BUY ASTER HONEY NOW" }"#), ["title-all-caps: \"BUY ASTER HONEY NOW\""]);
        for title in ["<b>Honey</b>", "Honey<br/>", "Fish &amp; chips", "it&#39;s"] {
            assert_eq!(found(&format!("{{ \"title\": \"{title}\" }}")), [format!("title-markup: {title:?}")]);
        }
        assert_eq!(found("{ \"title\": \"Aster\u{200b}honey\" }"), ["hidden-characters: U+200B in \"Aster\\u{200b}honey\""]);
    }

    #[test]
    fn sales_that_are_none_are_found() {
        let sale = |sale: &str, window: &str| {
            found(&format!(r#"{{ "price": "9.99 EUR", "sale_price": "{sale}", "sale_price_effective_date": "{window}" }}"#))
        };
        assert_eq!(sale("9.98 EUR", ""), [] as [&str; 0]);
        assert_eq!(sale("9.99 EUR", ""), ["sale-not-below-price: money 9.99 EUR against money 9.99 EUR"]);
        assert_eq!(sale("19.99 USD", ""), [] as [&str; 0]);
        assert_eq!(sale("free", ""), [] as [&str; 0]);
        assert_eq!(sale("5 EUR", "2026-01-01T00:00Z/2026-02-01T00:00Z"), ["sale-window-over: 2026-02-01T00:00:00Z"]);
        assert_eq!(sale("5 EUR", "2027-01-01T00:00Z/2027-02-01T00:00Z"), ["sale-window-ahead: 2027-01-01T00:00:00Z"]);
        assert_eq!(sale("5 EUR", "2026-01-01T00:00Z/2027-02-01T00:00Z"), [] as [&str; 0]);
    }
}
