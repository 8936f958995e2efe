//! A tree back to JSON text: one line, one space after `:` and `,`. Reading it gives an equal tree; its bytes are what a digest covers.

use std::fmt::{self, Write};

use super::reader::{Json, Node};

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.json {
            Json::Null => f.write_str("null"),
            Json::Bool(b) => write!(f, "{b}"),
            Json::Number(text) => f.write_str(text),
            Json::String(text) => string(text, f),
            Json::Array(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    separate(index, f)?;
                    item.fmt(f)?;
                }
                f.write_char(']')
            }
            Json::Object(entries) => {
                f.write_char('{')?;
                for (index, entry) in entries.iter().enumerate() {
                    separate(index, f)?;
                    string(&entry.key, f)?;
                    f.write_str(": ")?;
                    entry.node.fmt(f)?;
                }
                f.write_char('}')
            }
        }
    }
}

fn separate(index: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if index > 0 { f.write_str(", ") } else { Ok(()) }
}

/// A JSON string literal.
pub(crate) fn string(text: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if c < ' ' || c == '\u{7f}' => write!(out, "\\u{:04x}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}
