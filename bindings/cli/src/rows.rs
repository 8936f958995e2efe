//! A file as the rows of a feed: its bytes to the library, piece by piece, and rows back.
//!
//! What a feed may look like is the library's to know. Here a name's end says which format is meant, so that an empty or odd file is judged as what it
//! claims to be; any other name leaves that to the first bytes.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use core_::{FeedFormat, FeedReader, FeedRow, Limits, Overrides};

use crate::failure::{Done, Failure, Stop, io_reason};
use crate::parquet::Source;

/// How much is read at once.
const PIECE_BYTES: usize = 256 << 10;

/// The rows of a feed, in order.
pub(crate) struct Rows {
    path: PathBuf,
    source: Source,
    reader: FeedReader,
    piece: Vec<u8>,
    /// A row that was read to see that the feed is one.
    first: Option<FeedRow>,
    position: Arc<AtomicU64>,
    length: u64,
    over: bool,
}

impl Rows {
    /// Opens a feed and reads its header.
    pub(crate) fn open(path: &Path) -> Done<Self> {
        Self::open_with(path, |reader| reader)
    }

    /// The same, with a reader that is told more.
    pub(crate) fn open_with(path: &Path, told: impl FnOnce(FeedReader) -> FeedReader) -> Done<Self> {
        let failed = |error: io::Error| Stop::io(path, &error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(Stop::at(path.display(), "a feed must be a file"));
        }
        let (source, length) = Source::open(path, file, metadata.len())?;
        let mut rows = Self {
            path: path.to_owned(),
            source,
            reader: told(FeedReader::new(format(path), &Limits::default())),
            piece: vec![0; PIECE_BYTES],
            first: None,
            position: Arc::default(),
            length,
            over: false,
        };
        rows.first = rows.advance().map_err(stopped)?;
        Ok(rows)
    }

    /// How many bytes of the file are read, or rows of a Parquet file, for whoever shows progress.
    pub(crate) fn position(&self) -> Arc<AtomicU64> {
        self.position.clone()
    }

    /// How many of them it has.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    fn advance(&mut self) -> Result<Option<FeedRow>, Failure> {
        loop {
            if let Some(mut row) = self.reader.next_row() {
                self.source.judge(&mut row);
                return Ok(Some(row));
            }
            if let Some(fault) = self.reader.fault() {
                return Err(Failure::new(self.path.display().to_string(), fault));
            }
            if self.over {
                return Ok(None);
            }
            match self.source.read(&mut self.piece) {
                Ok(0) => {
                    self.over = true;
                    self.reader.finish();
                }
                Ok(count) => {
                    self.reader.push(self.piece.get(..count).unwrap_or_default());
                    self.position.fetch_add(self.source.advanced(count), Ordering::Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::new(self.path.display().to_string(), io_reason(&error))),
            }
        }
    }
}

impl Iterator for Rows {
    /// A row, or why no more can be read.
    type Item = Result<FeedRow, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.first.take() {
            return Some(Ok(row));
        }
        match self.advance() {
            Ok(row) => row.map(Ok),
            Err(_) if self.piece.is_empty() => None,
            Err(failure) => {
                // Told once; the next call ends it.
                self.over = true;
                self.piece = Vec::new();
                Some(Err(failure))
            }
        }
    }
}

fn stopped(failure: Failure) -> Stop {
    Stop::Failed(vec![failure])
}

/// What a file's name says that it is.
pub(crate) fn format(path: &Path) -> Option<FeedFormat> {
    match path.extension()?.to_string_lossy().to_ascii_lowercase().as_str() {
        "csv" | "tsv" => Some(FeedFormat::Delimited),
        "jsonl" | "ndjson" | "parquet" => Some(FeedFormat::JsonLines),
        "xml" | "rss" | "atom" => Some(FeedFormat::Xml),
        _ => None,
    }
}

/// The rows that override a feed's, of one file after another, and those of them that cannot.
pub(crate) fn overrides(paths: &[PathBuf]) -> Done<(Overrides, Vec<Failure>)> {
    let mut overrides = Overrides::new(&Limits::default());
    let mut failures = Vec::new();
    for path in paths {
        for row in Rows::open(path)? {
            let row = row.map_err(stopped)?;
            let place = match &row.id {
                Some(id) => format!("{}:{}: {}", path.display(), row.line, shown(id)),
                None => format!("{}:{}", path.display(), row.line),
            };
            if let Err(error) = overrides.add(row) {
                failures.extend(Failure::of(&place, &error));
            }
        }
    }
    Ok((overrides, failures))
}

/// An id in a place: at most 64 characters, and no controls.
pub(crate) fn shown(id: &str) -> String {
    id.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
