//! Feeds: bytes of a file in, one [`FeedRow`] after another out.
//!
//! A push parser, so that a host in any language brings the bytes as it has them: the chunks' borders change nothing. What lies in memory is
//! the last chunk, one record, and 16 bytes for each id. A record that is no row is an entry with its reason, and the next one follows; only
//! what makes the whole file unreadable is a fault of the reader.
//!
//! `input` holds the bytes that wait, counts lines and undoes UTF-16; `delimited` and `lines` part them into records, one file a format;
//! `charset` tells UTF-8 from Windows-1252; `header` and `columns` make a row out of cells or of a JSON object; `clean` undoes entities;
//! `ids` finds ids that stand twice; `overrides` lays a second feed over the rows of the first;
//! `group` makes one row of those with the same value of a column.

mod charset;
mod clean;
mod columns;
mod delimited;
mod group;
mod header;
mod ids;
mod input;
mod lines;
mod overrides;
mod rewrite;
mod xml;

pub use charset::FeedEncoding;
pub use group::{Group, Groups};
pub use ids::RowIds;
pub use overrides::Overrides;
pub use rewrite::Rewriter;

use crate::error::{Code, Error, Fault};
use crate::limits::Limits;
use crate::row::Row;
use delimited::Delimited;
use input::Input;
use lines::Lines;
use xml::Xml;

/// How a feed is written.
///
/// ```
/// use templrender::{FeedFormat, FeedReader, Limits};
/// let mut reader = FeedReader::new(None, &Limits::default());
/// reader.push(b"{\"id\": 7}\n");
/// assert!(reader.next_row().is_some());
/// assert_eq!(reader.format(), Some(FeedFormat::JsonLines));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeedFormat {
    /// A header and records of cells, parted by commas, tabs, semicolons or bars; the header tells which.
    Delimited,
    /// One JSON object a line.
    JsonLines,
    /// RSS 2.0 or Atom with the elements of Google's and Meta's catalogues.
    Xml,
}

/// One record of a feed: a row, or why it is none.
///
/// ```
/// use templrender::{Code, FeedReader, Limits};
/// let mut reader = FeedReader::new(None, &Limits::default());
/// reader.push(b"id,title\na,Honey\nb\n");
/// let good = reader.next_row().unwrap();
/// assert_eq!((good.line, good.id.as_deref()), (2, Some("a")));
/// assert_eq!(good.row?.get("title").and_then(|v| v.as_text()), Some("Honey"));
/// let ragged = reader.next_row().unwrap();
/// assert_eq!((ragged.line, ragged.id.as_deref()), (3, Some("b")));
/// assert_eq!(ragged.row.unwrap_err().to_string(), "a row must have 2 cells as the header has, found 1");
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FeedRow {
    /// The line where the record starts, from 1.
    pub line: u64,
    /// What the record calls itself, without blanks around it; `None` in feeds without ids, and where a failing record does not show it.
    pub id: Option<String>,
    /// The row, or why the record is none.
    pub row: Result<Row, Error>,
    /// The record's own text, of readers that were asked for it.
    pub source: Option<FeedSource>,
}

impl FeedRow {
    /// A record that came from elsewhere, without its text.
    ///
    /// ```
    /// use templrender::{FeedRow, Limits, Overrides, Row};
    /// let mut overrides = Overrides::new(&Limits::default());
    /// overrides.add(FeedRow::new(1, Some("a".into()), Row::from_json(r#"{ "title": "Asternhonig" }"#)))?;
    /// assert_eq!(overrides.len(), 1);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn new(line: u64, id: Option<String>, row: Result<Row, Error>) -> Self {
        Self { line, id, row, source: None }
    }
}

/// A record as the feed has it: all `before` and `record` in order and [`FeedReader::tail`] at the end are the feed again.
///
/// They are the feed's bytes, apart from UTF-16, which is given as UTF-8. What is left out: a line longer than the limit, and of blank
/// lines what is beyond the limit.
///
/// ```
/// use templrender::{FeedReader, Limits};
/// let mut reader = FeedReader::new(None, &Limits::default()).with_source();
/// reader.push(b"id,title\r\na,Honey\r\n");
/// reader.finish();
/// let source = reader.next_row().and_then(|row| row.source).unwrap();
/// assert!(reader.next_row().is_none());
/// assert_eq!((&source.before[..], &source.record[..], reader.tail()), (&b"id,title\r\n"[..], &b"a,Honey"[..], &b"\r\n"[..]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FeedSource {
    /// What lies between the record before and this one: line ends, blank lines, and in front of the first record the header.
    pub before: Vec<u8>,
    /// The record, without the line end behind it.
    pub record: Vec<u8>,
}

/// Reads a feed: bytes are pushed, rows are taken.
///
/// ```
/// use templrender::{FeedReader, Limits, Value};
/// let mut reader = FeedReader::new(None, &Limits::default());
/// let mut titles = Vec::new();
/// for chunk in "id;Title\n1;\"Aster; honey\"\n2;\"Linden &amp;amp; clover\"".as_bytes().chunks(7) {
///     reader.push(chunk);
///     while let Some(row) = reader.next_row() {
///         titles.extend(row.row?.get("title").cloned());
///     }
/// }
/// reader.finish();
/// while let Some(row) = reader.next_row() {
///     titles.extend(row.row?.get("title").cloned());
/// }
/// assert_eq!(titles, [Value::text("Aster; honey"), Value::text("Linden & clover")]);
/// assert!(reader.fault().is_none());
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug)]
pub struct FeedReader {
    input: Input,
    format: Option<FeedFormat>,
    parser: Option<Parser>,
    ids: Option<RowIds>,
    fault: Option<Error>,
    tail: Vec<u8>,
    over: bool,
}

/// One format's way from bytes to records.
#[derive(Debug)]
enum Parser {
    Delimited(Box<Delimited>),
    Lines(Lines),
    Xml(Box<Xml>),
}

/// What a parser comes to. A parser takes what it has read with [`Input::take`] (a record's text) and [`Input::pass`] (what lies between).
enum Step {
    /// More bytes are wanted.
    More,
    /// There are no more records.
    Over,
    /// A record.
    Record(Record),
    /// The whole file cannot be read, or not from here on.
    Fault(Fault),
}

/// A record as a parser gives it; whether its id is one is not its to say.
struct Record {
    line: u64,
    row: Result<Row, Broken>,
}

/// Why a record is no row, and its id where it can be seen.
struct Broken {
    id: Option<String>,
    fault: Fault,
}

impl FeedReader {
    /// A reader of one feed; without a format the first bytes tell it.
    pub fn new(format: Option<FeedFormat>, limits: &Limits) -> Self {
        let input = Input::new(limits.max_feed_row_bytes);
        Self { input, format, parser: None, ids: Some(RowIds::new()), fault: None, tail: Vec::new(), over: false }
    }

    /// Sets the encoding, where it is known and the bytes may not tell it; a byte order mark is passed over all the same.
    pub fn with_encoding(mut self, encoding: FeedEncoding) -> Self {
        self.input.set_encoding(encoding);
        self
    }

    /// Gives each row the text of its record, and what lies before it, so that the feed can be written again.
    pub fn with_source(mut self) -> Self {
        self.input.keep_source();
        self
    }

    /// Takes ids that stand twice: for second feeds with several rows an id, such as Meta's with a row for each country.
    pub fn with_repeated_ids(mut self) -> Self {
        self.ids = None;
        self
    }

    /// The next bytes of the feed. Rows are best taken before more is pushed: what is pushed waits in memory.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.over {
            self.input.push(bytes);
        }
    }

    /// No more bytes follow.
    pub fn finish(&mut self) {
        self.input.finish();
    }

    /// The next row; `None` when more bytes are wanted, or after [`finish`](Self::finish) when the feed is over.
    pub fn next_row(&mut self) -> Option<FeedRow> {
        if self.over {
            return None;
        }
        if self.parser.is_none() && !self.begin() {
            return None;
        }
        let step = match self.parser.as_mut()? {
            Parser::Delimited(parser) => parser.step(&mut self.input),
            Parser::Lines(parser) => parser.step(&mut self.input),
            Parser::Xml(parser) => parser.step(&mut self.input),
        };
        match step {
            Step::More => None,
            Step::Record(record) => Some(self.judge(record)),
            Step::Over => {
                self.end();
                None
            }
            Step::Fault(fault) => self.fail(fault),
        }
    }

    /// The names of a header's columns, as they are written, once it is read; feeds without a header have none.
    pub fn columns(&self) -> Option<&[String]> {
        match self.parser.as_ref()? {
            Parser::Delimited(parser) => parser.columns(),
            Parser::Lines(_) | Parser::Xml(_) => None,
        }
    }

    /// Why the feed as a whole, or what is left of it, cannot be read: no row follows.
    pub fn fault(&self) -> Option<&Error> {
        self.fault.as_ref()
    }

    /// The format, once it is known.
    pub fn format(&self) -> Option<FeedFormat> {
        self.format
    }

    /// The encoding as it is known by now; a feed without a byte above 0x7F is UTF-8.
    pub fn encoding(&self) -> FeedEncoding {
        self.input.encoding().unwrap_or(FeedEncoding::Utf8)
    }

    /// The byte that parts cells, once the header is read.
    pub fn delimiter(&self) -> Option<u8> {
        match self.parser.as_ref()? {
            Parser::Delimited(parser) => parser.delimiter(),
            Parser::Lines(_) | Parser::Xml(_) => None,
        }
    }

    /// What lies behind the last record, when the feed is over; empty unless [`with_source`](Self::with_source) was asked for.
    pub fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// What the root of an XML feed says about names.
    fn names(&self) -> Option<&xml::Names> {
        if let Some(Parser::Xml(parser)) = &self.parser { parser.names() } else { None }
    }

    /// Tells the format by the first bytes.
    fn begin(&mut self) -> bool {
        let Some(head) = self.input.head() else { return false };
        let first = head.trim_ascii_start().first();
        let told = match (self.format, first) {
            (Some(format), _) => format,
            (None, Some(b'{')) => FeedFormat::JsonLines,
            (None, Some(b'<')) => FeedFormat::Xml,
            (None, Some(b'[')) => {
                self.fail(bad_feed("a feed must be CSV, TSV, XML or JSON Lines (one object a line), found JSON in one piece"));
                return false;
            }
            (None, _) => FeedFormat::Delimited,
        };
        self.format = Some(told);
        self.parser = Some(match told {
            FeedFormat::Delimited => Parser::Delimited(Box::default()),
            FeedFormat::JsonLines => Parser::Lines(Lines::default()),
            FeedFormat::Xml => Parser::Xml(Box::default()),
        });
        true
    }

    /// Holds a record's id to its rules.
    fn judge(&mut self, record: Record) -> FeedRow {
        let line = record.line;
        let source = self.input.source();
        let (id, row) = match record.row {
            Err(broken) => (broken.id, Err(broken.fault.into())),
            Ok(row) => {
                let id = match &mut self.ids {
                    Some(ids) => ids.enter("id", row.get("id"), line),
                    None => ids::read("id", row.get("id")).map_err(|fault| (None, fault.into())),
                };
                match id {
                    Ok(id) => (id, Ok(row)),
                    Err((id, error)) => (id, Err(error)),
                }
            }
        };
        FeedRow { line, id, row, source }
    }

    fn fail(&mut self, fault: Fault) -> Option<FeedRow> {
        self.fault = Some(fault.into());
        self.end();
        None
    }

    fn end(&mut self) {
        self.over = true;
        self.tail = self.input.source().map(|source| source.before).unwrap_or_default();
    }
}

fn bad_feed(message: impl Into<String>) -> Fault {
    Fault::new(Code::BadFeed, "", message)
}

fn bad_row(place: impl Into<String>, message: impl Into<String>) -> Fault {
    Fault::new(Code::BadRow, place, message)
}
