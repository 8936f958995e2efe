//! Which face, direction and script each part of a text has.
//!
//! Per grapheme the first family in the list whose face has all its characters, then the host's last fallback; what none has goes to
//! the first family, which shows its missing-glyph box. Nothing else is ever tried.

use std::ops::Range;
use std::sync::Arc;

use unicode_bidi::{BidiInfo, Level};
use unicode_script::{Script, UnicodeScript as _};
use unicode_segmentation::UnicodeSegmentation as _;

use super::faces::{FaceList, FaceLists};
use super::fonts::{Chosen, Fonts};
use super::prepare::{Prepared, Styles};
use super::{Substitution, TextNote, breaks};
use crate::css::length::Length;
use crate::css::style::{Direction, TextStyle};

/// One grapheme.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    /// Byte in the prepared text.
    pub(super) start: usize,
    pub(super) style: usize,
    pub(super) kind: CellKind,
    /// A line may end before it.
    pub(super) break_before: bool,
    /// Index of its [`super::shape::Run`].
    pub(super) run: usize,
    /// In em, without spacing.
    pub(super) advance: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellKind {
    Glyphs,
    Space,
    NoBreakSpace,
    Tab,
    Newline,
    SoftHyphen,
}

impl Item {
    /// Letters join here: letter spacing would tear them apart and is left out, as in Chromium.
    pub(super) fn is_cursive(&self) -> bool {
        matches!(&self.script, b"Arab" | b"Syrc" | b"Mong" | b"Nkoo" | b"Phag" | b"Adlm" | b"Rohg" | b"Mand")
    }
}

impl CellKind {
    fn of(grapheme: &str) -> Self {
        match grapheme {
            " " => Self::Space,
            "\u{a0}" => Self::NoBreakSpace,
            "\t" => Self::Tab,
            "\n" => Self::Newline,
            "\u{ad}" => Self::SoftHyphen,
            _ => Self::Glyphs,
        }
    }

    /// White space that a line's end swallows or lets hang.
    pub(super) fn is_space(self) -> bool {
        matches!(self, Self::Space | Self::Tab | Self::Newline)
    }
}

/// A part of a text that is shaped in one go.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) range: Range<usize>,
    /// The style of its first grapheme; the others shape alike.
    pub(super) style: usize,
    pub(super) level: u8,
    pub(super) script: [u8; 4],
    pub(super) chosen: Chosen,
}

/// A whole text, ready to be shaped.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Itemized {
    pub(super) cells: Vec<Cell>,
    pub(super) items: Vec<Item>,
    /// For each style (and the layer's) its faces in order.
    pub(super) faces: Vec<Arc<FaceList>>,
    pub(super) rtl: bool,
    pub(super) notes: Vec<TextNote>,
}

/// Most different characters that one note names.
const MISSING_NAMED: usize = 32;

/// The items of a text. Its direction is the text's own to say unless it is known.
pub(super) fn itemize(
    prepared: &Prepared,
    styles: Styles<'_>,
    known: &mut FaceLists,
    fonts: &Fonts,
    families: &Arc<[String]>,
    rtl: Option<bool>,
) -> Itemized {
    let rtl = rtl.unwrap_or_else(|| is_rtl(styles.layer, &prepared.text));
    let mut out = Itemized { rtl, cells: Vec::with_capacity(prepared.text.len()), ..Itemized::default() };
    for index in 0..=styles.layer_index() {
        let used = index == styles.layer_index() || prepared.parts.iter().any(|part| part.style == index);
        let list = if used { known.get(styles.get(index), families, fonts) } else { Arc::default() };
        for one in &list.notes {
            note(&mut out.notes, one.clone());
        }
        out.faces.push(list);
    }
    let mut uncovered = Uncovered::default();
    let mut part = prepared.parts.iter().peekable();
    let mut start = 0;
    for paragraph in prepared.text.split_inclusive('\n') {
        let levels = levels(paragraph, out.rtl);
        let mut scripts = Scripts::new(paragraph);
        let first_cell = out.cells.len();
        // The list and the place in it of the last item's face.
        let mut before: Option<(usize, usize)> = None;
        for (at, grapheme) in graphemes(paragraph) {
            let begin = start + at;
            while part.next_if(|p| p.end <= begin).is_some() {}
            let style = part.peek().map_or(styles.layer_index(), |p| p.style);
            let kind = CellKind::of(grapheme);
            let script = scripts.at(grapheme);
            let level = levels.as_ref().and_then(|l| l.get(at)).map_or(u8::from(out.rtl), |l| l.number());
            if kind == CellKind::Newline {
                // Ends a paragraph; nothing to shape.
            } else if let Some((place, chosen)) =
                covering(grapheme, out.faces.get(style).map_or(&[][..], |l| &l.faces), fonts, &mut uncovered)
            {
                let end = begin + grapheme.len();
                let same_face = |item: &Item| before == Some((style, place)) || item.chosen == *chosen;
                match out.items.last_mut() {
                    Some(item)
                        if item.range.end == begin
                            && at > 0
                            && item.level == level
                            && item.script == script
                            && same_face(item)
                            && (item.style == style || shape_alike(styles, item.style, style)) =>
                    {
                        item.range.end = end;
                    }
                    _ => out.items.push(Item { range: begin..end, style, level, script, chosen: chosen.clone() }),
                }
                before = Some((style, place));
            }
            let run = out.items.len().saturating_sub(1);
            out.cells.push(Cell { start: begin, style, kind, break_before: false, run, advance: 0.0 });
        }
        let mut cells = out.cells.get_mut(first_cell..).unwrap_or_default().iter_mut().peekable();
        breaks::opportunities(paragraph, |at| {
            while cells.next_if(|cell| cell.start < start + at).is_some() {}
            if let Some(cell) = cells.next_if(|cell| cell.start == start + at) {
                cell.break_before = true;
            }
        });
        start += paragraph.len();
    }
    uncovered.into_notes(&mut out.notes);
    out
}

/// Characters that none of their families has.
#[derive(Default)]
struct Uncovered {
    missing: Vec<char>,
    /// The last fallback has them; and its family.
    substituted: Vec<char>,
    by: String,
}

impl Uncovered {
    fn add(list: &mut Vec<char>, chars: impl Iterator<Item = char>) {
        for c in chars {
            if list.len() < MISSING_NAMED && !list.contains(&c) {
                list.push(c);
            }
        }
    }

    fn into_notes(self, notes: &mut Vec<TextNote>) {
        if !self.substituted.is_empty() {
            note(notes, TextNote::FontSubstituted { used: self.by, why: Substitution::Uncovered(self.substituted) });
        }
        if !self.missing.is_empty() {
            note(notes, TextNote::GlyphMissing { chars: self.missing });
        }
    }
}

/// Whether a text of two styles may be shaped in one go.
fn shape_alike(styles: Styles<'_>, a: usize, b: usize) -> bool {
    let (own_size, of_layer) = (|style: usize| &styles.get(style).font_size, Length::Em(1.0));
    let size = |style: usize| if style == styles.layer_index() { &of_layer } else { own_size(style) };
    let same_size = size(a) == size(b);
    let (a, b) = (styles.get(a), styles.get(b));
    same_size
        && a.font_features == b.font_features
        && a.font_variations == b.font_variations
        && a.letter_spacing == b.letter_spacing
        && a.word_spacing == b.word_spacing
        && a.lang == b.lang
}

fn note(notes: &mut Vec<TextNote>, note: TextNote) {
    if !notes.contains(&note) {
        notes.push(note);
    }
}

/// The first face that has all of a grapheme, and its place in the list.
fn covering<'a>(grapheme: &str, faces: &'a [Chosen], fonts: &Fonts, uncovered: &mut Uncovered) -> Option<(usize, &'a Chosen)> {
    let first = faces.first()?;
    let has = |chosen: &Chosen, c: char| fonts.face(chosen.face).is_some_and(|face| face.covers(c));
    let visible = || grapheme.chars().filter(|c| !is_invisible(*c));
    let mut found = faces.iter().enumerate().find(|(_, f)| visible().all(|c| has(f, c)));
    if found.is_none() {
        // A mark that the base's face lacks is missing, not the base.
        let best = visible().next().and_then(|base| faces.iter().enumerate().find(|(_, f)| has(f, base))).unwrap_or((0, first));
        Uncovered::add(&mut uncovered.missing, visible().filter(|c| !has(best.1, *c)));
        found = Some(best);
    }
    if let Some((_, last)) = found.filter(|(_, f)| f.face != first.face && fonts.is_last_fallback(f.face)) {
        let named = |c: char| faces.iter().any(|f| !fonts.is_last_fallback(f.face) && has(f, c));
        // All of a grapheme whose characters are there, but in no face together.
        let whole = visible().all(named);
        Uncovered::add(&mut uncovered.substituted, visible().filter(|c| whole || !named(*c)).filter(|c| has(last, *c)));
        if uncovered.by.is_empty() {
            uncovered.by = fonts.face(last.face).map(|face| face.family.clone()).unwrap_or_default();
        }
    }
    found
}

/// Characters that need no glyph: white space of lines, joiners, marks of direction, variation selectors.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c as u32, 0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e
            | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe0fff)
}

/// The direction of a whole layer.
pub(super) fn is_rtl(style: &TextStyle, text: &str) -> bool {
    let by_text = || {
        text.chars()
            .find_map(|c| match unicode_bidi::bidi_class(c) {
                unicode_bidi::BidiClass::L => Some(false),
                unicode_bidi::BidiClass::R | unicode_bidi::BidiClass::AL => Some(true),
                _ => None,
            })
            .unwrap_or(false)
    };
    match (style.direction, style.lang.as_deref()) {
        (Direction::Ltr, _) => false,
        (Direction::Rtl, _) => true,
        (Direction::Auto, _) | (Direction::OfLang, None) => by_text(),
        (Direction::OfLang, Some(lang)) => lang_is_rtl(lang),
    }
}

/// Whether a language is written from right to left.
pub(crate) fn lang_is_rtl(lang: &str) -> bool {
    let lang = lang.to_ascii_lowercase();
    let mut tags = lang.split(['-', '_']);
    let language = tags.next().unwrap_or_default();
    match tags.find(|tag| tag.len() == 4 && tag.bytes().all(|b| b.is_ascii_alphabetic())) {
        Some(script) => matches!(script, "arab" | "hebr" | "thaa" | "syrc" | "nkoo" | "adlm" | "rohg" | "mand" | "samr"),
        None => {
            matches!(language, "ar" | "he" | "iw" | "fa" | "ur" | "yi" | "ps" | "sd" | "ug" | "ckb" | "dv" | "arz" | "azb" | "syr" | "nqo")
        }
    }
}

/// The extended grapheme clusters of a paragraph with their places.
///
/// Between two ASCII characters there is always a boundary (a carriage return does not come here), so that only what lies between such
/// places goes through Unicode's tables.
fn graphemes(paragraph: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = paragraph.as_bytes();
    let is_ascii = |at: usize| bytes.get(at).is_none_or(u8::is_ascii);
    let (mut at, mut inner) = (0, None::<(usize, unicode_segmentation::Graphemes<'_>)>);
    std::iter::from_fn(move || {
        loop {
            if let Some((start, clusters)) = &mut inner {
                if let Some(grapheme) = clusters.next() {
                    let begin = *start;
                    *start += grapheme.len();
                    return Some((begin, grapheme));
                }
                inner = None;
            }
            let begin = at;
            if begin >= bytes.len() {
                return None;
            }
            at += 1;
            if is_ascii(begin) && is_ascii(at) {
                return Some((begin, paragraph.get(begin..at).unwrap_or_default()));
            }
            while !(is_ascii(at - 1) && is_ascii(at)) && at < bytes.len() {
                at += 1;
            }
            inner = Some((begin, paragraph.get(begin..at).unwrap_or_default().graphemes(true)));
        }
    })
}

/// The embedding level of each byte; `None` where all is of an LTR text's one level.
fn levels(paragraph: &str, rtl: bool) -> Option<Vec<Level>> {
    let plain = |c: char| (c as u32) < 0x590 || (0x900..0x2000).contains(&(c as u32)) || (0x2c00..0xd800).contains(&(c as u32));
    if !rtl && paragraph.chars().all(plain) {
        return None;
    }
    let base = if rtl { Level::rtl() } else { Level::ltr() };
    Some(BidiInfo::new(paragraph, Some(base)).levels)
}

/// The script of each grapheme; what all scripts share takes the script around it.
struct Scripts {
    current: Script,
}

impl Scripts {
    fn new(paragraph: &str) -> Self {
        let first = paragraph.chars().map(script).find(|s| is_real(*s));
        Self { current: first.unwrap_or(Script::Common) }
    }

    fn at(&mut self, grapheme: &str) -> [u8; 4] {
        if let Some(own) = grapheme.chars().map(script).find(|s| is_real(*s)) {
            self.current = own;
        }
        let name = match self.current {
            // One script for shaping; Chromium, too, does not part kana from kanji there.
            Script::Common | Script::Inherited | Script::Unknown => "Zyyy",
            other => other.short_name(),
        };
        name.as_bytes().try_into().unwrap_or(*b"Zyyy")
    }
}

/// A character's script; that of ASCII needs no table.
fn script(c: char) -> Script {
    match c {
        'a'..='z' | 'A'..='Z' => Script::Latin,
        c if c.is_ascii() => Script::Common,
        c => c.script(),
    }
}

fn is_real(script: Script) -> bool {
    !matches!(script, Script::Common | Script::Inherited | Script::Unknown)
}
