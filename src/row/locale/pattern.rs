//! Dates by a pattern of CLDR's letters, with the names and digits of a language.

use crate::error::quoted;
use crate::row::date::{Civil, DAY_S, Date};
use crate::row::locale::native;
use crate::row::locale::table::{Locale, Name};

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

/// How often a date written by a pattern changes: seconds of its finest unit.
pub(crate) fn finest_unit_s(pattern: &str) -> i64 {
    let letters = fields(pattern).unwrap_or_default().into_iter().filter_map(|f| if let Field::Letters(c, _) = f { Some(c) } else { None });
    let unit = |c| match c {
        's' => 1,
        'm' => 60,
        'H' | 'h' | 'a' => 900,
        _ => DAY_S,
    };
    letters.map(unit).min().unwrap_or(DAY_S)
}

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
        assert_eq!([finest_unit_s("d MMM"), finest_unit_s("HH:mm"), finest_unit_s("'s' d")], [DAY_S, 60, DAY_S]);
    }
}
