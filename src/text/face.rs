//! One face of a font file: what CSS matching, coverage tests and line layout must know of it.
//!
//! Bytes come in, a checked [`Face`] goes out. The tables are read once, when the font is added: a damaged file is refused there, so
//! that nothing later has to ask. Metrics follow FreeType's choice (`hhea`, unless `USE_TYPO_METRICS` is set), as Chromium's do.

use std::fmt;
use std::sync::Arc;

use cosmic_text::skrifa::attribute::Style as FaceStyle;
use cosmic_text::skrifa::instance::{Location, Size};
use cosmic_text::skrifa::raw::{TableProvider as _, TableRecord};
use cosmic_text::skrifa::string::StringId;
use cosmic_text::skrifa::{FontRef, MetadataProvider as _, Tag};

use crate::css::style::FontStyle;
use crate::error::{Code, Fault};

/// A font file's bytes, shared by its faces and by every thread's shaper.
pub(crate) struct FontBytes(pub(crate) Arc<[u8]>);

impl AsRef<[u8]> for FontBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for FontBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// An axis of a variable face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    pub(crate) tag: [u8; 4],
    pub(crate) min: f32,
    pub(crate) default: f32,
    pub(crate) max: f32,
}

/// A face and its descriptors, as `@font-face` would declare them.
#[derive(Debug)]
pub(crate) struct Face {
    pub(crate) bytes: Arc<FontBytes>,
    /// In its collection.
    pub(crate) index: u32,
    pub(crate) family: String,
    /// Its name as names are compared: without case and outer space.
    pub(crate) folded: String,
    /// 1 to 1000, a range where the face has the axis.
    pub(crate) weight: (f32, f32),
    /// Percent.
    pub(crate) stretch: (f32, f32),
    pub(crate) style: FontStyle,
    pub(crate) axes: Vec<Axis>,
    /// Characters with a glyph: sorted, disjoint, inclusive ranges.
    coverage: Vec<(u32, u32)>,
    /// The same for the first 128, one bit each.
    ascii: u128,
}

/// Metrics of a face in em; `descent` counts downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FaceMetrics {
    pub(crate) ascent: f32,
    pub(crate) descent: f32,
    pub(crate) line_gap: f32,
    pub(crate) x_height: f32,
}

impl FaceMetrics {
    /// Where there is no face.
    pub(crate) const UNKNOWN: Self = Self { ascent: 0.8, descent: 0.2, line_gap: 0.0, x_height: 0.5 };
}

impl Face {
    /// All faces of a file: one, or those of a collection.
    pub(crate) fn read_all(bytes: Arc<[u8]>) -> Result<Vec<Self>, Fault> {
        use cosmic_text::skrifa::raw::FileRef;
        let bytes = Arc::new(FontBytes(bytes));
        let count = match FileRef::new(&bytes.0) {
            Ok(FileRef::Font(_)) => 1,
            Ok(FileRef::Collection(collection)) => collection.len(),
            Err(error) => {
                let found = error.to_string().to_lowercase();
                return Err(damaged(format!("a font must be a whole TrueType or OpenType file, found: {found}")));
            }
        };
        if count == 0 || count > 256 {
            return Err(damaged(format!("a font collection must have 1 to 256 faces, found {count}")));
        }
        (0..count).map(|index| Self::read(&bytes, index)).collect()
    }

    fn read(bytes: &Arc<FontBytes>, index: u32) -> Result<Self, Fault> {
        let font = FontRef::from_index(&bytes.0, index).map_err(|e| damaged(format!("face {index} of the font cannot be read, {e}")))?;
        let table = |name: &str, present: bool| {
            if present { Ok(()) } else { Err(damaged(format!("a font must have a readable {name} table, face {index} has none"))) }
        };
        // A table that begins in a file which ends before it: half a file, whose first tables may be all that is asked for below.
        let past_end = |record: &TableRecord| u64::from(record.offset()) + u64::from(record.length()) > bytes.0.len() as u64;
        if let Some(record) = font.table_directory().table_records().iter().find(|record| past_end(record)) {
            return Err(damaged(format!("a font must be whole, the file ends before or in its table {}", record.tag())));
        }
        let units = font.head().map(|head| head.units_per_em()).unwrap_or_default();
        table("head", font.head().is_ok())?;
        if !(16..=16384).contains(&units) {
            return Err(damaged(format!("units per em must be 16 to 16384, found {units}")));
        }
        table("hhea", font.hhea().is_ok())?;
        table("maxp", font.maxp().is_ok())?;
        table("hmtx", font.hmtx().is_ok())?;
        table("cmap", font.charmap().has_map())?;
        let name = [StringId::TYPOGRAPHIC_FAMILY_NAME, StringId::FAMILY_NAME]
            .into_iter()
            .find_map(|id| font.localized_strings(id).english_or_first())
            .map(|name| name.chars().take(256).collect::<String>())
            .filter(|name| !name.trim().is_empty());
        let Some(family) = name else {
            return Err(damaged(format!("a font must have a family name, face {index} has none")));
        };
        let axes: Vec<Axis> = font
            .axes()
            .iter()
            .take(64)
            .map(|a| Axis { tag: a.tag().to_be_bytes(), min: a.min_value(), default: a.default_value(), max: a.max_value() })
            .collect();
        let range = |tag: &[u8; 4], fixed: f32| axes.iter().find(|a| a.tag == *tag).map_or((fixed, fixed), |a| (a.min, a.max));
        let attributes = font.attributes();
        let coverage = coverage(&font);
        let face = Self {
            bytes: Arc::clone(bytes),
            index,
            folded: folded(&family),
            family,
            weight: range(b"wght", attributes.weight.value()),
            stretch: range(b"wdth", attributes.stretch.percentage()),
            style: match attributes.style {
                FaceStyle::Normal => FontStyle::Normal,
                FaceStyle::Italic => FontStyle::Italic,
                FaceStyle::Oblique(_) => FontStyle::Oblique,
            },
            ascii: (0..128).filter(|c| contains(&coverage, *c)).fold(0, |bits, c| bits | 1 << c),
            coverage,
            axes,
        };
        Ok(face)
    }

    /// The face's tables; they were readable when it was added.
    pub(crate) fn font(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(&self.bytes.0, self.index).ok()
    }

    /// Whether it has a glyph for a character.
    pub(crate) fn covers(&self, c: char) -> bool {
        if c.is_ascii() { self.ascii >> (c as u32) & 1 == 1 } else { contains(&self.coverage, c as u32) }
    }

    pub(crate) fn metrics(&self, variations: &[([u8; 4], f32)]) -> FaceMetrics {
        let Some(font) = self.font() else {
            return FaceMetrics::UNKNOWN;
        };
        let metrics = font.metrics(Size::unscaled(), &location(&font, variations));
        let em = f32::from(metrics.units_per_em.max(1));
        let x_height = metrics.x_height.filter(|h| *h > 0.0).unwrap_or(metrics.ascent * 0.56);
        FaceMetrics { ascent: metrics.ascent / em, descent: -metrics.descent / em, line_gap: metrics.leading / em, x_height: x_height / em }
    }
}

/// Where in its design space a variable face is used.
pub(crate) fn location(font: &FontRef<'_>, variations: &[([u8; 4], f32)]) -> Location {
    font.axes().location(variations.iter().map(|(tag, value)| (Tag::new(tag), *value)))
}

/// A family's name as names are compared.
pub(crate) fn folded(family: &str) -> String {
    family.trim().to_lowercase()
}

fn coverage(font: &FontRef<'_>) -> Vec<(u32, u32)> {
    let mut points: Vec<u32> = font.charmap().mappings().filter(|(_, glyph)| glyph.to_u32() != 0).map(|(c, _)| c).take(0x11_0000).collect();
    points.sort_unstable();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for c in points {
        match ranges.last_mut() {
            Some((_, last)) if c <= last.saturating_add(1) => *last = c.max(*last),
            _ => ranges.push((c, c)),
        }
    }
    ranges
}

/// Whether a character is in one of the ranges.
fn contains(ranges: &[(u32, u32)], c: u32) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= c);
    after.checked_sub(1).and_then(|i| ranges.get(i)).is_some_and(|(_, last)| c <= *last)
}

fn damaged(message: String) -> Fault {
    Fault::new(Code::DamagedResource, "font", message)
}
