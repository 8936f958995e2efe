//! A job and who waits for it: run once and told, or refused and told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use core_::Scratch;
use tokio::sync::oneshot;

use super::PoolError;
use crate::flight::said;

/// What became of the jobs.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) done: AtomicU64,
    pub(super) panicked: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) expired: AtomicU64,
    pub(super) abandoned: AtomicU64,
}

pub(super) struct Job {
    deadline: Option<Instant>,
    cancel: Arc<AtomicBool>,
    work: Box<dyn Work>,
}

impl Job {
    pub(super) fn new<T, F>(deadline: Option<Instant>, cancel: Arc<AtomicBool>, job: F, tell: oneshot::Sender<Result<T, PoolError>>) -> Self
    where
        T: Send + 'static,
        F: FnOnce(&mut Scratch, &AtomicBool) -> T + Send + 'static,
    {
        Self { deadline, cancel, work: Box::new(Told { job, tell }) }
    }

    /// Whether its deadline has passed.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Runs it unless it is late or nobody waits for it; whether the scratch is as it should be afterwards.
    pub(super) fn run(self, scratch: &mut Scratch, counts: &Counts) -> bool {
        let Self { deadline, cancel, work } = self;
        // Values of the job that panic when they are dropped end no thread.
        let ran = catch_unwind(AssertUnwindSafe(|| {
            if cancel.load(Ordering::Relaxed) {
                counts.abandoned.fetch_add(1, Ordering::Relaxed);
                true
            } else if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                counts.expired.fetch_add(1, Ordering::Relaxed);
                work.refuse(PoolError::Deadline);
                true
            } else {
                work.run(scratch, &cancel, counts)
            }
        }));
        ran.unwrap_or(false)
    }

    /// Tells why it is not run.
    pub(super) fn refuse(self, why: PoolError) {
        self.work.refuse(why);
    }
}

/// A job and who waits for it.
trait Work: Send {
    /// Runs the job, counts it and tells what it gave; whether the scratch is as it should be.
    fn run(self: Box<Self>, scratch: &mut Scratch, cancel: &AtomicBool, counts: &Counts) -> bool;
    /// Tells why it is not run.
    fn refuse(self: Box<Self>, why: PoolError);
}

struct Told<T, F> {
    job: F,
    tell: oneshot::Sender<Result<T, PoolError>>,
}

impl<T, F> Work for Told<T, F>
where
    T: Send,
    F: FnOnce(&mut Scratch, &AtomicBool) -> T + Send,
{
    fn run(self: Box<Self>, scratch: &mut Scratch, cancel: &AtomicBool, counts: &Counts) -> bool {
        let Self { job, tell } = *self;
        let answer = catch_unwind(AssertUnwindSafe(|| job(scratch, cancel)));
        let whole = answer.is_ok();
        if whole { &counts.done } else { &counts.panicked }.fetch_add(1, Ordering::Relaxed);
        // Nobody hears it where the asker has gone.
        let _ = tell.send(answer.map_err(|panic| PoolError::Panicked(said(panic.as_ref()))));
        whole
    }

    fn refuse(self: Box<Self>, why: PoolError) {
        let _ = self.tell.send(Err(why));
    }
}
