//! The palette of a picture of at most 256 colours.

/// Colours in the order of their first pixel, those that let something through first, as `tRNS` wants them.
pub(super) struct Palette {
    /// Straight RGBA.
    colours: Vec<[u8; 4]>,
    /// Colour to index, open addressing; `EMPTY` where there is none.
    slots: Vec<(u32, u16)>,
}

const SLOTS: usize = 1024;
const EMPTY: u16 = u16::MAX;
/// Of so many px one is looked at first.
const SAMPLED: usize = 61;

impl Palette {
    /// `None` where there are more than 256 colours, which most pictures say within a few rows, and gradients by some px of all rows.
    pub(super) fn of(rgba: &[u8]) -> Option<Self> {
        let (px, _) = rgba.as_chunks::<4>();
        Self::gathered(px.iter().step_by(SAMPLED))?;
        let mut palette = Self::gathered(px.iter())?;
        palette.colours.sort_by_key(|[_, _, _, a]| *a == 255);
        palette.slots.fill((0, EMPTY));
        for (i, px) in palette.colours.clone().iter().enumerate() {
            let slot = palette.slot(px);
            if let Some(entry) = palette.slots.get_mut(slot) {
                *entry = (u32::from_le_bytes(*px), i as u16);
            }
        }
        Some(palette)
    }

    /// The colours in the order of their first px; `None` where there are more than 256.
    fn gathered<'a>(px: impl Iterator<Item = &'a [u8; 4]>) -> Option<Self> {
        let mut palette = Self { colours: Vec::new(), slots: vec![(0, EMPTY); SLOTS] };
        let mut last = None;
        for px in px {
            if last == Some(px) {
                continue;
            }
            last = Some(px);
            let slot = palette.slot(px);
            if let Some(entry) = palette.slots.get_mut(slot)
                && entry.1 == EMPTY
            {
                if palette.colours.len() == 256 {
                    return None;
                }
                *entry = (u32::from_le_bytes(*px), palette.colours.len() as u16);
                palette.colours.push(*px);
            }
        }
        Some(palette)
    }

    /// Where a colour stands or would stand; a quarter of the slots are used at most, so the search ends.
    #[inline(always)]
    fn slot(&self, px: &[u8; 4]) -> usize {
        let colour = u32::from_le_bytes(*px);
        let mut at = (colour.wrapping_mul(0x9e37_79b1) >> 22) as usize;
        while self.slots.get(at & (SLOTS - 1)).is_some_and(|(c, i)| *i != EMPTY && *c != colour) {
            at += 1;
        }
        at & (SLOTS - 1)
    }

    /// Bits of an index.
    pub(super) fn depth(&self) -> u8 {
        match self.colours.len() {
            0..=2 => 1,
            3..=4 => 2,
            5..=16 => 4,
            _ => 8,
        }
    }

    /// Bytes of a row with its filter byte.
    pub(super) fn row_bytes(&self, width: usize) -> usize {
        1 + (width * usize::from(self.depth())).div_ceil(8)
    }

    /// The indices, rows behind a filter byte.
    pub(super) fn rows(&self, rgba: &[u8], width: usize) -> Vec<u8> {
        let depth = usize::from(self.depth());
        let mut out = Vec::with_capacity(self.row_bytes(width) * (rgba.len() / 4).div_ceil(width));
        let mut last = ([0; 4], None);
        for row in rgba.chunks_exact(width * 4) {
            out.push(0);
            for group in row.chunks(4 * 8 / depth) {
                let mut byte = 0u8;
                for (i, px) in group.as_chunks::<4>().0.iter().enumerate() {
                    if last.1.is_none() || last.0 != *px {
                        last = (*px, self.slots.get(self.slot(px)).map(|(_, index)| *index as u8));
                    }
                    byte |= last.1.unwrap_or(0) << (8 - depth * (i + 1));
                }
                out.push(byte);
            }
        }
        out
    }

    /// `PLTE`.
    pub(super) fn colours(&self) -> Vec<u8> {
        self.colours.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect()
    }

    /// `tRNS`, empty where all is opaque.
    pub(super) fn alphas(&self) -> Vec<u8> {
        self.colours.iter().map(|[_, _, _, a]| *a).take_while(|a| *a != 255).collect()
    }
}
