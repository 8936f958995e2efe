//! Our own decoder for the JPEG of cameras and shops: baseline, three components, 4:2:0, one scan.
//!
//! It exists for speed, and came closer to libjpeg-turbo's pixels than zune-jpeg in the study it was made from (max 3, mean 0.05 on a photo; not measured again). One row of
//! MCUs at a time: entropy decoding and inverse transform into a ring of two rows of planes, which stay in the cache, then colour into
//! the picture; a row of px late, because the triangle that upsamples chroma needs the row below. At 1/2 the low 4x4 of luma and all of
//! chroma are transformed, at 1/8 DC alone is taken. Of what the caller will not read, rows and columns are only passed over, or not even
//! that below the last row; they stay white. Whatever it does not know or finds damaged it gives back as `None`, and the general
//! decoders have the last word.

use super::header::{Colors, Component, Header, next_segment};
use super::huffman::{Bits, Places, Reader, Scan, Table};
use crate::codec::Raw;
use crate::guard::Sentry;
use crate::pixel::byte_len;
use crate::simd::Level;
use crate::simd::jpeg_forward::ZIGZAG;
use crate::simd::jpeg_inverse::{Coefficients, DUMMY, FRACTION, STEP, colour};

/// The picture at 1/`scale` of its size (1, 2 or 8; 4 gives 1/2), drawn in a part of it (fractions from the left, top, left and top), or `None` where this decoder does not read it or is stopped.
pub(super) fn decode(bytes: &[u8], header: &Header, scale: u32, part: [f32; 4], level: Level, sentry: &Sentry<'_>) -> Option<Raw> {
    let factors = |c: &Component| (c.horizontal, c.vertical);
    let known =
        !header.progressive && header.colors() == Colors::YCbCr && header.components.iter().map(factors).eq([(2, 2), (1, 1), (1, 1)]);
    if !known {
        return None;
    }
    let tables = Tables::read(bytes, header)?;
    level.run(|| {
        let scan = Scan::new(bytes.get(tables.scan_at..)?);
        if scan.end != Some(0xd9) {
            return None;
        }
        match scale {
            8 => picture::<1>(header, &tables, &scan, part, level, sentry),
            2 | 4 => picture::<4>(header, &tables, &scan, part, level, sentry),
            _ => picture::<8>(header, &tables, &scan, part, level, sentry),
        }
    })
}

/// What stands before the scan besides the frame header.
#[derive(Default)]
struct Tables {
    quant: [Option<[u8; 64]>; 4],
    dc: [Option<Box<Table>>; 4],
    ac: [Option<Box<Table>>; 4],
    /// MCUs between restart markers.
    restart: usize,
    /// DC and AC table of each component.
    selected: [(usize, usize); 3],
    scan_at: usize,
}

impl Tables {
    fn read(bytes: &[u8], header: &Header) -> Option<Self> {
        let mut tables = Self::default();
        let mut at = 2;
        loop {
            let (marker, start, end) = next_segment(bytes, at).ok()?;
            let data = bytes.get(start..end)?;
            match marker {
                0xdb => tables.quantisers(data)?,
                0xc4 => tables.codes(data)?,
                0xdd => tables.restart = usize::from(crate::codec::be16(data, 0)?),
                0xda => {
                    tables.select(data, header)?;
                    tables.scan_at = end;
                    return Some(tables);
                }
                _ => {}
            }
            at = end;
        }
    }

    fn quantisers(&mut self, mut data: &[u8]) -> Option<()> {
        while let Some((id, rest)) = data.split_first() {
            let (values, rest) = rest.split_first_chunk::<64>()?;
            // 16-bit tables have their high nibble set and are not known here
            *self.quant.get_mut(usize::from(*id))? = Some(*values);
            data = rest;
        }
        Some(())
    }

    fn codes(&mut self, mut data: &[u8]) -> Option<()> {
        while let Some((id, rest)) = data.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let (symbols, rest) = rest.split_at_checked(counts.iter().map(|c| usize::from(*c)).sum())?;
            let dc = id >> 4 == 0;
            let kind = if dc { &mut self.dc } else { &mut self.ac };
            *kind.get_mut(usize::from(id & 15))? = Some(Table::new(counts, symbols, dc)?);
            data = rest;
        }
        Some(())
    }

    fn select(&mut self, data: &[u8], header: &Header) -> Option<()> {
        let [3, a, at, b, bt, c, ct, 0, 63, 0] = data else { return None };
        for ((id, tables), (component, selected)) in
            [(a, at), (b, bt), (c, ct)].into_iter().zip(header.components.iter().zip(&mut self.selected))
        {
            if component.id != *id {
                return None;
            }
            *selected = (usize::from(tables >> 4), usize::from(tables & 15));
        }
        Some(())
    }

    fn reader(&self, header: &Header, component: usize, size: usize) -> Option<Reader<'_>> {
        let (dc, ac) = *self.selected.get(component)?;
        let quant = self.quant.get(usize::from(header.components.get(component)?.table))?.as_ref()?;
        Some(Reader { dc: self.dc.get(dc)?.as_deref()?, ac: self.ac.get(ac)?.as_deref()?, places: places(quant, size), predictor: 0 })
    }
}

/// Where each coefficient of a block of `size` goes, with the transform's scales in its factor.
fn places(quant: &[u8; 64], size: usize) -> Places {
    let scale = |k: usize| match k {
        0 => 1.0,
        _ if size != 8 => 1.0,
        _ => libm::cos(k as f64 * std::f64::consts::PI / 16.0) * std::f64::consts::SQRT_2,
    };
    let nowhere = if size == 8 { DUMMY } else { DUMMY / 2 };
    let mut places = [nowhere; 256];
    for ((place, q), n) in places.iter_mut().zip(quant).zip(ZIGZAG) {
        let (row, column) = (usize::from(n) / 8, usize::from(n) % 8);
        if row < size && column < size {
            let factor = libm::round(f64::from(*q) * scale(row) * scale(column) * f64::from(1u32 << (FRACTION + 13)));
            *place = (factor as u32) << 8 | (column * 16 + row) as u32;
        }
    }
    places
}

/// Two rows of MCUs as planes, used in turn.
struct Ring {
    luma: Vec<u8>,
    /// Cb and Cr rows side by side.
    chroma: Vec<u8>,
    luma_stride: usize,
    /// Of Cb or Cr; a row of both is twice that.
    chroma_stride: usize,
    luma_rows: usize,
    chroma_rows: usize,
}

impl Ring {
    fn luma_at(&self, row: usize) -> usize {
        row % (2 * self.luma_rows) * self.luma_stride
    }

    fn chroma_at(&self, row: usize) -> usize {
        row % (2 * self.chroma_rows) * 2 * self.chroma_stride
    }

    fn luma_row(&self, row: usize) -> Option<&[u8]> {
        let at = self.luma_at(row);
        self.luma.get(at..at + self.luma_stride)
    }

    /// Cb and Cr.
    fn chroma_row(&self, row: usize) -> Option<(&[u8], &[u8])> {
        let at = self.chroma_at(row);
        self.chroma.get(at..at + 2 * self.chroma_stride)?.split_at_checked(self.chroma_stride)
    }
}

/// The picture at S eighths of its size: 8, 4 or 1.
#[inline(always)]
fn picture<const S: usize>(
    header: &Header,
    tables: &Tables,
    scan: &Scan,
    [left, top, right, bottom]: [f32; 4],
    level: Level,
    sentry: &Sentry<'_>,
) -> Option<Raw> {
    let (full_width, full_height) = (usize::from(header.width), usize::from(header.height));
    let (columns, rows) = (full_width.div_ceil(16), full_height.div_ceil(16));
    let (width, height) = ((full_width * S).div_ceil(8), (full_height * S).div_ceil(8));
    let chroma_size = if S == 4 { 8 } else { S };
    // rounded up so that whole steps can be read, and a sample beyond
    let padded = |n: usize| (n + 2 * STEP) & !(STEP - 1);
    let mut ring = Ring {
        luma: Vec::new(),
        chroma: Vec::new(),
        luma_stride: padded(columns * 2 * S),
        chroma_stride: padded(columns * chroma_size),
        luma_rows: 2 * S,
        chroma_rows: chroma_size,
    };
    ring.luma.resize(2 * ring.luma_rows * ring.luma_stride, 0);
    ring.chroma.resize(4 * ring.chroma_rows * ring.chroma_stride, 0);
    let (seen_columns, seen_rows) = (within(left, right, width), within(top, bottom, height));
    let (read_columns, read_rows) = (blocks(&seen_columns, 2 * S), blocks(&seen_rows, 2 * S));
    let bytes = byte_len(width as u32, height as u32)?;
    // grown row by row: each byte is written once, from a row that is still in the cache
    let mut straight = Vec::with_capacity(bytes);
    let mut target = vec![255u8; width * 4];
    let mut lines = [vec![0i16; ring.chroma_stride + 2], vec![0i16; ring.chroma_stride + 2]];
    let mut readers = [tables.reader(header, 0, if S == 4 { 4 } else { 8 })?, tables.reader(header, 1, 8)?, tables.reader(header, 2, 8)?];
    let mut bits = scan.bits(0);
    let mut restarts = scan.restarts.iter();
    let mut until_restart = if tables.restart == 0 { usize::MAX } else { tables.restart };
    let mut room = Coefficients::default();
    let mut y = 0;
    for row in 0..rows {
        if sentry.stops_after(columns * 256) {
            return None;
        }
        for column in 0..columns {
            if until_restart == 0 {
                bits = scan.bits(*restarts.next()?);
                until_restart = tables.restart;
                readers.iter_mut().for_each(|r| r.predictor = 0);
            }
            until_restart -= 1;
            match read_rows.contains(&row) && read_columns.contains(&column) {
                true => mcu::<S>(&mut bits, &mut readers, &mut room, &mut ring, row, column, level),
                false => pass_mcu(&mut bits, &mut readers, &mut room),
            }
            if !bits.is_sound() {
                return None;
            }
        }
        // the last row of px waits for the chroma below it
        let until = if row + 1 == rows { height } else { (row + 1) * 2 * S - usize::from(S == 8) };
        while y < until {
            if seen_rows.contains(&y) {
                match S {
                    8 => upsampled_row(&ring, y, full_height.div_ceil(2), width, &mut lines, &mut target, level)?,
                    4 => full_row(&ring, y, &mut target, level)?,
                    _ => small_row(&ring, y, &mut target)?,
                }
                straight.extend_from_slice(&target);
            } else {
                straight.resize(straight.len() + target.len(), 255);
            }
            y += 1;
        }
        if y >= seen_rows.end {
            break;
        }
    }
    straight.resize(bytes, 255);
    Some(Raw { width: width as u32, height: height as u32, straight, opaque: true })
}

/// The px between two fractions of a side, with as many more as an enlarging filter reaches.
fn within(from: f32, to: f32, side: usize) -> std::ops::Range<usize> {
    let px = |at: f32| at.clamp(0.0, 1.0) * side as f32;
    // a NaN is taken for 0 by the conversion, which draws too much at the start and is put right at the end
    let (from, to) = ((px(from) as usize).saturating_sub(8), (libm::ceilf(px(to)) as usize).saturating_add(8).min(side));
    from.min(to)..to
}

/// The MCUs of these px and one more on either side, for the chroma of their neighbours.
fn blocks(px: &std::ops::Range<usize>, size: usize) -> std::ops::Range<usize> {
    (px.start / size).saturating_sub(1)..px.end.div_ceil(size) + 1
}

/// Reads past an MCU.
#[inline(always)]
fn pass_mcu(bits: &mut Bits<'_>, [luma, cb, cr]: &mut [Reader<'_>; 3], room: &mut Coefficients) {
    for _ in 0..4 {
        luma.block::<0>(bits, &mut room.0, 0);
    }
    cb.block::<0>(bits, &mut room.0, 0);
    cr.block::<0>(bits, &mut room.0, 0);
}

/// Four blocks of luma and two of chroma into the ring.
#[inline(always)]
fn mcu<const S: usize>(
    bits: &mut Bits<'_>,
    [luma, cb, cr]: &mut [Reader<'_>; 3],
    room: &mut Coefficients,
    ring: &mut Ring,
    row: usize,
    column: usize,
    level: Level,
) {
    let (luma_stride, chroma_stride) = (ring.luma_stride, ring.chroma_stride);
    let luma_at = ring.luma_at(row * 2 * S) + column * 2 * S;
    let chroma_at = ring.chroma_at(row * ring.chroma_rows) + column * ring.chroma_rows;
    match S {
        8 => {
            for half in 0..2 {
                let last = luma.block::<63>(bits, &mut room.0, 0);
                let last = last.max(luma.block::<63>(bits, &mut room.0, 8));
                let at = luma_at + half * 8 * luma_stride;
                level.inverse_pair(room, last, &mut ring.luma, at, at + 8, luma_stride);
            }
        }
        4 => {
            for block in 0..4 {
                luma.block::<24>(bits, &mut room.0, block * 4);
            }
            level.inverse_half(room, &mut ring.luma, luma_at, luma_stride);
        }
        _ => {
            for block in 0..4 {
                luma.block::<0>(bits, &mut room.0, 0);
                put_dc(room, &mut ring.luma, luma_at + (block >> 1) * luma_stride + (block & 1));
            }
        }
    }
    if S == 1 {
        cb.block::<0>(bits, &mut room.0, 0);
        put_dc(room, &mut ring.chroma, chroma_at);
        cr.block::<0>(bits, &mut room.0, 0);
        put_dc(room, &mut ring.chroma, chroma_at + chroma_stride);
    } else {
        let last = cb.block::<63>(bits, &mut room.0, 0);
        let last = last.max(cr.block::<63>(bits, &mut room.0, 8));
        level.inverse_pair(room, last, &mut ring.chroma, chroma_at, chroma_at + chroma_stride, 2 * chroma_stride);
    }
}

/// The mean of a block as one sample.
fn put_dc(room: &Coefficients, plane: &mut [u8], at: usize) {
    if let (Some(to), Some(dc)) = (plane.get_mut(at), room.0.first()) {
        *to = (dc >> (3 + FRACTION)).clamp(0, 255) as u8;
    }
}

/// A row of the full size; chroma by a triangle over the two nearest rows and samples.
#[inline(always)]
fn upsampled_row(
    ring: &Ring,
    y: usize,
    chroma_height: usize,
    width: usize,
    lines: &mut [Vec<i16>; 2],
    out: &mut [u8],
    level: Level,
) -> Option<()> {
    let near = y / 2;
    let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(chroma_height - 1) };
    let (near, far) = (ring.chroma_row(near)?, ring.chroma_row(far)?);
    let chroma_width = width.div_ceil(2);
    for (line, (near, far)) in lines.iter_mut().zip([(near.0, far.0), (near.1, far.1)]) {
        let inner = line.get_mut(1..)?;
        for (to, (near, far)) in inner.iter_mut().zip(near.iter().zip(far)) {
            *to = 3 * i16::from(*near) + i16::from(*far) - 512;
        }
        // the first and the last sample stand in for their neighbours outside
        let (first, last) = (*inner.first()?, *inner.get(chroma_width - 1)?);
        *inner.get_mut(chroma_width)? = last;
        *line.first_mut()? = first;
    }
    let [cb, cr] = lines;
    let luma = ring.luma_row(y)?;
    for (i, target) in out.chunks_mut(STEP * 4).enumerate() {
        let y = luma.get(i * STEP..)?.first_chunk()?;
        let chroma = (cb.get(i * STEP / 2..)?.first_chunk()?, cr.get(i * STEP / 2..)?.first_chunk()?);
        with_step(target, |target| level.colour_upsampled(y, chroma.0, chroma.1, target));
    }
    Some(())
}

/// A row of half the size: chroma as it is.
#[inline(always)]
fn full_row(ring: &Ring, y: usize, out: &mut [u8], level: Level) -> Option<()> {
    let (luma, (cb, cr)) = (ring.luma_row(y)?, ring.chroma_row(y)?);
    for (i, target) in out.chunks_mut(STEP * 4).enumerate() {
        let samples = |row: &'_ [u8]| row.get(i * STEP..)?.first_chunk::<STEP>().copied();
        let (y, cb, cr) = (samples(luma)?, samples(cb)?, samples(cr)?);
        with_step(target, |target| level.colour_full(&y, &cb, &cr, target));
    }
    Some(())
}

/// Writes a whole step, or as much of it as the row's end has room for.
#[inline(always)]
fn with_step(target: &mut [u8], write: impl FnOnce(&mut [u8; STEP * 4])) {
    if let Ok(whole) = <&mut [u8; STEP * 4]>::try_from(&mut *target) {
        write(whole);
    } else {
        let mut whole = [0; STEP * 4];
        write(&mut whole);
        target.iter_mut().zip(whole).for_each(|(to, v)| *to = v);
    }
}

/// A row of an eighth of the size: each sample of chroma for four px.
fn small_row(ring: &Ring, y: usize, out: &mut [u8]) -> Option<()> {
    let (luma, (cb, cr)) = (ring.luma_row(y)?, ring.chroma_row(y / 2)?);
    for (x, (y, target)) in luma.iter().zip(out.as_chunks_mut::<4>().0).enumerate() {
        *target = colour(*y, i16::from(*cb.get(x / 2)?) - 128, i16::from(*cr.get(x / 2)?) - 128);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    use super::*;
    use crate::codec::DecodeHint;
    use crate::limits::Limits;

    fn file(width: u16, height: u16, quality: u8, restart: u16) -> Vec<u8> {
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
        encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
        if restart > 0 {
            encoder.set_restart_interval(restart);
        }
        encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
        out
    }

    fn own(bytes: &[u8], scale: u32, level: Level) -> Option<Raw> {
        decode(bytes, &Header::read(bytes, &Limits::default()).ok()?, scale, DecodeHint::WHOLE, level, &Sentry::default())
    }

    #[test]
    fn every_size_is_near_to_the_general_decoder() {
        for (width, height) in (1..50u16).step_by(3).flat_map(|w| (1..40u16).step_by(5).map(move |h| (w, h))).chain([(333, 70), (64, 64)]) {
            let bytes = file(width, height, 90, 0);
            let raw = own(&bytes, 1, Level::detect()).unwrap();
            assert_eq!((raw.width, raw.height), (width.into(), height.into()));
            let mut general = jpeg_decoder::Decoder::new(bytes.as_slice());
            let wanted = general.decode().unwrap();
            let off = raw.straight.chunks(4).flat_map(|p| &p[..3]).zip(&wanted).map(|(a, b)| u64::from(a.abs_diff(*b)));
            let mean = off.sum::<u64>() as f64 / wanted.len() as f64;
            // libjpeg's triangle and that decoder's differ where chroma has an edge
            assert!(mean < 1.0, "{width}x{height}: {mean}");
        }
    }

    #[test]
    fn vector_and_scalar_code_read_the_same_pixels_at_every_scale() {
        for (width, height, quality, restart) in [(1, 1, 90, 0), (67, 35, 100, 0), (130, 90, 30, 3), (16, 16, 75, 1), (100, 17, 5, 0)] {
            let bytes = file(width, height, quality, restart);
            for (scale, by) in [(1, 1u16), (2, 2), (4, 2), (8, 8)] {
                let vector = own(&bytes, scale, Level::detect()).unwrap();
                assert_eq!((vector.width, vector.height), (width.div_ceil(by).into(), height.div_ceil(by).into()));
                assert_eq!(vector.straight, own(&bytes, scale, Level::SCALAR).unwrap().straight, "{width}x{height} {quality} {scale}");
            }
        }
    }

    #[test]
    fn a_part_has_the_pixels_of_the_whole() {
        for (width, height, restart) in [(333, 170, 0), (100, 300, 5)] {
            let bytes = file(width, height, 85, restart);
            let header = Header::read(&bytes, &Limits::default()).unwrap();
            for scale in [1, 2, 8] {
                let whole = own(&bytes, scale, Level::detect()).unwrap();
                for part in
                    [[0.4f32, 0.3, 0.5, 0.6], [0.0, 0.5, 1.0, 0.51], [0.9, 0.0, 1.0, 1.0], [0.2, 0.9, 0.3, 1.0], [-3.0, f32::NAN, 9.0, 0.1]]
                {
                    let got = decode(&bytes, &header, scale, part, Level::detect(), &Sentry::default()).unwrap();
                    assert_eq!((got.width, got.height, got.straight.len()), (whole.width, whole.height, whole.straight.len()));
                    assert_eq!(got.straight, decode(&bytes, &header, scale, part, Level::SCALAR, &Sentry::default()).unwrap().straight);
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
        for (scale, bound) in [(2usize, 2), (8, 2)] {
            let small = own(&bytes, scale as u32, Level::detect()).unwrap();
            let row = 200 / scale / 2;
            let mean: usize =
                (0..scale * scale).map(|i| usize::from(whole.straight[((row * scale + i / scale) * 20 + i % scale) * 4])).sum();
            let got = small.straight[row * small.width as usize * 4];
            assert!(usize::from(got).abs_diff(mean / scale / scale) <= bound, "{scale}: {got} {}", mean / scale / scale);
        }
    }

    #[test]
    fn damage_is_refused_or_decoded_but_never_panics_and_levels_agree() {
        let whole = file(150, 100, 85, 4);
        let start = whole.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
        let mut state = 99u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize
        };
        let (mut refused, mut read) = (0, 0);
        for round in 0..300 {
            let mut bytes = whole.clone();
            let from = if round % 2 == 0 { 2 } else { start };
            for _ in 0..1 + round % 5 {
                let at = from + random() % (bytes.len() - from);
                bytes[at] = random() as u8;
            }
            if round % 3 == 0 {
                bytes.truncate(start + random() % (bytes.len() - start));
            }
            for scale in [1, 2, 8] {
                let vector = own(&bytes, scale, Level::detect()).map(|r| r.straight);
                assert_eq!(vector, own(&bytes, scale, Level::SCALAR).map(|r| r.straight));
                if vector.is_some() { read += 1 } else { refused += 1 }
            }
        }
        assert!(refused > 200 && read > 20, "{refused} {read}");
    }
}
