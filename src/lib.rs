//! Draws pictures from a template, a data row and photos.

pub mod error;
pub mod geom;
pub mod limits;
