//! The scan: MCU after MCU, entropy decoded and transformed into the ring, a row at a time handed on.

use std::ops::Range;

use super::super::header::Header;
use super::super::huffman::{Bits, Reader, Scan};
use super::layout::{Group, Layout};
use super::ring::Ring;
use super::tables::Tables;
use crate::codec::Cut;
use crate::guard::Sentry;
use crate::simd::jpeg_inverse::{Coefficients, Factors, inverse_dc, inverse_quarter};
use crate::simd::{Level, Work};

/// Which MCUs are transformed; the others are only read past.
pub(super) struct Wanted {
    pub(super) columns: Range<usize>,
    pub(super) rows: Range<usize>,
}

impl Wanted {
    /// The MCUs of these px and one more on either side, for the chroma of their neighbours.
    pub(super) fn around(layout: &Layout, columns: &Range<usize>, rows: &Range<usize>) -> Self {
        let blocks = |px: &Range<usize>, size: usize| (px.start / size).saturating_sub(1)..px.end.div_ceil(size) + 1;
        Self { columns: blocks(columns, layout.mcu_width()), rows: blocks(rows, layout.mcu_height()) }
    }
}

/// Who takes the samples: the ring holds this row of MCUs and the one before it. Says whether more is wanted; `None` gives up.
pub(super) type Sink<'s> = &'s mut dyn FnMut(&Ring, usize) -> Option<bool>;

/// A file whose scan is to be read.
pub(super) struct Task<'t> {
    pub(super) bytes: &'t [u8],
    pub(super) header: &'t Header,
    pub(super) layout: &'t Layout,
    pub(super) tables: &'t Tables,
    pub(super) wanted: &'t Wanted,
    pub(super) level: Level,
    pub(super) sentry: &'t Sentry<'t>,
}

/// How much of a scan was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// All that the sink wanted.
    Whole,
    /// So much; the rest became grey.
    Cut(Cut),
    /// Too little to be drawn.
    Scrap(Cut),
}

/// Reads a scan until its end or until the sink has enough; `None` where it is damaged or stopped.
///
/// Where data end early, the MCU in which they do is read as if zeros followed, and grey follows, as with libjpeg-turbo.
pub(super) fn read(task: &Task<'_>, sink: Sink<'_>) -> Option<Read> {
    task.level.work(Reading { task, sink })
}

struct Reading<'t, 's> {
    task: &'t Task<'t>,
    sink: Sink<'s>,
}

impl Work for Reading<'_, '_> {
    type Output = Option<Read>;

    #[inline(always)]
    fn run(self) -> Option<Read> {
        rows(self.task, self.sink)
    }
}

#[inline(always)]
fn rows(task: &Task<'_>, sink: Sink<'_>) -> Option<Read> {
    let Task { bytes, header, layout, tables, wanted, level, sentry } = *task;
    let scan = Scan::new(bytes.get(tables.scan_at..)?);
    // another marker is a second scan, or damage
    if scan.end.is_some_and(|marker| marker != 0xd9) {
        return None;
    }
    let mut ring = Ring::new(layout);
    let mut readers = Vec::with_capacity(3);
    for (component, plane) in layout.planes.iter().enumerate() {
        readers.push(tables.reader(component, plane.size)?);
    }
    let groups = layout.groups();
    let mut factors = Vec::with_capacity(groups.len());
    for group in &groups {
        let (mut of_group, apart) = (Factors::default(), if group.size == 8 { 8 } else { 4 });
        for (i, block) in group.blocks.iter().take(group.count).enumerate() {
            tables.dequantise(header, block.component, group.size, i * apart, &mut of_group)?;
        }
        factors.push(of_group);
    }
    let mut placed = Vec::with_capacity(groups.len());
    let mut bits = scan.bits(0);
    let mut restarts = scan.restarts.iter();
    let mut until_restart = if tables.restart == 0 { usize::MAX } else { tables.restart };
    let mut room = Coefficients::default();
    let (mut read, mut is_cut) = (Read::Whole, false);
    for row in 0..layout.rows {
        if sentry.stops_after(layout.columns * 256) {
            return None;
        }
        placed.clear();
        placed.extend(groups.iter().map(|group| Placed::new(group, layout, &ring, row)));
        let (samples, stride) = ring.samples();
        let mut planes = Planes { samples, stride, level };
        let wanted = if wanted.rows.contains(&row) { wanted.columns.clone() } else { 0..0 };
        for column in 0..layout.columns {
            let is_wanted = wanted.contains(&column);
            if until_restart == 0 && !is_cut {
                match restarts.next() {
                    Some(at) => bits = scan.bits(*at),
                    None => is_cut = true,
                }
                until_restart = tables.restart;
                readers.iter_mut().for_each(|r| r.predictor = 0);
            }
            if is_cut {
                if read == Read::Whole {
                    let cut = Cut::after(row * layout.columns + column, layout.rows * layout.columns);
                    if cut.is_scrap() {
                        return Some(Read::Scrap(cut));
                    }
                    read = Read::Cut(cut);
                }
                for group in &mut placed {
                    if is_wanted {
                        group.grey(&mut planes);
                    }
                    group.step();
                }
                continue;
            }
            until_restart -= 1;
            if is_wanted {
                for (group, factors) in placed.iter_mut().zip(&factors) {
                    group.read(&mut bits, &mut readers, &mut room, factors, &mut planes);
                }
            } else {
                for group in &mut placed {
                    group.pass(&mut bits, &mut readers, &mut room);
                }
            }
            if bits.is_damaged() {
                return None;
            }
            is_cut = bits.is_over();
        }
        if !sink(&ring, row)? {
            break;
        }
    }
    if is_cut && read == Read::Whole {
        // in the last MCU that was wanted
        let all = layout.rows * layout.columns;
        let cut = Cut::after(all.saturating_sub(1), all);
        read = if cut.is_scrap() { Read::Scrap(cut) } else { Read::Cut(cut) };
    }
    Some(read)
}

/// Where samples go.
struct Planes<'p> {
    samples: &'p mut [u8],
    stride: usize,
    level: Level,
}

/// A group in a row of MCUs.
struct Placed {
    size: usize,
    count: usize,
    component: [usize; 4],
    /// Whether all of four blocks are of one component.
    is_one: bool,
    /// Where the samples of the next MCU go, and how far those of the one after it are from there.
    at: [usize; 4],
    step: [usize; 4],
}

impl Placed {
    fn new(group: &Group, layout: &Layout, ring: &Ring, row: usize) -> Self {
        let mut placed =
            Self { size: group.size, count: group.count, component: [0; 4], is_one: false, at: [ring.waste(); 4], step: [0; 4] };
        let places = placed.component.iter_mut().zip(&mut placed.at).zip(&mut placed.step);
        for (((component, at), step), block) in places.zip(&group.blocks).take(group.count) {
            let Some(plane) = layout.planes.get(block.component) else { continue };
            *component = block.component;
            *at = ring.at(block.component, row * plane.rows() + block.y) + block.x;
            *step = plane.columns();
        }
        let [first, rest @ ..] = placed.component;
        placed.is_one = placed.count == 4 && rest == [first; 3];
        placed
    }

    /// Decodes and transforms the blocks.
    #[inline(always)]
    fn read(
        &mut self,
        bits: &mut Bits<'_>,
        readers: &mut [Reader<'_>],
        room: &mut Coefficients,
        factors: &Factors,
        planes: &mut Planes<'_>,
    ) {
        let Planes { samples, stride, level } = planes;
        let (stride, level) = (*stride, *level);
        let at = self.at;
        self.step();
        let components = (0..).zip(self.component).take(self.count);
        let ([a, b, ..], [first, second, ..]) = (at, self.component);
        macro_rules! block {
            ($reader:expr, $place:expr, $limit:literal) => {
                match room.block($place) {
                    Some(out) => $reader.block::<$limit>(bits, out),
                    None => return,
                }
            };
        }
        match self.size {
            8 => {
                let Some(reader) = readers.get_mut(first) else { return };
                let mut last = block!(reader, 0, 63);
                if self.count > 1 {
                    let Some(reader) = readers.get_mut(second) else { return };
                    last = last.max(block!(reader, 8, 63));
                }
                level.inverse_pair(room, factors, last, samples, [a, b], stride);
            }
            // one after another: each has branches of its own, which the processor foretells better
            4 if self.is_one => {
                let Some(reader) = readers.get_mut(first) else { return };
                let mut last = block!(reader, 0, 24);
                last |= block!(reader, 4, 24);
                last |= block!(reader, 8, 24);
                last |= block!(reader, 12, 24);
                level.inverse_half(room, factors, last, samples, at, stride);
            }
            4 => {
                let mut last = 0;
                for (i, component) in components {
                    let Some(reader) = readers.get_mut(component) else { return };
                    last |= block!(reader, i * 4, 24);
                }
                level.inverse_half(room, factors, last, samples, at, stride);
            }
            2 => {
                for ((i, component), at) in components.zip(at) {
                    let Some(reader) = readers.get_mut(component) else { return };
                    block!(reader, 0, 4);
                    inverse_quarter(room, factors, i * 4, samples, at, stride);
                }
            }
            _ => {
                for ((i, component), at) in components.zip(at) {
                    let Some(reader) = readers.get_mut(component) else { return };
                    block!(reader, 0, 0);
                    inverse_dc(room, factors, i * 4, samples, at);
                }
            }
        }
    }

    /// On to the next MCU.
    #[inline(always)]
    fn step(&mut self) {
        self.at.iter_mut().zip(self.step).for_each(|(at, step)| *at += step);
    }

    /// Makes samples for blocks that are not there.
    fn grey(&self, planes: &mut Planes<'_>) {
        for at in self.at.iter().take(self.count) {
            for row in 0..self.size {
                let start = at + row * planes.stride;
                if let Some(samples) = planes.samples.get_mut(start..start + self.size) {
                    samples.fill(128);
                }
            }
        }
    }

    /// Reads past the blocks.
    #[inline(always)]
    fn pass(&mut self, bits: &mut Bits<'_>, readers: &mut [Reader<'_>], room: &mut Coefficients) {
        for component in self.component.iter().take(self.count) {
            if let (Some(reader), Some(out)) = (readers.get_mut(*component), room.block(0)) {
                reader.block::<0>(bits, out);
            }
        }
        self.step();
    }
}
