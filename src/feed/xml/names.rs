//! What a feed's root says about names: what its items are called, and which prefix is Google's.
//!
//! `g` stands for Google's namespace unless another prefix is bound to it: feeds bind `g` to misspelt addresses, or not at all, and mean
//! nothing else. The root's own prefix (`atom:feed`) is as none.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::{Fault, quoted};
use crate::feed::bad_feed;

/// Google's namespace, without what is misspelt about it.
const GOOGLE: &str = "base.google.com/ns/1.0";

/// What a tag means to the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Root,
    RootEnd,
    Item,
    ItemEnd,
    Other,
}

/// A feed's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    root: String,
    item: String,
    /// The root's prefix with its colon, or nothing.
    plain: String,
    /// The prefixes of Google's namespace, without colons.
    google: Vec<String>,
}

/// A name as a row has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    pub(super) is_google: bool,
}

impl Tag {
    /// What a name (`item`, `/item`) is in a feed.
    pub(super) fn of(name: &[u8], names: Option<&Names>) -> Self {
        match (names, name.strip_prefix(b"/")) {
            (None, None) => Self::Root,
            (Some(names), None) if name == names.item.as_bytes() => Self::Item,
            (Some(names), Some(name)) if name == names.item.as_bytes() => Self::ItemEnd,
            (Some(names), Some(name)) if name == names.root.as_bytes() => Self::RootEnd,
            _ => Self::Other,
        }
    }
}

impl Names {
    /// Reads the root's start tag.
    pub(super) fn of_root(tag: &str) -> Result<Self, Fault> {
        let mut reader = Reader::from_str(tag);
        let start = match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => start,
            _ => return Err(bad_feed(format!("an XML feed must begin with a start tag, found {}", quoted(tag)))),
        };
        let root = start.name().as_ref().to_owned();
        let (plain, local) = root.rfind(':').map_or(("", root.as_str()), |at| root.split_at(at + 1));
        let item = match local.to_ascii_lowercase().as_str() {
            "rss" | "channel" | "rdf" => "item".to_owned(),
            "feed" => format!("{plain}entry"),
            "html" => return Err(bad_feed("a feed must be RSS or Atom, found an HTML page")),
            _ => return Err(bad_feed(format!("the root of an XML feed must be rss or feed, found {}", quoted(&root)))),
        };
        let plain = if item.contains(':') { plain.to_owned() } else { String::new() };
        Ok(Self { item, plain, google: google_prefixes(&start), root })
    }

    /// Whether a prefix is Google's, where `inner` are those that were bound on the way from the root, the innermost last.
    fn is_google(&self, prefix: &str, inner: &[String]) -> bool {
        let bound = |known: &[String]| known.iter().any(|p| p == prefix);
        bound(inner) || bound(&self.google) || (prefix == "g" && self.google.iter().all(String::is_empty))
    }

    /// A name as a row has it: without Google's prefix and the root's, others stay.
    pub(super) fn column<'a>(&self, name: &'a str, inner: &[String]) -> Column<'a> {
        match name.split_once(':') {
            Some((prefix, local)) if self.is_google(prefix, inner) => Column { name: local, is_google: true },
            _ => Column { name: name.strip_prefix(self.plain.as_str()).unwrap_or(name), is_google: false },
        }
    }

    /// How a column of Google's is written.
    pub(crate) fn qualified(&self, column: &str) -> String {
        match self.google.iter().find(|prefix| !prefix.is_empty()) {
            Some(prefix) => format!("{prefix}:{column}"),
            None => column.to_owned(),
        }
    }
}

/// The prefixes that a tag binds to Google's namespace.
pub(super) fn google_prefixes(tag: &BytesStart<'_>) -> Vec<String> {
    let mut prefixes = Vec::new();
    for attribute in tag.attributes().with_checks(false).flatten() {
        let name = attribute.key.as_ref();
        let Some(prefix) = name.strip_prefix("xmlns:").or((name == "xmlns").then_some("")) else { continue };
        let address = attribute.value.trim().to_ascii_lowercase();
        let address = address.strip_prefix("https://").or(address.strip_prefix("http://")).unwrap_or(&address);
        if address.trim_end_matches('/') == GOOGLE {
            prefixes.push(prefix.to_owned());
        }
    }
    prefixes
}

/// The value of an attribute of an XML declaration.
pub(crate) fn attribute<'a>(declaration: &'a str, name: &str) -> Option<&'a str> {
    let value = declaration.split_once(name)?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(value, _)| value)
}

/// The name of a tag that `text` begins with, with the slash of an end tag; empty where it is no tag, nothing where its end is not there yet.
pub(super) fn name_of_tag(text: &[u8]) -> Option<&[u8]> {
    let name = text.get(1..)?;
    let from = usize::from(name.starts_with(b"/"));
    let first = name.get(from)?;
    if !(first.is_ascii_alphabetic() || matches!(first, b'_' | b':' | 0x80..)) {
        return Some(b"");
    }
    let end = name.get(from..)?.iter().position(|b| b.is_ascii_whitespace() || b"></<\"'".contains(b))?;
    name.get(..from + end)
}
