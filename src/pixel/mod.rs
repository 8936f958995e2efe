//! Pixels in memory: the frame and how it is scaled.

mod frame;
mod resize;

pub use frame::Frame;
pub(crate) use frame::{byte_len, over_limit, unpremultiply};
pub(crate) use resize::Resizer;
