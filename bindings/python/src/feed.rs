//! Feeds: bytes of a file are pushed, rows are taken; and a second feed laid over the rows of the first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use core_::{FeedEncoding, FeedFormat};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arrow::{RecordBatch, next_batch};
use crate::boundary::{attached, detached};
use crate::buffer::Held;
use crate::error::{bad, exception};
use crate::limits::{Limits, limits_of};
use crate::row::{Row, row_from};

/// Reads one feed; calls of several threads are done one after another.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct FeedReader {
    reader: Mutex<core_::FeedReader>,
}

impl FeedReader {
    /// The reader, without the interpreter: its holder may be at work for long.
    pub(crate) fn locked(&self) -> MutexGuard<'_, core_::FeedReader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<T: Send>(&self, py: Python<'_>, ask: impl FnOnce(&core_::FeedReader) -> T + Send) -> T {
        py.detach(|| ask(&self.locked()))
    }
}

#[pymethods]
impl FeedReader {
    #[new]
    #[pyo3(signature = (format = None, *, encoding = None, repeated_ids = false, limits = None))]
    fn new(format: Option<&str>, encoding: Option<&str>, repeated_ids: bool, limits: Option<&Limits>) -> PyResult<Self> {
        let mut reader = core_::FeedReader::new(format.map(format_of).transpose()?, &limits_of(limits));
        if let Some(encoding) = encoding {
            reader = reader.with_encoding(encoding_of(encoding)?);
        }
        if repeated_ids {
            reader = reader.with_repeated_ids();
        }
        Ok(Self { reader: Mutex::new(reader) })
    }

    /// The next bytes of the feed.
    fn push(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let held = Held::of(data, "data")?;
        detached(py, || {
            self.locked().push(held.as_ref());
            Ok(())
        })
    }

    /// No more bytes follow.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || {
            self.locked().finish();
            Ok(())
        })
    }

    /// The next row, or None.
    fn next_row(&self, py: Python<'_>) -> PyResult<Option<FeedRow>> {
        Ok(detached(py, || Ok(self.locked().next_row()))?.map(FeedRow::from))
    }

    /// The rows that are there by now, at most so many, as Arrow.
    #[pyo3(signature = (max_rows = 1024))]
    fn next_batch(&self, py: Python<'_>, max_rows: usize) -> PyResult<RecordBatch> {
        next_batch(py, self, max_rows)
    }

    #[getter]
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let columns = self.ask(py, |reader| reader.columns().map(<[String]>::to_vec));
        columns.map(|columns| PyTuple::new(py, columns)).transpose()
    }

    #[getter]
    fn fault<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.ask(py, |reader| reader.fault().cloned()).map(|fault| exception(py, &fault)).transpose()
    }

    #[getter]
    fn format(&self, py: Python<'_>) -> Option<&'static str> {
        let format = self.ask(py, core_::FeedReader::format)?;
        FORMATS.iter().find(|(_, known)| *known == format).map(|(name, _)| *name)
    }

    #[getter]
    fn encoding(&self, py: Python<'_>) -> Option<&'static str> {
        let encoding = self.ask(py, core_::FeedReader::encoding);
        ENCODINGS.iter().find(|(_, known)| *known == encoding).map(|(name, _)| *name)
    }

    #[getter]
    fn delimiter(&self, py: Python<'_>) -> Option<String> {
        self.ask(py, core_::FeedReader::delimiter).map(|byte| char::from(byte).to_string())
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<FeedReader: {}>", self.format(py).unwrap_or("nothing read yet"))
    }
}

const FORMATS: [(&str, FeedFormat); 3] = [("delimited", FeedFormat::Delimited), ("jsonl", FeedFormat::JsonLines), ("xml", FeedFormat::Xml)];

fn format_of(name: &str) -> PyResult<FeedFormat> {
    let known = FORMATS.iter().find(|(known, _)| *known == name).map(|(_, format)| *format);
    known.ok_or_else(|| bad("format", format!("format must be \"delimited\", \"jsonl\" or \"xml\", found {name:?}")))
}

/// The first name of each is the one that is given.
const ENCODINGS: [(&str, FeedEncoding); 8] = [
    ("utf-8", FeedEncoding::Utf8),
    ("utf-16-le", FeedEncoding::Utf16Le),
    ("utf-16-be", FeedEncoding::Utf16Be),
    ("windows-1252", FeedEncoding::Windows1252),
    ("utf8", FeedEncoding::Utf8),
    ("cp1252", FeedEncoding::Windows1252),
    ("iso-8859-1", FeedEncoding::Windows1252),
    ("latin-1", FeedEncoding::Windows1252),
];

fn encoding_of(name: &str) -> PyResult<FeedEncoding> {
    let plain = name.to_ascii_lowercase().replace('_', "-");
    let known = ENCODINGS.iter().find(|(known, _)| *known == plain).map(|(_, encoding)| *encoding);
    let rule = "encoding must be \"utf-8\", \"utf-16-le\", \"utf-16-be\" or \"windows-1252\"";
    known.ok_or_else(|| bad("encoding", format!("{rule}, found {name:?}")))
}

/// One record of a feed: a row, or why it is none.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct FeedRow {
    #[pyo3(get)]
    line: u64,
    #[pyo3(get)]
    id: Option<String>,
    row: Result<Arc<core_::Row>, core_::Error>,
}

impl From<core_::FeedRow> for FeedRow {
    fn from(row: core_::FeedRow) -> Self {
        Self { line: row.line, id: row.id, row: row.row.map(Arc::new) }
    }
}

#[pymethods]
impl FeedRow {
    #[getter]
    fn row(&self) -> Option<Row> {
        self.row.as_ref().ok().map(|row| Row::from(Arc::clone(row)))
    }

    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.row.as_ref().err().map(|error| exception(py, error)).transpose()
    }

    fn __repr__(&self) -> String {
        let id = self.id.as_deref().map(|id| format!(" {id:.64?}")).unwrap_or_default();
        match &self.row {
            Ok(_) => format!("<FeedRow{id} of line {}>", self.line),
            Err(error) => format!("<FeedRow{id} of line {}: {}>", self.line, error.code().name()),
        }
    }
}

/// Values by id that take the place of rows' own.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Overrides {
    overrides: Mutex<core_::Overrides>,
}

impl Overrides {
    fn locked(&self) -> MutexGuard<'_, core_::Overrides> {
        self.overrides.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Overrides {
    #[new]
    #[pyo3(signature = (*, limits = None))]
    fn new(limits: Option<&Limits>) -> Self {
        Self { overrides: Mutex::new(core_::Overrides::new(&limits_of(limits))) }
    }

    /// Takes a row of the second feed.
    fn add(&self, row: &FeedRow) -> PyResult<()> {
        let row = core_::FeedRow::new(row.line, row.id.clone(), row.row.as_ref().map(|row| (**row).clone()).map_err(Clone::clone));
        attached(|| self.locked().add(row))
    }

    /// The row with what stands for its id.
    fn apply(&self, row: &Bound<'_, PyAny>) -> PyResult<Row> {
        let row = row_from(row)?;
        let mut changed = (*row).clone();
        let is_changed = attached(|| Ok(self.locked().apply(&mut changed)))?;
        Ok(if is_changed { Row::from(changed) } else { Row::from(row) })
    }

    fn __len__(&self) -> usize {
        self.locked().len()
    }

    fn __repr__(&self) -> String {
        format!("<Overrides of {} ids>", self.__len__())
    }
}
