//! The template: JSON text in, one typed [`Document`](document::Document) for the base and each variant out.

pub(crate) mod document;
