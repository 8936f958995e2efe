//! From broken lines to px: order of directions, alignment, baselines.

use std::ops::Range;

use super::decorate::decorate;
use super::itemize::CellKind;
use super::lines::{Breaker, Broken};
use super::metrics::{Extent, StylePx, ceil64, face_px};
use super::shape::{Run as ShapedRun, ShapedGlyph, Shaper};
use super::{Line, Run, TextRequest};
use crate::css::style::TextAlign;
use crate::geom::Rect;
use crate::scene::Glyph;

/// Lines placed under one another.
pub(super) struct Placer<'a, 'b> {
    pub(super) request: &'a TextRequest<'a>,
    pub(super) breaker: &'a Breaker<'a>,
    pub(super) shaper: &'b mut Shaper,
    /// Of the content box.
    pub(super) width: f32,
}

/// A part of a line that lies in one run and one style.
struct Piece {
    run: usize,
    style: usize,
    level: u8,
    bytes: Range<usize>,
    hyphen: bool,
}

/// What a line's cells grow by beyond their glyphs and spacing.
struct Growth {
    /// Each space of a justified line.
    justify: f32,
    /// The advance of each tab by its cell; stops count in logical order.
    tabs: Vec<(usize, f32)>,
}

impl Placer<'_, '_> {
    pub(super) fn place(&mut self, broken: &Broken, top: f32) -> (Line, f32) {
        let (extent, content) = self.extents(broken);
        let baseline = top + extent.ascent;
        let mut pieces = self.pieces(broken);
        reorder(&mut pieces);
        let growth = Growth { justify: self.justification(broken), tabs: self.tabs(broken) };
        let mut x = 0.0;
        let mut runs = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let (run, advance) = self.emit(piece, broken, x, baseline, &growth);
            runs.extend(run);
            x += advance;
        }
        let width = ceil64(x);
        let offset = self.offset(broken, width);
        for run in &mut runs {
            run.rect.x += offset;
            run.glyphs.iter_mut().for_each(|glyph| glyph.x += offset);
        }
        decorate(&mut runs, baseline, self.request, self.breaker, self.shaper.fonts());
        let line =
            Line { text: self.text(broken), x: offset, y: baseline - content.ascent, width, height: content.height(), baseline, runs };
        (line, extent.height())
    }

    /// The line box and the union of the content areas, both about the layer's baseline.
    pub(super) fn extents(&self, broken: &Broken) -> (Extent, Extent) {
        let px = self.breaker.px;
        let layer = &px.layer;
        let mut line = layer.extent();
        let mut content: Option<Extent> = None;
        let cells = self.breaker.shaped.cells.get(broken.cells.clone()).unwrap_or_default();
        let mut last = None;
        for (i, cell) in cells.iter().enumerate() {
            if last == Some((cell.style, cell.run)) {
                continue;
            }
            last = Some((cell.style, cell.run));
            let style = px.style(cell.style);
            let raise = style.raise(layer);
            line = line.union(style.extent().raised(raise));
            if style.line_height.is_none() && cell.kind != CellKind::Newline {
                line = line.union(self.used_face(cell.run, style).raised(raise));
            }
            if broken.cells.start + i < broken.visible.max(broken.cells.start + 1) {
                let own = Extent { ascent: style.ascent, descent: style.descent }.raised(raise);
                content = Some(content.map_or(own, |c| c.union(own)));
            }
        }
        (line, content.unwrap_or(Extent { ascent: layer.ascent, descent: layer.descent }))
    }

    /// With a normal line height, fallback faces that are used make room for themselves.
    fn used_face(&self, run: usize, style: &StylePx) -> Extent {
        let Some(run) = self.breaker.shaped.runs.get(run) else { return style.extent() };
        let chosen = &run.item.chosen;
        let [ascent, descent, gap, _] = face_px(&chosen.metrics, style.size);
        Extent::with_line_height(ascent, descent, ascent + descent + gap)
    }

    /// The visible part of a line, cut where run or style changes, in logical order.
    fn pieces(&self, broken: &Broken) -> Vec<Piece> {
        let shaped = self.breaker.shaped;
        let mut pieces: Vec<Piece> = Vec::new();
        let cells = shaped.cells.get(broken.cells.start..broken.visible).unwrap_or_default();
        for (i, cell) in cells.iter().enumerate() {
            let end = self.cell_end(broken.cells.start + i);
            match pieces.last_mut() {
                Some(piece) if piece.run == cell.run && piece.style == cell.style => piece.bytes.end = end,
                _ => {
                    let level = shaped.runs.get(cell.run).map_or(0, |run| run.item.level);
                    pieces.push(Piece { run: cell.run, style: cell.style, level, bytes: cell.start..end, hyphen: false });
                }
            }
        }
        if let Some(last) = pieces.last().filter(|_| broken.hyphen) {
            pieces.push(Piece { run: last.run, style: last.style, level: last.level, bytes: last.bytes.end..last.bytes.end, hyphen: true });
        }
        pieces
    }

    fn cell_end(&self, index: usize) -> usize {
        let shaped = self.breaker.shaped;
        shaped.cells.get(index + 1).map_or(shaped.prepared.text.len(), |next| next.start)
    }

    /// What each space of a justified line grows by.
    fn justification(&self, broken: &Broken) -> f32 {
        if self.request.style.text_align != TextAlign::Justify || broken.forced {
            return 0.0;
        }
        let cells = self.breaker.shaped.cells.get(broken.cells.start..broken.visible).unwrap_or_default();
        let spaces = cells.iter().filter(|cell| matches!(cell.kind, CellKind::Space | CellKind::NoBreakSpace)).count();
        if spaces == 0 { 0.0 } else { ((self.width - ceil64(broken.width)) / spaces as f32).max(0.0) }
    }

    fn tabs(&self, broken: &Broken) -> Vec<(usize, f32)> {
        let cells = self.breaker.shaped.cells.get(broken.cells.start..broken.visible).unwrap_or_default();
        let mut tabs = Vec::new();
        if cells.iter().any(|cell| cell.kind == CellKind::Tab) {
            let mut x = 0.0;
            for (index, cell) in (broken.cells.start..).zip(cells) {
                let advance = self.breaker.advance(index, cell, x);
                if cell.kind == CellKind::Tab {
                    tabs.push((index, advance));
                }
                x += advance;
            }
        }
        tabs
    }

    fn emit(&mut self, piece: &Piece, broken: &Broken, start: f32, baseline: f32, growth: &Growth) -> (Option<Run>, f32) {
        let breaker = self.breaker;
        let shaped = breaker.shaped;
        let Some(run) = shaped.runs.get(piece.run) else { return (None, 0.0) };
        let style = breaker.px.style(piece.style);
        let raise = style.raise(&breaker.px.layer);
        let rtl = piece.level % 2 == 1;
        let reshaped;
        let glyphs: &[ShapedGlyph] = if piece.hyphen {
            &run.hyphen
        } else {
            let line_start = shaped.cells.get(broken.cells.start).map_or(0, |cell| cell.start);
            let line_end = self.cell_end(broken.cells.end.saturating_sub(1));
            let part = run.item.range.start.max(line_start)..run.item.range.end.min(line_end);
            if part != run.item.range && (unsafe_at(run, part.start) || unsafe_at(run, part.end)) {
                let own = breaker.styles.get(run.item.style);
                let lang = own.lang.as_deref().or(breaker.styles.layer.lang.as_deref());
                reshaped = self.shaper.shape_range(&shaped.prepared.text, part, &run.item, own, lang);
                within(&reshaped, &piece.bytes, rtl)
            } else {
                within(&run.glyphs, &piece.bytes, rtl)
            }
        };
        let mut out = Vec::with_capacity(glyphs.len());
        let mut pen = 0.0_f32;
        let y = baseline - raise;
        let is_spaced = style.letter_spacing != 0.0 || style.word_spacing != 0.0 || growth.justify != 0.0 || !growth.tabs.is_empty();
        let mut rest = glyphs;
        let mut bound = piece.bytes.end;
        while let Some(first) = rest.first() {
            let count = rest.iter().take_while(|g| g.cluster == first.cluster).count();
            let (group, after) = rest.split_at(count);
            let end = if rtl { bound } else { after.first().map_or(piece.bytes.end, |g| g.cluster) };
            bound = first.cluster;
            rest = after;
            let natural: f32 = group.iter().map(|g| g.advance * style.size).sum();
            let extra = if piece.hyphen || !is_spaced { 0.0 } else { self.extra(first.cluster..end, broken, natural, growth) };
            if rtl {
                pen += extra;
            }
            for glyph in group {
                out.push(Glyph { id: glyph.id, x: start + pen + glyph.dx * style.size, y: y - glyph.dy * style.size });
                pen += glyph.advance * style.size;
            }
            if !rtl {
                pen += extra;
            }
        }
        let layer_index = breaker.styles.layer_index();
        let made = Run {
            span: (piece.style != layer_index).then_some(piece.style),
            face: run.item.chosen.face,
            variations: run.item.chosen.variations.clone(),
            size: style.size,
            glyphs: out,
            rect: Rect::new(start, y - style.ascent, pen, style.ascent + style.descent),
            decorations: Vec::new(),
        };
        (Some(made), pen)
    }

    /// Spacing, justification and tab stops of the cells of a cluster.
    fn extra(&self, cluster: Range<usize>, broken: &Broken, natural: f32, growth: &Growth) -> f32 {
        let cells = &self.breaker.shaped.cells;
        let first = cells.partition_point(|cell| cell.start < cluster.start).max(broken.cells.start);
        let members = cells.iter().enumerate().skip(first).take_while(|(_, cell)| cell.start < cluster.end);
        members
            .map(|(index, cell)| match cell.kind {
                CellKind::Tab => {
                    let known = growth.tabs.binary_search_by_key(&index, |(at, _)| *at).ok().and_then(|i| growth.tabs.get(i));
                    known.map_or(0.0, |(_, advance)| advance - natural)
                }
                CellKind::Space | CellKind::NoBreakSpace => self.breaker.spacing(index, cell) + growth.justify,
                _ => self.breaker.spacing(index, cell),
            })
            .sum()
    }

    /// Where the visible part starts; a line that is too long starts at its start side, whatever the alignment.
    fn offset(&self, broken: &Broken, width: f32) -> f32 {
        let rtl = self.breaker.shaped.itemized.rtl;
        let space = self.width - width - broken.kept_space;
        let align = match (self.request.style.text_align, rtl) {
            (TextAlign::Left, _) | (TextAlign::Start | TextAlign::Justify, false) | (TextAlign::End, true) => TextAlign::Left,
            (TextAlign::Right, _) | (TextAlign::Start | TextAlign::Justify, true) | (TextAlign::End, false) => TextAlign::Right,
            (TextAlign::Center, _) => TextAlign::Center,
        };
        let at = match align {
            _ if space < 0.0 && rtl => space,
            _ if space < 0.0 => 0.0,
            TextAlign::Right => space,
            TextAlign::Center => super::metrics::floor64(space / 2.0),
            _ => 0.0,
        };
        if rtl { at + broken.kept_space } else { at }
    }

    fn text(&self, broken: &Broken) -> String {
        let shaped = self.breaker.shaped;
        let start = shaped.cells.get(broken.cells.start).map_or(0, |cell| cell.start);
        let end = shaped.cells.get(broken.visible).map_or(shaped.prepared.text.len(), |cell| cell.start);
        let mut text = shaped.prepared.text.get(start..end.max(start)).unwrap_or_default().replace('\u{ad}', "");
        text.truncate(text.trim_end().len());
        if broken.hyphen {
            text.push('-');
        }
        text
    }
}

/// Visual order: Unicode's rule L2 over the pieces of a line.
fn reorder(pieces: &mut [Piece]) {
    let highest = pieces.iter().map(|p| p.level).max().unwrap_or(0);
    let lowest_odd = pieces.iter().map(|p| p.level).filter(|l| l % 2 == 1).min().unwrap_or(u8::MAX);
    for level in (lowest_odd..=highest).rev() {
        for group in pieces.chunk_by_mut(|a, b| (a.level >= level) == (b.level >= level)) {
            if group.first().is_some_and(|p| p.level >= level) {
                group.reverse();
            }
        }
    }
}

/// The glyphs of a range of bytes; clusters rise from left to right, or fall in a run from right to left.
fn within<'a>(glyphs: &'a [ShapedGlyph], bytes: &Range<usize>, rtl: bool) -> &'a [ShapedGlyph] {
    let (first, last) = if rtl {
        (glyphs.partition_point(|g| g.cluster >= bytes.end), glyphs.partition_point(|g| g.cluster >= bytes.start))
    } else {
        (glyphs.partition_point(|g| g.cluster < bytes.start), glyphs.partition_point(|g| g.cluster < bytes.end))
    };
    glyphs.get(first..last).unwrap_or_default()
}

/// Whether a run cannot simply be cut at a byte.
fn unsafe_at(run: &ShapedRun, at: usize) -> bool {
    if at <= run.item.range.start || at >= run.item.range.end {
        return false;
    }
    let rtl = run.item.level % 2 == 1;
    let glyphs = within(&run.glyphs, &(at..at + 1), rtl);
    glyphs.is_empty() || glyphs.iter().any(|g| g.unsafe_to_break)
}
