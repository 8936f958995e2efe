//! The encoder by itself: what it writes is what it meant to write, both codes the same, every size, extremes.

use proptest::prelude::*;

use super::*;
use crate::codec::jpeg::kept::tests::noisy;
use crate::codec::jpeg::read_back::{meant, read};

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

proptest! {
    #[test]
    fn coefficients_read_back_are_those_that_were_meant(
        width in prop_oneof![1u16..20, 1u16..90],
        height in 1u16..50,
        quality in 1u8..=100,
        sampling in prop::sample::select(SAMPLINGS.to_vec()),
        seed in any::<u32>(),
        extreme in any::<bool>(),
    ) {
        let mut rgba = noisy(width.into(), height.into(), seed);
        if extreme {
            rgba.iter_mut().for_each(|v| *v = if *v < 128 { 0 } else { 255 });
        }
        let settings = Settings { width, height, quality, sampling, level: Level::detect() };
        let file = encode(&rgba, width, height, quality, sampling, Level::detect());
        prop_assert_eq!(read(&file).unwrap(), meant(settings, &rgba));
    }
}

#[test]
fn grey_is_the_luma_of_a_picture_alone() {
    for (width, height) in [(1u16, 1u16), (8, 8), (9, 8), (37, 21), (48, 33)] {
        let rgba = noisy(width.into(), height.into(), 5);
        for quality in [40, 90, 97] {
            let file = |sampling| encode(&rgba, width, height, quality, sampling, Level::detect());
            let luma: Vec<_> = read(&file(Sampling::S444)).unwrap().into_iter().filter(|(component, _)| *component == 0).collect();
            assert_eq!(read(&file(Sampling::Grey)).unwrap(), luma, "{width}x{height} {quality}");
            let (w, h, grey) = decoded(&file(Sampling::Grey));
            assert_eq!((w, h, grey.len()), (width, height, usize::from(width) * usize::from(height)));
        }
    }
}
