//! Outlines of glyphs for paint: unhinted, so that a glyph scales linearly.

use cosmic_text::skrifa::instance::Size;
use cosmic_text::skrifa::outline::{DrawSettings, OutlinePen};
use cosmic_text::skrifa::{GlyphId, MetadataProvider as _};

use super::face::location;
use super::fonts::Fonts;
use crate::geom::Point;
use crate::scene::{FaceId, Segment};

impl Fonts {
    /// A glyph's outline in em, y downwards, the origin on the baseline; `None` where the face has no such glyph.
    pub(crate) fn outline(&self, face: FaceId, variations: &[([u8; 4], f32)], glyph: u16) -> Option<Vec<Segment>> {
        let font = self.face(face)?.font()?;
        let outline = font.outline_glyphs().get(GlyphId::from(glyph))?;
        let em = f32::from(font.metrics(Size::unscaled(), cosmic_text::skrifa::instance::LocationRef::default()).units_per_em.max(1));
        let mut pen = Pen { segments: Vec::new(), em };
        outline.draw(DrawSettings::unhinted(Size::unscaled(), &location(&font, variations)), &mut pen).ok()?;
        Some(pen.segments)
    }
}

struct Pen {
    segments: Vec<Segment>,
    em: f32,
}

impl Pen {
    fn point(&self, x: f32, y: f32) -> Point {
        Point::new(x / self.em, -y / self.em)
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.segments.push(Segment::Move(self.point(x, y)));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.segments.push(Segment::Line(self.point(x, y)));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.segments.push(Segment::Quad(self.point(cx, cy), self.point(x, y)));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.segments.push(Segment::Cubic(self.point(ax, ay), self.point(bx, by), self.point(x, y)));
    }

    fn close(&mut self) {
        self.segments.push(Segment::Close);
    }
}
