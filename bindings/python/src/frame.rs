//! Pixels: premultiplied sRGB RGBA, which other libraries read where they are.

use std::ffi::{c_int, c_void};
use std::path::PathBuf;
use std::ptr;
use std::sync::Arc;

use core_::{Code, Fault};
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{ffi, intern};

use crate::boundary::detached;
use crate::buffer::{Held, len_of};
use crate::error::raised;
use crate::guard::{Cancel, Watch};
use crate::hash::hash_of;
use crate::limits::{Limits, limits_of};
use crate::output::Output;
use crate::pixels::frame_of;
use crate::save::save;

/// A picture in memory, immutable, shared by all threads.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Frame {
    frame: Arc<core_::Frame>,
    /// Height, width, channels, as the buffer protocol points at them.
    shape: [isize; 3],
    strides: [isize; 3],
}

impl Frame {
    pub(crate) fn new_of(frame: impl Into<Arc<core_::Frame>>) -> Self {
        let frame = frame.into();
        let side = |side: u32| isize::try_from(side).unwrap_or(isize::MAX);
        let shape = [side(frame.height()), side(frame.width()), 4];
        let strides = [isize::try_from(frame.stride()).unwrap_or(isize::MAX), 4, 1];
        Self { frame, shape, strides }
    }

    pub(crate) fn frame(&self) -> &Arc<core_::Frame> {
        &self.frame
    }
}

/// A frame in an encoded format.
pub(crate) fn encoded<'py>(py: Python<'py>, frame: &core_::Frame, output: &core_::Output, watch: &Watch) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = detached(py, || frame.encode_guarded(output, &watch.guard()))?;
    Ok(PyBytes::new(py, &bytes))
}

#[pymethods]
impl Frame {
    #[new]
    #[pyo3(signature = (pixels, *, limits = None))]
    fn new(pixels: &Bound<'_, PyAny>, limits: Option<&Limits>) -> PyResult<Self> {
        frame_of(pixels, &limits_of(limits)).map(Self::new_of)
    }

    /// The pixels of JPEG, PNG, WebP, GIF or BMP, upright and in sRGB.
    #[staticmethod]
    #[pyo3(signature = (data, *, limits = None, at_least = None))]
    fn decode(py: Python<'_>, data: &Bound<'_, PyAny>, limits: Option<&Limits>, at_least: Option<(u32, u32)>) -> PyResult<Self> {
        let limits = limits_of(limits);
        let (len, most) = (len_of(data, "data")?, limits.max_input_bytes);
        if len > most {
            let message = format!("picture has {len} bytes, over the limit of {most}");
            return Err(raised(Fault::new(Code::ResourceLimit, "", message)));
        }
        let held = Held::of(data, "data")?;
        let frame = detached(py, || match at_least {
            Some((width, height)) => core_::Frame::decode_at_least(held.as_ref(), width, height, &limits),
            None => core_::Frame::decode(held.as_ref(), &limits),
        });
        frame.map(Self::new_of)
    }

    #[getter]
    fn width(&self) -> u32 {
        self.frame.width()
    }

    #[getter]
    fn height(&self) -> u32 {
        self.frame.height()
    }

    #[getter]
    fn size(&self) -> (u32, u32) {
        (self.frame.width(), self.frame.height())
    }

    #[getter]
    fn is_opaque(&self) -> bool {
        self.frame.is_opaque()
    }

    /// The picture in an encoded format, by default PNG.
    #[pyo3(signature = (output = None, *, timeout = None, cancel = None))]
    fn encode<'py>(
        &self,
        py: Python<'py>,
        output: Option<&Output>,
        timeout: Option<f64>,
        cancel: Option<&Cancel>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let output = output.map(|output| output.output.clone()).unwrap_or_default();
        encoded(py, &self.frame, &output, &Watch::new(timeout, cancel, false)?)
    }

    /// Straight RGBA, row after row without gaps.
    fn to_rgba<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let straight = detached(py, || Ok(self.frame.to_rgba()))?;
        Ok(PyBytes::new(py, &straight))
    }

    /// Straight RGBA as an array of shape (height, width, 4).
    fn to_numpy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let numpy = py.import("numpy")?;
        if this.frame.is_opaque() {
            return numpy.call_method1(intern!(py, "asarray"), (slf,));
        }
        let flat = numpy.call_method1(intern!(py, "frombuffer"), (this.to_rgba(py)?, numpy.getattr(intern!(py, "uint8"))?))?;
        flat.call_method1(intern!(py, "reshape"), (this.shape,))
    }

    /// A picture of Pillow's: RGB where it is opaque, else RGBA.
    fn to_pil<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let image = py.import("PIL.Image")?;
        if !this.frame.is_opaque() {
            return image.call_method1(intern!(py, "frombytes"), ("RGBA", this.size(), this.to_rgba(py)?));
        }
        let all = image.call_method1(intern!(py, "frombuffer"), ("RGBA", this.size(), slf, "raw", "RGBA", 0, 1))?;
        all.call_method1(intern!(py, "convert"), ("RGB",))
    }

    /// Writes the picture into a file, whole or not at all.
    #[pyo3(signature = (path, output = None))]
    fn save(&self, py: Python<'_>, path: PathBuf, output: Option<&Output>) -> PyResult<()> {
        save(py, &self.frame, path, output, &core_::Output::default())
    }

    fn _repr_png_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        encoded(py, &self.frame, &core_::Output::png(), &Watch::default())
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.frame == other.frame
    }

    fn __hash__(&self, py: Python<'_>) -> u64 {
        py.detach(|| hash_of(&self.frame))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        format!("<Frame {}x{}>", self.frame.width(), self.frame.height())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let (py, this) = (slf.py(), slf.get());
        let decode = py.import("templrender._templrender")?.getattr("_frame_of_png")?;
        Ok((decode, (encoded(py, &this.frame, &core_::Output::png(), &Watch::default())?,)))
    }

    /// # Safety
    /// `view` is NULL or may be written to: the buffer protocol calls this.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("a view must be there, found NULL"));
        }
        let asks = |what: c_int| flags & what == what;
        if asks(ffi::PyBUF_WRITABLE) || (asks(ffi::PyBUF_F_CONTIGUOUS) && !asks(ffi::PyBUF_ANY_CONTIGUOUS)) {
            return Err(PyBufferError::new_err("a frame gives a read-only buffer in C order"));
        }
        let this = slf.get();
        let pixels = this.frame.pixels();
        let given = ffi::Py_buffer {
            buf: pixels.as_ptr().cast_mut().cast::<c_void>(),
            len: isize::try_from(pixels.len()).unwrap_or(isize::MAX),
            itemsize: 1,
            readonly: 1,
            ndim: if asks(ffi::PyBUF_ND) { 3 } else { 1 },
            format: if asks(ffi::PyBUF_FORMAT) { c"B".as_ptr().cast_mut() } else { ptr::null_mut() },
            shape: if asks(ffi::PyBUF_ND) { this.shape.as_ptr().cast_mut() } else { ptr::null_mut() },
            strides: if asks(ffi::PyBUF_STRIDES) { this.strides.as_ptr().cast_mut() } else { ptr::null_mut() },
            suboffsets: ptr::null_mut(),
            internal: ptr::null_mut(),
            // the view keeps the frame, and with it what is pointed at, until it is released
            obj: slf.clone().into_any().into_ptr(),
        };
        // SAFETY: it may be written to, as above.
        unsafe { view.write(given) };
        Ok(())
    }
}

/// A frame as it was pickled.
#[pyfunction]
pub(crate) fn _frame_of_png(py: Python<'_>, png: &[u8]) -> PyResult<Frame> {
    let limits = core_::Limits { max_side_px: u32::MAX, max_pixels: u64::MAX, max_input_bytes: usize::MAX, ..core_::Limits::default() };
    detached(py, || core_::Frame::decode(png, &limits)).map(Frame::new_of)
}
