//! Where a line may end: Unicode's line breaking algorithm with what Chromium does differently.
//!
//! Chromium breaks after every run of white space, decides between two ASCII characters by a table of its own (which knows URLs and
//! negative numbers), and asks Unicode's algorithm only where one of the two is not ASCII. Thai, Lao, Khmer and Burmese are written
//! without spaces: their words are found in dictionaries.

use icu_segmenter::options::LineBreakOptions;
use icu_segmenter::{LineSegmenter, LineSegmenterBorrowed};
use unicode_linebreak::{BreakClass, break_property, linebreaks};

/// Calls `allow` with each byte position inside a paragraph before which a line may end, in order.
pub(super) fn opportunities(paragraph: &str, mut allow: impl FnMut(usize)) {
    let unicode = if paragraph.is_ascii() { Vec::new() } else { by_unicode(paragraph) };
    let mut unicode = unicode.into_iter().peekable();
    let (mut before, mut last): (Option<char>, Option<char>) = (None, None);
    for (at, c) in paragraph.char_indices() {
        if let Some(last) = last {
            while unicode.next_if(|b| *b < at).is_some() {}
            if allowed(before, last, c, unicode.peek() == Some(&at)) {
                allow(at);
            }
        }
        before = last;
        last = Some(c);
    }
}

/// Positions by Unicode's algorithm and the dictionaries, in order.
fn by_unicode(paragraph: &str) -> Vec<usize> {
    let is_kana = |c: char| c >= '\u{3041}' && class(c) == BreakClass::ConditionalJapaneseStarter;
    let mut breaks: Vec<usize> = if paragraph.chars().any(is_kana) {
        // Lines may start with small kana and the long vowel mark, as in CSS's normal and loose line breaking.
        let loose: String = paragraph.chars().map(|c| if is_kana(c) { 'あ' } else { c }).collect();
        linebreaks(&loose).map(|(at, _)| at).collect()
    } else {
        linebreaks(paragraph).map(|(at, _)| at).collect()
    };
    if paragraph.chars().any(is_dictionary) {
        let words: LineSegmenterBorrowed<'static> = LineSegmenter::new_dictionary(LineBreakOptions::default());
        let inside = |at: usize| {
            let (Some(before), Some(after)) = (paragraph.get(..at), paragraph.get(at..)) else { return false };
            before.chars().next_back().is_some_and(may_end_word) && after.chars().next().is_some_and(may_start_word)
        };
        breaks.extend(words.segment_str(paragraph).filter(|at| inside(*at)));
        breaks.sort_unstable();
        breaks.dedup();
    }
    breaks
}

fn class(c: char) -> BreakClass {
    break_property(u32::from(c))
}

/// Of a script without spaces between words.
fn is_dictionary(c: char) -> bool {
    c >= '\u{e01}' && class(c) == BreakClass::ComplexContext
}

/// A dictionary that does not know a word splits it anywhere; these are the letters that a word can end with in spite of that (no
/// vowel that is written before its consonant) and start with (no vowel, mark or sign that follows one).
fn may_end_word(c: char) -> bool {
    is_dictionary(c) && !matches!(c, '\u{e31}' | '\u{e40}'..='\u{e44}' | '\u{ec0}'..='\u{ec4}' | '\u{17d2}' | '\u{1039}')
}

fn may_start_word(c: char) -> bool {
    matches!(c, '\u{e01}'..='\u{e2e}' | '\u{e40}'..='\u{e44}' | '\u{e81}'..='\u{eae}' | '\u{ec0}'..='\u{ec4}' | '\u{edc}'..='\u{edd}'
        | '\u{1000}'..='\u{102a}' | '\u{1780}'..='\u{17b3}')
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n')
}

fn allowed(before: Option<char>, last: char, next: char, by_unicode: bool) -> bool {
    let ascii = |c: char| ('!'..='\u{7f}').contains(&c);
    if is_space(next) {
        false
    } else if is_space(last) {
        true
    } else if last == '-' && next.is_ascii_digit() {
        // A minus sign, unless the hyphen joins two words or numbers.
        before.is_some_and(|b| b.is_ascii_alphanumeric())
    } else if ascii(last) && ascii(next) {
        ascii_pair(last, next)
    } else {
        let asks = |c: char| c > '\u{7f}' && c != '\u{a0}';
        (asks(last) || asks(next)) && by_unicode
    }
}

/// Chromium's rule between two printable ASCII characters: after `-` and `?`, and before an opening bracket, but never where that
/// would part a word, a number, a path or closing punctuation.
fn ascii_pair(last: char, next: char) -> bool {
    let holds_next = matches!(
        last,
        '$' | '\'' | '(' | '/' | '0'..='9' | '<' | '@' | 'A'..='Z' | '[' | '^' | '_' | '`' | 'a'..='z' | '{' | '\u{7f}'
    );
    if holds_next || matches!(next, '!' | ')' | ',' | '.' | '/' | ':' | ';' | '?' | ']' | '}') {
        return false;
    }
    match last {
        '-' => next != '$' && !next.is_ascii_digit(),
        '?' => !matches!(next, '"' | '\''),
        _ => matches!(next, '(' | '<' | '[' | '{'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        let mut cuts = vec![0];
        opportunities(text, |at| cuts.push(at));
        cuts.push(text.len());
        cuts.windows(2).map(|w| &text[w[0]..w[1]]).collect()
    }

    #[test]
    fn lines_end_after_spaces_and_hyphens_but_not_inside_numbers_and_paths() {
        assert_eq!(parts("a  b) c"), ["a  ", "b) ", "c"]);
        assert_eq!(parts("well-known -5 AB-12 a/b.c?d"), ["well-", "known ", "-5 ", "AB-", "12 ", "a/b.c?", "d"]);
        assert_eq!(parts("1\u{a0}299\u{a0}₽"), ["1\u{a0}299\u{a0}₽"]);
        assert_eq!(parts("a\u{ad}b\u{200b}c"), ["a\u{ad}", "b\u{200b}", "c"]);
    }

    #[test]
    fn small_kana_start_lines_and_commas_do_not() {
        assert_eq!(parts("綿のシャツ、ギー。"), ["綿", "の", "シ", "ャ", "ツ、", "ギ", "ー。"]);
    }

    #[test]
    fn thai_words_are_found_without_spaces() {
        assert_eq!(parts("เสื้อยืดผ้าฝ้าย"), ["เสื้อ", "ยืด", "ผ้า", "ฝ้าย"]);
    }
}
