//! A function of Python's as what runs a model. It is called on the thread that runs the model, with the interpreter and with no lock of ours held.

use std::sync::Arc;

use core_::{Code, Detector, Engine, Error, Face, Fault, Frame, Generator, Guard, Limits, Mask, Matte, Tensor};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::answer;
use super::array::array_of;
use super::call::ask;

/// What is called, and what for.
pub(super) struct Callable {
    pub(super) function: Py<PyAny>,
    pub(super) identity: String,
    /// The model's id, for errors.
    pub(super) model: String,
    pub(super) limits: Limits,
}

impl Callable {
    /// One answer for each picture.
    fn each<T>(
        &self,
        pictures: &[Arc<Frame>],
        what: &str,
        guard: &Guard<'_>,
        one: impl Fn(&Bound<'_, PyAny>) -> PyResult<T>,
    ) -> Vec<Result<T, Error>> {
        let all = guarded(guard, &self.model).and_then(|()| {
            ask(&self.model, |py| {
                let frames = pictures.iter().map(|frame| crate::frame::Frame::new_of(Arc::clone(frame)));
                let frames = PyList::new(py, frames.map(|frame| Py::new(py, frame)).collect::<PyResult<Vec<_>>>()?)?;
                answer::each(&self.function.bind(py).call1((frames,))?, &self.model, pictures.len(), what, one)
            })
        });
        match all {
            Ok(answers) => answers,
            Err(error) => pictures.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}

/// A call that nobody waits for any more is not begun.
fn guarded(guard: &Guard<'_>, model: &str) -> Result<(), Error> {
    use std::sync::atomic::Ordering;
    if guard.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
        let message = "a model must be wanted until it is done, found it cancelled";
        return Err(Fault::new(Code::Cancelled, format!("model {model}"), message).into());
    }
    if let (Some(clock), Some(deadline)) = (guard.clock, guard.deadline_ns)
        && clock() >= deadline
    {
        let message = "a model must be done by its deadline, found it at its beginning";
        return Err(Fault::new(Code::DeadlineExceeded, format!("model {model}"), message).into());
    }
    Ok(())
}

impl Engine for Callable {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn run(&self, inputs: &[Tensor], guard: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        guarded(guard, &self.model)?;
        ask(&self.model, |py| {
            let arrays = PyList::new(py, inputs.iter().map(|tensor| array_of(py, tensor)).collect::<PyResult<Vec<_>>>()?)?;
            answer::tensors(&self.function.bind(py).call1((arrays,))?)
        })
    }
}

impl Generator for Callable {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn generate(&self, pictures: &[Arc<Frame>], guard: &Guard<'_>) -> Vec<Result<Frame, Error>> {
        self.each(pictures, "pictures", guard, |item| answer::frame(item, &self.limits))
    }
}

impl Detector for Callable {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn detect(&self, pictures: &[Arc<Frame>], guard: &Guard<'_>) -> Vec<Result<Vec<Face>, Error>> {
        self.each(pictures, "lists of faces", guard, answer::faces)
    }
}

impl Matte for Callable {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn matte(&self, pictures: &[Arc<Frame>], guard: &Guard<'_>) -> Vec<Result<Mask, Error>> {
        self.each(pictures, "masks", guard, answer::mask)
    }
}
