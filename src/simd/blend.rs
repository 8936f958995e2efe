//! Source-over on premultiplied RGBA8 rows: pixels or one colour, as they are, faded, or through a coverage mask.
//!
//! All arithmetic is whole numbers of 16 bits, so that every instruction set writes the bytes of the scalar twin. Two roundings are kept
//! apart. Colours, pictures and layers take Skia's: `s + (d * (256 - a) >> 8)`, and through a coverage `c` the sum of
//! `s * (c + 1) + d * rest` shifted once, where `rest` is what the faded alpha leaves of 256. It rounds downwards, half a level on
//! average for each layer of it, and has Chromium's bytes where rounding to the nearest was one level above for most and three for some
//! of a template's px. Gradients that can be seen through (`shade`) come in 256ths of a level and their sum is rounded to the nearest, once, since Chromium's
//! are dithered around the exact value; their loop is plain code that the compiler turns into vectors.
//!
//! The slices are rows: destination and source have four bytes a px, the mask one; what is longer is left alone. A mask's run of zeros
//! or an opaque run is seen 4 (SSE2) or 8 (AVX2) px at a time.

use super::Level;
#[cfg(test)]
use super::div255;

/// Calls a loop compiled for the level.
macro_rules! at {
    ($level:expr, $name:ident, $($argument:expr),+) => {{
        #[cfg(target_arch = "x86_64")]
        {
            if $level.avx2 {
                #[allow(unsafe_code, reason = "the instruction set was asked for")]
                // SAFETY: `avx2` is set by `Level::detect` alone, after it has asked the processor
                unsafe {
                    avx2::$name($($argument),+)
                }
            } else {
                #[allow(unsafe_code, reason = "the instruction set is part of the target")]
                // SAFETY: every x86-64 has SSE2
                unsafe {
                    sse2::$name($($argument),+)
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        scalar::$name($($argument),+)
    }};
}

impl Level {
    /// Pixels over pixels.
    pub(crate) fn over(self, dst: &mut [u8], src: &[u8]) {
        at!(self, over, dst, src);
    }

    /// Pixels, faded to `alpha`, over pixels.
    pub(crate) fn over_faded(self, dst: &mut [u8], src: &[u8], alpha: u8) {
        at!(self, over_faded, dst, src, alpha);
    }

    /// Pixels through a mask over pixels.
    pub(crate) fn over_masked(self, dst: &mut [u8], src: &[u8], mask: &[u8]) {
        at!(self, over_masked, dst, src, mask);
    }

    /// One premultiplied colour over pixels.
    pub(crate) fn color_over(self, dst: &mut [u8], color: [u8; 4]) {
        match color {
            [_, _, _, 255] => fill(dst, color),
            [0, 0, 0, 0] => {}
            _ => at!(self, color_over, dst, color),
        }
    }

    /// One premultiplied colour through a mask over pixels.
    pub(crate) fn color_over_masked(self, dst: &mut [u8], color: [u8; 4], mask: &[u8]) {
        at!(self, color_over_masked, dst, color, mask);
    }

    /// A gradient's pixels, in 256ths of a level, over pixels.
    pub(crate) fn shade(self, dst: &mut [u8], src: &[[u16; 4]]) {
        self.run(|| shade(dst, src));
    }

    /// A gradient's pixels, in 256ths of a level, through a mask over pixels.
    pub(crate) fn shade_masked(self, dst: &mut [u8], src: &[[u16; 4]], mask: &[u8]) {
        self.run(|| shade_masked(dst, src, mask));
    }

    /// A mask's values times others.
    pub(crate) fn mask_times(self, mask: &mut [u8], by: &[u8]) {
        self.run(|| {
            for (m, by) in mask.iter_mut().zip(by) {
                *m = product(*m, *by);
            }
        });
    }

    /// A mask's values times one.
    pub(crate) fn mask_faded(self, mask: &mut [u8], by: u8) {
        if by != 255 {
            self.run(|| {
                for m in mask {
                    *m = product(*m, by);
                }
            });
        }
    }

    /// A mask's values times the complement of others.
    pub(crate) fn mask_without(self, mask: &mut [u8], by: &[u8]) {
        self.run(|| {
            for (m, by) in mask.iter_mut().zip(by) {
                *m = product(*m, 255 - by);
            }
        });
    }
}

/// One colour instead of what was there.
fn fill(dst: &mut [u8], color: [u8; 4]) {
    for px in dst.chunks_exact_mut(4) {
        px.copy_from_slice(&color);
    }
}

/// [`div255`] of a product, in the 16 bits that it takes: vectors hold twice as many of them.
#[inline(always)]
fn product(a: u8, b: u8) -> u8 {
    let t = u16::from(a) * u16::from(b) + 128;
    ((t + (t >> 8)) >> 8) as u8
}

#[inline(always)]
fn shade(dst: &mut [u8], src: &[[u16; 4]]) {
    for (d, s) in dst.as_chunks_mut().0.iter_mut().zip(src) {
        *d = shaded(*d, *s);
    }
}

#[inline(always)]
fn shade_masked(dst: &mut [u8], src: &[[u16; 4]], mask: &[u8]) {
    for ((d, s), m) in dst.as_chunks_mut().0.iter_mut().zip(src).zip(mask) {
        let hidden = (255 - u32::from(*m)) * 257;
        *d = shaded(*d, s.map(|v| v - ((u32::from(v) * hidden) >> 16) as u16));
    }
}

#[inline(always)]
fn shaded(d: [u8; 4], s: [u16; 4]) -> [u8; 4] {
    let [.., alpha] = s;
    // 65,280 is opaque
    let rest = 0xffff_u16.saturating_sub(alpha).saturating_sub(alpha >> 8);
    let part = |d: u8, s: u16| {
        let under = (((u32::from(d) << 8) * u32::from(rest)) >> 16) as u16;
        (s.saturating_add(under).saturating_add(128) >> 8) as u8
    };
    let ([r, g, b, a], [x, y, z, w]) = (d, s);
    [part(r, x), part(g, y), part(b, z), part(a, w)]
}

mod scalar {
    /// Skia's `SkPMSrcOver`.
    fn whole(dst: &mut [u8], src: [u8; 4]) {
        let rest = 256 - u32::from(src[3]);
        for (d, s) in dst.iter_mut().zip(src) {
            *d = s.saturating_add(((u32::from(*d) * rest) >> 8) as u8);
        }
    }

    /// Skia's `SkBlendARGB32`; 0 changes nothing, 255 is [`whole`].
    fn faded(dst: &mut [u8], src: &[u8], by: u8) {
        let scale = u32::from(by) + u32::from(by != 0);
        let left = 0xffff - u32::from(src.last().copied().unwrap_or(0)) * scale;
        let rest = (left + (left >> 8)) >> 8;
        for (d, s) in dst.iter_mut().zip(src) {
            *d = ((u32::from(*s) * scale + u32::from(*d) * rest).min(0xffff) >> 8) as u8;
        }
    }

    pub(super) fn over(dst: &mut [u8], src: &[u8]) {
        for (d, s) in dst.chunks_exact_mut(4).zip(src.as_chunks().0) {
            whole(d, *s);
        }
    }

    pub(super) fn over_faded(dst: &mut [u8], src: &[u8], alpha: u8) {
        for (d, s) in dst.chunks_exact_mut(4).zip(src.chunks_exact(4)) {
            faded(d, s, alpha);
        }
    }

    pub(super) fn over_masked(dst: &mut [u8], src: &[u8], mask: &[u8]) {
        for ((d, s), m) in dst.chunks_exact_mut(4).zip(src.chunks_exact(4)).zip(mask) {
            faded(d, s, *m);
        }
    }

    pub(super) fn color_over(dst: &mut [u8], color: [u8; 4]) {
        for d in dst.chunks_exact_mut(4) {
            whole(d, color);
        }
    }

    pub(super) fn color_over_masked(dst: &mut [u8], color: [u8; 4], mask: &[u8]) {
        for (d, m) in dst.chunks_exact_mut(4).zip(mask) {
            faded(d, &color, *m);
        }
    }
}

/// The loops for one vector width; both widths have the same instructions under different names.
#[cfg(target_arch = "x86_64")]
macro_rules! vector {
    ($module:ident, $feature:literal, $v:ty, $pixels:literal, $load:ident, $store:ident, $zero:ident, $set16:ident, $set32:ident, $add:ident,
     $adds:ident, $sub:ident, $mul:ident, $and:ident, $above:ident, $shift:ident, $low:ident, $high:ident, $pack:ident, $alpha_low:ident, $alpha_high:ident, $spread:expr) => {
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

            /// The alpha of each px in all four of its lanes.
            #[target_feature(enable = $feature)]
            fn alphas(v: $v) -> $v {
                $alpha_high::<0xff>($alpha_low::<0xff>(v))
            }

            /// Lanes of 16 bits, as `scalar::whole`.
            #[target_feature(enable = $feature)]
            fn whole(d: $v, s: $v) -> $v {
                $add(s, $shift::<8>($mul(d, $sub($set16(256), alphas(s)))))
            }

            /// Lanes of 16 bits, as `scalar::faded`; `scale` is the coverage of 256.
            #[target_feature(enable = $feature)]
            fn faded(d: $v, s: $v, scale: $v) -> $v {
                let s = $mul(s, scale);
                let left = $sub($set16(-1), alphas(s));
                // left + (left >> 8), of which only the upper byte counts, has 17 bits
                let upper = $shift::<8>(left);
                let rest = $add(upper, $shift::<8>($add($and(left, $set16(255)), upper)));
                $shift::<8>($adds(s, $mul(d, rest)))
            }

            /// A coverage of 255 as one of 256; 0 stays.
            #[target_feature(enable = $feature)]
            fn of_256(m: $v) -> $v {
                $sub(m, $above(m, $zero()))
            }

            #[target_feature(enable = $feature)]
            pub(super) fn over(dst: &mut [u8], src: &[u8]) {
                let len = dst.len().min(src.len());
                let (Some(dst), Some(src)) = (dst.get_mut(..len), src.get(..len)) else { return };
                let (dst, dst_rest) = dst.as_chunks_mut::<BYTES>();
                let (src, src_rest) = src.as_chunks::<BYTES>();
                let zero = $zero();
                for (to, s) in dst.iter_mut().zip(src) {
                    let (d, s) = (load(to), load(s));
                    store(to, $pack(whole($low(d, zero), $low(s, zero)), whole($high(d, zero), $high(s, zero))));
                }
                scalar::over(dst_rest, src_rest);
            }

            #[target_feature(enable = $feature)]
            pub(super) fn over_faded(dst: &mut [u8], src: &[u8], alpha: u8) {
                let len = dst.len().min(src.len());
                let (Some(dst), Some(src)) = (dst.get_mut(..len), src.get(..len)) else { return };
                let (dst, dst_rest) = dst.as_chunks_mut::<BYTES>();
                let (src, src_rest) = src.as_chunks::<BYTES>();
                let (zero, by) = ($zero(), of_256($set16(i16::from(alpha))));
                for (to, s) in dst.iter_mut().zip(src) {
                    let (d, s) = (load(to), load(s));
                    store(to, $pack(faded($low(d, zero), $low(s, zero), by), faded($high(d, zero), $high(s, zero), by)));
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
                for ((to, s), m) in dst.iter_mut().zip(src).zip(mask) {
                    if *m == [0; $pixels] {
                        continue;
                    }
                    let (d, s, m) = (load(to), load(s), $spread(m));
                    let low = faded($low(d, zero), $low(s, zero), of_256($low(m, zero)));
                    let high = faded($high(d, zero), $high(s, zero), of_256($high(m, zero)));
                    store(to, $pack(low, high));
                }
                scalar::over_masked(dst_rest, src_rest, mask_rest);
            }

            #[target_feature(enable = $feature)]
            pub(super) fn color_over(dst: &mut [u8], color: [u8; 4]) {
                let (dst, rest) = dst.as_chunks_mut::<BYTES>();
                let zero = $zero();
                let s = $low($set32(i32::from_le_bytes(color)), zero);
                for to in dst {
                    let d = load(to);
                    store(to, $pack(whole($low(d, zero), s), whole($high(d, zero), s)));
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
                for (to, m) in dst.iter_mut().zip(mask) {
                    if *m == [0; $pixels] {
                        continue;
                    }
                    if opaque && *m == [255; $pixels] {
                        store(to, all);
                        continue;
                    }
                    let (d, m) = (load(to), $spread(m));
                    let low = faded($low(d, zero), s, of_256($low(m, zero)));
                    let high = faded($high(d, zero), s, of_256($high(m, zero)));
                    store(to, $pack(low, high));
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
    _mm_adds_epu16,
    _mm_sub_epi16,
    _mm_mullo_epi16,
    _mm_and_si128,
    _mm_cmpgt_epi16,
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
    _mm256_adds_epu16,
    _mm256_sub_epi16,
    _mm256_mullo_epi16,
    _mm256_and_si256,
    _mm256_cmpgt_epi16,
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

    /// What `paint` writes at each instruction set, beside what `twin` writes.
    fn agree(dst: &[u8], twin: impl Fn(&mut [u8]), paint: impl Fn(Level, &mut [u8])) -> Result<(), TestCaseError> {
        let mut expected = dst.to_vec();
        twin(&mut expected);
        for level in [Level::SCALAR, Level::detect()] {
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
            shades in prop::collection::vec(any::<[u16; 4]>(), 0..80),
            alpha in any::<u8>(), color in any::<[u8; 4]>(),
        ) {
            let [r, g, b, a] = color;
            agree(&dst, |d| scalar::over(d, &src), |l, d| l.over(d, &src))?;
            agree(&dst, |d| scalar::over_faded(d, &src, alpha), |l, d| l.over_faded(d, &src, alpha))?;
            agree(&dst, |d| scalar::over_masked(d, &src, &mask), |l, d| l.over_masked(d, &src, &mask))?;
            agree(&dst, |d| scalar::color_over(d, [r.min(a), g.min(a), b.min(a), a]), |l, d| {
                l.color_over(d, [r.min(a), g.min(a), b.min(a), a]);
            })?;
            agree(&dst, |d| scalar::color_over_masked(d, color, &mask), |l, d| l.color_over_masked(d, color, &mask))?;
            let opaque = [r, g, b, 255];
            agree(&dst, |d| scalar::color_over_masked(d, opaque, &mask), |l, d| l.color_over_masked(d, opaque, &mask))?;
            agree(&dst, |d| shade(d, &shades), |l, d| l.shade(d, &shades))?;
            agree(&dst, |d| shade_masked(d, &shades, &mask), |l, d| l.shade_masked(d, &shades, &mask))?;
        }
    }

    #[test]
    fn a_product_is_divided_as_all_are() {
        for a in 0..=255_u8 {
            let all: Vec<u8> = (0..=255).collect();
            let expected: Vec<u8> = (0..=255_u32).map(|b| div255(u32::from(a) * b)).collect();
            for level in [Level::SCALAR, Level::detect()] {
                let (mut faded, mut times, mut without) = (all.clone(), vec![a; 256], vec![a; 256]);
                level.mask_faded(&mut faded, a);
                level.mask_times(&mut times, &all);
                level.mask_without(&mut without, &all.iter().map(|b| 255 - b).collect::<Vec<u8>>());
                assert!(faded == expected && times == expected && without == expected, "{level:?} {a}");
            }
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
        let level = Level::detect();
        let dst: Vec<u8> = (0..64).collect();
        let src = [9, 8, 7, 255].repeat(16);
        let mut out = dst.clone();
        level.over(&mut out, &src);
        assert_eq!(out, src);
        level.shade(&mut out, &[[7 << 8, 6 << 8, 5 << 8, 255 << 8]; 16]);
        assert_eq!(out, [7, 6, 5, 255].repeat(16));
        let mut out = dst.clone();
        level.over(&mut out, &[0; 64]);
        level.shade(&mut out, &[[0; 4]; 16]);
        level.shade_masked(&mut out, &[[7 << 8, 6 << 8, 5 << 8, 255 << 8]; 16], &[0; 16]);
        level.over_masked(&mut out, &src, &[0; 16]);
        level.over_faded(&mut out, &src, 0);
        level.color_over(&mut out, [0; 4]);
        assert_eq!(out, dst);
    }

    /// No seam where a shape's middle is one run and its corners are masks.
    #[test]
    fn covered_wholly_by_a_mask_is_covered_wholly() {
        let (level, dst): (_, Vec<u8>) = (Level::detect(), (0..=255).cycle().take(1024).collect());
        let src: Vec<u8> = (0..=255_u8).flat_map(|a| [0, a / 3, a, a]).collect();
        let (mut whole, mut faded, mut masked) = (dst.clone(), dst.clone(), dst.clone());
        level.over(&mut whole, &src);
        level.over_faded(&mut faded, &src, 255);
        level.over_masked(&mut masked, &src, &[255; 256]);
        assert!(whole == faded && whole == masked);
        let shades: Vec<[u16; 4]> = (0..=255_u16).map(|a| [0, a * 85, a * 255, a * 256]).collect();
        let (mut whole, mut masked) = (dst.clone(), dst.clone());
        level.shade(&mut whole, &shades);
        level.shade_masked(&mut masked, &shades, &[255; 256]);
        assert_eq!(whole, masked);
        let (mut whole, mut masked) = (dst.clone(), dst);
        level.color_over(&mut whole, [20, 90, 140, 141]);
        level.color_over_masked(&mut masked, [20, 90, 140, 141], &[255; 256]);
        assert_eq!(whole, masked);
    }

    #[test]
    fn a_colour_faded_over_itself_stays() {
        for by in 0..=255 {
            let mut white = [255; 32];
            Level::detect().over_faded(&mut white, &[255; 32], by);
            assert_eq!(white, [255; 32], "{by}");
        }
    }
}
