//! A template with all that it draws with, ready to draw.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::boundary::detached;
use crate::context::Chosen;
use crate::fonts::Fonts;
use crate::hash::hash_of;
use crate::limits::Limits;
use crate::models::{Models, models_of};
use crate::output::Output;
use crate::plan::Plan;
use crate::renderer::Renderer;
use crate::resources::Resources;
use crate::row::{Row, row_from};
use crate::template::Template;

/// What a bundle was opened from: what it is pickled as.
pub(crate) struct Origin {
    pub(crate) pack: core_::Pack,
    pub(crate) fonts: Py<Fonts>,
    pub(crate) now: Option<i64>,
    /// A copy that nobody adds to.
    pub(crate) models: Option<Py<Models>>,
    /// Where the pictures of rows may lie that are named by paths.
    pub(crate) folder: Option<String>,
}

/// A template with its fonts, files and fallback, immutable, shared by all threads.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Bundle {
    pub(crate) bundle: core_::Bundle,
    template: Py<Template>,
    renderer: Py<Renderer>,
    resources: Arc<core_::Resources>,
    origin: Origin,
}

impl Bundle {
    pub(crate) fn open(py: Python<'_>, origin: Origin) -> PyResult<Self> {
        let (host, limits) = (origin.fonts.get().fonts.clone(), origin.pack.limits().clone());
        let bundle = detached(py, || origin.pack.open(&host, origin.now))?;
        let template = Py::new(py, Template { template: bundle.template().clone(), limits: limits.clone() })?;
        let models = origin.models.as_ref();
        let known = models.map_or_else(core_::Models::new, |models| models.get().now(py));
        let drawing = bundle.renderer().clone().with_models(known);
        let renderer = Renderer::of(drawing, bundle.fonts().clone(), limits, models.map(|models| models.clone_ref(py)));
        let renderer = Py::new(py, renderer)?;
        let resources = Arc::new(bundle.resources());
        Ok(Self { bundle, template, renderer, resources, origin })
    }

    /// The renderer, with the scratches that all calls share.
    pub(crate) fn renderer(&self) -> &Renderer {
        self.renderer.get()
    }
}

#[pymethods]
impl Bundle {
    #[getter]
    fn template(&self, py: Python<'_>) -> Py<Template> {
        self.template.clone_ref(py)
    }

    #[getter(renderer)]
    fn py_renderer(&self, py: Python<'_>) -> Py<Renderer> {
        self.renderer.clone_ref(py)
    }

    #[getter]
    fn version(&self) -> &str {
        self.bundle.version()
    }

    #[getter]
    fn fallback(&self) -> Option<Row> {
        self.bundle.fallback().cloned().map(Row::from)
    }

    #[getter]
    fn folder(&self) -> Option<&str> {
        self.origin.folder.as_deref()
    }

    /// One of the files that it was opened from.
    fn file<'py>(&self, py: Python<'py>, path: &str) -> Option<Bound<'py, PyBytes>> {
        self.origin.pack.get(path).map(|bytes| PyBytes::new(py, bytes))
    }

    /// Answers to start from: its own files are in them already.
    fn resources(&self) -> Resources {
        Resources::of(Arc::clone(&self.resources), self.origin.pack.limits().clone())
    }

    /// Fills the template with a row.
    #[pyo3(signature = (row, *, variant = None, now = None, lang = None, time_zone = None, scale = None, output = None, format = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
    fn plan(
        &self,
        py: Python<'_>,
        row: &Bound<'_, PyAny>,
        variant: Option<String>,
        now: Option<&Bound<'_, PyAny>>,
        lang: Option<String>,
        time_zone: Option<String>,
        scale: Option<f64>,
        output: Option<&Output>,
        format: Option<&str>,
    ) -> PyResult<Plan> {
        let chosen = Chosen { variant, now, lang, time_zone, scale, output, format };
        self.renderer().plan_with(py, self.bundle.template(), row_from(row)?.as_ref(), chosen)
    }

    /// The plan of the fallback with all that it needs, where the template has one.
    #[pyo3(signature = (*, variant = None, now = None, lang = None, time_zone = None, scale = None, output = None, format = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
    fn plan_fallback(
        &self,
        py: Python<'_>,
        variant: Option<String>,
        now: Option<&Bound<'_, PyAny>>,
        lang: Option<String>,
        time_zone: Option<String>,
        scale: Option<f64>,
        output: Option<&Output>,
        format: Option<&str>,
    ) -> PyResult<Option<(Plan, Resources)>> {
        let context = Chosen { variant, now, lang, time_zone, scale, output, format }.context()?;
        let planned = detached(py, || self.bundle.plan_fallback(&context).transpose())?;
        let limits = || self.origin.pack.limits().clone();
        Ok(planned.map(|(plan, resources)| (Plan::new(plan), Resources::of(Arc::new(resources), limits()))))
    }

    /// How a notebook shows it.
    fn _repr_png_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("templrender._notebook")?.call_method1("preview", (slf,))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.bundle.is_same(&other.bundle) && self.renderer().identities() == other.renderer().identities()
    }

    fn __hash__(&self) -> u64 {
        hash_of(self.version())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        format!("<Bundle {}, version {}>", self.bundle.template().name(), self.version())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let zip = detached(py, || self.origin.pack.to_zip())?;
        let limits = Limits { limits: self.origin.pack.limits().clone() };
        let arguments =
            (PyBytes::new(py, &zip), limits, self.origin.fonts.bind(py), self.origin.now, self.folder(), self.origin.models.as_ref());
        Ok((py.import("templrender._templrender")?.getattr("_open_bundle")?, arguments.into_pyobject(py)?))
    }
}

/// A bundle as it was pickled.
#[pyfunction]
#[pyo3(signature = (zip, limits, fonts, now, folder, models = None))]
pub(crate) fn _open_bundle(
    py: Python<'_>,
    zip: &[u8],
    limits: &Limits,
    fonts: Py<Fonts>,
    now: Option<i64>,
    folder: Option<String>,
    models: Option<&Models>,
) -> PyResult<Bundle> {
    let pack = detached(py, || core_::Pack::from_zip(zip, &limits.limits))?;
    Bundle::open(py, Origin { pack, fonts, now, models: models_of(py, models)?.1, folder })
}
