//! The format's JSON Schema (2020-12), for editors: made from the key table and CSS's properties, never written by hand.
//!
//! It is looser than the check: it knows keys, types and words, not expressions, units or which layer an `id` names.

use super::keys::{KEYS, KINDS, Key, Places, Shape, css_places};
use super::money_parts::MONEY_PARTS;
use super::print::string;
use crate::css::property::PROPERTIES;
use crate::expr::strings::CATEGORIES;
use crate::row::field::FieldType;

/// The schema's text.
pub(crate) fn schema() -> String {
    let mut out = Out::default();
    out.open('{');
    out.pair("$schema", "https://json-schema.org/draft/2020-12/schema");
    out.pair("title", "templrender template, format version 1");
    out.pair("$ref", "#/$defs/document");
    out.key("$defs");
    out.open('{');
    object(&mut out, "document", Places::DOCUMENT, &["templrender", "name", "size", "layers"]);
    object(&mut out, "variant", Places::VARIANT, &[]);
    object(&mut out, "output", Places::OUTPUT, &[]);
    object(&mut out, "field", Places::FIELD, &["type"]);
    object(&mut out, "style", Places::STYLE, &[]);
    object(&mut out, "span", Places::SPAN, &["text"]);
    money_part(&mut out);
    object(&mut out, "choose", Places::CHOOSE, &["choose"]);
    let drawn = || KINDS.iter().filter(|(.., kind)| kind.is_some());
    for (name, place, _) in drawn() {
        object(&mut out, name, *place, &[]);
    }
    object(&mut out, "layerKeys", Places::LAYER, &[]);
    for property in PROPERTIES.iter().filter(|property| property.supported) {
        out.key(&format!("css.{}", property.name));
        out.open('{');
        css_key(&mut out, property);
        out.close('}');
    }
    out.key("layer");
    out.open('{');
    out.pair("type", "object");
    out.key("if");
    out.raw("{ \"required\": [\"choose\"] }");
    out.key("then");
    out.raw("{ \"$ref\": \"#/$defs/choose\" }");
    out.key("else");
    out.open('{');
    out.key("required");
    out.raw("[\"type\"]");
    out.key("properties");
    out.open('{');
    out.key("type");
    out.raw(&words(drawn().map(|(name, ..)| *name)));
    out.close('}');
    out.key("allOf");
    out.open('[');
    for (name, ..) in drawn() {
        out.item();
        out.raw(&format!(
            "{{ \"if\": {{ \"properties\": {{ \"type\": {{ \"const\": \"{name}\" }} }} }}, \"then\": {{ \"$ref\": \"#/$defs/{name}\" }} }}"
        ));
    }
    out.close(']');
    out.close('}');
    out.close('}');
    out.close('}');
    out.close('}');
    out.text.push('\n');
    out.text
}

/// One object type: its keys, no others.
fn object(out: &mut Out, name: &str, place: Places, required: &[&str]) {
    out.key(name);
    out.open('{');
    out.pair("type", "object");
    if !required.is_empty() {
        out.key("required");
        out.raw(&format!("[{}]", required.iter().map(|key| literal(key)).collect::<Vec<_>>().join(", ")));
    }
    out.key("properties");
    out.open('{');
    let mut seen = Vec::new();
    for key in KEYS.iter().filter(|key| key.supported && key.places.has(place)) {
        if !seen.contains(&key.name) {
            seen.push(key.name);
            own_key(out, key, place);
        }
    }
    css_keys(out, place);
    out.close('}');
    out.key("additionalProperties");
    out.raw("false");
    out.close('}');
}

/// A part of a price: the text keys of a span.
fn money_part(out: &mut Out) {
    out.key("moneyPart");
    out.open('{');
    out.pair("type", "object");
    out.key("properties");
    out.open('{');
    css_keys(out, Places::SPAN);
    out.close('}');
    out.key("additionalProperties");
    out.raw("false");
    out.close('}');
}

fn css_keys(out: &mut Out, place: Places) {
    for property in PROPERTIES.iter().filter(|property| property.supported && css_places(property).has(place)) {
        out.key(property.name);
        out.raw(&format!("{{ \"$ref\": \"#/$defs/css.{}\" }}", property.name));
    }
}

fn own_key(out: &mut Out, key: &Key, place: Places) {
    out.key(key.name);
    out.open('{');
    out.pair("description", key.doc);
    let nullable = place != Places::DOCUMENT && place != Places::OUTPUT && place != Places::FIELD;
    match key.shape {
        Shape::Any if key.name == "type" => {
            out.key("enum");
            out.raw(&list(KINDS.iter().filter(|(.., kind)| kind.is_some()).map(|(name, ..)| *name)));
        }
        Shape::Any => {}
        Shape::Version => {
            out.key("const");
            out.raw("1");
        }
        shape => {
            out.key("anyOf");
            out.open('[');
            for part in parts(shape) {
                out.item();
                out.raw(&part);
            }
            if nullable {
                out.item();
                out.raw("{ \"type\": \"null\" }");
            }
            out.close(']');
        }
    }
    out.close('}');
}

fn css_key(out: &mut Out, property: &crate::css::property::Property) {
    out.pair("description", property.grammar);
    if property.keywords.is_empty() {
        out.key("type");
        out.raw("[\"string\", \"number\", \"boolean\", \"array\", \"null\"]");
        return;
    }
    out.key("anyOf");
    out.open('[');
    out.item();
    out.raw(&words(property.keywords.iter().copied()));
    out.item();
    out.raw("{ \"type\": [\"string\", \"number\", \"boolean\", \"array\", \"null\"] }");
    out.close(']');
}

/// The alternatives of a shape, each a schema.
fn parts(shape: Shape) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    let map_of = |name: &str| one(&format!("{{ \"type\": \"object\", \"additionalProperties\": {{ \"$ref\": \"#/$defs/{name}\" }} }}"));
    let list_of = |name: &str| one(&format!("{{ \"type\": \"array\", \"items\": {{ \"$ref\": \"#/$defs/{name}\" }} }}"));
    let strings = "{ \"type\": \"array\", \"items\": { \"type\": \"string\" } }";
    match shape {
        Shape::Version | Shape::Any => one("true"),
        Shape::String | Shape::Plain => one("{ \"type\": \"string\" }"),
        Shape::Bool => vec!["{ \"type\": \"boolean\" }".to_owned(), bound()],
        Shape::Number(min, max) => vec![format!("{{ \"type\": \"number\", \"minimum\": {min}, \"maximum\": {max} }}"), bound()],
        Shape::Share => vec!["{ \"type\": \"number\", \"minimum\": 0, \"maximum\": 1 }".to_owned(), "{ \"type\": \"string\" }".to_owned()],
        Shape::Length => vec!["{ \"type\": \"number\", \"minimum\": 0 }".to_owned(), "{ \"type\": \"string\" }".to_owned()],
        Shape::Enum(known) => vec![words(known.iter().copied()), bound()],
        Shape::Plains => one(strings),
        Shape::OneOrMore => vec!["{ \"type\": \"string\" }".to_owned(), strings.to_owned()],
        Shape::Size => one("{ \"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, \"items\": { \"type\": [\"number\", \"string\"] } }"),
        Shape::Fields => map_of("field"),
        Shape::Lets => one("{ \"type\": \"object\" }"),
        Shape::Assets => one("{ \"type\": \"object\", \"additionalProperties\": { \"type\": \"string\" } }"),
        Shape::Styles => map_of("style"),
        Shape::Output => one("{ \"$ref\": \"#/$defs/output\" }"),
        Shape::Layers | Shape::Choose => list_of("layer"),
        Shape::Variants => map_of("variant"),
        Shape::VariantLayers => map_of("layerKeys"),
        Shape::Strings => {
            let forms: Vec<String> = CATEGORIES.iter().map(|c| format!("{}: {{ \"type\": \"string\" }}", literal(c))).collect();
            let plural = format!(
                "{{ \"type\": \"object\", \"properties\": {{ {} }}, \"required\": [\"other\"], \"additionalProperties\": false }}",
                forms.join(", ")
            );
            let wording = format!("{{ \"anyOf\": [{{ \"type\": \"string\" }}, {plural}] }}");
            let language = format!("{{ \"type\": \"object\", \"additionalProperties\": {wording} }}");
            one(&format!("{{ \"type\": \"object\", \"additionalProperties\": {language} }}"))
        }
        Shape::MoneyParts => {
            let parts: Vec<String> =
                MONEY_PARTS.iter().map(|(name, _)| format!("{}: {{ \"$ref\": \"#/$defs/moneyPart\" }}", literal(name))).collect();
            one(&format!("{{ \"type\": \"object\", \"properties\": {{ {} }}, \"additionalProperties\": false }}", parts.join(", ")))
        }
        Shape::Spans => {
            vec!["{ \"type\": \"string\" }".to_owned(), "{ \"type\": \"array\", \"items\": { \"$ref\": \"#/$defs/span\" } }".to_owned()]
        }
        Shape::FieldType => vec![field_types()],
        Shape::From => vec![
            "{ \"type\": \"string\" }".to_owned(),
            "{ \"type\": \"array\", \"items\": { \"type\": [\"string\", \"array\"] } }".to_owned(),
        ],
        Shape::Of => {
            let mut parts = vec![field_types()];
            parts.extend(map_of("field"));
            parts
        }
    }
}

fn field_types() -> String {
    words(FieldType::ALL.iter().map(|(name, _)| *name))
}

/// Any string that binds.
fn bound() -> String {
    "{ \"type\": \"string\", \"pattern\": \"\\\\{\\\\{\" }".to_owned()
}

fn words<'a>(known: impl Iterator<Item = &'a str>) -> String {
    format!("{{ \"enum\": {} }}", list(known))
}

fn list<'a>(known: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", known.map(literal).collect::<Vec<_>>().join(", "))
}

fn literal(text: &str) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = string(text, &mut out);
    out
}

/// Indented JSON, written from front to back.
#[derive(Default)]
struct Out {
    text: String,
    depth: usize,
    filled: bool,
}

impl Out {
    fn open(&mut self, bracket: char) {
        self.text.push(bracket);
        self.depth += 1;
        self.filled = false;
    }

    fn close(&mut self, bracket: char) {
        self.depth = self.depth.saturating_sub(1);
        if self.filled {
            self.line();
        }
        self.text.push(bracket);
        self.filled = true;
    }

    /// Begins the next item of a list or object.
    fn item(&mut self) {
        if self.filled {
            self.text.push(',');
        }
        self.line();
        self.filled = true;
    }

    fn key(&mut self, key: &str) {
        self.item();
        self.text.push_str(&literal(key));
        self.text.push_str(": ");
    }

    fn raw(&mut self, json: &str) {
        self.text.push_str(json);
    }

    fn pair(&mut self, key: &str, value: &str) {
        self.key(key);
        self.raw(&literal(value));
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', self.depth * 2));
    }
}
