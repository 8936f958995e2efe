//! The size a text is drawn at, and where its ellipsis cuts it.

use super::itemize::CellKind;
use super::lines::{Breaker, Broken, Room};
use super::metrics::LayerPx;
use super::place::Placer;
use super::prepare::{Prepared, Styles};
use super::shape::{Shaped, Shaper};
use super::{Line, TextLayout, TextNote, TextRequest};

/// What still counts as fitting, px.
pub(super) const SLACK: f32 = 0.05;

const ELLIPSIS: &str = "…";

/// The sizes that `min-font-size` tries, from the layer's down by whole px.
pub(super) fn sizes(from: f32, least: Option<f32>) -> impl Iterator<Item = f32> {
    std::iter::successors(Some(from), move |size| {
        let least = least.filter(|least| size > least)?;
        Some((size.ceil() - 1.0).max(least))
    })
}

/// Lays a text out at one size.
pub(super) struct Fitter<'a, 'b> {
    pub(super) request: &'a TextRequest<'a>,
    pub(super) styles: Styles<'a>,
    pub(super) shaped: &'a Shaped,
    pub(super) px: &'a LayerPx,
    pub(super) shaper: &'b mut Shaper,
    pub(super) width: f32,
}

impl<'a> Fitter<'a, '_> {
    fn breaker(&self) -> Breaker<'a> {
        Breaker { shaped: self.shaped, styles: self.styles, px: self.px }
    }

    fn wraps(&self) -> bool {
        self.styles.layer.white_space.wraps()
    }

    /// Most lines that are drawn.
    fn clamp(&self) -> usize {
        self.request.clamp.map_or(usize::MAX, |n| n.max(1) as usize)
    }

    /// The lines in the whole width, and one more than the clamp has.
    pub(super) fn filled(&self) -> Vec<Broken> {
        self.breaker().lines(Room::Px(self.width), self.clamp().saturating_add(1))
    }

    /// Whether the text, whose lines are [`filled`](Self::filled), fits a box and its clamp at this size.
    pub(super) fn fits(&mut self, lines: &[Broken], height: Option<f32>) -> bool {
        let breaker = self.breaker();
        if self.request.clamp.is_some_and(|clamp| lines.len() > clamp as usize) {
            return false;
        }
        if let Some(height) = height {
            let mut total = 0.0;
            for line in lines {
                total += self.line_height(&breaker, line);
                if total > height + SLACK {
                    return false;
                }
            }
        }
        if !self.wraps() {
            return max_content(&breaker) <= self.width + SLACK;
        }
        self.styles.layer.overflow_wrap != crate::css::style::OverflowWrap::Normal
            || self.holds_its_words(lines)
            || min_content(&breaker) <= self.width + SLACK
    }

    /// Whether no line is too wide, so that nothing in it is: where all that stands in a line makes it wider, and a word is as wide anywhere.
    fn holds_its_words(&self, lines: &[Broken]) -> bool {
        lines.iter().all(|line| line.width <= self.width)
            && self.px.styles.iter().all(|style| style.letter_spacing >= 0.0 && style.word_spacing >= 0.0)
            && self.shaped.runs.iter().all(|run| run.hyphen.is_empty())
            && self.shaped.cells.iter().all(|cell| cell.advance >= 0.0 && cell.kind != CellKind::Tab)
    }

    fn line_height(&mut self, breaker: &Breaker<'_>, line: &Broken) -> f32 {
        Placer { request: self.request, breaker, shaper: self.shaper, width: self.width }.extents(line).0.height()
    }

    /// The lines to draw, each with whether an ellipsis cuts it.
    fn clamped(&self, breaker: &Breaker<'_>, filled: Option<Vec<Broken>>) -> Vec<(Broken, bool)> {
        let clamp = self.clamp();
        let mut broken = match (self.room(breaker, clamp), filled) {
            (Room::Px(width), Some(filled)) if width == self.width => filled,
            (room, _) => breaker.lines(room, clamp.saturating_add(1)),
        };
        let clamped = broken.len() > clamp;
        broken.truncate(clamp);
        let last = broken.len().saturating_sub(1);
        let too_wide = |line: &Broken| self.request.ellipsis && !self.wraps() && line.width > self.width + SLACK;
        broken
            .into_iter()
            .enumerate()
            .map(|(index, line)| (too_wide(&line) || (clamped && index == last), line))
            .map(|(cut, line)| (line, cut))
            .collect()
    }

    /// What [`Self::layout`] would give: the height of all lines and the first baseline, without placing a glyph.
    pub(super) fn measure(mut self) -> (f32, Option<f32>) {
        let breaker = self.breaker();
        let (mut height, mut first) = (0.0, None);
        for (line, is_cut) in self.clamped(&breaker, None) {
            let (baseline, tall) = if is_cut {
                let (placed, tall) = self.cut(&line, height);
                (placed.baseline, tall)
            } else {
                let (extent, _) =
                    Placer { request: self.request, breaker: &breaker, shaper: self.shaper, width: self.width }.extents(&line);
                (height + extent.ascent, extent.height())
            };
            first.get_or_insert(baseline);
            height += tall;
        }
        (height, first)
    }

    /// The lines, clamped and cut; with what [`filled`](Self::filled) gave, if it was asked.
    pub(super) fn layout(mut self, height: Option<f32>, filled: Option<Vec<Broken>>) -> TextLayout {
        let breaker = self.breaker();
        let mut out = TextLayout { font_size: self.px.layer.size, ..TextLayout::default() };
        let mut cut = false;
        for (line, is_cut) in &self.clamped(&breaker, filled) {
            let (placed, tall) = if *is_cut {
                cut = true;
                self.cut(line, out.height)
            } else {
                Placer { request: self.request, breaker: &breaker, shaper: self.shaper, width: self.width }.place(line, out.height)
            };
            out.height += tall;
            out.lines.push(placed);
        }
        if cut {
            out.notes.push(TextNote::Cut);
        }
        let wide = out.lines.iter().any(|line| line.width > self.width + SLACK);
        if wide || height.is_some_and(|h| out.height > h + SLACK) {
            out.notes.push(TextNote::Overflows);
        }
        out
    }

    /// The width lines are filled to; a balanced text takes the least that needs no more lines.
    fn room(&self, breaker: &Breaker<'_>, clamp: usize) -> Room {
        let full = Room::Px(self.width);
        if !self.styles.layer.text_wrap_balance {
            return full;
        }
        // Chromium balances texts of up to ten lines.
        let lines = breaker.lines(full, 11).len();
        if !(2..=10).contains(&lines) || lines > clamp {
            return full;
        }
        let (mut low, mut high) = (self.width / lines as f32 / 2.0, self.width);
        while high - low > 1.0 / 64.0 {
            let middle = (low + high) / 2.0;
            let fits = breaker.lines(Room::Px(middle), lines + 1);
            if fits.len() <= lines && fits.iter().all(|line| line.width <= middle) { high = middle } else { low = middle }
        }
        Room::Px(high)
    }

    /// Cuts graphemes, then white space, off a line until the rest and the ellipsis fit.
    fn cut(&mut self, line: &Broken, top: f32) -> (Line, f32) {
        let cells = &self.shaped.cells;
        let prepared = &self.shaped.prepared;
        let start = cells.get(line.cells.start).map_or(0, |cell| cell.start);
        let byte = |index: usize| cells.get(index).map_or(prepared.text.len(), |cell| cell.start);
        let breaker = self.breaker();
        // Widths before each cell, to skip what is far too long without shaping it.
        let mut widths = vec![0.0_f32];
        for index in line.cells.start..line.cells.end {
            let x = widths.last().copied().unwrap_or(0.0);
            widths.push(x + cells.get(index).map_or(0.0, |cell| breaker.advance(index, cell, x)));
        }
        let margin = self.px.styles.iter().fold(0.0_f32, |m, style| m.max(style.size)) * 2.0;
        let mut keep = line.cells.end;
        loop {
            let blank = |index: usize| {
                cells.get(index).is_none_or(|c| c.kind.is_space() || prepared.text.get(c.start..byte(index + 1)).is_some_and(is_blank))
            };
            while keep > line.cells.start && blank(keep - 1) {
                keep -= 1;
            }
            let estimate = widths.get(keep - line.cells.start).copied().unwrap_or(0.0);
            if keep > line.cells.start && estimate > self.width + margin {
                keep -= 1;
                continue;
            }
            let text = prepared.slice_with(start, byte(keep), ELLIPSIS, self.styles.layer_index());
            let (placed, tall) = self.place_alone(text, top, line.forced);
            if keep <= line.cells.start || placed.width <= self.width + SLACK {
                return (placed, tall);
            }
            keep -= 1;
        }
    }

    /// Shapes a text as one line of its own.
    fn place_alone(&mut self, text: Prepared, top: f32, forced: bool) -> (Line, f32) {
        // The whole text decides on the direction, not what is left of it.
        let itemized = self.shaper.itemize(&text, self.styles, self.request.fonts, Some(self.shaped.itemized.rtl));
        let px = self.px;
        let shaped = self.shaper.shape(text, itemized, self.styles, |style| px.style(style).size);
        let breaker = Breaker { shaped: &shaped, styles: self.styles, px };
        let mut lines = breaker.lines(Room::All, 1);
        let mut line = lines.pop().unwrap_or_default();
        line.forced = forced || line.forced;
        Placer { request: self.request, breaker: &breaker, shaper: self.shaper, width: self.width }.place(&line, top)
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c == '\u{ad}')
}

/// The widest run that cannot be broken.
pub(super) fn min_content(breaker: &Breaker<'_>) -> f32 {
    breaker.lines(Room::Least, usize::MAX).iter().fold(0.0, |widest, line| widest.max(line.width))
}

/// The widest line without wrapping.
pub(super) fn max_content(breaker: &Breaker<'_>) -> f32 {
    breaker.lines(Room::All, usize::MAX).iter().fold(0.0, |widest, line| widest.max(line.width + line.hanging_space))
}
