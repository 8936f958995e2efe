//! Whether a picture's layer has a definite size: layout never waits for pixels, so a picture that would need its own is a template's error.
//!
//! This looks at the keys as they are written; what a row decides is taken to be definite.

use super::merge::Merged;
use super::reader::Json;

/// How a layer's parent places it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow<'a> {
    /// The canvas or a plain box: absolute.
    Block,
    /// `flex-direction` and `align-items`, where they are given.
    Flex(Option<&'a str>, Option<&'a str>),
    Grid(Option<&'a str>),
}

impl<'a> Flow<'a> {
    /// How a box with these keys places its children.
    pub(crate) fn of(merged: &Merged<'a>) -> Self {
        let align = merged.text("align-items");
        match merged.text("display").map(str::trim) {
            Some("flex") => Self::Flex(merged.text("flex-direction"), align),
            Some("grid") => Self::Grid(align),
            // A bound display may be any.
            Some(text) if text.contains("{{") => Self::Grid(None),
            _ => Self::Block,
        }
    }
}

/// Whether a picture with these keys has a definite size there.
pub(crate) fn is_definite(merged: &Merged<'_>, flow: Flow<'_>) -> bool {
    let width = is_given(merged, "width");
    let height = is_given(merged, "height");
    let ratio = is_given(merged, "aspect-ratio");
    if (width && height) || (ratio && (width || height)) {
        return true;
    }
    let absolute = merged.text("position").is_some_and(|p| p.trim() == "absolute");
    match flow {
        _ if absolute => false,
        Flow::Block => false,
        Flow::Grid(align) => height || ratio || stretches(merged, align),
        Flow::Flex(direction, align) => {
            let column = direction.map(str::trim).is_some_and(|d| d.starts_with("column"));
            let bound = direction.is_some_and(|d| d.contains("{{"));
            let grows = ["flex", "flex-grow", "flex-basis"].iter().any(|key| is_given(merged, key));
            let (along, across) = if column { (height, width) } else { (width, height) };
            let (along, across) = (along || grows, across || stretches(merged, align));
            bound || (along && across) || (ratio && (along || across))
        }
    }
}

fn stretches(merged: &Merged<'_>, align_items: Option<&str>) -> bool {
    let own = merged.text("align-self").map(str::trim).filter(|a| *a != "auto");
    match own.or(align_items.map(str::trim)) {
        None | Some("stretch" | "normal") => true,
        Some(other) => other.contains("{{"),
    }
}

/// Whether a key is given and not `auto`.
fn is_given(merged: &Merged<'_>, key: &str) -> bool {
    match merged.get(key).map(|given| &given.node.json) {
        None => false,
        Some(Json::String(text)) => !matches!(text.trim(), "auto" | "none" | "content"),
        Some(_) => true,
    }
}
