//! What waits for a thread that runs models: who may come in, and who runs together.
//!
//! A task is let in if what is before it, and itself, will be done by its deadline, as far as [`Speeds`] knows; an idle lane lets everything in, for only
//! a run corrects a wrong estimate. Tenants and their templates take turns as drawings do. The next to run is joined by others that wait for the same
//! model, as many as its manifest's batch takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Task;
use super::speed::Speeds;
use crate::pool::lanes::Lanes;

/// A task with what its asker needs.
pub(super) struct Waiting<T, A> {
    pub(super) task: T,
    pub(super) since: Instant,
    pub(super) deadline: Instant,
    /// Set when the asker has gone.
    pub(super) gone: Arc<AtomicBool>,
    /// Where the answer goes.
    pub(super) tell: A,
}

/// Tasks that run together.
pub(super) struct Batch<T, A> {
    number: u64,
    lane: u64,
    pub(super) members: Vec<Waiting<T, A>>,
    /// Set when all of their askers have gone.
    pub(super) cancel: Arc<AtomicBool>,
}

impl<T, A> Batch<T, A> {
    /// When the last of its askers gives up.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.members.iter().map(|member| member.deadline).max()
    }
}

/// Why a task is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// All places are taken by lanes that are not longer.
    Full,
    /// It would be done so much too late.
    Late(Duration),
    /// Nothing is let in any more.
    Closed,
}

/// What came of a task that came.
pub(super) struct Entered<T, A> {
    /// Its number in its lane.
    pub(super) number: Result<u64, Refused>,
    /// Tasks that went because their time is over.
    pub(super) expired: Vec<Waiting<T, A>>,
    /// One of a longer lane that went for it.
    pub(super) crowded: Option<Waiting<T, A>>,
}

/// What a thread is given.
pub(super) struct Next<T, A> {
    pub(super) batch: Option<Batch<T, A>>,
    /// Tasks whose time was over before.
    pub(super) expired: Vec<Waiting<T, A>>,
}

/// A batch that runs.
struct Running {
    ends: Instant,
    gone: Vec<Arc<AtomicBool>>,
    cancel: Arc<AtomicBool>,
}

pub(super) struct Queue<T, A> {
    lanes: Lanes<Waiting<T, A>>,
    /// Tasks that may wait.
    most: usize,
    threads: u32,
    running: BTreeMap<u64, Running>,
    speeds: Speeds,
    next: u64,
    pub(super) is_open: bool,
}

impl<T: Task, A> Queue<T, A> {
    pub(super) fn new(threads: u32, most: usize) -> Self {
        Self {
            lanes: Lanes::new(),
            most,
            threads: threads.max(1),
            running: BTreeMap::new(),
            speeds: Speeds::default(),
            next: 0,
            is_open: true,
        }
    }

    /// Tasks that wait.
    pub(super) fn waiting(&self) -> usize {
        self.lanes.waiting()
    }

    /// Lets a task in, or not.
    pub(super) fn enter(&mut self, lane: u64, waiting: Waiting<T, A>, now: Instant) -> Entered<T, A> {
        let mut entered = Entered { number: Err(Refused::Closed), expired: Vec::new(), crowded: None };
        if !self.is_open {
            return entered;
        }
        if let Some(late) = self.late(lane, &waiting, now) {
            entered.number = Err(Refused::Late(late));
            return entered;
        }
        if self.lanes.waiting() >= self.most {
            entered.expired = self.lanes.take_where(|waiting| waiting.deadline <= now);
        }
        if self.lanes.waiting() >= self.most && !self.is_idle() {
            entered.crowded = self.lanes.make_room(lane);
            if entered.crowded.is_none() {
                entered.number = Err(Refused::Full);
                return entered;
            }
        }
        entered.number = Ok(self.lanes.push(lane, waiting));
        entered
    }

    /// Whether a thread is free for what comes now.
    fn is_idle(&self) -> bool {
        self.running.len() + self.lanes.waiting() < self.threads as usize
    }

    /// How much too late a task would be done, if it would.
    fn late(&self, lane: u64, waiting: &Waiting<T, A>, now: Instant) -> Option<Duration> {
        if self.is_idle() {
            return None;
        }
        let before = self.lanes.ahead(lane).map(|other| self.expect(&other.task));
        let running = self.running.values().map(|running| running.ends.saturating_duration_since(now));
        let before = before.chain(running).fold(Duration::ZERO, Duration::saturating_add);
        let takes = (before / self.threads).saturating_add(self.expect(&waiting.task));
        let left = waiting.deadline.saturating_duration_since(now);
        takes.checked_sub(left).filter(|late| !late.is_zero())
    }

    fn expect(&self, task: &T) -> Duration {
        self.speeds.expect(&task.model(), task.gmac())
    }

    /// The next to run, and those whose time was over before.
    pub(super) fn next(&mut self, now: Instant) -> Next<T, A> {
        let mut expired = Vec::new();
        while let Some((lane, first)) = self.lanes.pop() {
            if first.deadline <= now {
                expired.push(first);
                self.lanes.done(lane);
                continue;
            }
            let (model, mut room) = (first.task.model(), first.task.batch().saturating_sub(1));
            let joins = |waiting: &Waiting<T, A>| {
                let joins = room > 0 && waiting.task.model() == model && waiting.deadline > now;
                room -= usize::from(joins);
                joins
            };
            let others = self.lanes.take_where(joins);
            let members: Vec<_> = std::iter::once(first).chain(others).collect();
            let takes = members.iter().map(|member| self.expect(&member.task)).fold(Duration::ZERO, Duration::saturating_add);
            let cancel = Arc::<AtomicBool>::default();
            let gone = members.iter().map(|member| member.gone.clone()).collect();
            self.next += 1;
            let ends = now.checked_add(takes).unwrap_or(now);
            self.running.insert(self.next, Running { ends, gone, cancel: cancel.clone() });
            return Next { batch: Some(Batch { number: self.next, lane, members, cancel }), expired };
        }
        Next { batch: None, expired }
    }

    /// A batch has ended; `took` is nothing where that says nothing about the model.
    pub(super) fn done(&mut self, batch: &Batch<T, A>, took: Option<Duration>) {
        self.running.remove(&batch.number);
        self.lanes.done(batch.lane);
        if let (Some(took), Some(first)) = (took, batch.members.first()) {
            self.speeds.observe(first.task.model(), batch.members.iter().map(|member| member.task.gmac()), took);
        }
    }

    /// The asker of a task has gone: it is taken out, or its batch is cancelled where nobody else waits for that.
    pub(super) fn leave(&mut self, lane: u64, number: u64, gone: &Arc<AtomicBool>) -> Option<Waiting<T, A>> {
        gone.store(true, Ordering::Relaxed);
        let left = self.lanes.remove(lane, number);
        if left.is_none() {
            let of = |running: &&Running| running.gone.iter().any(|other| Arc::ptr_eq(other, gone));
            let all_gone = |running: &Running| running.gone.iter().all(|gone| gone.load(Ordering::Relaxed));
            if let Some(running) = self.running.values().find(of).filter(|running| all_gone(running)) {
                running.cancel.store(true, Ordering::Relaxed);
            }
        }
        left
    }

    /// Takes out all that waits, and lets nothing in any more.
    pub(super) fn close(&mut self) -> Vec<Waiting<T, A>> {
        self.is_open = false;
        for running in self.running.values() {
            running.cancel.store(true, Ordering::Relaxed);
        }
        self.lanes.take_where(|_| true)
    }
}
