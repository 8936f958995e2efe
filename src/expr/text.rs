//! What the text filters do to a text; each result is at most a few times as long as its input.

use unicode_segmentation::{Graphemes, UnicodeSegmentation};

/// What readers see as characters.
pub(super) fn graphemes(text: &str) -> Graphemes<'_> {
    text.graphemes(true)
}

/// Turkish and Azerbaijani tell a dotted from a dotless i.
fn is_turkic(lang: &str) -> bool {
    matches!(lang.split(['-', '_']).next(), Some("tr" | "az"))
}

pub(super) fn upper(text: &str, lang: &str) -> String {
    if is_turkic(lang) { text.replace('i', "İ").to_uppercase() } else { text.to_uppercase() }
}

pub(super) fn lower(text: &str, lang: &str) -> String {
    if is_turkic(lang) { text.replace('I', "ı").replace('İ', "i").to_lowercase() } else { text.to_lowercase() }
}

/// The first character large, the rest small.
pub(super) fn capitalize(text: &str, lang: &str) -> String {
    let first = text.chars().next().map_or(0, char::len_utf8);
    let (first, rest) = text.split_at_checked(first).unwrap_or(("", text));
    upper(first, lang) + &lower(rest, lang)
}

/// Each word capitalised; words begin after white space, a hyphen or an opening bracket, as in Jinja.
pub(super) fn title(text: &str, lang: &str) -> String {
    let begins_word = |c: char| c.is_whitespace() || matches!(c, '-' | '(' | '{' | '[' | '<');
    text.split_inclusive(begins_word).map(|word| capitalize(word, lang)).collect()
}

/// At most `n` characters, the last an ellipsis where something was cut; a word is cut only if it is the only one.
pub(super) fn truncate(text: &str, n: usize) -> String {
    let Some((beyond, _)) = text.grapheme_indices(true).nth(n) else {
        return text.to_owned();
    };
    let Some((end, next)) = text.grapheme_indices(true).nth(n.saturating_sub(1)) else {
        return String::new();
    };
    if n == 0 {
        return String::new();
    }
    debug_assert!(end <= beyond, "graphemes are in order");
    let kept = text.get(..end).unwrap_or("");
    let whole_words =
        if next.starts_with(char::is_whitespace) { kept } else { kept.rsplit_once(char::is_whitespace).map_or(kept, |(words, _)| words) };
    let whole_words = whole_words.trim_end();
    let kept = if whole_words.is_empty() { kept.trim_end() } else { whole_words };
    format!("{kept}…")
}

/// Without tags and comments, entities read once, white space collapsed.
pub(super) fn strip_html(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let (before, tag) = rest.split_at_checked(open).unwrap_or((rest, ""));
        plain.push_str(before);
        let begins = tag.get(1..).and_then(|t| t.chars().next());
        if !begins.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            // `a < b` is no tag.
            plain.push('<');
            rest = tag.get(1..).unwrap_or("");
            continue;
        }
        let end = if tag.starts_with("<!--") { tag.find("-->").map(|at| at + 3) } else { tag.find('>').map(|at| at + 1) };
        rest = end.and_then(|end| tag.get(end..)).unwrap_or("");
        plain.push(' ');
    }
    plain.push_str(rest);
    let decoded = decode_entities(&plain);
    let words: Vec<&str> = decoded.split_whitespace().collect();
    words.join(" ")
}

fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('&') {
        decoded.push_str(rest.get(..open).unwrap_or(""));
        rest = rest.get(open..).unwrap_or("");
        let end = rest.bytes().take(12).position(|b| b == b';');
        match end.and_then(|end| entity(rest.get(1..end)?).map(|c| (c, end))) {
            Some((c, end)) => {
                decoded.push(c);
                rest = rest.get(end + 1..).unwrap_or("");
            }
            None => {
                decoded.push('&');
                rest = rest.get(1..).unwrap_or("");
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// The entities that feeds hold.
fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace());
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "shy" => '\u{ad}',
        "hellip" => '…',
        "mdash" => '—',
        "ndash" => '–',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "middot" => '·',
        "deg" => '°',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "times" => '×',
        "euro" => '€',
        "pound" => '£',
        "yen" => '¥',
        "cent" => '¢',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_follows_the_language() {
        assert_eq!((upper("iğne straße", "tr"), lower("IĞNE", "tr-TR")), ("İĞNE STRASSE".into(), "ığne".into()));
        assert_eq!(title("hand-painted (OLD) vase", "en"), "Hand-Painted (Old) Vase");
        assert_eq!(capitalize("éCLAIR", "fr"), "Éclair");
    }

    #[test]
    fn a_cut_text_has_at_most_n_characters() {
        assert_eq!(truncate("Hand-painted Ladybird", 30), "Hand-painted Ladybird");
        assert_eq!(truncate("Hand-painted Ladybird", 16), "Hand-painted…");
        assert_eq!(truncate("Hand-painted Ladybird", 14), "Hand-painted…");
        assert_eq!(truncate("Ladybird", 4), "Lad…");
        assert_eq!(truncate("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 2), "👩‍👩‍👧…");
        assert_eq!((truncate("abc", 1), truncate("abc", 0)), ("…".into(), String::new()));
    }

    #[test]
    fn tags_go_and_signs_stay() {
        assert_eq!(
            strip_html("<p>A&amp;B <b>1 &lt; 2</b><br/>x<!-- > -->y &#8364;&#x20AC; a < b & c &bogus;</p"),
            "A&B 1 < 2 x y €€ a < b & c &bogus;"
        );
        assert_eq!(strip_html("&amp;amp; &#0;"), "&amp; &#0;");
    }
}
