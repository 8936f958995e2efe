//! PNG: read by the `png` crate after its chunks have been walked here; written by `encode`.
//!
//! Compressed metadata (profiles, texts) is a bomb in the hands of a decoder that inflates it on the way: the crate is told to skip all
//! of it, and the profile is inflated here, up to the limit and no further.

mod chunk;
mod deflate;
mod encode;
mod filter;
mod palette;

use png::{ColorType, Decoder, Transformations};

use super::source::Source;
use super::{Format, Orientation, Probe, Raw, be32, damaged, exif, icc, metadata_over_limit};
use crate::error::Fault;
use crate::guard::Sentry;
use crate::limits::Limits;
use crate::pixel::byte_len;
pub(super) use encode::encode;

pub(super) fn probe(bytes: &[u8], limits: &Limits) -> Result<Probe, Fault> {
    let head = Chunks::of(bytes).next();
    let Some((b"IHDR", [_, _, _, _, _, _, _, _, _, kind, ..])) = head else {
        return Err(damaged(Format::Png, "its first chunk must be IHDR"));
    };
    let (Some(width), Some(height)) = (be32(bytes, 16), be32(bytes, 20)) else {
        return Err(damaged(Format::Png, "its header is cut off"));
    };
    let mut probe = Probe { format: Format::Png, width, height, orientation: Orientation::default(), has_alpha: kind & 4 != 0 };
    let mut metadata = 0usize;
    for (name, data) in Chunks::of(bytes) {
        match name {
            b"tRNS" => probe.has_alpha = true,
            b"iCCP" | b"eXIf" | b"tEXt" | b"zTXt" | b"iTXt" => {
                metadata += data.len();
                if metadata > limits.max_metadata_bytes {
                    return Err(metadata_over_limit(Format::Png, metadata, limits));
                }
                if name == b"eXIf" {
                    probe.orientation = exif::orientation(data);
                }
            }
            b"IDAT" | b"IEND" => break,
            _ => {}
        }
    }
    (probe.width, probe.height) = probe.orientation.size((width, height));
    Ok(probe)
}

pub(super) fn decode(bytes: &[u8], probe: &Probe, limits: &Limits, sentry: &Sentry<'_>) -> Result<Raw, Fault> {
    let (width, height) = probe.orientation.size((probe.width, probe.height));
    let pixels = byte_len(width, height).ok_or_else(|| damaged(Format::Png, "its size cannot be counted"))? / 4;
    let mut decoder =
        Decoder::new_with_limits(Source::new(bytes, sentry), png::Limits { bytes: pixels.saturating_mul(8).saturating_add(16 << 20) });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|e| damaged(Format::Png, e))?;
    let (color, depth) = reader.output_color_type();
    let channels = color.samples();
    if (reader.info().width, reader.info().height, depth) != (width, height, png::BitDepth::Eight) {
        return Err(damaged(Format::Png, "two headers differ about its size"));
    }
    let mut straight = vec![0; pixels * 4];
    // the rows are written to the end of the buffer and spread out towards its start
    let packed = pixels * (4 - channels.min(4));
    let rows = straight.get_mut(packed..).unwrap_or_default();
    reader.next_frame(rows).map_err(|e| damaged(Format::Png, e))?;
    spread(&mut straight, packed, color, sentry);
    if let Some(profile) = profile(bytes, limits)? {
        icc::rgb_to_srgb(&profile, &mut straight, sentry);
    }
    Ok(Raw { width, height, straight, opaque: matches!(color, ColorType::Rgb | ColorType::Grayscale) })
}

/// Px that are spread between two questions.
const SPREAD_PX: usize = 1 << 18;

/// Pixels of one to four channels from `start` on as RGBA from 0 on.
fn spread(buffer: &mut [u8], start: usize, color: ColorType, sentry: &Sentry<'_>) {
    let channels = color.samples();
    if channels == 4 {
        return;
    }
    for i in 0..buffer.len() / 4 {
        if i % SPREAD_PX == 0 && sentry.stops() {
            return;
        }
        let from = start + i * channels;
        let px = match buffer.get(from..from + channels) {
            Some([v]) => [*v, *v, *v, 255],
            Some([v, a]) => [*v, *v, *v, *a],
            Some([r, g, b]) => [*r, *g, *b, 255],
            _ => return,
        };
        if let Some(to) = buffer.get_mut(i * 4..i * 4 + 4) {
            to.copy_from_slice(&px);
        }
    }
}

/// The embedded profile, inflated up to the limit; one that cannot be inflated is as none.
fn profile(bytes: &[u8], limits: &Limits) -> Result<Option<Vec<u8>>, Fault> {
    let before_pixels = |(name, _): &(&[u8; 4], &[u8])| *name != b"IDAT";
    let mut head = Chunks::of(bytes).take_while(before_pixels);
    if head.clone().any(|(name, _)| name == b"sRGB") {
        return Ok(None);
    }
    let Some((_, data)) = head.find(|(name, _)| *name == b"iCCP") else { return Ok(None) };
    let Some(zlib) = data.iter().take(80).position(|b| *b == 0).and_then(|end| data.get(end + 2..)) else { return Ok(None) };
    match miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(zlib, limits.max_metadata_bytes) {
        Ok(profile) => Ok(Some(profile)),
        Err(e) if e.status == miniz_oxide::inflate::TINFLStatus::HasMoreOutput => {
            Err(metadata_over_limit(Format::Png, limits.max_metadata_bytes.saturating_add(1), limits))
        }
        Err(_) => Ok(None),
    }
}

/// Name and data of each chunk; the last may be cut off.
#[derive(Clone)]
struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Chunks<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.get(8..).unwrap_or_default() }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let size = usize::try_from(be32(self.rest, 0)?).ok()?;
        let name = self.rest.get(4..)?.first_chunk::<4>()?;
        let body = self.rest.get(8..)?;
        let data = body.get(..size).unwrap_or(body);
        self.rest = body.get(size.saturating_add(4)..).unwrap_or_default();
        Some((name, data))
    }
}
