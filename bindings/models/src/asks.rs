//! A guard, asked: between the steps of a network where its engine lets us in, and before and after each run.

use std::sync::atomic::Ordering;

use core_::{Code, Error, Fault, Guard};

/// Whether anybody can end this run at all.
pub(crate) fn is_armed(guard: &Guard<'_>) -> bool {
    guard.deadline_ns.is_some() || guard.cancel.is_some()
}

/// Nothing, or why the run is to end.
pub(crate) fn ask(guard: &Guard<'_>, place: &str) -> Result<(), Error> {
    let fault = |code, message: String| Err(Fault::new(code, place, message).into());
    if guard.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
        return fault(Code::Cancelled, "a picture must be wanted until it is done, found it cancelled".into());
    }
    match (guard.deadline_ns, guard.clock) {
        (None, _) => Ok(()),
        (Some(_), None) => fault(Code::BadArgument, "a deadline must come with a clock, found none".into()),
        (Some(deadline), Some(clock)) => match clock().checked_sub(deadline) {
            None => Ok(()),
            Some(late) => {
                fault(Code::DeadlineExceeded, format!("a picture must be done by its deadline, found it {} us late", late / 1_000))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_guard_is_asked_as_the_core_asks_it() {
        let text = |guard: &Guard<'_>| ask(guard, "model a").map_err(|error| error.to_string());
        assert_eq!(text(&Guard::default()), Ok(()));
        let cancel = AtomicBool::new(true);
        let cancelled = Guard { cancel: Some(&cancel), ..Guard::default() };
        assert_eq!(text(&cancelled).unwrap_err(), "model a: a picture must be wanted until it is done, found it cancelled");
        let late = Guard { clock: Some(|| 9_000), deadline_ns: Some(2_000), ..Guard::default() };
        assert_eq!(text(&late).unwrap_err(), "model a: a picture must be done by its deadline, found it 7 us late");
        assert_eq!(text(&Guard { deadline_ns: Some(9_001), ..late }), Ok(()));
        assert_eq!(text(&Guard { clock: None, ..late }).unwrap_err(), "model a: a deadline must come with a clock, found none");
        assert!(is_armed(&late) && !is_armed(&Guard::default()));
    }
}
