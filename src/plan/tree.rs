//! What a plan holds for layout: layers whose bindings are filled in, conditions decided and repeats unrolled.
//!
//! Lengths are still as written, for layout knows what they are relative to. Which of several pictures a layer shows is decided by what
//! the host finds, so a picture keeps its list of candidates.

use std::sync::Arc;

use crate::css::color::Color;
use crate::css::style::{Style, TextStyle};
use crate::geom::Rect;
use crate::scene::{PictureId, Segment};
use crate::text::TextSpan;

/// A layer that will be drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedLayer {
    /// Its name in the report: `title`, `layers[3]`, `card[0].name`.
    pub(crate) ident: String,
    /// Its place in the template, for messages.
    pub(crate) path: String,
    pub(crate) style: Style,
    pub(crate) text: TextStyle,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Box(Vec<PlannedLayer>),
    Text(Vec<TextSpan>),
    Picture(PlannedPicture),
    Path(PlannedPath),
}

/// A picture or SVG layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedPicture {
    /// Indices of needs, first choice first.
    pub(crate) candidates: Vec<u32>,
    pub(crate) missing: Missing,
    /// Read as SVG; `tint` is what its `currentColor` means.
    pub(crate) svg: bool,
    pub(crate) tint: Option<Color>,
}

/// Which picture a layer shows, and how large that is by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) id: PictureId,
    /// Of what is seen of it, px; `None` for an SVG without a size.
    pub(crate) natural: Option<(f32, f32)>,
    /// How many px it has across that.
    pub(crate) px: Option<f32>,
    /// Where only a part of it is seen.
    pub(crate) view: Option<View>,
    /// What should stand in the middle of the layer's box, in fractions of what is seen.
    pub(crate) focus: Option<(f32, f32)>,
}

/// A part of a picture, px of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct View {
    pub(crate) part: Rect,
    /// Width and height of the whole picture.
    pub(crate) whole: (f32, f32),
}

/// What the host found for a picture layer.
pub(crate) trait Finder {
    /// The first candidate that is there; `None` hides the layer.
    fn find(&self, picture: &PlannedPicture) -> Option<Found>;
}

/// What happens when no candidate is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Error,
    Hide,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedPath {
    pub(crate) segments: Vec<Segment>,
    pub(crate) view_box: Option<Rect>,
}

/// The canvas of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Canvas {
    pub(crate) width: f32,
    /// `None` is `auto`: the lowest bottom edge of the top-level layers placed from the top.
    pub(crate) height: Option<f32>,
    pub(crate) scale: f32,
    /// Carries the canvas's background.
    pub(crate) style: Style,
    pub(crate) text: TextStyle,
    /// The template's families, in fallback order.
    pub(crate) fonts: Arc<[String]>,
    pub(crate) layers: Vec<PlannedLayer>,
}
