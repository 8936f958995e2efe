//! Encoded pictures to frames and back, with every size checked before memory is taken.
//!
//! Bytes come in, nothing else: what they are is told by their first bytes, never by a name. [`probe`] reads headers only (our own
//! walkers, no allocation) and applies every limit; [`decode`] probes first and then hands the bytes to the format's decoder, so a
//! dependency never sees a picture that is over a limit. A decoded frame is upright, in sRGB and premultiplied, and may be smaller than
//! the picture by 1/2, 1/4 or 1/8 where the caller's hint allows it and the format gains by it.

mod bmp;
mod exif;
mod gif;
mod icc;
mod image_crate;
mod jpeg;
mod orient;
mod output;
mod png;
mod sniff;
mod source;
mod svg;
mod webp;

pub(crate) use jpeg::KeptRows;
pub use output::{Effort, Output, OutputFormat, Subsampling};
pub use sniff::Format;
pub(crate) use svg::Svg;

use crate::error::{Code, Error, Fault};
use crate::guard::{Guard, Sentry};
use crate::limits::Limits;
use crate::pixel::{Frame, unpremultiply};
pub(crate) use orient::Orientation;

/// What the headers of a picture say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) format: Format,
    /// Width and height of the upright picture.
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) orientation: Orientation,
    /// Whether a pixel may be transparent.
    pub(crate) has_alpha: bool,
}

/// What the caller will do with a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DecodeHint {
    /// The least useful size of the whole upright picture in px: a decoder may deliver less than the natural size, never less than this.
    pub(crate) target: (u32, u32),
    /// What of the upright picture will be read, as fractions of its sides from the left, top, left and top: a decoder may leave the
    /// rest undone and its damage unnoticed.
    pub(crate) part: [f32; 4],
}

impl DecodeHint {
    /// All of the picture.
    pub(crate) const WHOLE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];
}

/// What of a picture is drawn, in px of the canvas: the size that the whole upright picture has there, and a rectangle of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) whole: (u32, u32),
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// Upright, sRGB; the whole picture, perhaps at 1/2, 1/4 or 1/8 of its size.
    pub(crate) frame: Frame,
    /// Width and height of the upright picture as its headers say.
    pub(crate) natural: (u32, u32),
    /// Where its data end early.
    pub(crate) cut: Option<Cut>,
}

/// How much of a picture's data is there, in percent, where it is enough to be drawn: the rest of it is grey.
///
/// At least half must be there. What is there is right: a picture whose codes make no sense is refused, for it may be wrong long before
/// that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    there: u8,
}

/// Percent.
const LEAST_THERE: u8 = 50;

impl Cut {
    /// Where so many parts of all are there.
    fn after(parts: usize, all: usize) -> Self {
        Self { there: (parts as u64 * 100 / all.max(1) as u64).min(100) as u8 }
    }

    /// Whether too little is there.
    fn is_scrap(self) -> bool {
        self.there < LEAST_THERE
    }

    fn refused(self, format: Format) -> Fault {
        damaged(format, format_args!("its data end after {} % of it, at least {LEAST_THERE} % must be there", self.there))
    }
}

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "its data end after {} % of it", self.there)
    }
}

/// Format, size and orientation of a picture, within the limits.
pub(crate) fn probe(bytes: &[u8], limits: &Limits) -> Result<Probe, Fault> {
    if bytes.len() > limits.max_input_bytes {
        let message = format!("picture has {} bytes, over the limit of {}", bytes.len(), limits.max_input_bytes);
        return Err(Fault::new(Code::ResourceLimit, "", message));
    }
    let probe = match sniff::format(bytes)? {
        Format::Jpeg => jpeg::probe(bytes, limits)?,
        Format::Png => png::probe(bytes, limits)?,
        Format::WebP => webp::probe(bytes, limits)?,
        Format::Gif => gif::probe(bytes)?,
        Format::Bmp => bmp::probe(bytes)?,
    };
    if probe.width == 0 || probe.height == 0 {
        return Err(damaged(probe.format, format!("a picture must be at least 1x1 px, found {}x{}", probe.width, probe.height)));
    }
    match crate::pixel::over_limit("picture", probe.width, probe.height, limits) {
        Some(message) => Err(Fault::new(Code::ResourceLimit, "", message)),
        None => Ok(probe),
    }
}

/// The picture, upright, in sRGB.
pub(crate) fn decode(bytes: &[u8], hint: Option<DecodeHint>, limits: &Limits, sentry: &Sentry<'_>) -> Result<Decoded, Fault> {
    let probe = probe(bytes, limits)?;
    let whole = |raw| Filled { raw, cut: None };
    let filled = match probe.format {
        Format::Jpeg => jpeg::decode(bytes, &probe, hint, limits, sentry),
        Format::Png => png::decode(bytes, &probe, limits, sentry).map(whole),
        Format::WebP => webp::decode(bytes, &probe, limits, sentry).map(whole),
        Format::Gif => gif::decode(bytes, &probe, limits, sentry).map(whole),
        Format::Bmp => bmp::decode(bytes, &probe, limits, sentry).map(whole),
    };
    // a decoder that was stopped calls the picture damaged, or has a part of it
    sentry.check()?;
    let Filled { raw, cut } = filled?;
    let (width, height, straight) = probe.orientation.apply(raw.width, raw.height, raw.straight, sentry);
    sentry.held()?;
    let frame = match raw.opaque {
        true => Frame::from_opaque(width, height, straight),
        false => Frame::from_rgba(width, height, straight).ok(),
    };
    let frame = frame.ok_or_else(|| Fault::new(Code::Bug, "", "a decoder delivered other than width * height pixels"))?;
    Ok(Decoded { frame, natural: (probe.width, probe.height), cut })
}

/// The same, but what is cut off is refused.
pub(crate) fn decode_whole(bytes: &[u8], hint: Option<DecodeHint>, limits: &Limits, sentry: &Sentry<'_>) -> Result<Frame, Fault> {
    let decoded = decode(bytes, hint, limits, sentry)?;
    match decoded.cut {
        Some(cut) => Err(damaged(Format::Jpeg, cut)),
        None => Ok(decoded.frame),
    }
}

/// A window of the picture, upright, in sRGB, at the size it is drawn at; `None` where its decoder gains nothing by that.
///
/// The px of a window are those that any other window of the same whole has there.
pub(crate) fn decode_window(bytes: &[u8], window: &Window, limits: &Limits, sentry: &Sentry<'_>) -> Result<Option<Decoded>, Fault> {
    let probe = probe(bytes, limits)?;
    if probe.format != Format::Jpeg {
        return Ok(None);
    }
    if let Some(message) = crate::pixel::over_limit("canvas", window.width, window.height, limits) {
        return Err(Fault::new(Code::CanvasLimit, "", message));
    }
    let scaled = jpeg::decode_window(bytes, window, limits, sentry);
    sentry.held()?;
    let Some(Filled { raw, cut }) = scaled? else { return Ok(None) };
    let frame = Frame::from_opaque(raw.width, raw.height, raw.straight);
    let frame = frame.ok_or_else(|| Fault::new(Code::Bug, "", "a decoder delivered other than width * height pixels"))?;
    Ok(Some(Decoded { frame, natural: (probe.width, probe.height), cut }))
}

impl Frame {
    /// A picture's pixels: JPEG, PNG, WebP, GIF (first frame) or BMP, upright and in sRGB. A file that is cut off is an error.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        decode_whole(bytes, None, limits, &Sentry::default()).map_err(Error::from)
    }

    /// As [`Frame::decode`], but where the format gains by it, at 1/2, 1/4 or 1/8 of the picture's size, both sides at least as long as
    /// asked for.
    pub fn decode_at_least(bytes: &[u8], width: u32, height: u32, limits: &Limits) -> Result<Self, Error> {
        let hint = DecodeHint { target: (width, height), part: DecodeHint::WHOLE };
        decode_whole(bytes, Some(hint), limits, &Sentry::default()).map_err(Error::from)
    }

    /// The frame in an encoded format.
    pub fn encode(&self, output: &Output) -> Result<Vec<u8>, Error> {
        self.encode_guarded(output, &Guard::default())
    }

    /// The same, ended by a guard.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), and [`Code::DeadlineExceeded`] or [`Code::Cancelled`].
    pub fn encode_guarded(&self, output: &Output, guard: &Guard<'_>) -> Result<Vec<u8>, Error> {
        let sentry = Sentry::new(guard);
        sentry.enter("encode")?;
        let bytes = match output.format {
            OutputFormat::Jpeg => jpeg::encode_known(self, output, &sentry).unwrap_or_else(|| jpeg::encode(self, output, &sentry)),
            OutputFormat::Png => png::encode(self, output, &sentry),
            OutputFormat::WebP => webp::encode(self, &sentry),
        };
        // an encoder that was stopped has a part of the bytes
        sentry.held()?;
        Ok(bytes?)
    }
}

/// Bytes of px that are worked on between two questions.
const PART: usize = 1 << 20;

/// A frame's pixels with straight alpha.
fn straight(frame: &Frame, sentry: &Sentry<'_>) -> Vec<u8> {
    let mut straight = frame.pixels().to_vec();
    straight.chunks_mut(PART).take_while(|_| !sentry.stops()).for_each(unpremultiply);
    straight
}

/// What a format's decoder delivers: straight sRGB RGBA, not yet upright.
struct Raw {
    width: u32,
    height: u32,
    straight: Vec<u8>,
    /// Known to have alpha 255 everywhere.
    opaque: bool,
}

/// What a decoder delivers that goes on where data end.
struct Filled {
    raw: Raw,
    cut: Option<Cut>,
}

/// A fault about bytes that are not what their format demands.
fn damaged(format: Format, message: impl std::fmt::Display) -> Fault {
    let message: String = message.to_string().chars().take(120).collect();
    Fault::new(Code::DamagedResource, "", format!("{} is damaged: {message}", format.name()))
}

/// A fault about a picture that is in order but of a kind that is not read.
fn unsupported(format: Format, message: impl std::fmt::Display) -> Fault {
    Fault::new(Code::UnknownFormat, "", format!("{} {message}", format.name()))
}

fn metadata_over_limit(format: Format, found: usize, limits: &Limits) -> Fault {
    let message = format!("metadata of the {} has {found} bytes, over the limit of {}", format.name(), limits.max_metadata_bytes);
    Fault::new(Code::ResourceLimit, "", message)
}

/// Big-endian numbers at an offset, where they are there.
fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk::<2>().map(|b| u16::from_be_bytes(*b))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|b| u32::from_be_bytes(*b))
}

fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk::<2>().map(|b| u16::from_le_bytes(*b))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|b| u32::from_le_bytes(*b))
}
