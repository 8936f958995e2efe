//! Shadows of boxes and texts: offsets, blur, spread, colour, `inset`.

use super::color::ColorValue;
use super::length::Length;
use super::parser::Parser;
use super::style::Shadow;

/// The most shadows of one layer.
const MAX_SHADOWS: usize = 64;

impl Parser<'_> {
    pub(crate) fn box_shadows(&mut self) -> Option<Vec<Shadow>> {
        let shadows = self.list_or_none(|p| p.shadow(true))?;
        self.bounded(shadows)
    }

    pub(crate) fn text_shadows(&mut self) -> Option<Vec<Shadow>> {
        let shadows = self.list_or_none(|p| p.shadow(false))?;
        self.bounded(shadows)
    }

    fn bounded(&mut self, shadows: Vec<Shadow>) -> Option<Vec<Shadow>> {
        if shadows.len() > MAX_SHADOWS { self.refuse(format!("takes at most {MAX_SHADOWS} shadows")) } else { Some(shadows) }
    }

    /// `<color>? && <length>{2,4} && inset?`; a text's has no fourth length and no `inset`.
    fn shadow(&mut self, of_box: bool) -> Option<Shadow> {
        let (mut color, mut lengths, mut inset) = (None, None, None);
        loop {
            if lengths.is_none()
                && let Some(found) = self.attempt(|p| p.shadow_lengths(of_box))
            {
                lengths = Some(found);
            } else if of_box && inset.is_none() && self.word("inset").is_some() {
                inset = Some(());
            } else if color.is_none()
                && let Some(found) = self.color()
            {
                color = Some(found);
            } else {
                break;
            }
        }
        let (x, y, blur, spread) = lengths?;
        Some(Shadow { x, y, blur, spread, color: color.unwrap_or(ColorValue::Current), inset: inset.is_some() })
    }

    fn shadow_lengths(&mut self, with_spread: bool) -> Option<(Length, Length, Length, Length)> {
        let (x, y) = (self.length()?, self.length()?);
        let blur = self.attempt(Self::length_not_negative);
        if blur.is_none() && self.attempt(Self::length).is_some() {
            return None;
        }
        let spread = if with_spread && blur.is_some() { self.length() } else { None };
        Some((x, y, blur.unwrap_or(Length::ZERO), spread.unwrap_or(Length::ZERO)))
    }
}
