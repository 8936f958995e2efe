//! Prices: an exact amount and an ISO 4217 code. `price` reads them from what feeds write, `locale` writes them.

use std::fmt;

use crate::row::decimal::Decimal;
use crate::row::locale::{self, Style};
use crate::row::price;

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

impl Currency {
    /// A currency by its code in any case; codes out of use are known too, for old feeds name them. `None` for a code
    /// that no country has or had.
    pub fn parse(code: &str) -> Option<Self> {
        let mut bytes: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        bytes.make_ascii_uppercase();
        locale::currency_decimals(bytes).map(|_| Self(bytes))
    }

    /// The ISO 4217 code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// The code's letters.
    pub(crate) fn bytes(&self) -> [u8; 3] {
        self.0
    }

    /// How many decimals prices in it have.
    pub(crate) fn decimals(&self) -> usize {
        locale::currency_decimals(self.0).unwrap_or(2)
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
        price::read(text, default)
    }

    /// The price as its language writes it: the `money` filter without arguments.
    pub(crate) fn print(&self, lang: &str) -> Result<String, String> {
        locale::money(self, lang, Style::Standard)
    }
}

/// `9.99 USD`: the feed's spelling, the same in all languages.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
