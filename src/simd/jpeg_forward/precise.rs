//! The precise forward transform, for high qualities: the one of Loeffler, Ligtenberg and Moschytz with eleven multiplications of 13 bits
//! behind the point, as libjpeg's accurate one is, one bit less between the two passes because samples come in half units.
//!
//! Sums stay within 16 bits for every sample there can be, so that a register holds sixteen; products and their sums take 32.

use super::Divisor;

/// Bits behind the point of the factors.
pub(super) const BITS: i32 = 13;
/// Bits behind the point of what the first pass leaves.
pub(super) const BETWEEN: i32 = 1;

const fn fixed(value: f64) -> i32 {
    let scaled = value * 8192.0;
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

/// Factors of pairs of values, by which output they make.
pub(super) const E2: [i32; 2] = [fixed(1.306_562_965), fixed(0.541_196_100)];
pub(super) const E6: [i32; 2] = [fixed(0.541_196_100), fixed(-1.306_562_965)];
/// Of the sums of the odd half.
pub(super) const Z3: [i32; 2] = [fixed(1.175_875_602 - 1.961_570_560), fixed(1.175_875_602)];
pub(super) const Z4: [i32; 2] = [fixed(1.175_875_602), fixed(1.175_875_602 - 0.390_180_644)];
pub(super) const O7: [i32; 2] = [fixed(0.298_631_336 - 0.899_976_223), fixed(-0.899_976_223)];
pub(super) const O1: [i32; 2] = [fixed(-0.899_976_223), fixed(1.501_321_110 - 0.899_976_223)];
pub(super) const O5: [i32; 2] = [fixed(2.053_119_869 - 2.562_915_447), fixed(-2.562_915_447)];
pub(super) const O3: [i32; 2] = [fixed(-2.562_915_447), fixed(3.072_711_026 - 2.562_915_447)];

/// One pass over eight points; the first leaves `BETWEEN` bits, the second takes them away.
pub(super) fn pass(d: [i16; 8], is_first: bool) -> [i16; 8] {
    let (add, sub) = (i16::wrapping_add, i16::wrapping_sub);
    let [d0, d1, d2, d3, d4, d5, d6, d7] = d;
    let (s0, t7, s1, t6) = (add(d0, d7), sub(d0, d7), add(d1, d6), sub(d1, d6));
    let (s2, t5, s3, t4) = (add(d2, d5), sub(d2, d5), add(d3, d4), sub(d3, d4));
    let (e0, e3, e1, e2) = (add(s0, s3), sub(s0, s3), add(s1, s2), sub(s1, s2));
    let whole = |v: i16| if is_first { v.wrapping_shl(BETWEEN as u32) } else { add(v, 1 << (BETWEEN - 1)) >> BETWEEN };
    let shift = if is_first { BITS - BETWEEN } else { BITS + BETWEEN };
    let dot = |a: i16, b: i16, [u, v]: [i32; 2]| i32::from(a).wrapping_mul(u).wrapping_add(i32::from(b).wrapping_mul(v));
    let (z3, z4) = (add(t4, t6), add(t5, t7));
    let (odd3, odd4) = (dot(z3, z4, Z3), dot(z3, z4, Z4));
    let rounded = |v: i32| saturated(v.wrapping_add(1 << (shift - 1)) >> shift);
    [
        whole(add(e0, e1)),
        rounded(dot(t4, t7, O1).wrapping_add(odd4)),
        rounded(dot(e3, e2, E2)),
        rounded(dot(t5, t6, O3).wrapping_add(odd3)),
        whole(sub(e0, e1)),
        rounded(dot(t5, t6, O5).wrapping_add(odd4)),
        rounded(dot(e3, e2, E6)),
        rounded(dot(t4, t7, O7).wrapping_add(odd3)),
    ]
}

fn saturated(v: i32) -> i16 {
    v.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// A coefficient (column h, row v of the transform) by its step.
pub(super) fn quantise(value: i16, h: usize, v: usize, divisor: &Divisor) -> i16 {
    let of = |table: &[[u16; 16]; 8]| table.get(h).and_then(|column| column.get(v)).copied().unwrap_or(0);
    let eighths = value.unsigned_abs().wrapping_add(of(&divisor.half)) >> 3;
    let steps = ((u32::from(eighths) * u32::from(of(&divisor.inverse))) >> 16) as i16;
    if value < 0 {
        steps.wrapping_neg()
    } else if value == 0 {
        0
    } else {
        steps
    }
}
