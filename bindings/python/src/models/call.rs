//! What a call of Python's code runs in, when the core asks for it: the interpreter is taken, and what the code raises becomes an error of the core's.
//!
//! The core carries sentences, not exceptions. So a call into it that may run Python code listens: on its own thread it keeps what was raised meanwhile, to be the
//! `__cause__` of the error that comes back. What is no `Exception` (Ctrl-C, `sys.exit`) is nobody's failure: it ends the whole call and is raised as it was.

use std::cell::RefCell;

use core_::{Code, Error, Fault};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::error::{any_fault_of, exception};

/// The most characters of an exception's text that are told on.
const MAX_TOLD: usize = 500;

thread_local! {
    /// Those that listen on this thread, the innermost last: Python code that the core calls may call the core again.
    static LISTENERS: RefCell<Vec<Heard>> = const { RefCell::new(Vec::new()) };
}

/// Whether exceptions are kept until the call is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Causes {
    Kept,
    /// Their tracebacks hold what their frames do, which a long call cannot afford.
    Dropped,
}

/// What Python code raised during one call.
#[derive(Debug)]
pub(crate) struct Heard {
    causes: Causes,
    raised: Vec<(String, PyErr)>,
    ended_by: Option<PyErr>,
}

/// Runs a body that may call Python's code on this thread, and gives what that raised beside its answer.
pub(crate) fn listening<T>(causes: Causes, body: impl FnOnce() -> T) -> (T, Heard) {
    let depth = LISTENERS.with_borrow_mut(|all| {
        all.push(Heard { causes, raised: Vec::new(), ended_by: None });
        all.len()
    });
    let done = body();
    let heard = LISTENERS.with_borrow_mut(|all| {
        all.truncate(depth);
        all.pop()
    });
    (done, heard.unwrap_or(Heard { causes, raised: Vec::new(), ended_by: None }))
}

/// The same; what ends the whole call is raised.
pub(crate) fn listened<T>(causes: Causes, body: impl FnOnce() -> T) -> PyResult<(T, Heard)> {
    let (done, mut heard) = listening(causes, body);
    match heard.take_end() {
        Some(end) => Err(end),
        None => Ok((done, heard)),
    }
}

impl Heard {
    /// What ended the call, if something did.
    pub(crate) fn take_end(&mut self) -> Option<PyErr> {
        self.ended_by.take()
    }

    /// An error as an exception, with what was raised as its cause.
    pub(crate) fn exception<'py>(&self, py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
        let made = exception(py, error)?;
        let told = |sentence: &String| error.faults().iter().any(|fault| fault.message.contains(sentence.as_str()));
        if let Some((_, cause)) = self.raised.iter().find(|(sentence, _)| told(sentence)) {
            // with its traceback, which the value alone does not have before 3.12
            made.setattr("__cause__", cause.clone_ref(py).into_value(py))?;
        }
        Ok(made)
    }

    /// The same to raise.
    pub(crate) fn raised(&self, py: Python<'_>, error: &Error) -> PyErr {
        self.exception(py, error).map_or_else(|failed| failed, PyErr::from_value)
    }
}

/// Runs Python code for a model, with the interpreter, on a thread that has let it go.
pub(crate) fn ask<T>(model: &str, body: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T, Error> {
    let failed = |code, message: &str| Error::from(Fault::new(code, format!("model {model}"), message));
    if LISTENERS.with_borrow(|all| all.last().is_some_and(|heard| heard.ended_by.is_some())) {
        return Err(failed(Code::Cancelled, "a model must be wanted until it is done, found it interrupted"));
    }
    // a thread that is still at work while the interpreter ends gets no answer from it
    match Python::try_attach(|py| {
        body(py).map_err(|error| {
            // what was never raised in Python code is what this module says of an answer
            let is_theirs = error.traceback(py).is_some();
            told(py, model, error, is_theirs)
        })
    }) {
        Some(answer) => answer,
        None => Err(failed(Code::ModelFailed, "a model's function needs the interpreter, found it at its end")),
    }
}

/// An exception as the core has it; a cause is kept until the call is over.
pub(super) fn told(py: Python<'_>, model: &str, error: PyErr, is_cause: bool) -> Error {
    let place = format!("model {model}");
    if !error.is_instance_of::<PyException>(py) {
        LISTENERS.with_borrow_mut(|all| {
            if let Some(heard) = all.last_mut() {
                heard.ended_by.get_or_insert(error);
            }
        });
        return Fault::new(Code::Cancelled, place, "a model must be wanted until it is done, found it interrupted").into();
    }
    let ours = any_fault_of(py, &error).filter(|fault| is_of_models(fault.code));
    let (code, sentence) = ours.map_or_else(|| (Code::ModelFailed, said(py, &error)), |fault| (fault.code, fault.message));
    LISTENERS.with_borrow_mut(|all| {
        if let Some(heard) = all.last_mut().filter(|heard| is_cause && heard.causes == Causes::Kept) {
            heard.raised.push((sentence.clone(), error));
        }
    });
    Fault::new(code, place, sentence).into()
}

/// The codes that a function of Python's may choose itself.
fn is_of_models(code: Code) -> bool {
    matches!(code, Code::ModelFailed | Code::ModelOutput | Code::ModelLimit | Code::MissingModel | Code::FaceMissing)
}

/// `ValueError: no such style`, in one line.
pub(crate) fn said(py: Python<'_>, error: &PyErr) -> String {
    let class = error.get_type(py).name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // `str` of an exception is its own code, which may fail in turn
    let text = error.value(py).str().map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    let told = if text.is_empty() { class } else { format!("{class}: {text}") };
    told.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_TOLD).collect()
}
