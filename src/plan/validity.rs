//! How long a plan holds: the next instant at which the same row gives another one.
//!
//! An evaluation tells when a value that it made may be another one. That is where to look, not the answer: the value may belong to a name
//! that nothing uses, or to a comparison that keeps its outcome. So the row is planned again as of that instant, until the key differs.
//! A row that nothing in time changes is planned once; one in a sale window twice.

use super::Plan;
use crate::error::Error;

/// Most instants that are tried: a countdown that is hidden until its last days counts a month of midnights.
pub(super) const MAX_TRIES: usize = 32;

/// The first instant of which `later` makes another key, or no plan. After [`MAX_TRIES`] the instant that would be tried next: nothing
/// changes before it.
pub(super) fn next_change(plan: &Plan, later: impl Fn(i64) -> Result<Plan, Error>) -> Option<i64> {
    let mut instant = plan.inner.valid_until?;
    for _ in 0..MAX_TRIES {
        match later(instant) {
            Ok(then) if then.inner.key == plan.inner.key => instant = then.inner.valid_until?,
            _ => break,
        }
    }
    Some(instant)
}
