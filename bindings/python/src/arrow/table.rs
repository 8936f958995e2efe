//! The batches of one job: what an object gave, and the rows of all of it by one number.

use core_::{Error, Row, Value};
use pyo3::prelude::*;

use super::import::{Chunk, Schema, Stream};
use super::rows::{Columns, RowReader, Use};

/// Batches that lie in memory.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) schema: Schema,
    pub(super) chunks: Vec<Chunk>,
}

/// The rows of a table.
#[derive(Debug)]
pub(super) struct TableReader {
    /// Each with the number of its first row.
    readers: Vec<(usize, RowReader)>,
    rows: usize,
}

impl Table {
    /// All batches of an object; one that has many is read to its end.
    pub(super) fn read(object: &Bound<'_, PyAny>) -> PyResult<Result<Self, Error>> {
        let mut stream = match Stream::of(object)? {
            Ok(stream) => stream,
            Err(error) => return Ok(Err(error)),
        };
        Ok(object.py().detach(|| {
            let mut chunks = Vec::new();
            while let Some(chunk) = stream.next()? {
                chunks.push(chunk);
            }
            Ok(Self { schema: stream.schema().clone(), chunks })
        }))
    }

    /// A reader of the columns that are used.
    pub(super) fn reader(&self, columns: &Columns, used: &dyn Fn(&str) -> Use) -> Result<TableReader, Error> {
        columns.check(&self.schema)?;
        let (mut readers, mut rows) = (Vec::new(), 0);
        for chunk in &self.chunks {
            let reader = RowReader::new(chunk, columns, used)?;
            let first = rows;
            rows += reader.len();
            readers.push((first, reader));
        }
        Ok(TableReader { readers, rows })
    }
}

impl TableReader {
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// The row of a number; nothing beyond the last.
    pub(super) fn row(&self, number: usize) -> Option<Result<Row, Error>> {
        let (reader, index) = self.find(number)?;
        Some(reader.row(index))
    }

    /// What people call the row of a number.
    pub(super) fn id(&self, number: usize, row: Option<&Row>) -> Option<Value> {
        let (reader, index) = self.find(number)?;
        reader.id(index, row)
    }

    fn find(&self, number: usize) -> Option<(&RowReader, usize)> {
        let behind = self.readers.partition_point(|(first, _)| *first <= number);
        // Of empty batches with the same first row it is the last, which is the one that has it.
        let (first, reader) = self.readers.get(behind.checked_sub(1)?)?;
        let index = number - first;
        (index < reader.len()).then_some((reader, index))
    }
}
