//! Declarations as canonical CSS: `declare(name, printed)` gives the declaration back.

use std::fmt;

use super::declaration::Declaration;
use super::font::FontWeight;
use super::keyword::Keyword;
use super::length::Length;
use super::style::{
    Border, Corners, Filter, GridFlow, GridLine, LineHeight, ObjectPosition, Paint, Repeat, Shadow, Sides, TextColor, TextDecoration,
    Track, TransformOp, VerticalAlign, ViewBox,
};
use super::token::print_string;

impl fmt::Display for Declaration {
    /// The value alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place().or_else(|| self.flow()).or_else(|| self.look()).or_else(|| self.text()).unwrap_or_default())
    }
}

impl Declaration {
    fn place(&self) -> Option<String> {
        Some(match self {
            Self::Position(value) => value.keyword().to_owned(),
            Self::Inset(sides) | Self::Margin(sides) | Self::Padding(sides) | Self::BorderWidth(sides) => print_sides(sides),
            Self::InsetSide(_, length)
            | Self::InsetLogical(_, length)
            | Self::MarginSide(_, length)
            | Self::MarginLogical(_, length)
            | Self::PaddingSide(_, length)
            | Self::PaddingLogical(_, length)
            | Self::Width(length)
            | Self::Height(length)
            | Self::MinWidth(length)
            | Self::MinHeight(length)
            | Self::RowGap(length)
            | Self::ColumnGap(length)
            | Self::FlexBasis(length)
            | Self::BorderSideWidth(_, length)
            | Self::FontSize(length)
            | Self::StrokeWidth(length) => length.to_string(),
            Self::MaxWidth(length) | Self::MaxHeight(length) => auto_as(length, "none"),
            Self::LetterSpacing(length) | Self::WordSpacing(length) => auto_as(length, "normal"),
            Self::AspectRatio(ratio) => ratio.map_or_else(|| "auto".to_owned(), |ratio| ratio.to_string()),
            _ => return None,
        })
    }

    fn flow(&self) -> Option<String> {
        Some(match self {
            Self::Display(value) => value.keyword().to_owned(),
            Self::FlexDirection(value) => value.keyword().to_owned(),
            Self::FlexWrap(value) => value.keyword().to_owned(),
            Self::JustifyContent(value) | Self::AlignItems(value) | Self::AlignContent(value) => value.keyword().to_owned(),
            Self::AlignSelf(value) => value.map_or("auto", Keyword::keyword).to_owned(),
            Self::Gap(x, y)
            | Self::TransformOrigin(x, y)
            | Self::ObjectPosition(ObjectPosition::At(x, y))
            | Self::BorderCornerRadius(_, (x, y)) => {
                format!("{x} {y}")
            }
            Self::Flex { grow, shrink, basis } => format!("{grow} {shrink} {basis}"),
            Self::FlexGrow(value) | Self::FlexShrink(value) | Self::Opacity(value) => value.to_string(),
            Self::Order(value) => value.to_string(),
            Self::GridTemplateColumns(tracks)
            | Self::GridTemplateRows(tracks)
            | Self::GridAutoColumns(tracks)
            | Self::GridAutoRows(tracks) => joined(tracks, " ", print_track),
            Self::GridAutoFlow(GridFlow { column, dense }) => {
                format!("{}{}", if *column { "column" } else { "row" }, if *dense { " dense" } else { "" })
            }
            Self::GridColumn(start, end) | Self::GridRow(start, end) => format!("{} / {}", print_line(start), print_line(end)),
            _ => return None,
        })
    }

    fn look(&self) -> Option<String> {
        Some(match self {
            Self::Background { images, color } => {
                images.iter().map(ToString::to_string).chain([color.to_string()]).collect::<Vec<_>>().join(", ")
            }
            Self::Border(border) | Self::BorderSide(_, border) => print_border(border),
            Self::BorderStyle(Sides { top, right, bottom, left }) => [top, right, bottom, left].map(|v| v.keyword()).join(" "),
            Self::BorderColor(sides) => print_sides(sides),
            Self::BorderSideStyle(_, style) => style.keyword().to_owned(),
            Self::BorderSideColor(_, color) => color.to_string(),
            Self::BorderRadius(Corners { top_left: a, top_right: b, bottom_right: c, bottom_left: d }) => {
                format!("{} {} {} {} / {} {} {} {}", a.0, b.0, c.0, d.0, a.1, b.1, c.1, d.1)
            }
            Self::BoxShadow(shadows) => joined(shadows, ", ", |shadow| print_shadow(shadow, true)),
            Self::MixBlendMode(mode) => mode.keyword().to_owned(),
            Self::Isolation(isolate) => if *isolate { "isolate" } else { "auto" }.to_owned(),
            Self::Filter(filters) | Self::BackdropFilter(filters) => joined(filters, " ", print_filter),
            Self::Transform(ops) => joined(ops, " ", print_transform),
            Self::Overflow(hidden) => if *hidden { "hidden" } else { "visible" }.to_owned(),
            Self::ObjectFit(fit) => fit.keyword().to_owned(),
            Self::ObjectPosition(ObjectPosition::Face) => "face".to_owned(),
            Self::ObjectViewBox(None) => "none".to_owned(),
            Self::ObjectViewBox(Some(ViewBox(sides))) => format!("inset({})", print_sides(sides)),
            Self::Fill(paint) | Self::Stroke(paint) => match paint {
                Paint::None => "none".to_owned(),
                Paint::Color(color) => color.to_string(),
            },
            Self::StrokeLinejoin(join) => join.keyword().to_owned(),
            Self::StrokeLinecap(cap) => cap.keyword().to_owned(),
            Self::StrokeDasharray(dashes) => joined(dashes, " ", ToString::to_string),
            _ => return None,
        })
    }

    fn text(&self) -> Option<String> {
        Some(match self {
            Self::FontFamily(families) => families.iter().map(|family| print_string(family)).collect::<Vec<_>>().join(", "),
            Self::FontWeight(FontWeight::Absolute(weight)) => weight.to_string(),
            Self::FontWeight(FontWeight::Bolder) => "bolder".to_owned(),
            Self::FontWeight(FontWeight::Lighter) => "lighter".to_owned(),
            Self::FontStyle(style) => style.keyword().to_owned(),
            Self::FontStretch(percent) => format!("{percent}%"),
            Self::FontVariationSettings(axes) => print_tags(axes),
            Self::FontFeatureSettings(features) => print_tags(features),
            Self::LineHeight(LineHeight::Normal) => "normal".to_owned(),
            Self::LineHeight(LineHeight::Factor(factor)) => factor.to_string(),
            Self::LineHeight(LineHeight::Length(length)) => length.to_string(),
            Self::Color(None) => "currentColor".to_owned(),
            Self::Color(Some(TextColor::Color(color))) => color.to_string(),
            Self::Color(Some(TextColor::Gradient(gradient))) => gradient.to_string(),
            Self::TextAlign(value) => value.keyword().to_owned(),
            Self::TextTransform(value) => value.keyword().to_owned(),
            Self::TextDecoration(decoration) => decoration.as_ref().map_or_else(|| "none".to_owned(), print_decoration),
            Self::TextShadow(shadows) => joined(shadows, ", ", |shadow| print_shadow(shadow, false)),
            Self::TextStroke(width, color) => format!("{width} {color}"),
            Self::WhiteSpace(value) => value.keyword().to_owned(),
            Self::TextWrap(value) => value.keyword().to_owned(),
            Self::OverflowWrap(value) => value.keyword().to_owned(),
            Self::Lang(tag) => tag.to_string(),
            Self::Direction(value) => value.keyword().to_owned(),
            Self::LineClamp(lines) => lines.map_or_else(|| "none".to_owned(), |lines| lines.to_string()),
            Self::TextOverflow(ellipsis) => if *ellipsis { "ellipsis" } else { "clip" }.to_owned(),
            Self::MinFontSize(px) => format!("{px}px"),
            Self::VerticalAlign(value) => print_vertical_align(value),
            _ => return None,
        })
    }
}

fn auto_as(length: &Length, word: &str) -> String {
    if length.is_auto() { word.to_owned() } else { length.to_string() }
}

fn joined<T>(items: &[T], separator: &str, print: impl Fn(&T) -> String) -> String {
    if items.is_empty() { "none".to_owned() } else { items.iter().map(print).collect::<Vec<_>>().join(separator) }
}

fn print_sides<T: ToString>(Sides { top, right, bottom, left }: &Sides<T>) -> String {
    [top, right, bottom, left].map(ToString::to_string).join(" ")
}

fn print_border(border: &Border) -> String {
    format!("{} {} {}", border.width, border.style.keyword(), border.color)
}

fn print_shadow(shadow: &Shadow, of_box: bool) -> String {
    let Shadow { x, y, blur, spread, color, inset } = shadow;
    let spread = if of_box { format!(" {spread}") } else { String::new() };
    format!("{}{x} {y} {blur}{spread} {color}", if *inset { "inset " } else { "" })
}

fn print_filter(filter: &Filter) -> String {
    match filter {
        Filter::Blur(sigma) => format!("blur({sigma})"),
        Filter::Brightness(v) => format!("brightness({v})"),
        Filter::Contrast(v) => format!("contrast({v})"),
        Filter::Grayscale(v) => format!("grayscale({v})"),
        Filter::HueRotate(degrees) => format!("hue-rotate({degrees}deg)"),
        Filter::Invert(v) => format!("invert({v})"),
        Filter::Opacity(v) => format!("opacity({v})"),
        Filter::Saturate(v) => format!("saturate({v})"),
        Filter::Sepia(v) => format!("sepia({v})"),
        Filter::DropShadow { x, y, blur, color } => format!("drop-shadow({color} {x} {y} {blur})"),
    }
}

fn print_transform(op: &TransformOp) -> String {
    match op {
        TransformOp::Translate(x, y) => format!("translate({x}, {y})"),
        TransformOp::Scale(x, y) => format!("scale({x}, {y})"),
        TransformOp::Rotate(degrees) => format!("rotate({degrees}deg)"),
        TransformOp::Skew(x, y) => format!("skew({x}deg, {y}deg)"),
        TransformOp::Matrix(m) => format!("matrix({})", m.map(|v| v.to_string()).join(", ")),
    }
}

fn print_track(track: &Track) -> String {
    match track {
        Track::Length(length) => length.to_string(),
        Track::Fr(share) => format!("{share}fr"),
        Track::Auto => "auto".to_owned(),
        Track::MinContent => "min-content".to_owned(),
        Track::MaxContent => "max-content".to_owned(),
        Track::MinMax(min, max) => format!("minmax({}, {})", print_track(min), print_track(max)),
        Track::FitContent(length) => format!("fit-content({length})"),
        Track::Repeat(times, tracks) => {
            let times = match times {
                Repeat::Count(times) => times.to_string(),
                Repeat::AutoFill => "auto-fill".to_owned(),
                Repeat::AutoFit => "auto-fit".to_owned(),
            };
            format!("repeat({times}, {})", joined(tracks, " ", print_track))
        }
    }
}

fn print_line(line: &GridLine) -> String {
    match line {
        GridLine::Auto => "auto".to_owned(),
        GridLine::Line(number) => number.to_string(),
        GridLine::Span(tracks) => format!("span {tracks}"),
    }
}

fn print_tags<T: fmt::Display>(tags: &[([u8; 4], T)]) -> String {
    if tags.is_empty() {
        return "normal".to_owned();
    }
    let print = |(tag, value): &([u8; 4], T)| format!("{} {value}", print_string(&String::from_utf8_lossy(tag)));
    tags.iter().map(print).collect::<Vec<_>>().join(", ")
}

fn print_decoration(decoration: &TextDecoration) -> String {
    let lines = [(decoration.underline, "underline "), (decoration.overline, "overline "), (decoration.line_through, "line-through ")];
    let lines: String = lines.into_iter().filter(|(drawn, _)| *drawn).map(|(_, name)| name).collect();
    format!("{lines}{} {} {}", decoration.style.keyword(), decoration.color, decoration.thickness)
}

fn print_vertical_align(value: &VerticalAlign) -> String {
    match value {
        VerticalAlign::Baseline => "baseline".to_owned(),
        VerticalAlign::Sub => "sub".to_owned(),
        VerticalAlign::Super => "super".to_owned(),
        VerticalAlign::TextTop => "text-top".to_owned(),
        VerticalAlign::TextBottom => "text-bottom".to_owned(),
        VerticalAlign::Middle => "middle".to_owned(),
        VerticalAlign::Length(length) => length.to_string(),
    }
}
