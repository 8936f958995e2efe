//! Styles, a layer's own keys and a variant's, merged key by key before anything is typed.
//!
//! Later wins, null removes, objects and lists are replaced whole. Nothing is copied: a merged set points into the tree, so that a large
//! style costs nothing however many layers name it; what the typed values will cost is counted against the budget instead.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::Faults;
use super::reader::{Entry, Json, Node, Span, join};
use crate::error::{Code, quoted, suggestion};

/// Keys of a layer that a variant cannot change.
const FIXED: &[&str] = &["id", "type"];

/// A key's value and where it was given.
#[derive(Debug, Clone)]
pub(crate) struct Given<'a> {
    pub(crate) key: &'a str,
    pub(crate) key_span: Span,
    pub(crate) node: &'a Node,
    /// The path of the object that the key stands in.
    base: Arc<str>,
}

impl Given<'_> {
    pub(crate) fn path(&self) -> String {
        join(&self.base, self.key)
    }
}

/// The merged keys of a document, layer or span, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Merged<'a> {
    keys: BTreeMap<&'a str, Given<'a>>,
    removed: Vec<Given<'a>>,
}

impl<'a> Merged<'a> {
    /// Lays an object's keys over what is there.
    pub(crate) fn overlay(&mut self, entries: &'a [Entry], path: &str) {
        self.overlay_but(entries, path, &[]);
    }

    fn overlay_but(&mut self, entries: &'a [Entry], path: &str, fixed: &[&str]) {
        let base: Arc<str> = Arc::from(path);
        for Entry { key, key_span, node } in entries.iter().filter(|entry| !fixed.contains(&entry.key.as_str())) {
            let given = Given { key, key_span: *key_span, node, base: Arc::clone(&base) };
            if node.is_null() {
                self.keys.remove(key.as_str());
                self.removed.push(given);
            } else {
                self.keys.insert(key, given);
            }
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Given<'a>> {
        self.keys.get(key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// The keys that were null somewhere: they must be keys of the place too.
    pub(crate) fn removed(&self) -> &[Given<'a>] {
        &self.removed
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Given<'a>> {
        self.keys.values()
    }

    /// The text of a key that is a string.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(|given| given.node.as_str())
    }
}

/// An object's entries, or a fault that says it must be one.
pub(crate) fn object<'a>(node: &'a Node, path: &str, noun: &str, faults: &mut Faults<'_>) -> Option<&'a [Entry]> {
    match &node.json {
        Json::Object(entries) => Some(entries),
        _ => {
            faults.wrong_type(node, path, &format!("{noun} must be an object"));
            None
        }
    }
}

/// A list's items, or a fault that says it must be one.
pub(crate) fn list<'a>(node: &'a Node, path: &str, noun: &str, faults: &mut Faults<'_>) -> Option<&'a [Node]> {
    match &node.json {
        Json::Array(items) => Some(items),
        _ => {
            faults.wrong_type(node, path, &format!("{noun} must be a list"));
            None
        }
    }
}

/// The styles of the document and the layers' keys of one variant.
#[derive(Debug, Default)]
pub(crate) struct Sheets<'a> {
    pub(crate) styles: BTreeMap<&'a str, &'a [Entry]>,
    /// A layer's keys by its id, their path, and whether such a layer was met.
    pub(crate) variant: BTreeMap<&'a str, Overlay<'a>>,
}

/// A variant's keys for one layer.
#[derive(Debug)]
pub(crate) struct Overlay<'a> {
    pub(crate) key_span: Span,
    pub(crate) entries: &'a [Entry],
    pub(crate) path: String,
    pub(crate) met: bool,
}

impl<'a> Sheets<'a> {
    /// The merged keys of a layer or span.
    pub(crate) fn merge(&mut self, own: &'a [Entry], path: &str, faults: &mut Faults<'_>) -> Merged<'a> {
        let id = own.iter().find(|e| e.key == "id").and_then(|e| e.node.as_str());
        let mut layer = Merged::default();
        layer.overlay(own, path);
        if let Some(overlay) = id.and_then(|id| self.variant.get_mut(id)) {
            overlay.met = true;
            layer.overlay_but(overlay.entries, &overlay.path, FIXED);
            for fixed in FIXED.iter().copied() {
                if let Some(entry) = overlay.entries.iter().find(|e| e.key == fixed) {
                    let place = join(&overlay.path, fixed);
                    faults.add(Code::UnknownKey, entry.key_span, &place, format!("{fixed:?} cannot be varied"));
                }
            }
        }
        let Some(style) = layer.get("style").cloned() else { return layer };
        let mut merged = Merged::default();
        for (name, node, place) in style_names(&style, faults) {
            match self.styles.get(name) {
                Some(entries) => merged.overlay(entries, &join("styles", name)),
                None => {
                    let message = format!("unknown style {}{}", quoted(name), suggestion(name, self.styles.keys().copied()));
                    faults.add(Code::UnknownName, node.span, &place, message);
                }
            }
        }
        // Own keys that are null take a style's key away, so the object is laid over again and not its result.
        merged.overlay(own, path);
        if let Some(overlay) = id.and_then(|id| self.variant.get(id)) {
            merged.overlay_but(overlay.entries, &overlay.path, FIXED);
        }
        merged
    }
}

fn style_names<'a>(style: &Given<'a>, faults: &mut Faults<'_>) -> Vec<(&'a str, &'a Node, String)> {
    let path = style.path();
    let items: Vec<(&Node, String)> = match &style.node.json {
        Json::Array(items) => items.iter().enumerate().map(|(i, item)| (item, format!("{path}[{i}]"))).collect(),
        _ => vec![(style.node, path)],
    };
    let mut names = Vec::new();
    for (node, place) in items {
        match node.as_str() {
            Some(name) => names.push((name, node, place)),
            None => faults.wrong_type(node, &place, "style must be a name or a list of names"),
        }
    }
    names
}
