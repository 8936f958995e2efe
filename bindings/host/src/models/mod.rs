//! The threads that run models: beside those that draw, never among them.
//!
//! In: tasks, each with a lane and a deadline. Out: the bytes that the model made, or a [`LaneError`]. A run takes a thousand times as long as a drawing, so
//! that one on a drawing's thread would hold up a thousand pictures without a model; here it holds up other runs alone, and those are bounded: by
//! a number of places, and by the time that is expected to pass until they are done (`queue`, `speed`).

mod queue;
mod speed;
#[cfg(test)]
mod tests;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use core_::{Error, Guard};
use tokio::sync::oneshot;

use crate::clock::{monotonic_ns, ns_of};
use crate::flight::said;
use crate::metrics::ModelMetrics;
use queue::{Batch, Entered, Next, Queue, Refused, Waiting};

/// What a thread may use for its stack, as one that draws.
const STACK_BYTES: usize = 16 << 20;

/// One run of a model.
pub(crate) trait Task: Clone + Send + 'static {
    /// What may run together.
    fn model(&self) -> [u8; 32];
    /// How many of that model may.
    fn batch(&self) -> usize;
    /// Billions of multiplications, by the manifest.
    fn gmac(&self) -> f64;
    /// Runs several, of one model; an answer for each.
    fn run_all(tasks: &[Self], guard: &Guard<'_>) -> Vec<Result<Bytes, Error>>;
}

/// Why a task gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LaneError {
    /// The model, or its guard.
    Failed(Error),
    /// All places are taken, or were taken by shorter lanes afterwards.
    Full,
    /// It would be done so much too late.
    Late(Duration),
    /// Its deadline passed before it began.
    Deadline,
    /// The model panicked; the panic's text.
    Panicked(String),
    /// The service ends.
    Closed,
}

type Tell = oneshot::Sender<Result<Bytes, LaneError>>;

/// Threads that run models. When the last clone goes, they end.
pub(crate) struct ModelLane<T: Task> {
    owner: Arc<Owner<T>>,
}

impl<T: Task> Clone for ModelLane<T> {
    fn clone(&self) -> Self {
        Self { owner: self.owner.clone() }
    }
}

struct Owner<T: Task>(Arc<Shared<T>>);

struct Shared<T: Task> {
    queue: Mutex<Queue<T, Tell>>,
    wake: Condvar,
    metrics: ModelMetrics,
}

impl<T: Task> ModelLane<T> {
    /// Starts the threads.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(crate) fn new(threads: usize, waiting: usize, metrics: ModelMetrics) -> io::Result<Self> {
        let threads = u32::try_from(threads.max(1)).unwrap_or(u32::MAX);
        let shared = Arc::new(Shared { queue: Mutex::new(Queue::new(threads, waiting)), wake: Condvar::new(), metrics });
        // Ends what was started if one cannot be started.
        let lane = Self { owner: Arc::new(Owner(shared.clone())) };
        for number in 0..threads {
            let shared = shared.clone();
            std::thread::Builder::new()
                .name(format!("templrender-model-{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || while shared.run_next() {})?;
        }
        Ok(lane)
    }

    /// Tasks that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.owner.0.locked().waiting()
    }

    /// Runs a task when it is its turn. Dropped before, this takes the task out of the queue; dropped after, it cancels the run unless others wait for
    /// the same batch.
    ///
    /// # Errors
    /// [`LaneError`] tells them all.
    pub(crate) async fn run(&self, lane: u64, deadline: Instant, task: T) -> Result<Bytes, LaneError> {
        let (tell, told) = oneshot::channel();
        let gone = Arc::<AtomicBool>::default();
        let shared = &self.owner.0;
        let waiting = Waiting { task, since: Instant::now(), deadline, gone: gone.clone(), tell };
        let number = shared.enter(lane, waiting)?;
        let mut ticket = Ticket { shared, lane, number, gone, over: false };
        let answer = told.await;
        ticket.over = true;
        answer.unwrap_or(Err(LaneError::Closed))
    }
}

impl<T: Task> Shared<T> {
    fn locked(&self) -> MutexGuard<'_, Queue<T, Tell>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, lane: u64, waiting: Waiting<T, Tell>) -> Result<u64, LaneError> {
        // What goes is told after the lock is given back: answers may drop somebody's values.
        let Entered { number, expired, crowded } = self.locked().enter(lane, waiting, Instant::now());
        self.wake.notify_one();
        expired.into_iter().for_each(|waiting| refuse(waiting, LaneError::Deadline));
        crowded.into_iter().for_each(|waiting| refuse(waiting, LaneError::Full));
        number.map_err(|refused| match refused {
            Refused::Full => LaneError::Full,
            Refused::Late(late) => LaneError::Late(late),
            Refused::Closed => LaneError::Closed,
        })
    }

    /// Waits for a batch and runs it; `false` when there will be none any more.
    fn run_next(&self) -> bool {
        let mut queue = self.locked();
        let Next { batch, expired } = loop {
            let next = queue.next(Instant::now());
            if next.batch.is_some() || !next.expired.is_empty() {
                break next;
            }
            if !queue.is_open {
                return false;
            }
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        };
        drop(queue);
        expired.into_iter().for_each(|waiting| refuse(waiting, LaneError::Deadline));
        if let Some(batch) = batch {
            self.run(batch);
        }
        true
    }

    fn run(&self, batch: Batch<T, Tell>) {
        let started = Instant::now();
        for member in &batch.members {
            self.metrics.queue.observe(started.saturating_duration_since(member.since).as_secs_f64());
        }
        self.metrics.batch.observe(batch.members.len() as f64);
        let guard = Guard { clock: Some(monotonic_ns), deadline_ns: batch.deadline().map(ns_of), cancel: Some(&batch.cancel) };
        let tasks: Vec<T> = batch.members.iter().map(|member| member.task.clone()).collect();
        let ran = catch_unwind(AssertUnwindSafe(|| T::run_all(&tasks, &guard)));
        let took = started.elapsed();
        self.metrics.seconds.observe(took.as_secs_f64());
        let mut answers = match ran {
            Ok(answers) => answers.into_iter().map(|answer| answer.map_err(LaneError::Failed)).collect(),
            Err(panic) => vec![Err(LaneError::Panicked(said(panic.as_ref()))); batch.members.len()],
        }
        .into_iter();
        // A run that failed was shorter than one that does not.
        let whole = answers.as_slice().iter().all(Result::is_ok);
        self.locked().done(&batch, whole.then_some(took));
        for member in batch.members {
            let answer = answers.next().unwrap_or_else(|| Err(LaneError::Panicked("a run must answer each task, found fewer".to_owned())));
            self.metrics.ran(match &answer {
                Ok(_) => "made",
                Err(LaneError::Failed(error)) => error.code().name(),
                Err(_) => "panicked",
            });
            // Nobody hears it where the asker has gone.
            let _ = member.tell.send(answer);
        }
    }
}

fn refuse<T>(waiting: Waiting<T, Tell>, why: LaneError) {
    let _ = waiting.tell.send(Err(why));
}

impl<T: Task> Drop for Owner<T> {
    fn drop(&mut self) {
        let waiting = self.0.locked().close();
        self.0.wake.notify_all();
        waiting.into_iter().for_each(|waiting| refuse(waiting, LaneError::Closed));
    }
}

/// An asker's hold on a task.
struct Ticket<'a, T: Task> {
    shared: &'a Shared<T>,
    lane: u64,
    number: u64,
    gone: Arc<AtomicBool>,
    over: bool,
}

impl<T: Task> Drop for Ticket<'_, T> {
    fn drop(&mut self) {
        if !self.over {
            let left = self.shared.locked().leave(self.lane, self.number, &self.gone);
            // Not under the lock.
            drop(left);
        }
    }
}
