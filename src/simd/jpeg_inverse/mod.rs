//! What a JPEG decoder does after entropy decoding: inverse transform, and chroma upsampled and turned into RGBA.
//!
//! Whole numbers of 16 bits with saturating additions: an AAN transform whose scales are part of the dequantiser, two fraction bits;
//! chroma upsampled by a triangle in sixteenths, as libjpeg-turbo does; colour by rounding Q15 products. Blocks of one value and blocks
//! whose last coefficient is among the first ten take shorter ways. This file is the reference; `avx2` gives the same bytes.

#![allow(unsafe_code, reason = "vector instructions")]

#[cfg(target_arch = "x86_64")]
mod avx2;

use std::mem::take;

use super::Level;

/// Fraction bits of the coefficients; two keep extreme blocks within 16 bits.
pub(crate) const FRACTION: u32 = 2;
/// Shift from a transformed value to a sample.
const SHIFT: u32 = 3 + FRACTION;
/// Pixels that are turned into colour at once.
pub(crate) const STEP: usize = 32;

/// Room for two blocks side by side: coefficient (row r, column c) of the first at `c * 16 + r`, of the second 8 further on; or for four
/// of 4x4, each 4 further on. From [`DUMMY`] on stands what belongs nowhere.
#[derive(Debug, Clone, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Coefficients(pub(crate) [i16; ROOM + 256]);

/// The first place of no meaning, for any block; a store there needs no test.
pub(crate) const DUMMY: u8 = 128;
/// Blocks begin before this one.
const ROOM: usize = 16;

impl Default for Coefficients {
    fn default() -> Self {
        Self([0; ROOM + 256])
    }
}

impl Coefficients {
    /// A block's places, where it begins at 0 to 15.
    #[inline(always)]
    pub(crate) fn block(&mut self, start: usize) -> Option<&mut [i16; 256]> {
        self.0.get_mut(start..)?.first_chunk_mut()
    }
}

/// What each of [`Coefficients`] is multiplied by, in Q16: the quantiser's step and the transform's scale.
#[derive(Debug, Clone, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Factors {
    /// Each factor is `high * 65536 + low`.
    high: [i16; DUMMY as usize],
    low: [i16; DUMMY as usize],
}

impl Default for Factors {
    fn default() -> Self {
        Self { high: [0; DUMMY as usize], low: [0; DUMMY as usize] }
    }
}

impl Factors {
    /// Sets the factor of a place below [`DUMMY`].
    pub(crate) fn set(&mut self, at: usize, factor: i32) {
        let low = factor as i16;
        if let (Some(h), Some(l)) = (self.high.get_mut(at), self.low.get_mut(at)) {
            (*h, *l) = ((factor.wrapping_sub(low.into()) >> 16) as i16, low);
        }
    }

    /// A coefficient at a place, dequantised.
    #[inline(always)]
    fn of(&self, at: usize, coefficient: i16) -> i16 {
        let factor = |part: &[i16; DUMMY as usize]| i32::from(part.get(at).copied().unwrap_or(0));
        let (high, low) = (factor(&self.high), factor(&self.low));
        let v = i32::from(coefficient);
        ((v * high) as i16).wrapping_add(((v * low + 32_768) >> 16) as i16)
    }

    /// The first coefficient of a block, dequantised.
    #[inline(always)]
    fn mean(&self, at: usize, coefficient: i16) -> i16 {
        self.of(at, coefficient).wrapping_add(MEAN)
    }
}

/// What is added to the first coefficient: half of the range of samples, and half a unit.
const MEAN: i16 = (128 * 8 + 4) << FRACTION;

/// Chroma of a row at half the width, in quarters around 0, one sample more on both sides.
#[derive(Clone, Copy)]
pub(crate) struct Upsampled<'c> {
    pub(crate) cb: &'c [i16],
    pub(crate) cr: &'c [i16],
    /// What is added to sixteenths of even and of odd px.
    pub(crate) rounding: [i16; 2],
}

/// A constant in Q15.
const fn q15(value: f64) -> i16 {
    (value * 32_768.0 + 0.5) as i16
}

const SQRT2_1: i16 = q15(0.414_213_562);
const C2_1: i16 = q15(0.847_759_065);
const C2_C6_1: i16 = q15(0.082_392_200);
const C2C6_2: i16 = q15(0.613_125_930);
/// cos and sin of an eighth turn times the root of 2, the cos less one.
const COS8_1: i16 = q15(0.306_562_96);
const SIN8: i16 = q15(0.541_196_1);
const CB_TO_G: i16 = q15(0.344_136);
const CR_TO_G: i16 = q15(0.714_136);
const CR_TO_R: i16 = q15(0.701);
const CB_TO_B: i16 = q15(0.886);

impl Level {
    /// Two blocks to samples at two places of a plane; the coefficients become 0. `last` is the larger of the two last coefficients in
    /// zig-zag order.
    #[inline(always)]
    pub(crate) fn inverse_pair(
        self,
        pair: &mut Coefficients,
        factors: &Factors,
        last: u32,
        plane: &mut [u8],
        at: [usize; 2],
        stride: usize,
    ) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && at.iter().all(|at| at + 7 * stride + 8 <= plane.len()) {
            // SAFETY: the processor has AVX2; both blocks end within the plane, as just compared
            return unsafe { avx2::inverse_pair(pair, factors, last, plane.as_mut_ptr(), at, stride) };
        }
        inverse_pair(pair, factors, last, plane, at, stride);
    }

    /// Four blocks of 4x4 (the low frequencies of 8x8 ones) to samples at four places: half the size. `last` is 0
    /// where each has its mean alone.
    #[inline(always)]
    pub(crate) fn inverse_half(
        self,
        four: &mut Coefficients,
        factors: &Factors,
        last: u32,
        plane: &mut [u8],
        at: [usize; 4],
        stride: usize,
    ) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && at.iter().all(|at| at + 3 * stride + 4 <= plane.len()) {
            // SAFETY: the processor has AVX2; all four blocks end within the plane, as just compared
            return unsafe { avx2::inverse_half(four, factors, last, plane.as_mut_ptr(), at, stride) };
        }
        inverse_half(four, factors, plane, at, stride);
    }

    /// Quarters around 0 of a row of chroma: three of the nearer row and one of the farther.
    #[inline(always)]
    pub(crate) fn quarters(self, near: &[u8], far: &[u8], out: &mut [i16]) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && near.len().min(far.len()) >= out.len() {
            // SAFETY: the processor has AVX2; both rows have as many samples as are wanted, as just compared
            return unsafe { avx2::quarters(near, far, out) };
        }
        quarters(near, far, out, 0);
    }

    /// Appends px of RGBA from luma and from chroma at half the width. Luma must have whole steps, chroma half of that and two more; what
    /// is missing counts as 0.
    #[inline(always)]
    pub(crate) fn colour_upsampled(self, y: &[u8], chroma: Upsampled<'_>, px: usize, out: &mut Vec<u8>) {
        #[cfg(target_arch = "x86_64")]
        {
            let steps = px.next_multiple_of(STEP);
            if self.avx2 && y.len() >= steps && chroma.cb.len().min(chroma.cr.len()) >= steps / 2 + 2 {
                // SAFETY: the processor has AVX2; the rows have whole steps, as just compared
                return unsafe { avx2::colour_upsampled(y, chroma, px, out) };
            }
        }
        colour_upsampled(y, chroma, px, out);
    }

    /// Appends px of RGBA from luma and chroma of the same width, which must have whole steps; what is missing counts as 0.
    #[inline(always)]
    pub(crate) fn colour_full(self, y: &[u8], cb: &[u8], cr: &[u8], px: usize, out: &mut Vec<u8>) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && y.len().min(cb.len()).min(cr.len()) >= px.next_multiple_of(STEP) {
            // SAFETY: the processor has AVX2; the rows have whole steps, as just compared
            return unsafe { avx2::colour_full(y, cb, cr, px, out) };
        }
        colour_full(y, cb, cr, px, out);
    }
}

fn add(a: i16, b: i16) -> i16 {
    a.saturating_add(b)
}

fn sub(a: i16, b: i16) -> i16 {
    a.saturating_sub(b)
}

fn mul(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + 16_384) >> 15) as i16
}

/// One AAN pass over eight values; with `low`, the last four are 0.
fn pass([x0, x1, x2, x3, x4, x5, x6, x7]: [i16; 8], low: bool) -> [i16; 8] {
    let (e10, e11, e13, e12, z10, z11, z12, z13);
    if low {
        (e10, e11, e13, e12) = (x0, x0, x2, mul(x2, SQRT2_1));
        (z13, z10, z11, z12) = (x3, sub(0, x3), x1, x1);
    } else {
        (e10, e11, e13) = (add(x0, x4), sub(x0, x4), add(x2, x6));
        let d = sub(x2, x6);
        e12 = sub(add(d, mul(d, SQRT2_1)), e13);
        (z13, z10, z11, z12) = (add(x5, x3), sub(x5, x3), add(x1, x7), sub(x1, x7));
    }
    let (t0, t3) = (add(e10, e13), sub(e10, e13));
    let (t1, t2) = (add(e11, e12), sub(e11, e12));
    let o7 = add(z11, z13);
    let d = sub(z11, z13);
    let o11 = add(d, mul(d, SQRT2_1));
    let s = add(z10, z12);
    let z5 = add(s, mul(s, C2_1));
    let o10 = sub(add(z12, mul(z12, C2_C6_1)), z5);
    let o12 = sub(z5, add(add(z10, z10), mul(z10, C2C6_2)));
    let o6 = sub(o12, o7);
    let o5 = sub(o11, o6);
    let o4 = add(o10, o5);
    [add(t0, o7), add(t1, o6), add(t2, o5), sub(t3, o4), add(t3, o4), sub(t2, o5), sub(t1, o6), sub(t0, o7)]
}

fn sample(value: i16, shift: u32) -> u8 {
    (value >> shift).clamp(0, 255) as u8
}

fn inverse_pair(pair: &mut Coefficients, factors: &Factors, last: u32, plane: &mut [u8], at: [usize; 2], stride: usize) {
    for (block, at) in [0, 8].into_iter().zip(at) {
        let value = |column: usize, row: usize| {
            let at = column * 16 + block + row;
            let value = factors.of(at, pair.0.get(at).copied().unwrap_or(0));
            if (column, row) == (0, 0) { value.wrapping_add(MEAN) } else { value }
        };
        if last == 0 {
            let flat = [sample(value(0, 0), SHIFT); 8];
            (0..8).for_each(|row| put(plane, at + row * stride, &flat));
            continue;
        }
        let low = last < 10;
        // along each row of coefficients, then down each column
        let rows: [[i16; 8]; 8] =
            std::array::from_fn(|row| pass(std::array::from_fn(|c| if low && c > 3 { 0 } else { value(c, row) }), low));
        let columns = std::array::from_fn::<[i16; 8], 8, _>(|x| pass(rows.map(|row| row.get(x).copied().unwrap_or(0)), low));
        for row in 0..8 {
            put(plane, at + row * stride, &columns.map(|c| sample(c.get(row).copied().unwrap_or(0), SHIFT)));
        }
    }
    pair.0.iter_mut().take(DUMMY as usize).for_each(|v| *v = 0);
}

/// One pass over four values; the odd ones carry the root of 2.
fn pass_4([x0, x1, x2, x3]: [i16; 4]) -> [i16; 4] {
    let (a, b) = (add(x0, x2), sub(x0, x2));
    let m = add(add(x1, mul(x1, COS8_1)), mul(x3, SIN8));
    let n = sub(sub(mul(x1, SIN8), x3), mul(x3, COS8_1));
    [add(a, m), add(b, n), sub(b, n), sub(a, m)]
}

fn inverse_half(four: &mut Coefficients, factors: &Factors, plane: &mut [u8], at: [usize; 4], stride: usize) {
    for (block, at) in at.into_iter().enumerate() {
        let value = |column: usize, row: usize| {
            let at = column * 16 + block * 4 + row;
            let value = factors.of(at, four.0.get(at).copied().unwrap_or(0));
            if (column, row) == (0, 0) { value.wrapping_add(MEAN) } else { value }
        };
        let rows: [[i16; 4]; 4] = std::array::from_fn(|row| pass_4(std::array::from_fn(|c| value(c, row))));
        let columns = std::array::from_fn::<[i16; 4], 4, _>(|x| pass_4(rows.map(|row| row.get(x).copied().unwrap_or(0))));
        for row in 0..4 {
            put(plane, at + row * stride, &columns.map(|c| sample(c.get(row).copied().unwrap_or(0), SHIFT)));
        }
    }
    four.0.iter_mut().take(DUMMY as usize / 2).for_each(|v| *v = 0);
}

/// The lowest 2x2 of a block to as many samples: a quarter of the size; its factors begin at `start`. Too little for vectors.
#[inline(always)]
pub(crate) fn inverse_quarter(block: &mut Coefficients, factors: &Factors, start: usize, plane: &mut [u8], at: usize, stride: usize) {
    let [mean, down, ..] = &mut block.0;
    let (mean, down) = (factors.mean(start, take(mean)), factors.of(start + 1, take(down)));
    if let Some([across, both]) = block.0.get_mut(16..18) {
        let (across, both) = (factors.of(start + 16, take(across)), factors.of(start + 17, take(both)));
        let (a, b, c, d) = (add(mean, down), sub(mean, down), add(across, both), sub(across, both));
        put(plane, at, &[sample(add(a, c), SHIFT), sample(sub(a, c), SHIFT)]);
        put(plane, at + stride, &[sample(add(b, d), SHIFT), sample(sub(b, d), SHIFT)]);
    }
}

/// The mean of a block as one sample: an eighth of the size; its factors begin at `start`.
#[inline(always)]
pub(crate) fn inverse_dc(block: &mut Coefficients, factors: &Factors, start: usize, plane: &mut [u8], at: usize) {
    let [mean, ..] = &mut block.0;
    put(plane, at, &[sample(factors.mean(start, take(mean)), SHIFT)]);
}

#[inline(always)]
fn put(plane: &mut [u8], at: usize, samples: &[u8]) {
    if let Some(place) = plane.get_mut(at..at + samples.len()) {
        place.copy_from_slice(samples);
    }
}

/// RGBA of one px; chroma around 0.
pub(crate) fn colour(y: u8, cb: i16, cr: i16) -> [u8; 4] {
    let green = mul(cb << 6, CB_TO_G) + mul(cr << 6, CR_TO_G);
    let terms = [mul(cr + cr, CR_TO_R), (32 - green) >> 6, mul(cb + cb, CB_TO_B)];
    let [r, g, b] = terms.map(|t| (i16::from(y) + t).clamp(0, 255) as u8);
    [r, g, b, 255]
}

/// Samples from `from` on.
fn quarters(near: &[u8], far: &[u8], out: &mut [i16], from: usize) {
    for (out, (near, far)) in out.iter_mut().zip(near.iter().zip(far)).skip(from) {
        *out = 3 * i16::from(*near) + i16::from(*far) - 512;
    }
}

fn colour_upsampled(y: &[u8], Upsampled { cb, cr, rounding: [even, odd] }: Upsampled<'_>, px: usize, out: &mut Vec<u8>) {
    let between = |samples: &[i16], x: usize| {
        let at = |i: usize| samples.get(i).copied().unwrap_or(0);
        let near = 3 * at(x / 2 + 1);
        if x.is_multiple_of(2) { (near + at(x / 2) + even) >> 4 } else { (near + at(x / 2 + 2) + odd) >> 4 }
    };
    for x in 0..px {
        out.extend(colour(y.get(x).copied().unwrap_or(0), between(cb, x), between(cr, x)));
    }
}

fn colour_full(y: &[u8], cb: &[u8], cr: &[u8], px: usize, out: &mut Vec<u8>) {
    let at = |row: &[u8], x: usize| row.get(x).copied().unwrap_or(0);
    for x in 0..px {
        out.extend(colour(at(y, x), i16::from(at(cb, x)) - 128, i16::from(at(cr, x)) - 128));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_vector_transforms_give_the_samples_of_the_scalar_ones(
            values in prop::collection::vec(any::<i16>(), 128),
            by in prop::collection::vec(any::<i32>(), 128),
            small in any::<bool>(),
            last in prop::sample::select(vec![0u32, 3, 9, 10, 63]),
            square in any::<bool>(),
        ) {
            let mut start = Coefficients::default();
            for (i, v) in values.iter().enumerate() {
                // what `last` promises: columns and rows from the fifth on are 0
                let empty = (last < 10 && (i / 16 > 3 || i % 8 > 3)) || (last == 0 && i % 8 + i / 16 > 0);
                start.0[i] = if empty { 0 } else if small { v >> 5 } else { *v };
            }
            let mut factors = Factors::default();
            by.iter().enumerate().for_each(|(at, by)| factors.set(at, if small { by >> 12 } else { *by }));
            let run = |level: Level| {
                let (mut pair, mut plane) = (start.clone(), vec![7; 20 * 8]);
                level.inverse_pair(&mut pair, &factors, last, &mut plane, [1, 10], 20);
                let (mut four, mut half) = (start.clone(), vec![7; 20 * 8]);
                let at = if square { [3, 7, 83, 87] } else { [9, 0, 85, 92] };
                level.inverse_half(&mut four, &factors, last, &mut half, at, 20);
                (pair, plane, half)
            };
            prop_assert_eq!(run(Level::SCALAR), run(Level::detect()));
        }

        #[test]
        fn the_vector_colours_are_the_scalar_ones(
            y in prop::collection::vec(any::<u8>(), 96),
            b in prop::collection::vec(any::<u8>(), 96),
            r in prop::collection::vec(any::<u8>(), 96),
            width in 0usize..=96,
            rounding in prop::sample::select(vec![[8, 7], [4, 8]]),
        ) {
            let run = |level: Level| {
                let (mut cb, mut cr) = (vec![0; 50], vec![0; width.div_ceil(2)]);
                level.quarters(&b, &r, &mut cb);
                level.quarters(&r, &b, &mut cr);
                cr.resize(50, 77);
                let (mut full, mut up, mut short) = (vec![5], vec![], vec![]);
                level.colour_full(&y, &b, &r, width, &mut full);
                level.colour_upsampled(&y, Upsampled { cb: &cb, cr: &cr, rounding }, width, &mut up);
                // rows without whole steps
                level.colour_full(&y[..width.min(70)], &b, &r, width, &mut short);
                assert_eq!([full.len(), up.len(), short.len()], [width * 4 + 1, width * 4, width * 4]);
                (cb, cr, full, up, short)
            };
            prop_assert_eq!(run(Level::SCALAR), run(Level::detect()));
        }
    }

    #[test]
    fn colours_are_those_of_jfif() {
        for (y, cb, cr) in [(128u8, 0i16, 0i16), (76, -43, 127), (150, -84, -107), (29, 127, -21), (255, 0, 0), (0, 0, 0), (90, 50, -60)] {
            let (yf, b, r) = (f64::from(y), f64::from(cb), f64::from(cr));
            let exact = [yf + 1.402 * r, yf - 0.344_136 * b - 0.714_136 * r, yf + 1.772 * b].map(|v| v.clamp(0.0, 255.0));
            for (got, exact) in colour(y, cb, cr).iter().zip(exact) {
                assert!((f64::from(*got) - exact).abs() <= 0.75, "{y} {cb} {cr}: {got} {exact}");
            }
        }
    }
}
