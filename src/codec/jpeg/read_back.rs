//! For tests: the coefficients that the encoder meant to write, and those that are in a file.
//!
//! The reader takes everything from the file (sampling, quantisers, codes), bit by bit, and shares no line with the encoder or with our
//! decoder: it is the encoder's other witness.

use super::encode::{Settings, tiles};
use super::tables::{quant_tables, quantiser};
use crate::simd::jpeg_forward::Sampling;

/// A block in zig-zag order and the number of its component, in the order of the scan.
pub(crate) type Block = (usize, [i16; 64]);

/// What is to be written for whole pictures of RGBA rows.
pub(crate) fn meant(settings: Settings, rgba: &[u8]) -> Vec<Block> {
    let quantiser = quantiser(&quant_tables(settings.quality), settings.quality);
    let mut out = Vec::new();
    for row in rgba.chunks(settings.row_bytes()) {
        tiles(&settings, &quantiser, row, 0..settings.tiles(), |blocks, second| {
            let [a, b, c, d, e, f] = blocks.zigzag;
            let (first_mcu, second_mcu): (&[Block], &[Block]) = match settings.sampling {
                Sampling::S420 => (&[(0, a), (0, b), (0, c), (0, d), (1, e), (2, f)], &[]),
                Sampling::S444 => (&[(0, a), (1, c), (2, e)], &[(0, b), (1, d), (2, f)]),
                Sampling::Grey => (&[(0, a)], &[(0, b)]),
            };
            out.extend_from_slice(first_mcu);
            out.extend_from_slice(if second { second_mcu } else { &[] });
        });
    }
    out
}

/// The quantisers and blocks of a baseline file of one interleaved scan; `None` where it is none, or is damaged.
pub(crate) fn read(file: &[u8]) -> Option<Vec<Block>> {
    let mut at = 2;
    // by class and number: codes as (length, code) -> value
    let mut codes: [Vec<(u32, u32, u8)>; 4] = Default::default();
    let mut factors: Vec<usize> = Vec::new();
    let mut size = (0, 0);
    loop {
        let &[0xff, marker, high, low] = file.get(at..)?.first_chunk::<4>()? else { return None };
        let length = usize::from(high) << 8 | usize::from(low);
        let data = file.get(at + 4..at + 2 + length)?;
        at += 2 + length;
        match (marker, data) {
            (0xc0, [8, h1, h0, w1, w0, _, components @ ..]) => {
                size = (usize::from(*w1) << 8 | usize::from(*w0), usize::from(*h1) << 8 | usize::from(*h0));
                factors = components.chunks_exact(3).map(|c| usize::from(c[1] & 15)).collect();
            }
            (0xc4, [kind, rest @ ..]) => {
                let (counts, values) = rest.split_at_checked(16)?;
                let mut code = 0;
                let mut values = values.iter();
                let table = codes.get_mut(usize::from(kind >> 4) * 2 + usize::from(kind & 15))?;
                for (length, count) in (1..).zip(counts) {
                    for value in values.by_ref().take(usize::from(*count)) {
                        table.push((length, code, *value));
                        code += 1;
                    }
                    code <<= 1;
                }
            }
            (0xda, _) => break,
            _ => {}
        }
    }
    let mut bits = Bits { bytes: unstuffed(file.get(at..)?)?, at: 0 };
    let side = 8 * factors.iter().max()?;
    let mut predictors = vec![0; factors.len()];
    let mut out = Vec::new();
    for _ in 0..size.0.div_ceil(side) * size.1.div_ceil(side) {
        for (component, factor) in factors.iter().enumerate() {
            for _ in 0..factor * factor {
                let kind = component.min(1);
                let block = bits.block(&codes[kind], &codes[2 + kind], &mut predictors[component])?;
                out.push((component, block));
            }
        }
    }
    // ones up to the end
    let left = bits.bytes.len() * 8 - bits.at;
    (left < 8 && bits.take(left)? == (1 << left) - 1).then_some(out)
}

struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn take(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |value, _| {
            let byte = u32::from(*self.bytes.get(self.at / 8)?);
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(value << 1 | bit)
        })
    }

    fn symbol(&mut self, codes: &[(u32, u32, u8)]) -> Option<u8> {
        let (mut code, mut length) = (0, 0);
        codes.iter().find_map(|(wanted, of, value)| {
            while length < *wanted {
                code = code << 1 | self.take(1)?;
                length += 1;
            }
            (code == *of).then_some(*value)
        })
    }

    fn value(&mut self, size: u8) -> Option<i32> {
        let bits = self.take(size.into())? as i32;
        Some(if size > 0 && bits >> (size - 1) == 0 { bits - (1 << size) + 1 } else { bits })
    }

    fn block(&mut self, dc: &[(u32, u32, u8)], ac: &[(u32, u32, u8)], predictor: &mut i32) -> Option<[i16; 64]> {
        let mut block = [0; 64];
        let size = self.symbol(dc)?;
        *predictor += self.value(size)?;
        block[0] = i16::try_from(*predictor).ok()?;
        let mut k = 1;
        while k < 64 {
            match self.symbol(ac)? {
                0 => break,
                0xf0 => k += 16,
                symbol => {
                    k += usize::from(symbol >> 4);
                    *block.get_mut(k)? = i16::try_from(self.value(symbol & 15)?).ok()?;
                    k += 1;
                }
            }
        }
        Some(block)
    }
}

/// The scan's bytes up to the end marker, which is the end of the file.
fn unstuffed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes;
    loop {
        rest = match rest {
            [0xff, 0xd9] => return Some(out),
            [0xff, 0, after @ ..] => {
                out.push(0xff);
                after
            }
            [0xff, ..] | [] => return None,
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}
