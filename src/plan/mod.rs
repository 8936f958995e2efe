//! Template and row become a plan: values resolved, conditions decided, repeats unrolled, needs listed, a key that names the picture.
//!
//! ```text
//! fields   the row read as the template's types          (a Lookup for expressions)
//! skip     rows that get no picture                      -> a reason
//! build    documents' layers walked with a scope          -> tree::PlannedLayer
//! sources  what a `src` says                              -> needs, inline pictures
//! validity when the key is another one                    -> valid_until
//! key      every resolved value of every drawn layer      -> 128 bits
//! ```
//!
//! A plan owns everything it needs: it may wait for I/O and cross threads.

mod build;
mod choose;
mod content;
mod data_url;
mod fields;
mod fixed;
mod key;
mod output;
mod path;
mod skip;
pub(crate) mod sources;
pub(crate) mod treatment;
pub(crate) mod tree;
mod validity;
mod values;
pub(crate) mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::codec::{Output, OutputFormat};
use crate::error::{Code, Error, Fault};
use crate::generate::Models;
use crate::limits::Limits;
use crate::report::{Note, NoteCode};
use crate::resources::{Need, NeedId, NeedSource, Resources, missing};
use crate::row::Row;
use crate::scene::PictureId;
use crate::template::Template;
use crate::text::Fonts;
pub(crate) use choose::choose;
pub use key::Key;
use key::KeyMaker;
use sources::Planned;
use treatment::{Given, Shown, State};
use tree::{Canvas, Content, Finder, Found, Missing, PlannedLayer, PlannedPicture};
use watch::Watch;

/// What the host chooses for one plan.
///
/// ```
/// use templrender::Context;
/// let context = Context { variant: Some("story".into()), now: Some(1_795_000_000), ..Context::default() };
/// assert_eq!(context.scale, None);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Context {
    /// One of the template's variants; `None` is its base.
    pub variant: Option<String>,
    /// Seconds since 1970-01-01T00:00:00Z, for sale windows; the library has no clock.
    pub now: Option<i64>,
    /// BCP 47; instead of the template's `lang`.
    pub lang: Option<String>,
    /// An IANA name such as `Europe/London`, an offset such as `+01:00` or `UTC`; instead of the template's `time-zone`.
    pub time_zone: Option<String>,
    /// 0.1 to 4; instead of the template's `output.scale`.
    pub scale: Option<f32>,
    /// Instead of the template's `output`.
    pub output: Option<Output>,
    /// Instead of the format of either, whose other settings stay.
    pub format: Option<OutputFormat>,
}

/// A template filled with one row.
///
/// ```
/// use templrender::{Context, Fonts, Renderer, Row, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [20, 10], "layers": [
///     { "type": "box", "width": 5, "height": 5, "background": "{{ tint }}" } ] }"#)?;
/// let renderer = Renderer::new(Fonts::new());
/// let red = renderer.plan(&template, &Row::from_json(r#"{ "tint": "red", "unused": 1 }"#)?, &Context::default())?;
/// let same = renderer.plan(&template, &Row::from_json(r#"{ "tint": "red", "unused": 2 }"#)?, &Context::default())?;
/// let blue = renderer.plan(&template, &Row::from_json(r#"{ "tint": "blue" }"#)?, &Context::default())?;
/// assert_eq!(red.key(), same.key());
/// assert_ne!(red.key(), blue.key());
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Plan {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    template: String,
    of: Template,
    variant: Option<String>,
    /// What the fixed texts are shaped in; `None` where neither the host nor the template says.
    lang: Option<String>,
    /// What is drawn, or why the row is skipped.
    canvas: Result<Canvas, String>,
    /// By the numbers that [`PlannedPicture::candidates`] holds.
    sources: Vec<Planned>,
    output: Output,
    key: Key,
    valid_until: Option<i64>,
    notes: Vec<Note>,
}

/// What a renderer has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Having<'a> {
    pub(crate) fonts: &'a Fonts,
    pub(crate) limits: &'a Limits,
    /// `None`: no model is run, and what would be made by one is drawn as it arrives.
    pub(crate) models: Option<&'a Models>,
}

/// Fills a template with a row.
pub(crate) fn plan(template: &Template, row: &Row, context: &Context, having: Having<'_>) -> Result<Plan, Error> {
    let once = |context: &Context| build::build(template, row, context, having, &mut (), KeyMaker::new()).map(Plan::from);
    let mut plan = once(context)?;
    let later = |now| once(&Context { now: Some(now), ..context.clone() });
    let valid_until = validity::next_change(&plan, later);
    if let Some(inner) = Arc::get_mut(&mut plan.inner) {
        inner.valid_until = valid_until;
    }
    Ok(plan)
}

/// The same, where nobody asks for the key, which is all noughts, or how long the picture stays: `valid_until` may be too early, never too
/// late.
pub(crate) fn survey(template: &Template, row: &Row, context: &Context, having: Having<'_>, watch: &mut dyn Watch) -> Result<Plan, Error> {
    build::build(template, row, context, having, watch, KeyMaker::unasked()).map(Plan::from)
}

/// What of a template is the same for every row, as a plan without a key; `None` where that is not even the canvas.
pub(crate) fn statics(template: &Template, context: &Context, having: Having<'_>) -> Result<Option<Plan>, Error> {
    let Some(document) = template.document(context.variant.as_deref())?.statics() else { return Ok(None) };
    build::of_document((template, &document), &Row::new(), context, having, &mut (), KeyMaker::unasked())
        .map(|inner| Some(Plan::from(inner)))
}

impl From<Inner> for Plan {
    fn from(built: Inner) -> Self {
        Self { inner: Arc::new(built) }
    }
}

impl Plan {
    /// Names the picture: 128 bits over everything that decides its pixels before download.
    pub fn key(&self) -> Key {
        self.inner.key
    }

    /// The next instant, in seconds since 1970 (UTC), at which the same row gives another plan: another key, no picture, or an error.
    ///
    /// One second before it the picture is the same to the byte. Where what changes keeps the key (a badge that only the last three days
    /// of a countdown show), later instants are tried, 32 of them; beyond that the answer may be too early, never too late.
    pub fn valid_until(&self) -> Option<i64> {
        self.inner.valid_until
    }

    /// Names what was found: 128 bits over the bytes of the picture that each place draws, and which of its choices that is.
    ///
    /// Together with [`key`](Self::key) it names the bytes of the answer, so that a host can tell without drawing whether a picture is still
    /// what it was. What is not drawn here (other needs' answers, the second choice where the first one arrived) leaves it alone, as does
    /// the order in which answers came.
    ///
    /// ```
    /// use templrender::{Context, Fonts, Frame, Limits, Output, Renderer, Resources, Row, Template};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [
    ///     { "type": "image", "src": "a.png", "width": 9, "height": 9 } ] }"#)?;
    /// let plan = Renderer::new(Fonts::new()).plan(&template, &Row::new(), &Context::default())?;
    /// let photo = |side| Frame::new(side, side, &Limits::default())?.encode(&Output::png());
    /// let key = |bytes: Vec<u8>| {
    ///     let mut resources = Resources::new();
    ///     resources.insert(plan.pending(&resources)[0].id(), bytes).map(|()| plan.resources_key(&resources))
    /// };
    /// assert_eq!(key(photo(20)?)?, key(photo(20)?)?);
    /// assert_ne!(key(photo(20)?)?, key(photo(21)?)?);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn resources_key(&self, resources: &Resources) -> Key {
        let mut key = KeyMaker::new();
        let mut known = BTreeMap::new();
        for picture in self.pictures() {
            let Some((choice, shown)) = self.choice(picture, resources) else {
                key.part("none", &[]);
                continue;
            };
            key.part("choice", &u64::try_from(choice).unwrap_or(u64::MAX).to_le_bytes());
            // What models make of it follows from it and from the plan's key.
            let found = shown.origin;
            let bytes = found.bytes();
            // one photo in several places is read once
            key.part("bytes", known.entry((bytes.as_ptr(), bytes.len())).or_insert_with(|| found.digest()));
        }
        key.finish()
    }

    /// Why the row gets no picture, where the template's `skip-if` says so.
    ///
    /// Such a plan needs nothing, and its key and [`valid_until`](Self::valid_until) are those of the answer; to draw it is the error
    /// `row-skipped`. A feed keeps the row's own picture.
    ///
    /// ```
    /// use templrender::{Context, Fonts, Renderer, Row, Template};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [],
    ///     "fields": { "stock": { "type": "number" } }, "skip-if": "'sold out' if stock == 0" }"#)?;
    /// let renderer = Renderer::new(Fonts::new());
    /// let plan = |stock| renderer.plan(&template, &Row::from_json(stock)?, &Context::default());
    /// assert_eq!(plan(r#"{ "stock": 0 }"#)?.skipped(), Some("sold out"));
    /// assert_eq!(plan(r#"{ "stock": 1 }"#)?.skipped(), None);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn skipped(&self) -> Option<&str> {
        self.inner.canvas.as_ref().err().map(String::as_str)
    }

    /// How the template, or the host, wants the picture encoded.
    pub fn output(&self) -> &Output {
        &self.inner.output
    }

    /// Everything the plan may draw, first choices and fallbacks.
    pub fn needs(&self) -> impl Iterator<Item = &Need> {
        let mut seen = BTreeSet::new();
        self.inner.sources.iter().flat_map(Planned::needs).filter(move |need| seen.insert(need.id))
    }

    /// What is to be answered now: for each picture its first choice that has neither arrived nor failed. Each need stands once.
    pub fn pending(&self, resources: &Resources) -> Vec<&Need> {
        let mut seen = BTreeSet::new();
        let mut pending = Vec::new();
        for picture in self.pictures() {
            for source in picture.candidates.iter().filter_map(|i| self.inner.sources.get(*i as usize)) {
                match source.state(resources) {
                    State::Ready(_) => break,
                    State::Failed(..) => {}
                    State::Waiting(need) => {
                        if seen.insert(need.id) {
                            pending.extend(source.needs().find(|own| own.id == need.id));
                        }
                        break;
                    }
                }
            }
        }
        pending
    }

    pub(crate) fn template_name(&self) -> &str {
        &self.inner.template
    }

    pub(crate) fn variant(&self) -> Option<&str> {
        self.inner.variant.as_deref()
    }

    pub(crate) fn notes(&self) -> &[Note] {
        &self.inner.notes
    }

    /// What is drawn; of a skipped row, the error of asking for it.
    pub(crate) fn canvas(&self) -> Result<&Canvas, Error> {
        self.inner.canvas.as_ref().map_err(|reason| skip::fault(reason).into())
    }

    fn layers(&self) -> &[PlannedLayer] {
        self.inner.canvas.as_ref().map(|canvas| canvas.layers.as_slice()).unwrap_or_default()
    }

    /// What tells the sources of two plans apart.
    pub(crate) fn source_identities(&self) -> Vec<String> {
        self.inner.sources.iter().map(Planned::identity).collect()
    }

    /// What the report calls a source.
    pub(crate) fn source_name(&self, id: PictureId) -> Option<&str> {
        self.inner.sources.get(id.0 as usize).map(|source| source.name.as_str())
    }

    /// A source and what is drawn of it, by its number.
    pub(crate) fn picture<'r>(&'r self, id: PictureId, resources: &'r Resources) -> Option<(&'r Planned, Shown<'r>)> {
        let source = self.inner.sources.get(id.0 as usize)?;
        match source.state(resources) {
            State::Ready(shown) => Some((source, shown)),
            State::Failed(..) | State::Waiting(_) => None,
        }
    }

    /// What the run that answers a need is given, where everything before it is there.
    pub(crate) fn given<'r>(&'r self, need: NeedId, resources: &'r Resources) -> Option<Given<'r>> {
        self.inner.sources.iter().find_map(|source| source.given(need, resources))
    }

    /// Why a need is never generated, where that is for want of a face.
    pub(crate) fn faceless(&self, need: NeedId, resources: &Resources) -> Option<Fault> {
        self.inner.sources.iter().find_map(|source| source.faceless(need, resources))
    }

    fn pictures(&self) -> Vec<&PlannedPicture> {
        let mut found = Vec::new();
        let mut open: Vec<&PlannedLayer> = self.layers().iter().rev().collect();
        while let Some(layer) = open.pop() {
            match &layer.content {
                Content::Box(children) => open.extend(children.iter().rev()),
                Content::Picture(picture) => found.push(picture),
                Content::Text(_) | Content::Path(_) => {}
            }
        }
        found
    }

    /// Checks that every picture that must be there is, and notes those that are not.
    pub(crate) fn settle(&self, resources: &Resources) -> Result<Vec<Note>, Error> {
        let mut faults = Vec::new();
        let mut notes = Vec::new();
        let mut open: Vec<&PlannedLayer> = self.layers().iter().rev().collect();
        while let Some(layer) = open.pop() {
            match &layer.content {
                Content::Box(children) => open.extend(children.iter().rev()),
                Content::Picture(picture) => self.settle_one(layer, picture, resources, &mut faults, &mut notes),
                Content::Text(_) | Content::Path(_) => {}
            }
        }
        if faults.is_empty() { Ok(notes) } else { Err(Error::from_faults(faults)) }
    }

    fn settle_one(
        &self,
        layer: &PlannedLayer,
        picture: &PlannedPicture,
        resources: &Resources,
        faults: &mut Vec<Fault>,
        notes: &mut Vec<Note>,
    ) {
        let mut reasons: Vec<(NoteCode, String)> = Vec::new();
        let mut found = false;
        for source in picture.candidates.iter().filter_map(|i| self.inner.sources.get(*i as usize)) {
            let (code, why) = match source.state(resources) {
                State::Ready(shown) => {
                    found = true;
                    match shown.trouble {
                        Some(trouble) => trouble,
                        None => break,
                    }
                }
                State::Failed(code, why) => (code, why),
                State::Waiting(need) => (NoteCode::ImageMissing, not_answered(need).into()),
            };
            let reason = (code, format!("{}: {why}", source.name));
            // A picture that is not there is not there without its model either.
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
            if found {
                break;
            }
        }
        if !found && picture.missing == Missing::Error {
            let code = match reasons.first() {
                Some((NoteCode::FaceMissing, _)) => Code::FaceMissing,
                Some((NoteCode::ModelFailed, _)) => Code::ModelFailed,
                _ => Code::MissingResource,
            };
            let reasons: Vec<String> = reasons.into_iter().map(|(_, why)| why).collect();
            faults.push(Fault { code, ..missing(&layer.path, &reasons) });
            return;
        }
        if reasons.is_empty() && !found {
            reasons.push((NoteCode::ImageMissing, "it has no source".to_owned()));
        }
        notes.extend(reasons.into_iter().map(|(code, why)| Note::new(code, &layer.ident, why)));
    }

    fn find_in(&self, picture: &PlannedPicture, resources: &Resources) -> Option<Found> {
        let (choice, shown) = self.choice(picture, resources)?;
        Some(shown.found(PictureId(*picture.candidates.get(choice)?)))
    }

    /// The first of a place's candidates that can be drawn, and which it is.
    fn choice<'r>(&'r self, picture: &PlannedPicture, resources: &'r Resources) -> Option<(usize, Shown<'r>)> {
        let shown = |i: &u32| self.picture(PictureId(*i), resources).map(|(_, shown)| shown);
        picture.candidates.iter().enumerate().find_map(|(choice, i)| Some((choice, shown(i)?)))
    }
}

fn not_answered(need: &Need) -> String {
    match &need.source {
        NeedSource::Generated { model, .. } => format!("model {model}: not answered"),
        NeedSource::Location(_) | NeedSource::Asset { .. } => "not answered".to_owned(),
    }
}

/// A plan with the host's answers, for layout.
pub(crate) struct Answered<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) resources: &'a Resources,
}

/// The same where pictures that are not there yet are supposed to be.
pub(crate) struct Expected<'a>(pub(crate) Answered<'a>);

impl Finder for Expected<'_> {
    fn find(&self, picture: &PlannedPicture) -> Option<Found> {
        self.0.find(picture).or_else(|| watch::Supposed(self.0.plan).find(picture))
    }
}

impl Finder for Answered<'_> {
    fn find(&self, picture: &PlannedPicture) -> Option<Found> {
        self.plan.find_in(picture, self.resources)
    }
}

/// The id of a need that a test or a host knows by its location.
impl From<&Need> for NeedId {
    fn from(need: &Need) -> Self {
        need.id
    }
}
