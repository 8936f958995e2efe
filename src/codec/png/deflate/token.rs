//! What a stream is made of, literals and matches, and the symbols that stand for them.

/// A literal (below 256), or `distance << 9 | length` with the top bit set.
pub(super) type Token = u32;

const MATCH: u32 = 1 << 31;

pub(super) const MAX_MATCH: usize = 258;
/// The symbol that ends a block.
pub(super) const END: usize = 256;
pub(super) const SYMBOLS: usize = 286;
pub(super) const DISTANCES: usize = 30;

#[inline(always)]
pub(super) fn copied(length: usize, distance: usize) -> Token {
    MATCH | (distance as u32) << 9 | length as u32
}

/// Length and distance of a match, `None` of a literal.
#[inline(always)]
pub(super) fn as_match(token: Token) -> Option<(usize, u32)> {
    (token & MATCH != 0).then_some(((token & 511) as usize, (token & !MATCH) >> 9))
}

/// How many bytes a token stands for.
#[inline(always)]
pub(super) fn length(token: Token) -> usize {
    as_match(token).map_or(1, |(length, _)| length)
}

/// A symbol and the bits behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) symbol: usize,
    pub(super) extra: u32,
    pub(super) extra_bits: u32,
}

/// First length and extra bits of the symbols from 257 on; 258 has one of its own.
const LENGTHS: [(u16, u8); 29] = {
    let mut table = [(258, 0); 29];
    let (mut first, mut i) = (3, 0);
    while i < 28 {
        let extra = if i < 8 { 0 } else { i as u8 / 4 - 1 };
        table[i] = (first, extra);
        first += 1 << extra;
        i += 1;
    }
    table
};

/// Which of them each length from 0 to 258 has; 0 to 2 are not used.
const LENGTH_CODES: [u8; MAX_MATCH + 1] = {
    let mut table = [0; MAX_MATCH + 1];
    let mut length = 3;
    while length < MAX_MATCH {
        let mut code = 27;
        while LENGTHS[code].0 as usize > length {
            code -= 1;
        }
        table[length] = code as u8;
        length += 1;
    }
    table[MAX_MATCH] = 28;
    table
};

#[inline(always)]
pub(super) fn length_symbol(length: usize) -> Symbol {
    let code = usize::from(LENGTH_CODES.get(length).copied().unwrap_or(0));
    let (first, extra_bits) = LENGTHS.get(code).copied().unwrap_or((258, 0));
    Symbol { symbol: END + 1 + code, extra: (length as u32).wrapping_sub(first.into()), extra_bits: extra_bits.into() }
}

#[inline(always)]
pub(super) fn distance_symbol(distance: u32) -> Symbol {
    let d = distance.wrapping_sub(1);
    if d < 4 {
        return Symbol { symbol: d as usize, extra: 0, extra_bits: 0 };
    }
    let top = 31 - d.leading_zeros();
    let extra_bits = top - 1;
    Symbol { symbol: (2 * top + (d >> extra_bits & 1)) as usize, extra: d & ((1 << extra_bits) - 1), extra_bits }
}

/// How often each symbol stands in a run of tokens.
#[derive(Clone)]
pub(super) struct Counts {
    pub(super) symbols: [u32; SYMBOLS],
    pub(super) distances: [u32; DISTANCES],
}

impl Counts {
    pub(super) const NONE: Self = Self { symbols: [0; SYMBOLS], distances: [0; DISTANCES] };

    pub(super) fn of(tokens: &[Token]) -> Self {
        let mut counts = Self::NONE;
        for token in tokens {
            match as_match(*token) {
                None => counts.symbols[(*token & 255) as usize] += 1,
                Some((length, distance)) => {
                    for (counts, symbol) in [
                        (&mut counts.symbols[..], length_symbol(length).symbol),
                        (&mut counts.distances[..], distance_symbol(distance).symbol),
                    ] {
                        if let Some(count) = counts.get_mut(symbol) {
                            *count += 1;
                        }
                    }
                }
            }
        }
        counts
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        sum.symbols.iter_mut().zip(other.symbols).for_each(|(a, b)| *a += b);
        sum.distances.iter_mut().zip(other.distances).for_each(|(a, b)| *a += b);
        sum
    }

    /// What the symbols take at best, in 256ths of a bit.
    pub(super) fn entropy(&self) -> u64 {
        [&self.symbols[..], &self.distances[..]].into_iter().map(entropy).sum()
    }
}

fn entropy(counts: &[u32]) -> u64 {
    let of = |count: u32| u64::from(count) * u64::from(log2(count));
    of(counts.iter().sum()).saturating_sub(counts.iter().map(|c| of(*c)).sum())
}

/// `log2(1 + i / 256)` in 256ths.
static LOG2: [u16; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        // ten binary digits by squaring, in 30 bits behind the point; the last two round
        let (mut x, mut log, mut bit) = (((256 + i as u64) << 22), 0u32, 0);
        while bit < 10 {
            x = (x * x) >> 30;
            log <<= 1;
            if x >= 2 << 30 {
                x >>= 1;
                log |= 1;
            }
            bit += 1;
        }
        table[i] = ((log + 2) / 4) as u16;
        i += 1;
    }
    table
};

/// The logarithm in 256ths; 0 of 0.
#[inline(always)]
pub(super) fn log2(count: u32) -> u32 {
    if count == 0 {
        return 0;
    }
    let zeros = count.leading_zeros();
    let mantissa = (count << zeros) >> 23 & 255;
    (31 - zeros) * 256 + u32::from(LOG2.get(mantissa as usize).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_those_of_the_standard() {
        let of = |s: Symbol| (s.symbol, s.extra, s.extra_bits);
        for (length, symbol) in [
            (3, (257, 0, 0)),
            (10, (264, 0, 0)),
            (11, (265, 0, 1)),
            (12, (265, 1, 1)),
            (114, (279, 15, 4)),
            (115, (280, 0, 4)),
            (257, (284, 30, 5)),
            (258, (285, 0, 0)),
        ] {
            assert_eq!(of(length_symbol(length)), symbol, "{length}");
        }
        for (distance, symbol) in
            [(1, (0, 0, 0)), (4, (3, 0, 0)), (5, (4, 0, 1)), (8, (5, 1, 1)), (24_577, (29, 0, 13)), (32_768, (29, 8_191, 13))]
        {
            assert_eq!(of(distance_symbol(distance)), symbol, "{distance}");
        }
        assert_eq!(as_match(copied(258, 32_768)), Some((258, 32_768)));
    }

    #[test]
    fn logarithms_are_near() {
        for n in 1..100_000u32 {
            let exact = f64::from(n).log2() * 256.0;
            assert!((f64::from(log2(n)) - exact).abs() <= 2.0, "{n}");
        }
    }
}
