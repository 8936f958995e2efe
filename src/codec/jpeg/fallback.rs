//! The two general decoders, and which of them is right for which file.

use jpeg_decoder::{ColorTransform, PixelFormat};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

use super::header::{Colors, Header};
use crate::codec::source::Source;
use crate::codec::{Format, Raw, damaged, icc, unsupported};
use crate::error::Fault;
use crate::guard::Sentry;

/// Straight sRGB RGBA (the profile of an RGB file not yet applied), and whether it was CMYK.
pub(super) fn decode(bytes: &[u8], header: &Header, scans: u32, scale: u32, sentry: &Sentry<'_>) -> Result<(Raw, bool), Fault> {
    let in_parts = !header.progressive && scans > 1;
    if header.components.len() == 4 || in_parts || scale > 1 || header.colors_in_doubt() {
        general(bytes, header, scale, sentry)
    } else {
        // zune's strict mode refuses what is cut off, but also rubbish between headers, which jpeg-decoder reads over
        quick(bytes, header).map(|raw| (raw, false)).or_else(|fault| general(bytes, header, 1, sentry).map_err(|_| fault))
    }
}

/// By zune-jpeg.
fn quick(bytes: &[u8], header: &Header) -> Result<Raw, Fault> {
    with_options(bytes, header, DecoderOptions::default())
}

fn with_options(bytes: &[u8], header: &Header, options: DecoderOptions) -> Result<Raw, Fault> {
    let options = options
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let straight = decoder.decode().map_err(|e| damaged(Format::Jpeg, format!("{e:?}")))?;
    let (width, height) = (u32::from(header.width), u32::from(header.height));
    match decoder.dimensions() {
        Some((w, h)) if w == usize::from(header.width) && h == usize::from(header.height) => {}
        _ => return Err(damaged(Format::Jpeg, "two headers differ about its size")),
    }
    // of a damaged file it may leave out px, as transparent ones, without a word
    if straight.iter().skip(3).step_by(4).any(|alpha| *alpha != 255) {
        return Err(damaged(Format::Jpeg, "not all of its pixels are there"));
    }
    Ok(Raw { width, height, straight, opaque: true })
}

/// By jpeg-decoder.
fn general(bytes: &[u8], header: &Header, scale: u32, sentry: &Sentry<'_>) -> Result<(Raw, bool), Fault> {
    let mut decoder = jpeg_decoder::Decoder::new(Source::new(bytes, sentry));
    decoder.read_info().map_err(|e| damaged(Format::Jpeg, e))?;
    if scale > 1 {
        let by = scale as u16;
        decoder.scale(header.width.div_ceil(by), header.height.div_ceil(by)).map_err(|e| damaged(Format::Jpeg, e))?;
    }
    decoder.set_color_transform(match header.colors() {
        Colors::Grey => ColorTransform::Grayscale,
        Colors::YCbCr => ColorTransform::YCbCr,
        Colors::Rgb => ColorTransform::RGB,
        Colors::Cmyk => ColorTransform::CMYK,
        Colors::Ycck => ColorTransform::YCCK,
    });
    let data = decoder.decode().map_err(|e| damaged(Format::Jpeg, e))?;
    let info = decoder.info().ok_or_else(|| damaged(Format::Jpeg, "it has no size"))?;
    let straight = match info.pixel_format {
        PixelFormat::RGB24 => data.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect(),
        PixelFormat::L8 => data.iter().flat_map(|v| [*v, *v, *v, 255]).collect(),
        PixelFormat::CMYK32 => icc::cmyk_to_srgb(header.profile(bytes).as_deref(), &data, sentry),
        PixelFormat::L16 => return Err(unsupported(Format::Jpeg, "of 16 bits a sample is not read, 8 are")),
    };
    let cmyk = info.pixel_format == PixelFormat::CMYK32;
    Ok((Raw { width: info.width.into(), height: info.height.into(), straight, opaque: true }, cmyk))
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    use super::*;
    use crate::limits::Limits;

    #[test]
    fn zune_writes_the_same_bytes_with_and_without_vector_code() {
        let mut state = 1u32;
        let (width, height) = (333u16, 77u16);
        let mut rgb = vec![0; usize::from(width) * usize::from(height) * 3];
        for (i, v) in rgb.iter_mut().enumerate() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *v = ((i * 7) as u32 ^ (state >> 25)) as u8;
        }
        for sampling in [SamplingFactor::R_4_4_4, SamplingFactor::R_4_2_2, SamplingFactor::R_4_2_0, SamplingFactor::R_4_4_0] {
            for (quality, progressive) in [(30, false), (85, true), (100, false)] {
                let mut bytes = Vec::new();
                let mut encoder = Encoder::new(&mut bytes, quality);
                encoder.set_sampling_factor(sampling);
                encoder.set_progressive(progressive);
                encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
                let header = Header::read(&bytes, &Limits::default()).unwrap();
                let vector = with_options(&bytes, &header, DecoderOptions::default().set_use_unsafe(true)).unwrap();
                let scalar = with_options(&bytes, &header, DecoderOptions::default().set_use_unsafe(false)).unwrap();
                let most = vector.straight.iter().zip(&scalar.straight).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
                assert_eq!(most, 0, "{sampling:?} {quality} {progressive}");
            }
        }
    }
}
