//! Keywords: the enums whose values are CSS idents, each with its names in one table for reading, printing and the schema.

use super::declaration::TextWrap;
use super::parser::Parser;
use super::style::{
    Align, BlendMode, BorderStyle, DecorationStyle, Direction, Display, FlexDirection, FlexWrap, FontStyle, LineCap, LineJoin, ObjectFit,
    OverflowWrap, Position, TextAlign, TextTransform, WhiteSpace,
};

/// An enum of CSS idents.
pub(crate) trait Keyword: Copy + Sized + 'static {
    /// The idents, in the order of the specification.
    const NAMES: &'static [&'static str];
    /// The values of `NAMES`, in its order.
    const VALUES: &'static [Self];

    /// The ident of a value.
    fn keyword(self) -> &'static str;

    fn from_keyword(name: &str) -> Option<Self> {
        let mut pairs = Self::NAMES.iter().zip(Self::VALUES);
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

impl Parser<'_> {
    pub(crate) fn keyword<T: Keyword>(&mut self) -> Option<T> {
        self.attempt(|p| T::from_keyword(p.ident()?))
    }

    /// One of the idents that a property takes of an enum that several share.
    pub(crate) fn keyword_of<T: Keyword>(&mut self, names: &[&str]) -> Option<T> {
        self.attempt(|p| p.keyword::<T>().filter(|value| names.contains(&value.keyword())))
    }
}

macro_rules! keywords {
    ($($type:ident { $($value:ident = $name:literal),+ $(,)? })+) => {
        $(impl Keyword for $type {
            const NAMES: &'static [&'static str] = &[$($name),+];
            const VALUES: &'static [Self] = &[$(Self::$value),+];

            fn keyword(self) -> &'static str {
                match self { $(Self::$value => $name),+ }
            }
        })+
    };
}

keywords! {
    Position { Relative = "relative", Absolute = "absolute" }
    Display { Block = "block", Flex = "flex", Grid = "grid" }
    FlexDirection { Row = "row", RowReverse = "row-reverse", Column = "column", ColumnReverse = "column-reverse" }
    FlexWrap { NoWrap = "nowrap", Wrap = "wrap", WrapReverse = "wrap-reverse" }
    Align {
        Normal = "normal", Start = "start", End = "end", FlexStart = "flex-start", FlexEnd = "flex-end", Center = "center",
        Baseline = "baseline", Stretch = "stretch", SpaceBetween = "space-between", SpaceAround = "space-around",
        SpaceEvenly = "space-evenly",
    }
    BorderStyle { None = "none", Hidden = "hidden", Solid = "solid", Dashed = "dashed", Dotted = "dotted", Double = "double" }
    BlendMode {
        Normal = "normal", Multiply = "multiply", Screen = "screen", Overlay = "overlay", Darken = "darken", Lighten = "lighten",
        ColorDodge = "color-dodge", ColorBurn = "color-burn", HardLight = "hard-light", SoftLight = "soft-light",
        Difference = "difference", Exclusion = "exclusion", Hue = "hue", Saturation = "saturation", Color = "color",
        Luminosity = "luminosity",
    }
    ObjectFit { Fill = "fill", Contain = "contain", Cover = "cover", None = "none", ScaleDown = "scale-down" }
    LineJoin { Miter = "miter", Round = "round", Bevel = "bevel" }
    LineCap { Butt = "butt", Round = "round", Square = "square" }
    FontStyle { Normal = "normal", Italic = "italic", Oblique = "oblique" }
    TextAlign { Start = "start", End = "end", Left = "left", Right = "right", Center = "center", Justify = "justify" }
    TextTransform { None = "none", Uppercase = "uppercase", Lowercase = "lowercase", Capitalize = "capitalize" }
    TextWrap { Wrap = "wrap", NoWrap = "nowrap", Balance = "balance" }
    OverflowWrap { Normal = "normal", Anywhere = "anywhere", BreakWord = "break-word" }
    DecorationStyle { Solid = "solid", Double = "double", Dotted = "dotted", Dashed = "dashed", Wavy = "wavy" }
}

impl Keyword for WhiteSpace {
    const NAMES: &'static [&'static str] = &["normal", "nowrap", "pre", "pre-wrap", "pre-line"];
    const VALUES: &'static [Self] = &[Self::Normal, Self::NoWrap, Self::Pre, Self::PreWrap, Self::PreLine];

    /// What `text-wrap` made of `pre-line` is never a key's value.
    fn keyword(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::NoWrap => "nowrap",
            Self::Pre => "pre",
            Self::PreWrap => "pre-wrap",
            Self::PreLine | Self::PreLineNoWrap => "pre-line",
        }
    }
}

impl Keyword for Direction {
    const NAMES: &'static [&'static str] = &["ltr", "rtl", "auto"];
    const VALUES: &'static [Self] = &[Self::Ltr, Self::Rtl, Self::Auto];

    /// What follows the language is what a template that says nothing has; CSS has no word for it.
    fn keyword(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
            Self::Auto | Self::OfLang => "auto",
        }
    }
}
