//! A feed as rows: CSV, TSV or JSON Lines in UTF-8, read as a stream, one row in memory at a time.
//!
//! A row that cannot be read is an entry with its reason, and the next one follows. Cells go to the core as texts; it knows their types. Column
//! names are kept as they are, and once more as the Merchant feeds write them (`Image Link` is `image_link` too), so that a template finds
//! either. Quotes work in all delimited feeds, newlines inside them too; a quote that is never closed ends the reading at
//! [`MAX_ROW_BYTES`] and not at the end of memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use core_::{Row, Value};

use crate::failure::{Done, Stop, quoted};

/// The most bytes of one row.
pub(crate) const MAX_ROW_BYTES: usize = 8 << 20;
/// How much of a file is looked at to tell what it is.
const HEAD_BYTES: u64 = 64 << 10;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// One row, or why it is none, and the line where it starts.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) line: u64,
    pub(crate) row: Result<Row, String>,
}

/// The rows of a feed, in order.
pub(crate) enum Rows {
    Cells(Box<Cells>),
    Lines(Lines),
}

impl Rows {
    /// Opens a feed and reads its header.
    pub(crate) fn open(path: &Path) -> Done<Self> {
        let failed = |error: io::Error| Stop::io(path, &error);
        let mut file = File::open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(Stop::at(path.display(), "a feed must be a file"));
        }
        let mut head = Vec::new();
        Read::by_ref(&mut file).take(HEAD_BYTES).read_to_end(&mut head).map_err(failed)?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            return Err(Stop::at(path.display(), "a feed must be UTF-8, found a UTF-16 byte order mark"));
        }
        let start = if head.starts_with(BOM) { BOM.len() } else { 0 };
        file.seek(SeekFrom::Start(start as u64)).map_err(failed)?;
        match shape(path, head.get(start..).unwrap_or_default())? {
            Shape::Lines => Ok(Self::Lines(Lines { reader: BufReader::new(file), line: 0 })),
            Shape::Cells(delimiter) => Cells::open(path, file, delimiter).map(|cells| Self::Cells(Box::new(cells))),
        }
    }

    /// How many rows there are, up to a limit.
    pub(crate) fn count(path: &Path, limit: usize) -> Done<usize> {
        let mut rows = Self::open(path)?;
        let mut count = 0;
        while count < limit && rows.pass() {
            count += 1;
        }
        Ok(count)
    }

    fn pass(&mut self) -> bool {
        match self {
            Self::Cells(cells) => cells.advance().is_some(),
            Self::Lines(lines) => lines.advance().is_some(),
        }
    }
}

impl Iterator for Rows {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        match self {
            Self::Cells(cells) => cells.advance().map(|(line, read)| Entry { line, row: read.and_then(|()| cells.row()) }),
            Self::Lines(lines) => {
                lines.advance().map(|(line, text)| Entry { line, row: text.and_then(|t| Row::from_json(&t).map_err(|e| e.to_string())) })
            }
        }
    }
}

enum Shape {
    Cells(u8),
    Lines,
}

/// What a feed is, by its name's end, and where that leaves it open by its first line.
fn shape(path: &Path, head: &[u8]) -> Done<Shape> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let first = head.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    match (ending.as_str(), first.trim_ascii().first()) {
        ("jsonl" | "ndjson", _) => Ok(Shape::Lines),
        ("tsv", _) => Ok(Shape::Cells(b'\t')),
        ("csv", _) => Ok(Shape::Cells(delimiter(first, b','))),
        (_, Some(b'{')) => Ok(Shape::Lines),
        (_, Some(b'[' | b'<')) | ("json" | "xml", _) => {
            Err(Stop::at(path.display(), "a feed is CSV, TSV or JSON Lines (one object a line), found JSON in one piece or XML"))
        }
        _ => Ok(Shape::Cells(delimiter(first, b'\t'))),
    }
}

/// The delimiter that a header line has most of, outside quotes.
fn delimiter(header: &[u8], default: u8) -> u8 {
    let mut counts = [(b'\t', 0), (b',', 0), (b';', 0), (b'|', 0)];
    let mut inside = false;
    for byte in header {
        inside ^= *byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(!inside && byte == delimiter);
        }
    }
    counts.iter().filter(|(_, count)| *count > 0).max_by_key(|(delimiter, count)| (*count, *delimiter == default)).map_or(default, |c| c.0)
}

/// Rows of cells under a header.
pub(crate) struct Cells {
    reader: csv::Reader<Bounded>,
    since: Arc<AtomicUsize>,
    /// For each column its name, and its name as the Merchant feeds write it where that is another and free.
    names: Vec<(String, Option<String>)>,
    record: csv::ByteRecord,
    over: bool,
}

impl Cells {
    fn open(path: &Path, file: File, delimiter: u8) -> Done<Self> {
        let since = Arc::new(AtomicUsize::new(0));
        let bounded = Bounded { file, since: since.clone() };
        let reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(bounded);
        let mut cells = Self { reader, since, names: Vec::new(), record: csv::ByteRecord::new(), over: false };
        let place = format!("{}:1", path.display());
        match cells.advance() {
            None => return Err(Stop::at(path.display(), "a feed must have a header line, found an empty file")),
            Some((_, Err(why))) => return Err(Stop::at(place, why)),
            Some((_, Ok(()))) => {}
        }
        cells.names = names(&cells.record).map_err(|why| Stop::at(place, why))?;
        Ok(cells)
    }

    /// Reads the next record; its line, and whether it could be read.
    fn advance(&mut self) -> Option<(u64, Result<(), String>)> {
        if self.over {
            return None;
        }
        let before = self.reader.position().line();
        self.since.store(0, Ordering::Relaxed);
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => Some((self.record.position().map_or(before, csv::Position::line), Ok(()))),
            Ok(false) => None,
            Err(error) => {
                self.over = true;
                let why = match error.kind() {
                    csv::ErrorKind::Io(error) => crate::failure::io_reason(error),
                    _ => error.to_string(),
                };
                Some((before, Err(why)))
            }
        }
    }

    fn row(&self) -> Result<Row, String> {
        let mut row = Row::new();
        let mut names = self.names.iter();
        for (column, cell) in self.record.iter().enumerate() {
            let name = names.next();
            let text = std::str::from_utf8(cell).map_err(|_| {
                let name = name.map_or_else(|| format!("{}", column + 1), |(name, _)| quoted(name));
                format!("column {name} must be UTF-8, found other bytes")
            })?;
            let Some((name, merchant)) = name else {
                if text.trim().is_empty() {
                    continue;
                }
                return Err(format!("the row must have {} cells as the header has, found {}", self.names.len(), self.record.len()));
            };
            let value = Value::text(text);
            if let Some(merchant) = merchant {
                row.set(merchant.clone(), value.clone());
            }
            if !name.is_empty() {
                row.set(name.clone(), value);
            }
        }
        // Some exports leave out empty cells at the end.
        for (name, merchant) in names {
            for name in merchant.iter().chain((!name.is_empty()).then_some(name)) {
                row.set(name.clone(), Value::text(""));
            }
        }
        Ok(row)
    }
}

/// The names of a header's columns.
fn names(header: &csv::ByteRecord) -> Result<Vec<(String, Option<String>)>, String> {
    let mut names: Vec<(String, Option<String>)> = Vec::new();
    for cell in header {
        let name = std::str::from_utf8(cell).map_err(|_| "the header must be UTF-8, found other bytes".to_owned())?.trim();
        if !name.is_empty() && names.iter().any(|(other, _)| other == name) {
            return Err(format!("a column must stand once, found {} twice", quoted(name)));
        }
        names.push((name.to_owned(), None));
    }
    let mut taken: Vec<String> = names.iter().map(|(name, _)| name.clone()).collect();
    for (name, merchant) in &mut names {
        let wanted = merchant_name(name);
        if !taken.contains(&wanted) {
            taken.push(wanted.clone());
            *merchant = Some(wanted);
        }
    }
    Ok(names)
}

/// `g:Image Link` as `image_link`.
fn merchant_name(name: &str) -> String {
    let name = name.to_lowercase();
    name.strip_prefix("g:").unwrap_or(&name).split_whitespace().collect::<Vec<_>>().join("_")
}

/// A file that ends with an error when one row takes too much of it.
struct Bounded {
    file: File,
    since: Arc<AtomicUsize>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.load(Ordering::Relaxed) > MAX_ROW_BYTES {
            return Err(io::Error::other(format!("a row must end within {MAX_ROW_BYTES} bytes, is a quote left open?")));
        }
        let count = self.file.read(buffer)?;
        self.since.fetch_add(count, Ordering::Relaxed);
        Ok(count)
    }
}

/// One JSON object a line.
pub(crate) struct Lines {
    reader: BufReader<File>,
    line: u64,
}

impl Lines {
    /// The next line that is not blank.
    fn advance(&mut self) -> Option<(u64, Result<String, String>)> {
        loop {
            let mut bytes = Vec::new();
            self.line += 1;
            let limit = MAX_ROW_BYTES as u64;
            match Read::by_ref(&mut self.reader).take(limit).read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some((self.line, Err(crate::failure::io_reason(&error)))),
            }
            if bytes.len() >= MAX_ROW_BYTES && bytes.last() != Some(&b'\n') {
                let skipped = self.reader.skip_until(b'\n').map_err(|error| crate::failure::io_reason(&error));
                return Some((self.line, skipped.and_then(|_| Err(format!("a row must end within {MAX_ROW_BYTES} bytes")))));
            }
            if !bytes.trim_ascii().is_empty() {
                return Some((self.line, String::from_utf8(bytes).map_err(|_| "a row must be UTF-8, found other bytes".to_owned())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_told_from_the_header() {
        assert_eq!(delimiter(b"id,title,price", b','), b',');
        assert_eq!(delimiter(b"id;title;price", b','), b';');
        assert_eq!(delimiter(b"\"a,b,c,d\";title;price", b','), b';');
        assert_eq!(delimiter(b"id\ttitle, long", b'\t'), b'\t');
        assert_eq!(delimiter(b"id", b','), b',');
    }

    #[test]
    fn columns_are_known_by_both_names() {
        let names = names(&csv::ByteRecord::from(vec!["id", "g:image link", "Sale Price", "title", "Title", ""])).unwrap();
        let merchant: Vec<Option<&str>> = names.iter().map(|(_, merchant)| merchant.as_deref()).collect();
        assert_eq!(merchant, [None, Some("image_link"), Some("sale_price"), None, None, None]);
    }
}
