//! The tables of `docs/template.md`, made from the tables that the reader itself uses.
//!
//! The page has regions between `<!-- table: NAME -->` and `<!-- end -->`; what stands in them must be what this file prints. With
//! `TEMPLRENDER_BLESS=1` they are written anew, and the run fails so that somebody looks at them. Defaults are listed here, and each is
//! held against the styles that layout starts from: applying it changes nothing.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::css::length::LengthContext;
use crate::css::property::{Group, Input, PROPERTIES, Property, declare};
use crate::css::style::{Style, TextStyle};
use crate::expr::names::{Filter, Function, Signature};
use crate::row::catalogue;
use crate::row::field::{FieldType, Items};
use crate::template::keys::{KEYS, KINDS, Places, Shape, css_places};

/// What a CSS key is where nobody says it. Shorthands have the defaults of their parts and are not listed.
const DEFAULTS: &[(&str, &str)] = &[
    ("top", "auto"),
    ("right", "auto"),
    ("bottom", "auto"),
    ("left", "auto"),
    ("margin-top", "0"),
    ("margin-right", "0"),
    ("margin-bottom", "0"),
    ("margin-left", "0"),
    ("padding-top", "0"),
    ("padding-right", "0"),
    ("padding-bottom", "0"),
    ("padding-left", "0"),
    ("width", "auto"),
    ("height", "auto"),
    ("min-width", "auto"),
    ("min-height", "auto"),
    ("max-width", "none"),
    ("max-height", "none"),
    ("aspect-ratio", "auto"),
    ("display", "block"),
    ("flex-direction", "row"),
    ("flex-wrap", "nowrap"),
    ("align-self", "auto"),
    ("row-gap", "normal"),
    ("column-gap", "normal"),
    ("flex-grow", "0"),
    ("flex-shrink", "1"),
    ("flex-basis", "auto"),
    ("order", "0"),
    ("grid-template-columns", "none"),
    ("grid-template-rows", "none"),
    ("grid-auto-flow", "row"),
    ("grid-column", "auto"),
    ("grid-row", "auto"),
    ("background", "transparent"),
    ("border-top-left-radius", "0"),
    ("border-top-right-radius", "0"),
    ("border-bottom-right-radius", "0"),
    ("border-bottom-left-radius", "0"),
    ("border-width", "medium"),
    ("border-style", "none"),
    ("border-color", "currentColor"),
    ("border-top-width", "medium"),
    ("border-top-style", "none"),
    ("border-top-color", "currentColor"),
    ("border-right-width", "medium"),
    ("border-right-style", "none"),
    ("border-right-color", "currentColor"),
    ("border-bottom-width", "medium"),
    ("border-bottom-style", "none"),
    ("border-bottom-color", "currentColor"),
    ("border-left-width", "medium"),
    ("border-left-style", "none"),
    ("border-left-color", "currentColor"),
    ("box-shadow", "none"),
    ("opacity", "1"),
    ("mix-blend-mode", "normal"),
    ("isolation", "auto"),
    ("filter", "none"),
    ("backdrop-filter", "none"),
    ("transform", "none"),
    ("transform-origin", "center"),
    ("overflow", "visible"),
    ("font-size", "16px"),
    ("font-weight", "400"),
    ("font-style", "normal"),
    ("font-stretch", "100%"),
    ("font-variation-settings", "normal"),
    ("font-feature-settings", "normal"),
    ("line-height", "normal"),
    ("letter-spacing", "normal"),
    ("word-spacing", "normal"),
    ("color", "black"),
    ("text-align", "start"),
    ("text-transform", "none"),
    ("text-decoration", "none"),
    ("text-shadow", "none"),
    ("white-space", "pre-wrap"),
    ("text-wrap", "wrap"),
    ("overflow-wrap", "normal"),
    ("line-clamp", "none"),
    ("text-overflow", "clip"),
    ("vertical-align", "baseline"),
    ("object-position", "50% 50%"),
    ("object-view-box", "none"),
    ("fill", "black"),
    ("stroke", "none"),
    ("stroke-width", "1"),
    ("stroke-linejoin", "miter"),
    ("stroke-linecap", "butt"),
    ("stroke-dasharray", "none"),
];

/// Defaults that no value of their key says.
const SPECIAL: &[(&str, &str)] = &[
    ("position", "absolute in a plain box, relative in a flex or grid box"),
    ("inset-inline-start", "none: the physical side counts"),
    ("inset-inline-end", "none: the physical side counts"),
    ("inset-block-start", "none: the physical side counts"),
    ("inset-block-end", "none: the physical side counts"),
    ("margin-inline-start", "none: the physical side counts"),
    ("margin-inline-end", "none: the physical side counts"),
    ("margin-block-start", "none: the physical side counts"),
    ("margin-block-end", "none: the physical side counts"),
    ("padding-inline-start", "none: the physical side counts"),
    ("padding-inline-end", "none: the physical side counts"),
    ("padding-block-start", "none: the physical side counts"),
    ("padding-block-end", "none: the physical side counts"),
    ("justify-content", "`normal`"),
    ("align-items", "`normal`"),
    ("align-content", "`normal`"),
    ("grid-auto-columns", "`auto`"),
    ("grid-auto-rows", "`auto`"),
    ("font-family", "the template's `fonts`"),
    ("-webkit-text-stroke", "none"),
    ("lang", "none"),
    ("direction", "that of `lang`, `auto` without one"),
    ("min-font-size", "none: a text does not shrink"),
    ("object-fit", "`fill`, of an svg `contain`"),
];

/// The parts whose defaults a shorthand has.
const SHORTHANDS: &[&str] =
    &["inset", "margin", "padding", "gap", "flex", "border", "border-top", "border-right", "border-bottom", "border-left", "border-radius"];

#[test]
fn every_default_is_what_layout_starts_from() {
    let context = LengthContext { em: 16.0, canvas: (100.0, 100.0) };
    let mut changed = Vec::new();
    for (name, value) in DEFAULTS {
        let input = value.parse().map_or(Input::Text(value), Input::Number);
        let declaration = declare(name, &input).unwrap_or_else(|error| panic!("{error}"));
        let (mut style, mut text) = (Style::default(), TextStyle::default());
        declaration.apply(&mut style, &mut text, &context);
        if (style, text) != Default::default() {
            changed.push(name);
        }
    }
    assert!(changed.is_empty(), "these change a style: {changed:?}");
    for property in PROPERTIES.iter().filter(|property| property.supported) {
        let name = property.name;
        let count = DEFAULTS.iter().filter(|(known, _)| *known == name).count()
            + SPECIAL.iter().filter(|(known, _)| *known == name).count()
            + SHORTHANDS.iter().filter(|known| **known == name).count();
        assert_eq!(count, 1, "{name} must have one default");
    }
}

#[test]
fn the_tables_of_the_reference_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/template.md");
    let page = fs::read_to_string(&path).expect("docs/template.md");
    let mut made = String::new();
    let mut seen = Vec::new();
    let mut rest = page.as_str();
    while let Some(at) = rest.find("<!-- table: ") {
        let (before, region) = rest.split_at(at);
        let (name, _) = region["<!-- table: ".len()..].split_once(" -->").expect("the region's name");
        let (_, after) = region.split_once("<!-- end -->").expect("the region's end");
        let (_, table) = TABLES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no table {name}"));
        write!(made, "{before}<!-- table: {name} -->\n{}<!-- end -->", table()).unwrap();
        seen.push(name);
        rest = after;
    }
    made.push_str(rest);
    assert_eq!(seen, TABLES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "each table stands once, in this order");
    if made == page {
        return;
    }
    if std::env::var_os("TEMPLRENDER_BLESS").is_some() {
        fs::write(&path, made).unwrap();
        panic!("blessed docs/template.md, look and run again");
    }
    panic!("docs/template.md is not what the tables say; run with TEMPLRENDER_BLESS=1");
}

type Table = fn() -> String;

/// In the order of the page.
const TABLES: &[(&str, Table)] = &[
    ("document", || own_keys(Places::DOCUMENT)),
    ("output", || own_keys(Places::OUTPUT)),
    ("field", || own_keys(Places::FIELD)),
    ("types", || list(FieldType::ALL.iter().map(|(name, _)| format!("`{name}`")))),
    ("columns", columns),
    ("records", records),
    ("kinds", || list(KINDS.iter().filter(|(.., kind)| kind.is_some()).map(|(name, ..)| format!("`{name}`")))),
    ("layer", layer_keys),
    ("place", || css(Group::Place)),
    ("flow", || css(Group::Flow)),
    ("look", || css(Group::Look)),
    ("text", || css(Group::Text)),
    ("image", || css(Group::Image)),
    ("path", || css(Group::Path)),
    ("filters", || list(Filter::ALL.iter().map(|filter| call(filter.signature())))),
    ("functions", || list(Function::ALL.iter().map(|function| call(function.signature())))),
    ("later", later),
];

/// Keys that are not CSS, of a place that is no layer.
fn own_keys(place: Places) -> String {
    let mut out = String::from("| key | takes | meaning |\n|---|---|---|\n");
    for key in KEYS.iter().filter(|key| key.supported && key.places.has(place)) {
        writeln!(out, "| `{}` | {} | {} |", key.name, takes(key.shape), cell(key.doc)).unwrap();
    }
    out
}

fn layer_keys() -> String {
    let places = Places::LAYER.or(Places::SPAN);
    let mut out = String::from("| key | for | takes | meaning |\n|---|---|---|---|\n");
    for key in KEYS.iter().filter(|key| key.supported && key.places.has(places)) {
        writeln!(out, "| `{}` | {} | {} | {} |", key.name, of(key.places), takes(key.shape), cell(key.doc)).unwrap();
    }
    out
}

fn css(group: Group) -> String {
    let mut out = String::from("| key | for | grammar | inherited | default |\n|---|---|---|---|---|\n");
    for property in PROPERTIES.iter().filter(|property| property.group == group && property.supported) {
        let inherited = if property.inherited { "yes" } else { "no" };
        let (name, places) = (property.name, of(css_places(property)));
        writeln!(out, "| `{name}` | {places} | {} | {inherited} | {} |", grammar(property), default(name)).unwrap();
    }
    out
}

fn default(name: &str) -> String {
    if let Some((_, value)) = DEFAULTS.iter().find(|(known, _)| *known == name) {
        return format!("`{value}`");
    }
    SPECIAL.iter().find(|(known, _)| *known == name).map_or("that of its parts".to_owned(), |(_, words)| (*words).to_owned())
}

/// Keys, words and functions of the format that this version refuses by name.
fn later() -> String {
    let mut out = String::from("| key | for | what it will be |\n|---|---|---|\n");
    for property in PROPERTIES.iter().filter(|property| !property.supported) {
        writeln!(out, "| `{}` | {} | {} |", property.name, of(css_places(property)), grammar(property)).unwrap();
    }
    for key in KEYS.iter().filter(|key| !key.supported) {
        writeln!(out, "| `{}` | {} | {} |", key.name, of(key.places), cell(key.doc)).unwrap();
    }
    for (name, ..) in KINDS.iter().filter(|(.., kind)| kind.is_none()) {
        writeln!(out, "| `\"type\": \"{name}\"` | every layer | a layer type |").unwrap();
    }
    out
}

fn columns() -> String {
    let mut out = String::from("| type | columns |\n|---|---|\n");
    for (kind, name) in FieldType::ALL {
        let of_kind = catalogue::names().filter(|column| catalogue::column(column).is_some_and(|field| field.kind == *name));
        let names: Vec<String> = of_kind.map(|column| format!("`{column}`")).collect();
        if !names.is_empty() {
            writeln!(out, "| `{kind}` | {} |", names.join(" ")).unwrap();
        }
    }
    out
}

/// Columns with parts, in the order of text feeds.
fn records() -> String {
    let mut out = String::from("| column | parts |\n|---|---|\n");
    for name in catalogue::names() {
        let Some(field) = catalogue::column(name) else { continue };
        if let Some(Items::Fields(fields)) = field.of {
            let many = if field.kind == FieldType::List { ", a list" } else { "" };
            let parts: Vec<String> = fields.iter().map(|(part, field)| format!("`{part}` {}", field.kind.name())).collect();
            writeln!(out, "| `{name}`{many} | {} |", parts.join(", ")).unwrap();
        }
    }
    out
}

/// What a place is called in a table.
fn of(places: Places) -> String {
    let mut words = Vec::new();
    let named = [(Places::DOCUMENT, "document"), (Places::VARIANT, "variant"), (Places::OUTPUT, "`output`"), (Places::FIELD, "field")];
    words.extend(named.iter().filter(|(place, _)| places.has(*place)).map(|(_, word)| *word));
    if KINDS.iter().all(|(_, place, _)| places.has(*place)) {
        words.push("every layer");
    } else {
        words.extend(KINDS.iter().filter(|(_, place, _)| places.has(*place)).map(|(name, ..)| *name));
        if places.has(Places::CHOOSE) {
            words.push("layer with `choose`");
        }
    }
    if places.has(Places::SPAN) {
        words.push("span");
    }
    words.join(", ")
}

fn takes(shape: Shape) -> String {
    match shape {
        Shape::Version => "1".to_owned(),
        Shape::String => "a string, may bind".to_owned(),
        Shape::Plain => "a string".to_owned(),
        Shape::Bool => "true or false".to_owned(),
        Shape::Number(min, max) => format!("a number from {min} to {max}"),
        Shape::Share => "a number from 0 to 1, or a percentage".to_owned(),
        Shape::Length => "px, or a length or percentage".to_owned(),
        Shape::Enum(known) => known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" "),
        Shape::Plains => "a list of strings".to_owned(),
        Shape::OneOrMore => "a string or a list of strings".to_owned(),
        Shape::Size => "two numbers, may bind".to_owned(),
        Shape::Fields => "names with fields".to_owned(),
        Shape::Lets => "names with values, may bind".to_owned(),
        Shape::Assets => "names with paths".to_owned(),
        Shape::Styles => "names with keys".to_owned(),
        Shape::Output => "keys of `output`".to_owned(),
        Shape::Layers | Shape::Choose => "a list of layers".to_owned(),
        Shape::Variants => "names with variants".to_owned(),
        Shape::VariantLayers => "ids with keys".to_owned(),
        Shape::Strings => "languages with texts".to_owned(),
        Shape::MoneyParts => "parts with text keys".to_owned(),
        Shape::Spans => "a string, may bind, or a list of spans".to_owned(),
        Shape::FieldType => "a field type".to_owned(),
        Shape::From => "a column or a list of columns".to_owned(),
        Shape::Of => "a field type, or names with fields".to_owned(),
        Shape::Any => "as its type takes it".to_owned(),
    }
}

fn grammar(property: &Property) -> String {
    let grammar = if property.name == "mix-blend-mode" { property.keywords.join(" | ") } else { property.grammar.to_owned() };
    format!("`{}`", cell(&grammar))
}

/// `name(a, b?)`: what may be left out has a question mark.
fn call(signature: Signature) -> String {
    let parameters = signature.parameters.iter().enumerate();
    let parameters: Vec<String> =
        parameters.map(|(i, name)| if i < signature.required { (*name).to_owned() } else { format!("{name}?") }).collect();
    if parameters.is_empty() { format!("`{}`", signature.name) } else { format!("`{}({})`", signature.name, parameters.join(", ")) }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("{}\n", items.collect::<Vec<_>>().join(" "))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
