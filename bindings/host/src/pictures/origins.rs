//! How hard an origin is asked: so many fetches at once, so many a second, and not at all while it said to wait.
//!
//! The decisions are the core's `Gate` and `TokenBucket`; here is where they are kept for each origin, and how one that waits is woken. The
//! origin is that of the URL asked for; where it redirects to, its target is asked on its account. All origins together share a number of
//! fetches, of which one origin gets no more than its gate lets through. Waiting is bounded: who would wait longer is told to come again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use core_::{Admission, Gate, TokenBucket};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout_at};

use super::PicturesOptions;
use crate::fetch::Refusal;

/// Origins that are remembered; the least used are forgotten first.
const MAX_ORIGINS: u64 = 10_000;
/// What one is told that found the gate closed: fetches that run have mostly ended by then.
const COME_AGAIN: Duration = Duration::from_secs(1);

/// All origins.
#[derive(Debug, Clone)]
pub(super) struct Origins {
    known: moka::sync::Cache<String, Arc<Origin>>,
    fetches: Arc<Semaphore>,
}

/// What is known of one.
#[derive(Debug)]
struct Origin {
    counts: Mutex<Counts>,
    /// A permit for each that was let in by one that left.
    turns: Semaphore,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    gate: Gate,
    bucket: TokenBucket,
    /// Asked nothing before this, ms since 1970.
    closed_until_ms: u64,
}

/// The right to fetch, given back when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    origin: Arc<Origin>,
    /// Whether it came to that; else this is one that waits.
    runs: bool,
    /// Its part of all fetches, once it has one.
    fetch: Option<OwnedSemaphorePermit>,
}

impl Origins {
    pub(super) fn new(max_fetches: usize) -> Self {
        let fetches = Arc::new(Semaphore::new(max_fetches.min(Semaphore::MAX_PERMITS)));
        Self { known: moka::sync::Cache::new(MAX_ORIGINS), fetches }
    }

    /// Waits for its turn, as long as the options allow.
    pub(super) async fn enter(&self, name: &str, options: &PicturesOptions) -> Result<Turn, Refusal> {
        let until = Instant::now() + options.max_wait;
        let origin = self.origin(name);
        origin.locked().check_open(options)?;
        let mut turn = origin.clone().admit(options)?;
        if !turn.runs {
            within(until, origin.turns.acquire()).await?.forget();
            turn.runs = true;
        }
        turn.fetch = Some(within(until, self.fetches.clone().acquire_owned()).await?);
        loop {
            let taken = {
                let mut counts = origin.locked();
                // It may have said so while this one waited.
                counts.check_open(options)?;
                counts.bucket.take(options.per_origin_rate, options.clock.now_ms())
            };
            let Err(wait_ms) = taken else { return Ok(turn) };
            let wait = Duration::from_millis(wait_ms);
            if wait > until.saturating_duration_since(Instant::now()) {
                return Err(Refusal::Busy { retry_after: wait.min(options.max_retry_after) });
            }
            sleep(wait).await;
        }
    }

    /// Leaves an origin alone for a while, because it said so.
    pub(super) fn close(&self, name: &str, wait: Duration, options: &PicturesOptions) {
        let wait_ms = u64::try_from(wait.min(options.max_retry_after).as_millis()).unwrap_or(u64::MAX);
        let until = options.clock.now_ms().saturating_add(wait_ms);
        let origin = self.origin(name);
        let mut counts = origin.locked();
        counts.closed_until_ms = counts.closed_until_ms.max(until);
    }

    fn origin(&self, name: &str) -> Arc<Origin> {
        match self.known.get(name) {
            Some(known) => known,
            None => self.known.get_with(name.to_owned(), || Arc::new(Origin { counts: Mutex::default(), turns: Semaphore::new(0) })),
        }
    }
}

impl Origin {
    fn locked(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(self: Arc<Self>, options: &PicturesOptions) -> Result<Turn, Refusal> {
        let admission = self.locked().gate.enter(options.per_origin);
        match admission {
            Admission::Run => Ok(Turn { origin: self, runs: true, fetch: None }),
            Admission::Wait => Ok(Turn { origin: self, runs: false, fetch: None }),
            Admission::Refuse => Err(Refusal::Busy { retry_after: COME_AGAIN }),
        }
    }
}

impl Counts {
    fn check_open(&self, options: &PicturesOptions) -> Result<(), Refusal> {
        let closed = Duration::from_millis(self.closed_until_ms.saturating_sub(options.clock.now_ms()));
        // A clock that was set back must not close it for longer than an origin may ask.
        if closed.is_zero() || closed > options.max_retry_after { Ok(()) } else { Err(Refusal::Busy { retry_after: closed }) }
    }
}

/// A place in a line, unless it takes too long.
async fn within<T>(until: Instant, place: impl Future<Output = Result<T, AcquireError>>) -> Result<T, Refusal> {
    match timeout_at(until, place).await {
        Ok(Ok(place)) => Ok(place),
        _ => Err(Refusal::Busy { retry_after: COME_AGAIN }),
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut counts = self.origin.locked();
        // One that stops waiting may have been let in a moment ago: then the permit lies there, and its place is given on.
        if !self.runs {
            match self.origin.turns.try_acquire() {
                Ok(permit) => permit.forget(),
                Err(_) => return counts.gate.give_up(),
            }
        }
        if counts.gate.leave() {
            self.origin.turns.add_permits(1);
        }
    }
}
