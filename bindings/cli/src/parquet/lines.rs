//! A Parquet file as JSON Lines, row group by row group: of each column, a page lies in memory.
//!
//! The crate reads by the bare types of the columns (`shape::bare`), so that no value can stop it within a row; what values mean is `value`'s to say.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use core_::{Code, Error, Fault, FeedRow};
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::schema::types::SchemaDescriptor;

use super::shape::{self, Shape};
use super::value;
use crate::failure::{Done, Stop};

/// The lines of one file.
pub(crate) struct Lines {
    rows: RowIter<'static>,
    /// What the columns hold, in order.
    columns: Vec<Shape>,
    line: Vec<u8>,
    given: usize,
    number: u64,
    told: u64,
    /// Rows with a value that cannot be read.
    failed: VecDeque<Failed>,
}

struct Failed {
    number: u64,
    id: Option<String>,
    error: Error,
}

impl Lines {
    /// Opens a file; with the number of its rows.
    pub(super) fn open(path: &Path, file: File) -> Done<(Self, u64)> {
        let failed = |reason: String| Stop::at(path.display(), reason);
        let again = file.try_clone().map_err(|error| Stop::io(path, &error))?;
        let named = guarded(|| SerializedFileReader::new(again)).map_err(failed)?;
        let schema = named.metadata().file_metadata().schema_descr_ptr();
        if let Some(reason) = unread_codec(named.metadata()) {
            return Err(failed(reason));
        }
        let columns = schema.root_schema().get_fields().iter().map(|column| shape::of(column)).collect();
        let reader = guarded(|| {
            let bare = Arc::new(SchemaDescriptor::new(Arc::new(shape::bare(schema.root_schema())?)));
            SerializedFileReader::new_with_options(file, ReadOptionsBuilder::new().with_parquet_schema(bare).build())
        });
        let reader = reader.map_err(failed)?;
        let count = reader.metadata().file_metadata().num_rows();
        let rows = RowIter::from_file_into(Box::new(reader));
        let lines = Self { rows, columns, line: Vec::new(), given: 0, number: 0, told: 0, failed: VecDeque::new() };
        Ok((lines, u64::try_from(count).unwrap_or(0)))
    }

    /// How many rows were read since the last call.
    pub(super) fn advanced(&mut self) -> u64 {
        let new = self.number - self.told;
        self.told = self.number;
        new
    }

    /// Fails the row of a line that stands for one with a value that cannot be read.
    pub(super) fn judge(&mut self, row: &mut FeedRow) {
        if self.failed.front().is_some_and(|failed| failed.number == row.line)
            && let Some(failed) = self.failed.pop_front()
        {
            (row.id, row.row) = (failed.id, Err(failed.error));
        }
    }

    /// The next row as a line; false when there is none.
    fn advance(&mut self) -> io::Result<bool> {
        let number = self.number + 1;
        let row = guarded(|| self.rows.next().transpose());
        let Some(row) = row.map_err(|reason| io::Error::other(format!("row {number}: {reason}")))? else { return Ok(false) };
        self.number = number;
        let line = value::record(&row, &self.columns).unwrap_or_else(|(column, message)| {
            let error = Fault::new(Code::BadRow, format!("column {column}"), message).into();
            self.failed.push_back(Failed { number, id: value::id(&row, &self.columns), error });
            "{}".to_owned()
        });
        self.line = line.into_bytes();
        self.line.push(b'\n');
        self.given = 0;
        Ok(true)
    }
}

impl Read for Lines {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.line.len() {
            if !self.advance()? {
                return Ok(0);
            }
        }
        let mut left = self.line.get(self.given..).unwrap_or_default();
        let count = left.read(piece)?;
        self.given += count;
        Ok(count)
    }
}

/// What the crate gives, and why not; a file that is not what it says may make it panic.
fn guarded<T>(read: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, String> {
    let reason = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(read)) => return Ok(read),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it is not what its schema says".to_owned(),
    };
    let reason =
        ["Parquet error: ", "EOF: ", "NYI: "].iter().fold(reason.as_str(), |reason, head| reason.strip_prefix(head).unwrap_or(reason));
    Err(format!("the Parquet file is broken or cut off: {reason}"))
}

/// The first column that is compressed in a way which is not built in.
fn unread_codec(metadata: &ParquetMetaData) -> Option<String> {
    use Compression::{GZIP, LZ4, LZ4_RAW, SNAPPY, UNCOMPRESSED};
    let mut columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    let column = columns.find(|column| !matches!(column.compression(), UNCOMPRESSED | SNAPPY | LZ4 | LZ4_RAW | GZIP(_)))?;
    let codec = column.compression().to_string();
    let codec = codec.split('(').next().unwrap_or(&codec);
    let name = column.column_path().string();
    Some(format!("column {name}: the compression must be Snappy, LZ4, gzip or none, found {codec}, which is not built in"))
}
