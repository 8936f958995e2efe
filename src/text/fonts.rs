//! The renderer's fonts: added once, shared by all threads, chosen by CSS's font matching.
//!
//! There are no system fonts. Faces keep the order in which they were added; of two faces with the same family, weight, stretch and
//! style the first one is used, so that a template's fonts (see [`Fonts::layered`]) win over the host's.
//!
//! A host may offer a last fallback: faces that no family name reaches. They draw what none of a text's families can, grapheme by
//! grapheme, and never without the note `font-substituted`: a template that relies on them looks different under another host. With the
//! feature `default-font` one is embedded (`default/`): Noto Sans Regular and Bold, cut down to Latin, Cyrillic and Greek, 392 KB.

use std::fmt;
use std::sync::Arc;

use super::face::{self, Face, FaceMetrics};
use super::matching;
use crate::css::style::{FontStyle, TextStyle};
use crate::error::Error;
use crate::scene::FaceId;

/// The fonts that texts are drawn with. Cloning is cheap.
///
/// ```
/// use templrender::Fonts;
/// let mut fonts = Fonts::new();
/// assert_eq!(fonts.add(std::fs::read("tests/fonts/NotoSans-Regular.subset.ttf")?)?, 1);
/// assert_eq!(fonts.families(), ["Noto Sans"]);
/// assert_eq!(Fonts::layered(&fonts, &Fonts::new()).len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Fonts {
    faces: Arc<Vec<Arc<Face>>>,
    /// So many faces at the end are the last fallback.
    last: usize,
    digest: [u8; 32],
}

/// The embedded last fallback.
#[cfg(feature = "default-font")]
const DEFAULT: [&[u8]; 2] = [include_bytes!("default/NotoSans-Regular.ttf"), include_bytes!("default/NotoSans-Bold.ttf")];

impl fmt::Debug for Fonts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.faces.iter().map(|face| &face.family)).finish()
    }
}

impl Fonts {
    /// No fonts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// No fonts yet but the embedded last fallback, Noto Sans Regular and Bold in Latin, Cyrillic and Greek: used for what none of a
    /// text's families has, or where no family is there, always with the note `font-substituted`.
    ///
    /// ```
    /// let fonts = templrender::Fonts::with_default();
    /// assert_eq!(fonts.len(), 2);
    /// assert!(fonts.families().is_empty(), "no name reaches it");
    /// ```
    #[cfg(feature = "default-font")]
    pub fn with_default() -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"last");
        // A part of the program, not of its input: a test reads both files.
        let faces: Vec<Arc<Face>> = DEFAULT
            .iter()
            .filter_map(|bytes| {
                hasher.update(bytes);
                Face::read_all(Arc::from(*bytes)).ok()
            })
            .flatten()
            .map(Arc::new)
            .collect();
        Self { last: faces.len(), faces: Arc::new(faces), digest: *hasher.finalize().as_bytes() }
    }

    /// Adds the faces of a TrueType or OpenType file or collection and returns how many they are.
    ///
    /// # Errors
    ///
    /// [`Code::DamagedResource`](crate::Code::DamagedResource) where the bytes are no font or a needed table cannot be read.
    pub fn add(&mut self, bytes: impl Into<Arc<[u8]>>) -> Result<usize, Error> {
        let bytes: Arc<[u8]> = bytes.into();
        let added = Face::read_all(Arc::clone(&bytes))?;
        let count = added.len();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.digest).update(&bytes);
        self.digest = *hasher.finalize().as_bytes();
        let end = self.named().len();
        Arc::make_mut(&mut self.faces).splice(end..end, added.into_iter().map(Arc::new));
        Ok(count)
    }

    /// The family names that a template can use, sorted, each once.
    pub fn families(&self) -> Vec<String> {
        let mut names: Vec<String> = self.named().iter().map(|face| face.family.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// How many faces there are, those of the last fallback included.
    pub fn len(&self) -> usize {
        self.faces.len()
    }

    /// Whether there is no face.
    pub fn is_empty(&self) -> bool {
        self.faces.is_empty()
    }

    /// A hash of all font bytes in their order.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The fonts beside a template before those of its host; the last fallback is the host's, where it has one.
    pub fn layered(template: &Self, host: &Self) -> Self {
        if template.is_empty() {
            return host.clone();
        }
        if host.is_empty() {
            return template.clone();
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&template.digest).update(&host.digest);
        let last = if host.last > 0 { host } else { template };
        let faces = template.named().iter().chain(host.named()).chain(last.unnamed());
        Self { faces: Arc::new(faces.cloned().collect()), last: last.last, digest: *hasher.finalize().as_bytes() }
    }

    /// The faces that family names reach.
    fn named(&self) -> &[Arc<Face>] {
        self.faces.get(..self.faces.len().saturating_sub(self.last)).unwrap_or_default()
    }

    /// The last fallback.
    fn unnamed(&self) -> &[Arc<Face>] {
        self.faces.get(self.named().len()..).unwrap_or_default()
    }

    /// Whether a face is of the last fallback.
    pub(crate) fn is_last_fallback(&self, id: FaceId) -> bool {
        id.0 as usize >= self.named().len()
    }

    pub(crate) fn face(&self, id: FaceId) -> Option<&Face> {
        self.faces.get(id.0 as usize).map(Arc::as_ref)
    }

    pub(crate) fn faces(&self) -> impl Iterator<Item = (FaceId, &Face)> {
        self.faces.iter().enumerate().map(|(i, face)| (FaceId(i as u32), face.as_ref()))
    }

    /// Whether both are the same set of faces.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.faces, &other.faces)
    }

    /// The face of a family that CSS picks for a style; names are compared without case.
    pub(crate) fn matching(&self, family: &str, style: &TextStyle) -> Option<Chosen> {
        let family = face::folded(family);
        let named = self.faces().take(self.named().len());
        Self::choose(named.filter(|(_, face)| face.folded == family).collect(), style)
    }

    /// The face of the last fallback for a style.
    pub(crate) fn last_fallback(&self, style: &TextStyle) -> Option<Chosen> {
        Self::choose(self.faces().skip(self.named().len()).collect(), style)
    }

    fn choose(candidates: Vec<(FaceId, &Face)>, style: &TextStyle) -> Option<Chosen> {
        matching::choose(&candidates, style.font_stretch, style.font_style, style.font_weight).map(|(id, face)| {
            let variations = matching::variations(face, style);
            let metrics = face.metrics(&variations);
            let style_missing = matching::style_missing(face, style.font_style, style.font_weight);
            Chosen { face: id, variations, metrics, style_missing }
        })
    }
}

/// A face with its axes set for a style.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) face: FaceId,
    /// Sorted by tag; axes at their defaults are left out. `opsz` is not in here, see [`super::fonts::optical`].
    pub(crate) variations: Vec<([u8; 4], f32)>,
    /// At these variations, in em.
    pub(crate) metrics: FaceMetrics,
    /// The family has neither the italic nor the bold that was asked for.
    pub(crate) style_missing: bool,
}

/// Whether a face's outlines depend on the size it is drawn at: it has the `opsz` axis and the style does not set it.
pub(crate) fn optical(face: &Face, style: &TextStyle) -> bool {
    face.axes.iter().any(|a| a.tag == *b"opsz") && !style.font_variations.iter().any(|(tag, _)| tag == b"opsz")
}

impl FontStyle {
    pub(crate) fn is_slanted(self) -> bool {
        self != Self::Normal
    }
}
