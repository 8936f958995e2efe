//! RSS 2.0 and Atom: items are cut out of the stream, and each is read by itself.
//!
//! The lexer knows no more than what hides a tag: comments, CDATA, processing instructions, quoted attributes. It keeps its place between
//! two pushes, so that no byte is looked at twice however the stream is cut, and what waits in memory is one item at most. Whether an item is
//! well-formed is asked when it is read (`item`): one that is not harms no other. Items never lie in each other, so one that begins inside
//! another shows that the other's end is missing. A DTD may be named but declare nothing, so there is nothing that could expand.

mod item;
mod names;
#[cfg(test)]
mod tests;

pub(super) use item::{Element, elements};
pub(super) use names::{Names, attribute};

use super::input::Input;
use super::{Broken, Record, Step, bad_feed, bad_row, columns};
use crate::error::{Fault, quoted};
use names::Tag;

/// The most bytes of the root's tag and of the declaration.
const ROOT_BYTES: usize = 64 << 10;
/// How much of an item beyond the limit is kept, to find its id in.
const HEAD_BYTES: usize = 16 << 10;
/// No name is longer.
const NAME_BYTES: usize = 1 << 10;
const DECLARATION: &[u8] = b"<?xml";

/// The lexer. Its places are counted from the first byte that waits; an open item begins there.
#[derive(Debug, Default)]
pub(super) struct Xml {
    /// What the root says; nothing before it.
    names: Option<Names>,
    /// Where the markup begins that is open, and what is still to be looked at.
    open: usize,
    at: usize,
    state: State,
    item: Option<Open>,
    is_declared: bool,
    is_closed: bool,
}

/// The item that is open.
#[derive(Debug, Default)]
struct Open {
    line: u64,
    /// Of an item beyond the limit: the bytes that were dropped, and the first of them.
    gone: usize,
    head: Vec<u8>,
}

/// What the text at `at` is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum State {
    #[default]
    Text,
    /// Behind a `<`.
    Markup,
    Comment,
    Cdata,
    Instruction,
    /// A tag with the quote that is open in it.
    Tag(Tag, Option<u8>),
    Doctype(Option<u8>),
}

impl Xml {
    /// What the root says, once it is read.
    pub(super) fn names(&self) -> Option<&Names> {
        self.names.as_ref()
    }

    pub(super) fn step(&mut self, input: &mut Input) -> Step {
        if !self.is_declared {
            match declared(input) {
                Ok(true) => self.is_declared = true,
                Ok(false) => return Step::More,
                Err(fault) => return Step::Fault(fault),
            }
        }
        loop {
            let lexed = self.lex(input);
            self.relieve(input);
            match lexed {
                Ok(Lexed::On) => {}
                Ok(Lexed::Record(record)) => return Step::Record(record),
                Ok(Lexed::More) if input.is_last() => return self.end(input),
                Ok(Lexed::More) => return Step::More,
                Err(fault) => return Step::Fault(fault),
            }
        }
    }

    /// The end of the stream: an item that is cut off by it, and a word on a feed that is.
    fn end(&mut self, input: &mut Input) -> Step {
        self.at = input.bytes().len();
        self.state = State::Text;
        if self.item.is_some() {
            return Step::Record(self.close(input, self.at, Some("an item must be closed, found the end of the feed")));
        }
        self.relieve(input);
        match self.names {
            None => Step::Fault(bad_feed("an XML feed must have a root element, found none")),
            Some(_) if !self.is_closed => Step::Fault(bad_feed("the root of an XML feed must be closed, found the end of the file")),
            Some(_) => Step::Over,
        }
    }

    /// Goes on to the next change of state.
    fn lex(&mut self, input: &mut Input) -> Result<Lexed, Fault> {
        let bytes = input.bytes();
        match self.state {
            State::Text => {
                let Some(found) = self.pass(bytes, b"<") else { return Ok(Lexed::More) };
                (self.open, self.state) = (found, State::Markup);
            }
            State::Markup => return Ok(self.markup(input)),
            State::Comment | State::Cdata | State::Instruction => {
                let end: &[u8] = match self.state {
                    State::Comment => b"-->",
                    State::Cdata => b"]]>",
                    _ => b"?>",
                };
                if self.pass(bytes, end).is_none() {
                    return Ok(Lexed::More);
                }
                self.state = State::Text;
            }
            State::Tag(tag, quote) => {
                let mark = self.pass_mark(bytes, quote, b">\"'");
                if tag == Tag::Root && self.at.saturating_sub(self.open) > ROOT_BYTES {
                    return Err(bad_feed(format!("the root's tag must end within {ROOT_BYTES} bytes, found more")));
                }
                let Some(mark) = mark else { return Ok(Lexed::More) };
                match (quote, mark) {
                    (Some(_), _) => self.state = State::Tag(tag, None),
                    (None, b'>') => {
                        self.state = State::Text;
                        return self.tag(tag, input);
                    }
                    (None, quote) => self.state = State::Tag(tag, Some(quote)),
                }
            }
            State::Doctype(quote) => match (quote, self.pass_mark(bytes, quote, b">\"'[")) {
                (_, None) => return Ok(Lexed::More),
                (Some(_), _) => self.state = State::Doctype(None),
                (None, Some(b'>')) => self.state = State::Text,
                (None, Some(b'[')) if self.item.is_none() => {
                    return Err(bad_feed("a feed's DOCTYPE must declare nothing, found declarations"));
                }
                (None, Some(b'[')) => {}
                (None, quote) => self.state = State::Doctype(quote),
            },
        }
        Ok(Lexed::On)
    }

    /// Tells what a `<` begins.
    fn markup(&mut self, input: &mut Input) -> Lexed {
        let rest = input.bytes().get(self.open..).unwrap_or_default();
        let marks: [(&[u8], State); 4] =
            [(b"<!--", State::Comment), (b"<![CDATA[", State::Cdata), (b"<?", State::Instruction), (b"<!", State::Doctype(None))];
        for (mark, state) in marks {
            if rest.starts_with(mark) {
                self.at = self.open + mark.len();
                self.state = state;
                return Lexed::On;
            }
            if mark.starts_with(rest) {
                return Lexed::More;
            }
        }
        let tag = match names::name_of_tag(rest) {
            Some(b"") => {
                // A lone `<` in a text.
                self.state = State::Text;
                return Lexed::On;
            }
            Some(name) => Tag::of(name, self.names.as_ref()),
            None if rest.len() > NAME_BYTES => Tag::Other,
            None => return Lexed::More,
        };
        let unclosed = match tag {
            Tag::Item => "an item must be closed before the next one begins",
            Tag::RootEnd => "an item must be closed before its feed is",
            _ => "",
        };
        if !unclosed.is_empty() && self.item.is_some() {
            // The tag is looked at again when the item is out of its way.
            return Lexed::Record(self.close(input, self.open, Some(unclosed)));
        }
        if tag == Tag::Item {
            input.pass(self.open);
            self.shift(self.open);
            self.item = Some(Open { line: input.line(), ..Open::default() });
        }
        self.state = State::Tag(tag, None);
        Lexed::On
    }

    /// Acts on a tag that ends at `at`.
    fn tag(&mut self, tag: Tag, input: &mut Input) -> Result<Lexed, Fault> {
        let before = input.bytes().get(..self.at).unwrap_or_default();
        let is_empty = before.ends_with(b"/>");
        match tag {
            Tag::Root => {
                self.names = Some(Names::of_root(&String::from_utf8_lossy(before.get(self.open..).unwrap_or_default()))?);
                self.is_closed = is_empty;
            }
            Tag::RootEnd => self.is_closed = true,
            Tag::Item if is_empty => return Ok(Lexed::Record(self.close(input, self.at, None))),
            Tag::ItemEnd if self.item.is_some() => return Ok(Lexed::Record(self.close(input, self.at, None))),
            Tag::Item | Tag::ItemEnd | Tag::Other => {}
        }
        Ok(Lexed::On)
    }

    /// Takes the open item, which ends at a place.
    fn close(&mut self, input: &mut Input, end: usize, fault: Option<&str>) -> Record {
        let item = self.item.take().unwrap_or_default();
        let length = item.gone.saturating_add(end);
        let bytes = input.bytes().get(..end).unwrap_or_default();
        let row = if length > input.limit() {
            let head = if item.gone > 0 { &item.head } else { bytes.get(..HEAD_BYTES.min(input.limit())).unwrap_or(bytes) };
            let fault = bad_row("", format!("an item must be at most {} bytes long, found {length}", input.limit()));
            Err(Broken { id: self.id(&String::from_utf8_lossy(head)), fault })
        } else {
            let mut charset = input.charset;
            charset.look(bytes);
            let row = match (charset.text(bytes), &self.names, fault) {
                (Some(text), Some(names), None) => item::columns(&text, names).map_err(|message| (message, item::id(&text, names))),
                (Some(text), _, Some(fault)) => Err((fault.to_owned(), self.id(&text))),
                _ => Err((format!("an item {}", charset.expected()), self.id(&String::from_utf8_lossy(bytes)))),
            };
            input.charset = charset;
            row.map(columns::row).map_err(|(message, id)| Broken { id, fault: bad_row("", message) })
        };
        // One beyond the limit is left out of what is written again, as a whole.
        if length > input.limit() {
            input.drop(end)
        } else {
            input.take(end)
        }
        self.shift(end);
        Record { line: item.line, row }
    }

    fn id(&self, text: &str) -> Option<String> {
        item::id(text, self.names.as_ref()?)
    }

    /// Lets go of what need not wait any longer.
    fn relieve(&mut self, input: &mut Input) {
        let free = if matches!(self.state, State::Markup | State::Tag(Tag::Root, _)) { self.open.min(self.at) } else { self.at };
        match &mut self.item {
            None => input.pass(free),
            Some(item) if item.gone > 0 || free > input.limit() => {
                if item.gone == 0 {
                    item.head = input.bytes().get(..HEAD_BYTES.min(input.limit())).unwrap_or_default().to_owned();
                }
                item.gone = item.gone.saturating_add(free);
                input.drop(free);
            }
            Some(_) => return,
        }
        self.shift(free);
    }

    fn shift(&mut self, count: usize) {
        self.open = self.open.saturating_sub(count);
        self.at = self.at.saturating_sub(count);
    }

    /// Looks for a mark from `at` on and goes behind it; without one, up to where its first bytes may stand.
    fn pass(&mut self, bytes: &[u8], mark: &[u8]) -> Option<usize> {
        let rest = bytes.get(self.at..).unwrap_or_default();
        let Some((first, others)) = mark.split_first() else { return None };
        let mut from = 0;
        while let Some(found) = rest.get(from..).and_then(|rest| rest.iter().position(|b| b == first)) {
            let after = rest.get(from + found + 1..).unwrap_or_default();
            if after.starts_with(others) {
                let found = self.at + from + found;
                self.at = found + mark.len();
                return Some(found);
            }
            from += found + 1;
        }
        self.at = bytes.len().saturating_sub(others.len()).max(self.at);
        None
    }

    /// Goes behind the next of some marks, in a quote behind its end.
    fn pass_mark(&mut self, bytes: &[u8], quote: Option<u8>, marks: &[u8]) -> Option<u8> {
        let rest = bytes.get(self.at..).unwrap_or_default();
        let found = rest.iter().position(|b| quote.map_or_else(|| marks.contains(b), |quote| *b == quote));
        self.at = found.map_or(bytes.len(), |found| self.at + found + 1);
        found.and_then(|found| rest.get(found)).copied()
    }
}

/// What one step of the lexer comes to.
enum Lexed {
    On,
    More,
    Record(Record),
}

/// Obeys the encoding that an XML declaration names; false where its end is not there yet.
///
/// UTF-8 and Windows-1252 are told by what follows, as in all feeds: declarations are wrong about them more often than bytes are.
fn declared(input: &mut Input) -> Result<bool, Fault> {
    let head = input.bytes().trim_ascii_start();
    let head = head.get(..NAME_BYTES).unwrap_or(head);
    if !head.starts_with(DECLARATION) {
        return Ok(input.is_last() || !DECLARATION.starts_with(head));
    }
    let Some(end) = head.windows(2).position(|pair| pair == b"?>") else { return Ok(input.is_last() || head.len() == NAME_BYTES) };
    let declaration = String::from_utf8_lossy(head.get(..end).unwrap_or_default()).into_owned();
    let Some(label) = names::attribute(&declaration, "encoding") else { return Ok(true) };
    let Some(encoding) = encoding_rs::Encoding::for_label(label.as_bytes()) else {
        return Err(bad_feed(format!("an XML feed's encoding must be one of the WHATWG's list, found {}", quoted(label))));
    };
    let is_told = [encoding_rs::UTF_8, encoding_rs::WINDOWS_1252, encoding_rs::UTF_16LE, encoding_rs::UTF_16BE].contains(&encoding);
    if !is_told && !input.charset.is_fixed() {
        input.decode_as(encoding);
    }
    Ok(true)
}
