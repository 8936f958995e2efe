//! Columns of the input that go out again beside the pictures.

use std::ops::Range;

use arrow_data::ArrayData;
use arrow_data::transform::MutableArrayData;
use arrow_schema::FieldRef;
use core_::{Code, Error, Fault};

use crate::arrow::table::Table;

/// The columns, each as the batches had it.
pub(super) struct Kept(Vec<(FieldRef, Vec<ArrayData>)>);

impl Kept {
    /// The columns of these names.
    pub(super) fn new(table: &Table, names: &[String]) -> Result<Self, Error> {
        let bad = |message: String| Error::from(Fault::new(Code::BadArgument, "keep", message));
        let mut kept = Vec::new();
        for (number, name) in names.iter().enumerate() {
            if names.iter().take(number).any(|earlier| earlier == name) || super::out::is_ours(name) {
                return Err(bad(format!("a column that is kept must stand once in what comes out, found {name:?} twice")));
            }
            if !table.schema.names().any(|known| known == name) {
                return Err(bad(format!("a column that is kept must be one of the batch, found {name:?}")));
            }
            let mut field = None;
            let mut parts = Vec::new();
            for column in table.chunks.iter().flat_map(|chunk| chunk.columns.iter().filter(|column| &*column.name == name)) {
                let (of, data) =
                    column.data.as_ref().map_err(|why| bad(format!("a column that is kept must be of a known type: {why}")))?;
                field = Some(FieldRef::clone(of));
                parts.push(data.clone());
            }
            // Without any batch there is no row to keep it for.
            kept.extend(field.map(|field| (field, parts)));
        }
        Ok(Self(kept))
    }

    /// The values of a range of pictures, of which each row has so many. The buffers are shared where a row has one picture and all rows are of one batch.
    pub(super) fn range(&self, pictures: Range<usize>, each: usize) -> Result<Vec<(FieldRef, ArrayData)>, Error> {
        self.0.iter().map(|(field, parts)| Ok((FieldRef::clone(field), values(parts, pictures.clone(), each)?))).collect()
    }
}

fn values(parts: &[ArrayData], pictures: Range<usize>, each: usize) -> Result<ArrayData, Error> {
    if let ([only], 1) = (parts, each)
        && pictures.end <= only.len()
    {
        return Ok(only.slice(pictures.start, pictures.len()));
    }
    let broken =
        || Error::from(Fault::new(Code::BadArgument, "keep", "a column that is kept must be as long as its batch, found a shorter one"));
    let firsts: Vec<usize> = parts
        .iter()
        .scan(0, |first, part| {
            let this = *first;
            *first += part.len();
            Some(this)
        })
        .collect();
    let mut out = MutableArrayData::try_new(parts.iter().collect(), false, pictures.len()).map_err(|error| failed(&error))?;
    for picture in pictures {
        let row = picture / each.max(1);
        let part = firsts.partition_point(|first| *first <= row).checked_sub(1).ok_or_else(broken)?;
        let index = row - firsts.get(part).copied().ok_or_else(broken)?;
        if parts.get(part).is_none_or(|part| index >= part.len()) {
            return Err(broken());
        }
        out.try_extend(part, index, index + 1).map_err(|error| failed(&error))?;
    }
    Ok(out.freeze())
}

fn failed(error: &arrow_schema::ArrowError) -> Error {
    Fault::new(Code::BadArgument, "keep", format!("a column that is kept must be one that can be put together: {error}")).into()
}
