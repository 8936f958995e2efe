//! Time zones: a fixed offset or a zone of the IANA database, and what local clocks there make of instants.
//!
//! jiff knows the rules; only the database that is compiled into it is asked, never the machine's, so that a picture's text does not
//! depend on which zone files a server has. Local time is a number too: the seconds since 1970-01-01T00:00:00 that a clock there shows.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone as Rules, TimeZoneDatabase};

use crate::error::{quoted, suggestion};
use crate::row::date::{DAY_S, Date, offset};

/// A zone that dates may be seen from; by default UTC. Cloning is cheap.
///
/// ```
/// use templrender::TimeZone;
/// let london = TimeZone::parse("Europe/London").unwrap();
/// assert_eq!(london.see(1_782_907_200).to_string(), "2026-07-01T13:00:00+01:00");
/// assert_eq!(TimeZone::default().see(1_782_907_200).to_string(), "2026-07-01T12:00:00Z");
/// assert!(TimeZone::parse("Mars/Olympus").is_none());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TimeZone(Zone);

impl TimeZone {
    /// `UTC`, an offset such as `+01:00`, or a name of the IANA database.
    pub fn parse(text: &str) -> Option<Self> {
        Zone::parse(text).ok().map(Self)
    }

    /// An instant, in seconds since 1970-01-01T00:00:00Z, as clocks there show it.
    pub fn see(&self, seconds: i64) -> Date {
        Date::at(seconds, self.0.offset_at(seconds))
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self(Zone::Fixed(0))
    }
}

/// Where a local clock stands. Cloning is cheap.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Zone {
    /// Always so many seconds east of UTC.
    Fixed(i32),
    /// By the rules of a place.
    Named(Rules),
}

/// UTC, for what has no zone of its own.
pub(crate) static UTC: Zone = Zone::Fixed(0);

impl Zone {
    /// `UTC`, an offset such as `+01:00`, or a name of the IANA database such as `Europe/London`; the message says what was found.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(seconds) = offset(text) {
            return Ok(Self::Fixed(seconds));
        }
        let database = TimeZoneDatabase::bundled();
        match database.get(text).ok().filter(|zone| !zone.is_unknown()) {
            Some(zone) => Ok(Self::Named(zone)),
            None => {
                let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
                let known = suggestion(text, names.iter().map(String::as_str));
                Err(format!(
                    "time-zone must be UTC, an offset such as +01:00 or a name such as Europe/London, found {}{known}",
                    quoted(text)
                ))
            }
        }
    }

    /// Seconds that clocks there are ahead of UTC at an instant.
    pub(crate) fn offset_at(&self, seconds: i64) -> i32 {
        match self {
            Self::Fixed(offset) => *offset,
            Self::Named(zone) => zone.to_offset(timestamp(seconds)).seconds(),
        }
    }

    /// What clocks there show at an instant.
    pub(crate) fn local(&self, seconds: i64) -> i64 {
        seconds.saturating_add(i64::from(self.offset_at(seconds)))
    }

    /// The instant at which clocks there show a local time: the first where they show it twice; where they skip it, as much later as it
    /// lies inside the skip.
    pub(crate) fn seconds_of(&self, local: i64) -> i64 {
        let plain = |offset: i32| local.saturating_sub(i64::from(offset));
        match self {
            Self::Fixed(offset) => plain(*offset),
            Self::Named(zone) => {
                let civil = Offset::UTC.to_datetime(timestamp(local));
                match zone.to_ambiguous_timestamp(civil).compatible() {
                    Ok(instant) if timestamp(local).as_second() == local => instant.as_second(),
                    // Beyond the years that jiff counts.
                    _ => plain(self.offset_at(local)),
                }
            }
        }
    }

    /// The first instant of a local day, given by its number since 1970-01-01; of a day that clocks there skip, the first after it.
    pub(crate) fn start_of(&self, day: i64) -> i64 {
        let local = day.saturating_mul(DAY_S);
        let start = self.seconds_of(local);
        match self {
            // Midnight is skipped: the day begins where the skip ends, which may lie before what seconds_of makes of it.
            Self::Named(zone) if self.local(start) != local => {
                let skip = zone.preceding(timestamp(start.saturating_add(1))).next();
                skip.map_or(start, |skip| skip.timestamp().as_second())
            }
            _ => start,
        }
    }

    /// The first instant after `after_s` at which clocks there show another unit of so many seconds: 60 is the minute, [`DAY_S`] the day.
    /// Clocks that are put forward or back may show it earlier or later than counting would say.
    pub(crate) fn next_unit(&self, after_s: i64, unit_s: i64) -> i64 {
        let unit_s = unit_s.max(1);
        let unit = self.local(after_s).div_euclid(unit_s);
        let mut from = after_s;
        loop {
            let end = unit.saturating_add(1).saturating_mul(unit_s).saturating_sub(i64::from(self.offset_at(from)));
            match self.next_transition(from).filter(|at| *at <= end) {
                Some(at) if self.local(at).div_euclid(unit_s) == unit => from = at,
                Some(at) => return at,
                None => return end,
            }
        }
    }

    /// The first instant after `after_s` of another local day.
    pub(crate) fn next_midnight(&self, after_s: i64) -> i64 {
        self.next_unit(after_s, DAY_S)
    }

    fn next_transition(&self, after_s: i64) -> Option<i64> {
        match self {
            Self::Fixed(_) => None,
            Self::Named(zone) => zone.following(timestamp(after_s)).next().map(|t| t.timestamp().as_second()).filter(|at| *at > after_s),
        }
    }
}

/// An instant that jiff counts, the nearest where it does not reach.
fn timestamp(seconds: i64) -> Timestamp {
    let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::date::Date;
    use proptest::prelude::*;

    const ZONES: &[&str] = &[
        "UTC",
        "+05:45",
        "-03:30",
        "Europe/London",
        "America/New_York",
        "America/Sao_Paulo",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kathmandu",
        "Asia/Beirut",
        "Africa/Casablanca",
        "Africa/Monrovia",
        "Antarctica/Troll",
    ];

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn instant(text: &str) -> i64 {
        Date::parse(text, &UTC).unwrap().seconds()
    }

    #[test]
    fn names_and_offsets_are_read_and_others_told_the_nearest() {
        assert_eq!(Zone::parse("UTC"), Ok(Zone::Fixed(0)));
        assert_eq!(Zone::parse("-0330"), Ok(Zone::Fixed(-12_600)));
        assert_eq!(zone("europe/london"), zone("Europe/London"));
        let rule = "time-zone must be UTC, an offset such as +01:00 or a name such as Europe/London, found";
        assert_eq!(Zone::parse("Europe/Londn"), Err(format!("{rule} \"Europe/Londn\", did you mean \"Europe/London\"?")));
        assert_eq!(Zone::parse("+25:00"), Err(format!("{rule} \"+25:00\"")));
        for text in ["", "local", "/etc/localtime", "../../etc/passwd", "Europe/London\0"] {
            assert!(Zone::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_compiled_in_database_can_be_asked() {
        let database = format!("{:?}", TimeZoneDatabase::bundled());
        assert!(database.contains("Bundled(available)"), "{database}");
        let names = TimeZoneDatabase::bundled().available().count();
        assert!(names > 500, "{names}");
    }

    #[test]
    fn offsets_follow_summer_time() {
        let london = zone("Europe/London");
        assert_eq!([instant("2026-07-01T00:00Z"), instant("2026-12-01T00:00Z")].map(|s| london.offset_at(s)), [3600, 0]);
        let far = instant("9999-07-01T00:00Z");
        assert_eq!(london.offset_at(far), 3600);
        assert_eq!([i64::MIN, i64::MAX].map(|s| london.seconds_of(london.local(s)) == s), [false, true]);
    }

    #[test]
    fn skipped_and_doubled_times_are_those_of_the_compatible_rule() {
        let york = zone("America/New_York");
        let at = |text: &str| york.seconds_of(instant(text));
        assert_eq!(at("2026-03-08T02:30Z"), instant("2026-03-08T07:30Z"), "skipped: 03:30");
        assert_eq!(at("2026-11-01T01:30Z"), instant("2026-11-01T05:30Z"), "doubled: the first");
    }

    #[test]
    fn days_begin_where_their_midnight_is_or_would_be() {
        for (name, day, start) in [
            ("Europe/London", "2026-03-29", "2026-03-29T00:00Z"),
            ("Europe/London", "2026-03-30", "2026-03-29T23:00Z"),
            // No midnight: from 23:59:59 to 01:00.
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00Z"),
            // Midnight lies inside a skip from 23:30 to 00:30.
            ("America/Toronto", "1919-03-31", "1919-03-31T04:30Z"),
            // The whole day is skipped.
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z"),
            ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00Z"),
        ] {
            assert_eq!(zone(name).start_of(instant(day).div_euclid(DAY_S)), instant(start), "{name} {day}");
        }
    }

    #[test]
    fn the_next_midnight_is_right_across_changes_of_clocks() {
        for (name, after, next) in [
            ("UTC", "2026-11-27T12:00Z", "2026-11-28"),
            ("UTC", "2026-11-28T00:00Z", "2026-11-29"),
            ("+13:00", "2026-11-27T12:00Z", "2026-11-28T11:00Z"),
            // Days of 23 and of 25 hours.
            ("Europe/London", "2026-03-29T00:00Z", "2026-03-29T23:00Z"),
            ("Europe/London", "2026-10-24T23:00Z", "2026-10-26T00:00Z"),
            ("America/Sao_Paulo", "2018-11-03T12:00Z", "2018-11-04T03:00Z"),
            // At midnight clocks go back to 23:00 of the same day.
            ("America/Sao_Paulo", "2018-02-17T12:00Z", "2018-02-18T03:00Z"),
            ("Pacific/Apia", "2011-12-30T09:00Z", "2011-12-30T10:00Z"),
            // At 00:01 clocks go back to 23:01: for a minute it is tomorrow.
            ("America/St_Johns", "2006-10-28T12:00Z", "2006-10-29T02:30Z"),
            ("America/St_Johns", "2006-10-29T02:30Z", "2006-10-29T02:31Z"),
            ("America/St_Johns", "2006-10-29T02:31Z", "2006-10-29T03:30Z"),
        ] {
            assert_eq!(
                Date::at(zone(name).next_midnight(instant(after)), 0),
                Date { has_time: true, ..Date::parse(next, &UTC).unwrap() },
                "{name} {after}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_of_a_unit_changes_before_its_end(name in prop::sample::select(ZONES), at in -2_000_000_000i64..6_000_000_000, unit in prop::sample::select(vec![1i64, 60, 3600, DAY_S])) {
            let zone = zone(name);
            let shown = |s: i64| zone.local(s).div_euclid(unit);
            let next = zone.next_unit(at, unit);
            prop_assert!(next > at && next - at <= 2 * unit + 2 * DAY_S);
            prop_assert_ne!(shown(next), shown(at));
            for part in 0..=20 {
                let between = at + (next - 1 - at) * part / 20;
                prop_assert_eq!(shown(between), shown(at), "{}", between);
            }
        }

        #[test]
        fn the_start_of_a_day_is_its_first_instant(name in prop::sample::select(ZONES), day in -20_000i64..60_000) {
            let zone = zone(name);
            let start = zone.start_of(day);
            prop_assert!(zone.local(start).div_euclid(DAY_S) >= day);
            prop_assert!(zone.local(start - 1).div_euclid(DAY_S) < day);
        }

        #[test]
        fn a_shown_time_is_found_again(name in prop::sample::select(ZONES), at in -2_000_000_000i64..6_000_000_000) {
            let zone = zone(name);
            let found = zone.seconds_of(zone.local(at));
            prop_assert_eq!(zone.local(found), zone.local(at));
            prop_assert!(found <= at);
        }

        #[test]
        fn no_instant_is_too_far(name in prop::sample::select(ZONES), at in any::<i64>(), unit in any::<i64>()) {
            let zone = zone(name);
            let _ = (zone.local(at), zone.seconds_of(at), zone.start_of(at), zone.next_unit(at, unit), zone.next_midnight(at));
        }
    }
}
