//! The governors by simulated time: an hour takes no time here, and every interleaving is tried.

#![allow(clippy::disallowed_methods, reason = "models count in floating point")]

mod gate;
mod host;
mod slow_template;
mod token_bucket;

/// Numbers that look like chance and are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}
