//! The typed result of a template for one variant: what the planner reads.
//!
//! Styles and variants are merged in before this is made, every name and every static value is checked; only values that are bound to the
//! row are left as [`TextTemplate`]s. Nothing here points back into the JSON but the paths, which the messages of later stages name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::css::color::Color;
use crate::css::property::Declaration;
use crate::expr::strings::Strings;
use crate::expr::{Expr, TextTemplate};
use crate::generate::Feather;
use crate::row::field;
use crate::row::locale::Part;
use crate::row::money::Currency;
use crate::row::value::Value;
use crate::row::zone::Zone;

/// A value that stands in the template, or one that a row decides.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bound<T> {
    Static(T),
    Bound(TextTemplate),
}

/// One variant of a template, or its base.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    pub(crate) name: String,
    /// Width and height of the canvas.
    pub(crate) size: (Bound<f32>, Height),
    /// BCP 47; it stands among the `text` declarations too.
    pub(crate) lang: Option<Bound<String>>,
    pub(crate) time_zone: Bound<Zone>,
    /// `None` where the template has no `fields`: a name is then what the row holds.
    pub(crate) fields: Option<Vec<Field>>,
    /// In order; each sees the earlier ones.
    pub(crate) lets: Vec<Let>,
    /// What `t` says; it is shared with the check of expressions.
    pub(crate) strings: Option<Arc<Strings>>,
    /// A row for which it holds gets no picture.
    pub(crate) skip_if: Option<Expr>,
    /// Name to path.
    pub(crate) assets: BTreeMap<String, String>,
    /// Families in fallback order.
    pub(crate) fonts: Arc<[String]>,
    pub(crate) output: OutputKeys,
    /// `background` of the canvas.
    pub(crate) background: Vec<Declared>,
    /// Text keys of the document, which all layers inherit; `lang` and `direction` are among them.
    pub(crate) text: Vec<Declared>,
    pub(crate) layers: Vec<Layer>,
}

/// The canvas's height.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Height {
    Px(Bound<f32>),
    /// The lowest bottom edge of the top-level layers placed from the top.
    Auto,
}

/// A typed column of the row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Columns, type, default and bounds: what reads its value.
    pub(crate) rules: field::Field,
    /// The currency of prices without one.
    pub(crate) currency: Option<Bound<Currency>>,
    pub(crate) examples: Vec<Value>,
    pub(crate) path: String,
}

/// A named expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Let {
    pub(crate) name: String,
    pub(crate) value: LetValue,
    pub(crate) path: String,
}

/// What a `let` holds: a literal, or lists and maps of texts to evaluate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LetValue {
    Text(TextTemplate),
    Value(Value),
    List(Vec<LetValue>),
    Map(Vec<(String, LetValue)>),
}

impl LetValue {
    /// The names that it uses.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => text.names_at().into_iter().map(|(name, _)| name).collect(),
            Self::Value(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::names).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, value)| value.names()).collect(),
        }
    }
}

/// A layer with styles and variant merged in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    pub(crate) id: Option<String>,
    /// Its place in the template: `layers[2].layers[0]`.
    pub(crate) path: String,
    /// `Box` where `choose` is filled.
    pub(crate) kind: Kind,
    pub(crate) condition: Option<Expr>,
    pub(crate) repeat: Option<Repeat>,
    pub(crate) lets: Vec<Let>,
    pub(crate) hidden: Bound<bool>,
    /// Not empty: the first of these whose condition holds stands in this layer's place, and there is no content.
    pub(crate) choose: Vec<Layer>,
    /// CSS keys, shorthands before their longhands, so that the later one wins.
    pub(crate) declarations: Vec<Declared>,
    pub(crate) content: Content,
}

/// Why a drawing is not placed by its face.
pub(crate) const NO_FACE: &str = "object-position \"face\" is for images, found it on an svg";

/// What a layer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Box,
    Text,
    Image,
    Svg,
    Path,
}

/// `for`: one layer for each item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Repeat {
    pub(crate) variable: String,
    pub(crate) items: Expr,
    pub(crate) limit: Option<Bound<usize>>,
}

/// One CSS key of a layer, a span or the document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Declared {
    pub(crate) name: &'static str,
    pub(crate) value: Bound<Declaration>,
    /// The path of the value in the template, for messages about bound ones.
    pub(crate) path: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Box { children: Vec<Layer> },
    Text { spans: Vec<Span> },
    Image { src: Vec<Source>, missing: Bound<Missing>, making: Box<Making> },
    Svg(SvgContent),
    Path { d: TextTemplate, view_box: Option<Bound<[f32; 4]>> },
}

/// Where an SVG comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SvgContent {
    Src(Vec<Source>),
    Text(TextTemplate),
}

/// A piece of a text with its own text keys. A text that is one string is one span without keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    pub(crate) text: TextTemplate,
    pub(crate) condition: Option<Expr>,
    pub(crate) declarations: Vec<Declared>,
    /// `None` where its value is printed as one.
    pub(crate) money_parts: Option<Vec<PartKeys>>,
    pub(crate) path: String,
}

/// The text keys of some parts of a price.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartKeys {
    pub(crate) kinds: &'static [Part],
    pub(crate) declarations: Vec<Declared>,
}

/// What models make of a picture before it is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Making {
    /// `id` or `id:variant`; null, empty or `none` is no model.
    pub(crate) model: Option<TextTemplate>,
    /// 0 to 1.
    pub(crate) strength: Option<Bound<f32>>,
    pub(crate) feather: Option<Bound<Feather>>,
    /// The id of a matting model; as with `model`.
    pub(crate) cutout: Option<TextTemplate>,
}

/// One of a picture's sources; `asset:name`, a URL, a path or `data:`; a binding may give a list, which is flattened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    pub(crate) text: TextTemplate,
    pub(crate) path: String,
}

/// What to do when no source of a picture is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Missing {
    #[default]
    Error,
    Hide,
    /// The first source that arrived is drawn without its model and cutout; where none did, it is an error.
    Original,
}

/// The keys of `output`: the static ones read, the bound ones to be set by [`Output::set`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct OutputKeys {
    pub(crate) fixed: Output,
    pub(crate) bound: Vec<BoundOutput>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BoundOutput {
    pub(crate) key: &'static str,
    pub(crate) text: TextTemplate,
    pub(crate) path: String,
}

/// What a template wants of the encoded picture; what is `None` is the host's choice.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Output {
    pub(crate) format: Option<Format>,
    /// 1 to 100.
    pub(crate) quality: Option<u8>,
    pub(crate) subsampling: Option<Subsampling>,
    pub(crate) effort: Option<Effort>,
    /// 0.1 to 4.
    pub(crate) scale: Option<f32>,
    pub(crate) matte: Option<Color>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    Webp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subsampling {
    Auto,
    S420,
    S444,
    S400,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    Fast,
    Small,
}

/// Reads a `viewBox`: four numbers between spaces or commas, of which width and height are positive.
pub(crate) fn view_box(text: &str) -> Option<[f32; 4]> {
    let numbers: Vec<f32> =
        text.split([' ', ',', '\t', '\n']).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let numbers: [f32; 4] = numbers.try_into().ok()?;
    let [_, _, width, height] = numbers;
    (numbers.iter().all(|n| n.is_finite()) && width > 0.0 && height > 0.0).then_some(numbers)
}
