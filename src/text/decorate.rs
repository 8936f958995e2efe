//! Underlines, overlines and line-throughs: where Chromium draws them, and the gaps they leave around descenders.

use std::ops::Range;

use super::fonts::Fonts;
use super::lines::Breaker;
use super::metrics::StylePx;
use super::{Decoration, Run, TextRequest};
use crate::css::length::LengthContext;
use crate::css::style::{DecorationStyle, TextDecoration};
use crate::geom::{Point, Rect};
use crate::scene::Segment;

/// Gives the runs of a line the decorations of the layer and of their spans.
pub(super) fn decorate(runs: &mut [Run], baseline: f32, request: &TextRequest<'_>, breaker: &Breaker<'_>, fonts: &Fonts) {
    let layer = &breaker.px.layer;
    for run in runs {
        let mut made = Vec::new();
        let mut add = |decoration: &TextDecoration, of: &StylePx, base: f32, of_span: Option<usize>| {
            for line in lines_of(decoration, of, base, request.canvas) {
                let whole = run.rect.x..run.rect.x + run.rect.width;
                let parts = if line.over_glyphs { vec![whole] } else { around_ink(whole, &line, run, fonts) };
                let (top, height) = line.extent(decoration.style);
                made.extend(parts.into_iter().map(|part| Decoration {
                    rect: Rect::new(part.start, top, part.end - part.start, height),
                    style: decoration.style,
                    over_glyphs: line.over_glyphs,
                    of_span,
                }));
            }
        };
        if let Some(decoration) = request.decoration {
            add(decoration, layer, baseline, None);
        }
        let own = run.span.and_then(|index| Some((index, request.spans.get(index)?.decoration.as_ref()?)));
        if let Some((index, decoration)) = own {
            let style = breaker.px.style(index);
            add(decoration, style, baseline - style.raise(layer), Some(index));
        }
        run.decorations = made;
    }
}

struct DecorationLine {
    top: f32,
    /// As computed, with a fraction.
    thickness: f32,
    /// In whole px.
    painted: f32,
    over_glyphs: bool,
    /// How many times its thickness and 1 px a wave's axis lies below its top.
    wave_steps: f32,
}

impl DecorationLine {
    /// Top and height: solid lines fill whole px, drawn ones keep their thickness, about the middle of those px or a wave's axis.
    fn extent(&self, style: DecorationStyle) -> (f32, f32) {
        match style {
            DecorationStyle::Solid | DecorationStyle::Double => (self.top, self.painted),
            DecorationStyle::Dotted | DecorationStyle::Dashed => (self.top + (self.painted - self.thickness) / 2.0, self.thickness),
            DecorationStyle::Wavy => (self.top + self.wave_steps * (self.thickness + 1.0) - self.thickness / 2.0, self.thickness),
        }
    }
}

/// Measured on Chromium: an automatic thickness is a tenth of the font size, painted in whole px, rounded down.
fn lines_of(decoration: &TextDecoration, style: &StylePx, baseline: f32, canvas: (f32, f32)) -> Vec<DecorationLine> {
    let context = LengthContext { em: style.size, canvas };
    let own = decoration.thickness.resolve(&context, Some(style.size)).map(f32::round);
    let thickness = own.unwrap_or(style.size / 10.0).max(1.0);
    let painted = thickness.floor();
    let top = baseline - style.ascent;
    let line = |top: f32, over_glyphs: bool, wave_steps: f32| DecorationLine {
        top: (top + 0.5).floor(),
        thickness,
        painted,
        over_glyphs,
        wave_steps,
    };
    let mut lines = Vec::new();
    if decoration.underline {
        lines.push(line(baseline + (thickness / 2.0).ceil().max(1.0), false, 1.0));
    }
    if decoration.overline {
        lines.push(line(top - painted, false, -1.0));
    }
    if decoration.line_through {
        lines.push(line(top + 2.0 * style.ascent / 3.0 - thickness / 2.0, true, 0.0));
    }
    lines
}

/// Widest gap beside a glyph, px.
const MAX_GAP: f32 = 13.0;

/// The parts of a line that are not next to the ink of a glyph which crosses it (`text-decoration-skip-ink: auto`).
fn around_ink(whole: Range<f32>, line: &DecorationLine, run: &Run, fonts: &Fonts) -> Vec<Range<f32>> {
    let gap = line.thickness.min(MAX_GAP);
    let size = run.size.max(f32::MIN_POSITIVE);
    let mut holes: Vec<Range<f32>> = Vec::new();
    for glyph in &run.glyphs {
        let band = (line.top - glyph.y) / size..(line.top + line.painted - glyph.y) / size;
        let outline = fonts.outline(run.face, &run.variations, glyph.id).unwrap_or_default();
        if let Some(ink) = crossing(&outline, &band) {
            holes.push(glyph.x + ink.start * size - gap..glyph.x + ink.end * size + gap);
        }
    }
    holes.sort_by(|a, b| a.start.total_cmp(&b.start));
    let mut parts = Vec::new();
    let mut from = whole.start;
    for hole in holes {
        if hole.start > from {
            parts.push(from..hole.start.min(whole.end));
        }
        from = from.max(hole.end);
    }
    if from < whole.end {
        parts.push(from..whole.end);
    }
    parts
}

/// Left and right end of what an outline has inside a band of y.
fn crossing(outline: &[Segment], band: &Range<f32>) -> Option<Range<f32>> {
    let mut ink: Option<Range<f32>> = None;
    let (mut start, mut at) = (Point::default(), Point::default());
    let mut edge = |a: Point, b: Point| {
        if let Some(x) = clipped(a, b, band) {
            ink = Some(match &ink {
                Some(known) => known.start.min(x.start)..known.end.max(x.end),
                None => x,
            });
        }
    };
    /// Straight pieces that stand for a curve.
    const PIECES: u8 = 8;
    let steps = || (1..=PIECES).map(|i| f32::from(i) / f32::from(PIECES));
    for segment in outline {
        match *segment {
            Segment::Move(p) => {
                edge(at, start);
                (start, at) = (p, p);
            }
            Segment::Line(p) => {
                edge(at, p);
                at = p;
            }
            Segment::Quad(c, p) => {
                let from = at;
                for t in steps() {
                    let next = mixed(mixed(from, c, t), mixed(c, p, t), t);
                    edge(at, next);
                    at = next;
                }
            }
            Segment::Cubic(c, d, p) => {
                let from = at;
                for t in steps() {
                    let (a, b, e) = (mixed(from, c, t), mixed(c, d, t), mixed(d, p, t));
                    let next = mixed(mixed(a, b, t), mixed(b, e, t), t);
                    edge(at, next);
                    at = next;
                }
            }
            Segment::Close => {
                edge(at, start);
                at = start;
            }
        }
    }
    ink
}

fn mixed(a: Point, b: Point, t: f32) -> Point {
    Point::new(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t)
}

/// The x of a straight edge's part inside a band.
fn clipped(a: Point, b: Point, band: &Range<f32>) -> Option<Range<f32>> {
    let (top, bottom) = if a.y <= b.y { (a, b) } else { (b, a) };
    if bottom.y <= band.start || top.y >= band.end {
        return None;
    }
    let x_at = |y: f32| {
        let height = bottom.y - top.y;
        if height <= 0.0 { top.x } else { top.x + (bottom.x - top.x) * (y - top.y) / height }
    };
    let (x, z) = (x_at(top.y.max(band.start)), x_at(bottom.y.min(band.end)));
    Some(x.min(z)..x.max(z))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_leaves_gaps_where_an_outline_crosses_it() {
        let p = Point::new;
        let stem = [
            Segment::Move(p(0.2, -0.5)),
            Segment::Line(p(0.3, -0.5)),
            Segment::Line(p(0.3, 0.4)),
            Segment::Line(p(0.2, 0.4)),
            Segment::Close,
        ];
        assert_eq!(crossing(&stem, &(0.1..0.2)), Some(0.2..0.3));
        assert_eq!(crossing(&stem, &(0.5..0.6)), None);
    }
}
