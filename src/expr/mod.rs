//! Expressions: Jinja's expression grammar with exact decimals, money and null; total, without side effects, bounded.
//!
//! `parse` makes a tree once for a template; `eval` runs it for each row. A template engine was tried before: in minijinja `none < 5` is
//! true, `'10' < 9` false without an error, `0.1 + 0.2 != 0.3`, and two currencies cannot raise. So lexer, parser and evaluator are our
//! own, small, and held against Python's jinja2 on what both have in common.

mod ask;
mod ast;
pub(crate) mod decide;
mod eval;
mod filter;
mod function;
mod lex;
pub(crate) mod names;
mod operate;
mod parse;
mod scope;
pub(crate) mod strings;
mod template;
mod text;
pub(crate) mod types;

use std::fmt;

pub(crate) use eval::{EvalError, Evaluation};
pub(crate) use parse::is_name;
pub(crate) use scope::{Context, Lookup, Scope};
pub(crate) use template::TextTemplate;

use ast::{Kind, Node};
use names::Function;
use types::{Checker, Type};

/// Longest source of one expression.
pub(crate) const MAX_SOURCE_BYTES: usize = 4 << 10;
/// Deepest nesting of one expression.
pub(crate) const MAX_DEPTH: u8 = 32;
/// Most steps of one evaluation.
pub(crate) const MAX_STEPS: u32 = 10_000;
/// Longest text that an expression makes.
pub(crate) const MAX_TEXT_BYTES: usize = 64 << 10;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr {
    root: Node,
}

/// A use of the template's strings: `t(...)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wording<'e> {
    /// The byte of the source where it, or its key, stands.
    pub(crate) at: usize,
    /// The key, where it is written out; once more without one for the call as such.
    pub(crate) key: Option<&'e str>,
    /// Whether it is given a number.
    pub(crate) is_counted: bool,
}

/// Why a source is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExprError {
    /// The byte of the source that the message speaks of.
    pub(crate) offset: usize,
    pub(crate) message: String,
}

impl ExprError {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}

/// `offset: message`, for messages that have no other place.
impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.offset, self.message)
    }
}

impl Expr {
    /// Parses a source without braces.
    pub(crate) fn parse(source: &str) -> Result<Self, ExprError> {
        parse::parse(source).map(|root| Self { root })
    }

    /// Parses the condition of an `if`: the same, or the same in `{{ }}`.
    pub(crate) fn parse_condition(source: &str) -> Result<Self, ExprError> {
        let inner = source.trim_start();
        if !inner.starts_with("{{") {
            return Self::parse(source);
        }
        let skipped = source.len() - inner.len() + 2;
        let (root, end) = parse::parse_braced(source, skipped)?;
        match source.get(end..).map(str::trim) {
            Some("") => Ok(Self { root }),
            _ => Err(ExprError::new(end, "a condition must be one expression, found more after its }}")),
        }
    }

    /// The free names, each once, in the order and with the offset of their first use.
    pub(crate) fn names_at(&self) -> Vec<(&str, usize)> {
        names_at(&self.root)
    }

    /// What the value may be; what can only fail is told to the checker.
    pub(crate) fn infer(&self, checker: &mut Checker<'_>) -> Type {
        checker.infer(&self.root)
    }

    /// The uses of the template's strings, in no order.
    pub(crate) fn wordings_at(&self) -> Vec<Wording<'_>> {
        let mut found = Vec::new();
        let mut open = vec![&self.root];
        while let Some(node) = open.pop() {
            if let Kind::Call(Function::Translate, arguments) = &node.kind {
                let key = arguments.first().and_then(Option::as_ref);
                let is_counted = arguments.get(1).is_some_and(Option::is_some);
                found.push(Wording { at: usize::try_from(node.at).unwrap_or(0), key: None, is_counted });
                let mut keys: Vec<&Node> = key.into_iter().collect();
                while let Some(key) = keys.pop() {
                    match &key.kind {
                        Kind::Text(text) => found.push(Wording { at: usize::try_from(key.at).unwrap_or(0), key: Some(text), is_counted }),
                        Kind::If { then, otherwise, .. } => {
                            keys.extend([Some(then), otherwise.as_ref()].into_iter().flatten().map(Box::as_ref))
                        }
                        _ => {}
                    }
                }
            }
            open.extend(node.kind.children());
        }
        found
    }

    /// The columns that are taken as `row['x']` or `row.x`, and whether `row` is used in any other way.
    pub(crate) fn row_columns(&self) -> (Vec<&str>, bool) {
        let (mut columns, mut whole) = (Vec::new(), false);
        let mut open = vec![&self.root];
        while let Some(node) = open.pop() {
            let is_row = |of: &Node| matches!(&of.kind, Kind::Name(name) if name.as_ref() == "row");
            match &node.kind {
                Kind::Attribute(of, name) if is_row(of) => columns.push(name.as_ref()),
                Kind::Index(of, index) if is_row(of) => match &index.kind {
                    Kind::Text(name) => columns.push(name.as_ref()),
                    _ => {
                        whole = true;
                        open.push(index);
                    }
                },
                Kind::Name(name) if name.as_ref() == "row" => whole = true,
                other => open.extend(other.children()),
            }
        }
        (columns, whole)
    }

    /// The value, for what the evaluation has in scope.
    pub(crate) fn eval(&self, evaluation: &mut Evaluation<'_>) -> Result<crate::row::value::Value, EvalError> {
        evaluation.run(&self.root)
    }
}

/// The names of a tree, each once, in the order and with the offset of their first use.
fn names_at(root: &Node) -> Vec<(&str, usize)> {
    let mut found: Vec<(&str, usize)> = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if let Kind::Name(name) = &node.kind {
            found.push((name, usize::try_from(node.at).unwrap_or(0)));
        }
        open.extend(node.kind.children());
    }
    found.sort_by_key(|(_, at)| *at);
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|(name, _)| seen.insert(*name));
    found
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

#[cfg(test)]
mod jinja;
#[cfg(test)]
mod tests;
