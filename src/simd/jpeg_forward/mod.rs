//! What a JPEG encoder does to pixels before entropy coding: colour conversion, forward transform, quantisation, zig-zag order.
//!
//! Whole numbers throughout, 16 bits wide where a vector register holds them: samples in half units around 0, an AAN transform of five
//! multiplications, a quantiser of two rounding multiplications by Q15 numbers; for high qualities, where the steps are as short as their
//! errors, the transform and quantiser of `precise`. These two files are the reference; `avx2` gives the same values.

#![allow(unsafe_code, reason = "vector instructions")]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod precise;

use super::Level;

/// Side of a tile in px.
pub(crate) const TILE_PX: usize = 16;

/// How much of the colour is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sampling {
    /// Chroma of 2x2 px averaged: a tile is 16x16 px, one MCU.
    S420,
    /// All of it: a tile is 16x8 px, two MCUs.
    S444,
    /// None: a tile is 16x8 px, two MCUs of one block.
    Grey,
}

impl Sampling {
    /// Height of a tile in px.
    pub(crate) const fn tile_height(self) -> usize {
        match self {
            Self::S420 => 16,
            Self::S444 | Self::Grey => 8,
        }
    }

    /// Luma, and chroma's two where there is chroma.
    pub(crate) const fn components(self) -> usize {
        match self {
            Self::S420 | Self::S444 => 3,
            Self::Grey => 1,
        }
    }
}

/// Six blocks before the transform, in pairs side by side. 4:2:0: 16 rows of luma, then 8 rows of (Cb, Cr). 4:4:4: 8 rows each of luma,
/// Cb and Cr. Grey: 8 rows of luma.
#[derive(Debug, Clone, PartialEq, Default)]
#[repr(C, align(32))]
pub(crate) struct Tile(pub(crate) [[i16; 16]; 24]);

/// The six blocks after it, in zig-zag order, and where they are not 0.
#[derive(Debug, Clone, PartialEq)]
#[repr(C, align(32))]
pub(crate) struct Blocks {
    pub(crate) zigzag: [[i16; 64]; 6],
    /// Bit k is set where coefficient k is not 0.
    pub(crate) nonzero: [u64; 6],
}

impl Default for Blocks {
    fn default() -> Self {
        Self { zigzag: [[0; 64]; 6], nonzero: [0; 6] }
    }
}

/// The quantisers of luma and chroma, and with them the transform.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Quantiser {
    Fast([Quant; 2]),
    Precise([Divisor; 2]),
}

/// For the fast transform: per column h and row v a factor and a power of two in Q15, each twice, for two blocks side by side.
#[derive(Debug, Clone, PartialEq)]
#[repr(C, align(32))]
pub(crate) struct Quant {
    pub(crate) factor: [[i16; 16]; 8],
    pub(crate) power: [[i16; 16]; 8],
}

/// For the precise transform: per column h and row v half a step and the inverse of two, each twice, for two blocks side by side.
#[derive(Debug, Clone, PartialEq)]
#[repr(C, align(32))]
pub(crate) struct Divisor {
    /// In sixteenths.
    pub(crate) half: [[u16; 16]; 8],
    /// In 65,536ths.
    pub(crate) inverse: [[u16; 16]; 8],
}

/// Zig-zag position -> the index in rows from the top.
pub(crate) const ZIGZAG: [u8; 64] = {
    let mut t = [0u8; 64];
    let (mut k, mut d) = (0usize, 0i32);
    while d < 15 {
        let lo = if d < 8 { 0 } else { d - 7 };
        let hi = if d < 8 { d } else { 7 };
        let mut i = lo;
        while i <= hi {
            // odd diagonals run top-right -> bottom-left (row grows), even ones the other way
            let row = if d & 1 == 1 { i } else { hi + lo - i };
            t[k] = (row * 8 + (d - row)) as u8;
            k += 1;
            i += 1;
        }
        d += 1;
    }
    t
};

// Weights of JFIF in Q15; each chroma row sums to 0, luma to 32768.
const Y: [i32; 3] = [9798, 19235, 3735];
const CB: [i32; 3] = [-5529, -10855, 16384];
const CR: [i32; 3] = [16384, -13720, -2664];
/// Level shift of luma.
const Y_SHIFT: i32 = -(128 << 15);

// Constants of the AAN transform in Q15.
const C4: i16 = 23170; // 0.707106781
const C6: i16 = 12540; // 0.382683433
const C26: i16 = 17734; // 0.541196100
const C62: i16 = 10045; // 1.306562965 - 1

impl Level {
    /// One tile of RGBA rows, `pitch` bytes apart, as luma and chroma, in half units, or for `whole` rounded to whole ones: where
    /// steps are so short that a decoder finds each sample again, its rounding is the file's.
    #[inline(always)]
    pub(crate) fn colour(self, sampling: Sampling, whole: bool, rgba: &[u8], pitch: usize, tile: &mut Tile) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && rgba.len() >= (sampling.tile_height() - 1) * pitch + TILE_PX * 4 {
            // SAFETY: the processor has AVX2; the last row read ends at the length just compared
            return unsafe {
                match (sampling, whole) {
                    (Sampling::S420, false) => avx2::colour_420::<0>(rgba.as_ptr(), pitch, tile),
                    (Sampling::S420, true) => avx2::colour_420::<1>(rgba.as_ptr(), pitch, tile),
                    (Sampling::S444, false) => avx2::colour_444::<0>(rgba.as_ptr(), pitch, tile),
                    (Sampling::S444, true) => avx2::colour_444::<1>(rgba.as_ptr(), pitch, tile),
                    (Sampling::Grey, false) => avx2::grey::<0>(rgba.as_ptr(), pitch, tile),
                    (Sampling::Grey, true) => avx2::grey::<1>(rgba.as_ptr(), pitch, tile),
                }
            };
        }
        let less = i32::from(whole);
        match sampling {
            Sampling::S420 => colour_420(rgba, pitch, tile, less),
            Sampling::S444 => colour_444(rgba, pitch, tile, less, 24),
            Sampling::Grey => colour_444(rgba, pitch, tile, less, 8),
        }
    }

    /// Transform, quantisation and zig-zag order of a tile: pairs of blocks, the first of them luma.
    #[inline(always)]
    pub(crate) fn transform(self, sampling: Sampling, tile: &Tile, quantiser: &Quantiser, blocks: &mut Blocks) {
        // by pair of blocks: whether it is chroma
        let pairs: &[usize] = match sampling {
            Sampling::S420 => &[0, 0, 1],
            Sampling::S444 => &[0, 1, 1],
            Sampling::Grey => &[0],
        };
        let rows = tile.0.as_chunks::<8>().0.iter();
        let zigzags = blocks.zigzag.as_chunks_mut::<2>().0.iter_mut();
        let masks = blocks.nonzero.as_chunks_mut::<2>().0.iter_mut();
        for (((rows, pair), zigzags), masks) in rows.zip(pairs).zip(zigzags).zip(masks) {
            match quantiser {
                Quantiser::Fast(quants) => self.pair(rows, of(quants, *pair), zigzags, masks),
                Quantiser::Precise(divisors) => self.precise_pair(rows, of(divisors, *pair), zigzags, masks),
            }
        }
    }

    /// Two blocks side by side.
    #[inline(always)]
    fn pair(self, rows: &[[i16; 16]; 8], quant: &Quant, zigzags: &mut [[i16; 64]; 2], masks: &mut [u64; 2]) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: the processor has AVX2
            return unsafe { avx2::fast(rows, quant, zigzags, masks) };
        }
        let quantised = |c: i16, h: usize, v: usize| {
            let of = |table: &[[i16; 16]; 8]| table.get(h).and_then(|column| column.get(v)).copied().unwrap_or(0);
            mulhrs(mulhrs(c, of(&quant.factor)), of(&quant.power))
        };
        for (left, (zigzag, mask)) in [0, 8].into_iter().zip(zigzags.iter_mut().zip(masks)) {
            block(rows, left, aan, aan, quantised, zigzag, mask);
        }
    }

    /// Two blocks side by side.
    #[inline(always)]
    fn precise_pair(self, rows: &[[i16; 16]; 8], divisor: &Divisor, zigzags: &mut [[i16; 64]; 2], masks: &mut [u64; 2]) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: the processor has AVX2
            return unsafe { avx2::precise(rows, divisor, zigzags, masks) };
        }
        let quantised = |c: i16, h: usize, v: usize| precise::quantise(c, h, v, divisor);
        for (left, (zigzag, mask)) in [0, 8].into_iter().zip(zigzags.iter_mut().zip(masks)) {
            block(rows, left, |d| precise::pass(d, true), |d| precise::pass(d, false), quantised, zigzag, mask);
        }
    }
}

fn of<T>([luma, chroma]: &[T; 2], pair: usize) -> &T {
    if pair == 0 { luma } else { chroma }
}

fn pixel(rgba: &[u8], pitch: usize, x: usize, y: usize) -> [i32; 3] {
    match rgba.get(y * pitch + x * 4..).and_then(|p| p.first_chunk::<3>()) {
        Some(p) => p.map(i32::from),
        None => [0; 3],
    }
}

fn dot([r, g, b]: [i32; 3], [wr, wg, wb]: [i32; 3]) -> i32 {
    r * wr + g * wg + b * wb
}

/// A sum of products in half units of `bits` bits behind the point, rounded to so many bits less. Whole units round a half down, so that
/// the bluest blue is 127 and the transform's sums stay within 16 bits.
fn rounded(sum: i32, bits: i32, less: i32) -> i16 {
    (((sum + (1 << (bits + less - 1)) - less) >> (bits + less)) << less) as i16
}

fn colour_420(rgba: &[u8], pitch: usize, tile: &mut Tile, less: i32) {
    let (luma, chroma) = tile.0.split_at_mut(16);
    for (y, row) in luma.iter_mut().enumerate() {
        for (x, out) in row.iter_mut().enumerate() {
            *out = rounded(dot(pixel(rgba, pitch, x, y), Y) + Y_SHIFT, 14, less);
        }
    }
    for (y, row) in chroma.iter_mut().enumerate() {
        let (cb, cr) = row.split_at_mut(8);
        for (x, (cb, cr)) in cb.iter_mut().zip(cr).enumerate() {
            let corners = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| pixel(rgba, pitch, 2 * x + i, 2 * y + j));
            let sum = corners.into_iter().fold([0; 3], |[r, g, b], [pr, pg, pb]| [r + pr, g + pg, b + pb]);
            *cb = rounded(dot(sum, CB), 16, less);
            *cr = rounded(dot(sum, CR), 16, less);
        }
    }
}

/// The first so many rows.
fn colour_444(rgba: &[u8], pitch: usize, tile: &mut Tile, less: i32, rows: usize) {
    for (i, row) in tile.0.iter_mut().take(rows).enumerate() {
        let (weights, shift) = match i / 8 {
            0 => (Y, Y_SHIFT),
            1 => (CB, 0),
            _ => (CR, 0),
        };
        for (x, out) in row.iter_mut().enumerate() {
            *out = rounded(dot(pixel(rgba, pitch, x, i % 8), weights) + shift, 14, less);
        }
    }
}

fn mulhrs(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + 16384) >> 15) as i16
}

/// One AAN transform of eight points, not normalised.
fn aan([d0, d1, d2, d3, d4, d5, d6, d7]: [i16; 8]) -> [i16; 8] {
    let (add, sub) = (i16::wrapping_add, i16::wrapping_sub);
    let (s07, d07, s16, d16) = (add(d0, d7), sub(d0, d7), add(d1, d6), sub(d1, d6));
    let (s25, d25, s34, d34) = (add(d2, d5), sub(d2, d5), add(d3, d4), sub(d3, d4));
    let (e0, e3, e1, e2) = (add(s07, s34), sub(s07, s34), add(s16, s25), sub(s16, s25));
    let z1 = mulhrs(add(e2, e3), C4);
    let (o0, o1, o2) = (add(d34, d25), add(d25, d16), add(d16, d07));
    let z5 = mulhrs(sub(o0, o2), C6);
    let z2 = add(mulhrs(o0, C26), z5);
    let z4 = add(add(mulhrs(o2, C62), o2), z5);
    let z3 = mulhrs(o1, C4);
    let (z11, z13) = (add(d07, z3), sub(d07, z3));
    [add(e0, e1), add(z11, z4), add(e3, z1), sub(z13, z2), sub(e0, e1), add(z13, z2), sub(e3, z1), sub(z11, z4)]
}

/// The block that starts in column `left` of eight rows: a pass down the columns, one along the rows, then each coefficient by itself.
fn block(
    rows: &[[i16; 16]; 8],
    left: usize,
    down: impl Fn([i16; 8]) -> [i16; 8],
    along: impl Fn([i16; 8]) -> [i16; 8],
    quantised: impl Fn(i16, usize, usize) -> i16,
    zigzag: &mut [i16; 64],
    mask: &mut u64,
) {
    let mut columns = [[0i16; 8]; 8];
    for (x, column) in columns.iter_mut().enumerate() {
        *column = down(rows.map(|row| row.get(left + x).copied().unwrap_or(0)));
    }
    let mut natural = [0i16; 64];
    for (v, out) in natural.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let row = along(columns.map(|column| column.get(v).copied().unwrap_or(0)));
        for (h, (out, c)) in out.iter_mut().zip(row).enumerate() {
            *out = quantised(c, h, v);
        }
    }
    *mask = 0;
    for (k, (out, n)) in zigzag.iter_mut().zip(ZIGZAG).enumerate() {
        *out = natural.get(usize::from(n)).copied().unwrap_or(0);
        *mask |= u64::from(*out != 0) << k;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_vector_kernels_give_the_values_of_the_scalar_ones(
            pixels in prop::collection::vec(any::<u8>(), 16 * 80),
            flat in any::<bool>(),
            factors in prop::array::uniform8(1i16..32767),
            shift in 0u32..14,
            sampling in prop::sample::select(vec![Sampling::S420, Sampling::S444, Sampling::Grey]),
            is_precise in any::<bool>(),
        ) {
            let pixels: Vec<u8> = pixels.into_iter().map(|v| if flat { if v < 128 { 0 } else { 255 } } else { v }).collect();
            let factor = |offset: usize, h: usize, v: usize| factors[(h + v + offset) % 8];
            let quant = |offset: usize| Quant {
                factor: std::array::from_fn(|h| std::array::from_fn(|v| factor(offset, h, v))),
                power: [[(32768i32 >> shift).min(32767) as i16; 16]; 8],
            };
            let divisor = |offset: usize| Divisor {
                half: std::array::from_fn(|h| std::array::from_fn(|v| factor(offset, h, v) as u16 >> shift)),
                inverse: std::array::from_fn(|h| std::array::from_fn(|v| (factor(offset, h, v) as u16) << 1)),
            };
            let quantiser =
                if is_precise { Quantiser::Precise([divisor(0), divisor(3)]) } else { Quantiser::Fast([quant(0), quant(3)]) };
            let run = |level: Level| {
                let (mut tile, mut blocks) = (Tile::default(), Blocks::default());
                level.colour(sampling, is_precise, &pixels, 80, &mut tile);
                level.transform(sampling, &tile, &quantiser, &mut blocks);
                (tile, blocks)
            };
            prop_assert_eq!(run(Level::SCALAR), run(Level::detect()));
        }

        /// Against cosines in f64: what rounding leaves is less than the sixteenth of a step that coefficients come in.
        #[test]
        fn the_precise_transform_is_the_transform(samples in prop::collection::vec(-256i16..=255, 64), flat in any::<bool>()) {
            let samples: Vec<i16> = samples.into_iter().map(|v| if flat { if v < 0 { -256 } else { 254 } } else { v }).collect();
            let mut rows = [[0; 16]; 8];
            samples.iter().enumerate().for_each(|(i, v)| rows[i / 8][i % 8] = *v);
            let (mut zigzag, mut mask) = ([0; 64], 0);
            block(&rows, 0, |d| precise::pass(d, true), |d| precise::pass(d, false), |c, _, _| c, &mut zigzag, &mut mask);
            let cos = |x: usize, u: usize| libm::cos((2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0);
            let norm = |u: usize| if u == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
            for (k, n) in ZIGZAG.iter().enumerate() {
                let (v, h) = (usize::from(*n) / 8, usize::from(*n) % 8);
                let sum: f64 = samples.iter().enumerate().map(|(i, s)| f64::from(*s) * cos(i % 8, h) * cos(i / 8, v)).sum();
                // a quarter is the transform's, 8 its scale here
                let exact = sum * 0.25 * norm(h) * norm(v) * 8.0;
                prop_assert!((f64::from(zigzag[k]) - exact).abs() < 4.0, "{h} {v}: {} for {exact}", zigzag[k]);
            }
        }
    }
}
