//! What a PNG encoder does to bytes before it looks for repeats: RGB of RGBA, and the checksum of a zlib stream.
//!
//! A card of 1200x630 px, in instructions: packed by shifts of words of eight bytes 4.5 million, by shuffles 0.8; its checksum by sums of 16 bits 2.2
//! million, by sums of differences and products of neighbours 0.7.

#![allow(unsafe_code, reason = "vector instructions")]

use super::Level;

/// Adler's modulus.
const MODULUS: u32 = 65_521;
/// Bytes whose sums stay below 2^32 before they are brought back below the modulus.
const PART: usize = 5_536;

impl Level {
    /// The first three of each four bytes, as far as both go.
    pub(crate) fn rgb(self, rgba: &[u8], out: &mut [u8]) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: the processor has AVX2
            return unsafe { avx2::rgb(rgba, out) };
        }
        rgb(rgba, out);
    }

    /// Adler's checksum of what stood before, whose checksum is `before` (1 of nothing), and of these bytes behind it.
    pub(crate) fn adler32(self, before: u32, data: &[u8]) -> u32 {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: the processor has AVX2
            return data.chunks(PART).fold(before, |before, part| unsafe { avx2::adler32(before, part) });
        }
        adler32(before, data)
    }
}

fn rgb(rgba: &[u8], out: &mut [u8]) {
    for ([r, g, b, _], out) in rgba.as_chunks::<4>().0.iter().zip(out.as_chunks_mut::<3>().0) {
        *out = [*r, *g, *b];
    }
}

fn adler32(before: u32, data: &[u8]) -> u32 {
    const LANES: usize = 32;
    const ROUNDS: usize = 16;
    let (mut a, mut b) = (before & 0xffff, before >> 16);
    let (parts, rest) = data.as_chunks::<{ LANES * ROUNDS }>();
    for part in parts {
        // sums of every 32nd byte, and sums of these sums: at most 255 * 136, which 16 bits hold
        let (mut sums, mut running) = ([0u16; LANES], [0u16; LANES]);
        for block in part.as_chunks::<LANES>().0 {
            for ((sum, running), v) in sums.iter_mut().zip(&mut running).zip(block) {
                *sum += u16::from(*v);
                *running += *sum;
            }
        }
        b += a * (LANES * ROUNDS) as u32;
        for (i, (sum, running)) in (0..).zip(sums.iter().zip(&running)) {
            a += u32::from(*sum);
            b += LANES as u32 * u32::from(*running) - i * u32::from(*sum);
        }
        (a, b) = (a % MODULUS, b % MODULUS);
    }
    one_by_one((a, b), rest)
}

/// The checksum of a few more bytes.
fn one_by_one((mut a, mut b): (u32, u32), bytes: &[u8]) -> u32 {
    for v in bytes {
        a += u32::from(*v);
        b += a;
    }
    ((b % MODULUS) << 16) | (a % MODULUS)
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    /// Eight px a turn. Each turn writes eight bytes more than it has, which the next one overwrites.
    #[target_feature(enable = "avx2")]
    pub(super) fn rgb(rgba: &[u8], out: &mut [u8]) {
        let px = (rgba.len() / 4).min(out.len() / 3);
        // what a turn writes too much must be another px's, whose turn comes
        let turns = (px * 3).saturating_sub(8) / 24;
        let packed = _mm256_setr_epi8(
            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
        );
        let joined = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
        for turn in 0..turns {
            // SAFETY: 24 bytes of px for each turn and 8 behind the last are no more than there are: `rgba` has 32 bytes for each turn, `out` those 24 and 8
            unsafe {
                let eight = _mm256_loadu_si256(rgba.as_ptr().add(turn * 32).cast());
                let eight = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(eight, packed), joined);
                _mm256_storeu_si256(out.as_mut_ptr().add(turn * 24).cast(), eight);
            }
        }
        super::rgb(rgba.get(turns * 32..).unwrap_or_default(), out.get_mut(turns * 24..).unwrap_or_default());
    }

    /// At most `PART` bytes.
    #[target_feature(enable = "avx2")]
    pub(super) fn adler32(before: u32, part: &[u8]) -> u32 {
        debug_assert!(part.len() <= super::PART, "sums stay below 2^32");
        let (blocks, rest) = part.as_chunks::<32>();
        let zero = _mm256_setzero_si256();
        let weights = _mm256_setr_epi8(
            32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
        );
        // the sum, the sum of what it was before each block, and the running sums within the blocks
        let (mut sum, mut earlier, mut within) = (zero, zero, zero);
        for block in blocks {
            // SAFETY: a block has 32 bytes
            let v = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
            earlier = _mm256_add_epi32(earlier, sum);
            sum = _mm256_add_epi32(sum, _mm256_sad_epu8(v, zero));
            within = _mm256_add_epi32(within, _mm256_madd_epi16(_mm256_maddubs_epi16(v, weights), _mm256_set1_epi16(1)));
        }
        let (a, b) = (before & 0xffff, before >> 16);
        super::one_by_one((a + total(sum), b + a * (blocks.len() as u32 * 32) + total(earlier) * 32 + total(within)), rest)
    }

    #[target_feature(enable = "avx2")]
    fn total(v: __m256i) -> u32 {
        let mut lanes = [0u32; 8];
        // SAFETY: the lanes have 32 bytes
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), v) };
        lanes.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_instruction_set_packs_the_same_bytes(rgba in prop::collection::vec(any::<u8>(), 0..900), room in 0usize..700) {
            let packed = |level: Level| {
                let mut out = vec![7; room];
                level.rgb(&rgba, &mut out);
                out
            };
            let px = (rgba.len() / 4).min(room / 3);
            let mut expected: Vec<u8> = rgba.chunks_exact(4).take(px).flat_map(|px| px[..3].to_vec()).collect();
            expected.resize(room, 7);
            prop_assert_eq!(&packed(Level::SCALAR), &expected);
            prop_assert_eq!(&packed(Level::detect()), &expected);
        }

        #[test]
        fn every_instruction_set_sums_as_adler_does(
            data in prop::collection::vec(prop_oneof![Just(255u8), any::<u8>()], 0..12_000),
            cut in any::<prop::sample::Index>(),
        ) {
            let (a, b) = data.iter().fold((1u64, 0u64), |(a, b), v| ((a + u64::from(*v)) % 65_521, (b + a + u64::from(*v)) % 65_521));
            let (first, rest) = data.split_at(cut.index(data.len() + 1));
            for level in [Level::SCALAR, Level::detect()] {
                prop_assert_eq!(u64::from(level.adler32(level.adler32(1, first), rest)), b << 16 | a);
            }
        }
    }

    #[test]
    fn the_checksum_is_adlers() {
        for level in [Level::SCALAR, Level::detect()] {
            assert_eq!(level.adler32(1, b"Wikipedia"), 0x11e6_0398);
            let (mut most, mut b) = (65_520, 65_520_u64);
            let brightest = vec![255; 3 * PART];
            let got = level.adler32(65_520 << 16 | 65_520, &brightest);
            for v in &brightest {
                most = (most + u64::from(*v)) % 65_521;
                b = (b + most) % 65_521;
            }
            assert_eq!(u64::from(got), b << 16 | most, "{level:?}");
        }
    }
}
