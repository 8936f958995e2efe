//! Prices and spans of time: the two types of a row that Python has no class for.

use std::hash::{DefaultHasher, Hash, Hasher};

use core_::Currency;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::value::{Place, date_from, date_to_python, decimal, decimal_from};

/// An exact amount of one currency.
#[pyclass(frozen, module = "templrender")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Money(core_::Money);

impl Money {
    pub(crate) fn money(&self) -> core_::Money {
        self.0
    }
}

impl From<core_::Money> for Money {
    fn from(money: core_::Money) -> Self {
        Self(money)
    }
}

#[pymethods]
impl Money {
    #[new]
    fn new(amount: &Bound<'_, PyAny>, currency: &str) -> PyResult<Self> {
        let place = Place::argument("currency");
        let code = Currency::parse(currency)
            .ok_or_else(|| place.bad(format!("must be an ISO 4217 code such as EUR, found {}", quoted(currency))))?;
        Ok(Self(core_::Money { amount: decimal_from(amount, &Place::argument("amount"))?, currency: code }))
    }

    #[getter]
    fn amount<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decimal(py, &self.0.amount.to_string())
    }

    #[getter]
    fn currency(&self) -> &str {
        self.0.currency.code()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Money('{}', '{}')", self.0.amount, self.0.currency)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0)
    }

    fn __getnewargs__(&self) -> (String, &str) {
        (self.0.amount.to_string(), self.currency())
    }
}

/// A span of time from a first instant up to, not including, an end; either may be open.
#[pyclass(frozen, module = "templrender")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval(core_::Interval);

impl Interval {
    pub(crate) fn interval(&self) -> core_::Interval {
        self.0
    }
}

impl From<core_::Interval> for Interval {
    fn from(interval: core_::Interval) -> Self {
        Self(interval)
    }
}

#[pymethods]
impl Interval {
    #[new]
    #[pyo3(signature = (start, end))]
    fn new(start: Option<&Bound<'_, PyAny>>, end: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let start = start.map(|date| date_from(date, &Place::argument("start"))).transpose()?;
        let end = end.map(|date| date_from(date, &Place::argument("end"))).transpose()?;
        Ok(Self(core_::Interval::new(start, end)))
    }

    #[getter]
    fn start<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.start().map(|date| date_to_python(py, &date)).transpose()
    }

    #[getter]
    fn end<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.end().map(|date| date_to_python(py, &date)).transpose()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let side = |side: Option<Bound<'_, PyAny>>| side.map_or(Ok("None".to_owned()), |date| date.repr().map(|text| text.to_string()));
        Ok(format!("Interval({}, {})", side(self.start(py)?)?, side(self.end(py)?)?))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0)
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.start(py)?, self.end(py)?).into_pyobject(py)
    }
}

fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(64).collect::<String>())
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
