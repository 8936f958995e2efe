//! The sixteen modes beside the formulas of W3C Compositing and Blending 1, written once more in f64 on straight colours.
//!
//! Three rows of a table: both layers opaque, a source of any alpha over an opaque backdrop, and any alpha in both. Colours are straight
//! bytes, as a template has them; what is compared are premultiplied bytes, as a frame stores them. `stored` tells how far the formulas
//! themselves come away when their arguments are first rounded to premultiplied bytes: no painter on such storage can do better there.

use super::super::blend;
use super::super::canvas::Line;
use super::super::coverage::Run;
use crate::css::style::BlendMode::{self, *};

const MODES: [BlendMode; 16] = [
    Normal, Multiply, Screen, Overlay, Darken, Lighten, ColorDodge, ColorBurn, HardLight, SoftLight, Difference, Exclusion, Hue,
    Saturation, Color, Luminosity,
];

/// Bytes without a pattern: Knuth's MMIX generator.
struct Bytes(u64);

impl Bytes {
    fn next(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }

    fn color(&mut self, opaque: bool) -> [u8; 4] {
        let alpha = if opaque { 255 } else { self.next() };
        [self.next(), self.next(), self.next(), alpha]
    }
}

type Rgb = [f64; 3];

fn lum(c: Rgb) -> f64 {
    0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2]
}

fn least(c: Rgb) -> f64 {
    c[0].min(c[1]).min(c[2])
}

fn most(c: Rgb) -> f64 {
    c[0].max(c[1]).max(c[2])
}

fn clip_color(c: Rgb) -> Rgb {
    let (l, n, x) = (lum(c), least(c), most(c));
    let c = if n < 0.0 { c.map(|v| l + (v - l) * l / (l - n)) } else { c };
    if x > 1.0 { c.map(|v| l + (v - l) * (1.0 - l) / (x - l)) } else { c }
}

fn set_lum(c: Rgb, l: f64) -> Rgb {
    let d = l - lum(c);
    clip_color(c.map(|v| v + d))
}

fn set_sat(c: Rgb, s: f64) -> Rgb {
    let (n, x) = (least(c), most(c));
    if x > n { c.map(|v| (v - n) * s / (x - n)) } else { [0.0; 3] }
}

fn separable(mode: BlendMode, b: f64, s: f64) -> f64 {
    match mode {
        Multiply => b * s,
        Screen => b + s - b * s,
        Overlay => separable(HardLight, s, b),
        Darken => b.min(s),
        Lighten => b.max(s),
        ColorDodge if b == 0.0 => 0.0,
        ColorDodge if s == 1.0 => 1.0,
        ColorDodge => (b / (1.0 - s)).min(1.0),
        ColorBurn if b == 1.0 => 1.0,
        ColorBurn if s == 0.0 => 0.0,
        ColorBurn => 1.0 - ((1.0 - b) / s).min(1.0),
        HardLight if s <= 0.5 => separable(Multiply, b, 2.0 * s),
        HardLight => separable(Screen, b, 2.0 * s - 1.0),
        SoftLight if s <= 0.5 => b - (1.0 - 2.0 * s) * b * (1.0 - b),
        SoftLight if b <= 0.25 => b + (2.0 * s - 1.0) * (((16.0 * b - 12.0) * b + 4.0) * b - b),
        SoftLight => b + (2.0 * s - 1.0) * (b.sqrt() - b),
        Difference => (b - s).abs(),
        Exclusion => b + s - 2.0 * b * s,
        _ => s,
    }
}

fn mixed(mode: BlendMode, b: Rgb, s: Rgb) -> Rgb {
    let sat = |c| most(c) - least(c);
    match mode {
        Hue => set_lum(set_sat(s, sat(b)), lum(b)),
        Saturation => set_lum(set_sat(b, sat(s)), lum(b)),
        Color => set_lum(s, lum(b)),
        Luminosity => set_lum(b, lum(s)),
        _ => [0, 1, 2].map(|i| separable(mode, b[i], s[i])),
    }
}

/// Premultiplied levels of straight colours, 0 to 255, not rounded.
fn formula(mode: BlendMode, (b, ab): (Rgb, f64), (s, a_s): (Rgb, f64)) -> [f64; 4] {
    let m = mixed(mode, b, s);
    let part = |i: usize| 255.0 * (a_s * (1.0 - ab) * s[i] + a_s * ab * m[i] + (1.0 - a_s) * ab * b[i]);
    [part(0), part(1), part(2), 255.0 * (a_s + ab * (1.0 - a_s))]
}

fn straight([r, g, b, a]: [u8; 4]) -> (Rgb, f64) {
    ([r, g, b].map(|v| f64::from(v) / 255.0), f64::from(a) / 255.0)
}

fn premultiplied([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let part = |v: u8| (f64::from(v) * f64::from(a) / 255.0).round() as u8;
    [part(r), part(g), part(b), a]
}

/// What is left of a colour in premultiplied bytes.
fn kept(color: [u8; 4]) -> (Rgb, f64) {
    let [r, g, b, a] = premultiplied(color);
    ([r, g, b].map(|v| f64::from(v) / f64::from(a.max(1))), f64::from(a) / 255.0)
}

/// Largest and mean difference of levels.
#[derive(Default)]
struct Distance {
    max: f64,
    sum: f64,
    count: f64,
}

impl Distance {
    fn add(&mut self, a: [f64; 4], b: [f64; 4]) {
        for (a, b) in a.iter().zip(b) {
            self.max = self.max.max((a - b).abs());
            self.sum += (a - b).abs();
            self.count += 1.0;
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.count
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "the table is what the documentation points to")]
fn modes_keep_to_the_formulas() {
    println!("{:12} {:>16} {:>16} {:>16} {:>16} {:>16}", "mode", "opaque", "over opaque", "stored", "any alphas", "stored");
    for mode in MODES {
        let mut told = format!("{:12}", format!("{mode:?}"));
        for (source_opaque, backdrop_opaque) in [(true, true), (false, true), (false, false)] {
            let mut bytes = Bytes(7);
            let (mut ideal, mut own, mut stored) = (Distance::default(), Distance::default(), Distance::default());
            for _ in 0..20_000 {
                let (b, s) = (bytes.color(backdrop_opaque), bytes.color(source_opaque));
                let mut out = premultiplied(b);
                blend::row(crate::simd::Level::detect(), mode, &mut out, Line::Color(premultiplied(s)), Run::Full(1), 255);
                let (out, wanted, possible) =
                    (out.map(f64::from), formula(mode, straight(b), straight(s)), formula(mode, kept(b), kept(s)));
                ideal.add(out, wanted);
                own.add(out, possible);
                stored.add(possible.map(f64::round), wanted);
            }
            told += &format!("   {:7.2} {:5.3}", ideal.max, ideal.mean());
            if !source_opaque {
                told += &format!("   {:7.2} {:5.3}", stored.max, stored.mean());
            }
            // beside the formulas of what is stored: one rounding, whatever the alphas
            assert!(own.max <= 0.51 && own.mean() <= 0.25, "{mode:?}: {} {}", own.max, own.mean());
            if source_opaque {
                assert!(ideal.max <= 0.51 && ideal.mean() <= 0.25, "{mode:?}: {} {}", ideal.max, ideal.mean());
            }
        }
        println!("{told}");
    }
}
