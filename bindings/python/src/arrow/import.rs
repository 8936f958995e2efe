//! Record batches in: an object with Arrow's PyCapsule methods becomes [`Chunk`]s of columns that hold the producer's memory together with it.
//!
//! Nothing is copied. Each column is moved out of its batch, as the C data interface allows, so that one of an unknown type is in nobody's way until
//! somebody reads it, and each is given back when its last reader is gone. [`raw`](super::raw) has looked at every pointer before; values are judged
//! when they are read ([`node`](super::node)), for a check of whole columns would look at all of a table for every slice of it.

use std::sync::Arc;

use arrow_array::ffi::from_ffi_and_data_type;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_data::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{Field, FieldRef};
use core_::{Code, Error, Fault};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use super::raw::{Plausible, RawArray, RawSchema};
use crate::boundary::caught;

/// One record batch.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(super) columns: Vec<Column>,
    pub(super) rows: usize,
    /// Of a struct array that stands for a batch: rows that are null.
    pub(super) nulls: Option<NullBuffer>,
}

/// A column, or why it cannot be read.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    pub(super) data: Result<(FieldRef, ArrayData), Arc<str>>,
}

/// The fields of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Schema(Vec<Named>);

/// A field's name, and what it is or why that is unknown.
type Named = (Arc<str>, Result<FieldRef, Arc<str>>);

/// Batches one after another.
pub(crate) struct Stream {
    stream: Option<FFI_ArrowArrayStream>,
    schema: Schema,
    /// Of an object that is one batch.
    first: Option<Chunk>,
}

impl Stream {
    /// What an object has: `__arrow_c_array__`, one batch, or `__arrow_c_stream__`.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Result<Self, Error>> {
        let py = object.py();
        if let Some(method) = object.getattr_opt(pyo3::intern!(py, "__arrow_c_array__"))? {
            let pair = method.call0()?;
            let pair = pair.cast::<PyTuple>()?;
            let (schema, array) = (pair.get_item(0)?, pair.get_item(1)?);
            let (schema, array) = (capsule(&schema, c"arrow_schema")?, capsule(&array, c"arrow_array")?);
            // SAFETY: capsules of these names hold such structs, and what is moved out is marked as released.
            let (schema, array) = unsafe { (FFI_ArrowSchema::from_raw(schema.cast()), FFI_ArrowArray::from_raw(array.cast())) };
            return Ok(Self::of_one(&schema, array).map_err(bad_batch));
        }
        if let Some(method) = object.getattr_opt(pyo3::intern!(py, "__arrow_c_stream__"))? {
            let stream = method.call0()?;
            let stream = capsule(&stream, c"arrow_array_stream")?;
            // SAFETY: as above.
            let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.cast()) };
            return Ok(py.detach(|| Self::of_many(stream)).map_err(bad_batch));
        }
        let kind = object.get_type().name()?;
        Ok(Err(bad_batch(format!("must have the method __arrow_c_array__ or __arrow_c_stream__, found {kind}"))))
    }

    fn of_one(schema: &FFI_ArrowSchema, array: FFI_ArrowArray) -> Plausible<Self> {
        let schema = Schema::of(schema)?;
        let first = Some(Chunk::of(&schema, array)?);
        Ok(Self { stream: None, schema, first })
    }

    fn of_many(mut stream: FFI_ArrowArrayStream) -> Plausible<Self> {
        let Some(get_schema) = stream.get_schema().filter(|_| stream.release().is_some()) else {
            return Err("must not be released, found a stream that is".to_owned());
        };
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: the stream's own function, and a place to write to.
        let status = unsafe { get_schema(&raw mut stream, &raw mut schema) };
        if status != 0 {
            return Err(reason(&mut stream, status));
        }
        Ok(Self { schema: Schema::of(&schema)?, stream: Some(stream), first: None })
    }

    /// The columns that every batch has.
    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The next batch; nothing is the end.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>, Error> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let Some(stream) = &mut self.stream else { return Ok(None) };
        let Some(get_next) = stream.get_next() else { return Err(bad_batch("must have get_next, found none".to_owned())) };
        let mut array = FFI_ArrowArray::empty();
        // SAFETY: the stream's own function, and a place to write to.
        let status = unsafe { get_next(&raw mut *stream, &raw mut array) };
        if status != 0 {
            let why = reason(stream, status);
            self.stream = None;
            return Err(Fault::new(Code::BadFeed, "batch", why).into());
        }
        if RawArray::of(&array).is_released() {
            self.stream = None;
            return Ok(None);
        }
        Chunk::of(&self.schema, array).map(Some).map_err(bad_batch)
    }
}

impl Schema {
    fn of(schema: &FFI_ArrowSchema) -> Plausible<Self> {
        // SAFETY: both are the struct of the C data interface, which fixes every field.
        let raw = unsafe { &*(&raw const *schema).cast::<RawSchema>() };
        raw.check()?;
        let format = guarded(|| Ok(schema.format().to_owned()))?;
        if format != "+s" {
            return Err(format!("must be a record batch, a struct array, found the format {format:?}"));
        }
        let fields = (0..raw.count()).map(|index| {
            let child = schema.child(index);
            let name: Arc<str> = guarded(|| Ok(child.name().unwrap_or_default().into()))?;
            let field = guarded(|| Field::try_from(child).map(Arc::new).map_err(|error| error.to_string()));
            Ok((name, field.map_err(Arc::from)))
        });
        let fields = fields.collect::<Plausible<Vec<_>>>()?;
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            Some(pair) => Err(format!("must have each column once, found {:?} twice", pair.first().copied().unwrap_or_default())),
            None => Ok(Self(fields)),
        }
    }

    /// The names of the columns, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }
}

impl Chunk {
    fn of(schema: &Schema, array: FFI_ArrowArray) -> Plausible<Self> {
        let raw = RawArray::of(&array);
        if raw.is_released() {
            return Err("must not be released, found an array that is".to_owned());
        }
        let (rows, offset) = raw.extent()?;
        let nulls = nulls(raw, rows, offset)?;
        let children = raw.children(schema.0.len())?;
        let mut columns = Vec::with_capacity(children.len());
        for (child, (name, field)) in children.iter().zip(&schema.0) {
            // SAFETY: not NULL, and the parent is released right after all of its children are moved out.
            let child = unsafe { FFI_ArrowArray::from_raw(child.cast()) };
            let data = match field {
                Ok(field) => Ok((Arc::clone(field), column(child, field, offset, rows).map_err(|why| format!("column {name}: {why}"))?)),
                Err(why) => Err(Arc::clone(why)),
            };
            columns.push(Column { name: Arc::clone(name), data });
        }
        Ok(Self { columns, rows, nulls })
    }
}

/// A column of a batch, the part of it that the batch shows.
fn column(mut array: FFI_ArrowArray, field: &FieldRef, offset: usize, rows: usize) -> Plausible<ArrayData> {
    let raw = RawArray::of(&array);
    if raw.is_released() {
        return Err("must not be released, found an array that is".to_owned());
    }
    if rows == 0 {
        // Whose buffers some producers leave out.
        return guarded(|| Ok(ArrayData::new_empty(field.data_type())));
    }
    guarded(|| raw.check(field.data_type()))?;
    if usize::try_from(raw.length).is_ok_and(|length| length < offset.saturating_add(rows)) {
        return Err(format!("must have {} values, found {}", offset.saturating_add(rows), raw.length));
    }
    RawArray::of_mut(&mut array).mend(field.data_type());
    guarded(|| {
        // SAFETY: it was looked at above; the rest is the producer's word.
        let data = unsafe { from_ffi_and_data_type(array, field.data_type().clone()) }.map_err(|error| error.to_string())?;
        data.validate().map_err(|error| error.to_string())?;
        Ok(if offset == 0 && data.len() == rows { data } else { data.slice(offset, rows) })
    })
}

/// Which rows of a struct array are null: copied, for the struct itself is given back.
fn nulls(raw: &RawArray, rows: usize, offset: usize) -> Plausible<Option<NullBuffer>> {
    let Some(bits) = raw.buffer(0) else { return Ok(None) };
    let values = rows.saturating_add(offset);
    // SAFETY: the producer's word: a bit for each value.
    let bytes = unsafe { std::slice::from_raw_parts(bits, values.div_ceil(8)) };
    let nulls = NullBuffer::new(BooleanBuffer::new(Buffer::from(bytes), offset, rows));
    Ok((nulls.null_count() > 0).then_some(nulls))
}

/// The struct that a capsule of a name holds.
fn capsule(object: &Bound<'_, PyAny>, name: &'static std::ffi::CStr) -> PyResult<*mut std::ffi::c_void> {
    Ok(object.cast::<PyCapsule>()?.pointer_checked(Some(name))?.as_ptr())
}

/// What the crates give; a producer that is not what it says may make them panic.
fn guarded<T>(read: impl FnOnce() -> Plausible<T>) -> Plausible<T> {
    caught(|| Ok(read())).unwrap_or_else(|_| Err("must be what its schema says, found something else".to_owned()))
}

/// Why a stream failed.
fn reason(stream: &mut FFI_ArrowArrayStream, status: i32) -> String {
    let said = stream.get_last_error().and_then(|get| {
        // SAFETY: the stream's own function; what it gives lives until the next call.
        let said = unsafe { get(&raw mut *stream) };
        // SAFETY: NULL, or a text with an end.
        (!said.is_null()).then(|| unsafe { std::ffi::CStr::from_ptr(said) }.to_string_lossy().into_owned())
    });
    said.filter(|said| !said.is_empty()).unwrap_or_else(|| format!("the producer failed with the status {status}"))
}

pub(super) fn bad_batch(why: String) -> Error {
    Fault::new(Code::BadArgument, "batch", format!("an Arrow batch {why}")).into()
}
