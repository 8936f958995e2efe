//! Huffman codes of bounded length.

use super::bits::Bits;

/// A Huffman code.
pub(super) struct Codes {
    /// Bits of each symbol's code, 0 where it has none.
    pub(super) lengths: Vec<u8>,
    /// Bits in the order they are written, and their number.
    codes: Vec<(u16, u8)>,
}

impl Codes {
    /// The best code for these counts with no code longer than `longest`; at least two symbols get one.
    pub(super) fn best(counts: &[u32], longest: usize) -> Self {
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
        Self::of(lengths)
    }

    /// The code of these lengths, which fill the tree.
    pub(super) fn of(lengths: Vec<u8>) -> Self {
        let mut next = [0u16; 17];
        for length in &lengths {
            if let Some(count) = next.get_mut(usize::from(*length) + 1).filter(|_| *length > 0) {
                *count += 1;
            }
        }
        // from how many codes are one bit shorter to the first code of each length
        for length in 1..next.len() {
            let before = next.get(length - 1).copied().unwrap_or(0);
            if let Some(first) = next.get_mut(length) {
                *first = first.wrapping_add(before) << 1;
            }
        }
        let code = |length: &u8| match next.get_mut(usize::from(*length)) {
            Some(next) if *length > 0 => {
                let code = next.reverse_bits() >> (16 - u32::from(*length));
                *next = next.wrapping_add(1);
                (code, *length)
            }
            _ => (0, 0),
        };
        Self { codes: lengths.iter().map(code).collect(), lengths }
    }

    /// Bits of a symbol and their number.
    #[inline(always)]
    pub(super) fn code(&self, symbol: usize) -> (u16, u8) {
        self.codes.get(symbol).copied().unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn put(&self, symbol: usize, out: &mut Bits) {
        let (code, length) = self.code(symbol);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_any_counts_fill_the_tree() {
        for n in [2usize, 3, 17, 60, 286] {
            let fibonacci: Vec<u32> = (0..n)
                .scan((1u32, 1u32), |s, _| {
                    *s = (s.1, s.0.saturating_add(s.1));
                    Some(s.0)
                })
                .collect();
            let codes = Codes::best(&fibonacci, 15);
            let sum: u32 = codes.lengths.iter().filter(|l| **l > 0).map(|l| 1 << (15 - l)).sum();
            assert_eq!(sum, 1 << 15, "{n}");
        }
    }
}
