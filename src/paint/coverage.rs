//! How much of each pixel a shape covers, told row by row as runs.
//!
//! Most shapes of a template are rectangles on whole px, with round corners at most: their rows are one solid run, or a run between two
//! short corner masks, and only those corners take memory. Anything else (rotated boxes, glyph outlines, polygons) is one dense mask of
//! its visible area.

use std::sync::Arc;

use tiny_skia::FillRule;

use super::area::{Area, offset};
use super::path::{self, Outline};
use crate::geom::Affine;
use crate::scene::Shape;
use crate::simd::Level;

/// Px of a mask that are worked out where they are asked for, at a time.
const PART: usize = 256;

/// A run of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run<'a> {
    /// So many px are covered wholly.
    Full(usize),
    /// Coverage px by px.
    Mask(&'a [u8]),
}

/// A shape's coverage; 0 outside `area`.
#[derive(Debug, Clone)]
pub(crate) struct Coverage {
    pub(crate) area: Area,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Full,
    /// The product of a column's and a row's value.
    Product {
        columns: Vec<u8>,
        rows: Vec<u8>,
        level: Level,
    },
    /// Full but for the masks in the corners: top left, top right, bottom left, bottom right, rows of `left` or `right` px.
    Corners {
        left: usize,
        right: usize,
        top: usize,
        bottom: usize,
        masks: [Vec<u8>; 4],
    },
    Dense(Arc<Vec<u8>>),
    /// A smaller mask whose column and row at `cut` are repeated until it fills the area.
    Stretched {
        mask: Arc<Vec<u8>>,
        size: (usize, usize),
        cut: (usize, usize),
    },
}

impl Coverage {
    pub(crate) fn full(area: Area) -> Self {
        Self { area, kind: Kind::Full }
    }

    /// A mask of `area`, row after row.
    pub(crate) fn dense(area: Area, mask: Vec<u8>) -> Self {
        debug_assert_eq!(mask.len(), area.width() * area.height(), "a mask has one byte for each px");
        Self { area, kind: Kind::Dense(Arc::new(mask)) }
    }

    /// A mask that others hold too.
    pub(crate) fn shared(area: Area, mask: Arc<Vec<u8>>) -> Self {
        Self { area, kind: Kind::Dense(mask) }
    }

    /// The product of a value for each column and one for each row.
    pub(crate) fn product(area: Area, columns: Vec<u8>, rows: Vec<u8>) -> Self {
        Self { area, kind: Kind::Product { columns, rows, level: Level::detect() } }
    }

    /// A mask of a `size`, stretched to `area` by repeating the column and row at `cut`.
    pub(crate) fn stretched(area: Area, mask: Arc<Vec<u8>>, size: (usize, usize), cut: (usize, usize)) -> Self {
        debug_assert!(size.0 <= area.width() && size.1 <= area.height(), "a mask is only stretched");
        Self { area, kind: Kind::Stretched { mask, size, cut } }
    }

    /// A path's part in `visible`.
    pub(crate) fn of_path(path: &tiny_skia::Path, rule: FillRule, visible: &Area) -> Self {
        let area = path::bounds(path).intersect(visible);
        if area.is_empty() {
            return Self::full(Area::default());
        }
        Self::dense(area, path::coverage(path, rule, area, Vec::new()))
    }

    /// A shape's part in `visible`, where the map is upright by the shape in device px, else as a path.
    pub(crate) fn of_shape(shape: &Shape, map: &Affine, visible: &Area) -> Self {
        match upright(shape, map) {
            Some(shape) => Self::of_upright(&shape, visible),
            None => {
                let mut outline = Outline::new(*map);
                outline.shape(shape);
                outline.finish().map_or_else(|| Self::full(Area::default()), |path| Self::of_path(&path, FillRule::Winding, visible))
            }
        }
    }

    /// A shape in device px.
    pub(crate) fn of_upright(shape: &Shape, visible: &Area) -> Self {
        let around = Area::around(&shape.rect);
        let area = around.intersect(visible);
        if area.is_empty() || shape.rect.is_empty() {
            return Self::full(Area::default());
        }
        let whole = Area::exact(&shape.rect);
        if shape.is_rect() {
            if whole.is_some() {
                return Self::full(area);
            }
            let columns = (area.left..area.right).map(|x| overlap(x, shape.rect.x, shape.rect.right())).collect();
            let rows = (area.top..area.bottom).map(|y| overlap(y, shape.rect.y, shape.rect.bottom())).collect();
            return Self::product(area, columns, rows);
        }
        let mut outline = Outline::new(Affine::IDENTITY);
        outline.shape(shape);
        let Some(path) = outline.finish() else { return Self::full(Area::default()) };
        let r = &shape.radii;
        let px = |a: f32, b: f32| a.max(b).clamp(0.0, 1e6).ceil() as usize;
        let (left, right) = (px(r.top_left.0, r.bottom_left.0), px(r.top_right.0, r.bottom_right.0));
        let (top, bottom) = (px(r.top_left.1, r.top_right.1), px(r.bottom_left.1, r.bottom_right.1));
        let roomy = left + right <= around.width() && top + bottom <= around.height();
        if whole.is_none() || area != around || !roomy || area.pixels() < 1024 {
            return Self::dense(area, path::coverage(&path, FillRule::Winding, area, Vec::new()));
        }
        let (x, y) = (left as i32, top as i32);
        let (far_x, far_y) = (area.right - right as i32, area.bottom - bottom as i32);
        let corners = [
            Area::new(area.left, area.top, area.left + x, area.top + y),
            Area::new(far_x, area.top, area.right, area.top + y),
            Area::new(area.left, far_y, area.left + x, area.bottom),
            Area::new(far_x, far_y, area.right, area.bottom),
        ];
        let masks = corners.map(|corner| path::coverage(&path, FillRule::Winding, corner, Vec::new()));
        Self { area, kind: Kind::Corners { left, right, top, bottom, masks } }
    }

    /// The runs of row `y` between `from` and `to`, left to right, with the px each starts at; what is not told is 0.
    pub(crate) fn row(&self, y: i32, from: i32, to: i32, emit: &mut dyn FnMut(i32, Run<'_>)) {
        let (from, to) = (from.max(self.area.left), to.min(self.area.right));
        if from >= to || y < self.area.top || y >= self.area.bottom {
            return;
        }
        let row = offset(self.area.top, y);
        let mut part = |mask: &[u8], starts_at: i32| {
            let (a, b) = (from.max(starts_at), to.min(starts_at + mask.len() as i32));
            if let Some(mask) = mask.get(offset(starts_at, a)..offset(starts_at, b))
                && !mask.is_empty()
            {
                emit(a, Run::Mask(mask));
            }
        };
        match &self.kind {
            Kind::Full => emit(from, Run::Full(offset(from, to))),
            Kind::Dense(mask) => {
                let width = self.area.width();
                part(mask.get(row * width..(row + 1) * width).unwrap_or_default(), self.area.left);
            }
            Kind::Product { columns, rows, level } => match rows.get(row).copied().unwrap_or(0) {
                0 => {}
                255 => part(columns, self.area.left),
                by => {
                    for (at, columns) in (self.area.left..).step_by(PART).zip(columns.chunks(PART)) {
                        let mut product = [by; PART];
                        let Some(product) = product.get_mut(..columns.len()) else { continue };
                        level.mask_times(product, columns);
                        part(product, at);
                    }
                }
            },
            Kind::Stretched { mask, size: (width, height), cut: (cut_x, cut_y) } => {
                let (more_x, more_y) = (self.area.width() - width, self.area.height() - height);
                let row = if row < *cut_y { row } else { row.saturating_sub(more_y).max(*cut_y) };
                let mask = mask.get(row * width..(row + 1) * width).unwrap_or_default();
                let (before, after) = mask.split_at_checked(*cut_x).unwrap_or_default();
                let (middle_at, after_at) = (self.area.left + *cut_x as i32, self.area.left + (*cut_x + more_x) as i32);
                part(before, self.area.left);
                match after.first().copied().unwrap_or(0) {
                    0 => {}
                    value => {
                        let even = [value; PART];
                        for at in (0..more_x).step_by(PART) {
                            part(even.get(..more_x - at).unwrap_or(&even), middle_at + at as i32);
                        }
                    }
                }
                part(after, after_at);
            }
            Kind::Corners { left, right, top, bottom, masks } => {
                let [tl, tr, bl, br] = masks;
                let height = self.area.height();
                let (a, b, row) = if row < *top {
                    (tl, tr, row)
                } else if row + bottom >= height {
                    (bl, br, row + bottom - height)
                } else {
                    emit(from, Run::Full(offset(from, to)));
                    return;
                };
                let (inner_left, inner_right) = (self.area.left + *left as i32, self.area.right - *right as i32);
                part(a.get(row * left..(row + 1) * left).unwrap_or_default(), self.area.left);
                let (x0, x1) = (from.max(inner_left), to.min(inner_right));
                let right_mask = b.get(row * right..(row + 1) * right).unwrap_or_default();
                if x0 < x1 {
                    emit(x0, Run::Full(offset(x0, x1)));
                }
                let (x0, x1) = (from.max(inner_right), to.min(self.area.right));
                if let Some(mask) = right_mask.get(offset(inner_right, x0)..offset(inner_right, x1))
                    && !mask.is_empty()
                {
                    emit(x0, Run::Mask(mask));
                }
            }
        }
    }

    /// Whether it covers its area wholly.
    pub(crate) fn is_rect(&self) -> bool {
        matches!(self.kind, Kind::Full)
    }

    /// Whether row `y` is covered wholly between `from` and `to`.
    pub(crate) fn row_is_full(&self, y: i32, from: i32, to: i32) -> bool {
        let mut at = from;
        let mut full = true;
        self.row(y, from, to, &mut |x, run| match run {
            Run::Full(len) if x == at => at += len as i32,
            _ => full = false,
        });
        full && at >= to
    }
}

/// The shape in device px where the map keeps it upright: moves, scales, mirrors and quarter turns.
pub(crate) fn upright(shape: &Shape, map: &Affine) -> Option<Shape> {
    let rect = map.bounds(&shape.rect);
    let r = shape.radii;
    if map.b == 0.0 && map.c == 0.0 {
        let scale = |v: (f32, f32)| (v.0 * map.a.abs(), v.1 * map.d.abs());
        let (mut tl, mut tr, mut br, mut bl) = (scale(r.top_left), scale(r.top_right), scale(r.bottom_right), scale(r.bottom_left));
        if map.a < 0.0 {
            (tl, tr, br, bl) = (tr, tl, bl, br);
        }
        if map.d < 0.0 {
            (tl, tr, br, bl) = (bl, br, tr, tl);
        }
        let radii = crate::css::style::Corners { top_left: tl, top_right: tr, bottom_right: br, bottom_left: bl };
        return Some(Shape { rect, radii });
    }
    (map.a == 0.0 && map.d == 0.0 && shape.is_rect()).then(|| Shape::rect(rect))
}

/// How much of pixel `at` lies between two edges, 0 to 255.
fn overlap(at: i32, from: f32, to: f32) -> u8 {
    let at = at as f32;
    let part = (to.min(at + 1.0) - from.max(at)).clamp(0.0, 1.0);
    (part * 255.0 + 0.5) as u8
}
