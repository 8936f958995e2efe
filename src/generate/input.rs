//! A part of a picture to the numbers that a network is given.
//!
//! The part is scaled while premultiplied, then laid over the manifest's colour: that is the same as the other way round, and happens on fewer px.
//! Scaling is Pillow's: filters widen with the scale. A letterbox is black before the numbers are scaled and shifted.

use super::manifest::{Channels, Dtype, Fit, ImageInput, Layout, Size};
use super::roi::Part;
use super::tensor::TensorData;
use crate::error::Fault;
use crate::geom::Rect;
use crate::limits::Limits;
use crate::pixel::{Frame, Resizer};

/// Most px of a dynamic input whose manifest says nothing.
const MAX_PIXELS: u64 = 1 << 20;

/// Where a part of a picture is in a network's input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    /// What of the picture is there, px of the picture.
    pub(crate) source: Rect,
    /// Where, px of the input; around it is the letterbox.
    pub(crate) inner: Part,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Placement {
    pub(crate) fn new(image: &ImageInput, max_pixels: Option<u64>, part: Part) -> Self {
        let (width, height) = tensor_size(image, max_pixels, part.width, part.height);
        let whole = Part { x: 0, y: 0, width, height };
        let (from, to) = ((f64::from(part.width), f64::from(part.height)), (f64::from(width), f64::from(height)));
        let (scale_x, scale_y) = (to.0 / from.0, to.1 / from.1);
        match image.fit {
            Fit::Stretch => Self { source: part.rect(), inner: whole, width, height },
            Fit::Contain => {
                let scale = scale_x.min(scale_y);
                let inner_width = ((from.0 * scale).round() as u32).clamp(1, width);
                let inner_height = ((from.1 * scale).round() as u32).clamp(1, height);
                let inner = Part { x: (width - inner_width) / 2, y: (height - inner_height) / 2, width: inner_width, height: inner_height };
                Self { source: part.rect(), inner, width, height }
            }
            Fit::Cover => {
                let scale = scale_x.max(scale_y);
                let (seen_width, seen_height) = ((to.0 / scale) as f32, (to.1 / scale) as f32);
                let middle = part.rect().center();
                let source = Rect::new(middle.x - seen_width / 2.0, middle.y - seen_height / 2.0, seen_width, seen_height);
                Self { source: source.intersect(&part.rect()), inner: whole, width, height }
            }
        }
    }

    /// A point of the input in px of the picture.
    pub(crate) fn back(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let inner = self.inner.rect();
        [
            self.source.x + (x - inner.x) * (self.source.width / inner.width),
            self.source.y + (y - inner.y) * (self.source.height / inner.height),
        ]
    }
}

/// Width and height of the input for a part of this size.
pub(crate) fn tensor_size(image: &ImageInput, max_pixels: Option<u64>, width: u32, height: u32) -> (u32, u32) {
    let (multiple_of, min, max) = match image.size {
        Size::Fixed(width, height) => return (width, height),
        Size::Dynamic { multiple_of, min, max } => (multiple_of, min, max),
    };
    let most = max_pixels.unwrap_or(MAX_PIXELS);
    let (wide, high) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let grown = (f64::from(min) / wide.min(high)).max(1.0);
    let scale = grown.min(f64::from(max) / wide.max(high)).min((most as f64 / (wide * high)).sqrt());
    let step = u64::from(multiple_of.max(1));
    let (least, greatest) = (u64::from(min).div_ceil(step) * step, u64::from(max) / step * step);
    let rounded = |side: f64| ((side * scale / step as f64).round() as u64 * step).clamp(least, greatest.max(least));
    let (mut width, mut height) = (rounded(wide), rounded(high));
    while width * height > most && width.max(height) > least {
        let longer = if width >= height { &mut width } else { &mut height };
        *longer = longer.saturating_sub(step).max(least);
    }
    (width as u32, height as u32)
}

/// The px that a run on such a part takes, as a share of those that the manifest's estimates are of.
pub(crate) fn share(image: &ImageInput, max_pixels: Option<u64>, width: u32, height: u32) -> f64 {
    match image.size {
        Size::Fixed(..) => 1.0,
        Size::Dynamic { .. } => {
            let (width, height) = tensor_size(image, max_pixels, width, height);
            f64::from(width) * f64::from(height) / max_pixels.unwrap_or(MAX_PIXELS) as f64
        }
    }
}

/// The px of the input, opaque.
pub(crate) fn scaled(frame: &Frame, image: &ImageInput, placement: &Placement, limits: &Limits) -> Result<Frame, Fault> {
    let inner = placement.inner;
    let mut part = Resizer::default().resize_with(image.resample, frame, placement.source, (inner.width, inner.height), limits)?;
    let under = image.under.map(u32::from);
    for px in part.pixels_mut().chunks_exact_mut(4) {
        if let [r, g, b, a] = px {
            let left = 255 - u32::from(*a);
            for (c, under) in [r, g, b].into_iter().zip(under) {
                *c = (u32::from(*c) + (under * left + 127) / 255).min(255) as u8;
            }
            *a = 255;
        }
    }
    if (inner.width, inner.height) == (placement.width, placement.height) {
        return Ok(part);
    }
    let mut boxed = Frame::new(placement.width, placement.height, limits).map_err(|e| first(&e))?;
    for px in boxed.pixels_mut().chunks_exact_mut(4) {
        px.copy_from_slice(&[0, 0, 0, 255]);
    }
    let (left, bytes) = (inner.x as usize * 4, inner.width as usize * 4);
    for (to, from) in boxed.rows_mut().skip(inner.y as usize).zip(part.rows()) {
        if let Some(to) = to.get_mut(left..left + bytes) {
            to.copy_from_slice(from);
        }
    }
    Ok(boxed)
}

fn first(error: &crate::error::Error) -> Fault {
    error.faults().first().cloned().unwrap_or_else(|| Fault::new(crate::error::Code::Bug, "", "an error without a fault"))
}

/// The shape of the input for so many pictures.
pub(crate) fn shape(image: &ImageInput, placement: &Placement, count: usize) -> Vec<usize> {
    let (width, height, channels) = (placement.width as usize, placement.height as usize, image.channels.count());
    match image.layout {
        Layout::Nchw => vec![count, channels, height, width],
        Layout::Nhwc => vec![count, height, width, channels],
    }
}

/// One channel of a px.
type Pick = fn(&[u8; 4]) -> u8;

/// The numbers of one picture, behind those that are there.
pub(crate) fn append(frame: &Frame, image: &ImageInput, out: &mut TensorData) {
    let order: &[Pick] = match image.channels {
        Channels::Rgb => &[|px| px[0], |px| px[1], |px| px[2]],
        Channels::Bgr => &[|px| px[2], |px| px[1], |px| px[0]],
        Channels::Grey => &[grey],
    };
    let largest = match image.by_max {
        true => frame.pixels().as_chunks::<4>().0.iter().map(|[r, g, b, _]| (*r).max(*g).max(*b)).max().unwrap_or(0).max(1),
        false => 1,
    };
    let tables: Vec<[f32; 256]> = (0..order.len()).map(|channel| table(image, channel, f64::from(largest))).collect();
    let pixels = frame.pixels().as_chunks::<4>().0;
    let planes = || order.iter().zip(&tables);
    let value = |(pick, table): (&Pick, &[f32; 256]), px: &[u8; 4]| table.get(usize::from(pick(px))).copied().unwrap_or(0.0);
    match (out, image.layout) {
        (TensorData::F32(out), Layout::Nchw) => planes().for_each(|plane| out.extend(pixels.iter().map(|px| value(plane, px)))),
        (TensorData::F32(out), Layout::Nhwc) => pixels.iter().for_each(|px| out.extend(planes().map(|plane| value(plane, px)))),
        (TensorData::U8(out), Layout::Nchw) => planes().for_each(|plane| out.extend(pixels.iter().map(|px| value(plane, px) as u8))),
        (TensorData::U8(out), Layout::Nhwc) => pixels.iter().for_each(|px| out.extend(planes().map(|plane| value(plane, px) as u8))),
    }
}

/// Rec. 601 luma in whole numbers, as Pillow's `L`.
fn grey([r, g, b, _]: &[u8; 4]) -> u8 {
    ((u32::from(*r) * 19_595 + u32::from(*g) * 38_470 + u32::from(*b) * 7_471 + 0x8000) >> 16) as u8
}

/// The number of each of the 256 levels.
fn table(image: &ImageInput, channel: usize, largest: f64) -> [f32; 256] {
    let of = |numbers: &[f64], other: f64| numbers.get(channel).or(numbers.first()).copied().unwrap_or(other);
    let (mean, std) = (of(&image.mean, 0.0), of(&image.std, 1.0));
    let mut table = [0.0; 256];
    for (level, value) in table.iter_mut().enumerate() {
        let number = (level as f64 / largest * image.scale - mean) / std;
        *value = match image.dtype {
            Dtype::Float32 => number as f32,
            Dtype::Uint8 => (number + 0.5).floor().clamp(0.0, 255.0) as f32,
        };
    }
    table
}
