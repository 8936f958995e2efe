//! From items to glyphs, in em: shaped once, drawn at any size.
//!
//! The shaper of a face comes from cosmic-text's `FontSystem`, which parses each face once per thread. It sets the weight axis only;
//! a face with other axes set gets a shaper instance of its own over the same data. cosmic-text's `ShapeWord` is not used: it has no
//! language (Persian digits, Serbian italics), drops the unsafe-to-break flags, and falls back by scanning all fonts.

use std::borrow::Cow;
use std::ops::Range;
use std::str::FromStr as _;
use std::sync::Arc;

use cosmic_text::fontdb;
use cosmic_text::{Fallback, FontSystem};
use harfrust::{
    Direction, Feature, Language, Script, ShapePlan, Shaper as FaceShaper, ShaperData, ShaperInstance, Tag, UnicodeBuffer, Variation,
};

use super::face::Face;
use super::faces::FaceLists;
use super::fonts::{Fonts, optical};
use super::itemize::{Cell, Item, Itemized, itemize};
use super::prepare::{Prepared, Styles};
use crate::css::length::Length;
use crate::css::style::TextStyle;
use crate::scene::FaceId;

/// A positioned glyph in em.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ShapedGlyph {
    pub(super) id: u16,
    /// Byte in the prepared text at which its cluster starts.
    pub(super) cluster: usize,
    pub(super) advance: f32,
    pub(super) dx: f32,
    /// Upwards.
    pub(super) dy: f32,
    /// Shaped with what stands before it: a line that starts here must be shaped again.
    pub(super) unsafe_to_break: bool,
}

/// An item with its glyphs, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub(super) item: Item,
    pub(super) glyphs: Vec<ShapedGlyph>,
    /// Shown where a line ends at a soft hyphen of this run.
    pub(super) hyphen: Vec<ShapedGlyph>,
}

/// A text, shaped: all that does not depend on a width.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shaped {
    pub(super) prepared: Prepared,
    pub(super) cells: Vec<Cell>,
    pub(super) runs: Vec<Run>,
    pub(super) itemized: Itemized,
    /// Advances depend on the size: a face has an optical size axis.
    pub(super) optical: bool,
}

/// Shapes with one set of fonts; holds what cosmic-text keeps for a thread.
pub(super) struct Shaper {
    fonts: Fonts,
    system: FontSystem,
    ids: Vec<fontdb::ID>,
    /// What the system has parsed; it forgets nothing by itself.
    parsed: Vec<(FaceId, u16)>,
    buffer: Option<UnicodeBuffer>,
    plans: Vec<Planned>,
    /// Counts the uses of plans.
    uses: u64,
    faces: FaceLists,
}

/// Faces, each at a weight, that the system may hold.
const PARSED: usize = 128;

/// Plans kept at a time, the last used ones: a feed of many countries needs one for each of its languages, scripts and weights, and
/// making one takes as long as shaping several titles.
const PLANS: usize = 64;

/// A plan for runs of one kind, and what it is asked for with.
struct Planned {
    face: FaceId,
    variations: Vec<([u8; 4], f32)>,
    rtl: bool,
    script: [u8; 4],
    lang: String,
    settings: Vec<([u8; 4], u32)>,
    language: Option<Language>,
    features: Vec<Feature>,
    plan: ShapePlan,
    /// The count at its last use.
    used: u64,
}

struct NoFallback;

impl Fallback for NoFallback {
    fn common_fallback(&self) -> &[&'static str] {
        &[]
    }

    fn forbidden_fallback(&self) -> &[&'static str] {
        &[]
    }

    fn script_fallback(&self, _: unicode_script::Script, _: &str) -> &[&'static str] {
        &[]
    }
}

impl Shaper {
    pub(super) fn new(fonts: &Fonts) -> Self {
        let mut db = fontdb::Database::new();
        let ids = fonts
            .faces()
            .map(|(id, face)| {
                db.push_face_info(fontdb::FaceInfo {
                    id: fontdb::ID::dummy(),
                    source: fontdb::Source::Binary(Arc::clone(&face.bytes) as Arc<dyn AsRef<[u8]> + Send + Sync>),
                    index: face.index,
                    families: vec![(format!("face {}", id.0), fontdb::Language::English_UnitedStates)],
                    post_script_name: format!("face {}", id.0),
                    style: fontdb::Style::Normal,
                    weight: fontdb::Weight::NORMAL,
                    stretch: fontdb::Stretch::Normal,
                    monospaced: false,
                })
            })
            .collect();
        let system = FontSystem::new_with_locale_and_db_and_fallback("en-US".to_owned(), db, NoFallback);
        Self {
            fonts: fonts.clone(),
            system,
            ids,
            parsed: Vec::new(),
            buffer: None,
            plans: Vec::new(),
            uses: 0,
            faces: FaceLists::default(),
        }
    }

    /// Starts the system anew where it holds too many faces: each weight of a variable face is one.
    fn forget_faces(&mut self, face: FaceId, weight: u16) {
        if self.parsed.contains(&(face, weight)) {
            return;
        }
        if self.parsed.len() >= PARSED {
            let empty = FontSystem::new_with_locale_and_db_and_fallback("en-US".to_owned(), fontdb::Database::new(), NoFallback);
            let (locale, db) = std::mem::replace(&mut self.system, empty).into_locale_and_db();
            self.system = FontSystem::new_with_locale_and_db_and_fallback(locale, db, NoFallback);
            self.parsed.clear();
        }
        self.parsed.push((face, weight));
    }

    pub(super) fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// The items of a text, in a direction where one is known.
    pub(super) fn itemize(&mut self, prepared: &Prepared, styles: Styles<'_>, families: &Arc<[String]>, rtl: Option<bool>) -> Itemized {
        itemize(prepared, styles, &mut self.faces, &self.fonts, families, rtl)
    }

    /// Shapes a whole text; `size_of` gives px for a style, for faces with an optical size axis.
    pub(super) fn shape(
        &mut self,
        prepared: Prepared,
        mut itemized: Itemized,
        styles: Styles<'_>,
        size_of: impl Fn(usize) -> f32,
    ) -> Shaped {
        let mut cells = std::mem::take(&mut itemized.cells);
        let mut is_optical = false;
        let mut runs = Vec::with_capacity(itemized.items.len());
        for mut item in itemized.items.drain(..) {
            let style = styles.get(item.style);
            if self.fonts.face(item.chosen.face).is_some_and(|face| optical(face, style)) {
                is_optical = true;
                let px = size_of(item.style);
                set_optical_size(&self.fonts, &mut item, px);
            }
            let lang = style.lang.as_deref().or(styles.layer.lang.as_deref());
            let glyphs = self.shape_range(&prepared.text, item.range.clone(), &item, style, lang);
            let has_soft_hyphen = prepared.text.get(item.range.clone()).is_some_and(|t| t.contains('\u{ad}'));
            let hyphen = if has_soft_hyphen { self.hyphen(&item, style, lang) } else { Vec::new() };
            runs.push(Run { item, glyphs, hyphen });
        }
        for run in &runs {
            advances(run, &mut cells, prepared.text.len());
        }
        Shaped { prepared, cells, runs, itemized, optical: is_optical }
    }

    fn hyphen(&mut self, item: &Item, style: &TextStyle, lang: Option<&str>) -> Vec<ShapedGlyph> {
        let has_hyphen = self.fonts.face(item.chosen.face).is_some_and(|face| face.covers('\u{2010}'));
        let text = if has_hyphen { "\u{2010}" } else { "-" };
        self.shape_range(text, 0..text.len(), item, style, lang)
    }

    /// Shapes a part of an item again, as when a line ends inside it.
    pub(super) fn shape_range(
        &mut self,
        text: &str,
        range: Range<usize>,
        item: &Item,
        style: &TextStyle,
        lang: Option<&str>,
    ) -> Vec<ShapedGlyph> {
        let (Some(before), Some(part), Some(after)) = (text.get(..range.start), text.get(range.clone()), text.get(range.end..)) else {
            return Vec::new();
        };
        let weight = self.fonts.face(item.chosen.face).and_then(|face| whole_weight(face, &item.chosen.variations));
        self.forget_faces(item.chosen.face, weight.unwrap_or(400));
        let Some(face) = self.fonts.face(item.chosen.face) else { return Vec::new() };
        let Some(id) = self.ids.get(item.chosen.face.0 as usize).copied() else { return Vec::new() };
        let variations = &item.chosen.variations;
        let Some(font) = self.system.get_font(id, fontdb::Weight(weight.unwrap_or(400))) else { return Vec::new() };
        // Own instances only where the face has axes that cosmic-text would not set, or the weight has a fraction.
        let data;
        let instance;
        let own;
        let shaper: &FaceShaper<'_> = if face.axes.is_empty() || weight.is_some() {
            font.shaper()
        } else {
            let Some(font) = face.font() else { return Vec::new() };
            data = ShaperData::new(&font);
            instance = ShaperInstance::from_variations(
                &font,
                variations.iter().map(|(tag, value)| Variation { tag: Tag::new(tag), value: *value }),
            );
            own = data.shaper(&font).instance(Some(&instance)).build();
            &own
        };
        let mut buffer = self.buffer.take().unwrap_or_default();
        buffer.set_pre_context(tail(before));
        if part.contains('\t') {
            buffer.push_str(&part.replace('\t', " "));
        } else {
            buffer.push_str(part);
        }
        buffer.set_post_context(head(after));
        let rtl = item.level % 2 == 1;
        let direction = if rtl { Direction::RightToLeft } else { Direction::LeftToRight };
        buffer.set_direction(direction);
        let script = Script::from_iso15924_tag(Tag::new(&item.script)).unwrap_or(harfrust::script::COMMON);
        buffer.set_script(script);
        let lang = lang.unwrap_or("en");
        let settings = settings(style);
        let is_known = |known: &Planned| {
            known.face == item.chosen.face
                && known.rtl == rtl
                && known.script == item.script
                && known.lang == lang
                && known.variations == *variations
                && known.settings == *settings
        };
        let place = match self.plans.iter().position(is_known) {
            Some(place) => place,
            None => {
                let oldest = self.plans.iter().enumerate().min_by_key(|(_, known)| known.used).map(|(place, _)| place);
                if let Some(oldest) = oldest.filter(|_| self.plans.len() >= PLANS) {
                    self.plans.swap_remove(oldest);
                }
                let language = Language::from_str(lang).ok();
                let features: Vec<Feature> = settings.iter().map(|(tag, value)| Feature::new(Tag::new(tag), *value, ..)).collect();
                self.plans.push(Planned {
                    face: item.chosen.face,
                    variations: variations.clone(),
                    rtl,
                    script: item.script,
                    lang: lang.to_owned(),
                    plan: ShapePlan::new(shaper, direction, Some(script), language.as_ref(), &features),
                    settings: settings.into_owned(),
                    language,
                    features,
                    used: 0,
                });
                self.plans.len() - 1
            }
        };
        self.uses += 1;
        let Some(planned) = self.plans.get_mut(place) else { return Vec::new() };
        planned.used = self.uses;
        if let Some(language) = &planned.language {
            buffer.set_language(language.clone());
        }
        let shaped = shaper.shape_with_plan(&planned.plan, buffer, &planned.features);
        let em = shaper.units_per_em().max(1) as f32;
        let glyphs = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, position)| ShapedGlyph {
                id: info.glyph_id as u16,
                cluster: range.start + info.cluster as usize,
                advance: position.x_advance as f32 / em,
                dx: position.x_offset as f32 / em,
                dy: position.y_offset as f32 / em,
                unsafe_to_break: info.unsafe_to_break(),
            })
            .collect();
        self.buffer = Some(shaped.clear());
        glyphs
    }
}

/// The weight, where it is the only axis set and a whole number, as cosmic-text's faces have it.
fn whole_weight(face: &Face, variations: &[([u8; 4], f32)]) -> Option<u16> {
    let value = match variations {
        [] => face.axes.iter().find(|axis| axis.tag == *b"wght").map_or(400.0, |axis| axis.default),
        [([b'w', b'g', b'h', b't'], value)] => *value,
        _ => return None,
    };
    (value.fract() == 0.0 && (1.0..=1000.0).contains(&value)).then_some(value as u16)
}

fn set_optical_size(fonts: &Fonts, item: &mut Item, px: f32) {
    let axis = fonts.face(item.chosen.face).and_then(|face| face.axes.iter().find(|a| a.tag == *b"opsz"));
    if let Some(axis) = axis {
        let value = px.clamp(axis.min, axis.max.max(axis.min));
        if value != axis.default {
            item.chosen.variations.push((*b"opsz", value));
            item.chosen.variations.sort_by_key(|(tag, _)| *tag);
        }
    }
}

/// Letter spacing parts ligatures and contextual forms, as in Chromium; the style's own settings win.
fn settings(style: &TextStyle) -> Cow<'_, [([u8; 4], u32)]> {
    let spaced = !matches!(style.letter_spacing, Length::Auto | Length::Px(0.0) | Length::Em(0.0));
    let own = style.font_features.as_slice();
    if spaced { Cow::Owned([&[(*b"liga", 0), (*b"clig", 0), (*b"calt", 0)], own].concat()) } else { Cow::Borrowed(own) }
}

/// The few characters that decide how the next one joins.
fn tail(before: &str) -> &str {
    let start = before.char_indices().rev().nth(4).map_or(0, |(at, _)| at);
    before.get(start..).unwrap_or_default()
}

fn head(after: &str) -> &str {
    let end = after.char_indices().nth(5).map_or(after.len(), |(at, _)| at);
    after.get(..end).unwrap_or_default()
}

/// Hands a run's advances to its graphemes; a ligature's is shared evenly.
fn advances(run: &Run, cells: &mut [Cell], text_len: usize) {
    let rtl = run.item.level % 2 == 1;
    let mut clusters: Vec<(usize, f32)> = Vec::with_capacity(run.glyphs.len());
    let mut add = |glyph: &ShapedGlyph| match clusters.last_mut() {
        Some((at, advance)) if *at == glyph.cluster => *advance += glyph.advance,
        _ => clusters.push((glyph.cluster, glyph.advance)),
    };
    if rtl {
        run.glyphs.iter().rev().for_each(&mut add);
    } else {
        run.glyphs.iter().for_each(&mut add);
    }
    // The first cell behind the start of a cluster; clusters rise as cells do.
    let mut next = clusters.first().map_or(0, |(at, _)| cells.partition_point(|cell| cell.start <= *at));
    for (i, (at, advance)) in clusters.iter().enumerate() {
        if i > 0 && clusters.get(i - 1).is_some_and(|(before, _)| before > at) {
            next = cells.partition_point(|cell| cell.start <= *at);
        }
        let end = clusters.get(i + 1).map_or(run.item.range.end, |next| next.0).min(text_len);
        // A cluster may start inside a grapheme: Indic conjuncts are one grapheme and several clusters.
        while cells.get(next).is_some_and(|cell| cell.start <= *at) {
            next += 1;
        }
        let first = next.saturating_sub(1);
        let mut last = next.max(first + 1);
        while cells.get(last).is_some_and(|cell| cell.start < end) {
            last += 1;
        }
        let Some(members) = cells.get_mut(first..last) else { continue };
        let share = advance / members.len().max(1) as f32;
        members.iter_mut().for_each(|cell| cell.advance += share);
    }
}
