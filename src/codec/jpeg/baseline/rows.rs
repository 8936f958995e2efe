//! Samples to RGBA: rows of px as their samples come, chroma upsampled as libjpeg-turbo does it.
//!
//! Where a triangle reaches into the row of chroma below, a row of px waits for it. Px outside of the part that is wanted stay white.

use std::ops::Range;

use super::layout::{Layout, Upsampling};
use super::ring::Ring;
use crate::pixel::byte_len;
use crate::simd::Level;
use crate::simd::jpeg_inverse::{STEP, Upsampled};

pub(super) struct Rows<'l> {
    layout: &'l Layout,
    columns: Range<usize>,
    rows: Range<usize>,
    bytes: usize,
    /// Grown row by row: each byte of that much memory is written once, from a line that is still in the cache.
    straight: Vec<u8>,
    line: Vec<u8>,
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
            straight: Vec::with_capacity(bytes),
            line: vec![255; layout.width * 4],
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
            if self.rows.contains(&self.y) {
                level.run_with((&mut *self, ring, level), draw)?;
                self.straight.extend_from_slice(&self.line);
            } else {
                self.straight.resize(self.straight.len() + self.line.len(), 255);
            }
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
        let line = self.line.get_mut(self.columns.start * 4..self.columns.end * 4)?;
        let Some(chroma) = self.layout.planes.get(1) else {
            line.as_chunks_mut::<4>().0.iter_mut().zip(luma).for_each(|(to, y)| *to = [*y, *y, *y, 255]);
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
                return full([luma, cb, cr], self.layout.is_rgb, line, level);
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
                    let inner = to.get_mut(1..)?;
                    for (to, near) in inner.iter_mut().zip(ring.row(component, near)?) {
                        *to = 4 * i16::from(*near) - 512;
                    }
                }
                Some([4, 8])
            }
            Upsampling::Both => {
                for (component, to) in (1..).zip(&mut self.quarters) {
                    let inner = to.get_mut(1..)?;
                    for (to, (near, far)) in inner.iter_mut().zip(ring.row(component, near)?.iter().zip(ring.row(component, far)?)) {
                        *to = 3 * i16::from(*near) + i16::from(*far) - 512;
                    }
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
            return full([luma, chroma.0, chroma.1], self.layout.is_rgb, line, level);
        };
        let [cb, cr] = &self.quarters;
        let (cb, cr) = (cb.get(self.columns.start / 2..)?, cr.get(self.columns.start / 2..)?);
        for (i, target) in line.chunks_mut(STEP * 4).enumerate() {
            let y = luma.get(i * STEP..)?.first_chunk()?;
            let chroma = Upsampled { cb: cb.get(i * STEP / 2..)?.first_chunk()?, cr: cr.get(i * STEP / 2..)?.first_chunk()?, rounding };
            with_step(target, |target| level.colour_upsampled(y, chroma, target));
        }
        Some(())
    }
}

/// Two px of each sample; for colours that need no change, which are rare.
fn triangle(quarters: &[i16], [even, odd]: [i16; 2], out: &mut [u8]) {
    for (to, three) in out.as_chunks_mut::<2>().0.iter_mut().zip(quarters.windows(3)) {
        if let [before, here, after] = three {
            *to = [(3 * here + before + even) >> 4, (3 * here + after + odd) >> 4].map(|v| (v + 128).clamp(0, 255) as u8);
        }
    }
}

/// A sample of each component for each px.
#[inline(always)]
pub(super) fn full([first, second, third]: [&[u8]; 3], is_rgb: bool, line: &mut [u8], level: Level) -> Option<()> {
    for (i, target) in line.chunks_mut(STEP * 4).enumerate() {
        let step = |row: &'_ [u8]| row.get(i * STEP..)?.first_chunk::<STEP>().copied();
        let (a, b, c) = (step(first)?, step(second)?, step(third)?);
        if is_rgb {
            target.as_chunks_mut::<4>().0.iter_mut().zip(a).zip(b.into_iter().zip(c)).for_each(|((to, r), (g, b))| *to = [r, g, b, 255]);
        } else {
            with_step(target, |target| level.colour_full(&a, &b, &c, target));
        }
    }
    Some(())
}

/// Writes a whole step, or as much of it as the row's end has room for.
#[inline(always)]
fn with_step(target: &mut [u8], write: impl FnOnce(&mut [u8; STEP * 4])) {
    if let Ok(whole) = <&mut [u8; STEP * 4]>::try_from(&mut *target) {
        write(whole);
    } else {
        let mut whole = [0; STEP * 4];
        write(&mut whole);
        target.iter_mut().zip(whole).for_each(|(to, v)| *to = v);
    }
}

#[inline(always)]
fn draw((rows, ring, level): (&mut Rows<'_>, &Ring, Level)) -> Option<()> {
    rows.row(ring, level)
}
