//! The row as a template's expressions see it: declared fields read as their types, catalogue columns typed by the catalogue, and without
//! `fields` the columns as they are.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::Context;
use crate::error::{Code, Error, Fault, quoted};
use crate::expr::{self, Evaluation, Lookup, Scope, TextTemplate};
use crate::row::date::offset;
use crate::row::field::{self as row, FieldType, Items, Reading, Source};
use crate::row::money::Currency;
use crate::row::{Row, Value};
use crate::template::document::{Bound, Column, Document, Field, Of};

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
        let kind = if self.declared { crate::template::column(name).and_then(FieldType::by_name) } else { None };
        let Some(kind) = kind else {
            return self.row.get(name).cloned();
        };
        match row::Field::of_type(kind).read(name, self.row, Reading { currency: None, offset_s: self.time_zone }) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault.borrow_mut().get_or_insert(fault);
                Some(Value::Null)
            }
        }
    }
}

fn read_field(field: &Field, row: &Row, lang: &str, time_zone: i32) -> Result<Value, Fault> {
    let place = || format!("field {}", field.name);
    let code = match &field.currency {
        None => None,
        Some(Bound::Static(code)) => Some(code.clone()),
        Some(Bound::Bound(template)) => of_row(template, row, lang, &place())?,
    };
    let currency =
        match code {
            None => None,
            Some(code) => Some(Currency::parse(&code).ok_or_else(|| {
                Fault::new(Code::BadField, place(), format!("currency must be an ISO 4217 code, found {}", quoted(&code)))
            })?),
        };
    declared(field).read(&field.name, row, Reading { currency, offset_s: time_zone })
}

/// The declaration as the row's reader takes it.
fn declared(field: &Field) -> row::Field {
    let source = |column: &Column| match column {
        Column::One(column) => Source::Column(column.clone()),
        Column::Pair(start, end) => Source::Sides(start.clone(), end.clone()),
    };
    let items = |of: &Of| match of {
        Of::Type(kind) => Items::Type(*kind),
        Of::Fields(fields) => Items::Fields(fields.iter().map(|field| (field.name.clone(), declared(field))).collect()),
    };
    row::Field {
        kind: field.kind,
        required: field.required,
        default: field.default.clone(),
        from: field.from.iter().map(source).collect(),
        values: field.values.clone(),
        of: field.of.as_ref().map(items),
        min: field.min.clone(),
        max: field.max.clone(),
    }
}

/// A text that the raw row alone decides; null where the row has nothing to say.
fn of_row(template: &TextTemplate, row: &Row, lang: &str, place: &str) -> Result<Option<String>, Fault> {
    let mut evaluation = Evaluation::new(Scope::new(row), expr::Context { now: None, lang, offset_s: 0 });
    let value = template.eval(&mut evaluation).map_err(|e| Fault::new(Code::Evaluation, place, e.message))?;
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(text.to_string())),
        other => Err(Fault::new(Code::BadBoundValue, place, format!("must be a text, found {}", other.short()))),
    }
}

/// The language: the host's, else the template's; empty where neither says one.
pub(super) fn lang(document: &Document, row: &Row, context: &Context) -> Result<String, Error> {
    Ok(match (&context.lang, &document.lang) {
        (Some(lang), _) | (None, Some(Bound::Static(lang))) => lang.clone(),
        (None, Some(Bound::Bound(template))) => of_row(template, row, "", "lang")?.unwrap_or_default(),
        (None, None) => String::new(),
    })
}

/// Seconds that the template's time zone is east of UTC.
pub(super) fn time_zone(document: &Document, row: &Row, _context: &Context) -> Result<i32, Error> {
    match &document.time_zone {
        Bound::Static(offset_s) => Ok(*offset_s),
        Bound::Bound(template) => {
            let zone = of_row(template, row, "", "time-zone")?.unwrap_or_else(|| "UTC".to_owned());
            let rule = || format!("time-zone must be UTC or an offset such as +01:00, found {}", quoted(&zone));
            Ok(offset(&zone).ok_or_else(|| Fault::new(Code::BadBoundValue, "time-zone", rule()))?)
        }
    }
}
