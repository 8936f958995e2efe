//! Our own deflate, for pixels that compress well: gradients, flat areas, text.
//!
//! One pass of LZ77 over hash chains of four bytes, then a dynamic Huffman block for every 32,768 tokens. Two things are made for
//! pictures: the place one row above is tried as a candidate before the chain, and inside long matches hardly anything is hashed. The
//! bytes depend on the input alone: no table is kept from call to call, no instruction set is asked for.
//!
//! An OG card (1200x630, RGB: diagonal gradient, text, a portrait), no filter, one thread, ms / bytes: `FAST` 3.4 / 116,421, with one
//! candidate 3.4 / 155,216, with two 3.3 / 133,997, with four 3.3 / 120,130; `SMALL` 14 / 100,345. On the same rows zlib 1.3 took 26 / 98,251
//! at level 6 and 25 / 149,280 at level 1, on a machine that other work shared; `fdeflate` (through `png`'s `Fast`) writes 306,257 bytes
//! in two thirds of the time. `cargo bench --bench codec -- lossless` prints the whole encoder's.

use crate::guard::Sentry;

/// How hard matches are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Search {
    /// Candidates tried for one place.
    pub(super) depth: u32,
    /// A match of this length is good enough not to look further.
    pub(super) nice: usize,
    /// Whether a match waits for a longer one at the next place.
    pub(super) lazy: bool,
}

impl Search {
    pub(super) const FAST: Self = Self { depth: 6, nice: 64, lazy: false };
    /// For a guess of how well something compresses.
    pub(super) const TRIAL: Self = Self { depth: 1, nice: 32, lazy: false };
    pub(super) const SMALL: Self = Self { depth: 96, nice: 258, lazy: true };
}

const WINDOW: usize = 32_768;
const HASH_BITS: u32 = 15;
const MIN_MATCH: usize = 4;
const MAX_MATCH: usize = 258;
const BLOCK_TOKENS: usize = 32_768;
/// No place yet.
const NONE: u32 = u32::MAX;

/// A zlib stream of `data`, of a part of it where the sentry says so; `row` is the distance of two bytes one above the other, 0 where there is none.
pub(super) fn zlib(data: &[u8], row: usize, search: Search, sentry: &Sentry<'_>) -> Vec<u8> {
    let mut out = Bits { out: Vec::with_capacity(data.len() / 8 + 64), bits: 0, count: 0 };
    out.out.extend_from_slice(&[0x78, 0x5e]);
    let mut finder = Finder::new(data, row, search);
    let mut tokens = Vec::with_capacity(BLOCK_TOKENS + 2);
    let mut at = 0;
    loop {
        tokens.clear();
        at = finder.tokens(at, &mut tokens, sentry);
        let last = at >= data.len() || sentry.stops();
        block(&tokens, last, &mut out);
        if last {
            break;
        }
    }
    let mut bytes = out.finish();
    bytes.extend_from_slice(&adler32(data).to_be_bytes());
    bytes
}

/// A literal (below 256) or `distance << 9 | length` with the top bit set.
type Token = u32;
const MATCH: u32 = 1 << 31;

/// What finding a token takes, in px of other work.
const TOKEN_PX: usize = 32;

struct Finder<'a> {
    data: &'a [u8],
    row: usize,
    search: Search,
    /// The last place of each hash.
    head: Vec<u32>,
    /// The place before with the same hash, by place modulo the window.
    before: Vec<u32>,
}

impl<'a> Finder<'a> {
    fn new(data: &'a [u8], row: usize, search: Search) -> Self {
        Self { data, row, search, head: vec![NONE; 1 << HASH_BITS], before: vec![NONE; WINDOW] }
    }

    /// Fills `tokens` from place `at` on; gives the place after them.
    fn tokens(&mut self, mut at: usize, tokens: &mut Vec<Token>, sentry: &Sentry<'_>) -> usize {
        let mut misses = 0;
        while at < self.data.len() && tokens.len() < BLOCK_TOKENS && !sentry.stops_after(TOKEN_PX) {
            let (mut length, mut distance) = self.longest(at, 0);
            if length == 0 {
                // where nothing has matched for long, not every place is looked up
                let skipped = if self.search.lazy { 1 } else { 1 + misses / 64 };
                misses = (misses + 1).min(64 * 8);
                let literals = self.data.get(at..).unwrap_or_default().iter().take(skipped);
                tokens.extend(literals.map(|v| Token::from(*v)));
                at += skipped;
                continue;
            }
            misses = 0;
            // a longer match one place on is worth a literal
            let mut entered = at + 1;
            while self.search.lazy && length < self.search.nice && at + 1 < self.data.len() {
                let (next, next_distance) = self.longest(at + 1, length);
                entered = at + 2;
                if next <= length {
                    break;
                }
                tokens.push(self.literal(at));
                at += 1;
                (length, distance) = (next, next_distance);
            }
            tokens.push(MATCH | (distance as u32) << 9 | length as u32);
            self.insert_run(entered, at + length);
            at += length;
        }
        at
    }

    fn literal(&self, at: usize) -> Token {
        self.data.get(at).copied().unwrap_or(0).into()
    }

    /// Length and distance of the longest match at a place that is longer than `least`; (0, 0) where there is none. The place is
    /// entered into the chains.
    #[inline(always)]
    fn longest(&mut self, at: usize, least: usize) -> (usize, usize) {
        let Some(four) = self.data.get(at..).and_then(|d| d.first_chunk::<4>()) else { return (0, 0) };
        let most = MAX_MATCH.min(self.data.len() - at);
        let (mut length, mut distance) = (least.max(MIN_MATCH - 1), 0);
        if self.row != 0 && self.row <= WINDOW && at >= self.row {
            let found = common(self.data, at - self.row, at, most);
            if found > length {
                (length, distance) = (found, self.row);
            }
        }
        let mut candidate = self.insert(at, four);
        let mut left = if length >= self.search.nice { 0 } else { self.search.depth };
        while left > 0 && candidate != NONE {
            let from = candidate as usize;
            if from >= at || at - from > WINDOW - 8 {
                break;
            }
            // the byte that would make it longer tells most candidates off
            if self.data.get(from + length) == self.data.get(at + length) {
                let found = common(self.data, from, at, most);
                if found > length {
                    (length, distance) = (found, at - from);
                    if length >= self.search.nice || length == most {
                        break;
                    }
                }
            }
            candidate = self.before.get(from & (WINDOW - 1)).copied().unwrap_or(NONE);
            left -= 1;
        }
        if distance == 0 { (0, 0) } else { (length, distance) }
    }

    /// Enters a place; gives the one that had its hash.
    #[inline(always)]
    fn insert(&mut self, at: usize, four: &[u8; 4]) -> u32 {
        let hash = u32::from_le_bytes(*four).wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS);
        let Some(head) = self.head.get_mut(hash as usize) else { return NONE };
        let old = std::mem::replace(head, at as u32);
        if let Some(before) = self.before.get_mut(at & (WINDOW - 1)) {
            *before = old;
        }
        old
    }

    /// Enters places inside a match: in a hurry only some.
    fn insert_run(&mut self, from: usize, to: usize) {
        let step = match to.saturating_sub(from) {
            _ if self.search.lazy => 1,
            ..32 => 2,
            _ => 16,
        };
        for place in (from..to).step_by(step) {
            if let Some(four) = self.data.get(place..).and_then(|d| d.first_chunk::<4>()) {
                let four = *four;
                self.insert(place, &four);
            }
        }
    }
}

/// How many bytes from two places on are equal, at most `most`.
#[inline(always)]
fn common(data: &[u8], a: usize, b: usize, most: usize) -> usize {
    let (Some(a), Some(b)) = (data.get(a..), data.get(b..b + most)) else { return 0 };
    let (a_words, b_words) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    let mut length = 0;
    for (x, y) in a_words.iter().zip(b_words) {
        let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differ != 0 {
            return length + (differ.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let rest = a.iter().zip(b).skip(length).take_while(|(x, y)| x == y).count();
    length + rest
}

/// Bits, the lowest first.
struct Bits {
    out: Vec<u8>,
    bits: u64,
    count: u32,
}

impl Bits {
    #[inline(always)]
    fn put(&mut self, value: u64, count: u32) {
        self.bits |= value << self.count;
        self.count += count;
        if self.count >= 48 {
            self.out.extend_from_slice(&self.bits.to_le_bytes()[..6]);
            self.bits >>= 48;
            self.count -= 48;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let bytes = self.count.div_ceil(8) as usize;
        self.out.extend(self.bits.to_le_bytes().iter().take(bytes));
        self.out
    }
}

/// Codes with extra bits: lengths from 3 and distances from 1, as (base, extra bits).
const fn ranges<const N: usize>(first: u32, plain: usize, per_step: u32) -> [(u32, u32); N] {
    let mut table = [(0, 0); N];
    let (mut base, mut i) = (first, 0);
    while i < N {
        let extra = if i < plain { 0 } else { (i as u32 - plain as u32) / per_step + 1 };
        table[i] = (base, extra);
        base += 1 << extra;
        i += 1;
    }
    table
}

const LENGTHS: [(u32, u32); 28] = ranges(3, 8, 4);

/// Code of each length from 0 to 258 (0 to 2 are not used); 258 has a code of its own.
const LENGTH_CODE: [u8; 259] = {
    let mut table = [0; 259];
    let mut code = 0;
    while code < 28 {
        let (base, extra) = LENGTHS[code];
        let mut i = 0;
        while i < 1 << extra && base + i < 258 {
            table[(base + i) as usize] = code as u8;
            i += 1;
        }
        code += 1;
    }
    table[258] = 28;
    table
};

#[inline(always)]
fn length_code(length: u32) -> (usize, u32, u32) {
    let code = usize::from(LENGTH_CODE.get(length as usize).copied().unwrap_or(0));
    let (base, extra) = LENGTHS.get(code).copied().unwrap_or((258, 0));
    (code + 257, length - base, extra)
}

#[inline(always)]
fn distance_code(distance: u32) -> (usize, u32, u32) {
    let d = distance - 1;
    if d < 4 {
        return (d as usize, 0, 0);
    }
    let top = 31 - d.leading_zeros();
    let extra = top - 1;
    ((2 * top + (d >> extra & 1)) as usize, d & ((1 << extra) - 1), extra)
}

const END: usize = 256;

/// One block: its codes, then its tokens.
fn block(tokens: &[Token], last: bool, out: &mut Bits) {
    let mut symbol_counts = [0u32; 286];
    let mut distance_counts = [0u32; 30];
    let count = |counts: &mut [u32], at: usize| {
        if let Some(c) = counts.get_mut(at) {
            *c += 1;
        }
    };
    for token in tokens {
        if token & MATCH == 0 {
            count(&mut symbol_counts, *token as usize);
        } else {
            count(&mut symbol_counts, length_code(token & 511).0);
            count(&mut distance_counts, distance_code((token & !MATCH) >> 9).0);
        }
    }
    count(&mut symbol_counts, END);
    let symbols = Codes::new(&symbol_counts, 15);
    let distances = Codes::new(&distance_counts, 15);
    out.put(u64::from(last) | 2 << 1, 3);
    write_codes(&symbols.lengths, &distances.lengths, out);
    for token in tokens {
        if token & MATCH == 0 {
            symbols.put(*token as usize, out);
        } else {
            let (code, rest, extra) = length_code(token & 511);
            symbols.put(code, out);
            out.put(rest.into(), extra);
            let (code, rest, extra) = distance_code((token & !MATCH) >> 9);
            distances.put(code, out);
            out.put(rest.into(), extra);
        }
    }
    symbols.put(END, out);
}

/// The lengths of both codes, run-length coded, behind a code of their own.
fn write_codes(symbols: &[u8], distances: &[u8], out: &mut Bits) {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let used = |lengths: &[u8], least: usize| lengths.iter().rposition(|l| *l != 0).map_or(least, |i| (i + 1).max(least));
    let (symbol_count, distance_count) = (used(symbols, 257), used(distances, 1));
    let all: Vec<u8> = symbols.iter().take(symbol_count).chain(distances.iter().take(distance_count)).copied().collect();
    // (symbol, extra value, extra bits)
    let mut runs: Vec<(usize, u64, u32)> = Vec::new();
    let mut at = 0;
    while let Some(value) = all.get(at) {
        let same = all.iter().skip(at).take_while(|v| *v == value).count();
        let taken = match (*value, same) {
            (0, 11..) => {
                let taken = same.min(138);
                runs.push((18, taken as u64 - 11, 7));
                taken
            }
            (0, 3..) => {
                runs.push((17, same as u64 - 3, 3));
                same
            }
            (v, 4..) if v != 0 => {
                let repeat = (same - 1).min(6);
                runs.push((usize::from(v), 0, 0));
                runs.push((16, repeat as u64 - 3, 2));
                repeat + 1
            }
            (v, _) => {
                runs.push((usize::from(v), 0, 0));
                1
            }
        };
        at += taken;
    }
    let mut counts = [0u32; 19];
    for (symbol, _, _) in &runs {
        if let Some(c) = counts.get_mut(*symbol) {
            *c += 1;
        }
    }
    let codes = Codes::new(&counts, 7);
    let length = |symbol: usize| codes.lengths.get(symbol).copied().unwrap_or(0);
    let shown = ORDER.iter().rposition(|s| length(*s) != 0).map_or(4, |i| (i + 1).max(4));
    out.put(symbol_count as u64 - 257, 5);
    out.put(distance_count as u64 - 1, 5);
    out.put(shown as u64 - 4, 4);
    for symbol in ORDER.iter().take(shown) {
        out.put(length(*symbol).into(), 3);
    }
    for (symbol, extra, bits) in runs {
        codes.put(symbol, out);
        out.put(extra, bits);
    }
}

/// A Huffman code.
struct Codes {
    lengths: Vec<u8>,
    /// Bits in the order they are written, and their number.
    codes: Vec<(u16, u8)>,
}

impl Codes {
    /// The best code for these counts with no code longer than `longest`; at least two symbols get one.
    fn new(counts: &[u32], longest: usize) -> Self {
        let mut used: Vec<(u32, usize)> = counts.iter().enumerate().filter(|(_, c)| **c > 0).map(|(i, c)| (*c, i)).collect();
        for spare in 0..2 {
            if used.len() < 2 && !used.iter().any(|(_, i)| *i == spare) {
                used.push((1, spare));
            }
        }
        used.sort_unstable();
        let mut per_length = depths(&used.iter().map(|(c, _)| u64::from(*c)).collect::<Vec<_>>(), longest);
        let mut lengths = vec![0u8; counts.len()];
        // the rarest get the longest codes
        let mut length = per_length.len();
        for (_, symbol) in &used {
            while length > 0 && per_length.get(length - 1) == Some(&0) {
                length -= 1;
            }
            if let (Some(left), Some(l)) = (per_length.get_mut(length.wrapping_sub(1)), lengths.get_mut(*symbol)) {
                *left -= 1;
                *l = length as u8;
            }
        }
        let mut codes = vec![(0, 0); counts.len()];
        let mut next = 0u32;
        for length in 1..=longest as u8 {
            next <<= 1;
            for (entry, _) in codes.iter_mut().zip(&lengths).filter(|(_, l)| **l == length) {
                *entry = ((next as u16).reverse_bits() >> (16 - u32::from(length)), length);
                next += 1;
            }
        }
        Self { lengths, codes }
    }

    #[inline(always)]
    fn put(&self, symbol: usize, out: &mut Bits) {
        let (code, length) = self.codes.get(symbol).copied().unwrap_or_default();
        out.put(code.into(), length.into());
    }
}

/// How many symbols have a code of 1, 2, ... bits; `counts` ascend.
fn depths(counts: &[u64], longest: usize) -> Vec<u32> {
    // two queues: leaves in order, and joined nodes, which come out in order by themselves
    let mut joined: Vec<(u64, usize, usize)> = Vec::with_capacity(counts.len());
    let (mut leaf, mut node) = (0, 0);
    for _ in 1..counts.len() {
        let mut least = || {
            let (a, b) = (counts.get(leaf), joined.get(node).map(|n| n.0));
            match (a, b) {
                (Some(a), b) if b.is_none_or(|b| *a <= b) => {
                    leaf += 1;
                    (*a, leaf - 1)
                }
                (_, b) => {
                    node += 1;
                    (b.unwrap_or(0), counts.len() + node - 1)
                }
            }
        };
        let ((a, left), (b, right)) = (least(), least());
        joined.push((a + b, left, right));
    }
    let mut depth = vec![0usize; joined.len()];
    let mut per_length = vec![0u32; longest];
    for (i, (_, left, right)) in joined.iter().enumerate().rev() {
        let below = depth.get(i).copied().unwrap_or(0) + 1;
        for child in [left, right] {
            match child.checked_sub(counts.len()) {
                Some(n) => {
                    if let Some(d) = depth.get_mut(n) {
                        *d = below;
                    }
                }
                None => {
                    if let Some(n) = per_length.get_mut(below.min(longest) - 1) {
                        *n += 1;
                    }
                }
            }
        }
    }
    // codes cut to the longest are paid for by lengthening shorter ones, until Kraft's sum is whole
    let mut sum: u64 = (1..).zip(&per_length).map(|(l, n)| u64::from(*n) << (longest - l)).sum();
    while sum > 1 << longest {
        let Some(short) = per_length.iter().take(longest - 1).rposition(|n| *n > 0) else { break };
        for (at, change) in [(longest - 1, -1i32), (short, -1), (short + 1, 2)] {
            if let Some(n) = per_length.get_mut(at) {
                *n = n.wrapping_add_signed(change);
            }
        }
        sum -= 1;
    }
    per_length
}

/// Adler's checksum.
pub(super) fn adler32(data: &[u8]) -> u32 {
    const LANES: usize = 32;
    const ROUNDS: usize = 16;
    let (mut a, mut b) = (1u32, 0u32);
    let (parts, rest) = data.as_chunks::<{ LANES * ROUNDS }>();
    for part in parts {
        // sums of every 32nd byte, and sums of these sums: at most 255 * 136, which 16 bits hold
        let (mut sums, mut running) = ([0u16; LANES], [0u16; LANES]);
        for block in part.as_chunks::<LANES>().0 {
            for ((sum, running), v) in sums.iter_mut().zip(&mut running).zip(block) {
                *sum += u16::from(*v);
                *running += *sum;
            }
        }
        b += a * (LANES * ROUNDS) as u32;
        for (i, (sum, running)) in (0..).zip(sums.iter().zip(&running)) {
            a += u32::from(*sum);
            b += LANES as u32 * u32::from(*running) - i * u32::from(*sum);
        }
        (a, b) = (a % 65_521, b % 65_521);
    }
    for v in rest {
        a += u32::from(*v);
        b += a;
    }
    (a, b) = (a % 65_521, b % 65_521);
    b << 16 | a
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

    #[test]
    fn codes_of_any_counts_fill_the_tree() {
        for n in [2usize, 3, 17, 60, 286] {
            let fibonacci: Vec<u32> = (0..n)
                .scan((1u32, 1u32), |s, _| {
                    *s = (s.1, s.0.saturating_add(s.1));
                    Some(s.0)
                })
                .collect();
            let codes = Codes::new(&fibonacci, 15);
            let sum: u32 = codes.lengths.iter().filter(|l| **l > 0).map(|l| 1 << (15 - l)).sum();
            assert_eq!(sum, 1 << 15, "{n}");
        }
    }

    #[test]
    fn the_checksum_is_adlers() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        let long: Vec<u8> = (0..100_000u32).map(|i| (i * 7) as u8 | 0xc0).collect();
        let (a, b) = long.iter().fold((1u64, 0u64), |(a, b), v| ((a + u64::from(*v)) % 65_521, (b + a + u64::from(*v)) % 65_521));
        assert_eq!(u64::from(adler32(&long)), b << 16 | a);
    }
}
