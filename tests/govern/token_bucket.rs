//! Never more than the rate, never less, and the wait that is told is exact.

use proptest::prelude::*;
use templrender::{Rate, TokenBucket};

/// The textbook's form, in whole numbers without rounding: a level that fills up with time, in 2^-20 ms.
struct Model {
    level: u128,
    full: u128,
    token: u128,
    at_ms: u64,
}

impl Model {
    fn new(rate: Rate) -> Self {
        let token = (1_000.0 * 1_048_576.0 / rate.per_second).ceil() as u128;
        Self { level: token * u128::from(rate.burst), full: token * u128::from(rate.burst), token, at_ms: 0 }
    }

    fn take(&mut self, now_ms: u64) -> bool {
        self.level = (self.level + u128::from(now_ms - self.at_ms) * (1 << 20)).min(self.full);
        self.at_ms = now_ms;
        let there = self.level >= self.token;
        if there {
            self.level -= self.token;
        }
        there
    }
}

fn rates() -> impl Strategy<Value = Rate> {
    let per_second = prop_oneof![0.01..2.0_f64, 1.0..100.0_f64, 100.0..20_000.0_f64, Just(3.0), Just(1_000.0), Just(1.0 / 3.0)];
    (per_second, 1..50_u32).prop_map(|(per_second, burst)| Rate { per_second, burst })
}

/// When somebody asks: pauses of all lengths, and many at once.
fn pauses() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![5 => Just(0), 5 => 0..5_u64, 3 => 0..200_u64, 1 => 0..100_000_u64], 1..300)
}

fn start() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1_795_262_400_000), 0..4_000_000_000_000_u64]
}

/// In every window of the calls that were let in: at most `rate * t + burst`.
fn within_the_rate(rate: Rate, let_in_ms: &[u64]) -> Result<(), TestCaseError> {
    for (i, from) in let_in_ms.iter().enumerate() {
        for (j, to) in let_in_ms.iter().enumerate().skip(i) {
            let most = rate.per_second * (to - from) as f64 / 1_000.0 + f64::from(rate.burst);
            prop_assert!((j - i + 1) as f64 <= most + 1e-9, "{} in {} ms, {:?}", j - i + 1, to - from, rate);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn it_answers_as_a_bucket_that_fills_up(rate in rates(), pauses in pauses(), start in start()) {
        let (mut bucket, mut model, mut now) = (TokenBucket::default(), Model::new(rate), start);
        model.at_ms = start;
        for pause in pauses {
            now += pause;
            prop_assert_eq!(bucket.take(rate, now).is_ok(), model.take(now));
        }
    }

    #[test]
    fn never_more_than_the_rate_in_any_window(rate in rates(), pauses in pauses(), start in start()) {
        let (mut bucket, mut now, mut let_in) = (TokenBucket::default(), start, Vec::new());
        for pause in pauses {
            now += pause;
            if bucket.take(rate, now).is_ok() {
                let_in.push(now);
            }
        }
        within_the_rate(rate, &let_in)?;
    }

    /// Threads that read the clock one after another and ask in another order win nothing.
    #[test]
    fn a_clock_that_goes_back_a_little_lets_no_more_in(rate in rates(), steps in prop::collection::vec((0..300_u64, 0..=1_000_u64), 1..300)) {
        let (mut bucket, mut latest, mut let_in) = (TokenBucket::default(), 1_795_262_400_000_u64, Vec::new());
        let mut seen = 0;
        for (pause, back) in steps {
            latest += pause;
            seen = seen.max(latest - back);
            if bucket.take(rate, latest - back).is_ok() {
                let_in.push(seen);
            }
        }
        within_the_rate(rate, &let_in)?;
    }

    /// However the clock leaps: at most the burst, and the rate over all that it went forward.
    #[test]
    fn a_leaping_clock_lets_in_what_its_way_forward_allows(rate in rates(), times in prop::collection::vec(0..100_000_u64, 1..200)) {
        let (mut bucket, mut count, mut forward) = (TokenBucket::default(), 0, 0);
        let mut last = times[0];
        for now in times {
            forward += now.saturating_sub(last);
            last = now;
            count += u32::from(bucket.take(rate, now).is_ok());
        }
        prop_assert!(f64::from(count) <= rate.per_second * forward as f64 / 1_000.0 + f64::from(rate.burst) + 1e-9);
    }

    #[test]
    fn the_wait_is_exact(rate in rates(), pauses in pauses(), start in start()) {
        let (mut bucket, mut now) = (TokenBucket::default(), start);
        for pause in pauses {
            now += pause;
            let before = bucket;
            if let Err(wait) = bucket.take(rate, now) {
                prop_assert_eq!(bucket, before, "a refusal costs nothing");
                prop_assert!(wait > 0);
                prop_assert_eq!({ bucket }.take(rate, now + wait - 1), Err(1));
                prop_assert_eq!({ bucket }.take(rate, now + wait), Ok(()));
            }
        }
    }

    /// Any state that a process may have left, any clock, any rate: no panic, and whoever waits as he is told gets in.
    #[test]
    fn nothing_starves(before in any::<u64>(), warm in any::<u64>(), now in any::<u64>(), per_second in any::<f64>(), burst in any::<u32>(),
                       old in rates(), step in 0..3_000_u64) {
        let mut bucket = TokenBucket::default();
        let _ = bucket.take(old, before);
        let _ = bucket.take(Rate { per_second, burst }, warm);
        let rate = Rate { per_second, burst };
        for now in [now, warm.wrapping_sub(step), warm.wrapping_add(step)] {
            match bucket.take(rate, now) {
                Ok(()) => prop_assert!(per_second > 0.0 && burst > 0),
                Err(u64::MAX) => prop_assert!(per_second.is_nan() || per_second <= 0.0 || burst == 0),
                Err(wait) => {
                    let token_ms = (1_000.0 / per_second).min((1_u64 << 41) as f64).ceil() as u64;
                    prop_assert!(wait <= token_ms + 1_001, "{} of {}", wait, token_ms);
                    prop_assert_eq!({ bucket }.take(rate, now.wrapping_add(wait)), Ok(()));
                }
            }
        }
    }
}

/// A hundred days of asking in each ms would take long; so ask when it is told to.
#[test]
fn whoever_always_asks_gets_the_whole_rate() {
    for (per_second, hours) in [(0.01, 24 * 365), (1.0 / 3.0, 1_000), (3.0, 100), (7.3, 24), (999.0, 1), (1_000.0, 1)] {
        let rate = Rate { per_second, burst: 5 };
        let (mut bucket, start, mut count) = (TokenBucket::default(), 1_795_262_400_000_u64, 0_u64);
        let (mut now, end) = (start, start + hours * 3_600_000);
        while now < end {
            match bucket.take(rate, now) {
                Ok(()) => count += 1,
                Err(wait) => now += wait,
            }
        }
        let whole = per_second * (hours * 3_600) as f64;
        let got = count as f64 - 5.0;
        assert!(got <= whole && got >= whole * (1.0 - 2e-6) - 1.0, "{per_second}/s for {hours} h: {got} of {whole}");
    }
}

#[test]
fn asking_in_each_ms_gives_more_than_one_in_a_ms_if_the_rate_says_so() {
    let rate = Rate { per_second: 16_000.0, burst: 100 };
    let mut bucket = TokenBucket::default();
    let mut count = 0;
    for now in 0..10_000 {
        while bucket.take(rate, now).is_ok() {
            count += 1;
        }
    }
    assert_eq!(count, 16 * 9_999 + 100);
}

#[test]
fn a_clock_that_was_set_back_is_followed_at_once() {
    let rate = Rate { per_second: 2.0, burst: 4 };
    let (mut bucket, day) = (TokenBucket::default(), 86_400_000);
    let noon = 20_000 * day;
    assert!((0..4).all(|_| bucket.take(rate, noon).is_ok()));
    assert_eq!(bucket.take(rate, noon - day), Err(500), "empty, not locked for a day");
    assert_eq!(bucket.take(rate, noon - day + 500), Ok(()));
    assert!((0..4).all(|_| bucket.take(rate, noon + day).is_ok()));
    assert_eq!(bucket.take(rate, noon + day), Err(500), "a jump ahead fills it once");
}

#[test]
fn a_lower_rate_holds_at_once() {
    let (mut bucket, now) = (TokenBucket::default(), 5_000_000);
    let (low, high) = (Rate { per_second: 1.0, burst: 1 }, Rate { per_second: 1.0, burst: 1_000 });
    assert!((0..1_000).all(|_| bucket.take(high, now).is_ok()));
    assert_eq!(bucket.take(low, now), Err(1_000), "not 1,000 s");
    assert_eq!(bucket.take(low, now + 1_000), Ok(()));
}

#[test]
fn strange_rates_are_none_or_all() {
    for per_second in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(TokenBucket::default().take(Rate { per_second, burst: 9 }, 5), Err(u64::MAX));
    }
    assert_eq!(TokenBucket::default().take(Rate { per_second: 9.0, burst: 0 }, 5), Err(u64::MAX));
    let (mut bucket, all) = (TokenBucket::default(), Rate { per_second: f64::INFINITY, burst: 1 });
    assert!([5, 5, 4, 0, u64::MAX, 5].into_iter().all(|now| bucket.take(all, now).is_ok()));
}

#[test]
fn it_is_one_number() {
    assert_eq!((size_of::<TokenBucket>(), align_of::<TokenBucket>()), (8, 8));
}
