//! What of a document is the same for every row: the layers, and the boxes around contents, in which nothing is bound.
//!
//! A box whose content comes with the row is kept as an empty box, for its background and shadow do not. Where a layer stands may still
//! hang on its neighbours; whoever draws with this compares.

use super::document::{Bound, Content, Declared, Document, Height, Kind, Layer, Missing, Source, SvgContent};
use crate::expr::TextTemplate;

impl Document {
    /// The document without all that a row can change; `None` where that is the canvas itself.
    pub(crate) fn statics(&self) -> Option<Self> {
        let fixed = is_fixed(&self.size.0)
            && match &self.size.1 {
                Height::Px(height) => is_fixed(height),
                Height::Auto => true,
            };
        let kept = |declared: &[Declared]| declared.iter().filter(|one| is_fixed(&one.value)).cloned().collect();
        fixed.then(|| Self {
            fields: None,
            lets: Vec::new(),
            skip_if: None,
            background: kept(&self.background),
            text: kept(&self.text),
            layers: self.layers.iter().filter_map(layer).collect(),
            ..self.clone()
        })
    }
}

fn layer(layer: &Layer) -> Option<Layer> {
    let Layer { condition: None, repeat: None, hidden: Bound::Static(false), .. } = layer else { return None };
    if !layer.choose.is_empty() || !layer.declarations.iter().all(|one| is_fixed(&one.value)) {
        return None;
    }
    let content = match &layer.content {
        Content::Box { children } => Content::Box { children: children.iter().filter_map(self::layer).collect() },
        content if content_is_fixed(content) => content.clone(),
        _ => Content::Box { children: Vec::new() },
    };
    let kind = if matches!(content, Content::Box { .. }) { Kind::Box } else { layer.kind };
    Some(Layer { kind, content, lets: Vec::new(), ..layer.clone() })
}

fn content_is_fixed(content: &Content) -> bool {
    match content {
        Content::Box { .. } => true,
        Content::Text { spans } => spans.iter().all(|span| {
            let declared = span.declarations.iter().all(|one| is_fixed(&one.value));
            declared && span.condition.is_none() && span.money_parts.is_none() && is_literal(&span.text)
        }),
        Content::Image { src, missing, making } => {
            let plain = making.model.is_none() && making.cutout.is_none();
            plain && are_literal(src) && matches!(missing, Bound::Static(Missing::Error | Missing::Hide))
        }
        Content::Svg(SvgContent::Src(src)) => are_literal(src),
        Content::Svg(SvgContent::Text(text)) => is_literal(text),
        Content::Path { d, view_box } => is_literal(d) && view_box.as_ref().is_none_or(is_fixed),
    }
}

fn is_fixed<T>(bound: &Bound<T>) -> bool {
    matches!(bound, Bound::Static(_))
}

fn is_literal(text: &TextTemplate) -> bool {
    text.as_static().is_some()
}

fn are_literal(sources: &[Source]) -> bool {
    sources.iter().all(|source| is_literal(&source.text))
}
