//! What every part of the template's check shares: the faults found so far, and how an expression is read.

use std::collections::BTreeSet;

use super::findings::Findings;
use super::reader::{Lines, Node, Span};
use super::scope::{Scope, as_assumed};
use crate::error::{Code, Error, Fault, quoted, suggestion};
use crate::expr::types::{Checker, Problem, Type};
use crate::expr::{Expr, ExprError, TextTemplate, Wording};

/// Faults in the order of the text, each once: variants repeat the check of what they share with the base.
#[derive(Debug)]
pub(crate) struct Faults<'a> {
    pub(crate) lines: &'a Lines<'a>,
    found: Vec<(usize, Fault)>,
    seen: BTreeSet<(usize, String)>,
    /// The variant under check and its text: faults elsewhere are then the variant's doing, and say so.
    variant: Option<(&'a str, Span)>,
    pub(crate) findings: Findings,
}

impl<'a> Faults<'a> {
    pub(crate) fn new(lines: &'a Lines<'a>) -> Self {
        Self { lines, found: Vec::new(), seen: BTreeSet::new(), variant: None, findings: Findings::default() }
    }

    pub(crate) fn enter(&mut self, variant: &'a str, span: Span) {
        self.variant = Some((variant, span));
    }

    /// Adds a fault at a place of the text.
    pub(crate) fn add(&mut self, code: Code, span: Span, place: &str, message: impl Into<String>) {
        self.add_at(code, span.start, place, message.into());
    }

    fn add_at(&mut self, code: Code, offset: usize, place: &str, message: String) {
        if self.is_full() || !self.seen.insert((offset, message.clone())) {
            return;
        }
        let message = match self.variant {
            Some((name, span)) if !(span.start..span.end).contains(&offset) => format!("{message} (in variant {})", quoted(name)),
            _ => message,
        };
        self.found.push((offset, Fault { at: Some(self.lines.at(offset)), ..Fault::new(code, place, message) }));
    }

    /// `RULE, found VALUE`.
    pub(crate) fn wrong_type(&mut self, node: &Node, place: &str, rule: &str) {
        self.add(Code::WrongType, node.span, place, format!("{rule}, found {}", node.found()));
    }

    pub(crate) fn bad_value(&mut self, node: &Node, place: &str, rule: &str) {
        self.add(Code::BadValue, node.span, place, format!("{rule}, found {}", node.found()));
    }

    /// Whether there is no use in looking further.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() >= Error::MAX_FAULTS
    }

    /// Nothing, or all faults in the order of the text.
    pub(crate) fn finish(self, others: Vec<Fault>) -> Result<(), Error> {
        let mut all: Vec<Fault> = self.found.into_iter().map(|(_, fault)| fault).chain(others).collect();
        all.sort_by_key(|fault| fault.at);
        if all.is_empty() { Ok(()) } else { Err(Error::from_faults(all)) }
    }

    /// Reads a text with bindings and checks its names and types; `None` after a fault.
    pub(crate) fn text(&mut self, text: &str, node: &Node, place: &str, scope: &Scope) -> Option<TextTemplate> {
        self.typed_text(text, node, place, scope).map(|(text, _)| text)
    }

    /// The same with what its value may be.
    pub(crate) fn typed_text(&mut self, text: &str, node: &Node, place: &str, scope: &Scope) -> Option<(TextTemplate, Type)> {
        let parsed = match TextTemplate::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => return self.syntax(error, 0, node, place),
        };
        if !self.known(parsed.names_at(), parsed.wordings_at(), 0, node, place, scope) {
            return None;
        }
        let view = scope.view();
        let mut checker = Checker::new(&view);
        let kind = parsed.infer(&mut checker);
        if !self.problems(checker.problems, 0, node, place) {
            return None;
        }
        for (expr, start) in parsed.expressions_at() {
            self.columns(expr, scope);
            self.ask(expr, start, node, place, scope, false);
        }
        Some((parsed, kind))
    }

    /// Reads a condition whose braces are optional.
    pub(crate) fn condition(&mut self, text: &str, node: &Node, place: &str, scope: &Scope) -> Option<Expr> {
        let trimmed = text.trim_start();
        // The names of a braced expression count from behind its braces.
        let braces = if trimmed.starts_with("{{") { text.len() - trimmed.len() + 2 } else { 0 };
        match Expr::parse_condition(text) {
            Ok(parsed) => self.checked(&parsed, braces, node, place, scope, true).map(|_| parsed),
            Err(error) => self.syntax(error, 0, node, place),
        }
    }

    /// Reads an expression without braces; `skipped` bytes of the string stand before it.
    pub(crate) fn expr(&mut self, text: &str, skipped: usize, node: &Node, place: &str, scope: &Scope) -> Option<(Expr, Type)> {
        match Expr::parse(text) {
            Ok(parsed) => self.checked(&parsed, skipped, node, place, scope, false).map(|kind| (parsed, kind)),
            Err(error) => self.syntax(error, skipped, node, place),
        }
    }

    /// Names and types of an expression, and what is certain of it.
    fn checked(&mut self, expr: &Expr, skipped: usize, node: &Node, place: &str, scope: &Scope, is_condition: bool) -> Option<Type> {
        if !self.known(expr.names_at(), expr.wordings_at(), skipped, node, place, scope) {
            return None;
        }
        let view = scope.view();
        let mut checker = Checker::new(&view);
        let kind = expr.infer(&mut checker);
        if !self.problems(checker.problems, skipped, node, place) {
            return None;
        }
        self.columns(expr, scope);
        self.ask(expr, skipped, node, place, scope, is_condition);
        Some(kind)
    }

    /// Adds what is certain of an expression to the findings.
    pub(crate) fn ask(&mut self, expr: &Expr, skipped: usize, node: &Node, place: &str, scope: &Scope, is_condition: bool) {
        let view = scope.view();
        let assumed = scope.assumed(!is_condition);
        for asked in expr.asked(&view, &as_assumed(&assumed), is_condition, &mut self.findings.budget) {
            let offset = self.lines.inside(node.span, asked.offset.saturating_add(skipped));
            self.findings.claim(offset, &asked.key, place, asked.claim);
        }
    }

    fn syntax<T>(&mut self, error: ExprError, skipped: usize, node: &Node, place: &str) -> Option<T> {
        let offset = self.lines.inside(node.span, error.offset.saturating_add(skipped));
        self.add_at(Code::ExpressionSyntax, offset, place, error.message);
        None
    }

    /// Whether every name, and every string of `t`, is known.
    fn known(
        &mut self,
        names: Vec<(&str, usize)>,
        wordings: Vec<Wording<'_>>,
        skipped: usize,
        node: &Node,
        place: &str,
        scope: &Scope,
    ) -> bool {
        let mut all = self.names(names, skipped, node, place, scope);
        for Wording { at, key, is_counted } in wordings {
            let fault = match (&scope.strings, key) {
                (None, Some(_)) | (Some(_), None) => None,
                (None, None) => Some("`t` has no \"strings\" to look in".to_owned()),
                (Some(strings), Some(key)) => strings.fault(key, is_counted),
            };
            if let Some(message) = fault {
                all = false;
                self.add_at(Code::UnknownName, self.lines.inside(node.span, at.saturating_add(skipped)), place, message);
            }
        }
        all
    }

    fn names(&mut self, names: Vec<(&str, usize)>, skipped: usize, node: &Node, place: &str, scope: &Scope) -> bool {
        let mut all = true;
        for (name, offset) in names {
            if !scope.knows(name) {
                all = false;
                let message = format!("unknown name {}{}", quoted(name), suggestion(name, scope.known()));
                self.add_at(Code::UnknownName, self.lines.inside(node.span, offset.saturating_add(skipped)), place, message);
            }
            match scope.local_let(name) {
                Ok(Some(offset)) => self.findings.use_let(offset),
                Ok(None) => {}
                Err(()) => self.findings.use_column(name),
            }
        }
        all
    }

    /// The columns that an expression reads through `row`.
    fn columns(&mut self, expr: &Expr, scope: &Scope) {
        if scope.local_let("row").is_ok() || scope.is_declared("row") {
            return;
        }
        let (columns, whole) = expr.row_columns();
        columns.into_iter().for_each(|name| self.findings.use_column(name));
        if whole {
            self.findings.use_all_columns();
        }
    }

    /// Whether an expression has none.
    fn problems(&mut self, problems: Vec<Problem>, skipped: usize, node: &Node, place: &str) -> bool {
        let none = problems.is_empty();
        for problem in problems {
            let offset = self.lines.inside(node.span, problem.offset.saturating_add(skipped));
            self.add_at(problem.code, offset, place, problem.message);
        }
        none
    }
}
