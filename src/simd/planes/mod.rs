//! Planes of samples to another size: down the columns first, because that is the cheaper way to have less of them, then along the rows.
//!
//! Samples are 16 bits, with seven bits of fraction before and six between the two passes. Down the columns each product is rounded to that;
//! along the rows sums are exact and rounded once. Weights are Q14: at an edge one can be above 1. Flat areas stay what they are: the weights of a px add up to 1 exactly, and what the products lose is less
//! than half a level. This file is the reference; `avx2` gives the same bytes.

#![allow(unsafe_code, reason = "vector instructions")]

#[cfg(target_arch = "x86_64")]
mod avx2;

use super::Level;

/// Fraction bits of samples before the first pass, and between the two.
pub(crate) const BEFORE: u32 = 7;
const BETWEEN: u32 = 6;
/// What the weights of a px add up to.
pub(crate) const ONE: i32 = 1 << 14;
/// Weights of a px along a row come in so many, or in multiples of twice that.
const LANES: usize = 8;
/// From a sum of products to a level.
const SHIFT: u32 = 14 + BETWEEN;

/// The weights of a row of px.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Across {
    starts: Vec<u32>,
    /// `lanes` for each px (8, or a multiple of 16), zeros behind those that count.
    weights: Vec<i16>,
    lanes: usize,
    /// Samples that a row must have.
    needs: usize,
}

impl Across {
    /// Of where each px begins to read, and its weights, which add up to [`ONE`].
    pub(crate) fn new<'t>(taps: impl Iterator<Item = (usize, &'t [i16])> + Clone) -> Self {
        let most = taps.clone().map(|(_, weights)| weights.len()).max().unwrap_or(0);
        let lanes = if most <= LANES { LANES } else { most.next_multiple_of(2 * LANES) };
        let mut across = Self { starts: Vec::new(), weights: Vec::new(), lanes, needs: 0 };
        for (start, weights) in taps {
            let start = u32::try_from(start).unwrap_or(u32::MAX);
            across.starts.push(start);
            across.weights.extend_from_slice(weights);
            across.weights.resize(across.starts.len() * lanes, 0);
            across.needs = across.needs.max(start as usize + lanes);
        }
        across
    }

    /// Samples that a row must have; what stands behind the last that counts may be anything.
    pub(crate) fn needs(&self) -> usize {
        self.needs
    }
}

impl Level {
    /// A row of samples that is the sum of the rows that begin at `places`, each with its weight; weights add up to [`ONE`].
    #[inline(always)]
    pub(crate) fn down(self, samples: &[i16], places: &[usize], weights: &[i16], out: &mut [i16]) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && places.len() == weights.len() && places.iter().all(|at| at + out.len() <= samples.len()) {
            // SAFETY: the processor has AVX2; each row has as many samples as are wanted, as just compared
            return unsafe { avx2::down(samples, places, weights, out) };
        }
        down(samples, places, weights, out, 0);
    }

    /// A row of px from a row of samples.
    #[inline(always)]
    pub(crate) fn across(self, line: &[i16], across: &Across, out: &mut [u8]) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 && across.needs <= line.len() {
            // SAFETY: the processor has AVX2; the row has as many samples as `Across::new` found are read, as just compared
            return unsafe { avx2::across(line, across, out) };
        }
        for (i, out) in out.iter_mut().enumerate() {
            *out = px(line, across, i);
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

fn px(line: &[i16], across: &Across, i: usize) -> u8 {
    let start = across.starts.get(i).map_or(0, |s| *s as usize);
    let weights = across.weights.get(i * across.lanes..(i + 1) * across.lanes).unwrap_or_default();
    let samples = line.get(start..).unwrap_or_default();
    let sum = samples.iter().zip(weights).fold(0i32, |sum, (v, w)| sum.wrapping_add(i32::from(*v) * i32::from(*w)));
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
            width in 0usize..120,
        ) {
            let places: Vec<usize> = (0..count).map(|i| i * 7).collect();
            let across = Across::new(starts.iter().map(|s| (*s, &weights[..count])));
            let run = |level: Level| {
                let (mut row, mut line) = (vec![1; width], vec![3; starts.len()]);
                level.down(&samples, &places, &weights[..count], &mut row);
                level.across(&samples, &across, &mut line);
                (row, line)
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
                let (mut row, mut line) = ([0; 40], [0; 3]);
                level.down(&samples, &[0, 1, 2, 3, 4, 5, 6, 7, 8], &weights, &mut row);
                level.across(&row, &Across::new([0, 9, 24].into_iter().map(|start| (start, weights.as_slice()))), &mut line);
                assert_eq!(line, [value; 3]);
            }
        }
    }
}
