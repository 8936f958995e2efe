//! CSS gradients against the box they fill: lengths, keywords and colour hints become points, radii and plain stops.

use crate::css::color::Color;
use crate::css::gradient::{Gradient as Css, GradientKind, RadialExtent, RadialShape, Stop, StopAt};
use crate::css::length::{Length, LengthContext};
use crate::geom::{Point, Rect, sin_cos_degrees};
use crate::scene::{Gradient, GradientLine};

/// A gradient with its geometry in px.
pub(crate) fn resolve(css: &Css, area: &Rect, context: &LengthContext) -> Gradient {
    let (line, length) = match &css.kind {
        GradientKind::LinearAngle(degrees) => {
            let (sin, cos) = sin_cos_degrees(*degrees);
            linear(area, Point::new(sin, -cos))
        }
        GradientKind::LinearTo(x, y) => linear(area, towards(area, f32::from(*x), f32::from(*y))),
        GradientKind::Radial { shape, at } => {
            let center = position(area, at, context);
            let (radius_x, radius_y) = radii(shape, area, center, context);
            (GradientLine::Radial { center, radius_x, radius_y }, radius_x)
        }
        GradientKind::Conic { from_degrees, at } => {
            (GradientLine::Conic { center: position(area, at, context), from_degrees: *from_degrees }, 0.0)
        }
    };
    let offset = |at: &StopAt| match at {
        StopAt::Degrees(degrees) => degrees / 360.0,
        StopAt::Length(Length::Percent(percent)) => percent / 100.0,
        StopAt::Length(other) => match other.resolve(context, Some(length)) {
            Some(px) if length > 0.0 => px / length,
            _ => 0.0,
        },
    };
    Gradient { line, repeating: css.repeating, stops: stops(&css.stops, offset) }
}

fn position(area: &Rect, at: &(Length, Length), context: &LengthContext) -> Point {
    let (x, y) = (at.0.resolve(context, Some(area.width)), at.1.resolve(context, Some(area.height)));
    Point::new(area.x + x.unwrap_or(area.width / 2.0), area.y + y.unwrap_or(area.height / 2.0))
}

/// A unit vector to a side, or to a corner so that the middle colour runs through the two other corners.
fn towards(area: &Rect, x: f32, y: f32) -> Point {
    if x == 0.0 || y == 0.0 {
        return Point::new(x, y);
    }
    let (dx, dy) = (x * area.height, y * area.width);
    let length = (dx * dx + dy * dy).sqrt();
    if length > 0.0 { Point::new(dx / length, dy / length) } else { Point::new(0.0, y) }
}

/// The line through the middle whose ends' perpendiculars touch the corners, and its length.
fn linear(area: &Rect, direction: Point) -> (GradientLine, f32) {
    let half = ((area.width * direction.x).abs() + (area.height * direction.y).abs()) / 2.0;
    let c = area.center();
    let (dx, dy) = (direction.x * half, direction.y * half);
    (GradientLine::Linear { from: Point::new(c.x - dx, c.y - dy), to: Point::new(c.x + dx, c.y + dy) }, half * 2.0)
}

fn hypot(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

/// How far the sides are from the centre.
struct Distances {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Distances {
    fn of(area: &Rect, center: Point) -> Self {
        Self {
            left: (center.x - area.x).abs(),
            top: (center.y - area.y).abs(),
            right: (area.right() - center.x).abs(),
            bottom: (area.bottom() - center.y).abs(),
        }
    }

    /// The closest or farthest side across and along.
    fn sides(&self, extent: RadialExtent) -> (f32, f32) {
        match extent {
            RadialExtent::ClosestSide | RadialExtent::ClosestCorner => (self.left.min(self.right), self.top.min(self.bottom)),
            RadialExtent::FarthestSide | RadialExtent::FarthestCorner => (self.left.max(self.right), self.top.max(self.bottom)),
        }
    }

    fn circle(&self, extent: RadialExtent) -> f32 {
        let (x, y) = self.sides(extent);
        match extent {
            RadialExtent::ClosestSide => x.min(y),
            RadialExtent::FarthestSide => x.max(y),
            RadialExtent::ClosestCorner | RadialExtent::FarthestCorner => hypot(x, y),
        }
    }

    fn ellipse(&self, extent: RadialExtent) -> (f32, f32) {
        let (x, y) = self.sides(extent);
        match extent {
            RadialExtent::ClosestSide | RadialExtent::FarthestSide => (x, y),
            // through the corner of these sides, in their proportion
            RadialExtent::ClosestCorner | RadialExtent::FarthestCorner => (x * std::f32::consts::SQRT_2, y * std::f32::consts::SQRT_2),
        }
    }
}

fn radii(shape: &RadialShape, area: &Rect, center: Point, context: &LengthContext) -> (f32, f32) {
    let px = |l: &Length, of: f32| l.resolve(context, Some(of)).unwrap_or(0.0).max(0.0);
    let distances = Distances::of(area, center);
    match shape {
        RadialShape::CircleRadius(radius) => {
            let radius = px(radius, 0.0);
            (radius, radius)
        }
        RadialShape::EllipseRadii(x, y) => (px(x, area.width), px(y, area.height)),
        RadialShape::Circle(extent) => {
            let radius = distances.circle(*extent);
            (radius, radius)
        }
        RadialShape::Ellipse(extent) => distances.ellipse(*extent),
    }
}

/// Offsets for all stops as CSS Images 3 fixes them up, and colour hints as stops.
fn stops(css: &[Stop], offset: impl Fn(&StopAt) -> f32) -> Vec<(f32, Color)> {
    let mut at: Vec<Option<f32>> = css.iter().map(|stop| stop.at.as_ref().map(&offset)).collect();
    if let Some(first) = at.first_mut() {
        first.get_or_insert(0.0);
    }
    if let Some(last) = at.last_mut() {
        last.get_or_insert(1.0);
    }
    let mut least = f32::NEG_INFINITY;
    for offset in at.iter_mut().flatten() {
        *offset = offset.max(least);
        least = *offset;
    }
    let mut placed: Vec<(f32, Option<Color>)> = Vec::with_capacity(css.len());
    let mut before = 0.0;
    for (i, stop) in css.iter().enumerate() {
        let here = at.get(i).copied().flatten().unwrap_or_else(|| {
            // evenly between the stop before and the next one that has a place
            let rest = at.get(i..).unwrap_or_default();
            let ahead = rest.iter().position(Option::is_some).unwrap_or(0);
            let next = rest.get(ahead).copied().flatten().unwrap_or(before);
            before + (next - before) / (ahead + 1) as f32
        });
        placed.push((here, stop.color));
        before = here;
    }
    let mut out: Vec<(f32, Color)> = Vec::with_capacity(placed.len());
    for (i, (here, color)) in placed.iter().enumerate() {
        match color {
            Some(color) => out.push((*here, *color)),
            None => {
                if let (Some(&(from, start)), Some(&(to, Some(end)))) = (out.last(), placed.get(i + 1)) {
                    hint((from, start), *here, (to, end), &mut out);
                }
            }
        }
    }
    out
}

/// A colour hint's curve as nine stops, at the places where Chromium has them.
fn hint((from, start): (f32, Color), at: f32, (to, end): (f32, Color), out: &mut Vec<(f32, Color)>) {
    let (left, right) = (at - from, to - at);
    if left <= 0.0 {
        out.push((from, end));
        return;
    }
    if right <= 0.0 {
        out.push((to, start));
        return;
    }
    if (left - right).abs() < 1e-6 {
        return;
    }
    let places: Vec<f32> = if left > right {
        let near = (0..7).map(|i| from + left * (7.0 + i as f32) / 13.0);
        near.chain([at + right / 3.0, at + right * 2.0 / 3.0]).collect()
    } else {
        let near = [from + left / 3.0, from + left * 2.0 / 3.0].into_iter();
        near.chain((0..7).map(|i| at + right * i as f32 / 13.0)).collect()
    };
    let power = -std::f64::consts::LN_2 / libm::log(f64::from(left / (left + right)));
    for place in places {
        let share = f64::from((place - from) / (left + right));
        out.push((place, mixed(start, end, libm::pow(share, power) as f32)));
    }
}

/// Premultiplied interpolation.
fn mixed(from: Color, to: Color, t: f32) -> Color {
    let a = from.a + (to.a - from.a) * t;
    let part = |x: f32, y: f32| {
        let v = x * from.a + (y * to.a - x * from.a) * t;
        if a > 0.0 { v / a } else { 0.0 }
    };
    Color { r: part(from.r, to.r), g: part(from.g, to.g), b: part(from.b, to.b), a }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: LengthContext = LengthContext { em: 16.0, canvas: (100.0, 100.0) };

    fn stop(color: Color, at: Option<StopAt>) -> Stop {
        Stop { color: Some(color), at }
    }

    fn two(kind: GradientKind) -> Css {
        Css { kind, repeating: false, stops: vec![stop(Color::BLACK, None), stop(Color::WHITE, None)] }
    }

    #[test]
    fn an_angle_of_0_is_upwards_and_90_rightwards() {
        let area = Rect::new(10.0, 20.0, 100.0, 50.0);
        let line = |kind| resolve(&two(kind), &area, &CONTEXT).line;
        let linear = |a: f32, b: f32, c: f32, d: f32| GradientLine::Linear { from: Point::new(a, b), to: Point::new(c, d) };
        assert_eq!(line(GradientKind::LinearAngle(0.0)), linear(60.0, 70.0, 60.0, 20.0));
        assert_eq!(line(GradientKind::LinearAngle(90.0)), linear(10.0, 45.0, 110.0, 45.0));
        assert_eq!(line(GradientKind::LinearTo(0, 1)), linear(60.0, 20.0, 60.0, 70.0));
    }

    #[test]
    fn a_corner_gradient_is_even_on_the_other_diagonal() {
        let area = Rect::new(0.0, 0.0, 100.0, 50.0);
        let GradientLine::Linear { from, to } = resolve(&two(GradientKind::LinearTo(1, 1)), &area, &CONTEXT).line else { panic!() };
        let offset = |x: f32, y: f32| {
            let (dx, dy) = (to.x - from.x, to.y - from.y);
            ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy)
        };
        assert!((offset(100.0, 0.0) - 0.5).abs() < 1e-5 && (offset(0.0, 50.0) - 0.5).abs() < 1e-5);
        assert!(offset(0.0, 0.0).abs() < 1e-5 && (offset(100.0, 50.0) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn stops_without_a_place_are_spread_and_never_fall() {
        let at = |percent: f32| Some(StopAt::Length(Length::Percent(percent)));
        let css = Css {
            kind: GradientKind::LinearAngle(90.0),
            repeating: false,
            stops: vec![
                stop(Color::BLACK, at(20.0)),
                stop(Color::WHITE, None),
                stop(Color::BLACK, None),
                stop(Color::WHITE, at(80.0)),
                stop(Color::BLACK, Some(StopAt::Length(Length::Px(10.0)))),
            ],
        };
        let offsets: Vec<f32> = resolve(&css, &Rect::new(0.0, 0.0, 100.0, 10.0), &CONTEXT).stops.iter().map(|s| s.0).collect();
        let expected = [0.2, 0.4, 0.6, 0.8, 0.8];
        assert!(offsets.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{offsets:?}");
    }

    #[test]
    fn a_hint_moves_the_middle_colour() {
        let mut css = two(GradientKind::LinearAngle(90.0));
        css.stops.insert(1, Stop { color: None, at: Some(StopAt::Length(Length::Percent(20.0))) });
        let stops = resolve(&css, &Rect::new(0.0, 0.0, 100.0, 10.0), &CONTEXT).stops;
        assert_eq!(stops.len(), 11);
        let middle = stops.iter().find(|s| (s.0 - 0.2).abs() < 1e-5).unwrap();
        assert!((middle.1.r - 0.5).abs() < 1e-3, "{middle:?}");
    }

    #[test]
    fn radial_extents_reach_sides_and_corners() {
        let area = Rect::new(0.0, 0.0, 80.0, 60.0);
        let at = || (Length::Px(20.0), Length::Px(20.0));
        let radii = |shape| match resolve(&two(GradientKind::Radial { shape, at: at() }), &area, &CONTEXT).line {
            GradientLine::Radial { radius_x, radius_y, .. } => (radius_x, radius_y),
            other => panic!("{other:?}"),
        };
        assert_eq!(radii(RadialShape::Circle(RadialExtent::ClosestSide)), (20.0, 20.0));
        assert_eq!(radii(RadialShape::Circle(RadialExtent::FarthestSide)), (60.0, 60.0));
        assert_eq!(radii(RadialShape::Ellipse(RadialExtent::FarthestSide)), (60.0, 40.0));
        let (x, y) = radii(RadialShape::Ellipse(RadialExtent::FarthestCorner));
        assert!((x - 60.0 * 2_f32.sqrt()).abs() < 1e-3 && (y - 40.0 * 2_f32.sqrt()).abs() < 1e-3);
    }
}
