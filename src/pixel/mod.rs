//! Pixels in memory: the frame and how it is scaled; and encoded pictures as they are held.

mod frame;
mod held;
mod resize;
mod taps;
mod touched;

pub use frame::Frame;
pub(crate) use frame::{Origin, byte_len, is_opaque, over_limit, unpremultiply};
pub(crate) use held::Held;
pub(crate) use resize::{Kernel, Resizer};
pub(crate) use taps::{Axis, Spread, Taps};
pub(crate) use touched::Touched;
