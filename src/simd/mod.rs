//! Inner loops over bytes that are chosen by the processor at run time: the only place of the library with `unsafe` code.
//!
//! Each loop has a scalar twin that writes the same bytes; property tests compare them. A kernel is a safe method of [`Level`]: it checks
//! the lengths that its loads and stores rely on, then enters the vector code; where a length is too short it takes the scalar twin,
//! whose indexing is checked.

pub(crate) mod blend;
mod bytes;
pub(crate) mod jpeg_forward;
pub(crate) mod jpeg_inverse;
mod level;
pub(crate) mod planes;

pub(crate) use level::{Level, Work};

/// `v / 255`, rounded to the nearest; `v` is at most 255 * 255.
pub(crate) const fn div255(v: u32) -> u8 {
    let t = v + 128;
    ((t + (t >> 8)) >> 8) as u8
}
