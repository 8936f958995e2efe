//! A frame as PNG, in as few bytes as its effort allows and no pixel changed.
//!
//! Up to 256 colours become a palette of 1, 2, 4 or 8 bits. Else RGB, or RGBA where something shows through. Cards made of gradients,
//! flat areas and text compress best unfiltered by our own deflate, photographs only filtered: some rows are tried out to tell them
//! apart. `Fast` hands photographs to the `png` crate, whose deflate is made for filtered rows of them; `Small` tries
//! some filters and weighs all ways of saying the same.

use png::{BitDepth, ColorType, Compression, Encoder};

use super::chunk;
use super::deflate::{Search, zlib};
use super::filter::{self, Filter};
use crate::codec::{Effort, Output};
use crate::error::{Code, Fault};
use crate::guard::Sentry;
use crate::pixel::Frame;

/// Rows of a band that is tried out, and how far bands are apart.
const BAND: usize = 8;
const BAND_STEP: usize = 256;

pub(in crate::codec) fn encode(frame: &Frame, output: &Output, sentry: &Sentry<'_>) -> Result<Vec<u8>, Fault> {
    let search = if output.effort == Effort::Small { Search::SMALL } else { Search::FAST };
    let straight;
    let opaque = frame.is_opaque();
    let rgba = match opaque {
        true => frame.pixels(),
        false => {
            straight = crate::codec::straight(frame, sentry);
            straight.as_slice()
        }
    };
    let width = frame.width() as usize;
    if let Some(palette) = super::palette::Palette::of(rgba) {
        let rows = palette.rows(rgba, width);
        let data = zlib(&rows, palette.row_bytes(width), search, sentry);
        return Ok(chunk::file(
            frame,
            palette.depth(),
            3,
            &[(b"PLTE", &palette.colours()), (b"tRNS", &palette.alphas()), (b"IDAT", &data)],
        ));
    }
    let (kind, channels) = if opaque { (ColorType::Rgb, 3) } else { (ColorType::Rgba, 4) };
    let stride = width * channels;
    let color = kind as u8;
    sentry.check()?;
    // one copy of the picture is made, as it is most often written: rows that are not filtered
    let rows = filter::none(rgba, width, opaque);
    let samples = |rows: &[u8]| rows.chunks_exact(stride + 1).flat_map(|row| row.get(1..)).fold(Vec::with_capacity(rows.len()), joined);
    let bands = rows.chunks((stride + 1) * BAND_STEP).flat_map(|rows| rows.chunks((stride + 1) * BAND).next()).fold(Vec::new(), joined);
    let unfiltered = || chunk::file(frame, 8, color, &[(b"IDAT", &zlib(&rows, stride + 1, search, sentry))]);
    let tried = |rows: &[u8]| zlib(rows, stride + 1, Search::TRIAL, sentry).len();
    let plain = tried(&bands);
    match output.effort {
        // a fifth of the bytes: the rows repeat as they are
        _ if plain * 5 < bands.len() => Ok(unfiltered()),
        Effort::Small => {
            let (bands, all) = (samples(&bands), samples(&rows));
            let filtered = |samples: &[u8], by: Filter| filter::filtered(samples, stride, channels, by, sentry);
            match Filter::ALL.map(|by| (tried(&filtered(&bands, by)), by)).into_iter().min_by_key(|(bytes, _)| *bytes) {
                Some((bytes, by)) if bytes < plain => {
                    Ok(chunk::file(frame, 8, color, &[(b"IDAT", &zlib(&filtered(&all, by), stride + 1, search, sentry))]))
                }
                _ => Ok(unfiltered()),
            }
        }
        Effort::Fast => {
            let samples = samples(&rows);
            sentry.check()?;
            by_crate(frame, &samples, kind)
        }
    }
}

fn joined(mut all: Vec<u8>, part: &[u8]) -> Vec<u8> {
    all.extend_from_slice(part);
    all
}

fn by_crate(frame: &Frame, samples: &[u8], kind: ColorType) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(samples.len() / 2);
    let mut encoder = Encoder::new(&mut out, frame.width(), frame.height());
    encoder.set_color(kind);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let bug = |e: png::EncodingError| Fault::new(Code::Bug, "", format!("the PNG encoder refused a frame: {e}"));
    let mut writer = encoder.write_header().map_err(bug)?;
    writer.write_image_data(samples).map_err(bug)?;
    writer.finish().map_err(bug)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limits::Limits;

    /// Frames of few or many colours, smooth or noisy, opaque or not.
    fn frames() -> impl Strategy<Value = Frame> {
        (1u32..70, 1u32..40, 0u32..300, any::<bool>(), any::<u32>()).prop_map(|(width, height, colours, opaque, seed)| {
            let mut state = seed | 1;
            let bytes = (0..width * height).flat_map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let c = if colours == 0 { state >> 8 } else { (i / 3 + (state >> 30)) % colours * 0x0003_0507 };
                let [r, g, b, _] = c.to_le_bytes();
                [r, g, b, if opaque { 255 } else { (c % 7 * 40) as u8 }]
            });
            Frame::from_rgba(width, height, bytes.collect()).unwrap()
        })
    }

    proptest! {
        #[test]
        fn a_lossless_format_keeps_the_frame(frame in frames()) {
            for output in [Output::png(), Output { effort: Effort::Small, ..Output::png() }, Output::webp()] {
                let bytes = frame.encode(&output).unwrap();
                prop_assert_eq!(&Frame::decode(&bytes, &Limits::default()).unwrap(), &frame);
            }
        }
    }

    #[test]
    fn few_colours_become_a_palette_and_opaque_frames_have_no_alpha() {
        let kind = |frame: &Frame| frame.encode(&Output::png()).unwrap().get(24..26).map(|b| (b[0], b[1]));
        let flat = Frame::from_rgba(64, 64, [1, 2, 3, 255].repeat(64 * 64)).unwrap();
        assert_eq!(kind(&flat), Some((1, 3)));
        let many: Vec<u8> = (0..64 * 64u32).flat_map(|i| [i as u8, (i >> 8) as u8, 7, 255]).collect();
        assert_eq!(kind(&Frame::from_rgba(64, 64, many.clone()).unwrap()), Some((8, 2)));
        let clear: Vec<u8> = many.chunks(4).flat_map(|p| [p[0], p[1], p[2], 250]).collect();
        assert_eq!(kind(&Frame::from_rgba(64, 64, clear).unwrap()), Some((8, 6)));
    }
}
