//! The document: the merged tree to a typed [`Document`], one for the base and one for each variant.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::Faults;
use super::document::{Bound, Document, Height};
use super::keys::Places;
use super::merge::{Given, Merged, Overlay, Sheets, object};
use super::reader::{Entry, Json, Node, join};
use super::scope::Scope;
use super::size::Flow;
use crate::error::{Code, quoted, suggestion};
use crate::expr::types::Type;
use crate::limits::Limits;
use crate::row::zone::Zone;

/// What a typed value may cost beyond its text: a template is held to this many times the limit of its JSON after merging.
const MERGED_FACTOR: usize = 8;

/// What every document costs, so that empty variants are bounded too.
const DOCUMENT_BYTES: usize = 4096;

/// What one document's check needs at every layer.
pub(crate) struct Builder<'a, 'f> {
    pub(crate) faults: &'f mut Faults<'a>,
    pub(crate) limits: &'f Limits,
    pub(crate) sheets: Sheets<'a>,
    pub(crate) scope: Scope,
    pub(crate) assets: BTreeMap<String, String>,
    /// Id to the path of the layer that has it.
    pub(crate) ids: BTreeMap<String, String>,
    /// Layers of this document so far.
    layers: usize,
    /// Bytes that the merged template may still have, over all documents.
    budget: &'f mut usize,
}

/// The bytes that all documents of a template may have together.
pub(crate) fn budget(limits: &Limits) -> usize {
    limits.max_template_bytes.saturating_mul(MERGED_FACTOR)
}

/// The base, or one variant, of a template whose root is an object.
pub(crate) fn document<'a>(
    root: &'a Node,
    variant: Option<(&'a str, &'a Node)>,
    budget: &mut usize,
    limits: &Limits,
    faults: &mut Faults<'a>,
) -> Option<Document> {
    let entries = object(root, "", "a template", faults)?;
    let mut builder = Builder {
        faults,
        limits,
        sheets: Sheets::default(),
        scope: Scope::default(),
        assets: BTreeMap::new(),
        ids: BTreeMap::new(),
        layers: 0,
        budget,
    };
    builder.document(root, entries, variant)
}

/// What `variant` may be: null for the base, or a name.
fn variants(root: &Node) -> Type {
    let names = match root.get("variants").map(|node| &node.json) {
        Some(Json::Object(entries)) => entries.iter().map(|entry| entry.key.as_str()).collect(),
        _ => Vec::new(),
    };
    if names.is_empty() { Type::null() } else { Type::one_of(names).or_null() }
}

impl<'a> Builder<'a, '_> {
    fn document(&mut self, root: &'a Node, entries: &'a [Entry], variant: Option<(&'a str, &'a Node)>) -> Option<Document> {
        let mut merged = Merged::default();
        merged.overlay(entries, "");
        self.known_keys(&merged, Places::DOCUMENT);
        if let Some((name, node)) = variant {
            self.variant(&mut merged, name, node)?;
        }
        if *self.budget < DOCUMENT_BYTES || !self.spend(&merged, root, "") {
            self.over_budget(root, "");
            return None;
        }
        *self.budget = self.budget.saturating_sub(DOCUMENT_BYTES);

        let name = self.plain(&merged, "name", root);
        self.assets = self.assets(&merged);
        let fonts = merged.get("fonts").map(|given| self.plains(given)).unwrap_or_default();
        self.styles(&merged);
        let fields = merged.get("fields").map(|given| self.fields(given.node, &given.path()));
        // Both are read before anything else of the row: `time-zone` sees its columns as they are.
        let time_zone = merged.get("time-zone").and_then(|given| self.time_zone(given)).unwrap_or(Bound::Static(Zone::Fixed(0)));
        let named = fields.as_ref().map(|fields| fields.iter().map(|field| (field.name.as_str(), &field.rules)));
        self.scope = Scope::new(named, variants(root));
        // The language decides what `t` says, so that `lang` and `time-zone` cannot call it.
        let lang = merged.get("lang").and_then(|given| self.lang(given));
        let strings = merged.get("strings").map(|given| Arc::new(self.strings(given)));
        self.scope.strings = strings.clone();
        let lets = merged.get("let").map(|given| self.lets(given.node, &given.path())).unwrap_or_default();
        let skip_if = merged.get("skip-if").and_then(|given| self.condition(given));
        if let Some(condition) = &skip_if {
            self.scope.assume(condition, false);
        }
        let size = self.size(&merged, root);
        self.scope.push_canvas();
        let output = merged.get("output").map(|given| self.output(given)).unwrap_or_default();
        let place = if variant.is_some() { Places::DOCUMENT.or(Places::VARIANT) } else { Places::DOCUMENT };
        let css = self.css(&merged, place);
        let (background, text): (Vec<_>, Vec<_>) = self.declarations(css).into_iter().partition(|d| d.name == "background");
        let layers = match root.get("layers") {
            Some(node) => self.layers(node, "layers", "layers", Flow::Block),
            None => {
                self.faults.add(Code::MissingKey, root.span, "", "\"layers\" is missing");
                Vec::new()
            }
        };
        self.scope = Scope::default();
        self.unmet_overlays();
        Some(Document {
            name: name?,
            size: size?,
            lang,
            time_zone,
            fields,
            lets,
            skip_if,
            strings,
            assets: std::mem::take(&mut self.assets),
            fonts: fonts.into(),
            output,
            background,
            text,
            layers,
        })
    }

    fn variant(&mut self, merged: &mut Merged<'a>, name: &'a str, node: &'a Node) -> Option<()> {
        let path = join("variants", name);
        let entries = object(node, &path, "a variant", self.faults)?;
        let mut own = Merged::default();
        own.overlay(entries, &path);
        self.known_keys(&own, Places::VARIANT);
        merged.overlay(entries, &path);
        let Some(layers) = node.get("layers") else { return Some(()) };
        let path = join(&path, "layers");
        for Entry { key, key_span, node } in object(layers, &path, "layers of a variant", self.faults)? {
            let path = join(&path, key);
            if let Some(entries) = object(node, &path, "a layer of a variant", self.faults) {
                self.sheets.variant.insert(key, Overlay { key_span: *key_span, entries, path, met: false });
            }
        }
        Some(())
    }

    fn unmet_overlays(&mut self) {
        if self.is_over() {
            return;
        }
        for (id, overlay) in self.sheets.variant.iter().filter(|(_, overlay)| !overlay.met) {
            let message = format!("unknown layer id {}{}", quoted(id), suggestion(id, self.ids.keys().map(String::as_str)));
            self.faults.add(Code::UnknownName, overlay.key_span, &overlay.path, message);
        }
    }

    /// Counts a layer; false where there are too many.
    pub(crate) fn count(&mut self, node: &Node, path: &str) -> bool {
        self.layers += 1;
        if self.layers > self.limits.max_layers {
            let message = format!("template has more layers than the limit of {}", self.limits.max_layers);
            self.faults.add(Code::TemplateLimit, node.span, path, message);
        }
        self.layers <= self.limits.max_layers
    }

    /// Takes what merged keys will cost from the budget; false where it is used up.
    pub(crate) fn spend(&mut self, merged: &Merged<'a>, node: &Node, path: &str) -> bool {
        let nested = ["layers", "choose", "variants", "styles"];
        let own = merged.iter().filter(|given| !nested.contains(&given.key));
        let cost = own.fold(64, |sum: usize, given| sum + 64 + (given.node.span.end - given.node.span.start));
        match self.budget.checked_sub(cost) {
            Some(rest) => *self.budget = rest,
            None => {
                self.over_budget(node, path);
                *self.budget = 0;
            }
        }
        *self.budget > 0
    }

    fn over_budget(&mut self, node: &Node, path: &str) {
        let message = format!("template with styles and variants merged in is over the limit of {} bytes", budget(self.limits));
        self.faults.add(Code::TemplateLimit, node.span, path, message);
    }

    /// Whether there is no use in looking at more layers.
    pub(crate) fn is_over(&self) -> bool {
        self.faults.is_full() || self.layers > self.limits.max_layers || *self.budget == 0
    }

    fn assets(&mut self, merged: &Merged<'a>) -> BTreeMap<String, String> {
        let Some(given) = merged.get("assets") else { return BTreeMap::new() };
        let path = given.path();
        let mut assets = BTreeMap::new();
        for Entry { key, node, .. } in object(given.node, &path, "assets", self.faults).unwrap_or_default() {
            if let Some(file) = self.unbound(node, &join(&path, key), "an asset") {
                assets.insert(key.clone(), file.to_owned());
            }
        }
        assets
    }

    /// Collects the styles and checks their keys, also those that no layer names.
    fn styles(&mut self, merged: &Merged<'a>) {
        let Some(given) = merged.get("styles") else { return };
        let path = given.path();
        for Entry { key, node, .. } in object(given.node, &path, "styles", self.faults).unwrap_or_default() {
            let path = join(&path, key);
            let Some(entries) = object(node, &path, "a style", self.faults) else { continue };
            self.sheets.styles.insert(key, entries);
            let mut style = Merged::default();
            style.overlay(entries, &path);
            let css = self.known_keys(&style, Places::STYLE);
            // Bound values are read where a layer names the style: only there is it known which names they may use.
            let fixed = css.into_iter().filter(|(_, given)| given.node.as_str().is_none_or(|text| !text.contains("{{")));
            self.declarations(fixed.collect());
        }
    }

    /// The CSS keys among a document's; which keys belong there was said before.
    fn css(&mut self, merged: &Merged<'a>, place: Places) -> Vec<(&'static str, Given<'a>)> {
        let found = merged.iter().filter_map(|given| match super::keys::find(given.key, place) {
            super::keys::Found::Css(name) => Some((name, given.clone())),
            _ => None,
        });
        found.collect()
    }

    fn size(&mut self, merged: &Merged<'a>, root: &Node) -> Option<(Bound<f32>, Height)> {
        let Some(given) = merged.get("size") else {
            self.faults.add(Code::MissingKey, root.span, "", "\"size\" is missing");
            return None;
        };
        let path = given.path();
        let Json::Array(items) = &given.node.json else {
            self.faults.wrong_type(given.node, &path, "size must be a list [width, height]");
            return None;
        };
        let [width, height] = items.as_slice() else {
            let message = format!("size must have a width and a height, found {} values", items.len());
            self.faults.add(Code::BadValue, given.node.span, &path, message);
            return None;
        };
        let width = self.side(width, &format!("{path}[0]"));
        let height = match height.as_str() {
            Some("auto") => Some(Height::Auto),
            _ => self.side(height, &format!("{path}[1]")).map(Height::Px),
        };
        if let (Some(Bound::Static(w)), Some(Height::Px(Bound::Static(h)))) = (&width, &height) {
            let pixels = f64::from(*w) * f64::from(*h);
            if pixels > self.limits.max_pixels as f64 {
                let message = format!("canvas is {pixels} pixels, over the limit of {}", self.limits.max_pixels);
                self.faults.add(Code::TemplateLimit, given.node.span, &path, message);
            }
        }
        Some((width?, height?))
    }

    fn side(&mut self, node: &'a Node, path: &str) -> Option<Bound<f32>> {
        let rule = format!("a side of the canvas must be a whole number of px from 1 to {}", self.limits.max_side_px);
        match &node.json {
            Json::String(text) if text.contains("{{") => self.faults.text(text, node, path, &self.scope).map(Bound::Bound),
            Json::Number(_) => match node.as_number() {
                Some(n) if n.fract() == 0.0 && n >= 1.0 && n <= f64::from(self.limits.max_side_px) => Some(Bound::Static(n as f32)),
                _ => {
                    self.faults.bad_value(node, path, &rule);
                    None
                }
            },
            _ => {
                self.faults.wrong_type(node, path, &rule);
                None
            }
        }
    }

    fn time_zone(&mut self, given: &Given<'a>) -> Option<Bound<Zone>> {
        let path = given.path();
        let text = match given.node.as_str() {
            Some(text) if text.contains("{{") => return self.bound(text, given, ""),
            Some(text) => text,
            None => {
                self.faults.wrong_type(given.node, &path, "time-zone must be a string");
                return None;
            }
        };
        match Zone::parse(text) {
            Ok(zone) => Some(Bound::Static(zone)),
            Err(message) => {
                self.faults.add(Code::BadValue, given.node.span, &path, message);
                None
            }
        }
    }

    /// The document's language; that it is a tag is checked where it is declared.
    fn lang(&mut self, given: &Given<'a>) -> Option<Bound<String>> {
        let text = given.node.as_str()?;
        if text.contains("{{") { self.bound(text, given, "") } else { Some(Bound::Static(text.to_owned())) }
    }
}
