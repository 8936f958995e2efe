//! The encoder by itself: both codes the same, every size, extremes; with its entropy coder read back by the decoder's half.

use super::*;
use crate::codec::jpeg::kept::tests::noisy;

const SAMPLINGS: [Sampling; 3] = [Sampling::S420, Sampling::S444, Sampling::Grey];

fn encode(rgba: &[u8], width: u16, height: u16, quality: u8, sampling: Sampling, level: Level) -> Vec<u8> {
    let settings = Settings { width, height, quality, sampling, level };
    let mut encoder = Encoder::new(settings);
    rgba.chunks(settings.row_bytes()).for_each(|row| encoder.pixels(row));
    encoder.finish()
}

fn decoded(bytes: &[u8]) -> (u16, u16, Vec<u8>) {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let pixels = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    (info.width, info.height, pixels)
}

#[test]
fn vector_and_scalar_code_write_the_same_file() {
    for (width, height, seed) in [(1u16, 1u16, 1u32), (17, 33, 2), (64, 48, 3), (130, 7, 4), (8, 8, 6)] {
        let rgba = noisy(width.into(), height.into(), seed);
        for quality in [1, 10, 50, 85, 95, 96, 100] {
            for sampling in SAMPLINGS {
                let vector = encode(&rgba, width, height, quality, sampling, Level::detect());
                assert_eq!(vector, encode(&rgba, width, height, quality, sampling, Level::SCALAR), "{width}x{height} {quality}");
            }
        }
    }
}

#[test]
fn every_size_decodes_near_to_its_pixels() {
    for width in (1..=34u16).step_by(3) {
        for height in (1..=34u16).step_by(4) {
            let rgba = noisy(width.into(), height.into(), 1);
            for (quality, most) in [(95, 60.0), (100, 1.2)] {
                let (w, h, pixels) = decoded(&encode(&rgba, width, height, quality, Sampling::S444, Level::detect()));
                assert_eq!((w, h), (width, height));
                let wanted = rgba.chunks_exact(4).flat_map(|p| &p[..3]);
                let off: u64 = pixels.iter().zip(wanted).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
                assert!((off as f64) < most * pixels.len() as f64, "{width}x{height}: {}", off as f64 / pixels.len() as f64);
            }
            let (w, h, _) = decoded(&encode(&rgba, width, height, 60, Sampling::S420, Level::detect()));
            assert_eq!((w, h), (width, height));
        }
    }
}

#[test]
fn flat_colours_come_back_exactly_or_one_off() {
    for colour in [[0u8, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [12, 200, 77]] {
        let rgba = [colour[0], colour[1], colour[2], 255].repeat(40 * 40);
        for sampling in [Sampling::S420, Sampling::S444] {
            for quality in [95, 96, 100] {
                let (_, _, pixels) = decoded(&encode(&rgba, 40, 40, quality, sampling, Level::detect()));
                let most = pixels.chunks(3).flat_map(|p| p.iter().zip(colour).map(|(a, b)| a.abs_diff(b))).max();
                assert!(most <= Some(2), "{colour:?} {most:?}");
            }
        }
    }
}

#[test]
fn grey_is_the_luma_of_a_picture_alone() {
    for (width, height) in [(1u16, 1u16), (8, 8), (9, 8), (37, 21), (48, 33)] {
        let rgba = noisy(width.into(), height.into(), 5);
        for quality in [40, 90, 97] {
            let (w, h, grey) = decoded(&encode(&rgba, width, height, quality, Sampling::Grey, Level::detect()));
            assert_eq!((w, h, grey.len()), (width, height, usize::from(width) * usize::from(height)));
            let grey_rgba: Vec<u8> = rgba
                .chunks_exact(4)
                .flat_map(|p| {
                    let y = (299 * u32::from(p[0]) + 587 * u32::from(p[1]) + 114 * u32::from(p[2]) + 500) / 1000;
                    [y as u8, y as u8, y as u8, 255]
                })
                .collect();
            let (_, _, colour) = decoded(&encode(&grey_rgba, width, height, quality, Sampling::S444, Level::detect()));
            let off: u64 = grey.iter().zip(colour.chunks(3)).map(|(a, b)| u64::from(a.abs_diff(b[0])).pow(2)).sum();
            assert!(off as f64 <= 1.0 * grey.len() as f64 + 400.0 / f64::from(quality), "{width}x{height} {quality}: {off}");
        }
    }
}
