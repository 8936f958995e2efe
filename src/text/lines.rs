//! Fills lines: as much of a text as fits, up to the last place where it may end.
//!
//! White space at a line's end never counts against the width: it collapses or hangs. One pass over the graphemes, whatever the
//! number of lines.

use std::ops::Range;

use super::itemize::{Cell, CellKind};
use super::metrics::{LayerPx, ceil64, nearest64};
use super::prepare::Styles;
use super::shape::Shaped;
use crate::css::style::{OverflowWrap, WhiteSpace};

/// One line of a text, as ranges of its cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Broken {
    /// With the white space at its end.
    pub(super) cells: Range<usize>,
    /// The end of what is visible.
    pub(super) visible: usize,
    /// Of what is visible, px.
    pub(super) width: f32,
    /// Of white space at the end that stays: all in `pre`; in `pre-wrap` what fits on a line that ends by itself.
    pub(super) kept_space: f32,
    /// Of all white space at the end that is not collapsed.
    pub(super) hanging_space: f32,
    /// It ends at a soft hyphen, which shows.
    pub(super) hyphen: bool,
    /// It ends at a newline or with the text.
    pub(super) forced: bool,
}

/// How far lines may reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Room {
    Px(f32),
    /// Every opportunity is taken: what `min-content` measures. `break-word` does not count there.
    Least,
    /// None is.
    All,
}

pub(super) struct Breaker<'a> {
    pub(super) shaped: &'a Shaped,
    pub(super) styles: Styles<'a>,
    pub(super) px: &'a LayerPx,
}

impl Breaker<'_> {
    /// Preserved white space hangs only where it would overflow, unless the line was wrapped.
    fn keep_space(line: Broken, available: f32) -> Broken {
        let room = (available - line.width).max(0.0);
        Broken { kept_space: line.kept_space.max(line.hanging_space.min(room)), ..line }
    }

    /// The lines of a text, at most `limit` of them.
    pub(super) fn lines(&self, room: Room, limit: usize) -> Vec<Broken> {
        let mut lines = Vec::new();
        let mut at = 0;
        while at < self.shaped.cells.len() && lines.len() < limit {
            let line = self.line(at, room);
            at = line.cells.end.max(at + 1);
            lines.push(line);
        }
        lines
    }

    /// The advance of a cell at a place on its line, with its spacing.
    pub(super) fn advance(&self, index: usize, cell: &Cell, x: f32) -> f32 {
        let px = self.px.style(cell.style);
        if cell.kind == CellKind::Tab {
            return self.tab(cell, x);
        }
        let advance = cell.advance * px.size;
        if cell.kind == CellKind::Newline { 0.0 } else { advance + self.spacing(index, cell) }
    }

    /// Letter and word spacing behind a cell.
    pub(super) fn spacing(&self, index: usize, cell: &Cell) -> f32 {
        let px = self.px.style(cell.style);
        let word = match cell.kind {
            CellKind::NoBreakSpace => px.word_spacing,
            CellKind::Space if index > 0 => px.word_spacing,
            _ => 0.0,
        };
        let joined = || self.shaped.runs.get(cell.run).is_some_and(|run| run.item.is_cursive());
        let unspaced = match cell.kind {
            CellKind::Newline | CellKind::SoftHyphen => true,
            CellKind::Glyphs => px.letter_spacing == 0.0 || joined(),
            _ => false,
        };
        let letter = if unspaced { 0.0 } else { px.letter_spacing };
        letter + word
    }

    /// To the next stop of eight spaces.
    fn tab(&self, cell: &Cell, x: f32) -> f32 {
        let px = self.px.style(cell.style);
        let space = cell.advance * px.size;
        let stop = 8.0 * (space + px.letter_spacing + px.word_spacing);
        if stop <= 0.0 || !stop.is_finite() {
            return space;
        }
        let rest = stop - x % stop;
        if rest < space / 2.0 { rest + stop } else { rest }
    }

    fn white_space(&self, cell: &Cell) -> WhiteSpace {
        self.styles.get(cell.style).white_space
    }

    fn line(&self, start: usize, room: Room) -> Broken {
        let cells = &self.shaped.cells;
        let available = match room {
            Room::Px(px) => nearest64(px.max(0.0)),
            Room::Least => 0.0,
            Room::All => f32::INFINITY,
        };
        let mut line = Broken { cells: start..cells.len(), visible: start, forced: true, ..Broken::default() };
        let mut best: Option<Broken> = None;
        let mut x = 0.0_f32;
        let mut previous: Option<&Cell> = None;
        for (index, cell) in cells.iter().enumerate().skip(start) {
            if cell.break_before && previous.is_some_and(|p| self.white_space(p).wraps()) {
                let mut here = Broken { cells: start..index, forced: false, ..line.clone() };
                if let Some(p) = previous.filter(|p| p.kind == CellKind::SoftHyphen) {
                    here.hyphen = true;
                    here.width += self.hyphen_width(p);
                }
                if ceil64(here.width) <= available {
                    best = Some(here);
                } else {
                    return best.unwrap_or(here);
                }
            }
            if cell.kind == CellKind::Newline {
                line.cells.end = index + 1;
                return Self::keep_space(line, available);
            }
            let advance = self.advance(index, cell, x);
            let white_space = self.white_space(cell);
            x += advance;
            if cell.kind.is_space() {
                match white_space {
                    WhiteSpace::Pre => {
                        line.kept_space += advance;
                        line.hanging_space += advance;
                    }
                    WhiteSpace::PreWrap => line.hanging_space += advance,
                    _ => {}
                }
                previous = Some(cell);
                continue;
            }
            let before = line.clone();
            line.visible = index + 1;
            line.width = x;
            line.kept_space = 0.0;
            line.hanging_space = 0.0;
            if ceil64(x) > available {
                if let Some(best) = best {
                    return best;
                }
                let anywhere = match self.styles.get(cell.style).overflow_wrap {
                    OverflowWrap::Anywhere => true,
                    OverflowWrap::BreakWord => room != Room::Least,
                    OverflowWrap::Normal => false,
                };
                if anywhere && white_space.wraps() && before.visible > start {
                    return Broken { cells: start..index, forced: false, ..before };
                }
            }
            previous = Some(cell);
        }
        Self::keep_space(line, available)
    }

    pub(super) fn hyphen_width(&self, cell: &Cell) -> f32 {
        let em: f32 = self.shaped.runs.get(cell.run).map_or(0.0, |run| run.hyphen.iter().map(|g| g.advance).sum());
        em * self.px.style(cell.style).size
    }
}
