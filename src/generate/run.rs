//! Models at work: each picture's part is cut out, handed over with others of its kind, and what comes back is put where it belongs.

use std::sync::Arc;

use super::blend;
use super::made::{Face, Made, MadeContent};
use super::manifest::{Fit, ModelKind, RoiMode};
use super::model::{Cost, Model, Runner};
use super::network::{self, Asked, Content, Raw};
use super::roi::{self, Part};
use super::{cutout, input, mask, output};
use crate::error::{Code, Error, Fault};
use crate::geom::Rect;
use crate::guard::{Guard, Sentry};
use crate::limits::Limits;
use crate::pixel::{Frame, Kernel, Resizer};

/// One run of a model that somebody wants.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) model: Model,
    /// Which of the manifest's variants.
    pub(crate) variant: Option<String>,
    /// Upright.
    pub(crate) picture: Arc<Frame>,
    /// The view box, px of the picture: what lies outside is gone before anything else, and all of the rest is what the model is given.
    pub(crate) view: Option<Rect>,
    /// What of the picture the model is given, px of the picture: [`Model::around`] a face. Nothing is all that the view box leaves.
    pub(crate) part: Option<Rect>,
    /// Instead of the manifest's.
    pub(crate) strength: Option<f32>,
    /// Instead of the manifest's; above nought, the result goes back into the picture.
    pub(crate) feather: Option<Feather>,
}

/// How wide the soft edge of a pasted result is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Feather {
    /// px of the source picture.
    Px(f32),
    /// Of the shorter side of what the model was given.
    Fraction(f32),
}

impl Work {
    /// A model and a picture, everything else by the manifest.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests begin with it"))]
    pub(crate) fn new(model: Model, picture: Arc<Frame>) -> Self {
        Self { model, variant: None, picture, view: None, part: None, strength: None, feather: None }
    }
}

impl Model {
    /// Whether it must be told a face, where nobody names a part of the picture.
    pub(crate) fn wants_face(&self, has_view: bool) -> bool {
        self.manifest().roi.mode == RoiMode::Face && !has_view
    }

    /// What it is given of a picture of this size for a face in it, all in px.
    pub(crate) fn around(&self, face: &Rect, picture: (f32, f32)) -> Rect {
        roi::around(face, &self.manifest().roi, picture)
    }

    /// Whether its result goes back into the picture that it was made of, with this feather.
    pub(crate) fn pastes(&self, feather: Option<Feather>) -> bool {
        let blend = &self.manifest().blend;
        let feathered = match feather {
            Some(Feather::Px(width) | Feather::Fraction(width)) => width > 0.0,
            None => blend.feather_px > 0.0,
        };
        blend.paste || feathered
    }

    /// Whether it looks at pictures of other proportions than what they are made of, and gives such.
    pub(crate) fn stretches(&self) -> bool {
        self.manifest().image_input().is_some_and(|image| image.fit == Fit::Stretch)
    }

    /// How large the picture is that it looks at, given one of this size.
    pub(crate) fn input_size(&self, width: u32, height: u32) -> (u32, u32) {
        let most = self.manifest().runtime.max_pixels;
        match self.manifest().image_input().filter(|_| matches!(self.runner(), Runner::Network(_))) {
            Some(image) => input::tensor_size(image, most, width, height),
            None => bounded(width, height, most),
        }
    }

    /// What one run on a picture, or a part of one, of this size is expected to take.
    ///
    /// ```
    /// use templrender::{Manifest, Model};
    /// let manifest = Manifest::from_json(
    ///     r#"{ "id": "paint", "version": "1", "licence": "MIT", "kind": "generator", "runtime": { "est_gmac": 6, "est_peak_mb": 60 },
    ///          "inputs": [{ "name": "image", "role": "image", "size": [256, 256] }], "outputs": [{ "name": "y", "role": "image" }] }"#,
    /// )?;
    /// assert_eq!(Model::declared(manifest, "tract").cost(4000, 3000).gmac, 6.0);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn cost(&self, width: u32, height: u32) -> Cost {
        let runtime = &self.manifest().runtime;
        let share = match (self.manifest().image_input(), runtime.max_pixels) {
            (Some(image), _) => input::share(image, runtime.max_pixels, width, height),
            (None, Some(most)) => (f64::from(width) * f64::from(height) / most as f64).min(1.0),
            (None, None) => 1.0,
        };
        Cost { gmac: runtime.est_gmac * share, peak_mb: runtime.est_peak_mb * share }
    }
}

/// A picture ready for its model.
struct Ready<'a> {
    work: &'a Work,
    /// What the view box left of the picture.
    base: Arc<Frame>,
    /// Where that was in the picture.
    shift: [f32; 2],
    /// What the model is given, px of the base.
    part: Part,
    /// The most of such pictures that one run may take.
    most: usize,
}

/// Runs each, those of one model and shape together; answers in their order.
pub(crate) fn run(works: &[Work], limits: &Limits, guard: &Guard<'_>) -> Vec<Result<Made, Error>> {
    let mut answers: Vec<Option<Result<Made, Error>>> = works.iter().map(|_| None).collect();
    let mut groups: Vec<(&Model, Vec<(usize, Ready<'_>)>)> = Vec::new();
    for ((i, work), answer) in works.iter().enumerate().zip(&mut answers) {
        match ready(work, limits) {
            Err(error) => *answer = Some(Err(error)),
            Ok(ready) => match groups.iter_mut().find(|(model, _)| model.is_same(&work.model)) {
                Some((_, members)) => members.push((i, ready)),
                None => groups.push((&work.model, vec![(i, ready)])),
            },
        }
    }
    for (model, members) in &groups {
        let readies: Vec<&Ready<'_>> = members.iter().map(|(_, ready)| ready).collect();
        for ((i, ready), raw) in members.iter().zip(asked(model, &readies, limits, guard)) {
            if let Some(slot) = answers.get_mut(*i) {
                *slot = Some(raw.and_then(|raw| finish(ready, raw, limits)));
            }
        }
    }
    let none = || Err(Fault::new(Code::Bug, "model", "every work must have an answer, found none").into());
    answers.into_iter().map(|answer| answer.unwrap_or_else(none)).collect()
}

fn fault(model: &Model, code: Code, message: impl Into<String>) -> Error {
    Fault::new(code, format!("model {}", model.id()), message).into()
}

fn ready<'a>(work: &'a Work, limits: &Limits) -> Result<Ready<'a>, Error> {
    let model = &work.model;
    if let Some(variant) = &work.variant
        && !model.manifest().variants.contains_key(variant)
    {
        let hint = crate::error::suggestion(variant, model.manifest().variants());
        return Err(fault(
            model,
            Code::BadArgument,
            format!("a variant must be one of the manifest's, found {}{hint}", crate::error::quoted(variant)),
        ));
    }
    let outside = || fault(model, Code::BadArgument, "a part must cover some of the picture, found it beside it");
    let view = match &work.view {
        Some(view) => Part::of(view, &work.picture).ok_or_else(outside)?,
        None => Part::whole(&work.picture),
    };
    let base = match view == Part::whole(&work.picture) {
        true => Arc::clone(&work.picture),
        false => Arc::new(view.cut(&work.picture).ok_or_else(outside)?),
    };
    let shift = [view.x as f32, view.y as f32];
    let part = match &work.part {
        None => Part::whole(&base),
        Some(part) => Part::of(&part.translate(-shift[0], -shift[1]), &base).ok_or_else(outside)?,
    };
    let most = affordable(model, part, limits)?;
    Ok(Ready { work, base, shift, part, most })
}

/// How many such parts one run may take; none is an error.
fn affordable(model: &Model, part: Part, limits: &Limits) -> Result<usize, Error> {
    let manifest = model.manifest();
    let cost = model.cost(part.width, part.height);
    let (most_mb, most_gmac) = (limits.max_model_peak_mb as f64, limits.max_model_gmac as f64);
    if cost.peak_mb > most_mb {
        return Err(fault(
            model,
            Code::ModelLimit,
            format!("a run is thought to take {:.0} MB, over the limit of {most_mb}", cost.peak_mb),
        ));
    }
    if cost.gmac > most_gmac {
        return Err(fault(
            model,
            Code::ModelLimit,
            format!("a run is thought to take {:.0} GMAC, over the limit of {most_gmac}", cost.gmac),
        ));
    }
    let pixels = u64::from(part.width) * u64::from(part.height);
    if let (ModelKind::Upscaler, Some(most)) = (manifest.kind(), manifest.runtime.max_pixels)
        && pixels > most
    {
        return Err(fault(model, Code::ModelLimit, format!("a picture to scale up has {pixels} px, over the model's limit of {most}")));
    }
    if let Some(image) = manifest.image_input() {
        let (width, height) = input::tensor_size(image, manifest.runtime.max_pixels, part.width, part.height);
        let sizes = manifest.outputs.iter().map(|output| output::size(output, width, height)).chain([(width as usize, height as usize)]);
        for (width, height) in sizes {
            if (width as u64).saturating_mul(height as u64) > limits.max_pixels || width.max(height) > limits.max_side_px as usize {
                return Err(fault(model, Code::ModelLimit, format!("its pictures have {width}x{height} px, over the limit of a picture")));
            }
        }
    }
    let fits = |each: f64, most: f64| if each > 0.0 { (most / each) as usize } else { usize::MAX };
    Ok(manifest.runtime.batch.min(fits(cost.peak_mb, most_mb)).min(fits(cost.gmac, most_gmac)).max(1))
}

/// What the model says about each, in their order.
fn asked(model: &Model, readies: &[&Ready<'_>], limits: &Limits, guard: &Guard<'_>) -> Vec<Result<Raw, Error>> {
    let missing = || Err(fault(model, Code::MissingModel, "it runs elsewhere, and its answer was not brought"));
    let most = readies.iter().map(|ready| ready.most).min().unwrap_or(1);
    match model.runner() {
        Runner::Elsewhere => readies.iter().map(|_| missing()).collect(),
        Runner::Network(engine) => {
            let asked: Vec<Asked<'_>> = readies
                .iter()
                .map(|ready| Asked { frame: &ready.base, part: ready.part, variant: ready.work.variant.as_deref() })
                .collect();
            network::run(model.manifest(), &**engine, &asked, most, limits, guard)
        }
        runner => readies.chunks(most).flat_map(|batch| host(model, runner, batch, limits, guard)).collect(),
    }
}

/// A batch for a function of the host's.
fn host(model: &Model, runner: &Runner, readies: &[&Ready<'_>], limits: &Limits, guard: &Guard<'_>) -> Vec<Result<Raw, Error>> {
    let sentry = Sentry::new(guard);
    let parts = || -> Result<Vec<Arc<Frame>>, Error> {
        sentry.enter("generate")?;
        readies.iter().map(|ready| given(model, ready, limits)).collect()
    };
    let pictures = match parts() {
        Ok(pictures) => pictures,
        Err(error) => return readies.iter().map(|_| Err(error.clone())).collect(),
    };
    let started = sentry.now_ns();
    let source = |ready: &Ready<'_>| ready.part.rect();
    let contents: Vec<Result<Content, Error>> = match runner {
        Runner::Generator(generator) => {
            let frames = generator.generate(&pictures, guard).into_iter().zip(readies);
            frames.map(|(frame, ready)| frame.and_then(|frame| Ok(Content::Picture(sized(model, frame, limits)?, source(ready))))).collect()
        }
        Runner::Matte(matte) => matte.matte(&pictures, guard).into_iter().map(|mask| mask.map(Content::Mask)).collect(),
        Runner::Detector(detector) => {
            let found = detector.detect(&pictures, guard).into_iter().zip(readies.iter().zip(&pictures));
            found
                .map(|(faces, (ready, picture))| faces.and_then(|faces| Ok(Content::Faces(placed(model, faces, ready, picture)?))))
                .collect()
        }
        Runner::Elsewhere | Runner::Network(_) => Vec::new(),
    };
    let us = started.zip(sentry.now_ns()).map(|(start, end)| end.saturating_sub(start) / 1_000);
    if contents.len() != readies.len() {
        let message = format!("it must give an answer for each of {} pictures, found {}", readies.len(), contents.len());
        return readies.iter().map(|_| Err(fault(model, Code::ModelFailed, message.clone()))).collect();
    }
    contents.into_iter().map(|content| content.map(|content| Raw { content, us })).collect()
}

/// A size, or the largest of its proportions with at most so many px.
fn bounded(width: u32, height: u32, most: Option<u64>) -> (u32, u32) {
    let px = u64::from(width) * u64::from(height);
    match most.filter(|most| px > *most) {
        None => (width, height),
        Some(most) => {
            let scale = (most as f64 / px as f64).sqrt();
            let side = |side: u32| ((f64::from(side) * scale) as u32).max(1);
            // a side of 1 px has not shrunk as it should
            let longest = u32::try_from(most).unwrap_or(u32::MAX);
            (side(width).min(longest), side(height).min(longest))
        }
    }
}

/// The part as a picture, scaled down where the manifest bounds its px.
fn given(model: &Model, ready: &Ready<'_>, limits: &Limits) -> Result<Arc<Frame>, Error> {
    let part = ready.part;
    let size = bounded(part.width, part.height, model.manifest().runtime.max_pixels);
    if size != (part.width, part.height) {
        return Ok(Arc::new(Resizer::default().resize_with(Kernel::Lanczos3, &ready.base, part.rect(), size, limits)?));
    }
    if part == Part::whole(&ready.base) {
        return Ok(Arc::clone(&ready.base));
    }
    part.cut(&ready.base).map(Arc::new).ok_or_else(|| fault(model, Code::Bug, "a part must lie in its picture"))
}

fn sized(model: &Model, frame: Frame, limits: &Limits) -> Result<Frame, Error> {
    match crate::pixel::over_limit("its picture", frame.width(), frame.height(), limits) {
        Some(message) => Err(fault(model, Code::ModelLimit, message)),
        None => Ok(frame),
    }
}

/// A host's faces in px of the base, once they are numbers.
fn placed(model: &Model, faces: Vec<Face>, ready: &Ready<'_>, given: &Frame) -> Result<Vec<Face>, Error> {
    let scale = [ready.part.width as f32 / given.width() as f32, ready.part.height as f32 / given.height() as f32];
    let shift = [ready.part.x as f32, ready.part.y as f32];
    let mut out = Vec::with_capacity(faces.len());
    for face in faces {
        let [_, _, width, height] = face.rect;
        let finite = face.rect.iter().chain(face.points.iter().flatten()).chain([&face.score]).all(|number| number.is_finite());
        if !finite || width <= 0.0 || height <= 0.0 {
            return Err(fault(
                model,
                Code::ModelOutput,
                format!("a face must be a box of finite numbers above nought, found {:?}", face.rect),
            ));
        }
        out.push(face.mapped(scale, shift));
    }
    Ok(out)
}

/// What a need is answered with.
fn finish(ready: &Ready<'_>, raw: Raw, limits: &Limits) -> Result<Made, Error> {
    let manifest = ready.work.model.manifest();
    let content = match raw.content {
        Content::Faces(faces) => MadeContent::Faces(faces.iter().map(|face| face.mapped([1.0, 1.0], ready.shift)).collect()),
        Content::Mask(mask) => {
            let mask = mask::clean(mask);
            MadeContent::Picture(Arc::new(cutout::cutout(&ready.base, ready.part, &mask, limits)?))
        }
        Content::Picture(picture, source) => {
            let strength = ready.work.strength.unwrap_or(manifest.blend.strength).clamp(0.0, 1.0);
            let feather_px = match ready.work.feather {
                Some(Feather::Px(px)) => px,
                Some(Feather::Fraction(share)) => share * ready.part.width.min(ready.part.height) as f32,
                None => manifest.blend.feather_px,
            };
            let how = blend::Blending { strength, feather_px, keep_alpha: manifest.kind() == ModelKind::Upscaler };
            let frame = match ready.work.model.pastes(ready.work.feather) {
                true => blend::paste(&ready.base, &picture, source, &how, limits)?,
                false => blend::replace(&ready.base, picture, source, &how, limits)?,
            };
            MadeContent::Picture(Arc::new(frame))
        }
    };
    Ok(Made { content, us: raw.us })
}
