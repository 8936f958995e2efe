//! The class `RecordBatch`: what comes out, for whoever speaks Arrow.

use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use super::export::Batch;
use crate::error::raised;

/// See `_templrender.pyi`.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct RecordBatch {
    batch: Batch,
}

impl RecordBatch {
    pub(super) fn new(batch: Batch) -> Self {
        Self { batch }
    }
}

#[pymethods]
impl RecordBatch {
    #[getter]
    fn num_rows(&self) -> usize {
        self.batch.rows()
    }

    #[getter]
    fn num_columns(&self) -> usize {
        self.batch.names().len()
    }

    #[getter]
    fn column_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.batch.names())
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.batch.bytes()
    }

    fn __len__(&self) -> usize {
        self.batch.rows()
    }

    fn __repr__(&self) -> String {
        let names: Vec<&str> = self.batch.names().collect();
        format!("<RecordBatch of {} rows: {}>", self.batch.rows(), names.join(", "))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        PyCapsule::new_with_value(py, self.batch.schema().map_err(raised)?, c"arrow_schema")
    }

    /// Another schema that is asked for is not given: the producer may refuse, and whoever asks casts.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        let array = PyCapsule::new_with_value(py, self.batch.array(), c"arrow_array")?;
        Ok((self.__arrow_c_schema__(py)?, array))
    }
}
