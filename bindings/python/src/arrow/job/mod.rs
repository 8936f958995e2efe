//! One batch on its way: planned, its pictures found, drawn.
//!
//! ```text
//! plan (all rows, all variants, on threads) -> pending -> answer, fail -> fill (models) -> render a range -> forget
//! ```
//!
//! Rows fail alone: what went wrong is a value beside the others. `plan` makes the plans, `answers` holds what was found, `fill` what models make of it, `draw` makes pictures of a
//! range within its bytes, `out` makes record batches, `keep` hands columns of the input on.

mod answers;
mod draw;
mod fill;
mod keep;
mod out;
mod plan;

pub(super) use out::texts;

use std::sync::{Mutex, PoisonError};

use core_::{Context, Error, Plan};
use pyo3::prelude::*;

use self::answers::Answers;
use self::draw::Ahead;
use self::keep::Kept;
use super::crew;
use super::record_batch::RecordBatch;
use super::rows::Columns;
use super::table::Table;
use crate::boundary::detached;
use crate::buffer::Held;
use crate::bundle::Bundle;
use crate::context::Chosen;
use crate::error::{bad, raised};
use crate::guard::Cancel;
use crate::items::Items;
use crate::output::Output;

/// See `_templrender.pyi`.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct BatchJob {
    bundle: Py<Bundle>,
    planned: Planned,
    kept: Kept,
    answers: Mutex<Answers>,
    ahead: Mutex<Ahead>,
    threads: usize,
}

/// The plans of all rows in all variants, variants inside of a row.
pub(super) struct Planned {
    variants: Vec<Option<String>>,
    /// By row; nothing where no row has one.
    ids: Option<Vec<Option<Box<str>>>>,
    plans: Vec<Result<Plan, Error>>,
}

impl Planned {
    /// The row and the variant of a picture's number.
    fn place(&self, number: usize) -> (usize, Option<&str>) {
        let (row, variant) = (number / self.variants.len().max(1), number % self.variants.len().max(1));
        (row, self.variants.get(variant).and_then(Option::as_deref))
    }

    fn id(&self, number: usize) -> Option<&str> {
        self.ids.as_ref()?.get(self.place(number).0)?.as_deref()
    }

    /// A range of pictures, within those that there are.
    fn range(&self, start: usize, stop: Option<usize>) -> PyResult<std::ops::Range<usize>> {
        let all = self.plans.len();
        let stop = stop.unwrap_or(all).min(all);
        if start > stop {
            return Err(bad("start", format!("start must be at most {stop}, found {start}")));
        }
        Ok(start..stop)
    }
}

#[pymethods]
impl BatchJob {
    #[new]
    #[pyo3(signature = (bundle, batch, *, variants = None, row_column = None, id_column = Some("id".to_owned()), keep = None, now = None, lang = None,
        time_zone = None, scale = None, output = None, format = None, threads = None, cancel = None),
        text_signature = "(bundle, batch, *, variants=None, row_column=None, id_column='id', keep=None, now=None, lang=None, time_zone=None, scale=None, output=None, format=None, threads=None, cancel=None)")]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
    fn new(
        py: Python<'_>,
        bundle: Py<Bundle>,
        batch: &Bound<'_, PyAny>,
        variants: Option<Items<Option<String>>>,
        row_column: Option<String>,
        id_column: Option<String>,
        keep: Option<Items<String>>,
        now: Option<&Bound<'_, PyAny>>,
        lang: Option<String>,
        time_zone: Option<String>,
        scale: Option<f64>,
        output: Option<&Output>,
        format: Option<&str>,
        threads: Option<usize>,
        cancel: Option<&Cancel>,
    ) -> PyResult<Self> {
        let context = Chosen { variant: None, now, lang, time_zone, scale, output, format }.context()?;
        let variants = variants.map(|variants| variants.0).filter(|variants| !variants.is_empty()).unwrap_or_else(|| vec![None]);
        let contexts = variants.iter().map(|variant| Context { variant: variant.clone(), ..context.clone() }).collect::<Vec<_>>();
        let threads = crew::threads(threads).map_err(raised)?;
        let table = Table::read(batch)?.map_err(raised)?;
        let columns = Columns { row: row_column, id: id_column };
        let kept = Kept::new(&table, &keep.map(|keep| keep.0).unwrap_or_default()).map_err(raised)?;
        let core = bundle.get();
        let planned = plan::plan(py, core, &table, &columns, variants, &contexts, threads, cancel)?;
        let answers = detached(py, || Ok(Answers::new(core.bundle.resources(), &planned)))?;
        Ok(Self { bundle, planned, kept, answers: Mutex::new(answers), ahead: Mutex::default(), threads })
    }

    fn __len__(&self) -> usize {
        self.planned.plans.len()
    }

    /// How many rows came in.
    #[getter]
    fn num_rows(&self) -> usize {
        self.planned.plans.len() / self.planned.variants.len().max(1)
    }

    #[pyo3(signature = (start = 0, stop = None))]
    fn pending(&self, py: Python<'_>, start: usize, stop: Option<usize>) -> PyResult<Vec<String>> {
        let range = self.planned.range(start, stop)?;
        detached(py, || Ok(self.answers().pending(self.planned.plans.get(range).unwrap_or_default())))
    }

    fn answer(&self, py: Python<'_>, location: &str, picture: &Bound<'_, PyAny>) -> PyResult<()> {
        let bytes = Held::of(picture, "picture")?.shared();
        detached(py, || self.changed().answer(location, bytes))
    }

    fn fail(&self, py: Python<'_>, location: &str, why: String) -> PyResult<()> {
        detached(py, || self.changed().fail(location, &why))
    }

    /// Runs the models whose pictures are there; how many needs were answered, and the bytes of what was made.
    #[pyo3(signature = (*, threads = None, cancel = None))]
    fn fill(&self, py: Python<'_>, threads: Option<usize>, cancel: Option<&Cancel>) -> PyResult<(usize, u64)> {
        let threads = threads.map_or(Ok(self.threads), |threads| crew::threads(Some(threads))).map_err(raised)?;
        let resources = self.answers().resources();
        let filled = fill::fill(py, &self.bundle.get().renderer().renderer, &self.planned, &resources, threads, cancel)?;
        detached(py, || {
            let bytes = filled.iter().filter_map(|(_, made)| Some(made.as_ref().ok()?.frame()?.pixels().len() as u64)).sum();
            let answered = filled.len();
            if answered > 0 {
                self.changed().fill(filled);
            }
            Ok((answered, bytes))
        })
    }

    fn forget(&self, py: Python<'_>, locations: Vec<String>) -> PyResult<()> {
        detached(py, || {
            let mut answers = self.answers();
            locations.iter().for_each(|location| answers.forget(location));
            Ok(())
        })
    }

    #[pyo3(signature = (start = 0, stop = None, *, max_bytes = 256 << 20, threads = None, timeout = None, cancel = None, reports = true),
        text_signature = "($self, start=0, stop=None, *, max_bytes=268435456, threads=None, timeout=None, cancel=None, reports=True)")]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
    fn render(
        &self,
        py: Python<'_>,
        start: usize,
        stop: Option<usize>,
        max_bytes: usize,
        threads: Option<usize>,
        timeout: Option<f64>,
        cancel: Option<&Cancel>,
        reports: bool,
    ) -> PyResult<(RecordBatch, usize)> {
        let range = self.planned.range(start, stop)?;
        let threads = threads.map_or(Ok(self.threads), |threads| crew::threads(Some(threads))).map_err(raised)?;
        let settings = draw::Settings::new(max_bytes, timeout, reports)?;
        let resources = self.answers().resources();
        let ahead = std::mem::take(&mut *self.ahead.lock().unwrap_or_else(PoisonError::into_inner));
        let (drawn, ahead) = draw::draw(py, self.bundle.get(), &self.planned, &resources, range.clone(), settings, ahead, threads, cancel)?;
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead;
        let end = range.start + drawn.len();
        let batch = detached(py, || {
            let kept = self.kept.range(range.start..end, self.planned.variants.len().max(1))?;
            out::pictures(&self.planned, range.start, drawn, kept)
        })?;
        Ok((RecordBatch::new(batch), end))
    }

    fn plans(&self, py: Python<'_>) -> PyResult<RecordBatch> {
        detached(py, || out::plans(&self.planned)).map(RecordBatch::new)
    }

    fn __repr__(&self) -> String {
        format!("<BatchJob: {} rows, {} variants>", self.num_rows(), self.planned.variants.len())
    }
}

impl BatchJob {
    fn answers(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answers, to be changed: what was drawn ahead with the old ones is dropped.
    fn changed(&self) -> std::sync::MutexGuard<'_, Answers> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Ahead::default();
        self.answers()
    }
}
