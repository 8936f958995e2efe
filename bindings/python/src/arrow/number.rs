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

/// A number of 256 bits, its lowest byte first on the machines that are common, as one of 128.
pub(super) fn narrow(bytes: [u8; 32]) -> Option<i128> {
    let bytes = if cfg!(target_endian = "big") { reversed(bytes) } else { bytes };
    let (low, high) = (bytes.first_chunk::<16>()?, bytes.last_chunk::<16>()?);
    let (low, high) = (i128::from_le_bytes(*low), i128::from_le_bytes(*high));
    (high == if low < 0 { -1 } else { 0 }).then_some(low)
}

fn reversed(mut bytes: [u8; 32]) -> [u8; 32] {
    bytes.reverse();
    bytes
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
    for digits in 0..5 {
        let mut text = Short::default();
        let near = write!(text, "{:.digits$e}", number).ok().and_then(|()| text.as_str()?.parse::<f64>().ok());
        let is_told = near.is_some_and(|near| if near < number { number - near < before / 2.0 } else { near - number < step / 2.0 });
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
