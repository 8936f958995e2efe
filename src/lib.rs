//! Draws pictures from a template, a data row and photos.

mod css;
mod error;
mod expr;
mod geom;
mod limits;
mod row;
mod scene;
mod template;

pub use error::{Cause, Code, Error, Fault};
pub use limits::Limits;
pub use template::Template;
