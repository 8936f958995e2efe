//! What other libraries and the standard library make of plain values: numpy's scalars and arrays, pandas' missing values, members of enums, paths.
//!
//! None of these libraries is imported here: a class is known by its module's name and its own, and only when it is none of the common ones.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyString, PyType};

static ENUM: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static PATH: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// The plain value that an object stands for; `None` of one that stands for itself.
pub(super) fn plain<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = object.py();
    let class = object.get_type();
    let module = class.module()?;
    let library = module.to_str()?.split('.').next().unwrap_or_default();
    match library {
        "numpy" => return numpy(object),
        "pandas" if class.name()?.to_str()? == "NAType" => return Ok(Some(py.None().into_bound(py))),
        _ => {}
    }
    if object.is_instance(ENUM.import(py, "enum", "Enum")?.as_any())? {
        return object.getattr(intern!(py, "value")).map(Some);
    }
    if object.is_instance(PATH.import(py, "os", "PathLike")?.as_any())? {
        return py.import(intern!(py, "os"))?.call_method1(intern!(py, "fsdecode"), (object,)).map(Some);
    }
    Ok(None)
}

/// A scalar or an array without dimensions as Python's own type, a flat array as a list; `None` of other arrays.
fn numpy<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = object.py();
    let Ok(dtype) = object.getattr(intern!(py, "dtype")) else { return Ok(None) };
    let Ok(dimensions) = object.getattr(intern!(py, "ndim"))?.extract::<usize>() else { return Ok(None) };
    let kind: String = dtype.getattr(intern!(py, "kind"))?.extract()?;
    match (dimensions, kind.as_str()) {
        // Shortest digits of their own width: 0.1, not 0.10000000149011612.
        (0, "f") => {
            let digits = object.str()?;
            Ok(Some(py.get_type::<PyFloat>().call1((digits,))?))
        }
        // Nanoseconds would come out as ints; days are days.
        (0, "M")
            if !["[Y]", "[M]", "[W]", "[D]"].iter().any(|unit| dtype.str().is_ok_and(|text| text.to_string_lossy().ends_with(unit))) =>
        {
            let micros = object.call_method1(intern!(py, "astype"), (PyString::new(py, "datetime64[us]"),))?;
            micros.call_method0(intern!(py, "item")).map(Some)
        }
        (0, _) => object.call_method0(intern!(py, "item")).map(Some),
        // Bytes, which are a picture.
        (1, "u") if dtype.getattr(intern!(py, "itemsize"))?.extract::<usize>()? == 1 => Ok(None),
        (1, "f" | "M") => Ok(Some(object.try_iter()?.collect::<PyResult<Vec<_>>>()?.into_pyobject(py)?)),
        (1, _) => object.call_method0(intern!(py, "tolist")).map(Some),
        _ => Ok(None),
    }
}
