//! Our own baseline encoder: 4:2:0, 4:4:4 and grey, standard Huffman codes, one pass over the pixels.
//!
//! It is fed rows of MCUs from the top, each either as pixels, which may lie in a buffer that is used again for the next, or in code: what
//! [`Encoder::coded`] once made of the same pixels. In a row of MCUs nothing but the DC differences of its first MCU depends on what came
//! before it, so a coded row is all bits but those; to put it into a file, the differences are coded anew and the bits follow, shifted. No
//! byte of the file is another one than if the pixels had been given. A row of which only some px have changed is copied between them. (Restart markers would make rows independent without shifts, for 0.26 %
//! of the bytes of an ad.)
//!
//! It exists for speed: on an ad of 1080x1080 px at quality 85 `jpeg-encoder` without vector code took 17 to 22 times as long on a shared
//! machine, at 1 % more bytes (`cargo bench --bench codec -- j1-jpeg85`). Colour conversion, transform and quantisation are vector kernels with
//! a scalar twin of the same bytes (`simd::jpeg_forward`).

use std::ops::Range;

use super::entropy::{Line, Writer};
use super::tables::{CHROMA, FAST_UP_TO, LUMA, TABLES, in_zigzag, quant_tables, quantiser};
use crate::simd::Level;
use crate::simd::jpeg_forward::{Blocks, Quantiser, Sampling, TILE_PX, Tile};

/// The lowest quality at which samples of all colour are whole.
const WHOLE_FROM: u8 = 90;

/// What is the same for all rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// 1 to 100.
    pub(crate) quality: u8,
    pub(crate) sampling: Sampling,
    pub(crate) level: Level,
}

impl Settings {
    /// Rows of MCUs.
    pub(crate) fn rows(&self) -> usize {
        usize::from(self.height).div_ceil(self.sampling.tile_height())
    }

    /// Tiles of a row of MCUs.
    pub(crate) fn tiles(&self) -> usize {
        usize::from(self.width).div_ceil(TILE_PX)
    }

    /// Bytes of a row of MCUs as RGBA; the last one may have fewer.
    pub(crate) fn row_bytes(&self) -> usize {
        usize::from(self.width) * 4 * self.sampling.tile_height()
    }

    /// Whether samples are rounded to whole units, as a decoder's are: where all colour is kept and steps are short, half units lose 0.3 of
    /// SSIMULACRA2 against it.
    fn has_whole_samples(&self) -> bool {
        self.quality > FAST_UP_TO || self.quality >= WHOLE_FROM && self.sampling != Sampling::S420
    }
}

/// A row of MCUs in code, but for the DC differences of its first MCU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodedRow {
    /// The DC values of each component's first block.
    first: [i32; 3],
    /// Those of its last block.
    last: [i32; 3],
    /// What follows each of the three differences, one after the other without a gap, and where it ends.
    bits: Box<[u8]>,
    ends: [usize; 3],
    /// Of each tile and of the row's end.
    marks: Box<[Mark]>,
}

/// Where a tile begins in a row's bits, and the DC values that its first differences are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    at: usize,
    left: [i32; 3],
}

impl CodedRow {
    /// Memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.bits.len() + size_of_val(&*self.marks)
    }
}

/// A file that is being written.
pub(crate) struct Encoder {
    settings: Settings,
    quantiser: Quantiser,
    writer: Writer,
    predictors: [i32; 3],
}

#[inline(always)]
fn code((encoder, rgba, which): (&mut Encoder, &[u8], Range<usize>)) {
    let Encoder { settings, quantiser, writer, predictors } = encoder;
    writer.line(|line| {
        let mut left = *predictors;
        tiles(settings, quantiser, rgba, which, |blocks, second| {
            mcus(settings.sampling, blocks, second, &mut left, line);
            line.end_mcu();
        });
        *predictors = left;
    });
}

impl Encoder {
    /// Writes the headers.
    pub(crate) fn new(settings: Settings) -> Self {
        let Settings { width, height, quality, sampling, .. } = settings;
        let tables = quant_tables(quality);
        let mut out = Vec::with_capacity(usize::from(width) * usize::from(height) / 6 + 1024);
        header(&mut out, width, height, &tables, sampling);
        Self { settings, quantiser: quantiser(&tables, quality), writer: Writer::new(out), predictors: [0; 3] }
    }

    /// The next row of MCUs: rows of opaque RGBA (alpha is not read) without padding, as many as are left up to the height of an MCU.
    pub(crate) fn pixels(&mut self, rgba: &[u8]) {
        let all = 0..self.settings.tiles();
        self.settings.level.run_with((self, rgba, all), code);
    }

    /// The same, where a row is there in code of which some tiles have the same pixels. Two tiles side by side that do are copied but for the
    /// first, whose differences are from another one.
    pub(crate) fn partly(&mut self, rgba: &[u8], row: &CodedRow, is_same: impl Fn(usize) -> bool) {
        let count = self.settings.tiles();
        let run = |from: usize, is: bool| (from..count).find(|tile| is_same(*tile) != is).unwrap_or(count);
        let mut at = 0;
        while at < count {
            let mut from = run(at.max(1), false);
            let mark = |tile: usize| row.marks.get(tile).copied();
            self.settings.level.run_with((&mut *self, rgba, at..from), code);
            if mark(from).is_some_and(|mark| mark.left != self.predictors) && from < count {
                self.settings.level.run_with((&mut *self, rgba, from..from + 1), code);
                from += 1;
            }
            at = run(from, true);
            if let (Some(begin), Some(end)) = (mark(from), mark(at).filter(|_| at > from)) {
                self.writer.line(|line| line.copy(&row.bits, begin.at, end.at));
                self.predictors = end.left;
            }
        }
    }

    /// The next row of MCUs, as the pixels that were coded would have made it at these settings.
    pub(crate) fn copy(&mut self, row: &CodedRow) {
        let Self { settings, writer, predictors, .. } = self;
        writer.line(|line| {
            let mut from = 0;
            let components = row.first.iter().zip(&row.ends).zip(predictors.iter()).zip([&LUMA, &CHROMA, &CHROMA]);
            for (((first, end), predictor), codes) in components.take(settings.sampling.components()) {
                line.dc(first - predictor, codes);
                line.copy(&row.bits, from, *end);
                from = *end;
            }
        });
        *predictors = row.last;
    }

    /// A row of MCUs in code, for any file of the same settings.
    pub(crate) fn coded(&self, rgba: &[u8]) -> CodedRow {
        let Self { settings, quantiser, .. } = self;
        let mut writer = Writer::bare();
        let (mut first, mut last, mut ends) = ([0; 3], [0; 3], [0; 3]);
        let mut is_first = true;
        let mut marks = Vec::with_capacity(settings.tiles() + 1);
        let end = writer.line(|line| {
            tiles(settings, quantiser, rgba, 0..settings.tiles(), |blocks, second| {
                marks.push(Mark { at: line.position(), left: last });
                if std::mem::take(&mut is_first) {
                    first = first_values(settings.sampling, blocks);
                    last = first;
                    ends = first_mcu(settings.sampling, blocks, &mut last, line);
                    if second {
                        second_mcu(settings.sampling, blocks, &mut last, line);
                    }
                } else {
                    mcus(settings.sampling, blocks, second, &mut last, line);
                }
                line.end_mcu();
            });
            line.position()
        });
        if let Some(last) = ends.get_mut(settings.sampling.components() - 1) {
            *last = end;
        }
        marks.push(Mark { at: end, left: last });
        let mut bits = writer.finish();
        // they are read eight bytes at a time
        bits.extend_from_slice(&[0; 8]);
        CodedRow { first, last, bits: bits.into_boxed_slice(), ends, marks: marks.into_boxed_slice() }
    }

    /// The file.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut out = self.writer.finish();
        out.extend_from_slice(&[0xff, 0xd9]);
        out
    }
}

/// The blocks of tiles of a row of MCUs, one after the other; with each, whether its right half is there (of samplings whose MCU is half a tile).
#[inline(always)]
pub(super) fn tiles(settings: &Settings, quantiser: &Quantiser, rgba: &[u8], which: Range<usize>, mut each: impl FnMut(&Blocks, bool)) {
    let Settings { sampling, level, .. } = *settings;
    let (width, stride) = (usize::from(settings.width), usize::from(settings.width) * 4);
    let (is_complete, whole) = (rgba.len() >= settings.row_bytes(), settings.has_whole_samples());
    let mut tile = Tile::default();
    let mut blocks = Blocks::default();
    let mut edge = [0u8; TILE_PX * TILE_PX * 4];
    for x in which.map(|tile| tile * TILE_PX) {
        let (pixels, pitch) = match rgba.get(x * 4..) {
            Some(pixels) if is_complete && x + TILE_PX <= width => (pixels, stride),
            _ => {
                copy_edge(rgba, width, x, &mut edge);
                (edge.as_slice(), TILE_PX * 4)
            }
        };
        level.colour(sampling, whole, pixels, pitch, &mut tile);
        level.transform(sampling, &tile, quantiser, &mut blocks);
        each(&blocks, x + 8 < width);
    }
}

/// The MCUs of a tile.
#[inline(always)]
fn mcus(sampling: Sampling, blocks: &Blocks, second: bool, predictors: &mut [i32; 3], line: &mut Line<'_>) {
    let [py, pb, pr] = predictors;
    let [a, b, c, d, e, f] = &blocks.zigzag;
    let [ma, mb, mc, md, me, mf] = blocks.nonzero;
    match sampling {
        Sampling::S420 => {
            line.block(a, ma, py, &LUMA);
            line.block(b, mb, py, &LUMA);
            line.block(c, mc, py, &LUMA);
            line.block(d, md, py, &LUMA);
            line.block(e, me, pb, &CHROMA);
            line.block(f, mf, pr, &CHROMA);
        }
        Sampling::S444 => {
            line.block(a, ma, py, &LUMA);
            line.block(c, mc, pb, &CHROMA);
            line.block(e, me, pr, &CHROMA);
            if second {
                second_mcu(sampling, blocks, predictors, line);
            }
        }
        Sampling::Grey => {
            line.block(a, ma, py, &LUMA);
            if second {
                second_mcu(sampling, blocks, predictors, line);
            }
        }
    }
}

/// The second MCU of a tile that holds two.
#[inline(always)]
fn second_mcu(sampling: Sampling, blocks: &Blocks, [py, pb, pr]: &mut [i32; 3], line: &mut Line<'_>) {
    let [_, b, _, d, _, f] = &blocks.zigzag;
    let [_, mb, _, md, _, mf] = blocks.nonzero;
    match sampling {
        Sampling::S420 => {}
        Sampling::S444 => {
            line.block(b, mb, py, &LUMA);
            line.block(d, md, pb, &CHROMA);
            line.block(f, mf, pr, &CHROMA);
        }
        Sampling::Grey => line.block(b, mb, py, &LUMA),
    }
}

/// The DC values of each component's first block.
fn first_values(sampling: Sampling, blocks: &Blocks) -> [i32; 3] {
    let [a, _, c, _, e, f] = blocks.zigzag.each_ref().map(|block| i32::from(block[0]));
    match sampling {
        Sampling::S420 => [a, e, f],
        Sampling::S444 => [a, c, e],
        Sampling::Grey => [a, 0, 0],
    }
}

/// The first MCU of a row without the DC differences of each component's first block; gives where what follows each of them ends.
fn first_mcu(sampling: Sampling, blocks: &Blocks, [py, ..]: &mut [i32; 3], line: &mut Line<'_>) -> [usize; 3] {
    let [a, b, c, d, e, f] = &blocks.zigzag;
    let [ma, mb, mc, md, me, mf] = blocks.nonzero;
    let without_dc = |block, mask, codes, line: &mut Line<'_>| {
        line.block_without_dc(block, mask, codes);
        line.position()
    };
    match sampling {
        Sampling::S420 => {
            line.block_without_dc(a, ma, &LUMA);
            line.block(b, mb, py, &LUMA);
            line.block(c, mc, py, &LUMA);
            line.block(d, md, py, &LUMA);
            [line.position(), without_dc(e, me, &CHROMA, line), without_dc(f, mf, &CHROMA, line)]
        }
        Sampling::S444 => [without_dc(a, ma, &LUMA, line), without_dc(c, mc, &CHROMA, line), without_dc(e, me, &CHROMA, line)],
        Sampling::Grey => [without_dc(a, ma, &LUMA, line), 0, 0],
    }
}

/// A tile over the right or bottom edge, the last column and row repeated.
#[cold]
fn copy_edge(rgba: &[u8], width: usize, x0: usize, edge: &mut [u8; TILE_PX * TILE_PX * 4]) {
    let rows = rgba.chunks_exact(width * 4);
    let last = rows.len().saturating_sub(1);
    for (y, out) in edge.chunks_exact_mut(TILE_PX * 4).enumerate() {
        let row = rows.clone().nth(y.min(last)).and_then(|row| row.get(x0 * 4..)).unwrap_or_default();
        let (px, _) = row.as_chunks::<4>();
        let Some(repeated) = px.last() else { continue };
        for (i, out) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            *out = *px.get(i).unwrap_or(repeated);
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
    let components = sampling.components();
    // luma's tables and, where there is colour, chroma's
    let kinds = components.min(2);
    segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    for (i, table) in (0u8..).zip(tables).take(kinds) {
        segment(0xdb, &std::iter::once(i).chain(in_zigzag(table)).collect::<Vec<_>>());
    }
    let ([h1, h0], [w1, w0]) = (height.to_be_bytes(), width.to_be_bytes());
    let luma = if sampling == Sampling::S420 { 0x22 } else { 0x11 };
    let count = components as u8;
    let frame = [8, h1, h0, w1, w0, count, 1, luma, 0, 2, 0x11, 1, 3, 0x11, 1];
    segment(0xc0, frame.get(..6 + 3 * components).unwrap_or(&frame));
    for (i, table) in (0u8..).zip(&TABLES).take(kinds) {
        segment(0xc4, &[&[i], table.dc_bits.as_slice(), &table.dc_values].concat());
        segment(0xc4, &[&[0x10 | i], table.ac_bits.as_slice(), &table.ac_values].concat());
    }
    let scan: &[u8] = if components == 1 { &[1, 1, 0, 0, 63, 0] } else { &[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0] };
    segment(0xda, scan);
}

#[cfg(test)]
mod tests;
