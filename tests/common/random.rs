//! Numbers that look random and are the same in every run: xorshift.

/// Its state, which is not 0.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `most`, or 0.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % most.max(1)
    }
}
