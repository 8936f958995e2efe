//! Text: colour, decoration, wrapping, vertical alignment, language; and the paints of paths.

use super::color::ColorValue;
use super::font::percent_as_em;
use super::gradient::Gradient;
use super::length::Length;
use super::parser::Parser;
use super::style::{DecorationStyle, Paint, TextColor, TextDecoration, VerticalAlign};
use super::token::Kind;

/// The most layers of one background.
const MAX_BACKGROUNDS: usize = 64;

impl Parser<'_> {
    /// Gradients, topmost first, of which the last may have a colour with it or be one.
    pub(crate) fn background(&mut self) -> Option<(Vec<Gradient>, ColorValue)> {
        let mut images = Vec::new();
        loop {
            let (image, color) = self.background_layer()?;
            images.extend(image);
            if images.len() > MAX_BACKGROUNDS {
                return self.refuse(format!("takes at most {MAX_BACKGROUNDS} layers"));
            }
            let transparent = ColorValue::Color(super::color::Color::TRANSPARENT);
            match (color, self.is_done()) {
                (color, true) => return Some((images, color.unwrap_or(transparent))),
                (Some(_), false) => return self.refuse("takes a colour in its last layer only"),
                (None, false) => self.comma()?,
            }
        }
    }

    fn background_layer(&mut self) -> Option<(Option<Gradient>, Option<ColorValue>)> {
        let (mut image, mut color) = (None, None);
        while !self.is_done() && self.peek() != Some(&Kind::Comma) {
            if image.is_none() && self.word("none").is_some() {
                image = Some(None);
            } else if image.is_none()
                && let Some(found) = self.gradient()
            {
                image = Some(Some(found));
            } else if color.is_none()
                && let Some(found) = self.color()
            {
                color = Some(found);
            } else {
                return self.background_refused();
            }
        }
        (image.is_some() || color.is_some()).then(|| (image.flatten(), color))
    }

    /// Names what CSS has here and the format has not.
    fn background_refused<T>(&mut self) -> Option<T> {
        const PLACES: &[&str] = &[
            "left",
            "right",
            "top",
            "bottom",
            "center",
            "cover",
            "contain",
            "repeat",
            "repeat-x",
            "repeat-y",
            "no-repeat",
            "space",
            "round",
            "fixed",
            "scroll",
            "local",
            "border-box",
            "padding-box",
            "content-box",
            "text",
        ];
        match self.peek() {
            Some(Kind::Slash | Kind::Dimension(..) | Kind::Percent(_) | Kind::Number(_) | Kind::Bare(_)) => {
                self.refuse("takes colours and gradients, no position, size or repeat")
            }
            Some(Kind::Ident(name)) if PLACES.contains(&name.to_ascii_lowercase().as_str()) => {
                self.refuse("takes colours and gradients, no position, size or repeat")
            }
            Some(Kind::Function(name, _)) if matches!(name.to_ascii_lowercase().as_str(), "url" | "image" | "image-set" | "cross-fade") => {
                self.refuse("takes colours and gradients, no pictures (write an image layer)")
            }
            _ => None,
        }
    }

    /// A colour or a gradient; `currentColor` is `None`.
    pub(crate) fn text_color(&mut self) -> Option<Option<TextColor>> {
        if let Some(gradient) = self.gradient() {
            return Some(Some(TextColor::Gradient(gradient)));
        }
        Some(match self.color()? {
            ColorValue::Color(color) => Some(TextColor::Color(color)),
            ColorValue::Current => None,
        })
    }

    /// `none`, or lines, style, colour and thickness in any order.
    pub(crate) fn text_decoration(&mut self) -> Option<Option<TextDecoration>> {
        let mut none = false;
        let (mut underline, mut overline, mut line_through) = (false, false, false);
        let (mut style, mut color, mut thickness) = (None, None, None);
        while !self.is_done() {
            let any_line = underline || overline || line_through;
            if !none && !any_line && self.word("none").is_some() {
                none = true;
            } else if !none && !underline && self.word("underline").is_some() {
                underline = true;
            } else if !none && !overline && self.word("overline").is_some() {
                overline = true;
            } else if !none && !line_through && self.word("line-through").is_some() {
                line_through = true;
            } else if style.is_none()
                && let Some(found) = self.keyword::<DecorationStyle>()
            {
                style = Some(found);
            } else if thickness.is_none()
                && let Some(found) = self.decoration_thickness()
            {
                thickness = Some(found);
            } else if color.is_none()
                && let Some(found) = self.color()
            {
                color = Some(found);
            } else {
                return None;
            }
        }
        if !(underline || overline || line_through) {
            return none.then_some(None);
        }
        Some(Some(TextDecoration {
            underline,
            overline,
            line_through,
            style: style.unwrap_or(DecorationStyle::Solid),
            color: color.unwrap_or(ColorValue::Current),
            thickness: thickness.unwrap_or(Length::Auto),
        }))
    }

    fn decoration_thickness(&mut self) -> Option<Length> {
        if self.word("auto").is_some() {
            return Some(Length::Auto);
        }
        self.attempt(Self::length_percentage_not_negative).map(|length| percent_as_em(&length))
    }

    pub(crate) fn vertical_align(&mut self) -> Option<VerticalAlign> {
        let names = [
            ("baseline", VerticalAlign::Baseline),
            ("sub", VerticalAlign::Sub),
            ("super", VerticalAlign::Super),
            ("text-top", VerticalAlign::TextTop),
            ("text-bottom", VerticalAlign::TextBottom),
            ("middle", VerticalAlign::Middle),
        ];
        self.one_of(&names).or_else(|| self.length_percentage().map(VerticalAlign::Length))
    }

    /// `none`, or a count of lines.
    pub(crate) fn line_clamp(&mut self) -> Option<Option<u32>> {
        if self.word("none").is_some() {
            return Some(None);
        }
        match self.integer()? {
            lines @ 1.. => u32::try_from(lines).ok().map(Some),
            _ => self.refuse("must be 1 or more"),
        }
    }

    /// A length in px; the steps of shrinking are px.
    pub(crate) fn min_font_size(&mut self) -> Option<f32> {
        match self.length_not_negative()? {
            Length::Px(px) if px > 0.0 => Some(px),
            Length::Px(_) => self.refuse("must be positive"),
            _ => self.refuse("must be in px"),
        }
    }

    pub(crate) fn paint(&mut self) -> Option<Paint> {
        if self.word("none").is_some() { Some(Paint::None) } else { self.color().map(Paint::Color) }
    }

    /// A length of a path: SVG's plain numbers are px.
    pub(crate) fn path_length(&mut self) -> Option<Length> {
        if let Some(Kind::Number(_)) = self.peek() {
            return self.number_not_negative().map(Length::Px);
        }
        self.length_percentage_not_negative()
    }

    /// `none`, or dashes and gaps with commas or white space between.
    pub(crate) fn dashes(&mut self) -> Option<Vec<Length>> {
        const MAX_DASHES: usize = 256;
        if self.word("none").is_some() {
            return Some(Vec::new());
        }
        let mut dashes = vec![self.path_length()?];
        while !self.is_done() {
            let _between = self.comma();
            dashes.push(self.path_length()?);
        }
        if dashes.len() > MAX_DASHES { self.refuse(format!("takes at most {MAX_DASHES} dashes")) } else { Some(dashes) }
    }
}

/// A language tag of BCP 47: parts of one to eight letters or digits, the first of letters.
pub(crate) fn language(texts: &[&str]) -> Result<String, String> {
    let rule = || "must be a BCP 47 language tag such as \"en-GB\"".to_owned();
    let [tag] = texts else { return Err(rule()) };
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_language = (2..=8).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic());
    if tag.len() <= 64 && is_language && parts.all(is_part) { Ok((*tag).to_owned()) } else { Err(rule()) }
}
