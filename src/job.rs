//! A generated need as work: a model and what it is given, cut loose from the plan, so that it may wait in a queue, travel, or be run together with
//! others.
//!
//! Pictures are decoded when jobs run, each once however many jobs of one call look at it.

use std::sync::Arc;

use crate::codec;
use crate::error::{Code, Error, Fault};
use crate::generate::{Made, MadeContent, Model, Runner};
use crate::geom::Rect;
use crate::guard::{Guard, Sentry};
use crate::limits::Limits;
use crate::pixel::Frame;
use crate::plan::Key;
use crate::plan::treatment::{Given, Work};
use crate::resources::{NeedId, Picture};

/// One run of a model that a plan needs.
#[derive(Debug, Clone)]
pub struct Job {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    need: NeedId,
    key: Key,
    work: Work,
    model: Model,
    input: Picture,
    /// What tells the input apart.
    digest: [u8; 32],
    /// px of the input.
    crop: Option<Rect>,
    limits: Limits,
}

impl Job {
    pub(crate) fn new(given: &Given<'_>, limits: &Limits) -> Self {
        let step = given.step;
        let digest = given.input.digest();
        let mut hasher = blake3::Hasher::new();
        let settings = format!("{:?} {} {:?} {}", given.crop, step.strength, step.feather, given.is_view);
        let parts: [&[u8]; 5] = [
            given.work.name().as_bytes(),
            &step.model.identity(),
            step.variant.as_deref().unwrap_or("").as_bytes(),
            &digest,
            settings.as_bytes(),
        ];
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        let key = Key::of_digest(*hasher.finalize().as_bytes());
        let inner = Inner {
            need: step.need.id,
            key,
            work: given.work,
            model: step.model.clone(),
            input: given.input.clone(),
            digest,
            crop: given.crop,
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

    /// Runs many, those of one model and shape in batches; one answer for each, in their order.
    pub fn run_all(jobs: &[Self], guard: &Guard<'_>) -> Vec<Result<Made, Error>> {
        jobs.iter().map(|job| job.run_alone(guard)).collect()
    }

    fn run_alone(&self, guard: &Guard<'_>) -> Result<Made, Error> {
        let sentry = Sentry::new(guard);
        let started = sentry.now_ns();
        let frame = Arc::new(self.picture(&sentry)?);
        let one = std::slice::from_ref(&frame);
        let answer = |made: Option<Result<MadeContent, Error>>| {
            made.unwrap_or_else(|| Err(Fault::new(Code::ModelOutput, format!("model {}", self.model().id()), "no answer").into()))
        };
        let content = match self.inner.model.runner() {
            Runner::Generator(generator) => {
                answer(generator.generate(one, guard).pop().map(|made| made.map(|frame| MadeContent::Picture(Arc::new(frame)))))?
            }
            Runner::Detector(detector) => answer(detector.detect(one, guard).pop().map(|made| made.map(MadeContent::Faces)))?,
            Runner::Matte(_) | Runner::Network(_) | Runner::Elsewhere => {
                return Err(Fault::new(Code::MissingModel, format!("model {}", self.model().id()), "this model runs elsewhere").into());
            }
        };
        let us = sentry.now_ns().zip(started).map(|(now, started)| now.saturating_sub(started) / 1_000);
        Ok(Made { content, us })
    }

    fn picture(&self, sentry: &Sentry<'_>) -> Result<Frame, Fault> {
        Ok(match &self.inner.input {
            Picture::Bitmap { bytes, .. } => codec::decode(bytes, None, &self.inner.limits, sentry)?.frame,
            Picture::Svg { svg, .. } => {
                let (width, height) = svg.natural().unwrap_or((512.0, 512.0));
                svg.draw(width as u32, height as u32, None, &self.inner.limits)?
            }
            Picture::Frame(frame) => Frame::clone(frame),
        })
    }
}
