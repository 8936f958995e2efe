//! Source-over on premultiplied RGBA8 rows: pixels or one colour, as they are, faded, or through a coverage mask.
//!
//! All arithmetic is whole numbers with `v / 255` rounded to the nearest at each product, so that every instruction set writes the bytes
//! of the scalar twin. The slices are rows: destination and source have four bytes a px, the mask one; what is longer is left alone.
//! A mask's run of zeros or an opaque run is seen 4 (SSE2) or 8 (AVX2) px at a time.

use super::div255;

/// An instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    #[cfg_attr(all(target_arch = "x86_64", not(test)), expect(dead_code, reason = "the twin that tests compare with"))]
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Sse2,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Level {
    /// The best that this processor has.
    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if std::is_x86_feature_detected!("avx2") { Self::Avx2 } else { Self::Sse2 }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self::Scalar
    }
}

/// Pixels over pixels.
pub(crate) fn over(dst: &mut [u8], src: &[u8]) {
    over_at(Level::detect(), dst, src);
}

/// Pixels, faded to `alpha`, over pixels.
pub(crate) fn over_faded(dst: &mut [u8], src: &[u8], alpha: u8) {
    over_faded_at(Level::detect(), dst, src, alpha);
}

/// Pixels through a mask over pixels.
pub(crate) fn over_masked(dst: &mut [u8], src: &[u8], mask: &[u8]) {
    over_masked_at(Level::detect(), dst, src, mask);
}

/// One premultiplied colour over pixels.
pub(crate) fn color_over(dst: &mut [u8], color: [u8; 4]) {
    match color {
        [_, _, _, 255] => fill(dst, color),
        [0, 0, 0, 0] => {}
        _ => color_over_at(Level::detect(), dst, color),
    }
}

/// One premultiplied colour through a mask over pixels.
pub(crate) fn color_over_masked(dst: &mut [u8], color: [u8; 4], mask: &[u8]) {
    color_over_masked_at(Level::detect(), dst, color, mask);
}

/// One colour instead of what was there.
pub(crate) fn fill(dst: &mut [u8], color: [u8; 4]) {
    for px in dst.chunks_exact_mut(4) {
        px.copy_from_slice(&color);
    }
}

/// A mask's values times others.
pub(crate) fn mask_times(mask: &mut [u8], by: &[u8]) {
    for (m, by) in mask.iter_mut().zip(by) {
        *m = div255(u32::from(*m) * u32::from(*by));
    }
}

/// A mask's values times one.
pub(crate) fn mask_faded(mask: &mut [u8], by: u8) {
    if by != 255 {
        for m in mask {
            *m = div255(u32::from(*m) * u32::from(by));
        }
    }
}

/// A mask's values times the complement of others.
pub(crate) fn mask_without(mask: &mut [u8], by: &[u8]) {
    for (m, by) in mask.iter_mut().zip(by) {
        *m = div255(u32::from(*m) * (255 - u32::from(*by)));
    }
}

fn over_at(level: Level, dst: &mut [u8], src: &[u8]) {
    match level {
        Level::Scalar => scalar::over(dst, src),
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: `Level::Sse2` is every x86-64, `Level::Avx2` is only made where the processor has it
        Level::Sse2 => unsafe { sse2::over(dst, src) },
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: as above
        Level::Avx2 => unsafe { avx2::over(dst, src) },
    }
}

fn over_faded_at(level: Level, dst: &mut [u8], src: &[u8], alpha: u8) {
    match level {
        Level::Scalar => scalar::over_faded(dst, src, alpha),
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: as in `over_at`
        Level::Sse2 => unsafe { sse2::over_faded(dst, src, alpha) },
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: as in `over_at`
        Level::Avx2 => unsafe { avx2::over_faded(dst, src, alpha) },
    }
}

fn over_masked_at(level: Level, dst: &mut [u8], src: &[u8], mask: &[u8]) {
    match level {
        Level::Scalar => scalar::over_masked(dst, src, mask),
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: as in `over_at`
        Level::Sse2 => unsafe { sse2::over_masked(dst, src, mask) },
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: as in `over_at`
        Level::Avx2 => unsafe { avx2::over_masked(dst, src, mask) },
    }
}

fn color_over_at(level: Level, dst: &mut [u8], color: [u8; 4]) {
    match level {
        Level::Scalar => scalar::color_over(dst, color),
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: as in `over_at`
        Level::Sse2 => unsafe { sse2::color_over(dst, color) },
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: as in `over_at`
        Level::Avx2 => unsafe { avx2::color_over(dst, color) },
    }
}

fn color_over_masked_at(level: Level, dst: &mut [u8], color: [u8; 4], mask: &[u8]) {
    match level {
        Level::Scalar => scalar::color_over_masked(dst, color, mask),
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: as in `over_at`
        Level::Sse2 => unsafe { sse2::color_over_masked(dst, color, mask) },
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the instruction set was asked for")]
        // SAFETY: as in `over_at`
        Level::Avx2 => unsafe { avx2::color_over_masked(dst, color, mask) },
    }
}

mod scalar {
    use super::div255;

    fn px(dst: &mut [u8], src: [u8; 4]) {
        let inverse = 255 - u32::from(src[3]);
        for (d, s) in dst.iter_mut().zip(src) {
            *d = s.saturating_add(div255(u32::from(*d) * inverse));
        }
    }

    fn faded(src: &[u8], by: u8) -> [u8; 4] {
        let mut out = [0; 4];
        for (o, s) in out.iter_mut().zip(src) {
            *o = div255(u32::from(*s) * u32::from(by));
        }
        out
    }

    pub(super) fn over(dst: &mut [u8], src: &[u8]) {
        for (d, s) in dst.chunks_exact_mut(4).zip(src.chunks_exact(4)) {
            px(d, faded(s, 255));
        }
    }

    pub(super) fn over_faded(dst: &mut [u8], src: &[u8], alpha: u8) {
        for (d, s) in dst.chunks_exact_mut(4).zip(src.chunks_exact(4)) {
            px(d, faded(s, alpha));
        }
    }

    pub(super) fn over_masked(dst: &mut [u8], src: &[u8], mask: &[u8]) {
        for ((d, s), m) in dst.chunks_exact_mut(4).zip(src.chunks_exact(4)).zip(mask) {
            px(d, faded(s, *m));
        }
    }

    pub(super) fn color_over(dst: &mut [u8], color: [u8; 4]) {
        for d in dst.chunks_exact_mut(4) {
            px(d, color);
        }
    }

    pub(super) fn color_over_masked(dst: &mut [u8], color: [u8; 4], mask: &[u8]) {
        for (d, m) in dst.chunks_exact_mut(4).zip(mask) {
            px(d, faded(&color, *m));
        }
    }
}

/// The loops for one vector width; both widths have the same instructions under different names.
#[cfg(target_arch = "x86_64")]
macro_rules! vector {
    ($module:ident, $feature:literal, $v:ty, $pixels:literal, $load:ident, $store:ident, $zero:ident, $set16:ident, $set32:ident, $add:ident,
     $sub:ident, $mul:ident, $shift:ident, $low:ident, $high:ident, $pack:ident, $alpha_low:ident, $alpha_high:ident, $spread:expr) => {
        #[allow(unsafe_code, reason = "vector loads and stores through pointers")]
        mod $module {
            use super::scalar;
            #[allow(clippy::wildcard_imports, reason = "the instructions' names are the macro's arguments")]
            use std::arch::x86_64::*;

            const BYTES: usize = $pixels * 4;

            #[target_feature(enable = $feature)]
            fn load(from: &[u8; BYTES]) -> $v {
                // SAFETY: the array has as many bytes as are loaded; the load needs no alignment
                unsafe { $load(from.as_ptr().cast()) }
            }

            #[target_feature(enable = $feature)]
            fn store(to: &mut [u8; BYTES], v: $v) {
                // SAFETY: the array has as many bytes as are stored; the store needs no alignment
                unsafe { $store(to.as_mut_ptr().cast(), v) }
            }

            /// `v / 255`, rounded, in lanes of 16 bits.
            #[target_feature(enable = $feature)]
            fn div255(v: $v) -> $v {
                let t = $add(v, $set16(128));
                $shift::<8>($add(t, $shift::<8>(t)))
            }

            /// Lanes of 16 bits: the source plus what its alpha leaves of the destination.
            #[target_feature(enable = $feature)]
            fn half(d: $v, s: $v) -> $v {
                let alpha = $alpha_high::<0xff>($alpha_low::<0xff>(s));
                $add(s, div255($mul(d, $sub($set16(255), alpha))))
            }

            #[target_feature(enable = $feature)]
            fn combine(d: $v, low: $v, high: $v) -> $v {
                let zero = $zero();
                $pack(half($low(d, zero), low), half($high(d, zero), high))
            }

            #[target_feature(enable = $feature)]
            pub(super) fn over(dst: &mut [u8], src: &[u8]) {
                let len = dst.len().min(src.len());
                let (Some(dst), Some(src)) = (dst.get_mut(..len), src.get(..len)) else { return };
                let (dst, dst_rest) = dst.as_chunks_mut::<BYTES>();
                let (src, src_rest) = src.as_chunks::<BYTES>();
                let zero = $zero();
                for (d, s) in dst.iter_mut().zip(src) {
                    let s = load(s);
                    let out = combine(load(d), $low(s, zero), $high(s, zero));
                    store(d, out);
                }
                scalar::over(dst_rest, src_rest);
            }

            #[target_feature(enable = $feature)]
            pub(super) fn over_faded(dst: &mut [u8], src: &[u8], alpha: u8) {
                let len = dst.len().min(src.len());
                let (Some(dst), Some(src)) = (dst.get_mut(..len), src.get(..len)) else { return };
                let (dst, dst_rest) = dst.as_chunks_mut::<BYTES>();
                let (src, src_rest) = src.as_chunks::<BYTES>();
                let (zero, by) = ($zero(), $set16(i16::from(alpha)));
                for (d, s) in dst.iter_mut().zip(src) {
                    let s = load(s);
                    let out = combine(load(d), div255($mul($low(s, zero), by)), div255($mul($high(s, zero), by)));
                    store(d, out);
                }
                scalar::over_faded(dst_rest, src_rest, alpha);
            }

            #[target_feature(enable = $feature)]
            pub(super) fn over_masked(dst: &mut [u8], src: &[u8], mask: &[u8]) {
                let len = (dst.len() / 4).min(src.len() / 4).min(mask.len());
                let (Some(dst), Some(src), Some(mask)) = (dst.get_mut(..len * 4), src.get(..len * 4), mask.get(..len)) else { return };
                let (dst, dst_rest) = dst.as_chunks_mut::<BYTES>();
                let (src, src_rest) = src.as_chunks::<BYTES>();
                let (mask, mask_rest) = mask.as_chunks::<$pixels>();
                let zero = $zero();
                for ((d, s), m) in dst.iter_mut().zip(src).zip(mask) {
                    if *m == [0; $pixels] {
                        continue;
                    }
                    let (s, m) = (load(s), $spread(m));
                    let low = div255($mul($low(s, zero), $low(m, zero)));
                    let high = div255($mul($high(s, zero), $high(m, zero)));
                    let out = combine(load(d), low, high);
                    store(d, out);
                }
                scalar::over_masked(dst_rest, src_rest, mask_rest);
            }

            #[target_feature(enable = $feature)]
            pub(super) fn color_over(dst: &mut [u8], color: [u8; 4]) {
                let (dst, rest) = dst.as_chunks_mut::<BYTES>();
                let s = $low($set32(i32::from_le_bytes(color)), $zero());
                for d in dst {
                    let out = combine(load(d), s, s);
                    store(d, out);
                }
                scalar::color_over(rest, color);
            }

            #[target_feature(enable = $feature)]
            pub(super) fn color_over_masked(dst: &mut [u8], color: [u8; 4], mask: &[u8]) {
                let len = (dst.len() / 4).min(mask.len());
                let (Some(dst), Some(mask)) = (dst.get_mut(..len * 4), mask.get(..len)) else { return };
                let (dst, dst_rest) = dst.as_chunks_mut::<BYTES>();
                let (mask, mask_rest) = mask.as_chunks::<$pixels>();
                let zero = $zero();
                let all = $set32(i32::from_le_bytes(color));
                let (s, opaque) = ($low(all, zero), color[3] == 255);
                for (d, m) in dst.iter_mut().zip(mask) {
                    if *m == [0; $pixels] {
                        continue;
                    }
                    if opaque && *m == [255; $pixels] {
                        store(d, all);
                        continue;
                    }
                    let m = $spread(m);
                    let out = combine(load(d), div255($mul(s, $low(m, zero))), div255($mul(s, $high(m, zero))));
                    store(d, out);
                }
                scalar::color_over_masked(dst_rest, color, mask_rest);
            }

            /// Each mask byte four times.
            #[target_feature(enable = "sse2")]
            #[allow(dead_code, reason = "the wider loops have their own")]
            fn spread4(m: &[u8; 4]) -> __m128i {
                let m = _mm_cvtsi32_si128(i32::from_le_bytes(*m));
                let twice = _mm_unpacklo_epi8(m, m);
                _mm_unpacklo_epi16(twice, twice)
            }

            /// Each mask byte four times.
            #[target_feature(enable = "avx2")]
            #[allow(dead_code, reason = "the narrower loops have their own")]
            fn spread8(m: &[u8; 8]) -> __m256i {
                let m = _mm_cvtsi64_si128(i64::from_le_bytes(*m));
                let twice = _mm_unpacklo_epi8(m, m);
                _mm256_set_m128i(_mm_unpackhi_epi16(twice, twice), _mm_unpacklo_epi16(twice, twice))
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
vector!(
    sse2,
    "sse2",
    __m128i,
    4,
    _mm_loadu_si128,
    _mm_storeu_si128,
    _mm_setzero_si128,
    _mm_set1_epi16,
    _mm_set1_epi32,
    _mm_add_epi16,
    _mm_sub_epi16,
    _mm_mullo_epi16,
    _mm_srli_epi16,
    _mm_unpacklo_epi8,
    _mm_unpackhi_epi8,
    _mm_packus_epi16,
    _mm_shufflelo_epi16,
    _mm_shufflehi_epi16,
    spread4
);
#[cfg(target_arch = "x86_64")]
vector!(
    avx2,
    "avx2",
    __m256i,
    8,
    _mm256_loadu_si256,
    _mm256_storeu_si256,
    _mm256_setzero_si256,
    _mm256_set1_epi16,
    _mm256_set1_epi32,
    _mm256_add_epi16,
    _mm256_sub_epi16,
    _mm256_mullo_epi16,
    _mm256_srli_epi16,
    _mm256_unpacklo_epi8,
    _mm256_unpackhi_epi8,
    _mm256_packus_epi16,
    _mm256_shufflelo_epi16,
    _mm256_shufflehi_epi16,
    spread8
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn levels() -> Vec<Level> {
        let mut levels = vec![Level::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            levels.push(Level::Sse2);
            if Level::detect() == Level::Avx2 {
                levels.push(Level::Avx2);
            }
        }
        levels
    }

    /// What `paint` writes at each instruction set.
    fn agree(dst: &[u8], paint: impl Fn(Level, &mut [u8])) -> Result<(), TestCaseError> {
        let mut expected = dst.to_vec();
        paint(Level::Scalar, &mut expected);
        for level in levels() {
            let mut got = dst.to_vec();
            paint(level, &mut got);
            prop_assert_eq!(&got, &expected, "{:?}", level);
        }
        Ok(())
    }

    fn mask_byte() -> impl Strategy<Value = u8> {
        prop_oneof![3 => Just(0), 3 => Just(255), 2 => any::<u8>()]
    }

    proptest! {
        #[test]
        fn every_instruction_set_writes_the_same_bytes(
            dst in prop::collection::vec(any::<u8>(), 0..300),
            src in prop::collection::vec(any::<u8>(), 0..300),
            mask in prop::collection::vec(mask_byte(), 0..80),
            alpha in any::<u8>(), color in any::<[u8; 4]>(),
        ) {
            agree(&dst, |l, d| over_at(l, d, &src))?;
            agree(&dst, |l, d| over_faded_at(l, d, &src, alpha))?;
            agree(&dst, |l, d| over_masked_at(l, d, &src, &mask))?;
            agree(&dst, |l, d| color_over_at(l, d, color))?;
            agree(&dst, |l, d| color_over_masked_at(l, d, color, &mask))?;
            agree(&dst, |l, d| color_over_masked_at(l, d, [color[0], color[1], color[2], 255], &mask))?;
        }
    }

    #[test]
    fn division_is_rounded_to_the_nearest() {
        for v in 0..=255 * 255_u32 {
            assert_eq!(u32::from(div255(v)), (2 * v + 255) / 510, "{v}");
        }
    }

    #[test]
    fn opaque_over_anything_is_itself_and_clear_changes_nothing() {
        let dst: Vec<u8> = (0..64).collect();
        let src = [9, 8, 7, 255].repeat(16);
        let mut out = dst.clone();
        over(&mut out, &src);
        assert_eq!(out, src);
        let mut out = dst.clone();
        over(&mut out, &[0; 64]);
        over_masked(&mut out, &src, &[0; 16]);
        color_over(&mut out, [0; 4]);
        assert_eq!(out, dst);
    }
}
