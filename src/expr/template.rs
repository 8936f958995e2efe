//! Strings with `{{ expression }}` parts.
//!
//! Only `{{ }}` is special: `{%`, `{#` and a lone `}}` are text, and what an expression gives is never parsed again. A string that is
//! exactly one `{{ ... }}` keeps its value's type; in all others the parts are printed.

use std::fmt;

use crate::expr::eval::append;
use crate::expr::parse::parse_braced;
use crate::expr::types::{Checker, Type};
use crate::expr::{EvalError, Evaluation, Expr, ExprError, Wording};
use crate::row::value::Value;

/// A string that may bind to the row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextTemplate {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    /// An expression and where it begins in the string.
    Bound(Expr, usize),
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Bound(a, _), Self::Bound(b, _)) => a == b,
            _ => false,
        }
    }
}

impl TextTemplate {
    /// Splits a string into text and expressions; offsets of faults count from its first byte.
    pub(crate) fn parse(source: &str) -> Result<Self, ExprError> {
        let mut parts = Vec::new();
        let mut from = 0;
        while let Some(found) = source.get(from..).and_then(|rest| rest.find("{{")) {
            let (open, inside) = (from + found, from + found + 2);
            if source.get(inside..).is_some_and(|rest| {
                rest.starts_with(['-', '+']) && !rest.get(1..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
            }) {
                return Err(ExprError::new(inside, "white space control is not part of the format, write a space after {{"));
            }
            if found > 0 {
                parts.push(Part::Text(source.get(from..open).unwrap_or("").to_owned()));
            }
            let (root, end) = parse_braced(source, inside)?;
            parts.push(Part::Bound(Expr { root }, inside));
            from = end;
        }
        let rest = source.get(from..).unwrap_or("");
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The whole string, if nothing in it binds.
    pub(crate) fn as_static(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The expression, if the string is exactly one `{{ ... }}`.
    pub(crate) fn as_whole(&self) -> Option<&Expr> {
        if let [Part::Bound(expr, _)] = self.parts.as_slice() { Some(expr) } else { None }
    }

    /// All its expressions, in order.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.expressions_at().map(|(expr, _)| expr)
    }

    /// The same, with where they begin in the string.
    pub(crate) fn expressions_at(&self) -> impl Iterator<Item = (&Expr, usize)> {
        self.parts.iter().filter_map(|part| if let Part::Bound(expr, at) = part { Some((expr, *at)) } else { None })
    }

    /// The free names with the offset of their first use in the string.
    pub(crate) fn names_at(&self) -> Vec<(&str, usize)> {
        let mut seen = std::collections::BTreeSet::new();
        let bound = self.parts.iter().filter_map(|part| if let Part::Bound(expr, at) = part { Some((expr, at)) } else { None });
        let all = bound.flat_map(|(expr, start)| expr.names_at().into_iter().map(move |(name, at)| (name, start + at)));
        all.filter(|(name, _)| seen.insert(*name)).collect()
    }

    /// What the value may be; the offsets of problems count from the string's first byte.
    pub(crate) fn infer(&self, checker: &mut Checker<'_>) -> Type {
        let mut whole = Type::default();
        for part in &self.parts {
            match part {
                Part::Text(text) => whole = Type::one_of([text.as_str()]),
                Part::Bound(expr, start) => {
                    let before = checker.problems.len();
                    whole = expr.infer(checker);
                    if self.parts.len() > 1 {
                        checker.printed(&expr.root, &whole);
                    }
                    checker.problems.iter_mut().skip(before).for_each(|problem| problem.offset = problem.offset.saturating_add(*start));
                }
            }
        }
        match self.parts.len() {
            0 => Type::one_of([""]),
            1 => whole,
            _ => Type::text(),
        }
    }

    /// The uses of the template's strings.
    pub(crate) fn wordings_at(&self) -> Vec<Wording<'_>> {
        let bound = self.parts.iter().filter_map(|part| if let Part::Bound(expr, at) = part { Some((expr, at)) } else { None });
        bound.flat_map(|(expr, start)| expr.wordings_at().into_iter().map(move |used| Wording { at: start + used.at, ..used })).collect()
    }

    /// The value: of its own type if the string is exactly one expression, else a text.
    pub(crate) fn eval(&self, evaluation: &mut Evaluation<'_>) -> Result<Value, EvalError> {
        let shifted = |start: usize| move |e: EvalError| EvalError { offset: e.offset.saturating_add(start), ..e };
        if let [Part::Bound(expr, start)] = self.parts.as_slice() {
            return expr.eval(evaluation).map_err(shifted(*start));
        }
        if let Some(text) = self.as_static() {
            return Ok(Value::text(text));
        }
        let mut text = String::new();
        for part in &self.parts {
            let (more, start) = match part {
                Part::Text(text) => (text.clone(), 0),
                Part::Bound(expr, start) => {
                    let value = expr.eval(evaluation).map_err(shifted(*start))?;
                    (value.print(evaluation.context.lang).map_err(|message| EvalError { offset: *start, message })?, *start)
                }
            };
            append(&mut text, &more).map_err(|message| EvalError { offset: start, message })?;
        }
        Ok(Value::text(text))
    }
}

impl fmt::Display for TextTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                // A map's own brace must not make three with the closing ones, nor one with the opening ones.
                Part::Bound(expr, _) => write!(f, "{{{{ {expr} }}}}")?,
            }
        }
        Ok(())
    }
}
