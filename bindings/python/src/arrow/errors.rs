//! Errors of rows as a column of structs.

use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields};
use core_::Error;

use super::job::texts;

/// `struct<code, cause, place, message>`, one row after another.
#[derive(Debug, Default)]
pub(super) struct Errors(Vec<Option<[String; 4]>>);

impl Errors {
    pub(super) fn push(&mut self, error: Option<&Error>) {
        self.0.push(error.map(|error| {
            let place = error.faults().first().map(|fault| fault.place.clone()).unwrap_or_default();
            [error.code().name().to_owned(), error.cause().name().to_owned(), place, message(error)]
        }));
    }

    pub(super) fn finish(self) -> Result<StructArray, Error> {
        let part =
            |index: usize| texts(self.0.iter().map(move |error| error.as_ref().and_then(|parts| parts.get(index)).map(String::as_str)));
        let columns = (0..4).map(|index| part(index).map(|texts| Arc::new(texts) as ArrayRef)).collect::<Result<Vec<_>, _>>()?;
        let fields: Fields = ["code", "cause", "place", "message"].map(|name| Field::new(name, DataType::Utf8, true)).to_vec().into();
        let nulls = NullBuffer::from_iter(self.0.iter().map(Option::is_some));
        // A struct of no columns would need its length to be said.
        StructArray::try_new(fields, columns, Some(nulls))
            .map_err(|error| core_::Fault::new(core_::Code::Bug, "error", error.to_string()).into())
    }
}

/// The first fault's sentence, and on lines of their own the others with their places.
fn message(error: &Error) -> String {
    let mut faults = error.faults().iter();
    let first = faults.next().map(|fault| fault.message.clone()).unwrap_or_default();
    faults.fold(first, |all, fault| format!("{all}\n{fault}"))
}
