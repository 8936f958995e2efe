//! The cursor that all value parsers share: it walks over tokens, goes back when an alternative fails, and remembers why.
//!
//! A parser returns `None` for "not mine". What it knows about the cause it leaves with [`Parser::complain`]; the complaint that stands
//! furthest in the text makes the message when no alternative holds.

use super::token::{Kind, Token};

/// Why a value was refused, to be put into the sentence about the property.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Complaint {
    /// Follows the found value: `, did you mean "red"?`.
    Hint(String),
    /// Takes the place of "must be ...": `must not be negative`.
    Rule(String),
    /// The whole sentence.
    Sentence(String),
}

pub(crate) struct Parser<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    /// Where the innermost function's arguments, or the value, end.
    end: usize,
    complaint: Option<(usize, Complaint)>,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(tokens: &'a [Token<'a>]) -> Self {
        Self { tokens, at: 0, end: tokens.len(), complaint: None }
    }

    /// Runs a parser that must take everything.
    pub(crate) fn all<T>(&mut self, parse: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, Option<Complaint>> {
        match parse(self) {
            Some(value) if self.at == self.end => Ok(value),
            _ => Err(self.complaint.take().map(|(_, complaint)| complaint)),
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.end
    }

    pub(crate) fn peek(&self) -> Option<&'a Kind<'a>> {
        self.token().map(|t| &t.kind)
    }

    /// The next token, with the white space before it.
    pub(crate) fn token(&self) -> Option<&'a Token<'a>> {
        if self.is_done() { None } else { self.tokens.get(self.at) }
    }

    /// Whether white space stands behind the next token.
    pub(crate) fn space_after(&self) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|t| t.space_before)
    }

    pub(crate) fn skip(&mut self) {
        self.at += 1;
    }

    pub(crate) fn take(&mut self) -> Option<&'a Kind<'a>> {
        let kind = self.peek()?;
        self.skip();
        Some(kind)
    }

    /// Leaves the cursor where it was when the parser fails.
    pub(crate) fn attempt<T>(&mut self, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let start = self.at;
        let value = parse(self);
        if value.is_none() {
            self.at = start;
        }
        value
    }

    /// Remembers why the value fails at the next token, if nothing that stands further is remembered.
    pub(crate) fn complain(&mut self, complaint: Complaint) {
        if self.complaint.as_ref().is_none_or(|(at, _)| self.at > *at) {
            self.complaint = Some((self.at, complaint));
        }
    }

    /// [`Parser::complain`] about a rule, in an expression.
    pub(crate) fn refuse<T>(&mut self, rule: impl Into<String>) -> Option<T> {
        self.complain(Complaint::Rule(rule.into()));
        None
    }

    pub(crate) fn ident(&mut self) -> Option<&'a str> {
        match self.peek() {
            Some(Kind::Ident(name)) => {
                self.skip();
                Some(name)
            }
            _ => None,
        }
    }

    /// Takes this very ident, in any case of letters.
    pub(crate) fn word(&mut self, word: &str) -> Option<()> {
        self.attempt(|p| p.ident().filter(|name| name.eq_ignore_ascii_case(word)).map(|_| ()))
    }

    /// Takes one of these idents: its value.
    pub(crate) fn one_of<T: Clone>(&mut self, words: &[(&str, T)]) -> Option<T> {
        self.attempt(|p| {
            let name = p.ident()?;
            words.iter().find(|(word, _)| name.eq_ignore_ascii_case(word)).map(|(_, value)| value.clone())
        })
    }

    pub(crate) fn comma(&mut self) -> Option<()> {
        self.punctuation(&Kind::Comma)
    }

    pub(crate) fn slash(&mut self) -> Option<()> {
        self.punctuation(&Kind::Slash)
    }

    fn punctuation(&mut self, kind: &Kind<'_>) -> Option<()> {
        (self.peek()? == kind).then(|| self.skip())
    }

    /// The name of the function that comes next.
    pub(crate) fn function_name(&self) -> Option<&'a str> {
        match self.peek() {
            Some(Kind::Function(name, _)) => Some(name),
            _ => None,
        }
    }

    /// Takes a function or a pair of parentheses; the parser must take all its arguments.
    pub(crate) fn arguments<T>(&mut self, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let (Kind::Function(_, close) | Kind::Open(close)) = self.peek()? else { return None };
        let (start, end) = (self.at, self.end);
        (self.at, self.end) = (start + 1, *close);
        let value = parse(self).filter(|_| self.at == self.end);
        self.at = if value.is_some() { self.end + 1 } else { start };
        self.end = end;
        value
    }

    /// Takes the function of this name, in any case of letters.
    pub(crate) fn function<T>(&mut self, name: &str, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.function_name().filter(|found| found.eq_ignore_ascii_case(name))?;
        self.arguments(parse)
    }

    /// One or more, with commas between.
    pub(crate) fn list<T>(&mut self, mut parse: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = vec![parse(self)?];
        while self.comma().is_some() {
            items.push(parse(self)?);
        }
        Some(items)
    }

    /// As many as come, with white space between.
    pub(crate) fn many<T>(&mut self, mut parse: impl FnMut(&mut Self) -> Option<T>) -> Vec<T> {
        let mut items = Vec::new();
        while let Some(item) = self.attempt(&mut parse) {
            items.push(item);
        }
        items
    }

    /// `none`, or one or more with commas between.
    pub(crate) fn list_or_none<T>(&mut self, parse: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        if self.word("none").is_some() { Some(Vec::new()) } else { self.list(parse) }
    }

    /// `none`, or one or more with white space between.
    pub(crate) fn many_or_none<T>(&mut self, parse: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        if self.word("none").is_some() {
            return Some(Vec::new());
        }
        Some(self.many(parse)).filter(|items| !items.is_empty())
    }
}
