//! What happens to a picture between its arrival and its place in the layout: a part of it is cut out, faces are looked for, a model makes it anew,
//! another one cuts out what stands in front.
//!
//! ```text
//! recipe      what a layer asks for, its models found           (once for a layer)
//! treatment   the recipe for one source: needs with their ids   (once for a candidate)
//! state       a candidate's treatment and the answers so far -> ready, failed or waiting for a need
//! ```
//!
//! [`Planned::state`] is the one place where this is decided: what is pending, what is drawn, what is noted and what a job is given are all read
//! from it.

use std::borrow::Cow;

use super::sources::Planned;
use super::tree::{Found, View};
use crate::css::style::ViewBox;
use crate::digest;
use crate::error::{Code, Fault, quoted};
use crate::generate::{Face, Feather, Model, ModelKind, Models};
use crate::geom::Rect;
use crate::report::NoteCode;
use crate::resources::{Need, NeedId, NeedSource, Picture, Resources};
use crate::scene::PictureId;

/// What a layer wants done with each of its sources.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recipe {
    /// In px of the picture and shares of its sides.
    pub(crate) view_box: Option<ViewBox>,
    /// Whether the picture is placed by its largest face.
    pub(crate) by_face: bool,
    pub(crate) model: Option<Wanted>,
    /// `None` is the model's own.
    pub(crate) strength: Option<f32>,
    pub(crate) feather: Option<Feather>,
    pub(crate) cutout: Option<Wanted>,
}

/// A model as a template names it.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// `id` or `id:variant`.
    name: String,
    variant: Option<String>,
    /// Or why it cannot be run.
    model: Result<Model, String>,
}

/// What is done with one source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Treatment {
    view_box: Option<ViewBox>,
    by_face: bool,
    /// The recipe as bytes, where there is anything to do: what tells two treatments of one source apart.
    digest: Option<[u8; 32]>,
    /// Why it cannot be done whatever arrives.
    broken: Option<String>,
    /// Looks for faces; the error is that nobody can.
    detect: Option<Result<Step, String>>,
    generate: Option<Step>,
    cutout: Option<Step>,
}

/// One run of a model.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) need: Need,
    pub(crate) model: Model,
    pub(crate) variant: Option<String>,
    pub(crate) strength: f32,
    pub(crate) feather: Feather,
}

/// Whether a candidate can be drawn.
#[derive(Debug)]
pub(crate) enum State<'r> {
    Ready(Shown<'r>),
    /// And why.
    Failed(NoteCode, Cow<'r, str>),
    /// This is to be answered next.
    Waiting(&'r Need),
}

/// What is drawn of a candidate.
#[derive(Debug)]
pub(crate) struct Shown<'r> {
    pub(crate) picture: &'r Picture,
    /// What arrived, before any model.
    pub(crate) origin: &'r Picture,
    /// What of the picture is seen, px; `None` is all of it.
    pub(crate) view: Option<Rect>,
    /// Width and height that a picture stands for which a model stretched, px of what arrived.
    pub(crate) stands_for: Option<(f32, f32)>,
    /// The face that counts, px of what arrived.
    pub(crate) face: Option<Rect>,
    /// The same face's middle, in fractions of what is seen.
    pub(crate) focus: Option<(f32, f32)>,
    /// What went wrong on the way without keeping it from being drawn.
    pub(crate) trouble: Option<(NoteCode, Cow<'r, str>)>,
}

/// What one run of a model is given.
#[derive(Debug)]
pub(crate) struct Given<'r> {
    pub(crate) work: Doing,
    pub(crate) step: &'r Step,
    pub(crate) input: &'r Picture,
    /// px of the input; `None` is all of it.
    pub(crate) crop: Option<Rect>,
    /// Whether the crop stands for the whole picture, so that nothing around it is seen.
    pub(crate) is_view: bool,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Detect,
    Generate,
    Cutout,
}

impl Doing {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Generate => "generate",
            Self::Cutout => "cutout",
        }
    }
}

impl Wanted {
    /// The model of a name; `None` where the name says that there is none.
    pub(crate) fn named(name: &str, kinds: &[ModelKind], models: &Models) -> Option<Self> {
        let name = name.trim();
        if name.is_empty() || name == "none" {
            return None;
        }
        let (id, variant) = match name.split_once(':') {
            Some((id, variant)) => (id, Some(variant.to_owned())),
            None => (name, None),
        };
        let model = match models.get(id) {
            None => Err(format!("no model is called {}", quoted(id))),
            Some(model) if !kinds.contains(&model.manifest().kind()) => {
                let wanted: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                Err(format!("model {} must be a {}, found a {}", quoted(id), wanted.join(" or "), model.manifest().kind().name()))
            }
            Some(model) => Ok(model.clone()),
        };
        Some(Self { name: name.to_owned(), variant, model })
    }

    /// One that is left out, and why.
    pub(crate) fn refused(name: &str, why: &str) -> Option<Self> {
        let name = name.trim();
        (!name.is_empty() && name != "none").then(|| Self { name: name.to_owned(), variant: None, model: Err(why.to_owned()) })
    }

    /// What names it in keys.
    fn digest(&self) -> Vec<u8> {
        let mut bytes = self.name.clone().into_bytes();
        if let Ok(model) = &self.model {
            bytes.extend(model.identity());
        }
        bytes
    }
}

impl Recipe {
    /// Whether a source is drawn as it arrives.
    pub(crate) fn is_plain(&self) -> bool {
        self.view_box.is_none() && !self.by_face && !self.makes()
    }

    /// Whether a model changes the picture.
    pub(crate) fn makes(&self) -> bool {
        self.model.is_some() || self.cutout.is_some()
    }

    /// The same without the models that change the picture.
    pub(crate) fn original(&self) -> Self {
        Self { model: None, cutout: None, strength: None, feather: None, ..self.clone() }
    }

    /// The recipe for a source with this id.
    pub(crate) fn treat(&self, name: &str, of: &[u8], models: &Models) -> Treatment {
        if self.is_plain() {
            return Treatment::default();
        }
        let mut treatment = Treatment { view_box: self.view_box.clone(), by_face: self.by_face, ..Treatment::default() };
        let generates = self.model.as_ref().and_then(|wanted| treatment.take(wanted));
        let cuts = self.cutout.as_ref().and_then(|wanted| treatment.take(wanted));
        let view = self.view_box.as_ref().map_or_else(String::new, |view| format!("{view:?}"));
        let around_face = self.view_box.is_none() && generates.as_ref().is_some_and(|(model, _)| model.wants_face(false));

        let mut made_of = of.to_vec();
        let mut step = |work: Doing, (model, variant): (Model, Option<String>), strength: f32, feather: Feather, view: &str| {
            let source = NeedSource::Generated { model: model.id().to_owned(), of: name.to_owned() };
            let settings = format!("{strength} {feather:?}");
            let parts: [&[u8]; 6] = [
                work.name().as_bytes(),
                &model.identity(),
                variant.as_deref().unwrap_or("").as_bytes(),
                &made_of,
                view.as_bytes(),
                settings.as_bytes(),
            ];
            let id = NeedId::of_parts(&parts);
            if work != Doing::Detect {
                made_of = id.0.to_le_bytes().to_vec();
            }
            let need = Need { id, source, useful_px: (0, 0), optional: true };
            Step { need, model, variant, strength, feather }
        };
        if self.by_face || around_face {
            let detector = models.face_detector().cloned().ok_or_else(|| "no model finds faces".to_owned());
            treatment.detect = Some(detector.map(|model| step(Doing::Detect, (model, None), 1.0, Feather::Px(0.0), "")));
        }
        if around_face && let Some(Err(why)) = &treatment.detect {
            treatment.broken.get_or_insert_with(|| why.clone());
        }
        if let Some((model, variant)) = generates {
            let strength = self.strength.unwrap_or_else(|| model.manifest().blend.strength);
            let feather = self.feather.unwrap_or_else(|| Feather::Px(model.manifest().blend.feather_px));
            treatment.generate = Some(step(Doing::Generate, (model, variant), strength, feather, &view));
        }
        if let Some(chosen) = cuts {
            let view = if treatment.generate.is_some() { "" } else { view.as_str() };
            treatment.cutout = Some(step(Doing::Cutout, chosen, 1.0, Feather::Px(0.0), view));
        }
        treatment.digest = Some(self.digest(models));
        treatment
    }

    /// Tells recipes apart, models and all.
    pub(crate) fn digest(&self, models: &Models) -> [u8; 32] {
        let settings = format!("{:?} {} {:?} {:?}", self.view_box, self.by_face, self.strength, self.feather);
        let [model, cutout] = [&self.model, &self.cutout].map(|wanted| wanted.as_ref().map(Wanted::digest).unwrap_or_default());
        let mut parts: Vec<&[u8]> = vec![settings.as_bytes(), &model, &cutout];
        let asks = self.by_face || self.model.as_ref().and_then(|wanted| wanted.model.as_ref().ok()).is_some_and(|m| m.wants_face(false));
        let detector = models.face_detector().filter(|_| asks).map(Model::identity);
        parts.extend(detector.as_ref().map(|identity| identity.as_slice()));
        digest::of_parts(&parts)
    }
}

impl Treatment {
    /// A wanted model and its variant; one that cannot be run breaks the treatment.
    fn take(&mut self, wanted: &Wanted) -> Option<(Model, Option<String>)> {
        match &wanted.model {
            Ok(model) => Some((model.clone(), wanted.variant.clone())),
            Err(why) => {
                self.broken.get_or_insert_with(|| why.clone());
                None
            }
        }
    }

    pub(crate) fn digest(&self) -> Option<&[u8; 32]> {
        self.digest.as_ref()
    }

    /// Why nothing that arrives can be drawn.
    pub(crate) fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Whether what is drawn is what arrives, or a part of it.
    pub(crate) fn is_of_arrived(&self) -> bool {
        self.generate.is_none() && self.cutout.is_none()
    }

    /// Whether px of what arrives count, so that a smaller copy is another picture.
    pub(crate) fn counts_px(&self) -> bool {
        self.digest.is_some()
    }

    pub(crate) fn generate(&self) -> Option<&Step> {
        self.generate.as_ref()
    }

    pub(crate) fn cutout(&self) -> Option<&Step> {
        self.cutout.as_ref()
    }

    /// All runs of models, in their order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (Doing, &Step)> {
        let detect = self.detect.as_ref().and_then(|step| step.as_ref().ok()).map(|step| (Doing::Detect, step));
        let generate = self.generate.as_ref().map(|step| (Doing::Generate, step));
        let cutout = self.cutout.as_ref().map(|step| (Doing::Cutout, step));
        [detect, generate, cutout].into_iter().flatten()
    }

    /// The same, to be written.
    pub(crate) fn needs_mut(&mut self) -> impl Iterator<Item = &mut Need> {
        let detect = self.detect.as_mut().and_then(|step| step.as_mut().ok());
        [detect, self.generate.as_mut(), self.cutout.as_mut()].into_iter().flatten().map(|step| &mut step.need)
    }

    /// What of a picture of a size is seen, px; `None` where nothing is cut off it.
    pub(crate) fn view(&self, natural: Option<(f32, f32)>) -> Option<Rect> {
        let (view_box, natural) = (self.view_box.as_ref()?, natural?);
        let view = view_box.of(natural);
        (view != Rect::new(0.0, 0.0, natural.0, natural.1)).then_some(view)
    }
}

/// Where a candidate's treatment stands.
enum Progress<'r> {
    Done(State<'r>),
    /// This run comes next, and is given this.
    Next(Given<'r>),
}

impl Planned {
    /// Whether it can be drawn with these answers, and if not, what is missing.
    pub(crate) fn state<'r>(&'r self, resources: &'r Resources) -> State<'r> {
        match self.progress(resources) {
            Progress::Done(state) => state,
            Progress::Next(given) => State::Waiting(&given.step.need),
        }
    }

    /// What the run that answers a need is given, where everything before it is there.
    pub(crate) fn given<'r>(&'r self, need: NeedId, resources: &'r Resources) -> Option<Given<'r>> {
        match self.progress(resources) {
            Progress::Next(given) if given.step.need.id == need => Some(given),
            _ => None,
        }
    }

    /// Why a need is never generated, where that is for want of a face.
    pub(crate) fn faceless(&self, need: NeedId, resources: &Resources) -> Option<Fault> {
        let step = self.treatment.generate.as_ref().filter(|step| step.need.id == need)?;
        match self.state(resources) {
            State::Failed(NoteCode::FaceMissing, why) => {
                let message = format!("a picture for this model must have a face: {why}");
                Some(Fault::new(Code::FaceMissing, format!("model {}", step.model.id()), message))
            }
            _ => None,
        }
    }

    fn progress<'r>(&'r self, resources: &'r Resources) -> Progress<'r> {
        let failed = |code, why: Cow<'r, str>| Progress::Done(State::Failed(code, why));
        let treatment = &self.treatment;
        if let Some(why) = treatment.broken() {
            return failed(NoteCode::ModelFailed, why.into());
        }
        let origin = match (self.arrived(resources), &self.need) {
            (Some(Ok(picture)), _) => picture,
            (Some(Err(why)), _) => return failed(NoteCode::ImageMissing, why.into()),
            (None, Some(need)) => return Progress::Done(State::Waiting(need)),
            (None, None) => return failed(NoteCode::ImageMissing, "it has no source".into()),
        };
        let mut shown = Shown { picture: origin, origin, view: None, stands_for: None, face: None, focus: None, trouble: None };
        if treatment.digest.is_none() {
            return Progress::Done(State::Ready(shown));
        }
        let natural = origin.natural();
        let whole = natural.map_or(Rect::default(), |(width, height)| Rect::new(0.0, 0.0, width, height));
        shown.view = treatment.view(natural);
        if shown.view.is_some_and(|view| view.is_empty() || (!treatment.is_of_arrived() && view.intersect(&whole).is_empty())) {
            let why = format!("object-view-box must leave some of the picture, found nothing of {} x {} px", whole.width, whole.height);
            return failed(NoteCode::ImageMissing, why.into());
        }
        let wants_face = treatment.generate.as_ref().is_some_and(|step| shown.view.is_none() && step.model.wants_face(false));
        match &treatment.detect {
            None => {}
            Some(Err(why)) => shown.trouble = Some((NoteCode::FaceMissing, why.into())),
            Some(Ok(step)) => match resources.faces(step.need.id) {
                None => return Progress::Next(Given { work: Doing::Detect, step, input: origin, crop: None, is_view: false }),
                Some(Err(why)) => shown.trouble = Some((NoteCode::ModelFailed, format!("model {}: {why}", step.model.id()).into())),
                Some(Ok(faces)) => {
                    shown.face = largest(faces, &shown.view.unwrap_or(whole));
                    if shown.face.is_none() {
                        shown.trouble = Some((NoteCode::FaceMissing, "no face was found".into()));
                    }
                }
            },
        }
        if wants_face
            && shown.face.is_none()
            && let Some((code, why)) = shown.trouble
        {
            return failed(code, why);
        }
        let mut seen = shown.view.unwrap_or(whole);
        let steps = [(Doing::Generate, &treatment.generate), (Doing::Cutout, &treatment.cutout)];
        for (work, step) in steps.into_iter().filter_map(|(work, step)| Some((work, step.as_ref()?))) {
            let mut crop = shown.view.map(|view| view.intersect(&whole));
            let is_view = crop.is_some();
            if work == Doing::Generate && wants_face {
                let roi = shown.face.map(|face| step.model.around(&face, (whole.width, whole.height)));
                if let Some(roi) = roi.filter(|_| !step.pastes()) {
                    seen = roi;
                }
                crop = roi;
            }
            match resources.picture(step.need.id) {
                None => return Progress::Next(Given { work, step, input: shown.picture, crop, is_view }),
                Some(Err(why)) => return failed(NoteCode::ModelFailed, format!("model {}: {why}", step.model.id()).into()),
                Some(Ok(picture)) => (shown.picture, shown.view) = (picture, None),
            }
            if work == Doing::Generate && step.model.stretches() && !step.pastes() {
                let part = crop.unwrap_or(whole);
                shown.stands_for = Some((part.width, part.height)).filter(|_| !part.is_empty());
            }
        }
        if treatment.by_face && !seen.is_empty() {
            let focus = |face: Rect| ((face.center().x - seen.x) / seen.width, (face.center().y - seen.y) / seen.height);
            shown.focus = shown.face.map(focus);
        }
        Progress::Done(State::Ready(shown))
    }
}

impl Shown<'_> {
    /// What layout is told of it.
    pub(crate) fn found(&self, id: PictureId) -> Found {
        let whole = self.picture.natural();
        let view = self.view.zip(whole).map(|(part, whole)| View { part, whole });
        let seen = view.map_or(whole, |view| Some((view.part.width, view.part.height)));
        Found { id, natural: self.stands_for.or(seen), px: seen.map(|(width, _)| width), view, focus: self.focus }
    }
}

impl Step {
    /// As a template writes it.
    pub(crate) fn name(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}:{variant}", self.model.id()),
            None => self.model.id().to_owned(),
        }
    }

    /// Whether the result goes back into the picture that it was made of.
    pub(crate) fn pastes(&self) -> bool {
        self.model.pastes(Some(self.feather))
    }
}

/// The largest face whose middle is seen; of equals the one that is surer, then the first from the left.
fn largest(faces: &[Face], seen: &Rect) -> Option<Rect> {
    let rect = |face: &Face| {
        let [x, y, width, height] = face.rect;
        Rect::new(x, y, width, height)
    };
    let inside = |face: &&Face| {
        let middle = rect(face).center();
        (seen.x..=seen.right()).contains(&middle.x) && (seen.y..=seen.bottom()).contains(&middle.y) && !rect(face).is_empty()
    };
    let by_size = |a: &&Face, b: &&Face| {
        let area = |face: &Face| f64::from(face.rect[2]) * f64::from(face.rect[3]);
        area(a).total_cmp(&area(b)).then(a.score.total_cmp(&b.score)).then(b.rect[0].total_cmp(&a.rect[0]))
    };
    faces.iter().filter(inside).max_by(by_size).map(rect)
}
