//! Draws pictures from a template, a data row and photos: ads out of a shop's feed, cards for shared links, collages.
//!
//! A [`Template`] is JSON with CSS's names and values and `{{ expressions }}` over a [`Row`]. [`Renderer::plan`] fills it and gives a
//! [`Plan`], which has a stable [`Key`] and lists the pictures that it needs. The host finds those in its own way and puts them into
//! [`Resources`]; [`Renderer::render`] then draws a [`Frame`] and says in a [`Report`] what happened. Nothing here reads a file, a socket
//! or a clock, and the same input gives the same bytes on every machine.
//!
//! ```
//! use templrender::{Context, Fonts, NeedSource, Renderer, Resources, Row, Scratch, Template};
//!
//! let template = Template::parse(
//!     r##"{
//!         "templrender": 1, "name": "card", "size": [480, 240], "fonts": ["Noto Sans"], "background": "#f1f4fa",
//!         "fields": { "title": { "type": "text", "required": true }, "price": { "type": "money" }, "photo": { "type": "image" } },
//!         "output": { "format": "jpeg", "quality": 85 },
//!         "layers": [
//!             { "type": "image", "src": "{{ photo }}", "left": 20, "top": 20, "width": 200, "height": 200,
//!               "object-fit": "cover", "border-radius": 16, "box-shadow": "0 4px 12px rgb(0 0 0 / 25%)" },
//!             { "id": "title", "type": "text", "text": "{{ title }}", "left": 240, "top": 24, "width": 220, "height": 112,
//!               "font-size": 32, "line-height": 1.15, "line-clamp": 3, "min-font-size": 18 },
//!             { "type": "text", "text": "{{ price }}", "left": 240, "bottom": 24, "font-size": 40, "color": "#d0021b" },
//!         ],
//!     }"##,
//! )?;
//! let mut fonts = Fonts::new();
//! fonts.add(std::fs::read("tests/fonts/NotoSans-Regular.subset.ttf")?)?;
//! let renderer = Renderer::new(fonts);
//!
//! let row = Row::from_json(r#"{ "title": "Aster honey", "price": "6.90 EUR", "photo": "templates/product-ad/rows/photos/bee.webp" }"#)?;
//! let plan = renderer.plan(&template, &row, &Context::default())?;
//!
//! // What the plan needs is the host's to find: here in files, elsewhere in a cache or over HTTP.
//! let mut resources = Resources::new();
//! while let [need, ..] = plan.pending(&resources)[..] {
//!     let NeedSource::Location(path) = need.source() else { unreachable!("this template has no assets") };
//!     match std::fs::read(path) {
//!         Ok(bytes) => resources.insert(need.id(), bytes)?,
//!         Err(error) => resources.fail(need.id(), error),
//!     }
//! }
//!
//! let rendered = renderer.render(&plan, &resources, &mut Scratch::new())?;
//! let jpeg = rendered.frame.encode(plan.output())?;
//! assert!(jpeg.starts_with(&[0xff, 0xd8]));
//! assert!(rendered.report.notes.is_empty(), "{:?}", rendered.report.notes);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The format is described in `docs/template.md`, the errors in `docs/errors.md`; the program `templrender` is the reference host.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::disallowed_macros,
        reason = "tests read files and tell what they skip"
    )
)]

mod check;
mod codec;
mod compile;
mod compiled_cache;
mod css;
mod decode;
mod diff;
mod digest;
mod error;
mod expr;
mod feed;
mod generate;
mod geom;
mod govern;
mod guard;
mod job;
mod layout;
mod limits;
mod pack;
mod paint;
mod pixel;
mod plan;
mod render;
mod report;
mod request;
mod resources;
mod row;
mod rules;
mod scene;
mod simd;
mod template;
mod text;

pub use check::{Channel, ChannelFinding, CheckOptions, CheckReport, Checker, RowPlace, WorstRow};
pub use codec::{Effort, Format, Output, OutputFormat, Subsampling};
pub use compile::Compiled;
pub use compiled_cache::{CompiledCache, CompiledStats};
pub use diff::{DiffReport, Differ, DifferentRow};
pub use error::{Cause, Code, Error, Fault};
pub use feed::{FeedEncoding, FeedFormat, FeedReader, FeedRow, FeedSource, Group, Groups, Overrides, Rewriter, RowIds};
pub use generate::{Cost, Detector, Engine, Face, Generator, Made, Manifest, Mask, Matte, Model, ModelKind, Models, Tensor, TensorData};
pub use govern::{Admission, Gate, GateLimits, Rate, SlowTemplate, TokenBucket};
pub use guard::Guard;
pub use job::Job;
pub use limits::Limits;
pub use pack::{Bundle, Pack};
pub use pixel::Frame;
pub use plan::{Context, Key, Plan};
pub use render::{Rendered, Renderer, Scratch};
pub use report::{LayerReport, LineReport, ModelReport, Note, NoteCode, Report, Timings};
pub use request::{Keyring, OriginPolicy, PictureUrl, Request, Signature, is_public_address, without_queries};
pub use resources::{Need, NeedId, NeedSource, Resources};
pub use row::{Currency, Date, Decimal, InlineImage, Interval, Money, Row, TimeZone, Value};
pub use rules::{Choice, Outcome, Rules};
pub use template::Template;
pub use text::Fonts;

/// What threads share, and what one hands to another.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    const fn sent<T: Send>() {}
    shared::<Template>();
    shared::<Rules>();
    shared::<Renderer>();
    shared::<Plan>();
    shared::<Resources>();
    shared::<Overrides>();
    shared::<OriginPolicy>();
    shared::<PictureUrl>();
    shared::<Keyring>();
    shared::<Pack>();
    shared::<Bundle>();
    shared::<Models>();
    shared::<Job>();
    sent::<Scratch>();
    sent::<Checker>();
    sent::<Differ>();
    sent::<FeedReader>();
    sent::<Groups>();
};

/// The examples of the README run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
