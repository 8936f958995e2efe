//! The parts of the core that fuzz targets need and that are not public, by their files: they are compiled here as they are there.
//!
//! A law is a function of bytes that panics where it is broken, so that it can be run by libFuzzer, on a file that libFuzzer found, and in a plain test.

#![allow(dead_code, unused_imports, unfulfilled_lint_expectations, reason = "parts of a larger crate")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "held to its style where it belongs")]

#[path = "../../src/error.rs"]
mod error;
#[path = "../../src/guard.rs"]
mod guard;
#[path = "../../src/limits.rs"]
mod limits;

#[path = "../../src/pixel"]
mod pixel {
    mod frame;
    mod touched;
    pub use frame::Frame;
    pub(crate) use frame::{Origin, is_opaque};
    pub(crate) use touched::Touched;
}

#[path = "../../src/simd"]
mod simd {
    pub(crate) mod jpeg_forward;
    mod level;
    pub(crate) use level::Level;
}

#[path = "../../src/codec"]
mod codec {
    mod output;
    pub use output::{Effort, Output, OutputFormat, Subsampling};

    pub(crate) mod jpeg {
        pub(crate) mod encode;
        mod entropy;
        pub(crate) mod kept;
        pub(crate) mod read_back;
        mod tables;
    }
}

pub use error::{Code, Error, Fault};
pub use guard::Guard;
pub use limits::Limits;

pub mod jpeg;
