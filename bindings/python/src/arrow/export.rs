//! Record batches out: columns of our own making, and columns that came in and go out as they are.

use std::sync::Arc;

use arrow_array::Array;
use arrow_data::ArrayData;
use arrow_data::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema};
use core_::{Code, Error, Fault};

/// A record batch, immutable.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    fields: Fields,
    columns: Vec<ArrayData>,
    rows: usize,
}

/// Columns of a batch to be.
#[derive(Debug, Default)]
pub(super) struct Builder {
    fields: Vec<FieldRef>,
    columns: Vec<ArrayData>,
}

impl Builder {
    /// A column of our own; every one of them may be null where `nullable`.
    pub(super) fn add(&mut self, name: &str, column: &dyn Array, nullable: bool) {
        self.fields.push(Arc::new(Field::new(name, column.data_type().clone(), nullable)));
        self.columns.push(column.to_data());
    }

    /// A column that came in.
    pub(super) fn keep(&mut self, field: FieldRef, column: ArrayData) {
        self.fields.push(field);
        self.columns.push(column);
    }

    /// Whether a column is there already.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name() == name)
    }

    /// The batch; each column must have so many rows.
    pub(super) fn finish(self, rows: usize) -> Result<Batch, Error> {
        match self.columns.iter().position(|column| column.len() != rows) {
            None => Ok(Batch { fields: self.fields.into(), columns: self.columns, rows }),
            Some(at) => Err(Fault::new(Code::Bug, "batch", format!("each column must have {rows} rows, column {at} has not")).into()),
        }
    }
}

impl Batch {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.fields.iter().map(|field| field.name().as_str())
    }

    /// Bytes of the buffers that the rows use, about.
    pub(super) fn bytes(&self) -> usize {
        self.columns.iter().map(|column| column.get_slice_memory_size().unwrap_or(0)).sum()
    }

    /// The batch as a struct array of the C data interface: the buffers are shared, not copied.
    pub(super) fn array(&self) -> FFI_ArrowArray {
        let data = ArrayData::builder(DataType::Struct(self.fields.clone())).len(self.rows).child_data(self.columns.clone());
        // SAFETY: each column has so many rows and is of its field's type, as `Builder` saw to; its values are the crates', or the producer's as they came.
        FFI_ArrowArray::new(&unsafe { data.build_unchecked() })
    }

    pub(super) fn schema(&self) -> Result<FFI_ArrowSchema, Error> {
        FFI_ArrowSchema::try_from(&Schema::new(self.fields.clone())).map_err(|error| unwritten(&error))
    }
}

/// A type that the crates read and cannot write.
fn unwritten(error: &ArrowError) -> Error {
    Fault::new(Code::BadArgument, "keep", format!("a column that is kept must be of a type that can be written: {error}")).into()
}
