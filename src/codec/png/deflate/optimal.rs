//! The cheapest way through the data, where every way is weighed by what its symbols are going to take.
//!
//! A stretch at a time: all matches of each place are found once; then, from the end to the start, each place takes the literal or the
//! match that leaves the least to write. What symbols cost is how often the way before took them, so it is done over again.

use super::matches::{Finder, Found};
use super::token::{self, Counts, DISTANCES, MAX_MATCH, SYMBOLS, Token, copied, distance_symbol, length_symbol, log2};
use crate::guard::Sentry;

/// What the matches of a place take, in px of other work.
const PLACE_PX: usize = 32;
/// Bytes of a stretch.
const STRETCH: usize = 1 << 16;
/// Stretches that begin before this place are weighed once more.
const EARLY: usize = 4 * STRETCH;

pub(super) struct Optimal<'a> {
    data: &'a [u8],
    finder: Finder<'a>,
    rounds: u32,
    costs: Costs,
    /// Matches of all places of the stretch, and where those of each end.
    found: Vec<Found>,
    ends: Vec<usize>,
    /// What is left to write from each place on, and the first token of that.
    left: Vec<u32>,
    step: Vec<Token>,
}

impl<'a> Optimal<'a> {
    pub(super) fn new(data: &'a [u8], finder: Finder<'a>, rounds: u32) -> Self {
        Self { data, finder, rounds, costs: Costs::guess(), found: Vec::new(), ends: Vec::new(), left: Vec::new(), step: Vec::new() }
    }

    /// The tokens of the stretch from a place on, and the place after it.
    pub(super) fn tokens(&mut self, from: usize, tokens: &mut Vec<Token>, sentry: &Sentry<'_>) -> usize {
        let to = (from + STRETCH).min(self.data.len());
        self.find(from, to, sentry);
        // the first stretches have little before them to guess from
        let rounds = if from < EARLY { self.rounds + 1 } else { self.rounds };
        for _ in 0..rounds {
            tokens.clear();
            self.way(from, to, tokens);
            self.costs = Costs::of(&Counts::of(tokens));
        }
        to
    }

    /// All matches of the places of a stretch; those of some where the sentry says so.
    fn find(&mut self, from: usize, to: usize, sentry: &Sentry<'_>) {
        self.found.clear();
        self.ends.clear();
        let mut at = from;
        while at < to {
            let longest = if sentry.stops_after(PLACE_PX) { 0 } else { self.finder.all(at, to, &mut self.found) };
            self.ends.push(self.found.len());
            at += 1;
            if longest >= self.finder.nice() {
                // nothing is going to be better than this one
                let end = (at + longest - 1).min(to);
                self.finder.enter(at, end);
                self.ends.resize(self.ends.len() + end - at, self.found.len());
                at = end;
            }
        }
    }

    fn way(&mut self, from: usize, to: usize, tokens: &mut Vec<Token>) {
        let places = self.data.get(from..to).unwrap_or_default();
        self.left.clear();
        self.left.resize(places.len() + 1, 0);
        self.step.clear();
        self.step.resize(places.len(), 0);
        let mut end = self.found.len();
        for (at, value) in places.iter().enumerate().rev() {
            let start = at.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
            let after = self.left.get(at + 1).copied().unwrap_or(0);
            let mut best = after + self.costs.literal(*value);
            let mut token = Token::from(*value);
            let mut length = 2;
            for found in self.found.get(start..end).unwrap_or_default() {
                let far = self.costs.distance(found.distance);
                let after = self.left.get(at + length + 1..=at + found.length).unwrap_or_default();
                let lengths = self.costs.lengths.get(length + 1..=found.length).unwrap_or_default();
                for (i, (left, cost)) in after.iter().zip(lengths).enumerate() {
                    if left + cost + far < best {
                        best = left + cost + far;
                        token = copied(length + 1 + i, found.distance);
                    }
                }
                length = found.length;
            }
            end = start;
            if let (Some(left), Some(step)) = (self.left.get_mut(at), self.step.get_mut(at)) {
                (*left, *step) = (best, token);
            }
        }
        let mut at = 0;
        while let Some(token) = self.step.get(at) {
            tokens.push(*token);
            at += token::length(*token);
        }
    }
}

/// What symbols take, with the bits behind them, in 256ths of a bit.
struct Costs {
    symbols: [u32; SYMBOLS],
    distances: [u32; DISTANCES],
    lengths: [u32; MAX_MATCH + 1],
}

impl Costs {
    fn guess() -> Self {
        let mut symbols = [7 * 256; SYMBOLS];
        symbols[256..].fill(5 * 256);
        Self::with(symbols, [4 * 256; DISTANCES])
    }

    fn of(counts: &Counts) -> Self {
        Self::with(taken(counts.symbols), taken(counts.distances))
    }

    fn with(symbols: [u32; SYMBOLS], mut distances: [u32; DISTANCES]) -> Self {
        let lengths = std::array::from_fn(|length| {
            let symbol = length_symbol(length);
            symbols.get(symbol.symbol).copied().unwrap_or(0) + symbol.extra_bits * 256
        });
        for (i, cost) in distances.iter_mut().enumerate() {
            *cost += (i as u32 / 2).saturating_sub(1) * 256;
        }
        Self { symbols, distances, lengths }
    }

    #[inline(always)]
    fn literal(&self, value: u8) -> u32 {
        self.symbols[usize::from(value)]
    }

    #[inline(always)]
    fn distance(&self, distance: usize) -> u32 {
        self.distances.get(distance_symbol(distance as u32).symbol).copied().unwrap_or(0)
    }
}

/// What symbols of these counts take; those that were not needed a bit more than if they were needed once.
fn taken<const N: usize>(counts: [u32; N]) -> [u32; N] {
    let all = log2(counts.iter().sum::<u32>() + 1);
    counts.map(|count| if count == 0 { all + 256 } else { all.saturating_sub(log2(count)) }.clamp(128, 15 * 256))
}
