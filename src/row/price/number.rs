//! Numbers as shops write them: which characters of a text are one, and what its separators mean.

use crate::row::decimal::Decimal;

/// Where the numbers stand, each with its groups and decimals.
pub(super) fn numbers(plain: &str) -> Vec<(usize, usize)> {
    let bytes = plain.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let is_digit = |i: usize| at(i).is_ascii_digit();
    let mut found = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        if !is_digit(i) {
            i += 1;
            continue;
        }
        // `$.75` is less than one, `Rs.75` and `$.750.30` are not.
        let before = plain.get(..i).unwrap_or("");
        let lead = before.strip_suffix(['.', ',']).filter(|lead| !lead.ends_with(char::is_alphanumeric));
        let first = i;
        let mut group = 0;
        let mut has_point = false;
        loop {
            let next_is_pair = |from: usize| is_digit(from) && is_digit(from + 1) && !is_digit(from + 2);
            let next_is_group = |from: usize| is_digit(from) && is_digit(from + 1) && is_digit(from + 2) && !is_digit(from + 3);
            match at(i) {
                b'0'..=b'9' => group += 1,
                b'.' | b',' if at(i + 1) == b' ' && next_is_pair(i + 2) => (i, has_point) = (i + 1, true),
                b'.' | b',' | b'\'' if is_digit(i + 1) => (group, has_point) = (0, true),
                b' ' if group <= 3 && !has_point && next_is_group(i + 1) => group = 0,
                _ => break,
            }
            i += 1;
        }
        found.push((lead.filter(|_| !has_point).map_or(first, str::len), i));
    }
    found
}

/// One space for every kind of space, ASCII for other digits, nothing for invisible marks.
pub(super) fn plain(text: &str) -> String {
    const ZEROS: [u32; 6] = [0x660, 0x6f0, 0x966, 0x9e6, 0x1040, 0xff10];
    let digit = |c: char| ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(*zero).and_then(|n| char::from_digit(n, 10)));
    let unseen =
        |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}');
    let seen = text.chars().filter(|c| !unseen(c)).map(|c| match c {
        '\u{66b}' => ',',
        '\u{66c}' | '\u{2019}' => '\'',
        c if c.is_ascii() && !c.is_ascii_whitespace() => c,
        c if c.is_whitespace() => ' ',
        c => digit(c).unwrap_or(c),
    });
    seen.collect::<String>().trim().to_owned()
}

/// The number that digits with separators mean, for a currency of so many decimals.
pub(super) fn amount(digits: &str, decimals: usize) -> Option<Decimal> {
    let (dots, commas) = (digits.matches('.').count(), digits.matches(',').count());
    let point = match (dots, commas) {
        (0, 0) => None,
        (_, 0) => single(digits, '.', dots, decimals),
        (0, _) => single(digits, ',', commas, decimals),
        (1, _) if digits.rfind('.') > digits.rfind(',') => digits.rfind('.'),
        (_, 1) if digits.rfind(',') > digits.rfind('.') => digits.rfind(','),
        _ => return None,
    };
    let (whole, fraction) = match point {
        Some(at) => (digits.get(..at)?, digits.get(at + 1..)?),
        None => (digits, ""),
    };
    let mut groups = whole.split(['.', ',', ' ', '\'']);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let one_kind = [".", ",", " ", "'"].iter().filter(|s| whole.contains(**s)).count() <= 1;
    let last_is_three = rest.last().is_none_or(|g| g.len() == 3);
    let even = rest.iter().all(|g| g.len() == 3) || (first.len() <= 2 && rest.iter().rev().skip(1).all(|g| g.len() == 2));
    let leading = rest.is_empty() || (1..=3).contains(&first.len());
    let digits_only = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let plain_digits = digits_only(first) && digits_only(fraction) && rest.iter().all(|g| digits_only(g));
    if !one_kind || !last_is_three || !even || !leading || !plain_digits {
        return None;
    }
    let plain: String = [first].into_iter().chain(rest).collect();
    Decimal::parse(&if fraction.is_empty() { plain } else { format!("{plain}.{fraction}") })
}

/// Where the decimals begin if only one kind of separator stands there: `1.299` groups thousands, `0.299`, `12.34` and `1299.999` do not.
fn single(digits: &str, separator: char, count: usize, decimals: usize) -> Option<usize> {
    let at = digits.rfind(separator)?;
    let (whole, fraction) = (digits.get(..at)?, digits.get(at + 1..)?);
    let groups = fraction.len() == 3 && decimals != 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    let after_groups = whole.contains([' ', '\'']);
    if count > 1 || (groups && !after_groups) { None } else { Some(at) }
}
