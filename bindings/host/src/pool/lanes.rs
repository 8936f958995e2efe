//! Who is next: jobs in lanes, a lane's jobs in the order in which they came.
//!
//! The next job is that of the lane with the fewest jobs running, among equals of the lane whose turn came longest ago. Lanes without jobs
//! are forgotten, so that the number of lanes is bounded by the number of jobs.

use std::collections::{BTreeSet, HashMap, VecDeque};

/// Jobs that wait, and how many run in each lane.
#[derive(Debug)]
pub(crate) struct Lanes<J> {
    lanes: HashMap<u64, Lane<J>>,
    /// The lanes that have a job waiting: jobs running, turn, name.
    turns: BTreeSet<(u32, u64, u64)>,
    waiting: usize,
    running: usize,
    /// Numbers turns and jobs.
    next: u64,
}

#[derive(Debug)]
struct Lane<J> {
    jobs: VecDeque<(u64, J)>,
    running: u32,
    turn: u64,
}

impl<J> Lanes<J> {
    pub(crate) fn new() -> Self {
        Self { lanes: HashMap::new(), turns: BTreeSet::new(), waiting: 0, running: 0, next: 0 }
    }

    /// Jobs that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Jobs that run.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Lanes that have a job.
    pub(crate) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// A job that came, and its number.
    pub(crate) fn push(&mut self, name: u64, job: J) -> u64 {
        let number = self.number();
        self.change(name, |lane| {
            if lane.jobs.is_empty() {
                lane.turn = number;
            }
            lane.jobs.push_back((number, job));
        });
        self.waiting += 1;
        number
    }

    /// The next job and its lane, in which it runs from now on.
    pub(crate) fn pop(&mut self) -> Option<(u64, J)> {
        let &(_, _, name) = self.turns.first()?;
        let turn = self.number();
        let (_, job) = self.change(name, |lane| {
            lane.running += 1;
            lane.turn = turn;
            lane.jobs.pop_front()
        })?;
        self.waiting -= 1;
        self.running += 1;
        Some((name, job))
    }

    /// A job of this lane has ended.
    pub(crate) fn done(&mut self, name: u64) {
        self.change(name, |lane| lane.running = lane.running.saturating_sub(1));
        self.running = self.running.saturating_sub(1);
    }

    /// Takes a job out that has not begun.
    pub(crate) fn remove(&mut self, name: u64, number: u64) -> Option<J> {
        let (_, job) = self.change(name, |lane| {
            let at = lane.jobs.binary_search_by_key(&number, |(number, _)| *number).ok()?;
            lane.jobs.remove(at)
        })?;
        self.waiting -= 1;
        Some(job)
    }

    /// Takes the newest job out of the lane that has most of them waiting, if that is more than one above what this lane has.
    pub(crate) fn make_room(&mut self, name: u64) -> Option<J> {
        let own = self.lanes.get(&name).map_or(0, |lane| lane.jobs.len());
        let (_, _, longest) =
            self.turns.iter().max_by_key(|(_, turn, name)| (self.lanes.get(name).map_or(0, |lane| lane.jobs.len()), *turn))?;
        let longest = *longest;
        let (_, job) = self.change(longest, |lane| if lane.jobs.len() > own + 1 { lane.jobs.pop_back() } else { None })?;
        self.waiting -= 1;
        Some(job)
    }

    /// The jobs of a lane and those of all others that are before a new one of that lane, if lanes take turns.
    pub(crate) fn ahead(&self, name: u64) -> impl Iterator<Item = &J> {
        let own = self.lanes.get(&name).map_or(0, |lane| lane.jobs.len());
        let turns = self.turns.iter().filter_map(move |(_, _, other)| {
            let jobs = &self.lanes.get(other)?.jobs;
            Some(jobs.iter().take(if *other == name { own } else { own + 1 }))
        });
        turns.flatten().map(|(_, job)| job)
    }

    /// Takes all jobs out of which this holds, lane by lane in turn.
    pub(crate) fn take_where(&mut self, mut holds: impl FnMut(&J) -> bool) -> Vec<J> {
        let names: Vec<u64> = self.turns.iter().map(|(_, _, name)| *name).collect();
        let mut taken = Vec::new();
        for name in names {
            self.change(name, |lane| {
                for (number, job) in std::mem::take(&mut lane.jobs) {
                    if holds(&job) { taken.push(job) } else { lane.jobs.push_back((number, job)) }
                }
            });
        }
        self.waiting -= taken.len();
        taken
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Changes a lane and its place among the turns.
    fn change<T>(&mut self, name: u64, with: impl FnOnce(&mut Lane<J>) -> T) -> T {
        let lane = self.lanes.entry(name).or_insert_with(|| Lane { jobs: VecDeque::new(), running: 0, turn: 0 });
        self.turns.remove(&(lane.running, lane.turn, name));
        let result = with(lane);
        if !lane.jobs.is_empty() {
            self.turns.insert((lane.running, lane.turn, name));
        } else if lane.running == 0 {
            self.lanes.remove(&name);
        }
        result
    }
}
