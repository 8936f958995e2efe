//! Declared fields: which columns they come from and what type their raw values are read as.
//!
//! A raw value is a cell's text or a JSON value. Each type has one reader; what it cannot read is a fault that names the rule and the found
//! value. Null stays null whatever the type: whether a field must have a value is `required`'s to say.

use std::cmp::Ordering;

use crate::css::property::{Declaration, Input, declare};
use crate::css::style::TextColor;
use crate::error::{Code, Fault, quoted};
use crate::row::date::{Date, Interval};
use crate::row::decimal::Decimal;
use crate::row::money::{Currency, Money};
use crate::row::value::Value;
use crate::row::zone::Zone;
use crate::row::{Row, records};

/// The types of the format, as `fields` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldType {
    Text,
    Number,
    Bool,
    Money,
    Date,
    Interval,
    Url,
    Image,
    Color,
    Rect,
    Enum,
    Availability,
    Condition,
    List,
    /// One map with fields of its own. Columns of the catalogues are of it; `fields` has no name for it.
    Record,
}

/// A field's declaration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) kind: FieldType,
    pub(crate) required: bool,
    /// What stands in for null, raw as a row would give it.
    pub(crate) default: Option<Value>,
    /// Where values come from, the first present wins; empty means the column of the field's own name.
    pub(crate) from: Vec<Source>,
    /// Of an enum: its values as the template spells them.
    pub(crate) values: Vec<String>,
    /// Of a list: what its items are.
    pub(crate) of: Option<Items>,
    /// Of a number, money or date: the least and the greatest, raw; a bare number bounds a price of any currency.
    pub(crate) min: Option<Value>,
    pub(crate) max: Option<Value>,
}

/// Where a field's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Column(String),
    /// An interval's start and end in two columns.
    Sides(String, String),
}

/// What the items of a list are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Items {
    Type(FieldType),
    /// Maps with fields of their own.
    Fields(Vec<(String, Field)>),
}

/// What reading depends on beside the declaration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// The currency of prices without one.
    pub(crate) currency: Option<Currency>,
    /// Where dates without an offset lie.
    pub(crate) zone: &'a Zone,
}

const AVAILABILITY: &[&str] =
    &["in_stock", "out_of_stock", "preorder", "backorder", "available_for_order", "discontinued", "pending", "mark_as_sold"];
const CONDITION: &[&str] = &["new", "refurbished", "used", "used_like_new", "used_good", "used_fair", "cpo", "open_box_new"];

impl FieldType {
    /// All types with the names that `fields` gives them.
    pub(crate) const ALL: &'static [(&'static str, FieldType)] = &[
        ("text", Self::Text),
        ("number", Self::Number),
        ("bool", Self::Bool),
        ("money", Self::Money),
        ("date", Self::Date),
        ("interval", Self::Interval),
        ("url", Self::Url),
        ("image", Self::Image),
        ("color", Self::Color),
        ("rect", Self::Rect),
        ("enum", Self::Enum),
        ("availability", Self::Availability),
        ("condition", Self::Condition),
        ("list", Self::List),
    ];

    /// A type by its name.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// What `fields` calls it.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl Field {
    /// A field of a type that nothing else is said about.
    pub(crate) fn of_type(kind: FieldType) -> Self {
        Self { kind, required: false, default: None, from: Vec::new(), values: Vec::new(), of: None, min: None, max: None }
    }

    /// What an enum, an availability or a condition may be.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        let known = match self.kind {
            FieldType::Availability => AVAILABILITY,
            FieldType::Condition => CONDITION,
            _ => &[],
        };
        known.iter().copied().chain(self.values.iter().filter(|_| self.kind == FieldType::Enum).map(String::as_str))
    }

    /// The field's value in a row.
    pub(crate) fn read(&self, name: &str, row: &Row, reading: Reading<'_>) -> Result<Value, Fault> {
        let place = || format!("field {name}");
        let bad = |message: String| Fault::new(Code::BadField, place(), message);
        let value = match self.raw(name, row) {
            Raw::Cell(value) => self.typed(value, reading).map_err(bad)?,
            Raw::Sides(start, end) => sides(start, end, reading).map_err(bad)?,
            Raw::Missing => match &self.default {
                Some(default) => self.typed(default, reading).map_err(|m| bad(format!("{m} as the default")))?,
                None => Value::Null,
            },
        };
        if value.is_null() && self.required {
            let columns: Vec<&str> = self.from.iter().flat_map(Source::columns).collect();
            let columns = if columns.is_empty() { name.to_owned() } else { columns.join(", ") };
            return Err(Fault::new(Code::MissingField, place(), format!("a required field must have a value, found none in {columns}")));
        }
        Ok(value)
    }

    fn raw<'r>(&self, name: &str, row: &'r Row) -> Raw<'r> {
        let cell = |column: &str| row.get(column).filter(|value| !value.is_null());
        if self.from.is_empty() {
            return cell(name).map_or(Raw::Missing, Raw::Cell);
        }
        let mut found = self.from.iter().filter_map(|source| match source {
            Source::Column(column) => cell(column).map(Raw::Cell),
            Source::Sides(start, end) => match (cell(start), cell(end)) {
                (None, None) => None,
                (start, end) => Some(Raw::Sides(start, end)),
            },
        });
        found.next().unwrap_or(Raw::Missing)
    }

    /// A raw value as the field's type; the message names the rule and the value.
    pub(crate) fn typed(&self, raw: &Value, reading: Reading<'_>) -> Result<Value, String> {
        if raw.is_null() || raw.as_text().is_some_and(|t| t.trim().is_empty()) {
            return Ok(Value::Null);
        }
        let value = match self.kind {
            FieldType::Text => text(raw)?,
            FieldType::Number => number(raw)?,
            FieldType::Bool => boolean(raw)?,
            FieldType::Money => money(raw, reading.currency)?,
            FieldType::Date => date(raw, reading)?,
            FieldType::Interval => interval(raw, reading)?,
            FieldType::Url => url(raw)?,
            FieldType::Image => {
                if matches!(raw, Value::Image(_)) {
                    raw.clone()
                } else {
                    url(raw)?
                }
            }
            FieldType::Color => color(raw)?,
            FieldType::Rect => rect(raw)?,
            FieldType::Enum | FieldType::Availability | FieldType::Condition => one_of(raw, self.values())?,
            FieldType::List => self.list(raw, reading)?,
            FieldType::Record => match &self.of {
                Some(Items::Fields(fields)) => records::one(fields, raw, reading)?,
                _ => return Err(format!("must be an object, found {}", raw.short())),
            },
        };
        self.within(value, reading)
    }

    fn within(&self, value: Value, reading: Reading<'_>) -> Result<Value, String> {
        let bound = |raw: &Option<Value>| -> Result<Option<Value>, String> {
            match (raw, &value) {
                (Some(raw), Value::Number(_)) => number(raw).map(Some),
                (Some(raw), Value::Money(found)) => money(raw, Some(found.currency)).map(Some),
                (Some(raw), Value::Date(_)) => date(raw, reading).map(Some),
                _ => Ok(None),
            }
        };
        if let Some(min) = bound(&self.min)?
            && value.order(&min)? == Some(Ordering::Less)
        {
            return Err(format!("must be at least {}, found {}", min.short(), value.short()));
        }
        if let Some(max) = bound(&self.max)?
            && value.order(&max)? == Some(Ordering::Greater)
        {
            return Err(format!("must be at most {}, found {}", max.short(), value.short()));
        }
        Ok(value)
    }

    fn list(&self, raw: &Value, reading: Reading<'_>) -> Result<Value, String> {
        let items: Vec<Value> = match raw {
            Value::List(items) => items.to_vec(),
            Value::Text(cell) => records::items(cell, self.of.as_ref())?,
            single => vec![single.clone()],
        };
        let nth = |i: usize, message: String| format!("item {}: {message}", i + 1);
        let typed: Result<Vec<Value>, String> = match &self.of {
            None => Ok(items),
            Some(Items::Type(kind)) => {
                let item = Field { values: self.values.clone(), min: self.min.clone(), max: self.max.clone(), ..Self::of_type(*kind) };
                items.iter().enumerate().map(|(i, raw)| item.typed(raw, reading).map_err(|m| nth(i, m))).collect()
            }
            Some(Items::Fields(fields)) => {
                items.iter().enumerate().map(|(i, raw)| records::one(fields, raw, reading).map_err(|m| nth(i, m))).collect()
            }
        };
        typed.map(Value::list)
    }
}

impl Source {
    pub(crate) fn columns(&self) -> Vec<&str> {
        match self {
            Self::Column(column) => vec![column],
            Self::Sides(start, end) => vec![start, end],
        }
    }
}

enum Raw<'r> {
    Cell(&'r Value),
    Sides(Option<&'r Value>, Option<&'r Value>),
    Missing,
}

fn text(raw: &Value) -> Result<Value, String> {
    match raw {
        Value::Text(_) => Ok(raw.clone()),
        Value::Number(number) => Ok(Value::text(number.to_string())),
        Value::Bool(b) => Ok(Value::text(b.to_string())),
        other => Err(format!("must be a text, found {}", other.short())),
    }
}

fn number(raw: &Value) -> Result<Value, String> {
    match raw {
        Value::Number(_) => Ok(raw.clone()),
        Value::Text(cell) => {
            let number =
                Decimal::parse(cell.trim()).ok_or_else(|| format!("must be a decimal number such as 12.5, found {}", quoted(cell)))?;
            Ok(Value::Number(number))
        }
        other => Err(format!("must be a number, found {}", other.short())),
    }
}

fn boolean(raw: &Value) -> Result<Value, String> {
    let word = match raw {
        Value::Bool(_) => return Ok(raw.clone()),
        Value::Text(cell) => cell.trim().to_ascii_lowercase(),
        Value::Number(number) => number.to_string(),
        other => return Err(format!("must be true or false, found {}", other.short())),
    };
    match word.as_str() {
        "true" | "yes" | "y" | "1" => Ok(Value::Bool(true)),
        "false" | "no" | "n" | "0" => Ok(Value::Bool(false)),
        _ => Err(format!("must be true, false, yes, no, 1 or 0, found {}", raw.short())),
    }
}

fn money(raw: &Value, currency: Option<Currency>) -> Result<Value, String> {
    match raw {
        Value::Money(_) => Ok(raw.clone()),
        Value::Text(cell) => Money::parse(cell, currency).map(Value::Money),
        Value::Number(amount) => match currency {
            Some(currency) => Ok(Value::Money(Money { amount: *amount, currency })),
            None => Err(format!("a price must have a currency where its field has none, found {amount}")),
        },
        // As the Merchant API writes it.
        Value::Map(entries) => {
            match (entries.get("value").or_else(|| entries.get("amount")), entries.get("currency").and_then(Value::as_text)) {
                (Some(amount), Some(code)) => match (number(amount)?, Currency::parse(code)) {
                    (Value::Number(amount), Some(currency)) => Ok(Value::Money(Money { amount, currency })),
                    _ => Err(format!("a price must have an ISO 4217 code, found {}", quoted(code))),
                },
                _ => Err("a price as an object must have `value` and `currency`".to_owned()),
            }
        }
        other => Err(format!("must be a price such as \"9.99 USD\", found {}", other.short())),
    }
}

fn date(raw: &Value, reading: Reading<'_>) -> Result<Value, String> {
    let read = match raw {
        Value::Date(_) => return Ok(raw.clone()),
        Value::Text(cell) => Date::parse(cell, reading.zone),
        _ => None,
    };
    read.map(Value::Date)
        .ok_or_else(|| format!("must be an ISO 8601 date such as 2026-11-30 or 2026-11-30T13:00+01:00, found {}", raw.short()))
}

fn interval(raw: &Value, reading: Reading<'_>) -> Result<Value, String> {
    let read = match raw {
        Value::Interval(_) => return Ok(raw.clone()),
        Value::Text(cell) => Interval::parse(cell, reading.zone),
        // As the Merchant API writes it.
        Value::Map(entries) => {
            let side = |names: [&str; 3]| names.into_iter().find_map(|name| entries.get(name)).filter(|side| !side.is_null());
            return sides(side(["start", "start_date", "startTime"]), side(["end", "end_date", "endTime"]), reading);
        }
        _ => None,
    };
    read.map(Value::Interval).ok_or_else(|| format!("must be two ISO 8601 dates in order with a slash between, found {}", raw.short()))
}

/// An interval out of two columns, of which one may be empty.
fn sides(start: Option<&Value>, end: Option<&Value>, reading: Reading<'_>) -> Result<Value, String> {
    let shown = |side: Option<&Value>| match side {
        None => Ok(String::new()),
        Some(Value::Date(date)) => Ok(date.to_string()),
        Some(Value::Text(cell)) => Ok(cell.to_string()),
        Some(other) => Err(format!("must be two ISO 8601 dates, found {}", other.short())),
    };
    let (start, end) = (shown(start)?, shown(end)?);
    let read = Interval::from_sides(&start, &end, reading.zone);
    read.map(Value::Interval).ok_or_else(|| format!("must be two ISO 8601 dates in order, found {} and {}", quoted(&start), quoted(&end)))
}

fn url(raw: &Value) -> Result<Value, String> {
    match raw {
        Value::Text(cell) if !cell.chars().any(char::is_control) => Ok(Value::text(cell.trim())),
        Value::Text(cell) => Err(format!("a URL must not have control characters, found {}", quoted(cell))),
        other => Err(format!("must be a URL or path, found {}", other.short())),
    }
}

/// The shape of a CSS colour; what it means is decided where it is used.
fn color(raw: &Value) -> Result<Value, String> {
    let Value::Text(cell) = raw else {
        return Err(format!("must be a CSS colour, found {}", raw.short()));
    };
    let cell = cell.trim();
    match declare("color", &Input::Text(cell)) {
        Ok(Declaration::Color(Some(TextColor::Color(_)))) => Ok(Value::text(cell)),
        _ => Err(format!("must be a CSS colour such as #d0021b, found {}", quoted(cell))),
    }
}

/// Left, top, width and height: a list of four numbers, or these in a text.
fn rect(raw: &Value) -> Result<Value, String> {
    let wrong = || format!("must be four numbers: left, top, width, height, found {}", raw.short());
    let items: Vec<Value> = match raw {
        Value::List(items) => items.to_vec(),
        Value::Text(cell) => cell.split([' ', ',', ';']).filter(|n| !n.is_empty()).map(Value::text).collect(),
        _ => return Err(wrong()),
    };
    let numbers: Result<Vec<Value>, String> = items.iter().map(|n| number(n).map_err(|_| wrong())).collect();
    let numbers = numbers?;
    if numbers.len() == 4 { Ok(Value::list(numbers)) } else { Err(wrong()) }
}

/// The listed spelling of a value; case, space, `_` and `-` are equal, and a schema.org address counts by its last part.
fn one_of<'a>(raw: &Value, values: impl Iterator<Item = &'a str>) -> Result<Value, String> {
    let values: Vec<&str> = values.collect();
    let cell = match text(raw)? {
        Value::Text(cell) => cell,
        _ => return Err(format!("must be a text, found {}", raw.short())),
    };
    let folded = |s: &str| s.to_lowercase().replace([' ', '_', '-'], "");
    let wanted = folded(cell.trim());
    let found = values.iter().find(|value| folded(value) == wanted);
    found.map(|value| Value::text(*value)).ok_or_else(|| format!("must be one of {}, found {}", values.join(", "), quoted(&cell)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: &Field, json: &str) -> Result<String, String> {
        let row = Row::from_json(json).unwrap();
        let shown = |v: Value| match &v {
            Value::List(items) => items.iter().map(Value::short).collect::<Vec<_>>().join(" / "),
            other => other.short(),
        };
        field
            .read("f", &row, Reading { currency: Currency::parse("EUR"), zone: &Zone::Fixed(3600) })
            .map(shown)
            .map_err(|fault| fault.to_string())
    }

    #[test]
    fn each_type_reads_its_spellings_and_refuses_others() {
        use FieldType::{Availability, Bool, Color, Condition, Date, Image, Interval, List, Money, Number, Rect, Text, Url};
        for (kind, json, shown) in [
            (Text, "12", "text \"12\""),
            (Number, "\" 12.50 \"", "number 12.5"),
            (Bool, "\"Yes\"", "bool true"),
            (Money, "9.5", "money 9.5 EUR"),
            (Money, "\"$9.99\"", "money 9.99 USD"),
            (Money, r#"{"value": "3", "currency": "JPY"}"#, "money 3 JPY"),
            (Date, "\"2026-11-30T13:00\"", "date 2026-11-30T13:00:00+01:00"),
            (Interval, "\"2026-11-24T13:00-0800/2026-11-29T15:30-0800\"", "interval 2026-11-24T13:00:00-08:00/2026-11-29T15:30:00-08:00"),
            (Interval, r#"{"startTime": "2026-11-24T13:00Z", "endTime": null}"#, "interval 2026-11-24T13:00:00Z/.."),
            (Bool, "\"n\"", "bool false"),
            (Date, "\"30.11.2026\"", "date 2026-11-30"),
            (Url, "\" https://x.test/a b.jpg \"", "text \"https://x.test/a b.jpg\""),
            (Image, "\"p.jpg\"", "text \"p.jpg\""),
            (Color, "\"rgb(0 0 0 / 25%)\"", "text \"rgb(0 0 0 / 25%)\""),
            (Rect, "\"1, 2, 3, 4\"", "number 1 / number 2 / number 3 / number 4"),
            (Availability, "\"In Stock\"", "text \"in_stock\""),
            (Availability, "\"available for order\"", "text \"available_for_order\""),
            (Condition, "\"USED\"", "text \"used\""),
            (List, "\"a, b\"", "text \"a\" / text \"b\""),
            (List, r#""[1, \"x\"]""#, "number 1 / text \"x\""),
            (Number, "\"  \"", "null"),
        ] {
            assert_eq!(read(&Field::of_type(kind), &format!("{{\"f\": {json}}}")).as_deref(), Ok(shown), "{kind:?} {json}");
        }
        for (kind, json, message) in [
            (Text, "[1]", "field f: must be a text, found list"),
            (Number, "\"NaN\"", "field f: must be a decimal number such as 12.5, found \"NaN\""),
            (Bool, "\"maybe\"", "field f: must be true, false, yes, no, 1 or 0, found text \"maybe\""),
            (Money, "\"free\"", "field f: a price must have a number, found \"free\""),
            (Date, "\"soon\"", "field f: must be an ISO 8601 date such as 2026-11-30 or 2026-11-30T13:00+01:00, found text \"soon\""),
            (Interval, "7", "field f: must be two ISO 8601 dates in order with a slash between, found number 7"),
            (Url, r#""a\nb""#, "field f: a URL must not have control characters, found \"a\\nb\""),
            (Image, "true", "field f: must be a URL or path, found bool true"),
            (Color, "\"reddish\"", "field f: must be a CSS colour such as #d0021b, found \"reddish\""),
            (Color, "\"#12\"", "field f: must be a CSS colour such as #d0021b, found \"#12\""),
            (Rect, "[1, 2, 3]", "field f: must be four numbers: left, top, width, height, found list"),
            (
                Condition,
                "\"old\"",
                "field f: must be one of new, refurbished, used, used_like_new, used_good, used_fair, cpo, open_box_new, found \"old\"",
            ),
        ] {
            assert_eq!(read(&Field::of_type(kind), &format!("{{\"f\": {json}}}")), Err(message.to_owned()), "{kind:?} {json}");
        }
    }

    #[test]
    fn columns_defaults_and_bounds_are_kept() {
        let columns = |names: &[&str]| names.iter().map(|n| Source::Column((*n).to_owned())).collect();
        let text = Field { from: columns(&["short", "long"]), required: true, ..Field::of_type(FieldType::Text) };
        assert_eq!(read(&text, r#"{"short": " ", "long": "L"}"#).as_deref(), Ok("text \"L\""));
        assert_eq!(read(&text, r#"{"f": "x"}"#), Err("field f: a required field must have a value, found none in short, long".into()));
        let number = Field {
            default: Some(Value::text("5")),
            min: Some(Value::from(1)),
            max: Some(Value::from(9)),
            ..Field::of_type(FieldType::Number)
        };
        assert_eq!(read(&number, "{}").as_deref(), Ok("number 5"));
        assert_eq!(read(&number, r#"{"f": 0.5}"#), Err("field f: must be at least number 1, found number 0.5".into()));
        assert_eq!(read(&number, r#"{"f": "10"}"#), Err("field f: must be at most number 9, found number 10".into()));
        let date =
            Field { min: Some(Value::text("2026-11-01")), max: Some(Value::text("2026-11-30T12:00Z")), ..Field::of_type(FieldType::Date) };
        assert_eq!(read(&date, r#"{"f": "2026-11-01"}"#).as_deref(), Ok("date 2026-11-01"));
        assert_eq!(read(&date, r#"{"f": "2026-10-31"}"#), Err("field f: must be at least date 2026-11-01, found date 2026-10-31".into()));
        let late = "field f: must be at most date 2026-11-30T12:00:00Z, found date 2026-11-30T13:30:00+01:00";
        assert_eq!(read(&date, r#"{"f": "2026-11-30T13:30"}"#), Err(late.into()));
        let price = Field { min: Some(Value::from(1)), max: Some(Value::text("50 EUR")), ..Field::of_type(FieldType::Money) };
        assert_eq!(read(&price, r#"{"f": "50"}"#).as_deref(), Ok("money 50 EUR"));
        assert_eq!(read(&price, r#"{"f": "0.50"}"#), Err("field f: must be at least money 1 EUR, found money 0.5 EUR".into()));
        assert_eq!(
            read(&price, r#"{"f": "5 USD"}"#),
            Err("field f: only amounts of one currency can be compared, found USD and EUR".into())
        );
        let span = Field { from: vec![Source::Sides("a".into(), "b".into())], ..Field::of_type(FieldType::Interval) };
        assert_eq!(read(&span, r#"{"a": "2026-11-24"}"#).as_deref(), Ok("interval 2026-11-24/.."));
        let sizes = Field { values: vec!["Small Fit".into()], ..Field::of_type(FieldType::Enum) };
        assert_eq!(read(&sizes, r#"{"f": "small-fit"}"#).as_deref(), Ok("text \"Small Fit\""));
    }

    #[test]
    fn lists_read_their_items() {
        let prices = Field { of: Some(Items::Type(FieldType::Money)), ..Field::of_type(FieldType::List) };
        assert_eq!(read(&prices, r#"{"f": ["1 USD", 2]}"#).as_deref(), Ok("money 1 USD / money 2 EUR"));
        assert_eq!(read(&prices, r#"{"f": "1 USD|x"}"#), Err("field f: item 2: a price must have a number, found \"x\"".into()));
        let sizes = Field { of: Some(Items::Type(FieldType::Number)), max: Some(Value::from(9)), ..Field::of_type(FieldType::List) };
        assert_eq!(read(&sizes, r#"{"f": "1;10"}"#), Err("field f: item 2: must be at most number 9, found number 10".into()));
        let part = |kind| Field::of_type(kind);
        let parts =
            vec![("name".into(), part(FieldType::Text)), ("price".into(), part(FieldType::Money)), ("new".into(), part(FieldType::Bool))];
        let offers = Field { of: Some(Items::Fields(parts)), ..Field::of_type(FieldType::List) };
        for cell in [r#""Tea:2 EUR:yes, Mug:7.5:no""#, r#"[{"name": "Tea", "price": 2, "new": true}, "Mug:7.5 EUR:0"]"#] {
            let row = Row::from_json(&format!("{{\"f\": {cell}}}")).unwrap();
            let reading = Reading { currency: Currency::parse("EUR"), zone: &crate::row::zone::UTC };
            let offer = |name: &str, price: &str, new: bool| {
                let price = Money::parse(price, None).map(Value::Money).unwrap();
                Value::map([("name", Value::text(name)), ("price", price), ("new", Value::Bool(new))])
            };
            let read = offers.read("f", &row, reading).unwrap();
            assert_eq!(read, Value::list([offer("Tea", "2 EUR", true), offer("Mug", "7.5 EUR", false)]), "{cell}");
        }
        let item = Field { required: true, ..Field::of_type(FieldType::Money) };
        let cards = Field { of: Some(Items::Fields(vec![("price".into(), item)])), ..Field::of_type(FieldType::List) };
        assert_eq!(read(&cards, r#"{"f": [{"price": "1 USD"}]}"#).as_deref(), Ok("map"));
        let missing = "field f: item 1: field price: a required field must have a value, found none in price";
        assert_eq!(read(&cards, r#"{"f": [{"x": 1}]}"#), Err(missing.into()));
    }
}
