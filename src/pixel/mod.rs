//! Pixels in memory: the frame and how it is scaled.

mod frame;
mod resize;

pub use frame::Frame;
pub(crate) use frame::{byte_len, over_limit};
#[allow(unused_imports, reason = "the painter takes them up")]
pub(crate) use resize::{Crop, Resizer};
