//! A JSON value as the input of a CSS key.

use super::reader::{Json, Node};
use crate::css::property::{Declaration, Input, declare};

/// Reads a CSS key's value; `None` for what no CSS key takes.
pub(crate) fn declaration(name: &str, node: &Node) -> Option<Result<Declaration, String>> {
    let mut flat = Vec::new();
    collect(node, &mut flat)?;
    // A nested list means the same as a flat one: its values side by side.
    Some(match (&node.json, flat.first()) {
        (Json::Array(_), _) | (_, None) => declare(name, &Input::List(&flat)),
        (_, Some(input)) => declare(name, input),
    })
}

/// A value that is not a list.
pub(crate) fn single(node: &Node) -> Option<Input<'_>> {
    match &node.json {
        Json::Bool(b) => Some(Input::Bool(*b)),
        Json::Number(_) => node.as_number().map(Input::Number),
        Json::String(text) if text.contains("{{") => None,
        Json::String(text) => Some(Input::Text(text)),
        Json::Array(_) | Json::Null | Json::Object(_) => None,
    }
}

fn collect<'a>(node: &'a Node, flat: &mut Vec<Input<'a>>) -> Option<()> {
    match &node.json {
        Json::Array(items) => items.iter().try_for_each(|item| collect(item, flat)),
        _ => {
            flat.push(single(node)?);
            Some(())
        }
    }
}
