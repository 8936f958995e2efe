use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::*;
use crate::codec::{DecodeHint, Window};
use crate::limits::Limits;
use crate::pixel::{Frame, Resizer};

const SAMPLINGS: [SamplingFactor; 4] = [SamplingFactor::R_4_2_0, SamplingFactor::R_4_4_4, SamplingFactor::R_4_2_2, SamplingFactor::R_4_4_0];

fn file(width: u16, height: u16, quality: u8, restart: u16) -> Vec<u8> {
    sampled(width, height, quality, restart, Some(SamplingFactor::R_4_2_0))
}

/// Grey where there is no sampling.
fn sampled(width: u16, height: u16, quality: u8, restart: u16, sampling: Option<SamplingFactor>) -> Vec<u8> {
    let mut state = u32::from(width) * 77 + u32::from(quality);
    let rgb: Vec<u8> = (0..usize::from(width) * usize::from(height) * 3)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = (i / 3 % usize::from(width), i / 3 / usize::from(width));
            (x * 3 + y * 2 + (i % 3) * 40).wrapping_add((state >> 28) as usize * if x > 20 { 9 } else { 0 }) as u8
        })
        .collect();
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, quality);
    if restart > 0 {
        encoder.set_restart_interval(restart);
    }
    if let Some(sampling) = sampling {
        encoder.set_sampling_factor(sampling);
        encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
    } else {
        let grey: Vec<u8> = rgb.chunks(3).map(|p| p[1]).collect();
        encoder.encode(&grey, width, height, ColorType::Luma).unwrap();
    }
    out
}

fn every_sampling() -> impl Iterator<Item = Option<SamplingFactor>> {
    SAMPLINGS.into_iter().map(Some).chain([None])
}

fn own(bytes: &[u8], scale: u32, level: Level) -> Option<Raw> {
    part(bytes, scale, DecodeHint::WHOLE, level)?.ok().map(|filled| filled.raw)
}

fn part(bytes: &[u8], scale: u32, part: [f32; 4], level: Level) -> Option<Result<Filled, Fault>> {
    decode(bytes, &Header::read(bytes, &Limits::default()).ok()?, scale, part, level, &Sentry::default())
}

/// The file with so much of its data, which has no restart markers.
fn cut(bytes: &[u8], percent: usize) -> Vec<u8> {
    let start = bytes.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
    bytes[..start + (bytes.len() - start) * percent / 100].to_vec()
}

#[test]
fn what_is_cut_off_is_drawn_as_far_as_it_goes_and_grey_below() {
    for (sampling, restart) in every_sampling().flat_map(|s| [(s, 0), (s, 4)]) {
        let bytes = sampled(130, 90, 85, restart, sampling);
        for scale in [1, 2, 4, 8] {
            let whole = own(&bytes, scale, Level::detect()).unwrap();
            for percent in [60, 80, 95] {
                let run = |level| part(&cut(&bytes, percent), scale, DecodeHint::WHOLE, level).unwrap().unwrap();
                let filled = run(Level::detect());
                let there = usize::from(filled.cut.unwrap().there);
                assert_eq!((filled.cut, &filled.raw.straight), (run(Level::SCALAR).cut, &run(Level::SCALAR).raw.straight));
                assert!(there.abs_diff(percent) < 20, "{there} {percent}");
                // a row of MCUs above and below where it ends is left out
                let (rows, width) = (whole.height as usize, whole.width as usize * 4);
                let (above, below) = ((rows * there / 100).saturating_sub(16), (rows * there / 100 + 16).min(rows));
                assert_eq!(whole.straight[..above * width], filled.raw.straight[..above * width]);
                assert!(filled.raw.straight[below * width..].chunks(4).all(|px| px == [128, 128, 128, 255]), "{sampling:?} 1/{scale}");
            }
        }
        let refused = part(&cut(&bytes, 30), 1, DecodeHint::WHOLE, Level::detect()).unwrap().err().unwrap();
        assert!(
            refused.message.starts_with("JPEG is damaged: its data end after ")
                && refused.message.ends_with(" at least 50 % must be there")
        );
        // what is looked at is there
        assert_eq!(part(&cut(&bytes, 60), 1, [0.0, 0.0, 1.0, 0.1], Level::detect()).unwrap().unwrap().cut, None);
        // the end marker alone is missing
        assert_eq!(part(&bytes[..bytes.len() - 2], 1, DecodeHint::WHOLE, Level::detect()).unwrap().unwrap().cut, None);
    }
}

#[test]
fn every_size_is_near_to_the_general_decoder() {
    let sizes = (1..50u16).step_by(3).flat_map(|w| (1..40u16).step_by(5).map(move |h| (w, h))).chain([(333, 70), (64, 64)]);
    for ((width, height), sampling) in sizes.flat_map(|size| every_sampling().map(move |s| (size, s))) {
        let bytes = sampled(width, height, 90, 0, sampling);
        let raw = own(&bytes, 1, Level::detect()).unwrap();
        assert_eq!((raw.width, raw.height), (width.into(), height.into()));
        let mut general = jpeg_decoder::Decoder::new(bytes.as_slice());
        let wanted = general.decode().unwrap();
        let channels = if sampling.is_some() { 3 } else { 1 };
        let off = raw.straight.chunks(4).flat_map(|p| &p[..channels]).zip(&wanted).map(|(a, b)| u64::from(a.abs_diff(*b)));
        let mean = off.sum::<u64>() as f64 / wanted.len() as f64;
        // libjpeg's triangle and that decoder's differ where chroma has an edge
        assert!(mean < 1.0, "{width}x{height} {sampling:?}: {mean}");
    }
}

#[test]
fn vector_and_scalar_code_read_the_same_pixels_at_every_scale() {
    for (width, height, quality, restart) in [(1, 1, 90, 0), (67, 35, 100, 0), (130, 90, 30, 3), (16, 16, 75, 1), (100, 17, 5, 0)] {
        for sampling in every_sampling() {
            let bytes = sampled(width, height, quality, restart, sampling);
            for scale in [1, 2, 4, 8u16] {
                let vector = own(&bytes, scale.into(), Level::detect()).unwrap();
                assert_eq!((vector.width, vector.height), (width.div_ceil(scale).into(), height.div_ceil(scale).into()));
                let scalar = own(&bytes, scale.into(), Level::SCALAR).unwrap();
                assert_eq!(vector.straight, scalar.straight, "{width}x{height} {quality} {scale} {sampling:?}");
            }
        }
    }
}

#[test]
fn a_part_has_the_pixels_of_the_whole() {
    for ((width, height, restart), sampling) in
        [(333, 170, 0), (100, 300, 5)].into_iter().flat_map(|size| every_sampling().map(move |s| (size, s)))
    {
        let bytes = sampled(width, height, 85, restart, sampling);
        let header = Header::read(&bytes, &Limits::default()).unwrap();
        for scale in [1, 2, 4, 8] {
            let whole = own(&bytes, scale, Level::detect()).unwrap();
            for part in
                [[0.4f32, 0.3, 0.5, 0.6], [0.0, 0.5, 1.0, 0.51], [0.9, 0.0, 1.0, 1.0], [0.2, 0.9, 0.3, 1.0], [-3.0, f32::NAN, 9.0, 0.1]]
            {
                let read = |level| decode(&bytes, &header, scale, part, level, &Sentry::default()).unwrap().unwrap().raw;
                let got = read(Level::detect());
                assert_eq!((got.width, got.height, got.straight.len()), (whole.width, whole.height, whole.straight.len()));
                assert_eq!(got.straight, read(Level::SCALAR).straight);
                let (mut compared, [left, top, right, bottom]) = (0, part.map(|v| if v.is_nan() { 0.0 } else { v.clamp(0.0, 1.0) }));
                for (i, (a, b)) in whole.straight.chunks(4).zip(got.straight.chunks(4)).enumerate() {
                    let (x, y) = ((i % whole.width as usize) as f32, (i / whole.width as usize) as f32);
                    let (w, h) = (whole.width as f32, whole.height as f32);
                    assert_eq!(b[3], 255);
                    if x >= left * w - 8.0 && x < right * w + 8.0 && y >= top * h - 8.0 && y < bottom * h + 8.0 {
                        compared += 1;
                        assert_eq!(a, b, "{x} {y} of {part:?} at 1/{scale}");
                    }
                }
                assert!(compared > 0);
            }
        }
    }
}

#[test]
fn a_smaller_scale_is_the_mean_of_the_whole() {
    // grey: at an eighth of the size chroma is known for squares of 16 px only
    let rgb: Vec<u8> = (0..20 * 200u32).flat_map(|i| [(i % 20 * 4 + i / 20 / 2) as u8; 3]).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode(&rgb, 20, 200, ColorType::Rgb).unwrap();
    let whole = own(&bytes, 1, Level::detect()).unwrap();
    for (scale, bound) in [(2usize, 2), (4, 2), (8, 2)] {
        let small = own(&bytes, scale as u32, Level::detect()).unwrap();
        let row = 200 / scale / 2;
        let mean: usize = (0..scale * scale).map(|i| usize::from(whole.straight[((row * scale + i / scale) * 20 + i % scale) * 4])).sum();
        let got = small.straight[row * small.width as usize * 4];
        assert!(usize::from(got).abs_diff(mean / scale / scale) <= bound, "{scale}: {got} {}", mean / scale / scale);
    }
}

#[test]
fn damage_is_refused_or_decoded_but_never_panics_and_levels_agree() {
    for sampling in every_sampling() {
        damage(&sampled(150, 100, 85, 4, sampling));
    }
}

fn damage(whole: &[u8]) {
    let start = whole.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
    let mut state = 99u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    let (mut refused, mut read) = (0, 0);
    for round in 0..60 {
        let mut bytes = whole.to_vec();
        let from = if round % 2 == 0 { 2 } else { start };
        for _ in 0..1 + round % 5 {
            let at = from + random() % (bytes.len() - from);
            bytes[at] = random() as u8;
        }
        if round % 3 == 0 {
            bytes.truncate(start + random() % (bytes.len() - start));
        }
        for scale in [1, 2, 4, 8] {
            let vector = own(&bytes, scale, Level::detect()).map(|r| r.straight);
            assert_eq!(vector, own(&bytes, scale, Level::SCALAR).map(|r| r.straight));
            if vector.is_some() { read += 1 } else { refused += 1 }
        }
    }
    assert!(refused > 60 && read > 5, "{refused} {read}");
}

fn window(bytes: &[u8], scale: u32, window: &Window, level: Level) -> Option<Vec<u8>> {
    let raw = decode_window(bytes, &Header::read(bytes, &Limits::default()).ok()?, scale, window, level, &Sentry::default())?.ok()?.raw;
    assert_eq!((raw.width, raw.height, raw.straight.len() as u32), (window.width, window.height, window.width * window.height * 4));
    Some(raw.straight)
}

const WHOLES: [(u32, u32); 7] = [(130, 90), (71, 49), (65, 45), (33, 23), (17, 12), (200, 100), (40, 180)];

#[test]
fn a_window_is_what_the_whole_has_there_on_every_processor() {
    for sampling in every_sampling() {
        let bytes = sampled(130, 90, 85, 7, sampling);
        for (whole, scale) in WHOLES.into_iter().flat_map(|whole| [1, 2, 4, 8].map(|scale| (whole, scale))) {
            let (width, height) = whole;
            let all = window(&bytes, scale, &Window { whole, left: 0, top: 0, width, height }, Level::detect()).unwrap();
            for (left, top, right, bottom) in
                [(0, 0, width, height), (width / 3, height / 4, width, height / 2), (1, height - 1, 9, height)]
            {
                let part = Window { whole, left, top, width: right - left, height: bottom - top };
                let px = window(&bytes, scale, &part, Level::detect()).unwrap();
                assert_eq!(Some(&px), window(&bytes, scale, &part, Level::SCALAR).as_ref(), "{sampling:?} 1/{scale} {part:?}");
                for (y, row) in px.chunks(part.width as usize * 4).enumerate() {
                    let at = ((top as usize + y) * width as usize + left as usize) * 4;
                    assert!(row == &all[at..at + row.len()], "{sampling:?} 1/{scale} {part:?} row {y}");
                }
            }
        }
    }
}

#[test]
fn a_window_is_near_to_scaling_the_picture() {
    let rgb: Vec<u8> = (0..150 * 110u32).flat_map(|i| [i % 150 + 40, i / 150 + 60, 200 - i % 150 / 2].map(|v| v as u8)).collect();
    for sampling in SAMPLINGS {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 95);
        encoder.set_sampling_factor(sampling);
        encoder.encode(&rgb, 150, 110, ColorType::Rgb).unwrap();
        for (scale, (width, height)) in [(1, (150, 110)), (1, (91, 60)), (1, (300, 190)), (2, (60, 50)), (4, (30, 20)), (8, (13, 7))] {
            let whole = own(&bytes, scale, Level::detect()).unwrap();
            let frame = Frame::from_opaque(whole.width, whole.height, whole.straight).unwrap();
            let crop = crate::geom::Rect::new(0.0, 0.0, whole.width as f32, whole.height as f32);
            let wanted = Resizer::default().resize(&frame, crop, width, height, &Limits::default()).unwrap();
            let got = window(&bytes, scale, &Window { whole: (width, height), left: 0, top: 0, width, height }, Level::detect()).unwrap();
            let off: Vec<u8> = got.iter().zip(wanted.pixels()).map(|(a, b)| a.abs_diff(*b)).collect();
            let mean = off.iter().map(|v| f64::from(*v)).sum::<f64>() / off.len() as f64;
            assert!(mean < 0.6 && off.iter().all(|v| *v <= 4), "{sampling:?} 1/{scale} {width}x{height}: {mean} {:?}", off.iter().max());
        }
    }
}

#[test]
fn a_window_of_nothing_or_beyond_the_whole_is_refused() {
    let bytes = file(40, 40, 85, 0);
    let whole = (20, 20);
    for bad in [
        Window { whole, left: 0, top: 0, width: 0, height: 5 },
        Window { whole, left: 15, top: 0, width: 6, height: 5 },
        Window { whole, left: 0, top: u32::MAX, width: 1, height: 1 },
        Window { whole: (0, 0), left: 0, top: 0, width: 1, height: 1 },
    ] {
        assert_eq!(window(&bytes, 1, &bad, Level::detect()), None);
    }
}
