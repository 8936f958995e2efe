//! A generated need as work: a model and what it is given, cut loose from the plan, so that it may wait in a queue, travel, or be run together with
//! others.
//!
//! Pictures are decoded when jobs run, each once however many jobs of one call look at it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::codec::{self, DecodeHint};
use crate::digest;
use crate::error::{Code, Error, Fault};
use crate::generate::{self, Cost, Feather, Made, MadeContent, Model, Work};
use crate::geom::Rect;
use crate::guard::{Guard, Sentry};
use crate::limits::Limits;
use crate::pixel::Frame;
use crate::plan::Key;
use crate::plan::treatment::{Doing, Given};
use crate::resources::{NeedId, Picture};

/// Sides of an SVG that has none, px.
const SVG_PX: f32 = 512.0;
/// How much larger than what the model is given a picture is decoded, so that scaling still has what it weighs.
const OVERSAMPLING: f32 = 2.0;

/// One run of a model that a plan needs.
#[derive(Debug, Clone)]
pub struct Job {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    need: NeedId,
    key: Key,
    work: Doing,
    model: Model,
    variant: Option<String>,
    input: Picture,
    /// What tells the input apart.
    digest: [u8; 32],
    /// px of the input.
    crop: Option<Rect>,
    /// Whether nothing around the crop is seen.
    is_view: bool,
    strength: f32,
    feather: Feather,
    limits: Limits,
}

impl Job {
    pub(crate) fn new(given: &Given<'_>, limits: &Limits) -> Self {
        let step = given.step;
        let input_digest = given.input.digest();
        let settings = format!("{:?} {} {:?} {}", given.crop, step.strength, step.feather, given.is_view);
        let parts: [&[u8]; 5] = [
            given.work.name().as_bytes(),
            &step.model.identity(),
            step.variant.as_deref().unwrap_or("").as_bytes(),
            &input_digest,
            settings.as_bytes(),
        ];
        let key = Key::of_digest(digest::of_parts(&parts));
        let inner = Inner {
            need: step.need.id,
            key,
            work: given.work,
            model: step.model.clone(),
            input: given.input.clone(),
            digest: input_digest,
            crop: given.crop,
            is_view: given.is_view,
            variant: step.variant.clone(),
            strength: step.strength,
            feather: step.feather,
            limits: limits.clone(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The need that it answers.
    pub fn need(&self) -> NeedId {
        self.inner.need
    }

    /// Names what it makes, by content: model, picture, crop, strength. Equal keys are answered alike, whatever plan they come from.
    pub fn key(&self) -> Key {
        self.inner.key
    }

    /// What runs.
    pub fn model(&self) -> &Model {
        &self.inner.model
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Code::ModelFailed`], [`Code::ModelOutput`], [`Code::ModelLimit`], [`Code::MissingModel`]; what the guard says.
    pub fn run(&self, guard: &Guard<'_>) -> Result<Made, Error> {
        match Self::run_all(std::slice::from_ref(self), guard).pop() {
            Some(made) => made,
            None => Err(Fault::new(Code::Bug, "model", "a job must have an answer, found none").into()),
        }
    }

    /// What it is expected to take.
    pub fn cost(&self) -> Cost {
        let (width, height) = self.part();
        self.inner.model.cost(width, height)
    }

    /// Runs many, those of one model and shape in batches; one answer for each, in their order. Jobs with one key are run once.
    pub fn run_all(jobs: &[Self], guard: &Guard<'_>) -> Vec<Result<Made, Error>> {
        let mut answers: BTreeMap<Key, Result<Made, Error>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let open: Vec<&Self> = jobs.iter().filter(|job| seen.insert(job.key())).collect();
        let sentry = Sentry::new(guard);
        let mut rest = open.as_slice();
        while !rest.is_empty() {
            let mut decoded = Decoded::default();
            let mut works = Vec::new();
            let mut taken = 0;
            for job in rest.iter().copied() {
                let work = match decoded.take(job, works.is_empty(), &sentry) {
                    Taken::Full => break,
                    Taken::Picture(picture) => Ok(picture),
                    Taken::Failed(error) => Err(error),
                };
                taken += 1;
                match work {
                    Ok(picture) => works.push((job, job.work(picture))),
                    Err(error) => drop(answers.insert(job.key(), Err(error))),
                }
            }
            rest = rest.get(taken..).unwrap_or_default();
            run_some(&works, guard, &mut answers);
        }
        let none = || Err(Fault::new(Code::Bug, "model", "a job must have an answer, found none").into());
        jobs.iter().map(|job| answers.get(&job.key()).cloned().unwrap_or_else(none)).collect()
    }

    /// Width and height of what the model is given, px of the input.
    fn part(&self) -> (u32, u32) {
        let px = |side: f32| (side + 0.5).max(1.0) as u32;
        match &self.inner.crop {
            Some(crop) => (px(crop.width), px(crop.height)),
            None => {
                let (width, height) = self.natural();
                (px(width), px(height))
            }
        }
    }

    /// Width and height of the input, px.
    fn natural(&self) -> (f32, f32) {
        self.inner.input.natural().unwrap_or((SVG_PX, SVG_PX))
    }

    /// The least size of the input, px, at which nothing of use to the model is lost.
    fn useful(&self) -> (u32, u32) {
        let (width, height) = self.natural();
        let whole = (width as u32, height as u32);
        let keeps_size = match self.inner.work {
            Doing::Detect => false,
            Doing::Generate => self.inner.model.pastes(Some(self.inner.feather)),
            Doing::Cutout => true,
        };
        if keeps_size {
            return whole;
        }
        let (part_width, part_height) = self.part();
        let (input_width, input_height) = self.inner.model.input_size(part_width, part_height);
        let side = |whole: f32, part: u32, input: u32| (whole * (input as f32 * OVERSAMPLING / part as f32).min(1.0)).ceil() as u32;
        (side(width, part_width, input_width), side(height, part_height, input_height))
    }

    fn work(&self, picture: Arc<Frame>) -> Work {
        let inner = &self.inner;
        let (across, down) = self.scale(&picture);
        let crop = inner.crop.map(|crop| Rect::new(crop.x * across, crop.y * down, crop.width * across, crop.height * down));
        let (view, part) = if inner.is_view { (crop, None) } else { (None, crop) };
        Work {
            model: inner.model.clone(),
            variant: inner.variant.clone(),
            picture,
            view,
            part,
            strength: Some(inner.strength),
            feather: Some(inner.feather),
        }
    }

    /// px of a decoded picture by px of the input.
    fn scale(&self, picture: &Frame) -> (f32, f32) {
        let (width, height) = self.natural();
        (picture.width() as f32 / width.max(1.0), picture.height() as f32 / height.max(1.0))
    }

    fn decode(&self, target: (u32, u32), sentry: &Sentry<'_>) -> Result<Arc<Frame>, Error> {
        sentry.enter("models")?;
        let inner = &self.inner;
        Ok(match &inner.input {
            Picture::Bitmap { bytes, .. } => {
                let hint = DecodeHint { target, part: DecodeHint::WHOLE };
                Arc::new(codec::decode_whole(bytes, Some(hint), &inner.limits, sentry)?)
            }
            Picture::Svg { svg, .. } => {
                let (width, height) = self.natural();
                Arc::new(svg.draw(width.ceil() as u32, height.ceil() as u32, None, &inner.limits)?)
            }
            Picture::Frame(frame) => Arc::clone(frame),
        })
    }
}

/// Runs works, and puts faces back into px of what they were looked for in.
fn run_some(works: &[(&Job, Work)], guard: &Guard<'_>, answers: &mut BTreeMap<Key, Result<Made, Error>>) {
    let Some((first, _)) = works.first() else { return };
    let alone: Vec<Work> = works.iter().map(|(_, work)| work.clone()).collect();
    for ((job, work), made) in works.iter().zip(generate::run(&alone, &first.inner.limits, guard)) {
        let (across, down) = job.scale(&work.picture);
        answers.insert(job.key(), made.map(|made| enlarged(made, 1.0 / across, 1.0 / down)));
    }
}

fn enlarged(mut made: Made, across: f32, down: f32) -> Made {
    if let MadeContent::Faces(faces) = &mut made.content {
        for face in faces {
            *face = face.mapped([across, down], [0.0, 0.0]);
        }
    }
    made
}

/// What tells decoded pictures apart.
type Asked = ([u8; 32], (u32, u32));

/// The pictures of the jobs that run together, each decoded once.
#[derive(Default)]
struct Decoded {
    /// By digest and the size that was asked for.
    pictures: BTreeMap<Asked, Arc<Frame>>,
    pixels: u64,
}

enum Taken {
    Picture(Arc<Frame>),
    Failed(Error),
    /// What is there has to be run first.
    Full,
}

impl Decoded {
    fn take(&mut self, job: &Job, is_first: bool, sentry: &Sentry<'_>) -> Taken {
        let target = job.useful();
        let name = (job.inner.digest, target);
        if let Some(picture) = self.pictures.get(&name) {
            return Taken::Picture(Arc::clone(picture));
        }
        // A decoder gives at most twice the sides that it is asked for, or the picture's own.
        let (width, height) = job.natural();
        let least = |side: f32, target: u32| u64::from((side as u32).min(target.saturating_mul(2)));
        let pixels = least(width, target.0) * least(height, target.1);
        if !is_first && self.pixels + pixels > job.inner.limits.max_pixels {
            return Taken::Full;
        }
        match job.decode(target, sentry) {
            Ok(picture) => {
                self.pixels += u64::from(picture.width()) * u64::from(picture.height());
                self.pictures.insert(name, Arc::clone(&picture));
                Taken::Picture(picture)
            }
            Err(error) => Taken::Failed(error),
        }
    }
}
