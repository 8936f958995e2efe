//! Samples to RGBA: rows of px as their samples come, chroma upsampled as libjpeg-turbo does it.
//!
//! Where a triangle reaches into the row of chroma below, a row of px waits for it. Px outside of the part that is wanted stay white.

use std::ops::Range;

use super::layout::{Layout, Upsampling};
use super::ring::Ring;
use crate::pixel::byte_len;
use crate::simd::jpeg_inverse::{STEP, Upsampled};
use crate::simd::{Level, Work};

pub(super) struct Rows<'l> {
    layout: &'l Layout,
    columns: Range<usize>,
    rows: Range<usize>,
    bytes: usize,
    /// Grown px by px: each byte of that much memory is written once.
    straight: Vec<u8>,
    /// Cb and Cr of a row, in quarters around 0, with a sample more on both sides.
    quarters: [Vec<i16>; 2],
    /// Cb and Cr of a row, one for each px.
    whole: [Vec<u8>; 2],
    /// The next row.
    y: usize,
}

impl<'l> Rows<'l> {
    /// Of these px.
    pub(super) fn new(layout: &'l Layout, columns: Range<usize>, rows: Range<usize>) -> Option<Self> {
        let bytes = byte_len(u32::try_from(layout.width).ok()?, u32::try_from(layout.height).ok()?)?;
        let width = layout.width.next_multiple_of(STEP) + STEP;
        // whole steps
        let columns = columns.start & !(STEP - 1)..columns.end.next_multiple_of(STEP).min(layout.width);
        Some(Self {
            layout,
            columns,
            rows,
            bytes,
            // a row is written in whole steps
            straight: Vec::with_capacity(bytes.checked_add(STEP * 4)?),
            quarters: [vec![0; width + 2], vec![0; width + 2]],
            whole: [vec![0; width], vec![0; width]],
            y: 0,
        })
    }

    /// The rows of px that can be drawn now.
    pub(super) fn take(&mut self, ring: &Ring, row: usize, level: Level) -> Option<bool> {
        let (layout, height) = (self.layout, self.layout.mcu_height());
        let last = row + 1 == layout.rows;
        let until = if last { layout.height } else { (row + 1) * height - usize::from(layout.looks_down()) };
        while self.y < until {
            let (start, side) = (self.straight.len(), layout.width * 4);
            if self.rows.contains(&self.y) {
                self.straight.resize(start + self.columns.start * 4, 255);
                level.work(Row { rows: self, ring, level })?;
            }
            self.straight.resize(start + side, 255);
            self.y += 1;
        }
        Some(self.y < self.rows.end)
    }

    /// All px, straight RGBA.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.straight.resize(self.bytes, 255);
        self.straight
    }

    #[inline(always)]
    fn row(&mut self, ring: &Ring, level: Level) -> Option<()> {
        let luma = ring.row(0, self.y)?.get(self.columns.start..)?;
        let (px, out) = (self.columns.len(), &mut self.straight);
        let Some(chroma) = self.layout.planes.get(1) else {
            grey(luma, px, out);
            return Some(());
        };
        let near = self.y / chroma.per_y;
        let far = match self.y % chroma.per_y {
            0 => near.saturating_sub(1),
            _ => (near + 1).min(chroma.height - 1),
        };
        let rounding = match self.layout.upsampling {
            Upsampling::None => {
                let (cb, cr) = (ring.row(1, near)?.get(self.columns.start..)?, ring.row(2, near)?.get(self.columns.start..)?);
                full([luma, cb, cr], self.layout.is_rgb, px, out, level);
                return Some(());
            }
            Upsampling::Box => {
                for (component, to) in (1..).zip(&mut self.whole) {
                    let near = ring.row(component, near)?.get(..chroma.width)?;
                    to.chunks_mut(chroma.per_x).zip(near).for_each(|(to, c)| to.fill(*c));
                }
                None
            }
            Upsampling::Down => {
                // libjpeg-turbo rounds a half down in upper rows, up in lower ones
                let half = if self.y.is_multiple_of(2) { 1 } else { 2 };
                for (component, to) in (1..).zip(&mut self.whole) {
                    for (to, (near, far)) in to.iter_mut().zip(ring.row(component, near)?.iter().zip(ring.row(component, far)?)) {
                        *to = ((3 * u16::from(*near) + u16::from(*far) + half) >> 2) as u8;
                    }
                }
                None
            }
            Upsampling::Across => {
                for (component, to) in (1..).zip(&mut self.quarters) {
                    let near = ring.row(component, near)?;
                    level.quarters(near, near, within(to, near.len())?);
                }
                Some([4, 8])
            }
            Upsampling::Both => {
                for (component, to) in (1..).zip(&mut self.quarters) {
                    let (near, far) = (ring.row(component, near)?, ring.row(component, far)?);
                    level.quarters(near, far, within(to, near.len())?);
                }
                Some([8, 7])
            }
        };
        if let Some(rounding) = rounding {
            for to in &mut self.quarters {
                // the first and the last sample stand in for their neighbours outside
                let (first, last) = (*to.get(1)?, *to.get(chroma.width)?);
                *to.get_mut(chroma.width + 1)? = last;
                *to.first_mut()? = first;
            }
            if self.layout.is_rgb {
                self.whole.iter_mut().zip(&self.quarters).for_each(|(to, from)| triangle(from, rounding, to));
            }
        }
        let [cb, cr] = &self.whole;
        let Some(rounding) = rounding.filter(|_| !self.layout.is_rgb) else {
            let chroma = (cb.get(self.columns.start..)?, cr.get(self.columns.start..)?);
            full([luma, chroma.0, chroma.1], self.layout.is_rgb, px, out, level);
            return Some(());
        };
        let [cb, cr] = &self.quarters;
        let (cb, cr) = (cb.get(self.columns.start / 2..)?, cr.get(self.columns.start / 2..)?);
        level.colour_upsampled(luma, Upsampled { cb, cr, rounding }, px, out);
        Some(())
    }
}

/// The room for so many samples between one more on both sides.
fn within(samples: &mut [i16], length: usize) -> Option<&mut [i16]> {
    let most = samples.len().saturating_sub(2);
    samples.get_mut(1..=length.min(most))
}

/// Two px of each sample; for colours that need no change, which are rare.
fn triangle(quarters: &[i16], [even, odd]: [i16; 2], out: &mut [u8]) {
    for (to, three) in out.as_chunks_mut::<2>().0.iter_mut().zip(quarters.windows(3)) {
        if let [before, here, after] = three {
            *to = [(3 * here + before + even) >> 4, (3 * here + after + odd) >> 4].map(|v| (v + 128).clamp(0, 255) as u8);
        }
    }
}

/// Appends px of one sample.
#[inline(always)]
pub(super) fn grey(samples: &[u8], px: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + px * 4, 255);
    let new = out.get_mut(start..).unwrap_or_default();
    new.as_chunks_mut::<4>().0.iter_mut().zip(samples).for_each(|(to, y)| *to = [*y, *y, *y, 255]);
}

/// Appends px of a sample of each component.
#[inline(always)]
pub(super) fn full([first, second, third]: [&[u8]; 3], is_rgb: bool, px: usize, out: &mut Vec<u8>, level: Level) {
    if !is_rgb {
        return level.colour_full(first, second, third, px, out);
    }
    let start = out.len();
    out.resize(start + px * 4, 255);
    let new = out.get_mut(start..).unwrap_or_default().as_chunks_mut::<4>().0.iter_mut().zip(first);
    new.zip(second.iter().zip(third)).for_each(|((to, r), (g, b))| *to = [*r, *g, *b, 255]);
}

/// The next row of px.
struct Row<'r, 'l> {
    rows: &'r mut Rows<'l>,
    ring: &'r Ring,
    level: Level,
}

impl Work for Row<'_, '_> {
    type Output = Option<()>;

    #[inline(always)]
    fn run(self) -> Option<()> {
        self.rows.row(self.ring, self.level)
    }
}
