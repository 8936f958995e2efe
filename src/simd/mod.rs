//! Inner loops over bytes that are chosen by the processor at run time: the only place of the library with `unsafe` code.
//!
//! Each loop has a scalar twin that writes the same bytes; property tests compare them.

pub(crate) mod blend;

/// `v / 255`, rounded to the nearest; `v` is at most 255 * 255.
pub(crate) const fn div255(v: u32) -> u8 {
    let t = v + 128;
    ((t + (t >> 8)) >> 8) as u8
}
