//! Draws pictures from a template, a data row and photos.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::disallowed_macros,
        reason = "tests read files and tell what they skip"
    )
)]

mod codec;
mod css;
mod error;
mod expr;
mod geom;
mod layout;
mod limits;
mod paint;
mod pixel;
mod plan;
mod render;
mod report;
mod resources;
mod row;
mod scene;
mod simd;
mod template;
mod text;

pub use codec::{Effort, Format, Output, OutputFormat, Subsampling};
pub use error::{Cause, Code, Error, Fault};
pub use limits::Limits;
pub use pixel::Frame;
pub use plan::{Context, Key, Plan};
pub use render::{Rendered, Renderer, Scratch};
pub use report::{LayerReport, LineReport, Note, NoteCode, Report};
pub use resources::{Need, NeedId, NeedSource, Resources};
pub use row::{Currency, Date, Decimal, InlineImage, Interval, Money, Row, Value};
pub use template::Template;
pub use text::Fonts;
