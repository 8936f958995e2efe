//! The check of a feed: every row is laid out without pixels, and what would fail, be cut or be missing is added up.

use std::sync::{Mutex, MutexGuard, PoisonError};

use core_::{Channel, CheckOptions, RowPlace, Scratch};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::boundary::detached;
use crate::bundle::Bundle;
use crate::context::Chosen;
use crate::error::{Fault, bad, error_of};
use crate::items::Items;
use crate::renderer::Renderer;
use crate::row::row_from;
use crate::template::Template;

/// What a checker has until it is finished.
struct Open {
    checker: core_::Checker,
    scratch: Scratch,
    rows: u64,
}

/// Checks rows one after another; calls of several threads are done one after another.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Checker {
    open: Mutex<Option<Open>>,
}

/// The template and the renderer that a check is of: a bundle, or a template with the embedded fonts or those of a renderer.
pub(crate) fn checked(template: &Bound<'_, PyAny>, renderer: Option<&Renderer>) -> PyResult<(core_::Template, core_::Renderer)> {
    let chosen = renderer.map(|renderer| renderer.renderer.clone());
    if let Ok(bundle) = template.cast::<Bundle>() {
        let bundle = &bundle.get().bundle;
        return Ok((bundle.template().clone(), chosen.unwrap_or_else(|| bundle.renderer().clone())));
    }
    match template.cast::<Template>() {
        Ok(template) => {
            let renderer = chosen.unwrap_or_else(|| core_::Renderer::new(core_::Fonts::with_default()));
            Ok((template.get().template.clone(), renderer))
        }
        Err(_) => Err(PyTypeError::new_err(format!("template must be a Bundle or a Template, found {}", template.get_type().name()?))),
    }
}

/// A channel by its name.
pub(crate) fn channel_of(name: &str) -> PyResult<Channel> {
    Channel::parse(name).map_err(|message| bad("channel", message))
}

impl Checker {
    fn locked(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a body on what is open, for a row at a line: by default the next number.
    fn at(&self, py: Python<'_>, line: Option<u64>, id: String, body: impl FnOnce(&mut Open, &RowPlace) + Send) -> PyResult<()> {
        detached(py, || {
            let mut locked = self.locked();
            let open = locked.as_mut().ok_or_else(finished)?;
            open.rows += 1;
            let place = RowPlace { line: line.unwrap_or(open.rows), id };
            body(open, &place);
            Ok(())
        })
    }
}

fn finished() -> core_::Error {
    core_::Fault::new(core_::Code::BadArgument, "", "a checker must not be used after finish").into()
}

#[pymethods]
impl Checker {
    #[new]
    #[pyo3(signature = (template, *, renderer = None, variants = None, channel = None, now = None, lang = None, time_zone = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
    fn new(
        py: Python<'_>,
        template: &Bound<'_, PyAny>,
        renderer: Option<&Renderer>,
        variants: Option<Items<Option<String>>>,
        channel: Option<&str>,
        now: Option<&Bound<'_, PyAny>>,
        lang: Option<String>,
        time_zone: Option<String>,
    ) -> PyResult<Self> {
        let (template, renderer) = checked(template, renderer)?;
        let context = Chosen { now, lang, time_zone, ..Chosen::default() }.context()?;
        let options = CheckOptions {
            variants: variants.map(|variants| variants.0).unwrap_or_default(),
            context,
            channel: channel.map(channel_of).transpose()?,
        };
        let checker = detached(py, || core_::Checker::new(&renderer, &template, options))?;
        Ok(Self { open: Mutex::new(Some(Open { checker, scratch: Scratch::new(), rows: 0 })) })
    }

    /// Lays a row out in every variant and counts what happens.
    #[pyo3(signature = (row, *, line = None, id = String::new()), text_signature = "($self, row, *, line=None, id='')")]
    fn row(&self, py: Python<'_>, row: &Bound<'_, PyAny>, line: Option<u64>, id: String) -> PyResult<()> {
        let row = row_from(row)?;
        self.at(py, line, id, |open, place| open.checker.row(place, &row, &mut open.scratch))
    }

    /// Counts a record that is no row.
    #[pyo3(signature = (error, *, line = None, id = String::new()), text_signature = "($self, error, *, line=None, id='')")]
    fn failed(&self, py: Python<'_>, error: &Bound<'_, PyAny>, line: Option<u64>, id: String) -> PyResult<()> {
        let faults: Vec<PyRef<'_, Fault>> = error.getattr("faults")?.extract()?;
        let error = error_of(faults);
        self.at(py, line, id, |open, place| open.checker.failed(place, &error))
    }

    /// What all rows came to.
    fn finish(&self, py: Python<'_>) -> PyResult<CheckReport> {
        detached(py, || Ok(self.locked().take().ok_or_else(finished)?.checker.finish())).map(CheckReport::from)
    }
}

/// What a check found.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct CheckReport {
    report: core_::CheckReport,
}

impl From<core_::CheckReport> for CheckReport {
    fn from(report: core_::CheckReport) -> Self {
        Self { report }
    }
}

#[pymethods]
impl CheckReport {
    #[getter]
    fn rows(&self) -> u64 {
        self.report.rows()
    }

    #[getter]
    fn failed(&self) -> u64 {
        self.report.failed()
    }

    #[getter]
    fn skipped(&self) -> u64 {
        self.report.skipped()
    }

    /// How many rows have a code.
    fn count(&self, code: &str) -> PyResult<u64> {
        match core_::CheckReport::codes().any(|known| known == code) {
            true => Ok(self.report.count(code)),
            false => Err(bad("code", format!("code must be one that a check counts, found {code:?}"))),
        }
    }

    /// All that can be counted.
    #[staticmethod]
    fn codes(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, core_::CheckReport::codes().collect::<Vec<_>>())
    }

    #[getter]
    fn refused<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.report.refused().iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[getter]
    fn worst<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let worst = self.report.worst().map(|worst| WorstRow {
            variant: worst.variant.map(str::to_owned),
            layer: worst.layer.to_owned(),
            reason: worst.reason,
            line: worst.line,
            id: worst.id.to_owned(),
            value: worst.value,
        });
        PyTuple::new(py, worst.collect::<Vec<_>>())
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || Ok(self.report.to_json()))
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || Ok(self.report.to_string()))
    }

    fn __repr__(&self) -> String {
        format!("<CheckReport: {} rows, {} failed, {} skipped>", self.rows(), self.failed(), self.skipped())
    }
}

/// A row that is among the worst of a layer.
#[pyclass(frozen, get_all, eq, module = "templrender")]
#[derive(Clone, PartialEq)]
pub(crate) struct WorstRow {
    variant: Option<String>,
    layer: String,
    reason: &'static str,
    line: u64,
    id: String,
    value: f64,
}

#[pymethods]
impl WorstRow {
    fn __repr__(&self) -> String {
        format!("<WorstRow {:.64?} of line {}: {} {} {}>", self.id, self.line, self.layer, self.reason, self.value)
    }
}
