//! Bits of a deflate stream, the lowest first.

/// Bytes that a value may take, and that are stored at a time.
const WORD: usize = 8;

/// What was written so far.
pub(super) struct Bits {
    /// Whole bytes, and behind them room.
    out: Vec<u8>,
    pen: Pen,
}

/// Where the next bit goes: a value of its own, which stays in registers.
#[derive(Debug, Clone, Copy, Default)]
struct Pen {
    at: usize,
    /// What is no whole byte yet.
    bits: u64,
    count: u32,
}

/// A writer at work on so many values as there was made room for.
pub(super) struct Line<'a> {
    room: &'a mut [u8],
    pen: Pen,
}

impl Bits {
    /// Bits that follow these bytes.
    pub(super) fn after(out: Vec<u8>) -> Self {
        let pen = Pen { at: out.len(), ..Pen::default() };
        Self { out, pen }
    }

    /// Writes at most so many values.
    #[inline(always)]
    pub(super) fn line(&mut self, values: usize, write: impl FnOnce(&mut Line<'_>)) {
        let end = self.pen.at + (values + 1) * WORD;
        if self.out.len() < end {
            self.out.resize(end, 0);
        }
        let mut line = Line { room: &mut self.out, pen: self.pen };
        write(&mut line);
        self.pen = line.pen;
    }

    /// Appends the low `count` bits of a value that has no others; at most 56.
    pub(super) fn put(&mut self, value: u64, count: u32) {
        self.line(1, |line| line.put(value, count));
    }

    /// Fills up the last byte with zeros.
    pub(super) fn align(&mut self) {
        self.pen = Pen { at: self.pen.at + usize::from(self.pen.count > 0), ..Pen::default() };
    }

    /// Whole bytes, behind [`Self::align`].
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.truncate(self.pen.at);
        self.out.extend_from_slice(bytes);
        self.pen.at = self.out.len();
    }

    /// The bytes, the last filled up.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.align();
        self.out.truncate(self.pen.at);
        self.out
    }
}

impl Line<'_> {
    /// Appends the low `count` bits of a value that has no others; at most 56.
    #[inline(always)]
    pub(super) fn put(&mut self, value: u64, count: u32) {
        let Pen { at, bits, count: before } = self.pen;
        let (bits, count) = (bits | value << before, before + count);
        debug_assert!(count < 64 && at + WORD <= self.room.len(), "room was made for each value");
        if let Some(word) = self.room.get_mut(at..).and_then(|room| room.first_chunk_mut()) {
            *word = bits.to_le_bytes();
        }
        self.pen = Pen { at: at + (count >> 3) as usize, bits: bits >> (count & 56), count: count & 7 };
    }
}
