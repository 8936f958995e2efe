//! CSS tokens: a value's text cut into idents, numbers, strings and functions.
//!
//! In comes the text of one value, out comes a flat list of tokens in which each opening parenthesis knows its closing one. The part of
//! CSS Syntax 3 that values need, and stricter where CSS forgives: a parenthesis or string that is not closed is an error. There is no
//! `\` in idents. Why not `cssparser`: it brings phf, smallvec, dtoa-short and procedural macros for rules, selectors, source maps and
//! error recovery; what is left for one value is this file, with bounds of its own on length and depth.

use crate::error::quoted;

/// The longest text of one value, bytes.
pub(crate) const MAX_BYTES: usize = 64 << 10;
/// The most tokens of one value.
pub(crate) const MAX_TOKENS: usize = 16 << 10;
/// The deepest nesting of functions and parentheses in one value.
pub(crate) const MAX_DEPTH: usize = 16;
/// The largest number a value may hold; what stays below it stays finite through layout.
pub(crate) const MAX_NUMBER: f32 = 1e9;

/// One token and whether white space stood before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) space_before: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind<'a> {
    Ident(&'a str),
    /// The text after `#`.
    Hash(&'a str),
    /// Without its quotes, escapes replaced.
    Text(String),
    Number(f32),
    /// A number of the template's JSON, or a text that is nothing but one number: px where CSS wants a length.
    Bare(f32),
    Percent(f32),
    Dimension(f32, &'a str),
    /// A function's name and the index of its closing parenthesis.
    Function(&'a str, usize),
    /// The index of the closing parenthesis.
    Open(usize),
    Close,
    Comma,
    Slash,
    /// Any other character.
    Delim(char),
}

/// Cuts a text into tokens and appends them; the error is the rule that the text breaks, to follow the property's name.
pub(crate) fn tokenize<'a>(text: &'a str, tokens: &mut Vec<Token<'a>>) -> Result<(), String> {
    if text.len() > MAX_BYTES {
        return Err(format!("must be at most {MAX_BYTES} bytes long"));
    }
    let mut rest = text;
    let mut space_before = false;
    let mut open = Vec::new();
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
        space_before |= trimmed.len() < rest.len();
        rest = trimmed;
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").ok_or("must close its comment")?.1;
            continue;
        }
        let Some(first) = rest.chars().next() else { break };
        let (kind, tail) = next(first, rest)?;
        let index = tokens.len();
        if index >= MAX_TOKENS {
            return Err(too_many());
        }
        match kind {
            Kind::Function(..) | Kind::Open(_) if open.len() == MAX_DEPTH => {
                return Err(format!("must nest its parentheses at most {MAX_DEPTH} deep"));
            }
            Kind::Function(..) | Kind::Open(_) => open.push(index),
            Kind::Close => {
                let opener = open.pop().ok_or("must open each parenthesis that it closes")?;
                if let Some(Token { kind: Kind::Function(_, close) | Kind::Open(close), .. }) = tokens.get_mut(opener) {
                    *close = index;
                }
            }
            _ => {}
        }
        tokens.push(Token { kind, space_before });
        space_before = false;
        rest = tail;
    }
    if open.is_empty() { Ok(()) } else { Err("must close its parentheses".to_owned()) }
}

/// The token at the start of a text that is not empty, and the text after it.
fn next(first: char, text: &str) -> Result<(Kind<'_>, &str), String> {
    if let Some((digits, tail)) = number(text) {
        return numeric(digits, tail);
    }
    if let Some((name, tail)) = ident(text) {
        return Ok(match tail.strip_prefix('(') {
            Some(tail) => (Kind::Function(name, 0), tail),
            None => (Kind::Ident(name), tail),
        });
    }
    let tail = text.get(first.len_utf8()..).unwrap_or_default();
    Ok(match first {
        '"' | '\'' => {
            let (value, tail) = string(first, tail).ok_or("must close its quotes")?;
            (Kind::Text(value), tail)
        }
        '#' => {
            let (name, tail) = split_while(tail, is_name);
            if name.is_empty() { (Kind::Delim('#'), tail) } else { (Kind::Hash(name), tail) }
        }
        '(' => (Kind::Open(0), tail),
        ')' => (Kind::Close, tail),
        ',' => (Kind::Comma, tail),
        '/' => (Kind::Slash, tail),
        other => (Kind::Delim(other), tail),
    })
}

/// A number's text with what stands behind it: nothing, `%` or a unit.
fn numeric<'a>(digits: &str, tail: &'a str) -> Result<(Kind<'a>, &'a str), String> {
    let value = digits.parse::<f32>().map_err(|_| format!("must hold numbers, not {}", quoted(digits)))?;
    if value.is_nan() || value.abs() > MAX_NUMBER {
        return Err(too_large());
    }
    if let Some(tail) = tail.strip_prefix('%') {
        return Ok((Kind::Percent(value), tail));
    }
    Ok(match ident(tail) {
        Some((unit, tail)) => (Kind::Dimension(value, unit), tail),
        None => (Kind::Number(value), tail),
    })
}

/// The rule that a value of too many tokens breaks.
pub(crate) fn too_many() -> String {
    format!("takes at most {MAX_TOKENS} words, numbers and signs")
}

/// The rule that a number beyond the largest breaks.
pub(crate) fn too_large() -> String {
    format!("takes numbers up to {MAX_NUMBER}")
}

/// The longest number at the start: sign, digits, fraction, exponent.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = |at: usize| text.bytes().skip(at).take_while(u8::is_ascii_digit).count();
    let byte = |at: usize| text.as_bytes().get(at).copied();
    let sign = usize::from(matches!(byte(0), Some(b'+' | b'-')));
    let whole = digits(sign);
    let mut end = sign + whole;
    if byte(end) == Some(b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    } else if whole == 0 {
        return None;
    }
    if matches!(byte(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(byte(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        end += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    text.split_at_checked(end)
}

/// A name at the start that no digit begins.
fn ident(text: &str) -> Option<(&str, &str)> {
    let body = text.strip_prefix("--").or_else(|| text.strip_prefix('-')).unwrap_or(text);
    let starts = body.chars().next().is_some_and(|c| c == '_' || c.is_ascii_alphabetic() || !c.is_ascii());
    (starts || text.starts_with("--")).then(|| split_while(text, is_name))
}

fn is_name(c: char) -> bool {
    c == '-' || c == '_' || c.is_ascii_alphanumeric() || !c.is_ascii()
}

fn split_while(text: &str, accept: fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !accept(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A string's value, and the text after its closing quote.
pub(crate) fn string(quote: char, text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            c if c == quote => return Some((value, chars.as_str())),
            '\n' => return None,
            '\\' => {
                let (hex, tail) = split_while(chars.as_str(), |c| c.is_ascii_hexdigit());
                let hex = hex.get(..hex.len().min(6)).unwrap_or_default();
                if hex.is_empty() {
                    value.push(chars.next()?);
                } else {
                    let tail = chars.as_str().get(hex.len()..).unwrap_or(tail);
                    let code = u32::from_str_radix(hex, 16).ok().filter(|code| *code != 0);
                    value.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
                    chars = tail.strip_prefix(' ').unwrap_or(tail).chars();
                }
            }
            c => value.push(c),
        }
    }
}

/// A string in double quotes that [`tokenize`] reads back to the same.
pub(crate) fn print_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\a "),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Result<Vec<Kind<'_>>, String> {
        let mut tokens = Vec::new();
        tokenize(text, &mut tokens)?;
        Ok(tokens.into_iter().map(|t| t.kind).collect())
    }

    #[test]
    fn a_value_is_cut_as_css_cuts_it() {
        use Kind::*;
        assert_eq!(kinds("0 -12px +.5e1% #0Af"), Ok(vec![Number(0.0), Dimension(-12.0, "px"), Percent(5.0), Hash("0Af")]));
        assert_eq!(kinds("a(b, -c)/**/1e"), Ok(vec![Function("a", 4), Ident("b"), Comma, Ident("-c"), Close, Dimension(1.0, "e")]));
        assert_eq!(kinds(r#"'it\'s' "\41 b\\""#), Ok(vec![Text("it's".into()), Text("Ab\\".into())]));
        assert_eq!(kinds("5-3 1.x"), Ok(vec![Number(5.0), Number(-3.0), Number(1.0), Delim('.'), Ident("x")]));
    }

    #[test]
    fn what_css_forgives_is_refused() {
        assert_eq!(kinds("rgb(1"), Err("must close its parentheses".into()));
        assert_eq!(kinds("1)"), Err("must open each parenthesis that it closes".into()));
        assert_eq!(kinds("'a"), Err("must close its quotes".into()));
        assert_eq!(kinds("/* a"), Err("must close its comment".into()));
        assert_eq!(kinds("1e40"), Err("takes numbers up to 1000000000".into()));
        assert_eq!(kinds(&"(".repeat(17)), Err("must nest its parentheses at most 16 deep".into()));
        assert_eq!(kinds(&" ".repeat(MAX_BYTES + 1)), Err("must be at most 65536 bytes long".into()));
    }

    proptest::proptest! {
        #[test]
        fn a_printed_string_reads_back(text in "\\PC*|[\\\\\"'\n a-f0-9]*") {
            let printed = print_string(&text);
            proptest::prop_assert_eq!(kinds(&printed), Ok(vec![Kind::Text(text)]));
        }

        #[test]
        fn any_text_is_cut_without_a_panic(text in "\\PC*|[-+.eE0-9()#'\"\\\\/* ]*") {
            let _ = kinds(&text);
        }
    }
}
