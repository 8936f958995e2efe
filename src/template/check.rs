//! What every part of the template's check shares: the faults found so far, and which names an expression may use.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::reader::{Lines, Node, Span};
use crate::error::{Code, Error, Fault, quoted, suggestion};
use crate::expr::strings::Strings;
use crate::expr::{Expr, ExprError, TextTemplate, Wording};
use crate::row::catalogue;

/// Names that every expression may use.
const GIVEN: &[&str] = &["row", "now", "variant", "lang", "canvas"];

/// Faults in the order of the text, each once: variants repeat the check of what they share with the base.
#[derive(Debug)]
pub(crate) struct Faults<'a> {
    pub(crate) lines: &'a Lines<'a>,
    found: Vec<(usize, Fault)>,
    seen: BTreeSet<(usize, String)>,
    /// The variant under check and its text: faults elsewhere are then the variant's doing, and say so.
    variant: Option<(&'a str, Span)>,
}

impl<'a> Faults<'a> {
    pub(crate) fn new(lines: &'a Lines<'a>) -> Self {
        Self { lines, found: Vec::new(), seen: BTreeSet::new(), variant: None }
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

    /// Reads a text with bindings and checks its names; `None` after a fault.
    pub(crate) fn text(&mut self, text: &str, node: &Node, place: &str, scope: &Scope) -> Option<TextTemplate> {
        match TextTemplate::parse(text) {
            Ok(parsed) => self.known(parsed.names_at(), parsed.wordings_at(), 0, node, place, scope).then_some(parsed),
            Err(error) => self.syntax(error, 0, node, place),
        }
    }

    /// Reads an expression whose braces are optional.
    pub(crate) fn condition(&mut self, text: &str, node: &Node, place: &str, scope: &Scope) -> Option<Expr> {
        let trimmed = text.trim_start();
        // The names of a braced expression count from behind its braces.
        let braces = if trimmed.starts_with("{{") { text.len() - trimmed.len() + 2 } else { 0 };
        match Expr::parse_condition(text) {
            Ok(parsed) => self.known(parsed.names_at(), parsed.wordings_at(), braces, node, place, scope).then_some(parsed),
            Err(error) => self.syntax(error, 0, node, place),
        }
    }

    /// Reads an expression without braces; `skipped` bytes of the string stand before it.
    pub(crate) fn expr(&mut self, text: &str, skipped: usize, node: &Node, place: &str, scope: &Scope) -> Option<Expr> {
        match Expr::parse(text) {
            Ok(parsed) => self.known(parsed.names_at(), parsed.wordings_at(), skipped, node, place, scope).then_some(parsed),
            Err(error) => self.syntax(error, skipped, node, place),
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
        }
        all
    }
}

/// The names that an expression may use at one place of the template.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// The declared fields; without any, every name may be a column of the row.
    pub(crate) fields: Option<Vec<String>>,
    /// Loop variables and `let`s, inner ones last.
    local: Vec<String>,
    /// The template's own words, where they can be used.
    pub(crate) strings: Option<Arc<Strings>>,
}

impl Scope {
    pub(crate) fn new(fields: Option<Vec<String>>) -> Self {
        Self { fields, local: Vec::new(), strings: None }
    }

    pub(crate) fn push(&mut self, name: &str) {
        self.local.push(name.to_owned());
    }

    /// How many local names there are: what [`truncate`](Self::truncate) goes back to.
    pub(crate) fn len(&self) -> usize {
        self.local.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.local.truncate(len);
    }

    fn knows(&self, name: &str) -> bool {
        self.fields.is_none() || self.known().any(|known| known == name)
    }

    fn known<'s>(&'s self) -> impl Iterator<Item = &'s str> {
        let local = self.local.iter().rev().map(String::as_str);
        let fields = self.fields.iter().flatten().map(String::as_str);
        let columns = catalogue::names().map(|name| -> &'s str { name });
        local.chain(fields).chain(columns).chain(GIVEN.iter().copied())
    }
}
