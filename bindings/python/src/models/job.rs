//! A generated need as work.

use core_::Error;
use pyo3::prelude::*;

use super::call::{Causes, listened};
use super::made::Made;
use crate::boundary::{caught, detached};
use crate::guard::{Cancel, Watch};
use crate::hash::hash_of;
use crate::items::Items;

/// One run of a model that a plan needs; it holds its picture and its model, and nothing of the plan.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Job {
    job: core_::Job,
}

impl Job {
    pub(crate) fn new(job: core_::Job) -> Self {
        Self { job }
    }
}

#[pymethods]
impl Job {
    /// The id of the need that it answers.
    #[getter]
    fn need(&self) -> u64 {
        self.job.need().get()
    }

    #[getter]
    fn model(&self) -> &str {
        self.job.model().id()
    }

    #[getter]
    fn key(&self) -> String {
        self.job.key().to_string()
    }

    /// Billions of multiplications, and MB at the peak.
    #[getter]
    fn cost(&self) -> (f64, f64) {
        let cost = self.job.cost();
        (cost.gmac, cost.peak_mb)
    }

    /// Runs it.
    #[pyo3(signature = (*, timeout = None, cancel = None))]
    fn run(&self, py: Python<'_>, timeout: Option<f64>, cancel: Option<&Cancel>) -> PyResult<Made> {
        let watch = Watch::new(timeout, cancel, true)?;
        let (made, heard) = listened(Causes::Kept, || py.detach(|| caught(|| self.job.run(&watch.guard()))))?;
        made.map(Made::new).map_err(|error| heard.raised(py, &error))
    }

    fn __hash__(&self) -> u64 {
        hash_of(self.job.key().to_string())
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.job.need() == other.job.need() && self.job.key() == other.job.key()
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        format!("<Job {} of {}>", self.key(), self.model())
    }
}

/// Runs many jobs, those of one model and shape in batches; one answer for each, in their order, an error for what failed.
#[pyfunction]
#[pyo3(signature = (jobs, *, timeout = None, cancel = None))]
pub(crate) fn run_jobs<'py>(
    py: Python<'py>,
    jobs: Items<Py<Job>>,
    timeout: Option<f64>,
    cancel: Option<&Cancel>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let watch = Watch::new(timeout, cancel, true)?;
    let jobs: Vec<core_::Job> = jobs.0.iter().map(|job| job.get().job.clone()).collect();
    let run = || detached(py, || Ok::<_, Error>(core_::Job::run_all(&jobs, &watch.guard())));
    let (made, heard) = listened(Causes::Kept, run)?;
    made?
        .into_iter()
        .map(|made| match made {
            Ok(made) => Bound::new(py, Made::new(made)).map(Bound::into_any),
            Err(error) => heard.exception(py, &error),
        })
        .collect()
}
