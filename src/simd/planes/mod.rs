//! Planes of samples to another size: down the columns first, because that is the cheaper way to have less of them, then along the rows.
//!
//! Samples are 16 bits, with seven bits of fraction before and six between the two passes. Down the columns each product is rounded to that;
//! along the rows sums are exact and rounded once. Those are done for eight rows at a time: samples stand in pairs, row by row, so that a
//! vector has the same px of all of them, and nothing is added across it. Weights are Q14: at an edge one can be above 1. Flat areas stay
//! what they are: the weights of a px add up to 1 exactly, and what the products lose is less than half a level. This file is the
//! reference; `avx2` gives the same bytes.

#![allow(unsafe_code, reason = "vector instructions")]

#[cfg(target_arch = "x86_64")]
mod avx2;

use super::Level;

/// Fraction bits of samples before the first pass, and between the two.
pub(crate) const BEFORE: u32 = 7;
const BETWEEN: u32 = 6;
/// What the weights of a px add up to.
pub(crate) const ONE: i32 = 1 << 14;
/// From a sum of products to a level.
const SHIFT: u32 = 14 + BETWEEN;
/// Rows that are scaled together along them.
pub(crate) const ROWS: usize = 8;

/// Two samples that stand side by side, of each of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C, align(32))]
pub(crate) struct Pairs([i16; 2 * ROWS]);

/// The weights of a row of px.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Across {
    /// The first pair of each px; px are a multiple of eight, the last of which may be nobody's.
    starts: Vec<u32>,
    /// Two for each of `pairs`, for each px; zeros around those that count.
    weights: Vec<i16>,
    pairs: usize,
    /// Pairs that there must be.
    needs: usize,
}

impl Across {
    /// Of where each px begins to read, and its weights, which add up to [`ONE`].
    pub(crate) fn new<'t>(taps: impl Iterator<Item = (usize, &'t [i16])> + Clone) -> Self {
        let pairs = taps.clone().map(|(start, weights)| (start % 2 + weights.len()).div_ceil(2)).max().unwrap_or(0);
        let mut across = Self { starts: Vec::new(), weights: Vec::new(), pairs, needs: 0 };
        for (start, weights) in taps {
            across.weights.extend((start % 2 == 1).then_some(0));
            across.weights.extend_from_slice(weights);
            across.starts.push(u32::try_from(start / 2).unwrap_or(u32::MAX));
            across.weights.resize(across.starts.len() * pairs * 2, 0);
            across.needs = across.needs.max(start / 2 + pairs);
        }
        across.starts.resize(across.starts.len().next_multiple_of(8), 0);
        across.weights.resize(across.starts.len() * pairs * 2, 0);
        across
    }

    /// Samples that a row must have; what stands behind the last that counts may be anything.
    pub(crate) fn needs(&self) -> usize {
        self.needs * 2
    }

    /// Px that are written.
    pub(crate) fn px(&self) -> usize {
        self.starts.len()
    }
}

impl Level {
    /// A row of samples that is the sum of the rows that begin at `places`, each with its weight; weights add up to [`ONE`].
    #[inline(always)]
    pub(crate) fn down(self, samples: &[i16], places: &[usize], weights: &[i16], out: &mut [i16]) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2
            && places.len() == weights.len()
            && places.iter().all(|at| samples.len().checked_sub(*at).is_some_and(|left| out.len() <= left))
        {
            // SAFETY: the processor has AVX2; each row has as many samples as are wanted, as just compared
            return unsafe { avx2::down(samples, places, weights, out) };
        }
        down(samples, places, weights, out, 0);
    }

    /// Rows of samples, `stride` apart, as pairs; those beyond the end of the rows are left.
    #[inline(always)]
    pub(crate) fn interleave(self, lines: &[i16], stride: usize, pairs: &mut [Pairs]) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && pairs.len().is_multiple_of(ROWS) && pairs.len() <= stride / 2 && stride <= lines.len() / ROWS {
            // SAFETY: the processor has AVX2; each of the rows has two samples for each of the pairs, which are a multiple of eight
            return unsafe { avx2::interleave(lines, stride, pairs) };
        }
        interleave(lines, stride, pairs);
    }

    /// Rows of px, `stride` apart, from pairs of samples.
    #[inline(always)]
    pub(crate) fn across(self, pairs: &[Pairs], across: &Across, out: &mut [u8], stride: usize) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && across.needs <= pairs.len() && across.px() <= stride && stride <= out.len() / ROWS {
            // SAFETY: the processor has AVX2; there are as many pairs as `Across::new` found are read, and room for as many px in each row
            return unsafe { avx2::across(pairs, across, out, stride) };
        }
        for (y, row) in out.chunks_exact_mut(stride.max(1)).enumerate().take(ROWS) {
            for (x, out) in row.iter_mut().enumerate().take(across.px()) {
                *out = px(pairs, across, x, y);
            }
        }
    }
}

/// Samples from `from` on.
fn down(samples: &[i16], places: &[usize], weights: &[i16], out: &mut [i16], from: usize) {
    for (x, out) in out.iter_mut().enumerate().skip(from) {
        *out = places.iter().zip(weights).fold(0, |sum: i16, (at, weight)| {
            let sample = samples.get(at + x).copied().unwrap_or(0);
            sum.saturating_add(((i32::from(sample) * i32::from(*weight) + 16_384) >> 15) as i16)
        });
    }
}

fn interleave(lines: &[i16], stride: usize, pairs: &mut [Pairs]) {
    for (y, line) in lines.chunks_exact(stride.max(1)).enumerate().take(ROWS) {
        for (pair, samples) in pairs.iter_mut().zip(line.as_chunks::<2>().0) {
            if let Some(to) = pair.0.as_chunks_mut::<2>().0.get_mut(y) {
                *to = *samples;
            }
        }
    }
}

fn px(pairs: &[Pairs], across: &Across, x: usize, y: usize) -> u8 {
    let start = across.starts.get(x).map_or(0, |s| *s as usize);
    let weights = across.weights.as_chunks::<2>().0.get(x * across.pairs..(x + 1) * across.pairs).unwrap_or_default();
    let samples = pairs.get(start..).unwrap_or_default().iter().map(|pair| pair.0.as_chunks::<2>().0.get(y).copied().unwrap_or_default());
    let sum = samples
        .zip(weights)
        .fold(0i32, |sum, ([a, b], [v, w])| sum.wrapping_add(i32::from(a) * i32::from(*v)).wrapping_add(i32::from(b) * i32::from(*w)));
    (sum.wrapping_add(1 << (SHIFT - 1)) >> SHIFT).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_vector_code_gives_the_samples_of_the_scalar_one(
            samples in prop::collection::vec(any::<i16>(), 400),
            weights in prop::collection::vec(any::<i16>(), 40),
            starts in prop::collection::vec(0usize..300, 0..40),
            count in 1usize..40,
            width in 0usize..250,
        ) {
            let places: Vec<usize> = (0..count).map(|i| i * 3).collect();
            let across = Across::new(starts.iter().map(|s| (*s, &weights[..count])));
            let run = |level: Level| {
                let (mut row, mut pairs, mut px) = (vec![1; width], vec![Pairs::default(); 176], vec![3; (across.px() + 5) * ROWS]);
                level.down(&samples, &places, &weights[..count], &mut row);
                let lines: Vec<i16> = (0..ROWS as i16).flat_map(|y| samples.iter().map(move |v| v.wrapping_mul(y + 1))).collect();
                level.interleave(&lines, 400, &mut pairs);
                level.across(&pairs, &across, &mut px, across.px() + 5);
                (row, pairs, px)
            };
            prop_assert_eq!(run(Level::SCALAR), run(Level::detect()));
        }
    }

    #[test]
    fn what_is_flat_stays_flat() {
        let weights = [-301i16, -1200, 1345, 4000, 9000, 4340, 1200, -1000, -1000];
        assert_eq!(weights.iter().map(|w| i32::from(*w)).sum::<i32>(), ONE);
        for level in [Level::SCALAR, Level::detect()] {
            for value in 0..=255u8 {
                let samples = [i16::from(value) << BEFORE; 80];
                let (mut rows, mut pairs, mut px) = ([0; 48 * ROWS], [Pairs::default(); 24], [0; 8 * ROWS]);
                for row in rows.chunks_exact_mut(48) {
                    level.down(&samples, &[0, 1, 2, 3, 4, 5, 6, 7, 8], &weights, row);
                }
                level.interleave(&rows, 48, &mut pairs);
                level.across(&pairs, &Across::new([0, 9, 24].into_iter().map(|start| (start, weights.as_slice()))), &mut px, 8);
                // and five px without weights
                assert_eq!(px, [[value, value, value, 0, 0, 0, 0, 0]; ROWS].as_flattened());
            }
        }
    }
}
