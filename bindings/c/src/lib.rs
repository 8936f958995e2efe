//! The C library: handles, slices and numbers in front of the core.
//!
//! One file per noun of the header. Each begins with prose and continues with doc comments that are written for C people: `tests/header.rs` makes
//! `include/templrender.h` of them, noun after noun in the order of the list there. `boundary` is what every call runs in, `pointer` and `growing`
//! what becomes of its arguments; `DESIGN.md` has the rules and why they are so.

#![expect(non_camel_case_types, reason = "the names are those of the header")]
#![expect(clippy::missing_safety_doc, reason = "the comments are the header's, which says at its top what holds for every call")]

mod boundary;
mod callback;
mod growing;
mod pointer;
#[cfg(test)]
mod tests;

pub mod answers;
pub mod bundle;
pub mod code;
pub mod compiled;
pub mod context;
pub mod error;
pub mod fonts;
pub mod frame;
pub mod govern;
pub mod guard;
pub mod jobs;
pub mod keyring;
pub mod library;
pub mod limits;
pub mod models;
pub mod origins;
pub mod output;
pub mod pack;
pub mod plan;
pub mod render;
pub mod report;
pub mod request;
pub mod resources;
pub mod row;
pub mod template;
