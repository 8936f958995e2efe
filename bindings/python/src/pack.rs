//! A template's files by path, on their way to a bundle.

use std::sync::{Mutex, MutexGuard, PoisonError};

use core_::{Code, Fault};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyBytes;

use crate::boundary::detached;
use crate::buffer::{Held, len_of};
use crate::bundle::{Bundle, Origin};
use crate::context::now_of;
use crate::error::raised;
use crate::fonts::Fonts;
use crate::limits::{Limits, limits_of};
use crate::models::{Models, models_of};

/// A template's files; calls of several threads are done one after another.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Pack {
    pack: Mutex<core_::Pack>,
}

impl Pack {
    /// The pack, without the interpreter; what a panic left there is whole, for the core replaces its files last.
    fn pack(&self) -> MutexGuard<'_, core_::Pack> {
        self.pack.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pack for what is over at once: the interpreter is let go only where another thread has it.
    fn pack_now(&self, py: Python<'_>) -> MutexGuard<'_, core_::Pack> {
        self.pack.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    fn limits(&self, py: Python<'_>) -> core_::Limits {
        self.pack_now(py).limits().clone()
    }

    /// Its files at this moment: a count.
    fn snapshot(&self, py: Python<'_>) -> core_::Pack {
        self.pack_now(py).clone()
    }
}

#[pymethods]
impl Pack {
    #[new]
    #[pyo3(signature = (zip = None, *, limits = None))]
    fn new(py: Python<'_>, zip: Option<&Bound<'_, PyAny>>, limits: Option<&Limits>) -> PyResult<Self> {
        let limits = limits_of(limits);
        let zip = zip.map(|zip| Held::of(zip, "zip")).transpose()?;
        let pack = detached(py, || match zip {
            Some(zip) => core_::Pack::from_zip(zip.as_ref(), &limits),
            None => Ok(core_::Pack::new(&limits)),
        })?;
        Ok(Self { pack: Mutex::new(pack) })
    }

    /// Adds a file under its path from the template's folder, in place of one that is there.
    fn add(&self, py: Python<'_>, path: &str, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let (len, limits) = (len_of(data, "data")?, self.limits(py));
        let most = limits.max_input_bytes.max(limits.max_template_bytes);
        if len > most {
            let message = format!("file is {len} bytes, over the limit of {most}");
            return Err(raised(Fault::new(Code::ResourceLimit, path, message)));
        }
        let data = Held::of(data, "data")?;
        detached(py, || self.pack().add(path, data.as_ref()))
    }

    /// The paths of all files, sorted.
    fn files(&self, py: Python<'_>) -> Vec<String> {
        self.snapshot(py).files().map(|(path, _)| path.to_owned()).collect()
    }

    /// One of its files.
    fn get<'py>(&self, py: Python<'py>, path: &str) -> Option<Bound<'py, PyBytes>> {
        self.snapshot(py).get(path).map(|bytes| PyBytes::new(py, bytes))
    }

    /// The paths of assets, and of the pictures of the fallback, that are not in it yet.
    #[pyo3(signature = (*, now = None))]
    fn wanted(&self, py: Python<'_>, now: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<String>> {
        let (pack, now) = (self.snapshot(py), now_of(now)?);
        detached(py, || now.map_or_else(|| pack.wanted(), |now| pack.wanted_at(now)))
    }

    /// The files that the template uses as a zip; the same files give the same bytes.
    fn to_zip<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let pack = self.snapshot(py);
        Ok(PyBytes::new(py, &detached(py, || pack.to_zip())?))
    }

    /// Makes it ready to draw.
    #[pyo3(signature = (*, fonts = None, now = None, folder = None, models = None))]
    fn open(
        &self,
        py: Python<'_>,
        fonts: Option<Bound<'_, Fonts>>,
        now: Option<&Bound<'_, PyAny>>,
        folder: Option<String>,
        models: Option<&Models>,
    ) -> PyResult<Bundle> {
        let fonts = fonts.map_or_else(|| Bound::new(py, Fonts::default_only()), Ok)?;
        let (pack, now) = (self.snapshot(py), now_of(now)?);
        Bundle::open(py, Origin { pack, fonts: fonts.unbind(), now, models: models_of(py, models)?.1, folder })
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.snapshot(py).files().count()
    }

    fn __contains__(&self, py: Python<'_>, path: &str) -> bool {
        self.snapshot(py).get(path).is_some()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<Pack: {} files>", self.__len__(py))
    }
}
