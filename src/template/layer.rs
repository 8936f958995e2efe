//! Layers: merged keys to a typed [`Layer`], with every fault on the way.

use super::build::Builder;
use super::document::{Bound, Content, Declared, Kind, Layer, Making, Missing, Repeat, Source, Span as TextSpan, SvgContent};
use super::keys::{self, Found, KINDS, Places};
use super::making;
use super::merge::{Given, Merged, list, object};
use super::reader::{Entry, Json, Node, join};
use super::scope::as_assumed;
use super::size::{Flow, is_definite};
use crate::css::property::Input;
use crate::error::{Code, quoted, suggestion};
use crate::expr::decide::is_unreachable;
use crate::expr::types::{Range, Type};
use crate::expr::{Expr, TextTemplate, is_name};
use crate::row::decimal::Decimal;

/// Where a layer stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role<'a> {
    pub(crate) flow: Flow<'a>,
    pub(crate) choice: Choice,
}

/// Whether a layer is one of a `choose`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    None,
    Middle,
    Last,
}

impl<'a> Builder<'a, '_> {
    /// The layers of a list.
    pub(crate) fn layers(&mut self, node: &'a Node, path: &str, noun: &str, flow: Flow<'a>) -> Vec<Layer> {
        let Some(items) = list(node, path, noun, self.faults) else { return Vec::new() };
        let role = Role { flow, choice: Choice::None };
        let mut layers = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if self.is_over() {
                break;
            }
            layers.extend(self.layer(item, &format!("{path}[{index}]"), role));
        }
        layers
    }

    fn choose(&mut self, given: &Given<'a>, flow: Flow<'a>) -> Vec<Layer> {
        let path = given.path();
        let Some(items) = list(given.node, &path, "choose", self.faults) else { return Vec::new() };
        if items.is_empty() {
            self.faults.add(Code::BadValue, given.node.span, &path, "choose must have at least one layer, found none");
        }
        let outer = self.scope.mark();
        let mut layers = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if self.is_over() {
                break;
            }
            let choice = if index + 1 == items.len() { Choice::Last } else { Choice::Middle };
            layers.extend(self.layer(item, &format!("{path}[{index}]"), Role { flow, choice }));
        }
        self.scope.restore(outer);
        layers
    }

    fn layer(&mut self, node: &'a Node, path: &str, role: Role<'a>) -> Option<Layer> {
        let own = object(node, path, "a layer", self.faults)?;
        if !self.count(node, path) {
            return None;
        }
        let merged = self.sheets.merge(own, path, self.faults);
        if !self.spend(&merged, node, path) {
            return None;
        }
        let id = self.id(own, path);
        let (place, kind) = self.kind(&merged, node, path)?;
        let declarations_given = self.known_keys(&merged, place);
        let outer = self.scope.mark();
        let repeat = self.repeat(&merged);
        let lets = merged.get("let").map(|given| self.lets(given.node, &given.path())).unwrap_or_default();
        // `hidden` is asked before `if`, but after it where `if` chooses.
        let chosen = role.choice != Choice::None;
        let mut hidden = if chosen { None } else { merged.get("hidden").and_then(|given| self.hidden(given)) };
        let condition = merged.get("if").and_then(|given| self.condition(given));
        self.check_choice(&merged, role.choice, node, path);
        self.check_reached(&merged, role.choice, condition.as_ref(), node, path);
        if let Some(condition) = &condition {
            self.scope.assume(condition, true);
        }
        if chosen {
            hidden = merged.get("hidden").and_then(|given| self.hidden(given));
        }
        let hidden = hidden.unwrap_or(Bound::Static(false));
        let declarations = self.declarations(declarations_given);
        let choose = merged.get("choose").map(|given| self.choose(given, role.flow)).unwrap_or_default();
        let content = match kind {
            _ if place == Places::CHOOSE => Some(Content::Box { children: Vec::new() }),
            kind => self.content(kind, &merged, node, path),
        };
        if matches!(kind, Kind::Image | Kind::Svg | Kind::Path) && !is_definite(&merged, role.flow) {
            let message = format!(
                "{} needs a definite size: width and height, one of them with aspect-ratio, or stretch in a flex or grid box",
                place.noun()
            );
            self.faults.add(Code::IndefiniteSize, node.span, path, message);
        }
        self.scope.restore(outer);
        if let (Choice::Middle, Some(condition)) = (role.choice, &condition)
            && lets.is_empty()
        {
            self.scope.assume_alternative(condition);
        }
        Some(Layer { id, path: path.to_owned(), kind, condition, repeat, lets, hidden, choose, declarations, content: content? })
    }

    fn id(&mut self, own: &'a [Entry], path: &str) -> Option<String> {
        let entry = own.iter().find(|e| e.key == "id")?;
        let place = join(path, "id");
        match entry.node.as_str() {
            Some(id) if id.contains("{{") => {
                self.faults.bad_value(&entry.node, &place, "id cannot be bound");
                None
            }
            Some(id) if !id.is_empty() && id.len() <= 64 => {
                if let Some(first) = self.ids.get(id) {
                    let message = format!("id {} stands twice, first at {first}", quoted(id));
                    self.faults.add(Code::DuplicateId, entry.node.span, &place, message);
                } else {
                    self.ids.insert(id.to_owned(), path.to_owned());
                }
                Some(id.to_owned())
            }
            Some(_) => {
                self.faults.bad_value(&entry.node, &place, "id must have 1 to 64 characters");
                None
            }
            None if entry.node.is_null() => None,
            None => {
                self.faults.wrong_type(&entry.node, &place, "id must be a string");
                None
            }
        }
    }

    fn kind(&mut self, merged: &Merged<'a>, node: &Node, path: &str) -> Option<(Places, Kind)> {
        if merged.has("choose") {
            return Some((Places::CHOOSE, Kind::Box));
        }
        let Some(given) = merged.get("type") else {
            self.faults.add(Code::MissingKey, node.span, path, "\"type\" is missing");
            return None;
        };
        let Some(name) = given.node.as_str() else {
            self.faults.wrong_type(given.node, &given.path(), "type must be a string");
            return None;
        };
        match KINDS.iter().find(|(known, ..)| *known == name) {
            Some((_, place, Some(kind))) => Some((*place, *kind)),
            Some(_) => {
                let message = format!("layer type {name:?} is not supported yet");
                self.faults.add(Code::UnsupportedKey, given.node.span, &given.path(), message);
                None
            }
            None => {
                let known = KINDS.iter().map(|(known, ..)| *known);
                let message = format!("unknown layer type {}{}", quoted(name), suggestion(name, known));
                self.faults.add(Code::BadValue, given.node.span, &given.path(), message);
                None
            }
        }
    }

    /// Reports the keys that do not belong to a place; gives the CSS keys.
    pub(crate) fn known_keys(&mut self, merged: &Merged<'a>, place: Places) -> Vec<(&'static str, Given<'a>)> {
        let mut css = Vec::new();
        for given in merged.iter() {
            match keys::find(given.key, place) {
                Found::Css(name) => css.push((name, given.clone())),
                Found::Own(_) => {}
                Found::Later(message) => self.faults.add(Code::UnsupportedKey, given.key_span, &given.path(), message),
                Found::Unknown(message) => self.faults.add(Code::UnknownKey, given.key_span, &given.path(), message),
            }
        }
        for given in merged.removed() {
            if let Found::Unknown(message) = keys::find(given.key, place) {
                self.faults.add(Code::UnknownKey, given.key_span, &given.path(), message);
            }
        }
        css
    }

    /// Reads `for`; its names are pushed on the scope, also after a fault in its list.
    fn repeat(&mut self, merged: &Merged<'a>) -> Option<Repeat> {
        let limit = merged.get("limit");
        let Some(given) = merged.get("for") else {
            if let Some(limit) = limit {
                self.faults.add(Code::BadValue, limit.key_span, &limit.path(), "\"limit\" needs \"for\" beside it");
            }
            return None;
        };
        let path = given.path();
        let Some(text) = given.node.as_str() else {
            self.faults.wrong_type(given.node, &path, "for must be a string such as \"item in products\"");
            return None;
        };
        let parts = text.split_once(" in ").map(|(variable, items)| (variable.trim(), items, text.len() - items.len()));
        let Some((variable, items, skipped)) = parts.filter(|(variable, ..)| is_name(variable)) else {
            self.faults.bad_value(given.node, &path, "for must be like \"item in products\"");
            return None;
        };
        let items = self.expression(items, skipped, given.node, &path);
        let limit = limit.and_then(|given| self.limit(given));
        let item = items.as_ref().and_then(|(_, kind)| if kind.any { None } else { kind.list.as_ref() }).map(|list| list.item().clone());
        if let Some((_, kind)) = &items
            && !kind.kinds().is_empty()
            && kind.list.is_none()
        {
            let message = format!("for must go over a list, found {}", kind.noun());
            self.faults.add(Code::UnlikeTypes, given.node.span, &path, message);
        }
        self.scope.push(variable, item.unwrap_or_else(Type::any));
        self.scope.push("loop", loop_type());
        Some(Repeat { variable: variable.to_owned(), items: items?.0, limit })
    }

    fn limit(&mut self, given: &Given<'a>) -> Option<Bound<usize>> {
        let rule = "limit must be a whole number from 1 to 10000";
        if let Some(text) = given.node.as_str() {
            return self.bound(text, given, rule);
        }
        match given.node.as_number() {
            Some(n) if n.fract() == 0.0 && (1.0..=10_000.0).contains(&n) => Some(Bound::Static(n as usize)),
            Some(_) => {
                self.faults.bad_value(given.node, &given.path(), rule);
                None
            }
            None => {
                self.faults.wrong_type(given.node, &given.path(), rule);
                None
            }
        }
    }

    fn check_choice(&mut self, merged: &Merged<'a>, choice: Choice, node: &Node, path: &str) {
        if choice == Choice::None {
            return;
        }
        if let Some(given) = merged.get("for") {
            self.faults.add(Code::BadValue, given.key_span, &given.path(), "a layer of choose cannot have \"for\", put it in a box");
        }
        match (choice, merged.get("if")) {
            (Choice::Middle, None) => {
                self.faults.add(Code::MissingKey, node.span, path, "\"if\" is missing: only the last layer of choose has none");
            }
            (Choice::Last, Some(given)) => {
                self.faults.add(Code::BadValue, given.key_span, &given.path(), "the last layer of choose must have no \"if\"");
            }
            _ => {}
        }
    }

    /// Reports an alternative that no row comes to, because the earlier ones take them all.
    pub(crate) fn check_reached(&mut self, merged: &Merged<'a>, choice: Choice, condition: Option<&Expr>, node: &Node, path: &str) {
        if choice == Choice::None {
            return;
        }
        let (all, own) = (self.scope.assumed(true), self.scope.assumed(false));
        if all.len() == own.len() {
            return;
        }
        let view = self.scope.view();
        let (all, own) = (as_assumed(&all), as_assumed(&own));
        let budget = &mut self.faults.findings.budget;
        let (span, place, claim) = match (condition, merged.get("if")) {
            (Some(condition), Some(given)) => {
                let never = |assumed: &[_], budget: &mut _| condition.decide(&view, assumed, budget).is_some_and(|certain| !certain.holds);
                let claim = never(&all, budget) && !never(&own, budget);
                (given.node.span, given.path(), claim)
            }
            (None, None) => {
                let claim = is_unreachable(&all, budget) && !is_unreachable(&own, budget);
                (node.span, path.to_owned(), claim)
            }
            _ => return,
        };
        let message = || "an alternative must be reached by some row, here an earlier one of choose always holds first".to_owned();
        self.faults.findings.claim(span.start, "reached", &place, claim.then(|| (Code::NeverReached, message())));
    }

    /// `hidden`: where it is bound, the layer's other keys are read only where it is falsy.
    fn hidden(&mut self, given: &Given<'a>) -> Option<Bound<bool>> {
        let hidden = self.bool(given)?;
        if let Bound::Bound(text) = &hidden
            && let Some((expr, start)) = text.expressions_at().next().filter(|_| text.as_whole().is_some())
        {
            self.faults.ask(expr, start, given.node, &given.path(), &self.scope, true);
            self.scope.assume(expr, false);
        }
        Some(hidden)
    }

    fn bool(&mut self, given: &Given<'a>) -> Option<Bound<bool>> {
        let rule = format!("{} must be true, false or a binding", given.key);
        match &given.node.json {
            Json::Bool(b) => Some(Bound::Static(*b)),
            Json::String(text) => self.bound(text, given, &rule),
            _ => {
                self.faults.wrong_type(given.node, &given.path(), &rule);
                None
            }
        }
    }

    fn content(&mut self, kind: Kind, merged: &Merged<'a>, node: &Node, path: &str) -> Option<Content> {
        Some(match kind {
            Kind::Box => {
                let flow = Flow::of(merged);
                Content::Box { children: merged.get("layers").map(|g| self.layers(g.node, &g.path(), "layers", flow)).unwrap_or_default() }
            }
            Kind::Text => {
                let text = self.required(merged, "text", node, path)?;
                Content::Text { spans: self.spans(text, merged.get("money-parts")) }
            }
            Kind::Image => {
                let src = self.required(merged, "src", node, path)?;
                let src = self.sources(src);
                Content::Image { src, missing: self.missing(merged), making: Box::new(self.making(merged)) }
            }
            Kind::Svg => {
                self.no_face(merged);
                Content::Svg(self.svg(merged, node, path)?)
            }
            Kind::Path => {
                let d = self.required(merged, "d", node, path)?;
                let d = self.string(&d)?;
                let view_box = merged.get("viewBox").and_then(|given| self.view_box(given));
                Content::Path { d, view_box }
            }
        })
    }

    fn svg(&mut self, merged: &Merged<'a>, node: &Node, path: &str) -> Option<SvgContent> {
        match (merged.get("src"), merged.get("svg")) {
            (Some(src), None) => Some(SvgContent::Src(self.sources(src.clone()))),
            (None, Some(svg)) => self.string(svg).map(SvgContent::Text),
            (Some(_), Some(svg)) => {
                self.faults.add(Code::BadValue, svg.key_span, &svg.path(), "an svg takes \"src\" or \"svg\", found both");
                None
            }
            (None, None) => {
                self.faults.add(Code::MissingKey, node.span, path, "\"src\" is missing");
                None
            }
        }
    }

    /// A drawing has no face to be placed by.
    fn no_face(&mut self, merged: &Merged<'a>) {
        let Some(given) = merged.get("object-position").filter(|given| given.node.as_str().is_some_and(|text| text.trim() == "face"))
        else {
            return;
        };
        self.faults.add(Code::BadValue, given.node.span, &given.path(), super::document::NO_FACE);
    }

    /// What models make of an image.
    fn making(&mut self, merged: &Merged<'a>) -> Making {
        let model = merged.get("model").and_then(|given| self.string(given));
        let cutout = merged.get("cutout").and_then(|given| self.string(given));
        if let (Some(given), Some("flat")) = (merged.get("cutout"), cutout.as_ref().and_then(TextTemplate::as_static)) {
            let message = "cutout \"flat\" is not supported yet";
            self.faults.add(Code::UnsupportedKey, given.node.span, &given.path(), message);
        }
        for given in ["strength", "feather"].into_iter().filter_map(|key| merged.get(key)).filter(|_| !merged.has("model")) {
            let message = format!("{:?} is of a model, but \"model\" is missing", given.key);
            self.faults.add(Code::MissingKey, given.key_span, &given.path(), message);
        }
        let strength = merged.get("strength").and_then(|given| self.measure(given, making::strength));
        let feather = merged.get("feather").and_then(|given| self.measure(given, making::feather));
        Making { model, strength, feather, cutout }
    }

    /// A number, or a text that is read as one; where it binds, the row decides.
    fn measure<T>(&mut self, given: &Given<'a>, read: fn(&Input<'_>) -> Result<T, String>) -> Option<Bound<T>> {
        let input = match &given.node.json {
            Json::String(text) if text.contains("{{") => {
                return self.faults.text(text, given.node, &given.path(), &self.scope).map(Bound::Bound);
            }
            Json::String(text) => Input::Text(text),
            Json::Number(_) => Input::Number(given.node.as_number()?),
            _ => {
                let rule = format!("{} must be a number or a string", given.key);
                self.faults.wrong_type(given.node, &given.path(), &rule);
                return None;
            }
        };
        match read(&input) {
            Ok(value) => Some(Bound::Static(value)),
            Err(message) => {
                self.faults.add(Code::BadValue, given.node.span, &given.path(), message);
                None
            }
        }
    }

    fn missing(&mut self, merged: &Merged<'a>) -> Bound<Missing> {
        let Some(given) = merged.get("missing") else { return Bound::Static(Missing::Error) };
        match given.node.as_str().and_then(Missing::parse) {
            Some(missing) => Bound::Static(missing),
            None => match given.node.as_str() {
                Some(text) => self.bound(text, given, MISSING_RULE).unwrap_or(Bound::Static(Missing::Error)),
                None => {
                    self.faults.wrong_type(given.node, &given.path(), MISSING_RULE);
                    Bound::Static(Missing::Error)
                }
            },
        }
    }

    fn view_box(&mut self, given: &Given<'a>) -> Option<Bound<[f32; 4]>> {
        let rule = "viewBox must be \"x y width height\" with a positive width and height";
        match given.node.as_str() {
            Some(text) if text.contains("{{") => self.bound(text, given, rule),
            Some(text) => match super::document::view_box(text) {
                Some(numbers) => Some(Bound::Static(numbers)),
                None => {
                    self.faults.bad_value(given.node, &given.path(), rule);
                    None
                }
            },
            None => {
                self.faults.wrong_type(given.node, &given.path(), rule);
                None
            }
        }
    }

    fn spans(&mut self, given: Given<'a>, parts: Option<&Given<'a>>) -> Vec<TextSpan> {
        let path = given.path();
        match &given.node.json {
            Json::String(text) => {
                let text = self.faults.text(text, given.node, &path, &self.scope);
                let money_parts = parts.map(|parts| self.money_parts(parts, text.as_ref()));
                text.map(|text| TextSpan { text, condition: None, declarations: Vec::new(), money_parts, path }).into_iter().collect()
            }
            Json::Array(items) => {
                if let Some(parts) = parts {
                    let message = "\"money-parts\" of a text with spans belongs to the span with the price";
                    self.faults.add(Code::BadValue, parts.key_span, &parts.path(), message);
                }
                let spans: Vec<_> =
                    items.iter().enumerate().filter_map(|(index, item)| self.span(item, &format!("{path}[{index}]"))).collect();
                spans
            }
            _ => {
                self.faults.wrong_type(given.node, &path, "text must be a string or a list of spans");
                Vec::new()
            }
        }
    }

    fn span(&mut self, node: &'a Node, path: &str) -> Option<TextSpan> {
        let own = object(node, path, "a span", self.faults)?;
        let merged = self.sheets.merge(own, path, self.faults);
        if !self.spend(&merged, node, path) {
            return None;
        }
        let css = self.known_keys(&merged, Places::SPAN);
        let condition = merged.get("if").and_then(|given| self.condition(given));
        let declarations: Vec<Declared> = self.declarations(css);
        let text = self.required(&merged, "text", node, path)?;
        let text = self.string(&text);
        let money_parts = merged.get("money-parts").map(|parts| self.money_parts(parts, text.as_ref()));
        Some(TextSpan { text: text?, condition, declarations, money_parts, path: path.to_owned() })
    }

    fn sources(&mut self, given: Given<'a>) -> Vec<Source> {
        let path = given.path();
        let items: Vec<(&Node, String)> = match &given.node.json {
            Json::Array(items) => items.iter().enumerate().map(|(i, item)| (item, format!("{path}[{i}]"))).collect(),
            _ => vec![(given.node, path.clone())],
        };
        if items.is_empty() {
            self.faults.add(Code::BadValue, given.node.span, &path, "src must name at least one picture, found none");
        }
        let mut sources = Vec::new();
        for (node, path) in items {
            let Some(text) = node.as_str() else {
                self.faults.wrong_type(node, &path, "src must be a string or a list of strings");
                continue;
            };
            if text.trim().is_empty() {
                self.faults.bad_value(node, &path, "src must not be empty");
            }
            if let Some(name) = text.strip_prefix("asset:").filter(|name| !name.contains("{{"))
                && !self.assets.contains_key(name)
            {
                let message = format!("unknown asset {}{}", quoted(name), suggestion(name, self.assets.keys().map(String::as_str)));
                self.faults.add(Code::UnknownName, node.span, &path, message);
            }
            sources.extend(self.faults.text(text, node, &path, &self.scope).map(|text| Source { text, path }));
        }
        sources
    }

    fn required(&mut self, merged: &Merged<'a>, key: &str, node: &Node, path: &str) -> Option<Given<'a>> {
        let given = merged.get(key).cloned();
        if given.is_none() {
            self.faults.add(Code::MissingKey, node.span, path, format!("{key:?} is missing"));
        }
        given
    }
}

const MISSING_RULE: &str = "missing must be \"hide\", \"error\" or \"original\"";

/// What `loop` holds.
fn loop_type() -> Type {
    let part = |name: &str, kind: Type| (name.to_owned(), kind);
    let from_one = || Type::number(Range { min: Some(Decimal::from(1)), ..Range::COUNT });
    Type::map([
        part("index", from_one()),
        part("index0", Type::number(Range::COUNT)),
        part("first", Type::bool()),
        part("last", Type::bool()),
        part("length", from_one()),
    ])
}
