//! Days and instants of Arrow as those of a row.
//!
//! A timestamp with a zone is an instant, seen from that zone; one without is what clocks show in the zone of the template that reads it, and so is a
//! day. Fractions of a second are cut.

use arrow_schema::TimeUnit;
use core_::{Date, TimeZone, Value};

use super::node::{Read, Trouble};

/// Days since 1970 of the years that a date may lie in, 0 to 9999.
const DAYS: std::ops::RangeInclusive<i64> = -719_528..=2_932_896;

/// What the timestamps of a column mean.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    Anywhere,
    From(TimeZone),
}

impl Seen {
    /// By the zone of a column; from one that nobody knows, instants are seen as from UTC.
    pub(super) fn from_zone(zone: Option<&str>) -> Self {
        zone.map_or(Self::Anywhere, |zone| Self::From(TimeZone::parse(zone).unwrap_or_default()))
    }
}

pub(super) fn of_day(day: i64) -> Read<Value> {
    if DAYS.contains(&day) { Ok(Value::Date(Date::floating_day(day))) } else { Err(beyond()) }
}

pub(super) fn of_instant(count: i64, unit: TimeUnit, seen: &Seen) -> Read<Value> {
    let seconds = count.div_euclid(match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    });
    if !DAYS.contains(&seconds.div_euclid(86_400)) {
        return Err(beyond());
    }
    Ok(Value::Date(match seen {
        Seen::Anywhere => Date::floating(seconds),
        Seen::From(zone) => zone.see(seconds),
    }))
}

fn beyond() -> Trouble {
    Trouble::new("must be a date in the years 0 to 9999, found one beyond")
}
