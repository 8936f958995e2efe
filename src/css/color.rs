//! Colours: CSS Color 4's sRGB syntaxes, and `currentColor`.
//!
//! Names, `#`, `rgb()`, `hsl()` and `hwb()`, in both syntaxes. As in Chromium all of them end as whole 255ths of red, green and blue with
//! the alpha as written.

use std::fmt;

use super::named::NAMED;
use super::parser::{Complaint, Parser};
use super::token::Kind;
use crate::error::suggestion;

/// A straight (not premultiplied) sRGB colour; each part is 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Color {
    pub(crate) r: f32,
    pub(crate) g: f32,
    pub(crate) b: f32,
    pub(crate) a: f32,
}

impl Color {
    pub(crate) const TRANSPARENT: Self = Self { r: 0.0, g: 0.0, b: 0.0, a: 0.0 };
    #[cfg(test)]
    pub(crate) const WHITE: Self = Self { r: 1.0, g: 1.0, b: 1.0, a: 1.0 };
    pub(crate) const BLACK: Self = Self { r: 0.0, g: 0.0, b: 0.0, a: 1.0 };

    pub(crate) fn from_rgba8(r: u8, g: u8, b: u8, a: u8) -> Self {
        let part = |v: u8| f32::from(v) / 255.0;
        Self { r: part(r), g: part(g), b: part(b), a: part(a) }
    }

    /// Straight 8-bit parts, rounded.
    pub(crate) fn to_rgba8(self) -> [u8; 4] {
        [self.r, self.g, self.b, self.a].map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8)
    }
}

/// A colour, or the layer's `color`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ColorValue {
    Color(Color),
    Current,
}

impl ColorValue {
    pub(crate) fn resolve(self, current: Color) -> Color {
        match self {
            Self::Color(c) => c,
            Self::Current => current,
        }
    }
}

impl fmt::Display for Color {
    /// `#rrggbb`, `#rrggbbaa` where the alpha is a whole 255th, else `rgb(r g b / a)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b, a] = self.to_rgba8();
        if a == 255 && self.a >= 1.0 {
            write!(f, "#{r:02x}{g:02x}{b:02x}")
        } else if f32::from(a) / 255.0 == self.a {
            write!(f, "#{r:02x}{g:02x}{b:02x}{a:02x}")
        } else {
            write!(f, "rgb({r} {g} {b} / {})", self.a)
        }
    }
}

impl fmt::Display for ColorValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Color(color) => color.fmt(f),
            Self::Current => f.write_str("currentColor"),
        }
    }
}

impl Parser<'_> {
    pub(crate) fn color(&mut self) -> Option<ColorValue> {
        self.attempt(|p| match p.peek()? {
            Kind::Ident(name) if name.eq_ignore_ascii_case("currentcolor") => {
                p.skip();
                Some(ColorValue::Current)
            }
            Kind::Ident(name) => {
                let Some(color) = named(name) else {
                    let names = NAMED.iter().map(|(name, _)| *name).chain(["transparent", "currentColor"]);
                    let hint = suggestion(name, names);
                    if !hint.is_empty() {
                        p.complain(Complaint::Hint(hint));
                    }
                    return None;
                };
                p.skip();
                Some(ColorValue::Color(color))
            }
            Kind::Hash(digits) => match hex(digits) {
                Some(color) => {
                    p.skip();
                    Some(ColorValue::Color(color))
                }
                None => p.refuse("takes 3, 4, 6 or 8 hexadecimal digits after #"),
            },
            Kind::Function(name, _) => p.color_function(name).map(ColorValue::Color),
            _ => None,
        })
    }

    fn color_function(&mut self, name: &str) -> Option<Color> {
        match name.to_ascii_lowercase().as_str() {
            "rgb" | "rgba" => self.arguments(Self::rgb),
            "hsl" | "hsla" => self.arguments(|p| p.hue_based(true)),
            "hwb" => self.arguments(|p| p.hue_based(false)),
            "lab" | "lch" | "oklab" | "oklch" | "color" | "color-mix" | "light-dark" | "device-cmyk" => {
                self.refuse(format!("takes colours as names, #, rgb(), hsl() and hwb(), not {}()", name.to_ascii_lowercase()))
            }
            _ => None,
        }
    }

    /// The arguments of `rgb()`: with commas all numbers or all percentages, with white space both.
    fn rgb(&mut self) -> Option<Color> {
        let (red, red_is_percentage) = self.channel()?;
        let commas = self.comma().is_some();
        let (green, green_is_percentage) = self.channel()?;
        if commas {
            self.comma()?;
        }
        let (blue, blue_is_percentage) = self.channel()?;
        if commas && (red_is_percentage != green_is_percentage || green_is_percentage != blue_is_percentage) {
            return self.refuse("takes either numbers or percentages in rgb() with commas");
        }
        let alpha = self.alpha(commas)?;
        Some(legacy([red, green, blue], alpha))
    }

    /// One of red, green and blue, 0 to 255, and whether it is a percentage.
    fn channel(&mut self) -> Option<(f32, bool)> {
        if self.word("none").is_some() {
            return Some((0.0, false));
        }
        if let Some(number) = self.number() {
            return Some((number, false));
        }
        self.percentage().map(|percent| (percent / 100.0 * 255.0, true))
    }

    /// The arguments of `hsl()` and of `hwb()`.
    fn hue_based(&mut self, is_hsl: bool) -> Option<Color> {
        let hue = self.hue()?;
        let commas = is_hsl && self.comma().is_some();
        let first = self.share(commas)?;
        if commas {
            self.comma()?;
        }
        let second = self.share(commas)?;
        let alpha = self.alpha(commas)?;
        let channels = if is_hsl { hsl(hue, first, second) } else { hwb(hue, first, second) };
        Some(legacy(channels.map(|v| v * 255.0), alpha))
    }

    /// Degrees, from 0 to 360.
    fn hue(&mut self) -> Option<f32> {
        if self.word("none").is_some() {
            return Some(0.0);
        }
        let degrees = self.number().or_else(|| self.angle())?;
        Some(degrees.rem_euclid(360.0))
    }

    /// A percentage, or without commas a number that means one, as a share of 1, clamped.
    fn share(&mut self, commas: bool) -> Option<f32> {
        if !commas && self.word("none").is_some() {
            return Some(0.0);
        }
        let percent = self.percentage().or_else(|| if commas { None } else { self.number() })?;
        Some((percent / 100.0).clamp(0.0, 1.0))
    }

    /// What stands behind the channels: nothing, or a separator and an alpha.
    fn alpha(&mut self, commas: bool) -> Option<f32> {
        if self.is_done() {
            return Some(1.0);
        }
        if commas {
            self.comma()?
        } else {
            self.slash()?
        }
        if !commas && self.word("none").is_some() {
            return Some(0.0);
        }
        self.number_or_percentage().map(|alpha| alpha.clamp(0.0, 1.0))
    }
}

fn named(name: &str) -> Option<Color> {
    if name.eq_ignore_ascii_case("transparent") {
        return Some(Color::TRANSPARENT);
    }
    let lower = name.to_ascii_lowercase();
    let index = NAMED.binary_search_by(|(known, _)| (*known).cmp(&lower)).ok()?;
    NAMED.get(index).map(|(_, [r, g, b])| Color::from_rgba8(*r, *g, *b, 255))
}

fn hex(digits: &str) -> Option<Color> {
    let values: Vec<u8> = digits.chars().map(|c| c.to_digit(16).and_then(|v| u8::try_from(v).ok())).collect::<Option<_>>()?;
    match *values.as_slice() {
        [r, g, b] => Some(Color::from_rgba8(r * 17, g * 17, b * 17, 255)),
        [r, g, b, a] => Some(Color::from_rgba8(r * 17, g * 17, b * 17, a * 17)),
        [r, s, g, h, b, c] => Some(Color::from_rgba8(r * 16 + s, g * 16 + h, b * 16 + c, 255)),
        [r, s, g, h, b, c, a, d] => Some(Color::from_rgba8(r * 16 + s, g * 16 + h, b * 16 + c, a * 16 + d)),
        _ => None,
    }
}

/// Chromium keeps the channels of these syntaxes as whole 255ths, the alpha as it is written.
fn legacy(channels: [f32; 3], alpha: f32) -> Color {
    let [r, g, b] = channels.map(|v| (v.clamp(0.0, 255.0) + 0.5).floor() as u8);
    Color { a: alpha, ..Color::from_rgba8(r, g, b, 255) }
}

/// Red, green and blue, 0 to 1. CSS 3's way there in `f32`: of the ways that were tried it has the fewest exact halves that Chromium rounds
/// to the other side (39 of 3,456 colours on round numbers, one level each; the formula of CSS Color 4 has 76).
fn hsl(hue: f32, saturation: f32, lightness: f32) -> [f32; 3] {
    let high = if lightness <= 0.5 { lightness * (1.0 + saturation) } else { lightness + saturation - lightness * saturation };
    let low = 2.0 * lightness - high;
    [2.0, 0.0, -2.0].map(|offset| {
        let sixths = hue / 60.0 + offset;
        let sixths = if sixths < 0.0 { sixths + 6.0 } else { sixths };
        match if sixths >= 6.0 { sixths - 6.0 } else { sixths } {
            rising if rising < 1.0 => low + (high - low) * rising,
            flat if flat < 3.0 => high,
            falling if falling < 4.0 => low + (high - low) * (4.0 - falling),
            _ => low,
        }
    })
}

fn hwb(hue: f32, white: f32, black: f32) -> [f32; 3] {
    if white + black >= 1.0 {
        return [white / (white + black); 3];
    }
    hsl(hue, 1.0, 0.5).map(|v| v * (1.0 - white - black) + white)
}
