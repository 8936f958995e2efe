//! Sizes and flow: ratios, flex factors, gaps.

use super::declaration::Declaration;
use super::keyword::Keyword;
use super::length::Length;
use super::parser::Parser;
use super::style::Align;

impl Parser<'_> {
    pub(crate) fn auto_or_size(&mut self) -> Option<Length> {
        if self.word("auto").is_some() { Some(Length::Auto) } else { self.length_percentage_not_negative() }
    }

    /// A largest size: `none` is `auto`.
    pub(crate) fn none_or_size(&mut self) -> Option<Length> {
        if self.word("none").is_some() { Some(Length::Auto) } else { self.length_percentage_not_negative() }
    }

    /// `auto`, or width and height; a ratio without a size is `auto`, as CSS has it.
    pub(crate) fn aspect_ratio(&mut self) -> Option<Option<f32>> {
        if self.word("auto").is_some() {
            return Some(None);
        }
        let width = self.number_not_negative()?;
        let height = if self.slash().is_some() { self.number_not_negative()? } else { 1.0 };
        let ratio = width / height;
        Some((ratio.is_finite() && ratio > 0.0).then_some(ratio))
    }

    pub(crate) fn gap(&mut self) -> Option<Length> {
        if self.word("normal").is_some() { Some(Length::ZERO) } else { self.length_percentage_not_negative() }
    }

    /// Between rows, and between columns if it differs.
    pub(crate) fn gaps(&mut self) -> Option<(Length, Length)> {
        let row = self.gap()?;
        let column = self.attempt(Self::gap).unwrap_or_else(|| row.clone());
        Some((row, column))
    }

    /// `auto` is `None`.
    pub(crate) fn align_self(&mut self) -> Option<Option<Align>> {
        if self.word("auto").is_some() { Some(None) } else { self.align(SELF).map(Some) }
    }

    /// `none`, `auto`, or `<grow> <shrink>? || <basis>`.
    pub(crate) fn flex(&mut self) -> Option<Declaration> {
        if self.word("none").is_some() {
            return Some(Declaration::Flex { grow: 0.0, shrink: 0.0, basis: Length::Auto });
        }
        let (mut factors, mut basis) = (None, None);
        while !self.is_done() {
            if factors.is_none()
                && let Some(grow) = self.number_not_negative()
            {
                factors = Some((grow, self.number_not_negative().unwrap_or(1.0)));
            } else if basis.is_none()
                && let Some(found) = self.auto_or_size()
            {
                basis = Some(found);
            } else {
                return None;
            }
        }
        match (factors, basis) {
            (None, None) => None,
            (Some((grow, shrink)), None) => Some(Declaration::Flex { grow, shrink, basis: Length::Percent(0.0) }),
            (factors, Some(basis)) => {
                let (grow, shrink) = factors.unwrap_or((1.0, 1.0));
                Some(Declaration::Flex { grow, shrink, basis })
            }
        }
    }

    pub(crate) fn align(&mut self, names: &[&str]) -> Option<Align> {
        // `self-start` is `start` where all children have their parent's writing mode.
        let synonyms = [("self-start", Align::Start), ("self-end", Align::End)];
        let synonym = self.attempt(|p| p.one_of(&synonyms).filter(|_| names.contains(&"self-start")));
        synonym.or_else(|| self.keyword_of(names))
    }
}

/// The idents of `justify-content` and of `align-content`.
pub(crate) const CONTENT: &[&str] =
    &["normal", "start", "end", "flex-start", "flex-end", "center", "stretch", "space-between", "space-around", "space-evenly"];
/// The idents of `align-items`.
pub(crate) const ITEMS: &[&str] =
    &["normal", "start", "end", "flex-start", "flex-end", "center", "baseline", "stretch", "self-start", "self-end"];
/// The idents of `align-self`.
pub(crate) const SELF: &[&str] =
    &["auto", "normal", "start", "end", "flex-start", "flex-end", "center", "baseline", "stretch", "self-start", "self-end"];

const _: () = assert!(<Align as Keyword>::NAMES.len() == 11, "a new alignment belongs into the lists above");
