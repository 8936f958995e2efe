//! What is asked of the JPEG encoder, for any picture.

use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

pub use crate::codec::{Output, Subsampling};
pub use crate::pixel::Frame;
use crate::pixel::Touched;

use crate::codec::jpeg::encode::{Encoder, Settings};
use crate::codec::jpeg::kept::{self, KeptRows, encode_with};
use crate::codec::jpeg::read_back::{meant, read};
use crate::guard::Sentry;
use crate::simd::Level;
use crate::simd::jpeg_forward::Sampling;

/// The file of an opaque or transparent frame.
pub fn encode(frame: &Frame, output: &Output) -> Vec<u8> {
    let settings = kept::settings(frame, output, Level::detect()).unwrap();
    kept::encode(frame, output.matte, settings, None, &Sentry::default())
}

/// Panics unless the coefficients in a file of an opaque frame are those that were meant.
pub fn assert_coefficients(file: &[u8], frame: &Frame, output: &Output) {
    let settings = kept::settings(frame, output, Level::SCALAR).unwrap();
    assert!(read(file).expect("a file that can be read") == meant(settings, frame.pixels()), "other coefficients than were meant");
}

/// A file's pixels by zune-jpeg, RGB.
pub fn by_zune(file: &[u8]) -> (usize, usize, Vec<u8>) {
    let options = DecoderOptions::new_fast().jpeg_set_out_colorspace(ColorSpace::RGB).set_strict_mode(true);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(file), options);
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    (width, height, pixels)
}

/// Any size up to 160 px a side, pixels, quality, sampling and kept rows: vector and scalar code write the same file, copied rows are the
/// rows, the coefficients in it are those that were meant, and zune-jpeg reads it.
pub fn law(data: &[u8]) {
    let Some(([w, h, q, kind, mask, step], data)) = data.split_first_chunk::<6>() else { return };
    let (width, height) = (u32::from(*w) % 160 + 1, u32::from(*h) % 160 + 1);
    let quality = q % 100 + 1;
    let sampling = match kind % 3 {
        0 => Sampling::S420,
        1 => Sampling::S444,
        _ => Sampling::Grey,
    };
    let Some(rgba) = picture(width as usize * height as usize, data, *step, kind & 64 != 0) else { return };
    let settings = |level| Settings { width: width as u16, height: height as u16, quality, sampling, level };
    let file = |level| {
        let mut encoder = Encoder::new(settings(level));
        rgba.chunks(settings(level).row_bytes()).for_each(|row| encoder.pixels(row));
        encoder.finish()
    };
    let vector = file(Level::detect());
    assert!(vector == file(Level::SCALAR), "vector and scalar code differ");
    assert!(read(&vector).expect("a file that can be read") == meant(settings(Level::SCALAR), &rgba), "other coefficients than were meant");
    let (w, h, pixels) = by_zune(&vector);
    assert_eq!((w as u32, h as u32, pixels.len()), (width, height, w * h * 3));
    // rows of another picture are kept, of which those that are the same are static
    let mut encoder = Encoder::new(settings(Level::detect()));
    for (i, row) in rgba.chunks(settings(Level::detect()).row_bytes()).enumerate() {
        match mask >> (i % 8) & 1 {
            1 => encoder.copy(&Encoder::new(settings(Level::SCALAR)).coded(row)),
            _ => encoder.pixels(row),
        }
    }
    assert!(encoder.finish() == vector, "copied rows differ");
    let subsampling = [Subsampling::S420, Subsampling::S444, Subsampling::S400][usize::from(kind % 3)];
    through_frames(width, height, rgba, &vector, Output { subsampling, ..Output::jpeg(quality) }, *mask, kind & 128 != 0);
}

/// The same by the way that the core goes, perhaps with transparent pixels.
fn through_frames(width: u32, height: u32, mut rgba: Vec<u8>, opaque: &[u8], output: Output, mask: u8, is_transparent: bool) {
    if is_transparent {
        rgba.chunks_exact_mut(4).for_each(|px| px[3] = px[0] ^ px[2]);
    }
    let frame = Frame::from_rgba(width, height, rgba).unwrap();
    let file = encode(&frame, &output);
    assert!(is_transparent || file == opaque, "a frame's file differs");
    let is_static = |row: usize| mask >> (row % 8) & 1 == 1;
    let kept = KeptRows::of(&frame, &output, is_static).unwrap();
    // whatever is said to be touched is the same here
    let (width, height) = (width as usize, height as usize);
    let mut touched = Touched::nothing(width, height);
    for (cell, left) in (0..width).step_by(Touched::WIDTH).enumerate().filter(|(cell, _)| mask >> ((cell + 3) % 8) & 1 == 1) {
        let top = cell * Touched::HEIGHT % height;
        touched.mark(left, top, (left + Touched::WIDTH).min(width), height);
    }
    let copied = encode_with(&frame, &output, &kept, &touched, &Sentry::default()).unwrap();
    assert!(copied == file && kept.bytes() > 0, "kept rows differ");
}

/// RGBA out of bytes, repeated with a step added each time, as noise or as levels that hold for a while.
fn picture(px: usize, data: &[u8], step: u8, is_flat: bool) -> Option<Vec<u8>> {
    let length = data.len();
    (length > 0).then(|| {
        let value = |i: usize| data[i % length].wrapping_add(step.wrapping_mul((i / length) as u8));
        let colour = |i: usize| {
            if is_flat {
                [value(i / 24), value(i / 56), value(i / 8), 255]
            } else {
                [value(i * 3), value(i * 3 + 1), value(i * 3 + 2), 255]
            }
        };
        (0..px).flat_map(colour).collect()
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_law_holds_for_noise() {
        let mut state = 1_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        for length in [7, 30, 300, 3000] {
            for _ in 0..60 {
                super::law(&(0..length).map(|_| next()).collect::<Vec<_>>());
            }
        }
    }
}
