//! The rows of a feed in batches, for threads that check them: a message for each row would cost more than some rows do.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use core_::{Error, FeedReader, FeedRow, Limits, Row, RowPlace};

use crate::failure::{Done, Stop};

/// Rows of one message.
const BATCH: usize = 128;
/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;

/// One record of a feed.
pub(super) struct Record {
    pub(super) place: RowPlace,
    pub(super) row: Result<Row, Error>,
}

/// Records in order, up to a limit.
pub(super) struct Batches {
    path: PathBuf,
    file: File,
    reader: FeedReader,
    chunk: Vec<u8>,
    total: u64,
    position: Arc<AtomicU64>,
    left: usize,
    /// Whether the file has no more bytes.
    over: bool,
    fault: Option<Stop>,
}

impl Batches {
    pub(super) fn open(path: &Path, limit: usize) -> Done<Self> {
        let failed = |error: std::io::Error| Stop::io(path, &error);
        let file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if about.is_dir() {
            return Err(Stop::at(path.display(), "a feed must be a file"));
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            reader: FeedReader::new(None, &Limits::default()),
            chunk: vec![0; CHUNK],
            total: about.len(),
            position: Arc::default(),
            left: limit,
            over: false,
            fault: None,
        })
    }

    /// The length of the file.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How much of it is read.
    pub(super) fn position(&self) -> Arc<AtomicU64> {
        self.position.clone()
    }

    /// Why the feed could not be read to its end.
    pub(super) fn into_fault(self) -> Option<Stop> {
        self.fault.or_else(|| self.reader.fault().map(|error| Stop::of(&self.path.display().to_string(), error)))
    }

    fn record(&mut self) -> Option<Record> {
        if self.left == 0 {
            return None;
        }
        loop {
            if let Some(FeedRow { line, id, row, .. }) = self.reader.next_row() {
                self.left -= 1;
                return Some(Record { place: RowPlace { line, id: id.unwrap_or_default() }, row });
            }
            if self.over || self.reader.fault().is_some() {
                return None;
            }
            match self.file.read(&mut self.chunk) {
                Ok(0) => {
                    self.over = true;
                    self.reader.finish();
                }
                Ok(count) => {
                    self.position.fetch_add(count as u64, Ordering::Relaxed);
                    self.reader.push(self.chunk.get(..count).unwrap_or_default());
                }
                Err(error) => {
                    self.over = true;
                    self.fault = Some(Stop::io(&self.path, &error));
                    return None;
                }
            }
        }
    }
}

impl Iterator for Batches {
    type Item = Vec<Record>;

    fn next(&mut self) -> Option<Vec<Record>> {
        let batch: Vec<Record> = std::iter::from_fn(|| self.record()).take(BATCH).collect();
        if batch.is_empty() { None } else { Some(batch) }
    }
}
