//! What every call runs in: a panic becomes the error `bug`, and nothing is written before a call has succeeded.
//!
//! Rust's default panic hook prints a line on stderr, which is not the library's to write to. A hook is the only place that hears where a panic
//! happened, too. So the first call sets one, in the library's own copy of Rust's standard library, which nobody else sees: of a panic inside of a call
//! it keeps place and message for the error, of any other it hands on to the hook that was there before.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use core_::{Code, Error, Fault};

use crate::error::templrender_error;
use crate::library::templrender_status;
use crate::pointer;

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

/// Runs a body; of a panic, what it said.
fn caught<R>(body: impl FnOnce() -> R) -> Result<R, Fault> {
    set_hook();
    let outer = INSIDE.replace(true);
    // What a body may leave half done is dropped or replaced by the body itself: see `render`.
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    INSIDE.set(outer);
    result.map_err(|_| TOLD.take().unwrap_or_else(|| Fault::new(Code::Bug, "", "a panic without words")))
}

/// Runs the body of a call that may fail. `*err` is set on failure alone.
///
/// # Safety
/// `err` is NULL or may be written to.
pub(crate) unsafe fn boundary(err: *mut *mut templrender_error, body: impl FnOnce() -> Result<(), Error>) -> templrender_status {
    let error = match caught(body) {
        Ok(Ok(())) => return 0,
        Ok(Err(error)) => error,
        Err(fault) => fault.into(),
    };
    let status = i32::from(error.code() as u16);
    // SAFETY: the caller's, as above.
    unsafe { pointer::put_if(err, Box::into_raw(Box::new(templrender_error::new(error)))) };
    status
}

/// Runs the body of a call that makes a handle.
///
/// # Safety
/// `out` and `err` are NULL or may be written to.
pub(crate) unsafe fn make<T>(
    out: *mut *mut T,
    name: &str,
    err: *mut *mut templrender_error,
    body: impl FnOnce() -> Result<T, Error>,
) -> templrender_status {
    let write = || {
        pointer::check_out(out, name)?;
        let made = Box::new(body()?);
        // SAFETY: the caller's, as above.
        unsafe { pointer::put(out, name, Box::into_raw(made)) }
    };
    // SAFETY: the caller's, as above.
    unsafe { boundary(err, write) }
}

/// Runs the body of a call that cannot fail; of a panic, its neutral value.
pub(crate) fn neutral<R>(otherwise: R, body: impl FnOnce() -> R) -> R {
    caught(body).unwrap_or(otherwise)
}

/// Asks a handle something that cannot fail; of NULL, the neutral value.
///
/// # Safety
/// `handle` is NULL or one of ours.
pub(crate) unsafe fn ask<T, R: Default>(handle: *const T, body: impl FnOnce(&T) -> R) -> R {
    neutral(R::default(), || {
        // SAFETY: the caller's, as above.
        unsafe { handle.as_ref() }.map(body).unwrap_or_default()
    })
}

/// Drops what a handle owns; of NULL, nothing.
///
/// # Safety
/// `handle` is NULL, or one of ours that is not used again.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    neutral((), || {
        if !handle.is_null() {
            // SAFETY: it was made by `make`, and the caller gives it back.
            drop(unsafe { Box::from_raw(handle) });
        }
    });
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_place() {
        let mut err = ptr::null_mut();
        // SAFETY: `err` is ours.
        let status = unsafe { boundary(&raw mut err, || panic!("a shelf of {} is empty", "cups")) };
        assert_eq!(status, 501);
        // SAFETY: it was just made.
        let error = unsafe { Box::from_raw(err) };
        let text = error.error().to_string();
        assert!(text.starts_with("bindings/c/src/boundary.rs:") && text.ends_with(": a shelf of cups is empty"), "{text}");
        // SAFETY: NULL is fine.
        assert_eq!(unsafe { boundary(ptr::null_mut(), || panic!("again")) }, 501);
    }

    #[test]
    fn a_panic_gives_a_neutral_value_and_makes_nothing() {
        assert_eq!(neutral(7, || panic!("no")), 7);
        let (mut out, mut err) = (ptr::dangling_mut::<u64>(), ptr::null_mut());
        // SAFETY: both are ours.
        assert_eq!(unsafe { make(&raw mut out, "out", &raw mut err, || panic!("no")) }, 501);
        assert_eq!(out, ptr::dangling_mut());
        // SAFETY: it was just made.
        unsafe { free(err) };
    }

    #[test]
    fn panics_elsewhere_are_not_ours() {
        neutral((), || ());
        assert!(!INSIDE.get());
        let other = panic::catch_unwind(|| panic!("outside of a call, so it is printed"));
        assert!(other.is_err() && TOLD.take().is_none());
    }
}
