//! Models inside of a picture: what they are, what they are given and what they give back. Nothing here runs a network; a host brings an [`Engine`]
//! or does the whole work itself.
//!
//! ```text
//! manifest  JSON beside the weights                     -> what goes in and what comes out, in numbers
//! model     a manifest with what runs it                -> an identity, a cost
//! run       works: a model, a picture, what of it       -> what was made, one for each; all below is called from here
//! roi       a picture, its faces                        -> the part that the model is given
//! input     that part                                   -> tensors            (size, layout, normalisation)
//! network   tensors -> Engine -> tensors                   batches of one shape
//! output    tensors                                     -> Frame, Mask        (activation, range, letterbox undone)
//! faces     tensors                                     -> faces              (anchors, overlaps)
//! blend     a picture and what a model made of a part   -> a picture
//! mask      a matte                                     -> one without specks
//! cutout    a picture and its matte                     -> a picture without background; `fusion` finds the colours of its edges
//! travel    what was made                               -> bytes, and faces out of bytes
//! ```

mod blend;
mod cutout;
mod faces;
mod fusion;
mod input;
mod made;
mod manifest;
mod mask;
mod model;
mod network;
mod output;
mod roi;
mod run;
mod tensor;
#[cfg(test)]
mod tests;
mod travel;

use std::sync::Arc;

pub(crate) use made::MadeContent;
pub use made::{Face, Made, Mask};
pub use manifest::{Manifest, ModelKind};
pub use model::{Cost, Model, Models};
pub(crate) use run::{Feather, Work, run};
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

    /// Inputs in the order of the manifest, outputs too. Images have the number of pictures as their first dimension, constants are as the manifest
    /// has them.
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
