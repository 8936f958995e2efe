//! Glyph runs and decoration lines.
//!
//! Upright glyphs are masks at one of four places between two px along the line and at whole px across it, as Skia places them, kept in
//! the scratch. Turned ones are filled as paths where they fall.

use std::sync::Arc;

use tiny_skia::FillRule;

use super::area::{Area, offset};
use super::blur;
use super::canvas::{Canvas, Ink, Source, compose};
use super::coverage::{Coverage, Run};
use super::gradient::Shader;
use super::path::{self, Outline};
use super::scratch::GlyphMask;
use super::{Painter, State, device_scale, shadow_sigma};
use crate::css::style::{DecorationStyle, LineCap, LineJoin};
use crate::geom::{Affine, Point, Rect};
use crate::guard::Sentry;
use crate::scene::{Fill, Glyph, Glyphs, Segment, Stroke, TextLine};

/// What making the mask of a glyph takes, in px of other work.
const GLYPH_PX: usize = 4096;

/// Places of coverages that the scratch keeps: as many as a line of text has.
const KEPT: usize = 1024;

impl Painter<'_> {
    pub(super) fn glyphs(&mut self, canvas: &mut Canvas<'_>, state: &State, run: &Glyphs) {
        if !(run.size > 0.0 && run.size.is_finite()) {
            return;
        }
        let visible = state.visible(&canvas.area);
        let sigma = shadow_sigma(run.blur_sigma, &state.ctm);
        let reach = blur::reach(sigma);
        let near = visible.outset(reach);
        let mut all = std::mem::take(&mut self.scratch.coverages);
        self.glyph_coverages(state, run, &near, &mut all);
        if reach > 0 {
            self.stroke_coverages(state, run, &near, &mut all);
            let blurred = blurred(&all, sigma, reach, &near, self.sentry);
            self.filled(canvas, state, &blurred, &run.fill);
        } else {
            self.all_filled(canvas, state, &all, &run.fill);
            if let Some((_, color)) = run.stroke {
                all.clear();
                self.stroke_coverages(state, run, &near, &mut all);
                self.all_filled(canvas, state, &all, &Fill::Color(color));
            }
        }
        if all.capacity() <= KEPT {
            all.clear();
            self.scratch.coverages = all;
        }
    }

    /// Coverages in one colour or gradient.
    fn all_filled(&mut self, canvas: &mut Canvas<'_>, state: &State, all: &[Coverage], fill: &Fill) {
        let shader;
        let source = match fill {
            Fill::Color(color) => Source::Color(state.tint(*color)),
            Fill::Gradient(gradient) => match Shader::new(gradient, &state.ctm, state.opacity) {
                Some(made) => {
                    shader = made;
                    Source::Gradient(&shader)
                }
                None => return,
            },
        };
        let ink = Ink::new(source, 255);
        for coverage in all {
            compose(canvas, &state.clip, coverage, &ink, &mut self.scratch.rows);
        }
    }

    fn glyph_coverages(&mut self, state: &State, run: &Glyphs, visible: &Area, all: &mut Vec<Coverage>) {
        let map = &state.ctm;
        let upright = map.b == 0.0 && map.c == 0.0 && map.a > 0.0 && map.a == map.d;
        let size = run.size * map.a;
        if !upright || size.is_nan() || size >= 4096.0 {
            let wanted = run.glyphs.iter().take_while(|_| !self.sentry.stops_after(GLYPH_PX));
            all.extend(wanted.filter_map(|glyph| self.glyph_path(state, run, glyph, visible)));
            return;
        }
        let outlines = self.outlines;
        let cache = &mut self.scratch.glyphs;
        cache.tidy();
        let font = cache.font(run.face, size, &run.variations);
        for glyph in &run.glyphs {
            if self.sentry.stops_after(GLYPH_PX) {
                break;
            }
            let at = map.apply(Point::new(glyph.x, glyph.y));
            if !(at.x.abs() < 1e6 && at.y.abs() < 1e6) {
                continue;
            }
            let quarters = (at.x * 4.0 + 0.5).floor() as i32;
            let (x, bin) = (quarters >> 2, (quarters & 3) as u8);
            let y = (at.y + 0.5).floor() as i32;
            let mask = cache.mask(font, glyph.id, bin, || {
                let segments = outlines.outline(run.face, &run.variations, glyph.id).unwrap_or_default();
                rasterized(&segments, size, f32::from(bin) / 4.0)
            });
            let area = Area::new(x + mask.left, y + mask.top, x + mask.left + mask.width as i32, y + mask.top + mask.height as i32);
            if !area.intersect(visible).is_empty() {
                all.push(Coverage::shared(area, Arc::clone(&mask.mask)));
            }
        }
    }

    fn glyph_path(&self, state: &State, run: &Glyphs, glyph: &Glyph, visible: &Area) -> Option<Coverage> {
        let segments = self.outlines.outline(run.face, &run.variations, glyph.id)?;
        let map = state.ctm.then_inner(&Affine { a: run.size, d: run.size, ..Affine::translate(glyph.x, glyph.y) });
        let mut outline = Outline::new(map);
        outline.segments(&segments);
        let coverage = Coverage::of_path(&outline.finish()?, FillRule::Winding, visible);
        (!coverage.area.is_empty()).then_some(coverage)
    }

    fn stroke_coverages(&self, state: &State, run: &Glyphs, visible: &Area, all: &mut Vec<Coverage>) {
        let Some((width, color)) = run.stroke.filter(|(width, _)| *width > 0.0) else { return };
        let stroke = Stroke { color, width, join: LineJoin::Miter, cap: LineCap::Butt, dashes: Vec::new() };
        let one = |glyph: &Glyph| {
            let segments = self.outlines.outline(run.face, &run.variations, glyph.id)?;
            let scaled = scaled(&segments, run.size);
            let path = super::stroked(&scaled, &stroke, &state.ctm.then_inner(&Affine::translate(glyph.x, glyph.y)))?;
            let coverage = Coverage::of_path(&path, FillRule::Winding, visible);
            (!coverage.area.is_empty()).then_some(coverage)
        };
        all.extend(run.glyphs.iter().take_while(|_| !self.sentry.stops_after(GLYPH_PX)).filter_map(one));
    }

    pub(super) fn text_line(&mut self, canvas: &mut Canvas<'_>, state: &State, line: &TextLine) {
        let visible = state.visible(&canvas.area);
        let sigma = shadow_sigma(line.blur_sigma, &state.ctm);
        let reach = blur::reach(sigma);
        let near = visible.outset(reach);
        // a solid line fills whole px, as Chromium draws it
        let thick = line.rect.height.floor().max(1.0);
        let rect = Rect::new(line.rect.x, (line.rect.y + 0.5).floor(), line.rect.width, thick);
        // waves are cut off where the text ends
        let ends = state.ctm.bounds(&Rect::new(line.rect.x, -1e6, line.rect.width, 2e6));
        let upright = state.ctm.b == 0.0 && state.ctm.c == 0.0;
        let cut = if upright { Area::around(&ends).intersect(&near) } else { near };
        let shapes: Vec<Coverage> = match line.style {
            DecorationStyle::Solid => vec![state.coverage(&crate::scene::Shape::rect(rect), &near)],
            DecorationStyle::Double => [rect, rect.translate(0.0, thick + 1.0)]
                .iter()
                .map(|rect| state.coverage(&crate::scene::Shape::rect(*rect), &near))
                .collect(),
            DecorationStyle::Dotted | DecorationStyle::Dashed | DecorationStyle::Wavy => drawn_line(line.style, &line.rect, &state.ctm)
                .map(|path| Coverage::of_path(&path, FillRule::Winding, &cut))
                .into_iter()
                .collect(),
        };
        if reach > 0 {
            self.filled(canvas, state, &blurred(&shapes, sigma, reach, &near, self.sentry), &line.fill);
        } else {
            for coverage in &shapes {
                self.filled(canvas, state, coverage, &line.fill);
            }
        }
    }
}

/// A dotted, dashed or wavy line's outline.
fn drawn_line(style: DecorationStyle, rect: &Rect, map: &Affine) -> Option<tiny_skia::Path> {
    let (thick, y) = (rect.height, rect.y + rect.height / 2.0);
    let mut segments = vec![Segment::Move(Point::new(rect.x, y))];
    // as many dashes or waves as a line of any sane text has
    if !(rect.width > 0.0 && rect.width < thick * 50_000.0) || device_scale(map) == 0.0 {
        return None;
    }
    let mut dashes = Vec::new();
    let mut cap = LineCap::Butt;
    match style {
        DecorationStyle::Wavy => {
            // Chromium's wave: one cubic curve a period, down first, both control points above its middle
            let step = 1.0 + 2.0 * (2.0 * thick + 0.5).round();
            let high = 0.5 + (3.0 * thick + 0.5).round();
            let mut x = rect.x - step;
            segments = vec![Segment::Move(Point::new(x, y))];
            while x < rect.right() {
                let (middle, next) = (x + step / 2.0, x + step);
                segments.push(Segment::Cubic(Point::new(middle, y + high), Point::new(middle, y - high), Point::new(next, y)));
                x = next;
            }
        }
        DecorationStyle::Dotted if thick > 3.0 => {
            cap = LineCap::Round;
            dashes = vec![0.001, thick * 2.0 - 0.001];
            segments = vec![Segment::Move(Point::new(rect.x + thick / 2.0, y)), Segment::Line(Point::new(rect.right() - thick / 2.0, y))];
        }
        DecorationStyle::Dotted => {
            dashes = vec![thick, thick];
            segments.push(Segment::Line(Point::new(rect.right(), y)));
        }
        _ => {
            // whole dashes at both ends: the gap gives way, as in Chromium
            let unit = thick.round().max(1.0);
            let (dash, gap) = if thick >= 3.0 { (unit * 2.0, unit) } else { (unit * 3.0, unit * 2.0) };
            dashes = vec![dash, best_gap(rect.width, dash, gap)];
            segments.push(Segment::Line(Point::new(rect.right(), y)));
        }
    }
    let stroke = Stroke { color: crate::css::color::Color::BLACK, width: thick, join: LineJoin::Miter, cap, dashes };
    super::stroked(&segments, &stroke, map)
}

/// The gap nearest to the wanted one with which a line begins and ends with a whole dash.
fn best_gap(length: f32, dash: f32, gap: f32) -> f32 {
    let fewer = ((length + gap) / (dash + gap)).floor();
    let of = |dashes: f32| (length - dashes * dash) / (dashes - 1.0);
    if fewer < 2.0 {
        return gap;
    }
    let (wide, narrow) = (of(fewer), of(fewer + 1.0));
    if narrow > 0.0 && (narrow - gap).abs() < (wide - gap).abs() { narrow } else { wide }
}

/// A glyph's mask at a size in px, `shift` px to the right of whole px.
fn rasterized(segments: &[Segment], size: f32, shift: f32) -> GlyphMask {
    let mut outline = Outline::new(Affine { a: size, d: size, ..Affine::translate(shift, 0.0) });
    outline.segments(segments);
    let Some(path) = outline.finish() else { return GlyphMask::default() };
    let area = path::bounds(&path);
    // a glyph is some ems at most; what says more is no letter
    if area.is_empty() || area.pixels() > 64 << 20 {
        return GlyphMask::default();
    }
    let mask = path::coverage(&path, FillRule::Winding, area, Vec::new());
    GlyphMask { left: area.left, top: area.top, width: area.width(), height: area.height(), mask: Arc::new(mask) }
}

fn scaled(segments: &[Segment], by: f32) -> Vec<Segment> {
    let p = |p: Point| Point::new(p.x * by, p.y * by);
    segments
        .iter()
        .map(|s| match *s {
            Segment::Move(a) => Segment::Move(p(a)),
            Segment::Line(a) => Segment::Line(p(a)),
            Segment::Quad(a, b) => Segment::Quad(p(a), p(b)),
            Segment::Cubic(a, b, c) => Segment::Cubic(p(a), p(b), p(c)),
            Segment::Close => Segment::Close,
        })
        .collect()
}

/// Coverages as one, the larger wins, blurred.
fn blurred(all: &[Coverage], sigma: f32, reach: i32, near: &Area, sentry: &Sentry<'_>) -> Coverage {
    let area = all.iter().fold(Area::default(), |area, c| area.union(&c.area)).outset(reach).intersect(near);
    if area.is_empty() {
        return Coverage::full(Area::default());
    }
    let width = area.width();
    let mut mask = vec![0_u8; width * area.height()];
    for coverage in all {
        if sentry.stops_after(GLYPH_PX) {
            break;
        }
        for y in coverage.area.top.max(area.top)..coverage.area.bottom.min(area.bottom) {
            let start = offset(area.top, y) * width;
            let Some(row) = mask.get_mut(start..start + width) else { continue };
            coverage.row(y, area.left, area.right, &mut |x, run| {
                let at = offset(area.left, x);
                match run {
                    Run::Full(len) => row.get_mut(at..at + len).unwrap_or_default().fill(255),
                    Run::Mask(run) => row.iter_mut().skip(at).zip(run).for_each(|(m, v)| *m = (*m).max(*v)),
                }
            });
        }
    }
    blur::blur::<1>(&mut mask, width, area.height(), sigma, sentry);
    Coverage::dense(area, mask)
}
