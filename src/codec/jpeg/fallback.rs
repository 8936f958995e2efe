//! The two general decoders, and which of them is right for which file.

use jpeg_decoder::{ColorTransform, PixelFormat};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

use super::header::Header;
use crate::codec::{Format, Raw, damaged, icc, unsupported};
use crate::error::Fault;

/// Straight sRGB RGBA (the profile of an RGB file not yet applied), and whether it was CMYK.
pub(super) fn decode(bytes: &[u8], header: &Header, scans: u32, scale: u32) -> Result<(Raw, bool), Fault> {
    let in_parts = !header.progressive && scans > 1;
    if header.components.len() == 4 || in_parts || scale > 1 {
        general(bytes, header, scale)
    } else {
        quick(bytes, header).map(|raw| (raw, false))
    }
}

/// By zune-jpeg.
fn quick(bytes: &[u8], header: &Header) -> Result<Raw, Fault> {
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(false)
        .jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let straight = decoder.decode().map_err(|e| damaged(Format::Jpeg, format!("{e:?}")))?;
    let (width, height) = (u32::from(header.width), u32::from(header.height));
    match decoder.dimensions() {
        Some((w, h)) if w == usize::from(header.width) && h == usize::from(header.height) => {}
        _ => return Err(damaged(Format::Jpeg, "two headers differ about its size")),
    }
    Ok(Raw { width, height, straight, opaque: true })
}

/// By jpeg-decoder.
fn general(bytes: &[u8], header: &Header, scale: u32) -> Result<(Raw, bool), Fault> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.read_info().map_err(|e| damaged(Format::Jpeg, e))?;
    if scale > 1 {
        let by = scale as u16;
        decoder.scale(header.width.div_ceil(by), header.height.div_ceil(by)).map_err(|e| damaged(Format::Jpeg, e))?;
    }
    if header.components.len() == 4 && header.adobe.is_none() {
        decoder.set_color_transform(ColorTransform::CMYK);
    }
    let data = decoder.decode().map_err(|e| damaged(Format::Jpeg, e))?;
    let info = decoder.info().ok_or_else(|| damaged(Format::Jpeg, "it has no size"))?;
    let straight = match info.pixel_format {
        PixelFormat::RGB24 => data.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect(),
        PixelFormat::L8 => data.iter().flat_map(|v| [*v, *v, *v, 255]).collect(),
        PixelFormat::CMYK32 => icc::cmyk_to_srgb(&data),
        PixelFormat::L16 => return Err(unsupported(Format::Jpeg, "of 16 bits a sample is not read, 8 are")),
    };
    let cmyk = info.pixel_format == PixelFormat::CMYK32;
    Ok((Raw { width: info.width.into(), height: info.height.into(), straight, opaque: true }, cmyk))
}
