//! Faults, and the core's errors as exceptions.
//!
//! The exceptions themselves are Python's, in `templrender/_errors.py`: they derive from two classes each, have methods and can be made and pickled by anybody, which
//! the stable ABI of 3.11 does not let a native class do. This file says which of them an error becomes.

use core_::{Cause, Code, Error};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

/// One thing that is wrong.
#[pyclass(frozen, eq, hash, module = "templrender")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Fault {
    pub(crate) fault: core_::Fault,
}

#[pymethods]
impl Fault {
    #[new]
    #[pyo3(signature = (code, place = "", message = "", *, line = None, column = None))]
    fn new(code: &str, place: &str, message: &str, line: Option<u32>, column: Option<u32>) -> PyResult<Self> {
        let known = Code::ALL.iter().find(|known| known.name() == code);
        let code = known.ok_or_else(|| PyValueError::new_err(format!("code must be one of docs/errors.md, found {code:?}")))?;
        let mut fault = core_::Fault::new(*code, place, message);
        fault.at = line.map(|line| (line, column.unwrap_or(1)));
        Ok(Self { fault })
    }

    #[getter]
    fn code(&self) -> &'static str {
        self.fault.code.name()
    }

    #[getter]
    fn number(&self) -> u16 {
        self.fault.code as u16
    }

    #[getter]
    fn cause(&self) -> &'static str {
        self.fault.code.cause().name()
    }

    #[getter]
    fn http_status(&self) -> u16 {
        self.fault.code.http_status()
    }

    #[getter]
    fn place(&self) -> &str {
        &self.fault.place
    }

    #[getter]
    fn message(&self) -> &str {
        &self.fault.message
    }

    #[getter]
    fn line(&self) -> Option<u32> {
        self.fault.at.map(|(line, _)| line)
    }

    #[getter]
    fn column(&self) -> Option<u32> {
        self.fault.at.map(|(_, column)| column)
    }

    fn __str__(&self) -> String {
        self.fault.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Fault {}: {}>", self.code(), self.fault)
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let places = PyDict::new(py);
        places.set_item("line", self.line())?;
        places.set_item("column", self.column())?;
        Ok(((self.code(), self.place(), self.message()).into_pyobject(py)?, places))
    }
}

/// The class of an error, by its name in `templrender/_errors.py`.
fn class_of(code: Code) -> &'static str {
    match (code, code.cause()) {
        (Code::DeadlineExceeded, _) => "DeadlineError",
        (Code::Cancelled, _) => "Cancelled",
        (Code::BadArgument, _) => "ArgumentError",
        (Code::ModelFailed | Code::ModelLimit | Code::MissingModel, _) => "ModelError",
        (_, Cause::Template) => "TemplateError",
        (_, Cause::Row) => "RowError",
        (_, Cause::Resource) => "ResourceError",
        (_, Cause::Host) => "HostError",
        (_, Cause::Request) => "RequestError",
        _ => "BugError",
    }
}

/// An error as an exception to raise.
pub(crate) fn raised(error: impl Into<Error>) -> PyErr {
    Python::attach(|py| exception(py, &error.into()).map(|made| PyErr::from_value(made)).unwrap_or_else(|failed| failed))
}

/// An error as an exception to keep.
pub(crate) fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    // Exceptions end up in logs: a row's URLs are told without their queries, which may hold secrets.
    let told = |fault: &core_::Fault| core_::Fault {
        place: core_::without_queries(&fault.place),
        message: core_::without_queries(&fault.message),
        ..fault.clone()
    };
    let faults = error.faults().iter().map(|fault| Fault { fault: told(fault) });
    class(py, class_of(error.code()))?.call1(PyTuple::new(py, faults.collect::<Vec<_>>())?)
}

/// One of the exceptions' classes.
fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("templrender._errors").map(Bound::unbind))?;
    Ok(module.bind(py).getattr(name)?.cast_into()?)
}

/// An error for what the caller gave, by the name of the argument.
pub(crate) fn bad(argument: &str, message: impl Into<String>) -> PyErr {
    raised(core_::Fault::new(Code::BadArgument, argument, message))
}

/// The first fault of an exception that is one of ours.
pub(crate) fn any_fault_of(py: Python<'_>, error: &PyErr) -> Option<core_::Fault> {
    let faults = error.value(py).getattr("faults").ok()?;
    Some(faults.get_item(0).ok()?.cast_into::<Fault>().ok()?.get().fault.clone())
}

/// The same, of this cause.
pub(crate) fn fault_of(py: Python<'_>, error: &PyErr, cause: Cause) -> Option<core_::Fault> {
    any_fault_of(py, error).filter(|fault| fault.code.cause() == cause)
}

/// The core's error of faults that came back from Python.
pub(crate) fn error_of(faults: Vec<PyRef<'_, Fault>>) -> Error {
    Error::from_faults(faults.iter().map(|fault| fault.fault.clone()).collect())
}

/// The body of the answer to a request that fails so: what `Error.to_json` says.
#[pyfunction]
pub(crate) fn _error_json(faults: Vec<PyRef<'_, Fault>>, request_id: &str) -> String {
    error_of(faults).to_json(request_id)
}

/// Puts the exceptions' classes beside the native ones.
pub(crate) fn add_classes(module: &Bound<'_, PyModule>) -> PyResult<()> {
    const ALL: [&str; 11] = [
        "Error",
        "TemplateError",
        "RowError",
        "ResourceError",
        "HostError",
        "ArgumentError",
        "ModelError",
        "DeadlineError",
        "Cancelled",
        "RequestError",
        "BugError",
    ];
    ALL.iter().try_for_each(|name| module.add(*name, class(module.py(), name)?))
}
