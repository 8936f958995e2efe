//! Prices read from what feeds and shops write.
//!
//! `9.99 USD`, `USD 9.99`, `$9.99`, `9,99 €`, `1.299,00 EUR`, `1 299,00 ₽`, `12.-`, `35€99` and a bare number with the field's currency are read. A
//! wrong price in an ad costs more than a missing picture, so the rule is: one number; what names its currency, if anything does, stands
//! beside it and agrees where it is said twice (`£9.50 GBP`); other words are those that leave a price what it is (`signs`: "ab", "Price:",
//! "inkl. MwSt."). Left out are a bracket with the price in another currency, with a per cent or without a number, and the same price said
//! again (`205,68 € 205.68`). So `10 € 8 €`, `5% 9 €`, `2 Mio. €`, `Save $5`, a range, and a sign that several currencies share where the field
//! does not decide (`9 kr`), are refused.

mod number;
mod signs;
#[cfg(test)]
mod tests;

use crate::error::quoted;
use crate::row::money::{Currency, Money};
use crate::row::price::number::{amount, numbers, plain};
use crate::row::price::signs::{agreed, are_words, meant, sign_at_end, sign_at_start};

/// A longer text is no price.
const LONGEST_BYTES: usize = 256;

/// A price, or which rule it breaks.
pub(super) fn read(text: &str, default: Option<Currency>) -> Result<Money, String> {
    if text.len() > LONGEST_BYTES {
        return Err(format!("a price must have at most {LONGEST_BYTES} bytes, found {}", text.len()));
    }
    let plain = plain(text);
    let Some((outside, inside)) = bracket(&plain) else { return without_brackets(&plain, default, text) };
    let price = without_brackets(&outside, default, text)?;
    let is_note = !inside.contains(|c: char| c.is_ascii_digit()) || inside.trim_end().ends_with('%');
    let other =
        || without_brackets(&inside, None, text).ok().filter(|other| other.currency != price.currency || other.amount == price.amount);
    if is_note || other().is_some() { Ok(price) } else { Err(two_numbers(text)) }
}

fn without_brackets(plain: &str, default: Option<Currency>, text: &str) -> Result<Money, String> {
    match numbers(plain).as_slice() {
        [] => Err(format!("a price must have a number, found {}", quoted(text))),
        [(start, end)] => one(part(plain, 0, *start), part(plain, *start, *end), part(plain, *end, plain.len()), default, text),
        [first, second] => split_by_its_sign(plain, *first, *second, default, text)
            .or_else(|| said_twice(plain, first.1, second.0, default, text))
            .ok_or_else(|| two_numbers(text)),
        _ => Err(two_numbers(text)),
    }
}

fn two_numbers(text: &str) -> String {
    format!("a price must have one plain number, found {}", quoted(text))
}

/// `35€99`: a sign where the point would be.
fn split_by_its_sign(plain: &str, first: (usize, usize), second: (usize, usize), default: Option<Currency>, text: &str) -> Option<Money> {
    let (whole, sign, cents) = (part(plain, first.0, first.1), part(plain, first.1, second.0), part(plain, second.0, second.1));
    if cents.len() != 2 || whole.contains(['.', ',']) || meant(sign.trim(), true).is_none() {
        return None;
    }
    let after = format!("{sign}{}", part(plain, second.1, plain.len()));
    one(part(plain, 0, first.0), &format!("{whole}.{cents}"), &after, default, text).ok()
}

/// `205,68 € 205.68`: the same price twice.
fn said_twice(plain: &str, from: usize, to: usize, default: Option<Currency>, text: &str) -> Option<Money> {
    let gap = part(plain, from, to);
    gap.match_indices(' ').find_map(|(at, _)| {
        let (left, right) = (part(plain, 0, from + at), part(plain, from + at, plain.len()));
        let again = without_brackets(right, default, text).ok();
        let price = without_brackets(left, default.or(again.map(|again| again.currency)), text).ok()?;
        let again = again.or_else(|| without_brackets(right, Some(price.currency), text).ok())?;
        (price == again).then_some(price)
    })
}

/// A price of one number and what stands around it.
fn one(before: &str, digits: &str, after: &str, default: Option<Currency>, text: &str) -> Result<Money, String> {
    let minus = ['-', '\u{2212}'];
    let glued = before.ends_with(minus);
    let (mut left, mut right) = (before.trim_end_matches(minus), after);
    let mut signs = Vec::new();
    while let Some((rest, sign)) = sign_at_end(left) {
        signs.push(sign);
        left = rest;
    }
    while let Some((rest, sign)) = sign_at_start(right) {
        signs.push(sign);
        right = rest;
    }
    // `-$9`, `$-9` and `CHF-9`, but a dash with a space after it is none of the price's.
    let negative = glued || left.ends_with(minus);
    let has_dash = left.trim_end() != left && left.trim_end().ends_with(minus);
    // `12.-` is a whole amount, `12.50-` one below nought in some ledgers.
    let has_ledger_minus = after.starts_with('-') && digits.contains(['.', ',']);
    let is_glued = left.ends_with(char::is_alphabetic) && left.len() == before.len()
        || right.starts_with(char::is_alphabetic) && right.len() == after.len();
    if has_ledger_minus || has_dash || is_glued || !are_words(left) || !are_words(right) {
        let rule = if signs.is_empty() {
            "a price must have an ISO 4217 code or a known mark"
        } else {
            "a price must have nothing beside it that changes it"
        };
        return Err(format!("{rule}, found {}", quoted(text)));
    }
    let currency = if signs.is_empty() {
        default.ok_or_else(|| format!("a price must have a currency where its field has none, found {}", quoted(text)))?
    } else {
        agreed(&signs, default).ok_or_else(|| format!("a price must have one currency mark, found {}", quoted(text)))?
    };
    let amount = amount(&digits.replace(". ", ".").replace(", ", ","), currency.decimals()).ok_or_else(|| two_numbers(text))?;
    Ok(Money { amount: if negative { amount.neg() } else { amount }, currency })
}

/// The text without its last bracket, and what stands in that.
fn bracket(plain: &str) -> Option<(String, String)> {
    let (before, rest) = plain.rsplit_once('(')?;
    let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
    Some((format!("{before} {after}"), inside.to_owned()))
}

fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or("")
}
