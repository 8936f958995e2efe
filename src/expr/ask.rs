//! What an expression asks that is certain whatever the row: comparisons and conditions that can never, or always, be true.
//!
//! Each place where something was asked is told, certain or not: the same text may be read for several variants, and what is certain must be
//! so for all of them. Of parts within each other only the innermost is told.

use crate::error::Code;
use crate::expr::Expr;
use crate::expr::ast::{Comparison, Kind, Node};
use crate::expr::decide::{self, Assumed, Budget, Certain};
use crate::expr::types::{Checker, Names};
use crate::row::value::Value;

/// A place of an expression where something was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The byte of the source that it begins at.
    pub(crate) offset: usize,
    /// Tells several places at one offset apart.
    pub(crate) key: String,
    pub(crate) claim: Option<(Code, String)>,
}

impl Expr {
    /// All that the expression asks; with `is_condition` also the whole of it.
    pub(crate) fn asked(&self, names: &dyn Names, assumed: &[Assumed<'_>], is_condition: bool, budget: &mut Budget) -> Vec<Asked> {
        let mut asking = Asking { names, assumed, budget, found: Vec::new() };
        let told = asking.node(&self.root);
        if is_condition && !told {
            asking.condition(&self.root);
        }
        asking.found
    }

    /// What is certain of the whole expression.
    pub(crate) fn decide(&self, names: &dyn Names, assumed: &[Assumed<'_>], budget: &mut Budget) -> Option<Certain> {
        decide::decide(&self.root, names, assumed, budget)
    }

    /// The expression as an assumption: that it holds, or that it does not.
    pub(crate) fn assumed<'a>(&'a self, names: &'a dyn Names, holds: bool) -> Assumed<'a> {
        Assumed { node: &self.root, names, holds }
    }
}

struct Asking<'a> {
    names: &'a dyn Names,
    assumed: &'a [Assumed<'a>],
    budget: &'a mut Budget,
    found: Vec<Asked>,
}

impl Asking<'_> {
    /// Whether something in or below the node is certain.
    fn node(&mut self, node: &Node) -> bool {
        let mut told = false;
        for child in node.kind.children() {
            let inner = self.node(child);
            let is_condition = matches!(&node.kind, Kind::If { condition, .. } if std::ptr::eq(condition.as_ref(), child));
            told |= inner || (is_condition && self.condition(child));
        }
        if let Kind::Compare(first, rest) = &node.kind
            && !told
        {
            told = self.items(first, rest);
            let certain = if told { None } else { decide::decide(node, self.names, &[], self.budget) };
            told |= self.tell(node, "comparison", certain);
        }
        told
    }

    fn condition(&mut self, node: &Node) -> bool {
        let certain = decide::decide(node, self.names, self.assumed, self.budget);
        self.tell(node, "condition", certain)
    }

    fn tell(&mut self, node: &Node, what: &str, certain: Option<Certain>) -> bool {
        let shown = node.to_string();
        let claim = certain.map(|certain| {
            let here = if certain.assumed { " here" } else { "" };
            let (code, rule) = if certain.holds { (Code::AlwaysTrue, "is always true") } else { (Code::NeverTrue, "can never be true") };
            (code, format!("`{}` {rule}{here}: {}", short(&shown), certain.reason))
        });
        let told = claim.is_some();
        self.found.push(Asked { offset: offset(node), key: format!("{what} {shown}"), claim });
        told
    }

    /// The texts of `x in ['a', 'b']` that `x` can never be.
    fn items(&mut self, first: &Node, rest: &[(Comparison, Node)]) -> bool {
        let [(Comparison::In | Comparison::NotIn, Node { kind: Kind::List(items), .. })] = rest else { return false };
        let kind = Checker::new(self.names).infer(first);
        let Some(known) = kind.text.as_ref().and_then(|texts| texts.listed()) else { return false };
        let mut told = false;
        for item in items {
            let Some(Value::Text(text)) = decide::literal(item, self.names) else { continue };
            let claim = (!known.contains(&text.as_ref())).then(|| {
                let near = decide::near(&text, &known).map(|near| format!(", did you mean '{near}'?")).unwrap_or_default();
                let listed = decide::listed(&kind).unwrap_or_default();
                (Code::NeverTrue, format!("`{}` is never {}: it is {listed}{near}", short(&first.to_string()), short(&item.to_string())))
            });
            told |= claim.is_some();
            self.found.push(Asked { offset: offset(item), key: "item".to_owned(), claim });
        }
        told
    }
}

/// Where a node's text begins: an operator's own offset is behind its first operand.
fn offset(node: &Node) -> usize {
    let mut least = node.at;
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        least = least.min(node.at);
        open.extend(node.kind.children());
    }
    usize::try_from(least).unwrap_or(0)
}

/// A source for a message.
fn short(source: &str) -> String {
    match source.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", source.get(..end).unwrap_or_default()),
        None => source.to_owned(),
    }
}
