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
mod template;
mod text;
pub(crate) mod types;

use std::fmt;

pub(crate) use eval::{EvalError, Evaluation};
pub(crate) use parse::is_name;
pub(crate) use scope::{Context, Lookup, Scope};
pub(crate) use template::TextTemplate;

use ast::{Kind, Node};
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

    /// The columns that are read as `row.name` or `row['name']`; `None` where `row` is used in another way and may give any.
    pub(crate) fn row_columns(&self) -> Option<Vec<&str>> {
        let is_row = |node: &Node| matches!(&node.kind, Kind::Name(name) if name.as_ref() == "row");
        let mut columns = Vec::new();
        let mut open = vec![&self.root];
        while let Some(node) = open.pop() {
            match &node.kind {
                Kind::Attribute(of, name) if is_row(of) => columns.push(name.as_ref()),
                Kind::Index(of, index) if is_row(of) => match &index.kind {
                    Kind::Text(name) => columns.push(name.as_ref()),
                    _ => return None,
                },
                _ if is_row(node) => return None,
                kind => open.extend(kind.children()),
            }
        }
        Some(columns)
    }

    /// What the value may be; what can only fail is told to the checker.
    pub(crate) fn infer(&self, checker: &mut Checker<'_>) -> Type {
        checker.infer(&self.root)
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
