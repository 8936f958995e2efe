//! Colours of a gradient, row by row.
//!
//! Each px has its exact place along the gradient's line; colours are interpolated premultiplied. A gradient without hard stops is read
//! out of a table of [`TABLE`] colours (two neighbours differ by less than a level), others are evaluated stop by stop. Where one can be
//! seen through, its colours keep 8 bits more until they are laid over what is there, so that the sum is rounded once. An angle around a
//! centre is Skia's polynomial, so it has Chromium's error too, and none of std's functions.

use crate::css::color::Color;
use crate::geom::{Affine, Point};
use crate::scene::{Gradient, GradientLine};
use crate::simd::Level;

const TABLE: usize = 2048;

/// Px of a row that are worked out together.
const BLOCK: usize = 64;

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

    fn fill<P: Copy>(&self, table: &[P], of: fn([f32; 4]) -> P, y: i32, from: i32, out: &mut [P]) {
        match <&[P; TABLE]>::try_from(table) {
            Ok(table) => Level::detect().run_with((self, table, y, from, out), looked_up),
            Err(_) => {
                let mut places = [0.0; BLOCK];
                for (from, out) in (from..).step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
                    self.places(y, from, &mut places);
                    out.iter_mut().zip(&places).for_each(|(px, at)| *px = of(self.color_at(*at)));
                }
            }
        }
    }

    /// Where the middles of a row's px from `from` on lie along the gradient: in steps of the table if there is one, else from 0 to 1.
    #[inline(always)]
    fn places(&self, y: i32, from: i32, out: &mut [f32; BLOCK]) {
        let m = &self.map;
        let y = y as f32 + 0.5;
        let (dx, x0) = (m.a, m.c * y + m.e);
        let (dy, y0) = (m.b, m.d * y + m.f);
        let has_table = !(self.table.is_empty() && self.fine_table.is_empty());
        let steps = if has_table { (TABLE - 1) as f32 } else { 1.0 };
        let row = out.iter_mut().zip(0..).map(|(at, i)| (at, (from + i) as f32 + 0.5));
        match self.kind {
            Kind::Linear | Kind::Flat => {
                let (scale, shift) = (dx * steps, x0 * steps);
                row.for_each(|(at, x)| *at = scale * x + shift);
            }
            Kind::Radial => row.for_each(|(at, x)| {
                let p = Point::new(dx * x + x0, dy * x + y0);
                *at = (p.x * p.x + p.y * p.y).sqrt() * steps;
            }),
            Kind::Conic => row.for_each(|(at, x)| *at = turn(dx * x + x0, dy * x + y0) * steps),
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

/// A row out of a table: where a block's px stand in it is worked out in vectors, before any of its entries is read (an instruction that
/// gathers entries is no quicker).
#[inline(always)]
fn looked_up<P: Copy>((shader, table, y, from, out): (&Shader, &[P; TABLE], i32, i32, &mut [P])) {
    let mut places = [0.0; BLOCK];
    let mut entries = [0; BLOCK];
    for (from, out) in (from..).step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
        shader.places(y, from, &mut places);
        for (entry, at) in entries.iter_mut().zip(&places) {
            *entry = nearest(*at);
        }
        for (px, entry) in out.iter_mut().zip(&entries) {
            if let Some(color) = table.get(*entry as usize % TABLE) {
                *px = *color;
            }
        }
    }
}

/// The entry nearest to a place that may lie outside. Added to 2^23, the place's whole number stands in the float's low bits, which is
/// quicker than a cast; NaN gives some entry.
#[inline(always)]
fn nearest(at: f32) -> u32 {
    (at.clamp(0.0, (TABLE - 1) as f32) + 8_388_608.0).to_bits()
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
#[inline(always)]
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

    /// What a row is made of, px by px, in the order of the operations that decides on the last bit.
    fn expected(shader: &Shader, x: i32, y: i32) -> [u8; 4] {
        let m = &shader.map;
        let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
        let (dx, dy, x0, y0) = (m.a, m.b, m.c * y + m.e, m.d * y + m.f);
        let (u, v) = (dx * x + x0, dy * x + y0);
        let last = (TABLE - 1) as f32;
        let at = match shader.kind {
            Kind::Linear | Kind::Flat if shader.table.is_empty() => u,
            Kind::Linear | Kind::Flat => dx * last * x + x0 * last,
            Kind::Radial => (u * u + v * v).sqrt() * if shader.table.is_empty() { 1.0 } else { last },
            Kind::Conic => turn(u, v) * if shader.table.is_empty() { 1.0 } else { last },
        };
        if shader.table.is_empty() {
            bytes(shader.color_at(at))
        } else {
            shader.table[(at.clamp(0.0, last) + 8_388_608.0).to_bits() as usize % TABLE]
        }
    }

    #[test]
    fn a_row_is_its_pixels_one_by_one() {
        let p = Point::new;
        let lines = [
            GradientLine::Linear { from: p(3.0, -7.0), to: p(91.0, 55.0) },
            GradientLine::Radial { center: p(31.3, 20.9), radius_x: 60.0, radius_y: 22.0 },
            GradientLine::Conic { center: p(40.5, 3.5), from_degrees: 33.0 },
        ];
        let smooth = vec![(0.0, Color::BLACK), (0.4, Color::WHITE), (1.0, Color { r: 0.2, g: 0.9, b: 0.4, a: 1.0 })];
        let hard = vec![(0.0, Color::BLACK), (0.3, Color::WHITE), (0.3, Color::BLACK), (0.7, Color::WHITE)];
        for line in lines {
            for (stops, repeating) in [(&smooth, false), (&hard, false), (&hard, true)] {
                let shader =
                    Shader::new(&Gradient { line: line.clone(), repeating, stops: stops.clone() }, &Affine::IDENTITY, 1.0).unwrap();
                assert_eq!(shader.table.is_empty(), stops.len() == 4);
                for len in 0..=131 {
                    let mut out = Vec::new();
                    assert_eq!(shader.row(len - 40, -len, 0, &mut out), None);
                    let wanted: Vec<u8> = (-len..0).flat_map(|x| expected(&shader, x, len - 40)).collect();
                    assert_eq!(out, wanted, "{len}");
                }
            }
        }
    }
}
