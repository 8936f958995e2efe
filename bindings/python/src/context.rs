//! What a host chooses for one plan, and times as Python has them.

use core_::Context;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyAny, PyBool, PyDateTime, PyFloat, PyInt, PyType, PyTzInfo, PyTzInfoAccess};

use crate::error::bad;
use crate::output::{Output, format_of};

/// The arguments of `plan` that say how; each is what its name says in `Context`.
#[derive(Default)]
pub(crate) struct Chosen<'a, 'py> {
    pub(crate) variant: Option<String>,
    pub(crate) now: Option<&'a Bound<'py, PyAny>>,
    pub(crate) lang: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) scale: Option<f64>,
    pub(crate) output: Option<&'a Output>,
    pub(crate) format: Option<&'a str>,
}

impl Chosen<'_, '_> {
    /// As the core takes it.
    pub(crate) fn context(self) -> PyResult<Context> {
        let Self { variant, now, lang, time_zone, scale, output, format } = self;
        Ok(Context {
            variant,
            now: now_of(now)?,
            lang,
            time_zone,
            scale: scale.map(|scale| scale as f32),
            output: output.map(|output| output.output.clone()),
            format: format.map(format_of).transpose()?,
        })
    }
}

/// Seconds since 1970 of an aware datetime or a number; a naive datetime could be meant in any zone.
pub(crate) fn now_of(now: Option<&Bound<'_, PyAny>>) -> PyResult<Option<i64>> {
    let Some(now) = now.filter(|now| !now.is_none()) else { return Ok(None) };
    if let Ok(time) = now.cast::<PyDateTime>() {
        if time.get_tzinfo().is_none() {
            return Err(bad("now", format!("now must have a time zone, found {}", time.str()?.to_string_lossy())));
        }
        return seconds(time.call_method0("timestamp")?.extract()?).map(Some);
    }
    if now.is_instance_of::<PyInt>() && !now.is_instance_of::<PyBool>() {
        return now.extract().map(Some).map_err(|_| bad("now", "now must be seconds since 1970 in 64 bits, found more"));
    }
    if let Ok(number) = now.cast::<PyFloat>() {
        return seconds(number.extract()?).map(Some);
    }
    let found = now.get_type().name()?.to_string_lossy().into_owned();
    Err(PyTypeError::new_err(format!("now must be a datetime with a time zone or seconds since 1970, found {found}")))
}

fn seconds(number: f64) -> PyResult<i64> {
    match number.abs() < 1e15 {
        true => Ok(number.floor() as i64),
        false => Err(bad("now", format!("now must be seconds since 1970, found {number}"))),
    }
}

/// An instant as an aware datetime in UTC.
pub(crate) fn instant<'py>(py: Python<'py>, seconds: Option<i64>) -> PyResult<Option<Bound<'py, PyAny>>> {
    static DATETIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let Some(seconds) = seconds else { return Ok(None) };
    let utc = PyTzInfo::utc(py)?;
    DATETIME.import(py, "datetime", "datetime")?.call_method1("fromtimestamp", (seconds, utc)).map(Some)
}
