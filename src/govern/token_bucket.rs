//! So many a second, with bursts: the generic cell rate algorithm, which is a token bucket in one number.
//!
//! The number is the instant at which the bucket would be full again. Each that is let in moves it on by the time that one token takes; it may be
//! ahead of the clock by as much as the burst takes, and no more. There is nothing to fill up between calls and no fraction to add up, so nothing drifts.
//!
//! Instants are counted in 2^-20 ms modulo 2^64, that is modulo 557 years, and compared by their difference: no time overflows. The time that
//! a token takes is rounded up to the next such unit: never more than the rate is let in, and less by one part in 10^9 / rate.

/// How many, and how many at once.
///
/// ```
/// use templrender::Rate;
/// let rate = Rate { per_second: 0.5, burst: 3 };
/// assert_eq!(rate, Rate { burst: 3, ..rate });
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub struct Rate {
    /// How many a second in the long run; of 0, less or no number, none is let in, and of infinity all are.
    pub per_second: f64,
    /// How many at once after a pause; of 0, none is let in.
    pub burst: u32,
}

/// Lets a burst in, then so many a second.
///
/// One 64-bit number; all noughts is a full bucket (to clocks that began at most 278 years ago). Over any stretch of `t` seconds at most `rate * t + burst` are let in, and whoever
/// always asks gets so many.
///
/// Where the clock goes back by up to a second (threads that read it one after another and ask in another order), nothing is won or lost. Where
/// it goes back further, the bucket counts as empty from there. Where it jumps ahead, the bucket is full at most.
///
/// ```
/// use templrender::{Rate, TokenBucket};
/// let rate = Rate { per_second: 10.0, burst: 2 };
/// let mut bucket = TokenBucket::default();
/// let now = 1_795_262_400_000;
/// assert_eq!(bucket.take(rate, now), Ok(()));
/// assert_eq!(bucket.take(rate, now + 30), Ok(()));
/// assert_eq!(bucket.take(rate, now + 40), Err(60));
/// assert_eq!(bucket.take(rate, now + 100), Ok(()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct TokenBucket {
    /// When the bucket would be full.
    full_at: u64,
}

/// Units of a millisecond, as a shift.
const UNITS: u32 = 20;
/// How far back a clock may go without being a new one.
const JITTER: i64 = 1_000 << UNITS;
/// Longest time that a whole burst may take: 69 years.
const MAX_SPAN: u64 = 1 << 61;

impl TokenBucket {
    /// Takes a token, or says in how many ms there is one if nobody else comes; `u64::MAX` is never.
    ///
    /// # Errors
    /// The wait in ms: that much later the same call succeeds, 1 ms earlier it does not.
    pub fn take(&mut self, rate: Rate, now_ms: u64) -> Result<(), u64> {
        let Some((interval, span)) = spans(rate) else { return Err(u64::MAX) };
        if span == 0 {
            return Ok(());
        }
        let now = now_ms << UNITS;
        let mut ahead = self.full_at.wrapping_sub(now).cast_signed();
        if ahead > span + JITTER {
            // the clock went back, or the rate was another
            ahead = span;
            self.full_at = now.wrapping_add_signed(span);
        }
        let ahead = ahead.max(0);
        let over = ahead - (span - interval);
        if over > 0 {
            return Err(over.cast_unsigned().div_ceil(1 << UNITS));
        }
        self.full_at = now.wrapping_add_signed(ahead + interval);
        Ok(())
    }
}

/// What one token and a whole burst take, in units of the clock: 0 where all are let in, nothing where none is.
fn spans(rate: Rate) -> Option<(i64, i64)> {
    if rate.per_second.is_nan() || rate.per_second <= 0.0 || rate.burst == 0 {
        return None;
    }
    // a conversion saturates, so that the rarest rate takes the longest time
    let interval = (1_000.0 * f64::from(1_u32 << UNITS) / rate.per_second).ceil() as u64;
    let interval = interval.min(MAX_SPAN);
    let span = interval.saturating_mul(u64::from(rate.burst)).min(MAX_SPAN);
    Some((interval.cast_signed(), span.cast_signed()))
}
