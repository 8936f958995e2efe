//! The class `FeedBatches`: a feed as record batches, for engines that hand rows on without looking at them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow_array::Int64Array;
use core_::{Error, FeedEncoding, FeedFormat, FeedReader, FeedRow};
use pyo3::prelude::*;

use super::errors::Errors;
use super::export::{Batch, Builder};
use super::job::texts;
use super::record_batch::RecordBatch;
use crate::boundary::detached;
use crate::buffer::Held;
use crate::error::{bad, exception};
use crate::limits::{Limits, limits_of};

/// Most rows of one batch.
const MAX_ROWS: usize = 1 << 24;
/// A batch ends with the row at which its rows have so many bytes of JSON.
const MAX_BYTES: usize = 64 << 20;

/// See `_templrender.pyi`.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct FeedBatches {
    reader: Mutex<FeedReader>,
}

#[pymethods]
impl FeedBatches {
    #[new]
    #[pyo3(signature = (format = None, *, encoding = None, limits = None))]
    fn new(format: Option<&str>, encoding: Option<&str>, limits: Option<&Limits>) -> PyResult<Self> {
        let mut reader = FeedReader::new(format.map(format_of).transpose()?, &limits_of(limits));
        if let Some(encoding) = encoding {
            reader = reader.with_encoding(encoding_of(encoding)?);
        }
        Ok(Self { reader: Mutex::new(reader) })
    }

    fn push(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let bytes = Held::of(data, "data")?;
        detached(py, || {
            self.reader().push(bytes.as_ref());
            Ok(())
        })
    }

    fn finish(&self) {
        self.reader().finish();
    }

    #[pyo3(signature = (max_rows = 1024))]
    fn next_batch(&self, py: Python<'_>, max_rows: usize) -> PyResult<Option<RecordBatch>> {
        if !(1..=MAX_ROWS).contains(&max_rows) {
            return Err(bad("max_rows", format!("max_rows must be 1 to {MAX_ROWS}, found {max_rows}")));
        }
        let batch = detached(py, || next(&mut self.reader(), max_rows))?;
        Ok(batch.map(RecordBatch::new))
    }

    /// Why the feed as a whole, or what is left of it, cannot be read.
    #[getter]
    fn fault<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let fault = self.reader().fault().cloned();
        fault.map(|fault| exception(py, &fault)).transpose()
    }

    #[getter]
    fn columns(&self) -> Option<Vec<String>> {
        self.reader().columns().map(<[String]>::to_vec)
    }

    fn __repr__(&self) -> String {
        format!("<FeedBatches: {:?}>", self.reader().format())
    }
}

impl FeedBatches {
    fn reader(&self) -> MutexGuard<'_, FeedReader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rows that are there by now; nothing when there is none.
fn next(reader: &mut FeedReader, max_rows: usize) -> Result<Option<Batch>, Error> {
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
    if lines.is_empty() {
        return Ok(None);
    }
    let count = lines.len();
    let mut out = Builder::default();
    out.add("line", &Int64Array::from(lines), false);
    out.add("id", &texts(ids.iter().map(Option::as_deref))?, true);
    out.add("row", &texts(rows.iter().map(Option::as_deref))?, true);
    out.add("error", &errors.finish()?, true);
    out.finish(count).map(Some)
}

fn format_of(name: &str) -> PyResult<FeedFormat> {
    match name.to_ascii_lowercase().as_str() {
        "csv" | "tsv" | "delimited" => Ok(FeedFormat::Delimited),
        "jsonl" | "ndjson" | "json-lines" => Ok(FeedFormat::JsonLines),
        "xml" | "rss" | "atom" => Ok(FeedFormat::Xml),
        _ => Err(bad("format", format!("format must be csv, tsv, jsonl, xml, rss or atom, found {name:?}"))),
    }
}

fn encoding_of(name: &str) -> PyResult<FeedEncoding> {
    match name.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" => Ok(FeedEncoding::Utf8),
        "utf-16-le" | "utf-16le" => Ok(FeedEncoding::Utf16Le),
        "utf-16-be" | "utf-16be" => Ok(FeedEncoding::Utf16Be),
        "windows-1252" | "cp1252" | "latin-1" | "iso-8859-1" => Ok(FeedEncoding::Windows1252),
        _ => Err(bad("encoding", format!("encoding must be utf-8, utf-16-le, utf-16-be or windows-1252, found {name:?}"))),
    }
}
