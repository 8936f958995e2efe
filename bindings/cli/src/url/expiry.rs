//! When a URL ends, as the command line says it: a while from now, or a time.

use crate::time;

/// A while from now, or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// So many seconds from now.
    After(i64),
    /// Seconds since 1970.
    At(i64),
}

const UNITS: &[(char, i64)] = &[('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Expiry {
    /// `7d`, `12h`, `30m`, `90s`, or what `--now` takes.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let unit = UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)));
        let while_from_now = unit.and_then(|(count, seconds)| count.parse::<u32>().ok().map(|count| i64::from(count) * seconds));
        match (while_from_now, time::parse(text)) {
            (Some(seconds), _) if seconds > 0 => Ok(Self::After(seconds)),
            (None, Ok(seconds)) if seconds >= 0 => Ok(Self::At(seconds)),
            _ => Err("an end is written 7d, 12h, 30m, 90s, 2026-11-30T12:00:00Z, 2026-11-30, or as seconds since 1970".to_owned()),
        }
    }

    /// An end that is the same for all runs of a while, so that what is made again keeps its address: `7d` is then at least 7 days from now,
    /// and at most 14.
    pub(crate) fn steady(self, now: i64) -> i64 {
        match self {
            Self::After(seconds) if seconds > 0 => (now.div_euclid(seconds)).saturating_add(2).saturating_mul(seconds),
            other => other.seconds(now),
        }
    }

    /// The end in seconds since 1970.
    pub(crate) fn seconds(self, now: i64) -> i64 {
        match self {
            Self::After(seconds) => now.saturating_add(seconds),
            Self::At(seconds) => seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_while_is_counted_from_now_and_a_time_is_not() {
        let ends = |text: &str| Expiry::parse(text).map(|expiry| expiry.seconds(1_000));
        assert_eq!([ends("7d"), ends("12h"), ends("30m"), ends("90s")], [Ok(605_800), Ok(44_200), Ok(2_800), Ok(1_090)]);
        assert_eq!([ends("2026-11-30T12:00:00Z"), ends("1796040000")], [Ok(1_796_040_000), Ok(1_796_040_000)]);
        let steady = |now| Expiry::parse("7d").map(|expiry| expiry.steady(now));
        assert_eq!([steady(0), steady(604_799), steady(604_800)], [Ok(1_209_600), Ok(1_209_600), Ok(1_814_400)]);
        assert_eq!(Expiry::At(5).steady(1_000), 5);
        for bad in ["0d", "-1d", "d", "7w", "1.5h", "tomorrow", "-9", "99999999999d"] {
            assert!(Expiry::parse(bad).is_err(), "{bad}");
        }
    }
}
