//! Draws pictures from a template, a data row and photos.

mod codec;
mod css;
mod error;
mod expr;
mod geom;
mod layout;
mod limits;
mod pixel;
mod plan;
mod report;
mod resources;
mod row;
mod scene;
mod template;

pub use codec::{Effort, Format, Output, OutputFormat, Subsampling};
pub use error::{Cause, Code, Error, Fault};
pub use limits::Limits;
pub use pixel::Frame;
pub use report::{LayerReport, LineReport, Note, NoteCode, Report};
pub use resources::{Need, NeedId, NeedSource, Resources};
pub use template::Template;
