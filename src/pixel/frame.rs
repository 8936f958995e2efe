//! A picture in memory: premultiplied sRGB, 8 bits a channel, RGBA, rows without padding, the first row on top.
//!
//! Premultiplied because everything between decode and encode (scaling, blending, blurring) is right only on premultiplied pixels and
//! faster on them; straight pixels come in through [`Frame::from_rgba`] and leave through [`Frame::to_rgba`]. Both roundings are part of
//! the contract: `p = (c a + 127) / 255` on the way in and `c = (255 p + a / 2) / a` on the way out, in whole numbers. The second
//! undoes the first as far as that is possible: `from_rgba(to_rgba(f)) = f` for every frame, which is why a lossless format keeps it.

use std::any::Any;
use std::sync::Arc;

use crate::error::{Code, Error, Fault};
use crate::limits::Limits;
use crate::pixel::Touched;

/// A picture: premultiplied sRGB RGBA, 8 bits a channel, row after row from the top without padding.
///
/// ```
/// use templrender::{Frame, Limits, Output};
/// let frame = Frame::from_rgba(2, 1, vec![255, 0, 0, 255, 0, 0, 255, 128])?;
/// assert_eq!((frame.width(), frame.height(), frame.stride()), (2, 1, 8));
/// assert_eq!(frame.pixels(), [255, 0, 0, 255, 0, 0, 128, 128]);
/// assert!(!frame.is_opaque());
/// let png = frame.encode(&Output::png())?;
/// assert_eq!(Frame::decode(&png, &Limits::default())?, frame);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Clone)]
pub struct Frame {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
    /// Known to let nothing through; where it is false, the pixels have to be asked.
    opaque: bool,
    /// What is another frame's; forgotten when somebody may write.
    origin: Option<Origin>,
}

/// The frame that most of a frame was copied from.
#[derive(Clone)]
pub(crate) struct Origin {
    /// Of the frame that was copied: what its owner knows of it, and what tells it from others.
    pub(crate) of: Arc<dyn Any + Send + Sync>,
    /// Where it may differ.
    pub(crate) touched: Arc<Touched>,
}

impl Origin {
    /// What the owner of the frame that was copied knows of it.
    pub(crate) fn known<T: 'static>(&self) -> Option<&T> {
        self.of.downcast_ref()
    }

    /// Whether that is the frame of which its owner knows this very thing.
    pub(crate) fn is_of<T>(&self, known: &Arc<T>) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.of), Arc::as_ptr(known))
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        (self.width, self.height) == (other.width, other.height) && self.pixels == other.pixels
    }
}

impl Eq for Frame {}

impl std::hash::Hash for Frame {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.width, self.height, &self.pixels).hash(state);
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}x{})", self.width, self.height)
    }
}

impl Frame {
    /// A transparent frame; the limits are compared before memory is taken.
    pub fn new(width: u32, height: u32, limits: &Limits) -> Result<Self, Error> {
        if width == 0 || height == 0 {
            return Err(Fault::new(Code::BadArgument, "", format!("a frame must be at least 1x1 px, found {width}x{height}")).into());
        }
        if let Some(message) = over_limit("canvas", width, height, limits) {
            return Err(Fault::new(Code::CanvasLimit, "", message).into());
        }
        let bytes = byte_len(width, height).ok_or_else(|| Fault::new(Code::CanvasLimit, "", "the canvas does not fit into memory"))?;
        Ok(Self { width, height, pixels: vec![0; bytes], opaque: false, origin: None })
    }

    /// A frame of straight (not premultiplied) RGBA, `width * height * 4` bytes.
    pub fn from_rgba(width: u32, height: u32, mut straight: Vec<u8>) -> Result<Self, Error> {
        if width == 0 || height == 0 || byte_len(width, height) != Some(straight.len()) {
            let message = format!("{width}x{height} px take width * height * 4 bytes and at least one px, found {} bytes", straight.len());
            return Err(Fault::new(Code::BadArgument, "", message).into());
        }
        premultiply(&mut straight);
        Ok(Self { width, height, pixels: straight, opaque: false, origin: None })
    }

    /// A frame of bytes that are premultiplied already; `None` where their number is not `width * height * 4`.
    pub(crate) fn from_premultiplied(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        let fits = width > 0 && height > 0 && byte_len(width, height) == Some(pixels.len());
        fits.then_some(Self { width, height, pixels, opaque: false, origin: None })
    }

    /// A frame of bytes whose every alpha is 255, which is remembered instead of looked for.
    pub(crate) fn from_opaque(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        let frame = Self::from_premultiplied(width, height, pixels)?;
        Some(Self { opaque: true, ..frame })
    }

    /// Remembers that every alpha is 255.
    pub(super) fn set_opaque(&mut self) {
        self.opaque = true;
    }

    /// A copy in which a part from `left`, `top` on has these rows instead.
    pub(crate) fn copy_with<'r>(&self, left: usize, top: usize, rows: impl Iterator<Item = &'r [u8]>) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for (start, row) in (top * self.stride() + left * 4..).step_by(self.stride()).zip(rows) {
            pixels.extend_from_slice(self.pixels.get(pixels.len()..start).unwrap_or_default());
            pixels.extend_from_slice(row);
        }
        pixels.truncate(self.pixels.len());
        pixels.extend_from_slice(self.pixels.get(pixels.len()..).unwrap_or_default());
        Self { width: self.width, height: self.height, pixels, opaque: false, origin: None }
    }

    /// Remembers what it was copied from.
    pub(crate) fn set_origin(&mut self, origin: Origin) {
        self.origin = Some(origin);
    }

    /// What it was copied from, where nobody may have written since.
    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// The pixels as straight RGBA; where alpha is 0, colour is 0.
    pub fn to_rgba(&self) -> Vec<u8> {
        let mut straight = self.pixels.clone();
        unpremultiply(&mut straight);
        straight
    }

    /// Width in px, at least 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in px, at least 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All pixels, premultiplied RGBA.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// All pixels, premultiplied RGBA: no colour may be above its alpha.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        self.opaque = false;
        self.origin = None;
        &mut self.pixels
    }

    /// The rows from the top, `width * 4` bytes each.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.pixels.chunks_exact(self.stride())
    }

    /// The rows from the top, `width * 4` bytes each.
    pub fn rows_mut(&mut self) -> std::slice::ChunksExactMut<'_, u8> {
        let stride = self.stride();
        self.opaque = false;
        self.origin = None;
        self.pixels.chunks_exact_mut(stride)
    }

    /// Bytes of one row.
    pub fn stride(&self) -> usize {
        self.width as usize * 4
    }

    /// Tells frames apart by their size and pixels, and from hashes of other things.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("templrender 2026 pixels of a frame");
        hasher.update(&self.width.to_le_bytes()).update(&self.height.to_le_bytes()).update(&self.pixels);
        *hasher.finalize().as_bytes()
    }

    /// Whether no pixel lets anything through.
    pub fn is_opaque(&self) -> bool {
        self.opaque || is_opaque(&self.pixels)
    }

    /// Whether that is known without a look at the pixels.
    pub(crate) fn is_known_opaque(&self) -> bool {
        self.opaque
    }
}

/// Whether none of these pixels lets anything through; inlined, so that it is compiled for the caller's instruction set.
#[inline(always)]
pub(crate) fn is_opaque(pixels: &[u8]) -> bool {
    // 512 pixels are judged at a time, which the compiler turns into vector code
    pixels.chunks(2048).all(|part| {
        let (pairs, rest) = part.as_chunks::<8>();
        let all = pairs.iter().fold(u64::MAX, |all, pair| all & u64::from_le_bytes(*pair));
        all & 0xff00_0000_ff00_0000 == 0xff00_0000_ff00_0000 && rest.as_chunks::<4>().0.iter().all(|[_, _, _, a]| *a == 255)
    })
}

/// Bytes of a picture, where they can be counted.
pub(crate) fn byte_len(width: u32, height: u32) -> Option<usize> {
    usize::try_from(u64::from(width) * u64::from(height)).ok()?.checked_mul(4)
}

/// The sentence about a picture or canvas that is too large, if it is.
pub(crate) fn over_limit(what: &str, width: u32, height: u32, limits: &Limits) -> Option<String> {
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > limits.max_side_px {
        Some(format!("{what} is {width}x{height} px, over the limit of {} px a side", limits.max_side_px))
    } else if pixels > limits.max_pixels {
        Some(format!("{what} is {} megapixels, over the limit of {}", megapixels(pixels), megapixels(limits.max_pixels)))
    } else {
        None
    }
}

fn megapixels(pixels: u64) -> String {
    let tenths = pixels.div_ceil(100_000);
    if tenths.is_multiple_of(10) { format!("{}", tenths / 10) } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

/// Straight to premultiplied, in place, without a branch: two channels at a time, each in its half of 32 bits, and the alpha as a channel of
/// 255. 9 instructions a px, where channel by channel takes 25. A quotient by 255 has no ties, so it is that of `simd::div255`.
pub(crate) fn premultiply(pixels: &mut [u8]) {
    const HALVES: u32 = 0x00ff_00ff;
    for px in pixels.as_chunks_mut::<4>().0 {
        let straight = u32::from_le_bytes(*px);
        let alpha = straight >> 24;
        let times_alpha = |two: u32| {
            let t = two * alpha + 0x0080_0080;
            ((t + ((t >> 8) & HALVES)) >> 8) & HALVES
        };
        let (red_blue, green_alpha) = (times_alpha(straight & HALVES), times_alpha(((straight >> 8) & 0xff) | 0x00ff_0000));
        *px = (red_blue | (green_alpha << 8)).to_le_bytes();
    }
}

/// Premultiplied to straight, in place; a colour above its alpha becomes 255.
///
/// The division is a float's: below 256 a quotient of whole numbers is 1 / 255 away from the next whole one, far more than it is rounded by.
pub(crate) fn unpremultiply(pixels: &mut [u8]) {
    for px in pixels.as_chunks_mut::<4>().0 {
        let [r, g, b, a] = channels(*px);
        let part = |c: i32| {
            let straight = (c * 255 + a / 2) as f32 / a as f32;
            if a == 0 { 0 } else { straight.min(255.0) as i32 }
        };
        let straight = part(r) | part(g) << 8 | part(b) << 16 | a << 24;
        *px = if a == 255 { *px } else { straight.to_le_bytes() };
    }
}

/// The channels of a px, apart.
#[inline(always)]
fn channels(px: [u8; 4]) -> [i32; 4] {
    let px = i32::from_le_bytes(px);
    [px & 255, px >> 8 & 255, px >> 16 & 255, px >> 24 & 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn premultiplying_rounds_to_the_nearest() {
        for a in 0..=255u32 {
            for c in 0..=255u32 {
                let mut px = [c as u8, 0, 255, a as u8];
                premultiply(&mut px);
                let exact = f64::from(c) * f64::from(a) / 255.0;
                assert!((f64::from(px[0]) - exact).abs() <= 0.5, "{c} {a}");
                assert_eq!((px[1], px[2], px[3]), (0, a as u8, a as u8));
            }
        }
    }

    #[test]
    fn unpremultiplying_rounds_to_the_nearest_and_stops_at_255() {
        for a in 0..=255u32 {
            for c in 0..=255u32 {
                let mut px = [c as u8, 0, a as u8, a as u8];
                unpremultiply(&mut px);
                let exact = (c * 255 + a / 2).checked_div(a).unwrap_or(0).min(255) as u8;
                assert_eq!(px, [exact, 0, if a == 0 { 0 } else { 255 }, a as u8], "{c} {a}");
            }
        }
    }

    #[test]
    fn straight_and_back_keeps_every_premultiplied_pixel() {
        for a in 0..=255u8 {
            for p in 0..=a {
                let mut px = [p, a, 0, a];
                unpremultiply(&mut px);
                premultiply(&mut px);
                assert_eq!(px, [p, a, 0, a]);
            }
        }
    }

    #[test]
    fn limits_are_compared_before_memory_is_taken() {
        let limits = Limits::default();
        let message = |w, h| Frame::new(w, h, &limits).unwrap_err().to_string();
        assert_eq!(message(0, 3), "a frame must be at least 1x1 px, found 0x3");
        assert_eq!(message(16_385, 1), "canvas is 16385x1 px, over the limit of 16384 px a side");
        assert_eq!(message(16_384, 16_384), "canvas is 268.5 megapixels, over the limit of 64");
        assert_eq!(message(u32::MAX, u32::MAX), "canvas is 4294967295x4294967295 px, over the limit of 16384 px a side");
        assert!(Frame::from_rgba(2, 2, vec![0; 15]).is_err());
    }

    #[test]
    fn one_clear_pixel_is_seen_wherever_it_is() {
        let mut frame = Frame::from_opaque(667, 1, vec![255; 667 * 4]).unwrap();
        assert!(frame.is_opaque());
        for x in 0..667 {
            frame.pixels_mut()[x * 4 + 3] = 254;
            assert!(!frame.is_opaque(), "{x}");
            frame.pixels_mut()[x * 4 + 3] = 255;
        }
    }
}
