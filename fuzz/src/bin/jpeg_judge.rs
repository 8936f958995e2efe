//! The half of `tools/jpeg_encoder.py` that is Rust: encodes pictures, reads coefficients back, decodes with zune-jpeg, scores.
//!
//! In: a head of six little-endian u32 (width, height, quality, 420 or 444, whether to score, bytes of a rival's file), RGB, the rival's file.
//! Out: a u32 and our file, the RGB of it and of the rival's by zune-jpeg, SSIMULACRA2 of both as two f64 (NaN if not asked for), and the
//! seconds of the quickest of some encodings as an f64.

use std::io::{self, Read, Write};
use std::time::Instant;

use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};
use templrender_fuzz::jpeg::{Frame, Output, Subsampling, assert_coefficients, by_zune, encode};

/// Encodings of a picture.
const ENCODINGS: u32 = 3;

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::BufWriter::new(io::stdout().lock()));
    let mut head = [0; 24];
    while input.read_exact(&mut head).is_ok() {
        let [width, height, quality, sampling, scores, rival] =
            std::array::from_fn(|i| u32::from_le_bytes([head[4 * i], head[4 * i + 1], head[4 * i + 2], head[4 * i + 3]]));
        let mut rgb = vec![0; width as usize * height as usize * 3];
        input.read_exact(&mut rgb)?;
        let mut rival = vec![0; rival as usize];
        input.read_exact(&mut rival)?;

        let rgba = rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
        let frame = Frame::from_rgba(width, height, rgba).map_err(io::Error::other)?;
        let subsampling = if sampling == 444 { Subsampling::S444 } else { Subsampling::S420 };
        let settings = Output { subsampling, ..Output::jpeg(quality as u8) };
        let (mut file, mut seconds) = (Vec::new(), f64::INFINITY);
        for _ in 0..ENCODINGS {
            let start = Instant::now();
            file = encode(&frame, &settings);
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        assert_coefficients(&file, &frame, &settings);
        let [(_, _, ours), (_, _, theirs)] = [&file, &rival].map(|file| by_zune(file));
        let score = |decoded: &[u8]| match scores {
            0 => f64::NAN,
            _ => compute_frame_ssimulacra2(picture(&rgb, width, height), picture(decoded, width, height)).unwrap_or(f64::NAN),
        };
        output.write_all(&(file.len() as u32).to_le_bytes())?;
        output.write_all(&file)?;
        for decoded in [&ours, &theirs] {
            output.write_all(decoded)?;
        }
        for decoded in [&ours, &theirs] {
            output.write_all(&score(decoded).to_le_bytes())?;
        }
        output.write_all(&seconds.to_le_bytes())?;
        output.flush()?;
    }
    Ok(())
}

fn picture(rgb: &[u8], width: u32, height: u32) -> Rgb {
    let px = rgb.chunks_exact(3).map(|p| [p[0], p[1], p[2]].map(|v| f32::from(v) / 255.0)).collect();
    Rgb::new(px, width as usize, height as usize, TransferCharacteristic::SRGB, ColorPrimaries::BT709).expect("width * height px")
}
