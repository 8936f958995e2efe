//! What every call into the core runs in: the interpreter is let go, and a panic becomes the error `bug`.
//!
//! pyo3 turns a panic into `PanicException`, which `except Exception` misses, and Rust's own hook prints a line on stderr, which is not the library's to write to.
//! A hook is the only place that hears where a panic happened, too. So the first call sets one, in the module's own copy of Rust's standard library, which nobody
//! else sees: of a panic inside of a call it keeps place and message for the error, of any other it hands on to the hook that was there before.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use core_::{Code, Error, Fault};
use pyo3::prelude::*;

use crate::error::raised;

thread_local! {
    /// Whether this thread is inside of a call.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    /// What the last panic of this thread said, and where.
    static TOLD: Cell<Option<Fault>> = const { Cell::new(None) };
}

static HOOK: Once = Once::new();

fn set_hook() {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| match INSIDE.try_with(Cell::get) {
            Ok(true) => tell(info),
            _ => before(info),
        }));
    });
}

fn tell(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
    let said = info.payload_as_str().unwrap_or("a panic without words");
    let fault = Fault::new(Code::Bug, place, said);
    // a thread that ends has no place to keep it, and the error does without
    TOLD.try_with(|told| told.set(Some(fault))).unwrap_or_default();
}

/// Runs a body on this thread; of a panic, what it said. What the body leaves half done it must drop or replace itself.
pub(crate) fn caught<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    set_hook();
    let outer = INSIDE.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    INSIDE.set(outer);
    result.unwrap_or_else(|_| Err(TOLD.take().unwrap_or_else(|| Fault::new(Code::Bug, "", "a panic without words")).into()))
}

/// Runs what may take long without the interpreter, so that other threads of Python's go on.
pub(crate) fn detached<T: Send>(py: Python<'_>, body: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    py.detach(|| caught(body)).map_err(raised)
}

/// Runs what is over at once, or needs the interpreter.
pub(crate) fn attached<T>(body: impl FnOnce() -> Result<T, Error>) -> PyResult<T> {
    caught(body).map_err(raised)
}

/// Panics inside of the core's boundary: for tests of it.
#[pyfunction]
pub(crate) fn _provoke_panic(py: Python<'_>, message: String) -> PyResult<()> {
    detached(py, || panic::panic_any(message))
}
