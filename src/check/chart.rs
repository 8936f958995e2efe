//! What there is to count in one variant of a template: its layers and its rules, by their places, before any row is seen.
//!
//! A row is told about by places (`layers[2].layers[0]`), people know layers by names (`badge-text`). A repeated layer is one here,
//! however many items a row has: `card[].name`. So what a check keeps grows with the template and never with the feed.

use std::collections::BTreeMap;

use crate::template::document::{Content, Document, Layer, Source, Span, SvgContent};

/// One variant's layers and rules.
#[derive(Debug, PartialEq)]
pub(super) struct Chart {
    /// As the report names them, in the order of the template.
    pub(super) layers: Vec<String>,
    pub(super) rules: Vec<Rule>,
    layer_at: BTreeMap<String, usize>,
    rule_at: BTreeMap<String, usize>,
    null_at: BTreeMap<String, usize>,
}

/// A condition of the template.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub(super) kind: RuleKind,
    /// The layer that it decides about; of a span its place besides: `title text[1]`.
    pub(super) layer: String,
    /// `deal.percent >= 10 and not gone`; empty for the last layer of a `choose`.
    pub(super) condition: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleKind {
    If,
    Choose,
}

impl RuleKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::Choose => "choose",
        }
    }
}

/// Where a layer stands: what names its children start with. The planner names the layers of a row the same way.
#[derive(Clone, Copy)]
struct Place<'p> {
    prefix: &'p str,
    repeat: &'p str,
}

impl Chart {
    pub(super) fn of(document: &Document) -> Self {
        let mut chart =
            Self { layers: Vec::new(), rules: Vec::new(), layer_at: BTreeMap::new(), rule_at: BTreeMap::new(), null_at: BTreeMap::new() };
        chart.walk(&document.layers, Place { prefix: "", repeat: "" });
        chart
    }

    /// A layer by its place in the template.
    pub(super) fn layer(&self, path: &str) -> Option<usize> {
        self.layer_at.get(path).copied()
    }

    /// A rule by the place of what it decides about.
    pub(super) fn rule(&self, path: &str) -> Option<usize> {
        self.rule_at.get(path).copied()
    }

    /// The layer that a null at this place leaves without its text or its first picture.
    pub(super) fn nulled(&self, path: &str) -> Option<usize> {
        self.null_at.get(path).copied()
    }

    fn walk(&mut self, layers: &[Layer], place: Place<'_>) {
        for (i, layer) in layers.iter().enumerate() {
            let name = match &layer.id {
                Some(id) => format!("{}{id}", place.repeat),
                None => format!("{}layers[{i}]", place.prefix),
            };
            self.layer_of(layer, name, place, RuleKind::If);
        }
    }

    fn layer_of(&mut self, layer: &Layer, mut name: String, place: Place<'_>, kind: RuleKind) {
        let mut repeat = place.repeat.to_owned();
        if layer.repeat.is_some() {
            name.push_str("[]");
            repeat = format!("{name}.");
        }
        if layer.condition.is_some() || kind == RuleKind::Choose {
            let condition = layer.condition.as_ref().map(ToString::to_string).unwrap_or_default();
            self.rule_of(&layer.path, Rule { kind, layer: name.clone(), condition });
        }
        let here = Place { prefix: place.prefix, repeat: &repeat };
        for choice in &layer.choose {
            let named = choice.id.as_ref().map_or_else(|| name.clone(), |id| format!("{repeat}{id}"));
            self.layer_of(choice, named, here, RuleKind::Choose);
        }
        if !layer.choose.is_empty() {
            return;
        }
        let index = self.layers.len();
        self.layers.push(name.clone());
        self.layer_at.insert(layer.path.clone(), index);
        match &layer.content {
            Content::Box { children } => {
                let prefix = format!("{name}.");
                self.walk(children, Place { prefix: &prefix, repeat: &repeat });
            }
            Content::Text { spans } => self.text(layer, spans, &name, index),
            Content::Image { src, .. } | Content::Svg(SvgContent::Src(src)) => self.picture(src, index),
            Content::Svg(SvgContent::Text(_)) | Content::Path { .. } => {}
        }
    }

    fn text(&mut self, layer: &Layer, spans: &[Span], name: &str, index: usize) {
        self.null_at.insert(layer.path.clone(), index);
        for span in spans {
            if let Some(condition) = &span.condition {
                let inner = span.path.strip_prefix(layer.path.as_str()).unwrap_or(&span.path).trim_start_matches('.');
                let rule = Rule { kind: RuleKind::If, layer: format!("{name} {inner}"), condition: condition.to_string() };
                self.rule_of(&span.path, rule);
            }
        }
    }

    fn picture(&mut self, src: &[Source], index: usize) {
        if let Some(first) = src.first() {
            self.null_at.insert(first.path.clone(), index);
        }
    }

    fn rule_of(&mut self, path: &str, rule: Rule) {
        self.rule_at.insert(path.to_owned(), self.rules.len());
        self.rules.push(rule);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    #[test]
    fn layers_and_rules_have_the_names_that_rows_give_them() {
        let template = Template::parse(
            r#"{ "templrender": 1, "name": "t", "size": [90, 90], "layers": [
                { "type": "box", "layers": [ { "type": "box" }, { "id": "deep", "type": "box", "if": "a > 1" } ] },
                { "id": "card", "for": "item in items", "type": "box", "layers": [
                    { "id": "name", "type": "text", "text": [ { "text": "x" }, { "text": "y", "if": "item.y" } ] }, { "type": "box" } ] },
                { "id": "pick", "choose": [ { "id": "one", "type": "box", "if": "b" }, { "type": "box" } ] } ] }"#,
        )
        .unwrap();
        let chart = Chart::of(template.document(None).unwrap());
        let names = ["layers[0]", "layers[0].layers[0]", "deep", "card[]", "card[].name", "card[].layers[1]", "one", "pick"];
        assert_eq!(chart.layers, names);
        let rules: Vec<String> = chart.rules.iter().map(|r| format!("{} {}: {}", r.kind.name(), r.layer, r.condition)).collect();
        assert_eq!(rules, ["if deep: a > 1", "if card[].name text[1]: item.y", "choose one: b", "choose pick: "]);
    }
}
