//! A row of the table of CSS properties, and the reading of one declaration.
//!
//! A row says all there is to say about a key: where it may stand, whether it inherits, when it is applied, how CSS writes
//! its grammar, how a message names its values, and how its value is read. The template reader, the JSON Schema and the messages are made
//! from it.

use super::parser::{Complaint, Parser};
use super::token::{self, Kind, Token};
use crate::error::{quoted, suggestion};

pub(crate) use super::declaration::Declaration;
pub(crate) use super::table::PROPERTIES;

/// One CSS key of the format.
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    /// Whether a layer's children start from its value.
    pub(crate) inherited: bool,
    /// Properties are applied in the order of their ranks: a shorthand before its longhands.
    pub(crate) rank: u8,
    /// CSS's value definition syntax.
    pub(crate) grammar: &'static str,
    /// All values, where the value is one of a few words; empty elsewhere.
    pub(crate) keywords: &'static [&'static str],
    /// Whether this version draws it.
    pub(crate) supported: bool,
    /// What follows "must be" in a message; empty where the keywords say it.
    pub(super) what: &'static str,
    pub(super) read: Read,
}

/// Which layers a key is for, as the format's reference groups them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Place,
    Flow,
    Look,
    Text,
    Image,
    Path,
}

/// A value as the template or a bound row gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Input<'a> {
    Bool(bool),
    Number(f64),
    Text(&'a str),
    /// As if its values stood in one text with white space between; of `font-family`, with commas.
    List(&'a [Input<'a>]),
}

/// How a value is read.
pub(super) enum Read {
    Tokens(fn(&mut Parser<'_>) -> Option<Declaration>),
    Texts(fn(&[&str]) -> Result<Declaration, String>),
    /// Of a key that is not drawn yet.
    Nothing,
}

/// The property of this name.
pub(crate) fn property(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().find(|property| property.name == name)
}

/// Reads a value. The error is a sentence with the rule and the found value.
pub(crate) fn declare(name: &str, input: &Input<'_>) -> Result<Declaration, String> {
    let Some(property) = property(name) else {
        let hint = suggestion(name, PROPERTIES.iter().map(|property| property.name));
        return Err(format!("unknown key {}{hint}", quoted(name)));
    };
    if input.is_deep(0) {
        return Err(format!("{name} takes lists at most {MAX_LIST_DEPTH} deep"));
    }
    let broken = |rule: &str| format!("{name} {rule}, found {}", input.print());
    match property.read {
        Read::Nothing => Err(format!("`{name}` is not supported yet")),
        Read::Texts(read) => {
            let mut texts = Vec::new();
            if input.collect_texts(&mut texts).is_none() {
                return Err(broken(&property.must()));
            }
            read(&texts).map_err(|rule| broken(&rule))
        }
        Read::Tokens(read) => {
            let mut tokens = Vec::new();
            let known = input.tokenize(&mut tokens).map_err(|rule| broken(&rule))?;
            if !known {
                return Err(broken(&property.must()));
            }
            if let [Token { kind: Kind::Ident(word), .. }] = tokens.as_slice()
                && matches!(word.to_ascii_lowercase().as_str(), "inherit" | "initial" | "unset" | "revert" | "revert-layer")
            {
                return Err(broken("takes none of CSS's global words (null removes a key)"));
            }
            let mut parser = Parser::new(&tokens);
            parser.all(read).map_err(|complaint| match complaint {
                Some(Complaint::Sentence(sentence)) => sentence,
                Some(Complaint::Rule(rule)) => broken(&rule),
                Some(Complaint::Hint(hint)) => broken(&property.must()) + &hint,
                None => broken(&property.must()) + &property.nearest(&tokens),
            })
        }
    }
}

impl Property {
    fn must(&self) -> String {
        if self.what.is_empty() { format!("must be one of {}", self.keywords.join(", ")) } else { format!("must be {}", self.what) }
    }

    /// The nearest keyword, where the value is one word.
    fn nearest(&self, tokens: &[Token<'_>]) -> String {
        match tokens {
            [Token { kind: Kind::Ident(word), .. }] => suggestion(word, self.keywords.iter().copied()),
            _ => String::new(),
        }
    }
}

/// The deepest nesting of lists in one value.
const MAX_LIST_DEPTH: usize = 4;

impl<'a> Input<'a> {
    fn is_deep(&self, depth: usize) -> bool {
        depth > MAX_LIST_DEPTH || matches!(self, Self::List(items) if items.iter().any(|item| item.is_deep(depth + 1)))
    }

    /// Appends the tokens; `false` where the value is of a kind that no property takes.
    fn tokenize(&self, tokens: &mut Vec<Token<'a>>) -> Result<bool, String> {
        match self {
            Self::Bool(_) => return Ok(false),
            Self::Number(value) if !value.is_finite() => return Err("must be a finite number".to_owned()),
            Self::Number(value) if value.abs() > f64::from(token::MAX_NUMBER) => return Err(token::too_large()),
            Self::Number(_) if tokens.len() >= token::MAX_TOKENS => return Err(token::too_many()),
            Self::Number(value) => tokens.push(Token { kind: Kind::Bare(*value as f32), space_before: true }),
            Self::Text(text) => {
                // Positions of parentheses are of the whole list of tokens, so that each text is cut behind what is there.
                let start = tokens.len();
                token::tokenize(text, tokens)?;
                if tokens.len() == start + 1
                    && let Some(Token { kind, .. }) = tokens.last_mut()
                    && let Kind::Number(value) = *kind
                {
                    *kind = Kind::Bare(value);
                }
            }
            Self::List(items) => {
                for item in *items {
                    if !item.tokenize(tokens)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn collect_texts(&self, texts: &mut Vec<&'a str>) -> Option<()> {
        match self {
            Self::Text(text) => texts.push(text),
            Self::List(items) => items.iter().try_for_each(|item| item.collect_texts(texts))?,
            Self::Bool(_) | Self::Number(_) => return None,
        }
        Some(())
    }

    /// For a message.
    fn print(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(text) => quoted(text),
            Self::List(items) => {
                let shown = items.iter().take(8).map(Self::print).collect::<Vec<_>>().join(", ");
                format!("[{shown}{}]", if items.len() > 8 { ", …" } else { "" })
            }
        }
    }
}
