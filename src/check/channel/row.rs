//! What of a row a channel refuses: columns that are empty, texts that are too long, URLs that it does not fetch.

use std::borrow::Cow;

use super::Channel;
use crate::error::quoted;
use crate::row::{Row, Value};

/// Tells what a channel refuses of a row: code, rule, what was found, page. The texts are made only when asked for.
pub(in crate::check) fn lint_row(channel: Channel, row: &Row, tell: &mut dyn FnMut(&'static str, Finding<'_>)) {
    let facts = channel.facts();
    let (required, source) = facts.required;
    let text = |column: &str| row.get(column).and_then(printed);
    for column in required.iter().filter(|column| !filled(row, column)) {
        tell("channel-required", Finding { column, source, what: What::Missing });
    }
    for most in facts.lengths {
        let Some(cell) = text(most.column) else { continue };
        // Bytes are never fewer than characters: most rows are told to be short enough without counting.
        if cell.len() > most.characters {
            let count = cell.chars().count();
            if count > most.characters {
                tell(most.code, Finding { column: most.column, source: most.source, what: What::Long { most: most.characters, count } });
            }
        }
    }
    if let Some(url) = text("image_link") {
        if let Some(source) = facts.ascii.filter(|_| !url.is_ascii()) {
            tell("channel-url-ascii", Finding { column: "image_link", source, what: What::NotAscii(&url) });
        }
        if let Some(source) = facts.scheme.filter(|_| !is_http(&url)) {
            tell("channel-url-scheme", Finding { column: "image_link", source, what: What::NoScheme(&url) });
        }
    }
    if let Some((most, source)) = facts.additional {
        let count = row.get("additional_image_link").map_or(0, |links| links_in(links, channel));
        if count > most {
            let what = What::Many { most, count };
            tell("channel-additional-image-links", Finding { column: "additional_image_link", source, what });
        }
    }
}

/// One finding of a row, before it is written.
pub(in crate::check) struct Finding<'a> {
    pub(in crate::check) column: &'a str,
    pub(in crate::check) source: &'static str,
    what: What<'a>,
}

enum What<'a> {
    Missing,
    Long { most: usize, count: usize },
    NotAscii(&'a str),
    NoScheme(&'a str),
    Many { most: usize, count: usize },
}

impl Finding<'_> {
    pub(in crate::check) fn rule(&self) -> String {
        match self.what {
            What::Missing => "a required column must be filled".to_owned(),
            What::Long { most, .. } => format!("{} must have at most {most} characters", self.column),
            What::NotAscii(_) => "a picture's URL must be ASCII".to_owned(),
            What::NoScheme(_) => "a picture's URL must begin with http:// or https://".to_owned(),
            What::Many { most, .. } => format!("there must be at most {most} additional pictures"),
        }
    }

    pub(in crate::check) fn found(&self) -> String {
        match self.what {
            What::Missing => format!("no {}", self.column),
            What::Long { count, .. } => format!("{count} characters"),
            What::NotAscii(url) | What::NoScheme(url) => quoted(url.split(['?', '#']).next().unwrap_or(url)),
            What::Many { count, .. } => count.to_string(),
        }
    }
}

fn filled(row: &Row, column: &str) -> bool {
    row.get(column).is_some_and(|value| !value.is_null())
}

fn printed(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

fn is_http(url: &str) -> bool {
    let url = url.trim_start();
    let begins = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    begins("http://") || begins("https://")
}

/// How many URLs a cell holds; Google writes commas between them, Meta also other signs.
fn links_in(value: &Value, channel: Channel) -> usize {
    match value {
        Value::List(items) => items.iter().filter(|item| !item.is_null()).count(),
        Value::Text(text) if text.trim_start().starts_with('[') => text.matches("://").count(),
        Value::Text(text) => {
            let between: &[char] = if channel == Channel::Meta { &[',', ';', ' ', '|'] } else { &[','] };
            text.split(between).filter(|link| !link.trim().is_empty()).count()
        }
        _ => 0,
    }
}
