//! A picture straight at the size it is drawn at: planes are scaled, chroma from its own size, and turned into colour last.
//!
//! Scaling and the change of colours are both sums, so their order matters to rounding and to what is cut off at 0 and 255 alone. Before
//! the change there are a third or a half of the values, afterwards it has the fewest px to be done for. Chroma's upsampling is part of its
//! weights ([`Axis`]). Rows are scaled as they come from the scan, eight rows of px at a time: what waits are as many rows as those are made
//! of. The weights of a px depend on the size of the whole alone, so a window has the px that the whole has.

use std::ops::Range;

use super::super::header::Header;
use super::layout::{Layout, Plane, Upsampling};
use super::ring::Ring;
use super::rows::{full, grey};
use super::scan::{Read, Task, Wanted, read};
use super::tables::Tables;
use crate::codec::{Filled, Raw, Window};
use crate::error::Fault;
use crate::guard::Sentry;
use crate::pixel::{Axis, Spread, Taps, byte_len};
use crate::simd::jpeg_inverse::STEP;
use crate::simd::planes::{Across, BEFORE, ONE, Pairs, ROWS};
use crate::simd::{Level, Work};

/// Samples that may wait; an extreme stretch goes another way.
const MOST_WAITING: usize = 1 << 24;

/// The window of the stored picture, scaled from 1/`scale` of its size, or `None` where this decoder does not read it or is stopped.
pub(in super::super) fn decode_window(
    bytes: &[u8],
    header: &Header,
    scale: u32,
    window: &Window,
    level: Level,
    sentry: &Sentry<'_>,
) -> Option<Result<Filled, Fault>> {
    let layout = Layout::new(header, super::eighths(scale)?)?;
    let tables = Tables::read(bytes, header)?;
    let mut scaler = Scaler::new(&layout, window)?;
    let wanted = scaler.wanted(&layout);
    let task = Task { bytes, header, layout: &layout, tables: &tables, wanted: &wanted, level, sentry };
    let read = read(&task, &mut |ring, row| level.work(Taken { scaler: &mut scaler, ring, row, level }))?;
    if scaler.y < scaler.height && !matches!(read, Read::Scrap(_)) {
        return None;
    }
    let raw = || Raw { width: window.width, height: window.height, straight: scaler.straight, opaque: true };
    Some(super::filled(read, raw))
}

/// A row of MCUs that has come.
struct Taken<'r> {
    scaler: &'r mut Scaler,
    ring: &'r Ring,
    row: usize,
    level: Level,
}

impl Work for Taken<'_> {
    type Output = Option<bool>;

    #[inline(always)]
    fn run(self) -> Option<bool> {
        self.scaler.take(self.ring, self.row, self.level)
    }
}

struct Scaler {
    planes: Vec<Scaled>,
    mcu_rows: usize,
    is_rgb: bool,
    width: usize,
    height: usize,
    straight: Vec<u8>,
    /// The next row.
    y: usize,
}

/// A plane that is scaled.
#[derive(Clone)]
struct Scaled {
    plane: Plane,
    /// Columns that are read.
    columns: Range<usize>,
    first_row: usize,
    /// Of each row of px.
    down: Taps<i16>,
    across: Across,
    /// Rows of samples that wait, used in turn.
    waiting: Vec<i16>,
    stride: usize,
    rows: usize,
    /// Rows that have come.
    filled: usize,
    places: Vec<usize>,
    /// Of eight rows of px: samples of the right height, and so many of them apart.
    lines: Vec<i16>,
    length: usize,
    /// The same in pairs.
    pairs: Vec<Pairs>,
    /// Eight rows of px, and so many of them apart.
    px: Vec<u8>,
    px_stride: usize,
}

impl Scaler {
    fn new(layout: &Layout, window: &Window) -> Option<Self> {
        let (whole_width, whole_height) = (window.whole.0 as usize, window.whole.1 as usize);
        let (columns, rows) = (side(window.left, window.width, whole_width)?, side(window.top, window.height, whole_height)?);
        let shrinks = whole_width < layout.width || whole_height < layout.height;
        let x = Axis { px: layout.width, whole: whole_width, window: columns.clone() }.taps(shrinks);
        let y = Axis { px: layout.height, whole: whole_height, window: rows.clone() }.taps(shrinks);
        let mut planes: Vec<Scaled> = Vec::with_capacity(layout.planes.len());
        for plane in &layout.planes {
            let spread = |per: usize, smooth: bool| match per {
                1 => Spread::Single,
                _ if smooth => Spread::Triangle,
                per => Spread::Box(per),
            };
            let smooth = |either| layout.upsampling == Upsampling::Both || layout.upsampling == either;
            let known = planes.last().filter(|before| before.plane == *plane);
            planes.push(match known {
                Some(before) => before.clone(),
                None => {
                    let across = x.spread(spread(plane.per_x, smooth(Upsampling::Across)), plane.width).whole(ONE);
                    let down = y.spread(spread(plane.per_y, smooth(Upsampling::Down)), plane.height).whole(ONE);
                    Scaled::new(*plane, &across, down)?
                }
            });
        }
        let mut scaler = Self {
            planes,
            mcu_rows: layout.rows,
            is_rgb: layout.is_rgb,
            width: columns.len(),
            height: rows.len(),
            // a row is written in whole steps
            straight: Vec::with_capacity(byte_len(window.width, window.height)?.checked_add(STEP * 4)?),
            y: 0,
        };
        scaler.make_room()?;
        Some(scaler)
    }

    /// Goes through the rows of MCUs as they will come, for how many rows of samples have to wait.
    fn make_room(&mut self) -> Option<()> {
        let mut y = 0;
        for row in 0..self.mcu_rows {
            for plane in &mut self.planes {
                let (start, _) = plane.down.get(y)?;
                plane.filled = plane.there(row, self.mcu_rows);
                plane.rows = plane.rows.max(plane.filled.saturating_sub(start));
            }
            while let Some(rows) = self.next(y) {
                y = rows.end;
            }
            if y == self.height {
                break;
            }
        }
        let waiting = self.planes.iter().map(|plane| plane.rows.saturating_mul(plane.stride)).sum::<usize>();
        if waiting > MOST_WAITING {
            return None;
        }
        for plane in &mut self.planes {
            plane.waiting = vec![0; plane.rows * plane.stride];
            plane.filled = 0;
        }
        Some(())
    }

    /// The rows of px that are drawn together from this one on, where all that they are made of is there.
    fn next(&self, y: usize) -> Option<Range<usize>> {
        let rows = y..(y + ROWS).min(self.height);
        let last = rows.end.checked_sub(1)?;
        (!rows.is_empty() && self.planes.iter().all(|plane| plane.has(last))).then_some(rows)
    }

    /// The MCUs that are transformed.
    fn wanted(&self, layout: &Layout) -> Wanted {
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        for plane in &self.planes {
            let (columns, rows) = (plane.plane.columns(), plane.plane.rows());
            let last = plane.down.iter().map(|(start, weights)| start + weights.len()).max().unwrap_or(0);
            left = left.min(plane.columns.start / columns);
            right = right.max(plane.columns.end.div_ceil(columns)).min(layout.columns);
            top = top.min(plane.first_row / rows);
            bottom = bottom.max(last.div_ceil(rows));
        }
        Wanted { columns: left..right, rows: top..bottom }
    }

    /// Takes a row of MCUs and draws what can be drawn now.
    #[inline(always)]
    fn take(&mut self, ring: &Ring, row: usize, level: Level) -> Option<bool> {
        for (component, plane) in self.planes.iter_mut().enumerate() {
            plane.fill(ring, component, plane.there(row, self.mcu_rows))?;
        }
        while let Some(rows) = self.next(self.y) {
            self.y = rows.end;
            for plane in &mut self.planes {
                plane.draw(rows.clone(), level)?;
            }
            for row in 0..rows.len() {
                colours(&self.planes, row, self.is_rgb, self.width, &mut self.straight, level)?;
            }
        }
        Some(self.y < self.height)
    }
}

/// A window along one side, if it lies within the whole.
fn side(from: u32, length: u32, whole: usize) -> Option<Range<usize>> {
    let (from, length) = (from as usize, length as usize);
    (length > 0 && from + length <= whole).then_some(from..from + length)
}

impl Scaled {
    fn new(plane: Plane, across: &Taps<i16>, down: Taps<i16>) -> Option<Self> {
        let first = across.iter().map(|(start, _)| start).min()?;
        let end = across.iter().map(|(start, weights)| start + weights.len()).max()?;
        let first_row = down.iter().map(|(start, _)| start).min()?;
        let across = Across::new(across.iter().map(|(start, weights)| (start - first, weights)));
        // whole vectors, which the ring has room for
        let columns = first..first + (end - first).next_multiple_of(16);
        let length = columns.len().max(across.needs()).next_multiple_of(2 * ROWS);
        let px_stride = across.px().next_multiple_of(STEP);
        Some(Self {
            plane,
            lines: vec![0; length * ROWS],
            length,
            pairs: vec![Pairs::default(); length / 2],
            px: vec![0; px_stride * ROWS],
            px_stride,
            // an odd number of cache lines: rows do not fall on each other in the cache
            stride: columns.len().next_multiple_of(32) | 32,
            columns,
            first_row,
            down,
            across,
            waiting: Vec::new(),
            rows: 1,
            filled: 0,
            places: Vec::new(),
        })
    }

    /// Rows that are there after this row of MCUs.
    fn there(&self, row: usize, mcu_rows: usize) -> usize {
        if row + 1 == mcu_rows { self.plane.height } else { ((row + 1) * self.plane.rows()).min(self.plane.height) }
    }

    /// Whether all rows of a row of px are there.
    fn has(&self, y: usize) -> bool {
        self.down.get(y).is_some_and(|(start, weights)| start + weights.len() <= self.filled)
    }

    #[inline(always)]
    fn fill(&mut self, ring: &Ring, component: usize, until: usize) -> Option<()> {
        for row in self.filled.max(self.first_row)..until {
            let from = ring.row(component, row)?.get(self.columns.clone())?;
            let at = row % self.rows * self.stride;
            for (to, sample) in self.waiting.get_mut(at..at + self.columns.len())?.iter_mut().zip(from) {
                *to = i16::from(*sample) << BEFORE;
            }
        }
        self.filled = until;
        Some(())
    }

    #[inline(always)]
    fn draw(&mut self, rows: Range<usize>, level: Level) -> Option<()> {
        for (y, line) in rows.zip(self.lines.chunks_exact_mut(self.length)) {
            let (start, weights) = self.down.get(y)?;
            self.places.clear();
            self.places.extend((0..weights.len()).map(|i| (start + i) % self.rows * self.stride));
            level.down(&self.waiting, &self.places, weights, line.get_mut(..self.columns.len())?);
        }
        level.interleave(&self.lines, self.length, &mut self.pairs);
        level.across(&self.pairs, &self.across, &mut self.px, self.px_stride);
        Some(())
    }

    fn row(&self, row: usize) -> Option<&[u8]> {
        self.px.chunks_exact(self.px_stride).nth(row)
    }
}

/// One of the rows of px in colour.
#[inline(always)]
fn colours(planes: &[Scaled], row: usize, is_rgb: bool, px: usize, out: &mut Vec<u8>, level: Level) -> Option<()> {
    match planes {
        [luma, cb, cr] => full([luma.row(row)?, cb.row(row)?, cr.row(row)?], is_rgb, px, out, level),
        [luma, ..] => grey(luma.row(row)?, px, out),
        [] => return None,
    }
    Some(())
}
