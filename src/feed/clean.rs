//! Character references that got into cells: `&amp;amp;` in a title, `&euro;` in a price, `&amp;` in a URL.
//!
//! Exports write HTML into cells, some of them twice. A column that shows text loses well-formed references in two rounds at most: a name of HTML's list or
//! a number, with its semicolon. What is not well-formed (`R&D`, `Fish &chips`) stays. A URL keeps its meaning: only `&amp;` becomes `&`, for `&copy`
//! and `&lt` may be its parameters. Tags stay text, and so do invisible controls: a template has filters for them.

use std::borrow::Cow;

use crate::row::{Clean, Value};

/// Rounds of decoding: the second is for what was escaped twice.
const ROUNDS: usize = 2;
/// The longest reference of HTML's list, without `&` and `;`.
const NAME_BYTES: usize = 32;

/// A value of a column without its references; items of lists one by one.
pub(super) fn value(clean: Clean, value: Value) -> Value {
    match value {
        Value::Text(text) if text.contains('&') => match self::text(clean, &text) {
            Cow::Borrowed(_) => Value::Text(text),
            Cow::Owned(cleaned) => Value::text(cleaned),
        },
        Value::List(items) if clean != Clean::Keep => {
            Value::list(items.iter().map(|item| self::value(clean, item.clone())).collect::<Vec<_>>())
        }
        other => other,
    }
}

/// A cell's text without its references.
pub(super) fn text(clean: Clean, text: &str) -> Cow<'_, str> {
    let decode = match clean {
        Clean::Keep => return Cow::Borrowed(text),
        Clean::Text => character,
        Clean::Url => ampersand,
    };
    let mut text = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        match round(&text, decode) {
            Some(decoded) => text = Cow::Owned(decoded),
            None => break,
        }
    }
    text
}

/// One round over a text; nothing where it has no reference.
fn round(text: &str, decode: fn(&str, &mut String) -> bool) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let name = after.bytes().take(NAME_BYTES + 1).position(|b| b == b';').and_then(|end| after.get(..end));
        match name.filter(|name| decode(name, &mut out)) {
            Some(name) => {
                found = true;
                rest = after.get(name.len() + 1..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    found.then_some(out)
}

fn ampersand(name: &str, out: &mut String) -> bool {
    let is = name == "amp";
    out.push_str(if is { "&" } else { "" });
    is
}

fn character(name: &str, out: &mut String) -> bool {
    let Some(number) = name.strip_prefix('#') else {
        return quick_xml::escape::resolve_html5_entity(name).map(|text| out.push_str(text)).is_some();
    };
    let digits = |text: &str, radix: u32| text.chars().all(|c| c.is_digit(radix)).then(|| u32::from_str_radix(text, radix).ok()).flatten();
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => digits(hexadecimal, 16),
        None => digits(number, 10),
    };
    match number {
        // As HTML has it: these numbers are meant as Windows-1252.
        Some(number @ 0x80..=0x9f) => {
            let byte = [u8::try_from(number).unwrap_or_default()];
            out.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte).0);
            true
        }
        Some(number) => {
            let found = char::from_u32(number).filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'));
            out.extend(found);
            found.is_some()
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lose_well_formed_references_in_two_rounds() {
        for (text, cleaned) in [
            ("Salt &amp; pepper", "Salt & pepper"),
            ("Salt &amp;amp; pepper", "Salt & pepper"),
            ("Salt &amp;amp;amp; pepper", "Salt &amp; pepper"),
            ("&lt;b&gt;New&lt;/b&gt; &quot;x&quot;", "<b>New</b> \"x\""),
            ("Caf&eacute; &#233; &#xE9; &#8364;&#128;", "Café é é €€"),
            (
                "R&D; Fish &chips; A&B &; && &amp &#; &#x; &#xZZ; &#+5; &#0; &#xD800; &#x110000; &#7;",
                "R&D; Fish &chips; A&B &; && &amp &#; &#x; &#xZZ; &#+5; &#0; &#xD800; &#x110000; &#7;",
            ),
            ("&nbsp;&zwj;&#8203;", "\u{a0}\u{200d}\u{200b}"),
            ("&CounterClockwiseContourIntegral;", "\u{2233}"),
        ] {
            assert_eq!(super::text(Clean::Text, text), cleaned);
        }
    }

    #[test]
    fn urls_keep_their_meaning() {
        let url = "https://a.test/p?a=1&amp;b=2&amp;amp;c=3&copy=4&lt;=5&amp=6&#38;d";
        assert_eq!(super::text(Clean::Url, url), "https://a.test/p?a=1&b=2&c=3&copy=4&lt;=5&amp=6&#38;d");
        assert_eq!(super::text(Clean::Keep, url), url);
    }

    #[test]
    fn lists_are_cleaned_item_by_item() {
        let list = Value::list([Value::text("a&amp;b"), Value::from(3)]);
        assert_eq!(value(Clean::Text, list), Value::list([Value::text("a&b"), Value::from(3)]));
    }
}
