//! Shim until the styles' branch is merged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Declaration(String);
pub(crate) enum Input {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Input>),
}
