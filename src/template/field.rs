//! `fields`: the row's typed columns.

use std::cmp::Ordering;

use super::build::Builder;
use super::document::{Bound, Field};
use super::keys::Places;
use super::merge::{Given, Merged, list, object};
use super::reader::{Entry, Json, Node, join};
use crate::error::{Code, quoted, suggestion};
use crate::row::field::{self, FieldType, Items, Reading, Source};
use crate::row::money::Currency;
use crate::row::value::Value;
use crate::row::zone;

/// What stands for a currency that only a row knows, to check defaults with.
const ANY_CURRENCY: &str = "EUR";

impl<'a> Builder<'a, '_> {
    pub(crate) fn fields(&mut self, node: &'a Node, path: &str) -> Vec<Field> {
        let entries = object(node, path, "fields", self.faults).unwrap_or_default();
        let fields = entries.iter().filter_map(|Entry { key, key_span, node }| {
            let path = join(path, key);
            self.faults.findings.declare_field(key_span.start, &path, key);
            self.field(key, node, &path)
        });
        fields.collect()
    }

    fn field(&mut self, name: &str, node: &'a Node, path: &str) -> Option<Field> {
        let merged = self.field_keys(node, path)?;
        let currency = merged.get("currency").and_then(|given| self.currency(given));
        let fixed = match &currency {
            Some(Bound::Static(currency)) => Some(*currency),
            Some(Bound::Bound(_)) => Currency::parse(ANY_CURRENCY),
            None => None,
        };
        let reading = Reading { currency: fixed, zone: &zone::UTC };
        let rules = self.rules(&merged, node, path)?;
        if let Some(given) = merged.get("default") {
            self.example(&rules, &rules.default, given.node, &given.path(), reading);
        }
        let examples = merged.get("examples").map(|given| self.examples(given, &rules, reading)).unwrap_or_default();
        Some(Field { name: name.to_owned(), rules, currency, examples, path: path.to_owned() })
    }

    fn field_keys(&mut self, node: &'a Node, path: &str) -> Option<Merged<'a>> {
        let mut merged = Merged::default();
        merged.overlay(object(node, path, "a field", self.faults)?, path);
        self.known_keys(&merged, Places::FIELD);
        Some(merged)
    }

    /// What reads the field's value.
    fn rules(&mut self, merged: &Merged<'a>, node: &'a Node, path: &str) -> Option<field::Field> {
        let kind = match merged.get("type") {
            Some(given) => self.field_type(given.node, &given.path()),
            None => {
                self.faults.add(Code::MissingKey, node.span, path, "\"type\" is missing");
                None
            }
        };
        let required = match merged.get("required").map(|given| (given, &given.node.json)) {
            None => false,
            Some((_, Json::Bool(b))) => *b,
            Some((given, _)) => {
                self.faults.wrong_type(given.node, &given.path(), "required must be true or false");
                false
            }
        };
        let default = merged.get("default").and_then(|given| self.value(given.node, &given.path()));
        let from = merged.get("from").map(|given| self.columns(given, kind == Some(FieldType::Interval))).unwrap_or_default();
        self.only_for(merged, kind, "values", &[FieldType::Enum, FieldType::List]);
        self.only_for(merged, kind, "currency", &[FieldType::Money, FieldType::List]);
        self.only_for(merged, kind, "of", &[FieldType::List]);
        let bounded = &[FieldType::Number, FieldType::Money, FieldType::Date, FieldType::List];
        self.only_for(merged, kind, "min", bounded);
        self.only_for(merged, kind, "max", bounded);
        if kind == Some(FieldType::Enum) && !merged.has("values") {
            self.faults.add(Code::MissingKey, node.span, path, "\"values\" is missing");
        }
        let values = merged.get("values").map(|given| self.plains(given)).unwrap_or_default();
        let of = merged.get("of").and_then(|given| self.of(given));
        let bounded = match (kind, &of) {
            (Some(FieldType::List), Some(Items::Type(of))) => *of,
            (kind, _) => kind.unwrap_or(FieldType::Number),
        };
        let (min, max) = (self.bounding(merged, "min", bounded), self.bounding(merged, "max", bounded));
        if let (Some((low, _)), Some((high, _)), Some(given)) = (&min, &max, merged.get("max"))
            && high.order(low) == Ok(Some(Ordering::Less))
        {
            let low = low.short();
            let low = low.split_once(' ').map_or(low.as_str(), |(_, value)| value);
            self.faults.bad_value(given.node, &given.path(), &format!("max must be at least min, which is {low}"));
        }
        let (min, max) = (min.map(|(_, raw)| raw), max.map(|(_, raw)| raw));
        Some(field::Field { kind: kind?, required, default, from, values, of, min, max })
    }

    /// A bound as its field's type takes it, and as it stands there: a bare number bounds prices of any currency, a day lies in the row's zone.
    fn bounding(&mut self, merged: &Merged<'a>, key: &str, kind: FieldType) -> Option<(Value, Value)> {
        let given = merged.get(key)?;
        let raw = self.value(given.node, &given.path())?;
        let reading = Reading { currency: Currency::parse(ANY_CURRENCY), zone: &zone::UTC };
        let typed = match (kind, &raw) {
            (FieldType::Date | FieldType::Money, Value::Text(_)) => field::Field::of_type(kind).typed(&raw, reading),
            (FieldType::Date, _) => Err(format!("{key} must be a date such as \"2026-11-30\"")),
            (_, Value::Number(_)) => Ok(raw.clone()),
            (FieldType::Money, _) => Err(format!("{key} must be a number or a price")),
            _ => Err(format!("{key} must be a number")),
        };
        match typed {
            Ok(typed) => Some((typed, raw)),
            Err(message) if matches!(raw, Value::Text(_)) && matches!(kind, FieldType::Date | FieldType::Money) => {
                self.faults.add(Code::BadValue, given.node.span, &given.path(), message);
                None
            }
            Err(message) => {
                self.faults.wrong_type(given.node, &given.path(), &message);
                None
            }
        }
    }

    /// Reports a default or example that the field itself could not read.
    fn example(&mut self, rules: &field::Field, value: &Option<Value>, node: &Node, path: &str, reading: Reading<'_>) {
        if let Some(Err(message)) = value.as_ref().map(|value| rules.typed(value, reading)) {
            self.faults.add(Code::BadValue, node.span, path, message);
        }
    }

    fn field_type(&mut self, node: &'a Node, path: &str) -> Option<FieldType> {
        let name = self.unbound(node, path, "type")?;
        if let Some(kind) = FieldType::by_name(name) {
            return Some(kind);
        }
        let message = format!("unknown field type {}{}", quoted(name), suggestion(name, FieldType::ALL.iter().map(|(known, _)| *known)));
        self.faults.add(Code::BadValue, node.span, path, message);
        None
    }

    /// Reports a key that only fields of some types have.
    fn only_for(&mut self, merged: &Merged<'a>, kind: Option<FieldType>, key: &str, kinds: &[FieldType]) {
        if let (Some(given), Some(kind)) = (merged.get(key), kind)
            && !kinds.contains(&kind)
        {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            let message = format!("{key:?} is a key of fields of type {}, found {}", names.join(" or "), kind.name());
            self.faults.add(Code::UnknownKey, given.key_span, &given.path(), message);
        }
    }

    fn examples(&mut self, given: &Given<'a>, rules: &field::Field, reading: Reading<'_>) -> Vec<Value> {
        let path = given.path();
        let mut examples = Vec::new();
        for (index, item) in list(given.node, &path, "examples", self.faults).unwrap_or_default().iter().enumerate() {
            let path = format!("{path}[{index}]");
            let value = self.value(item, &path);
            self.example(rules, &value, item, &path, reading);
            examples.extend(value);
        }
        examples
    }

    fn columns(&mut self, given: &Given<'a>, is_interval: bool) -> Vec<Source> {
        let path = given.path();
        let mut columns = Vec::new();
        let items = match &given.node.json {
            Json::Array(items) => items.as_slice(),
            _ => {
                return self.unbound(given.node, &path, "from").map(|name| Source::Column(name.to_owned())).into_iter().collect();
            }
        };
        if items.is_empty() {
            self.faults.add(Code::BadValue, given.node.span, &path, "from must name at least one column, found none");
        }
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match &item.json {
                Json::Array(pair) if is_interval => match pair.as_slice() {
                    [start, end] => {
                        let start = self.unbound(start, &format!("{path}[0]"), "a column");
                        let end = self.unbound(end, &format!("{path}[1]"), "a column");
                        columns.extend(start.zip(end).map(|(start, end)| Source::Sides(start.to_owned(), end.to_owned())));
                    }
                    _ => {
                        let message = format!("a pair of columns must be [start, end], found {} names", pair.len());
                        self.faults.add(Code::BadValue, item.span, &path, message);
                    }
                },
                _ => columns.extend(self.unbound(item, &path, "a column").map(|name| Source::Column(name.to_owned()))),
            }
        }
        columns
    }

    fn currency(&mut self, given: &Given<'a>) -> Option<Bound<Currency>> {
        let rule = "currency must be an ISO 4217 code such as EUR";
        let Some(text) = given.node.as_str() else {
            self.faults.wrong_type(given.node, &given.path(), rule);
            return None;
        };
        match Currency::parse(text) {
            Some(currency) => Some(Bound::Static(currency)),
            None => self.bound(text, given, rule),
        }
    }

    fn of(&mut self, given: &Given<'a>) -> Option<Items> {
        let path = given.path();
        let Json::Object(entries) = &given.node.json else {
            return self.field_type(given.node, &path).map(Items::Type);
        };
        let mut fields = Vec::new();
        for Entry { key, node, .. } in entries {
            let path = join(&path, key);
            let Some(merged) = self.field_keys(node, &path) else { continue };
            for key in ["currency", "examples"] {
                if let Some(given) = merged.get(key) {
                    let message = format!("{key:?} belongs to the list, not to a field of its items");
                    self.faults.add(Code::UnknownKey, given.key_span, &given.path(), message);
                }
            }
            fields.extend(self.rules(&merged, node, &path).map(|rules| (key.clone(), rules)));
        }
        Some(Items::Fields(fields))
    }
}
