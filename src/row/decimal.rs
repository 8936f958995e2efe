//! Exact decimal numbers: what a feed or a template writes comes back digit for digit, and `0.1 + 0.2` is `0.3`.
//!
//! A thin coat over `rust_decimal` (96 bits, at most 28 decimals), so that no other crate's type stands in our signatures. Nothing here
//! panics: what does not fit is `None`, and the caller knows the place and writes the message. Halves round away from zero, as prices do.

use std::fmt;

use rust_decimal::{Decimal as Inner, RoundingStrategy};

/// An exact decimal number of about 28 digits.
///
/// ```
/// use templrender::Decimal;
/// let price = Decimal::parse("-12.50").unwrap();
/// assert!(price.is_negative() && !price.is_zero());
/// assert_eq!((price.to_f64(), price.to_i64()), (-12.5, None));
/// assert_eq!(Decimal::parse("twelve"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(Inner);

impl Decimal {
    /// Nought.
    pub const ZERO: Self = Self(Inner::ZERO);
    /// One hundred: the whole of a percentage.
    pub(crate) const HUNDRED: Self = Self(Inner::ONE_HUNDRED);

    /// Reads `-12.50`, `.5`, `3.` or `1e3`; `None` for anything else, `NaN`, `inf` and numbers beyond 28 digits before the point.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        if !plain || whole.len() + fraction.len() == 0 || text.len() > 100 {
            return None;
        }
        let number = Inner::from_str_radix(mantissa.strip_prefix('+').unwrap_or(mantissa), 10).ok()?;
        Self(number).shifted(exponent)
    }

    /// The number that digits are with a point in front of the last so many of them, as Arrow, SQL and Parquet keep decimals; `None` where it does not fit.
    /// Decimals that do not fit are rounded away; a negative count stands for noughts behind the digits.
    ///
    /// ```
    /// use templrender::Decimal;
    /// assert_eq!(Decimal::from_parts(-1250, 2), Decimal::parse("-12.5"));
    /// assert_eq!(Decimal::from_parts(125, -2), Decimal::parse("12500"));
    /// assert_eq!(Decimal::from_parts(i128::MAX, 0), None);
    /// ```
    pub fn from_parts(digits: i128, decimals: i32) -> Option<Self> {
        if decimals < 0 {
            let noughts = decimals.unsigned_abs();
            return Self::from_parts(digits.checked_mul(10_i128.checked_pow(noughts)?)?, 0);
        }
        let (mut digits, mut decimals, mut rounded) = (digits, decimals, 0);
        while decimals > 0 && (decimals > 28 || digits.unsigned_abs() >> 96 > 0) {
            if digits == 0 {
                return Some(Self::ZERO);
            }
            rounded = digits % 10;
            (digits, decimals) = (digits / 10, decimals - 1);
        }
        let digits = digits + if rounded.abs() >= 5 { rounded.signum() } else { 0 };
        Inner::try_from_i128_with_scale(digits, u32::try_from(decimals).ok()?).ok().map(Self)
    }

    /// Times ten to a power; `None` where it no longer fits. What falls off below the 28th decimal is rounded away.
    fn shifted(self, power: i32) -> Option<Self> {
        if power == 0 || self.is_zero() {
            return Some(self);
        }
        if power > 0 {
            let ten = (0..power.min(29)).try_fold(Inner::ONE, |n, _| n.checked_mul(Inner::TEN))?;
            return self.0.checked_mul(ten).map(Self);
        }
        if power < -56 {
            return Some(Self::ZERO);
        }
        (power..0).try_fold(self.0, |n, _| n.checked_div(Inner::TEN)).map(Self)
    }

    /// The sum, where it fits.
    pub(crate) fn add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, where it fits.
    pub(crate) fn sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The product, where it fits.
    pub(crate) fn mul(self, other: Self) -> Option<Self> {
        self.0.checked_mul(other.0).map(Self)
    }

    /// The quotient; `None` for a divisor of nought or a result that does not fit.
    pub(crate) fn div(self, other: Self) -> Option<Self> {
        self.0.checked_div(other.0).map(Self)
    }

    /// The quotient rounded down, as Python's `//`.
    pub(crate) fn floor_div(self, other: Self) -> Option<Self> {
        let rest = self.rem(other)?;
        self.0.checked_sub(rest.0)?.checked_div(other.0).map(|q| Self(q.round()))
    }

    /// What `//` leaves: it has the divisor's sign, as Python's `%`.
    pub(crate) fn rem(self, other: Self) -> Option<Self> {
        let rest = self.0.checked_rem(other.0)?;
        let opposite = !rest.is_zero() && rest.is_sign_negative() != other.0.is_sign_negative();
        if opposite { rest.checked_add(other.0).map(Self) } else { Some(Self(rest)) }
    }

    /// With the other sign.
    pub(crate) fn neg(self) -> Self {
        if self.is_zero() { self } else { Self(-self.0) }
    }

    /// Without its sign.
    pub(crate) fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Rounded to some decimals, halves away from zero; a negative count rounds to tens, hundreds and so on.
    pub(crate) fn round(self, decimals: i32) -> Option<Self> {
        let strategy = RoundingStrategy::MidpointAwayFromZero;
        if let Ok(decimals) = u32::try_from(decimals) {
            return Some(Self(self.0.round_dp_with_strategy(decimals, strategy)));
        }
        if decimals < -29 {
            return Some(Self::ZERO);
        }
        Self(self.shifted(decimals)?.0.round_dp_with_strategy(0, strategy)).shifted(-decimals)
    }

    /// Whether it is nought.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whether it is below nought.
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// As a whole number, where it is one and fits.
    pub fn to_i64(self) -> Option<i64> {
        let whole = self.0.trunc();
        if whole != self.0 { None } else { i64::try_from(whole).ok() }
    }

    /// As the nearest binary number: for layout and paint, never for sums of money.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(0.0)
    }

    /// The digits before and after the point of the number rounded to `max` decimals, without its sign, with at least `min` decimals.
    pub(crate) fn digits(self, min: usize, max: usize) -> (String, String) {
        let rounded = self.abs().round(i32::try_from(max).unwrap_or(28)).unwrap_or(self.abs());
        let text = rounded.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let mut fraction = fraction.to_owned();
        while fraction.len() < min {
            fraction.push('0');
        }
        (whole.to_owned(), fraction)
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self(Inner::from(number))
    }
}

/// The shortest form: `9.9` for 9.90, without exponent.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shortest = self.0.normalize();
        if shortest.is_zero() { f.write_str("0") } else { write!(f, "{shortest}") }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(d("0.1").add(d("0.2")), Some(d("0.3")));
        assert_eq!(d("1.10").to_string(), "1.1");
        assert_eq!(d("-0").to_string(), "0");
        assert_eq!(d("1e3").to_string(), "1000");
        assert_eq!(d("125e-2").to_string(), "1.25");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", ".", "-", "NaN", "inf", "Infinity", "1_0", "0x10", "1e", "1e400", "1e99999999999", "١", "--1", "1.2.3"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(d("1e-400"), Decimal::ZERO);
        assert_eq!(d("0e400"), Decimal::ZERO);
        assert_eq!(Decimal::parse(&"9".repeat(200)), None);
        assert_eq!(Decimal::parse(&"9".repeat(40)), None);
        assert_eq!(d("3.14159265358979323846264338327950288419").to_string(), "3.1415926535897932384626433833");
    }

    #[test]
    fn division_rounds_down_as_in_python() {
        for (a, b, quotient, rest) in [("7", "2", "3", "1"), ("-7", "2", "-4", "1"), ("7", "-2", "-4", "-1"), ("7.5", "2", "3", "1.5")] {
            assert_eq!((d(a).floor_div(d(b)), d(a).rem(d(b))), (Some(d(quotient)), Some(d(rest))), "{a} {b}");
        }
        assert_eq!(d("1").div(Decimal::ZERO), None);
        assert_eq!(d("1").rem(Decimal::ZERO), None);
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(d("2.5").round(0), Some(d("3")));
        assert_eq!(d("-2.5").round(0), Some(d("-3")));
        assert_eq!(d("1250").round(-2), Some(d("1300")));
        assert_eq!(d("1.005").digits(2, 2), ("1".into(), "01".into()));
        assert_eq!(d("5").digits(2, 2), ("5".into(), "00".into()));
    }
}
