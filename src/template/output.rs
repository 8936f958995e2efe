//! `output`: how a template wants its picture encoded.

use super::build::Builder;
use super::document::{BoundOutput, Effort, Format, Missing, Output, OutputKeys, Subsampling};
use super::input::single;
use super::keys::{EFFORTS, FORMATS, Found, MISSING, Places, SUBSAMPLINGS, find};
use super::merge::{Given, Merged, object};
use crate::css::color::Color;
use crate::css::property::{Declaration, Input, declare};
use crate::css::style::TextColor;
use crate::error::{Code, quoted, suggestion};

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
            let set = match single(given.node) {
                Some(input) => keys.fixed.set(key.name, &input),
                None => Err(format!("{} must be a string or a number, found {}", key.name, given.node.found())),
            };
            if let Err(message) = set {
                self.faults.add(Code::BadValue, given.node.span, &given.path(), message);
            }
        }
        keys
    }
}

impl Output {
    /// Sets a key of `output` to a value that a template or a row gave.
    pub(crate) fn set(&mut self, key: &str, value: &Input<'_>) -> Result<(), String> {
        match key {
            "format" => self.format = Some(Format::parse(word(key, value, FORMATS)?).ok_or("format \"avif\" is not supported yet")?),
            "quality" => self.quality = Some(number(key, value, 1.0, 100.0)?.round() as u8),
            "subsampling" => {
                self.subsampling = Some(match word(key, value, SUBSAMPLINGS)? {
                    "420" => Subsampling::S420,
                    "444" => Subsampling::S444,
                    "400" => Subsampling::S400,
                    _ => Subsampling::Auto,
                });
            }
            "effort" => {
                self.effort = Some(match word(key, value, EFFORTS)? {
                    "fast" => Effort::Fast,
                    "small" => Effort::Small,
                    _ => return Err("effort \"smallest\" is not supported yet".to_owned()),
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
            1 => Some(Self::Error),
            _ => Some(Self::Original),
        }
    }
}

fn color(value: &Input<'_>) -> Result<Color, String> {
    match declare("color", value) {
        Ok(Declaration::Color(Some(TextColor::Color(color)))) => Ok(color),
        _ => Err(format!("matte must be a colour, found {}", found(value))),
    }
}

/// One of some words; a number stands for its digits, since `444` needs no quotes.
fn word(key: &str, value: &Input<'_>, known: &'static [&'static str]) -> Result<&'static str, String> {
    let text = match value {
        Input::Text(text) => (*text).to_owned(),
        Input::Number(number) => number.to_string(),
        _ => String::new(),
    };
    known.iter().copied().find(|k| *k == text).ok_or_else(|| {
        let choices = known.join(", ");
        format!("{key} must be one of {choices}, found {}{}", found(value), suggestion(&text, known.iter().copied()))
    })
}

fn number(key: &str, value: &Input<'_>, min: f64, max: f64) -> Result<f64, String> {
    match value {
        Input::Number(number) if (min..=max).contains(number) => Ok(*number),
        other => Err(format!("{key} must be a number from {min} to {max}, found {}", found(other))),
    }
}

fn found(value: &Input<'_>) -> String {
    match value {
        Input::Bool(b) => b.to_string(),
        Input::Number(number) => number.to_string(),
        Input::Text(text) => quoted(text),
        Input::List(_) => "a list".to_owned(),
    }
}
