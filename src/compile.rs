//! What of a template is the same for every row, painted once.
//!
//! The template's layers without bindings are planned, laid out and painted, twice where some of them lie over others: all of them, and those
//! under the first thing that a row brings. A render lays its row out as ever and compares its display list with that of the fixed
//! layers, leaf by leaf; what is equal is there already, also inside a card of which a row fills a part. Nothing is believed about a row that is not seen in its scene, so the worst that can
//! happen is that nothing fits and all is painted anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codec::{KeptRows, Output};
use crate::decode::{Drawn, Pixels};
use crate::paint::{Leaves, Plates, kept};
use crate::pixel::{Frame, Origin, Touched};
use crate::plan::Plan;
use crate::resources::Resources;
use crate::scene::{Group, Item, Picture, PictureId, Scene};

/// A template's fixed layers, painted: made by [`Renderer::compile`](crate::Renderer::compile). Threads share it; a clone is the same one.
///
/// ```
/// use templrender::{Context, Fonts, Guard, Renderer, Resources, Row, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [90, 50], "background": "linear-gradient(45deg, red, blue)",
///     "layers": [ { "type": "box", "left": 9, "top": 9, "width": 30, "height": 20, "background": "{{ tint }}" } ] }"#)?;
/// let row = Row::from_json(r#"{ "tint": "white" }"#)?;
/// let (renderer, context) = (Renderer::new(Fonts::new()), Context::default());
/// let (resources, mut scratch) = (Resources::new(), Scratch::new());
/// let plan = renderer.plan(&template, &row, &context)?;
/// let compiled = renderer.compile(&template, &context, &plan, &resources, &mut scratch)?;
/// let quick = renderer.render_compiled(&compiled, &plan, &resources, &mut scratch, &Guard::default())?;
/// let plain = renderer.render(&plan, &resources, &mut scratch)?;
/// assert_eq!(quick.frame, plain.frame);
/// assert_eq!(quick.frame.encode(plan.output())?, plain.frame.encode(plan.output())?);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Clone)]
pub struct Compiled {
    /// `None` where nothing is fixed, or too much to be kept.
    inner: Option<Arc<Inner>>,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let items = self.inner.as_ref().map_or(0, |inner| inner.scene.items.len());
        write!(f, "Compiled({items} fixed items, {} bytes)", self.bytes())
    }
}

struct Inner {
    /// Digest of the fonts that it was drawn with.
    fonts: [u8; 32],
    /// The fixed items.
    scene: Scene,
    pictures: BTreeMap<PictureId, Fixed>,
    plates: Plates,
    /// All rows of the fixed items alone, as the usual picture is encoded, where that is a JPEG. Frames that began as a copy of it have
    /// them too.
    rows: Arc<Option<KeptRows>>,
}

/// A picture of a fixed layer.
pub(crate) struct Fixed {
    /// Of its bytes.
    pub(crate) digest: [u8; 32],
    pub(crate) drawn: Drawn,
    pub(crate) pixels: Pixels,
}

/// Which items of a scene are painted already.
pub(crate) struct Fit<'c> {
    inner: &'c Inner,
    /// Of each of its leaves.
    fixed: Vec<bool>,
    /// Numbers of the scene's pictures and of those that they are here.
    pictures: BTreeMap<PictureId, PictureId>,
}

impl Compiled {
    /// Most bytes of the painted layers; a template whose canvas takes more is drawn as ever.
    pub const MAX_BYTES: usize = 128 << 20;

    pub(crate) fn new(fonts: [u8; 32], scene: Scene, pictures: BTreeMap<PictureId, Fixed>, plates: Plates, output: &Output) -> Self {
        let rows = KeptRows::of(plates.all(), output, |_| true);
        Self { inner: Some(Arc::new(Inner { fonts, scene, pictures, plates, rows: Arc::new(rows) })) }
    }

    /// One with which everything is drawn as ever.
    pub(crate) fn nothing() -> Self {
        Self { inner: None }
    }

    /// Memory that it takes, bytes.
    pub fn bytes(&self) -> usize {
        self.inner.as_ref().map_or(0, |inner| {
            let pictures: usize = inner.pictures.values().map(|fixed| fixed.pixels.frame.pixels().len()).sum();
            pictures + inner.plates.bytes() + Option::as_ref(&inner.rows).map_or(0, KeptRows::bytes)
        })
    }

    /// Whether a frame began as a copy of it.
    pub(crate) fn is_under(&self, frame: &Frame) -> bool {
        self.inner.as_ref().is_some_and(|inner| frame.origin().is_some_and(|origin| origin.is_of(&inner.rows)))
    }

    /// Finds the fixed items in a scene; `None` where not all of them are there in their order.
    pub(crate) fn fit(
        &self,
        (scene, leaves): (&Scene, &Leaves<'_>),
        plan: &Plan,
        resources: &Resources,
        fonts: &[u8; 32],
    ) -> Option<Fit<'_>> {
        let inner = self.inner.as_deref()?;
        let known = &inner.scene;
        if (scene.size, scene.scale) != (known.size, known.scale) || inner.fonts != *fonts {
            return None;
        }
        let mut pictures = BTreeMap::new();
        let mut same = |known: PictureId, id: PictureId| {
            let Some(fixed) = inner.pictures.get(&known) else { return false };
            let is_same = digest_of(plan, id, resources) == Some(fixed.digest);
            if is_same {
                pictures.insert(id, known);
            }
            is_same
        };
        let known = Leaves::of(known);
        let mut left = known.items().enumerate().peekable();
        let is_next = |(i, item): (usize, &Item)| {
            left.next_if(|(j, known_item)| leaves.stands_as(i, &known, *j) && equal(known_item, item, &mut same)).is_some()
        };
        let fixed = leaves.items().enumerate().map(is_next).collect();
        left.next().is_none().then_some(Fit { inner, fixed, pictures })
    }
}

impl Fit<'_> {
    pub(crate) fn plates(&self) -> &Plates {
        &self.inner.plates
    }

    /// For each item of the scene whether it is fixed.
    pub(crate) fn fixed(&self) -> &[bool] {
        &self.fixed
    }

    /// The decoded picture of the scene, where it is drawn as it was here.
    pub(crate) fn picture(&self, id: PictureId, drawn: &Drawn) -> Option<Pixels> {
        let fixed = self.inner.pictures.get(self.pictures.get(&id)?)?;
        (fixed.drawn == *drawn).then(|| fixed.pixels.clone())
    }

    /// What a frame that was begun with the plates remembers.
    pub(crate) fn origin(&self, touched: Touched) -> Origin {
        Origin { of: self.inner.rows.clone(), touched: Arc::new(touched) }
    }
}

/// What tells a picture apart that is drawn as it arrives.
pub(crate) fn digest_of(plan: &Plan, id: PictureId, resources: &Resources) -> Option<[u8; 32]> {
    let (source, shown) = plan.picture(id, resources)?;
    if source.treatment.digest().is_some() {
        return None;
    }
    let mut parts = vec![shown.picture.digest().to_vec()];
    if let Some(tint) = source.tint {
        parts.push([tint.r, tint.g, tint.b, tint.a].iter().flat_map(|part| part.to_le_bytes()).collect());
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Some(crate::digest::of_parts(&parts))
}

/// A scene without the leaves that another has not, in its order, and how many of them lie under its first other one.
pub(crate) fn common(scene: Scene, other: &Scene, same: &mut dyn FnMut(PictureId, PictureId) -> bool) -> (Scene, usize) {
    let (mut keep, mut at, mut count_under) = (Vec::new(), 0, 0);
    let (leaves, others) = (Leaves::of(&scene), Leaves::of(other));
    for (i, item) in leaves.items().enumerate() {
        let found = others.items().enumerate().skip(at).find(|(j, other)| leaves.stands_as(i, &others, *j) && equal(item, other, same));
        if let Some((j, _)) = found {
            count_under += usize::from(j == count_under);
            at = j + 1;
        }
        keep.push(found.is_some());
    }
    drop(leaves);
    let items = kept(scene.items, &mut keep.into_iter());
    (Scene { items, ..scene }, count_under)
}

/// Whether two items paint the same px.
fn equal(a: &Item, b: &Item, same: &mut dyn FnMut(PictureId, PictureId) -> bool) -> bool {
    match (a, b) {
        (Item::Picture(a), Item::Picture(b)) => *a == Picture { source: a.source, ..b.clone() } && same(a.source, b.source),
        (Item::Group(a), Item::Group(b)) => {
            let Group { transform, opacity, blend, isolated, filters, backdrop_filters, backdrop_clip, clip, items } = a;
            (transform, opacity, blend, isolated) == (&b.transform, &b.opacity, &b.blend, &b.isolated)
                && (filters, backdrop_filters) == (&b.filters, &b.backdrop_filters)
                && (backdrop_clip, clip, items.len()) == (&b.backdrop_clip, &b.clip, b.items.len())
                && items.iter().zip(&b.items).all(|(a, b)| equal(a, b, same))
        }
        _ => a == b,
    }
}
