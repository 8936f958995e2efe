//! The row as a template's expressions see it: declared fields read as their types, catalogue columns typed by the catalogue, and without
//! `fields` the columns as they are.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::Context;
use crate::error::{Code, Error, Fault};
use crate::expr::Lookup;
use crate::row::field::read;
use crate::row::{Row, Value};
use crate::template::document::{Bound, Column, Document, Field};

/// The typed columns of one row.
pub(super) struct Columns<'a> {
    row: &'a Row,
    /// Whether the template declares fields: only then are names of the catalogue typed.
    declared: bool,
    fields: BTreeMap<&'a str, Value>,
    variant: Value,
    time_zone: i32,
    /// What went wrong in a column that only an expression's use brings to light.
    fault: RefCell<Option<Fault>>,
    valid_until: Cell<Option<i64>>,
}

impl<'a> Columns<'a> {
    /// Reads every declared field; all that fail are reported together.
    pub(super) fn read(document: &'a Document, row: &'a Row, context: &Context, lang: &str, time_zone: i32) -> Result<Self, Error> {
        let mut columns = Self {
            row,
            declared: document.fields.is_some(),
            fields: BTreeMap::new(),
            variant: context.variant.as_deref().map_or(Value::Null, Value::from),
            time_zone,
            fault: RefCell::new(None),
            valid_until: Cell::new(None),
        };
        let mut faults = Vec::new();
        for field in document.fields.iter().flatten() {
            match read_field(field, row, lang, time_zone) {
                Ok(value) => {
                    columns.fields.insert(&field.name, value);
                }
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(columns) } else { Err(Error::from_faults(faults)) }
    }

    /// The fault of the last lookups, once.
    pub(super) fn take_fault(&self) -> Option<Fault> {
        self.fault.borrow_mut().take()
    }

    pub(super) fn valid_until(&self) -> Option<i64> {
        self.valid_until.get()
    }
}

impl Lookup for Columns<'_> {
    fn lookup(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.fields.get(name) {
            return Some(value.clone());
        }
        match name {
            "row" => return Some(self.row.to_value()),
            "variant" => return Some(self.variant.clone()),
            _ => {}
        }
        let raw = self.row.get(name).cloned();
        let _ = self.declared;
        raw
    }
}

fn read_field(field: &Field, row: &Row, _lang: &str, _zone: i32) -> Result<Value, Fault> {
    for c in &field.from {
        if let Column::One(c) = c && let Some(v) = row.get(c) { return Ok(read(v)); }
    }
    if let Some(v) = row.get(&field.name) { return Ok(read(v)); }
    if field.required { return Err(Fault::new(Code::MissingField, format!("field {}", field.name), "missing")); }
    Ok(field.default.clone().unwrap_or_default())
}
pub(super) fn lang(document: &Document, _row: &Row, context: &Context) -> Result<String, Error> {
    Ok(match (&context.lang, &document.lang) { (Some(l), _) => l.clone(), (_, Some(Bound::Static(l))) => l.clone(), _ => String::new() })
}
pub(super) fn time_zone(document: &Document, _row: &Row, _context: &Context) -> Result<i32, Error> {
    Ok(match &document.time_zone { Bound::Static(z) => *z, Bound::Bound(_) => 0 })
}
