//! WebP: lossy and lossless read, of an animation the first frame; lossless written. By the `image-webp` crate, after the chunks have
//! been walked here: sizes, orientation and the length of ICC and EXIF come from our own walker.

use image::ImageDecoder;

use super::source::Source;
use super::{Format, Orientation, Probe, Raw, damaged, exif, icc, le16, le32, metadata_over_limit};
use crate::error::{Code, Fault};
use crate::guard::Sentry;
use crate::limits::Limits;
use crate::pixel::Frame;

pub(super) fn probe(bytes: &[u8], limits: &Limits) -> Result<Probe, Fault> {
    let mut probe = Probe { format: Format::WebP, width: 0, height: 0, orientation: Orientation::default(), has_alpha: false };
    let mut metadata = 0usize;
    let mut first = true;
    let mut extended = false;
    for (kind, data) in (Chunks { rest: bytes.get(12..).unwrap_or_default() }) {
        match kind {
            b"VP8 " if first => (probe.width, probe.height) = lossy_size(data)?,
            b"VP8L" if first => (probe.width, probe.height, probe.has_alpha) = lossless_size(data)?,
            b"VP8X" if first => {
                (probe.width, probe.height, probe.has_alpha) = extended_size(data)?;
                extended = true;
            }
            b"EXIF" | b"ICCP" | b"XMP " => {
                metadata = metadata.saturating_add(data.len());
                if metadata > limits.max_metadata_bytes {
                    return Err(metadata_over_limit(Format::WebP, metadata, limits));
                }
                if kind == b"EXIF" {
                    probe.orientation = exif::orientation(data);
                }
            }
            _ if first => return Err(damaged(Format::WebP, "its first chunk is none of VP8, VP8L and VP8X")),
            _ => {}
        }
        if !extended {
            break;
        }
        first = false;
    }
    (probe.width, probe.height) = probe.orientation.size((probe.width, probe.height));
    Ok(probe)
}

pub(super) fn decode(bytes: &[u8], probe: &Probe, limits: &Limits, sentry: &Sentry<'_>) -> Result<Raw, Fault> {
    let mut decoder = image::codecs::webp::WebPDecoder::new(Source::new(bytes, sentry)).map_err(|e| damaged(Format::WebP, e))?;
    let profile = decoder.icc_profile().ok().flatten();
    let mut raw = super::image_crate::read(Format::WebP, decoder, probe, limits)?;
    if let Some(profile) = profile {
        icc::rgb_to_srgb(&profile, &mut raw.straight, sentry);
    }
    Ok(raw)
}

pub(super) fn encode(frame: &Frame, sentry: &Sentry<'_>) -> Result<Vec<u8>, Fault> {
    if frame.width().max(frame.height()) > 16_384 {
        let message = format!("WebP holds at most 16384 px a side, found {}x{}", frame.width(), frame.height());
        return Err(Fault::new(Code::CanvasLimit, "", message));
    }
    let mut out = Vec::with_capacity(frame.pixels().len() / 4);
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut out);
    let opaque = frame.is_opaque();
    let (straight, kind) = match opaque {
        true => (rgb(frame.pixels()), image::ExtendedColorType::Rgb8),
        false => (super::straight(frame, sentry), image::ExtendedColorType::Rgba8),
    };
    sentry.check()?;
    let bug = |e: image::ImageError| Fault::new(Code::Bug, "", format!("the WebP encoder refused a frame: {e}"));
    encoder.encode(&straight, frame.width(), frame.height(), kind).map_err(bug)?;
    Ok(out)
}

/// RGB of opaque RGBA.
pub(super) fn rgb(rgba: &[u8]) -> Vec<u8> {
    rgba.as_chunks::<4>().0.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect()
}

/// The chunks of a RIFF body; the last one may be cut off.
struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Chunks<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.rest.first_chunk::<4>()?;
        let size = usize::try_from(le32(self.rest, 4)?).ok()?;
        let body = self.rest.get(8..)?;
        let data = body.get(..size).unwrap_or(body);
        self.rest = body.get(size.saturating_add(size & 1)..).unwrap_or_default();
        Some((kind, data))
    }
}

fn lossy_size(data: &[u8]) -> Result<(u32, u32), Fault> {
    match (data.get(3..6), le16(data, 6), le16(data, 8)) {
        (Some([0x9d, 0x01, 0x2a]), Some(w), Some(h)) => Ok(((w & 0x3fff).into(), (h & 0x3fff).into())),
        _ => Err(damaged(Format::WebP, "its VP8 header is cut off or has no start code")),
    }
}

fn lossless_size(data: &[u8]) -> Result<(u32, u32, bool), Fault> {
    match (data.first(), le32(data, 1)) {
        (Some(0x2f), Some(bits)) => Ok(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1, bits >> 28 & 1 == 1)),
        _ => Err(damaged(Format::WebP, "its VP8L header is cut off or has no signature")),
    }
}

fn extended_size(data: &[u8]) -> Result<(u32, u32, bool), Fault> {
    let u24 = |at: usize| Some(u32::from(le16(data, at)?) | u32::from(*data.get(at + 2)?) << 16);
    match (data.first(), u24(4), u24(7)) {
        (Some(flags), Some(w), Some(h)) => Ok((w + 1, h + 1, flags & 0x10 != 0)),
        _ => Err(damaged(Format::WebP, "its VP8X header is cut off")),
    }
}
