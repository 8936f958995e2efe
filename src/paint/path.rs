//! Outlines: our segments and shapes as `tiny_skia` paths in device px, and their coverage as masks.
//!
//! Cubic curves never reach `tiny_skia`: its root finding for them uses the platform's `acos` and `cos`, whose last bit differs between
//! machines. They become quadratic curves here, closer than [`TOLERANCE`] px. What is left of `tiny_skia` (edges in fixed point, 16
//! samples a pixel) is whole-number work that no instruction set changes.
//!
//! Paths that reach far beyond what is visible are cut to a window around it first: `tiny_skia`'s own clipper fails an assertion on some.

use tiny_skia::{FillRule, IntSize, Mask, PathBuilder, PathSegment, Transform};

use super::area::Area;
use crate::geom::{Affine, Point, Rect};
use crate::scene::{Segment, Shape};

/// How far a curve may be from its replacement, px.
const TOLERANCE: f32 = 0.02;

/// What a quarter circle's cubic has its control points at, of the radius.
const KAPPA: f32 = 0.552_284_8;

/// A path under construction, in device px.
pub(crate) struct Outline {
    builder: PathBuilder,
    map: Affine,
    last: Point,
    start: Point,
}

impl Outline {
    /// Points pass through `map` as they come.
    pub(crate) fn new(map: Affine) -> Self {
        Self { builder: PathBuilder::new(), map, last: Point::default(), start: Point::default() }
    }

    pub(crate) fn move_to(&mut self, p: Point) {
        let p = self.map.apply(p);
        self.builder.move_to(p.x, p.y);
        (self.last, self.start) = (p, p);
    }

    pub(crate) fn line_to(&mut self, p: Point) {
        let p = self.map.apply(p);
        self.builder.line_to(p.x, p.y);
        self.last = p;
    }

    pub(crate) fn quad_to(&mut self, c: Point, p: Point) {
        let (c, p) = (self.map.apply(c), self.map.apply(p));
        self.builder.quad_to(c.x, c.y, p.x, p.y);
        self.last = p;
    }

    pub(crate) fn cubic_to(&mut self, c1: Point, c2: Point, p: Point) {
        let (a, b, c, d) = (self.last, self.map.apply(c1), self.map.apply(c2), self.map.apply(p));
        // the error of one quadratic curve is sqrt(3) / 36 of the third difference, and falls with the cube of their number
        let third = (d.x - 3.0 * c.x + 3.0 * b.x - a.x).abs().max((d.y - 3.0 * c.y + 3.0 * b.y - a.y).abs());
        let mut pieces = 1_u16;
        while pieces < 64 && third * 0.07 > TOLERANCE * f32::from(pieces * pieces) * f32::from(pieces) {
            pieces += 1;
        }
        let at = |t: f32| {
            let s = 1.0 - t;
            let of = |a: f32, b: f32, c: f32, d: f32| s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d;
            Point::new(of(a.x, b.x, c.x, d.x), of(a.y, b.y, c.y, d.y))
        };
        let slope = |t: f32| {
            let s = 1.0 - t;
            let of = |a: f32, b: f32, c: f32, d: f32| 3.0 * (s * s * (b - a) + 2.0 * s * t * (c - b) + t * t * (d - c));
            Point::new(of(a.x, b.x, c.x, d.x), of(a.y, b.y, c.y, d.y))
        };
        let step = 1.0 / f32::from(pieces);
        let mut from = a;
        for i in 0..pieces {
            let (t0, t1) = (f32::from(i) * step, f32::from(i + 1) * step);
            let to = if i + 1 == pieces { d } else { at(t1) };
            let (s0, s1) = (slope(t0), slope(t1));
            // the middle of both ends' control points: right to third order
            let x = (from.x + to.x) / 2.0 + (s0.x - s1.x) * step / 4.0;
            let y = (from.y + to.y) / 2.0 + (s0.y - s1.y) * step / 4.0;
            self.builder.quad_to(x, y, to.x, to.y);
            from = to;
        }
        self.last = d;
    }

    pub(crate) fn close(&mut self) {
        self.builder.close();
        self.last = self.start;
    }

    pub(crate) fn segments(&mut self, segments: &[Segment]) {
        for segment in segments {
            match *segment {
                Segment::Move(p) => self.move_to(p),
                Segment::Line(p) => self.line_to(p),
                Segment::Quad(c, p) => self.quad_to(c, p),
                Segment::Cubic(a, b, p) => self.cubic_to(a, b, p),
                Segment::Close => self.close(),
            }
        }
    }

    pub(crate) fn polygon(&mut self, points: &[Point]) {
        for (i, p) in points.iter().enumerate() {
            if i == 0 { self.move_to(*p) } else { self.line_to(*p) }
        }
        self.close();
    }

    pub(crate) fn shape(&mut self, shape: &Shape) {
        let Rect { x, y, .. } = shape.rect;
        let (right, bottom) = (shape.rect.right(), shape.rect.bottom());
        let p = Point::new;
        let r = &shape.radii;
        let k = 1.0 - KAPPA;
        let ((ax, ay), (bx, by), (cx, cy), (dx, dy)) = (r.top_left, r.top_right, r.bottom_right, r.bottom_left);
        self.move_to(p(x + ax, y));
        self.line_to(p(right - bx, y));
        if bx > 0.0 && by > 0.0 {
            self.cubic_to(p(right - bx * k, y), p(right, y + by * k), p(right, y + by));
        }
        self.line_to(p(right, bottom - cy));
        if cx > 0.0 && cy > 0.0 {
            self.cubic_to(p(right, bottom - cy * k), p(right - cx * k, bottom), p(right - cx, bottom));
        }
        self.line_to(p(x + dx, bottom));
        if dx > 0.0 && dy > 0.0 {
            self.cubic_to(p(x + dx * k, bottom), p(x, bottom - dy * k), p(x, bottom - dy));
        }
        self.line_to(p(x, y + ay));
        if ax > 0.0 && ay > 0.0 {
            self.cubic_to(p(x, y + ay * k), p(x + ax * k, y), p(x + ax, y));
        }
        self.close();
    }

    /// `None` for what has no finite extent.
    pub(crate) fn finish(self) -> Option<tiny_skia::Path> {
        self.builder.finish()
    }
}

/// The area a path touches.
pub(crate) fn bounds(path: &tiny_skia::Path) -> Area {
    let b = path.bounds();
    Area::around(&Rect::from_edges(b.left(), b.top(), b.right(), b.bottom()))
}

/// How far beyond the visible area a path may reach before it is cut.
const WINDOW: f32 = 2048.0;

/// How much of each px of `area` the path covers, 0 to 255, row after row. `buffer` lends its memory.
pub(crate) fn coverage(path: &tiny_skia::Path, rule: FillRule, area: Area, mut buffer: Vec<u8>) -> Vec<u8> {
    buffer.clear();
    buffer.resize(area.width() * area.height(), 0);
    let (Ok(width), Ok(height)) = (u32::try_from(area.width()), u32::try_from(area.height())) else { return buffer };
    let Some(size) = IntSize::from_wh(width, height) else { return buffer };
    let window = area.rect().inset([-WINDOW; 4]);
    let b = path.bounds();
    let near = b.left() >= window.x && b.top() >= window.y && b.right() <= window.right() && b.bottom() <= window.bottom();
    let cut;
    let path = if near {
        path
    } else {
        match cut_to(path, &window) {
            Some(path) => {
                cut = path;
                &cut
            }
            None => return buffer,
        }
    };
    let Some(mut mask) = Mask::from_vec(buffer, size) else { return Vec::new() };
    mask.fill_path(path, rule, true, Transform::from_translate(-(area.left as f32), -(area.top as f32)));
    mask.take()
}

/// The part of a path's inside that lies in a window, as polygons.
fn cut_to(path: &tiny_skia::Path, window: &Rect) -> Option<tiny_skia::Path> {
    let mut builder = PathBuilder::new();
    let mut polygon: Vec<Point> = Vec::new();
    let mut finish = |polygon: &mut Vec<Point>| {
        let cut = clipped(polygon, window);
        polygon.clear();
        for (i, p) in cut.iter().enumerate() {
            if i == 0 { builder.move_to(p.x, p.y) } else { builder.line_to(p.x, p.y) }
        }
        if !cut.is_empty() {
            builder.close();
        }
    };
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(p) => {
                finish(&mut polygon);
                polygon.push(Point::new(p.x, p.y));
            }
            PathSegment::LineTo(p) => polygon.push(Point::new(p.x, p.y)),
            PathSegment::QuadTo(c, p) | PathSegment::CubicTo(_, c, p) => {
                let from = polygon.last().copied().unwrap_or_default();
                for i in 1..=32_u8 {
                    let t = f32::from(i) / 32.0;
                    let of = |a: f32, b: f32, c: f32| (1.0 - t) * (1.0 - t) * a + 2.0 * t * (1.0 - t) * b + t * t * c;
                    polygon.push(Point::new(of(from.x, c.x, p.x), of(from.y, c.y, p.y)));
                }
            }
            PathSegment::Close => {}
        }
    }
    finish(&mut polygon);
    builder.finish()
}

/// A polygon cut by the four sides of a window, one after the other.
fn clipped(polygon: &[Point], window: &Rect) -> Vec<Point> {
    let mut points = polygon.to_vec();
    let sides: [(bool, f32, f32); 4] =
        [(true, window.x, 1.0), (true, window.right(), -1.0), (false, window.y, 1.0), (false, window.bottom(), -1.0)];
    for (across, limit, sign) in sides {
        let along = |p: &Point| if across { p.x } else { p.y };
        let inside = |p: &Point| (along(p) - limit) * sign >= 0.0;
        let Some(mut before) = points.last().copied() else { return points };
        let mut kept = Vec::with_capacity(points.len() + 4);
        for p in points {
            if inside(&p) != inside(&before) {
                // in f64: a side a million px long still meets the window at the right px
                let t = (f64::from(limit) - f64::from(along(&before))) / (f64::from(along(&p)) - f64::from(along(&before)));
                let of = |a: f32, b: f32| (f64::from(a) + (f64::from(b) - f64::from(a)) * t) as f32;
                let (x, y) = (of(before.x, p.x), of(before.y, p.y));
                kept.push(if across { Point::new(limit, y) } else { Point::new(x, limit) });
            }
            if inside(&p) {
                kept.push(p);
            }
            before = p;
        }
        points = kept;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_reaches_far_covers_what_it_covered_near() {
        let triangle = |far: f32| {
            let mut outline = Outline::new(Affine::IDENTITY);
            outline.polygon(&[Point::new(0.0, 0.0), Point::new(far, far / 2.0), Point::new(0.0, far / 2.0)]);
            coverage(&outline.finish().unwrap(), FillRule::Winding, Area::new(0, 0, 40, 40), Vec::new())
        };
        let (near, far) = (triangle(1000.0), triangle(1e6));
        assert!(near.iter().zip(&far).all(|(a, b)| a.abs_diff(*b) <= 1));
        assert!(near.contains(&0) && near.contains(&255));
    }
}
