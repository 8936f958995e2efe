//! Our own decoder for the JPEG of cameras and shops: baseline, grey or YCbCr, any usual sampling, one scan.
//!
//! It exists for speed, and comes closer to libjpeg-turbo's pixels than zune-jpeg (`tools/jpeg_decoder.py` prints how close). One row of
//! MCUs at a time: entropy decoding and inverse transform (`scan`) into a ring of two rows (`ring`), which stay in the cache, then colour
//! into the picture (`rows`), or planes straight to the size they are drawn at (`window`). `tables` is what stands before the scan, `layout`
//! where samples lie at which scale: at 1/2, 1/4 and 1/8 only the low 4x4, 2x2 and the mean of a block are transformed. Of what the caller
//! will not read, rows and columns are only passed over, or not even that below the last row. Whatever it does not know or finds damaged it
//! gives back as `None`, and the general decoders have the last word. A file that is cut off is drawn as far as it goes ([`crate::codec::Cut`]).

mod layout;
mod ring;
mod rows;
mod scan;
mod tables;
#[cfg(test)]
mod tests;
mod window;

use super::header::Header;
use crate::codec::{Filled, Format, Raw};
use crate::error::Fault;
use crate::guard::Sentry;
use crate::simd::Level;
use layout::Layout;
use rows::Rows;
use scan::{Read, Task, Wanted, read};
use tables::Tables;

pub(super) use window::decode_window;

/// The picture at 1/`scale` of its size (1, 2, 4 or 8), drawn in a part of it (fractions from the left, top, left and top; the rest is
/// white or nearly so), or `None` where this decoder does not read it or is stopped.
pub(super) fn decode(
    bytes: &[u8],
    header: &Header,
    scale: u32,
    part: [f32; 4],
    level: Level,
    sentry: &Sentry<'_>,
) -> Option<Result<Filled, Fault>> {
    let layout = Layout::new(header, eighths(scale)?)?;
    let tables = Tables::read(bytes, header)?;
    let [left, top, right, bottom] = part;
    let (columns, rows) = (within(left, right, layout.width), within(top, bottom, layout.height));
    let wanted = Wanted::around(&layout, &columns, &rows);
    let mut drawn = Rows::new(&layout, columns, rows)?;
    let task = Task { bytes, header, layout: &layout, tables: &tables, wanted: &wanted, level, sentry };
    let read = read(&task, &mut |ring, row| drawn.take(ring, row, level))?;
    let raw = || Raw { width: layout.width as u32, height: layout.height as u32, straight: drawn.finish(), opaque: true };
    Some(filled(read, raw))
}

/// What was read, unless that is too little.
fn filled(read: Read, raw: impl FnOnce() -> Raw) -> Result<Filled, Fault> {
    match read {
        Read::Whole => Ok(Filled { raw: raw(), cut: None }),
        Read::Cut(cut) => Ok(Filled { raw: raw(), cut: Some(cut) }),
        Read::Scrap(cut) => Err(cut.refused(Format::Jpeg)),
    }
}

/// Samples along a block's side.
fn eighths(scale: u32) -> Option<usize> {
    match scale {
        1 => Some(8),
        2 => Some(4),
        4 => Some(2),
        8 => Some(1),
        _ => None,
    }
}

/// The px between two fractions of a side, with as many more as an enlarging filter reaches.
fn within(from: f32, to: f32, side: usize) -> std::ops::Range<usize> {
    let px = |at: f32| at.clamp(0.0, 1.0) * side as f32;
    // a NaN is taken for 0 by the conversion, which draws too much at the start and is put right at the end
    let (from, to) = ((px(from) as usize).saturating_sub(8), (libm::ceilf(px(to)) as usize).saturating_add(8).min(side));
    from.min(to)..to
}
