//! Points, rectangles and affine maps in `f32`, and the few transcendental functions that pixels and layout may use.
//!
//! The functions come from `libm`: what std calls differs between machines in the last bit, and then so does a picture.

/// A point or vector, px, y downwards.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Point {
    /// Rightwards.
    pub(crate) x: f32,
    /// Downwards.
    pub(crate) y: f32,
}

impl Point {
    /// A point.
    pub(crate) const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }
}

/// A rectangle by its left top corner and its size, px; the size is never negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Rect {
    /// Left edge.
    pub(crate) x: f32,
    /// Top edge.
    pub(crate) y: f32,
    /// Width.
    pub(crate) width: f32,
    /// Height.
    pub(crate) height: f32,
}

impl Rect {
    /// A rectangle; negative and NaN sizes become 0.
    pub(crate) const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width: width.max(0.0), height: height.max(0.0) }
    }

    /// A rectangle from its four edges.
    pub(crate) const fn from_edges(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        Self::new(left, top, right - left, bottom - top)
    }

    /// Right edge.
    pub(crate) const fn right(&self) -> f32 {
        self.x + self.width
    }

    /// Bottom edge.
    pub(crate) const fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// The middle.
    pub(crate) const fn center(&self) -> Point {
        Point::new(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Whether it covers nothing.
    pub(crate) const fn is_empty(&self) -> bool {
        self.width <= 0.0 || self.height <= 0.0
    }

    /// Moved by a vector.
    pub(crate) const fn translate(&self, x: f32, y: f32) -> Self {
        Self { x: self.x + x, y: self.y + y, width: self.width, height: self.height }
    }

    /// Without these widths at its top, right, bottom and left; negative widths let it grow.
    pub(crate) fn inset(&self, [top, right, bottom, left]: [f32; 4]) -> Self {
        Self::from_edges(self.x + left, self.y + top, self.right() - right, self.bottom() - bottom)
    }

    /// The common part, empty where there is none.
    pub(crate) fn intersect(&self, other: &Self) -> Self {
        Self::from_edges(self.x.max(other.x), self.y.max(other.y), self.right().min(other.right()), self.bottom().min(other.bottom()))
    }

    /// Each edge at the nearest whole px, halves upwards: how Chromium snaps painted boxes.
    pub(crate) fn snapped(&self) -> Self {
        let round = |v: f32| (v + 0.5).floor();
        Self::from_edges(round(self.x), round(self.y), round(self.right()), round(self.bottom()))
    }
}

/// An affine map: `x' = a x + c y + e`, `y' = b x + d y + f`, as CSS's `matrix(a, b, c, d, e, f)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Affine {
    /// x to x'.
    pub(crate) a: f32,
    /// x to y'.
    pub(crate) b: f32,
    /// y to x'.
    pub(crate) c: f32,
    /// y to y'.
    pub(crate) d: f32,
    /// Offset of x'.
    pub(crate) e: f32,
    /// Offset of y'.
    pub(crate) f: f32,
}

impl Affine {
    /// The map that changes nothing.
    pub(crate) const IDENTITY: Self = Self { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: 0.0, f: 0.0 };

    /// A move.
    pub(crate) const fn translate(x: f32, y: f32) -> Self {
        Self { e: x, f: y, ..Self::IDENTITY }
    }

    /// A scaling about the origin.
    pub(crate) const fn scale(x: f32, y: f32) -> Self {
        Self { a: x, d: y, ..Self::IDENTITY }
    }

    /// A rotation about the origin, clockwise on the screen.
    pub(crate) fn rotate_degrees(degrees: f32) -> Self {
        let (sin, cos) = sin_cos_degrees(degrees);
        Self { a: cos, b: sin, c: -sin, d: cos, e: 0.0, f: 0.0 }
    }

    /// First `inner`, then `self`.
    pub(crate) fn then_inner(&self, inner: &Self) -> Self {
        Self {
            a: self.a * inner.a + self.c * inner.b,
            b: self.b * inner.a + self.d * inner.b,
            c: self.a * inner.c + self.c * inner.d,
            d: self.b * inner.c + self.d * inner.d,
            e: self.a * inner.e + self.c * inner.f + self.e,
            f: self.b * inner.e + self.d * inner.f + self.f,
        }
    }

    /// The image of a point.
    pub(crate) fn apply(&self, p: Point) -> Point {
        Point::new(self.a * p.x + self.c * p.y + self.e, self.b * p.x + self.d * p.y + self.f)
    }

    /// The smallest upright rectangle around the image of a rectangle.
    pub(crate) fn bounds(&self, r: &Rect) -> Rect {
        let corners = [Point::new(r.x, r.y), Point::new(r.right(), r.y), Point::new(r.x, r.bottom()), Point::new(r.right(), r.bottom())];
        let mapped = corners.map(|p| self.apply(p));
        let fold = |f: fn(f32, f32) -> f32, of: fn(&Point) -> f32, start: f32| mapped.iter().map(of).fold(start, f);
        Rect::from_edges(
            fold(f32::min, |p| p.x, f32::INFINITY),
            fold(f32::min, |p| p.y, f32::INFINITY),
            fold(f32::max, |p| p.x, f32::NEG_INFINITY),
            fold(f32::max, |p| p.y, f32::NEG_INFINITY),
        )
    }

    /// The map back, where there is one.
    pub(crate) fn inverse(&self) -> Option<Self> {
        let det = self.a * self.d - self.b * self.c;
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        let (a, b, c, d) = (self.d / det, -self.b / det, -self.c / det, self.a / det);
        Some(Self { a, b, c, d, e: -(a * self.e + c * self.f), f: -(b * self.e + d * self.f) })
    }

    /// Whether it only moves, by whole px or not.
    pub(crate) fn is_translation(&self) -> bool {
        self.a == 1.0 && self.b == 0.0 && self.c == 0.0 && self.d == 1.0
    }
}

/// Sine and cosine of an angle in degrees, exact at multiples of 90, the same on every machine.
pub(crate) fn sin_cos_degrees(degrees: f32) -> (f32, f32) {
    let turn = libm::fmod(f64::from(degrees), 360.0);
    let turn = if turn < 0.0 { turn + 360.0 } else { turn };
    if turn == 0.0 {
        (0.0, 1.0)
    } else if turn == 90.0 {
        (1.0, 0.0)
    } else if turn == 180.0 {
        (0.0, -1.0)
    } else if turn == 270.0 {
        (-1.0, 0.0)
    } else {
        let radians = turn * (std::f64::consts::PI / 180.0);
        (libm::sin(radians) as f32, libm::cos(radians) as f32)
    }
}

/// e to a power.
pub(crate) fn exp(x: f32) -> f32 {
    libm::expf(x)
}

/// 1 / (1 + e^-x).
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x))
}

/// The hyperbolic tangent.
pub(crate) fn tanh(x: f32) -> f32 {
    libm::tanhf(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarter_turns_are_exact() {
        assert_eq!(sin_cos_degrees(90.0), (1.0, 0.0));
        assert_eq!(sin_cos_degrees(-90.0), (-1.0, 0.0));
        assert_eq!(Affine::rotate_degrees(90.0).apply(Point::new(2.0, 0.0)), Point::new(0.0, 2.0));
    }

    #[test]
    fn the_inverse_leads_back() {
        let m = Affine::translate(3.0, -4.0).then_inner(&Affine::rotate_degrees(33.0)).then_inner(&Affine::scale(2.0, 0.5));
        let p = m.inverse().unwrap().apply(m.apply(Point::new(7.0, 11.0)));
        assert!((p.x - 7.0).abs() < 1e-4 && (p.y - 11.0).abs() < 1e-4, "{p:?}");
    }

    #[test]
    fn edges_snap_each_by_itself() {
        assert_eq!(Rect::new(10.4, 10.5, 20.2, 20.0).snapped(), Rect::new(10.0, 11.0, 21.0, 20.0));
    }
}
