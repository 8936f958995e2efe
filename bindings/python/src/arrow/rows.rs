//! The rows of batches: only the columns that somebody reads, one row at a time.

use std::sync::Arc;

use arrow_buffer::NullBuffer;
use core_::{Code, Error, Fault, Row, Value};

use super::budget::Budget;
use super::import::{Chunk, Column, Schema, bad_batch};
use super::node::{Node, Read, Trouble};

/// Which columns of a batch are a row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Columns {
    /// A column of JSON objects or of structs that is the row; else all columns are.
    pub(crate) row: Option<String>,
    /// The column with what people call a row.
    pub(crate) id: Option<String>,
}

/// What a column is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Left alone.
    None,
    /// Looked at: what cannot be read is null.
    Seen,
    /// Read: what cannot be is an error of the row.
    Read,
}

/// Reads the rows of one batch.
#[derive(Debug)]
pub(crate) struct RowReader {
    cells: Cells,
    id: Option<Node>,
    id_name: Option<String>,
    nulls: Option<NullBuffer>,
    rows: usize,
}

#[derive(Debug)]
enum Cells {
    Columns(Vec<(String, Result<Node, Arc<str>>, Use)>),
    /// Texts of JSON.
    Json(String, Node),
    /// A struct, by the names of its parts.
    Struct(String, Node, Vec<Use>),
}

impl Columns {
    /// Whether a stream of batches has the columns that are named.
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), Error> {
        match &self.row {
            Some(row) if !schema.names().any(|name| name == row) => {
                Err(Fault::new(Code::BadArgument, "row_column", format!("must be a column of the batch, found {row:?}")).into())
            }
            _ => Ok(()),
        }
    }
}

impl RowReader {
    /// A reader of the columns that are used.
    pub(crate) fn new(chunk: &Chunk, columns: &Columns, used: &dyn Fn(&str) -> Use) -> Result<Self, Error> {
        let find = |name: &str| chunk.columns.iter().find(|column| &*column.name == name);
        let id = columns.id.as_deref().and_then(find).and_then(|column| node(column).ok());
        let cells = match &columns.row {
            None => {
                let used = chunk.columns.iter().map(|column| (column, used(&column.name))).filter(|(_, used)| *used != Use::None);
                Cells::Columns(used.map(|(column, used)| (column.name.as_ref().to_owned(), node(column), used)).collect())
            }
            Some(name) => {
                let column = find(name).ok_or_else(|| bad_batch(format!("must have the column {name:?} that is the row")))?;
                let node = node(column).map_err(|why| bad_batch(format!("must have a row column that can be read: {why}")))?;
                match node.parts() {
                    Some(parts) => {
                        let used = parts.iter().map(|(name, _)| used(name)).collect();
                        Cells::Struct(name.clone(), node, used)
                    }
                    None if node.is_text() => Cells::Json(name.clone(), node),
                    None => {
                        let message = format!("must be a column of JSON objects or structs, found {name:?}, which is neither");
                        return Err(Fault::new(Code::BadArgument, "row_column", message).into());
                    }
                }
            }
        };
        Ok(Self { cells, id, id_name: columns.id.clone(), nulls: chunk.nulls.clone(), rows: chunk.rows })
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// The row at an index.
    pub(crate) fn row(&self, index: usize) -> Result<Row, Error> {
        let mut budget = Budget::new();
        let mut row = Row::new();
        let is_missing = self.nulls.as_ref().is_some_and(|nulls| index < nulls.len() && nulls.is_null(index));
        match &self.cells {
            Cells::Columns(columns) => {
                for (name, node, used) in columns {
                    let value = match node {
                        _ if is_missing => Ok(Value::Null),
                        Ok(node) => node.value(index, &mut budget),
                        Err(why) => Err(Trouble::new(format!("must be of a type that is known, found another: {why}"))),
                    };
                    row.set(name.as_str(), used.settle(name, value)?);
                }
            }
            Cells::Struct(name, node, uses) => {
                if is_missing || node.is_null(index) {
                    return Err(no_row(name));
                }
                let at = node.part_index(index);
                for ((name, part), used) in node.parts().unwrap_or_default().iter().zip(uses).filter(|(_, used)| **used != Use::None) {
                    row.set(name.as_str(), used.settle(name, part.value(at, &mut budget))?);
                }
            }
            Cells::Json(name, node) => match node.value(index, &mut budget).map_err(|trouble| fault(name, trouble))? {
                Value::Text(json) if !is_missing => return Row::from_json(&json),
                _ => return Err(no_row(name)),
            },
        }
        Ok(row)
    }

    /// The value that says what people call the row at an index: the batch's column, else the row's. What cannot be read is nothing that can be an id.
    pub(crate) fn id(&self, index: usize, row: Option<&Row>) -> Option<Value> {
        match &self.id {
            Some(node) => Some(node.value(index, &mut Budget::new()).unwrap_or_default()),
            None => self.id_name.as_deref().and_then(|name| row?.get(name)).cloned(),
        }
    }
}

impl Use {
    fn settle(self, column: &str, value: Read<Value>) -> Result<Value, Error> {
        match value {
            Ok(value) => Ok(value),
            Err(_) if self == Self::Seen => Ok(Value::Null),
            Err(trouble) => Err(fault(column, trouble)),
        }
    }
}

/// An id as a text, of what can be one.
pub(crate) fn id_text(id: Value) -> Option<String> {
    match id {
        Value::Text(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Date(date) => Some(date.to_string()),
        _ => None,
    }
}

fn node(column: &Column) -> Result<Node, Arc<str>> {
    column.data.as_ref().map(|(field, data)| Node::of(field, data, &column.name)).map_err(Arc::clone)
}

fn fault(column: &str, trouble: Trouble) -> Error {
    let Trouble { path, message, is_limit } = trouble;
    let column: String = column.chars().take(64).collect();
    match is_limit {
        true => Fault::new(Code::RowLimit, "row", message).into(),
        false => Fault::new(Code::BadField, format!("field {column}{path}"), message).into(),
    }
}

fn no_row(column: &str) -> Error {
    Fault::new(Code::BadRow, format!("column {column}"), "a row must be an object, found null").into()
}
