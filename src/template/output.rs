//! `output`: how a template wants its picture encoded.

use super::build::Builder;
use super::document::{BoundOutput, Effort, Format, Missing, Output, OutputKeys, Subsampling};
use super::keys::{EFFORTS, FORMATS, Found, MISSING, Places, SUBSAMPLINGS, find};
use super::merge::{Given, Merged, object};
use crate::css::color::Color;
use crate::css::property::{Declaration, Input, declare};
use crate::css::style::TextColor;
use crate::error::{Code, quoted, suggestion};
use crate::row::value::Value;

impl<'a> Builder<'a, '_> {
    pub(crate) fn output(&mut self, given: &Given<'a>) -> OutputKeys {
        let path = given.path();
        let mut keys = OutputKeys::default();
        let mut merged = Merged::default();
        merged.overlay(object(given.node, &path, "output", self.faults).unwrap_or_default(), &path);
        self.known_keys(&merged, Places::OUTPUT);
        for given in merged.iter() {
            let Found::Own(key) = find(given.key, Places::OUTPUT) else { continue };
            if let Some(text) = given.node.as_str().filter(|text| text.contains("{{")) {
                let text = self.faults.text(text, given.node, &given.path(), &self.scope);
                keys.bound.extend(text.map(|text| BoundOutput { key: key.name, text, path: given.path() }));
                continue;
            }
            if key.name == "format" && given.node.as_str() == Some("avif") {
                let message = "format \"avif\" is not supported yet";
                self.faults.add(Code::UnsupportedKey, given.node.span, &given.path(), message);
                continue;
            }
            let Some(value) = self.value(given.node, &given.path()) else { continue };
            let set = keys.fixed.set(key.name, &value);
            if let Err(message) = set {
                self.faults.add(Code::BadValue, given.node.span, &given.path(), message);
            }
        }
        keys
    }
}

impl Output {
    /// Sets a key of `output` to a value that a template or a row gave; null leaves it to the host.
    pub(crate) fn set(&mut self, key: &str, value: &Value) -> Result<(), String> {
        if value.is_null() {
            return Ok(());
        }
        match key {
            "format" => self.format = Some(Format::parse(word(key, value, FORMATS)?).ok_or("format \"avif\" is not supported yet")?),
            "quality" => self.quality = Some(number(key, value, 1.0, 100.0)?.round() as u8),
            "subsampling" => {
                self.subsampling = Some(match word(key, value, SUBSAMPLINGS)? {
                    "420" => Subsampling::S420,
                    "444" => Subsampling::S444,
                    _ => Subsampling::Auto,
                });
            }
            "effort" => {
                self.effort = Some(match word(key, value, EFFORTS)? {
                    "fast" => Effort::Fast,
                    "small" => Effort::Small,
                    _ => Effort::Smallest,
                });
            }
            "scale" => self.scale = Some(number(key, value, 0.1, 4.0)? as f32),
            "matte" => self.matte = Some(color(value)?),
            _ => return Err(format!("unknown key {}", quoted(key))),
        }
        Ok(())
    }
}

impl Format {
    /// A format that this version writes.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "jpeg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "webp" => Some(Self::Webp),
            _ => None,
        }
    }
}

impl Missing {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match MISSING.iter().position(|known| *known == name)? {
            0 => Some(Self::Hide),
            _ => Some(Self::Error),
        }
    }
}

fn color(value: &Value) -> Result<Color, String> {
    let declared = value.as_text().and_then(|text| declare("color", &Input::Text(text)).ok());
    match declared {
        Some(Declaration::Color(Some(TextColor::Color(color)))) => Ok(color),
        _ => Err(format!("matte must be a colour, found {}", found(value))),
    }
}

/// One of some words; a number stands for its digits, since `444` needs no quotes.
fn word(key: &str, value: &Value, known: &'static [&'static str]) -> Result<&'static str, String> {
    let text = match value {
        Value::Text(text) => text.as_ref().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    known.iter().copied().find(|k| *k == text).ok_or_else(|| {
        let choices = known.join(", ");
        format!("{key} must be one of {choices}, found {}{}", found(value), suggestion(&text, known.iter().copied()))
    })
}

fn number(key: &str, value: &Value, min: f64, max: f64) -> Result<f64, String> {
    match value {
        Value::Number(number) if (min..=max).contains(&number.to_f64()) => Ok(number.to_f64()),
        other => Err(format!("{key} must be a number from {min} to {max}, found {}", found(other))),
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Bool(b) => b.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        other => format!("a {}", other.kind()),
    }
}
