//! One declaration: a property's typed value, and what it does to a style.
//!
//! Declarations are applied in the order of their properties' ranks, shorthands first, to a [`Style`] that starts from CSS's initial
//! values and a [`TextStyle`] that starts from the parent's. A printed declaration (see `print.rs`) reads back to the same.

use std::sync::Arc;

use super::color::ColorValue;
use super::font::FontWeight;
use super::gradient::Gradient;
use super::length::{Calc, Length, LengthContext};
use super::style::{
    Align, BlendMode, Border, BorderStyle, Corners, Direction, Display, Filter, FlexDirection, FlexWrap, FontStyle, GridFlow, GridLine,
    LineCap, LineHeight, LineJoin, ObjectFit, ObjectPosition, OverflowWrap, Paint, Position, Shadow, Sides, Style, TextAlign, TextColor,
    TextDecoration, TextStyle, TextTransform, Track, TransformOp, VerticalAlign, ViewBox, WhiteSpace,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Top,
    Right,
    Bottom,
    Left,
}

/// A side that the writing direction decides; the numbers are the places in the style's arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogicalSide {
    InlineStart = 0,
    InlineEnd = 1,
    BlockStart = 2,
    BlockEnd = 3,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Corner {
    TopLeft,
    TopRight,
    BottomRight,
    BottomLeft,
}

/// How lines are broken: CSS's `text-wrap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextWrap {
    Wrap,
    NoWrap,
    Balance,
}

/// The value of one property.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Declaration {
    Position(Position),
    Inset(Sides<Length>),
    InsetSide(Side, Length),
    InsetLogical(LogicalSide, Length),
    Width(Length),
    Height(Length),
    MinWidth(Length),
    MinHeight(Length),
    MaxWidth(Length),
    MaxHeight(Length),
    AspectRatio(Option<f32>),
    Margin(Sides<Length>),
    MarginSide(Side, Length),
    MarginLogical(LogicalSide, Length),
    Padding(Sides<Length>),
    PaddingSide(Side, Length),
    PaddingLogical(LogicalSide, Length),

    Display(Display),
    FlexDirection(FlexDirection),
    FlexWrap(FlexWrap),
    JustifyContent(Align),
    AlignItems(Align),
    /// `auto` is `None`.
    AlignSelf(Option<Align>),
    AlignContent(Align),
    /// Between rows, between columns.
    Gap(Length, Length),
    RowGap(Length),
    ColumnGap(Length),
    Flex {
        grow: f32,
        shrink: f32,
        basis: Length,
    },
    FlexGrow(f32),
    FlexShrink(f32),
    FlexBasis(Length),
    Order(i32),
    GridTemplateColumns(Vec<Track>),
    GridTemplateRows(Vec<Track>),
    GridAutoColumns(Vec<Track>),
    GridAutoRows(Vec<Track>),
    GridAutoFlow(GridFlow),
    GridColumn(GridLine, GridLine),
    GridRow(GridLine, GridLine),

    Background {
        images: Vec<Gradient>,
        color: ColorValue,
    },
    Border(Border),
    BorderWidth(Sides<Length>),
    BorderStyle(Sides<BorderStyle>),
    BorderColor(Sides<ColorValue>),
    BorderSide(Side, Border),
    BorderSideWidth(Side, Length),
    BorderSideStyle(Side, BorderStyle),
    BorderSideColor(Side, ColorValue),
    BorderRadius(Corners<(Length, Length)>),
    BorderCornerRadius(Corner, (Length, Length)),
    BoxShadow(Vec<Shadow>),
    Opacity(f32),
    MixBlendMode(BlendMode),
    /// Whether it is `isolate`.
    Isolation(bool),
    Filter(Vec<Filter>),
    BackdropFilter(Vec<Filter>),
    Transform(Vec<TransformOp>),
    TransformOrigin(Length, Length),
    /// Whether it is `hidden`.
    Overflow(bool),

    FontFamily(Arc<[String]>),
    FontSize(Length),
    FontWeight(FontWeight),
    FontStyle(FontStyle),
    FontStretch(f32),
    FontVariationSettings(Vec<([u8; 4], f32)>),
    FontFeatureSettings(Vec<([u8; 4], u32)>),
    LineHeight(LineHeight),
    LetterSpacing(Length),
    WordSpacing(Length),
    /// `currentColor`, which is what the text would inherit, is `None`.
    Color(Option<TextColor>),
    TextAlign(TextAlign),
    TextTransform(TextTransform),
    TextDecoration(Option<TextDecoration>),
    TextShadow(Vec<Shadow>),
    TextStroke(Length, ColorValue),
    WhiteSpace(WhiteSpace),
    TextWrap(TextWrap),
    OverflowWrap(OverflowWrap),
    Lang(Arc<str>),
    Direction(Direction),
    LineClamp(Option<u32>),
    /// Whether it is `ellipsis`.
    TextOverflow(bool),
    MinFontSize(f32),
    VerticalAlign(VerticalAlign),

    ObjectFit(ObjectFit),
    ObjectPosition(ObjectPosition),
    ObjectViewBox(Option<ViewBox>),

    Fill(Paint),
    Stroke(Paint),
    StrokeWidth(Length),
    StrokeLinejoin(LineJoin),
    StrokeLinecap(LineCap),
    StrokeDasharray(Vec<Length>),
}

impl Declaration {
    /// Sets the value on a layer. `parent` holds the size that `em` means in `font-size`: the inherited one.
    pub(crate) fn apply(self, style: &mut Style, text: &mut TextStyle, parent: &LengthContext) {
        if let Self::FontSize(size) = &self {
            text.font_size = Length::Px(size.resolve(parent, Some(parent.em)).unwrap_or(parent.em).max(0.0));
        } else if let Some(other) = self.apply_text(text) {
            other.apply_box(style);
        }
    }

    /// Sets the value on a span of a text layer, whose own font size `layer` holds. A font size in `em` or `%` stays relative to it, so
    /// that it shrinks with the layer's.
    pub(crate) fn apply_to_span(self, style: &mut Style, text: &mut TextStyle, layer: &LengthContext) {
        let Self::FontSize(size) = &self else { return self.apply(style, text, layer) };
        let px = size.resolve(layer, Some(layer.em)).unwrap_or(layer.em).max(0.0);
        text.font_size = match size {
            Length::Em(em) => Length::Em(*em),
            Length::Percent(percent) => Length::Em(percent / 100.0),
            Length::Calc(_) if layer.em > 0.0 && depends_on_font(size, layer) => Length::Em(px / layer.em),
            _ => Length::Px(px),
        };
    }

    /// Sets an inherited property; gives back what is none.
    fn apply_text(self, text: &mut TextStyle) -> Option<Self> {
        match self {
            Self::FontFamily(families) => text.font_family = families,
            Self::FontWeight(weight) => text.font_weight = weight.resolve(text.font_weight),
            Self::FontStyle(value) => text.font_style = value,
            Self::FontStretch(percent) => text.font_stretch = percent,
            Self::FontVariationSettings(axes) => text.font_variations = axes,
            Self::FontFeatureSettings(features) => text.font_features = features,
            Self::LineHeight(value) => text.line_height = value,
            Self::LetterSpacing(length) => text.letter_spacing = length,
            Self::WordSpacing(length) => text.word_spacing = length,
            Self::Color(Some(color)) => text.color = color,
            Self::Color(None) => {}
            Self::TextAlign(value) => text.text_align = value,
            Self::TextTransform(value) => text.text_transform = value,
            Self::TextShadow(shadows) => text.text_shadow = shadows,
            Self::TextStroke(width, color) => text.text_stroke = (width != Length::ZERO).then_some((width, color)),
            Self::WhiteSpace(value) => text.white_space = value,
            Self::TextWrap(wrap) => {
                text.text_wrap_balance = wrap == TextWrap::Balance;
                text.white_space = rewrapped(text.white_space, wrap != TextWrap::NoWrap);
            }
            Self::OverflowWrap(value) => text.overflow_wrap = value,
            Self::Lang(tag) => text.lang = Some(tag),
            Self::Direction(value) => text.direction = value,
            other => return Some(other),
        }
        None
    }

    fn apply_box(self, style: &mut Style) {
        match self {
            Self::Position(value) => style.position = Some(value),
            Self::Inset(sides) => style.inset = sides,
            Self::InsetSide(side, length) => *of_side(&mut style.inset, side) = length,
            Self::InsetLogical(side, length) => set_logical(&mut style.inset_logical, side, length),
            Self::Width(length) => style.width = length,
            Self::Height(length) => style.height = length,
            Self::MinWidth(length) => style.min_width = length,
            Self::MinHeight(length) => style.min_height = length,
            Self::MaxWidth(length) => style.max_width = length,
            Self::MaxHeight(length) => style.max_height = length,
            Self::AspectRatio(ratio) => style.aspect_ratio = ratio,
            Self::Margin(sides) => style.margin = sides,
            Self::MarginSide(side, length) => *of_side(&mut style.margin, side) = length,
            Self::MarginLogical(side, length) => set_logical(&mut style.margin_logical, side, length),
            Self::Padding(sides) => style.padding = sides,
            Self::PaddingSide(side, length) => *of_side(&mut style.padding, side) = length,
            Self::PaddingLogical(side, length) => set_logical(&mut style.padding_logical, side, length),
            Self::Display(value) => style.display = value,
            Self::FlexDirection(value) => style.flex_direction = value,
            Self::FlexWrap(value) => style.flex_wrap = value,
            Self::JustifyContent(value) => style.justify_content = Some(value),
            Self::AlignItems(value) => style.align_items = Some(value),
            Self::AlignSelf(value) => style.align_self = value,
            Self::AlignContent(value) => style.align_content = Some(value),
            Self::Gap(row, column) => (style.row_gap, style.column_gap) = (row, column),
            Self::RowGap(length) => style.row_gap = length,
            Self::ColumnGap(length) => style.column_gap = length,
            Self::Flex { grow, shrink, basis } => (style.flex_grow, style.flex_shrink, style.flex_basis) = (grow, shrink, basis),
            Self::FlexGrow(factor) => style.flex_grow = factor,
            Self::FlexShrink(factor) => style.flex_shrink = factor,
            Self::FlexBasis(length) => style.flex_basis = length,
            Self::Order(order) => style.order = order,
            Self::GridTemplateColumns(tracks) => style.grid_template_columns = tracks,
            Self::GridTemplateRows(tracks) => style.grid_template_rows = tracks,
            Self::GridAutoColumns(tracks) => style.grid_auto_columns = tracks,
            Self::GridAutoRows(tracks) => style.grid_auto_rows = tracks,
            Self::GridAutoFlow(flow) => style.grid_auto_flow = flow,
            Self::GridColumn(start, end) => style.grid_column = (start, end),
            Self::GridRow(start, end) => style.grid_row = (start, end),
            other => other.apply_look(style),
        }
    }

    fn apply_look(self, style: &mut Style) {
        match self {
            Self::Background { images, color } => (style.background_images, style.background_color) = (images, color),
            Self::Border(border) => style.border = Sides::all(border),
            Self::BorderWidth(sides) => each_side(&mut style.border, sides, |border, width| border.width = width),
            Self::BorderStyle(sides) => each_side(&mut style.border, sides, |border, value| border.style = value),
            Self::BorderColor(sides) => each_side(&mut style.border, sides, |border, color| border.color = color),
            Self::BorderSide(side, border) => *of_side(&mut style.border, side) = border,
            Self::BorderSideWidth(side, width) => of_side(&mut style.border, side).width = width,
            Self::BorderSideStyle(side, value) => of_side(&mut style.border, side).style = value,
            Self::BorderSideColor(side, color) => of_side(&mut style.border, side).color = color,
            Self::BorderRadius(corners) => style.border_radius = corners,
            Self::BorderCornerRadius(corner, radii) => *of_corner(&mut style.border_radius, corner) = radii,
            Self::BoxShadow(shadows) => style.box_shadow = shadows,
            Self::Opacity(value) => style.opacity = value,
            Self::MixBlendMode(mode) => style.mix_blend_mode = mode,
            Self::Isolation(isolate) => style.isolation = isolate,
            Self::Filter(filters) => style.filter = filters,
            Self::BackdropFilter(filters) => style.backdrop_filter = filters,
            Self::Transform(ops) => style.transform = ops,
            Self::TransformOrigin(x, y) => style.transform_origin = (x, y),
            Self::Overflow(hidden) => style.overflow_hidden = hidden,
            Self::ObjectFit(fit) => style.object_fit = Some(fit),
            Self::ObjectPosition(position) => style.object_position = position,
            Self::ObjectViewBox(view_box) => style.object_view_box = view_box,
            Self::Fill(paint) => style.fill = paint,
            Self::Stroke(paint) => style.stroke = paint,
            Self::StrokeWidth(width) => style.stroke_width = width,
            Self::StrokeLinejoin(join) => style.stroke_linejoin = join,
            Self::StrokeLinecap(cap) => style.stroke_linecap = cap,
            Self::StrokeDasharray(dashes) => style.stroke_dasharray = dashes,
            Self::LineClamp(lines) => style.line_clamp = lines,
            Self::TextOverflow(ellipsis) => style.text_overflow_ellipsis = ellipsis,
            Self::MinFontSize(px) => style.min_font_size = Some(px),
            Self::TextDecoration(decoration) => style.text_decoration = decoration,
            Self::VerticalAlign(value) => style.vertical_align = value,
            other => debug_assert!(false, "{other:?} is applied nowhere"),
        }
    }
}

/// Whether a length changes with the font size it is measured by.
fn depends_on_font(length: &Length, context: &LengthContext) -> bool {
    fn any(calc: &Calc) -> bool {
        match calc {
            Calc::Leaf(length) => matches!(length, Length::Em(_) | Length::Percent(_)),
            Calc::Scaled(term, _) => any(term),
            Calc::Sum(terms) | Calc::Min(terms) | Calc::Max(terms) => terms.iter().any(any),
        }
    }
    debug_assert!(context.em > 0.0, "a share of no size");
    matches!(length, Length::Calc(calc) if any(calc))
}

/// `white-space` holds in one word what CSS splits in collapsing and wrapping.
fn rewrapped(value: WhiteSpace, wrap: bool) -> WhiteSpace {
    match (value, wrap) {
        (WhiteSpace::NoWrap, true) => WhiteSpace::Normal,
        (WhiteSpace::Pre, true) => WhiteSpace::PreWrap,
        (WhiteSpace::Normal, false) => WhiteSpace::NoWrap,
        (WhiteSpace::PreWrap, false) => WhiteSpace::Pre,
        (WhiteSpace::PreLine, false) => WhiteSpace::PreLineNoWrap,
        (WhiteSpace::PreLineNoWrap, true) => WhiteSpace::PreLine,
        (same, _) => same,
    }
}

fn of_side<T>(sides: &mut Sides<T>, side: Side) -> &mut T {
    match side {
        Side::Top => &mut sides.top,
        Side::Right => &mut sides.right,
        Side::Bottom => &mut sides.bottom,
        Side::Left => &mut sides.left,
    }
}

fn of_corner<T>(corners: &mut Corners<T>, corner: Corner) -> &mut T {
    match corner {
        Corner::TopLeft => &mut corners.top_left,
        Corner::TopRight => &mut corners.top_right,
        Corner::BottomRight => &mut corners.bottom_right,
        Corner::BottomLeft => &mut corners.bottom_left,
    }
}

fn each_side<T>(borders: &mut Sides<Border>, values: Sides<T>, set: fn(&mut Border, T)) {
    set(&mut borders.top, values.top);
    set(&mut borders.right, values.right);
    set(&mut borders.bottom, values.bottom);
    set(&mut borders.left, values.left);
}

fn set_logical(sides: &mut [Option<Length>; 4], side: LogicalSide, length: Length) {
    if let Some(place) = sides.get_mut(side as usize) {
        *place = Some(length);
    }
}
