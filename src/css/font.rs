//! Fonts: families, weight, stretch, size, line height, OpenType features and variation axes.

use super::color::ColorValue;
use super::length::{Calc, Length};
use super::parser::{Complaint, Parser};
use super::style::LineHeight;
use super::token::{self, Kind};

/// The value of `font-weight`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FontWeight {
    /// 1 to 1000.
    Absolute(f32),
    Bolder,
    Lighter,
}

impl FontWeight {
    /// CSS Fonts 4's table of relative weights.
    pub(crate) fn resolve(self, inherited: f32) -> f32 {
        match self {
            Self::Absolute(weight) => weight,
            Self::Bolder if inherited < 350.0 => 400.0,
            Self::Bolder if inherited < 550.0 => 700.0,
            Self::Bolder => inherited.max(900.0),
            Self::Lighter if inherited < 550.0 => inherited.min(100.0),
            Self::Lighter if inherited < 750.0 => 400.0,
            Self::Lighter => 700.0,
        }
    }
}

/// The names of `font-stretch`, percent.
pub(crate) const STRETCHES: &[(&str, f32)] = &[
    ("normal", 100.0),
    ("ultra-condensed", 50.0),
    ("extra-condensed", 62.5),
    ("condensed", 75.0),
    ("semi-condensed", 87.5),
    ("semi-expanded", 112.5),
    ("expanded", 125.0),
    ("extra-expanded", 150.0),
    ("ultra-expanded", 200.0),
];

/// The names of `font-size`, as Chromium has them where `medium` is 16 px.
const SIZES: &[(&str, Length)] = &[
    ("xx-small", Length::Px(9.0)),
    ("x-small", Length::Px(10.0)),
    ("small", Length::Px(13.0)),
    ("medium", Length::Px(16.0)),
    ("large", Length::Px(18.0)),
    ("x-large", Length::Px(24.0)),
    ("xx-large", Length::Px(32.0)),
    ("xxx-large", Length::Px(48.0)),
    ("smaller", Length::Em(1.0 / 1.2)),
    ("larger", Length::Em(1.2)),
];

/// Above it, a factor is taken for a px value that lost its unit.
const LARGEST_LINE_HEIGHT_FACTOR: f32 = 10.0;
const MAX_FAMILIES: usize = 64;

/// Families from one text (commas between, quotes optional, as in CSS; a family may hold words that are no idents, such as `Mplus 1p`), or
/// from a list, of which each text is such a text.
pub(crate) fn families(texts: &[&str]) -> Result<Vec<String>, String> {
    let mut families = Vec::new();
    for text in texts {
        if text.len() > token::MAX_BYTES {
            return Err(format!("must be at most {} bytes long", token::MAX_BYTES));
        }
        let mut rest = *text;
        loop {
            let (family, tail) = family(rest.trim_start())?;
            families.push(family);
            if families.len() > MAX_FAMILIES {
                return Err(format!("takes at most {MAX_FAMILIES} families"));
            }
            match tail.trim_start().strip_prefix(',') {
                Some(tail) => rest = tail,
                None if tail.trim().is_empty() => break,
                None => return Err("needs commas between its families".to_owned()),
            }
        }
    }
    if families.is_empty() { Err("must name a family".to_owned()) } else { Ok(families) }
}

/// The first family, and the text after it.
fn family(text: &str) -> Result<(String, &str), String> {
    let (family, tail) = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let body = text.get(1..).unwrap_or_default();
            token::string(quote, body).ok_or("must close its quotes")?
        }
        _ => {
            let (name, tail) = text.split_at_checked(text.find(',').unwrap_or(text.len())).unwrap_or((text, ""));
            if name.contains(['"', '\'', '\\', ';', '{', '}']) {
                return Err("needs commas between its families, and quotes around the whole of one".to_owned());
            }
            (name.split_whitespace().collect::<Vec<_>>().join(" "), tail)
        }
    };
    if family.trim().is_empty() { Err("must not name an empty family".to_owned()) } else { Ok((family, tail)) }
}

impl Parser<'_> {
    pub(crate) fn font_size(&mut self) -> Option<Length> {
        self.one_of(SIZES).or_else(|| self.length_percentage_not_negative())
    }

    pub(crate) fn font_weight(&mut self) -> Option<FontWeight> {
        let names = [
            ("normal", FontWeight::Absolute(400.0)),
            ("bold", FontWeight::Absolute(700.0)),
            ("bolder", FontWeight::Bolder),
            ("lighter", FontWeight::Lighter),
        ];
        self.one_of(&names).or_else(|| match self.number()? {
            weight if (1.0..=1000.0).contains(&weight) => Some(FontWeight::Absolute(weight)),
            _ => self.refuse("must be from 1 to 1000"),
        })
    }

    pub(crate) fn font_stretch(&mut self) -> Option<f32> {
        self.one_of(STRETCHES).or_else(|| match self.percentage()? {
            percent if percent >= 0.0 => Some(percent),
            _ => self.refuse("must not be negative"),
        })
    }

    pub(crate) fn line_height(&mut self) -> Option<LineHeight> {
        if self.word("normal").is_some() {
            return Some(LineHeight::Normal);
        }
        if let Some(factor) = self.number_not_negative() {
            if factor > LARGEST_LINE_HEIGHT_FACTOR {
                let sentence = format!("a line-height of {factor} means {factor} times the font size, did you mean \"{factor}px\"?");
                self.complain(Complaint::Sentence(sentence));
                return None;
            }
            return Some(LineHeight::Factor(factor));
        }
        self.length_percentage_not_negative().map(|length| LineHeight::Length(percent_as_em(&length)))
    }

    /// `normal` is `auto`.
    pub(crate) fn spacing(&mut self) -> Option<Length> {
        if self.word("normal").is_some() { Some(Length::Auto) } else { self.length() }
    }

    pub(crate) fn font_variations(&mut self) -> Option<Vec<([u8; 4], f32)>> {
        if self.word("normal").is_some() {
            return Some(Vec::new());
        }
        self.list(|p| Some((p.tag()?, p.number()?)))
    }

    pub(crate) fn font_features(&mut self) -> Option<Vec<([u8; 4], u32)>> {
        if self.word("normal").is_some() {
            return Some(Vec::new());
        }
        self.list(|p| {
            let tag = p.tag()?;
            let value = match p.peek() {
                Some(Kind::Ident(_)) => p.one_of(&[("on", 1), ("off", 0)])?,
                Some(Kind::Comma) | None => 1,
                _ => u32::try_from(p.integer()?).ok()?,
            };
            Some((tag, value))
        })
    }

    /// An OpenType tag: a string of four ASCII characters.
    fn tag(&mut self) -> Option<[u8; 4]> {
        let Kind::Text(text) = self.peek()? else { return None };
        match <[u8; 4]>::try_from(text.as_bytes()) {
            Ok(tag) if tag.iter().all(|byte| (0x20..0x7f).contains(byte)) => {
                self.skip();
                Some(tag)
            }
            _ => self.refuse("takes tags of four ASCII characters"),
        }
    }

    /// `width || color`; a width that is not given is 0.
    pub(crate) fn text_stroke(&mut self) -> Option<(Length, ColorValue)> {
        let (mut width, mut color) = (None, None);
        while !self.is_done() {
            if width.is_none()
                && let Some(found) = self.line_width()
            {
                width = Some(found);
            } else if color.is_none()
                && let Some(found) = self.color()
            {
                color = Some(found);
            } else {
                return None;
            }
        }
        (width.is_some() || color.is_some()).then(|| (width.unwrap_or(Length::ZERO), color.unwrap_or(ColorValue::Current)))
    }
}

/// Where a percentage is of the text's own font size, so that it inherits as `em` does.
pub(crate) fn percent_as_em(length: &Length) -> Length {
    fn within(calc: &Calc) -> Calc {
        let all = |terms: &[Calc]| terms.iter().map(within).collect();
        match calc {
            Calc::Leaf(length) => Calc::Leaf(percent_as_em(length)),
            Calc::Sum(terms) => super::numeric::sum(all(terms)),
            Calc::Scaled(term, by) => Calc::Scaled(Box::new(within(term)), *by),
            Calc::Min(terms) => Calc::Min(all(terms)),
            Calc::Max(terms) => Calc::Max(all(terms)),
        }
    }
    match length {
        Length::Percent(percent) => Length::Em(percent / 100.0),
        Length::Calc(calc) => super::numeric::to_length(within(calc)),
        other => other.clone(),
    }
}
