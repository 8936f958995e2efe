//! Colours of a gradient, row by row.
//!
//! Each px has its exact place along the gradient's line; colours are interpolated premultiplied. A gradient without hard stops is read
//! out of a table of [`TABLE`] colours (two neighbours differ by less than a level), others are evaluated stop by stop. Where one can be
//! seen through, its colours keep 8 bits more until they are laid over what is there, so that the sum is rounded once. An angle around a
//! centre is Skia's polynomial, so it has Chromium's error too, and none of std's functions.

use crate::css::color::Color;
use crate::geom::{Affine, Point};
use crate::scene::{Gradient, GradientLine};

const TABLE: usize = 2048;

/// A gradient in device px, ready to be read.
pub(crate) struct Shader {
    kind: Kind,
    /// From the middle of a device px to the gradient's own space.
    map: Affine,
    repeating: bool,
    stops: Vec<(f32, [f32; 4])>,
    /// Of one of the two, by whether the gradient is opaque, or of neither.
    table: Vec<[u8; 4]>,
    fine_table: Vec<[u16; 4]>,
    pub(crate) opaque: bool,
}

enum Kind {
    /// The offset is x.
    Linear,
    /// The offset is the distance from 0, 0.
    Radial,
    /// The offset is the angle at 0, 0, clockwise from the right.
    Conic,
    /// One colour all over.
    Flat,
}

impl Shader {
    /// A gradient of an opacity under a map to device px; `None` where nothing can be seen of it.
    pub(crate) fn new(gradient: &Gradient, map: &Affine, opacity: f32) -> Option<Self> {
        let stops: Vec<(f32, [f32; 4])> = gradient.stops.iter().map(|(at, c)| (*at, premultiplied(*c).map(|v| v * opacity))).collect();
        let (first, last) = (stops.first()?.0, stops.last()?.0);
        if stops.iter().any(|(at, c)| !at.is_finite() || c.iter().any(|v| !v.is_finite())) {
            return None;
        }
        let opaque = stops.iter().all(|(_, c)| c[3] >= 1.0);
        let (kind, local) = match gradient.line {
            GradientLine::Linear { from, to } => {
                let (dx, dy) = (to.x - from.x, to.y - from.y);
                // the line becomes the x axis from 0 to 1
                (Kind::Linear, Affine { a: dx, b: dy, c: -dy, d: dx, e: from.x, f: from.y })
            }
            GradientLine::Radial { center, radius_x, radius_y } => {
                (Kind::Radial, Affine { a: radius_x, b: 0.0, c: 0.0, d: radius_y, e: center.x, f: center.y })
            }
            GradientLine::Conic { center, from_degrees } => {
                (Kind::Conic, Affine::translate(center.x, center.y).then_inner(&Affine::rotate_degrees(from_degrees - 90.0)))
            }
        };
        let flat = gradient.repeating && last <= first;
        let stops = if flat { vec![(first, average(&stops))] } else { stops };
        let inverse = map.then_inner(&local).inverse().filter(|m| [m.a, m.b, m.c, m.d, m.e, m.f].iter().all(|v| v.is_finite()));
        let (kind, inverse) = match (flat, inverse) {
            (false, Some(inverse)) => (kind, inverse),
            // no length: the last colour fills all, as CSS has it
            _ => (Kind::Flat, Affine::IDENTITY),
        };
        let mut shader =
            Self { kind, map: inverse, repeating: gradient.repeating, stops, table: Vec::new(), fine_table: Vec::new(), opaque };
        if shader.is_smooth() {
            let colors = (0..TABLE).map(|i| shader.color_at(i as f32 / (TABLE - 1) as f32));
            if opaque {
                shader.table = colors.map(bytes).collect();
            } else {
                shader.fine_table = colors.map(fine).collect();
            }
        }
        Some(shader)
    }

    /// Whether the table's nearest entry is never a whole level away.
    fn is_smooth(&self) -> bool {
        let steep = |pair: &[(f32, [f32; 4])]| match pair {
            [(a, from), (b, to)] => {
                let widest = from.iter().zip(to).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
                widest > 0.0 && widest * 255.0 > (b - a) * TABLE as f32
            }
            _ => false,
        };
        let inside = self.stops.iter().all(|(at, _)| (-0.001..=1.001).contains(at));
        !self.repeating && inside && !self.stops.windows(2).any(steep)
    }

    /// Row `y` from px `from` to `to` as pixels in `out`, or as one colour.
    pub(crate) fn row(&self, y: i32, from: i32, to: i32, out: &mut Vec<u8>) -> Option<[u8; 4]> {
        if let Some(color) = self.row_color(y) {
            return Some(bytes(color));
        }
        out.resize(super::area::offset(from, to) * 4, 0);
        self.fill(&self.table, bytes, y, from, out.as_chunks_mut().0);
        None
    }

    /// Row `y` from px `from` to `to` in 256ths of a level.
    pub(crate) fn fine_row(&self, y: i32, from: i32, to: i32, out: &mut Vec<[u16; 4]>) {
        out.resize(super::area::offset(from, to), [0; 4]);
        match self.row_color(y) {
            Some(color) => out.fill(fine(color)),
            None => self.fill(&self.fine_table, fine, y, from, out),
        }
    }

    /// The colour of a row that has one only.
    fn row_color(&self, y: i32) -> Option<[f32; 4]> {
        match self.kind {
            Kind::Flat => Some(self.stops.last().map_or([0.0; 4], |(_, c)| *c)),
            Kind::Linear if self.map.a == 0.0 => Some(self.color_at(self.map.c * (y as f32 + 0.5) + self.map.e)),
            _ => None,
        }
    }

    fn fill<P: Copy + Default>(&self, table: &[P], of: fn([f32; 4]) -> P, y: i32, from: i32, out: &mut [P]) {
        let m = &self.map;
        let y = y as f32 + 0.5;
        let (dx, x0) = (m.a, m.c * y + m.e);
        let (dy, y0) = (m.b, m.d * y + m.f);
        let row = out.iter_mut().zip((from..).map(|x| x as f32 + 0.5));
        let table = <&[P; TABLE]>::try_from(table);
        let distance = |x: f32| {
            let p = Point::new(dx * x + x0, dy * x + y0);
            (p.x * p.x + p.y * p.y).sqrt()
        };
        match (&self.kind, table) {
            (Kind::Linear, Ok(table)) => {
                let (scale, shift) = (dx * (TABLE - 1) as f32, x0 * (TABLE - 1) as f32);
                row.for_each(|(px, x)| *px = look_up(table, scale * x + shift));
            }
            (Kind::Linear | Kind::Flat, _) => row.for_each(|(px, x)| *px = of(self.color_at(dx * x + x0))),
            (Kind::Radial, Ok(table)) => row.for_each(|(px, x)| *px = look_up(table, distance(x) * (TABLE - 1) as f32)),
            (Kind::Radial, _) => row.for_each(|(px, x)| *px = of(self.color_at(distance(x)))),
            (Kind::Conic, Ok(table)) => {
                row.for_each(|(px, x)| *px = look_up(table, turn(dx * x + x0, dy * x + y0) * (TABLE - 1) as f32));
            }
            (Kind::Conic, _) => row.for_each(|(px, x)| *px = of(self.color_at(turn(dx * x + x0, dy * x + y0)))),
        }
    }

    fn color_at(&self, offset: f32) -> [f32; 4] {
        let (Some(first), Some(last)) = (self.stops.first(), self.stops.last()) else { return [0.0; 4] };
        let mut offset = offset;
        if self.repeating {
            let length = last.0 - first.0;
            let turns = ((offset - first.0) / length).floor();
            offset -= turns * length;
        }
        if offset < first.0 || offset.is_nan() {
            return first.1;
        }
        let next = self.stops.partition_point(|(at, _)| *at <= offset);
        match (next.checked_sub(1).and_then(|i| self.stops.get(i)), self.stops.get(next)) {
            (Some((a, from)), Some((b, to))) => {
                let t = (offset - a) / (b - a);
                let mut color = *from;
                for (c, to) in color.iter_mut().zip(to) {
                    *c += (to - *c) * t;
                }
                color
            }
            _ => last.1,
        }
    }
}

/// The entry nearest to a place that may lie outside. Added to 2^23, the place's whole number stands in the float's low bits, which is
/// quicker than a cast; NaN gives some entry.
fn look_up<P: Copy + Default>(table: &[P; TABLE], at: f32) -> P {
    let at = (at.clamp(0.0, (TABLE - 1) as f32) + 8_388_608.0).to_bits() as usize & (TABLE - 1);
    table.get(at).copied().unwrap_or_default()
}

fn premultiplied(c: Color) -> [f32; 4] {
    let a = c.a.clamp(0.0, 1.0);
    [c.r.clamp(0.0, 1.0) * a, c.g.clamp(0.0, 1.0) * a, c.b.clamp(0.0, 1.0) * a, a]
}

/// What a repeating gradient without a length is: all its colours at once.
fn average(stops: &[(f32, [f32; 4])]) -> [f32; 4] {
    let mut sum = [0.0; 4];
    for (_, color) in stops {
        for (s, v) in sum.iter_mut().zip(color) {
            *s += v / stops.len() as f32;
        }
    }
    sum
}

fn bytes(color: [f32; 4]) -> [u8; 4] {
    color.map(|v| (v * 255.0 + 0.5) as u8)
}

/// In 256ths of a level.
fn fine(color: [f32; 4]) -> [u16; 4] {
    color.map(|v| (v * 65_280.0 + 0.5) as u16)
}

/// The angle of a vector as a share of a turn, 0 to 1, clockwise from the right where y points down.
fn turn(x: f32, y: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    let ratio = if ax == 0.0 && ay == 0.0 { 0.0 } else { ax.min(ay) / ax.max(ay) };
    let s = ratio * ratio;
    let phi = ratio * (0.159_121_17 + s * (-0.051_853_97 + s * (0.024_761_015 + s * -0.007_054_738_2)));
    let phi = if ax < ay { 0.25 - phi } else { phi };
    let phi = if x < 0.0 { 0.5 - phi } else { phi };
    if y < 0.0 { 1.0 - phi } else { phi }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::css::color::Color;

    fn linear(stops: Vec<(f32, Color)>, to: f32) -> Gradient {
        Gradient { line: GradientLine::Linear { from: Point::new(0.0, 0.0), to: Point::new(to, 0.0) }, repeating: false, stops }
    }

    fn row(gradient: &Gradient, y: i32, to: i32) -> Vec<[u8; 4]> {
        let shader = Shader::new(gradient, &Affine::IDENTITY, 1.0).unwrap();
        let mut out = Vec::new();
        match shader.row(y, 0, to, &mut out) {
            Some(color) => vec![color; to as usize],
            None => out.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect(),
        }
    }

    #[test]
    fn each_pixel_has_the_colour_of_its_middle() {
        let colors = row(&linear(vec![(0.0, Color::BLACK), (1.0, Color::WHITE)], 255.0), 0, 255);
        for (x, c) in colors.iter().enumerate() {
            assert!((i32::from(c[0]) - x as i32).abs() <= 1, "{x} {c:?}");
        }
    }

    #[test]
    fn a_hard_stop_is_between_two_pixels() {
        let stops = vec![(0.0, Color::BLACK), (0.5, Color::BLACK), (0.5, Color::WHITE), (1.0, Color::WHITE)];
        let colors = row(&linear(stops, 10.0), 3, 10);
        assert!(colors[..5].iter().all(|c| *c == [0, 0, 0, 255]) && colors[5..].iter().all(|c| *c == [255; 4]), "{colors:?}");
    }

    #[test]
    fn a_line_without_length_is_its_last_colour() {
        let colors = row(&linear(vec![(0.0, Color::BLACK), (1.0, Color::WHITE)], 0.0), 0, 3);
        assert_eq!(colors, vec![[255; 4]; 3]);
    }

    #[test]
    fn transparent_ends_do_not_darken() {
        let clear = Color { a: 0.0, ..Color::BLACK };
        let colors = row(&linear(vec![(0.0, Color::WHITE), (1.0, clear)], 100.0), 0, 100);
        assert!(colors.iter().all(|c| c[0] == c[3]));
    }

    #[test]
    fn angles_go_round_once() {
        for (x, y, at) in [(1.0, 0.0, 0.0), (1.0, 1.0, 0.125), (0.0, 1.0, 0.25), (-1.0, 0.0, 0.5), (0.0, -1.0, 0.75), (1.0, -1.0, 0.875)] {
            assert!((turn(x, y) - at).abs() < 1e-4, "{x} {y} {}", turn(x, y));
        }
    }
}
