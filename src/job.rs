//! A generated need as work: a model and what it is given, cut loose from the plan, so that it may wait in a queue, travel, or be run together with
//! others.

use crate::error::{Code, Error, Fault};
use crate::generate::{Made, Model};
use crate::guard::Guard;
use crate::plan::Key;
use crate::resources::NeedId;

/// One run of a model that a plan needs.
#[derive(Debug, Clone)]
pub struct Job {
    need: NeedId,
    key: Key,
    model: Model,
}

impl Job {
    /// The need that it answers.
    pub fn need(&self) -> NeedId {
        self.need
    }

    /// Names what it makes, by content: model, picture, crop, strength. Equal keys are answered alike, whatever plan they come from.
    pub fn key(&self) -> Key {
        self.key
    }

    /// What runs.
    pub fn model(&self) -> &Model {
        &self.model
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
    pub fn run_all(jobs: &[Self], _guard: &Guard<'_>) -> Vec<Result<Made, Error>> {
        jobs.iter()
            .map(|job| Err(Fault::new(Code::MissingModel, format!("model {}", job.model.id()), "no model runs yet").into()))
            .collect()
    }
}
