//! The template: JSON text in, what to draw for any row out.

use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMappingProxy, PyString, PyTuple};

use crate::boundary::{attached, detached};
use crate::buffer::{Held, has_buffer};
use crate::error::{Fault, bad};
use crate::hash::hash_of;
use crate::limits::{Limits, limits_of};
use crate::row::{Row, row_from};

/// A checked template, immutable, shared by all threads.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Template {
    pub(crate) template: core_::Template,
    pub(crate) limits: core_::Limits,
}

#[pymethods]
impl Template {
    #[new]
    #[pyo3(signature = (json, *, limits = None))]
    fn new(py: Python<'_>, json: &Bound<'_, PyAny>, limits: Option<&Limits>) -> PyResult<Self> {
        let limits = limits_of(limits);
        let template = with_text(json, "json", |text| detached(py, || core_::Template::parse_with(text, &limits)))?;
        Ok(Self { template, limits })
    }

    #[getter]
    fn name(&self) -> &str {
        self.template.name()
    }

    #[getter]
    fn variants<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.template.variants().collect::<Vec<_>>())
    }

    #[getter]
    fn assets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        let assets = PyDict::new(py);
        self.template.assets().try_for_each(|(name, path)| assets.set_item(name, path))?;
        Ok(PyMappingProxy::new(py, assets.as_mapping()))
    }

    #[getter]
    fn fonts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.template.fonts().collect::<Vec<_>>())
    }

    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let warnings = self.template.warnings().iter().map(|fault| Fault { fault: fault.clone() });
        PyTuple::new(py, warnings.collect::<Vec<_>>())
    }

    #[getter]
    fn json(&self) -> String {
        self.template.to_string()
    }

    #[getter]
    fn limits(&self) -> Limits {
        Limits { limits: self.limits.clone() }
    }

    /// The columns of a row that the template may read, in any variant.
    fn trim(&self, row: &Bound<'_, PyAny>) -> PyResult<Row> {
        let row = row_from(row)?;
        attached(|| Ok(self.template.trim(&row))).map(Row::from)
    }

    /// The row of its fields' first examples, for previews.
    fn example(&self) -> Row {
        Row::from(self.template.example())
    }

    /// The format's JSON Schema, for editors.
    #[staticmethod]
    fn schema() -> String {
        core_::Template::schema()
    }

    /// How a notebook shows it.
    fn _repr_png_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("templrender._notebook")?.call_method1("preview", (slf,))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.template == other.template
    }

    fn __hash__(&self) -> u64 {
        hash_of(self.template.version([]))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        let variants: Vec<&str> = self.template.variants().collect();
        let tail = if variants.is_empty() { String::new() } else { format!(", variants {}", variants.join(", ")) };
        format!("<Template {}{tail}>", self.template.name())
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((String,), Bound<'py, PyDict>)> {
        let settings = PyDict::new(py);
        settings.set_item("limits", self.limits())?;
        Ok(((self.json(),), settings))
    }
}

/// Does something with a text that was given as `str` or as bytes of UTF-8.
pub(crate) fn with_text<T>(object: &Bound<'_, PyAny>, argument: &str, then: impl FnOnce(&str) -> PyResult<T>) -> PyResult<T> {
    if let Ok(text) = object.cast::<PyString>() {
        return then(&text.extract::<Cow<'_, str>>()?);
    }
    if !has_buffer(object) {
        let found = object.get_type().name()?.to_string_lossy().into_owned();
        return Err(PyTypeError::new_err(format!("{argument} must be str or bytes of UTF-8, found {found}")));
    }
    let held = Held::of(object, argument)?;
    match std::str::from_utf8(held.as_ref()) {
        Ok(text) => then(text),
        Err(at) => Err(bad(argument, format!("{argument} must be UTF-8, found another byte at {}", at.valid_up_to()))),
    }
}
