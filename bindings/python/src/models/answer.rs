//! What functions of Python's give back: tensors, pictures, faces, masks. Each is checked and copied while the interpreter is held.

use std::sync::Arc;

use core_::{Code, Error, Fault, Limits, Mask, Tensor, TensorData};
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyBaseException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyMemoryView, PyString};

use super::array::numpy;
use super::call::{said, told};
use super::face::face_of;
use crate::buffer::{copy_of, has_buffer};
use crate::error::raised;
use crate::pixels::frame_of;

/// The most bytes of one array that comes back: a view can say that it has more than any machine.
const MAX_BYTES: usize = 1 << 30;

/// The error of an answer that is not what was asked for.
pub(super) fn wrong(message: impl Into<String>) -> PyErr {
    raised(Fault::new(Code::ModelOutput, "", message))
}

/// The items of an answer.
fn items<'py>(answer: &Bound<'py, PyAny>, what: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let refused = || wrong(format!("a model's function must give a list of {what}, found {}", named(answer)));
    if answer.is_instance_of::<PyString>() || has_buffer(answer) {
        return Err(refused());
    }
    answer.try_iter().map_err(|_| refused())?.collect()
}

/// One answer for each picture; an exception in the place of one is its failure alone.
pub(super) fn each<T>(
    answer: &Bound<'_, PyAny>,
    model: &str,
    wanted: usize,
    what: &str,
    one: impl Fn(&Bound<'_, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<Result<T, Error>>> {
    let py = answer.py();
    let items = items(answer, what)?;
    if items.len() != wanted {
        return Err(wrong(format!("a model's function must give one answer for each of {wanted} pictures, found {}", items.len())));
    }
    items
        .iter()
        .map(|item| match item.cast::<PyBaseException>() {
            Ok(_) => Ok(Err(told(py, model, PyErr::from_value(item.clone()), true))),
            Err(_) => one(item).map(Ok),
        })
        .collect()
}

pub(super) fn frame(item: &Bound<'_, PyAny>, limits: &Limits) -> PyResult<core_::Frame> {
    let frame = frame_of(item, limits).map_err(|error| wrong(said(item.py(), &error)))?;
    Ok(Arc::unwrap_or_clone(frame))
}

pub(super) fn faces(item: &Bound<'_, PyAny>) -> PyResult<Vec<core_::Face>> {
    items(item, "faces")?.iter().map(face_of).collect()
}

/// The tensors of a network, in the manifest's order.
pub(super) fn tensors(answer: &Bound<'_, PyAny>) -> PyResult<Vec<Tensor>> {
    items(answer, "arrays")?.iter().enumerate().map(|(number, item)| tensor(item, number)).collect()
}

fn tensor(item: &Bound<'_, PyAny>, number: usize) -> PyResult<Tensor> {
    let read = Numbers::of(item, &format!("output {number}"))?;
    let data = match read.kind {
        Kind::F32 => TensorData::F32(floats(&read.bytes)),
        Kind::U8 => TensorData::U8(read.bytes),
        Kind::Bool => return Err(wrong(format!("output {number} must be of float32 or uint8, found bool"))),
    };
    Tensor::new(read.shape, data).map_err(|error| wrong(error.to_string()))
}

/// How much of each px stands in front: `uint8`, `float32` from 0 to 1 or `bool`, of shape (height, width); or a picture of Pillow's in grey.
pub(super) fn mask(item: &Bound<'_, PyAny>) -> PyResult<Mask> {
    let py = item.py();
    if !has_buffer(item) && item.hasattr(intern!(py, "convert"))? && item.hasattr(intern!(py, "tobytes"))? {
        let (width, height): (u32, u32) = item.getattr(intern!(py, "size"))?.extract()?;
        let bytes: Vec<u8> = item.call_method1(intern!(py, "convert"), ("L",))?.call_method0(intern!(py, "tobytes"))?.extract()?;
        return Mask::new(width, height, bytes).map_err(|error| wrong(error.to_string()));
    }
    let read = Numbers::of(item, "a mask")?;
    let (height, width) = match read.shape.as_slice() {
        [height, width] | [height, width, 1] | [1, height, width] => (*height, *width),
        shape => return Err(wrong(format!("a mask must be of shape (height, width), found {shape:?}"))),
    };
    let alpha = match read.kind {
        Kind::U8 => read.bytes,
        Kind::Bool => read.bytes.iter().map(|byte| if *byte == 0 { 0 } else { 255 }).collect(),
        Kind::F32 => {
            let floats = floats(&read.bytes);
            if let Some(found) = floats.iter().find(|value| !value.is_finite()) {
                return Err(wrong(format!("a mask must be of numbers from 0 to 1, found {found}")));
            }
            floats.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect()
        }
    };
    let side = |side: usize| u32::try_from(side).map_err(|_| wrong(format!("a mask must have sides of 32 bits, found {side}")));
    Mask::new(side(width)?, side(height)?, alpha).map_err(|error| wrong(error.to_string()))
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    F32,
    U8,
    Bool,
}

/// An array that was copied, in C order.
struct Numbers {
    kind: Kind,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Numbers {
    fn of(object: &Bound<'_, PyAny>, what: &str) -> PyResult<Self> {
        let py = object.py();
        let refused = |found: &str| wrong(format!("{what} must be an array of float32 or uint8, found {found}"));
        if !has_buffer(object) {
            // arrays of other libraries describe themselves, and numpy reads the description
            let describes = object.hasattr(intern!(py, "__array_interface__"))? || object.hasattr(intern!(py, "__array__"))?;
            return match numpy(py)?.filter(|_| describes) {
                Some(numpy) => Self::of_buffer(&numpy.call_method1(intern!(py, "asarray"), (object,))?, &refused),
                None => Err(refused(&named(object))),
            };
        }
        Self::of_buffer(object, &refused)
    }

    fn of_buffer(object: &Bound<'_, PyAny>, refused: &dyn Fn(&str) -> PyErr) -> PyResult<Self> {
        // of a type that the protocol has no letter for, or released
        let none = |_: PyErr| refused(&described(object, None));
        let view = PyMemoryView::from(object).map_err(none)?;
        let (kind, shape, len) = {
            let buffer = PyUntypedBuffer::get(&view).map_err(none)?;
            let kind = kind(buffer.format().to_bytes(), buffer.item_size());
            let kind = kind.ok_or_else(|| refused(&described(object, Some(&buffer))))?;
            (kind, buffer.shape().to_vec(), buffer.len_bytes())
        };
        if len > MAX_BYTES {
            return Err(refused(&format!("{len} bytes, over the limit of {MAX_BYTES}")));
        }
        let bytes = copy_of(&view)?.as_bytes().to_vec();
        Ok(Self { kind, shape, bytes })
    }
}

/// What a buffer's items are, in this machine's order of bytes.
fn kind(format: &[u8], item_bytes: usize) -> Option<Kind> {
    let own = if cfg!(target_endian = "little") { b'<' } else { b'>' };
    let letter = match format {
        [letter] => *letter,
        [order, letter] if matches!(order, b'@' | b'=' | b'|') || *order == own => *letter,
        _ => return None,
    };
    match (letter, item_bytes) {
        (b'f', 4) => Some(Kind::F32),
        (b'B', 1) => Some(Kind::U8),
        (b'?', 1) => Some(Kind::Bool),
        _ => None,
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect()
}

/// `float64 of shape (1, 3)`.
fn described(object: &Bound<'_, PyAny>, buffer: Option<&PyUntypedBuffer>) -> String {
    let text = |name: &str| object.getattr(name).and_then(|value| value.str()).map(|text| text.to_string_lossy().into_owned());
    match (text("dtype"), text("shape"), buffer) {
        (Ok(dtype), Ok(shape), _) => format!("{dtype} of shape {shape}"),
        (_, _, Some(buffer)) => format!("a buffer of format {:?}", buffer.format().to_string_lossy()),
        _ => named(object),
    }
}

pub(super) fn named(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
