//! Layout: a planned canvas becomes boxes, and boxes become a [`Scene`].
//!
//! Two kinds of container, as CSS has them. In a plain box (and on the canvas) every child is absolutely positioned in the padding box:
//! [`anchor`] solves one child at a time. In a flex or grid box children flow: [`flow`] hands the subtree to taffy. [`measure`] answers
//! how large a layer's content wants to be, [`emit`] turns the finished boxes into display items. Layout never waits for pixels: a
//! picture's natural size comes from its header.
//!
//! A text with `min-font-size` shrinks to the box that layout gives it at its own size; the sizes reached are kept and layout runs once
//! more with them.

mod anchor;
mod emit;
mod flow;
pub(crate) mod gradient;
mod measure;
mod outcome;
mod taffy_style;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::css::length::LengthContext;
use crate::error::Fault;
use crate::geom::Rect;
use crate::guard::Sentry;
use crate::plan::tree::{Canvas, Content, Finder, Found, PlannedLayer};
use crate::report::Note;
use crate::scene::Scene;
use crate::text::{Measured, TextEngine, TextLayout};
use measure::{Asked, Edges};

pub(crate) use outcome::{LaidLayer, LaidLine, Outcome};

/// A layer with its border box in canvas px, before transforms.
#[derive(Debug)]
struct Node<'a> {
    layer: &'a PlannedLayer,
    rect: Rect,
    edges: Edges,
    text: Option<TextLayout>,
    found: Option<Found>,
    children: Vec<Node<'a>>,
}

/// Everything the steps of one layout share.
struct Layouter<'a> {
    engine: &'a mut TextEngine,
    finder: &'a dyn Finder,
    sentry: &'a Sentry<'a>,
    fonts: &'a Arc<[String]>,
    canvas: (f32, f32),
    /// Font sizes that texts with `min-font-size` came to, by the address-free name of the layer.
    fitted: BTreeMap<&'a str, f32>,
    /// What texts measured, the latest last, by where their layers stand in memory: looked up, never walked.
    measured: BTreeMap<*const PlannedLayer, Vec<(Asked, Measured)>>,
    /// The first thing that went wrong.
    fault: Option<Fault>,
}

impl<'a> Layouter<'a> {
    fn context(&self, layer: &PlannedLayer) -> LengthContext {
        LengthContext { em: self.font_size(layer), canvas: self.canvas }
    }

    fn font_size(&self, layer: &PlannedLayer) -> f32 {
        self.fitted.get(layer.ident.as_str()).copied().unwrap_or_else(|| layer.text.size_px())
    }

    /// Whether a layer takes space: a picture that is left out does not.
    fn is_there(&self, layer: &PlannedLayer) -> bool {
        match &layer.content {
            Content::Picture(picture) => self.finder.find(picture).is_some(),
            _ => true,
        }
    }

    /// Whether something went wrong, or nobody waits any more: what is laid out from here on is never seen.
    fn is_over(&mut self) -> bool {
        if self.fault.is_none() {
            self.fault = self.sentry.check().err();
        }
        self.fault.is_some()
    }

    /// The inside of a layer whose border box is known.
    fn fill(&mut self, layer: &'a PlannedLayer, rect: Rect, containing_width: f32) -> Node<'a> {
        let edges = self.edges(layer, containing_width);
        let mut node = Node { layer, rect, edges, text: None, found: None, children: Vec::new() };
        if self.is_over() {
            return node;
        }
        match &layer.content {
            Content::Box(_) if measure::is_flow(layer) => return self.flow(layer, rect, edges),
            Content::Box(children) => {
                let inner = edges.padding_box(&rect);
                node.children = children
                    .iter()
                    .filter(|child| self.is_there(child))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|child| {
                        let at = self.anchor(child, &inner, layer.text.is_rtl(), None);
                        self.fill(child, at, inner.width)
                    })
                    .collect();
            }
            Content::Text(_) => node.text = Some(self.set_text(layer, &rect, containing_width)),
            Content::Picture(picture) => node.found = self.finder.find(picture),
            Content::Path(_) => {}
        }
        node
    }

    /// All top-level layers; with a canvas of `auto` height, those placed from the top first. `before` is what this gave before texts
    /// were fitted.
    fn canvas(&mut self, canvas: &'a Canvas, before: Option<(Vec<Node<'a>>, f32)>) -> (Vec<Node<'a>>, f32) {
        let there: Vec<&'a PlannedLayer> = canvas.layers.iter().filter(|l| self.is_there(l)).collect();
        let height = canvas.height.unwrap_or_else(|| {
            let open = Rect::new(0.0, 0.0, canvas.width, 0.0);
            let lowest = there.iter().filter(|l| !measure::hangs_on_height(l)).map(|l| {
                let rect = self.anchor(l, &open, canvas.text.is_rtl(), None);
                rect.bottom() + self.edges(l, canvas.width).margin_bottom
            });
            lowest.fold(0.0_f32, f32::max).ceil().max(1.0)
        });
        self.canvas.1 = height;
        let whole = Rect::new(0.0, 0.0, canvas.width, height);
        let mut before = before.filter(|(_, known)| *known == height).map(|(nodes, _)| nodes).unwrap_or_default().into_iter();
        let nodes = there.into_iter().map(|layer| {
            let known = before.next().filter(|node| std::ptr::eq(node.layer, layer));
            self.top(layer, &whole, canvas.text.is_rtl(), known)
        });
        (nodes.collect(), height)
    }

    /// A layer on the canvas. On the way from the first layout to the second only what has a fitted text in it changes.
    fn top(&mut self, layer: &'a PlannedLayer, whole: &Rect, rtl: bool, known: Option<Node<'a>>) -> Node<'a> {
        match known {
            Some(node) if !self.has_fitted(&node) => node,
            Some(Node { rect, text: Some(text), .. }) => {
                let at = self.anchor(layer, whole, rtl, None);
                if at != rect {
                    return self.fill(layer, at, whole.width);
                }
                // The lines were set at the size they came to, in the same box.
                let edges = self.edges(layer, whole.width);
                Node { layer, rect, edges, text: Some(text), found: None, children: Vec::new() }
            }
            _ => {
                let at = self.anchor(layer, whole, rtl, None);
                self.fill(layer, at, whole.width)
            }
        }
    }

    fn has_fitted(&self, node: &Node<'_>) -> bool {
        self.fitted.contains_key(node.layer.ident.as_str()) || node.children.iter().any(|child| self.has_fitted(child))
    }
}

/// Lays a canvas out.
pub(crate) fn layout(
    canvas: &Canvas,
    engine: &mut TextEngine,
    finder: &dyn Finder,
    sentry: &Sentry<'_>,
) -> Result<(Scene, Outcome), Fault> {
    lay_out(canvas, engine, finder, sentry, true)
}

/// The same without the scene's items, where only the outcome is asked for.
pub(crate) fn survey(canvas: &Canvas, engine: &mut TextEngine, finder: &dyn Finder) -> Result<(Scene, Outcome), Fault> {
    lay_out(canvas, engine, finder, &Sentry::default(), false)
}

fn lay_out(
    canvas: &Canvas,
    engine: &mut TextEngine,
    finder: &dyn Finder,
    sentry: &Sentry<'_>,
    draws: bool,
) -> Result<(Scene, Outcome), Fault> {
    let size = (canvas.width, canvas.height.unwrap_or(0.0));
    let mut layouter = Layouter {
        engine,
        finder,
        sentry,
        fonts: &canvas.fonts,
        canvas: size,
        fitted: BTreeMap::new(),
        measured: BTreeMap::new(),
        fault: None,
    };
    let (mut nodes, mut height) = layouter.canvas(canvas, None);
    let mut notes = Vec::new();
    let mut fitted = BTreeMap::new();
    shrunk(&nodes, &mut fitted, &mut notes);
    if !fitted.is_empty() {
        layouter.fitted = fitted;
        (nodes, height) = layouter.canvas(canvas, Some((nodes, height)));
    }
    match layouter.fault {
        Some(fault) => Err(fault),
        None => Ok(emit::emit(canvas, height, &nodes, notes, draws)),
    }
}

/// The texts that came to a smaller size than their own.
fn shrunk<'a>(nodes: &[Node<'a>], fitted: &mut BTreeMap<&'a str, f32>, notes: &mut Vec<Note>) {
    for node in nodes {
        if let Some(text) = &node.text {
            let own = node.layer.text.size_px();
            if text.font_size < own {
                fitted.insert(&node.layer.ident, text.font_size);
                notes.push(Note::text_shrunk(&node.layer.ident, own, text.font_size, node.rect.width, node.rect.height));
            }
        }
        shrunk(&node.children, fitted, notes);
    }
}
