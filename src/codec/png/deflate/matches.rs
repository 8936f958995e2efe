//! Finding what stood before: LZ77 over hash chains of four bytes, and one place for each hash of three.
//!
//! Before the chains, two distances are tried at once: that of the last long match, and that of one row. The greedy way takes the longest match of
//! a place unless a better one begins one place on; inside of matches only some places are entered, inside of long ones hardly any.

use super::token::{MAX_MATCH, Token, copied};

/// How hard matches are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::codec::png) struct Search {
    /// Candidates tried for one place.
    pub(super) depth: u32,
    /// A match of this length is good enough not to look further.
    pub(super) nice: usize,
    /// A shorter match than this waits for a better one at the next place.
    pub(super) lazy: usize,
    /// Which places inside of matches are entered.
    pub(super) steps: Steps,
    /// How often all ways are weighed; 0: the first good one is taken.
    pub(super) rounds: u32,
}

/// Every how manieth place is entered inside of short and of long matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps {
    pub(super) short: usize,
    pub(super) long: usize,
}

const WINDOW: usize = 32_768;
/// The farthest match: the places before that one are being overwritten.
const REACH: usize = WINDOW - 8;
/// How far a match of three bytes may be: farther ones take as many bits as three literals.
const NEAR: usize = 4_096;
/// The shortest match by the chains.
const MIN_MATCH: usize = 4;
/// The distance of a match of this length is tried at the places after it.
const LONG: usize = 32;
/// Literals after which not every place is looked up any more, and how many are passed over at most.
const PATIENCE: usize = 64;
const MOST_SKIPPED: usize = 8;

const HASH_BITS: u32 = 15;
const THREE_BITS: u32 = 13;
/// No place yet.
const NONE: u32 = u32::MAX;

/// A match, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) length: usize,
    pub(super) distance: usize,
}

impl Found {
    const NONE: Self = Self { length: 0, distance: 0 };

    /// Quarters of the bytes that it is worth: far ones take more bits.
    fn gain(self) -> i64 {
        4 * self.length as i64 - i64::from(self.distance.max(1).ilog2())
    }
}

/// Where things stand, of all that was passed.
pub(super) struct Finder<'a> {
    data: &'a [u8],
    search: Search,
    /// The distance of the last long match, and of one row; 0: none.
    last: usize,
    row: usize,
    /// Literals in a row so far.
    misses: usize,
    /// The last place of each hash.
    head: Box<[u32; 1 << HASH_BITS]>,
    /// The place before with the same hash, by place modulo the window.
    before: Box<[u32; WINDOW]>,
    /// The last place of each hash of three bytes.
    three: Box<[u32; 1 << THREE_BITS]>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(data: &'a [u8], row: usize, search: Search) -> Self {
        let row = if row <= WINDOW { row } else { 0 };
        Self { data, search, last: row, row, misses: 0, head: table(), before: table(), three: table() }
    }

    /// Fills `tokens` with at least `most`, or all there are, from place `at` on; gives the place after them.
    pub(super) fn tokens(&mut self, mut at: usize, most: usize, tokens: &mut Vec<Token>) -> usize {
        let search = self.search;
        while at < self.data.len() && tokens.len() < most {
            let mut found = self.longest(at, Found::NONE, search.depth);
            if found.distance == 0 {
                tokens.push(self.literal(at));
                self.misses += 1;
                at = self.skip(at + 1, tokens);
                continue;
            }
            self.misses = 0;
            let mut entered = at + 1;
            while found.length < search.lazy && at + 1 < self.data.len() {
                let next = self.longest(at + 1, found, search.depth / 2);
                entered = at + 2;
                // a literal and the match behind it must be worth it
                if next.distance == 0 || next.gain() <= found.gain() + 2 {
                    break;
                }
                tokens.push(self.literal(at));
                at += 1;
                found = next;
            }
            tokens.push(copied(found.length, found.distance));
            if found.length >= LONG {
                self.last = found.distance;
            }
            self.enter(entered, at + found.length);
            at += found.length;
        }
        at
    }

    fn literal(&self, at: usize) -> Token {
        self.data.get(at).copied().unwrap_or(0).into()
    }

    /// Takes some literals without a look where nothing has matched for long; gives the place after them.
    fn skip(&self, at: usize, tokens: &mut Vec<Token>) -> usize {
        if self.misses <= PATIENCE {
            return at;
        }
        let skipped = self.data.get(at..).unwrap_or_default().iter().take((self.misses / PATIENCE).min(MOST_SKIPPED));
        let end = at + skipped.len();
        tokens.extend(skipped.map(|v| Token::from(*v)));
        end
    }

    /// The longest match at a place that is longer than `least`; distance 0 where there is none. The place is entered.
    #[inline(always)]
    fn longest(&mut self, at: usize, least: Found, depth: u32) -> Found {
        let Some(first) = word(self.data, at) else { return Found::NONE };
        let mut candidate = self.enter_four(at, first);
        let three = self.enter_three(at, first);
        let mut best = Found { length: least.length.max(MIN_MATCH - 1), distance: 0 };
        let mut tail = word(self.data, at + best.length - 3);
        let known = if self.last == self.row { [self.last, 0] } else { [self.last, self.row] };
        for known in known {
            if known != 0 && at >= known {
                self.try_longer(at - known, at, &mut best, &mut tail);
                if best.length >= self.search.nice {
                    return best;
                }
            }
        }
        for _ in 0..depth {
            let from = candidate as usize;
            if !reaches(from, at, REACH) {
                break;
            }
            self.try_longer(from, at, &mut best, &mut tail);
            if best.length >= self.search.nice {
                return best;
            }
            candidate = self.before.get(from & (WINDOW - 1)).copied().unwrap_or(NONE);
        }
        let near = three as usize;
        let one_pixel = || word(self.data, near).is_some_and(|w| (w ^ first) << 8 == 0);
        if best.distance == 0 && least.length < 3 && reaches(near, at, NEAR) && one_pixel() {
            return Found { length: 3, distance: at - near };
        }
        best
    }

    /// `tail` is the bytes that would make the best one longer: they tell most candidates off.
    #[inline(always)]
    fn try_longer(&self, from: usize, at: usize, best: &mut Found, tail: &mut Option<u32>) {
        if word(self.data, from + best.length - 3) == *tail {
            let length = common(self.data, from, at, MAX_MATCH.min(self.data.len() - at));
            if length > best.length {
                *best = Found { length, distance: at - from };
                *tail = word(self.data, at + length - 3);
            }
        }
    }

    /// A match of this length is taken without weighing others.
    pub(super) fn nice(&self) -> usize {
        self.search.nice
    }

    /// Appends all matches of a place within the data before `to` that are longer than those nearer to it; gives the longest length, 0 where there is
    /// none. The place is entered.
    pub(super) fn all(&mut self, at: usize, to: usize, found: &mut Vec<Found>) -> usize {
        let Some(first) = word(self.data, at) else { return 0 };
        let most = MAX_MATCH.min(to.saturating_sub(at));
        let mut longest = 2;
        let mut note = |longest: &mut usize, length: usize, distance: usize| {
            if length > *longest {
                *longest = length;
                found.push(Found { length, distance });
            }
        };
        let three = self.enter_three(at, first) as usize;
        if reaches(three, at, REACH) {
            note(&mut longest, common(self.data, three, at, most.min(3)), at - three);
        }
        let mut candidate = self.enter_four(at, first);
        for _ in 0..self.search.depth {
            let from = candidate as usize;
            if longest >= self.search.nice.min(most) || !reaches(from, at, REACH) {
                break;
            }
            if self.data.get(from + longest) == self.data.get(at + longest) {
                note(&mut longest, common(self.data, from, at, most), at - from);
            }
            candidate = self.before.get(from & (WINDOW - 1)).copied().unwrap_or(NONE);
        }
        for known in [self.last, self.row] {
            if known != 0 && at >= known && longest < self.search.nice.min(most) {
                note(&mut longest, common(self.data, at - known, at, most), known);
            }
        }
        match found.last() {
            Some(found) if longest >= LONG => self.last = found.distance,
            _ => {}
        }
        if longest < 3 { 0 } else { longest }
    }

    /// Enters places that nothing is looked up for.
    pub(super) fn enter(&mut self, from: usize, to: usize) {
        let Steps { short, long } = self.search.steps;
        let step = if to.saturating_sub(from) < LONG { short } else { long };
        for place in (from..to).step_by(step) {
            let Some(word) = word(self.data, place) else { return };
            self.enter_four(place, word);
            if step == 1 {
                self.enter_three(place, word);
            }
        }
    }

    /// Gives the last place with the same first four bytes, or others of their hash.
    #[inline(always)]
    fn enter_four(&mut self, at: usize, word: u32) -> u32 {
        let hash = word.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS);
        let Some(head) = self.head.get_mut(hash as usize) else { return NONE };
        let old = std::mem::replace(head, at as u32);
        if let Some(before) = self.before.get_mut(at & (WINDOW - 1)) {
            *before = old;
        }
        old
    }

    #[inline(always)]
    fn enter_three(&mut self, at: usize, word: u32) -> u32 {
        let hash = (word << 8).wrapping_mul(0x9e37_79b1) >> (32 - THREE_BITS);
        self.three.get_mut(hash as usize).map_or(NONE, |head| std::mem::replace(head, at as u32))
    }
}

/// A table of no places, on the heap.
fn table<const N: usize>() -> Box<[u32; N]> {
    vec![NONE; N].into_boxed_slice().try_into().unwrap_or_else(|_| Box::new([NONE; N]))
}

/// Whether a place lies before another, no farther than that.
#[inline(always)]
fn reaches(from: usize, at: usize, far: usize) -> bool {
    from < at && at - from <= far
}

#[inline(always)]
fn word(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk::<4>().map(|four| u32::from_le_bytes(*four))
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
