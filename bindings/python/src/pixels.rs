//! Pixels of Python's, as a frame: a `Frame`, a picture of Pillow's, or an array.
//!
//! They are copied while the interpreter is held, for whoever owns them may go on writing; premultiplying the copy happens without it. Pillow is not imported: its
//! pictures are known by their methods.

use std::sync::Arc;

use core_::{Code, Error, Fault, Limits};
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};

use crate::boundary::detached;
use crate::buffer::{copy_of, has_buffer};
use crate::error::raised;
use crate::frame::Frame;

/// The frame of pixels; `None` of what has none (encoded bytes, a text).
pub(crate) fn frame_if(object: &Bound<'_, PyAny>, limits: &Limits) -> PyResult<Option<Arc<core_::Frame>>> {
    let py = object.py();
    if let Ok(frame) = object.cast::<Frame>() {
        let frame = frame.get().frame();
        check_size(frame.width() as usize, frame.height() as usize, limits)?;
        return Ok(Some(Arc::clone(frame)));
    }
    if object.is_instance_of::<PyBytes>() {
        return Ok(None);
    }
    if let Some(copied) = of_pillow(object, limits)? {
        return copied.frame(py).map(Some);
    }
    of_array(object, limits)?.map(|copied| copied.frame(py)).transpose()
}

/// The frame of what must be pixels.
pub(crate) fn frame_of(object: &Bound<'_, PyAny>, limits: &Limits) -> PyResult<Arc<core_::Frame>> {
    let found = || Ok(not_pixels(&object.get_type().name()?.to_string_lossy()));
    frame_if(object, limits)?.ok_or_else(|| found().unwrap_or_else(|error: PyErr| error))
}

fn not_pixels(found: &str) -> PyErr {
    let wanted = "pixels must be a Frame, a picture of Pillow's, or uint8 of shape (h, w), (h, w, 3) or (h, w, 4)";
    PyTypeError::new_err(format!("{wanted}, found {found}"))
}

/// Straight pixels that are ours.
struct Copied {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Py<PyBytes>,
}

impl Copied {
    fn frame(self, py: Python<'_>) -> PyResult<Arc<core_::Frame>> {
        let Self { width, height, channels, bytes } = self;
        let straight = bytes.bind(py).as_bytes();
        detached(py, || {
            let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
            core_::Frame::from_rgba(side(width), side(height), widened(straight, channels)).map(Arc::new)
        })
    }
}

/// Grey and RGB as RGBA.
fn widened(bytes: &[u8], channels: usize) -> Vec<u8> {
    match channels {
        1 => bytes.iter().flat_map(|grey| [*grey, *grey, *grey, 255]).collect(),
        3 => bytes.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect(),
        _ => bytes.to_vec(),
    }
}

/// The bounds of a picture, before memory is taken for it.
fn check_size(width: usize, height: usize, limits: &Limits) -> PyResult<()> {
    let refused = |code, message: String| Err(raised(Error::from(Fault::new(code, "", message))));
    let pixels = (width as u64).saturating_mul(height as u64);
    if pixels == 0 {
        return refused(Code::BadArgument, format!("a picture must be at least 1x1 px, found {width}x{height}"));
    }
    if width.max(height) as u64 > u64::from(limits.max_side_px) {
        return refused(Code::ResourceLimit, format!("picture is {width}x{height} px, over the limit of {} px a side", limits.max_side_px));
    }
    if pixels > limits.max_pixels {
        return refused(Code::ResourceLimit, format!("picture has {pixels} px, over the limit of {}", limits.max_pixels));
    }
    Ok(())
}

/// A picture of Pillow's: it has a mode and a size, and turns itself into RGBA.
fn of_pillow(object: &Bound<'_, PyAny>, limits: &Limits) -> PyResult<Option<Copied>> {
    let py = object.py();
    if !object.hasattr(intern!(py, "convert"))? || !object.hasattr(intern!(py, "mode"))? || !object.hasattr(intern!(py, "tobytes"))? {
        return Ok(None);
    }
    let (width, height): (usize, usize) = object.getattr(intern!(py, "size"))?.extract()?;
    check_size(width, height, limits)?;
    let mode: String = object.getattr(intern!(py, "mode"))?.extract()?;
    let plain = |channels| (object.clone(), channels);
    let has_mask = object.getattr(intern!(py, "info"))?.contains(intern!(py, "transparency"))?;
    let (picture, channels) = match mode.as_str() {
        "RGBA" => plain(4),
        "RGB" if !has_mask => plain(3),
        "L" if !has_mask => plain(1),
        _ => (object.call_method1(intern!(py, "convert"), ("RGBA",))?, 4),
    };
    let bytes: Bound<'_, PyBytes> = picture.call_method0(intern!(py, "tobytes"))?.cast_into()?;
    Ok(Some(Copied { width, height, channels, bytes: bytes.unbind() }))
}

/// An array by the buffer protocol; `None` of bytes in a row.
fn of_array(object: &Bound<'_, PyAny>, limits: &Limits) -> PyResult<Option<Copied>> {
    let py = object.py();
    if !has_buffer(object) {
        // arrays of other libraries describe themselves, and numpy reads the description
        if !object.hasattr(intern!(py, "__array_interface__"))? {
            return Ok(None);
        }
        let array = py.import("numpy")?.call_method1(intern!(py, "asarray"), (object,))?;
        return of_array(&array, limits);
    }
    // of a type that the protocol has no letter for, of no dimensions, or released
    let refused = |_: PyErr| not_pixels(&described(object, None));
    let view = PyMemoryView::from(object).map_err(refused)?;
    let shape = {
        let buffer = PyUntypedBuffer::get(&view).map_err(refused)?;
        let is_bytes = buffer.item_size() == 1 && matches!(buffer.format().to_bytes(), b"B" | b"@B" | b"=B" | b"<B" | b">B" | b"|B");
        if buffer.dimensions() == 1 && buffer.item_size() == 1 {
            return Ok(None);
        }
        if !is_bytes {
            return Err(not_pixels(&described(object, Some(&buffer))));
        }
        buffer.shape().to_vec()
    };
    let (height, width, channels) = match shape.as_slice() {
        [height, width] => (*height, *width, 1),
        [height, width, channels @ (3 | 4)] => (*height, *width, *channels),
        _ => return Err(not_pixels(&described(object, None))),
    };
    check_size(width, height, limits)?;
    Ok(Some(Copied { width, height, channels, bytes: copy_of(&view)?.unbind() }))
}

/// What was found instead of pixels.
fn described(object: &Bound<'_, PyAny>, buffer: Option<&PyUntypedBuffer>) -> String {
    let text = |name: &str| object.getattr(name).and_then(|value| value.str()).map(|text| text.to_string_lossy().into_owned());
    match (text("dtype"), text("shape"), buffer) {
        (Ok(dtype), Ok(shape), _) => format!("{dtype} of shape {shape}"),
        (_, Ok(shape), _) => format!("a buffer of shape {shape}"),
        (_, _, Some(buffer)) => format!("a buffer of format {:?} and shape {:?}", buffer.format().to_string_lossy(), buffer.shape()),
        _ => "a buffer of another shape".to_owned(),
    }
}
