//! Our own deflate, for pixels that compress well: gradients, flat areas, text, palettes.
//!
//! `matches` finds what stood before, `optimal` weighs all ways where there is time for it, `block` ends a block where the kind of data
//! changes (a bound on the entropy of both sides says so) and writes it with its own codes, with the standard's or as it is, whatever
//! takes the least. Three things are made for pictures: a match of one pixel, three bytes, counts where it is near; the place one row above is tried before the
//! chains; and so is the distance of the last long match, which in a diagonal gradient is that of one row less one pixel, everywhere.
//! The bytes depend on the input alone: no table is kept from call to call, no instruction set is asked for.
//!
//! An OG card (1200x630, RGB: diagonal gradient, text, a portrait), rows not filtered, bytes: `FAST` 98,698, `SMALL` 87,854, zlib's level 9 91,436 in
//! 0.55 of the time of `SMALL`. With twice the candidates and longer waiting `FAST` wrote 0.8 % less in 9 % more time, and with twice the candidates and
//! one weighing more `SMALL` 0.4 % less in 1.4 times the time. On another drawing of the card, for which `FAST` took 101,643 then, libdeflate writes
//! 145,321 at level 1, 110,048 at 3, 94,499 at 6 and 89,499 at 12; zlib-rs 177,237 at level 1; `fdeflate`, filtered as `png` does it, 322,260.
//! `cargo bench --bench codec -- png` prints bytes and times of the whole encoder.

mod bits;
mod block;
mod huffman;
mod matches;
mod optimal;
mod token;

use crate::guard::Sentry;
use crate::simd::Level;

use bits::Bits;
use block::Blocks;
pub(super) use matches::Search;
use matches::{Finder, Steps};
use optimal::Optimal;

impl Search {
    pub(super) const FAST: Self = Self { depth: 6, nice: 32, lazy: 16, steps: Steps { short: 2, long: 32 }, rounds: 0 };
    /// For a guess of how well something compresses.
    pub(super) const TRIAL: Self = Self { depth: 1, nice: 32, lazy: 0, steps: Steps { short: 2, long: 32 }, rounds: 0 };
    pub(super) const SMALL: Self = Self { depth: 16, nice: 128, lazy: 0, steps: Steps { short: 1, long: 1 }, rounds: 1 };
}

/// Tokens after which it is asked whether somebody still waits, and whether a block ends.
const STEP: usize = 2048;
/// What finding a token takes, in px of other work.
const TOKEN_PX: usize = 32;

/// A zlib stream of `data`, of a part of it where the sentry says so; `row` is the distance of two bytes one above the other, 0 where there is none.
pub(super) fn zlib(data: &[u8], row: usize, search: Search, sentry: &Sentry<'_>) -> Vec<u8> {
    #[cfg(feature = "libdeflate")]
    if let Some(bytes) = by_libdeflate(data, search) {
        return bytes;
    }
    let mut head = Vec::with_capacity(data.len() / 8 + 64);
    head.extend_from_slice(&[0x78, 0x5e]);
    let mut out = Bits::after(head);
    let finder = Finder::new(data, row, search);
    let checksum = match search.rounds {
        0 => quick(data, finder, &mut out, sentry),
        rounds => weighed(data, finder, rounds, &mut out, sentry),
    };
    let mut bytes = out.finish();
    bytes.extend_from_slice(&checksum.to_be_bytes());
    bytes
}

/// Where all ways are weighed, by libdeflate's best level; it cannot be interrupted. Its fast levels are not faster than ours.
#[cfg(feature = "libdeflate")]
fn by_libdeflate(data: &[u8], search: Search) -> Option<Vec<u8>> {
    if search.rounds == 0 {
        return None;
    }
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::best());
    let mut bytes = vec![0; compressor.zlib_compress_bound(data.len())];
    let length = compressor.zlib_compress(data, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

/// The first good way; gives the checksum of what was taken, which is still in the cache when its tokens have been found.
fn quick(data: &[u8], mut finder: Finder<'_>, out: &mut Bits, sentry: &Sentry<'_>) -> u32 {
    let (level, mut checksum) = (Level::detect(), 1);
    let mut blocks = Blocks::of(data);
    let mut tokens = Vec::with_capacity(STEP + 64);
    let mut at = 0;
    while at < data.len() && !sentry.stops_after(STEP * TOKEN_PX) {
        tokens.clear();
        let from = at;
        at = finder.tokens(at, STEP, &mut tokens);
        checksum = level.adler32(checksum, data.get(from..at).unwrap_or_default());
        blocks.push(&tokens, from, out);
    }
    blocks.finish(at, out);
    checksum
}

/// The best of all ways, a stretch at a time; gives the checksum.
fn weighed(data: &[u8], finder: Finder<'_>, rounds: u32, out: &mut Bits, sentry: &Sentry<'_>) -> u32 {
    let mut blocks = Blocks::of(data);
    let mut optimal = Optimal::new(data, finder, rounds);
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < data.len() && !sentry.stops() {
        let mut from = at;
        at = optimal.tokens(at, &mut tokens, sentry);
        for part in tokens.chunks(STEP) {
            blocks.push(part, from, out);
            from += part.iter().map(|t| token::length(*t)).sum::<usize>();
        }
    }
    blocks.finish(at, out);
    Level::detect().adler32(1, data.get(..at).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inflated(stream: &[u8]) -> Vec<u8> {
        miniz_oxide::inflate::decompress_to_vec_zlib(stream).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_deflated_inflates_to_itself(
            runs in prop::collection::vec((any::<u8>(), 1usize..400, 1usize..9), 0..60),
            noise in prop::collection::vec(any::<u8>(), 0..3000),
            row in 0usize..200,
        ) {
            let mut data: Vec<u8> = runs.iter().flat_map(|(v, n, step)| (0..*n).map(move |i| v.wrapping_add((i / step) as u8))).collect();
            let middle = data.len() / 2;
            data.splice(middle..middle, noise);
            for search in [Search::FAST, Search::SMALL, Search::TRIAL] {
                prop_assert_eq!(&inflated(&zlib(&data, row, search, &Sentry::default())), &data);
            }
        }
    }

    #[test]
    fn long_and_skewed_data_take_several_blocks_and_the_longest_codes() {
        let mut state = 1u32;
        // symbols whose counts fall like Fibonacci numbers ask for codes longer than 15 bits
        let skewed = (0..400_000).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) | 1 << 23).leading_zeros().wrapping_add((state >> 3 | 1).trailing_zeros() * 3) as u8
        });
        let skewed: Vec<u8> = skewed.collect();
        assert_eq!(inflated(&zlib(&skewed, 0, Search::FAST, &Sentry::default())), skewed);
        let zeros = vec![0; 300_000];
        let packed = zlib(&zeros, 1000, Search::FAST, &Sentry::default());
        assert!(packed.len() < 1500, "{}", packed.len());
        assert_eq!(inflated(&packed), zeros);
    }

    /// Bytes that never repeat for long, and all pairs of them.
    fn noise(bytes: usize) -> Vec<u8> {
        let mut state = 7u32;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..bytes).map(next).collect()
    }

    /// Each string of four of sixteen values once: what follows never tells what comes next.
    fn de_bruijn() -> Vec<u8> {
        let mut seen = vec![false; 1 << 16];
        let (mut state, mut out) = (0usize, Vec::new());
        while let Some(v) = (0..16).rev().find(|v| !seen[(state << 4 | v) & 0xffff]) {
            state = (state << 4 | v) & 0xffff;
            seen[state] = true;
            out.push(v as u8);
        }
        out
    }

    #[test]
    fn what_cannot_be_packed_is_stored() {
        let noise = noise(200_000);
        for search in [Search::FAST, Search::TRIAL, Search::SMALL] {
            let packed = zlib(&noise, 3001, search, &Sentry::default());
            assert!(packed.len() <= noise.len() + 5 * 8 + 6, "{search:?}: {}", packed.len());
            assert_eq!(inflated(&packed), noise);
            assert!(inflated(&zlib(&[], 0, search, &Sentry::default())).is_empty());
            assert_eq!(inflated(&zlib(&[9], 1, search, &Sentry::default())), [9]);
        }
    }

    #[test]
    fn hostile_data_stays_small_and_whole() {
        let almost = |period: usize| (0..300_000).map(move |i| if i % 131 == 0 { (i / 131) as u8 } else { (i % period) as u8 }).collect();
        for (data, most) in [(vec![0xff; 300_000], 1_000), (de_bruijn(), 36_000), (almost(7), 30_000), (almost(251), 30_000)] {
            let data: Vec<u8> = data;
            for search in [Search::FAST, Search::SMALL] {
                let packed = zlib(&data, 1_201, search, &Sentry::default());
                assert!(packed.len() <= most, "{search:?} {:?}: {}", data.get(..8), packed.len());
                assert_eq!(inflated(&packed), data);
            }
        }
    }

    #[test]
    fn a_diagonal_gradient_takes_hardly_more_than_its_first_row() {
        let (width, height) = (400, 300);
        let pixel = |x: usize, y: usize| [(x + y) / 7, (x + y) / 5, (x + y) / 3].map(|v| v as u8);
        let row = |y: usize| std::iter::once(0).chain((0..width).flat_map(move |x| pixel(x, y)));
        let rows: Vec<u8> = (0..height).flat_map(row).collect();
        for search in [Search::FAST, Search::SMALL] {
            let bytes = zlib(&rows, width * 3 + 1, search, &Sentry::default()).len();
            assert!(bytes < 4_500, "{search:?}: {bytes}");
        }
    }
}
