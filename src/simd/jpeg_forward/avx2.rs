//! The AVX2 kernels: the values of the reference, two blocks in one register, one in each half.

use std::arch::x86_64::*;

use super::precise::{BETWEEN, BITS, E2, E6, O1, O3, O5, O7, Z3, Z4};
use super::{C4, C6, C26, C62, CB, CR, Divisor, Quant, Tile, Y, Y_SHIFT, ZIGZAG};

/// Byte shuffles: `MASKS[z][h]` takes from column h what belongs in elements 8z to 8z + 7 of the zig-zag order.
#[repr(align(32))]
struct Masks([[[u8; 32]; 8]; 8]);

static MASKS: Masks = {
    let mut t = [[[0x80u8; 32]; 8]; 8];
    let mut k = 0;
    while k < 64 {
        let (h, v, j) = (ZIGZAG[k] as usize & 7, ZIGZAG[k] / 8, k % 8 * 2);
        let mut o = 0;
        while o < 32 {
            t[k / 8][h][j + o] = v * 2;
            t[k / 8][h][j + 1 + o] = v * 2 + 1;
            o += 16;
        }
        k += 1;
    }
    Masks(t)
};

/// 16 px as lanes of 32 bits: px 0-3 and 8-11, then 4-7 and 12-15.
///
/// # Safety
/// 64 bytes can be read at `p`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load(p: *const u8) -> (__m256i, __m256i) {
    // SAFETY: the four loads of 16 bytes cover the 64 that the caller vouches for
    unsafe {
        let two = |a: usize, b: usize| _mm256_loadu2_m128i(p.add(b).cast(), p.add(a).cast());
        (two(0, 32), two(16, 48))
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn pair(low: i32, high: i32) -> __m256i {
    _mm256_set1_epi32((low & 0xffff) | high << 16)
}

/// Weights of (R, B) and of (G, A).
#[inline]
#[target_feature(enable = "avx2")]
fn weights([r, g, b]: [i32; 3]) -> (__m256i, __m256i) {
    (pair(r, b), pair(g, 0))
}

#[inline]
#[target_feature(enable = "avx2")]
fn dot(rb: __m256i, ga: __m256i, weights: (__m256i, __m256i)) -> __m256i {
    _mm256_add_epi32(_mm256_madd_epi16(rb, weights.0), _mm256_madd_epi16(ga, weights.1))
}

/// `rounded` of the reference, of a sum that is shifted first.
#[inline]
#[target_feature(enable = "avx2")]
fn rounded<const BITS: i32, const LESS: i32>(sum: __m256i, shift: i32) -> __m256i {
    let sum = _mm256_add_epi32(sum, _mm256_set1_epi32(shift + (1 << (BITS + LESS - 1)) - LESS));
    // the count of an immediate shift cannot be a sum of parameters
    let bits = _mm_cvtsi32_si128(BITS + LESS);
    if LESS == 0 { _mm256_srai_epi32::<BITS>(sum) } else { _mm256_slli_epi32::<LESS>(_mm256_sra_epi32(sum, bits)) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(row: &mut [i16; 16], v: __m256i) {
    // SAFETY: the row has 32 bytes
    unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), v) }
}

/// # Safety
/// 64 bytes can be read at each of the 16 rows from `src` on, `pitch` bytes apart.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn colour_420<const LESS: i32>(src: *const u8, pitch: usize, tile: &mut Tile) {
    let low = _mm256_set1_epi32(0x00ff_00ff);
    let (wy, wb, wr) = (weights(Y), weights(CB), weights(CR));
    let (luma, chroma) = tile.0.split_at_mut(16);
    for (y, (pair_of_rows, out)) in luma.as_chunks_mut::<2>().0.iter_mut().zip(chroma).enumerate() {
        // R and B, G and A of both halves, two rows added
        let mut sums = [_mm256_setzero_si256(); 4];
        for (i, row) in pair_of_rows.iter_mut().enumerate() {
            // SAFETY: row 2 y + i is one of the 16
            let (a, b) = unsafe { load(src.add((2 * y + i) * pitch)) };
            let (arb, aga) = (_mm256_and_si256(a, low), _mm256_srli_epi16::<8>(a));
            let (brb, bga) = (_mm256_and_si256(b, low), _mm256_srli_epi16::<8>(b));
            let (ya, yb) = (dot(arb, aga, wy), dot(brb, bga, wy));
            store(row, _mm256_packs_epi32(rounded::<14, LESS>(ya, Y_SHIFT), rounded::<14, LESS>(yb, Y_SHIFT)));
            for (sum, v) in sums.iter_mut().zip([arb, aga, brb, bga]) {
                *sum = _mm256_add_epi16(*sum, v);
            }
        }
        // neighbours added: eight groups of px in order, as (R, B) and (G, A) sums of four
        let [a, b, c, d] = sums;
        let (rb, ga) = (fold(a, c), fold(b, d));
        let term = |w| rounded::<16, LESS>(dot(rb, ga, w), 0);
        store(out, _mm256_permute4x64_epi64::<0xD8>(_mm256_packs_epi32(term(wb), term(wr))));
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn fold(a: __m256i, b: __m256i) -> __m256i {
    let (a, b) = (_mm256_castsi256_ps(a), _mm256_castsi256_ps(b));
    let (even, odd) = (_mm256_shuffle_ps::<0x88>(a, b), _mm256_shuffle_ps::<0xDD>(a, b));
    _mm256_add_epi16(_mm256_castps_si256(even), _mm256_castps_si256(odd))
}

/// # Safety
/// 64 bytes can be read at each of the 8 rows from `src` on, `pitch` bytes apart.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn colour_444<const LESS: i32>(src: *const u8, pitch: usize, tile: &mut Tile) {
    let low = _mm256_set1_epi32(0x00ff_00ff);
    let (wy, wb, wr) = (weights(Y), weights(CB), weights(CR));
    let (luma, chroma) = tile.0.split_at_mut(8);
    let (blue, red) = chroma.split_at_mut(8);
    for (y, ((luma, blue), red)) in luma.iter_mut().zip(blue).zip(red).enumerate() {
        // SAFETY: row y is one of the 8
        let (a, b) = unsafe { load(src.add(y * pitch)) };
        let (arb, aga) = (_mm256_and_si256(a, low), _mm256_srli_epi16::<8>(a));
        let (brb, bga) = (_mm256_and_si256(b, low), _mm256_srli_epi16::<8>(b));
        let term = |w, shift| {
            let (a, b) = (dot(arb, aga, w), dot(brb, bga, w));
            _mm256_packs_epi32(rounded::<14, LESS>(a, shift), rounded::<14, LESS>(b, shift))
        };
        store(luma, term(wy, Y_SHIFT));
        store(blue, term(wb, 0));
        store(red, term(wr, 0));
    }
}

/// # Safety
/// 64 bytes can be read at each of the 8 rows from `src` on, `pitch` bytes apart.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn grey<const LESS: i32>(src: *const u8, pitch: usize, tile: &mut Tile) {
    let low = _mm256_set1_epi32(0x00ff_00ff);
    let weights = weights(Y);
    for (y, luma) in tile.0.iter_mut().take(8).enumerate() {
        // SAFETY: row y is one of the 8
        let (a, b) = unsafe { load(src.add(y * pitch)) };
        let term = |v| {
            let dots = dot(_mm256_and_si256(v, low), _mm256_srli_epi16::<8>(v), weights);
            rounded::<14, LESS>(dots, Y_SHIFT)
        };
        store(luma, _mm256_packs_epi32(term(a), term(b)));
    }
}

/// A row of a tile, or of a table with an entry for each value of one.
#[inline]
#[target_feature(enable = "avx2")]
fn load_row<T: Copy>(row: &[T; 16]) -> __m256i {
    const { assert!(size_of::<[T; 16]>() == 32) };
    // SAFETY: the row has 32 bytes
    unsafe { _mm256_loadu_si256(row.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn aan(d: [__m256i; 8]) -> [__m256i; 8] {
    let (a, s) = (|x, y| _mm256_add_epi16(x, y), |x, y| _mm256_sub_epi16(x, y));
    let m = |x, c| _mm256_mulhrs_epi16(x, _mm256_set1_epi16(c));
    let (s07, d07, s16, d16) = (a(d[0], d[7]), s(d[0], d[7]), a(d[1], d[6]), s(d[1], d[6]));
    let (s25, d25, s34, d34) = (a(d[2], d[5]), s(d[2], d[5]), a(d[3], d[4]), s(d[3], d[4]));
    let (e0, e3, e1, e2) = (a(s07, s34), s(s07, s34), a(s16, s25), s(s16, s25));
    let z1 = m(a(e2, e3), C4);
    let (o0, o1, o2) = (a(d34, d25), a(d25, d16), a(d16, d07));
    let z5 = m(s(o0, o2), C6);
    let z2 = a(m(o0, C26), z5);
    let z4 = a(a(m(o2, C62), o2), z5);
    let z3 = m(o1, C4);
    let (z11, z13) = (a(d07, z3), s(d07, z3));
    [a(e0, e1), a(z11, z4), a(e3, z1), s(z13, z2), s(e0, e1), a(z13, z2), s(e3, z1), s(z11, z4)]
}

/// The 8x8 transpose of each half.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(r: [__m256i; 8]) -> [__m256i; 8] {
    let (l, h) = (|a, b| _mm256_unpacklo_epi16(a, b), |a, b| _mm256_unpackhi_epi16(a, b));
    let (a0, a1, a2, a3) = (l(r[0], r[1]), l(r[2], r[3]), l(r[4], r[5]), l(r[6], r[7]));
    let (a4, a5, a6, a7) = (h(r[0], r[1]), h(r[2], r[3]), h(r[4], r[5]), h(r[6], r[7]));
    let (l, h) = (|a, b| _mm256_unpacklo_epi32(a, b), |a, b| _mm256_unpackhi_epi32(a, b));
    let (b0, b1, b2, b3) = (l(a0, a1), h(a0, a1), l(a2, a3), h(a2, a3));
    let (b4, b5, b6, b7) = (l(a4, a5), h(a4, a5), l(a6, a7), h(a6, a7));
    let (l, h) = (|a, b| _mm256_unpacklo_epi64(a, b), |a, b| _mm256_unpackhi_epi64(a, b));
    [l(b0, b2), h(b0, b2), l(b1, b3), h(b1, b3), l(b4, b6), h(b4, b6), l(b5, b7), h(b5, b7)]
}

/// One pass of `precise`.
#[inline]
#[target_feature(enable = "avx2")]
fn precise_pass<const SHIFT: i32, const IS_FIRST: bool>(d: [__m256i; 8]) -> [__m256i; 8] {
    let (a, s) = (|x, y| _mm256_add_epi16(x, y), |x, y| _mm256_sub_epi16(x, y));
    let (s0, t7, s1, t6) = (a(d[0], d[7]), s(d[0], d[7]), a(d[1], d[6]), s(d[1], d[6]));
    let (s2, t5, s3, t4) = (a(d[2], d[5]), s(d[2], d[5]), a(d[3], d[4]), s(d[3], d[4]));
    let (e0, e3, e1, e2) = (a(s0, s3), s(s0, s3), a(s1, s2), s(s1, s2));
    let whole = |v| match IS_FIRST {
        true => _mm256_slli_epi16::<BETWEEN>(v),
        false => _mm256_srai_epi16::<BETWEEN>(a(v, _mm256_set1_epi16(1 << (BETWEEN - 1)))),
    };
    // pairs of values as neighbours, of the low and the high four of each half
    let pairs = |a, b| [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)];
    let dot = |[low, high]: [__m256i; 2], [u, v]: [i32; 2]| {
        let factors = pair(u, v);
        [_mm256_madd_epi16(low, factors), _mm256_madd_epi16(high, factors)]
    };
    let sum = |[a, b]: [__m256i; 2], [c, d]: [__m256i; 2]| [_mm256_add_epi32(a, c), _mm256_add_epi32(b, d)];
    let rounded = |[low, high]: [__m256i; 2]| {
        let half = _mm256_set1_epi32(1 << (SHIFT - 1));
        let shifted = |v| _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(v, half));
        _mm256_packs_epi32(shifted(low), shifted(high))
    };
    let (even, outer, inner) = (pairs(e3, e2), pairs(t4, t7), pairs(t5, t6));
    let z = pairs(a(t4, t6), a(t5, t7));
    let (odd3, odd4) = (dot(z, Z3), dot(z, Z4));
    [
        whole(a(e0, e1)),
        rounded(sum(dot(outer, O1), odd4)),
        rounded(dot(even, E2)),
        rounded(sum(dot(inner, O3), odd3)),
        whole(s(e0, e1)),
        rounded(sum(dot(inner, O5), odd4)),
        rounded(dot(even, E6)),
        rounded(sum(dot(outer, O7), odd3)),
    ]
}

/// Two blocks side by side by the fast transform.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn fast(rows: &[[i16; 16]; 8], quant: &Quant, out: &mut [[i16; 64]; 2], masks: &mut [u64; 2]) {
    let mut r = aan(transpose(aan(rows.each_ref().map(|row| load_row(row)))));
    for (r, (factor, power)) in r.iter_mut().zip(quant.factor.iter().zip(&quant.power)) {
        *r = _mm256_mulhrs_epi16(_mm256_mulhrs_epi16(*r, load_row(factor)), load_row(power));
    }
    zigzag(r, out, masks);
}

/// Two blocks side by side by the precise transform.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn precise(rows: &[[i16; 16]; 8], divisor: &Divisor, out: &mut [[i16; 64]; 2], masks: &mut [u64; 2]) {
    let columns = precise_pass::<{ BITS - BETWEEN }, true>(rows.each_ref().map(|row| load_row(row)));
    let mut r = precise_pass::<{ BITS + BETWEEN }, false>(transpose(columns));
    for (r, (half, inverse)) in r.iter_mut().zip(divisor.half.iter().zip(&divisor.inverse)) {
        let eighths = _mm256_srli_epi16::<3>(_mm256_add_epi16(_mm256_abs_epi16(*r), load_row(half)));
        *r = _mm256_sign_epi16(_mm256_mulhi_epu16(eighths, load_row(inverse)), *r);
    }
    zigzag(r, out, masks);
}

/// Columns of coefficients of two blocks as lists in zig-zag order, and where they are not 0.
#[inline]
#[target_feature(enable = "avx2")]
fn zigzag(r: [__m256i; 8], out: &mut [[i16; 64]; 2], masks: &mut [u64; 2]) {
    let [left, right] = out;
    // each group of eight from the columns that hold part of it
    macro_rules! group {
        ($z:literal: $($h:literal)*) => {{
            let mut v = _mm256_setzero_si256();
            $(
                // SAFETY: a mask has 32 bytes
                let mask = unsafe { _mm256_load_si256(MASKS.0[$z][$h].as_ptr().cast()) };
                v = _mm256_or_si256(v, _mm256_shuffle_epi8(r[$h], mask));
            )*
            // SAFETY: a block has eight groups of 16 bytes
            unsafe {
                _mm_storeu_si128(left.as_mut_ptr().cast::<__m128i>().add($z), _mm256_castsi256_si128(v));
                _mm_storeu_si128(right.as_mut_ptr().cast::<__m128i>().add($z), _mm256_extracti128_si256::<1>(v));
            }
            _mm256_cmpeq_epi16(v, _mm256_setzero_si256())
        }};
    }
    let bits = |a, b| u64::from(_mm256_movemask_epi8(_mm256_packs_epi16(a, b)) as u32);
    let m0 = bits(group!(0: 0 1 2 3), group!(1: 0 1 2 3 4 5));
    let m1 = bits(group!(2: 0 1 2 3 4), group!(3: 3 4 5 6 7));
    let m2 = bits(group!(4: 0 1 2 3 4), group!(5: 3 4 5 6 7));
    let m3 = bits(group!(6: 2 3 4 5 6 7), group!(7: 4 5 6 7));
    *masks = [
        !(m0 & 0xffff | (m1 & 0xffff) << 16 | (m2 & 0xffff) << 32 | m3 << 48),
        !(m0 >> 16 | m1 & 0xffff_0000 | (m2 & 0xffff_0000) << 16 | (m3 & 0xffff_0000) << 32),
    ];
}
