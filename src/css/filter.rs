//! Filter functions of `filter` and `backdrop-filter`.

use super::color::ColorValue;
use super::length::Length;
use super::parser::Parser;
use super::style::Filter;

/// The most functions of one filter.
const MAX_FILTERS: usize = 64;

impl Parser<'_> {
    pub(crate) fn filters(&mut self) -> Option<Vec<Filter>> {
        let filters = self.many_or_none(Self::filter)?;
        if filters.len() > MAX_FILTERS { self.refuse(format!("takes at most {MAX_FILTERS} functions")) } else { Some(filters) }
    }

    fn filter(&mut self) -> Option<Filter> {
        let name = self.function_name()?.to_ascii_lowercase();
        self.arguments(|p| match name.as_str() {
            "blur" if p.is_done() => Some(Filter::Blur(Length::ZERO)),
            "blur" => p.length_not_negative().map(Filter::Blur),
            "hue-rotate" if p.is_done() => Some(Filter::HueRotate(0.0)),
            "hue-rotate" => p.angle().map(Filter::HueRotate),
            "brightness" => p.amount().map(Filter::Brightness),
            "contrast" => p.amount().map(Filter::Contrast),
            "saturate" => p.amount().map(Filter::Saturate),
            "grayscale" => p.amount().map(|v| Filter::Grayscale(v.min(1.0))),
            "invert" => p.amount().map(|v| Filter::Invert(v.min(1.0))),
            "opacity" => p.amount().map(|v| Filter::Opacity(v.min(1.0))),
            "sepia" => p.amount().map(|v| Filter::Sepia(v.min(1.0))),
            "drop-shadow" => p.drop_shadow(),
            _ => None,
        })
    }

    /// A number or percentage, 1 where there is none.
    fn amount(&mut self) -> Option<f32> {
        if self.is_done() {
            return Some(1.0);
        }
        let literal = self.function_name().is_none();
        match self.number_or_percentage()? {
            amount if amount >= 0.0 => Some(amount),
            _ if literal => self.refuse("must not be negative"),
            _ => Some(0.0),
        }
    }

    /// `<color>? && <length>{2,3}`.
    fn drop_shadow(&mut self) -> Option<Filter> {
        let before = self.color();
        let (x, y) = (self.length()?, self.length()?);
        let blur = self.attempt(Self::length_not_negative).unwrap_or(Length::ZERO);
        let color = before.or_else(|| self.color()).unwrap_or(ColorValue::Current);
        Some(Filter::DropShadow { x, y, blur, color })
    }
}
