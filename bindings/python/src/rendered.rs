//! A drawn picture and what happened on the way.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::frame::{Frame, encoded};
use crate::guard::{Cancel, Watch};
use crate::output::Output;
use crate::report::Report;
use crate::save::save;

/// What `Renderer.render` gives: a frame, a report, and how the plan wants it encoded.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Rendered {
    frame: Py<Frame>,
    report: Py<Report>,
    output: core_::Output,
}

impl Rendered {
    pub(crate) fn new(py: Python<'_>, rendered: core_::Rendered, output: core_::Output) -> PyResult<Self> {
        let (frame, report) = (Frame::new_of(rendered.frame), Report::new(rendered.report));
        Ok(Self { frame: Py::new(py, frame)?, report: Py::new(py, report)?, output })
    }

    fn output_or<'a>(&'a self, given: Option<&'a Output>) -> &'a core_::Output {
        given.map_or(&self.output, |given| &given.output)
    }
}

#[pymethods]
impl Rendered {
    #[getter]
    fn frame(&self, py: Python<'_>) -> Py<Frame> {
        self.frame.clone_ref(py)
    }

    #[getter]
    fn report(&self, py: Python<'_>) -> Py<Report> {
        self.report.clone_ref(py)
    }

    #[getter]
    fn output(&self) -> Output {
        self.output.clone().into()
    }

    /// The picture in an encoded format, by default the plan's.
    #[pyo3(signature = (output = None, *, timeout = None, cancel = None))]
    fn encode<'py>(
        &self,
        py: Python<'py>,
        output: Option<&Output>,
        timeout: Option<f64>,
        cancel: Option<&Cancel>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        encoded(py, self.frame.get().frame(), self.output_or(output), &Watch::new(timeout, cancel, false)?)
    }

    /// Writes the picture into a file, whole or not at all.
    #[pyo3(signature = (path, output = None))]
    fn save(&self, py: Python<'_>, path: PathBuf, output: Option<&Output>) -> PyResult<()> {
        save(py, self.frame.get().frame(), path, output, &self.output)
    }

    fn _repr_png_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        encoded(py, self.frame.get().frame(), &core_::Output::png(), &Watch::default())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        let (frame, notes) = (self.frame.get().frame(), self.report.get().report().notes.len());
        format!("<Rendered {}x{}, {notes} notes>", frame.width(), frame.height())
    }
}
