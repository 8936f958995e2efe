//! Rows: columns by name, read once and then the same for as many plans as one likes.

use std::sync::Arc;

use core_::{Code, Fault, Value};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMapping, PyString, PyType};

use crate::boundary::attached;
use crate::error::raised;
use crate::value;

/// What a template is filled with: a mapping of values by their columns' names, which nobody can change.
#[pyclass(frozen, mapping, module = "templrender")]
#[derive(Debug)]
pub(crate) struct Row(Arc<core_::Row>);

impl From<core_::Row> for Row {
    fn from(row: core_::Row) -> Self {
        Self(Arc::new(row))
    }
}

impl From<Arc<core_::Row>> for Row {
    fn from(row: Arc<core_::Row>) -> Self {
        Self(row)
    }
}

/// A `Row`, or a mapping read as one.
pub(crate) fn row_from(object: &Bound<'_, PyAny>) -> PyResult<Arc<core_::Row>> {
    match object.cast::<Row>() {
        Ok(row) => Ok(Arc::clone(&row.get().0)),
        Err(_) => value::columns(object).map(Arc::new),
    }
}

/// Says to Python that a `Row` is a `collections.abc.Mapping`.
pub(crate) fn register(py: Python<'_>) -> PyResult<()> {
    abc(py)?.getattr("Mapping")?.call_method1("register", (py.get_type::<Row>(),)).map(drop)
}

fn abc(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("collections.abc")
}

#[pymethods]
impl Row {
    #[new]
    #[pyo3(signature = (columns=None, /, **more))]
    fn new(columns: Option<&Bound<'_, PyAny>>, more: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        match (columns, more) {
            (Some(columns), None) => Ok(Self(row_from(columns)?)),
            _ => Ok(value::columns_and(columns, more)?.into()),
        }
    }

    #[staticmethod]
    fn from_json(json: &Bound<'_, PyAny>) -> PyResult<Self> {
        let not_text = || raised(Fault::new(Code::BadField, "row", "a row's JSON must be UTF-8"));
        let text = match json.cast::<PyBytes>() {
            Ok(bytes) => std::str::from_utf8(bytes.as_bytes()).map_err(|_| not_text())?,
            Err(_) => json.cast::<PyString>()?.to_str().map_err(|_| not_text())?,
        };
        attached(|| core_::Row::from_json(text)).map(Self::from)
    }

    fn to_json(&self) -> PyResult<String> {
        attached(|| self.0.to_json())
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let value = name.extract::<&str>().ok().and_then(|name| self.0.get(name));
        value::to_python(py, value.ok_or_else(|| PyKeyError::new_err(name.clone().unbind()))?)
    }

    #[pyo3(signature = (name, default=None, /))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = name.extract::<&str>().ok().and_then(|name| self.0.get(name));
        value.map_or(Ok(default), |value| value::to_python(py, value).map(Some))
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<&str>().is_ok_and(|name| self.0.get(name).is_some())
    }

    fn __len__(&self) -> usize {
        self.0.iter().count()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name).collect();
        Ok(names.into_pyobject(py)?.try_iter()?.into_any())
    }

    fn keys<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        abc(this.py())?.getattr("KeysView")?.call1((this,))
    }

    fn values<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        abc(this.py())?.getattr("ValuesView")?.call1((this,))
    }

    fn items<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        abc(this.py())?.getattr("ItemsView")?.call1((this,))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyMapping>().is_ok() && row_from(other).is_ok_and(|other| *other == *self.0)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Row({})", value::repr(py, &Value::map(self.0.iter().map(|(name, value)| (name, value.clone()))))?))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, (Bound<'py, PyDict>,))> {
        let columns = PyDict::new(py);
        for (name, value) in self.0.iter() {
            columns.set_item(name, value::to_python(py, value)?)?;
        }
        Ok((py.get_type::<Self>(), (columns,)))
    }
}
