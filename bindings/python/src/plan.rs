//! A template filled with a row, and the pictures that it needs.

use core_::NeedSource;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::boundary::{attached, detached};
use crate::context::instant;
use crate::hash::hash_of;
use crate::output::Output;
use crate::resources::{Resources, snapshot_of};

/// A template filled with a row, immutable, shared by all threads. It holds all that it needs of both.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Plan {
    pub(crate) plan: core_::Plan,
}

impl Plan {
    pub(crate) fn new(plan: core_::Plan) -> Self {
        Self { plan }
    }
}

#[pymethods]
impl Plan {
    #[getter]
    fn key(&self) -> String {
        self.plan.key().to_string()
    }

    #[getter]
    fn valid_until<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        instant(py, self.plan.valid_until())
    }

    #[getter]
    fn skipped(&self) -> Option<&str> {
        self.plan.skipped()
    }

    #[getter]
    fn output(&self) -> Output {
        self.plan.output().clone().into()
    }

    #[getter]
    fn needs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.plan.needs().map(Need::from).collect::<Vec<_>>())
    }

    /// What is to be answered now.
    fn pending(&self, py: Python<'_>, resources: &Resources) -> PyResult<Vec<Need>> {
        let found = snapshot_of(py, Some(resources));
        attached(|| Ok(self.plan.pending(&found).into_iter().map(Need::from).collect()))
    }

    /// Names what was found: 32 hex digits over the pictures that are drawn.
    fn resources_key(&self, py: Python<'_>, resources: &Resources) -> PyResult<String> {
        let found = snapshot_of(py, Some(resources));
        detached(py, || Ok(self.plan.resources_key(&found).to_string()))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        match self.plan.skipped() {
            Some(reason) => format!("<Plan {}, skipped: {reason}>", self.plan.key()),
            None => format!("<Plan {}, {} needs>", self.plan.key(), self.plan.needs().count()),
        }
    }
}

/// One picture that a plan may draw.
#[pyclass(frozen, module = "templrender")]
#[derive(Clone)]
pub(crate) struct Need {
    pub(crate) need: core_::Need,
}

impl From<&core_::Need> for Need {
    fn from(need: &core_::Need) -> Self {
        Self { need: need.clone() }
    }
}

impl Need {
    /// Name and path of an asset.
    fn of_template(&self) -> Option<(&str, &str)> {
        match self.need.source() {
            NeedSource::Asset { name, path } => Some((name, path)),
            _ => None,
        }
    }
}

#[pymethods]
impl Need {
    #[getter]
    fn id(&self) -> u64 {
        self.need.id().get()
    }

    #[getter]
    fn location(&self) -> Option<&str> {
        match self.need.source() {
            NeedSource::Location(location) => Some(location),
            _ => None,
        }
    }

    #[getter]
    fn asset(&self) -> Option<&str> {
        self.of_template().map(|(name, _)| name)
    }

    #[getter]
    fn path(&self) -> Option<&str> {
        self.of_template().map(|(_, path)| path)
    }

    #[getter]
    fn is_asset(&self) -> bool {
        self.of_template().is_some()
    }

    /// `location`, `asset` or `generated`.
    #[getter]
    fn kind(&self) -> &'static str {
        match self.need.source() {
            NeedSource::Asset { .. } => "asset",
            NeedSource::Generated { .. } => "generated",
            _ => "location",
        }
    }

    #[getter]
    fn model(&self) -> Option<&str> {
        match self.need.source() {
            NeedSource::Generated { model, .. } => Some(model),
            _ => None,
        }
    }

    #[getter]
    fn useful_px(&self) -> (u32, u32) {
        self.need.useful_px()
    }

    #[getter]
    fn optional(&self) -> bool {
        self.need.optional()
    }

    #[getter]
    fn origin(&self) -> &str {
        self.need.origin()
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.need == other.need
    }

    fn __hash__(&self) -> u64 {
        hash_of(self.id())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        let (width, height) = self.useful_px();
        let what = match self.need.source() {
            NeedSource::Location(location) => core_::without_queries(location),
            NeedSource::Asset { name, path } => format!("asset {name} at {path}"),
            NeedSource::Generated { model, of } => format!("{model} of {}", core_::without_queries(of)),
            _ => String::new(),
        };
        format!("<Need {}: {what}, useful to {width}x{height} px{}>", self.need.id(), if self.optional() { ", optional" } else { "" })
    }
}
