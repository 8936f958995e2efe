//! The AVX2 kernels: the bytes of the reference.

use std::arch::x86_64::*;

use super::{Across, LANES, SHIFT};

/// # Safety
/// From each of `places` on there are as many samples as `out` has, and there are as many weights as places.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn down(samples: &[i16], places: &[usize], weights: &[i16], out: &mut [i16]) {
    let from = samples.as_ptr();
    let mut x = 0;
    while x + 64 <= out.len() {
        let mut sums = [_mm256_setzero_si256(); 4];
        for (at, weight) in places.iter().zip(weights) {
            let weight = _mm256_set1_epi16(*weight);
            for (i, sum) in sums.iter_mut().enumerate() {
                // SAFETY: x + 64 is not beyond the end of `out`, and the row has as many samples
                let v = unsafe { _mm256_loadu_si256(from.add(at + x + 16 * i).cast()) };
                *sum = _mm256_adds_epi16(*sum, _mm256_mulhrs_epi16(v, weight));
            }
        }
        for (i, sum) in sums.iter().enumerate() {
            // SAFETY: x + 64 is not beyond the end of `out`
            unsafe { _mm256_storeu_si256(out.as_mut_ptr().add(x + 16 * i).cast(), *sum) };
        }
        x += 64;
    }
    while x + 16 <= out.len() {
        let mut sum = _mm256_setzero_si256();
        for (at, weight) in places.iter().zip(weights) {
            // SAFETY: x + 16 is not beyond the end of `out`, and the row has as many samples
            let v = unsafe { _mm256_loadu_si256(from.add(at + x).cast()) };
            sum = _mm256_adds_epi16(sum, _mm256_mulhrs_epi16(v, _mm256_set1_epi16(*weight)));
        }
        // SAFETY: x + 16 is not beyond the end of `out`
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().add(x).cast(), sum) };
        x += 16;
    }
    super::down(samples, places, weights, out, x);
}

/// # Safety
/// The row has at least `across.needs` samples.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn across(line: &[i16], across: &Across, out: &mut [u8]) {
    // SAFETY: as the caller vouches
    let i = unsafe { if across.lanes == LANES { across_8(line, across, out) } else { across_16(line, across, out) } };
    for (i, out) in out.iter_mut().enumerate().skip(i) {
        *out = super::px(line, across, i);
    }
}

/// Px of at most 8 weights, two in a register; how many.
///
/// # Safety
/// The row has at least `across.needs` samples, and `across.lanes` is 8.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn across_8(line: &[i16], across: &Across, out: &mut [u8]) -> usize {
    let count = out.len().min(across.starts.len());
    let mut i = 0;
    while i + 8 <= count {
        let Some([s0, s1, s2, s3, s4, s5, s6, s7]) = across.starts.get(i..).and_then(|s| s.first_chunk::<8>()) else { break };
        macro_rules! two {
            ($k:literal, $a:expr, $b:expr) => {
                // SAFETY: 8 samples from each start on are within what is needed, and each px has 8 weights
                unsafe {
                    let low = _mm_loadu_si128(line.as_ptr().add(*$a as usize).cast());
                    let high = _mm_loadu_si128(line.as_ptr().add(*$b as usize).cast());
                    let weights = _mm256_loadu_si256(across.weights.as_ptr().add((i + $k) * LANES).cast());
                    _mm256_madd_epi16(_mm256_set_m128i(high, low), weights)
                }
            };
        }
        let first = _mm256_hadd_epi32(two!(0, s0, s1), two!(2, s2, s3));
        let second = _mm256_hadd_epi32(two!(4, s4, s5), two!(6, s6, s7));
        // px 0, 2, 4, 6 and px 1, 3, 5, 7
        let level = round(_mm256_hadd_epi32(first, second));
        let (even, odd) = (_mm256_castsi256_si128(level), _mm256_extracti128_si256::<1>(level));
        let words = _mm_packs_epi32(_mm_unpacklo_epi32(even, odd), _mm_unpackhi_epi32(even, odd));
        // SAFETY: i + 8 is not beyond the end of `out`
        unsafe { _mm_storel_epi64(out.as_mut_ptr().add(i).cast(), _mm_packus_epi16(words, words)) };
        i += 8;
    }
    i
}

/// Sums to levels.
#[inline]
#[target_feature(enable = "avx2")]
fn round(sums: __m256i) -> __m256i {
    _mm256_srai_epi32::<{ SHIFT as i32 }>(_mm256_add_epi32(sums, _mm256_set1_epi32(1 << (SHIFT - 1))))
}

/// Px of 16 weights or multiples of that; how many.
///
/// # Safety
/// The row has at least `across.needs` samples, and `across.lanes` is a multiple of 16.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn across_16(line: &[i16], across: &Across, out: &mut [u8]) -> usize {
    let count = out.len().min(across.starts.len());
    let mut i = 0;
    while i + 8 <= count {
        let Some([s0, s1, s2, s3, s4, s5, s6, s7]) = across.starts.get(i..).and_then(|s| s.first_chunk::<8>()) else { break };
        macro_rules! sum {
            ($k:literal, $start:expr) => {
                // SAFETY: `lanes` samples from each start on are within what is needed, and each px has `lanes` weights
                unsafe { sum(line.as_ptr().add(*$start as usize), across.weights.as_ptr().add((i + $k) * across.lanes), across.lanes) }
            };
        }
        let (a, b, c, d) = (sum!(0, s0), sum!(1, s1), sum!(2, s2), sum!(3, s3));
        let (e, f, g, h) = (sum!(4, s4), sum!(5, s5), sum!(6, s6), sum!(7, s7));
        // sums of the lower halves of four px, then of their upper halves
        let first = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
        let second = _mm256_hadd_epi32(_mm256_hadd_epi32(e, f), _mm256_hadd_epi32(g, h));
        let sum = _mm256_add_epi32(_mm256_permute2x128_si256::<0x20>(first, second), _mm256_permute2x128_si256::<0x31>(first, second));
        let level = round(sum);
        let words = _mm_packs_epi32(_mm256_castsi256_si128(level), _mm256_extracti128_si256::<1>(level));
        // SAFETY: i + 8 is not beyond the end of `out`
        unsafe { _mm_storel_epi64(out.as_mut_ptr().add(i).cast(), _mm_packus_epi16(words, words)) };
        i += 8;
    }
    i
}

/// # Safety
/// `lanes` values can be read from both, a multiple of 16 and not 0.
#[inline(always)]
unsafe fn sum(samples: *const i16, weights: *const i16, lanes: usize) -> __m256i {
    // SAFETY: as the caller vouches; it has AVX2 as well
    unsafe {
        let mut sum = product(samples, weights);
        let mut lane = 16;
        while lane < lanes {
            sum = _mm256_add_epi32(sum, product(samples.add(lane), weights.add(lane)));
            lane += 16;
        }
        sum
    }
}

/// # Safety
/// 16 values can be read from both.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn product(samples: *const i16, weights: *const i16) -> __m256i {
    // SAFETY: the caller vouches for both
    unsafe { _mm256_madd_epi16(_mm256_loadu_si256(samples.cast()), _mm256_loadu_si256(weights.cast())) }
}
