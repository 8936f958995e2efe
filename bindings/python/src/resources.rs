//! What a host found for the needs of plans.
//!
//! The answers are one map behind a count: a render takes the count and draws what was answered when it was called, whatever is inserted meanwhile, and nobody
//! waits for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use core_::{Cause, Code, Error, Fault, NeedId};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBool, PyString};

use crate::boundary::detached;
use crate::buffer::{Held, len_of};
use crate::error::{fault_of, raised};
use crate::limits::{Limits, limits_of};
use crate::models::Made;
use crate::pixels::frame_if;
use crate::plan::Need;

/// Answers; calls of several threads are done one after another.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Resources {
    answers: Mutex<Arc<core_::Resources>>,
    limits: core_::Limits,
}

impl Resources {
    pub(crate) fn of(answers: Arc<core_::Resources>, limits: core_::Limits) -> Self {
        Self { answers: Mutex::new(answers), limits }
    }

    /// The answers, without the interpreter; what a panic left there is whole, for the core inserts last.
    fn answers(&self) -> MutexGuard<'_, Arc<core_::Resources>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answers for what is over at once: the interpreter is let go only where another thread has them.
    fn answers_now(&self, py: Python<'_>) -> MutexGuard<'_, Arc<core_::Resources>> {
        self.answers.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what models made of a copy of the answers that were there before.
    pub(crate) fn adopt(&self, py: Python<'_>, plan: &core_::Plan, before: &Arc<core_::Resources>, filled: core_::Resources) {
        let mut answers = self.answers_now(py);
        if Arc::ptr_eq(&answers, before) {
            *answers = Arc::new(filled);
        } else {
            // somebody answered other needs meanwhile
            let answers = Arc::make_mut(&mut *answers);
            plan.needs().filter(|need| need.is_generated()).for_each(|need| answers.take_over(need.id(), &filled));
        }
    }

    /// Says that a need cannot be answered; the error is handed on.
    fn failed(&self, py: Python<'_>, id: NeedId, fault: Fault) -> PyErr {
        Arc::make_mut(&mut *self.answers_now(py)).fail(id, &fault.message);
        raised(Error::from(Fault { place: format!("resource {id}"), ..fault }))
    }
}

/// The answers at this moment; of `None`, none.
pub(crate) fn snapshot_of(py: Python<'_>, resources: Option<&Resources>) -> Arc<core_::Resources> {
    resources.map(|resources| Arc::clone(&resources.answers_now(py))).unwrap_or_default()
}

#[pymethods]
impl Resources {
    #[new]
    #[pyo3(signature = (*, limits = None))]
    fn new(limits: Option<&Limits>) -> Self {
        let limits = limits_of(limits);
        Self::of(Arc::new(core_::Resources::with_limits(limits.clone())), limits)
    }

    /// Answers a need with a picture: encoded bytes, or pixels.
    fn insert(&self, py: Python<'_>, need: &Bound<'_, PyAny>, picture: &Bound<'_, PyAny>) -> PyResult<()> {
        let id = id_of(need)?;
        let frame = frame_if(picture, &self.limits).map_err(|error| match fault_of(py, &error, Cause::Resource) {
            Some(fault) => self.failed(py, id, fault),
            None => error,
        })?;
        if let Some(frame) = frame {
            return detached(py, || Arc::make_mut(&mut *self.answers()).insert_frame(id, frame));
        }
        let (len, most) = (len_of(picture, "picture")?, self.limits.max_input_bytes);
        if len > most {
            let message = format!("picture has {len} bytes, over the limit of {most}");
            return Err(self.failed(py, id, Fault::new(Code::ResourceLimit, "", message)));
        }
        let held = Held::of(picture, "picture")?.shared();
        // The answers that make_mut leaves behind may hold the last counts of Python's objects, which pyo3 gives back later.
        detached(py, || Arc::make_mut(&mut *self.answers()).insert_shared(id, held))
    }

    /// Answers a generated need with what a model made.
    fn insert_made(&self, py: Python<'_>, need: &Bound<'_, PyAny>, made: &Made) -> PyResult<()> {
        let id = id_of(need)?;
        detached(py, || Arc::make_mut(&mut *self.answers()).insert_made(id, made.made.clone()))
    }

    /// Says that a need cannot be answered, and why.
    fn fail(&self, py: Python<'_>, need: &Bound<'_, PyAny>, why: &Bound<'_, PyAny>) -> PyResult<()> {
        let (id, why) = (id_of(need)?, reason(why)?);
        Arc::make_mut(&mut *self.answers_now(py)).fail(id, why);
        Ok(())
    }

    /// The same answers, to go on from on their own.
    fn copy(&self, py: Python<'_>) -> Self {
        Self::of(snapshot_of(py, Some(self)), self.limits.clone())
    }

    fn __copy__(&self, py: Python<'_>) -> Self {
        self.copy(py)
    }

    fn __deepcopy__(&self, py: Python<'_>, _memo: &Bound<'_, PyAny>) -> Self {
        self.copy(py)
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        snapshot_of(py, Some(self)).len()
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<Resources: {} answers>", self.__len__(py))
    }
}

/// The id of a need, or of a number that was one's.
pub(crate) fn id_of(need: &Bound<'_, PyAny>) -> PyResult<NeedId> {
    if let Ok(need) = need.cast::<Need>() {
        return Ok(need.get().need.id());
    }
    match need.is_instance_of::<PyBool>() {
        false => need.extract::<u64>().map(NeedId::from).map_err(|_| ()),
        true => Err(()),
    }
    .map_err(|()| PyTypeError::new_err(format!("need must be a Need or its id, found {}", named(need))))
}

/// A sentence, or what an exception says.
fn reason(why: &Bound<'_, PyAny>) -> PyResult<String> {
    if why.is_instance_of::<PyString>() {
        return why.extract();
    }
    if !why.is_instance_of::<pyo3::exceptions::PyBaseException>() {
        return Err(PyTypeError::new_err(format!("why must be str or an exception, found {}", named(why))));
    }
    let said: String = why.str()?.extract()?;
    Ok(if said.is_empty() { named(why) } else { said })
}

fn named(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
