//! The way through a decoder of the `image` crate: its own limits set, its size compared with the checked header, any of its layouts
//! turned into straight RGBA.

use image::{ColorType, ImageDecoder};

use super::{Format, Probe, Raw, damaged};
use crate::error::Fault;
use crate::limits::Limits;
use crate::pixel::byte_len;

pub(super) fn read<D: ImageDecoder>(format: Format, mut decoder: D, probe: &Probe, limits: &Limits) -> Result<Raw, Fault> {
    let (width, height) = decoder.dimensions();
    if (width, height) != probe.orientation.size((probe.width, probe.height)) {
        return Err(damaged(format, format!("two headers differ: {}x{} and {width}x{height} px", probe.width, probe.height)));
    }
    let mut own = image::Limits::no_limits();
    own.max_image_width = Some(limits.max_side_px);
    own.max_image_height = Some(limits.max_side_px);
    // a frame, a screen and the decoder's own rows
    own.max_alloc = Some(limits.max_pixels.saturating_mul(12).saturating_add(1 << 20));
    decoder.set_limits(own).map_err(|e| damaged(format, e))?;
    let color = decoder.color_type();
    let pixels = byte_len(width, height).map(|n| n / 4);
    let bytes =
        usize::try_from(decoder.total_bytes()).ok().filter(|n| Some(*n) == pixels.map(|p| p * usize::from(color.bytes_per_pixel())));
    let bytes = bytes.ok_or_else(|| damaged(format, "its size does not follow from its header"))?;
    let mut buffer = vec![0; bytes];
    decoder.read_image(&mut buffer).map_err(|e| damaged(format, e))?;
    let straight = match color {
        ColorType::Rgba8 => buffer,
        ColorType::Rgb8 => buffer.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect(),
        ColorType::L8 => buffer.iter().flat_map(|v| [*v, *v, *v, 255]).collect(),
        ColorType::La8 => buffer.as_chunks::<2>().0.iter().flat_map(|[v, a]| [*v, *v, *v, *a]).collect(),
        other => return Err(super::unsupported(format, format!("pixels of the kind {other:?} are not read"))),
    };
    Ok(Raw { width, height, straight, opaque: matches!(color, ColorType::Rgb8 | ColorType::L8) })
}
