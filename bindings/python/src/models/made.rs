//! What a model made: a picture or faces.

use pyo3::prelude::*;

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
    fn __eq__(&self, other: &Self) -> bool {
        self.made == other.made
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }
}
