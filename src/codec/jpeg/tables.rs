//! The tables of a baseline JPEG: Annex K's quantisers and Huffman codes, and what the encoder derives from them.
//!
//! The Huffman codes are the standard's: codes made for one picture save 1 to 3 % of its bytes and cost a second pass over it.

use crate::simd::jpeg_forward::{Divisor, Quant, Quantiser, ZIGZAG};

/// The highest quality whose steps are so long that the errors of the fast transform are small beside them: it costs 0.1 dB near 100.
pub(super) const FAST_UP_TO: u8 = 95;

/// Table K.1 (luminance), natural order.
const QY: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22,
    37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
/// Table K.2 (chrominance), natural order.
const QC: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// BITS and HUFFVAL of a kind of component, as in Tables K.3 to K.6.
pub(super) struct Codes {
    pub(super) dc_bits: [u8; 16],
    pub(super) dc_values: [u8; 12],
    pub(super) ac_bits: [u8; 16],
    pub(super) ac_values: [u8; 162],
}

const DC_VALUES: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// Luma and chroma.
pub(super) static TABLES: [Codes; 2] = [
    Codes {
        dc_bits: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        dc_values: DC_VALUES,
        ac_bits: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d],
        ac_values: [
            0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81,
            0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18,
            0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
            0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
            0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
            0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
            0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5,
            0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
        ],
    },
    Codes {
        dc_bits: [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
        dc_values: DC_VALUES,
        ac_bits: [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
        ac_values: [
            0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32, 0x81, 0x08,
            0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25,
            0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47,
            0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74,
            0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
            0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba,
            0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4,
            0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
        ],
    },
];

/// The usual quality scaling (1..=100) of the Annex K tables; natural order.
pub(super) fn quant_tables(quality: u8) -> [[u8; 64]; 2] {
    let q = i32::from(quality.clamp(1, 100));
    let scale = if q < 50 { 5000 / q } else { 200 - 2 * q };
    let f = |t: &[u8; 64]| t.map(|v| ((i32::from(v) * scale + 50) / 100).clamp(1, 255) as u8);
    [f(&QY), f(&QC)]
}

/// The kernels' quantiser for the tables of a quality.
pub(super) fn quantiser(tables: &[[u8; 64]; 2], quality: u8) -> Quantiser {
    if quality <= FAST_UP_TO { Quantiser::Fast(tables.each_ref().map(fast)) } else { Quantiser::Precise(tables.each_ref().map(precise)) }
}

/// For the fast transform, whose outputs are not normalised.
///
/// A division becomes two rounding multiplications in Q15: by a factor from a half to one, then by a power of two.
fn fast(table: &[u8; 64]) -> Quant {
    let scales: [f64; 8] = std::array::from_fn(|k| match k {
        0 => 1.0,
        _ => libm::cos(k as f64 * std::f64::consts::PI / 16.0) * std::f64::consts::SQRT_2,
    });
    let mut quant = Quant { factor: [[0; 16]; 8], power: [[0; 16]; 8] };
    for ((h, (factors, powers)), scale_h) in quant.factor.iter_mut().zip(&mut quant.power).enumerate().zip(scales) {
        for ((i, (factor, power)), scale_v) in factors.iter_mut().zip(powers).enumerate().zip(scales.into_iter().cycle()) {
            // 8 from the unnormalised transform both ways, 2 from samples in half units
            let divisor = f64::from(table.get(i % 8 * 8 + h).copied().unwrap_or(1)) * 16.0 * scale_h * scale_v;
            let mut k = 0u32;
            while f64::from(1u32 << (k + 1)) <= divisor * 1.000_000_1 && k < 14 {
                k += 1;
            }
            let mut m = libm::round((1u64 << (15 + k)) as f64 / divisor) as i32;
            if m >= 32_768 {
                (m, k) = (m / 2, k.saturating_sub(1));
            }
            // the power is 1 for a divisor of 1 in the last corner only
            (*factor, *power) = (m.min(32_767) as i16, (32_768 >> k).min(32_767) as i16);
        }
    }
    quant
}

/// For the precise transform: coefficients come in sixteenths of their steps, a division is one multiplication of their eighths by the
/// inverse of twice the step, rounded up, which is exact for steps up to 15; from quality 96 on they are 10 at most.
fn precise(table: &[u8; 64]) -> Divisor {
    let mut divisor = Divisor { half: [[0; 16]; 8], inverse: [[0; 16]; 8] };
    for (h, (halves, inverses)) in divisor.half.iter_mut().zip(&mut divisor.inverse).enumerate() {
        for (i, (half, inverse)) in halves.iter_mut().zip(inverses).enumerate() {
            let step = u16::from(table.get(i % 8 * 8 + h).copied().unwrap_or(1).max(1));
            (*half, *inverse) = (8 * step, 65_536_u32.div_ceil(2 * u32::from(step)) as u16);
        }
    }
    divisor
}

/// The zig-zag list of a table in natural order.
pub(super) fn in_zigzag(table: &[u8; 64]) -> impl Iterator<Item = u8> + '_ {
    ZIGZAG.iter().map(|n| table.get(usize::from(*n)).copied().unwrap_or(1))
}

/// Huffman codes of one kind of component; an entry is `bits << 8 | length`.
pub(super) struct Huffman {
    /// By the size category of the DC difference.
    pub(super) dc: [u32; 16],
    /// By `run * 16 + size`: the code alone.
    pub(super) ac: [u32; 256],
    /// By `run * 64 + value + 32` for values from -32 to 31: code and value bits in one; 0 for the value 0.
    pub(super) small: [u32; 1024],
}

/// The standard's codes.
pub(super) static LUMA: Huffman = Huffman::new(&TABLES[0]);
pub(super) static CHROMA: Huffman = Huffman::new(&TABLES[1]);

impl Huffman {
    const fn new(codes: &Codes) -> Self {
        let mut out = Self { dc: [0; 16], ac: [0; 256], small: [0; 1024] };
        assign(&codes.dc_bits, &codes.dc_values, &mut out.dc);
        assign(&codes.ac_bits, &codes.ac_values, &mut out.ac);
        let mut at = 0;
        while at < 1024 {
            let (run, value) = (at / 64, (at % 64) as i32 - 32);
            if value != 0 {
                let size = 32 - value.unsigned_abs().leading_zeros();
                let code = out.ac[run * 16 + size as usize];
                let bits = (value + (value >> 31)) as u32 & ((1 << size) - 1);
                out.small[at] = ((code >> 8) << size | bits) << 8 | ((code & 255) + size);
            }
            at += 1;
        }
        out
    }
}

/// Annex C: codes from the counts of their lengths.
const fn assign(counts: &[u8; 16], values: &[u8], out: &mut [u32]) {
    let (mut code, mut at, mut length) = (0u32, 0, 0);
    while length < 16 {
        let mut count = counts[length];
        length += 1;
        while count > 0 {
            out[values[at] as usize] = code << 8 | length as u32;
            code += 1;
            at += 1;
            count -= 1;
        }
        code <<= 1;
    }
}
