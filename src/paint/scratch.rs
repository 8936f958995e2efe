//! What painting keeps between calls: rows, the scaler's memory and glyph masks. Nothing of it ever changes a byte of a result.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::canvas::Rows;
use crate::pixel::Resizer;
use crate::scene::FaceId;

/// Working memory of painting, one per thread.
#[derive(Default)]
pub(crate) struct PaintScratch {
    pub(super) rows: Rows,
    pub(super) resizer: Resizer,
    pub(super) glyphs: GlyphCache,
}

/// Coverage masks of glyphs, at most [`GlyphCache::BUDGET`] bytes of them.
#[derive(Default)]
pub(crate) struct GlyphCache {
    identity: u64,
    fonts: BTreeMap<FontKey, u32>,
    masks: BTreeMap<(u32, u16, u8), Arc<GlyphMask>>,
    bytes: usize,
}

/// Face, size in px (as bits) and axis settings (values as bits).
pub(super) type FontKey = (FaceId, u32, Vec<([u8; 4], u32)>);

/// A glyph's coverage around its origin.
#[derive(Debug, Default)]
pub(super) struct GlyphMask {
    /// From the origin's px to the mask's left and top.
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) mask: Arc<Vec<u8>>,
}

impl GlyphCache {
    const BUDGET: usize = 4 << 20;
    /// What one entry takes beside its mask.
    const OVERHEAD: usize = 128;

    /// Forgets the glyphs of other fonts.
    pub(super) fn belong_to(&mut self, identity: u64) {
        if self.identity != identity {
            *self = Self { identity, ..Self::default() };
        }
    }

    /// The number under which a font's masks are kept until the cache is emptied.
    pub(super) fn font(&mut self, key: FontKey) -> u32 {
        let next = u32::try_from(self.fonts.len()).unwrap_or(u32::MAX);
        *self.fonts.entry(key).or_insert(next)
    }

    /// A glyph's mask at one of the places between two px, made where it is not there.
    pub(super) fn mask(&mut self, font: u32, glyph: u16, bin: u8, make: impl FnOnce() -> GlyphMask) -> Arc<GlyphMask> {
        if let Some(mask) = self.masks.get(&(font, glyph, bin)) {
            return Arc::clone(mask);
        }
        let mask = Arc::new(make());
        let bytes = mask.mask.len() + Self::OVERHEAD;
        if bytes > Self::BUDGET / 8 {
            return mask;
        }
        if self.bytes + bytes > Self::BUDGET {
            // emptied at once: the next calls fill it with what they use
            self.masks.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.masks.insert((font, glyph, bin), Arc::clone(&mask));
        mask
    }

    /// Keeps the list of fonts short; called between runs of glyphs.
    pub(super) fn tidy(&mut self) {
        if self.fonts.len() > 4096 {
            *self = Self { identity: self.identity, ..Self::default() };
        }
    }
}
