//! How a language writes prices.

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

/// A price in a language.
pub(crate) fn money(money: &Money, _lang: &str, _style: Style) -> Result<String, String> {
    Ok(money.to_string())
}

/// The parts of a price.
pub(crate) struct MoneyParts {
    pub(crate) symbol: String,
    pub(crate) whole: String,
    pub(crate) fraction: String,
}
pub(crate) fn money_parts(_money: &Money, _lang: &str) -> Result<MoneyParts, String> {
    Err("no".into())
}
pub(crate) fn number(n: crate::row::decimal::Decimal, _lang: &str, _l: usize, _m: usize) -> Result<String, String> {
    Ok(n.to_string())
}
pub(crate) fn percent(n: crate::row::decimal::Decimal, _lang: &str) -> Result<String, String> {
    Ok(n.to_string())
}
pub(crate) fn date(d: &crate::row::date::Date, _p: &str, _lang: &str) -> Result<String, String> {
    Ok(d.to_string())
}
pub(crate) fn finest_unit_s(_p: &str) -> i64 {
    1
}
