//! Guards
//!
//! What ends a picture before it is done. A call cannot be ended from outside: it asks, between layers and pictures, and in long loops.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use core_::{Fault, Guard};

use crate::boundary::neutral;
use crate::growing::{self, Growing, byte_bool};
use crate::library::monotonic_ns;
use crate::pointer::bad;

/// A flag that one thread sets and another looks at, in memory of the caller's. Noughts: not set. Only `templrender_flag_set` writes to it while a call has it.
#[repr(C)]
#[derive(Debug, Default)]
pub struct templrender_flag {
    /// 0 or 1.
    pub state: u8,
}

/// What ends a call; by default (noughts) nothing. `struct_size` must be set.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct templrender_guard {
    /// `sizeof(templrender_guard)`.
    pub struct_size: usize,
    /// By this time of `templrender_monotonic_ns` a call ends, done or with `TEMPLRENDER_DEADLINE_EXCEEDED`; 0: whenever it is done.
    pub deadline_ns: u64,
    /// Once it is set a call ends with `TEMPLRENDER_CANCELLED`; may be NULL.
    pub cancel: *const templrender_flag,
    /// Whether the report has timings.
    pub timings: byte_bool,
}

// SAFETY: `repr(C)`, its size first, numbers and a pointer.
unsafe impl Growing for templrender_guard {
    const FIRST: usize = 32;

    fn defaults() -> Self {
        Self { struct_size: size_of::<Self>(), deadline_ns: 0, cancel: std::ptr::null(), timings: 0 }
    }
}

/// The core's guard, and whether timings are asked for.
///
/// # Safety
/// `guard` is NULL, or of the size that it says, and its flag lives as long as the answer is used.
pub(crate) unsafe fn guard_of<'a>(guard: *const templrender_guard) -> Result<(Guard<'a>, bool), Fault> {
    // SAFETY: the caller's, as above.
    let Some(given) = (unsafe { growing::read_if(guard, "guard") })? else { return Ok((Guard::default(), false)) };
    let (deadline_ns, timings) = (Some(given.deadline_ns).filter(|at| *at != 0), given.timings != 0);
    let clock = (timings || deadline_ns.is_some()).then_some(monotonic_ns as fn() -> u64);
    // SAFETY: as `guard`, and it is checked to be one.
    let cancel = unsafe { flag_of(given.cancel) }?;
    Ok((Guard { clock, deadline_ns, cancel }, timings))
}

/// # Safety
/// `flag` is NULL, or lives as long as the answer is used, and nobody writes to it but `templrender_flag_set`.
unsafe fn flag_of<'a>(flag: *const templrender_flag) -> Result<Option<&'a AtomicBool>, Fault> {
    if flag.is_null() {
        return Ok(None);
    }
    let at = flag.cast_mut().cast::<u8>();
    // SAFETY: the caller's, as above; a byte is always aligned.
    match unsafe { AtomicU8::from_ptr(at) }.load(Ordering::Relaxed) {
        // SAFETY: as above, and a byte of 0 or 1 is a bool, which it stays: `templrender_flag_set` writes 1.
        0 | 1 => Ok(Some(unsafe { AtomicBool::from_ptr(at.cast()) })),
        other => Err(bad("guard.cancel", format!("a flag must be 0 or 1, found {other}"))),
    }
}

/// Sets a flag, from any thread, at any time; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_flag_set(flag: *mut templrender_flag) {
    neutral((), || {
        if !flag.is_null() {
            // SAFETY: the caller's, and a byte is always aligned.
            unsafe { AtomicU8::from_ptr(flag.cast()) }.store(1, Ordering::Relaxed);
        }
    });
}
