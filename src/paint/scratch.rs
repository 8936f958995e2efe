//! What painting keeps between calls: rows, the scaler's memory, masks of glyphs and of shadows. Nothing of it ever changes a byte of a
//! result.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::canvas::Rows;
use super::coverage::Coverage;
use crate::css::style::Corners;
use crate::geom::Rect;
use crate::pixel::Resizer;
use crate::scene::FaceId;

/// Working memory of painting, one per thread.
#[derive(Default)]
pub(crate) struct PaintScratch {
    pub(super) rows: Rows,
    pub(super) resizer: Resizer,
    pub(super) glyphs: GlyphCache,
    pub(super) shadows: ShadowCache,
    /// Empty but for the time in which a run of glyphs is painted.
    pub(super) coverages: Vec<Coverage>,
}

/// Coverage masks of glyphs, at most [`GlyphCache::BUDGET`] bytes of them.
#[derive(Default)]
pub(crate) struct GlyphCache {
    identity: u64,
    fonts: BTreeMap<(FaceId, u32), Vec<(Axes, u32)>>,
    known_fonts: u32,
    masks: BTreeMap<(u32, u16, u8), Arc<GlyphMask>>,
    /// Around outlines at a size of 1; `None` where there is none.
    boxes: BTreeMap<(u32, u16), Option<Rect>>,
    bytes: usize,
}

/// Axis settings.
type Axes = Vec<([u8; 4], f32)>;

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
    /// Most rectangles around glyphs.
    const BOXES: usize = 4096;

    /// Forgets the glyphs of other fonts.
    pub(super) fn belong_to(&mut self, identity: u64) {
        if self.identity != identity {
            *self = Self { identity, ..Self::default() };
        }
    }

    /// The number under which the masks of a face, at a size in px and with these axis settings, are kept until the cache is emptied.
    pub(super) fn font(&mut self, face: FaceId, size: f32, axes: &[([u8; 4], f32)]) -> u32 {
        let of_size = self.fonts.entry((face, size.to_bits())).or_default();
        let same =
            |known: &Axes| known.len() == axes.len() && known.iter().zip(axes).all(|(a, b)| a.0 == b.0 && a.1.to_bits() == b.1.to_bits());
        if let Some((_, number)) = of_size.iter().find(|(known, _)| same(known)) {
            return *number;
        }
        let number = self.known_fonts;
        self.known_fonts = number.saturating_add(1);
        of_size.push((axes.to_vec(), number));
        number
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

    /// The rectangle around a glyph's outline, asked for where it is not there.
    pub(super) fn em_box(&mut self, font: u32, glyph: u16, make: impl FnOnce() -> Option<Rect>) -> Option<Rect> {
        if self.boxes.len() >= Self::BOXES {
            self.boxes.clear();
        }
        *self.boxes.entry((font, glyph)).or_insert_with(make)
    }

    /// Keeps the list of fonts short; called between runs of glyphs.
    pub(super) fn tidy(&mut self) {
        if self.known_fonts > 4096 {
            *self = Self { identity: self.identity, ..Self::default() };
        }
    }
}

/// Blurred masks of round shapes, the smallest of their kind, at most [`ShadowCache::BUDGET`] bytes of them.
#[derive(Default)]
pub(crate) struct ShadowCache {
    masks: BTreeMap<ShadowKey, Arc<Vec<u8>>>,
    bytes: usize,
}

/// What a mask depends on: the shape's width and height in px, its radii and the blur's sigma as bits.
pub(super) type ShadowKey = (i32, i32, [u32; 8], u32);

/// The key of a shape with its corner at 0, 0.
pub(super) fn shadow_key(width: i32, height: i32, radii: &Corners<(f32, f32)>, sigma: f32) -> ShadowKey {
    let Corners { top_left: a, top_right: b, bottom_right: c, bottom_left: d } = radii;
    (width, height, [a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1].map(f32::to_bits), sigma.to_bits())
}

impl ShadowCache {
    const BUDGET: usize = 1 << 20;
    /// What one entry takes beside its mask.
    const OVERHEAD: usize = 192;

    pub(super) fn get(&self, key: &ShadowKey) -> Option<Arc<Vec<u8>>> {
        self.masks.get(key).map(Arc::clone)
    }

    /// Remembers a mask that is whole.
    pub(super) fn keep(&mut self, key: ShadowKey, mask: &Arc<Vec<u8>>) {
        let bytes = mask.len() + Self::OVERHEAD;
        if bytes > Self::BUDGET / 4 {
            return;
        }
        if self.bytes + bytes > Self::BUDGET {
            // emptied at once: the next calls fill it with what they use
            self.masks.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.masks.insert(key, Arc::clone(mask));
    }
}
