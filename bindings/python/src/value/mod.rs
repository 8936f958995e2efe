//! Values of Python as values of a row, and back.
//!
//! What comes in is any object that Python programs keep data in; what goes out is the core's `Value`, or a fault that names the place
//! (`field photos[3].url`), the rule and the found type. The commonest types are told by their exact class before anything is looked up: a row of ten
//! texts costs about two microseconds. Depth and size have the bounds that JSON has, so that a list that holds itself ends at one of them.
//!
//! `number` and `date` read what has several classes, `foreign` what other libraries made, `out` gives values back.

mod date;
mod foreign;
mod number;
mod out;

pub(crate) use date::{date_from, to_python as date_to_python};
pub(crate) use number::{decimal, decimal_from};
pub(crate) use out::{repr, to_python};

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use core_::{Code, Fault, InlineImage, Limits, Row, Value};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};

use crate::boundary::detached;
use crate::buffer::Held;
use crate::error::raised;
use crate::frame::Frame;
use crate::money::{Interval, Money};
use crate::pixels::frame_if;

/// The most that a row's names and texts may have together, bytes, with [`VALUE_BYTES`] for each value: what a row of JSON may have.
const MAX_BYTES: usize = 4 << 20;
/// What a value counts beside its text.
const VALUE_BYTES: usize = 2;
/// The most pixels that are copied for one row.
const MAX_PIXELS: u64 = 256_000_000;
/// The deepest nesting, the row itself being the first level.
const MAX_DEPTH: usize = 64;

/// Where a value stands in its row.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    outer: Option<&'a Place<'a>>,
    step: Step<'a>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    /// Of a call that is not a row's.
    Argument(&'a str),
    Name(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    /// A column.
    pub(crate) fn column(name: &'a str) -> Self {
        Self { outer: None, step: Step::Name(name), depth: 1 }
    }

    /// An argument of a call.
    pub(crate) fn argument(name: &'a str) -> Self {
        Self { step: Step::Argument(name), ..Self::column(name) }
    }

    fn inside(&'a self, step: Step<'a>) -> Self {
        Self { outer: Some(self), step, depth: self.depth + 1 }
    }

    /// A refusal of what stands there: `must be ..., found ...`.
    pub(crate) fn bad(&self, message: impl Into<String>) -> PyErr {
        match self.step {
            Step::Argument(name) => crate::error::bad(name, message),
            _ => raised(Fault::new(Code::BadField, format!("field {self}"), message)),
        }
    }
}

/// `photos[3].url`, each name cut at 64 characters.
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            outer.fmt(f)?;
        }
        match self.step {
            Step::Item(index) => write!(f, "[{index}]"),
            Step::Argument(name) => f.write_str(name),
            Step::Name(name) => {
                f.write_str(if self.outer.is_some() { "." } else { "" })?;
                name.chars().take(64).try_for_each(|c| fmt::Write::write_char(f, c))
            }
        }
    }
}

/// A class's name for a message.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "an object".to_owned(), |name| name.to_string())
}

/// What one row may still have.
struct Reader {
    bytes_left: usize,
    pixels_left: u64,
}

/// The columns of a mapping.
pub(crate) fn columns(mapping: &Bound<'_, PyAny>) -> PyResult<Row> {
    let mut row = Row::new();
    let mut reader = Reader { bytes_left: MAX_BYTES, pixels_left: MAX_PIXELS };
    reader.columns(mapping, &mut row)?;
    Ok(row)
}

/// The columns of a mapping and, laid over them, of a call's keywords.
pub(crate) fn columns_and(mapping: Option<&Bound<'_, PyAny>>, more: Option<&Bound<'_, PyDict>>) -> PyResult<Row> {
    let mut row = Row::new();
    let mut reader = Reader { bytes_left: MAX_BYTES, pixels_left: MAX_PIXELS };
    if let Some(mapping) = mapping {
        reader.columns(mapping, &mut row)?;
    }
    if let Some(more) = more {
        reader.columns(more, &mut row)?;
    }
    Ok(row)
}

impl Reader {
    fn columns(&mut self, mapping: &Bound<'_, PyAny>, row: &mut Row) -> PyResult<()> {
        let bad = |message: String| raised(Fault::new(Code::BadField, "row", message));
        let found = entries(mapping)?
            .ok_or_else(|| bad(format!("a row must be a Row or a mapping of columns by name, found {}", type_name(mapping))))?;
        for entry in found {
            let (name, object) = entry?;
            let name =
                name.cast::<PyString>().map_err(|_| bad(format!("the name of a column must be a str, found {}", type_name(&name))))?;
            let name = name.to_str().map_err(|_| bad("the name of a column must be Unicode text, found a lone surrogate".to_owned()))?;
            let place = Place::column(name);
            self.spend(name.len())?;
            let value = self.value(&object, &place)?;
            row.set(name, value);
        }
        Ok(())
    }

    /// One value; the commonest classes first.
    fn value(&mut self, object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
        self.spend(VALUE_BYTES)?;
        if object.is_none() {
            return Ok(Value::Null);
        }
        if let Ok(text) = object.cast::<PyString>() {
            return self.text(text, place);
        }
        if let Ok(float) = object.cast::<PyFloat>() {
            return number::of_float(float, place);
        }
        if let Ok(truth) = object.cast::<PyBool>() {
            return Ok(Value::Bool(truth.is_true()));
        }
        if let Ok(int) = object.cast::<PyInt>() {
            return number::of_int(int, place);
        }
        if let Ok(list) = object.cast::<PyList>() {
            return self.list(list.iter(), list.len(), place);
        }
        if let Ok(tuple) = object.cast::<PyTuple>() {
            return self.list(tuple.iter(), tuple.len(), place);
        }
        if object.is_exact_instance_of::<PyDict>() {
            return self.map(object, place);
        }
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(lent(Held::of_bytes(bytes), place));
        }
        if let Ok(money) = object.cast::<Money>() {
            return Ok(Value::Money(money.get().money()));
        }
        if let Ok(frame) = object.cast::<Frame>() {
            return decoded(object.py(), Arc::clone(frame.get().frame()), place);
        }
        if let Ok(interval) = object.cast::<Interval>() {
            return Ok(Value::Interval(interval.get().interval()));
        }
        self.other(object, place)
    }

    /// Everything that must be asked what it is.
    fn other(&mut self, object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
        if let Some(date) = date::of(object)? {
            return Ok(date);
        }
        if let Some(number) = number::of_decimal(object, place)? {
            return Ok(number);
        }
        if let Some(plain) = foreign::plain(object)? {
            // What a scalar or a member of an enum stands for; the depth ends those that stand for themselves.
            check_depth(place)?;
            return self.value(&plain, &Place { depth: place.depth + 1, ..*place });
        }
        if object.cast::<PyMapping>().is_ok() {
            return self.map(object, place);
        }
        if let Some(picture) = self.picture(object, place)? {
            return Ok(picture);
        }
        Err(place.bad(format!(
            "must be None, a bool, a number, a str, a path, a date, a Money, an Interval, a list, a dict or a picture, found {}",
            type_name(object)
        )))
    }

    fn text(&mut self, text: &Bound<'_, PyString>, place: &Place<'_>) -> PyResult<Value> {
        let text = text.to_str().map_err(|_| place.bad("must be Unicode text, found a lone surrogate"))?;
        self.spend(text.len())?;
        Ok(if text.trim().is_empty() { Value::Null } else { Value::text(text) })
    }

    fn list<'py>(&mut self, items: impl Iterator<Item = Bound<'py, PyAny>>, len: usize, place: &Place<'_>) -> PyResult<Value> {
        check_depth(place)?;
        let mut values = Vec::with_capacity(len.min(self.bytes_left / VALUE_BYTES));
        for (index, item) in items.enumerate() {
            values.push(self.value(&item, &place.inside(Step::Item(index)))?);
        }
        Ok(Value::list(values))
    }

    fn map(&mut self, object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
        check_depth(place)?;
        let mut map = BTreeMap::new();
        for entry in entries(object)?.into_iter().flatten() {
            let (name, object) = entry?;
            let name =
                name.cast::<PyString>().map_err(|_| place.bad(format!("the names of a dict must be str, found {}", type_name(&name))))?;
            let name = name.to_str().map_err(|_| place.bad("the names of a dict must be Unicode text, found a lone surrogate"))?;
            self.spend(name.len())?;
            let value = self.value(&object, &place.inside(Step::Name(name)))?;
            map.insert(name.to_owned(), value);
        }
        Ok(Value::Map(Arc::new(map)))
    }

    /// A picture: pixels, or encoded bytes in a buffer. What is of a kind that cannot be read as either is none.
    fn picture(&mut self, object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Option<Value>> {
        let py = object.py();
        let kind = |error: PyErr| if error.is_instance_of::<PyTypeError>(py) { Ok(None) } else { Err(error) };
        match frame_if(object, &Limits::default()) {
            Ok(Some(frame)) => {
                // One array may stand in a list a thousand times, and is copied each time.
                let left = self.pixels_left.checked_sub(u64::from(frame.width()) * u64::from(frame.height()));
                let over = || Fault::new(Code::RowLimit, "row", format!("row has more than {MAX_PIXELS} px of pictures that are copied"));
                self.pixels_left = left.ok_or_else(|| raised(over()))?;
                decoded(py, frame, place).map(Some)
            }
            Ok(None) => Held::of(object, "a picture").map(|held| Some(lent(held, place))).or_else(kind),
            Err(error) => kind(error),
        }
    }

    fn spend(&mut self, bytes: usize) -> PyResult<()> {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.ok_or_else(|| {
            let message = format!("row has more than {MAX_BYTES} bytes of names and texts, counting {VALUE_BYTES} for each value");
            raised(Fault::new(Code::RowLimit, "row", message))
        })?;
        Ok(())
    }
}

/// Whether something may stand inside of a place.
fn check_depth(place: &Place<'_>) -> PyResult<()> {
    match place.depth < MAX_DEPTH {
        true => Ok(()),
        false => Err(raised(Fault::new(Code::RowLimit, "row", format!("row is nested deeper than the limit of {MAX_DEPTH}")))),
    }
}

fn lent(held: Held, place: &Place<'_>) -> Value {
    Value::Image(InlineImage::shared(place.to_string(), held.shared()))
}

fn decoded(py: Python<'_>, frame: Arc<core_::Frame>, place: &Place<'_>) -> PyResult<Value> {
    let name = place.to_string();
    detached(py, || Ok(Value::Image(InlineImage::from_frame(name, frame))))
}

type Entry<'py> = PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)>;

/// The entries of a mapping as they are now: reading a value may run Python code, which may change the mapping. `None` of anything else.
fn entries<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Box<dyn Iterator<Item = Entry<'py>> + 'py>>> {
    if let Ok(dict) = object.cast_exact::<PyDict>() {
        return Ok(Some(Box::new(dict.copy()?.into_iter().map(Ok))));
    }
    match object.cast::<PyMapping>() {
        Ok(mapping) => {
            let items = mapping.items()?;
            Ok(Some(Box::new(items.into_iter().map(|item| item.extract()))))
        }
        Err(_) => Ok(None),
    }
}
