//! Values of keys: texts with bindings, conditions, `let`s, literals and CSS declarations, each read from one JSON value.

use super::build::Builder;
use super::document::{Bound, Declared, Let, LetValue};
use super::input;
use super::merge::{Given, Merged, list, object};
use super::reader::{Entry, Json, Node, join};
use super::scope::Meaning;
use crate::css::property::property;
use crate::error::{Code, quoted};
use crate::expr::types::Type;
use crate::expr::{Expr, TextTemplate, is_name};
use crate::row::decimal::Decimal;
use crate::row::value::Value;

impl<'a> Builder<'a, '_> {
    /// A text with bindings, of a key that takes any string.
    pub(crate) fn string(&mut self, given: &Given<'a>) -> Option<TextTemplate> {
        match given.node.as_str() {
            Some(text) => self.faults.text(text, given.node, &given.path(), &self.scope),
            None => {
                self.faults.wrong_type(given.node, &given.path(), &format!("{} must be a string", given.key));
                None
            }
        }
    }

    /// A binding, of a key whose static values are not strings; `rule` is said of any other string.
    pub(crate) fn bound<T>(&mut self, text: &str, given: &Given<'a>, rule: &str) -> Option<Bound<T>> {
        if !text.contains("{{") {
            self.faults.bad_value(given.node, &given.path(), rule);
            return None;
        }
        self.faults.text(text, given.node, &given.path(), &self.scope).map(Bound::Bound)
    }

    pub(crate) fn condition(&mut self, given: &Given<'a>) -> Option<Expr> {
        let path = given.path();
        match &given.node.json {
            Json::String(text) => self.faults.condition(text, given.node, &path, &self.scope),
            Json::Bool(value) => Expr::parse(if *value { "true" } else { "false" }).ok(),
            _ => {
                self.faults.wrong_type(given.node, &path, &format!("{} must be an expression in a string", given.key));
                None
            }
        }
    }

    pub(crate) fn expression(&mut self, text: &str, skipped: usize, node: &Node, path: &str) -> Option<(Expr, Type)> {
        self.faults.expr(text, skipped, node, path, &self.scope)
    }

    /// Named expressions; their names are pushed on the scope and stay there.
    pub(crate) fn lets(&mut self, node: &'a Node, path: &str) -> Vec<Let> {
        let mut lets = Vec::new();
        for Entry { key, key_span, node } in object(node, path, "let", self.faults).unwrap_or_default() {
            let path = join(path, key);
            if !is_name(key) {
                let message = format!("a name must be letters, digits and _, found {}", quoted(key));
                self.faults.add(Code::BadValue, *key_span, &path, message);
            }
            self.faults.findings.declare_let(key_span.start, &path, key);
            let value = self.let_value(node, &path);
            let (kind, meaning) = match &value {
                Some((LetValue::Text(text), kind)) => match text.as_static() {
                    Some(literal) => (kind.clone(), Meaning::Literal(Value::text(literal))),
                    None => (kind.clone(), Meaning::Expression(text.clone())),
                },
                Some((LetValue::Value(value), kind)) => (kind.clone(), Meaning::Literal(value.clone())),
                Some((_, kind)) => (kind.clone(), Meaning::Opaque),
                None => (Type::any(), Meaning::Opaque),
            };
            self.scope.bind(key, kind, meaning, Some(key_span.start));
            lets.extend(value.map(|(value, _)| Let { name: key.clone(), value, path }));
        }
        lets
    }

    fn let_value(&mut self, node: &'a Node, path: &str) -> Option<(LetValue, Type)> {
        Some(match &node.json {
            Json::String(text) => {
                let (text, kind) = self.faults.typed_text(text, node, path, &self.scope)?;
                (LetValue::Text(text), kind)
            }
            Json::Array(items) => {
                let values: Vec<_> = items.iter().enumerate().map(|(i, item)| self.let_value(item, &format!("{path}[{i}]"))).collect();
                let (values, kinds): (Vec<_>, Vec<_>) = values.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
                (LetValue::List(values), Type::list(kinds.iter().fold(Type::default(), |all, kind| all.or(kind))))
            }
            Json::Object(entries) => {
                let values: Vec<_> = entries.iter().map(|e| Some((&e.key, self.let_value(&e.node, &join(path, &e.key))?))).collect();
                let values = values.into_iter().collect::<Option<Vec<_>>>()?;
                let kind = Type::map(values.iter().map(|(key, (_, kind))| (key.to_string(), kind.clone())));
                (LetValue::Map(values.into_iter().map(|(key, (value, _))| (key.clone(), value)).collect()), kind)
            }
            _ => {
                let value = self.value(node, path)?;
                let kind = Type::of(&value);
                (LetValue::Value(value), kind)
            }
        })
    }

    /// A literal without bindings.
    pub(crate) fn value(&mut self, node: &'a Node, path: &str) -> Option<Value> {
        Some(match &node.json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(text) => match Decimal::parse(text) {
                Some(number) => Value::Number(number),
                None => {
                    self.faults.bad_value(node, path, "a number must have at most 28 digits");
                    return None;
                }
            },
            Json::String(text) => Value::text(text.as_str()),
            Json::Array(items) => {
                let values: Vec<_> = items.iter().enumerate().map(|(i, item)| self.value(item, &format!("{path}[{i}]"))).collect();
                Value::list(values.into_iter().collect::<Option<Vec<_>>>()?)
            }
            Json::Object(entries) => {
                let values: Vec<_> = entries.iter().map(|e| Some((e.key.clone(), self.value(&e.node, &join(path, &e.key))?))).collect();
                Value::map(values.into_iter().collect::<Option<Vec<_>>>()?)
            }
        })
    }

    /// CSS keys in the order of their ranks; static values are read and checked.
    pub(crate) fn declarations(&mut self, mut css: Vec<(&'static str, Given<'a>)>) -> Vec<Declared> {
        css.sort_by_key(|(name, _)| property(name).map(|p| p.rank));
        css.iter().filter_map(|(name, given)| self.declaration(name, given)).collect()
    }

    pub(crate) fn declaration(&mut self, name: &'static str, given: &Given<'a>) -> Option<Declared> {
        let path = given.path();
        if let Some(text) = given.node.as_str().filter(|text| text.contains("{{")) {
            let value = Bound::Bound(self.faults.text(text, given.node, &path, &self.scope)?);
            return Some(Declared { name, value, path });
        }
        if name == "object-position" && given.node.as_str().is_some_and(|t| t.trim() == "smart") {
            let message = format!("object-position {} is not supported yet", given.node.found());
            self.faults.add(Code::UnsupportedKey, given.node.span, &path, message);
            return None;
        }
        let Some(read) = input::declaration(name, given.node) else {
            self.faults.wrong_type(given.node, &path, &format!("{name} must be a string, a number or a list of these without bindings"));
            return None;
        };
        match read {
            Ok(declaration) => Some(Declared { name, value: Bound::Static(declaration), path }),
            Err(message) => {
                self.faults.add(Code::BadValue, given.node.span, &path, message);
                None
            }
        }
    }

    /// A required string in which bindings are refused.
    pub(crate) fn plain(&mut self, merged: &Merged<'a>, key: &str, root: &Node) -> Option<String> {
        let Some(given) = merged.get(key) else {
            self.faults.add(Code::MissingKey, root.span, "", format!("{key:?} is missing"));
            return None;
        };
        self.unbound(given.node, &given.path(), key).map(str::to_owned)
    }

    /// A string that is not empty and does not bind.
    pub(crate) fn unbound(&mut self, node: &'a Node, path: &str, noun: &str) -> Option<&'a str> {
        match node.as_str() {
            Some(text) if text.contains("{{") => self.faults.bad_value(node, path, &format!("{noun} cannot be bound")),
            Some("") => self.faults.bad_value(node, path, &format!("{noun} must not be empty")),
            Some(text) => return Some(text),
            None => self.faults.wrong_type(node, path, &format!("{noun} must be a string")),
        }
        None
    }

    pub(crate) fn plains(&mut self, given: &Given<'a>) -> Vec<String> {
        let path = given.path();
        let items = list(given.node, &path, given.key, self.faults).unwrap_or_default();
        let mut plains = Vec::new();
        for (index, item) in items.iter().enumerate() {
            plains.extend(self.unbound(item, &format!("{path}[{index}]"), &format!("an entry of {}", given.key)).map(str::to_owned));
        }
        plains
    }
}
