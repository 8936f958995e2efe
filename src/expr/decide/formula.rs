//! A condition as a formula over what it asks of the row.
//!
//! `let`s are seen through, so that a name and what it stands for are one variable. A part that cannot be asked for all its values (a
//! comparison of two prices, a text within a text) is a free variable: it may hold or not, which is more than it can do, never less.

use super::domain::decidable;
use crate::expr::ast::{Comparison, Kind, Node};
use crate::expr::types::{Checker, KindOf, Names, Type};
use crate::row::value::Value;

/// How many `let`s are seen through, one within the other.
const MAX_ALIASES: u8 = 16;
/// Largest formula, all assumptions included.
const MAX_NODES: usize = 1000;

#[derive(Debug)]
pub(super) enum Formula {
    /// A variable that holds or does not.
    Free(usize),
    /// Whether a variable's value is truthy.
    Truth(usize),
    Link(Comparison, Side, Side),
    Not(Box<Formula>),
    And(Vec<Formula>),
    Or(Vec<Formula>),
    If(Box<Formula>, Box<Formula>, Option<Box<Formula>>),
}

/// One side of a comparison.
#[derive(Debug)]
pub(super) enum Side {
    Variable(usize),
    Constant(Value),
}

/// Something that a row decides.
#[derive(Debug)]
pub(super) struct Variable {
    /// Equal for equal expressions over equal names.
    key: String,
    /// As the condition writes it.
    pub(super) shown: String,
    /// `None` for a free one.
    pub(super) kind: Option<Type>,
    /// What it is compared with.
    pub(super) constants: Vec<Value>,
}

/// The variables of some formulas, and what making them cost.
#[derive(Debug, Default)]
pub(super) struct Maker {
    pub(super) variables: Vec<Variable>,
    pub(super) nodes: usize,
}

impl Maker {
    /// A node's truth; `None` where it is too large to decide.
    pub(super) fn formula(&mut self, node: &Node, names: &dyn Names, aliases: u8) -> Option<Formula> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return None;
        }
        Some(match &node.kind {
            // A literal is meant: it stands for any.
            Kind::Bool(_) | Kind::Null => self.free(format!("#{}", self.variables.len()), node),
            Kind::Not(of) => Formula::Not(Box::new(self.formula(of, names, aliases)?)),
            Kind::And(nodes) => Formula::And(self.formulas(nodes, names, aliases)?),
            Kind::Or(nodes) => Formula::Or(self.formulas(nodes, names, aliases)?),
            Kind::If { then, condition, otherwise } => {
                let condition = Box::new(self.formula(condition, names, aliases)?);
                let then = Box::new(self.formula(then, names, aliases)?);
                let otherwise = match otherwise {
                    Some(otherwise) => Some(Box::new(self.formula(otherwise, names, aliases)?)),
                    None => None,
                };
                Formula::If(condition, then, otherwise)
            }
            Kind::Compare(first, rest) => {
                let mut left = first.as_ref();
                let mut links = Vec::new();
                for (comparison, right) in rest {
                    links.push(self.link(*comparison, left, right, names, aliases)?);
                    left = right;
                }
                Formula::And(links)
            }
            Kind::Name(name) => match names.definition(name).filter(|_| aliases < MAX_ALIASES) {
                Some((inner, names)) => self.formula(&inner.root, names.as_ref(), aliases + 1)?,
                None if names.literal(name).is_some() => self.free(format!("#{}", self.variables.len()), node),
                None => self.truth(node, names),
            },
            _ => self.truth(node, names),
        })
    }

    fn formulas(&mut self, nodes: &[Node], names: &dyn Names, aliases: u8) -> Option<Vec<Formula>> {
        nodes.iter().map(|node| self.formula(node, names, aliases)).collect()
    }

    fn truth(&mut self, node: &Node, names: &dyn Names) -> Formula {
        let kind = Checker::new(names).infer(node);
        if kind.any {
            return self.free(format!("{} truth", key(node, names)), node);
        }
        Formula::Truth(self.variable(key(node, names), node, Some(kind)))
    }

    fn link(&mut self, comparison: Comparison, left: &Node, right: &Node, names: &dyn Names, aliases: u8) -> Option<Formula> {
        self.nodes += 1;
        let positive = match comparison {
            Comparison::Unequal => Some(Comparison::Equal),
            Comparison::NotIn => Some(Comparison::In),
            _ => None,
        };
        if let Some(positive) = positive {
            return Some(Formula::Not(Box::new(self.link(positive, left, right, names, aliases)?)));
        }
        let (a, b) = (literal(left, names, 0), literal(right, names, 0));
        if comparison == Comparison::Equal {
            // `gone == true` is `gone`, where that is always one of the two.
            for (value, node) in [(&a, right), (&b, left)] {
                let Some(Value::Bool(wanted)) = value else { continue };
                let of = Checker::new(names).infer(node);
                if of.kinds() == [KindOf::Bool] && !of.null {
                    let formula = self.formula(node, names, aliases)?;
                    return Some(if *wanted { formula } else { Formula::Not(Box::new(formula)) });
                }
            }
        }
        let free = |maker: &mut Self| {
            let key = format!("{} {} {}", key(left, names), comparison.sign(), key(right, names));
            maker.free(key, left)
        };
        Some(match (a, b) {
            (Some(_), Some(_)) => free(self),
            (Some(constant), None) => match self.asked(right, names, &|kind| decidable(comparison, &constant, kind, false)) {
                Some(i) => {
                    self.note(i, &constant);
                    Formula::Link(comparison, Side::Constant(constant), Side::Variable(i))
                }
                None => free(self),
            },
            (None, Some(constant)) => match self.asked(left, names, &|kind| decidable(comparison, &constant, kind, true)) {
                Some(i) => {
                    self.note(i, &constant);
                    Formula::Link(comparison, Side::Variable(i), Side::Constant(constant))
                }
                None => free(self),
            },
            (None, None) => {
                let both = comparison != Comparison::In && finite(left, names) && finite(right, names);
                let pair = if both { self.asked(left, names, &|_| true).zip(self.asked(right, names, &|_| true)) } else { None };
                match pair {
                    Some((i, j)) => Formula::Link(comparison, Side::Variable(i), Side::Variable(j)),
                    None => free(self),
                }
            }
        })
    }

    /// The variable of a side of a comparison, where it can be decided.
    fn asked(&mut self, node: &Node, names: &dyn Names, decidable: &dyn Fn(&Type) -> bool) -> Option<usize> {
        self.asked_as(node, names, 0, decidable, node)
    }

    fn asked_as(&mut self, node: &Node, names: &dyn Names, aliases: u8, decidable: &dyn Fn(&Type) -> bool, shown: &Node) -> Option<usize> {
        if let Kind::Name(name) = &node.kind
            && aliases < MAX_ALIASES
            && let Some((inner, names)) = names.definition(name)
        {
            return self.asked_as(&inner.root, names.as_ref(), aliases + 1, decidable, shown);
        }
        let kind = Checker::new(names).infer(node);
        if !decidable(&kind) {
            return None;
        }
        Some(self.variable(key(node, names), shown, Some(kind)))
    }

    fn note(&mut self, i: usize, constant: &Value) {
        let Some(variable) = self.variables.get_mut(i) else { return };
        match constant {
            Value::List(items) => variable.constants.extend(items.iter().cloned()),
            other => variable.constants.push(other.clone()),
        }
    }

    fn free(&mut self, key: String, node: &Node) -> Formula {
        Formula::Free(self.variable(key, node, None))
    }

    fn variable(&mut self, key: String, node: &Node, kind: Option<Type>) -> usize {
        if let Some(known) = self.variables.iter().position(|known| known.key == key && known.kind.is_some() == kind.is_some()) {
            return known;
        }
        self.variables.push(Variable { key, shown: node.to_string(), kind, constants: Vec::new() });
        self.variables.len() - 1
    }
}

/// A node's text with what its names are bound to: equal keys give equal values for one row.
fn key(node: &Node, names: &dyn Names) -> String {
    let mut key = node.to_string();
    for (name, _) in crate::expr::names_at(node) {
        if let Some(slot) = names.slot(name) {
            key.push_str(&format!(" {name}#{slot}"));
        }
    }
    key
}

/// The value of a literal, or of a `let` that is one.
pub(super) fn literal(node: &Node, names: &dyn Names, aliases: u8) -> Option<Value> {
    match &node.kind {
        Kind::Null => Some(Value::Null),
        Kind::Bool(b) => Some(Value::Bool(*b)),
        Kind::Number(n) => Some(Value::Number(*n)),
        Kind::Text(t) => Some(Value::text(t.as_ref())),
        Kind::Negative(of) => match literal(of, names, aliases)? {
            Value::Number(n) => Some(Value::Number(n.neg())),
            _ => None,
        },
        Kind::List(items) => items.iter().map(|item| literal(item, names, aliases)).collect::<Option<Vec<_>>>().map(Value::list),
        Kind::Name(name) => names.literal(name).or_else(|| {
            let (inner, names) = names.definition(name).filter(|_| aliases < MAX_ALIASES)?;
            literal(&inner.root, names.as_ref(), aliases + 1)
        }),
        _ => None,
    }
}

/// Whether all values of a node can be listed.
fn finite(node: &Node, names: &dyn Names) -> bool {
    super::domain::is_finite(&Checker::new(names).infer(node))
}

impl Formula {
    /// The variables that it asks.
    pub(super) fn variables(&self, out: &mut Vec<usize>) {
        match self {
            Self::Free(i) | Self::Truth(i) => out.push(*i),
            Self::Link(_, a, b) => {
                for side in [a, b] {
                    if let Side::Variable(i) = side {
                        out.push(*i);
                    }
                }
            }
            Self::Not(of) => of.variables(out),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|one| one.variables(out)),
            Self::If(condition, then, otherwise) => {
                condition.variables(out);
                then.variables(out);
                if let Some(otherwise) = otherwise {
                    otherwise.variables(out);
                }
            }
        }
    }

    /// Its truth where the variables have these values; `Err` where the evaluation fails.
    pub(super) fn holds(&self, values: &[&Value]) -> Result<bool, ()> {
        let value = |i: &usize| values.get(*i).copied().ok_or(());
        match self {
            Self::Free(i) | Self::Truth(i) => Ok(value(i)?.is_truthy()),
            Self::Link(comparison, a, b) => {
                let side = |side: &'_ Side| match side {
                    Side::Variable(i) => value(i).cloned(),
                    Side::Constant(constant) => Ok(constant.clone()),
                };
                comparison.holds(&side(a)?, &side(b)?).map_err(|_| ())
            }
            Self::Not(of) => Ok(!of.holds(values)?),
            Self::And(all) => {
                for one in all {
                    if !one.holds(values)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(all) => {
                for one in all {
                    if one.holds(values)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::If(condition, then, otherwise) => match (condition.holds(values)?, otherwise) {
                (true, _) => then.holds(values),
                (false, Some(otherwise)) => otherwise.holds(values),
                (false, None) => Ok(false),
            },
        }
    }
}
