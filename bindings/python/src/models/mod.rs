//! Models of Python's side: folders of manifests, and callables as what runs them.
//!
//! `collection` is what a renderer is given, `model` one of them, `manifest` reads what describes it; `callable` is a function of Python's as engine,
//! generator, detector or matte, `call` what each such call runs in, `array` and `answer` what goes in and what comes back. `job` is a generated need as work, `made`
//! what came of it.

mod answer;
mod array;
mod call;
mod callable;
mod collection;
mod engine;
mod face;
mod job;
mod made;
mod manifest;
mod model;

pub(crate) use array::Array;
pub(crate) use call::{Causes, listened, listening};
pub(crate) use collection::{_models_of, Models, models_of, set_models};
pub(crate) use face::Face;
pub(crate) use job::{Job, run_jobs};
pub(crate) use made::{_made_of, Made};
pub(crate) use model::Model;
