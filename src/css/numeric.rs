//! Numbers, lengths, percentages and angles, plain or in `calc() min() max() clamp()`.
//!
//! A math function is worked out as far as it goes at once: numbers and angles always, lengths of one unit too. What stays is a sum of
//! different units, or `min` and `max` over such; sums are flat and hold one term for each unit, so that a printed value reads back to the
//! same.

use std::f64::consts::PI;
use std::sync::Arc;

use super::length::{Calc, Length};
use super::parser::Parser;
use super::token::{Kind, MAX_DEPTH};

/// Makes a length of a number.
type Unit = fn(f32) -> Length;

/// The value of a number, a dimension or a math function.
#[derive(Debug, Clone, PartialEq)]
enum Math {
    Number(f32),
    Length(Calc),
    Degrees(f32),
}

impl Parser<'_> {
    pub(crate) fn number(&mut self) -> Option<f32> {
        self.attempt(|p| match p.math()? {
            Math::Number(value) => Some(value),
            _ => None,
        })
    }

    pub(crate) fn number_not_negative(&mut self) -> Option<f32> {
        let literal = self.function_name().is_none();
        self.attempt(|p| match p.number()? {
            value if value >= 0.0 => Some(value),
            _ if literal => p.refuse("must not be negative"),
            _ => Some(0.0),
        })
    }

    pub(crate) fn integer(&mut self) -> Option<i32> {
        self.attempt(|p| p.number().filter(|v| v.fract() == 0.0).map(|v| v as i32))
    }

    /// A number, or a percentage as a share of 1.
    pub(crate) fn number_or_percentage(&mut self) -> Option<f32> {
        self.attempt(|p| match p.math()? {
            Math::Number(value) => Some(value),
            Math::Length(Calc::Leaf(Length::Percent(value))) => Some(value / 100.0),
            _ => None,
        })
    }

    pub(crate) fn percentage(&mut self) -> Option<f32> {
        self.attempt(|p| match p.math()? {
            Math::Length(Calc::Leaf(Length::Percent(value))) => Some(value),
            _ => None,
        })
    }

    /// Degrees; a plain 0 is an angle too.
    pub(crate) fn angle(&mut self) -> Option<f32> {
        self.attempt(|p| match p.math()? {
            Math::Degrees(value) => Some(value),
            Math::Number(0.0) => Some(0.0),
            _ => None,
        })
    }

    /// A length or percentage; numbers of the template's JSON are px.
    pub(crate) fn length_percentage(&mut self) -> Option<Length> {
        let start = self.peek()?;
        self.attempt(|p| {
            let length = match (p.math()?, start) {
                (Math::Length(calc), _) => return Some(to_length(calc)),
                (Math::Number(px), Kind::Bare(_)) => Length::Px(px),
                (Math::Number(0.0), Kind::Number(_)) => Length::ZERO,
                (Math::Number(value), Kind::Number(_)) => return p.refuse(format!("needs a unit after {value}")),
                _ => return None,
            };
            Some(length)
        })
    }

    pub(crate) fn length(&mut self) -> Option<Length> {
        self.attempt(|p| p.length_percentage().filter(|length| !length.has_percent()))
    }

    pub(crate) fn length_percentage_not_negative(&mut self) -> Option<Length> {
        self.not_negative(Self::length_percentage)
    }

    pub(crate) fn length_not_negative(&mut self) -> Option<Length> {
        self.not_negative(Self::length)
    }

    /// Refuses a literal below 0; what a math function gives is clamped, as CSS has it.
    fn not_negative(&mut self, parse: impl FnOnce(&mut Self) -> Option<Length>) -> Option<Length> {
        let literal = self.function_name().is_none();
        self.attempt(|p| {
            let length = parse(p)?;
            match unit_of(&length) {
                Some((value, _)) if value < 0.0 && literal => p.refuse("must not be negative"),
                Some((value, unit)) if value < 0.0 => Some(unit(0.0)),
                _ => Some(length),
            }
        })
    }

    /// A literal or a math function.
    fn math(&mut self) -> Option<Math> {
        if let Some(name) = self.function_name() {
            return match name.to_ascii_lowercase().as_str() {
                "calc" | "min" | "max" | "clamp" => self.math_function(0),
                _ => None,
            };
        }
        self.literal()
    }

    fn literal(&mut self) -> Option<Math> {
        let unit: Unit = match self.peek()? {
            Kind::Number(value) | Kind::Bare(value) => {
                self.skip();
                return Some(Math::Number(*value));
            }
            Kind::Percent(_) => Length::Percent,
            Kind::Dimension(_, unit) => match unit.to_ascii_lowercase().as_str() {
                "px" => Length::Px,
                "em" => Length::Em,
                "vw" => Length::Vw,
                "vh" => Length::Vh,
                "vmin" => Length::Vmin,
                "vmax" => Length::Vmax,
                "deg" | "rad" | "turn" | "grad" => return self.angle_literal(),
                "rem" => return self.refuse("takes no rem, write px or em"),
                "pt" => return self.refuse("takes no pt, write px"),
                other => return self.refuse(format!("takes px, %, em, vw, vh, vmin and vmax, not {}", crate::error::quoted(other))),
            },
            _ => return None,
        };
        match self.take()? {
            Kind::Percent(value) | Kind::Dimension(value, _) => Some(Math::Length(Calc::Leaf(unit(*value)))),
            _ => None,
        }
    }

    fn angle_literal(&mut self) -> Option<Math> {
        let Kind::Dimension(value, unit) = self.take()? else { return None };
        let degrees = match unit.to_ascii_lowercase().as_str() {
            "rad" => f64::from(*value) * (180.0 / PI),
            "grad" => f64::from(*value) * 0.9,
            "turn" => f64::from(*value) * 360.0,
            _ => f64::from(*value),
        };
        Some(Math::Degrees(degrees as f32))
    }

    fn math_function(&mut self, depth: usize) -> Option<Math> {
        let name = self.function_name()?.to_ascii_lowercase();
        let name = name.as_str();
        let value = self.arguments(|p| {
            if name == "calc" {
                return p.math_sum(depth);
            }
            let values = p.list(|p| p.math_sum(depth))?;
            match (name, <[Math; 3]>::try_from(values)) {
                ("clamp", Ok([low, value, high])) => extreme(vec![low, extreme(vec![value, high], false)?], true),
                ("min", Ok(values)) => extreme(values.into(), false),
                ("max", Ok(values)) => extreme(values.into(), true),
                ("min", Err(values)) => extreme(values, false),
                ("max", Err(values)) => extreme(values, true),
                _ => p.refuse("takes clamp() with a smallest, a wanted and a largest value"),
            }
        })?;
        if value.is_finite() { Some(value) } else { self.refuse("must stay finite") }
    }

    fn math_sum(&mut self, depth: usize) -> Option<Math> {
        let mut total = self.math_product(depth)?;
        loop {
            let spaced = self.token().is_some_and(|token| token.space_before) && self.space_after();
            let sign = match self.peek() {
                Some(Kind::Delim('+')) if spaced => 1.0,
                Some(Kind::Delim('-')) if spaced => -1.0,
                Some(Kind::Delim('+' | '-') | Kind::Number(_) | Kind::Dimension(..) | Kind::Percent(_)) => {
                    return self.refuse("needs white space on both sides of + and - in calc()");
                }
                _ => return Some(total),
            };
            self.skip();
            let term = self.math_product(depth)?;
            total = match add(total, scaled(term, sign)) {
                Some(total) => total,
                None => return self.refuse("cannot add a number, a length and an angle to each other"),
            };
        }
    }

    fn math_product(&mut self, depth: usize) -> Option<Math> {
        let mut total = self.math_operand(depth)?;
        loop {
            match self.peek() {
                Some(Kind::Delim('*')) => {
                    self.skip();
                    let factor = self.math_operand(depth)?;
                    total = match (total, factor) {
                        (Math::Number(by), value) | (value, Math::Number(by)) => scaled(value, by),
                        _ => return self.refuse("can multiply by plain numbers only"),
                    };
                }
                Some(Kind::Slash) => {
                    self.skip();
                    match self.math_operand(depth)? {
                        Math::Number(0.0) => return self.refuse("cannot divide by 0"),
                        Math::Number(by) => total = scaled(total, 1.0 / by),
                        _ => return self.refuse("can divide by plain numbers only"),
                    }
                }
                _ => return Some(total),
            }
        }
    }

    fn math_operand(&mut self, depth: usize) -> Option<Math> {
        // The tokens are no deeper than that; the check keeps the recursion bounded wherever they come from.
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            Kind::Open(_) => self.arguments(|p| p.math_sum(depth + 1)),
            Kind::Function(..) => match self.function_name()?.to_ascii_lowercase().as_str() {
                "calc" | "min" | "max" | "clamp" => self.math_function(depth + 1),
                name => {
                    self.refuse(format!("takes calc(), min(), max() and clamp(), not {}()", crate::error::quoted(name).trim_matches('"')))
                }
            },
            _ => self.literal(),
        }
    }
}

impl Math {
    fn is_finite(&self) -> bool {
        match self {
            Self::Number(value) | Self::Degrees(value) => value.is_finite(),
            Self::Length(calc) => finite(calc),
        }
    }
}

fn finite(calc: &Calc) -> bool {
    match calc {
        Calc::Leaf(length) => unit_of(length).is_some_and(|(value, _)| value.is_finite()),
        Calc::Scaled(term, by) => by.is_finite() && finite(term),
        Calc::Sum(terms) | Calc::Min(terms) | Calc::Max(terms) => terms.iter().all(finite),
    }
}

pub(crate) fn to_length(calc: Calc) -> Length {
    match calc {
        Calc::Leaf(length) => length,
        calc => Length::Calc(Arc::new(calc)),
    }
}

/// A simple length's number and unit.
pub(crate) fn unit_of(length: &Length) -> Option<(f32, Unit)> {
    match length {
        Length::Px(v) => Some((*v, Length::Px)),
        Length::Percent(v) => Some((*v, Length::Percent)),
        Length::Em(v) => Some((*v, Length::Em)),
        Length::Vw(v) => Some((*v, Length::Vw)),
        Length::Vh(v) => Some((*v, Length::Vh)),
        Length::Vmin(v) => Some((*v, Length::Vmin)),
        Length::Vmax(v) => Some((*v, Length::Vmax)),
        Length::Auto | Length::Calc(_) => None,
    }
}

fn scaled(value: Math, by: f32) -> Math {
    match value {
        Math::Number(value) => Math::Number(value * by),
        Math::Degrees(value) => Math::Degrees(value * by),
        Math::Length(calc) => Math::Length(scaled_calc(calc, by)),
    }
}

pub(crate) fn scaled_calc(calc: Calc, by: f32) -> Calc {
    if by == 1.0 {
        return calc;
    }
    match calc {
        Calc::Leaf(length) => match unit_of(&length) {
            Some((value, unit)) => Calc::Leaf(unit(value * by)),
            None => Calc::Leaf(length),
        },
        Calc::Sum(terms) => Calc::Sum(terms.into_iter().map(|term| scaled_calc(term, by)).collect()),
        Calc::Scaled(term, first) if first * by == 1.0 => *term,
        Calc::Scaled(term, first) => Calc::Scaled(term, first * by),
        other => Calc::Scaled(Box::new(other), by),
    }
}

fn add(a: Math, b: Math) -> Option<Math> {
    Some(match (a, b) {
        (Math::Number(a), Math::Number(b)) => Math::Number(a + b),
        (Math::Degrees(a), Math::Degrees(b)) => Math::Degrees(a + b),
        (Math::Length(a), Math::Length(b)) => Math::Length(sum(vec![a, b])),
        _ => return None,
    })
}

/// A flat sum with one term for each unit, in the order of their first terms.
pub(crate) fn sum(terms: Vec<Calc>) -> Calc {
    let mut flat: Vec<Calc> = Vec::new();
    for term in terms {
        let parts = if let Calc::Sum(parts) = term { parts } else { vec![term] };
        for part in parts {
            let same = flat.iter_mut().find_map(|known| merged(known, &part).map(|total| (known, total)));
            match same {
                Some((known, total)) => *known = total,
                None => flat.push(part),
            }
        }
    }
    if flat.len() == 1 { flat.swap_remove(0) } else { Calc::Sum(flat) }
}

fn merged(a: &Calc, b: &Calc) -> Option<Calc> {
    let (a, unit, b) = same_unit(a, b)?;
    Some(Calc::Leaf(unit(a + b)))
}

/// Two simple lengths' numbers, if they have one unit.
fn same_unit(a: &Calc, b: &Calc) -> Option<(f32, Unit, f32)> {
    let (Calc::Leaf(a), Calc::Leaf(b)) = (a, b) else { return None };
    let same = std::mem::discriminant(a) == std::mem::discriminant(b);
    let ((a, unit), (b, _)) = (unit_of(a)?, unit_of(b)?);
    same.then_some((a, unit, b))
}

/// `min()` or `max()`; `None` where the kinds of values differ.
fn extreme(values: Vec<Math>, largest: bool) -> Option<Math> {
    let pick = |a: f32, b: f32| if largest { a.max(b) } else { a.min(b) };
    let mut values = values.into_iter();
    let first = values.next()?;
    match first {
        Math::Number(first) => values
            .try_fold(first, |best, value| if let Math::Number(value) = value { Some(pick(best, value)) } else { None })
            .map(Math::Number),
        Math::Degrees(first) => values
            .try_fold(first, |best, value| if let Math::Degrees(value) = value { Some(pick(best, value)) } else { None })
            .map(Math::Degrees),
        Math::Length(first) => {
            let mut kept = vec![first];
            for value in values {
                let Math::Length(value) = value else { return None };
                match kept.last().and_then(|last| same_unit(last, &value)) {
                    Some((a, unit, b)) => {
                        kept.pop();
                        kept.push(Calc::Leaf(unit(pick(a, b))));
                    }
                    None => kept.push(value),
                }
            }
            Some(Math::Length(match kept.len() {
                1 => kept.swap_remove(0),
                _ if largest => Calc::Max(kept),
                _ => Calc::Min(kept),
            }))
        }
    }
}
