//! Text: fonts come in, and what a text layer says; lines of positioned glyphs go out.
//!
//! This is the only module that names `cosmic_text` and the Unicode segmentation crates. The stages, in order: [`prepare`] (white
//! space, case), [`itemize`] (direction, script, face), [`shape`] (glyphs in em, once for all sizes), [`breaks`] and [`lines`] (where
//! lines end), [`place`] (px), [`fit`] (the size and the ellipsis).
//!
//! cosmic-text holds the faces (`FontSystem`) and shapes through their shapers. Its own layout is not used: hanging spaces, spans,
//! struts, letter spacing and clamping are CSS's here, and its fallback scans all fonts for each missing glyph (1.6 ms a time).

mod breaks;
mod decorate;
mod engine;
mod face;
mod faces;
mod fit;
mod fonts;
mod glyph;
mod itemize;
mod lines;
mod matching;
mod metrics;
#[cfg(test)]
mod oracle;
mod place;
mod prepare;
mod shape;
#[cfg(test)]
mod tests;
mod transform;

use std::sync::Arc;

pub use fonts::Fonts;

pub(crate) use engine::TextEngine;

use crate::css::style::{DecorationStyle, TextDecoration, TextStyle, VerticalAlign};
use crate::geom::Rect;
use crate::scene::{FaceId, Glyph};

/// A text layer as layout asks for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextRequest<'a> {
    pub(crate) spans: &'a [TextSpan],
    /// The layer's own.
    pub(crate) style: &'a TextStyle,
    /// The layer's own; it runs through all spans.
    pub(crate) decoration: Option<&'a TextDecoration>,
    /// The template's families, after those of the styles.
    pub(crate) fonts: &'a Arc<[String]>,
    pub(crate) clamp: Option<u32>,
    pub(crate) ellipsis: bool,
    pub(crate) min_font_size: Option<f32>,
    /// For viewport units.
    pub(crate) canvas: (f32, f32),
}

/// A part of a text with its own style; its `font_size` may be `Em` of the layer's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextSpan {
    pub(crate) text: String,
    pub(crate) style: TextStyle,
    pub(crate) decoration: Option<TextDecoration>,
    pub(crate) vertical_align: VerticalAlign,
}

/// The width that a measurement may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Available {
    Definite(f32),
    MinContent,
    MaxContent,
}

/// What flex layout must know of a text.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Measured {
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// From the top of the content box; `None` where there is no line.
    pub(crate) first_baseline: Option<f32>,
}

/// Lines relative to the top left of the layer's content box.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TextLayout {
    pub(crate) lines: Vec<Line>,
    /// Of all line boxes.
    pub(crate) height: f32,
    /// The layer's size reached, px.
    pub(crate) font_size: f32,
    pub(crate) notes: Vec<TextNote>,
}

/// One line, as the report shows it and as paint draws it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Line {
    /// Visible, in logical order, without trailing white space, with the ellipsis.
    pub(crate) text: String,
    pub(crate) x: f32,
    /// Top and height of the content area, not of the line box.
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) baseline: f32,
    /// From left to right.
    pub(crate) runs: Vec<Run>,
}

/// Glyphs of one span, face and direction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    /// `None`: the layer's own style (an ellipsis).
    pub(crate) span: Option<usize>,
    pub(crate) face: FaceId,
    pub(crate) variations: Vec<([u8; 4], f32)>,
    /// px per em.
    pub(crate) size: f32,
    pub(crate) glyphs: Vec<Glyph>,
    /// The inline box: the run's advance by its content area.
    pub(crate) rect: Rect,
    pub(crate) decorations: Vec<Decoration>,
}

/// A line of a decoration under, over or through a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decoration {
    pub(crate) rect: Rect,
    pub(crate) style: DecorationStyle,
    /// Line-through is painted over the glyphs, the others under them.
    pub(crate) over_glyphs: bool,
    /// Whose `text-decoration` it is; `None`: the layer's.
    pub(crate) of_span: Option<usize>,
}

/// What happened on the way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TextNote {
    Shrunk { from: f32, to: f32 },
    Cut,
    Overflows,
    GlyphMissing { chars: Vec<char> },
    FontSubstituted { used: String, why: Substitution },
    FontStyleMissing { family: String },
}

/// Why a family that was not asked for draws.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Substitution {
    /// This family was, and is not among the fonts.
    NotThere(String),
    /// No family was.
    Unnamed,
    /// None of those that were has these characters.
    Uncovered(Vec<char>),
}
