//! Flex and grid boxes, through taffy: the box with all its in-flow descendants becomes one taffy tree.
//!
//! Its rounding is off: painted edges are snapped later, each by itself. A leaf is a text, a picture, a path or a plain box; a text
//! reports its first baseline, without which `align-items: baseline` would align bottoms. Absolute children take part only to learn where
//! they would have flowed; their size and place is [`anchor`](super::anchor)'s.

use taffy::tree::{Baselines, LayoutInput, LayoutOutput};
use taffy::{AvailableSpace, LengthPercentage, NodeId, Size, TaffyTree};

use super::measure::{Edges, is_flow};
use super::taffy_style::style;
use super::{Layouter, Node};
use crate::css::style::{Position, Sides};
use crate::geom::{Point, Rect};
use crate::plan::tree::{Content, PlannedLayer};
use crate::text::Available;

type Tree<'a> = TaffyTree<&'a PlannedLayer>;

/// A taffy tree and the layers of its nodes, in the same shape.
struct Twig<'a> {
    layer: &'a PlannedLayer,
    id: NodeId,
    children: Vec<Twig<'a>>,
}

impl<'a> Layouter<'a> {
    /// Min-content and max-content width of a flow box's border box.
    pub(super) fn flow_widths(&mut self, layer: &'a PlannedLayer, edges: &Edges) -> (f32, f32) {
        let mut width = |space| {
            let available = Size { width: space, height: AvailableSpace::MaxContent };
            self.solve(layer, edges, (None, None), available).map_or(0.0, |(tree, root)| width_of(&tree, root.id))
        };
        let most = width(AvailableSpace::MaxContent);
        (width(AvailableSpace::MinContent).min(most), most)
    }

    /// The height of a flow box at a width of its border box.
    pub(super) fn flow_height(&mut self, layer: &'a PlannedLayer, edges: &Edges, width: f32) -> f32 {
        let available = Size { width: AvailableSpace::Definite(width), height: AvailableSpace::MaxContent };
        let solved = self.solve(layer, edges, (Some(width), None), available);
        solved.and_then(|(tree, root)| tree.layout(root.id).ok().map(|l| l.size.height)).unwrap_or(0.0)
    }

    /// A flow box with everything in it.
    pub(super) fn flow(&mut self, layer: &'a PlannedLayer, rect: Rect, edges: Edges) -> Node<'a> {
        let available = Size { width: AvailableSpace::Definite(rect.width), height: AvailableSpace::Definite(rect.height) };
        match self.solve(layer, &edges, (Some(rect.width), Some(rect.height)), available) {
            Some((tree, root)) => self.grow(&tree, &root, rect, edges),
            None => Node { layer, rect, edges, text: None, found: None, children: Vec::new() },
        }
    }

    /// The nodes of a solved tree.
    fn grow(&mut self, tree: &Tree<'a>, twig: &Twig<'a>, rect: Rect, edges: Edges) -> Node<'a> {
        let rtl = twig.layer.text.is_rtl();
        let inner = edges.padding_box(&rect);
        let content_width = edges.content_box(&rect).width;
        let mut children = Vec::with_capacity(twig.children.len());
        for child in &twig.children {
            let Ok(at) = tree.layout(child.id) else { continue };
            let flowed = Rect::new(rect.x + at.location.x, rect.y + at.location.y, at.size.width, at.size.height);
            children.push(if child.layer.style.position == Some(Position::Absolute) {
                let margins = self.edges(child.layer, inner.width);
                let margin_corner = Point::new(flowed.x - margins.margin_left, flowed.y - margins.margin_top);
                let placed = self.anchor(child.layer, &inner, rtl, Some(margin_corner));
                self.fill(child.layer, placed, inner.width)
            } else if is_flow(child.layer) {
                let edges = self.edges(child.layer, content_width);
                self.grow(tree, child, flowed, edges)
            } else {
                self.fill(child.layer, flowed, content_width)
            });
        }
        Node { layer: twig.layer, rect, edges, text: None, found: None, children }
    }

    /// The tree of a flow box, solved. The root's percentages are of a containing block that is not in the tree: its size and edges are
    /// known already.
    fn solve(
        &mut self,
        layer: &'a PlannedLayer,
        edges: &Edges,
        size: (Option<f32>, Option<f32>),
        available: Size<AvailableSpace>,
    ) -> Option<(Tree<'a>, Twig<'a>)> {
        let mut tree = Tree::new();
        tree.disable_rounding();
        let root = self.plant(&mut tree, layer, size.0, true)?;
        let mut root_style = tree.style(root.id).ok()?.clone();
        root_style.size = Size { width: dimension(size.0), height: dimension(size.1) };
        root_style.min_size = Size::auto();
        root_style.max_size = Size::auto();
        root_style.margin = taffy::Rect::zero();
        let Sides { top, right, bottom, left } = edges.padding;
        root_style.padding = taffy::Rect { left, right, top, bottom }.map(LengthPercentage::length);
        root_style.inset = taffy::Rect::auto();
        root_style.aspect_ratio = None;
        tree.set_style(root.id, root_style).ok()?;
        tree.compute_layout_with_measure(root.id, available, |inputs, _, layer, style| match layer {
            Some(layer) => self.leaf(layer, inputs, style),
            None => taffy::compute_leaf_layout(inputs, style, |_, _| 0.0, |_, _| Size::ZERO),
        })
        .ok()?;
        Some((tree, root))
    }

    fn plant(&mut self, tree: &mut Tree<'a>, layer: &'a PlannedLayer, width: Option<f32>, root: bool) -> Option<Twig<'a>> {
        let mut taffy_style = style(layer, &self.context(layer), self.edges(layer, width.unwrap_or(0.0)).border, width);
        if layer.style.position == Some(Position::Absolute) && !root {
            taffy_style.inset = taffy::Rect::auto();
        }
        let Content::Box(children) = &layer.content else {
            return Some(Twig { layer, id: tree.new_leaf_with_context(taffy_style, layer).ok()?, children: Vec::new() });
        };
        if !is_flow(layer) {
            return Some(Twig { layer, id: tree.new_leaf_with_context(taffy_style, layer).ok()?, children: Vec::new() });
        }
        let mut ordered: Vec<&'a PlannedLayer> = children.iter().filter(|c| self.is_there(c)).collect();
        ordered.sort_by_key(|child| child.style.order);
        let twigs: Vec<Twig<'a>> = ordered.into_iter().filter_map(|child| self.plant(tree, child, None, false)).collect();
        let ids: Vec<NodeId> = twigs.iter().map(|t| t.id).collect();
        Some(Twig { layer, id: tree.new_with_children(taffy_style, &ids).ok()?, children: twigs })
    }

    /// The size of a leaf, and a text's baseline.
    fn leaf(&mut self, layer: &'a PlannedLayer, inputs: LayoutInput, style: &taffy::Style) -> LayoutOutput {
        let is_text = matches!(layer.content, Content::Text(_));
        let mut baseline = None;
        let mut output = taffy::compute_leaf_layout(
            inputs,
            style,
            |_, _| 0.0,
            |known, available| {
                if !is_text {
                    return Size::ZERO;
                }
                let width = match (known.width, available.width) {
                    (_, AvailableSpace::Definite(width)) => Available::Definite(width.max(0.0)),
                    (_, AvailableSpace::MinContent) => Available::MinContent,
                    (_, AvailableSpace::MaxContent) => Available::MaxContent,
                };
                let most = match width {
                    Available::Definite(space) => {
                        let most = self.measure_text(layer, Available::MaxContent).width;
                        let least = if most > space { self.measure_text(layer, Available::MinContent).width } else { most };
                        most.min(space.max(least))
                    }
                    other => self.measure_text(layer, other).width,
                };
                let set = self.measure_text(layer, width);
                baseline = set.first_baseline;
                Size { width: most, height: set.height }
            },
        );
        if is_text && let Some(first) = baseline.or_else(|| self.baseline_at(layer, &inputs)) {
            let Edges { border, padding, .. } = self.edges(layer, inputs.parent_size.width.unwrap_or(0.0));
            output.baselines = Baselines::from_first(Some(first + border.top + padding.top));
        }
        output
    }

    /// The baseline of a text whose size taffy already knows.
    fn baseline_at(&mut self, layer: &'a PlannedLayer, inputs: &LayoutInput) -> Option<f32> {
        let edges = self.edges(layer, inputs.parent_size.width.unwrap_or(0.0));
        let width = inputs.known_dimensions.width?;
        self.measure_text(layer, Available::Definite((width - edges.horizontal()).max(0.0))).first_baseline
    }
}

fn dimension(px: Option<f32>) -> taffy::Dimension {
    px.map_or_else(taffy::Dimension::auto, taffy::Dimension::length)
}

fn width_of(tree: &Tree<'_>, id: NodeId) -> f32 {
    tree.layout(id).map_or(0.0, |l| l.size.width)
}
