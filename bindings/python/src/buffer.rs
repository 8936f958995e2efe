//! Bytes that stay Python's: borrowed where nobody can change them, else copied once.
//!
//! The core reads them while the interpreter is let go, so it may only see memory that no Python code can write to meanwhile; "read-only" alone does not say so
//! (`memoryview(bytearray).toreadonly()` is). What counts as fixed is told by whoever owns the memory in the end: `bytes`, or an exporter that refuses a writable
//! view, such as a file mapped read-only or an Arrow buffer. An array of numpy counts as what it is a view of; one that owns its memory can be made writable again.

use std::slice;
use std::sync::Arc;

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};
use pyo3::{ffi, intern};

/// Bytes in memory of Python's.
///
/// It may be dropped on any thread, attached or not: pyo3 then gives the object back when the interpreter is next at hand.
pub(crate) struct Held {
    /// `bytes`, or a memoryview of ours, which keeps the memory where it is.
    _object: Py<PyAny>,
    at: *const u8,
    len: usize,
}

// SAFETY: the bytes are only read, and `_object` keeps them where and as they are.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: so many bytes are there as long as `_object` is, and nobody writes to them.
        unsafe { slice::from_raw_parts(self.at, self.len) }
    }
}

impl Held {
    /// The bytes of an object with the buffer protocol whose items are bytes; `argument` names it in errors.
    pub(crate) fn of(object: &Bound<'_, PyAny>, argument: &str) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self::of_bytes(bytes));
        }
        let view = view_of(object, argument)?;
        let buffer = PyUntypedBuffer::get(&view)?;
        if !buffer.is_c_contiguous() || !is_fixed(object)? {
            return Ok(Self::of_bytes(&copy_of(&view)?));
        }
        let (at, len) = (buffer.buf_ptr().cast_const().cast(), buffer.len_bytes());
        Ok(Self { at, len, _object: view.into_any().unbind() })
    }

    pub(crate) fn of_bytes(bytes: &Bound<'_, PyBytes>) -> Self {
        let slice = bytes.as_bytes();
        Self { at: slice.as_ptr(), len: slice.len(), _object: bytes.clone().into_any().unbind() }
    }

    /// As the core takes them.
    pub(crate) fn shared(self) -> Arc<dyn AsRef<[u8]> + Send + Sync> {
        Arc::new(self)
    }
}

/// How many bytes an object with the buffer protocol has, before any of them is copied.
pub(crate) fn len_of(object: &Bound<'_, PyAny>, argument: &str) -> PyResult<usize> {
    match object.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().len()),
        Err(_) => Ok(PyUntypedBuffer::get(view_of(object, argument)?.as_any())?.len_bytes()),
    }
}

/// Whether an object has the buffer protocol.
pub(crate) fn has_buffer(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: an object's type may be asked for its slots.
    unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) != 0 }
}

/// A view of bytes.
fn view_of<'py>(object: &Bound<'py, PyAny>, argument: &str) -> PyResult<Bound<'py, PyMemoryView>> {
    let found =
        |what: &str| PyTypeError::new_err(format!("{argument} must be bytes or an object with their buffer protocol, found {what}"));
    if !has_buffer(object) {
        return Err(found(&object.get_type().name()?.to_string_lossy()));
    }
    let refused = |why| {
        // of a type that the protocol has no letter for, of no dimensions, or released
        let refused = found("one that gives none");
        refused.set_cause(object.py(), Some(why));
        refused
    };
    let view = PyMemoryView::from(object).map_err(refused)?;
    let (size, dimensions) = {
        let buffer = PyUntypedBuffer::get(&view).map_err(refused)?;
        (buffer.item_size(), buffer.dimensions())
    };
    match (size, dimensions) {
        (1, 1) => Ok(view),
        _ => Err(found(&format!("a buffer of {dimensions} dimensions with items of {size} bytes"))),
    }
}

/// The bytes of a view, whatever its strides.
pub(crate) fn copy_of<'py>(view: &Bound<'py, PyMemoryView>) -> PyResult<Bound<'py, PyBytes>> {
    Ok(view.call_method0(intern!(view.py(), "tobytes"))?.cast_into()?)
}

/// How many owners are asked at most.
const DEEPEST: usize = 16;

/// Whether nobody can write to an object's memory.
fn is_fixed(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = object.py();
    let mut owner = object.clone();
    for _ in 0..DEEPEST {
        if owner.is_instance_of::<PyBytes>() {
            return Ok(true);
        }
        owner = if owner.is_instance_of::<PyMemoryView>() {
            owner.getattr(intern!(py, "obj"))?
        } else if owner.hasattr(intern!(py, "__array_interface__"))? {
            owner.getattr(intern!(py, "base"))?
        } else {
            return Ok(refuses_writers(&owner));
        };
    }
    Ok(false)
}

/// Whether an object gives a read-only view and no writable one.
fn refuses_writers(object: &Bound<'_, PyAny>) -> bool {
    let gives = |flags| {
        let mut view = std::mem::MaybeUninit::<ffi::Py_buffer>::uninit();
        // SAFETY: the view is written where 0 is returned, and given back at once.
        unsafe {
            let given = ffi::PyObject_GetBuffer(object.as_ptr(), view.as_mut_ptr(), flags) == 0;
            match given {
                true => ffi::PyBuffer_Release(view.as_mut_ptr()),
                false => ffi::PyErr_Clear(),
            }
            given
        }
    };
    gives(ffi::PyBUF_SIMPLE) && !gives(ffi::PyBUF_WRITABLE)
}
