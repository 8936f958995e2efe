//! Reports of checks.

use pyo3::prelude::*;

/// What all rows of a feed came to.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct CheckReport {
    report: core_::CheckReport,
}

impl From<core_::CheckReport> for CheckReport {
    fn from(report: core_::CheckReport) -> Self {
        Self { report }
    }
}

#[pymethods]
impl CheckReport {
    #[getter]
    fn rows(&self) -> u64 {
        self.report.rows()
    }

    #[getter]
    fn failed(&self) -> u64 {
        self.report.failed()
    }

    #[getter]
    fn skipped(&self) -> u64 {
        self.report.skipped()
    }

    fn count(&self, code: &str) -> u64 {
        self.report.count(code)
    }

    fn to_json(&self) -> String {
        self.report.to_json()
    }

    fn __str__(&self) -> String {
        self.report.to_string()
    }
}
