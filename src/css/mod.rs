//! CSS values: what a key's text means, as plain typed data.
//!
//! In comes a key of the format with the text or number that a template or a bound row gave it, out comes a [`Declaration`]; a list of
//! declarations makes a [`Style`]. Nothing here knows layers, rows or pixels. Names, grammars, initial values and inheritance are those of
//! the CSS specifications; the differences that the format makes are said where they are made.

mod border;
pub(crate) mod color;
pub(crate) mod declaration;
mod filter;
mod flow;
mod font;
pub(crate) mod gradient;
mod grid;
mod keyword;
pub(crate) mod length;
mod named;
mod numeric;
mod parser;
mod position;
mod print;
pub(crate) mod property;
mod shadow;
pub(crate) mod style;
mod table;
mod text;
mod token;
mod transform;

#[cfg(test)]
mod tests;
