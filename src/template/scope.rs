//! The names that an expression may use at one place of a template, what they may be, and what is known to hold there.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::expr::decide::Assumed;
use crate::expr::strings::Strings;
use crate::expr::types::{Names, Range, Type};
use crate::expr::{Expr, TextTemplate};
use crate::row::value::Value;
use crate::row::{catalogue, field};

/// Names that every expression may use.
const GIVEN: &[&str] = &["row", "now", "variant", "lang", "canvas"];

/// What names mean at one place.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// The declared fields; without any, every name may be a column of the row.
    fields: Option<BTreeMap<String, Type>>,
    /// What `variant` may be; unknown while the document's head is read.
    variant: Option<Type>,
    /// Loop variables and `let`s, inner ones last.
    local: Vec<Local>,
    assumptions: Vec<Assumption>,
    /// The template's own words, where they can be used.
    pub(crate) strings: Option<Arc<Strings>>,
}

#[derive(Debug)]
struct Local {
    name: String,
    kind: Type,
    meaning: Meaning,
    /// Where a `let` stands in the text.
    offset: Option<usize>,
}

/// What a local name stands for, where that is known.
#[derive(Debug)]
pub(crate) enum Meaning {
    /// Only its type is known.
    Opaque,
    /// A `let` that is exactly one expression.
    Expression(TextTemplate),
    /// A `let` that is a literal.
    Literal(Value),
}

#[derive(Debug)]
struct Assumption {
    expr: Expr,
    holds: bool,
    /// How many local names its expression sees.
    depth: usize,
    /// Whether it is an earlier alternative of a `choose`.
    is_alternative: bool,
}

/// Where the scope was: what [`Scope::restore`] goes back to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    local: usize,
    assumptions: usize,
}

impl Scope {
    pub(crate) fn new<'f>(fields: Option<impl Iterator<Item = (&'f str, &'f field::Field)>>, variant: Type) -> Self {
        let fields = fields.map(|fields| fields.map(|(name, field)| (name.to_owned(), Type::of_field(field))).collect());
        Self { fields, variant: Some(variant), local: Vec::new(), assumptions: Vec::new(), strings: None }
    }

    pub(crate) fn push(&mut self, name: &str, kind: Type) {
        self.bind(name, kind, Meaning::Opaque, None);
    }

    pub(crate) fn bind(&mut self, name: &str, kind: Type, meaning: Meaning, offset: Option<usize>) {
        self.local.push(Local { name: name.to_owned(), kind, meaning, offset });
    }

    /// The canvas's size, once it is known to expressions.
    pub(crate) fn push_canvas(&mut self) {
        let side = || Type::number(Range::COUNT);
        self.push("canvas", Type::map([("width".to_owned(), side()), ("height".to_owned(), side())]));
    }

    /// From here on a condition holds, or does not.
    pub(crate) fn assume(&mut self, expr: &Expr, holds: bool) {
        self.assume_as(expr, holds, false);
    }

    /// From here on an alternative was not taken.
    pub(crate) fn assume_alternative(&mut self, expr: &Expr) {
        self.assume_as(expr, false, true);
    }

    fn assume_as(&mut self, expr: &Expr, holds: bool, is_alternative: bool) {
        self.assumptions.push(Assumption { expr: expr.clone(), holds, depth: self.local.len(), is_alternative });
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { local: self.local.len(), assumptions: self.assumptions.len() }
    }

    pub(crate) fn restore(&mut self, mark: Mark) {
        self.local.truncate(mark.local);
        self.assumptions.truncate(mark.assumptions);
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.fields.is_none() || self.known().any(|known| known == name)
    }

    pub(crate) fn known<'s>(&'s self) -> impl Iterator<Item = &'s str> {
        let local = self.local.iter().rev().map(|local| local.name.as_str());
        let fields = self.fields.iter().flat_map(|fields| fields.keys().map(String::as_str));
        let columns = catalogue::names().map(|name| -> &'s str { name });
        local.chain(fields).chain(columns).chain(GIVEN.iter().copied())
    }

    /// The offset of the `let` that a name means; `None` for another local name, or `Err` for a column.
    pub(crate) fn local_let(&self, name: &str) -> Result<Option<usize>, ()> {
        self.local.iter().rev().find(|local| local.name == name).map(|local| local.offset).ok_or(())
    }

    pub(crate) fn is_declared(&self, name: &str) -> bool {
        self.fields.as_ref().is_some_and(|fields| fields.contains_key(name))
    }

    /// All names at this place.
    pub(crate) fn view(&self) -> View<'_> {
        View { scope: self, depth: self.local.len() }
    }

    /// What holds at this place, with the names that each condition sees.
    pub(crate) fn assumed(&self, with_alternatives: bool) -> Vec<(&Expr, View<'_>, bool)> {
        let kept = self.assumptions.iter().filter(|one| with_alternatives || !one.is_alternative);
        kept.map(|one| (&one.expr, View { scope: self, depth: one.depth }, one.holds)).collect()
    }
}

/// Assumptions in the form that a decision takes.
pub(crate) fn as_assumed<'a>(list: &'a [(&'a Expr, View<'a>, bool)]) -> Vec<Assumed<'a>> {
    list.iter().map(|(expr, view, holds)| expr.assumed(view, *holds)).collect()
}

/// The names that were there when a scope had so many local ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    scope: &'a Scope,
    depth: usize,
}

impl<'a> View<'a> {
    fn local(&self, name: &str) -> Option<(usize, &'a Local)> {
        self.scope.local.iter().enumerate().take(self.depth).rev().find(|(_, local)| local.name == name)
    }
}

impl Names for View<'_> {
    fn type_of(&self, name: &str) -> Type {
        if let Some((_, local)) = self.local(name) {
            return local.kind.clone();
        }
        match (name, &self.scope.fields) {
            (_, Some(fields)) if fields.contains_key(name) => fields.get(name).cloned().unwrap_or_else(Type::any),
            ("row", _) => Type::any(),
            ("variant", _) => self.scope.variant.clone().unwrap_or_else(Type::any),
            // Without fields a column of the row may have any of these names.
            (_, None) => Type::any(),
            ("now", _) => Type::date(),
            ("lang", _) => Type::text(),
            _ => catalogue::column(name).map_or_else(Type::any, |field| Type::of_field(&field)),
        }
    }

    fn slot(&self, name: &str) -> Option<usize> {
        self.local(name).map(|(slot, _)| slot)
    }

    fn definition<'n>(&'n self, name: &str) -> Option<(&'n Expr, Box<dyn Names + 'n>)> {
        let (slot, local) = self.local(name)?;
        let Meaning::Expression(text) = &local.meaning else { return None };
        Some((text.as_whole()?, Box::new(View { scope: self.scope, depth: slot })))
    }

    fn literal(&self, name: &str) -> Option<Value> {
        match &self.local(name)?.1.meaning {
            Meaning::Literal(value) => Some(value.clone()),
            _ => None,
        }
    }
}
