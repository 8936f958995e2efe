//! Items out of a stream of XML: text comes in as it arrives, the text of one item after another goes out.
//!
//! A lexer that knows no more than what hides a tag: comments, CDATA, processing instructions, quoted attributes. It keeps its place between
//! two pushes, so that no byte is looked at twice however the stream is cut, and holds one item at most; what lies between items is dropped,
//! or handed out where the caller wants every byte. Whether an item is well-formed is asked when it is parsed, by itself: an item that is not
//! harms no other. Items never lie in each other, so one that begins inside another shows that the other's end is missing.

use std::collections::VecDeque;

use crate::error::{Code, Fault};

use super::names::{self, Names, Tag};

/// The most bytes of the root's tag, and of a piece of the text between items.
const PIECE_BYTES: usize = 64 << 10;
/// How much of an item beyond the limit is kept, to find its id in.
const HEAD_BYTES: usize = 16 << 10;
/// No name is longer.
const NAME_BYTES: usize = 1 << 10;

/// What the stream holds next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cut {
    /// Text that belongs to no item; only of a cutter that keeps it, and then in pieces.
    Between(String),
    /// An item.
    Item(Piece),
}

/// An item, and where it stood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    /// The physical line where it starts, from 1.
    pub(super) line: u64,
    /// From `<item` to `</item>`; of one beyond the limit what was not handed out before.
    pub(super) text: String,
    /// Of an item beyond the limit, its first bytes.
    pub(super) head: Option<String>,
    /// Why it cannot be parsed, where that is known already.
    pub(super) fault: Option<String>,
}

/// The lexer, and what it has not handed out yet.
#[derive(Debug)]
pub(super) struct Cutter {
    /// What the root says; nothing before it.
    names: Option<Names>,
    buffer: String,
    /// Where the text begins that is not handed out, then the markup that is open, then what is still to be looked at.
    start: usize,
    open: usize,
    at: usize,
    state: State,
    item: Option<Item>,
    /// The line at `counted`.
    line: u64,
    counted: usize,
    ready: VecDeque<Cut>,
    limit: usize,
    keep: bool,
    is_closed: bool,
}

/// The item that is open.
#[derive(Debug)]
struct Item {
    line: u64,
    /// Bytes that left the buffer.
    gone: usize,
    head: Option<String>,
}

/// What the text at `at` is a part of.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Text,
    /// Behind a `<`.
    Markup,
    Comment,
    Cdata,
    Instruction,
    /// A tag with the quote that is open in it.
    Tag(Tag, Option<char>),
    Doctype(Option<char>),
}

impl Cutter {
    pub(super) fn new(limit: usize, keep: bool) -> Self {
        Self {
            names: None,
            buffer: String::new(),
            start: 0,
            open: 0,
            at: 0,
            state: State::Text,
            item: None,
            line: 1,
            counted: 0,
            ready: VecDeque::new(),
            limit,
            keep,
            is_closed: false,
        }
    }

    /// What the root said.
    pub(super) fn names(&self) -> Option<&Names> {
        self.names.as_ref()
    }

    /// The line that was reached.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Bytes that are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.buffer.len()
    }

    /// Takes the next part of the stream.
    pub(super) fn push(&mut self, text: &str) {
        if self.start >= self.buffer.len() / 2 {
            self.count_lines(self.start);
            self.buffer.drain(..self.start);
            for place in [&mut self.open, &mut self.at, &mut self.counted] {
                *place = place.saturating_sub(self.start);
            }
            self.start = 0;
        }
        self.buffer.push_str(text);
    }

    /// The next of what was pushed; nothing where more of it is needed. A fault ends the feed.
    pub(super) fn next(&mut self) -> Result<Option<Cut>, Fault> {
        loop {
            if let Some(cut) = self.ready.pop_front() {
                return Ok(Some(cut));
            }
            let is_on = self.step()?;
            self.relieve()?;
            if !is_on && self.ready.is_empty() {
                return Ok(None);
            }
        }
    }

    /// The end of the stream: called until nothing comes. A fault says that the feed as a whole is cut off.
    pub(super) fn finish(&mut self) -> Result<Option<Cut>, Fault> {
        if let Some(cut) = self.next()? {
            return Ok(Some(cut));
        }
        self.at = self.buffer.len();
        self.state = State::Text;
        if self.item.is_some() {
            self.close(self.at, Some("an item must be closed, the feed ends inside of it"));
        } else if self.keep && self.start < self.at {
            self.between(self.at);
        }
        self.start = self.at;
        self.count_lines(self.at);
        if let Some(cut) = self.ready.pop_front() {
            return Ok(Some(cut));
        }
        let cut_off = "the feed's root element must be closed, is the file cut off?";
        match self.names {
            None => Err(Fault::new(Code::BadFeed, "", "an XML feed must have a root element, found none")),
            Some(_) if !std::mem::replace(&mut self.is_closed, true) => Err(Fault::new(Code::BadFeed, "", cut_off)),
            Some(_) => Ok(None),
        }
    }

    /// Lexes up to the next change of state; false where the text at hand does not hold it.
    fn step(&mut self) -> Result<bool, Fault> {
        match self.state {
            State::Text => {
                let Some(found) = self.find("<", 0) else { return Ok(false) };
                (self.open, self.state) = (found, State::Markup);
            }
            State::Markup => return Ok(self.markup()),
            State::Comment => return Ok(self.pass("-->")),
            State::Cdata => return Ok(self.pass("]]>")),
            State::Instruction => return Ok(self.pass("?>")),
            State::Tag(tag, quote) => {
                let Some(mark) = self.quoted_mark(quote, ['>', '"', '\'']) else { return Ok(false) };
                match (quote, mark) {
                    (Some(_), _) => self.state = State::Tag(tag, None),
                    (None, '>') => {
                        self.state = State::Text;
                        self.tag(tag)?;
                    }
                    (None, quote) => self.state = State::Tag(tag, Some(quote)),
                }
            }
            State::Doctype(quote) => {
                let Some(mark) = self.quoted_mark(quote, ['>', '"', '\'', '[']) else { return Ok(false) };
                match (quote, mark) {
                    (Some(_), _) => self.state = State::Doctype(None),
                    (None, '>') => self.state = State::Text,
                    (None, '[') => return Err(Fault::new(Code::BadFeed, "", "a feed's DOCTYPE must declare nothing, found declarations")),
                    (None, quote) => self.state = State::Doctype(Some(quote)),
                }
            }
        }
        Ok(true)
    }

    /// Tells what a `<` begins.
    fn markup(&mut self) -> bool {
        let rest = self.buffer.get(self.open..).unwrap_or_default();
        for (mark, state) in [("<!--", State::Comment), ("<![CDATA[", State::Cdata), ("<?", State::Instruction)] {
            if rest.starts_with(mark) {
                self.at = self.open + mark.len();
                self.state = state;
                return true;
            }
            if mark.starts_with(rest) {
                return false;
            }
        }
        if rest.starts_with("<!") {
            self.at = self.open + 2;
            self.state = State::Doctype(None);
            return true;
        }
        let tag = match names::name_of_tag(rest) {
            Some("") => {
                // A lone `<` in a text.
                self.state = State::Text;
                return true;
            }
            Some(name) => Tag::of(name, self.names.as_ref()),
            None if rest.len() > NAME_BYTES => Tag::Other,
            None => return false,
        };
        match tag {
            Tag::Item => self.begin(),
            Tag::RootEnd if self.item.is_some() => self.close(self.open, Some("an item must be closed before its feed is")),
            _ => {}
        }
        self.state = State::Tag(tag, None);
        true
    }

    /// Acts on a tag that ends at `at`.
    fn tag(&mut self, tag: Tag) -> Result<(), Fault> {
        let text = self.buffer.get(self.open..self.at).unwrap_or_default();
        let is_empty = text.ends_with("/>");
        match tag {
            Tag::Root => {
                self.names = Some(Names::of_root(text)?);
                self.is_closed = is_empty;
            }
            Tag::Item if is_empty => self.close(self.at, None),
            Tag::ItemEnd if self.item.is_some() => self.close(self.at, None),
            Tag::RootEnd => self.is_closed = true,
            Tag::Item | Tag::ItemEnd | Tag::Other => {}
        }
        Ok(())
    }

    /// Begins an item at `open`.
    fn begin(&mut self) {
        if self.item.is_some() {
            self.close(self.open, Some("an item must be closed before the next one begins"));
        } else if self.keep && self.start < self.open {
            self.between(self.open);
        }
        self.start = self.open;
        self.count_lines(self.open);
        self.item = Some(Item { line: self.line, gone: 0, head: None });
    }

    /// Hands out the open item.
    fn close(&mut self, end: usize, fault: Option<&str>) {
        let Some(item) = self.item.take() else { return };
        let length = item.gone + end.saturating_sub(self.start);
        let mut text = self.buffer.get(self.start..end).unwrap_or_default().to_owned();
        let mut fault = fault.map(str::to_owned);
        let mut head = item.head;
        if length > self.limit {
            fault = Some(format!("an item must be at most {} bytes long, found {length}", self.limit));
            head = head.or_else(|| Some(self.head(&text)));
            if !self.keep {
                text.clear();
            }
        }
        self.ready.push_back(Cut::Item(Piece { line: item.line, text, head, fault }));
        self.start = end;
    }

    /// Hands out text that belongs to no item.
    fn between(&mut self, end: usize) {
        self.ready.push_back(Cut::Between(self.buffer.get(self.start..end).unwrap_or_default().to_owned()));
        self.start = end;
    }

    /// Lets go of what need not be held any longer.
    fn relieve(&mut self) -> Result<(), Fault> {
        let is_root = matches!(self.state, State::Tag(Tag::Root, _));
        let free = if self.state == State::Markup || is_root { self.open } else { self.at };
        let held = free.saturating_sub(self.start);
        if is_root && self.buffer.len().saturating_sub(self.open) > PIECE_BYTES && self.at.saturating_sub(self.open) > PIECE_BYTES {
            return Err(Fault::new(Code::BadFeed, "", format!("the root's tag must end within {PIECE_BYTES} bytes")));
        }
        let is_long = match &self.item {
            None => held > if self.keep { PIECE_BYTES } else { 0 },
            Some(item) => item.gone > 0 || held > self.limit,
        };
        if !is_long || held == 0 {
            return Ok(());
        }
        let text = self.buffer.get(self.start..free).unwrap_or_default();
        let head = self.head(text);
        if let Some(item) = &mut self.item {
            item.head.get_or_insert(head);
            item.gone += held;
        }
        if self.keep {
            self.between(free);
        }
        self.count_lines(free);
        self.start = free;
        Ok(())
    }

    /// The first bytes of an item; as many whatever was pushed at once.
    fn head(&self, text: &str) -> String {
        text.get(..text.floor_char_boundary(HEAD_BYTES.min(self.limit))).unwrap_or_default().to_owned()
    }

    /// Looks for a mark from `at` on and goes behind it; without one, up to where its first `overlap` bytes may stand.
    fn find(&mut self, mark: &str, overlap: usize) -> Option<usize> {
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        match rest.find(mark) {
            Some(found) => {
                let found = self.at + found;
                self.at = found + mark.len();
                Some(found)
            }
            None => {
                self.at = self.buffer.floor_char_boundary(self.buffer.len().saturating_sub(overlap)).max(self.at);
                None
            }
        }
    }

    /// Goes behind the end of a comment or the like.
    fn pass(&mut self, end: &str) -> bool {
        let is_found = self.find(end, end.len() - 1).is_some();
        if is_found {
            self.state = State::Text;
        }
        is_found
    }

    /// Goes behind the next of some marks, in a quote behind its end.
    fn quoted_mark<const N: usize>(&mut self, quote: Option<char>, marks: [char; N]) -> Option<char> {
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let found = match quote {
            Some(quote) => rest.find(quote).map(|at| (at, quote)),
            None => rest.find(marks).and_then(|at| Some((at, rest.get(at..)?.chars().next()?))),
        };
        self.at = found.map_or(self.buffer.len(), |(at, mark)| self.at + at + mark.len_utf8());
        found.map(|(_, mark)| mark)
    }

    fn count_lines(&mut self, upto: usize) {
        let passed = self.buffer.as_bytes().get(self.counted..upto).unwrap_or_default();
        self.line += u64::try_from(passed.iter().filter(|b| **b == b'\n').count()).unwrap_or(0);
        self.counted = self.counted.max(upto);
    }
}
