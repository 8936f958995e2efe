//! Dates by a pattern of CLDR's letters, with the names and digits of a language.

use crate::error::quoted;
use crate::row::date::{Civil, DAY_S, Date};
use crate::row::locale::native;
use crate::row::locale::table::{Locale, Name};
use crate::row::zone::Zone;

/// The letters of a pattern.
const LETTERS: &str = "y yy M MM MMM MMMM LLL LLLL d dd E EEEE ccc cccc a H HH h hh m mm s ss";

/// A date by a CLDR pattern of [`LETTERS`]; what stands in quotes is taken as it is.
pub(crate) fn date(date: &Date, pattern: &str, lang: &str) -> Result<String, String> {
    let locale = Locale::find(lang)?;
    let civil = date.civil();
    let mut text = String::new();
    for field in fields(pattern)? {
        match field {
            Field::Literal(literal) => text.push_str(&literal),
            Field::Letters(letter, count) => text.push_str(&date_field(&locale, &civil, letter, count)?),
        }
    }
    Ok(text)
}

/// The first instant after `now_s` at which a date written by a pattern reads otherwise in a zone; `None` where the pattern has no letters.
pub(crate) fn next_change(pattern: &str, now_s: i64, zone: &Zone) -> Option<i64> {
    let letters = fields(pattern).unwrap_or_default().into_iter().filter_map(|f| if let Field::Letters(c, _) = f { Some(c) } else { None });
    let unit = |c| match c {
        's' => 1,
        'm' => 60,
        'H' | 'h' => 3600,
        'a' => DAY_S / 2,
        'M' | 'L' => MONTH_S,
        'y' => YEAR_S,
        _ => DAY_S,
    };
    let unit = letters.map(unit).min()?;
    if unit <= DAY_S {
        return Some(zone.next_unit(now_s, unit));
    }
    // Day by day: months are not of one length, and clocks that go back at midnight may end one twice.
    let shown = |at: i64| {
        let civil = Date::at(at, zone.offset_at(at)).civil();
        (civil.year, if unit == MONTH_S { civil.month } else { 0 })
    };
    let mut at = now_s;
    for _ in 0..366 {
        at = zone.next_midnight(at);
        if shown(at) != shown(now_s) {
            break;
        }
    }
    Some(at)
}

/// Longer than a day, to be told from it alone.
const MONTH_S: i64 = 28 * DAY_S;
const YEAR_S: i64 = 365 * DAY_S;

enum Field {
    Literal(String),
    Letters(char, usize),
}

/// A pattern's runs of letters and what stands between them.
fn fields(pattern: &str) -> Result<Vec<Field>, String> {
    let mut found = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            let mut literal = String::new();
            loop {
                match chars.next() {
                    Some('\'') if chars.next_if_eq(&'\'').is_some() => literal.push('\''),
                    Some('\'') => break,
                    Some(c) => literal.push(c),
                    None => return Err(format!("a date pattern must close its quotes, found {}", quoted(pattern))),
                }
            }
            found.push(Field::Literal(if literal.is_empty() { "'".to_owned() } else { literal }));
        } else if c.is_ascii_alphabetic() {
            let mut count = 1;
            while chars.next_if_eq(&c).is_some() {
                count += 1;
            }
            found.push(Field::Letters(c, count));
        } else {
            found.push(Field::Literal(c.to_string()));
        }
    }
    Ok(found)
}

fn date_field(locale: &Locale, civil: &Civil, letter: char, count: usize) -> Result<String, String> {
    let padded = |number: i64| native(locale.numbers, &format!("{number:0count$}"));
    let month = |list| locale.name(list, civil.month.saturating_sub(1)).to_owned();
    let weekday = |list| locale.name(list, civil.weekday).to_owned();
    Ok(match (letter, count) {
        ('y', 2) => padded(civil.year.rem_euclid(100)),
        ('y', 1 | 4) => padded(civil.year),
        ('M' | 'L', 1 | 2) => padded(civil.month.into()),
        ('M', 3) => month(Name::ShortMonths),
        ('M', 4) => month(Name::Months),
        ('L', 3) => month(Name::LoneShortMonths),
        ('L', 4) => month(Name::LoneMonths),
        ('d', 1 | 2) => padded(civil.day.into()),
        ('E', 1..=3) => weekday(Name::ShortWeekdays),
        ('E', 4) => weekday(Name::Weekdays),
        ('c', 3) => weekday(Name::LoneShortWeekdays),
        ('c', 4) => weekday(Name::LoneWeekdays),
        ('a', 1..=3) => locale.name(Name::Halves, u8::from(civil.hour >= 12)).to_owned(),
        ('H', 1 | 2) => padded(civil.hour.into()),
        ('h', 1 | 2) => padded(((civil.hour + 11) % 12 + 1).into()),
        ('m', 1 | 2) => padded(civil.minute.into()),
        ('s', 1 | 2) => padded(civil.second.into()),
        _ => {
            let run = letter.to_string().repeat(count.min(16));
            return Err(format!("a date pattern takes {LETTERS}, found {run:?}"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_pattern_and_language() {
        let day = Date::parse("2026-11-30T15:05:09Z", &crate::row::zone::UTC).unwrap();
        for (lang, pattern, text) in [
            ("en", "d MMM", "30 Nov"),
            ("", "EEEE, MMMM d, y 'at' h:mm a", "Monday, November 30, 2026 at 3:05 PM"),
            ("de-AT", "d. MMMM", "30. November"),
            ("ru", "d MMMM", "30 ноября"),
            ("ru", "LLLL yyyy", "ноябрь 2026"),
            ("ja", "MMMd日(E)", "11月30日(月)"),
            ("ar-EG", "d MMMM", "٣٠ نوفمبر"),
            ("fr", "dd/MM/yy HH'h'mm ''", "30/11/26 15h05 '"),
        ] {
            assert_eq!(date(&day, pattern, lang).as_deref(), Ok(text), "{lang} {pattern}");
        }
        assert!(date(&day, "Q", "en").unwrap_err().ends_with("found \"Q\""));
        assert!(date(&day, "d 'x", "en").is_err());
        assert_eq!(date(&day, "d MMM", "tlh"), Err("numbers and prices in language \"tlh\" are not supported yet".into()));
        // 2026-11-30T15:05:09Z
        let now = day.seconds();
        let midnight = now - now.rem_euclid(DAY_S) + DAY_S;
        for (pattern, change) in [
            ("d MMM", Some(midnight)),
            ("HH:mm", Some(now + 51)),
            ("h a", Some(now - 9 - 300 + 3600)),
            ("a", Some(midnight)),
            ("'s' d", Some(midnight)),
            ("MMMM", Some(midnight)),
            ("yyyy", Some(midnight + 31 * DAY_S)),
            ("'soon'", None),
        ] {
            assert_eq!(next_change(pattern, now, &crate::row::zone::UTC), change, "{pattern}");
        }
    }
}
