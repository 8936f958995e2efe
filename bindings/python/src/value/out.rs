//! A row's values as Python's.

use std::sync::Arc;

use core_::Value;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyList, PyString};

use super::{date, number};
use crate::frame::Frame;
use crate::money::{Interval, Money};

/// None, bool, int or Decimal, str, Money, date or datetime, Interval, list, dict, or a picture's bytes or `Frame`.
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
        Value::Image(image) => match (image.bytes(), image.frame()) {
            (_, Some(frame)) => Bound::new(py, Frame::new_of(Arc::clone(frame)))?.into_any(),
            (bytes, None) => PyBytes::new(py, bytes.unwrap_or_default()).into_any(),
        },
        _ => py.None().into_bound(py),
    })
}

/// How many columns, items and entries a repr shows.
const SHOWN: usize = 8;
/// How many characters of a text it shows.
const SHOWN_CHARS: usize = 60;
/// How deep it goes.
const SHOWN_DEPTH: usize = 3;

/// The start of a value, as Python would write it.
pub(crate) fn repr(py: Python<'_>, value: &Value) -> PyResult<String> {
    shown(py, value, 0)
}

fn shown(py: Python<'_>, value: &Value, depth: usize) -> PyResult<String> {
    let inner = |item: &Value| shown(py, item, depth + 1);
    Ok(match value {
        Value::Text(text) => {
            let start: String = text.chars().take(SHOWN_CHARS).collect();
            let more = if start.len() < text.len() { "..." } else { "" };
            format!("{}{more}", PyString::new(py, &start).repr()?)
        }
        Value::List(items) => list_of("[", items.iter().map(inner), items.len(), depth, "]")?,
        Value::Map(entries) => {
            let entry = |(name, item): (&String, &Value)| Ok(format!("{}: {}", PyString::new(py, name).repr()?, inner(item)?));
            list_of("{", entries.iter().map(entry), entries.len(), depth, "}")?
        }
        Value::Image(image) => match (image.bytes(), image.frame()) {
            (_, Some(frame)) => format!("<picture of {}x{} px>", frame.width(), frame.height()),
            (bytes, None) => format!("<picture of {} bytes>", bytes.unwrap_or_default().len()),
        },
        plain => to_python(py, plain)?.repr()?.to_string(),
    })
}

fn list_of(open: &str, items: impl Iterator<Item = PyResult<String>>, len: usize, depth: usize, close: &str) -> PyResult<String> {
    if depth >= SHOWN_DEPTH && len > 0 {
        return Ok(format!("{open}...{close}"));
    }
    let mut shown = items.take(SHOWN).collect::<PyResult<Vec<_>>>()?;
    if len > SHOWN {
        shown.push(format!("... {} more", len - SHOWN));
    }
    Ok(format!("{open}{}{close}", shown.join(", ")))
}
