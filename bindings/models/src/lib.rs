//! Engines for templrender's models: ONNX files, and folders of them, through rten, tract or ONNX Runtime.
//!
//! ```text
//! manifest + bytes --onnx--> what goes in and out, refused if it cannot be right   (no engine asked yet)
//!                  --network--> a prepared session at the first run, kept          (by_rten, by_tract, by_ort)
//! tensors          --network--> one run, or one for each picture                   (shapes checked, the guard asked, panics caught)
//! ```
//!
//! The core's [`Engine`](core_::Engine) is what comes out. Files are read here and nowhere else: their size is compared with a limit before memory is
//! taken, and their sha256 with the manifest's.

#![cfg_attr(
    not(any(feature = "rten", feature = "tract", feature = "ort")),
    expect(dead_code, reason = "without engines files are read and nothing is run")
)]

mod asks;
#[cfg(feature = "ort")]
mod by_ort;
#[cfg(feature = "rten")]
mod by_rten;
#[cfg(feature = "tract")]
mod by_tract;
#[cfg(feature = "rten")]
mod cuts;
mod file;
mod folder;
#[cfg(feature = "ort")]
mod library;
mod network;
mod onnx;
mod options;
mod protobuf;
#[cfg(all(test, feature = "rten"))]
mod tests;

pub use folder::{load_folder, load_manifest};
pub use network::{ModelFile, Network, open};
pub use options::{EngineKind, Options};
