//! Borders: one ring where all sides look alike, else side by side, joined along the corners' diagonals.

use tiny_skia::FillRule;

use super::area::Area;
use super::canvas::{Canvas, Ink, Source, compose};
use super::coverage::Coverage;
use super::path::Outline;
use super::{Painter, State};
use crate::css::color::Color;
use crate::css::style::{BorderStyle, Corners, LineCap, LineJoin, Sides};
use crate::geom::{Affine, Point};
use crate::scene::{Border, Segment, Shape, Stroke};

impl Painter<'_> {
    pub(super) fn border(&mut self, canvas: &mut Canvas<'_>, state: &State, border: &Border) {
        let Sides { top, right, bottom, left } = border.widths;
        let sides = [
            (top, border.styles.top, border.colors.top),
            (right, border.styles.right, border.colors.right),
            (bottom, border.styles.bottom, border.colors.bottom),
            (left, border.styles.left, border.colors.left),
        ];
        let drawn = |(width, style, color): &(f32, BorderStyle, Color)| {
            *width > 0.0 && color.a > 0.0 && !matches!(style, BorderStyle::None | BorderStyle::Hidden)
        };
        let visible = state.visible(&canvas.area);
        // sides that look alike are one shape, so that no seam shows between them
        let mut left_over = [0, 1, 2, 3].map(|i| sides.get(i).is_some_and(drawn));
        for i in 0..4 {
            let Some(&(width, style, color)) = sides.get(i).filter(|_| left_over.get(i) == Some(&true)) else { continue };
            let alike: Vec<usize> = (i..4)
                .filter(|k| left_over.get(*k) == Some(&true))
                .filter(|k| sides.get(*k).is_some_and(|s| s.1 == style && s.2 == color && (style_joins(style) || s.0 == width)))
                .collect();
            for k in &alike {
                if let Some(flag) = left_over.get_mut(*k) {
                    *flag = false;
                }
            }
            let whole = alike.len() == 4 || (style_joins(style) && sides.iter().enumerate().all(|(k, s)| alike.contains(&k) || s.0 <= 0.0));
            let paint = SideSet { border, sides: &alike, whole, color };
            match style {
                BorderStyle::Dashed | BorderStyle::Dotted => self.dashes(canvas, state, &paint, width, style),
                BorderStyle::Double => {
                    let (outer, inner) = (border.widths_of(|w| third(w).0), border.widths_of(|w| third(w).1));
                    self.ring(canvas, state, &paint, &border.shape, &border.shape.inset(outer), &visible);
                    self.ring(canvas, state, &paint, &border.shape.inset(inner), &border.shape.inset(border.widths), &visible);
                }
                _ => self.ring(canvas, state, &paint, &border.shape, &border.shape.inset(border.widths), &visible),
            }
        }
    }

    /// What lies between two shapes, of some sides only.
    fn ring(&mut self, canvas: &mut Canvas<'_>, state: &State, set: &SideSet<'_>, outer: &Shape, inner: &Shape, visible: &Area) {
        let out = state.coverage(outer, visible);
        let inn = state.coverage(inner, visible);
        let mut state = state.clone();
        if !set.whole {
            match set.wedges(&state, visible) {
                Some(wedges) => state.clip = state.clip.with(wedges),
                None => return,
            }
        }
        let ink = Ink { except: Some(&inn), ..Ink::new(Source::Color(state.tint(set.color)), 255) };
        compose(canvas, &state.clip, &out, &ink, &mut self.scratch.rows);
    }

    /// Dashes or dots along the middle of the sides.
    fn dashes(&mut self, canvas: &mut Canvas<'_>, state: &State, set: &SideSet<'_>, width: f32, style: BorderStyle) {
        let visible = state.visible(&canvas.area);
        let widths = set.border.widths;
        let half = Sides { top: widths.top / 2.0, right: widths.right / 2.0, bottom: widths.bottom / 2.0, left: widths.left / 2.0 };
        let middle = set.border.shape.inset(half);
        let round = style == BorderStyle::Dotted && width > 3.0;
        let cap = if round { LineCap::Round } else { LineCap::Butt };
        let rect = set.border.shape.rect;
        let stroke = |length: f32, closed: bool| Stroke {
            color: set.color,
            width,
            join: LineJoin::Miter,
            cap,
            dashes: pattern(style, width, length, closed),
        };
        let mut lines: Vec<(Vec<Segment>, f32, bool)> = Vec::new();
        if middle.is_rect() {
            let m = middle.rect;
            let inset = if round { width / 2.0 } else { 0.0 };
            for side in set.sides {
                // a little longer than the last dot's middle, or it would be left out
                let past = if round { 0.01 } else { 0.0 };
                let (from, to) = match side {
                    0 => (Point::new(rect.x + inset, m.y), Point::new(rect.right() - inset + past, m.y)),
                    1 => (Point::new(m.right(), rect.y + inset), Point::new(m.right(), rect.bottom() - inset + past)),
                    2 => (Point::new(rect.x + inset, m.bottom()), Point::new(rect.right() - inset + past, m.bottom())),
                    _ => (Point::new(m.x, rect.y + inset), Point::new(m.x, rect.bottom() - inset + past)),
                };
                let length = (to.x - from.x).abs() + (to.y - from.y).abs() - past;
                lines.push((vec![Segment::Move(from), Segment::Line(to)], length, false));
            }
        } else {
            lines.push((segments(&middle), perimeter(&middle), true));
        }
        let mut state = state.clone();
        if !set.whole && !middle.is_rect() {
            match set.wedges(&state, &visible) {
                Some(wedges) => state.clip = state.clip.with(wedges),
                None => return,
            }
        }
        for (line, length, closed) in lines {
            // a run of a million dashes is no picture any more
            if !(length > 0.0 && length < 200_000.0 * width.max(0.1)) {
                continue;
            }
            if let Some(path) = super::stroked(&line, &stroke(length, closed), &state.ctm) {
                let coverage = Coverage::of_path(&path, FillRule::Winding, &visible);
                let ink = Ink::new(Source::Color(state.tint(set.color)), 255);
                compose(canvas, &state.clip, &coverage, &ink, &mut self.scratch.rows);
            }
        }
    }
}

impl Border {
    fn widths_of(&self, f: impl Fn(f32) -> f32) -> Sides<f32> {
        let Sides { top, right, bottom, left } = self.widths;
        Sides { top: f(top), right: f(right), bottom: f(bottom), left: f(left) }
    }
}

/// Sides of a border that are painted as one.
struct SideSet<'b> {
    border: &'b Border,
    /// 0 top, 1 right, 2 bottom, 3 left.
    sides: &'b [usize],
    /// Whether these are all sides that have a width.
    whole: bool,
    color: Color,
}

impl SideSet<'_> {
    /// The part of the box that belongs to the sides: from the outer corners along the diagonals of the corners to the middle.
    fn wedges(&self, state: &State, visible: &Area) -> Option<Coverage> {
        let (rect, widths) = (self.border.shape.rect, self.border.widths);
        let Sides { top, right, bottom, left } = widths;
        // how far along a corner's diagonal half the box ends
        let far = |x: f32, y: f32| {
            let along = |half: f32, step: f32| if step > 0.0 { half / step } else { f32::INFINITY };
            along(rect.width / 2.0, x).min(along(rect.height / 2.0, y))
        };
        let corner = |at: Point, x: f32, y: f32| {
            let k = far(x.abs(), y.abs());
            if k.is_finite() { Point::new(at.x + x * k, at.y + y * k) } else { at }
        };
        let p = Point::new;
        let corners = [
            (p(rect.x, rect.y), left, top),
            (p(rect.right(), rect.y), -right, top),
            (p(rect.right(), rect.bottom()), -right, -bottom),
            (p(rect.x, rect.bottom()), left, -bottom),
        ];
        let mut outline = Outline::new(state.ctm);
        for side in self.sides {
            let next = (side + 1) % 4;
            if let (Some(&(a, ax, ay)), Some(&(b, bx, by))) = (corners.get(*side), corners.get(next)) {
                outline.polygon(&[a, b, corner(b, bx, by), corner(a, ax, ay)]);
            }
        }
        Some(Coverage::of_path(&outline.finish()?, FillRule::Winding, visible))
    }
}

/// Whether sides of unequal widths can be one shape.
fn style_joins(style: BorderStyle) -> bool {
    matches!(style, BorderStyle::Solid | BorderStyle::Double)
}

/// Where a double border's outer line ends and its inner line starts.
fn third(width: f32) -> (f32, f32) {
    let whole = width.floor();
    let (mut outer, mut inner) = ((whole / 3.0).floor(), (whole * 2.0 / 3.0).floor());
    match whole as u32 % 3 {
        1 => inner += 1.0,
        2 => outer += 1.0,
        _ => {}
    }
    if whole < 3.0 { (width, width) } else { (outer, inner) }
}

/// Dash and gap, with the gap changed so that dashes fit the line.
fn pattern(style: BorderStyle, width: f32, length: f32, closed: bool) -> Vec<f32> {
    match style {
        BorderStyle::Dashed => {
            let (dash, gap) = if width >= 3.0 { (width * 2.0, width) } else { (width * 3.0, width * 2.0) };
            vec![dash, fitting_gap(length, dash, gap, closed).max(0.01)]
        }
        _ if width <= 3.0 => vec![width, fitting_gap(length, width, width, closed).max(0.01)],
        // dots are round caps of nothing; an open line lost half a dot at both ends
        _ => {
            let whole = if closed { length } else { length + width };
            vec![0.001, (fitting_gap(whole, width, width, closed) + width - 0.001).max(0.01)]
        }
    }
}

/// The gap nearest to the wanted one with which a whole number of dashes fits the line, as Chromium chooses it.
fn fitting_gap(length: f32, dash: f32, gap: f32, closed: bool) -> f32 {
    let available = if closed { length } else { length + gap };
    let fewest = (available / (dash + gap)).floor();
    let with = |dashes: f32| (length - dashes * dash) / if closed { dashes } else { dashes - 1.0 };
    let (wide, narrow) = (with(fewest), with(fewest + 1.0));
    if fewest < 2.0 && !closed {
        if narrow > 0.0 { narrow } else { gap }
    } else if narrow <= 0.0 || (wide - gap).abs() < (narrow - gap).abs() {
        wide
    } else {
        narrow
    }
}

fn perimeter(shape: &Shape) -> f32 {
    let Corners { top_left, top_right, bottom_right, bottom_left } = shape.radii;
    let straight = 2.0 * (shape.rect.width + shape.rect.height);
    // a quarter of an ellipse, near enough, instead of its two radii
    let arc = |(x, y): (f32, f32)| std::f32::consts::FRAC_PI_2 * ((x * x + y * y) / 2.0).sqrt() - x - y;
    straight + arc(top_left) + arc(top_right) + arc(bottom_right) + arc(bottom_left)
}

fn segments(shape: &Shape) -> Vec<Segment> {
    let mut outline = Outline::new(Affine::IDENTITY);
    outline.shape(shape);
    let Some(path) = outline.finish() else { return Vec::new() };
    let p = |p: tiny_skia::Point| Point::new(p.x, p.y);
    path.segments()
        .map(|s| match s {
            tiny_skia::PathSegment::MoveTo(a) => Segment::Move(p(a)),
            tiny_skia::PathSegment::LineTo(a) => Segment::Line(p(a)),
            tiny_skia::PathSegment::QuadTo(a, b) => Segment::Quad(p(a), p(b)),
            tiny_skia::PathSegment::CubicTo(a, b, c) => Segment::Cubic(p(a), p(b), p(c)),
            tiny_skia::PathSegment::Close => Segment::Close,
        })
        .collect()
}
