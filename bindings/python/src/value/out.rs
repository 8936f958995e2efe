//! A row's values as Python's.

use core_::Value;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyList, PyString};

use super::{date, number};
use crate::money::{Interval, Money};

/// None, bool, int or Decimal, str, Money, date or datetime, Interval, list, dict, or a picture's bytes.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::Number(number) => number::to_python(py, number)?,
        Value::Text(text) => PyString::new(py, text).into_any(),
        Value::Money(money) => Bound::new(py, Money::from(*money))?.into_any(),
        Value::Date(date) => date::to_python(py, date)?,
        Value::Interval(interval) => Bound::new(py, Interval::from(*interval))?.into_any(),
        Value::List(items) => {
            let list = PyList::empty(py);
            for item in items.iter() {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for (name, item) in entries.iter() {
                dict.set_item(name, to_python(py, item)?)?;
            }
            dict.into_any()
        }
        Value::Image(image) => PyBytes::new(py, &image.bytes).into_any(),
        _ => py.None().into_bound(py),
    })
}
