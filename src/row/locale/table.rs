//! The tables' rows, and how a tag finds its own.
//!
//! A tag is looked up as it is written; else its language's other codes, its script (that of its region, where a region writes the language in
//! another) and its region are tried from the whole to the language alone: `zh_TW` is `zh-Hant`, `sr-Latn-RS` is `sr-Latn`, `iw` is `he`,
//! `de-US` is `de`. A language, or a script of it, without a row is refused by name, because a price in another language's spelling is a wrong
//! price. An empty tag means English.

use crate::error::quoted;
use crate::row::locale::data::{ALIASES, ALSO, CURRENCIES, MARKS, NAMES, NUMBERS, OWN, REGIONS, SCRIPTS, SIGNS, TAGS};

/// A locale's tag and its rows of `NUMBERS`, `MARKS` and `NAMES`.
pub(super) struct Tag(pub(super) &'static str, pub(super) u16, pub(super) u16, pub(super) u16);

/// How many digits a group has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// 1,234,567.
    Thousands,
    /// 12,34,567.
    Lakh,
}

/// How a locale writes numbers. In patterns `#` stands for the number, `¤` for the mark of the currency, `-` for the minus.
pub(super) struct Numbers {
    /// Nought, the first of ten digits.
    pub(super) zero: char,
    pub(super) point: &'static str,
    pub(super) group: &'static str,
    pub(super) minus: &'static str,
    /// How many digits stand before the first separator of groups at least.
    pub(super) least: u8,
    pub(super) grouping: Grouping,
    pub(super) percent: &'static str,
    pub(super) percent_grouping: Grouping,
    pub(super) price: &'static str,
    /// Empty where it is the minus before the price.
    pub(super) negative: &'static str,
    pub(super) price_point: &'static str,
    pub(super) price_group: &'static str,
    pub(super) price_grouping: Grouping,
}

/// Marks that differ from those of the row named first.
pub(super) struct Marks(pub(super) Option<u16>, pub(super) &'static [Mark]);

/// A currency's code, its mark, its short mark, and which row of `OWN` its prices follow, counted from 1.
pub(super) struct Mark(pub(super) [u8; 3], pub(super) &'static str, pub(super) &'static str, pub(super) u8);

/// How prices of one currency are written where they differ from the locale's others.
pub(super) struct Own {
    pub(super) price: &'static str,
    pub(super) negative: &'static str,
    pub(super) point: &'static str,
    pub(super) group: &'static str,
    pub(super) grouping: Grouping,
}

/// Lists of names, parted by `|`: see [`Name`].
pub(super) struct Names(pub(super) [&'static str; 9]);

/// A list of [`Names`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Name {
    Months = 0,
    ShortMonths = 1,
    LoneMonths = 2,
    LoneShortMonths = 3,
    Weekdays = 4,
    ShortWeekdays = 5,
    LoneWeekdays = 6,
    LoneShortWeekdays = 7,
    Halves = 8,
}

/// What a language writes with.
#[derive(Clone, Copy)]
pub(super) struct Locale {
    pub(super) tag: &'static str,
    pub(super) numbers: &'static Numbers,
    marks: u16,
    names: &'static Names,
}

impl Locale {
    /// The locale that a tag means.
    pub(super) fn find(tag: &str) -> Result<Self, String> {
        let row = exact(if tag.is_empty() { "en" } else { tag }).or_else(|| exact(pair(&ALSO, tag)?)).or_else(|| nearest(tag));
        let found = row.and_then(|Tag(tag, numbers, marks, names)| {
            Some(Self { tag, numbers: NUMBERS.get(usize::from(*numbers))?, marks: *marks, names: NAMES.get(usize::from(*names))? })
        });
        found.ok_or_else(|| format!("numbers and prices in language {} are not supported yet", quoted(tag)))
    }

    /// What the locale calls a currency, short or not, if it has a mark, and how its prices are written, if not as others.
    pub(super) fn mark(&self, code: [u8; 3]) -> Option<(&'static Mark, Option<&'static Own>)> {
        let mut at = Some(self.marks);
        while let Some(Marks(above, own)) = at.and_then(|at| MARKS.get(usize::from(at))) {
            if let Some(mark) = own.binary_search_by(|mark| mark.0.cmp(&code)).ok().and_then(|i| own.get(i)) {
                return Some((mark, usize::from(mark.3).checked_sub(1).and_then(|i| OWN.get(i))));
            }
            at = *above;
        }
        None
    }

    /// A name by its place in its list. A list that is empty is that of the names within a date.
    pub(super) fn name(&self, list: Name, index: u8) -> &'static str {
        let Names(lists) = self.names;
        let at = |list: Name| lists.get(list as usize).copied().unwrap_or("");
        let own = at(list);
        let names = match list {
            Name::LoneMonths if own.is_empty() => at(Name::Months),
            Name::LoneShortMonths if own.is_empty() => at(Name::ShortMonths),
            Name::LoneWeekdays if own.is_empty() => at(Name::Weekdays),
            Name::LoneShortWeekdays if own.is_empty() => at(Name::ShortWeekdays),
            _ => own,
        };
        names.split('|').nth(usize::from(index)).unwrap_or("")
    }
}

/// How many decimals prices in a currency have; `None` for a code that no country has or had.
pub(crate) fn currency_decimals(code: [u8; 3]) -> Option<usize> {
    CURRENCIES.binary_search_by(|row| row.0.cmp(&code)).ok().and_then(|i| CURRENCIES.get(i)).map(|row| usize::from(row.1))
}

/// The codes, parted by spaces, of currencies that a sign in small letters, without its last dot, may mean in some language.
pub(crate) fn signed(sign: &str) -> Option<&'static str> {
    pair(&SIGNS, sign)
}

fn exact(tag: &str) -> Option<&'static Tag> {
    TAGS.binary_search_by(|row| row.0.cmp(tag)).ok().and_then(|i| TAGS.get(i))
}

fn pair(table: &'static [(&'static str, &'static str)], key: &str) -> Option<&'static str> {
    table.binary_search_by(|(known, _)| (*known).cmp(key)).ok().and_then(|i| table.get(i)).map(|(_, value)| *value)
}

/// The row of a tag that is not written as in the table: other case, `_`, other code, more subtags.
fn nearest(tag: &str) -> Option<&'static Tag> {
    let mut subtags = tag.split(['-', '_']);
    let mut language = subtags.next()?.to_ascii_lowercase();
    let mut script = None;
    if let Some(meant) = pair(&ALIASES, &language) {
        let (other, own_script) = meant.split_once('-').map_or((meant, None), |(other, script)| (other, Some(script)));
        (language, script) = (other.to_owned(), own_script.map(str::to_owned));
    }
    let mut region = None;
    for subtag in subtags {
        let letters = subtag.bytes().all(|b| b.is_ascii_alphabetic());
        match subtag.len() {
            4 if letters && region.is_none() => script = Some(capitalised(subtag)),
            2 if letters && region.is_none() => region = Some(subtag.to_ascii_uppercase()),
            3 if region.is_none() && subtag.bytes().all(|b| b.is_ascii_digit()) => region = Some(subtag.to_owned()),
            // A variant is written as its language; an extension may ask for other digits, which nobody would get.
            4..=8 if subtag.bytes().all(|b| b.is_ascii_alphanumeric()) => {}
            _ => return None,
        }
    }
    let usual = pair(&SCRIPTS, &language)?;
    let regional = region.as_ref().and_then(|region| pair(&REGIONS, &format!("{language}-{region}")));
    let script = script.unwrap_or_else(|| regional.unwrap_or(usual).to_owned());
    let with_region = region.and_then(|region| {
        let short = || if script == usual { exact(&format!("{language}-{region}")) } else { None };
        exact(&format!("{language}-{script}-{region}")).or_else(short)
    });
    let alone = || if script == usual { exact(&language) } else { None };
    with_region.or_else(|| exact(&format!("{language}-{script}"))).or_else(alone)
}

fn capitalised(subtag: &str) -> String {
    let (first, rest) = subtag.split_at_checked(1).unwrap_or((subtag, ""));
    first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
}
