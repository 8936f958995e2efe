//! Times on the command line, and the system's clock: a host may look at it, the core may not.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use core_::{Context, Fonts, Renderer, Row, Template};

/// Seconds since 1970 from `2026-11-30T12:00:00Z`, an offset other than Z, a date, or a whole number. Without an offset it is UTC.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_second());
    }
    let civil = text.parse::<jiff::civil::DateTime>();
    civil
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
        .map(|time| time.timestamp().as_second())
        .map_err(|_| "a time is written 2026-11-30T12:00:00Z, 2026-11-30, or as seconds since 1970".to_owned())
}

/// A time zone that the renderer knows; what it says of others is its own message.
pub(crate) fn zone(text: &str) -> Result<String, String> {
    let empty = Template::parse(r#"{ "templrender": 1, "name": "empty", "size": [1, 1], "layers": [] }"#);
    let context = Context { time_zone: Some(text.to_owned()), ..Context::default() };
    let plan = empty.and_then(|template| Renderer::new(Fonts::new()).plan(&template, &Row::new(), &context));
    let message = |error: core_::Error| error.faults().first().map(|fault| fault.message.clone()).unwrap_or_default();
    plan.map(|_| text.to_owned()).map_err(message)
}

/// A positive number of seconds, a fraction allowed.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| (0.01..=86_400.0).contains(s));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "must be from 0.01 to 86400 seconds".to_owned())
}

/// The clock by which a render is timed: nanoseconds since it was first looked at.
pub(crate) fn monotonic_ns() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A time as people read it, in UTC.
pub(crate) fn shown(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// The system's clock, in seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_one_instant_agree() {
        for text in ["1796040000", "2026-11-30T12:00:00Z", "2026-11-30T14:00:00+02:00", "2026-11-30T12:00", "2026-11-30T12:00:00"] {
            assert_eq!(parse(text), Ok(1_796_040_000), "{text}");
        }
        assert_eq!(parse("2026-11-30"), Ok(1_795_996_800));
        assert_eq!(parse("-1"), Ok(-1));
        assert!(parse("tomorrow").is_err());
        assert_eq!(zone("Europe/London"), Ok("Europe/London".to_owned()));
        assert!(zone("Europe/Londn").unwrap_err().ends_with("did you mean \"Europe/London\"?"));
        assert!(seconds("0").is_err() && seconds("NaN").is_err() && seconds("2.5") == Ok(Duration::from_millis(2500)));
    }
}
