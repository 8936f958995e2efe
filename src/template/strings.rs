//! `strings`: the template's own words, by language and key.
//!
//! Tags, keys, plural categories and placeholders are checked here; that every `t('key')` finds its text in every language is checked where
//! the expression is read.

use std::collections::BTreeMap;

use super::build::Builder;
use super::merge::{Given, object};
use super::reader::{Entry, Json, Node, join};
use crate::css::property::{Input, declare};
use crate::error::{Code, quoted, suggestion};
use crate::expr::strings::{CATEGORIES, Strings, Wording, check};
use crate::row::locale;

impl<'a> Builder<'a, '_> {
    pub(crate) fn strings(&mut self, given: &Given<'a>) -> Strings {
        let path = given.path();
        let mut strings = Strings::default();
        for Entry { key: tag, key_span, node } in object(given.node, &path, "strings", self.faults).unwrap_or_default() {
            let path = join(&path, tag);
            // A tag is what the key `lang` takes, so that both know the same.
            if declare("lang", &Input::Text(tag)).is_err() {
                let message = format!("a language of strings must be a BCP 47 tag such as \"en-GB\", found {}", quoted(tag));
                self.faults.add(Code::BadValue, *key_span, &path, message);
                continue;
            }
            let mut wordings = BTreeMap::new();
            for Entry { key, node, .. } in object(node, &path, "a language of strings", self.faults).unwrap_or_default() {
                let path = join(&path, key);
                if let Some(wording) = self.wording(node, &path, tag) {
                    self.countable(&wording, node, &path, tag);
                    wordings.insert(key.clone(), wording);
                }
            }
            if !strings.add(tag, wordings) {
                let message = format!("language {} stands twice in strings", quoted(tag));
                self.faults.add(Code::BadValue, *key_span, &path, message);
            }
        }
        strings
    }

    fn wording(&mut self, node: &'a Node, path: &str, tag: &str) -> Option<Wording> {
        let entries = match &node.json {
            Json::String(_) => return self.phrase(node, path).map(Wording::Plain),
            Json::Object(entries) => entries,
            _ => {
                self.faults.wrong_type(node, path, "a string must be a text, or texts by plural category");
                return None;
            }
        };
        let known = locale::plural_categories(tag).unwrap_or_default();
        let mut forms = BTreeMap::new();
        for Entry { key: category, key_span, node } in entries {
            let path = join(path, category);
            if !CATEGORIES.contains(&category.as_str()) {
                let message = format!("unknown plural category {}{}", quoted(category), suggestion(category, CATEGORIES.iter().copied()));
                self.faults.add(Code::UnknownKey, *key_span, &path, message);
            } else if !known.is_empty() && !known.contains(&category.as_str()) {
                let message = format!("language {} has the plural categories {}, found {category:?}", quoted(tag), known.join(" "));
                self.faults.add(Code::BadValue, *key_span, &path, message);
            }
            forms.extend(self.phrase(node, &path).map(|text| (category.clone(), text)));
        }
        if !entries.iter().any(|entry| entry.key == "other") {
            self.faults.add(Code::MissingKey, node.span, path, "\"other\" is missing");
        }
        Some(Wording::Plural(forms))
    }

    /// A text that may hold `{n}`, and does not bind.
    fn phrase(&mut self, node: &'a Node, path: &str) -> Option<String> {
        let Some(text) = node.as_str() else {
            self.faults.wrong_type(node, path, "a string must be a text");
            return None;
        };
        if text.contains("{{") {
            self.faults.bad_value(node, path, "a string cannot be bound, a number goes in as {n}");
        } else if let Err(message) = check(text) {
            self.faults.add(Code::BadValue, node.span, path, message);
        }
        Some(text.to_owned())
    }

    /// A text that counts is of a language whose numbers can be written.
    fn countable(&mut self, wording: &Wording, node: &Node, path: &str, tag: &str) {
        if wording.needs_number()
            && let Err(message) = locale::plural_categories(tag)
        {
            self.faults.add(Code::UnsupportedKey, node.span, path, message);
        }
    }
}
