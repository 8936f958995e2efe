//! What ends a picture before it is done: a deadline by the host's clock, or a flag that the host sets.
//!
//! A render cannot be ended from outside without leaving its thread in pieces, so it asks: between layers and pictures, and in long loops each time
//! some ten thousands of px are done. Without a guard that is one test of a `bool`. Loops that cannot fail just stop; the first answer is kept,
//! and the stage that they belong to returns it, so that nobody ever sees a picture that was left half done.

use std::cell::{Cell, OnceCell};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Code, Fault};

/// What a host gives along with a call that may take long; by default nothing.
///
/// What other libraries do in one go is not interrupted: decoding a progressive JPEG or a lossy WebP, scaling, an SVG, writing a WebP or the PNG of a
/// photo. The limits of size bound it; `DESIGN.md` has figures.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use templrender::{Code, Context, Fonts, Guard, Renderer, Resources, Row, Scratch, Template};
///
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] }"#)?;
/// let renderer = Renderer::new(Fonts::new());
/// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
///
/// let unwanted = AtomicBool::new(false);
/// let guard = Guard { cancel: Some(&unwanted), ..Guard::default() };
/// let rendered = renderer.render_guarded(&plan, &Resources::new(), &mut Scratch::new(), &guard)?;
/// unwanted.store(true, Ordering::Relaxed); // another thread does so
/// let error = rendered.frame.encode_guarded(plan.output(), &guard).unwrap_err();
/// assert_eq!(error.code(), Code::Cancelled);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Guard<'a> {
    /// The host's clock, in nanoseconds from any moment on; it must not go back.
    pub clock: Option<fn() -> u64>,
    /// By this time of the clock a call ends, done or with [`Code::DeadlineExceeded`].
    pub deadline_ns: Option<u64>,
    /// Once this is true a call ends with [`Code::Cancelled`].
    pub cancel: Option<&'a AtomicBool>,
}

impl Guard<'_> {
    /// The same, whose deadline leaves the second half of the time from `now` on to others.
    pub(crate) fn half(&self, now_ns: Option<u64>) -> Self {
        let half = |deadline: u64| now_ns.map_or(deadline, |now| now.saturating_add(deadline.saturating_sub(now) / 2));
        Self { deadline_ns: self.deadline_ns.map(half), ..*self }
    }
}

/// Who asks a guard, and remembers its first answer.
#[derive(Debug, Default)]
pub(crate) struct Sentry<'g> {
    guard: Guard<'g>,
    /// Whether there is anything to ask.
    is_armed: bool,
    stage: Cell<&'static str>,
    /// Px of work until the next question.
    left: Cell<usize>,
    fault: OnceCell<Fault>,
}

/// Px of work between two questions: some tens of microseconds.
const STEP_PX: usize = 1 << 16;

impl<'g> Sentry<'g> {
    pub(crate) fn new(guard: &Guard<'g>) -> Self {
        let is_armed = guard.deadline_ns.is_some() || guard.cancel.is_some();
        Self { guard: *guard, is_armed, left: Cell::new(STEP_PX), ..Self::default() }
    }

    /// The clock's time, where there is one.
    pub(crate) fn now_ns(&self) -> Option<u64> {
        self.guard.clock.map(|clock| clock())
    }

    /// A stage of the work begins.
    pub(crate) fn enter(&self, stage: &'static str) -> Result<(), Fault> {
        self.stage.set(stage);
        self.check()
    }

    /// Asks now.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.stops();
        self.held()
    }

    /// The answer that was given, without asking again.
    pub(crate) fn held(&self) -> Result<(), Fault> {
        self.fault.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// Whether there is anything to ask.
    #[inline]
    pub(crate) fn is_armed(&self) -> bool {
        self.is_armed
    }

    /// Asks when enough work was done since; from the first yes on it is always yes.
    #[inline]
    pub(crate) fn stops_after(&self, px: usize) -> bool {
        self.is_armed && self.counts(px)
    }

    /// Asks now; from the first yes on it is always yes.
    #[inline]
    pub(crate) fn stops(&self) -> bool {
        self.is_armed && self.asks()
    }

    #[inline(never)]
    fn counts(&self, px: usize) -> bool {
        match self.left.get().checked_sub(px) {
            Some(left) if self.fault.get().is_none() => {
                self.left.set(left);
                false
            }
            _ => {
                self.left.set(STEP_PX);
                self.asks()
            }
        }
    }

    #[cold]
    fn asks(&self) -> bool {
        if self.fault.get().is_some() {
            return true;
        }
        let fault = |code, message: String| Fault::new(code, self.stage.get(), message);
        let answer = match (self.guard.cancel, self.guard.deadline_ns, self.guard.clock) {
            (Some(cancel), ..) if cancel.load(Ordering::Relaxed) => {
                Some(fault(Code::Cancelled, "a picture must be wanted until it is done, found it cancelled".into()))
            }
            (_, Some(_), None) => Some(fault(Code::BadArgument, "a deadline must come with a clock, found none".into())),
            (_, Some(deadline), Some(clock)) => clock().checked_sub(deadline).map(|late| {
                let message = format!("a picture must be done by its deadline, found it {} us late", late / 1_000);
                fault(Code::DeadlineExceeded, message)
            }),
            (_, None, _) => None,
        };
        answer.is_some_and(|fault| self.fault.set(fault).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn the_first_answer_is_kept() {
        let cancel = AtomicBool::new(false);
        let sentry = Sentry::new(&Guard { cancel: Some(&cancel), ..Guard::default() });
        assert!(sentry.enter("paint").is_ok() && !sentry.stops());
        cancel.store(true, Ordering::Relaxed);
        assert!(sentry.held().is_ok(), "nobody asked yet");
        assert!(sentry.stops());
        cancel.store(false, Ordering::Relaxed);
        assert!(sentry.stops() && sentry.stops_after(1), "what was left half done stays so");
        assert_eq!(sentry.enter("encode").unwrap_err().to_string(), "paint: a picture must be wanted until it is done, found it cancelled");
    }

    #[test]
    fn a_clock_is_asked_once_for_much_work() {
        static ASKED: AtomicU64 = AtomicU64::new(0);
        let clock = || ASKED.fetch_add(1, Ordering::Relaxed);
        let sentry = Sentry::new(&Guard { clock: Some(clock), deadline_ns: Some(10), ..Guard::default() });
        let rows = (1..).find(|_| sentry.stops_after(1_000)).unwrap_or(0);
        assert_eq!(ASKED.load(Ordering::Relaxed), 11);
        assert_eq!(rows, 11 * (STEP_PX / 1_000 + 1));
        assert!(sentry.stops_after(1) && ASKED.load(Ordering::Relaxed) == 11);
    }

    #[test]
    fn nobody_is_asked_without_a_guard_and_a_deadline_needs_a_clock() {
        let sentry = Sentry::default();
        assert!(sentry.enter("paint").is_ok() && !sentry.stops() && !sentry.stops_after(usize::MAX) && sentry.now_ns().is_none());
        let sentry = Sentry::new(&Guard { deadline_ns: Some(10), ..Guard::default() });
        assert_eq!(sentry.enter("layout").unwrap_err().to_string(), "layout: a deadline must come with a clock, found none");
    }
}
