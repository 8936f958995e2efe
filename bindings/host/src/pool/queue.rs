//! Who may come in, and who has to go for it: the lanes behind core's gate.
//!
//! The gate counts as running also a job that no thread has taken yet, because a thread is free for it; so only its sum is that of the
//! lanes.

use core_::{Admission, Gate, GateLimits};

use super::lanes::Lanes;

#[derive(Debug)]
pub(super) struct Queue<J> {
    lanes: Lanes<J>,
    gate: Gate,
    limits: GateLimits,
    /// Whether jobs are still taken.
    pub(super) is_open: bool,
}

/// What came of a job that came.
#[derive(Debug)]
pub(super) struct Entered<J> {
    /// Its number, if it was let in.
    pub(super) number: Option<u64>,
    /// Jobs that went because they are late.
    pub(super) expired: Vec<J>,
    /// A job of a longer lane that went for it.
    pub(super) crowded: Option<J>,
}

impl<J> Queue<J> {
    pub(super) fn new(threads: usize, waiting: usize) -> Self {
        let many = |count| u32::try_from(count).unwrap_or(u32::MAX);
        let limits = GateLimits { running: many(threads), waiting: many(waiting) };
        Self { lanes: Lanes::new(), gate: Gate::default(), limits, is_open: true }
    }

    /// Jobs that run, jobs that wait, and their lanes.
    pub(super) fn size(&self) -> (usize, usize, usize) {
        (self.lanes.running(), self.lanes.waiting(), self.lanes.lanes())
    }

    /// Lets a job in. Where it is full, those go that are late already, else one of a longer lane.
    pub(super) fn enter(&mut self, lane: u64, job: J, is_late: impl Fn(&J) -> bool) -> Entered<J> {
        let mut entered = Entered { number: None, expired: Vec::new(), crowded: None };
        let mut admission = self.gate.enter(self.limits);
        if admission == Admission::Refuse {
            entered.expired = self.take_where(is_late);
            admission = self.gate.enter(self.limits);
        }
        if admission == Admission::Refuse {
            entered.crowded = self.lanes.make_room(lane);
            if entered.crowded.is_some() {
                self.withdraw();
                admission = self.gate.enter(self.limits);
            }
        }
        if admission != Admission::Refuse {
            entered.number = Some(self.lanes.push(lane, job));
        }
        entered
    }

    /// The next job for a thread that has ended one of this lane. That lane counts as busy until then, so that another goes first.
    pub(super) fn next(&mut self, ended: Option<u64>) -> Option<(u64, J)> {
        let next = self.lanes.pop();
        if let Some(lane) = ended {
            self.lanes.done(lane);
            // The thread that asks is the one that takes over.
            self.gate.leave();
        }
        next
    }

    /// Takes a job out that has not begun.
    pub(super) fn remove(&mut self, lane: u64, number: u64) -> Option<J> {
        let job = self.lanes.remove(lane, number)?;
        self.withdraw();
        Some(job)
    }

    /// Takes out all jobs that have not begun and of which this holds.
    pub(super) fn take_where(&mut self, holds: impl Fn(&J) -> bool) -> Vec<J> {
        let taken = self.lanes.take_where(holds);
        for _ in &taken {
            self.withdraw();
        }
        taken
    }

    /// One that has not begun is gone, whether it waited at the gate or for its thread.
    fn withdraw(&mut self) {
        if self.gate.waiting() > 0 {
            self.gate.give_up();
        } else {
            self.gate.leave();
        }
        debug_assert!(self.gate.running() + self.gate.waiting() >= self.lanes.running() as u32, "the gate lost one");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, VecDeque};

    use proptest::prelude::*;

    use super::*;

    fn steps() -> impl Strategy<Value = Vec<(u8, u64, usize)>> {
        prop::collection::vec((0u8..6, 0u64..5, 0usize..8), 1..200)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        /// Jobs come and go at random over three threads and four places.
        #[test]
        fn jobs_are_neither_lost_nor_doubled_and_a_lane_keeps_its_order(steps in steps()) {
            const THREADS: usize = 3;
            let mut queue: Queue<u64> = Queue::new(THREADS, 4);
            let mut model: BTreeMap<u64, VecDeque<(u64, u64)>> = BTreeMap::new();
            let mut running: Vec<u64> = Vec::new();
            for (job, (step, lane, which)) in steps.into_iter().enumerate() {
                let job = job as u64;
                let waiting: usize = model.values().map(VecDeque::len).sum();
                match step {
                    0..=2 => {
                        let longest = model.values().map(VecDeque::len).max().unwrap_or(0);
                        let own = model.get(&lane).map_or(0, VecDeque::len);
                        let is_full = running.len() + waiting >= THREADS + 4;
                        let Entered { number, expired, crowded } = queue.enter(lane, job, |_| false);
                        assert!(expired.is_empty());
                        assert_eq!(number.is_some(), !is_full || longest > own + 1);
                        assert_eq!(crowded.is_some(), is_full && longest > own + 1);
                        if let Some(crowded) = crowded {
                            let from = model.values_mut().find(|jobs| jobs.back().is_some_and(|(_, job)| *job == crowded)).unwrap();
                            assert_eq!(from.len(), longest);
                            from.pop_back();
                        }
                        if let Some(number) = number {
                            model.entry(lane).or_default().push_back((number, job));
                        }
                    }
                    3 if running.len() < THREADS => {
                        let next = queue.next(None);
                        assert_eq!(next.is_some(), waiting > 0);
                        if let Some((lane, job)) = next {
                            let busy = |lane: u64| running.iter().filter(|other| **other == lane).count();
                            assert!(model.iter().filter(|(_, jobs)| !jobs.is_empty()).all(|(other, _)| busy(lane) <= busy(*other)));
                            assert_eq!(model.get_mut(&lane).unwrap().pop_front().unwrap().1, job);
                            running.push(lane);
                        }
                    }
                    4 if !running.is_empty() => {
                        let ended = running.swap_remove(which % running.len());
                        if let Some((lane, job)) = queue.next(Some(ended)) {
                            assert_eq!(model.get_mut(&lane).unwrap().pop_front().unwrap().1, job);
                            running.push(lane);
                        }
                    }
                    _ => {
                        let at = model.get(&lane).and_then(|jobs| jobs.get(which)).copied();
                        let (number, _) = at.unwrap_or((u64::MAX, 0));
                        assert_eq!(queue.remove(lane, number), at.map(|(_, job)| job));
                        if let Some(jobs) = model.get_mut(&lane) {
                            jobs.retain(|(other, _)| *other != number);
                        }
                    }
                }
                let waiting: usize = model.values().map(VecDeque::len).sum();
                let mut lanes: BTreeSet<u64> = running.iter().copied().collect();
                lanes.extend(model.iter().filter(|(_, jobs)| !jobs.is_empty()).map(|(lane, _)| *lane));
                assert_eq!(queue.size(), (running.len(), waiting, lanes.len()));
                assert_eq!((queue.gate.running() + queue.gate.waiting()) as usize, running.len() + waiting);
            }
        }
    }

    #[test]
    fn lanes_take_turns() {
        let mut queue: Queue<u64> = Queue::new(1, 1_000);
        for job in 0..90 {
            queue.enter(job % 3, job, |_| false);
        }
        let mut ended = None;
        for turn in 0..90 {
            let (lane, job) = queue.next(ended).unwrap();
            assert_eq!((lane, job), (turn % 3, turn));
            ended = Some(lane);
        }
        assert!(queue.next(ended).is_none());
        assert_eq!(queue.size(), (0, 0, 0));
    }

    #[test]
    fn the_late_go_first_when_it_is_full() {
        let mut queue: Queue<u64> = Queue::new(1, 2);
        for job in 0..3 {
            queue.enter(7, job, |_| false);
        }
        let Entered { number, expired, crowded } = queue.enter(7, 3, |job| *job == 1);
        assert!(number.is_some() && expired == [1] && crowded.is_none());
        let Entered { number, crowded, .. } = queue.enter(7, 4, |_| false);
        assert!(number.is_none() && crowded.is_none());
        let Entered { number, crowded, .. } = queue.enter(8, 5, |_| false);
        assert!(number.is_some() && crowded == Some(3));
        let order: Vec<u64> = std::iter::from_fn(|| queue.next(None).map(|(_, job)| job)).collect();
        assert_eq!(order, [0, 5, 2]);
    }
}
