//! Shim until the rows' branch is merged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Text(String),
}
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FieldType {
    Text,
}
