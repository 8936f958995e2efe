//! What stands before the scan besides the frame header: quantisers, Huffman codes, the restart interval, and which component uses what.

use super::super::header::{Header, next_segment};
use super::super::huffman::{Order, Reader, Table};
use crate::simd::jpeg_forward::ZIGZAG;
use crate::simd::jpeg_inverse::{DUMMY, FRACTION, Factors};

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
    pub(super) fn reader(&self, component: usize, size: usize) -> Option<Reader<'_>> {
        let (dc, ac) = *self.selected.get(component)?;
        Some(Reader { dc: self.dc.get(dc)?.as_deref()?, ac: self.ac.get(ac)?.as_deref()?, order: order(size), predictor: 0 })
    }

    /// Sets the dequantisers of a block that begins at a place of the kernel's room and gives `size` samples a side.
    pub(super) fn dequantise(&self, header: &Header, component: usize, size: usize, start: usize, factors: &mut Factors) -> Option<()> {
        let quant = self.quant.get(usize::from(header.components.get(component)?.table))?.as_ref()?;
        let scales: [f64; 8] = std::array::from_fn(|k| match k {
            0 => 1.0,
            _ if size != 8 => 1.0,
            _ => libm::cos(k as f64 * std::f64::consts::PI / 16.0) * std::f64::consts::SQRT_2,
        });
        for (q, n) in quant.iter().zip(ZIGZAG) {
            let (row, column) = (usize::from(n) / 8, usize::from(n) % 8);
            if row < size && column < size {
                let by = f64::from(*q) * scales.get(row)? * scales.get(column)?;
                // thirteen bits below those of a coefficient: more would change pictures and better none
                let factor = libm::round(by * f64::from(1u32 << (FRACTION + 13))) as i32;
                factors.set(start + column * 16 + row, factor << 3);
            }
        }
        Some(())
    }
}

/// Where each coefficient of a block of `size` goes.
fn order(size: usize) -> Order {
    let mut order = [DUMMY; 256];
    for (place, n) in order.iter_mut().zip(ZIGZAG) {
        let (row, column) = (n / 8, n % 8);
        if usize::from(row.max(column)) < size {
            *place = column * 16 + row;
        }
    }
    order
}
