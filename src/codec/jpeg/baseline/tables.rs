//! What stands before the scan besides the frame header: quantisers, Huffman codes, the restart interval, and which component uses what.

use super::super::header::{Header, next_segment};
use super::super::huffman::{Places, Reader, Table};
use crate::simd::jpeg_forward::ZIGZAG;
use crate::simd::jpeg_inverse::{DUMMY, FRACTION};

#[derive(Default)]
pub(super) struct Tables {
    quant: [Option<[u8; 64]>; 4],
    dc: [Option<Box<Table>>; 4],
    ac: [Option<Box<Table>>; 4],
    /// MCUs between restart markers; 0 for no markers.
    pub(super) restart: usize,
    /// DC and AC table of each component.
    selected: [(usize, usize); 3],
    /// Where the entropy-coded data begin.
    pub(super) scan_at: usize,
}

impl Tables {
    pub(super) fn read(bytes: &[u8], header: &Header) -> Option<Self> {
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

    /// All components in one scan, or nothing.
    fn select(&mut self, data: &[u8], header: &Header) -> Option<()> {
        let (count, rest) = data.split_first()?;
        let (list, end) = rest.split_at_checked(usize::from(*count) * 2)?;
        if usize::from(*count) != header.components.len() || *end != [0, 63, 0] {
            return None;
        }
        for (([id, tables], component), selected) in list.as_chunks::<2>().0.iter().zip(&header.components).zip(&mut self.selected) {
            if component.id != *id {
                return None;
            }
            *selected = (usize::from(tables >> 4), usize::from(tables & 15));
        }
        Some(())
    }

    /// What reads blocks of a component that give `size` samples a side.
    pub(super) fn reader(&self, header: &Header, component: usize, size: usize) -> Option<Reader<'_>> {
        let (dc, ac) = *self.selected.get(component)?;
        let quant = self.quant.get(usize::from(header.components.get(component)?.table))?.as_ref()?;
        Some(Reader { dc: self.dc.get(dc)?.as_deref()?, ac: self.ac.get(ac)?.as_deref()?, places: places(quant, size), predictor: 0 })
    }
}

/// Where each coefficient of a block of `size` goes, with the transform's scales in its factor.
fn places(quant: &[u8; 64], size: usize) -> Places {
    let scales: [f64; 8] = std::array::from_fn(|k| match k {
        0 => 1.0,
        _ if size != 8 => 1.0,
        _ => libm::cos(k as f64 * std::f64::consts::PI / 16.0) * std::f64::consts::SQRT_2,
    });
    let nowhere = if size == 8 { DUMMY } else { DUMMY / 2 };
    let mut places = [nowhere; 256];
    for ((place, q), n) in places.iter_mut().zip(quant).zip(ZIGZAG) {
        let (row, column) = (usize::from(n) / 8, usize::from(n) % 8);
        if row < size && column < size {
            let factor = libm::round(f64::from(*q) * scales[row] * scales[column] * f64::from(1u32 << (FRACTION + 13)));
            *place = (factor as u32) << 8 | (column * 16 + row) as u32;
        }
    }
    places
}
