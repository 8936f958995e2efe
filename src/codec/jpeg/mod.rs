//! JPEG: which decoder reads which file, and the encoder.
//!
//! Baseline in one scan, grey, YCbCr or RGB of any usual sampling, is read by our own decoder (`baseline`), at full size, 1/2, 1/4 or 1/8, or
//! straight at the size it is drawn at. Of the rest, `zune-jpeg` reads most files at full size; `jpeg-decoder` reads what zune gets wrong
//! without an error (baseline files whose components stand in scans of their own, and four components) and what is wanted at 1/2, 1/4 or
//! 1/8 of its size. All see only files whose markers have been walked here: size,
//! precision, kind, number of scans. zune's vector code writes the bytes of its scalar code (`fallback`'s test), `jpeg-decoder` has
//! none. The smaller scale pays by the picture as a whole: at 1/2 every symbol must still be read, so a busy photo decodes hardly faster, but
//! drawing 1600x1600 px at 600x600 took 13.7 instead of 16.2 ms for such a photo, and 9.9 instead of 12.4 for a plain one. Encoding is our own up to quality 95, above it `jpeg-encoder`'s without its `simd` feature, which writes other bytes.

mod baseline;
mod encode;
mod entropy;
mod fallback;
mod header;
mod huffman;
mod tables;

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use super::source::Sink;
use super::{DecodeHint, Format, Output, Probe, Raw, Subsampling, Window, icc};
use crate::error::{Code, Fault};
use crate::guard::Sentry;
use crate::limits::Limits;
use crate::pixel::Frame;
use crate::simd::Level;
use crate::simd::jpeg_forward::Sampling;
use header::Header;

pub(super) fn probe(bytes: &[u8], limits: &Limits) -> Result<Probe, Fault> {
    let header = Header::read(bytes, limits)?;
    let (width, height) = header.orientation.size((header.width.into(), header.height.into()));
    Ok(Probe { format: Format::Jpeg, width, height, orientation: header.orientation, has_alpha: false })
}

pub(super) fn decode(bytes: &[u8], probe: &Probe, hint: Option<DecodeHint>, limits: &Limits, sentry: &Sentry<'_>) -> Result<Raw, Fault> {
    let header = Header::read(bytes, limits)?;
    let target = hint.map_or((probe.width, probe.height), |h| h.target);
    let scale = scale_for(&header, probe.orientation.size(target));
    let profile = header.profile(bytes);
    let part = header.orientation.stored_part(hint.map_or(DecodeHint::WHOLE, |h| h.part));
    let own = baseline::decode(bytes, &header, scale, part, Level::detect(), sentry);
    sentry.held()?;
    let decoded = match own {
        Some(raw) => Ok((raw, false)),
        None => fallback::decode(bytes, &header, header.count_scans(bytes, limits)?, scale, sentry),
    };
    let (mut raw, cmyk) = decoded?;
    if let Some(profile) = profile
        && !cmyk
    {
        icc::rgb_to_srgb(&profile, &mut raw.straight, sentry);
    }
    Ok(raw)
}

/// A window of the upright picture, scaled as it is decoded; `None` where our own decoder does not read the file.
pub(super) fn decode_window(bytes: &[u8], window: &Window, limits: &Limits, sentry: &Sentry<'_>) -> Result<Option<Raw>, Fault> {
    let header = Header::read(bytes, limits)?;
    let stored = header.orientation.stored_window(window);
    let scale = scale_for(&header, stored.whole);
    let Some(mut raw) = baseline::decode_window(bytes, &header, scale, &stored, Level::detect(), sentry) else {
        return Ok(None);
    };
    if let Some(profile) = header.profile(bytes) {
        icc::rgb_to_srgb(&profile, &mut raw.straight, sentry);
    }
    let (width, height, straight) = header.orientation.apply(raw.width, raw.height, raw.straight, sentry);
    Ok(Some(Raw { width, height, straight, opaque: true }))
}

/// The largest of 8, 4, 2 and 1 by which both sides can be divided and still be as long as the target, in stored px.
fn scale_for(header: &Header, target: (u32, u32)) -> u32 {
    let fits = |by: u32| u32::from(header.width).div_ceil(by) >= target.0 && u32::from(header.height).div_ceil(by) >= target.1;
    [8, 4, 2].into_iter().find(|by| fits(*by)).unwrap_or(1)
}

pub(super) fn encode(frame: &Frame, output: &Output, sentry: &Sentry<'_>) -> Result<Vec<u8>, Fault> {
    let (Ok(width), Ok(height)) = (u16::try_from(frame.width()), u16::try_from(frame.height())) else {
        let message = format!("JPEG holds at most 65535 px a side, found {}x{}", frame.width(), frame.height());
        return Err(Fault::new(Code::CanvasLimit, "", message));
    };
    if !(1..=100).contains(&output.quality) {
        return Err(Fault::new(Code::BadArgument, "", format!("quality must be 1 to 100, found {}", output.quality)));
    }
    let flat = (!frame.is_opaque()).then(|| on_matte(frame.pixels(), output.matte, sentry));
    let rgba = flat.as_deref().unwrap_or(frame.pixels());
    if output.quality <= encode::MAX_QUALITY {
        let sampling = if keeps_colour(output) { Sampling::S444 } else { Sampling::S420 };
        return Ok(encode::encode(rgba, width, height, output.quality, sampling, Level::detect(), sentry));
    }
    let mut sink = Sink { out: Vec::with_capacity(frame.pixels().len() / 16), sentry };
    let mut encoder = Encoder::new(&mut sink, output.quality);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.set_sampling_factor(if keeps_colour(output) { SamplingFactor::R_4_4_4 } else { SamplingFactor::R_4_2_0 });
    let bug = |e: jpeg_encoder::EncodingError| Fault::new(Code::Bug, "", format!("the JPEG encoder refused a frame: {e}"));
    encoder.encode(rgba, width, height, ColorType::Rgba).map_err(bug)?;
    Ok(sink.out)
}

fn keeps_colour(output: &Output) -> bool {
    match output.subsampling {
        Subsampling::S444 => true,
        Subsampling::S420 => false,
        Subsampling::Auto => output.quality >= 90,
    }
}

/// Premultiplied pixels over one colour.
fn on_matte(pixels: &[u8], matte: [u8; 3], sentry: &Sentry<'_>) -> Vec<u8> {
    let over = |c: u8, a: u8, m: u8| u32::from(c) + (u32::from(m) * (255 - u32::from(a)) + 127) / 255;
    let [mr, mg, mb] = matte;
    let put = |[r, g, b, a]: &[u8; 4]| [over(*r, *a, mr), over(*g, *a, mg), over(*b, *a, mb), 255].map(|v| v.min(255) as u8);
    let parts = pixels.chunks(super::PART).take_while(|_| !sentry.stops());
    let mut out = Vec::with_capacity(pixels.len());
    parts.for_each(|part| out.extend(part.as_chunks::<4>().0.iter().flat_map(put)));
    // whoever asks for a part gets the whole size
    out.resize(pixels.len(), 255);
    out
}
