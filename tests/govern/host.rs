//! A whole host by simulated time: templates whose pictures come from origins, one of them slow; tenants, one of them greedy.
//!
//! As shared slots are what a slow origin takes from the others, the same arrivals are played with and without governors: without them the others
//! suffer, so that the tests could fail.

use std::collections::{BTreeMap, VecDeque};

use templrender::{Admission, Gate, GateLimits, Rate, SlowTemplate, TokenBucket};

use super::Dice;

const TEMPLATES: usize = 5;
const SLOW: usize = 0;
const SECONDS: u64 = 120;
/// Slots of the whole host.
const ALL: GateLimits = GateLimits { running: 16, waiting: 32 };
/// What one template may hold of them, and what it may when it is slow: that it is slow is known only when its first fetches end.
const SHARE: GateLimits = GateLimits { running: 6, waiting: 6 };
const SLOWS: GateLimits = GateLimits { running: 2, waiting: 0 };
const THRESHOLD_MS: u64 = 500;

#[derive(Debug, Default, Clone, PartialEq)]
struct Tally {
    asked: u32,
    served: u32,
    /// Waits of those that were served, ms.
    waits: Vec<u64>,
}

impl Tally {
    fn p99(&self) -> u64 {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        waits.get(waits.len() * 99 / 100).copied().unwrap_or(0)
    }
}

/// One fetch: for which template, and since when in which state.
#[derive(Debug, Clone, Copy)]
struct Fetch {
    template: usize,
    came: u64,
    began: u64,
}

/// The slots of the whole host and of each template, with those that wait for them.
struct Slots {
    governed: bool,
    slow: Vec<SlowTemplate>,
    own: Vec<(Gate, VecDeque<Fetch>)>,
    all: (Gate, VecDeque<Fetch>),
}

impl Slots {
    /// One comes; those that begin.
    fn come(&mut self, fetch: Fetch, now: u64, begun: &mut Vec<Fetch>) {
        if !self.governed {
            return self.come_to_all(fetch, begun);
        }
        let limits = if self.slow[fetch.template].is_slow(THRESHOLD_MS, now) { SLOWS } else { SHARE };
        while self.own[fetch.template].0.admit(limits) {
            self.next(fetch.template, begun);
        }
        match self.own[fetch.template].0.enter(limits) {
            Admission::Run => self.come_to_all(fetch, begun),
            Admission::Wait => self.own[fetch.template].1.push_back(fetch),
            Admission::Refuse => {}
        }
    }

    fn come_to_all(&mut self, fetch: Fetch, begun: &mut Vec<Fetch>) {
        match self.all.0.enter(ALL) {
            Admission::Run => begun.push(fetch),
            Admission::Wait => self.all.1.push_back(fetch),
            Admission::Refuse => self.leave_own(fetch.template, begun),
        }
    }

    fn end(&mut self, fetch: Fetch, ms: u64, now: u64, begun: &mut Vec<Fetch>) {
        self.slow[fetch.template].observe(ms - fetch.began, now);
        if self.all.0.leave() {
            begun.extend(self.all.1.pop_front());
        }
        self.leave_own(fetch.template, begun);
    }

    fn leave_own(&mut self, template: usize, begun: &mut Vec<Fetch>) {
        if self.governed && self.own[template].0.leave() {
            self.next(template, begun);
        }
    }

    fn next(&mut self, template: usize, begun: &mut Vec<Fetch>) {
        let fetch = self.own[template].1.pop_front().expect("one that waits was let in");
        self.come_to_all(fetch, begun);
    }
}

/// Twenty arrivals a second of each template, for two minutes; template 0's origin takes 10 s from `slow_ms.0` to `slow_ms.1`, all others 5 to
/// 25 ms. What each was served, and how many of the slow template's in each 10 s.
fn play(slow_ms: (u64, u64), governed: bool) -> (Vec<Tally>, Vec<u32>) {
    let start = 1_795_262_400_000_u64;
    let (mut arrivals, mut durations) = (Dice::new(7), Dice::new(8));
    let mut tallies = vec![Tally::default(); TEMPLATES];
    let mut over_time = vec![0; (SECONDS / 10 + 20) as usize];
    let own = (0..TEMPLATES).map(|_| Default::default()).collect();
    let mut slots = Slots { governed, slow: vec![SlowTemplate::default(); TEMPLATES], own, all: Default::default() };
    let mut ends: BTreeMap<u64, Vec<Fetch>> = BTreeMap::new();
    for ms in 0..(SECONDS + 60) * 1_000 {
        let now = start + ms;
        let mut begun: Vec<Fetch> = Vec::new();
        for fetch in ends.remove(&ms).unwrap_or_default() {
            tallies[fetch.template].served += 1;
            over_time[(ms / 10_000) as usize] += u32::from(fetch.template == SLOW);
            slots.end(fetch, ms, now, &mut begun);
        }
        for (template, tally) in tallies.iter_mut().enumerate() {
            if ms < SECONDS * 1_000 && arrivals.below(50) == 0 {
                tally.asked += 1;
                slots.come(Fetch { template, came: ms, began: ms }, now, &mut begun);
            }
        }
        for fetch in begun {
            tallies[fetch.template].waits.push(ms - fetch.came);
            let is_slow = fetch.template == SLOW && (slow_ms.0..slow_ms.1).contains(&ms);
            let takes = if is_slow { 10_000 } else { 5 + durations.below(20) };
            ends.entry(ms + takes).or_default().push(Fetch { began: ms, ..fetch });
        }
        assert!(slots.all.0.running() <= ALL.running && slots.all.0.waiting() <= ALL.waiting);
    }
    let gates = std::iter::once(&slots.all).chain(&slots.own);
    assert!(
        ends.is_empty() && gates.into_iter().all(|(gate, _)| gate.running() == 0 && gate.waiting() == 0),
        "all places are empty in the end"
    );
    (tallies, over_time)
}

#[test]
fn a_slow_origin_leaves_the_others_alone_and_recovers() {
    let never = (0, 0);
    let slow = (30_000, 80_000);
    let (before, _) = play(never, true);
    let (with, over_time) = play(slow, true);
    for (template, (with, before)) in with.iter().zip(&before).enumerate().filter(|(template, _)| *template != SLOW) {
        assert!(before.asked > 2_000 && before.served == before.asked && before.p99() == 0, "{template}");
        assert_eq!((with.served, with.asked), (before.served, before.asked), "template {template}");
        assert!(with.p99() <= 1, "template {template}: {} ms", with.p99());
    }
    let per_ten: Vec<u32> = (0..12).map(|i| over_time[i]).collect();
    assert!(per_ten[..3].iter().all(|served| *served > 150), "before: {per_ten:?}");
    // those that began before it was known, then two at a time
    assert!(per_ten[5..8].iter().all(|served| *served <= 4), "while it is slow: {per_ten:?}");
    assert!(per_ten[5..8].iter().all(|served| *served >= 1), "some go through: {per_ten:?}");
    // fast again from second 80: the last slow ones end at 90, the next ones are fast
    assert!(per_ten[10..].iter().all(|served| *served > 150), "afterwards: {per_ten:?}");

    let (without, _) = play(slow, false);
    for (template, tally) in without.iter().enumerate().filter(|(template, _)| *template != SLOW) {
        assert!(tally.served < tally.asked * 8 / 10, "without governors template {template} suffers: {} of {}", tally.served, tally.asked);
    }
}

#[test]
fn a_template_that_nobody_may_fetch_for_is_fast_again_after_a_while() {
    let mut slow = SlowTemplate::default();
    (0..20).for_each(|i| slow.observe(20_000, i * 1_000));
    let recovered = (0..).find(|ms| !slow.is_slow(THRESHOLD_MS, 20_000 + ms)).unwrap_or(u64::MAX);
    assert!((20_000..40_000).contains(&recovered), "{recovered} ms");
}

#[test]
fn a_greedy_tenant_is_held_and_the_others_are_served() {
    let rate = Rate { per_second: 20.0, burst: 40 };
    let (mut dice, mut buckets) = (Dice::new(3), [TokenBucket::default(); 4]);
    let (mut asked, mut served) = ([0_u32; 4], [0_u32; 4]);
    for ms in 0..60_000 {
        for (tenant, every) in [(0, 5), (1, 100), (2, 100), (3, 100)] {
            if dice.below(every) == 0 {
                asked[tenant] += 1;
                served[tenant] += u32::from(buckets[tenant].take(rate, ms).is_ok());
            }
        }
    }
    assert!(asked[0] > 11_000 && (1_200..=1_240).contains(&served[0]), "{} of {}", served[0], asked[0]);
    for tenant in 1..4 {
        assert!(asked[tenant] > 500 && served[tenant] == asked[tenant], "tenant {tenant}: {} of {}", served[tenant], asked[tenant]);
    }
}

/// Ten times as much as there are slots for, for 20 s: what is refused is refused at once, what waits waits a bounded time, and then all is as before.
#[test]
fn a_spike_is_shed_and_leaves_nothing_behind() {
    let limits = GateLimits { running: 4, waiting: 20 };
    let (mut dice, mut gate) = (Dice::new(5), Gate::default());
    let (mut queue, mut ends) = (VecDeque::new(), BTreeMap::<u64, u32>::new());
    let (mut longest, mut refused) = (0, [0_u32; 60]);
    for ms in 0..60_000_u64 {
        let mut begin = 0;
        for _ in 0..ends.remove(&ms).unwrap_or(0) {
            if gate.leave() {
                longest = longest.max(ms - queue.pop_front().unwrap_or(ms));
                begin += 1;
            }
        }
        // four slots of 20 ms are 200 a second: 100 come, and 2,000 in the spike
        let many = if (20_000..40_000).contains(&ms) { 2 } else { u64::from(dice.below(10) == 0) };
        for _ in 0..many {
            match gate.enter(limits) {
                Admission::Run => begin += 1,
                Admission::Wait => queue.push_back(ms),
                Admission::Refuse => refused[(ms / 1_000) as usize] += 1,
            }
        }
        *ends.entry(ms + 20).or_default() += begin;
        assert_eq!(queue.len() as u32, gate.waiting());
    }
    assert_eq!(longest, 20 * 20 / 4, "a place in the queue is bounded in time");
    assert!(refused[20..40].iter().all(|count| (1_770..=1_810).contains(count)), "{refused:?}");
    assert!(refused[..20].iter().chain(&refused[41..]).all(|count| *count == 0), "{refused:?}");
}
