//! CSS values: what a key's text means, as plain typed data.
//!
//! In comes a key of the format with the text or number that a template or a bound row gave it, out comes a [`Declaration`]; a list of
//! declarations makes a [`Style`]. Nothing here knows layers, rows or pixels. Names, grammars, initial values and inheritance are those of
//! the CSS specifications; the differences that the format makes are said where they are made.

pub(crate) mod color;
pub(crate) mod gradient;
pub(crate) mod length;
pub(crate) mod property;
pub(crate) mod style;
