//! The class `Rows`: the rows of a batch, one at a time, each read when it is asked for.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use super::rows::{Columns, Use};
use super::table::{Table, TableReader};
use crate::error::raised;
use crate::row::Row;

/// See `_templrender.pyi`.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Rows {
    reader: TableReader,
}

#[pymethods]
impl Rows {
    #[new]
    #[pyo3(signature = (batch, *, row_column = None))]
    fn new(batch: &Bound<'_, PyAny>, row_column: Option<String>) -> PyResult<Self> {
        let table = Table::read(batch)?.map_err(raised)?;
        let columns = Columns { row: row_column, id: None };
        Ok(Self { reader: table.reader(&columns, &|_| Use::Read).map_err(raised)? })
    }

    fn __len__(&self) -> usize {
        self.reader.len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<Row> {
        let number = if index < 0 { index.checked_add_unsigned(self.reader.len()) } else { Some(index) };
        let row = number.and_then(|number| usize::try_from(number).ok()).and_then(|number| self.reader.row(number));
        let row = row.ok_or_else(|| PyIndexError::new_err(format!("a row must be one of {}, found {index}", self.reader.len())))?;
        row.map(Row::from).map_err(raised)
    }

    fn __repr__(&self) -> String {
        format!("<Rows: {}>", self.reader.len())
    }
}
