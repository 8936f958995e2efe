//! A picture under construction and the one way onto it: a source through a coverage, inside a clip.

use std::sync::Arc;

use super::area::{Area, offset};
use super::blend;
use super::coverage::{Coverage, Run};
use super::gradient::Shader;
use crate::css::style::BlendMode;
use crate::guard::Sentry;
use crate::pixel::Touched;
use crate::simd::Level;

/// Premultiplied RGBA8 rows of an area.
pub(crate) struct Canvas<'p> {
    pub(crate) area: Area,
    pub(crate) pixels: &'p mut [u8],
    /// Asked row by row whether to go on.
    pub(crate) sentry: &'p Sentry<'p>,
    /// Disjoint areas outside which nothing is painted.
    pub(super) only: Option<&'p [Area]>,
    /// From the area's left top corner: whether something was painted there.
    pub(super) touched: Option<&'p mut Touched>,
}

impl<'p> Canvas<'p> {
    pub(crate) fn new(area: Area, pixels: &'p mut [u8], sentry: &'p Sentry<'p>) -> Self {
        Self { area, pixels, sentry, only: None, touched: None }
    }

    fn touch(&mut self, area: &Area) {
        if let Some(touched) = &mut self.touched {
            let (x, y) = (|x| offset(self.area.left, x), |y| offset(self.area.top, y));
            touched.mark(x(area.left), y(area.top), x(area.right), y(area.bottom));
        }
    }

    /// Row `y` between `from` and `to`, which lie inside the area.
    pub(crate) fn row_mut(&mut self, y: i32, from: i32, to: i32) -> &mut [u8] {
        let start = offset(self.area.top, y) * self.area.width() + offset(self.area.left, from);
        let range = start * 4..(start + offset(from, to)) * 4;
        self.pixels.get_mut(range).unwrap_or_default()
    }
}

/// Pixels of an area that are read only.
#[derive(Clone, Copy)]
pub(crate) struct Pixels<'p> {
    pub(crate) area: Area,
    pub(crate) pixels: &'p [u8],
    pub(crate) opaque: bool,
}

impl Pixels<'_> {
    pub(crate) fn row(&self, y: i32, from: i32, to: i32) -> &[u8] {
        let start = offset(self.area.top, y) * self.area.width() + offset(self.area.left, from);
        self.pixels.get(start * 4..(start + offset(from, to)) * 4).unwrap_or_default()
    }
}

/// Where anything may be painted: a rectangle, and shapes that each fade what they do not cover.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clip {
    pub(crate) area: Area,
    pub(crate) shapes: Vec<Arc<Coverage>>,
}

impl Clip {
    pub(crate) fn area(area: Area) -> Self {
        Self { area, shapes: Vec::new() }
    }

    pub(crate) fn with(&self, coverage: Coverage) -> Self {
        let mut clip = self.clone();
        clip.area = clip.area.intersect(&coverage.area);
        if !coverage.is_rect() {
            clip.shapes.push(Arc::new(coverage));
        }
        clip
    }
}

/// What is painted.
pub(crate) enum Source<'s> {
    /// Premultiplied.
    Color([u8; 4]),
    Gradient(&'s Shader),
    /// Nothing outside their area.
    Pixels(Pixels<'s>),
}

/// How it is painted.
pub(crate) struct Ink<'s> {
    pub(crate) source: Source<'s>,
    pub(crate) alpha: u8,
    pub(crate) blend: BlendMode,
    /// Nothing is painted where this covers.
    pub(crate) except: Option<&'s Coverage>,
}

impl<'s> Ink<'s> {
    pub(crate) fn new(source: Source<'s>, alpha: u8) -> Self {
        Self { source, alpha, blend: BlendMode::Normal, except: None }
    }
}

/// Rows that `compose` works in, and the instructions it works with.
pub(crate) struct Rows {
    pub(crate) level: Level,
    mask: Vec<u8>,
    faded: Vec<u8>,
    paint: Vec<u8>,
    fine: Vec<[u16; 4]>,
}

impl Default for Rows {
    fn default() -> Self {
        Self { level: Level::detect(), mask: Vec::new(), faded: Vec::new(), paint: Vec::new(), fine: Vec::new() }
    }
}

/// Paints `ink` through `coverage` onto the canvas, inside the clip; stops where the canvas's sentry says so.
pub(crate) fn compose(canvas: &mut Canvas<'_>, clip: &Clip, coverage: &Coverage, ink: &Ink<'_>, rows: &mut Rows) {
    let mut area = coverage.area.intersect(&clip.area).intersect(&canvas.area);
    if let Source::Pixels(pixels) = &ink.source {
        area = area.intersect(&pixels.area);
    }
    if area.is_empty() || ink.alpha == 0 {
        return;
    }
    match canvas.only {
        None => compose_in(&area, canvas, clip, coverage, ink, rows),
        Some(parts) => {
            for part in parts.iter().map(|part| area.intersect(part)).filter(|part| !part.is_empty()) {
                compose_in(&part, canvas, clip, coverage, ink, rows);
            }
        }
    }
}

/// The same in a part of the canvas that lies inside everything.
fn compose_in(area: &Area, canvas: &mut Canvas<'_>, clip: &Clip, coverage: &Coverage, ink: &Ink<'_>, rows: &mut Rows) {
    canvas.touch(area);
    let Rows { level, mask, faded, paint, fine } = rows;
    for y in area.top..area.bottom {
        let (from, to) = (area.left, area.right);
        if canvas.sentry.stops_after(offset(from, to)) {
            return;
        }
        let line = match &ink.source {
            Source::Color(color) => Line::Color(*color),
            Source::Pixels(pixels) => Line::Pixels(pixels.row(y, from, to), pixels.opaque),
            Source::Gradient(shader) if !shader.opaque => {
                shader.fine_row(y, from, to, fine);
                Line::Shade(fine)
            }
            Source::Gradient(shader) => match shader.row(y, from, to, paint) {
                Some(color) => Line::Color(color),
                None => Line::Pixels(paint, true),
            },
        };
        let row = canvas.row_mut(y, from, to);
        let mut put = |x: i32, run: Run<'_>| {
            let len = match run {
                Run::Full(len) => len,
                Run::Mask(mask) => mask.len(),
            };
            let start = offset(from, x);
            let Some(dst) = row.get_mut(start * 4..(start + len) * 4) else { return };
            let run = match run {
                Run::Mask(mask) if ink.alpha != 255 => {
                    faded.clear();
                    faded.extend_from_slice(mask);
                    level.mask_faded(faded, ink.alpha);
                    Run::Mask(faded)
                }
                run => run,
            };
            let line = match line {
                Line::Color(color) => Line::Color(color),
                Line::Pixels(pixels, opaque) => Line::Pixels(pixels.get(start * 4..(start + len) * 4).unwrap_or_default(), opaque),
                Line::Shade(pixels) => Line::Shade(pixels.get(start..start + len).unwrap_or_default()),
            };
            if ink.blend == BlendMode::Normal {
                source_over(*level, dst, line, run, ink.alpha);
            } else {
                blend::row(*level, ink.blend, dst, line, run, ink.alpha);
            }
        };
        let clipped = clip.shapes.iter().any(|s| !s.row_is_full(y, from, to));
        match ink.except {
            None if !clipped => coverage.row(y, from, to, &mut put),
            except => {
                mask.clear();
                mask.resize(offset(from, to), 0);
                gather(mask, coverage, y, from, to, |m, x| m.copy_from_slice(x), 255);
                for shape in clip.shapes.iter().filter(|_| clipped) {
                    let mut by = std::mem::take(faded);
                    by.clear();
                    by.resize(mask.len(), 0);
                    gather(&mut by, shape, y, from, to, |m, x| m.copy_from_slice(x), 255);
                    level.mask_times(mask, &by);
                    *faded = by;
                }
                if let Some(except) = except {
                    gather(mask, except, y, from, to, |m, x| level.mask_without(m, x), 0);
                }
                if ink.alpha != 255 {
                    level.mask_faded(mask, ink.alpha);
                }
                emit_dense(*level, row, line, mask, ink);
            }
        }
    }
}

/// What one row is painted with.
#[derive(Clone, Copy)]
pub(crate) enum Line<'l> {
    Color([u8; 4]),
    Pixels(&'l [u8], bool),
    /// Pixels of a gradient that can be seen through, in 256ths of a level.
    Shade(&'l [[u16; 4]]),
}

/// Merges a coverage's row into a mask: `full` where it covers wholly, `merge` where partly.
fn gather(mask: &mut [u8], coverage: &Coverage, y: i32, from: i32, to: i32, merge: impl Fn(&mut [u8], &[u8]), full: u8) {
    coverage.row(y, from, to, &mut |x, run| {
        let start = offset(from, x);
        match run {
            Run::Full(len) => mask.get_mut(start..start + len).unwrap_or_default().fill(full),
            Run::Mask(run) => {
                if let Some(part) = mask.get_mut(start..start + run.len()) {
                    merge(part, run);
                }
            }
        }
    });
}

fn emit_dense(level: Level, row: &mut [u8], line: Line<'_>, mask: &[u8], ink: &Ink<'_>) {
    if ink.blend != BlendMode::Normal {
        blend::row(level, ink.blend, row, line, Run::Mask(mask), 255);
    } else {
        source_over(level, row, line, Run::Mask(mask), 255);
    }
}

/// A mask run holds the ink's alpha already; colours and gradients have it in them.
fn source_over(level: Level, dst: &mut [u8], line: Line<'_>, run: Run<'_>, alpha: u8) {
    match (line, run) {
        (Line::Color(color), Run::Full(_)) => level.color_over(dst, color),
        (Line::Color(color), Run::Mask(mask)) => level.color_over_masked(dst, color, mask),
        (Line::Pixels(pixels, true), Run::Full(_)) if alpha == 255 && pixels.len() == dst.len() => {
            dst.copy_from_slice(pixels);
        }
        (Line::Pixels(pixels, _), Run::Full(_)) if alpha == 255 => level.over(dst, pixels),
        (Line::Pixels(pixels, _), Run::Full(_)) => level.over_faded(dst, pixels, alpha),
        (Line::Pixels(pixels, _), Run::Mask(mask)) => level.over_masked(dst, pixels, mask),
        (Line::Shade(pixels), Run::Full(_)) => level.shade(dst, pixels),
        (Line::Shade(pixels), Run::Mask(mask)) => level.shade_masked(dst, pixels, mask),
    }
}
