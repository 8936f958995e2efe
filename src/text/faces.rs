//! The faces of a style, in the order in which they are tried, found once for each style instead of once for each text.
//!
//! Matching compares a style with every face of every family and asks the chosen faces for their metrics: more work than shaping a
//! short text. What it depends on is small and rarely changes, so a thread keeps the last lists.

use std::sync::Arc;

use super::fonts::{Chosen, Fonts};
use super::{Substitution, TextNote};
use crate::css::style::{FontStyle, TextStyle};

/// Lists kept at a time; a template rarely has more than its weights.
const KEPT: usize = 64;

/// The faces of one style.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct FaceList {
    /// In order; the first one gives the metrics.
    pub(super) faces: Vec<Chosen>,
    /// What a text of this style has to say about its families.
    pub(super) notes: Vec<TextNote>,
}

/// The lists of the last styles, oldest first.
#[derive(Default)]
pub(super) struct FaceLists {
    known: Vec<(Wanted, Arc<FaceList>)>,
}

/// All that matching looks at.
struct Wanted {
    own: Arc<[String]>,
    families: Arc<[String]>,
    weight: f32,
    stretch: f32,
    slant: FontStyle,
    variations: Vec<([u8; 4], f32)>,
}

impl Wanted {
    fn new(style: &TextStyle, families: &Arc<[String]>) -> Self {
        Self {
            own: Arc::clone(&style.font_family),
            families: Arc::clone(families),
            weight: style.font_weight,
            stretch: style.font_stretch,
            slant: style.font_style,
            variations: style.font_variations.clone(),
        }
    }

    fn is(&self, style: &TextStyle, families: &Arc<[String]>) -> bool {
        self.weight == style.font_weight
            && self.stretch == style.font_stretch
            && self.slant == style.font_style
            && self.variations == style.font_variations
            && same(&self.own, &style.font_family)
            && same(&self.families, families)
    }
}

/// Whether two lists are one, or equal.
pub(super) fn same(a: &Arc<[String]>, b: &Arc<[String]>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

impl FaceLists {
    /// The faces of a style: its own families, then the template's, then the last fallback.
    pub(super) fn get(&mut self, style: &TextStyle, families: &Arc<[String]>, fonts: &Fonts) -> Arc<FaceList> {
        if let Some((_, list)) = self.known.iter().rev().find(|(wanted, _)| wanted.is(style, families)) {
            return Arc::clone(list);
        }
        let list = Arc::new(FaceList::find(style, families, fonts));
        if self.known.len() >= KEPT {
            self.known.remove(0);
        }
        self.known.push((Wanted::new(style, families), Arc::clone(&list)));
        list
    }
}

impl FaceList {
    fn find(style: &TextStyle, families: &[String], fonts: &Fonts) -> Self {
        let mut found: Vec<Chosen> = Vec::new();
        let mut wanted = None;
        for family in style.font_family.iter().chain(families) {
            match fonts.matching(family, style) {
                Some(chosen) => {
                    if !found.iter().any(|f| f.face == chosen.face) {
                        found.push(chosen);
                    }
                }
                None => wanted = wanted.or(found.is_empty().then_some(family)),
            }
        }
        let named = !found.is_empty();
        if let Some(last) = fonts.last_fallback(style) {
            found.push(last);
        } else if !named {
            // Without a last fallback the first face there is.
            let first = fonts.faces().next().map(|(_, face)| face.family.clone());
            found.extend(first.and_then(|family| fonts.matching(&family, style)));
        }
        let mut notes = Vec::new();
        if let Some(first) = found.first() {
            let used = fonts.face(first.face).map(|face| face.family.clone()).unwrap_or_default();
            match wanted {
                Some(wanted) => notes.push(TextNote::FontSubstituted { used: used.clone(), why: Substitution::NotThere(wanted.clone()) }),
                None if !named => notes.push(TextNote::FontSubstituted { used: used.clone(), why: Substitution::Unnamed }),
                None => {}
            }
            if first.style_missing {
                notes.push(TextNote::FontStyleMissing { family: used });
            }
        }
        Self { faces: found, notes }
    }
}
