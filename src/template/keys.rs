//! The key table: which keys the format has at which place, what they take, and whether this version draws them.
//!
//! The reader's checks, the messages about unknown keys and the JSON Schema all come from here. CSS keys are those of
//! [`css::PROPERTIES`](crate::css::property::PROPERTIES); only the question which layer takes which of them is answered here.

use super::document::Kind;
use crate::css::property::{Group, PROPERTIES, Property, property};
use crate::error::suggestion;

/// A set of places where a key may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places(u32);

impl Places {
    pub(crate) const DOCUMENT: Self = Self(1);
    pub(crate) const VARIANT: Self = Self(1 << 1);
    pub(crate) const OUTPUT: Self = Self(1 << 2);
    pub(crate) const FIELD: Self = Self(1 << 3);
    pub(crate) const STYLE: Self = Self(1 << 4);
    pub(crate) const SPAN: Self = Self(1 << 5);
    pub(crate) const CHOOSE: Self = Self(1 << 6);
    pub(crate) const BOX: Self = Self(1 << 7);
    pub(crate) const TEXT: Self = Self(1 << 8);
    pub(crate) const IMAGE: Self = Self(1 << 9);
    pub(crate) const SVG: Self = Self(1 << 10);
    pub(crate) const PATH: Self = Self(1 << 11);
    pub(crate) const CODE: Self = Self(1 << 12);
    pub(crate) const RATING: Self = Self(1 << 13);
    /// Every layer with a type.
    pub(crate) const TYPED: Self = Self(0x3f80);
    /// Every layer.
    pub(crate) const LAYER: Self = Self(0x3fc0);

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What a message calls a single place.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::DOCUMENT => "the document",
            Self::VARIANT => "a variant",
            Self::OUTPUT => "output",
            Self::FIELD => "a field",
            Self::STYLE => "a style",
            Self::SPAN => "a span",
            Self::CHOOSE => "a layer with choose",
            Self::BOX => "a box",
            Self::TEXT => "a text",
            Self::IMAGE => "an image",
            Self::SVG => "an svg",
            Self::PATH => "a path",
            Self::CODE => "a code",
            Self::RATING => "a rating",
            _ => "a layer",
        }
    }
}

/// The `type`s of layers, with the kinds that this version draws.
pub(crate) const KINDS: &[(&str, Places, Option<Kind>)] = &[
    ("box", Places::BOX, Some(Kind::Box)),
    ("text", Places::TEXT, Some(Kind::Text)),
    ("image", Places::IMAGE, Some(Kind::Image)),
    ("svg", Places::SVG, Some(Kind::Svg)),
    ("path", Places::PATH, Some(Kind::Path)),
    ("code", Places::CODE, None),
    ("rating", Places::RATING, None),
];

/// What a key takes, for the schema; the reader knows it in code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// The format's version.
    Version,
    String,
    /// A string in which bindings are refused.
    Plain,
    Bool,
    Number(f64, f64),
    /// 0 to 1, or a percentage.
    Share,
    /// px, or a length or percentage.
    Length,
    Enum(&'static [&'static str]),
    /// A list of strings.
    Plains,
    /// A string or a list of strings.
    OneOrMore,
    Size,
    Fields,
    Lets,
    Assets,
    Styles,
    Output,
    Layers,
    Choose,
    Variants,
    VariantLayers,
    /// Texts by language, key and plural category.
    Strings,
    /// Text keys by the parts of a price.
    MoneyParts,
    Spans,
    FieldType,
    From,
    Of,
    Any,
}

/// A key that is not CSS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) places: Places,
    pub(crate) shape: Shape,
    pub(crate) doc: &'static str,
    pub(crate) supported: bool,
}

const fn key(name: &'static str, places: Places, shape: Shape, doc: &'static str) -> Key {
    Key { name, places, shape, doc, supported: true }
}

const fn later(name: &'static str, places: Places, doc: &'static str) -> Key {
    Key { name, places, shape: Shape::Any, doc, supported: false }
}

const DOC: Places = Places::DOCUMENT;
const DOC_VARIANT: Places = Places::DOCUMENT.or(Places::VARIANT);
const PICTURES: Places = Places::IMAGE.or(Places::SVG);
const SPANS: Places = Places::TEXT.or(Places::SPAN);

/// Words of `output` and `missing`.
pub(crate) const FORMATS: &[&str] = &["jpeg", "png", "webp", "avif"];
pub(crate) const SUBSAMPLINGS: &[&str] = &["auto", "420", "444", "400"];
pub(crate) const EFFORTS: &[&str] = &["fast", "small", "smallest"];
pub(crate) const MISSING: &[&str] = &["hide", "error", "original"];

/// Every key that is not CSS.
pub(crate) const KEYS: &[Key] = &[
    key("$schema", DOC, Shape::Plain, "where editors find this schema; not read"),
    key("templrender", DOC, Shape::Version, "format version"),
    key("name", DOC, Shape::Plain, "the template's name"),
    key("size", DOC_VARIANT, Shape::Size, "[width, height] of the canvas in px; the height may be \"auto\""),
    key("time-zone", DOC, Shape::String, "IANA name such as Europe/London, offset such as +01:00, or UTC"),
    key("fields", DOC, Shape::Fields, "the row's typed columns"),
    key("assets", DOC, Shape::Assets, "names for the template's own files"),
    key("fonts", DOC, Shape::Plains, "font families in fallback order"),
    key("styles", DOC, Shape::Styles, "named sets of CSS keys for layers and spans"),
    key("output", DOC_VARIANT, Shape::Output, "how the picture is encoded"),
    key("variants", DOC, Shape::Variants, "other versions of the picture"),
    key("skip-if", DOC, Shape::String, "expression: a row for which it holds gets no picture; a text is the reason"),
    key("strings", DOC, Shape::Strings, "the template's own words by language, for t(key)"),
    key("layers", DOC.or(Places::BOX), Shape::Layers, "layers in paint order"),
    key("layers", Places::VARIANT, Shape::VariantLayers, "keys of layers by their id; null removes a key"),
    key("let", DOC_VARIANT.or(Places::LAYER), Shape::Lets, "named expressions, each seeing the earlier ones"),
    key("format", Places::OUTPUT, Shape::Enum(FORMATS), "file format"),
    key("quality", Places::OUTPUT, Shape::Number(1.0, 100.0), "quality of lossy formats"),
    key("subsampling", Places::OUTPUT, Shape::Enum(SUBSAMPLINGS), "colour resolution of JPEG"),
    key("effort", Places::OUTPUT, Shape::Enum(EFFORTS), "how hard the encoder tries"),
    key("scale", Places::OUTPUT, Shape::Number(0.1, 4.0), "laid out in template px, painted larger or smaller"),
    key("matte", Places::OUTPUT, Shape::String, "colour under transparent canvases in JPEG"),
    later("max-bytes", Places::OUTPUT, "the largest file"),
    later("target", Places::OUTPUT, "the channel whose rules the file must keep"),
    key("type", Places::FIELD, Shape::FieldType, "what the column holds"),
    key("required", Places::FIELD, Shape::Bool, "whether a row without it is an error"),
    key("default", Places::FIELD, Shape::Any, "the value of a missing or empty column"),
    key("examples", Places::FIELD, Shape::Any, "values to show in previews"),
    key("from", Places::FIELD, Shape::From, "column names, the first present wins; for an interval also [start, end]"),
    key("currency", Places::FIELD, Shape::String, "ISO 4217 code of prices without one"),
    key("values", Places::FIELD, Shape::Plains, "what an enum takes"),
    key("of", Places::FIELD, Shape::Of, "what a list holds: a type, or a map of fields"),
    key("min", Places::FIELD, Shape::Any, "the smallest value"),
    key("max", Places::FIELD, Shape::Any, "the largest value"),
    key("id", Places::LAYER, Shape::Plain, "the layer's name in variants and reports"),
    key("type", Places::TYPED, Shape::Any, "what the layer holds"),
    key("if", Places::LAYER.or(Places::SPAN), Shape::String, "expression: drawn only where it holds"),
    key("for", Places::TYPED, Shape::String, "\"item in list\": one layer for each item"),
    key("limit", Places::TYPED, Shape::Number(1.0, 10_000.0), "the most items of for"),
    key("hidden", Places::LAYER, Shape::Bool, "true leaves the layer out"),
    key("style", Places::TYPED.or(Places::SPAN), Shape::OneOrMore, "names of styles, later ones win"),
    key("choose", Places::CHOOSE, Shape::Choose, "layers with if, the last without: the first that holds is drawn"),
    key("text", Places::TEXT, Shape::Spans, "a string, or a list of spans"),
    key("text", Places::SPAN, Shape::String, "the span's text"),
    later("fit", Places::TEXT, "steps to make a text fit"),
    later("alternatives", Places::TEXT, "shorter texts"),
    later("fit-group", Places::TEXT, "texts that take one size"),
    later("missing-glyph", Places::TEXT, "what to draw for a missing glyph"),
    key("money-parts", SPANS, Shape::MoneyParts, "text keys for the parts of a price"),
    key("src", PICTURES, Shape::OneOrMore, "asset:name, a URL, a path or data:, or a fallback list"),
    key("missing", Places::IMAGE, Shape::Enum(MISSING), "what to do without any source"),
    later("trim", Places::IMAGE, "cuts the uniform border"),
    key("cutout", Places::IMAGE, Shape::String, "id of the matting model that cuts out what stands in front"),
    later("product-fit", Places::IMAGE, "share of the box that the product fills"),
    key("model", Places::IMAGE, Shape::String, "id of the model that makes the picture anew, with a variant behind a colon"),
    key("strength", Places::IMAGE, Shape::Share, "of the model's result over the picture"),
    key("feather", Places::IMAGE, Shape::Length, "soft edge of the model's result, px of the picture or % of its shorter side"),
    later("lut", Places::IMAGE, "colour table"),
    key("svg", Places::SVG, Shape::String, "the SVG's text"),
    key("d", Places::PATH, Shape::String, "SVG path data"),
    key("viewBox", Places::PATH, Shape::String, "\"x y width height\" that maps into the content box"),
    later("kind", Places::CODE, "qr, ean13 or code128"),
    later("quiet-zone", Places::CODE, "margin in modules"),
    later("error-correction", Places::CODE, "of a QR code"),
    later("value", Places::CODE.or(Places::RATING), "what is encoded or shown"),
    later("max", Places::RATING, "number of stars"),
    later("empty-color", Places::RATING, "colour of empty stars"),
];

/// Keys of the flow group that a box's children carry, not the box itself.
const ITEM: &[&str] = &["align-self", "flex", "flex-grow", "flex-shrink", "flex-basis", "order", "grid-column", "grid-row"];

/// Where a CSS key may stand.
pub(crate) fn css_places(property: &Property) -> Places {
    let places = match (property.group, property.name) {
        (Group::Look, "background") => Places::TYPED.or(DOC_VARIANT),
        (Group::Place | Group::Look, _) => Places::TYPED,
        (Group::Flow, "align-content") => Places::BOX.or(Places::TEXT),
        (Group::Flow, name) if ITEM.contains(&name) => Places::TYPED,
        (Group::Flow, _) => Places::BOX,
        (Group::Text, "color") => DOC_VARIANT.or(Places::BOX).or(SPANS).or(Places::SVG).or(Places::PATH),
        (Group::Text, "vertical-align") => Places::SPAN,
        (Group::Text, "text-decoration") => SPANS,
        (Group::Text, _) if property.inherited => DOC_VARIANT.or(Places::BOX).or(SPANS),
        (Group::Text, _) => Places::TEXT,
        (Group::Image, "object-view-box") => Places::IMAGE,
        (Group::Image, _) => PICTURES,
        (Group::Path, _) => Places::PATH,
    };
    places.or(Places::STYLE)
}

/// What the table says of a key at a place.
pub(crate) enum Found {
    /// A key of CSS, by its name in the table.
    Css(&'static str),
    Own(&'static Key),
    /// The message of a key that is not drawn yet.
    Later(String),
    /// The message of a key that does not belong there.
    Unknown(String),
}

/// Looks a key up.
pub(crate) fn find(name: &str, place: Places) -> Found {
    if let Some(key) = KEYS.iter().find(|k| k.name == name && k.places.has(place)) {
        return if key.supported { Found::Own(key) } else { Found::Later(format!("{name:?} is not supported yet")) };
    }
    let css = property(name);
    if let Some(property) = css.filter(|property| css_places(property).has(place)) {
        let later = || Found::Later(format!("{name:?} is not supported yet"));
        return if property.supported { Found::Css(property.name) } else { later() };
    }
    if css.is_some() || KEYS.iter().any(|k| k.name == name) {
        return Found::Unknown(format!("{name:?} is not a key of {}", place.noun()));
    }
    Found::Unknown(format!("unknown key {}{}", crate::error::quoted(name), suggestion(name, names(place))))
}

/// All keys of a place; CSS's first, since the first of two equally near names is the one that a message suggests.
pub(crate) fn names(place: Places) -> impl Iterator<Item = &'static str> {
    let css = PROPERTIES.iter().filter(move |property| css_places(property).has(place)).map(|property| property.name);
    css.chain(KEYS.iter().filter(move |key| key.places.has(place)).map(|key| key.name))
}
