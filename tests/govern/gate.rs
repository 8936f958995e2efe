//! Every interleaving of a few that come, run, wait and give up.

use std::collections::{BTreeSet, VecDeque};

use proptest::prelude::*;
use templrender::{Admission, Gate, GateLimits};

/// What one that comes is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doing {
    Away,
    Running,
    Waiting,
}

/// A gate, those that use it, and the host's queue of those that wait.
#[derive(Debug, Clone)]
struct World {
    gate: Gate,
    limits: GateLimits,
    all: Vec<Doing>,
    queue: VecDeque<usize>,
}

impl World {
    fn new(limits: GateLimits, all: usize) -> Self {
        Self { gate: Gate::default(), limits, all: vec![Doing::Away; all], queue: VecDeque::new() }
    }

    /// All steps that one may take: those that are away come, those that run leave, those that wait give up.
    fn step(&self, who: usize) -> (Self, Option<Admission>) {
        let mut next = self.clone();
        let mut said = None;
        match next.all[who] {
            Doing::Away => {
                let admission = next.gate.enter(next.limits);
                said = Some(admission);
                match admission {
                    Admission::Run => next.all[who] = Doing::Running,
                    Admission::Wait => {
                        next.all[who] = Doing::Waiting;
                        next.queue.push_back(who);
                    }
                    Admission::Refuse => {}
                }
            }
            Doing::Running => {
                next.all[who] = Doing::Away;
                if next.gate.leave() {
                    next.wake();
                }
            }
            Doing::Waiting => {
                next.all[who] = Doing::Away;
                next.queue.retain(|other| *other != who);
                next.gate.give_up();
            }
        }
        (next, said)
    }

    fn wake(&mut self) {
        let who = self.queue.pop_front().expect("the gate lets one in, and nobody waits");
        assert_eq!(self.all[who], Doing::Waiting);
        self.all[who] = Doing::Running;
    }

    fn count(&self, doing: Doing) -> u32 {
        self.all.iter().filter(|d| **d == doing).count() as u32
    }

    /// The gate knows what is; nobody waits before an open place.
    fn check(&self) {
        assert_eq!((self.gate.running(), self.gate.waiting()), (self.count(Doing::Running), self.count(Doing::Waiting)), "{self:?}");
        assert!(self.gate.waiting() == 0 || self.gate.running() >= self.limits.running, "a place is empty while somebody waits: {self:?}");
    }

    /// What makes two worlds one.
    fn identity(&self) -> (Vec<Doing>, Vec<usize>) {
        (self.all.clone(), self.queue.iter().copied().collect())
    }
}

#[test]
fn every_interleaving_keeps_the_limits_and_loses_nobody() {
    let mut worlds = 0;
    for running in 0..4 {
        for waiting in 0..4 {
            let limits = GateLimits { running, waiting };
            let mut seen = BTreeSet::new();
            let mut open = vec![World::new(limits, 6)];
            while let Some(world) = open.pop() {
                if !seen.insert(world.identity()) {
                    continue;
                }
                world.check();
                assert!(world.gate.running() <= running && world.gate.waiting() <= waiting, "{world:?}");
                for who in 0..6 {
                    let (next, said) = world.step(who);
                    match said {
                        Some(Admission::Run) => assert!(world.gate.running() < running && world.gate.waiting() == 0),
                        Some(Admission::Wait) => assert!(world.gate.running() == running && world.gate.waiting() < waiting),
                        Some(Admission::Refuse) => {
                            assert!(running == 0 || (world.gate.running() == running && world.gate.waiting() == waiting))
                        }
                        None => {}
                    }
                    open.push(next);
                }
                drains(world);
            }
            worlds += seen.len();
        }
    }
    assert!(worlds > 2_000, "only {worlds}");
}

/// Whatever happened: when those that run leave, all that wait get their turn, in the order in which they came.
fn drains(mut world: World) {
    let expected: Vec<usize> = world.queue.iter().copied().collect();
    let mut came = Vec::new();
    while let Some(who) = world.all.iter().position(|d| *d == Doing::Running) {
        let first = world.queue.front().copied();
        world = world.step(who).0;
        came.extend(first.filter(|first| world.all[*first] == Doing::Running));
    }
    assert_eq!(came, expected);
    assert!(world.gate.running() == 0 && world.gate.waiting() == 0, "{world:?}");
}

proptest! {
    /// Limits that change while some are inside: nobody is thrown out, those above the new limit leave, and `admit` fills new room.
    #[test]
    fn limits_may_change(steps in prop::collection::vec((0..12_usize, prop::option::weighted(0.1, (0..5_u32, 0..5_u32))), 1..200)) {
        let mut world = World::new(GateLimits { running: 2, waiting: 2 }, 12);
        for (who, limits) in steps {
            if let Some((running, waiting)) = limits {
                world.limits = GateLimits { running, waiting };
                while world.gate.admit(world.limits) {
                    world.wake();
                }
                world.check();
            }
            let running = world.gate.running();
            let (next, _) = world.step(who);
            world = next;
            prop_assert!(world.gate.running() <= running.max(world.limits.running));
            world.check();
        }
        if world.limits.running > 0 {
            drains(world);
        }
    }

    /// A host that miscounts, or a process that died inside: counts saturate.
    #[test]
    fn no_sequence_of_calls_panics(calls in prop::collection::vec((0..4_u8, any::<u32>(), any::<u32>()), 1..100)) {
        let mut gate = Gate::default();
        for (call, running, waiting) in calls {
            let limits = GateLimits { running, waiting };
            match call {
                0 => drop(gate.enter(limits)),
                1 => drop(gate.leave()),
                2 => gate.give_up(),
                _ => drop(gate.admit(limits)),
            }
        }
    }
}

#[test]
fn it_is_three_numbers() {
    assert_eq!((size_of::<Gate>(), align_of::<Gate>(), size_of::<GateLimits>()), (12, 4, 8));
}
