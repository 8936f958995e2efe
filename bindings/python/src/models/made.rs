//! What a model made: a picture or faces.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::face::Face;
use crate::boundary::detached;
use crate::buffer::Held;
use crate::frame::Frame;
use crate::limits::{Limits, limits_of};

/// The answer of one job, immutable, shared by all threads.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Made {
    pub(crate) made: core_::Made,
}

impl Made {
    pub(super) fn new(made: core_::Made) -> Self {
        Self { made }
    }
}

#[pymethods]
impl Made {
    /// Reads what `to_bytes` wrote.
    #[staticmethod]
    #[pyo3(signature = (data, *, limits = None))]
    fn from_bytes(py: Python<'_>, data: &Bound<'_, PyAny>, limits: Option<&Limits>) -> PyResult<Self> {
        let (held, limits) = (Held::of(data, "data")?, limits_of(limits));
        detached(py, || core_::Made::from_bytes(held.as_ref(), &limits)).map(Self::new)
    }

    #[getter]
    fn frame(&self) -> Option<Frame> {
        self.made.frame().map(|frame| Frame::new_of(Arc::clone(frame)))
    }

    #[getter]
    fn faces<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let Some(faces) = self.made.found() else { return Ok(None) };
        PyTuple::new(py, faces.iter().map(|face| Face { face: face.clone() }).collect::<Vec<_>>()).map(Some)
    }

    #[getter]
    fn elapsed_us(&self) -> Option<u64> {
        self.made.elapsed_us()
    }

    /// A PNG, or JSON of faces.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &detached(py, || self.made.to_bytes())?))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.made == other.made
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        match (self.made.frame(), self.made.found()) {
            (Some(frame), _) => format!("<Made: a picture of {}x{} px>", frame.width(), frame.height()),
            (None, found) => format!("<Made: {} faces>", found.map_or(0, <[_]>::len)),
        }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        Ok((py.import("templrender._templrender")?.getattr("_made_of")?, (self.to_bytes(py)?,)))
    }
}

/// As it was pickled.
#[pyfunction]
pub(crate) fn _made_of(py: Python<'_>, data: &[u8]) -> PyResult<Made> {
    let limits = core_::Limits { max_side_px: u32::MAX, max_pixels: u64::MAX, max_input_bytes: usize::MAX, ..core_::Limits::default() };
    detached(py, || core_::Made::from_bytes(data, &limits)).map(Made::new)
}
