//! Governors
//!
//! Who goes on, waits or is sent away. State stands in memory of the caller's, which may be shared between processes: noughts are the start, and there
//! are no pointers inside. Nothing here is atomic: the caller locks. Times are in ms, from any moment on.

use core_::{Admission, Gate, GateLimits, Rate, SlowTemplate, TokenBucket};

use crate::boundary::neutral;
use crate::pointer::set_if;

/// Lets a burst in, then so many a second.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct templrender_token_bucket {
    /// Not to be looked at.
    pub state: [u64; 1],
}

/// How slow a template's fetches are: an average to which each observation adds an eighth of its difference.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct templrender_slow_template {
    /// Not to be looked at.
    pub state: [u64; 2],
}

/// Lets so many run at once and so many wait for it.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct templrender_gate {
    /// Not to be looked at.
    pub state: [u32; 3],
}

/// What a gate says to one that comes.
#[repr(C)]
pub enum templrender_admission {
    /// Go on, and `templrender_gate_leave` when done.
    TEMPLRENDER_RUN = 1,
    /// Wait until one that leaves hands its place over, or `templrender_gate_give_up`.
    TEMPLRENDER_WAIT = 2,
    /// Go away.
    TEMPLRENDER_REFUSE = 3,
}

/// What stands behind a struct of the header.
///
/// # Safety
/// Both are `repr(C)`, of one size and alignment, and any numbers are a value of both.
unsafe trait State: Sized {
    type Core;
    const SAME: () = assert!(size_of::<Self>() == size_of::<Self::Core>() && align_of::<Self>() == align_of::<Self::Core>());
}

// SAFETY: one `u64` each.
unsafe impl State for templrender_token_bucket {
    type Core = TokenBucket;
}
// SAFETY: two `u64` each.
unsafe impl State for templrender_slow_template {
    type Core = SlowTemplate;
}
// SAFETY: three `u32` each.
unsafe impl State for templrender_gate {
    type Core = Gate;
}

/// Hands the core's view of a state to a body; of NULL, or where it is not aligned, the neutral value.
///
/// # Safety
/// `state` is NULL, or the caller's to read and to write, and nobody else's meanwhile.
unsafe fn with<S: State, R: Copy>(state: *mut S, otherwise: R, body: impl FnOnce(&mut S::Core) -> R) -> R {
    const { S::SAME };
    let core = state.cast::<S::Core>();
    neutral(otherwise, || match core.is_aligned() {
        // SAFETY: the caller's, as above; `State` says that one is the other.
        true => unsafe { core.as_mut() }.map_or(otherwise, body),
        false => otherwise,
    })
}

/// The same of a state that is only looked at: by many at once, perhaps.
///
/// # Safety
/// `state` is NULL, or the caller's to read, and nobody writes to it meanwhile.
unsafe fn look<S: State + Copy, R: Copy>(state: *const S, otherwise: R, body: impl FnOnce(&mut S::Core) -> R) -> R {
    if state.is_null() || !state.is_aligned() {
        return otherwise;
    }
    // SAFETY: the caller's, as above.
    let mut copy = unsafe { state.read() };
    // SAFETY: the copy is ours.
    unsafe { with(&raw mut copy, otherwise, body) }
}

/// Takes a token. False where there is none: `wait_ms`, which may be NULL, then says in how many ms there is one if nobody else comes; `UINT64_MAX` is never.
/// `per_second` of 0 or less lets nobody in, of infinity everybody; a `burst` of 0 nobody.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_token_bucket_take(
    bucket: *mut templrender_token_bucket,
    per_second: f64,
    burst: u32,
    now_ms: u64,
    wait_ms: *mut u64,
) -> bool {
    // SAFETY: the caller's, and nobody else's meanwhile.
    let taken = unsafe { with(bucket, Err(u64::MAX), |bucket| bucket.take(Rate { per_second, burst }, now_ms)) };
    if let Err(wait) = taken {
        // SAFETY: NULL or the caller's to write.
        unsafe { set_if(wait_ms, wait) };
    }
    taken.is_ok()
}

/// A fetch came to its end, with a picture or without one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_slow_template_observe(state: *mut templrender_slow_template, took_ms: u64, now_ms: u64) {
    // SAFETY: the caller's, and nobody else's meanwhile.
    unsafe { with(state, (), |state| state.observe(took_ms, now_ms)) }
}

/// Whether the average is above a threshold.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_slow_template_is_slow(
    state: *const templrender_slow_template,
    threshold_ms: u64,
    now_ms: u64,
) -> bool {
    // SAFETY: the caller's, and nobody writes meanwhile.
    unsafe { look(state, false, |state| state.is_slow(threshold_ms, now_ms)) }
}

/// The average, in whole ms: it stands for 10 s after an observation, then halves every 5 s until the next one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_slow_template_average_ms(state: *const templrender_slow_template, now_ms: u64) -> u64 {
    // SAFETY: the caller's, and nobody writes meanwhile.
    unsafe { look(state, 0, |state| state.average_ms(now_ms)) }
}

/// One comes: a `templrender_admission`. `running` is how many run at once, `waiting` how many may wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_gate_enter(gate: *mut templrender_gate, running: u32, waiting: u32) -> u32 {
    // SAFETY: the caller's, and nobody else's meanwhile.
    let said = unsafe { with(gate, Admission::Refuse, |gate| gate.enter(GateLimits { running, waiting })) };
    (match said {
        Admission::Run => templrender_admission::TEMPLRENDER_RUN,
        Admission::Wait => templrender_admission::TEMPLRENDER_WAIT,
        Admission::Refuse => templrender_admission::TEMPLRENDER_REFUSE,
    }) as u32
}

/// One that ran is done; true: one that waits runs in its place, and the caller picks and wakes it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_gate_leave(gate: *mut templrender_gate) -> bool {
    // SAFETY: the caller's, and nobody else's meanwhile.
    unsafe { with(gate, false, Gate::leave) }
}

/// One that waited, and was not let in, goes away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_gate_give_up(gate: *mut templrender_gate) {
    // SAFETY: the caller's, and nobody else's meanwhile.
    unsafe { with(gate, (), Gate::give_up) }
}
