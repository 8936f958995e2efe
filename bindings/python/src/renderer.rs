//! Fonts and limits, and what calls keep between them.

use std::sync::{Mutex, PoisonError};

use core_::{Error, Scratch};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::boundary::detached;
use crate::compiled::cache;
use crate::context::Chosen;
use crate::fonts::Fonts;
use crate::guard::{Cancel, Watch};
use crate::hash::hash_of;
use crate::limits::{Limits, limits_of};
use crate::models::{Causes, Job, Models, listened, models_of, set_models};
use crate::output::Output;
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::report::Report;
use crate::resources::{Resources, id_of, snapshot_of};
use crate::row::row_from;
use crate::template::Template;

/// Fonts and limits, immutable, shared by all threads.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Renderer {
    pub(crate) renderer: core_::Renderer,
    /// Laid by between calls: never more than there were calls at the same time.
    scratches: Mutex<Vec<Scratch>>,
    fonts: core_::Fonts,
    limits: core_::Limits,
    /// As it was made; of a bundle's renderer nothing, for its fonts are in the bundle.
    made_of: Option<Py<Fonts>>,
    models: Option<Py<Models>>,
}

impl Renderer {
    /// The renderer of a bundle, with the models that it was given.
    pub(crate) fn of(renderer: core_::Renderer, fonts: core_::Fonts, limits: core_::Limits, models: Option<Py<Models>>) -> Self {
        let renderer = renderer.with_compiled(cache().clone());
        Self { renderer, scratches: Mutex::default(), fonts, limits, made_of: None, models }
    }

    /// Runs a body with a scratch that nobody else has. One that a panic left half done is not laid by.
    pub(crate) fn with_scratch<T>(&self, body: impl FnOnce(&core_::Renderer, &mut Scratch) -> T) -> T {
        let scratches = || self.scratches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = scratches().pop().unwrap_or_default();
        let done = body(&self.renderer, &mut scratch);
        scratches().push(scratch);
        done
    }

    /// What tells its models apart from others.
    pub(crate) fn identities(&self) -> Vec<[u8; 32]> {
        self.renderer.models().iter().map(core_::Model::identity).collect()
    }

    /// Fills a template.
    pub(crate) fn plan_with(&self, py: Python<'_>, template: &core_::Template, row: &core_::Row, chosen: Chosen<'_, '_>) -> PyResult<Plan> {
        let context = chosen.context()?;
        detached(py, || self.renderer.plan(template, row, &context)).map(Plan::new)
    }
}

#[pymethods]
impl Renderer {
    #[new]
    #[pyo3(signature = (fonts = None, *, limits = None, models = None))]
    fn new(py: Python<'_>, fonts: Option<Bound<'_, Fonts>>, limits: Option<&Limits>, models: Option<&Models>) -> PyResult<Self> {
        let made_of = fonts.map_or_else(|| Bound::new(py, Fonts::default_only()), Ok)?;
        let (fonts, limits) = (made_of.get().fonts.clone(), limits_of(limits));
        let (known, models) = models_of(py, models)?;
        let renderer = core_::Renderer::new(fonts.clone()).with_limits(limits.clone()).with_models(known);
        Ok(Self { made_of: Some(made_of.unbind()), ..Self::of(renderer, fonts, limits, models) })
    }

    #[getter]
    fn limits(&self) -> Limits {
        Limits { limits: self.limits.clone() }
    }

    /// The models that templates may name.
    #[getter]
    fn models(&self, py: Python<'_>) -> PyResult<Models> {
        self.models.as_ref().map_or_else(|| Ok(Models::none()), |models| Ok(models.get().snapshot(py)))
    }

    /// What a generated need takes.
    fn job(&self, py: Python<'_>, plan: &Plan, need: &Bound<'_, PyAny>, resources: &Resources) -> PyResult<Job> {
        let (id, found) = (id_of(need)?, snapshot_of(py, Some(resources)));
        detached(py, || self.renderer.job(&plan.plan, id, &found)).map(Job::new)
    }

    /// Runs the models of every generated need whose picture is there.
    #[pyo3(signature = (plan, resources, *, timeout = None, cancel = None))]
    fn fill(&self, py: Python<'_>, plan: &Plan, resources: &Resources, timeout: Option<f64>, cancel: Option<&Cancel>) -> PyResult<()> {
        let (watch, before) = (Watch::new(timeout, cancel, true)?, snapshot_of(py, Some(resources)));
        // No lock is held meanwhile: the answers are a copy, which is one count for each.
        let mut found = core_::Resources::clone(&before);
        let run = || detached(py, || self.renderer.fill_guarded(&plan.plan, &mut found, &watch.guard()));
        let filled = listened(Causes::Dropped, run);
        resources.adopt(py, &plan.plan, &before, found);
        filled?.0
    }

    /// Fills a template with a row.
    #[pyo3(signature = (template, row, *, variant = None, now = None, lang = None, time_zone = None, scale = None, output = None, format = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
    fn plan(
        &self,
        py: Python<'_>,
        template: &Template,
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
        self.plan_with(py, &template.template, row_from(row)?.as_ref(), chosen)
    }

    /// Draws a plan with what was found.
    #[pyo3(signature = (plan, resources = None, *, timeout = None, cancel = None, timings = false))]
    fn render(
        &self,
        py: Python<'_>,
        plan: &Plan,
        resources: Option<&Resources>,
        timeout: Option<f64>,
        cancel: Option<&Cancel>,
        timings: bool,
    ) -> PyResult<Rendered> {
        let (watch, found) = (Watch::new(timeout, cancel, timings)?, snapshot_of(py, resources));
        let rendered = detached(py, || {
            self.with_scratch(|renderer, scratch| {
                let mut rendered = renderer.render_guarded(&plan.plan, &found, scratch, &watch.guard())?;
                rendered.report.timings_us = rendered.report.timings_us.filter(|_| watch.timings());
                Ok::<_, Error>(rendered)
            })
        })?;
        Rendered::new(py, rendered, plan.plan.output().clone())
    }

    /// Lays a plan out without drawing it.
    #[pyo3(signature = (plan, resources = None))]
    fn report(&self, py: Python<'_>, plan: &Plan, resources: Option<&Resources>) -> PyResult<Report> {
        let found = snapshot_of(py, resources);
        detached(py, || self.with_scratch(|renderer, scratch| renderer.report(&plan.plan, &found, scratch))).map(Report::new)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.fonts.digest() == other.fonts.digest() && self.limits == other.limits && self.identities() == other.identities()
    }

    fn __hash__(&self) -> u64 {
        hash_of((self.fonts.digest(), &self.limits, self.identities()))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        format!("<Renderer: {} faces>", self.fonts.len())
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((Py<Fonts>,), Bound<'py, PyDict>)> {
        let Some(fonts) = &self.made_of else {
            return Err(pyo3::exceptions::PyTypeError::new_err("the renderer of a bundle cannot be pickled, pickle the bundle"));
        };
        let settings = PyDict::new(py);
        settings.set_item("limits", self.limits())?;
        set_models(&settings, self.models.as_ref())?;
        Ok(((fonts.clone_ref(py),), settings))
    }
}
