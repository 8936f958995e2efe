//! Draws pictures from a template, a data row and photos.

pub(crate) mod codec;
pub mod error;
pub mod geom;
pub mod limits;
pub(crate) mod pixel;
pub(crate) mod simd;

pub use codec::{Effort, Format, Output, OutputFormat, Subsampling};
pub use error::Error;
pub use limits::Limits;
pub use pixel::Frame;
