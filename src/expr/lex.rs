//! Bytes to tokens, with Jinja's spelling of numbers, texts and signs.

use crate::error::quoted;
use crate::expr::ExprError;
use crate::row::decimal::Decimal;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Name(String),
    Number(Decimal),
    /// Digits after a dot: `list.0`.
    Position(String),
    Text(String),
    /// An operator or bracket.
    Sign(&'static str),
    End,
}

impl Token {
    /// What a message calls it.
    pub(crate) fn found(&self) -> String {
        match self {
            Self::Name(name) => quoted(name),
            Self::Number(number) => format!("number {number}"),
            Self::Position(digits) => format!("number {digits}"),
            Self::Text(text) => format!("text {}", quoted(text)),
            Self::Sign(sign) => quoted(sign),
            Self::End => "the end of the expression".to_owned(),
        }
    }
}

/// All signs, longer ones before their beginnings. `**`, `|`-less tests and the like are lexed so that the parser can name them.
const SIGNS: &[&str] =
    &["**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", "|", ",", ".", ":"];

/// A reader of tokens over one source.
pub(crate) struct Lexer<'a> {
    source: &'a str,
    at: usize,
    after_dot: bool,
}

impl<'a> Lexer<'a> {
    /// A reader that begins at a byte of the source.
    pub(crate) fn new(source: &'a str, at: usize) -> Self {
        Self { source, at, after_dot: false }
    }

    /// The rest of the source.
    pub(crate) fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or("")
    }

    pub(crate) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    /// The next token and the offset of its first byte.
    pub(crate) fn next(&mut self) -> Result<(Token, usize), ExprError> {
        self.skip_space();
        let start = self.at;
        let after_dot = std::mem::take(&mut self.after_dot);
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, start));
        };
        let token = match first {
            '"' | '\'' => self.text(first)?,
            c if c.is_ascii_digit() && after_dot => Token::Position(self.take(|c| c.is_ascii_digit()).to_owned()),
            c if c.is_ascii_digit() => self.number()?,
            c if c == '_' || c.is_alphabetic() => Token::Name(self.take(|c| c == '_' || c.is_alphanumeric()).to_owned()),
            c => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    self.at += sign.len();
                    self.after_dot = *sign == ".";
                    Token::Sign(sign)
                }
                None => return Err(ExprError::new(start, format!("{} has no meaning in an expression", quoted(&c.to_string())))),
            },
        };
        Ok((token, start))
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or("")
    }

    /// `12`, `1_000`, `1.5`, `1e5`, `1.5e-3`.
    fn number(&mut self) -> Result<Token, ExprError> {
        let start = self.at;
        let digit = |c: char| c.is_ascii_digit() || c == '_';
        let mut text = self.take(digit).to_owned();
        let next_is_digit = |rest: &str, at: usize| rest.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        if self.rest().starts_with('.') && next_is_digit(self.rest(), 1) {
            self.at += 1;
            text.push('.');
            text.push_str(self.take(digit));
        }
        let rest = self.rest();
        let signed = usize::from(rest.get(1..).is_some_and(|r| r.starts_with(['+', '-'])));
        if rest.starts_with(['e', 'E']) && next_is_digit(rest, 1 + signed) {
            text.push_str(rest.get(..1 + signed).unwrap_or(""));
            self.at += 1 + signed;
            text.push_str(self.take(digit));
        }
        let word = self.take(|c| c == '_' || c.is_alphanumeric());
        let number = if word.is_empty() && !text.ends_with('_') { Decimal::parse(&text.replace('_', "")) } else { None };
        number.map(Token::Number).ok_or_else(|| {
            let written = self.source.get(start..self.at).unwrap_or("");
            ExprError::new(start, format!("a number must be decimal and of at most 28 digits, found {}", quoted(written)))
        })
    }

    /// A text in either quotes, with Python's escapes.
    fn text(&mut self, quote: char) -> Result<Token, ExprError> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            let here = start + at;
            match c {
                c if c == quote => {
                    self.at = here + c.len_utf8();
                    return Ok(Token::Text(text));
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some(c @ ('\\' | '\'' | '"')) => text.push(c),
                    Some(c @ ('x' | 'u' | 'U')) => {
                        let count = match c {
                            'x' => 2,
                            'u' => 4,
                            _ => 8,
                        };
                        let digits: String = chars.by_ref().take(count).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == count && !digits.starts_with('+'));
                        let escaped = code.and_then(char::from_u32);
                        text.push(escaped.ok_or_else(|| {
                            ExprError::new(
                                here,
                                format!("\\{c} must be followed by {count} hex digits of a character, found {}", quoted(&digits)),
                            )
                        })?);
                    }
                    Some(c) => return Err(ExprError::new(here, format!("unknown escape \\{c}, write \\\\ for a backslash"))),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(ExprError::new(start, "a text must end with the quote it began with, found the end of the expression"))
    }
}
