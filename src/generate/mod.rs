//! Models inside of a picture: what they are, what they are given and what they give back. Nothing here runs a network; a host brings an [`Engine`]
//! or does the whole work itself.
//!
//! ```text
//! manifest  JSON beside the weights                     -> what goes in and what comes out, in numbers
//! model     a manifest with what runs it                -> an identity, a cost
//! input     a picture, cropped                          -> tensors            (size, layout, normalisation)
//! network   tensors -> Engine -> tensors                   batches of one shape
//! output    tensors                                     -> Frame, Mask, faces (activation, range, letterbox undone)
//! blend     a picture and what a model made of a part   -> a picture
//! ```

mod made;
mod manifest;
mod model;
mod tensor;
mod travel;

use std::sync::Arc;

pub(crate) use made::MadeContent;
pub use made::{Face, Made, Mask};
pub use manifest::{Manifest, ModelKind};
pub(crate) use model::Runner;
pub use model::{Cost, Model, Models};
pub use tensor::{Tensor, TensorData};

use crate::error::Error;
use crate::guard::Guard;
use crate::pixel::Frame;

/// Runs tensors through a network: an inference library, a function of the host's.
///
/// One that is at work may be called from other threads at the same time.
pub trait Engine: Send + Sync {
    /// Its name and version, `tract 0.23.9`: part of every key, for two engines do not give the same bits.
    fn identity(&self) -> String;

    /// Inputs in the order of the manifest, outputs too. All inputs have the same number of pictures as their first dimension.
    ///
    /// # Errors
    /// [`Code::ModelFailed`](crate::Code::ModelFailed) with the engine's own words; what the guard says where it ended the run.
    fn run(&self, inputs: &[Tensor], guard: &Guard<'_>) -> Result<Vec<Tensor>, Error>;
}

/// Makes a picture of a picture.
pub trait Generator: Send + Sync {
    /// Its name and version: part of every key.
    fn identity(&self) -> String;

    /// One answer for each picture, in their order. The size may be another one.
    fn generate(&self, pictures: &[Arc<Frame>], guard: &Guard<'_>) -> Vec<Result<Frame, Error>>;
}

/// Finds faces.
pub trait Detector: Send + Sync {
    /// Its name and version: part of every key.
    fn identity(&self) -> String;

    /// The faces of each picture, in px of that picture, in any order; none is no error.
    fn detect(&self, pictures: &[Arc<Frame>], guard: &Guard<'_>) -> Vec<Result<Vec<Face>, Error>>;
}

/// Tells what stands in front.
pub trait Matte: Send + Sync {
    /// Its name and version: part of every key.
    fn identity(&self) -> String;

    /// The mask of each picture, in any size.
    fn matte(&self, pictures: &[Arc<Frame>], guard: &Guard<'_>) -> Vec<Result<Mask, Error>>;
}
