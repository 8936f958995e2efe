//! What layout reports beside the scene: the boxes, lines and notes of the report, in canvas px before transforms.

use crate::geom::Rect;
use crate::report::Note;
use crate::scene::PictureId;

/// Everything layout has to say about one canvas.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) size: (u32, u32),
    /// Parents before their children, in paint order.
    pub(crate) layers: Vec<LaidLayer>,
    pub(crate) notes: Vec<Note>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LaidLayer {
    pub(crate) ident: String,
    /// The border box.
    pub(crate) rect: Rect,
    /// Of a text: the size it came to, px.
    pub(crate) font_size: Option<f32>,
    pub(crate) lines: Vec<LaidLine>,
    /// Of a picture: which one, and canvas px per natural px.
    pub(crate) picture: Option<(PictureId, Option<f32>)>,
}

/// A visible line: its text without trailing white space, and its content area.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LaidLine {
    pub(crate) text: String,
    pub(crate) rect: Rect,
}
