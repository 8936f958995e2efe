//! A laid-out text becomes display items, line by line: shadows first, then under- and overlines, glyphs, and lines through.

use super::Node;
use super::emit::text_origin;
use super::gradient;
use super::measure::Edges;
use crate::css::color::ColorValue;
use crate::css::length::LengthContext;
use crate::css::style::{Shadow, TextColor, TextStyle};
use crate::geom::Rect;
use crate::plan::tree::Content;
use crate::scene::{Fill, Glyph, Glyphs, Item, TextLine};
use crate::text::{Decoration, Run, TextSpan};

/// The display items of a text layer.
pub(super) fn emit(node: &Node<'_>, edges: &Edges, context: &LengthContext, out: &mut Vec<Item>) {
    let (Some(text), Content::Text(spans)) = (&node.text, &node.layer.content) else { return };
    let origin = text_origin(node, edges);
    let padding_box = edges.padding_box(&node.rect);
    for line in &text.lines {
        for run in &line.runs {
            let style = run.span.and_then(|i| spans.get(i)).map_or(&node.layer.text, |span| &span.style);
            Painter { style, spans, run, origin, node, padding_box, context }.emit(out);
        }
    }
}

/// One run of one line.
struct Painter<'p> {
    /// The span's, or the layer's for an ellipsis.
    style: &'p TextStyle,
    spans: &'p [TextSpan],
    run: &'p Run,
    origin: (f32, f32),
    node: &'p Node<'p>,
    padding_box: Rect,
    context: &'p LengthContext,
}

impl Painter<'_> {
    fn emit(&self, out: &mut Vec<Item>) {
        let style = self.style;
        let px = |l: &crate::css::length::Length| l.resolve(self.context, None).unwrap_or(0.0);
        for Shadow { x, y, blur, color, .. } in style.text_shadow.iter().rev() {
            let fill = Fill::Color(color.resolve(style.color.current()));
            self.layers(&fill, None, Some((px(x), px(y), px(blur) / 2.0)), out);
        }
        let stroke = style.text_stroke.as_ref().map(|(width, color)| (px(width), color.resolve(style.color.current())));
        self.layers(&self.fill(), stroke.filter(|s| s.0 > 0.0), None, out);
    }

    /// The colour, or the gradient over the layer's padding box; a span's own gradient covers its inline box.
    fn fill(&self) -> Fill {
        match &self.style.color {
            TextColor::Color(color) => Fill::Color(*color),
            TextColor::Gradient(css) => {
                let own = self.style.color != self.node.layer.text.color;
                let inline = self.run.rect.translate(self.origin.0, self.origin.1);
                Fill::Gradient(gradient::resolve(css, if own { &inline } else { &self.padding_box }, self.context))
            }
        }
    }

    /// The colour of a decoration: its own, else that of the text whose decoration it is.
    fn line_fill(&self, decoration: &Decoration, fill: &Fill) -> Fill {
        let of_span = decoration.of_span.and_then(|i| self.spans.get(i));
        let (declared, text) = match of_span {
            Some(span) => (span.decoration.as_ref(), &span.style),
            None => (self.node.layer.style.text_decoration.as_ref(), &self.node.layer.text),
        };
        match (declared.map(|d| d.color), &text.color) {
            (Some(ColorValue::Color(color)), _) => Fill::Color(color),
            (_, TextColor::Color(color)) => Fill::Color(*color),
            (_, TextColor::Gradient(_)) => fill.clone(),
        }
    }

    fn layers(&self, fill: &Fill, stroke: Option<(f32, crate::css::color::Color)>, shadow: Option<(f32, f32, f32)>, out: &mut Vec<Item>) {
        let (dx, dy, blur_sigma) = shadow.unwrap_or_default();
        let shadow = shadow.is_some();
        let (x, y) = (self.origin.0 + dx, self.origin.1 + dy);
        let decorations = |over: bool| {
            self.run.decorations.iter().filter(move |d| d.over_glyphs == over).map(move |d| {
                let own = if shadow { fill.clone() } else { self.line_fill(d, fill) };
                Item::Line(TextLine { rect: d.rect.translate(x, y), style: d.style, fill: own, blur_sigma })
            })
        };
        out.extend(decorations(false));
        if !self.run.glyphs.is_empty() {
            out.push(Item::Glyphs(Glyphs {
                face: self.run.face,
                variations: self.run.variations.clone(),
                size: self.run.size,
                glyphs: self.run.glyphs.iter().map(|g| Glyph { id: g.id, x: g.x + x, y: g.y + y }).collect(),
                fill: fill.clone(),
                stroke,
                blur_sigma,
            }));
        }
        out.extend(decorations(true));
    }
}
