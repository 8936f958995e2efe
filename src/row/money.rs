//! Prices: an exact amount and an ISO 4217 code, and how both are read from what feeds write.
//!
//! `9.99 USD`, `USD 9.99`, `$9.99`, `9,99 €`, `1.299,00 EUR`, `1 299,00 ₽` and a bare number with the field's currency are read; a text with
//! two numbers, an unknown mark or odd groups is refused, because a wrong price in an ad costs more than a missing picture.
//! Reading has two steps that know nothing of each other, so each can be widened alone: [`amount`] reads the digits, [`currency`] the mark.

use std::fmt;

use crate::error::quoted;
use crate::row::decimal::Decimal;
use crate::row::locale::{self, Style};

/// A currency by its ISO 4217 code.
///
/// ```
/// use templrender::Currency;
/// assert_eq!(Currency::parse("eur").map(|euro| euro.to_string()).as_deref(), Some("EUR"));
/// assert_eq!(Currency::parse("euro"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// An exact amount of one currency.
///
/// ```
/// use templrender::{Currency, Decimal, Money, Row};
/// let price = Money { amount: Decimal::parse("9.90").unwrap(), currency: Currency::parse("GBP").unwrap() };
/// assert_eq!((price.to_string().as_str(), price.currency.code()), ("9.9 GBP", "GBP"));
/// let mut row = Row::new();
/// row.set("price", price);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

/// All codes that CLDR knows, those out of use too: old feeds name them.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP \
    CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR \
    IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN \
    MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP \
    STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XDR XOF XPF XSU YER ZAR ZMW ZWG ZWL";

/// Currencies that CLDR writes without decimals, and those with three; all others have two.
const NO_DECIMALS: &str = "AFN ALL BIF CLP COP DJF GNF HUF IDR IQD IRR ISK JPY KMF KPW KRW LAK LBP MGA MMK PKR PYG RWF SLL SOS SYP UGX VND \
    VUV XAF XOF XPF YER";
const THREE_DECIMALS: &str = "BHD JOD KWD LYD OMR TND";

/// Marks that shops write, longest first, with the currencies they may mean: the field's currency if it is among them, else the first.
const MARKS: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("CA$", "CAD"),
    ("AU$", "AUD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("NT$", "TWD"),
    ("MX$", "MXN"),
    ("R$", "BRL"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("S$", "SGD"),
    ("JP¥", "JPY"),
    ("CN¥", "CNY"),
    ("грн", "UAH"),
    ("руб", "RUB"),
    ("тг", "KZT"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("Ft", "HUF"),
    ("лв", "BGN"),
    ("lei", "RON"),
    ("円", "JPY"),
    ("元", "CNY"),
    ("원", "KRW"),
    ("$", "USD CAD AUD NZD HKD SGD TWD MXN ARS CLP COP UYU"),
    ("€", "EUR"),
    ("£", "GBP EGP"),
    ("¥", "JPY CNY"),
    ("¥", "JPY CNY"),
    ("₽", "RUB"),
    ("₴", "UAH"),
    ("₸", "KZT"),
    ("₺", "TRY"),
    ("₪", "ILS"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₫", "VND"),
    ("฿", "THB"),
    ("₱", "PHP"),
    ("₦", "NGN"),
    ("₾", "GEL"),
    ("₼", "AZN"),
    ("֏", "AMD"),
];

impl Currency {
    /// A currency by its code in any case; `None` for a code that CLDR does not know.
    pub fn parse(code: &str) -> Option<Self> {
        let mut bytes: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        bytes.make_ascii_uppercase();
        among(CODES, bytes).then_some(Self(bytes))
    }

    /// The ISO 4217 code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many decimals prices in it have.
    pub(crate) fn decimals(&self) -> usize {
        if among(NO_DECIMALS, self.0) {
            0
        } else if among(THREE_DECIMALS, self.0) {
            3
        } else {
            2
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Money {
    /// Reads a price; one without a currency takes `default`. The message names the rule and the found text.
    pub(crate) fn parse(text: &str, default: Option<Currency>) -> Result<Self, String> {
        let plain = plain(text);
        let first = plain.find(|c: char| c.is_ascii_digit());
        let last = plain.rfind(|c: char| c.is_ascii_digit());
        let (Some(first), Some(last)) = (first, last) else {
            return Err(format!("a price must have a number, found {}", quoted(text)));
        };
        let (mut before, digits, mut after) =
            (plain.get(..first).unwrap_or(""), plain.get(first..=last).unwrap_or(""), plain.get(last + 1..).unwrap_or(""));
        let mut negative = false;
        for sign in ['-', '\u{2212}'] {
            if let Some(rest) = before.trim().strip_prefix(sign).or_else(|| before.trim().strip_suffix(sign)) {
                (before, negative) = (rest, true);
            }
        }
        // `12.-`, `12,–` and `₤1700.`: a mark that ends a whole amount.
        after = after.trim_start_matches(['.', ',', '–', '-']);
        let marks: Vec<&str> = [before, after].into_iter().map(str::trim).filter(|m| !m.is_empty()).collect();
        let currency = match marks.as_slice() {
            [] => default.ok_or_else(|| format!("a price must have a currency where its field has none, found {}", quoted(text)))?,
            [mark] => currency(mark, default)
                .ok_or_else(|| format!("a price must have an ISO 4217 code or a known mark, found {}", quoted(text)))?,
            _ => return Err(format!("a price must have one currency mark, found {}", quoted(text))),
        };
        let amount =
            amount(digits, currency.decimals()).ok_or_else(|| format!("a price must have one plain number, found {}", quoted(text)))?;
        Ok(Self { amount: if negative { amount.neg() } else { amount }, currency })
    }

    /// The price as its language writes it: the `money` filter without arguments.
    pub(crate) fn print(&self, lang: &str) -> Result<String, String> {
        locale::money(self, lang, Style::Standard)
    }
}

/// Whether a code is in a list of codes, which is sorted and has one space between two.
fn among(list: &str, code: [u8; 3]) -> bool {
    let codes = list.as_bytes();
    let at = |i: usize| codes.get(i * 4..i * 4 + 3).unwrap_or_default();
    let (mut low, mut high) = (0, codes.len().div_ceil(4));
    while low < high {
        let middle = low.midpoint(high);
        match at(middle).cmp(&code) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

/// `9.99 USD`: the feed's spelling, the same in all languages.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// One space for every kind of space, ASCII for other digits, nothing for invisible marks.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}'))
        .map(|c| match c {
            '\u{660}'..='\u{669}' => ascii_digit(c, 0x660),
            '\u{6f0}'..='\u{6f9}' => ascii_digit(c, 0x6f0),
            '\u{66b}' => ',',
            '\u{66c}' | '\u{2019}' => '\'',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

fn ascii_digit(c: char, zero: u32) -> char {
    char::from_digit(u32::from(c).wrapping_sub(zero), 10).unwrap_or(c)
}

/// The number that digits with separators mean, for a currency of so many decimals.
fn amount(digits: &str, decimals: usize) -> Option<Decimal> {
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

/// The currency that a mark means, where the field's own decides between those that share it.
fn currency(mark: &str, default: Option<Currency>) -> Option<Currency> {
    let mark = mark.trim_end_matches(['.', ':']).trim();
    if let Some(code) = Currency::parse(mark) {
        return Some(code);
    }
    let lower = mark.to_lowercase();
    let (_, codes) = MARKS.iter().find(|(known, _)| known.to_lowercase() == lower)?;
    let meant = default.filter(|d| codes.split_ascii_whitespace().any(|code| code == d.code()));
    meant.or_else(|| codes.split_ascii_whitespace().next().and_then(Currency::parse))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<String, String> {
        Money::parse(text, None).map(|m| m.to_string())
    }

    #[test]
    fn codes_are_sorted_and_each_is_found() {
        for list in [CODES, NO_DECIMALS, THREE_DECIMALS] {
            let codes: Vec<&str> = list.split(' ').collect();
            assert!(codes.windows(2).all(|w| w[0] < w[1]) && codes.iter().all(|code| code.len() == 3), "{list}");
            assert!(codes.iter().all(|code| among(list, code.as_bytes().try_into().unwrap())));
        }
        assert!(!among(CODES, *b"AAA") && !among(CODES, *b"ZZZ") && !among(THREE_DECIMALS, *b"EUR"));
    }

    #[test]
    fn the_spellings_of_feeds_are_read() {
        for (text, meant) in [
            ("9.99 USD", "9.99 USD"),
            ("USD 9.99", "9.99 USD"),
            ("usd9.99", "9.99 USD"),
            ("$9.99", "9.99 USD"),
            ("-$9.99", "-9.99 USD"),
            ("9,99 €", "9.99 EUR"),
            ("9,99\u{a0}€", "9.99 EUR"),
            ("1.299,00 EUR", "1299 EUR"),
            ("1,299.00 EUR", "1299 EUR"),
            ("1 299,00 ₽", "1299 RUB"),
            ("1\u{202f}299,00 ₽", "1299 RUB"),
            ("1'299.50 CHF", "1299.5 CHF"),
            ("$ 1.144.000", "1144000 USD"),
            ("12,34,567.50 INR", "1234567.5 INR"),
            ("1.299 EUR", "1299 EUR"),
            ("1.299 KWD", "1.299 KWD"),
            ("0.299 USD", "0.299 USD"),
            ("34.992001 GBP", "34.992001 GBP"),
            ("129 zł", "129 PLN"),
            ("١٬٢٣٤٫٥٠ SAR", "1234.5 SAR"),
            ("250 руб.", "250 RUB"),
            ("12000원", "12000 KRW"),
        ] {
            assert_eq!(read(text), Ok(meant.to_owned()), "{text}");
        }
    }

    #[test]
    fn the_field_gives_a_missing_currency_and_decides_a_shared_mark() {
        let cad = Currency::parse("cad");
        assert_eq!(Money::parse("9.99", cad).map(|m| m.to_string()), Ok("9.99 CAD".into()));
        assert_eq!(Money::parse("$9.99", cad).map(|m| m.to_string()), Ok("9.99 CAD".into()));
        assert_eq!(Money::parse("9.99 EUR", cad).map(|m| m.to_string()), Ok("9.99 EUR".into()));
        assert_eq!(read("9.99"), Err("a price must have a currency where its field has none, found \"9.99\"".into()));
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in [
            "",
            "free",
            "USD",
            "9.99 QQQ",
            "$9.99 EUR",
            "1.2.3 EUR",
            "12,3456,00 EUR",
            "1,29,9.00 EUR",
            "9.99 USD 10",
            "NaN USD",
            "1e5 USD",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read("9.99 QQQ"), Err("a price must have an ISO 4217 code or a known mark, found \"9.99 QQQ\"".into()));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(units in -1_000_000_000i64..1_000_000_000, decimals in 0u32..2) {
            let amount = Decimal::from(units).div(Decimal::from(10i64.pow(decimals))).unwrap();
            let money = Money { amount, currency: Currency(*b"EUR") };
            prop_assert_eq!(Money::parse(&money.to_string(), None), Ok(money));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = Money::parse(&text, Some(Currency(*b"USD")));
        }
    }
}
