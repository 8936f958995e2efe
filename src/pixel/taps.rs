//! The weights of a convolution along one axis: which samples make up each px, and how much each of them counts.
//!
//! The same as `fast_image_resize` computes them for [`super::resize`]. Where a picture's samples are fewer than its px, as chroma mostly
//! is, upsampling and scaling are one sum of sums: their weights multiply out to one convolution over the samples that are there.
//! The weights of px come again after `whole / gcd(px, whole)` of them, so 880 px of 1600 need eleven lists and those of the edges.

use std::collections::BTreeMap;
use std::ops::Range;

use super::resize::{catmull_rom, lanczos};

/// How px are made of fewer samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// One for each.
    Single,
    /// One for two or four.
    Box(usize),
    /// One for two px, by a triangle: three quarters of the nearest and one of the next.
    Triangle,
}

impl Spread {
    fn per(self) -> usize {
        match self {
            Self::Single => 1,
            Self::Box(by) => by.max(1),
            Self::Triangle => 2,
        }
    }
}

/// An axis of a picture that is scaled.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    /// Px of the picture.
    pub(crate) px: usize,
    /// Px it is scaled to.
    pub(crate) whole: usize,
    /// What of these is wanted.
    pub(crate) window: Range<usize>,
}

/// The weights of each px of a window: of samples from a start on, adding up to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Taps<W = f64> {
    /// Start, and which list.
    places: Vec<(usize, usize)>,
    lists: Vec<Vec<W>>,
}

impl<W> Taps<W> {
    pub(crate) fn get(&self, px: usize) -> Option<(usize, &[W])> {
        let (start, list) = self.places.get(px)?;
        Some((*start, self.lists.get(*list)?))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &[W])> + Clone {
        (0..self.places.len()).filter_map(|px| self.get(px))
    }

    fn push(&mut self, start: usize, list: Vec<W>) {
        self.places.push((start, self.lists.len()));
        self.lists.push(list);
    }
}

impl Axis {
    /// Lanczos where a picture `shrinks`, else Catmull-Rom.
    pub(crate) fn taps(&self, shrinks: bool) -> Taps {
        let scale = self.px as f64 / self.whole.max(1) as f64;
        let stretch = scale.max(1.0);
        let (filter, support): (fn(f64) -> f64, f64) = if shrinks { (lanczos, 3.0) } else { (catmull_rom, 2.0) };
        let reach = support * stretch;
        let common = common_divisor(self.px, self.whole).max(1);
        let (again, step) = ((self.whole / common).max(1), self.px / common);
        let mut known = BTreeMap::new();
        let mut taps = Taps::default();
        for out in self.window.clone() {
            let (rounds, phase) = (out / again, out % again);
            let centre = (phase as f64 + 0.5) * scale;
            // px whose middle is nearer than the reach
            let first = (centre - reach - 0.5).floor() as i64 + 1;
            let from = first + (rounds * step) as i64;
            let count = (centre + reach - 0.5).ceil() as i64 - first;
            let weight = |i: i64| filter(((first + i) as f64 - (centre - 0.5)) / stretch);
            let inside = (-from).max(0)..(self.px as i64 - from).min(count);
            if inside == (0..count) {
                let lists = &mut taps.lists;
                let list = *known.entry(phase).or_insert_with(|| {
                    lists.push(normal((0..count).map(weight).collect()));
                    lists.len() - 1
                });
                taps.places.push((from as usize, list));
            } else {
                let start = (from + inside.start) as usize;
                taps.push(start, normal(inside.map(weight).collect()));
            }
        }
        taps
    }
}

/// Weights that add up to 1.
fn normal(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    if sum != 0.0 {
        weights.iter_mut().for_each(|w| *w /= sum);
    }
    weights
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

impl Taps {
    /// Weights of px as weights of the samples that they are made of.
    pub(crate) fn spread(&self, spread: Spread, samples: usize) -> Self {
        if spread == Spread::Single {
            return self.clone();
        }
        let per = spread.per();
        let mut known = BTreeMap::new();
        let mut taps = Self::default();
        for (start, list) in &self.places {
            let Some(weights) = self.lists.get(*list) else { continue };
            // a sample more on either side, which is there but at the edges
            let inside = *start >= 2 * per && start + weights.len() + 2 * per <= samples * per;
            if inside {
                let lists = &mut taps.lists;
                let (offset, list) = *known.entry((*list, start % per)).or_insert_with(|| {
                    let (first, spread) = over_samples(start % per + per, weights, spread, usize::MAX);
                    lists.push(spread);
                    (first, lists.len() - 1)
                });
                taps.places.push((start / per + offset - 1, list));
            } else {
                let (first, spread) = over_samples(*start, weights, spread, samples);
                taps.push(first, spread);
            }
        }
        taps
    }

    /// Whole numbers that add up to `one`; what rounding loses is given to the largest.
    pub(crate) fn whole(&self, one: i32) -> Taps<i16> {
        Taps { places: self.places.clone(), lists: self.lists.iter().map(|list| whole_weights(list, one)).collect() }
    }
}

/// The first sample, and weights from it on.
fn over_samples(start: usize, weights: &[f64], spread: Spread, samples: usize) -> (usize, Vec<f64>) {
    let last = samples.saturating_sub(1);
    let per = spread.per();
    // the nearest sample, and the next with its share
    let made_of = |x: usize| match spread {
        Spread::Triangle => {
            let next = if x.is_multiple_of(2) { (x / 2).saturating_sub(1) } else { x / 2 + 1 };
            ((x / 2).min(last), next.min(last), 0.25)
        }
        _ => ((x / per).min(last), (x / per).min(last), 0.0),
    };
    let [(first, before, _), (after, beyond, _)] = [start, start + weights.len().saturating_sub(1)].map(made_of);
    let (start_sample, end) = (first.min(before), after.max(beyond));
    let mut spread = vec![0.0; end - start_sample + 1];
    for (x, w) in (start..).zip(weights) {
        let (near, far, share) = made_of(x);
        for (sample, part) in [(near, w * (1.0 - share)), (far, w * share)] {
            if let Some(weight) = spread.get_mut(sample - start_sample) {
                *weight += part;
            }
        }
    }
    // a filter is 0 at its ends
    let is_nothing = |w: &f64| w.abs() < 1e-9;
    let none = spread.iter().take_while(|w| is_nothing(w)).count().min(spread.len() - 1);
    spread.drain(..none);
    let some = spread.iter().rposition(|w| !is_nothing(w)).map_or(1, |last| last + 1);
    spread.truncate(some);
    (start_sample + none, spread)
}

fn whole_weights(weights: &[f64], one: i32) -> Vec<i16> {
    let mut whole: Vec<i32> = weights.iter().map(|w| (w * f64::from(one)).round() as i32).collect();
    let missing = one - whole.iter().sum::<i32>();
    if let Some(largest) = whole.iter_mut().max_by_key(|w| **w) {
        *largest += missing;
    }
    whole.into_iter().map(|w| w.clamp(i16::MIN.into(), i16::MAX.into()) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(px: usize, whole: usize) -> Axis {
        Axis { px, whole, window: 0..whole }
    }

    const SPREADS: [Spread; 4] = [Spread::Single, Spread::Box(2), Spread::Box(4), Spread::Triangle];

    #[test]
    fn weights_add_up_and_stay_inside() {
        for px in [1, 2, 3, 7, 100, 333] {
            for whole in [1, 2, 5, 90, 200, 700] {
                let single = axis(px, whole).taps(whole < px);
                for spread in SPREADS {
                    let samples = px.div_ceil(spread.per());
                    let taps = single.spread(spread, samples);
                    assert_eq!(taps.iter().count(), whole);
                    for (start, weights) in taps.iter() {
                        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{px} {whole} {spread:?} {weights:?}");
                        assert!(!weights.is_empty() && start + weights.len() <= samples, "{px} {whole} {spread:?} {start} {weights:?}");
                    }
                    for (_, weights) in taps.whole(16_384).iter() {
                        assert_eq!(weights.iter().map(|w| i32::from(*w)).sum::<i32>(), 16_384);
                    }
                }
            }
        }
    }

    #[test]
    fn a_window_has_the_weights_of_the_whole() {
        let all = axis(500, 310).taps(true);
        let part = Axis { window: 40..55, ..axis(500, 310) }.taps(true);
        for spread in SPREADS {
            let samples = 500 / spread.per();
            assert!(part.spread(spread, samples).iter().eq(all.spread(spread, samples).iter().skip(40).take(15)));
        }
    }

    #[test]
    fn fewer_samples_give_what_upsampled_ones_give() {
        let samples: Vec<f64> = (0..50).map(|i| f64::from((i * 37) % 101)).collect();
        let at = |i: i64| samples[i.clamp(0, 49) as usize];
        let px: Vec<f64> = (0..100).map(|x| 0.75 * at(x / 2) + 0.25 * at(if x % 2 == 0 { x / 2 - 1 } else { x / 2 + 1 })).collect();
        let sum = |(start, weights): (usize, &[f64]), of: &[f64]| weights.iter().zip(&of[start..]).map(|(w, v)| w * v).sum::<f64>();
        for whole in [13, 60, 99, 150] {
            let single = axis(100, whole).taps(whole < 100);
            let triangle = single.spread(Spread::Triangle, 50);
            for (a, b) in single.iter().zip(triangle.iter()) {
                assert!((sum(a, &px) - sum(b, &samples)).abs() < 1e-5, "{whole}");
            }
        }
    }
}
