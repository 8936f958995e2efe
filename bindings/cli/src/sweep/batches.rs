//! The rows of a feed in batches, for threads that check them: a message for each row would cost more than some rows do.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use core_::{Error, Row, RowPlace};

use crate::failure::{Done, Stop};
use crate::rows::Rows;

/// Rows of one message.
const BATCH: usize = 128;

/// One record of a feed.
pub(crate) struct Record {
    pub(crate) place: RowPlace,
    pub(crate) row: Result<Row, Error>,
}

/// Records in order, up to a limit.
pub(crate) struct Batches {
    rows: Rows,
    left: usize,
    fault: Option<Stop>,
}

impl Batches {
    pub(crate) fn open(path: &Path, limit: usize) -> Done<Self> {
        Ok(Self { rows: Rows::open(path)?, left: limit, fault: None })
    }

    /// The length of the file.
    pub(crate) fn length(&self) -> u64 {
        self.rows.length()
    }

    /// How much of it is read.
    pub(crate) fn position(&self) -> Arc<AtomicU64> {
        self.rows.position()
    }

    /// Why the feed could not be read to its end.
    pub(crate) fn into_fault(self) -> Option<Stop> {
        self.fault
    }

    fn record(&mut self) -> Option<Record> {
        self.left = self.left.checked_sub(1)?;
        match self.rows.next()? {
            Ok(row) => Some(Record { place: RowPlace { line: row.line, id: row.id.unwrap_or_default() }, row: row.row }),
            Err(failure) => {
                self.left = 0;
                self.fault = Some(Stop::Failed(vec![failure]));
                None
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
