//! CSV, TSV and their kin: a header, and records of cells that may be quoted.
//!
//! csv-core finds the cells; it takes bytes as they come and never fails. What it leaves open is decided here: which byte parts the cells,
//! what a record of another shape is, and what becomes of a quote that is never closed. Such a record fails, and reading goes on at the
//! first line after the one where it began, so that one bad cell costs one row. To read lines again and again costs time, which a hostile feed
//! would make quadratic; so there is a budget of it that reading good records refills. Where it is spent, records over several lines fail early.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::charset::{Charset, FeedEncoding};
use super::header::Header;
use super::input::Input;
use super::{Broken, Record, Step, bad_feed, bad_row};
use crate::error::{Fault, quoted};
use crate::row::{Row, Value};

/// The most cells of one record.
const MAX_CELLS: usize = 65_536;
/// How many records of the greatest length may be read in vain before records over several lines fail early.
const PATIENCE: usize = 8;
/// What part of a good record is added to that, in records of its length.
const REFILL: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Delimited {
    opening: Opening,
    reader: Option<Box<Reader>>,
    delimiter: u8,
    header: Option<Header>,
    record: Cells,
    /// The record's values; kept for their memory alone.
    values: Vec<Value>,
    /// Bytes that may yet be read in vain; none before the first record.
    patience: Option<usize>,
    /// Whether the rest of a line that is too long is passed over.
    skipping: bool,
}

/// How far the header is looked through for its end and its delimiter.
#[derive(Debug, Default)]
struct Opening {
    seen: usize,
    quoted: bool,
    /// Tabs, commas, semicolons, bars.
    counts: [usize; 4],
    last: Option<u8>,
}

const DELIMITERS: [u8; 4] = [b'\t', b',', b';', b'|'];
/// Parts nothing: a control that no text has.
const NO_DELIMITER: u8 = 0x1f;

/// One record's cells, as far as they are read.
#[derive(Debug, Default)]
struct Cells {
    /// Bytes of the input that the reader has seen.
    seen: usize,
    text: Vec<u8>,
    length: usize,
    ends: Vec<usize>,
    count: usize,
    /// So many bytes it may have, its line end not counted.
    bound: usize,
}

/// How a record ended.
enum End {
    More,
    Over,
    /// It is whole.
    Record,
    /// It has too many cells.
    Wide,
    /// It is longer than the bound.
    Long,
    /// The feed ends within quotes.
    Open,
}

impl Delimited {
    pub(super) fn columns(&self) -> Option<&[String]> {
        self.header.as_ref().map(Header::names)
    }

    pub(super) fn delimiter(&self) -> Option<u8> {
        self.header.as_ref().map(|_| self.delimiter)
    }

    pub(super) fn step(&mut self, input: &mut Input) -> Step {
        loop {
            if self.skipping && !skip_line(input) {
                return if input.is_last() { Step::Over } else { Step::More };
            }
            self.skipping = false;
            input.pass_line_ends();
            if self.reader.is_none() {
                match self.opening.delimiter(input) {
                    Ok(Some(delimiter)) => {
                        self.delimiter = delimiter;
                        self.reader = Some(Box::new(ReaderBuilder::new().delimiter(delimiter).build()));
                        self.restart();
                    }
                    Ok(None) => return Step::More,
                    Err(fault) => return Step::Fault(fault),
                }
            }
            let line = input.line();
            let row = match self.read(input) {
                End::More => return Step::More,
                End::Over => return Step::Over,
                End::Record => {
                    let length = self.record.seen;
                    let read = self.whole(&mut input.charset);
                    self.record.clear();
                    self.refill(length, input.limit());
                    match read {
                        Ok(Some(row)) => {
                            input.take(length);
                            row
                        }
                        Ok(None) => {
                            input.pass(length);
                            continue;
                        }
                        Err(fault) => return Step::Fault(fault),
                    }
                }
                End::Wide => Err(self.abandon(input, &format!("a row must have at most {MAX_CELLS} cells, found more"))),
                End::Open => Err(self.abandon(input, "a quote must be closed, found the end of the feed")),
                End::Long => {
                    let bound = self.record.bound;
                    let is_one_line = line_end(input.bytes(), self.record.seen).is_none();
                    if is_one_line && bound < input.limit() {
                        self.record.bound = bound.saturating_mul(2).min(input.limit());
                        continue;
                    }
                    let message = if is_one_line {
                        format!("a row must end within {bound} bytes, found more")
                    } else {
                        format!("a quote must be closed within {bound} bytes, found none")
                    };
                    Err(self.abandon(input, &message))
                }
            };
            return match (&self.header, row) {
                (None, Err(broken)) => Step::Fault(bad_feed(format!("the header cannot be read: {}", broken.fault.message))),
                (_, row) => Step::Record(Record { line, row }),
            };
        }
    }

    /// Reads on until the record ends, one way or another.
    fn read(&mut self, input: &Input) -> End {
        let Some(reader) = &mut self.reader else { return End::Over };
        let cells = &mut self.record;
        if cells.bound == 0 {
            let patience = *self.patience.get_or_insert(input.limit().saturating_mul(PATIENCE));
            cells.bound = input.limit().min(patience).max(1);
        }
        let bytes = input.bytes();
        // One more for the line end.
        let window = bytes.get(..cells.bound.saturating_add(1)).unwrap_or(bytes);
        loop {
            let fresh = window.get(cells.seen..).unwrap_or_default();
            if fresh.is_empty() {
                return match (cells.seen, input.is_last()) {
                    (seen, _) if seen > cells.bound => End::Long,
                    (_, false) => End::More,
                    (0, true) => End::Over,
                    (_, true) => cells.finish(reader),
                };
            }
            let (result, seen) = cells.feed(reader, fresh);
            cells.seen += seen;
            match result {
                ReadRecordResult::Record => {
                    // The line end belongs to no record.
                    cells.seen -= 1;
                    return End::Record;
                }
                ReadRecordResult::OutputEndsFull if cells.count >= MAX_CELLS => return End::Wide,
                _ => {}
            }
        }
    }

    /// A whole record as a row. The first is the header; that and a record of blanks give none.
    fn whole(&mut self, charset: &mut Charset) -> Result<Option<Result<Row, Broken>>, Fault> {
        let cells = &self.record;
        let bytes = cells.text.get(..cells.length).unwrap_or_default();
        charset.look(bytes);
        let Some(header) = &self.header else {
            let names: Option<Vec<Cow<'_, str>>> = (0..cells.count).map(|i| charset.text(cells.cell(i))).collect();
            let names = names.ok_or_else(|| bad_feed(format!("the header {}", charset.expected())))?;
            self.header = Some(Header::new(&names.iter().map(AsRef::as_ref).collect::<Vec<_>>())?);
            return Ok(None);
        };
        if bytes.trim_ascii().is_empty() {
            return Ok(None);
        }
        let width = header.names().len();
        let surplus = (width..cells.count).any(|i| !cells.cell(i).trim_ascii().is_empty());
        if cells.count < width || surplus {
            let message = format!("a row must have {width} cells as the header has, found {}", cells.count);
            return Ok(Some(Err(Broken { id: cells.id(header, *charset), fault: bad_row("", message) })));
        }
        // Checked as a whole, which is much faster than cell by cell.
        let is_narrow = charset.known() != Some(FeedEncoding::Windows1252);
        let text = if is_narrow { std::str::from_utf8(bytes).ok() } else { None };
        self.values.clear();
        for (column, name) in header.names().iter().enumerate() {
            let cell = text.and_then(|text| text.get(cells.range(column))).map(Cow::Borrowed);
            let Some(cell) = cell.or_else(|| charset.text(cells.cell(column))) else {
                let fault = bad_row(format!("column {}", shown(name, column)), charset.expected());
                return Ok(Some(Err(Broken { id: cells.id(header, *charset), fault })));
            };
            self.values.push(header.value(column, &cell));
        }
        Ok(Some(Ok(header.row(&self.values))))
    }

    /// Gives a record up: what of it is behind its first line is read again.
    fn abandon(&mut self, input: &mut Input, message: &str) -> Broken {
        let cells = &self.record;
        let id = self.header.as_ref().and_then(|header| cells.id(header, input.charset));
        let seen = cells.seen;
        match line_end(input.bytes(), seen) {
            Some(end) => {
                input.take(end);
                let again = seen.saturating_sub(end);
                self.patience = self.patience.map(|patience| patience.saturating_sub(again));
            }
            None if input.is_last() && seen >= input.bytes().len() => input.take(seen),
            None => self.skipping = true,
        }
        self.restart();
        Broken { id, fault: bad_row("", message) }
    }

    fn refill(&mut self, length: usize, limit: usize) {
        let most = limit.saturating_mul(PATIENCE);
        self.patience = self.patience.map(|patience| patience.saturating_add(length.saturating_mul(REFILL)).min(most));
    }

    /// Makes the reader as new. It has read a line end already, so that it takes no byte order mark out of a record.
    fn restart(&mut self) {
        self.record.clear();
        if let Some(reader) = &mut self.reader {
            reader.reset();
            self.record.feed(reader, b"\n");
            self.record.clear();
        }
    }
}

impl Cells {
    /// Gives the reader bytes, and room for what they hold; how many it took.
    fn feed(&mut self, reader: &mut Reader, bytes: &[u8]) -> (ReadRecordResult, usize) {
        if self.length >= self.text.len() {
            self.text.resize((self.text.len() * 2).max(4_096), 0);
        }
        if self.count >= self.ends.len() {
            self.ends.resize((self.ends.len() * 2).clamp(64, MAX_CELLS), 0);
        }
        let (text, ends) = (self.text.get_mut(self.length..), self.ends.get_mut(self.count..));
        let (result, seen, written, ended) = reader.read_record(bytes, text.unwrap_or_default(), ends.unwrap_or_default());
        self.length += written;
        self.count += ended;
        (result, seen)
    }

    /// Ends the record where the feed ends: with the line end that is not there, which within quotes is none.
    fn finish(&mut self, reader: &mut Reader) -> End {
        loop {
            match self.feed(reader, b"\n") {
                (ReadRecordResult::Record, _) => return End::Record,
                (ReadRecordResult::OutputEndsFull, _) if self.count >= MAX_CELLS => return End::Wide,
                (_, 1..) => return End::Open,
                _ => {}
            }
        }
    }

    fn range(&self, column: usize) -> std::ops::Range<usize> {
        let start = column.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        start..self.ends.get(column).copied().unwrap_or(start)
    }

    fn cell(&self, column: usize) -> &[u8] {
        self.text.get(self.range(column)).unwrap_or_default()
    }

    /// The id, if its cell was read to its end.
    fn id(&self, header: &Header, charset: Charset) -> Option<String> {
        let column = header.position("id").filter(|column| *column < self.count)?;
        let id = charset.text(self.cell(column))?;
        Some(id.trim().to_owned()).filter(|id| !id.is_empty())
    }

    fn clear(&mut self) {
        (self.seen, self.length, self.count, self.bound) = (0, 0, 0, 0);
    }
}

impl Opening {
    /// The byte that parts cells, as soon as the header is there: a tab where it has one, else what it has most of; none in a header of one
    /// column.
    fn delimiter(&mut self, input: &Input) -> Result<Option<u8>, Fault> {
        for byte in input.bytes().get(self.seen..).unwrap_or_default() {
            match byte {
                b'\n' | b'\r' if !self.quoted => return Ok(Some(self.most())),
                b'"' if self.quoted => self.quoted = false,
                b'"' => self.quoted = self.last.is_none_or(|last| DELIMITERS.contains(&last)),
                _ if self.quoted => {}
                _ => {
                    for (_, count) in DELIMITERS.iter().zip(&mut self.counts).filter(|(delimiter, _)| *delimiter == byte) {
                        *count += 1;
                    }
                }
            }
            self.last = Some(*byte);
            self.seen += 1;
            if self.seen > input.limit() {
                return Err(bad_feed(format!("the header must end within {} bytes, found none", input.limit())));
            }
        }
        if !input.is_last() {
            return Ok(None);
        }
        if self.seen == 0 {
            return Err(bad_feed("a feed must have a header line, found an empty file"));
        }
        Ok(Some(self.most()))
    }

    fn most(&self) -> u8 {
        let [tabs, ..] = self.counts;
        let counted = || DELIMITERS.into_iter().zip(self.counts).rev();
        match counted().max_by_key(|(_, count)| *count) {
            _ if tabs > 0 => b'\t',
            Some((delimiter, 1..)) => delimiter,
            _ => NO_DELIMITER,
        }
    }
}

/// The end of the first line within so many bytes.
fn line_end(bytes: &[u8], within: usize) -> Option<usize> {
    bytes.iter().take(within).position(|b| matches!(b, b'\n' | b'\r'))
}

/// Passes over the rest of a line; false where its end is not there yet.
fn skip_line(input: &mut Input) -> bool {
    let bytes = input.bytes();
    let end = line_end(bytes, bytes.len());
    input.drop(end.unwrap_or(bytes.len()));
    end.is_some()
}

/// What a message calls a column.
fn shown(name: &str, column: usize) -> String {
    if name.is_empty() { format!("{}", column + 1) } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_told_from_the_header() {
        for (header, delimiter) in [
            ("id,title,price", b','),
            ("id;title;price", b';'),
            ("id|title|price\n", b'|'),
            ("\"a,b,c,d\";title;price", b';'),
            ("id\ttitle, long, longer", b'\t'),
            ("id,title;price", b','),
            ("5\",a;b", b','),
            ("title", NO_DELIMITER),
        ] {
            let mut input = Input::new(1_000);
            input.push(header.as_bytes());
            input.finish();
            assert_eq!(Opening::default().delimiter(&input), Ok(Some(delimiter)), "{header}");
        }
    }
}
