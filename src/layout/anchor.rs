//! Absolutely positioned boxes: CSS 2.2's 10.3.7 and 10.6.4 with `box-sizing: border-box`.
//!
//! Differences that the format makes: with neither side set, a box is at 0; pictures, SVGs and paths have a definite size and are not
//! stretched by two opposite insets.

use super::Layouter;
use super::measure::{Edges, physical};
use crate::css::length::Length;
use crate::geom::{Point, Rect};
use crate::plan::tree::{Content, PlannedLayer};

/// One axis of the problem, px.
struct Axis {
    start: Option<f32>,
    end: Option<f32>,
    margin_start: f32,
    margin_end: f32,
    auto_start: bool,
    auto_end: bool,
    containing: f32,
    /// Where the box is when neither side says so.
    fallback: f32,
    /// The end side wins where both sides and the size are given.
    end_wins: bool,
}

impl Axis {
    /// The room for a size of `auto`.
    fn room(&self) -> f32 {
        (self.containing - self.start.unwrap_or(0.0) - self.end.unwrap_or(0.0) - self.margin_start - self.margin_end).max(0.0)
    }

    /// Where a box of this size starts.
    fn place(&self, size: f32) -> f32 {
        match (self.start, self.end) {
            (Some(start), Some(end)) => {
                let free = self.containing - start - end - size - self.margin_start - self.margin_end;
                match (self.auto_start, self.auto_end) {
                    (true, true) if free >= 0.0 => start + free / 2.0,
                    (true, true) if self.end_wins => start + free,
                    (true, false) => start + free,
                    _ if self.end_wins => self.containing - end - self.margin_end - size,
                    _ => start + self.margin_start,
                }
            }
            (Some(start), None) => start + self.margin_start,
            (None, Some(end)) => self.containing - end - self.margin_end - size,
            (None, None) => self.fallback + self.margin_start,
        }
    }
}

impl<'a> Layouter<'a> {
    /// The border box of a layer in a containing block. `flowed` is where an absolute child of a flex or grid box would have been.
    pub(super) fn anchor(&mut self, layer: &'a PlannedLayer, containing: &Rect, container_rtl: bool, flowed: Option<Point>) -> Rect {
        let context = self.context(layer);
        let style = &layer.style;
        let edges = self.edges(layer, containing.width);
        let inset = physical(&style.inset, &style.inset_logical, &layer.text);
        let px = |length: &Length, of: f32| length.resolve(&context, Some(of));
        let across = Axis {
            start: px(inset.left, containing.width),
            end: px(inset.right, containing.width),
            margin_start: edges.margin_left,
            margin_end: edges.margin_right,
            auto_start: edges.auto_margins[0],
            auto_end: edges.auto_margins[1],
            containing: containing.width,
            fallback: flowed.map_or(0.0, |p| p.x - containing.x),
            end_wins: container_rtl,
        };
        let down = Axis {
            start: px(inset.top, containing.height),
            end: px(inset.bottom, containing.height),
            margin_start: edges.margin_top,
            margin_end: edges.margin_bottom,
            auto_start: edges.auto_margins[2],
            auto_end: edges.auto_margins[3],
            containing: containing.height,
            fallback: flowed.map_or(0.0, |p| p.y - containing.y),
            end_wins: false,
        };
        let (width, height) = self.size(layer, containing, &edges, &across, &down);
        Rect::new(containing.x + across.place(width), containing.y + down.place(height), width, height)
    }

    fn size(&mut self, layer: &'a PlannedLayer, containing: &Rect, edges: &Edges, across: &Axis, down: &Axis) -> (f32, f32) {
        let context = self.context(layer);
        let style = &layer.style;
        let px = |length: &Length, of: f32| length.resolve(&context, Some(of));
        let clamp = |v: f32, least: &Length, most: &Length, of: f32, edge: f32| {
            let v = px(most, of).map_or(v, |m| v.min(m));
            v.max(px(least, of).unwrap_or(0.0)).max(edge)
        };
        let clamp_width = |v: f32| clamp(v, &style.min_width, &style.max_width, containing.width, edges.horizontal());
        let clamp_height = |v: f32| clamp(v, &style.min_height, &style.max_height, containing.height, edges.vertical());
        let stretches = !matches!(layer.content, Content::Picture(_) | Content::Path(_));

        let own_width = px(&style.width, containing.width);
        let own_height = px(&style.height, containing.height);
        let wide = stretches && across.start.is_some() && across.end.is_some();
        let tall = stretches && down.start.is_some() && down.end.is_some();
        let height_first = own_height.or_else(|| (tall && !(wide && own_width.is_none())).then(|| down.room())).map(clamp_height);
        let width = match (own_width, style.aspect_ratio, height_first) {
            (Some(width), _, _) => width,
            (None, _, _) if wide => across.room(),
            (None, Some(ratio), Some(height)) => height * ratio,
            _ => {
                let (least, most) = self.content_widths(layer, edges);
                most.min(across.room().max(least))
            }
        };
        let width = clamp_width(width);
        let height = match (own_height, style.aspect_ratio) {
            (Some(height), _) => height,
            (None, Some(ratio)) if !(tall && own_width.is_none() && !wide) => width / ratio,
            _ if tall => down.room(),
            _ => self.content_height(layer, width, edges),
        };
        (width, clamp_height(height))
    }
}
