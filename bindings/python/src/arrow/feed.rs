//! `FeedReader.next_batch`: a feed as record batches, for engines that hand rows on without looking at them.

use arrow_array::Int64Array;
use core_::{Error, FeedRow};
use pyo3::prelude::*;

use super::errors::Errors;
use super::export::{Batch, Builder};
use super::job::texts;
use super::record_batch::RecordBatch;
use crate::boundary::detached;
use crate::error::bad;
use crate::feed::FeedReader;

/// Most rows of one batch.
const MAX_ROWS: usize = 1 << 24;
/// A batch ends with the row at which its rows have so many bytes of JSON.
const MAX_BYTES: usize = 64 << 20;

/// The rows that are there by now, at most so many: `line`, `id`, `row` as JSON and `error`.
pub(crate) fn next_batch(py: Python<'_>, reader: &FeedReader, max_rows: usize) -> PyResult<RecordBatch> {
    if !(1..=MAX_ROWS).contains(&max_rows) {
        return Err(bad("max_rows", format!("max_rows must be 1 to {MAX_ROWS}, found {max_rows}")));
    }
    detached(py, || next(&mut reader.locked(), max_rows)).map(RecordBatch::new)
}

fn next(reader: &mut core_::FeedReader, max_rows: usize) -> Result<Batch, Error> {
    let mut lines: Vec<i64> = Vec::new();
    let (mut ids, mut rows): (Vec<Option<String>>, Vec<Option<String>>) = (Vec::new(), Vec::new());
    let (mut errors, mut bytes) = (Errors::default(), 0_usize);
    while lines.len() < max_rows
        && bytes < MAX_BYTES
        && let Some(FeedRow { line, id, row, .. }) = reader.next_row()
    {
        let row = row.and_then(|row| row.to_json());
        bytes = bytes.saturating_add(row.as_ref().map_or(0, String::len));
        errors.push(row.as_ref().err());
        lines.push(i64::try_from(line).unwrap_or(i64::MAX));
        ids.push(id);
        rows.push(row.ok());
    }
    let count = lines.len();
    let mut out = Builder::default();
    out.add("line", &Int64Array::from(lines), false);
    out.add("id", &texts(ids.iter().map(Option::as_deref))?, true);
    out.add("row", &texts(rows.iter().map(Option::as_deref))?, true);
    out.add("error", &errors.finish()?, true);
    out.finish(count)
}
