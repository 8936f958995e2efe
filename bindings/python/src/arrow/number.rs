//! Numbers of Arrow as the exact decimals of a row.

use std::fmt::Write;

use core_::{Decimal, Value};

use super::node::{Read, Trouble};

pub(super) fn of_unsigned(number: u64) -> Read<Value> {
    of_parts(Some(i128::from(number)), 0)
}

/// Digits and how many of them stand behind the point; no digits are more than 128 bits of them.
pub(super) fn of_parts(digits: Option<i128>, scale: i8) -> Read<Value> {
    let number = digits.and_then(|digits| Decimal::from_parts(digits, i32::from(scale)));
    number.map(Value::Number).ok_or_else(|| Trouble::new("must be a number of at most 28 digits, found more"))
}

/// Digits of 256 bits. Decimals are cut until the others fit into 128, which is more than a decimal keeps.
pub(super) fn of_wide_parts(bytes: [u8; 32], scale: i8) -> Read<Value> {
    let is_negative = i128::from_ne_bytes(halves(&bytes).1) < 0;
    let (low, high) = halves(&bytes);
    let (mut low, mut high) = (u128::from_ne_bytes(low), u128::from_ne_bytes(high));
    if is_negative {
        (low, high) = (low.wrapping_neg(), (!high).wrapping_add(u128::from(low == 0)));
    }
    let mut scale = scale;
    while (high > 0 || i128::try_from(low).is_err()) && scale > 0 {
        (low, high) = tenth(low, high);
        scale -= 1;
    }
    let digits = if high == 0 { i128::try_from(low).ok() } else { None };
    of_parts(digits.map(|digits| if is_negative { -digits } else { digits }), scale)
}

/// The lower and the upper half.
fn halves(bytes: &[u8; 32]) -> ([u8; 16], [u8; 16]) {
    let (first, second) = (bytes.first_chunk::<16>(), bytes.last_chunk::<16>());
    let (first, second) = (first.copied().unwrap_or_default(), second.copied().unwrap_or_default());
    if cfg!(target_endian = "big") { (second, first) } else { (first, second) }
}

/// A tenth of a number of 256 bits, without what is left over: four steps of 64 bits.
fn tenth(low: u128, high: u128) -> (u128, u128) {
    let mut rest = 0;
    let mut step = |part: u128| {
        let sum = rest << 64 | part;
        rest = sum % 10;
        sum / 10
    };
    let lower = u128::from(u64::MAX);
    let high = step(high >> 64) << 64 | step(high & lower);
    (step(low >> 64) << 64 | step(low & lower), high)
}

pub(super) fn of_f64(number: f64) -> Read<Value> {
    // Between these the shortest digits are no longer without an exponent.
    let is_plain = number == 0.0 || (1e-6..1e17).contains(&number.abs());
    of_float(number.is_nan(), number.is_finite(), |out| if is_plain { write!(out, "{number}") } else { write!(out, "{number:e}") })
}

pub(super) fn of_f32(number: f32) -> Read<Value> {
    let is_plain = number == 0.0 || (1e-6..1e9).contains(&number.abs());
    of_float(number.is_nan(), number.is_finite(), |out| if is_plain { write!(out, "{number}") } else { write!(out, "{number:e}") })
}

/// Half a float: as few digits as tell it from its neighbours.
pub(super) fn of_f16(bytes: [u8; 2]) -> Read<Value> {
    let bits = u16::from_ne_bytes(bytes);
    let (sign, exponent, fraction) = (if bits >> 15 == 1 { -1.0 } else { 1.0 }, i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    if exponent == 31 {
        return of_float(fraction != 0.0, false, |out| out.write_str(if sign < 0.0 { "-inf" } else { "inf" }));
    }
    // The distance to the next number away from nought, and to the one before.
    let step = 2f64.powi(exponent.max(1) - 25);
    let before = if fraction == 0.0 && exponent > 1 { step / 2.0 } else { step };
    let number = if exponent == 0 { fraction * step } else { (1024.0 + fraction) * step };
    // Half-way between two of them, digits are read as the even one.
    let told = |distance: f64, gap: f64| distance < gap / 2.0 || (bits & 1 == 0 && distance == gap / 2.0);
    for digits in 0..5 {
        let mut text = Short::default();
        let near = write!(text, "{:.digits$e}", number).ok().and_then(|()| text.as_str()?.parse::<f64>().ok());
        let is_told = near.is_some_and(|near| if near < number { told(number - near, before) } else { told(near - number, step) });
        if is_told || digits == 4 {
            return of_float(false, true, |out| write!(out, "{:.digits$e}", sign * number));
        }
    }
    of_f64(sign * number)
}

/// What a float's digits say; nothing for what is no number.
fn of_float(is_nan: bool, is_finite: bool, digits: impl FnOnce(&mut Short) -> std::fmt::Result) -> Read<Value> {
    if is_nan {
        return Ok(Value::Null);
    }
    let mut text = Short::default();
    let text = digits(&mut text).ok().and_then(|()| text.as_str()).unwrap_or_default();
    if !is_finite {
        return Err(Trouble::new(format!("must be a finite number, found {text}")));
    }
    let number = Decimal::parse(text).map(Value::Number);
    number.ok_or_else(|| Trouble::new(format!("must be a number of at most 28 digits, found {text}")))
}

/// `8d3c...-...`, as everybody writes UUIDs.
pub(super) fn uuid(bytes: [u8; 16]) -> String {
    let dash = |at| if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
    bytes.iter().enumerate().map(|(at, byte)| format!("{}{byte:02x}", dash(at))).collect()
}

/// A number's digits, without asking for memory.
#[derive(Default)]
struct Short {
    bytes: [u8; 32],
    length: usize,
}

impl Short {
    fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes.get(..self.length)?).ok()
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
