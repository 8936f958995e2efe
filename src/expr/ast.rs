//! The tree of an expression, and its canonical print: `parse(print(e)) == e`.
//!
//! Chains of one precedence are one node (`a + b - c` is a first operand and two steps), so that the tree is as deep as the source is
//! nested and not as long as it is. Offsets are for messages alone: two trees that differ only in spelling are equal.

use std::fmt::{self, Write as _};

use crate::expr::names::{Filter, Function};
use crate::row::decimal::Decimal;

/// A part of an expression and where it begins.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Byte offset in the expression's source.
    pub(crate) at: u32,
    /// Levels of nodes below and including this one.
    pub(crate) height: u8,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Box<str>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Name(Box<str>),
    Attribute(Box<Node>, Box<str>),
    Index(Box<Node>, Box<Node>),
    Call(Function, Vec<Option<Node>>),
    Filter(Filter, Box<Node>, Vec<Option<Node>>),
    Not(Box<Node>),
    Negative(Box<Node>),
    Or(Vec<Node>),
    And(Vec<Node>),
    Compare(Box<Node>, Vec<(Comparison, Node)>),
    Sum(Box<Node>, Vec<(Operator, Node)>),
    Concat(Vec<Node>),
    Product(Box<Node>, Vec<(Operator, Node)>),
    If { then: Box<Node>, condition: Box<Node>, otherwise: Option<Box<Node>> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
}

impl Comparison {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }
}

impl Operator {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Remainder => "%",
        }
    }
}

impl Kind {
    /// The nodes directly below.
    pub(crate) fn children(&self) -> Vec<&Node> {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Name(_) => Vec::new(),
            Self::List(nodes) | Self::Or(nodes) | Self::And(nodes) | Self::Concat(nodes) => nodes.iter().collect(),
            Self::Map(entries) => entries.iter().flat_map(|(k, v)| [k, v]).collect(),
            Self::Attribute(of, _) | Self::Not(of) | Self::Negative(of) => vec![of],
            Self::Index(of, index) => vec![of, index],
            Self::Call(_, arguments) => arguments.iter().flatten().collect(),
            Self::Filter(_, of, arguments) => std::iter::once(of.as_ref()).chain(arguments.iter().flatten()).collect(),
            Self::Compare(first, rest) => std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, n)| n)).collect(),
            Self::Sum(first, rest) | Self::Product(first, rest) => {
                std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, n)| n)).collect()
            }
            Self::If { then, condition, otherwise } => {
                [Some(then), Some(condition), otherwise.as_ref()].into_iter().flatten().map(Box::as_ref).collect()
            }
        }
    }

    /// How tightly the outermost operator binds; an operand that binds less than its place asks for stands in parentheses.
    fn binding(&self) -> u8 {
        match self {
            Self::If { .. } => 0,
            Self::Or(_) => 1,
            Self::And(_) => 2,
            Self::Not(_) => 3,
            Self::Compare(..) => 4,
            Self::Sum(..) => 5,
            Self::Concat(_) => 6,
            Self::Product(..) => 7,
            Self::Negative(_) => 8,
            Self::Filter(..) => 9,
            _ => 10,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Null => f.write_str("null"),
            Kind::Bool(b) => write!(f, "{b}"),
            Kind::Number(n) => write!(f, "{n}"),
            Kind::Text(t) => text(f, t),
            Kind::Name(name) => f.write_str(name),
            Kind::List(items) => {
                f.write_char('[')?;
                joined(f, items, ", ", 0)?;
                f.write_char(']')
            }
            Kind::Map(entries) => {
                f.write_char('{')?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if i > 0 { ", " } else { "" })?;
                }
                f.write_char('}')
            }
            Kind::Attribute(of, name) => {
                operand(f, of, 10)?;
                write!(f, ".{name}")
            }
            Kind::Index(of, index) => {
                operand(f, of, 10)?;
                write!(f, "[{index}]")
            }
            Kind::Call(function, given) => {
                f.write_str(function.signature().name)?;
                f.write_char('(')?;
                arguments(f, function.signature().parameters, given)?;
                f.write_char(')')
            }
            Kind::Filter(filter, of, given) => {
                operand(f, of, 8)?;
                write!(f, " | {}", filter.signature().name)?;
                if given.iter().any(Option::is_some) {
                    f.write_char('(')?;
                    arguments(f, filter.signature().parameters, given)?;
                    f.write_char(')')?;
                }
                Ok(())
            }
            Kind::Not(of) => {
                f.write_str("not ")?;
                operand(f, of, 3)
            }
            Kind::Negative(of) => {
                f.write_char('-')?;
                // A filter takes what stands before it with its sign, so below a sign it needs its parentheses.
                operand(f, of, if matches!(of.kind, Kind::Filter(..)) { 10 } else { 8 })
            }
            Kind::Or(nodes) => joined(f, nodes, " or ", 2),
            Kind::And(nodes) => joined(f, nodes, " and ", 3),
            Kind::Concat(nodes) => joined(f, nodes, " ~ ", 7),
            Kind::Compare(first, rest) => {
                operand(f, first, 5)?;
                for (comparison, node) in rest {
                    write!(f, " {} ", comparison.sign())?;
                    operand(f, node, 5)?;
                }
                Ok(())
            }
            Kind::Sum(first, rest) => chain(f, first, rest, 6),
            Kind::Product(first, rest) => chain(f, first, rest, 8),
            Kind::If { then, condition, otherwise } => {
                operand(f, then, 1)?;
                f.write_str(" if ")?;
                operand(f, condition, 1)?;
                match otherwise {
                    Some(otherwise) => write!(f, " else {otherwise}"),
                    None => Ok(()),
                }
            }
        }
    }
}

fn operand(f: &mut fmt::Formatter<'_>, node: &Node, least: u8) -> fmt::Result {
    if node.kind.binding() < least { write!(f, "({node})") } else { write!(f, "{node}") }
}

fn joined(f: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str, least: u8) -> fmt::Result {
    for (i, node) in nodes.iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        operand(f, node, least)?;
    }
    Ok(())
}

fn chain(f: &mut fmt::Formatter<'_>, first: &Node, rest: &[(Operator, Node)], least: u8) -> fmt::Result {
    operand(f, first, least)?;
    for (operator, node) in rest {
        write!(f, " {} ", operator.sign())?;
        operand(f, node, least)?;
    }
    Ok(())
}

/// Arguments by position as far as none is left out, then by name.
fn arguments(f: &mut fmt::Formatter<'_>, parameters: &[&str], given: &[Option<Node>]) -> fmt::Result {
    let mut between = "";
    let mut by_position = true;
    for (node, name) in given.iter().zip(parameters) {
        match node {
            Some(node) if by_position => write!(f, "{between}{node}")?,
            Some(node) => write!(f, "{between}{name}={node}")?,
            None => {
                by_position = false;
                continue;
            }
        }
        between = ", ";
    }
    Ok(())
}

fn text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('\'')?;
    for c in text.chars() {
        match c {
            '\'' => f.write_str("\\'")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('\'')
}
