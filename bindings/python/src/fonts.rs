//! The fonts that texts are drawn with.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::boundary::detached;
use crate::buffer::Held;
use crate::hash::hash_of;

/// Fonts, immutable, shared by all threads.
#[pyclass(frozen, module = "templrender")]
#[derive(Clone)]
pub(crate) struct Fonts {
    pub(crate) fonts: core_::Fonts,
    /// The files, in the memory that the core reads them from.
    files: Vec<Arc<[u8]>>,
    default: bool,
}

impl Fonts {
    /// The embedded last fallback alone.
    pub(crate) fn default_only() -> Self {
        Self { fonts: core_::Fonts::with_default(), files: Vec::new(), default: true }
    }
}

#[pymethods]
impl Fonts {
    #[new]
    #[pyo3(signature = (files = None, *, default = true), text_signature = "(files=(), *, default=True)")]
    fn new(py: Python<'_>, files: Option<&Bound<'_, PyAny>>, default: bool) -> PyResult<Self> {
        let mut held = Vec::new(); // one after another: what is no font ends it, however long it says it is
        for file in files.map(|files| files.try_iter()).transpose()?.into_iter().flatten() {
            held.push(Held::of(&file?, "a font")?);
        }
        detached(py, || {
            let mut fonts = if default { core_::Fonts::with_default() } else { core_::Fonts::new() };
            let files: Vec<Arc<[u8]>> = held.iter().map(|file| file.as_ref().into()).collect();
            for file in &files {
                fonts.add(Arc::clone(file))?;
            }
            Ok(Self { fonts, files, default })
        })
    }

    #[getter]
    fn families<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.fonts.families())
    }

    fn __len__(&self) -> usize {
        self.fonts.len()
    }

    fn __bool__(&self) -> bool {
        !self.fonts.is_empty()
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.fonts.digest() == other.fonts.digest()
    }

    fn __hash__(&self) -> u64 {
        hash_of(self.fonts.digest())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        let (faces, families) = (self.fonts.len(), self.fonts.families().join(", "));
        format!("<Fonts: {faces} faces{}{families}>", if families.is_empty() { "" } else { ", " })
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let settings = PyDict::new(py);
        settings.set_item("default", self.default)?;
        let files: Vec<_> = self.files.iter().map(|file| PyBytes::new(py, file)).collect();
        Ok(((files,).into_pyobject(py)?, settings))
    }
}
