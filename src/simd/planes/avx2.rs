//! The AVX2 kernels: the bytes of the reference.

use std::arch::x86_64::*;

use super::{Across, Pairs, ROWS, SHIFT};

/// # Safety
/// From each of `places` on there are as many samples as `out` has.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn down(samples: &[i16], places: &[usize], weights: &[i16], out: &mut [i16]) {
    let mut x = 0;
    macro_rules! strips {
        ($vectors:literal) => {
            while x + 16 * $vectors <= out.len() {
                // SAFETY: the strip is not beyond the end of `out`, and each row has as many samples
                unsafe { strip::<$vectors>(samples.as_ptr().add(x), places, weights, out.as_mut_ptr().add(x)) };
                x += 16 * $vectors;
            }
        };
    }
    strips!(8);
    strips!(4);
    strips!(1);
    super::down(samples, places, weights, out, x);
}

/// Sums of 16 samples each.
///
/// # Safety
/// So many vectors can be read from each of `places` on, and written.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn strip<const VECTORS: usize>(samples: *const i16, places: &[usize], weights: &[i16], out: *mut i16) {
    let mut sums = [_mm256_setzero_si256(); VECTORS];
    for (at, weight) in places.iter().zip(weights) {
        let weight = _mm256_set1_epi16(*weight);
        for (i, sum) in sums.iter_mut().enumerate() {
            // SAFETY: as the caller vouches
            let v = unsafe { _mm256_loadu_si256(samples.add(at + 16 * i).cast()) };
            *sum = _mm256_adds_epi16(*sum, _mm256_mulhrs_epi16(v, weight));
        }
    }
    for (i, sum) in sums.iter().enumerate() {
        // SAFETY: as the caller vouches
        unsafe { _mm256_storeu_si256(out.add(16 * i).cast(), *sum) };
    }
}

/// Eight pairs at a time are a square of 32-bit values, which is turned.
///
/// # Safety
/// Each of the rows, `stride` samples apart, has two samples for each of `pairs`, which are a multiple of eight.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn interleave(lines: &[i16], stride: usize, pairs: &mut [Pairs]) {
    let (from, to) = (lines.as_ptr(), pairs.as_mut_ptr());
    for x in (0..pairs.len()).step_by(ROWS) {
        // SAFETY: the pairs from x on are eight, and as many samples are in each row
        let row = |y: usize| unsafe { _mm256_loadu_si256(from.add(y * stride + x * 2).cast()) };
        // of rows 2k and 2k + 1: pairs 0 and 1, 4 and 5; and 2 and 3, 6 and 7
        let two = |y: usize| (_mm256_unpacklo_epi32(row(y), row(y + 1)), _mm256_unpackhi_epi32(row(y), row(y + 1)));
        let ((a, b), (c, d), (e, f), (g, h)) = (two(0), two(2), two(4), two(6));
        // four rows of pairs i and i + 4
        let four = |a, b| (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
        let (upper, lower) = ([four(a, c), four(b, d)], [four(e, g), four(f, h)]);
        for (k, ((u0, u1), (l0, l1))) in upper.into_iter().zip(lower).enumerate() {
            for (i, (u, l)) in [(u0, l0), (u1, l1)].into_iter().enumerate() {
                // SAFETY: the pairs from x on are eight
                unsafe {
                    let to = to.add(x + 2 * k + i).cast::<__m256i>();
                    _mm256_store_si256(to, _mm256_permute2x128_si256::<0x20>(u, l));
                    _mm256_store_si256(to.add(4), _mm256_permute2x128_si256::<0x31>(u, l));
                }
            }
        }
    }
}

/// # Safety
/// There are as many pairs as `across` needs, and each of the rows of `out`, `stride` bytes apart, has as many px.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn across(pairs: &[Pairs], across: &Across, out: &mut [u8], stride: usize) {
    macro_rules! of {
        ($($count:literal)*) => {
            match across.pairs {
                // SAFETY: as the caller vouches
                $($count => unsafe { across_of::<$count>(pairs, across, out, stride) },)*
                // SAFETY: as the caller vouches
                _ => unsafe { across_of::<0>(pairs, across, out, stride) },
            }
        };
    }
    // the usual numbers, as loops without an end to look for
    of!(2 3 4 5 6 7 8)
}

/// Eight px of eight rows at a time; `PAIRS` is that of `across`, or 0 for any.
///
/// # Safety
/// As above.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn across_of<const PAIRS: usize>(pairs: &[Pairs], across: &Across, out: &mut [u8], stride: usize) {
    let count = if PAIRS == 0 { across.pairs } else { PAIRS };
    let half = _mm256_set1_epi32(1 << (SHIFT - 1));
    let (starts, _) = across.starts.as_chunks::<8>();
    for (x, starts) in (0..).step_by(8).zip(starts) {
        // a macro, because a closure is called
        macro_rules! sum {
            ($k:literal) => {{
                let mut sum = half;
                // SAFETY: so many pairs from each start on are within what is needed, and each px has as many weights
                unsafe {
                    let samples = pairs.as_ptr().add(starts[$k] as usize);
                    let weights = across.weights.as_ptr().add((x + $k) * 2 * count);
                    for i in 0..count {
                        let weight = _mm256_set1_epi32(weights.add(2 * i).cast::<i32>().read_unaligned());
                        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_load_si256(samples.add(i).cast()), weight));
                    }
                }
                _mm256_srai_epi32::<{ SHIFT as i32 }>(sum)
            }};
        }
        let [a, b, c, d, e, f, g, h] = [sum!(0), sum!(1), sum!(2), sum!(3), sum!(4), sum!(5), sum!(6), sum!(7)];
        // px by px four rows each, and the other four in the upper half
        let left = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
        let right = _mm256_packus_epi16(_mm256_packs_epi32(e, f), _mm256_packs_epi32(g, h));
        // row by row four px each
        let turn = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
        let (left, right) = (_mm256_shuffle_epi8(left, turn), _mm256_shuffle_epi8(right, turn));
        let (low, high) = (_mm256_unpacklo_epi32(left, right), _mm256_unpackhi_epi32(left, right));
        // SAFETY: eight px from x on are in each row
        unsafe {
            for (y, rows) in [(0, _mm256_castsi256_si128(low)), (2, _mm256_castsi256_si128(high))] {
                store_two(rows, out.as_mut_ptr().add(y * stride + x), stride);
            }
            for (y, rows) in [(4, _mm256_extracti128_si256::<1>(low)), (6, _mm256_extracti128_si256::<1>(high))] {
                store_two(rows, out.as_mut_ptr().add(y * stride + x), stride);
            }
        }
    }
}

/// # Safety
/// 8 bytes can be written at both rows.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_two(rows: __m128i, out: *mut u8, stride: usize) {
    // SAFETY: as the caller vouches
    unsafe {
        _mm_storel_epi64(out.cast(), rows);
        _mm_storel_epi64(out.add(stride).cast(), _mm_unpackhi_epi64(rows, rows));
    }
}
