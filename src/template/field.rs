//! `fields`: the row's typed columns.

use super::build::Builder;
use super::document::{Bound, Column, Field, Of};
use super::keys::{FIELD_TYPES, Places};
use super::merge::{Given, Merged, list, object};
use super::reader::{Entry, Json, Node, join};
use crate::error::{Code, quoted, suggestion};
use crate::row::field::FieldType;

impl<'a> Builder<'a, '_> {
    pub(crate) fn fields(&mut self, node: &'a Node, path: &str) -> Vec<Field> {
        let entries = object(node, path, "fields", self.faults).unwrap_or_default();
        entries.iter().filter_map(|Entry { key, node, .. }| self.field(key, node, &join(path, key))).collect()
    }

    fn field(&mut self, name: &str, node: &'a Node, path: &str) -> Option<Field> {
        let mut merged = Merged::default();
        merged.overlay(object(node, path, "a field", self.faults)?, path);
        self.known_keys(&merged, Places::FIELD);
        let kind_name = match merged.get("type") {
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
        let examples = merged.get("examples").map(|given| self.examples(given)).unwrap_or_default();
        let from = match merged.get("from") {
            Some(given) => self.columns(given, kind_name == Some("interval")),
            None => vec![Column::One(name.to_owned())],
        };
        self.only_for(&merged, kind_name, "values", &["enum"]);
        self.only_for(&merged, kind_name, "currency", &["money"]);
        self.only_for(&merged, kind_name, "of", &["list"]);
        self.only_for(&merged, kind_name, "min", &["number", "money", "date"]);
        self.only_for(&merged, kind_name, "max", &["number", "money", "date"]);
        if kind_name == Some("enum") && !merged.has("values") {
            self.faults.add(Code::MissingKey, node.span, path, "\"values\" is missing");
        }
        let values = merged.get("values").map(|given| self.plains(given)).unwrap_or_default();
        let currency = merged.get("currency").and_then(|given| self.currency(given));
        let of = merged.get("of").and_then(|given| self.of(given));
        let min = merged.get("min").and_then(|given| self.value(given.node, &given.path()));
        let max = merged.get("max").and_then(|given| self.value(given.node, &given.path()));
        let kind = FieldType::parse(kind_name?)?;
        Some(Field {
            name: name.to_owned(),
            kind,
            required,
            default,
            examples,
            from,
            currency,
            values,
            of,
            min,
            max,
            path: path.to_owned(),
        })
    }

    fn field_type(&mut self, node: &'a Node, path: &str) -> Option<&'a str> {
        let name = self.unbound(node, path, "type")?;
        if FIELD_TYPES.contains(&name) {
            return Some(name);
        }
        let message = format!("unknown field type {}{}", quoted(name), suggestion(name, FIELD_TYPES.iter().copied()));
        self.faults.add(Code::BadValue, node.span, path, message);
        None
    }

    /// Reports a key that only fields of some types have.
    fn only_for(&mut self, merged: &Merged<'a>, kind: Option<&str>, key: &str, kinds: &[&str]) {
        if let (Some(given), Some(kind)) = (merged.get(key), kind)
            && !kinds.contains(&kind)
        {
            let message = format!("{key:?} is a key of fields of type {}, found {kind}", kinds.join(", "));
            self.faults.add(Code::UnknownKey, given.key_span, &given.path(), message);
        }
    }

    fn examples(&mut self, given: &Given<'a>) -> Vec<crate::row::value::Value> {
        let path = given.path();
        let items = list(given.node, &path, "examples", self.faults).unwrap_or_default();
        items.iter().enumerate().filter_map(|(i, item)| self.value(item, &format!("{path}[{i}]"))).collect()
    }

    fn columns(&mut self, given: &Given<'a>, is_interval: bool) -> Vec<Column> {
        let path = given.path();
        let mut columns = Vec::new();
        let items = match &given.node.json {
            Json::Array(items) => items.as_slice(),
            _ => {
                return self.unbound(given.node, &path, "from").map(|name| Column::One(name.to_owned())).into_iter().collect();
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
                        columns.extend(start.zip(end).map(|(start, end)| Column::Pair(start.to_owned(), end.to_owned())));
                    }
                    _ => {
                        let message = format!("a pair of columns must be [start, end], found {} names", pair.len());
                        self.faults.add(Code::BadValue, item.span, &path, message);
                    }
                },
                _ => columns.extend(self.unbound(item, &path, "a column").map(|name| Column::One(name.to_owned()))),
            }
        }
        columns
    }

    fn currency(&mut self, given: &Given<'a>) -> Option<Bound<String>> {
        let rule = "currency must be an ISO 4217 code such as EUR";
        match given.node.as_str() {
            // A field's currency is read before any field is, so it may name columns and nothing else.
            Some(text) if text.contains("{{") => self.bound(text, given, rule),
            Some(text) if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) => Some(Bound::Static(text.to_owned())),
            Some(_) => {
                self.faults.bad_value(given.node, &given.path(), rule);
                None
            }
            None => {
                self.faults.wrong_type(given.node, &given.path(), rule);
                None
            }
        }
    }

    fn of(&mut self, given: &Given<'a>) -> Option<Of> {
        let path = given.path();
        match &given.node.json {
            Json::Object(_) => Some(Of::Fields(self.fields(given.node, &path))),
            _ => self.field_type(given.node, &path).and_then(FieldType::parse).map(Of::Type),
        }
    }
}
