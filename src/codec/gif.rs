//! GIF: the first frame on its screen, read by the `image` crate after its header has been checked here.

use super::source::Source;
use super::{Format, Orientation, Probe, Raw, damaged, le16};
use crate::error::Fault;
use crate::guard::Sentry;
use crate::limits::Limits;

pub(super) fn probe(bytes: &[u8]) -> Result<Probe, Fault> {
    let (Some(width), Some(height)) = (le16(bytes, 6), le16(bytes, 8)) else {
        return Err(damaged(Format::Gif, "its header is cut off"));
    };
    Ok(Probe { format: Format::Gif, width: width.into(), height: height.into(), orientation: Orientation::default(), has_alpha: true })
}

pub(super) fn decode(bytes: &[u8], probe: &Probe, limits: &Limits, sentry: &Sentry<'_>) -> Result<Raw, Fault> {
    let decoder = image::codecs::gif::GifDecoder::new(Source::new(bytes, sentry)).map_err(|e| damaged(Format::Gif, e))?;
    super::image_crate::read(Format::Gif, decoder, probe, limits)
}
