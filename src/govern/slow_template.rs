//! Whether a template's pictures are slow to fetch: a moving average of what fetching took, which fades when there is nothing to observe.
//!
//! Only fetches are observed, not what a cache had: a template whose pictures are stored is fast whatever its origin does. A slow one is not refused,
//! but gets few slots at once (a [`Gate`](super::Gate) of its own with small limits), so that it cannot hold those of all others; what
//! still goes through it tells when the origin is fast again, and where nothing goes through, the average fades. A fetch is known to be slow when it
//! ends: what a template may hold until then is bounded by its share of the slots, which it has whether it is slow or not.

/// How slow a template's fetches are: an average to which each observation adds an eighth of its difference.
///
/// Two 64-bit numbers; all noughts is a template that was never observed. The average stands for [`HOLD_MS`](Self::HOLD_MS) after an
/// observation, then it halves every [`HALF_LIFE_MS`](Self::HALF_LIFE_MS) until the next one. So from `a` ms it falls below a
/// threshold of `t` ms after `10 s + 5 s * log2(a / t)` without observations (27 s from 10 s to 1 s), or after `log(a / t) / log(8 / 7)`
/// fetches that take no time (18).
///
/// An observation that lies in the future, because the clock went back, counts as one that lies as far in the past.
///
/// ```
/// use templrender::SlowTemplate;
/// let (mut template, threshold, mut now) = (SlowTemplate::default(), 500, 1_795_262_400_000);
/// for _ in 0..3 {
///     assert!(!template.is_slow(threshold, now));
///     now += 1_500;
///     template.observe(1_500, now);
/// }
/// assert!(!template.is_slow(threshold, now) && template.average_ms(now) == 495);
/// template.observe(1_500, now);
/// assert!(template.is_slow(threshold, now));
/// assert!(!template.is_slow(threshold, now + 13_000), "it recovers by itself");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct SlowTemplate {
    /// In 2^-16 ms, at the last observation.
    average: u64,
    observed_ms: u64,
}

impl SlowTemplate {
    /// How long an average stands without another observation.
    pub const HOLD_MS: u64 = 10_000;
    /// How long it then takes to halve.
    pub const HALF_LIFE_MS: u64 = 5_000;
    /// What takes longer counts as this long, so that it is forgotten in a bounded time.
    pub const MAX_TOOK_MS: u64 = 60_000;

    /// A fetch came to its end, with a picture or without one.
    pub fn observe(&mut self, took_ms: u64, now_ms: u64) {
        let took = took_ms.min(Self::MAX_TOOK_MS) << UNITS;
        self.average = (7 * self.faded(now_ms) + took) / 8;
        self.observed_ms = now_ms;
    }

    /// Whether the average is above a threshold.
    pub fn is_slow(&self, threshold_ms: u64, now_ms: u64) -> bool {
        self.faded(now_ms) > threshold_ms.saturating_mul(1 << UNITS)
    }

    /// The average, in whole ms.
    pub fn average_ms(&self, now_ms: u64) -> u64 {
        self.faded(now_ms) >> UNITS
    }

    /// The average as it is by now: halved for each half-life, in a straight line in between.
    fn faded(&self, now_ms: u64) -> u64 {
        // memory that somebody else wrote to must not overflow here
        let average = self.average.min(Self::MAX_TOOK_MS << UNITS);
        let idle = now_ms.abs_diff(self.observed_ms).saturating_sub(Self::HOLD_MS);
        let (halvings, rest) = (idle / Self::HALF_LIFE_MS, idle % Self::HALF_LIFE_MS);
        let halved = u32::try_from(halvings).ok().and_then(|by| average.checked_shr(by)).unwrap_or(0);
        halved - halved * rest / (2 * Self::HALF_LIFE_MS)
    }
}

/// Units of a millisecond, as a shift.
const UNITS: u32 = 16;
