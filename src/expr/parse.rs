//! Tokens to a tree: Jinja's expression grammar by precedence climbing.
//!
//! From loose to tight: `x if c else y`, `or`, `and`, `not`, comparisons (chained), `+ -`, `~`, `* / // %`, sign, `| filter`, `. [] ()`.
//! As in Jinja `~` binds tighter than `+`, and a filter takes the sign with its number: `-1 | abs` is 1. What Jinja has and the format has
//! not (`is` tests, `**`, slices) is refused by name. Nesting and length are bounded before anything is built.

use crate::expr::ast::{Comparison, Kind, Node, Operator};
use crate::expr::lex::{Lexer, Token};
use crate::expr::names::{Filter, Function, Signature};
use crate::expr::{ExprError, MAX_DEPTH, MAX_SOURCE_BYTES};

/// Reads tokens one ahead.
pub(crate) struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    at: usize,
    depth: u8,
    /// The offset that the node's offsets count from.
    base: usize,
}

/// Names that are operators or literals, and so never bind.
const WORDS: &[&str] = &["and", "or", "not", "in", "is", "if", "else", "true", "True", "false", "False", "null", "none", "None"];

/// Whether a name can be bound: letters, digits and `_`, and no word of the grammar.
pub(crate) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic()) && chars.all(|c| c == '_' || c.is_alphanumeric()) && !WORDS.contains(&name)
}

/// A whole source as one expression.
pub(crate) fn parse(source: &str) -> Result<Node, ExprError> {
    let mut parser = Parser::new(source, 0)?;
    let node = parser.expression()?;
    if parser.token != Token::End {
        return Err(parser.unexpected("an operator or the end"));
    }
    parser.check_length(source.len())?;
    Ok(node)
}

/// The expression of a `{{ ... }}` whose inside begins at `start`, and the offset after its `}}`. The tree's offsets count from `start`.
pub(crate) fn parse_braced(source: &str, start: usize) -> Result<(Node, usize), ExprError> {
    let mut parser = Parser::new(source, start)?;
    let node = parser.expression()?;
    let end = parser.at;
    if parser.token != Token::Sign("}") || source.get(end..).is_none_or(|rest| !rest.starts_with("}}")) {
        return Err(parser.unexpected("an operator or }}"));
    }
    parser.check_length(end - start)?;
    Ok((node, end + 2))
}

impl<'a> Parser<'a> {
    fn new(source: &'a str, start: usize) -> Result<Self, ExprError> {
        let mut parser = Self { lexer: Lexer::new(source, start), token: Token::End, at: start, depth: 0, base: start };
        parser.advance()?;
        Ok(parser)
    }

    fn check_length(&self, length: usize) -> Result<(), ExprError> {
        if length > MAX_SOURCE_BYTES {
            return Err(ExprError::new(self.base, format!("expression is {length} bytes long, over the limit of {MAX_SOURCE_BYTES}")));
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<Token, ExprError> {
        // A source beyond the limit is refused as soon as the reader has passed it, not after the whole of it was built.
        self.check_length(self.at - self.base)?;
        let (token, at) = self.lexer.next()?;
        self.at = at;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn unexpected(&self, wanted: &str) -> ExprError {
        let hint = match &self.token {
            Token::Name(word) if word == "is" => "; tests with `is` are not part of the format, compare with `== null`",
            Token::Sign("**") => "; powers are not part of the format",
            Token::Sign("=") => "; equality is written ==",
            Token::Sign("(") => "; only functions can be called",
            _ => "",
        };
        ExprError::new(self.at, format!("expected {wanted}, found {}{hint}", self.token.found()))
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Name(name) if name == word)
    }

    fn take_sign(&mut self, sign: &'static str) -> Result<bool, ExprError> {
        let found = self.token == Token::Sign(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn take_word(&mut self, word: &str) -> Result<bool, ExprError> {
        let found = self.is_word(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn node(&self, kind: Kind, at: usize) -> Result<Node, ExprError> {
        let height = 1 + kind.children().iter().map(|n| n.height).max().unwrap_or(0);
        if height > MAX_DEPTH {
            return Err(ExprError::new(at, format!("expression is nested deeper than the limit of {MAX_DEPTH}")));
        }
        Ok(Node { kind, at: u32::try_from(at - self.base).unwrap_or(u32::MAX), height })
    }

    /// One level deeper, for what recurses.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, ExprError>) -> Result<T, ExprError> {
        if self.depth >= MAX_DEPTH {
            return Err(ExprError::new(self.at, format!("expression is nested deeper than the limit of {MAX_DEPTH}")));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// `x if c else y`.
    fn expression(&mut self) -> Result<Node, ExprError> {
        self.nested(|p| {
            let at = p.at;
            let mut node = p.or()?;
            while p.take_word("if")? {
                let condition = Box::new(p.or()?);
                let otherwise = if p.take_word("else")? { Some(Box::new(p.expression()?)) } else { None };
                node = p.node(Kind::If { then: Box::new(node), condition, otherwise }, at)?;
            }
            Ok(node)
        })
    }

    fn or(&mut self) -> Result<Node, ExprError> {
        let at = self.at;
        let mut nodes = vec![self.and()?];
        while self.take_word("or")? {
            nodes.push(self.and()?);
        }
        self.one_or(nodes, Kind::Or, at)
    }

    fn and(&mut self) -> Result<Node, ExprError> {
        let at = self.at;
        let mut nodes = vec![self.not()?];
        while self.take_word("and")? {
            nodes.push(self.not()?);
        }
        self.one_or(nodes, Kind::And, at)
    }

    /// The only node itself, several as a chain.
    fn one_or(&self, mut nodes: Vec<Node>, chain: impl FnOnce(Vec<Node>) -> Kind, at: usize) -> Result<Node, ExprError> {
        match nodes.len() {
            1 => nodes.pop().ok_or_else(|| self.unexpected("a value")),
            _ => self.node(chain(nodes), at),
        }
    }

    fn not(&mut self) -> Result<Node, ExprError> {
        let at = self.at;
        if self.take_word("not")? {
            let of = self.nested(Self::not)?;
            return self.node(Kind::Not(Box::new(of)), at);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Node, ExprError> {
        let at = self.at;
        let first = self.sum()?;
        let mut rest = Vec::new();
        loop {
            let comparison = match &self.token {
                Token::Sign("==") => Comparison::Equal,
                Token::Sign("!=") => Comparison::Unequal,
                Token::Sign("<") => Comparison::Less,
                Token::Sign("<=") => Comparison::LessOrEqual,
                Token::Sign(">") => Comparison::Greater,
                Token::Sign(">=") => Comparison::GreaterOrEqual,
                Token::Name(word) if word == "in" => Comparison::In,
                Token::Name(word) if word == "not" => Comparison::NotIn,
                _ => break,
            };
            self.advance()?;
            if comparison == Comparison::NotIn && !self.take_word("in")? {
                return Err(self.unexpected("`in` after `not`"));
            }
            rest.push((comparison, self.sum()?));
        }
        if rest.is_empty() { Ok(first) } else { self.node(Kind::Compare(Box::new(first), rest), at) }
    }

    fn sum(&mut self) -> Result<Node, ExprError> {
        let at = self.at;
        let first = self.concat()?;
        let mut rest = Vec::new();
        loop {
            let operator = match &self.token {
                Token::Sign("+") => Operator::Add,
                Token::Sign("-") => Operator::Subtract,
                _ => break,
            };
            self.advance()?;
            rest.push((operator, self.concat()?));
        }
        if rest.is_empty() { Ok(first) } else { self.node(Kind::Sum(Box::new(first), rest), at) }
    }

    fn concat(&mut self) -> Result<Node, ExprError> {
        let at = self.at;
        let mut nodes = vec![self.product()?];
        while self.take_sign("~")? {
            nodes.push(self.product()?);
        }
        self.one_or(nodes, Kind::Concat, at)
    }

    fn product(&mut self) -> Result<Node, ExprError> {
        let at = self.at;
        let first = self.signed(true)?;
        let mut rest = Vec::new();
        loop {
            let operator = match &self.token {
                Token::Sign("*") => Operator::Multiply,
                Token::Sign("/") => Operator::Divide,
                Token::Sign("//") => Operator::FloorDivide,
                Token::Sign("%") => Operator::Remainder,
                _ => break,
            };
            self.advance()?;
            rest.push((operator, self.signed(true)?));
        }
        if rest.is_empty() { Ok(first) } else { self.node(Kind::Product(Box::new(first), rest), at) }
    }

    /// A sign and what it stands before; filters come after the sign.
    fn signed(&mut self, with_filters: bool) -> Result<Node, ExprError> {
        let at = self.at;
        let mut node = if self.take_sign("-")? {
            let of = self.nested(|p| p.signed(false))?;
            self.node(Kind::Negative(Box::new(of)), at)?
        } else {
            let primary = self.primary()?;
            self.postfix(primary)?
        };
        while with_filters && self.token == Token::Sign("|") {
            node = self.filter(node)?;
        }
        Ok(node)
    }

    fn filter(&mut self, of: Node) -> Result<Node, ExprError> {
        self.advance()?;
        let at = self.at;
        let Token::Name(name) = self.token.clone() else {
            return Err(self.unexpected("a filter's name"));
        };
        let filter = Filter::parse(&name).map_err(|message| ExprError::new(at, message))?;
        self.advance()?;
        let arguments = match self.take_sign("(")? {
            true => self.arguments(filter.signature(), "filter", at)?,
            false => self.placed(filter.signature(), "filter", Vec::new(), at)?,
        };
        self.node(Kind::Filter(filter, Box::new(of), arguments), at)
    }

    fn postfix(&mut self, mut node: Node) -> Result<Node, ExprError> {
        loop {
            let at = self.at;
            if self.take_sign(".")? {
                let here = self.at;
                let kind = match self.advance()? {
                    Token::Name(name) => Kind::Attribute(Box::new(node), name.into()),
                    Token::Position(digits) => {
                        let number = crate::row::decimal::Decimal::parse(&digits)
                            .ok_or_else(|| ExprError::new(here, "a position must have at most 28 digits"))?;
                        let index = self.node(Kind::Number(number), here)?;
                        Kind::Index(Box::new(node), Box::new(index))
                    }
                    other => return Err(ExprError::new(here, format!("expected a name after the dot, found {}", other.found()))),
                };
                node = self.node(kind, at)?;
            } else if self.take_sign("[")? {
                let index = self.expression()?;
                if self.token == Token::Sign(":") {
                    return Err(ExprError::new(self.at, "slices are not part of the format, use `first`, `last` or `truncate`"));
                }
                if !self.take_sign("]")? {
                    return Err(self.unexpected("]"));
                }
                node = self.node(Kind::Index(Box::new(node), Box::new(index)), at)?;
            } else {
                return Ok(node);
            }
        }
    }

    fn primary(&mut self) -> Result<Node, ExprError> {
        let at = self.at;
        match &self.token {
            Token::Name(word) if word == "not" => return Err(self.unexpected("a value (write `not` before the comparison)")),
            Token::Name(word) if WORDS.contains(&word.as_str()) => {
                let kind = match word.as_str() {
                    "true" | "True" => Kind::Bool(true),
                    "false" | "False" => Kind::Bool(false),
                    "null" | "none" | "None" => Kind::Null,
                    _ => return Err(self.unexpected("a value")),
                };
                self.advance()?;
                return self.node(kind, at);
            }
            Token::Name(_) | Token::Number(_) | Token::Text(_) | Token::Sign("(" | "[" | "{") => {}
            Token::Sign("+") => return Err(self.unexpected("a value without a plus sign")),
            _ => return Err(self.unexpected("a value")),
        }
        match self.advance()? {
            Token::Name(name) if self.token == Token::Sign("(") => {
                let function = Function::parse(&name).map_err(|message| ExprError::new(at, message))?;
                self.advance()?;
                let arguments = self.arguments(function.signature(), "function", at)?;
                self.node(Kind::Call(function, arguments), at)
            }
            Token::Name(name) => self.node(Kind::Name(name.into()), at),
            Token::Number(number) => self.node(Kind::Number(number), at),
            Token::Text(text) => self.node(Kind::Text(text.into()), at),
            Token::Sign("(") => {
                if self.token == Token::Sign(")") {
                    return Err(self.unexpected("a value"));
                }
                let first = self.expression()?;
                if self.take_sign(",")? {
                    return self.items(vec![first], ")", at);
                }
                if !self.take_sign(")")? {
                    return Err(self.unexpected(")"));
                }
                Ok(first)
            }
            Token::Sign("[") => self.items(Vec::new(), "]", at),
            _ => {
                let mut entries = Vec::new();
                while !self.take_sign("}")? {
                    let key = self.expression()?;
                    if !self.take_sign(":")? {
                        return Err(self.unexpected(": after the key"));
                    }
                    entries.push((key, self.expression()?));
                    if !self.take_sign(",")? && self.token != Token::Sign("}") {
                        return Err(self.unexpected(", or }"));
                    }
                }
                self.node(Kind::Map(entries), at)
            }
        }
    }

    /// The rest of a list, or of a tuple, which is a list here, up to its closing sign.
    fn items(&mut self, mut items: Vec<Node>, close: &'static str, at: usize) -> Result<Node, ExprError> {
        while !self.take_sign(close)? {
            items.push(self.expression()?);
            if !self.take_sign(",")? && self.token != Token::Sign(close) {
                return Err(self.unexpected(if close == "]" { ", or ]" } else { ", or )" }));
            }
        }
        self.node(Kind::List(items), at)
    }

    /// What stands between the parentheses of a call, by parameter.
    fn arguments(&mut self, signature: Signature, what: &str, at: usize) -> Result<Vec<Option<Node>>, ExprError> {
        let mut given: Vec<(Option<String>, Node)> = Vec::new();
        while !self.take_sign(")")? {
            let here = self.at;
            let value = self.expression()?;
            match (&value.kind, self.token == Token::Sign("=")) {
                (Kind::Name(name), true) => {
                    let name = name.to_string();
                    self.advance()?;
                    given.push((Some(name), self.expression()?));
                }
                _ if given.last().is_some_and(|(name, _)| name.is_some()) => {
                    return Err(ExprError::new(here, "arguments by position must stand before those by name"));
                }
                _ => given.push((None, value)),
            }
            if !self.take_sign(",")? && self.token != Token::Sign(")") {
                return Err(self.unexpected(", or )"));
            }
        }
        self.placed(signature, what, given, at)
    }

    fn placed(
        &self,
        signature: Signature,
        what: &str,
        given: Vec<(Option<String>, Node)>,
        at: usize,
    ) -> Result<Vec<Option<Node>>, ExprError> {
        let Signature { name, parameters, required } = signature;
        let mut placed: Vec<Option<Node>> = parameters.iter().map(|_| None).collect();
        for (position, (parameter, node)) in given.into_iter().enumerate() {
            let position = match &parameter {
                None => position,
                Some(wanted) => parameters.iter().position(|p| p == wanted).ok_or_else(|| {
                    let near = crate::error::suggestion(wanted, parameters.iter().copied());
                    ExprError::new(at, format!("{what} `{name}` has no argument {wanted:?}{near}"))
                })?,
            };
            match placed.get_mut(position) {
                Some(slot @ None) => *slot = Some(node),
                Some(Some(_)) => {
                    return Err(ExprError::new(at, format!("{what} `{name}` is given {} twice", parameters.get(position).unwrap_or(&""))));
                }
                None => {
                    return Err(ExprError::new(at, format!("{what} `{name}` takes at most {} arguments, found more", parameters.len())));
                }
            }
        }
        let missing = placed.iter().zip(parameters).take(required).find(|(node, _)| node.is_none());
        match missing {
            Some((_, parameter)) => Err(ExprError::new(at, format!("{what} `{name}` needs its argument {parameter:?}"))),
            None => Ok(placed),
        }
    }
}
