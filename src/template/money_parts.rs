//! `money-parts`: text keys for the parts of a price, on a text or a span whose whole value is one amount of money.

use super::build::Builder;
use super::document::PartKeys;
use super::keys::{self, Found, Places};
use super::merge::{Given, Merged, object};
use super::reader::{Entry, join};
use crate::error::{Code, quoted, suggestion};
use crate::expr::TextTemplate;
use crate::row::locale::Part;

/// The names of the parts, as `Intl.NumberFormat.formatToParts` has them. A minus sign belongs to the number: it follows `integer`.
pub(crate) const MONEY_PARTS: &[(&str, &[Part])] = &[
    ("currency", &[Part::Currency]),
    ("integer", &[Part::Integer, Part::Minus]),
    ("group", &[Part::Group]),
    ("decimal", &[Part::Decimal]),
    ("fraction", &[Part::Fraction]),
    ("literal", &[Part::Literal]),
];

impl<'a> Builder<'a, '_> {
    /// The keys of each part; `text` is what they are for.
    pub(crate) fn money_parts(&mut self, given: &Given<'a>, text: Option<&TextTemplate>) -> Vec<PartKeys> {
        let path = given.path();
        if text.is_some_and(|text| text.as_whole().is_none()) {
            let message = "\"money-parts\" needs a text that is one binding, such as \"{{ price }}\"";
            self.faults.add(Code::BadValue, given.key_span, &path, message);
        }
        let mut parts = Vec::new();
        for Entry { key, key_span, node } in object(given.node, &path, "money-parts", self.faults).unwrap_or_default() {
            let path = join(&path, key);
            let Some((_, kinds)) = MONEY_PARTS.iter().find(|(name, _)| name == key) else {
                let known = MONEY_PARTS.iter().map(|(name, _)| *name);
                let message = format!("unknown part of a price {}{}", quoted(key), suggestion(key, known));
                self.faults.add(Code::UnknownKey, *key_span, &path, message);
                continue;
            };
            if node.is_null() {
                continue;
            }
            let Some(entries) = object(node, &path, "a part of a price", self.faults) else { continue };
            let mut merged = Merged::default();
            merged.overlay(entries, &path);
            if !self.spend(&merged, node, &path) {
                break;
            }
            let css = merged.iter().filter_map(|given| match keys::find(given.key, Places::SPAN) {
                Found::Css(name) => Some((name, given.clone())),
                _ => None,
            });
            let declarations = self.declarations(css.collect());
            self.text_keys_alone(&merged);
            parts.push(PartKeys { kinds, declarations });
        }
        parts
    }

    /// Refuses what is no text key: a part has no text, condition or style of its own.
    fn text_keys_alone(&mut self, merged: &Merged<'a>) {
        for given in merged.iter().chain(merged.removed()) {
            let (code, message) = match keys::find(given.key, Places::SPAN) {
                Found::Css(_) => continue,
                Found::Own(_) => (Code::UnknownKey, format!("{:?} is not a key of a part of a price", given.key)),
                Found::Later(message) => (Code::UnsupportedKey, message),
                Found::Unknown(message) => (Code::UnknownKey, message),
            };
            self.faults.add(code, given.key_span, &given.path(), message);
        }
    }
}
