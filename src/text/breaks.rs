//! Where a line may end: Unicode's line breaking algorithm with what Chromium does differently.
//!
//! Chromium breaks after every run of white space, decides between two ASCII characters by a table of its own (which knows URLs and
//! negative numbers), and asks Unicode's algorithm only where one of the two is not ASCII.

use unicode_linebreak::linebreaks;

/// Calls `allow` with each byte position inside a paragraph before which a line may end, in order.
pub(super) fn opportunities(paragraph: &str, mut allow: impl FnMut(usize)) {
    let mut unicode = if paragraph.is_ascii() { None } else { Some(linebreaks(paragraph).map(|(at, _)| at).peekable()) };
    let (mut before, mut last): (Option<char>, Option<char>) = (None, None);
    for (at, c) in paragraph.char_indices() {
        if let Some(last) = last {
            let by_unicode = unicode.as_mut().is_some_and(|breaks| {
                while breaks.next_if(|b| *b < at).is_some() {}
                breaks.peek() == Some(&at)
            });
            if allowed(before, last, c, by_unicode) {
                allow(at);
            }
        }
        before = last;
        last = Some(c);
    }
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
    if matches!(last, '$' | '\'' | '(' | '/' | '0'..='9' | '<' | '@' | 'A'..='Z' | '[' | '^' | '_' | '`' | 'a'..='z' | '{' | '\u{7f}')
        || matches!(next, '!' | ')' | ',' | '.' | '/' | ':' | ';' | '?' | ']' | '}')
    {
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
        assert_eq!(parts("綿のシャツ、長袖です。"), ["綿", "の", "シャ", "ツ、", "長", "袖", "で", "す。"]);
        assert_eq!(parts("1\u{a0}299\u{a0}₽"), ["1\u{a0}299\u{a0}₽"]);
        assert_eq!(parts("a\u{ad}b\u{200b}c"), ["a\u{ad}", "b\u{200b}", "c"]);
    }
}
