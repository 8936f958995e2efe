//! What a JPEG encoder does to pixels before entropy coding: colour conversion, forward transform, quantisation, zig-zag order.
//!
//! Whole numbers throughout, 16 bits wide where a vector register holds them: samples in half units around 0, an AAN transform of five
//! multiplications, a quantiser of two rounding multiplications by Q15 numbers. This file is the reference; `avx2` gives the same values.

#![allow(unsafe_code, reason = "vector instructions")]

#[cfg(target_arch = "x86_64")]
mod avx2;

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
}

impl Sampling {
    /// Height of a tile in px.
    pub(crate) const fn tile_height(self) -> usize {
        match self {
            Self::S420 => 16,
            Self::S444 => 8,
        }
    }
}

/// Six blocks before the transform, in pairs side by side. 4:2:0: 16 rows of luma, then 8 rows of (Cb, Cr). 4:4:4: 8 rows each of luma,
/// Cb and Cr.
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

/// A quantiser: per column h and row v a factor and a power of two in Q15, each twice, for two blocks side by side.
#[derive(Debug, Clone, PartialEq)]
#[repr(C, align(32))]
pub(crate) struct Quant {
    pub(crate) factor: [[i16; 16]; 8],
    pub(crate) power: [[i16; 16]; 8],
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
/// Rounding and level shift of luma in half units (>> 14).
const Y_BIAS: i32 = 8192 - (128 << 15);

// Constants of the AAN transform in Q15.
const C4: i16 = 23170; // 0.707106781
const C6: i16 = 12540; // 0.382683433
const C26: i16 = 17734; // 0.541196100
const C62: i16 = 10045; // 1.306562965 - 1

impl Level {
    /// One tile of RGBA rows, `pitch` bytes apart, as luma and chroma.
    #[inline(always)]
    pub(crate) fn colour(self, sampling: Sampling, rgba: &[u8], pitch: usize, tile: &mut Tile) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && rgba.len() >= (sampling.tile_height() - 1) * pitch + TILE_PX * 4 {
            // SAFETY: the processor has AVX2; the last row read ends at the length just compared
            return unsafe {
                match sampling {
                    Sampling::S420 => avx2::colour_420(rgba.as_ptr(), pitch, tile),
                    Sampling::S444 => avx2::colour_444(rgba.as_ptr(), pitch, tile),
                }
            };
        }
        match sampling {
            Sampling::S420 => colour_420(rgba, pitch, tile),
            Sampling::S444 => colour_444(rgba, pitch, tile),
        }
    }

    /// Transform, quantisation and zig-zag order of a tile: three pairs of blocks, the first `quant` for luma.
    #[inline(always)]
    pub(crate) fn transform(self, sampling: Sampling, tile: &Tile, quant: &[Quant; 2], blocks: &mut Blocks) {
        let [luma, chroma] = quant;
        let second = if sampling == Sampling::S420 { luma } else { chroma };
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: the processor has AVX2
            return unsafe { avx2::transform(tile, [luma, second, chroma], blocks) };
        }
        transform(tile, [luma, second, chroma], blocks);
    }
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

fn colour_420(rgba: &[u8], pitch: usize, tile: &mut Tile) {
    let (luma, chroma) = tile.0.split_at_mut(16);
    for (y, row) in luma.iter_mut().enumerate() {
        for (x, out) in row.iter_mut().enumerate() {
            *out = ((dot(pixel(rgba, pitch, x, y), Y) + Y_BIAS) >> 14) as i16;
        }
    }
    for (y, row) in chroma.iter_mut().enumerate() {
        let (cb, cr) = row.split_at_mut(8);
        for (x, (cb, cr)) in cb.iter_mut().zip(cr).enumerate() {
            let corners = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| pixel(rgba, pitch, 2 * x + i, 2 * y + j));
            let sum = corners.into_iter().fold([0; 3], |[r, g, b], [pr, pg, pb]| [r + pr, g + pg, b + pb]);
            *cb = ((dot(sum, CB) + 32768) >> 16) as i16;
            *cr = ((dot(sum, CR) + 32768) >> 16) as i16;
        }
    }
}

fn colour_444(rgba: &[u8], pitch: usize, tile: &mut Tile) {
    for (i, row) in tile.0.iter_mut().enumerate() {
        let (weights, bias) = match i / 8 {
            0 => (Y, Y_BIAS),
            1 => (CB, 8192),
            _ => (CR, 8192),
        };
        for (x, out) in row.iter_mut().enumerate() {
            *out = ((dot(pixel(rgba, pitch, x, i % 8), weights) + bias) >> 14) as i16;
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

fn transform(tile: &Tile, quants: [&Quant; 3], blocks: &mut Blocks) {
    let rows = tile.0.as_chunks::<8>().0.iter();
    let zigzags = blocks.zigzag.as_chunks_mut::<2>().0.iter_mut();
    let masks = blocks.nonzero.as_chunks_mut::<2>().0.iter_mut();
    for (((rows, quant), zigzags), masks) in rows.zip(quants).zip(zigzags).zip(masks) {
        for (half, (zigzag, mask)) in zigzags.iter_mut().zip(masks).enumerate() {
            block(rows, half * 8, quant, zigzag, mask);
        }
    }
}

/// The block that starts in column `left` of eight rows.
fn block(rows: &[[i16; 16]; 8], left: usize, quant: &Quant, zigzag: &mut [i16; 64], mask: &mut u64) {
    let mut columns = [[0i16; 8]; 8];
    for (x, column) in columns.iter_mut().enumerate() {
        *column = aan(rows.map(|row| row.get(left + x).copied().unwrap_or(0)));
    }
    let mut natural = [0i16; 64];
    for (v, out) in natural.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let row = aan(columns.map(|column| column.get(v).copied().unwrap_or(0)));
        for ((out, c), (factor, power)) in out.iter_mut().zip(row).zip(quant.factor.iter().zip(&quant.power)) {
            if let (Some(factor), Some(power)) = (factor.get(v), power.get(v)) {
                *out = mulhrs(mulhrs(c, *factor), *power);
            }
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
            s444 in any::<bool>(),
        ) {
            let pixels: Vec<u8> = pixels.into_iter().map(|v| if flat { if v < 128 { 0 } else { 255 } } else { v }).collect();
            let sampling = if s444 { Sampling::S444 } else { Sampling::S420 };
            let quant = |offset: usize| Quant {
                factor: std::array::from_fn(|h| std::array::from_fn(|v| factors[(h + v + offset) % 8])),
                power: [[(32768i32 >> shift).min(32767) as i16; 16]; 8],
            };
            let run = |level: Level| {
                let (mut tile, mut blocks) = (Tile::default(), Blocks::default());
                level.colour(sampling, &pixels, 80, &mut tile);
                level.transform(sampling, &tile, &[quant(0), quant(3)], &mut blocks);
                (tile, blocks)
            };
            prop_assert_eq!(run(Level::SCALAR), run(Level::detect()));
        }
    }
}
