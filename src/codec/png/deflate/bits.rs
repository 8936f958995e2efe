//! Bits of a deflate stream, the lowest first.

pub(super) struct Bits {
    out: Vec<u8>,
    bits: u64,
    count: u32,
}

impl Bits {
    /// Bits that follow these bytes.
    pub(super) fn after(out: Vec<u8>) -> Self {
        Self { out, bits: 0, count: 0 }
    }

    /// Appends the low `count` bits of a value that has no others; at most 32.
    #[inline(always)]
    pub(super) fn put(&mut self, value: u64, count: u32) {
        self.bits |= value << self.count;
        self.count += count;
        if self.count >= 32 {
            self.out.extend_from_slice(&(self.bits as u32).to_le_bytes());
            self.bits >>= 32;
            self.count -= 32;
        }
    }

    /// Fills up the last byte with zeros.
    pub(super) fn align(&mut self) {
        let bytes = self.count.div_ceil(8) as usize;
        self.out.extend(self.bits.to_le_bytes().iter().take(bytes));
        (self.bits, self.count) = (0, 0);
    }

    /// Whole bytes, behind [`Self::align`].
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// The bytes, the last filled up.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.align();
        self.out
    }
}
