//! A layer's style: every CSS property the format has, typed, with CSS's initial values.
//!
//! Lengths stay as written until layout knows what they are relative to. The text properties inherit: a child starts from
//! [`TextStyle::inherited`] of its parent. Colours that mean the layer's own `color` stay [`ColorValue::Current`].

use std::sync::Arc;

use super::color::{Color, ColorValue};
use super::gradient::Gradient;
use super::length::{Length, LengthContext};
use crate::geom::Rect;

/// One value for each side of a box.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sides<T> {
    pub(crate) top: T,
    pub(crate) right: T,
    pub(crate) bottom: T,
    pub(crate) left: T,
}

impl<T: Clone> Sides<T> {
    pub(crate) fn all(value: T) -> Self {
        Self { top: value.clone(), right: value.clone(), bottom: value.clone(), left: value }
    }
}

/// One value for each corner of a box.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Corners<T> {
    pub(crate) top_left: T,
    pub(crate) top_right: T,
    pub(crate) bottom_right: T,
    pub(crate) bottom_left: T,
}

/// Everything that is not inherited text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Style {
    pub(crate) position: Option<Position>,
    pub(crate) inset: Sides<Length>,
    pub(crate) width: Length,
    pub(crate) height: Length,
    /// `auto` is 0.
    pub(crate) min_width: Length,
    pub(crate) min_height: Length,
    /// `auto` is none.
    pub(crate) max_width: Length,
    pub(crate) max_height: Length,
    /// Width over height.
    pub(crate) aspect_ratio: Option<f32>,
    pub(crate) margin: Sides<Length>,
    pub(crate) padding: Sides<Length>,
    /// Logical insets, margins and paddings (inline-start, inline-end, block-start, block-end); they win over the physical ones.
    pub(crate) inset_logical: [Option<Length>; 4],
    pub(crate) margin_logical: [Option<Length>; 4],
    pub(crate) padding_logical: [Option<Length>; 4],

    pub(crate) display: Display,
    pub(crate) flex_direction: FlexDirection,
    pub(crate) flex_wrap: FlexWrap,
    pub(crate) justify_content: Option<Align>,
    pub(crate) align_items: Option<Align>,
    pub(crate) align_self: Option<Align>,
    pub(crate) align_content: Option<Align>,
    pub(crate) row_gap: Length,
    pub(crate) column_gap: Length,
    pub(crate) flex_grow: f32,
    pub(crate) flex_shrink: f32,
    pub(crate) flex_basis: Length,
    pub(crate) order: i32,
    pub(crate) grid_template_columns: Vec<Track>,
    pub(crate) grid_template_rows: Vec<Track>,
    pub(crate) grid_auto_columns: Vec<Track>,
    pub(crate) grid_auto_rows: Vec<Track>,
    pub(crate) grid_auto_flow: GridFlow,
    pub(crate) grid_column: (GridLine, GridLine),
    pub(crate) grid_row: (GridLine, GridLine),

    pub(crate) background_color: ColorValue,
    /// Topmost first, as CSS lists them.
    pub(crate) background_images: Vec<Gradient>,
    pub(crate) border: Sides<Border>,
    /// Horizontal and vertical radius.
    pub(crate) border_radius: Corners<(Length, Length)>,
    /// Topmost first, as CSS lists them.
    pub(crate) box_shadow: Vec<Shadow>,
    pub(crate) opacity: f32,
    pub(crate) mix_blend_mode: BlendMode,
    pub(crate) isolation: bool,
    pub(crate) filter: Vec<Filter>,
    pub(crate) backdrop_filter: Vec<Filter>,
    pub(crate) transform: Vec<TransformOp>,
    pub(crate) transform_origin: (Length, Length),
    pub(crate) overflow_hidden: bool,

    pub(crate) object_fit: Option<ObjectFit>,
    pub(crate) object_position: ObjectPosition,
    pub(crate) object_view_box: Option<ViewBox>,

    pub(crate) fill: Paint,
    pub(crate) stroke: Paint,
    pub(crate) stroke_width: Length,
    pub(crate) stroke_linejoin: LineJoin,
    pub(crate) stroke_linecap: LineCap,
    pub(crate) stroke_dasharray: Vec<Length>,

    /// Of a text layer.
    pub(crate) line_clamp: Option<u32>,
    pub(crate) text_overflow_ellipsis: bool,
    /// px.
    pub(crate) min_font_size: Option<f32>,
    /// Not inherited; it draws through the whole layer or span.
    pub(crate) text_decoration: Option<TextDecoration>,
    pub(crate) vertical_align: VerticalAlign,
}

impl Default for Style {
    fn default() -> Self {
        let center = || (Length::Percent(50.0), Length::Percent(50.0));
        Self {
            position: None,
            inset: Sides::default(),
            width: Length::Auto,
            height: Length::Auto,
            min_width: Length::Auto,
            min_height: Length::Auto,
            max_width: Length::Auto,
            max_height: Length::Auto,
            aspect_ratio: None,
            margin: Sides::all(Length::ZERO),
            padding: Sides::all(Length::ZERO),
            inset_logical: Default::default(),
            margin_logical: Default::default(),
            padding_logical: Default::default(),
            display: Display::Block,
            flex_direction: FlexDirection::Row,
            flex_wrap: FlexWrap::NoWrap,
            justify_content: None,
            align_items: None,
            align_self: None,
            align_content: None,
            row_gap: Length::ZERO,
            column_gap: Length::ZERO,
            flex_grow: 0.0,
            flex_shrink: 1.0,
            flex_basis: Length::Auto,
            order: 0,
            grid_template_columns: Vec::new(),
            grid_template_rows: Vec::new(),
            grid_auto_columns: Vec::new(),
            grid_auto_rows: Vec::new(),
            grid_auto_flow: GridFlow::default(),
            grid_column: Default::default(),
            grid_row: Default::default(),
            background_color: ColorValue::Color(Color::TRANSPARENT),
            background_images: Vec::new(),
            border: Sides::all(Border::default()),
            border_radius: Corners {
                top_left: (Length::ZERO, Length::ZERO),
                top_right: (Length::ZERO, Length::ZERO),
                bottom_right: (Length::ZERO, Length::ZERO),
                bottom_left: (Length::ZERO, Length::ZERO),
            },
            box_shadow: Vec::new(),
            opacity: 1.0,
            mix_blend_mode: BlendMode::Normal,
            isolation: false,
            filter: Vec::new(),
            backdrop_filter: Vec::new(),
            transform: Vec::new(),
            transform_origin: center(),
            overflow_hidden: false,
            object_fit: None,
            object_position: ObjectPosition::At(Length::Percent(50.0), Length::Percent(50.0)),
            object_view_box: None,
            fill: Paint::Color(ColorValue::Color(Color::BLACK)),
            stroke: Paint::None,
            stroke_width: Length::Px(1.0),
            stroke_linejoin: LineJoin::Miter,
            stroke_linecap: LineCap::Butt,
            stroke_dasharray: Vec::new(),
            line_clamp: None,
            text_overflow_ellipsis: false,
            min_font_size: None,
            text_decoration: None,
            vertical_align: VerticalAlign::Baseline,
        }
    }
}

/// The inherited text properties.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextStyle {
    /// The layer's own families, in order; the template's `fonts` come after them.
    pub(crate) font_family: Arc<[String]>,
    /// On a layer always `Px`; on a span also `Em` (of the layer's size).
    pub(crate) font_size: Length,
    /// 1 to 1000.
    pub(crate) font_weight: f32,
    pub(crate) font_style: FontStyle,
    /// Percent, 50 to 200.
    pub(crate) font_stretch: f32,
    pub(crate) font_variations: Vec<([u8; 4], f32)>,
    pub(crate) font_features: Vec<([u8; 4], u32)>,
    pub(crate) line_height: LineHeight,
    /// `Px`, or `Em` of the text's own size; `auto` is CSS's normal.
    pub(crate) letter_spacing: Length,
    pub(crate) word_spacing: Length,
    pub(crate) color: TextColor,
    pub(crate) text_align: TextAlign,
    pub(crate) text_transform: TextTransform,
    /// Topmost first.
    pub(crate) text_shadow: Vec<Shadow>,
    pub(crate) text_stroke: Option<(Length, ColorValue)>,
    pub(crate) white_space: WhiteSpace,
    pub(crate) text_wrap_balance: bool,
    pub(crate) overflow_wrap: OverflowWrap,
    /// BCP 47; `None` where nobody said.
    pub(crate) lang: Option<Arc<str>>,
    pub(crate) direction: Direction,
}

impl Default for TextStyle {
    fn default() -> Self {
        Self {
            font_family: Arc::default(),
            font_size: Length::Px(16.0),
            font_weight: 400.0,
            font_style: FontStyle::Normal,
            font_stretch: 100.0,
            font_variations: Vec::new(),
            font_features: Vec::new(),
            line_height: LineHeight::Normal,
            letter_spacing: Length::Auto,
            word_spacing: Length::Auto,
            color: TextColor::Color(Color::BLACK),
            text_align: TextAlign::Start,
            text_transform: TextTransform::None,
            text_shadow: Vec::new(),
            text_stroke: None,
            white_space: WhiteSpace::PreWrap,
            text_wrap_balance: false,
            overflow_wrap: OverflowWrap::Normal,
            lang: None,
            direction: Direction::OfLang,
        }
    }
}

impl TextStyle {
    /// The font size of a layer in px.
    pub(crate) fn size_px(&self) -> f32 {
        match self.font_size {
            Length::Px(px) => px,
            _ => 16.0,
        }
    }

    /// Whether both differ in their font sizes at most.
    pub(crate) fn equals_but_for_size(&self, other: &Self) -> bool {
        let Self {
            font_family,
            font_size: _,
            font_weight,
            font_style,
            font_stretch,
            font_variations,
            font_features,
            line_height,
            letter_spacing,
            word_spacing,
            color,
            text_align,
            text_transform,
            text_shadow,
            text_stroke,
            white_space,
            text_wrap_balance,
            overflow_wrap,
            lang,
            direction,
        } = self;
        *font_family == other.font_family
            && *font_weight == other.font_weight
            && *font_style == other.font_style
            && *font_stretch == other.font_stretch
            && *font_variations == other.font_variations
            && *font_features == other.font_features
            && *line_height == other.line_height
            && *letter_spacing == other.letter_spacing
            && *word_spacing == other.word_spacing
            && *color == other.color
            && *text_align == other.text_align
            && *text_transform == other.text_transform
            && *text_shadow == other.text_shadow
            && *text_stroke == other.text_stroke
            && *white_space == other.white_space
            && *text_wrap_balance == other.text_wrap_balance
            && *overflow_wrap == other.overflow_wrap
            && *lang == other.lang
            && *direction == other.direction
    }

    /// Whether the inline direction is right to left; `auto` of a box, which has no text of its own, is left to right.
    pub(crate) fn is_rtl(&self) -> bool {
        match self.direction {
            Direction::Ltr | Direction::Auto => false,
            Direction::Rtl => true,
            Direction::OfLang => self.lang.as_deref().is_some_and(is_rtl_lang),
        }
    }

    /// What a child starts from: the same, with lengths in `em` turned to px as CSS computes them.
    pub(crate) fn inherited(&self, canvas: (f32, f32)) -> Self {
        let context = LengthContext { em: self.size_px(), canvas };
        let line_height = match &self.line_height {
            LineHeight::Length(length) => LineHeight::Length(length.computed(&context)),
            other => other.clone(),
        };
        Self {
            line_height,
            letter_spacing: self.letter_spacing.computed(&context),
            word_spacing: self.word_spacing.computed(&context),
            ..self.clone()
        }
    }
}

/// Whether a language is written from right to left: by its script subtag, else by the usual script of the language.
pub(crate) fn is_rtl_lang(lang: &str) -> bool {
    // Of bytes: layout asks it for each box several times.
    let mut subtags = lang.as_bytes().split(|b| matches!(b, b'-' | b'_'));
    let language = subtags.next().unwrap_or_default();
    let among = |known: &[&str], tag: &[u8]| known.iter().any(|k| k.as_bytes().eq_ignore_ascii_case(tag));
    match subtags.find(|s| s.len() == 4 && s.iter().all(u8::is_ascii_alphabetic)) {
        Some(script) => among(&["arab", "hebr", "thaa", "syrc", "nkoo", "adlm", "rohg"], script),
        None => among(&["ar", "he", "iw", "fa", "ur", "yi", "ps", "sd", "ug", "dv", "ckb", "syr"], language),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    Relative,
    Absolute,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Display {
    Block,
    Flex,
    Grid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlexDirection {
    Row,
    RowReverse,
    Column,
    ColumnReverse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlexWrap {
    NoWrap,
    Wrap,
    WrapReverse,
}

/// Values of `justify-content`, `align-items`, `align-self`, `align-content`; each key takes those that CSS gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Normal,
    Start,
    End,
    FlexStart,
    FlexEnd,
    Center,
    Baseline,
    Stretch,
    SpaceBetween,
    SpaceAround,
    SpaceEvenly,
}

/// A grid track's size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Track {
    Length(Length),
    Fr(f32),
    Auto,
    MinContent,
    MaxContent,
    MinMax(Box<Track>, Box<Track>),
    FitContent(Length),
    Repeat(Repeat, Vec<Track>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    Count(u16),
    AutoFill,
    AutoFit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct GridFlow {
    pub(crate) column: bool,
    pub(crate) dense: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum GridLine {
    #[default]
    Auto,
    Line(i16),
    Span(u16),
}

/// One side of a border; a style of none or hidden has no width.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Border {
    pub(crate) width: Length,
    pub(crate) style: BorderStyle,
    pub(crate) color: ColorValue,
}

impl Default for Border {
    /// `medium none currentColor`.
    fn default() -> Self {
        Self { width: Length::Px(3.0), style: BorderStyle::None, color: ColorValue::Current }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BorderStyle {
    None,
    Hidden,
    Solid,
    Dashed,
    Dotted,
    Double,
}

/// A shadow of a box or a text; a text's has no spread and is never inset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shadow {
    pub(crate) x: Length,
    pub(crate) y: Length,
    /// CSS's blur radius: twice the Gaussian's sigma.
    pub(crate) blur: Length,
    pub(crate) spread: Length,
    pub(crate) color: ColorValue,
    pub(crate) inset: bool,
}

/// The blend modes of W3C Compositing and Blending 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlendMode {
    Normal,
    Multiply,
    Screen,
    Overlay,
    Darken,
    Lighten,
    ColorDodge,
    ColorBurn,
    HardLight,
    SoftLight,
    Difference,
    Exclusion,
    Hue,
    Saturation,
    Color,
    Luminosity,
}

/// A filter function; amounts are factors (1 is 100 %).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    /// Sigma.
    Blur(Length),
    Brightness(f32),
    Contrast(f32),
    Grayscale(f32),
    /// Degrees.
    HueRotate(f32),
    Invert(f32),
    Opacity(f32),
    Saturate(f32),
    Sepia(f32),
    /// `blur` is sigma here, unlike a box's shadow.
    DropShadow {
        x: Length,
        y: Length,
        blur: Length,
        color: ColorValue,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TransformOp {
    /// Percentages are of the box.
    Translate(Length, Length),
    Scale(f32, f32),
    /// Degrees.
    Rotate(f32),
    /// Degrees about x and y.
    Skew(f32, f32),
    Matrix([f32; 6]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectFit {
    Fill,
    Contain,
    Cover,
    None,
    ScaleDown,
}

/// Where a picture lies in its box.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ObjectPosition {
    At(Length, Length),
    /// So that its largest face comes as near to the middle as its edges allow.
    Face,
}

/// `object-view-box`: what is cut off a picture at its edges, in its own px or as shares of its sides.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ViewBox(pub(crate) Sides<Length>);

impl ViewBox {
    /// The same without `em` and the canvas's units.
    pub(crate) fn computed(&self, context: &LengthContext) -> Self {
        let Sides { top, right, bottom, left } = &self.0;
        let px = |length: &Length| length.computed(context);
        Self(Sides { top: px(top), right: px(right), bottom: px(bottom), left: px(left) })
    }

    /// Whether nothing is left whatever the picture's size.
    pub(crate) fn is_empty_always(&self) -> bool {
        // Each side by itself is linear in the picture's, but for `min` and `max`, for which sizes between the ends are tried too.
        let left: Vec<Rect> = (0..=16).map(|power| (1_u32 << power) as f32).map(|side| self.of((side, side))).collect();
        left.iter().all(|rect| rect.width <= 0.0) || left.iter().all(|rect| rect.height <= 0.0)
    }

    /// What is left of a picture of a size, px; it may reach beyond it.
    pub(crate) fn of(&self, (width, height): (f32, f32)) -> Rect {
        let context = LengthContext { em: 0.0, canvas: (0.0, 0.0) };
        let px = |length: &Length, of: f32| length.resolve(&context, Some(of)).unwrap_or(0.0);
        let Sides { top, right, bottom, left } = &self.0;
        Rect::from_edges(px(left, width), px(top, height), width - px(right, width), height - px(bottom, height))
    }
}

/// SVG's paint of `fill` and `stroke`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Paint {
    None,
    Color(ColorValue),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineJoin {
    Miter,
    Round,
    Bevel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineCap {
    Butt,
    Round,
    Square,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FontStyle {
    Normal,
    Italic,
    Oblique,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LineHeight {
    Normal,
    Factor(f32),
    /// `Px`, or `Em`/`Percent` of the text's own size.
    Length(Length),
}

/// A text's fill.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TextColor {
    Color(Color),
    /// Covers the layer's padding box, on a span its inline box.
    Gradient(Gradient),
}

impl TextColor {
    /// What `currentColor` means: a gradient text's is transparent, as CSS's `color: transparent` under `background-clip: text`.
    pub(crate) fn current(&self) -> Color {
        match self {
            Self::Color(color) => *color,
            Self::Gradient(_) => Color::TRANSPARENT,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextAlign {
    Start,
    End,
    Left,
    Right,
    Center,
    Justify,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTransform {
    None,
    Uppercase,
    Lowercase,
    Capitalize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhiteSpace {
    Normal,
    NoWrap,
    Pre,
    PreWrap,
    PreLine,
    /// `pre-line` under `text-wrap: nowrap`; CSS has no single word for it.
    PreLineNoWrap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OverflowWrap {
    Normal,
    Anywhere,
    BreakWord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ltr,
    Rtl,
    /// First strong character of each text.
    Auto,
    /// The direction of `lang`; without one, as `auto`.
    OfLang,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextDecoration {
    pub(crate) underline: bool,
    pub(crate) overline: bool,
    pub(crate) line_through: bool,
    pub(crate) style: DecorationStyle,
    pub(crate) color: ColorValue,
    /// `auto` is the font's.
    pub(crate) thickness: Length,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecorationStyle {
    Solid,
    Double,
    Dotted,
    Dashed,
    Wavy,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum VerticalAlign {
    Baseline,
    Sub,
    Super,
    TextTop,
    TextBottom,
    Middle,
    /// Upwards; percentages are of the line height.
    Length(Length),
}
