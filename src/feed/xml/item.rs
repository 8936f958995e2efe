//! One item's text to a row, by itself.
//!
//! An element is a column: one that has text is a text, one that has elements is a map, what stands several times is a list; of an element
//! without content the attributes are the map (`<enclosure url="..."/>`). `g:x` and `x` are both column `x`, and Google's wins. A column
//! that the catalogue knows as one value takes the first that is not blank, whatever markup lies in it. Entities are decoded once here, those
//! of HTML too, which feeds use without declaring them; what is no entity stays as it was written. There is no DTD, hence nothing that could
//! expand, and no element is read from anywhere but this text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::escape::resolve_html5_entity;
use quick_xml::events::{BytesStart, Event};

use crate::row::Value;
use crate::row::catalogue;
use crate::row::field::FieldType;

use super::names::{Names, google_prefixes, name_of_tag};

/// Most elements of one item.
const MAX_ELEMENTS: usize = 10_000;
/// Deepest nesting of one item's elements.
const MAX_DEPTH: usize = 64;
/// Longest name between `&` and `;`.
const ENTITY_BYTES: usize = 32;
/// Elements of HTML that part words.
const BREAKS: &[&str] = &["br", "p", "div", "li", "ul", "ol", "tr", "td", "h1", "h2", "h3", "h4", "h5", "h6"];

/// A column of an item, as it stands there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) is_google: bool,
    pub(crate) value: Value,
    /// Its bytes in the item's text, and those between its tags; of `<x/>` none, at its end.
    pub(crate) whole: Range<usize>,
    pub(crate) inner: Range<usize>,
}

/// An item's columns, by name.
pub(super) fn columns(text: &str, names: &Names) -> Result<BTreeMap<String, Value>, String> {
    Ok(gathered(elements(text, names)?, true))
}

/// The id of an item that cannot be read, as far as it can be found.
pub(super) fn id(text: &str, names: &Names) -> Option<String> {
    let (mut open, mut plain) = (text, None);
    while let Some(at) = open.find('<') {
        open = open.get(at..)?;
        let tag = std::str::from_utf8(name_of_tag(open.as_bytes()).unwrap_or_default()).unwrap_or_default();
        let column = names.column(tag, &[]);
        if column.name == "id" {
            let content = open.split_once('>')?.1;
            let content = content.strip_prefix("<![CDATA[").and_then(|c| c.split_once("]]>")).or(content.split_once('<'))?.0;
            let id = decoded(content).trim().to_owned();
            if column.is_google {
                return Some(id);
            }
            plain.get_or_insert(id);
        }
        open = open.get(1..)?;
    }
    plain
}

/// An item's columns in their order; the message of a fault names the line within the item.
pub(crate) fn elements(text: &str, names: &Names) -> Result<Vec<Element>, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut builder = Builder { text: String::new(), open: Vec::new(), count: 0, done: None };
    loop {
        let from = position(&reader);
        let event = reader.read_event().map_err(|error| {
            let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX).min(text.len());
            let line = text.as_bytes().get(..at).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
            let line = if line > 0 { format!(", in line {} of the item", line + 1) } else { String::new() };
            format!("an item must be well-formed XML: {error}{line}")
        })?;
        let to = position(&reader);
        match event {
            Event::Start(tag) => builder.start(&tag, names, from, to)?,
            Event::Empty(tag) => {
                builder.start(&tag, names, from, to)?;
                builder.end(to, to);
            }
            Event::End(_) => builder.end(from, to),
            Event::Text(part) => builder.text(&part.xml10_content()),
            Event::CData(part) => builder.text(&part.xml10_content()),
            Event::GeneralRef(reference) => match entity(&reference) {
                Some(meant) => builder.text(&meant),
                None => builder.text(text.get(from..to).unwrap_or_default()),
            },
            Event::Comment(_) | Event::PI(_) => {}
            Event::Decl(_) | Event::DocType(_) => return Err("an item must hold elements and text, found a declaration".to_owned()),
            Event::Eof => break,
        }
    }
    match builder.done {
        Some(columns) if builder.open.is_empty() => Ok(columns),
        _ => Err("an item must be well-formed XML: an element is not closed".to_owned()),
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// The elements that are open, and what they hold so far.
struct Builder {
    /// All text of the column that is open.
    text: String,
    open: Vec<Frame>,
    count: usize,
    done: Option<Vec<Element>>,
}

struct Frame {
    name: String,
    is_google: bool,
    attributes: Vec<(String, String)>,
    /// Google's prefixes that are bound here and above.
    google: Vec<String>,
    children: Vec<Element>,
    /// Whether text stands in it directly.
    has_text: bool,
    from: usize,
    inner: usize,
    /// Where its text begins.
    text: usize,
}

impl Builder {
    fn start(&mut self, tag: &BytesStart<'_>, names: &Names, from: usize, to: usize) -> Result<(), String> {
        self.count += 1;
        if self.count > MAX_ELEMENTS {
            return Err(format!("an item must have at most {MAX_ELEMENTS} elements, found more"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("an item's elements must be nested at most {MAX_DEPTH} deep, found deeper ones"));
        }
        let mut google = self.open.last().map(|f| f.google.clone()).unwrap_or_default();
        google.extend(google_prefixes(tag));
        let name = tag.name();
        let column = names.column(name.as_ref(), &google);
        let mut attributes = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| format!("an item must be well-formed XML: {error}"))?;
            let name = attribute.key.as_ref();
            if name != "xmlns" && !name.starts_with("xmlns:") {
                attributes.push((name.to_owned(), decoded(&attribute.value).into_owned()));
            }
        }
        if self.open.len() == 1 {
            self.text.clear();
        }
        if BREAKS.contains(&column.name) && !self.text.ends_with(char::is_whitespace) {
            self.text.push('\n');
        }
        self.open.push(Frame {
            name: column.name.to_owned(),
            is_google: column.is_google,
            attributes,
            google,
            children: Vec::new(),
            has_text: false,
            from,
            inner: to,
            text: self.text.len(),
        });
        Ok(())
    }

    fn text(&mut self, part: &str) {
        if let Some(frame) = self.open.last_mut() {
            frame.has_text |= !part.trim().is_empty();
            self.text.push_str(part);
        }
    }

    fn end(&mut self, inner_end: usize, end: usize) {
        let Some(frame) = self.open.pop() else { return };
        if self.open.is_empty() {
            self.done = Some(frame.children);
            return;
        }
        let text = self.text.get(frame.text..).unwrap_or_default().trim();
        let is_column = self.open.len() == 1;
        let value = match &frame {
            Frame { name, .. } if is_column && name == "link" && !frame.is_google && !frame.has_text => link(&frame.attributes),
            Frame { has_text: false, children, .. } if !children.is_empty() && !(is_column && is_text(&frame.name)) => {
                Value::map(gathered(frame.children, false))
            }
            _ if text.is_empty() && frame.children.is_empty() && !frame.attributes.is_empty() => {
                Value::map(frame.attributes.into_iter().map(|(name, value)| (name, Value::text(value))))
            }
            _ if text.is_empty() => Value::Null,
            _ => Value::text(text),
        };
        if BREAKS.contains(&frame.name.as_str()) && !self.text.ends_with(char::is_whitespace) {
            self.text.push('\n');
        }
        let element =
            Element { name: frame.name, is_google: frame.is_google, value, whole: frame.from..end, inner: frame.inner..inner_end };
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(element);
        }
    }
}

/// Atom's `<link href="..."/>`; those of another relation are no page of the product.
fn link(attributes: &[(String, String)]) -> Value {
    let get = |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.trim());
    match (get("rel"), get("href")) {
        (None | Some("" | "alternate"), Some(href)) => Value::text(href),
        _ => Value::Null,
    }
}

/// Elements by name: Google's before plain ones, one as itself and several as a list.
fn gathered(elements: Vec<Element>, are_columns: bool) -> BTreeMap<String, Value> {
    let mut found: BTreeMap<String, (Vec<Value>, Vec<Value>)> = BTreeMap::new();
    for element in elements {
        let (google, plain) = found.entry(element.name).or_default();
        let values = if element.is_google { google } else { plain };
        if !element.value.is_null() {
            values.push(element.value);
        }
    }
    let one = |(name, (google, plain)): (String, (Vec<Value>, Vec<Value>))| {
        let mut values = if google.is_empty() { plain } else { google };
        let kind = if are_columns { catalogue::column(&name).map(|field| field.kind) } else { None };
        let value = match kind {
            Some(FieldType::List) if !values.is_empty() => Value::list(values),
            None if values.len() > 1 => Value::list(values),
            _ if values.is_empty() => Value::Null,
            _ => values.swap_remove(0),
        };
        (name, value)
    };
    found.into_iter().map(one).collect()
}

/// Whether a column is known to be one value that is written as text.
fn is_text(column: &str) -> bool {
    catalogue::column(column).is_some_and(|field| field.kind != FieldType::List)
}

/// Text with its entities decoded; what is none stays.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let name = after.split_once(';').map(|(name, _)| name).filter(|name| name.len() <= ENTITY_BYTES);
        match name.and_then(|name| Some((name, entity(name)?))) {
            Some((name, meant)) => {
                out.push_str(&meant);
                rest = after.get(name.len() + 1..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What stands for `name` in `&name;`.
fn entity(name: &str) -> Option<Cow<'static, str>> {
    let Some(number) = name.strip_prefix('#') else { return resolve_html5_entity(name).map(Cow::Borrowed) };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(digits, 16),
        _ if number.bytes().all(|b| b.is_ascii_digit()) => number.parse(),
        _ => return None,
    };
    number.ok().filter(|n| *n != 0).and_then(char::from_u32).map(|c| Cow::Owned(c.to_string()))
}
