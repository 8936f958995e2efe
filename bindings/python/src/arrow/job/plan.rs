//! All rows planned in all variants, on threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use core_::{Context, Error, Plan};
use pyo3::prelude::*;

use super::Planned;
use crate::arrow::crew;
use crate::arrow::rows::{Columns, Use, id_text};
use crate::arrow::table::{Table, TableReader};
use crate::boundary::caught;
use crate::bundle::Bundle;
use crate::error::raised;
use crate::guard::Cancel;

/// Rows that a thread takes at a time.
const AT_ONCE: usize = 16;

/// One row, planned.
struct One {
    row: usize,
    id: Option<Box<str>>,
    plans: Vec<Result<Plan, Error>>,
}

#[expect(clippy::too_many_arguments, reason = "what a job is made of")]
pub(super) fn plan(
    py: Python<'_>,
    bundle: &Bundle,
    table: &Table,
    columns: &Columns,
    variants: Vec<Option<String>>,
    contexts: &[Context],
    threads: usize,
    cancel: Option<&Cancel>,
) -> PyResult<Planned> {
    let template = bundle.bundle.template();
    let reader = table.reader(columns, &|name| if template.reads(name) { Use::Read } else { Use::None }).map_err(raised)?;
    for (number, variant) in variants.iter().enumerate() {
        let twice = variants.iter().take(number).any(|earlier| earlier == variant);
        if let Some(name) = variant.as_deref().filter(|name| !template.variants().any(|known| known == *name)) {
            return Err(crate::error::bad("variants", format!("variants must be of the template, found {name:?}")));
        }
        if twice {
            return Err(crate::error::bad("variants", format!("a variant must stand once, found {variant:?} twice")));
        }
    }
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(reader.len())));
    let threads = threads.min(reader.len().div_ceil(AT_ONCE)).max(1);
    crew::work(py, threads, cancel, &|_, stop| {
        let mut own = Vec::new();
        loop {
            let first = next.fetch_add(AT_ONCE, Ordering::Relaxed);
            if first >= reader.len() || stop.is_set() {
                break;
            }
            own.extend(
                (first..reader.len().min(first + AT_ONCE)).map(|row| one(&reader, row, &bundle.renderer().renderer, template, contexts)),
            );
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
        Ok(())
    })?;
    py.detach(|| {
        let mut rows = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        rows.sort_unstable_by_key(|one| one.row);
        let mut ids = Vec::with_capacity(rows.len());
        let mut plans = Vec::with_capacity(rows.len().saturating_mul(contexts.len()));
        for one in rows {
            ids.push(one.id);
            plans.extend(one.plans);
        }
        let has_ids = columns.id.as_ref().is_some_and(|id| table.schema.names().any(|name| name == id)) || ids.iter().any(Option::is_some);
        Ok(Planned { variants, ids: has_ids.then_some(ids), plans })
    })
}

/// Plans a row; what goes wrong with it stays with it.
fn one(reader: &TableReader, number: usize, renderer: &core_::Renderer, template: &core_::Template, contexts: &[Context]) -> One {
    let read = caught(|| reader.row(number).unwrap_or_else(|| Ok(core_::Row::new())));
    let id = reader.id(number, read.as_ref().ok()).and_then(id_text).map(String::into_boxed_str);
    let plan = |context| match &read {
        Ok(row) => caught(|| renderer.plan(template, row, context)),
        Err(error) => Err(error.clone()),
    };
    One { row: number, id, plans: contexts.iter().map(plan).collect() }
}
