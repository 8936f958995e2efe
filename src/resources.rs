//! What a plan needs and what the host found: the two lists between planning and rendering.
//!
//! A [`Need`] names a picture and says how large it is of use. The host answers each with bytes or with a failure, in any order;
//! [`Plan::pending`](crate::Plan::pending) lists what is not answered yet, including the next choice of those that failed. Bytes are probed
//! when they arrive: an HTML page with status 200 is a failure at once, not a surprise while drawing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::codec::{self, Probe, Svg};
use crate::digest;
use crate::error::{Code, Error, Fault};
use crate::generate::{Face, Made, MadeContent};
use crate::limits::Limits;
use crate::pixel::{Frame, Held, over_limit};

/// Names a need; the same source has the same id in every plan.
///
/// ```
/// use templrender::{Context, Fonts, Renderer, Row, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "assets": { "logo": "assets/logo.svg" }, "layers": [
///     { "type": "svg", "src": "asset:logo", "width": 9, "height": 9 } ] }"#)?;
/// let plan = Renderer::new(Fonts::new()).plan(&template, &Row::new(), &Context::default())?;
/// let need = plan.needs().next().unwrap();
/// assert_eq!(need.id().to_string(), format!("{:016x}", need.id().get()));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NeedId(pub(crate) u64);

impl NeedId {
    /// The id as a number, for hosts in other languages.
    pub fn get(self) -> u64 {
        self.0
    }

    pub(crate) fn of(source: &NeedSource) -> Self {
        let (kind, text) = match source {
            NeedSource::Location(text) => (b'l', text.as_str()),
            NeedSource::Asset { path, .. } => (b'a', path.as_str()),
            NeedSource::Generated { of, .. } => (b'g', of.as_str()),
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[kind]).update(text.as_bytes());
        Self::first_of(*hasher.finalize().as_bytes())
    }

    /// What a model makes, by all that decides it.
    pub(crate) fn of_parts(parts: &[&[u8]]) -> Self {
        let mut named: Vec<&[u8]> = vec![b"g"];
        named.extend(parts);
        Self::first_of(digest::of_parts(&named))
    }

    fn first_of([a, b, c, d, e, f, g, h, ..]: [u8; 32]) -> Self {
        Self(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// The id that [`get`](NeedId::get) gave.
impl From<u64> for NeedId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

impl fmt::Display for NeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Where a needed picture is.
///
/// ```
/// use templrender::{Context, Fonts, NeedSource, Renderer, Row, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "assets": { "logo": "assets/logo.svg" }, "layers": [
///     { "type": "svg", "src": "asset:logo", "width": 9, "height": 9 } ] }"#)?;
/// let plan = Renderer::new(Fonts::new()).plan(&template, &Row::new(), &Context::default())?;
/// let logo = NeedSource::Asset { name: "logo".into(), path: "assets/logo.svg".into() };
/// assert_eq!(plan.needs().next().unwrap().source(), &logo);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NeedSource {
    /// A URL or a path, as the row or the template has it.
    Location(String),
    /// A file of the template.
    Asset {
        /// Its name among the template's `assets`.
        name: String,
        /// Its path from the template's folder.
        path: String,
    },
    /// What a model makes of another answer; see [`Renderer::fill`](crate::Renderer::fill).
    Generated {
        /// The model's id.
        model: String,
        /// What the report calls the source that it is made of.
        of: String,
    },
}

/// One picture that a plan may draw.
///
/// ```
/// use templrender::{Context, Fonts, NeedSource, Renderer, Resources, Row, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [200, 100], "layers": [
///     { "type": "image", "src": "{{ photo }}", "width": 80, "height": 60 } ] }"#)?;
/// let row = Row::from_json(r#"{ "photo": "https://example.com/a.jpg" }"#)?;
/// let plan = Renderer::new(Fonts::new()).plan(&template, &row, &Context::default())?;
/// let pending = plan.pending(&Resources::new());
/// assert_eq!(pending[0].source(), &NeedSource::Location("https://example.com/a.jpg".into()));
/// assert_eq!(pending[0].useful_px(), (80, 60));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    pub(crate) id: NeedId,
    pub(crate) source: NeedSource,
    pub(crate) useful_px: (u32, u32),
    pub(crate) optional: bool,
}

impl Need {
    /// The name under which it is answered.
    pub fn id(&self) -> NeedId {
        self.id
    }

    /// Where it is.
    pub fn source(&self) -> &NeedSource {
        &self.source
    }

    /// An upper bound of the box it is drawn in, px of the output: a host that can fetch a smaller picture may.
    pub fn useful_px(&self) -> (u32, u32) {
        self.useful_px
    }

    /// Whether a model makes it of another answer.
    pub fn is_generated(&self) -> bool {
        matches!(self.source, NeedSource::Generated { .. })
    }

    /// Whether the picture can be drawn without it.
    pub fn optional(&self) -> bool {
        self.optional
    }

    /// Scheme and host of a URL, for limits per origin; empty for anything else.
    pub fn origin(&self) -> &str {
        match &self.source {
            NeedSource::Location(text) => origin(text),
            NeedSource::Asset { .. } | NeedSource::Generated { .. } => "",
        }
    }
}

fn origin(text: &str) -> &str {
    let Some(scheme) = text.find("://") else { return "" };
    let rest = text.get(scheme + 3..).unwrap_or("");
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    text.get(..scheme + 3 + host).unwrap_or("")
}

/// The digest of bytes, once somebody asked for it; clones of an answer share it.
type Once = Arc<OnceLock<[u8; 32]>>;

/// A picture that was found and recognised.
#[derive(Debug, Clone)]
pub(crate) enum Picture {
    Bitmap {
        bytes: Held,
        probe: Probe,
        digest: Once,
    },
    Svg {
        bytes: Held,
        svg: Arc<Svg>,
        digest: Once,
    },
    /// Decoded by the host.
    Frame(Arc<Frame>),
}

impl Picture {
    /// Recognises bytes by their first ones, within the limits.
    pub(crate) fn read(bytes: Held, limits: &Limits) -> Result<Self, Fault> {
        if Svg::sniff(&bytes) {
            return Svg::parse(&bytes, limits).map(|svg| Self::Svg { bytes, svg: Arc::new(svg), digest: Once::default() });
        }
        let probe = codec::probe(&bytes, limits)?;
        Ok(Self::Bitmap { bytes, probe, digest: Once::default() })
    }

    /// Takes a decoded picture, within the limits.
    pub(crate) fn of_frame(frame: Arc<Frame>, limits: &Limits) -> Result<Self, Fault> {
        match over_limit("picture", frame.width(), frame.height(), limits) {
            Some(message) => Err(Fault::new(Code::ResourceLimit, "", message)),
            None => Ok(Self::Frame(frame)),
        }
    }

    /// Its own size, px.
    pub(crate) fn natural(&self) -> Option<(f32, f32)> {
        match self {
            Self::Bitmap { probe, .. } => Some((probe.width as f32, probe.height as f32)),
            Self::Svg { svg, .. } => svg.natural(),
            Self::Frame(frame) => Some((frame.width() as f32, frame.height() as f32)),
        }
    }

    /// What it is made of: what arrived, or the pixels.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bitmap { bytes, .. } | Self::Svg { bytes, .. } => bytes,
            Self::Frame(frame) => frame.pixels(),
        }
    }

    /// Tells pictures apart: two that are drawn differently have two digests.
    pub(crate) fn digest(&self) -> [u8; 32] {
        match self {
            Self::Bitmap { bytes, digest, .. } | Self::Svg { bytes, digest, .. } => *digest.get_or_init(|| *blake3::hash(bytes).as_bytes()),
            Self::Frame(frame) => frame.digest(),
        }
    }
}

/// The host's answers, by need.
///
/// ```
/// use templrender::{Context, Fonts, Frame, Limits, Output, Renderer, Resources, Row, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [
///     { "type": "image", "src": ["https://example.com/a.jpg", "fallback.png"], "width": 9, "height": 9 } ] }"#)?;
/// let plan = Renderer::new(Fonts::new()).plan(&template, &Row::new(), &Context::default())?;
/// let mut resources = Resources::new();
/// // The second choice is asked for when the first has failed.
/// resources.fail(plan.pending(&resources)[0].id(), "the server said 404");
/// let fallback = plan.pending(&resources)[0].id();
/// resources.insert(fallback, Frame::new(20, 20, &Limits::default())?.encode(&Output::png())?)?;
/// assert!(plan.pending(&resources).is_empty());
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Resources {
    answers: BTreeMap<NeedId, Answer>,
    limits: Limits,
    refuse_truncated: bool,
}

/// What is known of one need.
#[derive(Debug, Clone)]
enum Answer {
    Picture(Picture, Option<u64>),
    /// In px of the picture that they were looked for in; how long that took, us.
    Faces(Arc<[Face]>, Option<u64>),
    Failed(String),
}

impl Resources {
    /// No answers yet, default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// No answers yet, and limits for those to come.
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Makes a picture whose data end early an error of its drawing (`damaged-resource`), also where enough of it is there to be drawn: for hosts
    /// that keep what they draw, and can ask for the picture again.
    ///
    /// ```
    /// use templrender::{Code, Context, Fonts, Frame, NoteCode, Output, Renderer, Resources, Row, Scratch, Template};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [90, 60], "layers": [
    ///     { "type": "image", "src": "a.jpg", "width": 90, "height": 60 } ] }"#)?;
    /// let renderer = Renderer::new(Fonts::new());
    /// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
    /// let photo = (0..90 * 60u32).flat_map(|i| [i as u8, (i / 90) as u8, 80, 255]).collect();
    /// let bytes = Frame::from_rgba(90, 60, photo)?.encode(&Output::jpeg(90))?;
    /// let mut resources = Resources::new();
    /// resources.insert(plan.pending(&resources)[0].id(), &bytes[..bytes.len() * 9 / 10])?;
    /// let drawn = renderer.render(&plan, &resources, &mut Scratch::new())?;
    /// assert_eq!(drawn.report.notes[0].code, NoteCode::ImageTruncated);
    /// resources.refuse_truncated();
    /// assert_eq!(renderer.render(&plan, &resources, &mut Scratch::new()).unwrap_err().code(), Code::DamagedResource);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn refuse_truncated(&mut self) {
        self.refuse_truncated = true;
    }

    pub(crate) fn refuses_truncated(&self) -> bool {
        self.refuse_truncated
    }

    /// Whether nothing was answered yet.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// How many needs were answered, failures included.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Answers a need with a picture's bytes.
    ///
    /// # Errors
    /// Bytes that are no picture we read, or one beyond the limits; the need then counts as failed with that reason, so that its layer's
    /// next choice is asked for, and a host may ignore the error.
    pub fn insert(&mut self, id: NeedId, bytes: impl Into<Arc<[u8]>>) -> Result<(), Error> {
        self.take(id, Held::Own(bytes.into()))
    }

    /// The same with bytes that stay where they are: in a cache of the host's, in a file that is mapped, in the memory of another language. They are
    /// held until the last clone of these answers is dropped, and never copied.
    ///
    /// # Errors
    /// Those of [`insert`](Self::insert).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use templrender::{Context, Fonts, Frame, Limits, Output, Renderer, Resources, Row, Template};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [
    ///     { "type": "image", "src": "a.png", "width": 9, "height": 9 } ] }"#)?;
    /// let plan = Renderer::new(Fonts::new()).plan(&template, &Row::new(), &Context::default())?;
    /// let cached: Arc<Vec<u8>> = Arc::new(Frame::new(20, 20, &Limits::default())?.encode(&Output::png())?);
    /// let mut resources = Resources::new();
    /// resources.insert_shared(plan.pending(&resources)[0].id(), cached.clone())?;
    /// assert_eq!(Arc::strong_count(&cached), 2);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn insert_shared(&mut self, id: NeedId, bytes: Arc<dyn AsRef<[u8]> + Send + Sync>) -> Result<(), Error> {
        self.take(id, Held::Shared(bytes))
    }

    /// Answers a need with a picture that is decoded already: it is drawn as a PNG of it would be.
    ///
    /// # Errors
    /// A picture beyond the limits, which then counts as failed as with [`insert`](Self::insert).
    ///
    /// ```
    /// use templrender::{Context, Fonts, Frame, Limits, Renderer, Resources, Row, Scratch, Template};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [
    ///     { "type": "image", "src": "a.png", "width": 9, "height": 9 } ] }"#)?;
    /// let renderer = Renderer::new(Fonts::new());
    /// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
    /// let mut resources = Resources::new();
    /// resources.insert_frame(plan.pending(&resources)[0].id(), Frame::from_rgba(1, 1, vec![255, 0, 0, 255])?)?;
    /// assert_eq!(renderer.render(&plan, &resources, &mut Scratch::new())?.frame.pixels()[..4], [255, 0, 0, 255]);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn insert_frame(&mut self, id: NeedId, frame: impl Into<Arc<Frame>>) -> Result<(), Error> {
        let picture = Picture::of_frame(frame.into(), &self.limits);
        self.keep(id, picture.map(|picture| Answer::Picture(picture, None)))
    }

    /// Answers a need of a detector's with the faces of the picture, in its px; none is an answer too.
    pub fn insert_faces(&mut self, id: NeedId, faces: impl Into<Arc<[Face]>>) {
        self.answers.insert(id, Answer::Faces(faces.into(), None));
    }

    /// Answers a generated need with what a [`Job`](crate::Job) made.
    ///
    /// # Errors
    /// A picture beyond the limits, which then counts as failed as with [`insert`](Self::insert).
    pub fn insert_made(&mut self, id: NeedId, made: Made) -> Result<(), Error> {
        let Made { content, us } = made;
        let answer = match content {
            MadeContent::Picture(frame) => Picture::of_frame(frame, &self.limits).map(|picture| Answer::Picture(picture, us)),
            MadeContent::Faces(faces) => Ok(Answer::Faces(faces.into(), us)),
        };
        self.keep(id, answer)
    }

    /// Takes the answer that other answers have for a need; where they have none, nothing changes.
    ///
    /// ```
    /// use templrender::{NeedId, Resources};
    /// let (mut answers, mut others) = (Resources::new(), Resources::new());
    /// others.fail(NeedId::from(7), "status 404");
    /// answers.take_over(NeedId::from(7), &others);
    /// assert_eq!(answers.len(), 1);
    /// ```
    pub fn take_over(&mut self, id: NeedId, others: &Self) {
        if let Some(answer) = others.answers.get(&id) {
            self.answers.insert(id, answer.clone());
        }
    }

    fn take(&mut self, id: NeedId, bytes: Held) -> Result<(), Error> {
        let answer = match Made::is_faces(&bytes) {
            true => Made::faces(&bytes).map(|faces| Answer::Faces(faces.into(), None)),
            false => Picture::read(bytes, &self.limits).map(|picture| Answer::Picture(picture, None)),
        };
        self.keep(id, answer)
    }

    fn keep(&mut self, id: NeedId, answer: Result<Answer, Fault>) -> Result<(), Error> {
        match answer {
            Ok(answer) => {
                self.answers.insert(id, answer);
                Ok(())
            }
            Err(mut fault) => {
                self.answers.insert(id, Answer::Failed(fault.message.clone()));
                fault.place = format!("resource {id}");
                Err(fault.into())
            }
        }
    }

    /// Whether [`insert`](Self::insert) would take the bytes: for hosts that keep pictures, so that what is none does not take a good one's
    /// place.
    ///
    /// # Errors
    /// Those of `insert`, without a place.
    ///
    /// ```
    /// use templrender::{Limits, Resources};
    /// let error = Resources::probe(b"<!doctype html><title>Not found</title>", &Limits::default()).unwrap_err();
    /// assert!(error.to_string().contains("this is an HTML page, not a picture"));
    /// ```
    pub fn probe(bytes: &[u8], limits: &Limits) -> Result<(), Error> {
        match (Svg::sniff(bytes), Made::is_faces(bytes)) {
            (true, _) => Svg::parse(bytes, limits).map(drop)?,
            (false, true) => Made::faces(bytes).map(drop)?,
            (false, false) => codec::probe(bytes, limits).map(drop)?,
        }
        Ok(())
    }

    /// Takes an answer back, whether it was a picture or a failure; its bytes are let go with the last clone of these answers.
    ///
    /// ```
    /// use templrender::{Context, Fonts, Renderer, Resources, Row, Template};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [
    ///     { "type": "image", "src": "a.png", "width": 9, "height": 9 } ] }"#)?;
    /// let plan = Renderer::new(Fonts::new()).plan(&template, &Row::new(), &Context::default())?;
    /// let mut resources = Resources::new();
    /// let need = plan.pending(&resources)[0].id();
    /// resources.fail(need, "the server said 404");
    /// resources.remove(need);
    /// assert_eq!(plan.pending(&resources)[0].id(), need);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn remove(&mut self, id: NeedId) {
        self.answers.remove(&id);
    }

    /// Says that a need cannot be answered, and why.
    pub fn fail(&mut self, id: NeedId, why: impl fmt::Display) {
        self.answers.insert(id, Answer::Failed(why.to_string()));
    }

    /// The picture that answers a need, or why there is none; `None` where nothing is known yet.
    pub(crate) fn picture(&self, id: NeedId) -> Option<Result<&Picture, &str>> {
        self.answers.get(&id).map(|answer| match answer {
            Answer::Picture(picture, _) => Ok(picture),
            Answer::Faces(..) => Err("these are faces, not a picture"),
            Answer::Failed(why) => Err(why.as_str()),
        })
    }

    /// The faces that answer a need of a detector's, in the same way.
    pub(crate) fn faces(&self, id: NeedId) -> Option<Result<&[Face], &str>> {
        self.answers.get(&id).map(|answer| match answer {
            Answer::Picture(..) => Err("this is a picture, not faces"),
            Answer::Faces(faces, _) => Ok(&**faces),
            Answer::Failed(why) => Err(why.as_str()),
        })
    }

    /// Tells the picture that answers a need apart; `None` where none does.
    pub(crate) fn digest(&self, id: NeedId) -> Option<[u8; 32]> {
        self.picture(id)?.ok().map(Picture::digest)
    }

    /// How long the run took that answers a need, where that is known.
    pub(crate) fn us(&self, id: NeedId) -> Option<u64> {
        match self.answers.get(&id)? {
            Answer::Picture(_, us) | Answer::Faces(_, us) => *us,
            Answer::Failed(_) => None,
        }
    }
}

/// A need without a usable answer, as an error.
pub(crate) fn missing(place: &str, reasons: &[String]) -> Fault {
    let why = if reasons.is_empty() { "it has no source".to_owned() } else { reasons.join("; ") };
    Fault::new(Code::MissingResource, place, format!("picture is missing: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_and_host() {
        assert_eq!(origin("https://a.example:8080/x?y#z"), "https://a.example:8080");
        assert_eq!(origin("https://a.example"), "https://a.example");
        assert_eq!(origin("photos/a.jpg"), "");
    }

    #[test]
    fn an_html_page_fails_with_its_reason() {
        let mut resources = Resources::new();
        let id = NeedId::of(&NeedSource::Location("a".into()));
        let error = resources.insert(id, *b"<!doctype html><title>404</title>").unwrap_err();
        assert_eq!(error.code(), Code::UnknownFormat, "{error}");
        assert!(resources.picture(id).is_some_and(|answer| answer.is_err()));
    }
}
