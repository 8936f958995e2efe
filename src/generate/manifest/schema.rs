//! The JSON Schema (2020-12) of manifests, for editors: the table of keys, written down.

use super::keys::{self, Key, Part, Shape};
use crate::row::json::write_text;

const PARTS: &[(Part, &str)] = &[
    (Part::Image, "image"),
    (Part::Constant, "constant"),
    (Part::Size, "size"),
    (Part::Output, "output"),
    (Part::Roi, "roi"),
    (Part::Detector, "detector"),
    (Part::Blend, "blend"),
    (Part::Runtime, "runtime"),
];

/// The schema's text.
pub(super) fn schema() -> String {
    let mut out =
        String::from("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"templrender model manifest\",\n");
    object(&mut out, Part::Manifest, "  ");
    out.push_str(",\n  \"$defs\": {\n");
    for (i, (part, name)) in PARTS.iter().enumerate() {
        out.push_str(if i > 0 { ",\n" } else { "" });
        out.push_str(&format!("    \"{name}\": {{\n"));
        object(&mut out, *part, "      ");
        out.push_str("\n    }");
    }
    out.push_str("\n  }\n}\n");
    out
}

/// The lines of an object's type, without its braces.
fn object(out: &mut String, part: Part, indent: &str) {
    out.push_str(&format!("{indent}\"type\": \"object\",\n"));
    let required: Vec<String> = keys::of(part).filter(|key| key.default.is_empty()).map(|key| text(key.name)).collect();
    if !required.is_empty() {
        out.push_str(&format!("{indent}\"required\": [{}],\n", required.join(", ")));
    }
    out.push_str(&format!("{indent}\"properties\": {{\n"));
    let lines: Vec<String> = keys::of(part).map(|key| format!("{indent}  {}: {{ {} }}", text(key.name), property(key, part))).collect();
    out.push_str(&lines.join(",\n"));
    out.push_str(&format!("\n{indent}}},\n{indent}\"additionalProperties\": false"));
}

fn property(key: &Key, part: Part) -> String {
    let shape = match (key.name, part) {
        ("role", Part::Image) => "\"const\": \"image\"".to_owned(),
        ("role", Part::Constant) => "\"const\": \"constant\"".to_owned(),
        _ => shape(key.shape),
    };
    let default = match key.default {
        "" | "null" | "{}" => String::new(),
        default => format!(", \"default\": {default}"),
    };
    format!("\"description\": {}, {shape}{default}", text(key.about))
}

fn shape(of: Shape) -> String {
    let reference = |part: Part| match PARTS.iter().find(|(known, _)| *known == part) {
        Some((_, name)) => format!("\"$ref\": \"#/$defs/{name}\""),
        None => "\"type\": \"object\"".to_owned(),
    };
    match of {
        Shape::Id => "\"type\": \"string\", \"pattern\": \"^[a-z0-9][a-z0-9._-]{0,63}$\"".to_owned(),
        Shape::Text => "\"type\": \"string\", \"minLength\": 1, \"maxLength\": 1000".to_owned(),
        Shape::File => "\"type\": \"string\", \"pattern\": \"^[^./\\\\\\\\:][^/\\\\\\\\:]{0,254}$\"".to_owned(),
        Shape::Digest => "\"type\": \"string\", \"pattern\": \"^[0-9a-f]{64}$\"".to_owned(),
        Shape::Bool => "\"type\": \"boolean\"".to_owned(),
        Shape::Number(low, high, open) => {
            let least = if open { "exclusiveMinimum" } else { "minimum" };
            format!("\"type\": \"number\", \"{least}\": {low}, \"maximum\": {high}")
        }
        Shape::Whole(low, high) => format!("\"type\": \"integer\", \"minimum\": {low}, \"maximum\": {high}"),
        Shape::List(least, most, inner) => {
            format!("\"type\": \"array\", \"minItems\": {least}, \"maxItems\": {most}, \"items\": {{ {} }}", shape(*inner))
        }
        Shape::Word(words) => format!("\"enum\": [{}]", words.iter().map(|word| text(word)).collect::<Vec<_>>().join(", ")),
        Shape::Color => "\"type\": \"string\", \"pattern\": \"^(white|black|#[0-9a-fA-F]{6})$\"".to_owned(),
        Shape::Size => {
            let sides = shape(Shape::List(2, 2, &Shape::Whole(1, keys::MAX_SIDE)));
            format!("\"anyOf\": [{{ {sides} }}, {{ {} }}]", reference(Part::Size))
        }
        Shape::Object(part) => reference(part),
        Shape::Inputs => {
            let (constant, image) = (reference(Part::Constant), reference(Part::Image));
            let is_constant = "{ \"properties\": { \"role\": { \"const\": \"constant\" } } }";
            format!("\"type\": \"array\", \"items\": {{ \"if\": {is_constant}, \"then\": {{ {constant} }}, \"else\": {{ {image} }} }}")
        }
        Shape::Outputs => format!("\"type\": \"array\", \"items\": {{ {} }}", reference(Part::Output)),
        Shape::Variants => {
            let values = shape(Shape::List(1, keys::MAX_VALUES, &Shape::Number(-1e9, 1e9, false)));
            let variant = format!("{{ \"type\": \"object\", \"additionalProperties\": {{ {values} }} }}");
            format!("\"type\": \"object\", \"additionalProperties\": {variant}")
        }
    }
}

fn text(of: &str) -> String {
    let mut out = String::new();
    write_text(of, &mut out);
    out
}
