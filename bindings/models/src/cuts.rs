//! Where a network may be cut in two: after a node, where few values are alive. A value is alive from the node that makes it to the last that takes it.
//!
//! A graph of layers one after the other is narrow almost everywhere; where it branches, as encoders with bridges to decoders do, more values are alive
//! and are carried over, up to a bound. What follows from weights alone counts as a weight: engines compute it once.

use std::collections::{BTreeMap, BTreeSet};

use crate::onnx::Outline;

/// Most values that are carried over a cut.
const MAX_ALIVE: usize = 8;

/// The operators whose time counts.
const HEAVY: [&str; 6] = ["Conv", "ConvTranspose", "MatMul", "Gemm", "InstanceNormalization", "Resize"];

/// A place to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Nodes before it.
    pub(crate) nodes: usize,
    pub(crate) alive: Vec<String>,
}

/// Cuts into at most so many parts with about as many heavy nodes each, of those cuts that are wanted.
pub(crate) fn cuts(outline: &Outline, parts: usize, is_wanted: impl Fn(&Cut) -> bool) -> Vec<Cut> {
    if outline.nodes.iter().any(|node| node.has_graphs) {
        return Vec::new();
    }
    let heavy: usize = outline.nodes.iter().filter(|node| HEAVY.contains(&node.op.as_str())).count();
    let step = heavy.div_ceil(parts.max(1)).max(1);
    let mut chosen: Vec<Cut> = Vec::new();
    let (mut seen, mut due) = (0, step);
    let mut narrow = narrow(outline).into_iter().peekable();
    for (at, node) in outline.nodes.iter().enumerate() {
        if seen >= due
            && let Some(cut) = narrow.next_if(|cut| cut.nodes == at)
            && is_wanted(&cut)
        {
            due = seen + step;
            chosen.push(cut);
        }
        while narrow.next_if(|cut| cut.nodes <= at).is_some() {}
        seen += usize::from(HEAVY.contains(&node.op.as_str()));
    }
    chosen
}

/// All cuts over which few enough values are carried, none before the first or after the last node.
fn narrow(outline: &Outline) -> Vec<Cut> {
    let mut last_use: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, node) in outline.nodes.iter().enumerate() {
        last_use.extend(node.inputs.iter().map(|name| (name.as_str(), at)));
    }
    last_use.extend(outline.outputs.iter().map(|port| (port.name.as_str(), usize::MAX)));
    let given: BTreeSet<&str> = outline.inputs.iter().map(|port| port.name.as_str()).collect();
    let mut changing = given.clone();
    let mut alive: BTreeSet<&str> = BTreeSet::new();
    let mut cuts = Vec::new();
    for (at, node) in outline.nodes.iter().enumerate() {
        if at > 0 && !alive.is_empty() && alive.len() <= MAX_ALIVE {
            cuts.push(Cut { nodes: at, alive: alive.iter().map(|name| (*name).to_owned()).collect() });
        }
        if node.inputs.iter().any(|name| changing.contains(name.as_str())) {
            changing.extend(node.outputs.iter().map(String::as_str));
            alive.extend(node.outputs.iter().map(String::as_str).filter(|name| last_use.contains_key(name)));
        }
        alive.retain(|name| last_use.get(name).is_some_and(|last| *last > at));
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{Node, Port};

    fn node(op: &str, inputs: &[&str], output: &str) -> Node {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Node { op: op.into(), inputs: own(inputs), outputs: own(&[output]), has_graphs: false }
    }

    fn network(nodes: Vec<Node>, output: &str) -> Outline {
        let port = |name: &str| Port { name: name.into(), dtype: 1, shape: None };
        Outline { inputs: vec![port("x")], outputs: vec![port(output)], nodes, weights: ["w".to_owned()].into() }
    }

    fn places(cuts: &[Cut]) -> Vec<(usize, String)> {
        cuts.iter().map(|cut| (cut.nodes, cut.alive.join(" "))).collect()
    }

    #[test]
    fn a_chain_is_cut_behind_heavy_nodes() {
        let outline = network(
            vec![node("Conv", &["x", "w"], "a"), node("Relu", &["a"], "b"), node("Conv", &["b", "w"], "c"), node("Conv", &["c", "w"], "y")],
            "y",
        );
        assert_eq!(places(&cuts(&outline, 9, |_| true)), [(1, "a".into()), (3, "c".into())]);
        assert_eq!(places(&cuts(&outline, 2, |_| true)), [(3, "c".into())]);
        assert_eq!(places(&cuts(&outline, 9, |cut| cut.alive != ["a"])), [(2, "b".into()), (3, "c".into())], "the next one serves as well");
    }

    #[test]
    fn a_branch_is_carried_over_and_weights_are_not() {
        let outline = network(
            vec![
                node("Sqrt", &["w"], "v"),
                node("Conv", &["x", "v"], "a"),
                node("Conv", &["a", "v"], "b"),
                node("Add", &["a", "b"], "c"),
                node("Conv", &["c", "v"], "y"),
            ],
            "y",
        );
        assert_eq!(places(&cuts(&outline, 9, |_| true)), [(2, "a".into()), (3, "a b".into())]);
    }

    #[test]
    fn what_is_too_wide_or_has_graphs_inside_is_not_cut() {
        let mut nodes: Vec<Node> = (0..9).map(|at| node("Conv", &["x", "w"], &format!("a{at}"))).collect();
        let all: Vec<String> = (0..9).map(|at| format!("a{at}")).collect();
        nodes.push(node("Concat", &all.iter().map(String::as_str).collect::<Vec<_>>(), "y"));
        let outline = network(nodes, "y");
        assert_eq!(cuts(&outline, 99, |_| true).len(), 8, "nine values alive are too many");
        let mut branching = outline;
        branching.nodes[0].has_graphs = true;
        assert!(cuts(&branching, 99, |_| true).is_empty());
    }
}
