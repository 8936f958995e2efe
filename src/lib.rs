//! Draws pictures from a template, a data row and photos.

pub(crate) mod codec;
mod css;
mod error;
mod geom;
mod limits;
mod paint;
mod pixel;
mod scene;
mod simd;

pub use codec::{Effort, Format, Output, OutputFormat, Subsampling};
pub use error::{Cause, Code, Error, Fault};
pub use limits::Limits;
pub use pixel::Frame;
