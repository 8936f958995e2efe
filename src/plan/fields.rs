//! The row as a template's expressions see it: declared fields read as their types, catalogue columns typed by the catalogue, and without
//! `fields` the columns as they are.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::Context;
use crate::error::{Code, Error, Fault};
use crate::expr::{self, Evaluation, Lookup, Scope, TextTemplate};
use crate::row::field::Reading;
use crate::row::money::Currency;
use crate::row::{Row, Value, catalogue, date};
use crate::template::document::{Bound, Document, Field};

/// The typed columns of one row.
pub(super) struct Columns<'a> {
    row: &'a Row,
    /// Whether the template declares fields: only then are names of the catalogue typed.
    declared: bool,
    fields: BTreeMap<&'a str, Value>,
    variant: Value,
    offset_s: i32,
    /// What went wrong in a column that only its use brings to light.
    fault: RefCell<Option<Fault>>,
}

impl<'a> Columns<'a> {
    /// Reads every declared field; all that fail are reported together.
    pub(super) fn read(document: &'a Document, row: &'a Row, context: &Context, offset_s: i32) -> Result<Self, Error> {
        let mut fields = BTreeMap::new();
        let mut faults = Vec::new();
        for field in document.fields.iter().flatten() {
            match read_field(field, row, context, offset_s) {
                Ok(value) => {
                    fields.insert(field.name.as_str(), value);
                }
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(Error::from_faults(faults));
        }
        let variant = context.variant.as_deref().map_or(Value::Null, Value::from);
        Ok(Self { row, declared: document.fields.is_some(), fields, variant, offset_s, fault: RefCell::new(None) })
    }

    /// The fault of the last lookups, once.
    pub(super) fn take_fault(&self) -> Option<Fault> {
        self.fault.borrow_mut().take()
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
        if !self.declared {
            return self.row.get(name).cloned();
        }
        // Another column cannot be named by itself: it must not stand in for `now` or `lang` either.
        let field = catalogue::column(name)?;
        let read = field.read(name, self.row, Reading { currency: None, offset_s: self.offset_s });
        Some(read.unwrap_or_else(|fault| {
            self.fault.borrow_mut().get_or_insert(fault);
            Value::Null
        }))
    }
}

fn read_field(field: &Field, row: &Row, context: &Context, offset_s: i32) -> Result<Value, Fault> {
    let currency = match &field.currency {
        None => None,
        Some(Bound::Static(currency)) => Some(*currency),
        Some(Bound::Bound(text)) => {
            let place = format!("{}.currency", field.path);
            match early(text, row, context, &place)? {
                Value::Null => None,
                value => {
                    let code = value.as_text().unwrap_or("");
                    let bad =
                        || Fault::new(Code::BadBoundValue, place, format!("currency must be an ISO 4217 code, found {}", value.short()));
                    Some(Currency::parse(code).ok_or_else(bad)?)
                }
            }
        }
    };
    field.rules.read(&field.name, row, Reading { currency, offset_s })
}

/// The language of the plan: the host's choice, else the template's.
pub(super) fn lang(document: &Document, columns: &Columns<'_>, context: &Context) -> Result<String, Fault> {
    match (&context.lang, &document.lang) {
        (Some(chosen), _) => Ok(chosen.clone()),
        (None, None) => Ok(String::new()),
        (None, Some(Bound::Static(lang))) => Ok(lang.clone()),
        (None, Some(Bound::Bound(text))) => {
            let value = early(text, columns, context, "lang");
            match columns.take_fault() {
                Some(fault) => Err(fault),
                None => Ok(value?.as_text().unwrap_or("").to_owned()),
            }
        }
    }
}

/// Seconds that the template's time zone is east of UTC.
pub(super) fn time_zone(document: &Document, row: &Row, context: &Context) -> Result<i32, Fault> {
    let text = match &document.time_zone {
        Bound::Static(offset_s) => return Ok(*offset_s),
        Bound::Bound(text) => text,
    };
    match early(text, row, context, "time-zone")? {
        Value::Null => Ok(0),
        value => date::offset(value.as_text().unwrap_or("")).ok_or_else(|| {
            let message = format!("time-zone must be UTC or an offset such as +01:00, found {}", value.short());
            Fault::new(Code::BadBoundValue, "time-zone", message)
        }),
    }
}

/// A binding that other evaluations depend on: it sees columns, no `let`.
fn early(text: &TextTemplate, columns: &dyn Lookup, context: &Context, place: &str) -> Result<Value, Fault> {
    let mut evaluation = Evaluation::new(Scope::new(columns), expr::Context { now: context.now, lang: "", offset_s: 0 });
    text.eval(&mut evaluation).map_err(|e| Fault::new(Code::Evaluation, place, e.message))
}
