//! Numbers, prices and dates as a language writes them, equal to ICU's for every language of the tables.
//!
//! A tag is looked up whole, then by its language alone (`de-AT` writes as `de`); a language without a row is refused by name, because a
//! price in another language's spelling is a wrong price. An empty tag means English.

mod names;
mod prices;
#[cfg(test)]
mod samples;

use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};

use crate::error::quoted;
use crate::row::date::{Civil, DAY_S, Date};
use crate::row::decimal::Decimal;
use crate::row::locale::names::{NAMES, Names};
use crate::row::locale::prices::{Grouping, LANGUAGES, Language, MARKS, NARROW};
use crate::row::money::{Currency, Money};

/// How the currency of a price is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As the language tells currencies apart: `US$9.99` in Britain.
    Standard,
    /// The shortest sign: `$9.99`.
    Narrow,
    /// The ISO 4217 code.
    Code,
}

/// What a piece of a written price is: the types of `Intl.NumberFormat.formatToParts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The sign or code of the currency.
    Currency,
    /// Digits before the decimals, one part for each group.
    Integer,
    /// What stands between two groups.
    Group,
    /// What stands before the decimals.
    Decimal,
    /// The decimals.
    Fraction,
    /// What the language writes around them: spaces, marks of direction.
    Literal,
    /// The sign of a price below nought, `minusSign` there.
    Minus,
}

/// The parts of a price.
pub(crate) struct MoneyParts {
    pub(crate) symbol: String,
    pub(crate) whole: String,
    pub(crate) fraction: String,
}

/// A price.
pub(crate) fn money(money: &Money, lang: &str, style: Style) -> Result<String, String> {
    Ok(joined(money_to_parts(money, lang, style)?))
}

/// A price in its parts, in the order they are written; put together they are [`money`].
pub(crate) fn money_to_parts(money: &Money, lang: &str, style: Style) -> Result<Vec<(Part, String)>, String> {
    parts(money, lang, style, money.currency.decimals())
}

/// The CLDR category (zero one two few many other) of a number as it is printed: the decimals of its shortest form count.
#[allow(dead_code, reason = "the function `t` will call it")]
pub(crate) fn plural(number: Decimal, lang: &str) -> Result<&'static str, String> {
    language(lang)?;
    let unknown = || format!("plurals in language {} are not supported yet", quoted(lang));
    let locale: Locale = if lang.is_empty() { "en" } else { lang }.parse().map_err(|_| unknown())?;
    let rules = PluralRules::try_new_cardinal((&locale).into()).map_err(|_| unknown())?;
    let digits: fixed_decimal::Decimal = number.abs().to_string().parse().map_err(|_| unknown())?;
    Ok(match rules.category_for(&digits) {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    })
}

/// A price with so many decimals.
fn parts(money: &Money, lang: &str, style: Style, decimals: usize) -> Result<Vec<(Part, String)>, String> {
    let language = language(lang)?;
    let (whole, fraction) = money.amount.digits(decimals, decimals);
    // `-` stands for the minus.
    let pattern = match (money.amount.is_negative(), language.negative) {
        (false, _) => language.price.to_owned(),
        (true, "") => format!("-{}", language.price),
        (true, own) => own.to_owned(),
    };
    let mark = mark(language, money.currency, style);
    // A mark that ends in a letter is kept apart from the number: `KZT 9` where `$9` is written together.
    let is_letter = |c: char| c.is_alphanumeric() || c == '.';
    let before = if mark.ends_with(is_letter) { "\u{a0}" } else { "" };
    let after = if mark.starts_with(is_letter) { "\u{a0}" } else { "" };
    let spaced = pattern.replace("¤#", &format!("¤{before}#")).replace("#¤", &format!("#{after}¤"));
    let mut found: Vec<(Part, String)> = Vec::new();
    for c in spaced.chars() {
        match c {
            '#' => found.extend(written(language, &whole, &fraction)),
            '¤' => found.push((Part::Currency, mark.clone())),
            '-' => found.push((Part::Minus, language.minus.to_owned())),
            c => match found.last_mut() {
                Some((Part::Literal, text)) => text.push(c),
                _ => found.push((Part::Literal, c.to_string())),
            },
        }
    }
    Ok(found)
}

/// Parts as one text.
fn joined(parts: Vec<(Part, String)>) -> String {
    parts.into_iter().map(|(_, text)| text).collect()
}

/// The mark, the grouped whole digits and the decimals of a price.
pub(crate) fn money_parts(money: &Money, lang: &str) -> Result<MoneyParts, String> {
    let language = language(lang)?;
    let decimals = money.currency.decimals();
    let (whole, fraction) = money.amount.digits(decimals, decimals);
    let minus = if money.amount.is_negative() { language.minus } else { "" };
    Ok(MoneyParts {
        symbol: mark(language, money.currency, Style::Standard),
        whole: format!("{minus}{}", joined(written(language, &whole, ""))),
        fraction: native(language, &fraction),
    })
}

/// A number with at least and at most so many decimals.
pub(crate) fn number(number: Decimal, lang: &str, least: usize, most: usize) -> Result<String, String> {
    let language = language(lang)?;
    let (whole, mut fraction) = number.digits(least, most);
    while fraction.len() > least && fraction.ends_with('0') {
        fraction.pop();
    }
    let is_zero = whole.bytes().chain(fraction.bytes()).all(|b| b == b'0');
    let minus = if number.is_negative() && !is_zero { language.minus } else { "" };
    Ok(format!("{minus}{}", joined(written(language, &whole, &fraction))))
}

/// A number of per cent, such as `deal.percent`, with its sign: 20 is `20%`.
pub(crate) fn percent(number: Decimal, lang: &str) -> Result<String, String> {
    let language = language(lang)?;
    let digits = self::number(number.abs(), lang, 0, 3)?;
    let minus = if number.is_negative() { language.minus } else { "" };
    Ok(format!("{minus}{}", language.percent.replace('#', &digits)))
}

/// A date by a CLDR pattern: `y yy M MM MMM MMMM L.. d dd E EEEE a H HH h hh m mm s ss`, letters in quotes as they are.
pub(crate) fn date(date: &Date, pattern: &str, lang: &str) -> Result<String, String> {
    let language = language(lang)?;
    let civil = date.civil();
    let mut text = String::new();
    for field in fields(pattern)? {
        match field {
            Field::Literal(literal) => text.push_str(&literal),
            Field::Letters(letter, count) => text.push_str(&date_field(language, lang, &civil, letter, count)?),
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

fn date_field(language: &Language, lang: &str, civil: &Civil, letter: char, count: usize) -> Result<String, String> {
    let padded = |number: i64| native(language, &format!("{number:0count$}"));
    let named = |list: fn(&Names) -> &'static str, index: u8| -> Result<String, String> {
        let names = names(lang)?;
        Ok(list(names).split('|').nth(usize::from(index)).unwrap_or("").to_owned())
    };
    Ok(match (letter, count) {
        ('y', 2) => padded(civil.year.rem_euclid(100)),
        ('y', 1 | 4) => padded(civil.year),
        ('M' | 'L', 1 | 2) => padded(civil.month.into()),
        ('M', 3) => named(|n| n.short_months, civil.month - 1)?,
        ('M', 4) => named(|n| n.months, civil.month - 1)?,
        ('L', 3) => named(|n| if n.lone_short_months.is_empty() { n.short_months } else { n.lone_short_months }, civil.month - 1)?,
        ('L', 4) => named(|n| if n.lone_months.is_empty() { n.months } else { n.lone_months }, civil.month - 1)?,
        ('d', 1 | 2) => padded(civil.day.into()),
        ('E', 1..=3) => named(|n| n.short_weekdays, civil.weekday)?,
        ('E', 4) => named(|n| n.weekdays, civil.weekday)?,
        ('a', 1..=3) => named(|n| n.halves, u8::from(civil.hour >= 12))?,
        ('H', 1 | 2) => padded(civil.hour.into()),
        ('h', 1 | 2) => padded(((civil.hour + 11) % 12 + 1).into()),
        ('m', 1 | 2) => padded(civil.minute.into()),
        ('s', 1 | 2) => padded(civil.second.into()),
        _ => {
            let run = letter.to_string().repeat(count.min(16));
            return Err(format!("a date pattern takes y yy M MM MMM MMMM L d dd E EEEE a H HH h hh m mm s ss, found {run:?}"));
        }
    })
}

/// The row of a tag, or of its language.
fn language(lang: &str) -> Result<&'static Language, String> {
    let tag = if lang.is_empty() { "en" } else { lang };
    let find = |wanted: &str| LANGUAGES.iter().find(|row| row.tags.split(' ').any(|known| known.eq_ignore_ascii_case(wanted)));
    let primary = tag.split(['-', '_']).next().unwrap_or(tag);
    let tag = tag.replace('_', "-");
    find(&tag).or_else(|| find(primary)).ok_or_else(|| format!("numbers and prices in language {} are not supported yet", quoted(lang)))
}

fn names(lang: &str) -> Result<&'static Names, String> {
    let primary = if lang.is_empty() { "en" } else { lang.split(['-', '_']).next().unwrap_or(lang) };
    let found = NAMES.iter().find(|row| row.lang.eq_ignore_ascii_case(primary));
    found.ok_or_else(|| format!("month and weekday names in language {} are not supported yet", quoted(lang)))
}

/// What a language calls a currency.
fn mark(language: &Language, currency: Currency, style: Style) -> String {
    let find = |list: &'static str| {
        list.split_ascii_whitespace().find_map(|entry| {
            let (code, mark) = entry.split_once('=').unwrap_or((entry, entry));
            (code == currency.code()).then_some(mark)
        })
    };
    let found = match style {
        Style::Code => None,
        Style::Standard => find(language.marks).or_else(|| find(MARKS)),
        Style::Narrow => find(language.narrow).or_else(|| find(NARROW)),
    };
    found.unwrap_or(currency.code()).to_owned()
}

/// Digits grouped, with decimals if there are any, in the language's own digits.
fn written(language: &Language, whole: &str, fraction: &str) -> Vec<(Part, String)> {
    let count = whole.len();
    let begins_group = |left: usize| match language.grouping {
        Grouping::Thousands => left.is_multiple_of(3),
        Grouping::FromFive => count > 4 && left.is_multiple_of(3),
        Grouping::Lakh => left == 3 || (left > 3 && (left - 3).is_multiple_of(2)),
    };
    let mut parts = Vec::new();
    let mut group = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && begins_group(count - i) {
            parts.push((Part::Integer, std::mem::take(&mut group)));
            parts.push((Part::Group, language.group.to_owned()));
        }
        group.push(native_digit(language, digit));
    }
    parts.push((Part::Integer, group));
    if !fraction.is_empty() {
        parts.push((Part::Decimal, language.point.to_owned()));
        parts.push((Part::Fraction, native(language, fraction)));
    }
    parts
}

fn native(language: &Language, digits: &str) -> String {
    digits.chars().map(|c| native_digit(language, c)).collect()
}

fn native_digit(language: &Language, digit: char) -> char {
    digit.to_digit(10).and_then(|d| char::from_u32(u32::from(language.zero) + d)).unwrap_or(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(amount: &str, code: &str) -> Money {
        Money { amount: Decimal::parse(amount).unwrap(), currency: Currency::parse(code).unwrap() }
    }

    #[test]
    fn samples_are_equal_to_icu() {
        for (lang, standard, narrow, code, plain, per_cent) in samples::SAMPLES {
            assert_eq!(money(&of("-1234567.891", "USD"), lang, Style::Standard).as_deref(), Ok(*standard), "{lang}");
            assert_eq!(money(&of("1234.5", "CZK"), lang, Style::Narrow).as_deref(), Ok(*narrow), "{lang}");
            assert_eq!(money(&of("0.5", "EUR"), lang, Style::Code).as_deref(), Ok(*code), "{lang}");
            assert_eq!(number(Decimal::parse("-1234.5").unwrap(), lang, 0, 3).as_deref(), Ok(*plain), "{lang}");
            assert_eq!(percent(Decimal::from(25), lang).as_deref(), Ok(*per_cent), "{lang}");
        }
    }

    /// Every price of the shared table, 32 languages by 18 currencies by 10 amounts, with the currency's decimals and with none.
    #[test]
    fn prices_are_equal_to_icu() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora/text/price_format_icu.tsv");
        let Ok(table) = std::fs::read_to_string(path) else {
            println!("skipped: 5760 prices, {path} is missing");
            return;
        };
        let mut wrong = Vec::new();
        let mut count = 0;
        for line in table.lines().filter(|l| !l.starts_with('#')).skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [lang, code, amount, standard, no_fraction] = cells[..] else { panic!("five cells: {line}") };
            let value = of(amount, code);
            count += 1;
            let got = (money(&value, lang, Style::Standard), parts(&value, lang, Style::Standard, 0).map(joined));
            if got != (Ok(standard.to_owned()), Ok(no_fraction.to_owned())) {
                wrong.push(format!("{line:?} {got:?}"));
            }
        }
        assert!(wrong.is_empty() && count == 5760, "{} of {count} differ, first {:#?}", wrong.len(), &wrong[..wrong.len().min(12)]);
    }

    #[test]
    fn a_price_comes_in_parts() {
        use Part::{Currency, Decimal, Fraction, Group, Integer, Literal, Minus};
        let of = |amount, code, lang| money_to_parts(&of(amount, code), lang, Style::Standard).unwrap();
        let named = |parts: &[(Part, &str)]| parts.iter().map(|(part, text)| (*part, (*text).to_owned())).collect::<Vec<_>>();
        let english = [(Minus, "-"), (Currency, "$"), (Integer, "1"), (Group, ","), (Integer, "299"), (Decimal, "."), (Fraction, "00")];
        assert_eq!(of("-1299", "USD", "en"), named(&english));
        assert_eq!(
            of("9", "KZT", "en"),
            named(&[(Currency, "KZT"), (Literal, "\u{a0}"), (Integer, "9"), (Decimal, "."), (Fraction, "00")])
        );
        assert_eq!(of("9", "JPY", "de"), named(&[(Integer, "9"), (Literal, "\u{a0}"), (Currency, "¥")]));
    }

    #[test]
    fn plurals_are_those_of_cldr() {
        for (lang, number, category) in [
            ("en", "1", "one"),
            ("en", "1.5", "other"),
            ("", "2", "other"),
            ("fr", "1.5", "one"),
            ("ru", "3", "few"),
            ("ru", "11", "many"),
            ("ru", "1.5", "other"),
            ("ar", "0", "zero"),
            ("ar-EG", "2", "two"),
            ("ja", "1", "other"),
        ] {
            assert_eq!(plural(super::Decimal::parse(number).unwrap(), lang), Ok(category), "{lang} {number}");
        }
        assert_eq!(plural(super::Decimal::from(1), "tlh"), Err("numbers and prices in language \"tlh\" are not supported yet".into()));
    }

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
