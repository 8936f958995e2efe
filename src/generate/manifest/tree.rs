//! A manifest's JSON against the table of keys: every fault with its place; what is left out is filled in.

use std::collections::BTreeMap;

use super::keys::{self, Part, Shape};
use crate::error::{Code, Fault, quoted, suggestion};
use crate::row::{Value, json};

/// Longest text of one key.
const MAX_TEXT: usize = 1_000;
/// Most inputs, outputs or variants.
const MAX_ITEMS: usize = 64;

/// An object as it is, with what it left out.
pub(super) type Object = BTreeMap<String, Value>;

/// Who finds faults.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) faults: Vec<Fault>,
}

impl Tree {
    /// One more fault.
    pub(super) fn fault(&mut self, place: &str, message: impl Into<String>) {
        let place = if place.is_empty() { "manifest" } else { place };
        self.faults.push(Fault::new(Code::BadManifest, place, message));
    }

    /// An object of a part, whole; what of it is wrong became a fault.
    pub(super) fn object(&mut self, value: &Value, part: Part, place: &str) -> Value {
        let Value::Map(entries) = value else {
            self.fault(place, format!("it must be an object, found {}", value.short()));
            return Value::Null;
        };
        let mut whole = Object::new();
        for key in keys::of(part) {
            let inner = join(place, key.name);
            match (entries.get(key.name), key.default) {
                (None | Some(Value::Null), "") => self.fault(&inner, format!("{} must be there, found nothing", key.name)),
                (None | Some(Value::Null), "null") => {}
                (None | Some(Value::Null), default) => {
                    let value = json::parse(default).unwrap_or_default();
                    let value = self.value(&value, key.shape, &inner);
                    whole.insert(key.name.to_owned(), value);
                }
                (Some(value), _) => {
                    let value = self.value(value, key.shape, &inner);
                    whole.insert(key.name.to_owned(), value);
                }
            }
        }
        for name in entries.keys().filter(|name| keys::of(part).all(|key| key.name != **name)) {
            let hint = suggestion(name, keys::of(part).map(|key| key.name));
            self.fault(&join(place, name), format!("unknown key {}{hint}", quoted(name)));
        }
        Value::map(whole)
    }

    fn value(&mut self, value: &Value, shape: Shape, place: &str) -> Value {
        if let Some(rule) = broken_rule(value, shape) {
            let hint = match (shape, value.as_text()) {
                (Shape::Word(words), Some(text)) => suggestion(text, words.iter().copied()),
                _ => String::new(),
            };
            self.fault(place, format!("{rule}, found {}{hint}", value.short()));
            return Value::Null;
        }
        match (shape, value) {
            (Shape::List(_, _, inner), Value::List(items)) => {
                for (i, item) in items.iter().enumerate() {
                    self.value(item, *inner, &format!("{place}[{i}]"));
                }
                value.clone()
            }
            (Shape::Size, Value::List(items)) => {
                for (i, item) in items.iter().enumerate() {
                    self.value(item, Shape::Whole(1, keys::MAX_SIDE), &format!("{place}[{i}]"));
                }
                value.clone()
            }
            (Shape::Size, _) => self.object(value, Part::Size, place),
            (Shape::Object(part), _) => self.object(value, part, place),
            (Shape::Inputs | Shape::Outputs, Value::List(items)) => {
                let each = items.iter().enumerate().map(|(i, item)| self.object(item, part_of(item, shape), &format!("{place}[{i}]")));
                Value::list(each.collect::<Vec<_>>())
            }
            (Shape::Variants, Value::Map(entries)) => {
                for (name, constants) in entries.iter() {
                    self.variant(name, constants, &join(place, name));
                }
                value.clone()
            }
            _ => value.clone(),
        }
    }

    fn variant(&mut self, name: &str, constants: &Value, place: &str) {
        if !is_id(name) {
            self.fault(place, format!("{ID_RULE}, found {}", quoted(name)));
        }
        let Value::Map(constants) = constants else {
            return self.fault(place, format!("a variant must be an object of constants, found {}", constants.short()));
        };
        for (input, values) in constants.iter() {
            self.value(values, Shape::List(1, keys::MAX_VALUES, &Shape::Number(-1e9, 1e9, false)), &join(place, input));
        }
    }
}

fn part_of(item: &Value, shape: Shape) -> Part {
    let role = if let Value::Map(entries) = item { entries.get("role").and_then(Value::as_text) } else { None };
    match (shape, role) {
        (Shape::Outputs, _) => Part::Output,
        (_, Some("constant")) => Part::Constant,
        _ => Part::Image,
    }
}

/// A place inside of another.
pub(super) fn join(place: &str, name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    if place.is_empty() { name } else { format!("{place}.{name}") }
}

const ID_RULE: &str = "a name must be 1 to 64 small letters, digits, \".\", \"_\" or \"-\"";

fn is_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// What the value should be, where it is not.
fn broken_rule(value: &Value, shape: Shape) -> Option<String> {
    let rule = |holds: bool, rule: &str| (!holds).then(|| rule.to_owned());
    let text = value.as_text();
    match shape {
        Shape::Id => rule(text.is_some_and(is_id), ID_RULE),
        Shape::Text => rule(text.is_some_and(|t| t.len() <= MAX_TEXT), &format!("it must be a text of at most {MAX_TEXT} bytes")),
        Shape::File => {
            let plain =
                |t: &str| t.len() <= 255 && !t.starts_with('.') && !t.contains(['/', '\\', ':']) && !t.chars().any(char::is_control);
            rule(text.is_some_and(plain), "it must be the name of a file beside the manifest, without folders")
        }
        Shape::Digest => {
            let hex = |t: &str| t.len() == 64 && t.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            rule(text.is_some_and(hex), "it must be 64 hex digits in small letters")
        }
        Shape::Bool => rule(matches!(value, Value::Bool(_)), "it must be true or false"),
        Shape::Number(low, high, open) => {
            let number = if let Value::Number(number) = value { Some(number.to_f64()) } else { None };
            let holds = number.is_some_and(|n| n <= high && if open { n > low } else { n >= low });
            rule(holds, &format!("it must be a number {} {low} and at most {high}", if open { "above" } else { "of at least" }))
        }
        Shape::Whole(low, high) => {
            let number = if let Value::Number(number) = value { number.to_i64() } else { None };
            rule(number.is_some_and(|n| (low..=high).contains(&n)), &format!("it must be a whole number from {low} to {high}"))
        }
        Shape::List(least, most, _) => {
            let holds = matches!(value, Value::List(items) if (least..=most).contains(&items.len()));
            let count = if least == most { format!("{least}") } else { format!("{least} to {most}") };
            rule(holds, &format!("it must be a list of {count} numbers"))
        }
        Shape::Word(words) => rule(text.is_some_and(|t| words.contains(&t)), &format!("it must be one of {}", words.join(", "))),
        Shape::Color => rule(text.is_some_and(|t| color(t).is_some()), "it must be white, black or #rrggbb"),
        Shape::Size => {
            let holds = matches!(value, Value::Map(_)) || matches!(value, Value::List(sides) if sides.len() == 2);
            rule(holds, "it must be [width, height] or an object with multiple_of, min and max")
        }
        Shape::Object(_) => rule(matches!(value, Value::Map(_)), "it must be an object"),
        Shape::Inputs | Shape::Outputs => {
            let holds = matches!(value, Value::List(items) if items.len() <= MAX_ITEMS);
            rule(holds, &format!("it must be a list of at most {MAX_ITEMS} objects"))
        }
        Shape::Variants => {
            let holds = matches!(value, Value::Map(entries) if entries.len() <= MAX_ITEMS);
            rule(holds, &format!("it must be an object of at most {MAX_ITEMS} variants"))
        }
    }
}

/// The colour of a word or of six hex digits.
pub(super) fn color(text: &str) -> Option<[u8; 3]> {
    match text {
        "white" => Some([255; 3]),
        "black" => Some([0; 3]),
        _ => {
            let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
            let number = u32::from_str_radix(hex, 16).ok()?;
            let [_, r, g, b] = number.to_be_bytes();
            Some([r, g, b])
        }
    }
}
