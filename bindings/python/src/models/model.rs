//! One model, as a collection has it.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// A manifest and what runs it.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Model {
    model: core_::Model,
}

impl Model {
    pub(super) fn new(model: core_::Model) -> Self {
        Self { model }
    }
}

#[pymethods]
impl Model {
    #[getter]
    fn id(&self) -> &str {
        self.model.id()
    }

    #[getter]
    fn version(&self) -> &str {
        self.model.manifest().version()
    }

    #[getter]
    fn kind(&self) -> &'static str {
        self.model.manifest().kind().name()
    }

    #[getter]
    fn engine(&self) -> &str {
        self.model.engine()
    }

    /// 64 hex digits.
    #[getter]
    fn identity(&self) -> String {
        hex(&self.model.identity())
    }

    #[getter]
    fn sha256(&self) -> Option<&str> {
        self.model.manifest().sha256()
    }

    #[getter]
    fn licence(&self) -> &str {
        self.model.manifest().licence()
    }

    #[getter]
    fn noncommercial(&self) -> bool {
        self.model.manifest().noncommercial()
    }

    #[getter]
    fn attribution(&self) -> Option<&str> {
        self.model.manifest().attribution()
    }

    #[getter]
    fn manifest(&self) -> String {
        self.model.manifest().to_json()
    }

    #[getter]
    fn variants<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.model.manifest().variants().collect::<Vec<_>>())
    }

    /// What one run on a picture of that size is expected to take.
    fn cost(&self, width: u32, height: u32) -> (f64, f64) {
        let cost = self.model.cost(width, height);
        (cost.gmac, cost.peak_mb)
    }

    #[getter]
    fn runs(&self) -> bool {
        self.model.runs()
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        format!("<Model {} {}, {} on {}>", self.id(), self.version(), self.kind(), self.engine())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
