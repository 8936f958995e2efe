//! JPEG: which decoder reads which file, and the encoder.
//!
//! Baseline in one scan, grey, YCbCr or RGB of any usual sampling, is read by our own decoder (`baseline`), at full size, 1/2, 1/4 or 1/8, or
//! straight at the size it is drawn at. Of the rest, `zune-jpeg` reads most files at full size; `jpeg-decoder` reads what zune gets wrong
//! without an error (baseline files whose components stand in scans of their own, and four components) and what is wanted at 1/2, 1/4 or
//! 1/8 of its size. All see only files whose markers have been walked here: size,
//! precision, kind, number of scans. zune's vector code writes the bytes of its scalar code (`fallback`'s test), `jpeg-decoder` has
//! none. The smaller scale pays by the picture as a whole: at 1/2 every symbol must still be read, so a busy photo decodes hardly faster, but
//! drawing 1600x1600 px at 600x600 took 13.7 instead of 16.2 ms for such a photo, and 9.9 instead of 12.4 for a plain one.
//! Encoding is our own.

mod baseline;
mod encode;
mod entropy;
mod fallback;
mod header;
mod huffman;
mod kept;
#[cfg(test)]
mod read_back;
mod tables;

use super::{DecodeHint, Filled, Format, Output, Probe, Raw, Window, icc};
use crate::error::Fault;
use crate::guard::Sentry;
use crate::limits::Limits;
use crate::pixel::Frame;
use crate::simd::Level;
use header::Header;
pub(crate) use kept::KeptRows;
pub(super) use kept::encode_known;

pub(super) fn probe(bytes: &[u8], limits: &Limits) -> Result<Probe, Fault> {
    let header = Header::read(bytes, limits)?;
    let (width, height) = header.orientation.size((header.width.into(), header.height.into()));
    Ok(Probe { format: Format::Jpeg, width, height, orientation: header.orientation, has_alpha: false })
}

pub(super) fn decode(bytes: &[u8], probe: &Probe, hint: Option<DecodeHint>, limits: &Limits, sentry: &Sentry<'_>) -> Result<Filled, Fault> {
    let header = Header::read(bytes, limits)?;
    let target = hint.map_or((probe.width, probe.height), |h| h.target);
    let scale = scale_for(&header, probe.orientation.size(target));
    let profile = header.profile(bytes);
    let part = header.orientation.stored_part(hint.map_or(DecodeHint::WHOLE, |h| h.part));
    let own = baseline::decode(bytes, &header, scale, part, Level::detect(), sentry);
    sentry.held()?;
    let decoded = match own {
        Some(filled) => filled.map(|Filled { raw, cut }| (raw, false, cut)),
        None => {
            let scans = header.count_scans(bytes, limits)?;
            fallback::decode(bytes, &header, scans, scale, sentry).map(|(raw, cmyk)| (raw, cmyk, None))
        }
    };
    let (mut raw, cmyk, cut) = decoded?;
    if let Some(profile) = profile
        && !cmyk
    {
        icc::rgb_to_srgb(&profile, &mut raw.straight, sentry);
    }
    Ok(Filled { raw, cut })
}

/// A window of the upright picture, scaled as it is decoded; `None` where our own decoder does not read the file.
pub(super) fn decode_window(bytes: &[u8], window: &Window, limits: &Limits, sentry: &Sentry<'_>) -> Result<Option<Filled>, Fault> {
    let header = Header::read(bytes, limits)?;
    let stored = header.orientation.stored_window(window);
    let scale = scale_for(&header, stored.whole);
    let Some(filled) = baseline::decode_window(bytes, &header, scale, &stored, Level::detect(), sentry) else {
        return Ok(None);
    };
    let Filled { mut raw, cut } = filled?;
    if let Some(profile) = header.profile(bytes) {
        icc::rgb_to_srgb(&profile, &mut raw.straight, sentry);
    }
    let (width, height, straight) = header.orientation.apply(raw.width, raw.height, raw.straight, sentry);
    Ok(Some(Filled { raw: Raw { width, height, straight, opaque: true }, cut }))
}

/// The largest of 8, 4, 2 and 1 by which both sides can be divided and still be as long as the target, in stored px.
fn scale_for(header: &Header, target: (u32, u32)) -> u32 {
    let fits = |by: u32| u32::from(header.width).div_ceil(by) >= target.0 && u32::from(header.height).div_ceil(by) >= target.1;
    [8, 4, 2].into_iter().find(|by| fits(*by)).unwrap_or(1)
}

pub(super) fn encode(frame: &Frame, output: &Output, sentry: &Sentry<'_>) -> Result<Vec<u8>, Fault> {
    let settings = kept::settings(frame, output, Level::detect())?;
    Ok(kept::encode(frame, output.matte, settings, None, sentry))
}
