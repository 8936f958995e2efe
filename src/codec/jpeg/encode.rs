//! Our own baseline encoder: 4:2:0 and 4:4:4, standard Huffman codes, one pass over the frame.
//!
//! It exists for speed: on an ad of 1080x1080 px at quality 85 `jpeg-encoder` without vector code took 17 to 22 times as long on a shared
//! machine, at 1 % more bytes (`cargo bench --bench codec -- j1-jpeg85`). Colour conversion, transform and quantisation are vector kernels with a
//! scalar twin of the same bytes (`simd::jpeg_forward`). The 16-bit transform costs 0.1 dB near quality 100, so from 96 on
//! `jpeg-encoder` does the work.

use super::entropy::Writer;
use super::tables::{AC_BITS, AC_VALS, DC_BITS, DC_VALS, Huffman, in_zigzag, quant_tables, quantiser};
use crate::guard::Sentry;
use crate::simd::Level;
use crate::simd::jpeg_forward::{Blocks, Quant, Sampling, TILE_PX, Tile};

/// The highest quality that this encoder does well.
pub(super) const MAX_QUALITY: u8 = 95;

/// A JPEG of opaque RGBA rows (alpha is not read), `width * height * 4` bytes.
pub(super) fn encode(rgba: &[u8], width: u16, height: u16, quality: u8, sampling: Sampling, level: Level, sentry: &Sentry<'_>) -> Vec<u8> {
    let tables = quant_tables(quality);
    let mut out = Vec::with_capacity(rgba.len() / 24 + 1024);
    header(&mut out, width, height, &tables, sampling);
    let [luma, chroma] = &tables;
    let coder = Coder {
        sentry,
        quant: [quantiser(luma), quantiser(chroma)],
        luma: Huffman::new(&DC_BITS[0], &AC_BITS[0], &AC_VALS[0]),
        chroma: Huffman::new(&DC_BITS[1], &AC_BITS[1], &AC_VALS[1]),
    };
    let mut writer = Writer::new(&mut out);
    level.run(|| scan(rgba, usize::from(width), usize::from(height), sampling, level, &coder, &mut writer));
    writer.finish();
    out.extend_from_slice(&[0xff, 0xd9]);
    out
}

struct Coder<'s> {
    sentry: &'s Sentry<'s>,
    quant: [Quant; 2],
    luma: Huffman,
    chroma: Huffman,
}

/// All tiles of 16 px a side (4:4:4: 16 x 8, two MCUs), row after row.
#[inline(always)]
fn scan(rgba: &[u8], width: usize, height: usize, sampling: Sampling, level: Level, coder: &Coder<'_>, writer: &mut Writer<'_>) {
    let stride = width * 4;
    let tile_height = sampling.tile_height();
    let mut tile = Tile::default();
    let mut blocks = Blocks::default();
    let mut edge = [0u8; TILE_PX * TILE_PX * 4];
    let mut predictors = [0i32; 3];
    for y in (0..height).step_by(tile_height) {
        if coder.sentry.stops_after(width * tile_height) {
            return;
        }
        for x in (0..width).step_by(TILE_PX) {
            let inside = y + tile_height <= height && x + TILE_PX <= width;
            let (pixels, pitch) = match rgba.get(y * stride + x * 4..) {
                Some(pixels) if inside => (pixels, stride),
                _ => {
                    copy_edge(rgba, width, height, x, y, &mut edge);
                    (edge.as_slice(), TILE_PX * 4)
                }
            };
            level.colour(sampling, pixels, pitch, &mut tile);
            level.transform(sampling, &tile, &coder.quant, &mut blocks);
            let [py, pb, pr] = &mut predictors;
            let [a, b, c, d, e, f] = &blocks.zigzag;
            let [ma, mb, mc, md, me, mf] = blocks.nonzero;
            match sampling {
                Sampling::S420 => {
                    writer.block(a, ma, py, &coder.luma);
                    writer.block(b, mb, py, &coder.luma);
                    writer.block(c, mc, py, &coder.luma);
                    writer.block(d, md, py, &coder.luma);
                    writer.block(e, me, pb, &coder.chroma);
                    writer.block(f, mf, pr, &coder.chroma);
                }
                Sampling::S444 => {
                    writer.block(a, ma, py, &coder.luma);
                    writer.block(c, mc, pb, &coder.chroma);
                    writer.block(e, me, pr, &coder.chroma);
                    // the second MCU of the tile is there unless the picture ends before it
                    if x + 8 < width {
                        writer.block(b, mb, py, &coder.luma);
                        writer.block(d, md, pb, &coder.chroma);
                        writer.block(f, mf, pr, &coder.chroma);
                    }
                }
            }
            writer.end_mcu();
        }
    }
}

/// A tile over the right or bottom edge, the last column and row repeated.
#[cold]
fn copy_edge(rgba: &[u8], width: usize, height: usize, x0: usize, y0: usize, edge: &mut [u8; TILE_PX * TILE_PX * 4]) {
    for (y, row) in edge.chunks_exact_mut(TILE_PX * 4).enumerate() {
        let line = (y0 + y).min(height - 1) * width;
        for (x, px) in row.chunks_exact_mut(4).enumerate() {
            let from = (line + (x0 + x).min(width - 1)) * 4;
            px.copy_from_slice(rgba.get(from..from + 4).unwrap_or(&[0; 4]));
        }
    }
}

/// SOI to SOS.
fn header(out: &mut Vec<u8>, width: u16, height: u16, tables: &[[u8; 64]; 2], sampling: Sampling) {
    out.extend_from_slice(&[0xff, 0xd8]);
    let mut segment = |marker: u8, data: &[u8]| {
        out.extend_from_slice(&[0xff, marker]);
        out.extend_from_slice(&(data.len() as u16 + 2).to_be_bytes());
        out.extend_from_slice(data);
    };
    segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    for (i, table) in (0u8..).zip(tables) {
        segment(0xdb, &std::iter::once(i).chain(in_zigzag(table)).collect::<Vec<_>>());
    }
    let ([h1, h0], [w1, w0]) = (height.to_be_bytes(), width.to_be_bytes());
    let luma = if sampling == Sampling::S420 { 0x22 } else { 0x11 };
    segment(0xc0, &[8, h1, h0, w1, w0, 3, 1, luma, 0, 2, 0x11, 1, 3, 0x11, 1]);
    for (i, ((dc, ac), values)) in (0u8..).zip(DC_BITS.iter().zip(&AC_BITS).zip(&AC_VALS)) {
        segment(0xc4, &[&[i], dc.as_slice(), &DC_VALS].concat());
        segment(0xc4, &[&[0x10 | i], ac.as_slice(), values].concat());
    }
    segment(0xda, &[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize, seed: u32) -> Vec<u8> {
        let mut state = seed | 1;
        let mut value = |x: usize, y: usize, c: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = if seed.is_multiple_of(3) { (state >> 24) as usize } else { (state >> 29) as usize };
            (x * (3 + c) + y * (5 - c) + noise) as u8
        };
        (0..width * height)
            .flat_map(|i| [value(i % width, i / width, 0), value(i % width, i / width, 1), value(i % width, i / width, 2), 255])
            .collect()
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
            let rgba = picture(width.into(), height.into(), seed);
            for quality in [1, 10, 50, 85, 95] {
                for sampling in [Sampling::S420, Sampling::S444] {
                    let vector = encode(&rgba, width, height, quality, sampling, Level::detect(), &Sentry::default());
                    assert_eq!(
                        vector,
                        encode(&rgba, width, height, quality, sampling, Level::SCALAR, &Sentry::default()),
                        "{width}x{height} {quality}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_size_decodes_near_to_its_pixels() {
        for width in (1..=34u16).step_by(3) {
            for height in (1..=34u16).step_by(4) {
                let rgba = picture(width.into(), height.into(), 1);
                let (w, h, pixels) = decoded(&encode(&rgba, width, height, 95, Sampling::S444, Level::detect(), &Sentry::default()));
                assert_eq!((w, h), (width, height));
                let wanted = rgba.chunks_exact(4).flat_map(|p| &p[..3]);
                let off: u64 = pixels.iter().zip(wanted).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
                assert!((off as f64) < 60.0 * pixels.len() as f64, "{width}x{height}: {}", off as f64 / pixels.len() as f64);
                let (w, h, _) = decoded(&encode(&rgba, width, height, 60, Sampling::S420, Level::detect(), &Sentry::default()));
                assert_eq!((w, h), (width, height));
            }
        }
    }

    #[test]
    fn flat_colours_come_back_exactly_or_one_off() {
        for colour in [[0u8, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [12, 200, 77]] {
            let rgba = [colour[0], colour[1], colour[2], 255].repeat(40 * 40);
            for sampling in [Sampling::S420, Sampling::S444] {
                let (_, _, pixels) = decoded(&encode(&rgba, 40, 40, 95, sampling, Level::detect(), &Sentry::default()));
                let most = pixels.chunks(3).flat_map(|p| p.iter().zip(colour).map(|(a, b)| a.abs_diff(b))).max();
                assert!(most <= Some(2), "{colour:?} {most:?}");
            }
        }
    }
}
