//! Whole pixels: half-open rectangles of device px.
//!
//! Everything that paints first turns its bounds into an [`Area`] and cuts it to what is visible, so that hostile coordinates (NaN,
//! infinity, 1e30) end here and no size below is ever larger than the canvas and a bounded margin.

use crate::geom::Rect;

/// Device px from `left`, `top` up to, without, `right`, `bottom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Area {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) right: i32,
    pub(crate) bottom: i32,
}

/// Beyond this no coordinate is kept: f32 still tells neighbours apart and sums of a few fit i32.
const FAR: f32 = 4_000_000.0;

impl Area {
    pub(crate) const fn new(left: i32, top: i32, right: i32, bottom: i32) -> Self {
        Self { left, top, right, bottom }
    }

    /// The smallest area around a rectangle; NaN makes it empty.
    pub(crate) fn around(rect: &Rect) -> Self {
        let (left, top, right, bottom) = (rect.x, rect.y, rect.right(), rect.bottom());
        if [left, top, right, bottom].iter().any(|v| v.is_nan()) {
            return Self::default();
        }
        let down = |v: f32| v.clamp(-FAR, FAR).floor() as i32;
        let up = |v: f32| v.clamp(-FAR, FAR).ceil() as i32;
        Self::new(down(left), down(top), up(right), up(bottom))
    }

    /// The same rectangle in whole px, where it has whole edges.
    pub(crate) fn exact(rect: &Rect) -> Option<Self> {
        let area = Self::around(rect);
        (area.rect() == Rect::from_edges(rect.x, rect.y, rect.right(), rect.bottom())).then_some(area)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    pub(crate) fn width(&self) -> usize {
        usize::try_from(self.right.saturating_sub(self.left)).unwrap_or(0)
    }

    pub(crate) fn height(&self) -> usize {
        usize::try_from(self.bottom.saturating_sub(self.top)).unwrap_or(0)
    }

    /// Width times height.
    pub(crate) fn pixels(&self) -> u64 {
        self.width() as u64 * self.height() as u64
    }

    pub(crate) fn intersect(&self, other: &Self) -> Self {
        Self::new(self.left.max(other.left), self.top.max(other.top), self.right.min(other.right), self.bottom.min(other.bottom))
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        Self::new(self.left.min(other.left), self.top.min(other.top), self.right.max(other.right), self.bottom.max(other.bottom))
    }

    /// What is left of a larger area: above, below, to the left, to the right; some may be empty.
    pub(crate) fn beside(&self, whole: &Self) -> impl Iterator<Item = Self> {
        let above = Self { bottom: self.top, ..*whole };
        let below = Self { top: self.bottom, ..*whole };
        let left = Self { right: self.left, top: self.top, bottom: self.bottom, ..*whole };
        let right = Self { left: self.right, top: self.top, bottom: self.bottom, ..*whole };
        [above, below, left, right].into_iter()
    }

    /// Grown on all sides.
    pub(crate) fn outset(&self, by: i32) -> Self {
        if self.is_empty() { *self } else { Self::new(self.left - by, self.top - by, self.right + by, self.bottom + by) }
    }

    pub(crate) fn rect(&self) -> Rect {
        Rect::from_edges(self.left as f32, self.top as f32, self.right as f32, self.bottom as f32)
    }
}

/// The distance of two coordinates as an index; 0 where it would be negative.
pub(crate) fn offset(from: i32, to: i32) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_rectangles_become_small_or_empty_areas() {
        assert!(Area::around(&Rect { x: f32::NAN, y: 0.0, width: 5.0, height: 5.0 }).is_empty());
        let all = Area::around(&Rect { x: f32::NEG_INFINITY, y: -1e30, width: f32::INFINITY, height: 2e30 });
        assert!(all.pixels() == 0 || all.width() <= 8_000_000);
        assert_eq!(Area::around(&Rect::new(0.5, 0.0, 1.0, 1.0)), Area::new(0, 0, 2, 1));
        assert_eq!(Area::exact(&Rect::new(0.5, 0.0, 1.0, 1.0)), None);
        assert_eq!(Area::exact(&Rect::new(1.0, 2.0, 3.0, 4.0)), Some(Area::new(1, 2, 4, 6)));
    }
}
