//! Our style as taffy's.

use taffy::style::{
    AlignContent, AlignItems, Dimension, GridAutoFlow, GridPlacement, GridTemplateComponent, GridTemplateRepetition, LengthPercentage,
    LengthPercentageAuto, MaxTrackSizingFunction, MinTrackSizingFunction, RepetitionCount, TrackSizingFunction,
};
use taffy::style_helpers::{TaffyAuto, TaffyMaxContent, TaffyMinContent};

use super::measure::physical;
use crate::css::length::{Length, LengthContext};
use crate::css::style::{Align, Display, FlexDirection, FlexWrap, GridFlow, GridLine, Position, Repeat, Sides, Style, Track};
use crate::plan::tree::{Content, PlannedLayer};

/// A length that taffy can carry: px, a percentage, or neither.
enum Plain {
    Auto,
    Px(f32),
    /// A share, 1 is 100 %.
    Share(f32),
}

/// How lengths of one layer are lowered. taffy has no `calc`: a math function with percentages is solved against the container's width
/// where that is known, and is `auto` where it is not.
struct Lower<'c> {
    context: &'c LengthContext,
    known: Option<f32>,
}

impl Lower<'_> {
    fn plain(&self, length: &Length) -> Plain {
        match length {
            Length::Auto => Plain::Auto,
            Length::Percent(v) => Plain::Share(v / 100.0),
            other => other.resolve(self.context, self.known).map_or(Plain::Auto, Plain::Px),
        }
    }

    fn length(&self, length: &Length) -> LengthPercentage {
        match self.plain(length) {
            Plain::Auto => LengthPercentage::length(0.0),
            Plain::Px(px) => LengthPercentage::length(px),
            Plain::Share(share) => LengthPercentage::percent(share),
        }
    }

    fn auto(&self, length: &Length) -> LengthPercentageAuto {
        match self.plain(length) {
            Plain::Auto => LengthPercentageAuto::auto(),
            Plain::Px(px) => LengthPercentageAuto::length(px),
            Plain::Share(share) => LengthPercentageAuto::percent(share),
        }
    }

    fn dimension(&self, length: &Length) -> Dimension {
        match self.plain(length) {
            Plain::Auto => Dimension::auto(),
            Plain::Px(px) => Dimension::length(px),
            Plain::Share(share) => Dimension::percent(share),
        }
    }

    fn sides<T>(&self, sides: Sides<&Length>, one: impl Fn(&Self, &Length) -> T) -> taffy::Rect<T> {
        taffy::Rect {
            left: one(self, sides.left),
            right: one(self, sides.right),
            top: one(self, sides.top),
            bottom: one(self, sides.bottom),
        }
    }

    fn least(&self, track: &Track) -> MinTrackSizingFunction {
        match track {
            Track::Length(length) => match self.plain(length) {
                Plain::Auto => MinTrackSizingFunction::AUTO,
                Plain::Px(px) => MinTrackSizingFunction::length(px),
                Plain::Share(share) => MinTrackSizingFunction::percent(share),
            },
            Track::MinContent => MinTrackSizingFunction::MIN_CONTENT,
            Track::MaxContent => MinTrackSizingFunction::MAX_CONTENT,
            _ => MinTrackSizingFunction::AUTO,
        }
    }

    fn most(&self, track: &Track) -> MaxTrackSizingFunction {
        match track {
            Track::Length(length) => match self.plain(length) {
                Plain::Auto => MaxTrackSizingFunction::AUTO,
                Plain::Px(px) => MaxTrackSizingFunction::length(px),
                Plain::Share(share) => MaxTrackSizingFunction::percent(share),
            },
            Track::Fr(share) => MaxTrackSizingFunction::fr(*share),
            Track::MinContent => MaxTrackSizingFunction::MIN_CONTENT,
            Track::MaxContent => MaxTrackSizingFunction::MAX_CONTENT,
            Track::FitContent(length) => match self.plain(length) {
                Plain::Auto => MaxTrackSizingFunction::AUTO,
                Plain::Px(px) => MaxTrackSizingFunction::fit_content_px(px),
                Plain::Share(share) => MaxTrackSizingFunction::fit_content_percent(share),
            },
            _ => MaxTrackSizingFunction::AUTO,
        }
    }

    fn track(&self, track: &Track) -> TrackSizingFunction {
        match track {
            Track::MinMax(least, most) => taffy::MinMax { min: self.least(least), max: self.most(most) },
            other => taffy::MinMax { min: self.least(other), max: self.most(other) },
        }
    }

    fn template(&self, tracks: &[Track]) -> Vec<GridTemplateComponent<String>> {
        let one = |track: &Track| match track {
            Track::Repeat(count, tracks) => GridTemplateComponent::Repeat(GridTemplateRepetition {
                count: match count {
                    Repeat::Count(n) => RepetitionCount::Count(*n),
                    Repeat::AutoFill => RepetitionCount::AutoFill,
                    Repeat::AutoFit => RepetitionCount::AutoFit,
                },
                tracks: tracks.iter().map(|t| self.track(t)).collect(),
                line_names: Vec::new(),
            }),
            other => GridTemplateComponent::Single(self.track(other)),
        };
        tracks.iter().map(one).collect()
    }
}

/// The taffy style of a layer; `border` is already px, `known` the width that percentages in math functions are of.
pub(super) fn style(layer: &PlannedLayer, context: &LengthContext, border: Sides<f32>, known: Option<f32>) -> taffy::Style {
    let lower = Lower { context, known };
    let style = &layer.style;
    let line = |(start, end): &(GridLine, GridLine)| taffy::Line { start: grid_line(*start), end: grid_line(*end) };
    taffy::Style {
        display: match style.display {
            Display::Grid => taffy::Display::Grid,
            _ => taffy::Display::Flex,
        },
        item_is_replaced: matches!(layer.content, Content::Picture(_)),
        direction: if layer.text.is_rtl() { taffy::Direction::Rtl } else { taffy::Direction::Ltr },
        position: match style.position {
            Some(Position::Absolute) => taffy::Position::Absolute,
            _ => taffy::Position::Relative,
        },
        inset: lower.sides(physical(&style.inset, &style.inset_logical, &layer.text), Lower::auto),
        margin: lower.sides(physical(&style.margin, &style.margin_logical, &layer.text), Lower::auto),
        padding: lower.sides(physical(&style.padding, &style.padding_logical, &layer.text), Lower::length),
        border: taffy::Rect {
            left: LengthPercentage::length(border.left),
            right: LengthPercentage::length(border.right),
            top: LengthPercentage::length(border.top),
            bottom: LengthPercentage::length(border.bottom),
        },
        size: taffy::Size { width: lower.dimension(&style.width), height: lower.dimension(&style.height) },
        min_size: taffy::Size { width: lower.auto(&style.min_width), height: lower.auto(&style.min_height) },
        max_size: taffy::Size { width: lower.auto(&style.max_width), height: lower.auto(&style.max_height) },
        aspect_ratio: style.aspect_ratio,
        align_items: items(style.align_items),
        align_self: style.align_self.map(|a| items(Some(a))),
        align_content: content(style.align_content),
        justify_content: content(style.justify_content),
        gap: taffy::Size { width: lower.length(&style.column_gap), height: lower.length(&style.row_gap) },
        flex_direction: match style.flex_direction {
            FlexDirection::Row => taffy::FlexDirection::Row,
            FlexDirection::RowReverse => taffy::FlexDirection::RowReverse,
            FlexDirection::Column => taffy::FlexDirection::Column,
            FlexDirection::ColumnReverse => taffy::FlexDirection::ColumnReverse,
        },
        flex_wrap: match style.flex_wrap {
            FlexWrap::NoWrap => taffy::FlexWrap::NoWrap,
            FlexWrap::Wrap => taffy::FlexWrap::Wrap,
            FlexWrap::WrapReverse => taffy::FlexWrap::WrapReverse,
        },
        flex_basis: lower.dimension(&style.flex_basis),
        flex_grow: style.flex_grow,
        flex_shrink: style.flex_shrink,
        grid_row: line(&style.grid_row),
        grid_column: line(&style.grid_column),
        ..grid(style, &lower)
    }
}

/// The keys of a grid container.
fn grid(style: &Style, lower: &Lower<'_>) -> taffy::Style {
    if style.display != Display::Grid {
        return taffy::Style::default();
    }
    let GridFlow { column, dense } = style.grid_auto_flow;
    taffy::Style {
        grid_template_columns: lower.template(&style.grid_template_columns),
        grid_template_rows: lower.template(&style.grid_template_rows),
        grid_auto_columns: style.grid_auto_columns.iter().map(|t| lower.track(t)).collect(),
        grid_auto_rows: style.grid_auto_rows.iter().map(|t| lower.track(t)).collect(),
        grid_auto_flow: match (column, dense) {
            (false, false) => GridAutoFlow::Row,
            (true, false) => GridAutoFlow::Column,
            (false, true) => GridAutoFlow::RowDense,
            (true, true) => GridAutoFlow::ColumnDense,
        },
        ..taffy::Style::default()
    }
}

fn grid_line(line: GridLine) -> GridPlacement<String> {
    match line {
        GridLine::Auto => GridPlacement::Auto,
        GridLine::Line(at) => taffy::style_helpers::line(at),
        GridLine::Span(count) => GridPlacement::Span(count),
    }
}

fn items(align: Option<Align>) -> AlignItems {
    match align {
        Some(Align::Start) => AlignItems::START,
        Some(Align::End) => AlignItems::END,
        Some(Align::FlexStart) => AlignItems::FLEX_START,
        Some(Align::FlexEnd) => AlignItems::FLEX_END,
        Some(Align::Center) => AlignItems::CENTER,
        Some(Align::Baseline) => AlignItems::BASELINE,
        Some(Align::Stretch) => AlignItems::STRETCH,
        _ => AlignItems::NORMAL,
    }
}

fn content(align: Option<Align>) -> AlignContent {
    match align {
        Some(Align::Start) => AlignContent::START,
        Some(Align::End) => AlignContent::END,
        Some(Align::FlexStart) => AlignContent::FLEX_START,
        Some(Align::FlexEnd) => AlignContent::FLEX_END,
        Some(Align::Center) => AlignContent::CENTER,
        Some(Align::Stretch) => AlignContent::STRETCH,
        Some(Align::SpaceBetween) => AlignContent::SPACE_BETWEEN,
        Some(Align::SpaceAround) => AlignContent::SPACE_AROUND,
        Some(Align::SpaceEvenly) => AlignContent::SPACE_EVENLY,
        _ => AlignContent::NORMAL,
    }
}
