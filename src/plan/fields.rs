//! The row as a template's expressions see it: declared fields read as their types, catalogue columns typed by the catalogue, and without
//! `fields` the columns as they are.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::Context;
use crate::error::{Code, Error, Fault};
use crate::expr::{self, Evaluation, Lookup, Scope, TextTemplate};
use crate::row::field::Reading;
use crate::row::money::Currency;
use crate::row::zone::{self, Zone};
use crate::row::{Row, Value, catalogue};
use crate::template::document::{Bound, Document, Field};

/// When what is evaluated before the layers may be another value: their own evaluation does not see that.
#[derive(Debug, Default)]
pub(super) struct Changes(Cell<Option<i64>>);

impl Changes {
    /// The first of them, and of another evaluation's.
    pub(super) fn first(&self, other: Option<i64>) -> Option<i64> {
        self.0.get().into_iter().chain(other).min()
    }
}

/// The typed columns of one row.
pub(super) struct Columns<'a> {
    row: &'a Row,
    /// Whether the template declares fields: only then are names of the catalogue typed.
    declared: bool,
    fields: BTreeMap<&'a str, Value>,
    /// Declared fields that cannot be read; only `skip-if` is asked before they are reported.
    broken: Vec<(&'a str, Fault)>,
    variant: Value,
    zone: &'a Zone,
    /// What went wrong in a column that only its use brings to light.
    fault: RefCell<Option<Fault>>,
}

impl<'a> Columns<'a> {
    /// Reads every declared field.
    pub(super) fn read(document: &'a Document, row: &'a Row, context: &Context, zone: &'a Zone, changes: &Changes) -> Self {
        let mut fields = BTreeMap::new();
        let mut broken = Vec::new();
        for field in document.fields.iter().flatten() {
            match read_field(field, row, context, zone, changes) {
                Ok(value) => {
                    fields.insert(field.name.as_str(), value);
                }
                Err(fault) => broken.push((field.name.as_str(), fault)),
            }
        }
        let variant = context.variant.as_deref().map_or(Value::Null, Value::from);
        Self { row, declared: document.fields.is_some(), fields, broken, variant, zone, fault: RefCell::new(None) }
    }

    /// All fields that cannot be read, together.
    pub(super) fn check(&self) -> Result<(), Error> {
        let faults: Vec<Fault> = self.broken.iter().map(|(_, fault)| fault.clone()).collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::from_faults(faults)) }
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
        if let Some((_, fault)) = self.broken.iter().find(|(broken, _)| *broken == name) {
            self.fault.borrow_mut().get_or_insert_with(|| fault.clone());
            return Some(Value::Null);
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
        let read = field.read(name, self.row, Reading { currency: None, zone: self.zone });
        Some(read.unwrap_or_else(|fault| {
            self.fault.borrow_mut().get_or_insert(fault);
            Value::Null
        }))
    }
}

fn read_field(field: &Field, row: &Row, context: &Context, zone: &Zone, changes: &Changes) -> Result<Value, Fault> {
    let currency = match &field.currency {
        None => None,
        Some(Bound::Static(currency)) => Some(*currency),
        Some(Bound::Bound(text)) => {
            let place = format!("{}.currency", field.path);
            match early(text, row, context, &place, changes)? {
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
    field.rules.read(&field.name, row, Reading { currency, zone })
}

/// The language of the plan: the host's choice, else the template's.
pub(super) fn lang(document: &Document, columns: &Columns<'_>, context: &Context, changes: &Changes) -> Result<String, Fault> {
    match (&context.lang, &document.lang) {
        (Some(chosen), _) => Ok(chosen.clone()),
        (None, None) => Ok(String::new()),
        (None, Some(Bound::Static(lang))) => Ok(lang.clone()),
        (None, Some(Bound::Bound(text))) => {
            let value = early(text, columns, context, "lang", changes);
            match columns.take_fault() {
                Some(fault) => Err(fault),
                None => Ok(value?.as_text().unwrap_or("").to_owned()),
            }
        }
    }
}

/// The zone of the plan: the host's choice, else the template's.
pub(super) fn time_zone(document: &Document, row: &Row, context: &Context, changes: &Changes) -> Result<Zone, Fault> {
    let bad = |message: String| Fault::new(Code::BadBoundValue, "time-zone", message);
    let bound = match (&context.time_zone, &document.time_zone) {
        (Some(chosen), _) => return Zone::parse(chosen).map_err(|message| Fault::new(Code::BadArgument, "time-zone", message)),
        (None, Bound::Static(zone)) => return Ok(zone.clone()),
        (None, Bound::Bound(text)) => text,
    };
    match early(bound, row, context, "time-zone", changes)? {
        Value::Null => Ok(Zone::Fixed(0)),
        Value::Text(text) => Zone::parse(&text).map_err(bad),
        other => Err(bad(format!("time-zone must be a text, found {}", other.short()))),
    }
}

/// A binding that other evaluations depend on: it sees columns, no `let`.
fn early(text: &TextTemplate, columns: &dyn Lookup, context: &Context, place: &str, changes: &Changes) -> Result<Value, Fault> {
    let mut evaluation =
        Evaluation::new(Scope::new(columns), expr::Context { now: context.now, lang: "", zone: &zone::UTC, strings: None });
    let value = text.eval(&mut evaluation);
    changes.0.set(changes.first(evaluation.valid_until()));
    value.map_err(|e| Fault::new(Code::Evaluation, place, e.message))
}
