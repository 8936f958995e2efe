//! How large things are by themselves: edges (margin, border, padding) in px, and the size that a layer's content asks for.

use super::Layouter;
use crate::css::length::{Length, LengthContext};
use crate::css::style::{Border, BorderStyle, Display, Sides, TextStyle};
use crate::error::Fault;
use crate::geom::Rect;
use crate::plan::tree::{Content, PlannedLayer};
use crate::text::{Available, Measured, TextLayout, TextRequest};

/// A width that a text was measured in, with its font size and the canvas.
pub(super) type Asked = (Available, f32, (f32, f32));

/// Answers kept for each text; nested flex boxes rarely ask for more widths.
const ANSWERS: usize = 8;

/// A layer's edges in px; `auto` margins are 0 here and remembered.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Edges {
    pub(super) margin_left: f32,
    pub(super) margin_right: f32,
    pub(super) margin_top: f32,
    pub(super) margin_bottom: f32,
    /// Left, right, top, bottom.
    pub(super) auto_margins: [bool; 4],
    pub(super) border: Sides<f32>,
    pub(super) padding: Sides<f32>,
}

impl Edges {
    pub(super) fn horizontal(&self) -> f32 {
        self.border.left + self.border.right + self.padding.left + self.padding.right
    }

    pub(super) fn vertical(&self) -> f32 {
        self.border.top + self.border.bottom + self.padding.top + self.padding.bottom
    }

    pub(super) fn padding_box(&self, border_box: &Rect) -> Rect {
        let Sides { top, right, bottom, left } = self.border;
        border_box.inset([top, right, bottom, left])
    }

    pub(super) fn content_box(&self, border_box: &Rect) -> Rect {
        let Sides { top, right, bottom, left } = self.padding;
        self.padding_box(border_box).inset([top, right, bottom, left])
    }
}

/// Whether children flow instead of being anchored.
pub(super) fn is_flow(layer: &PlannedLayer) -> bool {
    matches!(layer.content, Content::Box(_)) && layer.style.display != Display::Block
}

/// Whether a top-level layer needs the canvas's height to be placed.
pub(super) fn hangs_on_height(layer: &PlannedLayer) -> bool {
    let style = &layer.style;
    !style.inset.bottom.is_auto()
        || style.inset_logical[3].as_ref().is_some_and(|l| !l.is_auto())
        || style.inset.top.has_percent()
        || style.height.has_percent()
}

/// A border's width as Chromium computes it: whole px, never rounded down to nothing.
fn border_px(border: &Border, context: &LengthContext) -> f32 {
    if matches!(border.style, BorderStyle::None | BorderStyle::Hidden) {
        return 0.0;
    }
    let width = border.width.resolve(context, None).unwrap_or(0.0);
    if width <= 0.0 { 0.0 } else { width.floor().max(1.0) }
}

/// The physical sides of margins, paddings or insets once their logical ones are mapped, as the direction of a layer's text has it.
pub(super) fn physical<'s>(sides: &'s Sides<Length>, logical: &'s [Option<Length>; 4], text: &TextStyle) -> Sides<&'s Length> {
    let Sides { top, right, bottom, left } = sides;
    // Nearly always; and to ask for the direction takes as long as all the rest.
    if logical.iter().all(Option::is_none) {
        return Sides { top, right, bottom, left };
    }
    let [inline_start, inline_end, block_start, block_end] = logical.each_ref().map(Option::as_ref);
    let (start, end) = if text.is_rtl() { (inline_end, inline_start) } else { (inline_start, inline_end) };
    Sides { top: block_start.unwrap_or(top), right: end.unwrap_or(right), bottom: block_end.unwrap_or(bottom), left: start.unwrap_or(left) }
}

/// The edges of a layer; percentages are of the containing block's width, as CSS has it for all four sides.
fn edges(layer: &PlannedLayer, containing_width: f32, context: &LengthContext) -> Edges {
    let style = &layer.style;
    let margin = physical(&style.margin, &style.margin_logical, &layer.text);
    let padding = physical(&style.padding, &style.padding_logical, &layer.text);
    let px = |length: &Length| length.resolve(context, Some(containing_width)).unwrap_or(0.0);
    Edges {
        margin_left: px(margin.left),
        margin_right: px(margin.right),
        margin_top: px(margin.top),
        margin_bottom: px(margin.bottom),
        auto_margins: [margin.left.is_auto(), margin.right.is_auto(), margin.top.is_auto(), margin.bottom.is_auto()],
        border: Sides {
            top: border_px(&style.border.top, context),
            right: border_px(&style.border.right, context),
            bottom: border_px(&style.border.bottom, context),
            left: border_px(&style.border.left, context),
        },
        padding: Sides { top: px(padding.top), right: px(padding.right), bottom: px(padding.bottom), left: px(padding.left) },
    }
}

impl<'a> Layouter<'a> {
    /// The edges of a layer; percentages are of the containing block's width, as CSS has it for all four sides.
    pub(super) fn edges(&self, layer: &PlannedLayer, containing_width: f32) -> Edges {
        edges(layer, containing_width, &self.context(layer))
    }

    /// The smallest and the largest useful width of a layer's border box.
    pub(super) fn content_widths(&mut self, layer: &'a PlannedLayer, edges: &Edges) -> (f32, f32) {
        match &layer.content {
            Content::Text(_) => {
                let least = self.measure_text(layer, Available::MinContent).width;
                let most = self.measure_text(layer, Available::MaxContent).width;
                (least + edges.horizontal(), most + edges.horizontal())
            }
            Content::Box(_) if is_flow(layer) => self.flow_widths(layer, edges),
            _ => (edges.horizontal(), edges.horizontal()),
        }
    }

    /// The height of a layer's border box at a width of its border box.
    pub(super) fn content_height(&mut self, layer: &'a PlannedLayer, width: f32, edges: &Edges) -> f32 {
        match &layer.content {
            Content::Text(_) => {
                let inner = (width - edges.horizontal()).max(0.0);
                self.measure_text(layer, Available::Definite(inner)).height + edges.vertical()
            }
            Content::Box(_) if is_flow(layer) => self.flow_height(layer, edges, width),
            _ => edges.vertical(),
        }
    }

    /// How large a text is in a width. Flex layout asks each of its texts the same several times.
    pub(super) fn measure_text(&mut self, layer: &'a PlannedLayer, width: Available) -> Measured {
        if self.is_over() {
            return Measured::default();
        }
        let asked = (width, self.font_size(layer), self.canvas);
        let known = self.measured.get(&std::ptr::from_ref(layer)).into_iter().flatten();
        if let Some((_, measured)) = known.rev().find(|(before, _)| *before == asked) {
            return *measured;
        }
        let style = self.text_style(layer);
        let request = self.request(layer, &style);
        match self.engine.measure(&request, width) {
            Ok(measured) => {
                let known = self.measured.entry(std::ptr::from_ref(layer)).or_default();
                if known.len() >= ANSWERS {
                    known.remove(0);
                }
                known.push((asked, measured));
                measured
            }
            fault => self.or_fault(fault, layer),
        }
    }

    /// The lines of a text in its border box. Where it shrinks the box stays, but edges in `em` become thinner with the text.
    pub(super) fn set_text(&mut self, layer: &'a PlannedLayer, rect: &Rect, containing_width: f32) -> TextLayout {
        let style = self.text_style(layer);
        let request = self.request(layer, &style);
        let canvas = self.canvas;
        let set = self.engine.layout_in(&request, |em| {
            let inner = edges(layer, containing_width, &LengthContext { em, canvas }).content_box(rect);
            (inner.width, Some(inner.height))
        });
        self.or_fault(set, layer)
    }

    /// What the text engine gave; its first fault is kept for the end of the layout.
    fn or_fault<T: Default>(&mut self, result: Result<T, Fault>, layer: &PlannedLayer) -> T {
        result.unwrap_or_else(|mut fault| {
            fault.place.clone_from(&layer.path);
            self.fault.get_or_insert(fault);
            T::default()
        })
    }

    /// The layer's text style at the size it came to.
    fn text_style(&self, layer: &PlannedLayer) -> crate::css::style::TextStyle {
        let mut style = layer.text.clone();
        style.font_size = Length::Px(self.font_size(layer));
        style
    }

    fn request<'r>(&self, layer: &'r PlannedLayer, style: &'r crate::css::style::TextStyle) -> TextRequest<'r>
    where
        'a: 'r,
    {
        let spans: &[_] = match &layer.content {
            Content::Text(spans) => spans,
            _ => &[],
        };
        TextRequest {
            spans,
            style,
            decoration: layer.style.text_decoration.as_ref(),
            fonts: self.fonts,
            clamp: layer.style.line_clamp,
            ellipsis: layer.style.text_overflow_ellipsis,
            min_font_size: if self.fitted.contains_key(layer.ident.as_str()) { None } else { layer.style.min_font_size },
            canvas: self.canvas,
        }
    }
}
