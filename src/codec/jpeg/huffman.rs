//! Reading entropy-coded data: bits without stuffing, and Huffman tables that answer with values.
//!
//! The scan is copied first without its stuffing, so that a refill is one load of eight bytes; zeros stand behind it. A lookup of ten
//! bits gives up to two whole symbols with their values (a third less time than one by one, measured in a study before); what
//! is longer goes a slow way. Masks take the place of checks: every index is below its table's power of two.

/// Bits of a lookup.
const LOOKUP: u32 = 10;
/// Bits of the lookup for DC, which answers without the value.
const LOOKUP_DC: u32 = 9;
/// Bits of the lookup for what is read past, whose answers are shorter.
const LOOKUP_PAST: u32 = 11;
/// Zeros behind the data: more than one MCU reads.
const PAD: usize = 2048;
/// What the end of a block adds to the place.
pub(super) const END: u32 = 128;

/// Data of a scan without stuffing.
pub(super) struct Scan {
    data: Vec<u8>,
    /// Where the data behind each restart marker begin.
    pub(super) restarts: Vec<usize>,
    /// The marker that ended the scan.
    pub(super) end: Option<u8>,
}

impl Scan {
    /// The scan that begins with `bytes`.
    #[inline(always)]
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut scan = Self { data: Vec::with_capacity(bytes.len() + PAD), restarts: Vec::new(), end: None };
        let mut rest = bytes;
        loop {
            while let Some((step, after)) = rest.split_first_chunk::<32>() {
                if step.iter().fold(false, |any, b| any | (*b == 0xff)) {
                    break;
                }
                scan.data.extend_from_slice(step);
                rest = after;
            }
            let plain = rest.iter().position(|b| *b == 0xff).unwrap_or(rest.len());
            let (plain, after) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
            scan.data.extend_from_slice(plain);
            rest = match after {
                [0xff, 0, after @ ..] => {
                    scan.data.push(0xff);
                    after
                }
                [0xff, 0xff, ..] => after.get(1..).unwrap_or_default(),
                [0xff, 0xd0..=0xd7, after @ ..] => {
                    scan.restarts.push(scan.data.len());
                    after
                }
                [0xff, marker, ..] => {
                    scan.end = Some(*marker);
                    break;
                }
                _ => break,
            };
        }
        scan.data.resize(scan.data.len() + PAD, 0);
        scan
    }

    #[inline(always)]
    pub(super) fn bits(&self, at: usize) -> Bits<'_> {
        let mut bits = Bits { rest: self.data.get(at..).unwrap_or_default(), buffer: 0, count: 0, damaged: false };
        bits.refill();
        bits
    }
}

/// Bits, the highest first. After a refill at least 56 are there. A lookup of DC eats at most 20, one of AC 10, or 21 where values are read
/// past; a symbol that is longer refills behind itself. So after DC and two lookups of AC, three of AC or two of the other kind, the next
/// one's bits are there before the refill.
pub(super) struct Bits<'a> {
    /// What is not in the buffer yet.
    rest: &'a [u8],
    buffer: u64,
    count: u32,
    damaged: bool,
}

impl Bits<'_> {
    #[inline(always)]
    fn refill(&mut self) {
        if let Some(next) = self.rest.first_chunk::<8>() {
            let count = self.count & 63;
            self.buffer |= u64::from_be_bytes(*next) >> count;
            self.rest = self.rest.get((63 - count) as usize >> 3..).unwrap_or_default();
        }
        self.count |= 56;
    }

    /// The next lookup's index. Taken before a refill, the lookup does not wait for it: the bits are the same.
    #[inline(always)]
    fn top(&self) -> usize {
        (self.buffer >> (64 - LOOKUP)) as usize
    }

    #[inline(always)]
    fn eat(&mut self, count: u32) {
        self.buffer = self.buffer.wrapping_shl(count);
        self.count = self.count.wrapping_sub(count);
    }

    /// The value of some bits behind others.
    #[inline(always)]
    fn value(&self, behind: u32, size: u32) -> i32 {
        extend((self.buffer.wrapping_shl(behind) >> 1 >> (63 - size)) as u32, size)
    }

    /// Whether codes were read that do not exist, or blocks that are too long.
    #[inline(always)]
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Whether more was read than is there: zeros.
    #[inline(always)]
    pub(super) fn is_over(&self) -> bool {
        self.rest.len() * 8 + (self.count as usize) < PAD * 8
    }
}

/// Where each coefficient goes in the kernel's room. Places from 64 on, which a damaged or ended block has, are of no meaning.
pub(super) type Order = [u8; 256];

/// One Huffman table.
pub(super) struct Table {
    /// Of DC: bits 0-7 what the symbol and its value take (0: the code is longer than the lookup), 8-15 the size of the value.
    sizes: [u16; 1 << LOOKUP_DC],
    /// Bits 0-7 what one symbol and its value take, 8-15 how far it goes on (the end of the block 128), 16-31 the value. Where it goes on
    /// by 0, the value sticks out of the lookup: bits 16-23 its size, 24-31 how far. 0: the code does.
    one: [u32; 1 << LOOKUP],
    /// Two symbols: bits 0-7 what both take, 8-15 the first, 16-23 and 24-31 how far they go on, 32-47 and 48-63 the values.
    two: [u64; 1 << LOOKUP],
    /// Whole symbols to be read past: bits 0-4 what they take, 5-11 how far they go on, 12 whether the last ends the block.
    past: [u16; 1 << LOOKUP_PAST],
    /// The first 16 bits beyond the codes of each length, and from a code to its symbol.
    limit: [u32; 17],
    delta: [i32; 17],
    symbols: [u8; 256],
}

impl Table {
    /// `None` where the counts are no code or a symbol is none of baseline JPEG.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8], dc: bool) -> Option<Box<Self>> {
        if symbols.iter().any(|s| if dc { *s > 11 } else { s & 15 > 10 }) {
            return None;
        }
        let mut table = Box::new(Self {
            sizes: [0; 1 << LOOKUP_DC],
            one: [0; 1 << LOOKUP],
            two: [0; 1 << LOOKUP],
            past: [0; 1 << LOOKUP_PAST],
            limit: [0; 17],
            delta: [0; 17],
            symbols: [0; 256],
        });
        table.symbols.get_mut(..symbols.len())?.copy_from_slice(symbols);
        // the length of the code at the start of each lookup and its symbol
        let mut starts = [(0u8, 0u8); 1 << LOOKUP];
        let (mut code, mut at) = (0u32, 0usize);
        for ((length, count), (limit, delta)) in (1u32..).zip(counts).zip(table.limit.iter_mut().zip(&mut table.delta).skip(1)) {
            *delta = at as i32 - code as i32;
            for _ in 0..*count {
                let symbol = *symbols.get(at)?;
                if code >> length != 0 {
                    return None;
                }
                if dc {
                    if length <= LOOKUP_DC {
                        let (rest, size) = (LOOKUP_DC - length, u16::from(symbol));
                        let range = (code << rest) as usize..((code + 1) << rest) as usize;
                        table.sizes.get_mut(range)?.fill((length as u16 + size) | size << 8);
                    }
                } else if length <= LOOKUP {
                    let rest = LOOKUP - length;
                    let range = (code << rest) as usize..((code + 1) << rest) as usize;
                    starts.get_mut(range.clone())?.fill((length as u8, symbol));
                    one_symbol(table.one.get_mut(range)?, length, symbol.into());
                }
                code += 1;
                at += 1;
            }
            *limit = code << (16 - length);
            code <<= 1;
        }
        if !dc {
            let Self { one, two, past, .. } = &mut *table;
            for (i, two) in two.iter_mut().enumerate() {
                *two = two_symbols(i, one);
            }
            symbols_past(past, &starts);
        }
        Some(table)
    }

    /// The next difference of DC. The bits were just refilled, and 35 are left.
    #[inline(always)]
    fn difference(&self, bits: &mut Bits<'_>, top: u64) -> i32 {
        let entry = u32::from(self.sizes.get((top >> (64 - LOOKUP_DC)) as usize).copied().unwrap_or(0));
        let (takes, size) = (entry & 255, entry >> 8);
        if takes != 0 {
            let value = bits.value(takes - size, size);
            bits.eat(takes);
            return value;
        }
        let Long { length, symbol } = self.long(bits.buffer, LOOKUP_DC);
        bits.damaged |= length == 0;
        let value = bits.value(length, symbol & 15);
        bits.eat(length + (symbol & 15));
        bits.refill();
        value
    }

    /// How far the next symbol of AC goes on, and its value. There are 20 bits at least.
    #[inline(always)]
    fn symbol(&self, bits: &mut Bits<'_>, top: usize) -> (u32, i32) {
        let entry = self.one.get(top & ((1 << LOOKUP) - 1)).copied().unwrap_or(0);
        let on = entry >> 8 & 255;
        if on != 0 {
            bits.eat(entry & 255);
            return (on, entry as i32 >> 16);
        }
        let (takes, size, on) = if entry != 0 {
            (entry & 255, entry >> 16 & 255, entry >> 24)
        } else {
            bits.refill();
            let Long { length, symbol } = self.long(bits.buffer, LOOKUP);
            bits.damaged |= length == 0;
            (length + (symbol & 15), symbol & 15, how_far(symbol))
        };
        let value = bits.value(takes - size, size);
        bits.eat(takes);
        bits.refill();
        (on, value)
    }

    /// A code longer than the lookup. It gets the bits by value: they stay in registers for everybody else.
    #[inline(never)]
    fn long(&self, buffer: u64, lookup: u32) -> Long {
        let top = (buffer >> 48) as u32;
        let beyond = |l: &u32| self.limit.get(*l as usize).is_some_and(|limit| top < *limit);
        let Some(length) = (lookup + 1..=16).find(beyond) else {
            return Long { length: 0, symbol: 0 };
        };
        let at = (top >> (16 - length)) as i32 + self.delta.get(length as usize).copied().unwrap_or(0);
        Long { length, symbol: self.symbols.get(at as usize & 255).copied().unwrap_or(0).into() }
    }
}

/// A code that is longer than a lookup; of no length where there is none such, and then the end of the block.
struct Long {
    length: u32,
    symbol: u32,
}

fn how_far(symbol: u32) -> u32 {
    match symbol {
        0 => END,
        s => (s >> 4) + 1,
    }
}

/// All lookups that begin with a code.
fn one_symbol(lookups: &mut [u32], length: u32, symbol: u32) {
    let size = symbol & 15;
    if length + size > LOOKUP {
        return lookups.fill((length + size) | size << 16 | how_far(symbol) << 24);
    }
    for (raw, lookups) in (0..).zip(lookups.chunks_exact_mut(1 << (LOOKUP - length - size))) {
        lookups.fill((length + size) | how_far(symbol) << 8 | (extend(raw, size) as u32) << 16);
    }
}

/// Whole symbols to be read past. What stands behind the first one is a shorter lookup's answer.
fn symbols_past(past: &mut [u16; 1 << LOOKUP_PAST], starts: &[(u8, u8); 1 << LOOKUP]) {
    // the answers to lookups of n bits from 1 << n on
    let mut all = [0u16; 2 << LOOKUP_PAST];
    for bits in 1..=LOOKUP_PAST {
        let (shorter, rest) = all.split_at_mut(1 << bits);
        let mut i = 0;
        while let Some(answers) = rest.get_mut(i..1 << bits).filter(|answers| !answers.is_empty()) {
            let prefix = if bits <= LOOKUP { i << (LOOKUP - bits) } else { i >> (bits - LOOKUP) };
            let (length, symbol) = starts.get(prefix).copied().unwrap_or_default();
            let (length, symbol) = (u32::from(length), u32::from(symbol));
            if length == 0 || length > bits {
                i += 1;
                continue;
            }
            let used = length + (symbol & 15);
            let left = bits.saturating_sub(used);
            // all that begin with this symbol and value
            let many = 1 << left;
            let first = if symbol == 0 { used | 1 << 5 | 1 << 12 } else { used | ((symbol >> 4) + 1) << 5 } as u16;
            for (answer, behind) in answers.iter_mut().zip(shorter.get(many..2 * many).unwrap_or_default()) {
                let behind = if symbol == 0 { 0 } else { *behind };
                let on = ((first >> 5 & 127) + (behind >> 5 & 127)).min(127);
                *answer = ((first & 31) + (behind & 31)) | on << 5 | (first | behind) & (1 << 12);
            }
            i += many;
        }
    }
    if let Some((_, last)) = all.split_at_checked(1 << LOOKUP_PAST) {
        past.copy_from_slice(last);
        past.iter_mut().filter(|answer| **answer == 0).for_each(|answer| *answer = 127 << 5);
    }
}

fn two_symbols(i: usize, ones: &[u32; 1 << LOOKUP]) -> u64 {
    let entry = |i: usize| ones.get(i & ((1 << LOOKUP) - 1)).copied().map_or(0, u64::from);
    let a = entry(i);
    let (length, on) = (a & 255, a >> 8 & 255);
    if on == 0 {
        return 0;
    }
    let b = entry(i << length);
    let (length_2, on_2) = (b & 255, b >> 8 & 255);
    if on_2 != 0 && on < u64::from(END) && length + length_2 <= u64::from(LOOKUP) {
        (length + length_2) | length << 8 | on << 16 | on_2 << 24 | (a >> 16) << 32 | (b >> 16) << 48
    } else {
        length | length << 8 | on << 16 | (a >> 16) << 32 | (a >> 16) << 48
    }
}

/// The value that `size` bits mean.
#[inline(always)]
fn extend(raw: u32, size: u32) -> i32 {
    let above = 1 << size;
    if (raw as i32) < above >> 1 { raw as i32 - above + 1 } else { raw as i32 }
}

/// The two tables of a component, where its coefficients go, and its last DC value.
pub(super) struct Reader<'a> {
    pub(super) dc: &'a Table,
    pub(super) ac: &'a Table,
    pub(super) order: Order,
    pub(super) predictor: i32,
}

impl Reader<'_> {
    /// One block; coefficients after `LIMIT` (63: none) in zig-zag order are read past.
    /// Gives the last place that was coded, 0 for DC alone.
    #[inline(always)]
    pub(super) fn block<const LIMIT: u32>(&mut self, bits: &mut Bits<'_>, out: &mut [i16; 256]) -> u32 {
        let top = bits.buffer;
        bits.refill();
        let difference = self.dc.difference(bits, top);
        self.predictor = self.predictor.wrapping_add(difference);
        let [dc, ..] = out;
        *dc = self.predictor as i16;
        if LIMIT == 0 {
            bits.refill();
            self.rest(bits, 0);
            return 0;
        }
        let mut k = 0u32;
        loop {
            let top = bits.top();
            if self.step::<LIMIT>(bits, top, &mut k, out) {
                break;
            }
            let top = bits.top();
            if self.step::<LIMIT>(bits, top, &mut k, out) {
                break;
            }
            let top = bits.top();
            bits.refill();
            if self.step::<LIMIT>(bits, top, &mut k, out) {
                break;
            }
        }
        if k > 63 {
            if k >= END {
                return k - END;
            }
            bits.damaged = true;
            return 63;
        }
        if LIMIT < 63 {
            bits.refill();
            self.rest(bits, k);
        }
        k
    }

    /// One lookup of AC; whether the block has reached the limit or its end.
    #[inline(always)]
    fn step<const LIMIT: u32>(&self, bits: &mut Bits<'_>, top: usize, k: &mut u32, out: &mut [i16; 256]) -> bool {
        let entry = self.ac.two.get(top & ((1 << LOOKUP) - 1)).copied().unwrap_or(0);
        let on = (entry >> 16) as u32 & 255;
        if on == 0 {
            let (on, value) = self.ac.symbol(bits, top);
            *k += on;
            self.store(*k, value as i16, out);
            return *k >= LIMIT;
        }
        let first = *k + on;
        self.store(first, (entry >> 32) as i16, out);
        *k = first + ((entry >> 24) as u32 & 255);
        self.store(*k, (entry >> 48) as i16, out);
        if *k < LIMIT {
            bits.eat(entry as u32 & 255);
            return false;
        }
        // where the first one is the last, the second belongs to what follows, and was stored nowhere
        let is_one = first >= LIMIT;
        bits.eat(if is_one { (entry >> 8) as u32 & 255 } else { entry as u32 & 255 });
        if is_one {
            *k = first;
        }
        true
    }

    #[inline(always)]
    fn store(&self, k: u32, value: i16, out: &mut [i16; 256]) {
        let place = self.order.get(k as usize & 255).copied().unwrap_or(0);
        if let Some(coefficient) = out.get_mut(usize::from(place)) {
            *coefficient = value;
        }
    }

    /// Reads past the rest of a block. The bits were just refilled.
    #[inline(always)]
    fn rest(&self, bits: &mut Bits<'_>, mut k: u32) {
        let mut top = bits.buffer;
        while k < 63 {
            if self.past(bits, top, &mut k) || (k < 63 && self.past(bits, bits.buffer, &mut k)) {
                return;
            }
            top = bits.buffer;
            bits.refill();
        }
        bits.damaged |= k > 63 && k < END;
    }

    /// One lookup; whether the block has reached its end by the book.
    #[inline(always)]
    fn past(&self, bits: &mut Bits<'_>, top: u64, k: &mut u32) -> bool {
        let entry = u32::from(self.ac.past.get((top >> (64 - LOOKUP_PAST)) as usize).copied().unwrap_or(0));
        // what is longer than the lookup goes on by 127
        let next = *k + (entry >> 5 & 127);
        if next <= 63 {
            bits.eat(entry & 31);
            *k = next;
            entry >> 12 != 0
        } else {
            *k += self.ac.symbol(bits, bits.top()).0;
            false
        }
    }
}
