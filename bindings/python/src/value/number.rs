//! Numbers: int, float and Decimal as exact decimals, and back.
//!
//! A float is read by its shortest digits, those that Python prints, so that 6.9 is 6.9 and not 6.9000000000000003552713678800500929355621337890625.

use core_::{Decimal, Value};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyInt, PyString, PyType};

use super::{Place, type_name};

/// What every number must be.
const RULE: &str = "must be a number of at most 28 digits";

static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();

pub(super) fn of_int(int: &Bound<'_, PyInt>, place: &Place<'_>) -> PyResult<Value> {
    whole(int).map(Value::Number).ok_or_else(|| place.bad(format!("{RULE}, found a larger int")))
}

fn whole(int: &Bound<'_, PyInt>) -> Option<Decimal> {
    if let Ok(small) = int.extract::<i64>() {
        return Some(Decimal::from(small));
    }
    Decimal::parse(&int.extract::<i128>().ok()?.to_string())
}

/// NaN is no number: null.
pub(super) fn of_float(float: &Bound<'_, PyFloat>, place: &Place<'_>) -> PyResult<Value> {
    let number = float.value();
    if number.is_nan() {
        return Ok(Value::Null);
    }
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Ok(Value::Number(Decimal::from(number as i64)));
    }
    // Of two shortest spellings Rust may choose the other one (562949953421312.25), and a subclass may print something else.
    let digits = PyFloat::new(float.py(), number).repr()?;
    let text = digits.to_str()?;
    Decimal::parse(text).map(Value::Number).ok_or_else(|| place.bad(format!("{RULE}, found {text}")))
}

/// A `decimal.Decimal`; `None` of anything else.
pub(super) fn of_decimal(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Option<Value>> {
    if !object.is_instance(DECIMAL.import(object.py(), "decimal", "Decimal")?.as_any())? {
        return Ok(None);
    }
    of_text(&object.str()?, place).map(Some)
}

/// A number by the text that its class prints.
pub(super) fn of_text(text: &Bound<'_, PyString>, place: &Place<'_>) -> PyResult<Value> {
    let text = text.to_str()?;
    if text.trim_start_matches(['-', '+']).to_ascii_lowercase().trim_start_matches('s').starts_with("nan") {
        return Ok(Value::Null);
    }
    Decimal::parse(text).map(Value::Number).ok_or_else(|| place.bad(format!("{RULE}, found {}", cut(text))))
}

/// The amount of a price: an int, a float, a Decimal or a text.
pub(crate) fn decimal_from(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Decimal> {
    let value = if let Ok(text) = object.cast::<PyString>() {
        of_text(text, place)?
    } else if let Ok(int) = object.cast::<PyInt>() {
        of_int(int, place)?
    } else if let Ok(float) = object.cast::<PyFloat>() {
        of_float(float, place)?
    } else {
        of_decimal(object, place)?.unwrap_or_default()
    };
    match value {
        Value::Number(number) => Ok(number),
        _ => Err(place.bad(format!("must be a Decimal, an int, a float or a str of digits, found {}", type_name(object)))),
    }
}

/// An int of what is whole, else a `decimal.Decimal`.
pub(crate) fn to_python<'py>(py: Python<'py>, number: &Decimal) -> PyResult<Bound<'py, PyAny>> {
    if let Some(whole) = number.to_i64() {
        return Ok(whole.into_pyobject(py)?.into_any());
    }
    let text = number.to_string();
    if text.contains('.') { decimal(py, &text) } else { py.get_type::<PyInt>().call1((text,)) }
}

/// A `decimal.Decimal` of digits.
pub(crate) fn decimal<'py>(py: Python<'py>, digits: &str) -> PyResult<Bound<'py, PyAny>> {
    DECIMAL.import(py, "decimal", "Decimal")?.call1((digits,))
}

fn cut(text: &str) -> String {
    let short: String = text.chars().take(64).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
