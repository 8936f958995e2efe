//! Days and instants: `date` and `datetime`, and back.
//!
//! A `datetime` with a zone is its instant, seen from that zone; one without is what clocks in the template's zone show, and a day is a day there.
//! Fractions of a second are cut, as feeds have none.

use core_::{Date, Value};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDate, PyDateTime, PyDelta, PyDeltaAccess, PyTzInfo};

use super::{Place, type_name};

/// `date.toordinal()` of 1970-01-01.
const EPOCH: i64 = 719_163;
const DAY_S: i64 = 86_400;

/// A `date` or a `datetime`; `None` of anything else.
pub(super) fn of(object: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    let Ok(date) = object.cast::<PyDate>() else { return Ok(None) };
    // pandas.NaT says that it is a datetime.
    if type_name(object) == "NaTType" {
        return Ok(Some(Value::Null));
    }
    read(date).map(Value::Date).map(Some)
}

/// The side of an interval.
pub(crate) fn date_from(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Date> {
    match of(object)? {
        Some(Value::Date(date)) => Ok(date),
        _ => Err(place.bad(format!("must be a date, a datetime or None, found {}", type_name(object)))),
    }
}

fn read(date: &Bound<'_, PyDate>) -> PyResult<Date> {
    let py = date.py();
    let day = date.call_method0(intern!(py, "toordinal"))?.extract::<i64>()? - EPOCH;
    let Ok(datetime) = date.cast::<PyDateTime>() else { return Ok(Date::floating_day(day)) };
    let part = |name| -> PyResult<i64> { datetime.getattr(name)?.extract() };
    let clock_s = day * DAY_S + part(intern!(py, "hour"))? * 3600 + part(intern!(py, "minute"))? * 60 + part(intern!(py, "second"))?;
    let offset = datetime.call_method0(intern!(py, "utcoffset"))?;
    let Ok(offset) = offset.cast::<PyDelta>() else { return Ok(Date::floating(clock_s)) };
    let offset_s = offset.get_days() * 86_400 + offset.get_seconds();
    Ok(Date::at(clock_s - i64::from(offset_s), offset_s))
}

/// A `date` of a day, a `datetime` of an instant: without a zone where it has none.
pub(crate) fn to_python<'py>(py: Python<'py>, date: &Date) -> PyResult<Bound<'py, PyAny>> {
    let clock_s = date.seconds().saturating_add(i64::from(date.offset_s()));
    let day = (clock_s.div_euclid(DAY_S) + EPOCH,);
    if !date.has_time() {
        return py.get_type::<PyDate>().call_method1(intern!(py, "fromordinal"), day);
    }
    let midnight = py.get_type::<PyDateTime>().call_method1(intern!(py, "fromordinal"), day)?;
    let second = i32::try_from(clock_s.rem_euclid(DAY_S)).unwrap_or(0);
    let clock = midnight.add(PyDelta::new(py, 0, second, 0, true)?)?;
    if date.is_floating() {
        return Ok(clock);
    }
    let zone = PyTzInfo::fixed_offset(py, PyDelta::new(py, 0, date.offset_s(), 0, true)?)?;
    clock.call_method(intern!(py, "replace"), (), Some(&[("tzinfo", zone)].into_py_dict(py)?))
}
