//! Which part of a picture a model is given: around a face, or what the template names; whole px inside of the picture.

use super::made::Face;
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
        let width = (snapped.width as u32).clamp(1, of.width() - x);
        let height = (snapped.height as u32).clamp(1, of.height() - y);
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

/// The largest face; of two as large the surer one, then the one further left.
pub(crate) fn largest(faces: &[Face]) -> Option<&Face> {
    let area = |face: &Face| face.rect[2] * face.rect[3];
    let order = |a: &&Face, b: &&Face| {
        area(a)
            .total_cmp(&area(b))
            .then(a.score.total_cmp(&b.score))
            .then(b.rect[0].total_cmp(&a.rect[0]))
            .then(b.rect[1].total_cmp(&a.rect[1]))
    };
    faces.iter().max_by(order)
}

/// The part around a face, by the manifest's margins.
pub(crate) fn around(face: &Face, roi: &Roi, of: &Frame) -> Option<Part> {
    let [x, y, width, height] = face.rect;
    let [top, right, bottom, left] = roi.margins;
    let mut rect = Rect::new(x, y, width, height).inset([-top * height, -right * width, -bottom * height, -left * width]);
    let (full_width, full_height) = (of.width() as f32, of.height() as f32);
    if roi.square {
        let mut side = rect.width.max(rect.height);
        if roi.keep_inside {
            side = side.min(full_width).min(full_height);
        }
        let middle = rect.center();
        rect = Rect::new(middle.x - side / 2.0, middle.y - side / 2.0, side, side);
    }
    if roi.keep_inside {
        let (width, height) = (rect.width.min(full_width), rect.height.min(full_height));
        let middle = rect.center();
        let left = (middle.x - width / 2.0).clamp(0.0, full_width - width);
        let top = (middle.y - height / 2.0).clamp(0.0, full_height - height);
        rect = Rect::new(left, top, width, height);
    }
    let mut part = Part::of(&rect, of)?;
    if roi.square && roi.keep_inside {
        // edges that snap apart by one px
        let side = part.width.min(part.height);
        (part.width, part.height) = (side, side);
    }
    Some(part)
}
