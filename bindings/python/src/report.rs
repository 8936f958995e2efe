//! What happened while a picture was laid out and drawn.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMappingProxy, PyTuple};

use crate::boundary::detached;
use crate::context::instant;

/// The report of one render, immutable.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Report {
    report: Arc<core_::Report>,
}

impl Report {
    pub(crate) fn new(report: core_::Report) -> Self {
        Self { report: Arc::new(report) }
    }

    pub(crate) fn report(&self) -> &core_::Report {
        &self.report
    }
}

#[pymethods]
impl Report {
    #[getter]
    fn template(&self) -> &str {
        &self.report.template
    }

    #[getter]
    fn variant(&self) -> Option<&str> {
        self.report.variant.as_deref()
    }

    #[getter]
    fn size(&self) -> (u32, u32) {
        self.report.size
    }

    #[getter]
    fn key(&self) -> &str {
        &self.report.key
    }

    #[getter]
    fn valid_until<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        instant(py, self.report.valid_until)
    }

    #[getter]
    fn layers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let layers = (0..self.report.layers.len()).map(|at| LayerReport { report: Arc::clone(&self.report), at });
        PyTuple::new(py, layers.collect::<Vec<_>>())
    }

    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.report.notes.iter().map(|note| Note { note: note.clone() }).collect::<Vec<_>>())
    }

    #[getter]
    fn timings_us<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyMappingProxy>>> {
        let Some(timings) = self.report.timings_us else { return Ok(None) };
        let all = PyDict::new(py);
        for (step, us) in [("layout", timings.layout), ("decode", timings.decode), ("paint", timings.paint)] {
            all.set_item(step, us)?;
        }
        Ok(Some(PyMappingProxy::new(py, all.as_mapping())))
    }

    /// The report as one JSON object, the same from every host.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || Ok(self.report.to_json()))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.report == other.report
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        let core_::Report { template, size: (width, height), layers, notes, .. } = self.report();
        format!("<Report {template}, {width}x{height}, {} layers, {} notes>", layers.len(), notes.len())
    }
}

/// One layer's part of a report, in canvas px before transforms.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct LayerReport {
    report: Arc<core_::Report>,
    at: usize,
}

impl LayerReport {
    fn get(&self) -> Option<&core_::LayerReport> {
        self.report.layers.get(self.at)
    }
}

#[pymethods]
impl LayerReport {
    #[getter]
    fn layer(&self) -> &str {
        self.get().map_or("", |layer| &layer.layer)
    }

    #[getter]
    fn rect(&self) -> (f32, f32, f32, f32) {
        self.get().map(|layer| layer.rect.into()).unwrap_or_default()
    }

    #[getter]
    fn font_size(&self) -> Option<f32> {
        self.get()?.font_size
    }

    #[getter]
    fn lines<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let lines = self.get().map(|layer| layer.lines.as_slice()).unwrap_or_default();
        PyTuple::new(py, lines.iter().map(|line| LineReport { line: line.clone() }).collect::<Vec<_>>())
    }

    #[getter]
    fn source(&self) -> Option<&str> {
        self.get()?.source.as_deref()
    }

    #[getter]
    fn scale(&self) -> Option<f32> {
        self.get()?.scale
    }

    #[getter]
    fn model(&self) -> Option<ModelReport> {
        self.get()?.model.clone().map(|model| ModelReport { model })
    }

    #[getter]
    fn cutout(&self) -> Option<ModelReport> {
        self.get()?.cutout.clone().map(|model| ModelReport { model })
    }

    #[getter]
    fn face(&self) -> Option<(f32, f32, f32, f32)> {
        self.get()?.face.map(Into::into)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.get() == other.get()
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        let [left, top, width, height] = self.get().map(|layer| layer.rect).unwrap_or_default();
        format!("<LayerReport {}: {width} x {height} at {left}, {top}>", self.layer())
    }
}

/// A model that a picture went through.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct ModelReport {
    model: core_::ModelReport,
}

#[pymethods]
impl ModelReport {
    #[getter]
    fn id(&self) -> &str {
        &self.model.id
    }

    #[getter]
    fn engine(&self) -> &str {
        &self.model.engine
    }

    #[getter]
    fn us(&self) -> Option<u64> {
        self.model.us
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.model == other.model
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        format!("<ModelReport {} on {}>", self.model.id, self.model.engine)
    }
}

/// A visible line of text.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct LineReport {
    line: core_::LineReport,
}

#[pymethods]
impl LineReport {
    #[getter]
    fn text(&self) -> &str {
        &self.line.text
    }

    #[getter]
    fn rect(&self) -> (f32, f32, f32, f32) {
        self.line.rect.into()
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.line == other.line
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        format!("<LineReport {:?}>", self.line.text)
    }
}

/// Trouble that was met and survived.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Note {
    note: core_::Note,
}

#[pymethods]
impl Note {
    #[getter]
    fn code(&self) -> &'static str {
        self.note.code.name()
    }

    #[getter]
    fn layer(&self) -> &str {
        &self.note.layer
    }

    #[getter]
    fn message(&self) -> &str {
        &self.note.message
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.note == other.note
    }

    fn __str__(&self) -> String {
        let core_::Note { layer, message, .. } = &self.note;
        if layer.is_empty() { message.clone() } else { format!("{layer}: {message}") }
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        format!("<Note {}: {}>", self.code(), self.__str__())
    }
}
