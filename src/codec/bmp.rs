//! BMP, read by the `image` crate after its header has been checked here.

use super::source::Source;
use super::{Format, Orientation, Probe, Raw, damaged, le16, le32};
use crate::error::Fault;
use crate::guard::Sentry;
use crate::limits::Limits;

pub(super) fn probe(bytes: &[u8]) -> Result<Probe, Fault> {
    let short = || damaged(Format::Bmp, "its header is cut off");
    let header = le32(bytes, 14).ok_or_else(short)?;
    let (width, height) = if header == 12 {
        (le16(bytes, 18).map(i32::from), le16(bytes, 20).map(i32::from))
    } else {
        (le32(bytes, 18).map(|v| v as i32), le32(bytes, 22).map(|v| v as i32))
    };
    let (width, height) = (width.ok_or_else(short)?, height.ok_or_else(short)?);
    if width < 0 {
        return Err(damaged(Format::Bmp, format!("width must be positive, found {width}")));
    }
    let depth_at = if header == 12 { 24 } else { 28 };
    let has_alpha = header >= 40 && matches!(le16(bytes, depth_at), Some(16 | 32));
    Ok(Probe {
        format: Format::Bmp,
        width: width.unsigned_abs(),
        height: height.unsigned_abs(),
        orientation: Orientation::default(),
        has_alpha,
    })
}

pub(super) fn decode(bytes: &[u8], probe: &Probe, limits: &Limits, sentry: &Sentry<'_>) -> Result<Raw, Fault> {
    let decoder = image::codecs::bmp::BmpDecoder::new(Source::new(bytes, sentry)).map_err(|e| damaged(Format::Bmp, e))?;
    super::image_crate::read(Format::Bmp, decoder, probe, limits)
}
