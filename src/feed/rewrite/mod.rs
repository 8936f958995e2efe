//! A feed written again, with other values in one column and every other byte as it was.
//!
//! The reader hands out each record's bytes and those before it; here the place of one value is found in a record and replaced, in the
//! record's own manner: a quoted cell stays quoted, CDATA stays CDATA. Nothing else is parsed and printed again, so that column order, quoting,
//! line ends, comments and unknown elements survive. What is written is UTF-8.

mod delimited;
mod json;
#[cfg(test)]
mod tests;
mod xml;

use std::borrow::Cow;

use super::xml::attribute;
use super::{FeedEncoding, FeedFormat, FeedReader, FeedRow, FeedSource, bad_feed, bad_row, clean};
use crate::error::{Error, Fault};
use crate::row::catalogue;

/// Writes a feed again with other values in one column, such as the addresses of drawn pictures in `image_link`.
///
/// The value goes where a [`FeedReader`] reads the column from: into the cell under its header (`image_link`, `Image Link`), the object's
/// entry, the element `g:image_link` or else `image_link`; where the column itself is missing, `image_link` goes into Meta's `image[0].url`.
/// An item or object that has neither gets a new element or entry; a header cannot get a column, so such a feed is refused.
///
/// ```
/// use templrender::{FeedReader, Limits, Rewriter};
/// let mut rewriter = Rewriter::new(FeedReader::new(None, &Limits::default()), "image_link");
/// rewriter.push(b"id,image link,title\r\n1,a.jpg,\"Honey, dark\"\r\n2,b.jpg,Wax\r\n");
/// rewriter.finish();
/// let mut out = Vec::new();
/// while let Some(row) = rewriter.next_row() {
///     let drawn = if row.id.as_deref() == Some("1") { Some("https://example.com/1,2.jpg") } else { None };
///     rewriter.write(&row, drawn, &mut out)?;
/// }
/// rewriter.end(&mut out)?;
/// let written = "id,image link,title\r\n1,\"https://example.com/1,2.jpg\",\"Honey, dark\"\r\n2,b.jpg,Wax\r\n";
/// assert_eq!(std::str::from_utf8(&out), Ok(written));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Rewriter {
    reader: FeedReader,
    column: String,
    /// Of a feed with a header, the column's cell once it is known.
    cell: Option<delimited::Place>,
    is_begun: bool,
}

impl Rewriter {
    /// Writes what a reader reads, with other values in a column.
    pub fn new(reader: FeedReader, column: &str) -> Self {
        Self { reader: reader.with_source(), column: column.to_owned(), cell: None, is_begun: false }
    }

    /// The next bytes of the feed.
    pub fn push(&mut self, bytes: &[u8]) {
        self.reader.push(bytes);
    }

    /// No more bytes follow.
    pub fn finish(&mut self) {
        self.reader.finish();
    }

    /// The next row, which has to be written before the one after it is asked for.
    pub fn next_row(&mut self) -> Option<FeedRow> {
        self.reader.next_row()
    }

    /// Writes a row and what lies before it; without a value as it was. A record that is no row stays as it was, whatever the value.
    pub fn write(&mut self, row: &FeedRow, value: Option<&str>, out: &mut Vec<u8>) -> Result<(), Error> {
        let Some(FeedSource { before, record }) = &row.source else {
            return Err(bad_row("", "a row must come from this rewriter, found one without its text").into());
        };
        self.check()?;
        self.between(before, out);
        let record = self.decoded(record);
        match (value, &row.row) {
            (Some(value), Ok(_)) => {
                let text = std::str::from_utf8(&record).map_err(|_| bad_row("", "a record must be text to be written again"))?;
                out.extend_from_slice(self.replaced(text, value)?.as_bytes());
            }
            _ => out.extend_from_slice(&record),
        }
        Ok(())
    }

    /// Writes what lies behind the last row; a feed that could not be read to its end is no feed to be written either.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if let Some(fault) = self.reader.fault() {
            return Err(fault.clone());
        }
        if self.reader.columns().is_some() {
            self.check()?;
        }
        let tail = self.reader.tail().to_owned();
        self.between(&tail, out);
        Ok(())
    }

    /// The reader, for what it knows of the feed.
    pub fn reader(&self) -> &FeedReader {
        &self.reader
    }

    /// Finds the column in a header.
    fn check(&mut self) -> Result<(), Fault> {
        if self.cell.is_none()
            && let Some(names) = self.reader.columns()
        {
            let place = delimited::place(names, &self.column);
            let missing = || bad_feed(format!("a feed must have the column {} to be written again, found no such column", self.column));
            self.cell = Some(place.ok_or_else(missing)?);
        }
        Ok(())
    }

    /// A record with another value.
    fn replaced(&self, record: &str, value: &str) -> Result<String, Fault> {
        let value = &*unclean(&self.column, value);
        let replaced = match (self.reader.format(), self.cell) {
            (Some(FeedFormat::Delimited), Some(place)) => {
                Ok(delimited::replaced(record, self.reader.delimiter().unwrap_or(b','), place, value))
            }
            (Some(FeedFormat::JsonLines), _) => json::replaced(record, &self.column, value),
            (Some(FeedFormat::Xml), _) => match self.reader.names() {
                Some(names) => xml::replaced(record, names, &self.column, value),
                None => Err("its feed has no root".to_owned()),
            },
            _ => Err("its feed has no header".to_owned()),
        };
        replaced.map_err(|message| bad_row("", format!("a record cannot be written again: {message}")))
    }

    /// Writes what belongs to no row; an XML declaration tells the new encoding.
    fn between(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let text = match self.decoded(text) {
            Cow::Borrowed(bytes) if std::str::from_utf8(bytes).is_err() => Cow::Owned(windows_1252(bytes)),
            text => text,
        };
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        match declared_otherwise(&text).filter(|_| is_first && self.reader.format() == Some(FeedFormat::Xml)) {
            Some(label) => {
                out.extend_from_slice(text.get(..label.start).unwrap_or_default());
                out.extend_from_slice(b"UTF-8");
                out.extend_from_slice(text.get(label.end..).unwrap_or_default());
            }
            None => out.extend_from_slice(&text),
        }
    }

    fn decoded<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.reader.encoding() == FeedEncoding::Windows1252 && std::str::from_utf8(bytes).is_err() {
            Cow::Owned(windows_1252(bytes))
        } else {
            Cow::Borrowed(bytes)
        }
    }
}

fn windows_1252(bytes: &[u8]) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned().into_bytes()
}

/// A value such that it is read as itself: readers undo references that exports left in cells, two rounds of them.
fn unclean<'a>(column: &str, value: &'a str) -> Cow<'a, str> {
    if clean::text(catalogue::clean(column), value) == value { Cow::Borrowed(value) } else { Cow::Owned(value.replace('&', "&amp;amp;")) }
}

/// Where an XML declaration names another encoding than UTF-8.
fn declared_otherwise(text: &[u8]) -> Option<std::ops::Range<usize>> {
    let end = text.windows(2).position(|pair| pair == b"?>")?;
    let head = std::str::from_utf8(text.get(..end)?).ok()?;
    let declaration = head.get(head.find("<?xml")?..).filter(|_| head.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml"))?;
    let label = attribute(declaration, "encoding")?;
    let is_utf_8 = encoding_rs::Encoding::for_label(label.as_bytes()) == Some(encoding_rs::UTF_8);
    let start = (label.as_ptr() as usize).checked_sub(head.as_ptr() as usize)?;
    (!is_utf_8).then_some(start..start + label.len())
}
