//! Which part of a picture a model is given: around a face, or what the template names; whole px inside of the picture.

use super::manifest::Roi;
use crate::geom::Rect;
use crate::pixel::Frame;

/// A part of a picture in whole px: it lies inside and has at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Part {
    /// All of a picture.
    pub(crate) fn whole(of: &Frame) -> Self {
        Self { x: 0, y: 0, width: of.width(), height: of.height() }
    }

    /// The nearest whole px of a rectangle, cut to the picture; `None` where they share nothing.
    pub(crate) fn of(rect: &Rect, of: &Frame) -> Option<Self> {
        let bounds = Rect::new(0.0, 0.0, of.width() as f32, of.height() as f32);
        let inside = rect.intersect(&bounds);
        if inside.is_empty() || [rect.x, rect.y, rect.width, rect.height].iter().any(|side| side.is_nan()) {
            return None;
        }
        let snapped = inside.snapped();
        let x = (snapped.x as u32).min(of.width().saturating_sub(1));
        let y = (snapped.y as u32).min(of.height().saturating_sub(1));
        // a square stays one: both sides are rounded alike, wherever its edges are
        let round = |side: f32| (side + 0.5).floor() as u32;
        let width = round(inside.width).clamp(1, of.width() - x);
        let height = round(inside.height).clamp(1, of.height() - y);
        Some(Self { x, y, width, height })
    }

    /// As a rectangle.
    pub(crate) fn rect(&self) -> Rect {
        Rect::new(self.x as f32, self.y as f32, self.width as f32, self.height as f32)
    }

    /// These px alone.
    pub(crate) fn cut(&self, frame: &Frame) -> Option<Frame> {
        let (left, bytes) = (self.x as usize * 4, self.width as usize * 4);
        let mut pixels = Vec::with_capacity(bytes * self.height as usize);
        for row in frame.rows().skip(self.y as usize).take(self.height as usize) {
            pixels.extend_from_slice(row.get(left..left + bytes)?);
        }
        Frame::from_premultiplied(self.width, self.height, pixels)
    }
}

/// The part around a face in a picture of this size, by the manifest's margins; it lies inside and may be empty where the face lies beside it.
pub(crate) fn around(face: &Rect, roi: &Roi, (width, height): (f32, f32)) -> Rect {
    let [top, right, bottom, left] = roi.margins;
    let mut rect = face.inset([-top * face.height, -right * face.width, -bottom * face.height, -left * face.width]);
    if roi.square {
        let side = rect.width.max(rect.height);
        let side = if roi.keep_inside { side.min(width).min(height) } else { side };
        let middle = rect.center();
        rect = Rect::new(middle.x - side / 2.0, middle.y - side / 2.0, side, side);
    }
    if roi.keep_inside && !face.intersect(&Rect::new(0.0, 0.0, width, height)).is_empty() {
        let middle = rect.center();
        let (wide, high) = (rect.width.min(width), rect.height.min(height));
        let left = (middle.x - wide / 2.0).clamp(0.0, width - wide);
        let top = (middle.y - high / 2.0).clamp(0.0, height - high);
        rect = Rect::new(left, top, wide, high);
    }
    rect.intersect(&Rect::new(0.0, 0.0, width, height))
}
