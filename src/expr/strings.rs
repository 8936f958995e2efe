//! The template's own words by language, for `t(key, n=...)`.
//!
//! A language is looked up as its whole tag, then as its parents (`en-GB`, `en`). A text has the one placeholder `{n}`, where the number is
//! written as the language writes it, and may have a form for each CLDR plural category. What does not depend on the row, that a key is
//! there in every language and that `{n}` is given, is known when the template is parsed.

use std::collections::BTreeMap;

use crate::error::{quoted, suggestion};
use crate::row::decimal::Decimal;
use crate::row::locale;

/// CLDR's plural categories.
pub(crate) const CATEGORIES: &[&str] = &["zero", "one", "two", "few", "many", "other"];

/// The placeholder of a number.
const NUMBER: &str = "{n}";
/// Most decimals of a number in a text.
const MAX_DECIMALS: usize = 28;

/// Texts by language and key.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Strings {
    languages: BTreeMap<String, BTreeMap<String, Wording>>,
}

/// What a key says in one language.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wording {
    Plain(String),
    /// By category; `other` stands for those that are not given.
    Plural(BTreeMap<String, String>),
}

impl Wording {
    /// Whether it cannot be said without a number.
    pub(crate) fn needs_number(&self) -> bool {
        match self {
            Self::Plain(text) => text.contains(NUMBER),
            Self::Plural(_) => true,
        }
    }
}

/// Checks a text's placeholders: `{n}`, and no other brace.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let rest = text.replace(NUMBER, "");
    match rest.find(['{', '}']) {
        None => Ok(()),
        Some(at) => {
            let from = rest.get(at..).unwrap_or("");
            let end = from.find('}').map_or(from.len(), |end| end + 1);
            Err(format!("the only placeholder of a string is {NUMBER}, found {}", quoted(from.get(..end).unwrap_or(from))))
        }
    }
}

impl Strings {
    /// Enters a language; `false` where it is there already, in whatever case.
    pub(crate) fn add(&mut self, tag: &str, wordings: BTreeMap<String, Wording>) -> bool {
        let is_new = !self.languages.keys().any(|known| known.eq_ignore_ascii_case(tag));
        self.languages.insert(tag.to_owned(), wordings);
        is_new
    }

    /// What is wrong with a use of a key in any language, if anything is.
    pub(crate) fn fault(&self, key: &str, is_counted: bool) -> Option<String> {
        let with: Vec<(&str, &Wording)> = self.languages.iter().filter_map(|(tag, all)| Some((tag.as_str(), all.get(key)?))).collect();
        if with.is_empty() {
            let known = self.languages.values().flat_map(|all| all.keys()).map(String::as_str);
            return Some(format!("unknown string {}{}", quoted(key), suggestion(key, known)));
        }
        let without: Vec<&str> = self.languages.iter().filter(|(_, all)| !all.contains_key(key)).map(|(tag, _)| tag.as_str()).collect();
        if !without.is_empty() {
            return Some(format!("a string must be there in every language of strings, {} is not in {}", quoted(key), without.join(", ")));
        }
        let counted = with.iter().find(|(_, wording)| wording.needs_number() && !is_counted)?.0;
        Some(format!("string {} counts in {counted}, write t({}, n=...)", quoted(key), single_quoted(key)))
    }

    /// What a key says in a language.
    pub(crate) fn say(&self, key: &str, number: Option<Decimal>, lang: &str) -> Result<String, String> {
        let (tag, wordings) = self.language(lang)?;
        let Some(wording) = wordings.get(key) else {
            let near = suggestion(key, wordings.keys().map(String::as_str));
            return Err(format!("strings in language {} have no {}{near}", quoted(tag), quoted(key)));
        };
        let text = match (wording, number) {
            (wording, None) if wording.needs_number() => {
                return Err(format!("string {} counts in language {}, `t` needs n", quoted(key), quoted(tag)));
            }
            (Wording::Plain(text), _) => text,
            (Wording::Plural(forms), number) => {
                let category = locale::plural(number.unwrap_or(Decimal::ZERO), lang)?;
                let form = forms.get(category).or_else(|| forms.get("other"));
                form.ok_or_else(|| format!("string {} has no form {category:?} in language {}", quoted(key), quoted(tag)))?
            }
        };
        match number {
            Some(number) if text.contains(NUMBER) => Ok(text.replace(NUMBER, &locale::number(number, lang, 0, MAX_DECIMALS)?)),
            _ => Ok(text.clone()),
        }
    }

    /// The texts of a language or of its nearest parent; no language is English.
    fn language(&self, lang: &str) -> Result<(&str, &BTreeMap<String, Wording>), String> {
        let wanted = if lang.is_empty() { "en" } else { lang };
        let mut tag = wanted.replace('_', "-");
        loop {
            if let Some((known, all)) = self.languages.iter().find(|(known, _)| known.eq_ignore_ascii_case(&tag)) {
                return Ok((known, all));
            }
            match tag.rfind('-') {
                Some(end) => tag.truncate(end),
                None => break,
            }
        }
        let known: Vec<&str> = self.languages.keys().map(String::as_str).collect();
        Err(format!("strings have no language {}, they have {}", quoted(wanted), known.join(", ")))
    }
}

fn single_quoted(key: &str) -> String {
    quoted(key).replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plural(forms: &[(&str, &str)]) -> Wording {
        Wording::Plural(forms.iter().map(|(category, text)| ((*category).to_owned(), (*text).to_owned())).collect())
    }

    fn strings() -> Strings {
        let mut strings = Strings::default();
        let mut add = |tag: &str, left: Wording, sold: &str| {
            strings.add(tag, [("left".to_owned(), left), ("sold".to_owned(), Wording::Plain(sold.to_owned()))].into())
        };
        assert!(add("en", plural(&[("one", "only {n} left"), ("other", "{n} left")]), "Sold"));
        assert!(add("de-AT", plural(&[("other", "noch {n}")]), "Weg"));
        assert!(add("ru", plural(&[("one", "{n} штука"), ("few", "{n} штуки"), ("other", "{n} штук")]), "Нет"));
        assert!(!add("EN", Wording::Plain("again".into()), "again"));
        strings.languages.remove("EN");
        strings
    }

    fn say(key: &str, n: &str, lang: &str) -> String {
        let number = Decimal::parse(n);
        strings().say(key, number, lang).unwrap_or_else(|error| error)
    }

    #[test]
    fn the_form_is_the_languages() {
        for (n, lang, said) in [
            ("1", "en", "only 1 left"),
            ("1", "en-GB-oxendict", "only 1 left"),
            ("2", "", "2 left"),
            ("1234.5", "en_US", "1,234.5 left"),
            ("1234.5", "de-AT", "noch 1.234,5"),
            ("21", "ru", "21 штука"),
            ("3", "ru-RU", "3 штуки"),
            ("5", "ru", "5 штук"),
            ("-3", "en", "-3 left"),
            ("1", "fr", "strings have no language \"fr\", they have de-AT, en, ru"),
            ("1", "de", "strings have no language \"de\", they have de-AT, en, ru"),
        ] {
            assert_eq!(say("left", n, lang), said, "{n} {lang}");
        }
        assert_eq!(say("sold", "", "ru"), "Нет");
        assert_eq!(say("sold", "7", "ru"), "Нет");
        assert_eq!(say("left", "", "en"), "string \"left\" counts in language \"en\", `t` needs n");
        assert_eq!(say("lefd", "1", "en"), "strings in language \"en\" have no \"lefd\", did you mean \"left\"?");
    }

    #[test]
    fn a_use_is_held_against_every_language() {
        let mut strings = strings();
        assert_eq!((strings.fault("left", true), strings.fault("sold", false), strings.fault("sold", true)), (None, None, None));
        assert_eq!(strings.fault("lefd", true).as_deref(), Some("unknown string \"lefd\", did you mean \"left\"?"));
        assert_eq!(strings.fault("left", false).as_deref(), Some("string \"left\" counts in de-AT, write t('left', n=...)"));
        strings.add("fr", [("sold".to_owned(), Wording::Plain("Vendu".into()))].into());
        let missing = "a string must be there in every language of strings, \"left\" is not in fr";
        assert_eq!(strings.fault("left", true).as_deref(), Some(missing));
    }

    #[test]
    fn a_brace_is_a_placeholder_or_a_fault() {
        assert_eq!((check("{n} of {n}"), check("plain"), check("")), (Ok(()), Ok(()), Ok(())));
        for (text, found) in [("{name} left", "{name}"), ("a } b", "}"), ("{ n }", "{ n }"), ("{{n}}", "{}"), ("save {n", "{n")] {
            assert_eq!(check(text), Err(format!("the only placeholder of a string is {{n}}, found {found:?}")), "{text}");
        }
    }
}
