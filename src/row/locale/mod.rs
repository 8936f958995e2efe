//! Numbers, prices and dates as a language writes them, equal to ICU's for every locale of the tables.
//!
//! `data` is written by `tools/cldr.mjs` from CLDR, `table` finds a tag's rows in it, `pattern` writes dates. A price is a pattern with the
//! number, the mark and the minus in it; where a mark that is no symbol meets the number, a space keeps them apart (`KZT 9` beside `$9`).
//! Halves round away from zero, as in `Intl.NumberFormat`.

#[rustfmt::skip]
mod data;
mod pattern;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use pattern::{date, next_change};
pub(crate) use table::{currency_decimals, signed};

use icu_plurals::{PluralCategory, PluralRules};

use crate::error::quoted;
use crate::row::decimal::Decimal;
use crate::row::locale::data::SYMBOLS;
use crate::row::locale::table::{Grouping, Locale, Numbers};
use crate::row::money::Money;

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

/// The mark of a price, its grouped whole digits with the minus, and its decimals.
pub(crate) struct MoneyParts {
    pub(crate) symbol: String,
    pub(crate) whole: String,
    pub(crate) fraction: String,
}

/// A price.
pub(crate) fn money(money: &Money, lang: &str, style: Style) -> Result<String, String> {
    let mut text = String::with_capacity(24);
    price(money, &Locale::find(lang)?, style, money.currency.decimals(), &mut |_, part| text.push_str(part));
    Ok(text)
}

/// A price in its parts, in the order they are written; put together they are [`money`].
pub(crate) fn money_to_parts(money: &Money, lang: &str, style: Style) -> Result<Vec<(Part, String)>, String> {
    let mut parts: Vec<(Part, String)> = Vec::new();
    let mut push = |part, text: &str| match parts.last_mut() {
        _ if text.is_empty() => {}
        Some((Part::Literal, literal)) if part == Part::Literal => literal.push_str(text),
        _ => parts.push((part, text.to_owned())),
    };
    let is_unseen = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{61c}');
    price(money, &Locale::find(lang)?, style, money.currency.decimals(), &mut |part, text| {
        // As there: marks of direction around a sign are no part of it.
        let seen = text.trim_matches(is_unseen);
        match text.split_once(seen) {
            Some((before, after)) if !seen.is_empty() && part != Part::Group => {
                push(Part::Literal, before);
                push(part, seen);
                push(Part::Literal, after);
            }
            _ => push(part, text),
        }
    });
    Ok(parts)
}

/// The mark, the grouped whole digits and the decimals of a price.
pub(crate) fn money_parts(money: &Money, lang: &str) -> Result<MoneyParts, String> {
    let mut parts = MoneyParts { symbol: String::new(), whole: String::new(), fraction: String::new() };
    price(money, &Locale::find(lang)?, Style::Standard, money.currency.decimals(), &mut |part, text| match part {
        Part::Currency => parts.symbol.push_str(text),
        Part::Minus | Part::Integer | Part::Group => parts.whole.push_str(text),
        Part::Fraction => parts.fraction.push_str(text),
        Part::Decimal | Part::Literal => {}
    });
    Ok(parts)
}

/// A number with at least and at most so many decimals.
pub(crate) fn number(number: Decimal, lang: &str, least: usize, most: usize) -> Result<String, String> {
    let numbers = Locale::find(lang)?.numbers;
    let mut text = String::new();
    let digits = unsigned(number, numbers, numbers.grouping, least, most);
    let is_zero = digits.chars().all(|c| c == numbers.zero || !c.is_numeric());
    if number.is_negative() && !is_zero {
        text.push_str(numbers.minus);
    }
    Ok(text + &digits)
}

/// A number of per cent, such as `deal.percent`, with its sign: 20 is `20%`.
pub(crate) fn percent(number: Decimal, lang: &str) -> Result<String, String> {
    let numbers = Locale::find(lang)?.numbers;
    let digits = unsigned(number, numbers, numbers.percent_grouping, 0, 3);
    let minus = if number.is_negative() { numbers.minus } else { "" };
    Ok(format!("{minus}{}", numbers.percent.replace('#', &digits)))
}

/// The CLDR category (zero one two few many other) of a number as it is printed: the decimals of its shortest form count.
pub(crate) fn plural(number: Decimal, lang: &str) -> Result<&'static str, String> {
    let digits: fixed_decimal::Decimal = number.abs().to_string().parse().map_err(|_| no_plurals(lang))?;
    Ok(category(plural_rules(lang)?.category_for(&digits)))
}

/// The CLDR categories that a language's numbers have.
pub(crate) fn plural_categories(lang: &str) -> Result<Vec<&'static str>, String> {
    Ok(plural_rules(lang)?.categories().map(category).collect())
}

/// The rules of a language; unlike all else they are not those of another locale, but for Portugal's own.
fn plural_rules(lang: &str) -> Result<PluralRules, String> {
    let tag = Locale::find(lang)?.tag;
    let tag = if tag == "pt-PT" { tag } else { tag.split('-').next().unwrap_or(tag) };
    let locale: icu_locale_core::Locale = tag.parse().map_err(|_| no_plurals(lang))?;
    PluralRules::try_new_cardinal((&locale).into()).map_err(|_| no_plurals(lang))
}

fn no_plurals(lang: &str) -> String {
    format!("plurals in language {} are not supported yet", quoted(lang))
}

fn category(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

/// A price with so many decimals, given part by part.
fn price(money: &Money, locale: &Locale, style: Style, decimals: usize, give: &mut impl FnMut(Part, &str)) {
    let numbers = locale.numbers;
    let code = money.currency.code();
    let found = locale.mark(money.currency.bytes());
    let mark = match (style, &found) {
        (Style::Standard, Some((mark, _))) => mark.1,
        (Style::Narrow, Some((mark, _))) => mark.2,
        (Style::Code, _) | (_, None) => code,
    };
    let (pattern, negative, point, group, grouping) = match found.and_then(|(_, own)| own) {
        Some(own) => (own.price, own.negative, own.point, own.group, own.grouping),
        None => (numbers.price, numbers.negative, numbers.price_point, numbers.price_group, numbers.price_grouping),
    };
    let pattern = match (money.amount.is_negative(), negative) {
        (false, _) => pattern,
        (true, "") => {
            give(Part::Minus, numbers.minus);
            pattern
        }
        (true, own) => own,
    };
    let (whole, fraction) = money.amount.digits(decimals, decimals);
    let is_apart = |end: Option<char>| end.is_some_and(|c| !SYMBOLS.contains(c));
    let mut literal = String::new();
    let mut before = ' ';
    for c in pattern.chars() {
        match (before, c) {
            ('#', '¤') if is_apart(mark.chars().next()) => literal.push('\u{a0}'),
            ('¤', '#') if is_apart(mark.chars().next_back()) => literal.push('\u{a0}'),
            _ => {}
        }
        before = c;
        if !matches!(c, '#' | '¤' | '-') {
            literal.push(c);
            continue;
        }
        if !literal.is_empty() {
            give(Part::Literal, &std::mem::take(&mut literal));
        }
        match c {
            '¤' => give(Part::Currency, mark),
            '-' => give(Part::Minus, numbers.minus),
            _ => digits(numbers, (point, group, grouping), &whole, &fraction, give),
        }
    }
    if !literal.is_empty() {
        give(Part::Literal, &literal);
    }
}

/// A number without its sign, rounded to `most` decimals, of which noughts beyond `least` are left out.
fn unsigned(number: Decimal, numbers: &Numbers, grouping: Grouping, least: usize, most: usize) -> String {
    let (whole, mut fraction) = number.digits(least, most);
    while fraction.len() > least && fraction.ends_with('0') {
        fraction.pop();
    }
    let mut text = String::new();
    digits(numbers, (numbers.point, numbers.group, grouping), &whole, &fraction, &mut |_, part| text.push_str(part));
    text
}

/// Digits grouped, with decimals if there are any, in the language's own digits.
fn digits(
    numbers: &Numbers,
    (point, separator, grouping): (&str, &str, Grouping),
    whole: &str,
    fraction: &str,
    give: &mut impl FnMut(Part, &str),
) {
    let count = whole.len();
    let is_grouped = count >= 3 + usize::from(numbers.least);
    let begins_group = |left: usize| match grouping {
        Grouping::Thousands => left.is_multiple_of(3),
        Grouping::Lakh => left == 3 || (left > 3 && (left - 3).is_multiple_of(2)),
    };
    let mut group = String::with_capacity(12);
    for (i, digit) in whole.chars().enumerate() {
        if is_grouped && i > 0 && begins_group(count - i) {
            give(Part::Integer, &group);
            give(Part::Group, separator);
            group.clear();
        }
        group.push(native_digit(numbers, digit));
    }
    give(Part::Integer, &group);
    if !fraction.is_empty() {
        give(Part::Decimal, point);
        give(Part::Fraction, &native(numbers, fraction));
    }
}

fn native(numbers: &Numbers, digits: &str) -> String {
    digits.chars().map(|c| native_digit(numbers, c)).collect()
}

fn native_digit(numbers: &Numbers, digit: char) -> char {
    digit.to_digit(10).and_then(|d| char::from_u32(u32::from(numbers.zero) + d)).unwrap_or(digit)
}
