//! Draws pictures from a template, a data row and photos.

mod css;
mod error;
mod geom;
mod limits;
mod scene;
mod text;

pub use error::{Cause, Code, Error, Fault};
pub use limits::Limits;
pub use text::Fonts;
