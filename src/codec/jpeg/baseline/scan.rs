//! The scan: MCU after MCU, entropy decoded and transformed into the ring, a row at a time handed on.

use std::ops::Range;

use super::super::header::Header;
use super::super::huffman::{Bits, Reader, Scan};
use super::layout::{Group, Layout};
use super::ring::Ring;
use super::tables::Tables;
use crate::guard::Sentry;
use crate::simd::jpeg_inverse::{Coefficients, inverse_dc, inverse_quarter};
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

/// Reads a scan until its end or until the sink has enough; `None` where it is damaged or stopped.
pub(super) fn read(task: &Task<'_>, sink: Sink<'_>) -> Option<()> {
    task.level.work(Reading { task, sink })
}

struct Reading<'t, 's> {
    task: &'t Task<'t>,
    sink: Sink<'s>,
}

impl Work for Reading<'_, '_> {
    type Output = Option<()>;

    #[inline(always)]
    fn run(self) -> Option<()> {
        rows(self.task, self.sink)
    }
}

#[inline(always)]
fn rows(task: &Task<'_>, sink: Sink<'_>) -> Option<()> {
    let Task { bytes, header, layout, tables, wanted, level, sentry } = *task;
    let scan = Scan::new(bytes.get(tables.scan_at..)?);
    if scan.end != Some(0xd9) {
        return None;
    }
    let mut ring = Ring::new(layout);
    let mut readers = Vec::with_capacity(3);
    for (component, plane) in layout.planes.iter().enumerate() {
        readers.push(tables.reader(header, component, plane.size)?);
    }
    let groups = layout.groups();
    let mut placed = Vec::with_capacity(groups.len());
    let mut bits = scan.bits(0);
    let mut restarts = scan.restarts.iter();
    let mut until_restart = if tables.restart == 0 { usize::MAX } else { tables.restart };
    let mut room = Coefficients::default();
    for row in 0..layout.rows {
        if sentry.stops_after(layout.columns * 256) {
            return None;
        }
        placed.clear();
        placed.extend(groups.iter().map(|group| Placed::new(group, layout, &ring, row)));
        let (samples, stride) = ring.samples();
        let mut planes = Planes { samples, stride, level };
        for column in 0..layout.columns {
            if until_restart == 0 {
                bits = scan.bits(*restarts.next()?);
                until_restart = tables.restart;
                readers.iter_mut().for_each(|r| r.predictor = 0);
            }
            until_restart -= 1;
            if wanted.rows.contains(&row) && wanted.columns.contains(&column) {
                for group in &placed {
                    group.read(&mut bits, &mut readers, &mut room, column, &mut planes);
                }
            } else {
                for group in &placed {
                    group.pass(&mut bits, &mut readers, &mut room);
                }
            }
            if !bits.is_sound() {
                return None;
            }
        }
        if !sink(&ring, row)? {
            break;
        }
    }
    Some(())
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
    /// Where the samples of the first MCU go, and how far those of the next are from there.
    at: [usize; 4],
    step: [usize; 4],
}

impl Placed {
    fn new(group: &Group, layout: &Layout, ring: &Ring, row: usize) -> Self {
        let mut placed = Self { size: group.size, count: group.count, component: [0; 4], at: [ring.waste(); 4], step: [0; 4] };
        let places = placed.component.iter_mut().zip(&mut placed.at).zip(&mut placed.step);
        for (((component, at), step), block) in places.zip(&group.blocks).take(group.count) {
            let Some(plane) = layout.planes.get(block.component) else { continue };
            *component = block.component;
            *at = ring.at(block.component, row * plane.rows() + block.y) + block.x;
            *step = plane.columns();
        }
        placed
    }

    /// Decodes and transforms the blocks.
    #[inline(always)]
    fn read(&self, bits: &mut Bits<'_>, readers: &mut [Reader<'_>], room: &mut Coefficients, column: usize, planes: &mut Planes<'_>) {
        let Planes { samples, stride, level } = planes;
        let (stride, level) = (*stride, *level);
        let mut at = self.at;
        at.iter_mut().zip(self.step).for_each(|(at, step)| *at += column * step);
        let components = (0..).zip(self.component).take(self.count);
        let [a, b, ..] = at;
        match self.size {
            8 => {
                let mut last = 0;
                for (i, component) in components {
                    let (Some(reader), Some(out)) = (readers.get_mut(component), room.block(i * 8)) else { return };
                    last = last.max(reader.block::<63>(bits, out));
                }
                level.inverse_pair(room, last, samples, a, b, stride);
            }
            4 => {
                for (i, component) in components {
                    let (Some(reader), Some(out)) = (readers.get_mut(component), room.block(i * 4)) else { return };
                    reader.block::<24>(bits, out);
                }
                level.inverse_half(room, samples, at, stride);
            }
            2 => {
                for ((_, component), at) in components.zip(at) {
                    let (Some(reader), Some(out)) = (readers.get_mut(component), room.block(0)) else { return };
                    reader.block::<4>(bits, out);
                    inverse_quarter(room, samples, at, stride);
                }
            }
            _ => {
                for ((_, component), at) in components.zip(at) {
                    let (Some(reader), Some(out)) = (readers.get_mut(component), room.block(0)) else { return };
                    reader.block::<0>(bits, out);
                    inverse_dc(room, samples, at);
                }
            }
        }
    }

    /// Reads past the blocks.
    #[inline(always)]
    fn pass(&self, bits: &mut Bits<'_>, readers: &mut [Reader<'_>], room: &mut Coefficients) {
        for component in self.component.iter().take(self.count) {
            if let (Some(reader), Some(out)) = (readers.get_mut(*component), room.block(0)) {
                reader.block::<0>(bits, out);
            }
        }
    }
}
