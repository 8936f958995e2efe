//! Whether a condition can hold, and whether it can fail, over all rows that the template's types allow.
//!
//! A condition asks finitely many questions of the row. Each variable gets one value for every way in which the questions can tell values
//! apart, and all combinations are put to the evaluator's own comparisons. Where there are too many, or where the budget of the template is
//! used up, nothing is claimed.

mod domain;
mod formula;
mod reason;

use formula::{Formula, Maker};
pub(crate) use reason::{listed, near};

use crate::expr::ast::Node;
use crate::expr::types::Names;
use crate::row::value::Value;

/// Most combinations of one condition.
const MAX_COMBINATIONS: usize = 4096;
/// Formula nodes that all decisions of one template may look at together.
const MAX_STEPS: usize = 4_000_000;

/// What is left of a template's steps.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_STEPS)
    }
}

impl Budget {
    fn take(&mut self, steps: usize) -> bool {
        self.0 = self.0.saturating_sub(steps);
        self.0 > 0
    }
}

/// A condition that holds, or fails, wherever another one is asked.
pub(crate) struct Assumed<'a> {
    pub(crate) node: &'a Node,
    pub(crate) names: &'a dyn Names,
    pub(crate) holds: bool,
}

/// What is certain of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certain {
    pub(crate) holds: bool,
    /// Whether it is certain only because of the assumptions.
    pub(crate) assumed: bool,
    pub(crate) reason: String,
}

/// The value of a literal, or of a `let` that is one.
pub(crate) fn literal(node: &Node, names: &dyn Names) -> Option<Value> {
    formula::literal(node, names, 0)
}

/// Decides a condition by itself, and else under the assumptions; `None` where it depends on the row, or is too much to decide.
pub(crate) fn decide(node: &Node, names: &dyn Names, assumed: &[Assumed<'_>], budget: &mut Budget) -> Option<Certain> {
    let mut maker = Maker::default();
    let condition = maker.formula(node, names, 0)?;
    let nodes = maker.nodes;
    if !budget.take(nodes) || condition.is_literal(&maker) {
        return None;
    }
    match outcome(&condition, &[], &maker, nodes, budget)? {
        (true, true) => {}
        (holds, _) => return Some(Certain { holds, assumed: false, reason: reason::of(&condition, &maker, holds) }),
    }
    let mut others = Vec::new();
    for assumption in assumed {
        let formula = maker.formula(assumption.node, assumption.names, 0)?;
        others.push(if assumption.holds { formula } else { Formula::Not(Box::new(formula)) });
    }
    if !budget.take(maker.nodes) {
        return None;
    }
    let connected = connected(&condition, others);
    if connected.is_empty() {
        return None;
    }
    let (holds, _) = outcome(&condition, &connected, &maker, maker.nodes, budget).filter(|both| *both != (true, true))?;
    // One of them alone is the better reason.
    let alone = assumed.iter().find(|one| one.decides(node, names, budget));
    let reason = match alone {
        Some(Assumed { node, holds: true, .. }) => format!("it is asked only where `{node}` holds"),
        Some(Assumed { node, .. }) => format!("it is asked only where `{node}` does not hold"),
        None => "it is asked only where the conditions before it hold".to_owned(),
    };
    Some(Certain { holds, assumed: true, reason })
}

impl Assumed<'_> {
    /// Whether a condition is certain under this assumption alone.
    fn decides(&self, node: &Node, names: &dyn Names, budget: &mut Budget) -> bool {
        let mut maker = Maker::default();
        let (Some(condition), Some(own)) = (maker.formula(node, names, 0), maker.formula(self.node, self.names, 0)) else { return false };
        let own = if self.holds { own } else { Formula::Not(Box::new(own)) };
        matches!(outcome(&condition, &[own], &maker, maker.nodes, budget), Some((false, true) | (true, false)))
    }
}

/// Whether nothing is left for any row that comes here: the assumptions cannot hold together.
pub(crate) fn is_unreachable(assumed: &[Assumed<'_>], budget: &mut Budget) -> bool {
    let mut maker = Maker::default();
    let mut formulas = Vec::new();
    for assumption in assumed {
        let Some(formula) = maker.formula(assumption.node, assumption.names, 0) else { return false };
        formulas.push(if assumption.holds { formula } else { Formula::Not(Box::new(formula)) });
    }
    if !budget.take(maker.nodes) {
        return false;
    }
    let nodes = maker.nodes;
    matches!(outcome(&Formula::And(formulas), &[], &maker, nodes, budget), Some((false, _)))
}

/// The assumptions that share a variable with the condition, or with one that does.
fn connected(condition: &Formula, mut others: Vec<Formula>) -> Vec<Formula> {
    let mut seen = Vec::new();
    condition.variables(&mut seen);
    let mut kept = Vec::new();
    loop {
        let (near, far): (Vec<_>, Vec<_>) = others.into_iter().partition(|other| {
            let mut own = Vec::new();
            other.variables(&mut own);
            own.iter().any(|i| seen.contains(i))
        });
        if near.is_empty() {
            return kept;
        }
        near.iter().for_each(|formula| formula.variables(&mut seen));
        kept.extend(near);
        others = far;
    }
}

/// Whether the condition can hold and whether it can fail where the assumptions hold; `None` for neither, and where it is too much.
fn outcome(condition: &Formula, assumed: &[Formula], maker: &Maker, nodes: usize, budget: &mut Budget) -> Option<(bool, bool)> {
    let mut used = Vec::new();
    condition.variables(&mut used);
    assumed.iter().for_each(|one| one.variables(&mut used));
    used.sort_unstable();
    used.dedup();
    let mut domains: Vec<Vec<Value>> = Vec::new();
    let mut combinations = 1usize;
    for (i, variable) in maker.variables.iter().enumerate() {
        let values = match &variable.kind {
            _ if !used.contains(&i) => vec![Value::Null],
            None => vec![Value::Bool(false), Value::Bool(true)],
            Some(kind) => domain::representatives(kind, &variable.constants),
        };
        combinations = combinations.checked_mul(values.len()).filter(|count| *count <= MAX_COMBINATIONS)?;
        domains.push(values);
    }
    let (mut can_hold, mut can_fail) = (false, false);
    for combination in 0..combinations {
        if !budget.take(nodes) {
            return None;
        }
        let mut rest = combination;
        let mut values = Vec::with_capacity(domains.len());
        for domain in &domains {
            values.push(domain.get(rest % domain.len())?);
            rest /= domain.len();
        }
        if assumed.iter().any(|one| one.holds(&values) != Ok(true)) {
            continue;
        }
        match condition.holds(&values) {
            Ok(true) => can_hold = true,
            Ok(false) => can_fail = true,
            Err(()) => {}
        }
        if can_hold && can_fail {
            break;
        }
    }
    (can_hold || can_fail).then_some((can_hold, can_fail))
}

impl Formula {
    /// Whether it asks nothing of the row but what stands for a literal.
    fn is_literal(&self, maker: &Maker) -> bool {
        let mut used = Vec::new();
        self.variables(&mut used);
        used.iter().all(|i| maker.variables.get(*i).is_none_or(|variable| variable.kind.is_none()))
    }
}
