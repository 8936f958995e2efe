//! A pack that is ready to draw: parsed, with its fonts, its assets as answers and its fallback, all of them whole and valid.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Pack, used, within};
use crate::error::{Code, Error, Fault};
use crate::generate::Models;
use crate::pixel::Frame;
use crate::plan::{Context, Plan};
use crate::render::{Renderer, Scratch};
use crate::resources::{NeedId, NeedSource, Resources};
use crate::row::Row;
use crate::template::Template;
use crate::text::Fonts;

/// A template with all that it draws with. It is shared between threads, and a clone is two counts.
///
/// ```
/// use templrender::{Context, Fonts, Limits, Pack, Row, Scratch};
/// let mut pack = Pack::new(&Limits::default());
/// pack.add("template.json", *br##"{ "templrender": 1, "name": "dot", "size": [9, 9], "background": "{{ tint }}", "layers": [] }"##)?;
/// pack.add("fallback.json", *br#"{ "tint": "navy" }"#)?;
/// let bundle = pack.open(&Fonts::new(), None)?;
/// assert_eq!(bundle.version().len(), 16);
///
/// let row = Row::from_json(r#"{ "tint": "red" }"#)?;
/// let plan = bundle.renderer().plan(bundle.template(), &row, &Context::default())?;
/// let rendered = bundle.renderer().render(&plan, &bundle.resources(), &mut Scratch::new())?;
/// assert_eq!(rendered.frame.pixels().first_chunk(), Some(&[255, 0, 0, 255]));
///
/// let (plan, resources) = bundle.plan_fallback(&Context::default()).unwrap()?;
/// let rendered = bundle.renderer().render(&plan, &resources, &mut Scratch::new())?;
/// assert_eq!(rendered.frame.pixels().first_chunk(), Some(&[0, 0, 128, 255]));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Bundle {
    inner: Arc<Inner>,
    renderer: Arc<Renderer>,
}

#[derive(Debug)]
struct Inner {
    template: Template,
    fonts: Layered,
    version: String,
    /// By the paths that the template writes.
    assets: BTreeMap<String, Arc<[u8]>>,
    /// The assets as answers, read once.
    resources: Resources,
    fallback: Option<Fallback>,
    bytes: usize,
}

/// A template's own fonts over those of its host, to be shared with those that have the same files.
#[derive(Debug, Clone)]
struct Layered {
    own: [u8; 32],
    host: [u8; 32],
    fonts: Fonts,
}

#[derive(Debug)]
struct Fallback {
    row: Row,
    /// The assets, and the pictures of the fallback.
    resources: Resources,
    /// What tells two fallbacks apart.
    digest: [u8; 32],
}

impl Bundle {
    /// The template.
    pub fn template(&self) -> &Template {
        &self.inner.template
    }

    /// A renderer with its fonts before those of its host.
    pub fn renderer(&self) -> &Renderer {
        &self.renderer
    }

    /// The same with models that the template may name. Its fallback is drawn without them: what one would make is drawn as it is, or left out where
    /// the layer says `hide`.
    ///
    /// ```
    /// # use templrender::{Fonts, Limits, Models, Pack};
    /// let mut pack = Pack::new(&Limits::default());
    /// pack.add("template.json", *br#"{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }"#)?;
    /// let bundle = pack.open(&Fonts::new(), None)?.with_models(Models::new());
    /// assert_eq!(bundle.renderer().models().iter().count(), 0);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    #[must_use]
    pub fn with_models(&self, models: Models) -> Self {
        let renderer = Renderer::clone(&self.renderer).with_models(models);
        Self { inner: Arc::clone(&self.inner), renderer: Arc::new(renderer) }
    }

    /// Its own fonts before those of its host.
    ///
    /// ```
    /// # use templrender::{Fonts, Limits, Pack};
    /// let mut pack = Pack::new(&Limits::default());
    /// pack.add("template.json", *br#"{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }"#)?;
    /// pack.add("fonts/a.ttf", std::fs::read("tests/fonts/NotoSans-Regular.subset.ttf").unwrap())?;
    /// assert_eq!(pack.open(&Fonts::new(), None)?.fonts().families(), ["Noto Sans"]);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn fonts(&self) -> &Fonts {
        &self.inner.fonts.fonts
    }

    /// 16 hex digits over the template, its assets and all fonts: what names this version in URLs.
    pub fn version(&self) -> &str {
        &self.inner.version
    }

    /// Answers to start from: its assets are in it already, so that only a row's pictures are left to be found.
    pub fn resources(&self) -> Resources {
        self.inner.resources.clone()
    }

    /// Its assets, by the paths that the template writes.
    ///
    /// ```
    /// # use templrender::{Fonts, Limits, Pack};
    /// let mut pack = Pack::new(&Limits::default());
    /// pack.add("template.json", *br#"{ "templrender": 1, "name": "a", "size": [9, 9], "assets": { "a": "./a.svg" }, "layers": [] }"#)?;
    /// pack.add("a.svg", *b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'/>")?;
    /// assert_eq!(pack.open(&Fonts::new(), None)?.assets().next().unwrap().0, "./a.svg");
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn assets(&self) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        self.inner.assets.iter().map(|(path, bytes)| (path.as_str(), bytes))
    }

    /// What is drawn where a row's own picture cannot be, where the template has that.
    pub fn fallback(&self) -> Option<&Row> {
        self.inner.fallback.as_ref().map(|fallback| &fallback.row)
    }

    /// The plan of the fallback with all that it needs, where the template has one.
    pub fn plan_fallback(&self, context: &Context) -> Option<Result<(Plan, Resources), Error>> {
        let fallback = self.inner.fallback.as_ref()?;
        let plan = Renderer::clone(&self.renderer).without_models().plan(&self.inner.template, &fallback.row, context);
        Some(plan.map(|plan| (plan, fallback.resources.clone())))
    }

    /// Whether another bundle draws the same, its fallback included, which the version leaves out.
    ///
    /// ```
    /// # use templrender::{Fonts, Limits, Pack};
    /// let mut pack = Pack::new(&Limits::default());
    /// pack.add("template.json", *br#"{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }"#)?;
    /// let plain = pack.open(&Fonts::new(), None)?;
    /// pack.add("fallback.json", *b"{}")?;
    /// let other = pack.open(&Fonts::new(), None)?;
    /// assert!(plain.is_same(&plain.clone()) && !plain.is_same(&other));
    /// assert_eq!(plain.version(), other.version());
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn is_same(&self, other: &Self) -> bool {
        let digest = |bundle: &Self| bundle.inner.fallback.as_ref().map(|fallback| fallback.digest);
        self.version() == other.version() && digest(self) == digest(other)
    }

    /// How many bytes it holds, about: those of its files.
    pub fn bytes(&self) -> usize {
        self.inner.bytes
    }
}

/// Reads and checks all of a pack.
pub(super) fn open(pack: &Pack, host: &Fonts, now: Option<i64>, others: &mut dyn Iterator<Item = &Bundle>) -> Result<Bundle, Error> {
    let template = used::template(pack)?;
    let fonts = fonts(pack, host, others)?;
    let renderer = Renderer::new(fonts.fonts.clone()).with_limits(pack.limits.clone());
    let mut assets = BTreeMap::new();
    let mut resources = Resources::with_limits(pack.limits.clone());
    for (name, path) in template.assets() {
        if assets.contains_key(path) {
            continue;
        }
        let bytes = picture(pack, path)?;
        let source = NeedSource::Asset { name: name.to_owned(), path: path.to_owned() };
        answer(&mut resources, NeedId::of(&source), path, &bytes)?;
        assets.insert(path.to_owned(), bytes);
    }
    let version = version(&template, &assets, &fonts.fonts);
    let fallback = fallback(pack, &template, &renderer.clone().without_models(), &resources, now)?;
    let inner = Inner { template, fonts, version, assets, resources, fallback, bytes: pack.bytes };
    Ok(Bundle { inner: Arc::new(inner), renderer: Arc::new(renderer) })
}

/// The template's own fonts before those of the host; those of another bundle with the same files, where there is one.
fn fonts(pack: &Pack, host: &Fonts, others: &mut dyn Iterator<Item = &Bundle>) -> Result<Layered, Error> {
    let files = used::fonts(pack);
    let mut hasher = blake3::Hasher::new();
    for (_, bytes) in &files {
        hasher.update(blake3::hash(bytes).as_bytes());
    }
    let (digest, host_digest) = (*hasher.finalize().as_bytes(), host.digest());
    let same = |fonts: &Layered| fonts.own == digest && fonts.host == host_digest;
    if let Some(shared) = others.map(|other| &other.inner.fonts).find(|fonts| same(fonts)) {
        return Ok(shared.clone());
    }
    let mut own = Fonts::new();
    for (path, bytes) in files {
        own.add(Arc::clone(bytes)).map_err(|error| within(path, error))?;
    }
    Ok(Layered { own: digest, host: host_digest, fonts: Fonts::layered(&own, host) })
}

/// A picture of the pack, if it is one to its last byte.
fn picture(pack: &Pack, path: &str) -> Result<Arc<[u8]>, Error> {
    let bytes = pack
        .files
        .get(&used::picture_path(path)?)
        .ok_or_else(|| used::missing(path, "a picture of the template must be in its pack, this one is missing"))?;
    match Frame::decode_at_least(bytes, 1, 1, &pack.limits) {
        Ok(_) => {}
        // Perhaps an SVG, which is read as an answer.
        Err(error) if error.code() == Code::UnknownFormat => {}
        Err(error) => return Err(within(path, error)),
    }
    Ok(Arc::clone(bytes))
}

/// Answers a need with a file.
fn answer(resources: &mut Resources, id: NeedId, path: &str, bytes: &Arc<[u8]>) -> Result<(), Error> {
    let at_file = |fault: &Fault| Fault { place: super::path::shown(path), ..fault.clone() };
    let inserted = resources.insert(id, Arc::clone(bytes));
    inserted.map_err(|error| Error::from_faults(error.faults().iter().map(at_file).collect()))
}

/// What names a version of a template: 16 hex digits over what it says, its assets and all fonts that it is drawn with.
fn version(template: &Template, assets: &BTreeMap<String, Arc<[u8]>>, fonts: &Fonts) -> String {
    let fonts = fonts.digest();
    let assets = assets.iter().map(|(path, bytes)| (path.as_str(), bytes.as_ref()));
    // No asset is called by the empty path.
    template.version(assets.chain([("", fonts.as_slice())]))
}

/// Plans and lays out the fallback for the template as it stands and for all its variants.
fn fallback(
    pack: &Pack,
    template: &Template,
    renderer: &Renderer,
    assets: &Resources,
    now: Option<i64>,
) -> Result<Option<Fallback>, Error> {
    let Some(row) = used::fallback(pack)? else { return Ok(None) };
    let mut resources = assets.clone();
    let mut hasher = blake3::Hasher::new();
    hasher.update(pack.files.get(super::FALLBACK).map_or(&[], |bytes| bytes));
    for (variant, place) in used::variants(template) {
        let context = Context { variant, now, ..Context::default() };
        let failed = |error: Error| within(&place, error);
        let plan = renderer.plan(template, &row, &context).map_err(failed)?;
        if let Some(reason) = plan.skipped() {
            let message = format!("a fallback must be drawn, the template skips it: {reason}");
            return Err(Fault::new(Code::RowSkipped, &place, message).into());
        }
        while let Some(need) = plan.pending(&resources).into_iter().next().cloned() {
            let path = used::fallback_path(need.source(), &place)?;
            let bytes = picture(pack, path)?;
            hasher.update(blake3::hash(&bytes).as_bytes());
            answer(&mut resources, need.id(), path, &bytes)?;
        }
        renderer.report(&plan, &resources, &mut Scratch::new()).map_err(failed)?;
    }
    Ok(Some(Fallback { row, resources, digest: *hasher.finalize().as_bytes() }))
}
