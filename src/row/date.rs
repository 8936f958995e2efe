//! Days, instants and intervals as feeds write them: ISO 8601 with or without time and offset, Google's `T13:00-0800`, Meta's
//! `T0:00-23:59`, and `24.11.2026` of those who write the day first; `11/24/2026` is refused, since `11/12/2026` could be either day.
//!
//! Own civil-date arithmetic (proleptic Gregorian, years 0 to 9999), because a feed needs no more than days to seconds and back, and the
//! core has no clock. An offset is kept so that a date prints as it was written. A text without an offset lies in the template's zone,
//! where a day begins at its first instant: not always at midnight, not always 24 hours before the next.

use std::fmt;

use crate::row::zone::Zone;

/// Seconds of a day.
pub(crate) const DAY_S: i64 = 86_400;

/// A day, or an instant with the offset it was written with.
///
/// ```
/// use templrender::{Date, Row, Value};
/// let noon = Date::at(1_795_867_200, 3_600);
/// assert_eq!(noon.to_string(), "2026-11-28T13:00:00+01:00");
/// let mut row = Row::new();
/// row.set("until", Value::Date(noon));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Date {
    /// Seconds since 1970-01-01T00:00:00Z; of a day, its first second in its zone.
    pub(crate) seconds: i64,
    /// Seconds that the zone is east of UTC.
    pub(crate) offset_s: i32,
    /// Whether a time of day was written.
    pub(crate) has_time: bool,
    /// Whether its zone is that of the template that reads it; until then it is held as if that were UTC.
    pub(crate) is_floating: bool,
}

/// A span of time from a first instant up to, not including, an end; either may be open.
///
/// ```
/// use templrender::{Date, Interval, Row, Value};
/// let sale = Interval::new(None, Some(Date::at(1_795_867_200, 0)));
/// let mut row = Row::new();
/// row.set("sale_price_effective_date", Value::Interval(sale));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interval {
    pub(crate) start: Option<Date>,
    pub(crate) end: Option<Date>,
}

/// The parts of an instant in its own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    /// 0 is Sunday.
    pub(crate) weekday: u8,
}

impl Date {
    /// Reads `2026-11-30`, `2026-11-30T13:00`, `...:05`, `...:05.25`, each with `Z`, `+01:00`, `-0800`, `+01` or, in the zone given, none;
    /// a day as [`day_number`] takes it, a space in place of the `T`.
    pub(crate) fn parse(text: &str, zone: &Zone) -> Option<Self> {
        let text = text.trim();
        match text.split_once(['T', 't', ' ']) {
            None => Some(Self::of_day(day_number(text)?, zone)),
            Some((day, clock)) => {
                let (clock, offset_s) = split_offset(clock.trim())?;
                let local = day_number(day)? * DAY_S + clock_seconds(clock)?;
                Some(match offset_s {
                    Some(offset_s) => Self::at(local - i64::from(offset_s), offset_s),
                    None => Self::local(local, zone),
                })
            }
        }
    }

    /// An instant, seen from a zone.
    pub fn at(seconds: i64, offset_s: i32) -> Self {
        Self { seconds, offset_s, has_time: true, is_floating: false }
    }

    /// What clocks show in the zone of the template that reads it, as seconds since they showed 1970-01-01T00:00:00: a date and time without an offset.
    ///
    /// ```
    /// use templrender::{Context, Date, Fonts, Renderer, Row, Template, Value};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "time-zone": "Europe/London", "fonts": ["Noto Sans"],
    ///     "layers": [{ "type": "text", "text": "{{ until | date('HH:mm') }}" }] }"#)?;
    /// let noon = Date::floating(1_782_907_200);
    /// assert_eq!(noon.to_string(), "2026-07-01T12:00:00");
    /// let mut row = Row::new();
    /// row.set("until", Value::Date(noon));
    /// let plan = Renderer::new(Fonts::new()).plan(&template, &row, &Context::default())?;
    /// row.set("until", Value::Date(Date::at(1_782_903_600, 3_600)));
    /// assert_eq!(Renderer::new(Fonts::new()).plan(&template, &row, &Context::default())?.key(), plan.key());
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn floating(clock_s: i64) -> Self {
        Self { is_floating: true, ..Self::at(clock_s, 0) }
    }

    /// A day in the zone of the template that reads it, by its number since 1970-01-01.
    ///
    /// ```
    /// use templrender::Date;
    /// assert_eq!(Date::floating_day(20_635).to_string(), "2026-07-01");
    /// ```
    pub fn floating_day(day: i64) -> Self {
        Self { has_time: false, ..Self::floating(day.saturating_mul(DAY_S)) }
    }

    /// Whether it waits for the zone of a template: it is [`floating`](Self::floating) or a [`floating_day`](Self::floating_day).
    pub fn is_floating(&self) -> bool {
        self.is_floating
    }

    /// The instant or the day that it is in a zone.
    pub(crate) fn anchored(self, zone: &Zone) -> Self {
        match (self.is_floating, self.has_time) {
            (false, _) => self,
            (true, true) => Self::local(self.seconds, zone),
            (true, false) => Self::of_day(self.day(), zone),
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z; of a day, its first second in its zone; of what floats, as if its zone were UTC.
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    /// Seconds that its zone is east of UTC.
    pub fn offset_s(&self) -> i32 {
        self.offset_s
    }

    /// Whether it is an instant; else it is a day.
    pub fn has_time(&self) -> bool {
        self.has_time
    }

    /// The day's number since 1970-01-01, in the date's own zone.
    pub(crate) fn day(&self) -> i64 {
        (self.seconds.saturating_add(i64::from(self.offset_s))).div_euclid(DAY_S)
    }

    /// What a zone's clocks show, as an instant.
    fn local(local: i64, zone: &Zone) -> Self {
        let seconds = zone.seconds_of(local);
        Self::at(seconds, zone.offset_at(seconds))
    }

    /// A day's first second in a zone.
    fn of_day(day: i64, zone: &Zone) -> Self {
        let seconds = zone.start_of(day);
        Self { has_time: false, ..Self::at(seconds, zone.offset_at(seconds)) }
    }

    /// Year, month, day, time and weekday in the date's own zone.
    pub(crate) fn civil(&self) -> Civil {
        let local = self.seconds.saturating_add(i64::from(self.offset_s));
        let (days, second_of_day) = (local.div_euclid(DAY_S), local.rem_euclid(DAY_S));
        let (year, month, day) = civil_from_days(days);
        let part = |n: i64| u8::try_from(n).unwrap_or(0);
        Civil {
            year,
            month,
            day,
            hour: part(second_of_day / 3600),
            minute: part(second_of_day / 60 % 60),
            second: part(second_of_day % 60),
            weekday: part((days + 4).rem_euclid(7)),
        }
    }
}

impl Interval {
    /// From a first instant up to, not including, an end; either may be open. An end that is a [`floating_day`](Date::floating_day) is the last day of it.
    pub fn new(start: Option<Date>, end: Option<Date>) -> Self {
        Self { start, end }
    }

    /// What it is in a zone.
    pub(crate) fn anchored(self, zone: &Zone) -> Self {
        let end = self.end.map(|end| if end.is_floating { last(end.anchored(zone), zone) } else { end });
        Self { start: self.start.map(|start| start.anchored(zone)), end }
    }

    /// Its first instant; `None` is open.
    pub fn start(&self) -> Option<Date> {
        self.start
    }

    /// The first instant after it; `None` is open.
    pub fn end(&self) -> Option<Date> {
        self.end
    }

    /// Reads `A/B`, where either side may be empty or `..`; a side that is a day only means the whole day.
    pub(crate) fn parse(text: &str, zone: &Zone) -> Option<Self> {
        let (start, end) = text.split_once('/')?;
        Self::from_sides(start, end, zone)
    }

    /// An interval of which start and end stand in two columns; `None` where a side is no date, both are open, or it ends before it starts.
    pub(crate) fn from_sides(start: &str, end: &str, zone: &Zone) -> Option<Self> {
        let start = side(start, zone, false)?;
        let end = side(end, zone, true)?;
        match (start, end) {
            (None, None) => None,
            (Some(a), Some(b)) if a.seconds > b.seconds => None,
            (start, end) => Some(Self { start, end }),
        }
    }

    /// Whether an instant lies inside.
    pub(crate) fn contains(&self, now_s: i64) -> bool {
        self.start.is_none_or(|s| s.seconds <= now_s) && self.end.is_none_or(|e| now_s < e.seconds)
    }

    /// The first instant after `now_s` at which [`contains`](Self::contains) may change.
    pub(crate) fn next_change(&self, now_s: i64) -> Option<i64> {
        [self.start, self.end].into_iter().flatten().map(|d| d.seconds).filter(|s| *s > now_s).min()
    }
}

/// One side of an interval: `Some(None)` is open, `None` is no date.
fn side(text: &str, zone: &Zone, is_end: bool) -> Option<Option<Date>> {
    let text = text.trim();
    if text.is_empty() || text == ".." {
        return Some(None);
    }
    // Meta's `2017-12-31T0:00-23:59` is a day with its hours from and to, not an offset of almost a day: none exceeds 14 hours.
    if let Some((day, hours)) = text.split_once('T')
        && let Some((from, to)) = hours.split_once('-')
        && let (Some(from), Some(to)) = (clock_seconds(from), clock_seconds(to))
        && to.max(from) > 14 * 3600
        && hours.matches(':').count() == 2
    {
        // The last minute belongs to the span: 23:59 means up to midnight.
        return Some(Some(Date::local(day_number(day)? * DAY_S + if is_end { to + 60 } else { from }, zone)));
    }
    let date = Date::parse(text, zone)?;
    Some(Some(if is_end { last(date, zone) } else { date }))
}

/// The end of a span whose last day, or first instant after it, is known.
fn last(end: Date, zone: &Zone) -> Date {
    if end.has_time { end } else { Date { has_time: true, ..Date::of_day(end.day().saturating_add(1), zone) } }
}

/// The day's number of `YYYY-MM-DD`, also with slashes, dots or nothing between, or of `DD.MM.YYYY`. With slashes or hyphens a day that
/// stands first is refused: half of the world writes the month there.
fn day_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let (year, month, day) = match text.len() {
        8 if text.bytes().all(|b| b.is_ascii_digit()) => (text.get(..4)?, text.get(4..6)?, text.get(6..)?),
        _ => {
            let separator = ['-', '/', '.'].into_iter().find(|s| text.contains(*s))?;
            let mut parts = text.split(separator);
            let (first, month, last) = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some() {
                return None;
            }
            if separator == '.' && last.len() == 4 { (last, month, first) } else { (first, month, last) }
        }
    };
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    Some(days_from_civil(year, month, day))
}

/// A clock's text without its offset, and the offset if one stands there.
fn split_offset(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']).or_else(|| text.strip_suffix("UTC")).or_else(|| text.strip_suffix("GMT")) {
        return Some((clock, Some(0)));
    }
    match text.rfind(['+', '-']) {
        None => Some((text, None)),
        Some(at) => Some((text.get(..at)?, Some(offset(text.get(at..)?)?))),
    }
}

/// Seconds east of UTC of `+01:00`, `-0800`, `+5`, `Z` or `UTC`; `None` beyond 14 hours.
pub(crate) fn offset(text: &str) -> Option<i32> {
    if matches!(text, "Z" | "z" | "UTC" | "GMT" | "Etc/UTC") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match digits.split_once(':') {
        Some(both) => both,
        None if digits.is_ascii() && digits.len() == 4 => digits.split_at(2),
        None => (digits, "0"),
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    i32::try_from(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Seconds since midnight of `H:MM`, `HH:MM:SS`, `HH:MM:SS.fff`, `HHMM` or `HHMMSS`; a fraction is cut.
fn clock_seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let (4 | 6, Some(hours), Some(minutes)) = (text.len(), text.get(..2), text.get(2..4))
        && text.bytes().all(|b| b.is_ascii_digit())
    {
        let seconds = text.get(4..).filter(|s| !s.is_empty()).unwrap_or("0");
        return clock_seconds(&format!("{hours}:{minutes}:{seconds}"));
    }
    let mut parts = text.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let second = match parts.next() {
        None => 0,
        Some(second) => match second.split_once(['.', ',']) {
            None => number(second)?,
            Some((whole, fraction)) if fraction.bytes().all(|b| b.is_ascii_digit()) => number(whole)?,
            Some(_) => return None,
        },
    };
    let is_time = (hour < 24 && minute < 60 && second < 61) || (hour == 24 && minute == 0 && second == 0);
    (is_time && parts.next().is_none()).then_some(hour * 3600 + minute * 60 + second)
}

/// One to four plain digits.
fn number(text: &str) -> Option<i64> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Howard Hinnant's `days_from_civil`: years begin in March, so that the leap day is the last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days.saturating_add(719_468);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
    let part = |n: i64| u8::try_from(n).unwrap_or(0);
    (year, part(month), part(day_of_year - (153 * shifted + 2) / 5 + 1))
}

/// ISO 8601, in the zone the date was written in; of what floats, without one.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil();
        write!(f, "{:04}-{:02}-{:02}", c.year, c.month, c.day)?;
        if !self.has_time {
            return Ok(());
        }
        write!(f, "T{:02}:{:02}:{:02}", c.hour, c.minute, c.second)?;
        match self.offset_s {
            _ if self.is_floating => Ok(()),
            0 => f.write_str("Z"),
            s => write!(f, "{}{:02}:{:02}", if s < 0 { '-' } else { '+' }, s.abs() / 3600, s.abs() / 60 % 60),
        }
    }
}

/// `A/B`; an open side is `..`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |d: Option<Date>| d.map_or_else(|| "..".to_owned(), |d| d.to_string());
        write!(f, "{}/{}", side(self.start), side(self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::zone::UTC;
    use proptest::prelude::*;

    fn seconds(text: &str) -> Option<i64> {
        Date::parse(text, &UTC).map(|d| d.seconds)
    }

    #[test]
    fn iso_forms_are_read() {
        assert_eq!(seconds("1970-01-01"), Some(0));
        assert_eq!(seconds("2026-11-30T00:00:00Z"), Some(1_795_996_800));
        assert_eq!(seconds("2026-11-24T13:00-0800"), seconds("2026-11-24T21:00:00Z"));
        assert_eq!(seconds("2026-11-24 13:00:05.75+01:00"), seconds("2026-11-24T12:00:05Z"));
        assert_eq!(Date::parse("2026-11-24T13:00", &Zone::Fixed(3600)).map(|d| d.seconds), seconds("2026-11-24T12:00Z"));
        assert_eq!(Date::parse("2026-11-24", &Zone::Fixed(-3600)).unwrap().to_string(), "2026-11-24");
        assert_eq!(Date::parse("2026-11-24T1:05-08", &UTC).unwrap().to_string(), "2026-11-24T01:05:00-08:00");
    }

    #[test]
    fn other_spellings_mean_the_same_day_and_instant() {
        for text in ["2026-11-24", "2026/11/24", "2026.11.24", "24.11.2026", "20261124", " 2026-11-24 "] {
            assert_eq!(Date::parse(text, &UTC), Date::parse("2026-11-24", &UTC), "{text}");
        }
        assert_eq!(seconds("4.1.2026"), seconds("2026-01-04"));
        for text in [
            "2026-11-24T13:00:00.000+01:00",
            "2026-11-24 12:00:00 UTC",
            "2026-11-24T12:00GMT",
            "2026-11-24T13:00 +0100",
            "20261124T120000Z",
            "20261124T1300+01",
            "24.11.2026 12:00",
            "2026-11-24t12:00z",
            "2026-11-24T12:00:00,5Z",
        ] {
            assert_eq!(seconds(text), seconds("2026-11-24T12:00:00Z"), "{text}");
        }
    }

    #[test]
    fn days_and_clocks_lie_in_the_zone_with_its_summer_time() {
        let london = Zone::parse("Europe/London").unwrap();
        let shown = |text: &str| Date::parse(text, &london).unwrap();
        assert_eq!(shown("2026-07-01").seconds(), seconds("2026-06-30T23:00Z").unwrap());
        assert_eq!(shown("2026-07-01").to_string(), "2026-07-01");
        assert_eq!(shown("2026-07-01T09:00").to_string(), "2026-07-01T09:00:00+01:00");
        assert_eq!(shown("2026-12-01T09:00").to_string(), "2026-12-01T09:00:00Z");
        assert_eq!(shown("2026-07-01T09:00Z").to_string(), "2026-07-01T09:00:00Z");
        let span = |text: &str| Interval::parse(text, &london).unwrap().to_string();
        assert_eq!(span("2026-03-29/2026-03-29"), "2026-03-29/2026-03-30T00:00:00+01:00", "23 hours");
        assert_eq!(span("2026-10-24/2026-10-25"), "2026-10-24/2026-10-26T00:00:00Z", "clocks go back in it");
        assert_eq!(span("2026-07-01T0:00-23:59/2026-07-31T0:00-23:59"), "2026-07-01T00:00:00+01:00/2026-08-01T00:00:00+01:00");
        let paulo = Zone::parse("America/Sao_Paulo").unwrap();
        let day = Date::parse("2018-11-04", &paulo).unwrap();
        assert_eq!((day.to_string().as_str(), day.civil().hour), ("2018-11-04", 1), "its midnight is skipped");
    }

    #[test]
    fn spaces_and_far_years_are_no_trouble() {
        let spaced = Interval::parse(" 2026-11-24T13:00-0800 / 2026-11-29T15:30-0800 ", &UTC);
        assert_eq!(spaced, Interval::parse("2026-11-24T13:00-0800/2026-11-29T15:30-0800", &UTC));
        assert_eq!(Interval::parse("../2026-11-29T00:00Z", &UTC).unwrap().to_string(), "../2026-11-29T00:00:00Z");
        for name in ["UTC", "-12:00", "Pacific/Kiritimati", "America/New_York"] {
            let zone = Zone::parse(name).unwrap();
            for text in
                ["0000-01-01/9999-12-31", "9999-12-31T0:00-23:59/9999-12-31T0:00-23:59", "0000-01-01T00:00+14:00/9999-12-31T24:00-14:00"]
            {
                let span = Interval::parse(text, &zone).unwrap();
                assert!(span.contains(1_795_000_000) || text.starts_with("9999"), "{text} in {name}");
                assert!(span.start.unwrap().seconds() < span.end.unwrap().seconds() && !span.to_string().is_empty());
            }
        }
        for text in ["10000-01-01", "99999999999-01-01", "-0001-01-01"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-01-00",
            "26-01-01",
            "11/24/2026",
            "24-11-2026",
            "24.11.26",
            "2026-11.24",
            "2026-011-24",
            "0000-00-00",
            "202611",
            "20261131",
            "2026-11-24T1300+0100+0100",
            "2026-11-24T13000",
            "2026-11-24T13:00 CET",
            "2026-01-01T25:00",
            "2026-01-01T24:01",
            "2026-01-01T10:00+15:00",
            "2026-01-01T",
            "2026-01-01T10",
            "２０２６-01-01",
            "2026-01-01T10:00:00.x",
            "2026-1é-01",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
        assert!(seconds("2024-02-29").is_some());
    }

    #[test]
    fn intervals_of_google_and_meta_are_read() {
        let google = Interval::parse("2026-11-24T13:00-0800/2026-11-29T15:30-0800", &UTC).unwrap();
        assert_eq!(google.to_string(), "2026-11-24T13:00:00-08:00/2026-11-29T15:30:00-08:00");
        let meta = Interval::parse("2017-12-01T0:00-23:59/2017-12-31T0:00-23:59", &UTC).unwrap();
        assert_eq!(meta.to_string(), "2017-12-01T00:00:00Z/2018-01-01T00:00:00Z");
        let days = Interval::parse("2026-11-24/2026-11-29", &UTC).unwrap();
        assert_eq!(days.end.map(|d| d.seconds), seconds("2026-11-30"));
        let open = Interval::parse("2026-11-24/", &UTC).unwrap();
        assert_eq!((open.end, open.to_string()), (None, "2026-11-24/..".to_owned()));
        for text in ["", "/", "2026-11-24", "2026-11-29/2026-11-24", "a/b"] {
            assert_eq!(Interval::parse(text, &UTC), None, "{text}");
        }
    }

    #[test]
    fn what_floats_is_what_its_text_is_in_every_zone() {
        for name in ["UTC", "-12:00", "Pacific/Kiritimati", "America/Sao_Paulo", "Europe/London"] {
            let zone = Zone::parse(name).unwrap();
            for clock_s in [0, 1_541_289_600, 1_541_291_400, 1_782_907_200, 1_795_867_200] {
                let (time, day) = (Date::floating(clock_s), Date::floating_day(clock_s / DAY_S));
                assert_eq!(Some(time.anchored(&zone)), Date::parse(&time.to_string(), &zone), "{time} in {name}");
                assert_eq!(Some(day.anchored(&zone)), Date::parse(&day.to_string(), &zone), "{day} in {name}");
                for (start, end) in [(Some(day), Some(day)), (Some(time), None), (None, Some(day)), (Some(day), Some(time))] {
                    let span = Interval::new(start, end);
                    assert_eq!(
                        span.anchored(&zone).end,
                        Interval::parse(&span.to_string(), &zone).map_or(span.end, |read| read.end),
                        "{span}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_interval_holds_its_start_and_not_its_end() {
        let span = Interval::parse("1970-01-01T00:00:10Z/1970-01-01T00:00:20Z", &UTC).unwrap();
        assert_eq!([9, 10, 19, 20].map(|s| span.contains(s)), [false, true, true, false]);
        assert_eq!([9, 10, 20].map(|s| span.next_change(s)), [Some(10), Some(20), None]);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(seconds in -62_167_219_200i64..253_402_300_799, minutes in -840i32..=840) {
            let date = Date::at(seconds, minutes * 60);
            let local = seconds + i64::from(minutes) * 60;
            prop_assume!((-62_167_219_200..253_402_300_799).contains(&local));
            prop_assert_eq!(Date::parse(&date.to_string(), &UTC), Some(date));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = (Date::parse(&text, &UTC), Interval::parse(&text, &UTC), offset(&text));
        }
    }
}
