//! Values for the sides and corners of a box, and borders.

use super::color::ColorValue;
use super::length::Length;
use super::parser::Parser;
use super::style::{Border, BorderStyle, Corners, Sides};
use super::token::Kind;

impl Parser<'_> {
    /// One to four values as CSS spreads them: all; vertical, horizontal; top, horizontal, bottom; top, right, bottom, left.
    pub(crate) fn sides<T: Clone>(&mut self, mut parse: impl FnMut(&mut Self) -> Option<T>) -> Option<Sides<T>> {
        let [top, right, bottom, left] = self.four(&mut parse)?;
        Some(Sides { top, right, bottom, left })
    }

    fn four<T: Clone>(&mut self, parse: &mut impl FnMut(&mut Self) -> Option<T>) -> Option<[T; 4]> {
        let a = parse(self)?;
        let b = self.attempt(&mut *parse).unwrap_or_else(|| a.clone());
        let c = self.attempt(&mut *parse).unwrap_or_else(|| a.clone());
        let d = self.attempt(&mut *parse).unwrap_or_else(|| b.clone());
        Some([a, b, c, d])
    }

    pub(crate) fn auto_or_length_percentage(&mut self) -> Option<Length> {
        if self.word("auto").is_some() { Some(Length::Auto) } else { self.length_percentage() }
    }

    pub(crate) fn line_width(&mut self) -> Option<Length> {
        let names = [("thin", Length::Px(1.0)), ("medium", Length::Px(3.0)), ("thick", Length::Px(5.0))];
        self.one_of(&names).or_else(|| self.length_not_negative())
    }

    /// `<width> || <style> || <color>`.
    pub(crate) fn border(&mut self) -> Option<Border> {
        let (mut width, mut style, mut color) = (None, None, None);
        while !self.is_done() {
            if width.is_none()
                && let Some(found) = self.line_width()
            {
                width = Some(found);
            } else if style.is_none()
                && let Some(found) = self.border_style()
            {
                style = Some(found);
            } else if color.is_none()
                && let Some(found) = self.color()
            {
                color = Some(found);
            } else {
                return None;
            }
        }
        if width.is_none() && style.is_none() && color.is_none() {
            return None;
        }
        let initial = Border::default();
        Some(Border {
            width: width.unwrap_or(initial.width),
            style: style.unwrap_or(initial.style),
            color: color.unwrap_or(ColorValue::Current),
        })
    }

    pub(crate) fn border_style(&mut self) -> Option<BorderStyle> {
        const OTHERS: &[&str] = &["groove", "ridge", "inset", "outset"];
        match self.peek() {
            Some(Kind::Ident(name)) if OTHERS.contains(&name.to_ascii_lowercase().as_str()) => {
                self.refuse("takes the border styles none, hidden, solid, dashed, dotted and double")
            }
            _ => self.keyword(),
        }
    }

    /// One to four radii, and after a slash one to four vertical ones.
    pub(crate) fn border_radius(&mut self) -> Option<Corners<(Length, Length)>> {
        let mut radius = Self::length_percentage_not_negative;
        let x = self.four(&mut radius)?;
        let y = if self.slash().is_some() { self.four(&mut radius)? } else { x.clone() };
        let ([ax, bx, cx, dx], [ay, by, cy, dy]) = (x, y);
        Some(Corners { top_left: (ax, ay), top_right: (bx, by), bottom_right: (cx, cy), bottom_left: (dx, dy) })
    }

    /// A horizontal and, if it differs, a vertical radius.
    pub(crate) fn corner_radius(&mut self) -> Option<(Length, Length)> {
        let x = self.length_percentage_not_negative()?;
        let y = self.attempt(Self::length_percentage_not_negative).unwrap_or_else(|| x.clone());
        Some((x, y))
    }
}
