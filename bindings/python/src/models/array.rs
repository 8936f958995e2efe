//! A tensor as Python has it: through numpy where that is installed, else a memoryview with shape and format.
//!
//! The numbers are copied once, for the function that gets them may keep or change them; the copy is Python's alone from then on.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use core_::{Tensor, TensorData};
use pyo3::exceptions::{PyBufferError, PyImportError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyMemoryView;
use pyo3::{ffi, intern};

/// Numbers in a shape, row-major: an object with the buffer protocol.
#[pyclass(frozen, module = "templrender._templrender", name = "_Array")]
pub(crate) struct Array {
    /// Of a box that was let go: only views of Python's read and write it until it is dropped.
    at: *mut c_void,
    format: &'static CStr,
    item_bytes: usize,
    len: usize,
    shape: Vec<isize>,
    strides: Vec<isize>,
}

// SAFETY: Rust reads and writes nothing there between `new` and `drop`; who shares it among Python's threads does so through views of the buffer protocol.
unsafe impl Send for Array {}
// SAFETY: as above.
unsafe impl Sync for Array {}

impl Array {
    fn of(tensor: &Tensor) -> Self {
        let (at, format, item_bytes): (*mut c_void, _, usize) = match tensor.data() {
            TensorData::U8(bytes) => (Box::into_raw(bytes.clone().into_boxed_slice()).cast(), c"B", 1),
            TensorData::F32(floats) => (Box::into_raw(floats.clone().into_boxed_slice()).cast(), c"f", 4),
            _ => (Box::into_raw(Box::<[u8]>::default()).cast(), c"B", 1),
        };
        let len = tensor.data().len();
        let side = |side: usize| isize::try_from(side).unwrap_or(isize::MAX);
        let shape: Vec<isize> = tensor.shape().iter().map(|length| side(*length)).collect();
        let mut strides = Vec::with_capacity(shape.len());
        let mut stride = side(item_bytes);
        for length in shape.iter().rev() {
            strides.push(stride);
            stride = stride.saturating_mul((*length).max(1));
        }
        strides.reverse();
        Self { at, format, item_bytes, len, shape, strides }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        // SAFETY: the box of `of`, of the same length and items; every view holds a count of this object, so none is left.
        unsafe {
            match self.item_bytes {
                4 => drop(Box::from_raw(ptr::slice_from_raw_parts_mut(self.at.cast::<f32>(), self.len))),
                _ => drop(Box::from_raw(ptr::slice_from_raw_parts_mut(self.at.cast::<u8>(), self.len))),
            }
        }
    }
}

#[pymethods]
impl Array {
    /// # Safety
    /// `view` is NULL or may be written to: the buffer protocol calls this.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("a view must be there, found NULL"));
        }
        let asks = |what: c_int| flags & what == what;
        if asks(ffi::PyBUF_F_CONTIGUOUS) && !asks(ffi::PyBUF_ANY_CONTIGUOUS) {
            return Err(PyBufferError::new_err("a tensor gives a buffer in C order"));
        }
        let this = slf.get();
        let given = ffi::Py_buffer {
            buf: this.at,
            len: isize::try_from(this.len.saturating_mul(this.item_bytes)).unwrap_or(isize::MAX),
            itemsize: isize::try_from(this.item_bytes).unwrap_or(1),
            readonly: 0,
            ndim: if asks(ffi::PyBUF_ND) { c_int::try_from(this.shape.len()).unwrap_or(c_int::MAX) } else { 1 },
            format: if asks(ffi::PyBUF_FORMAT) { this.format.as_ptr().cast_mut() } else { ptr::null_mut() },
            shape: if asks(ffi::PyBUF_ND) { this.shape.as_ptr().cast_mut() } else { ptr::null_mut() },
            strides: if asks(ffi::PyBUF_STRIDES) { this.strides.as_ptr().cast_mut() } else { ptr::null_mut() },
            suboffsets: ptr::null_mut(),
            internal: ptr::null_mut(),
            // the view keeps this object, and with it what is pointed at, until it is released
            obj: slf.clone().into_any().into_ptr(),
        };
        // SAFETY: it may be written to, as above.
        unsafe { view.write(given) };
        Ok(())
    }
}

/// A tensor as an array of numpy's, or as a memoryview where that is not installed.
pub(super) fn array_of<'py>(py: Python<'py>, tensor: &Tensor) -> PyResult<Bound<'py, PyAny>> {
    let array = Bound::new(py, Array::of(tensor))?.into_any();
    match numpy(py)? {
        Some(numpy) => numpy.call_method1(intern!(py, "asarray"), (array,)),
        None => Ok(PyMemoryView::from(&array)?.into_any()),
    }
}

/// The module numpy, where it is installed.
pub(super) fn numpy(py: Python<'_>) -> PyResult<Option<&Bound<'_, PyModule>>> {
    static NUMPY: PyOnceLock<Option<Py<PyModule>>> = PyOnceLock::new();
    let found = NUMPY.get_or_try_init(py, || match py.import("numpy") {
        Ok(module) => Ok(Some(module.unbind())),
        Err(error) if error.is_instance_of::<PyImportError>(py) => Ok(None),
        Err(error) => Err(error),
    })?;
    Ok(found.as_ref().map(|module| module.bind(py)))
}
