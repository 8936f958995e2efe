//! What names stand for while an expression runs.

use std::collections::BTreeMap;

use crate::expr::strings::Strings;
use crate::row::Row;
use crate::row::value::Value;
use crate::row::zone::Zone;

/// Where the outermost names come from: fields and columns.
pub(crate) trait Lookup {
    /// What a name stands for; `None` where nothing has it.
    fn lookup(&self, name: &str) -> Option<Value>;
}

impl Lookup for BTreeMap<String, Value> {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }
}

impl Lookup for Row {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }
}

/// Names in layers: the innermost that has a name gives it.
pub(crate) struct Scope<'a> {
    base: &'a dyn Lookup,
    layers: Vec<Vec<(String, Value)>>,
}

impl<'a> Scope<'a> {
    /// A scope of the base's names alone.
    pub(crate) fn new(base: &'a dyn Lookup) -> Self {
        Self { base, layers: Vec::new() }
    }

    /// Opens an inner layer.
    pub(crate) fn push(&mut self) {
        self.layers.push(Vec::new());
    }

    /// Forgets the innermost layer.
    pub(crate) fn pop(&mut self) {
        self.layers.pop();
    }

    /// Binds a name in the innermost layer, which is opened if there is none.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: Value) {
        if self.layers.is_empty() {
            self.push();
        }
        if let Some(layer) = self.layers.last_mut() {
            layer.push((name.into(), value));
        }
    }

    /// What a name stands for; the latest binding of the innermost layer first.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        let bound = self.layers.iter().rev().flat_map(|layer| layer.iter().rev()).find(|(known, _)| known == name);
        bound.map(|(_, value)| value.clone()).or_else(|| self.base.lookup(name))
    }
}

/// What an expression may depend on beside its names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The host's time, in seconds since 1970-01-01T00:00:00Z.
    pub(crate) now: Option<i64>,
    /// BCP 47, for prices, numbers and dates; empty means English.
    pub(crate) lang: &'a str,
    /// The template's time zone.
    pub(crate) zone: &'a Zone,
    /// The template's own words; what is evaluated before the language is known has none.
    pub(crate) strings: Option<&'a Strings>,
}
