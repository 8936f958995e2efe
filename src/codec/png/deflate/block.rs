//! Blocks: where one ends, which of the three kinds it is, its codes and its tokens.

use super::bits::{Bits, Line};
use super::huffman::Codes;
use super::token::{Counts, DISTANCES, END, MAX_MATCH, SYMBOLS, Token, as_match, distance_symbol, length_symbol};
use crate::simd::Level;

/// What the codes of a block take, in 256ths of a bit: some 60 bytes.
const CODES_COST: u64 = 60 * 8 * 256;
/// Tokens that are held back at most.
const MOST_TOKENS: usize = 1 << 17;
/// Tokens that are written at a time.
const LINE: usize = 1024;
/// The longest part that is stored as it is.
const MOST_STORED: usize = 65_535;

/// The tokens of the block that is not written yet, and what they stand for.
pub(super) struct Blocks<'a> {
    data: &'a [u8],
    start: usize,
    tokens: Vec<Token>,
    counts: Counts,
}

impl<'a> Blocks<'a> {
    pub(super) fn of(data: &'a [u8]) -> Self {
        Self { data, start: 0, tokens: Vec::new(), counts: Counts::NONE }
    }

    /// Takes the next tokens, which stand for the data before `end` less what was there; where they are of another kind than those before, a block ends.
    pub(super) fn push(&mut self, tokens: &[Token], from: usize, out: &mut Bits) {
        let counts = Counts::of(tokens);
        let both = self.counts.and(&counts);
        let apart = self.counts.entropy() + counts.entropy() + CODES_COST;
        if !self.tokens.is_empty() && (apart < both.entropy() || self.tokens.len() > MOST_TOKENS) {
            self.write(from, false, out);
            self.counts = counts;
        } else {
            self.counts = both;
        }
        self.tokens.extend_from_slice(tokens);
    }

    /// Writes what is left as the last block.
    pub(super) fn finish(mut self, end: usize, out: &mut Bits) {
        self.write(end, true, out);
    }

    fn write(&mut self, end: usize, last: bool, out: &mut Bits) {
        if let Some(end) = self.counts.symbols.get_mut(END) {
            *end += 1;
        }
        let raw = self.data.get(self.start..end).unwrap_or_default();
        let own = Tree::best(&self.counts);
        let header = Header::of(&own);
        let own_bits = own.bits(&self.counts) + header.bits();
        let fixed = Tree::fixed();
        let fixed_bits = fixed.bits(&self.counts);
        let stored_bits = (raw.len() as u64 + 5 * raw.len().div_ceil(MOST_STORED).max(1) as u64) * 8;
        if stored_bits < own_bits.min(fixed_bits) {
            stored(raw, last, out);
        } else if fixed_bits < own_bits {
            out.put(u64::from(last) | 1 << 1, 3);
            fixed.write(&self.tokens, out);
        } else {
            out.put(u64::from(last) | 2 << 1, 3);
            header.write(out);
            own.write(&self.tokens, out);
        }
        self.tokens.clear();
        self.start = end;
    }
}

fn stored(raw: &[u8], last: bool, out: &mut Bits) {
    let parts = raw.len().div_ceil(MOST_STORED).max(1);
    for i in 0..parts {
        let part = raw.chunks(MOST_STORED).nth(i).unwrap_or_default();
        out.put(u64::from(last && i + 1 == parts), 3);
        out.align();
        let length = part.len() as u16;
        out.bytes(&length.to_le_bytes());
        out.bytes(&(!length).to_le_bytes());
        out.bytes(part);
    }
}

/// The codes of a block.
struct Tree {
    symbols: Codes,
    distances: Codes,
}

impl Tree {
    fn best(counts: &Counts) -> Self {
        Self { symbols: Codes::best(&counts.symbols, 15), distances: Codes::best(&counts.distances, 15) }
    }

    /// That of the standard.
    fn fixed() -> Self {
        let mut lengths = [8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        Self { symbols: Codes::of(lengths.to_vec()), distances: Codes::of(vec![5; DISTANCES]) }
    }

    /// What tokens of these counts take.
    fn bits(&self, counts: &Counts) -> u64 {
        let codes =
            |codes: &Codes, counts: &[u32]| codes.lengths.iter().zip(counts).map(|(l, n)| u64::from(*l) * u64::from(*n)).sum::<u64>();
        let extra = |first: usize, steps: usize, counts: &[u32]| -> u64 {
            (0u64..).zip(counts.iter().skip(first)).map(|(i, n)| (i / steps as u64 + 1) * u64::from(*n)).sum()
        };
        // the length of 258 has no extra bits
        let lengths = extra(END + 9, 4, counts.symbols.get(..SYMBOLS - 1).unwrap_or_default());
        codes(&self.symbols, &counts.symbols) + codes(&self.distances, &counts.distances) + lengths + extra(4, 2, &counts.distances)
    }

    fn write(&self, tokens: &[Token], out: &mut Bits) {
        // code and extra bits of each length as one
        let mut lengths = [(0u32, 0u8); MAX_MATCH + 1];
        for (length, entry) in lengths.iter_mut().enumerate().skip(3) {
            let symbol = length_symbol(length);
            let (code, bits) = self.symbols.code(symbol.symbol);
            *entry = (u32::from(code) | symbol.extra << bits, bits + symbol.extra_bits as u8);
        }
        Level::detect().run_with((self, tokens, &lengths, &mut *out), put_all);
        self.symbols.put(END, out);
    }

    #[inline(always)]
    fn put(&self, token: Token, lengths: &[(u32, u8); MAX_MATCH + 1], line: &mut Line<'_>) {
        match as_match(token) {
            None => {
                let (code, bits) = self.symbols.code((token & 255) as usize);
                line.put(code.into(), bits.into());
            }
            Some((length, distance)) => {
                let (long, long_bits) = lengths.get(length).copied().unwrap_or_default();
                let symbol = distance_symbol(distance);
                let (code, bits) = self.distances.code(symbol.symbol);
                let far = u64::from(code) | u64::from(symbol.extra) << bits;
                // at most 15 + 5 + 15 + 13 bits
                line.put(u64::from(long) | far << long_bits, u32::from(long_bits) + u32::from(bits) + symbol.extra_bits);
            }
        }
    }
}

#[inline(always)]
fn put_all((tree, tokens, lengths, out): (&Tree, &[Token], &[(u32, u8); MAX_MATCH + 1], &mut Bits)) {
    for tokens in tokens.chunks(LINE) {
        out.line(tokens.len(), |line| {
            for token in tokens {
                tree.put(*token, lengths, line);
            }
        });
    }
}

/// The lengths of both codes of a block, run-length coded, behind a code of their own.
struct Header {
    counts: [(u64, u32); 3],
    shown: usize,
    codes: Codes,
    runs: Vec<Run>,
}

/// A symbol, what stands behind it and in how many bits.
type Run = (usize, u64, u32);

impl Header {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    fn of(tree: &Tree) -> Self {
        let used = |lengths: &[u8], least: usize| lengths.iter().rposition(|l| *l != 0).map_or(least, |i| (i + 1).max(least));
        let (symbols, distances) = (used(&tree.symbols.lengths, 257), used(&tree.distances.lengths, 1));
        let all: Vec<u8> =
            tree.symbols.lengths.iter().take(symbols).chain(tree.distances.lengths.iter().take(distances)).copied().collect();
        let runs = runs(&all);
        let mut counts = [0u32; 19];
        for (symbol, ..) in &runs {
            if let Some(count) = counts.get_mut(*symbol) {
                *count += 1;
            }
        }
        let codes = Codes::best(&counts, 7);
        let shown = Self::ORDER.iter().rposition(|s| codes.code(*s).1 != 0).map_or(4, |i| (i + 1).max(4));
        Self { counts: [(symbols as u64 - 257, 5), (distances as u64 - 1, 5), (shown as u64 - 4, 4)], shown, codes, runs }
    }

    fn bits(&self) -> u64 {
        14 + 3 * self.shown as u64 + self.runs.iter().map(|(s, _, bits)| u64::from(self.codes.code(*s).1) + u64::from(*bits)).sum::<u64>()
    }

    fn write(&self, out: &mut Bits) {
        for (count, bits) in self.counts {
            out.put(count, bits);
        }
        for symbol in Self::ORDER.iter().take(self.shown) {
            out.put(self.codes.code(*symbol).1.into(), 3);
        }
        for (symbol, extra, bits) in &self.runs {
            self.codes.put(*symbol, out);
            out.put(*extra, *bits);
        }
    }
}

/// Lengths of codes as deflate writes them: runs of zeros, and of repeats of what stood before.
fn runs(all: &[u8]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(value) = all.get(at) {
        let same = all.iter().skip(at).take_while(|v| *v == value).count();
        let plain = (usize::from(*value), 0, 0);
        at += match (*value, same) {
            (0, 11..) => {
                let taken = same.min(138);
                runs.push((18, taken as u64 - 11, 7));
                taken
            }
            (0, 3..) => {
                runs.push((17, same as u64 - 3, 3));
                same
            }
            (1.., 4..) => {
                let repeat = (same - 1).min(6);
                runs.extend([plain, (16, repeat as u64 - 3, 2)]);
                repeat + 1
            }
            _ => {
                runs.push(plain);
                1
            }
        };
    }
    runs
}
