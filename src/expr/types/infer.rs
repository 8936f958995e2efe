//! From the leaves to the root: the type of each node, and what can only fail.
//!
//! Told is a part that fails for every row that reaches it. Null never fails: a comparison with it is false, arithmetic with it null.

use super::{KindOf, Parts, Range, Type};
use crate::error::{Code, nearest};
use crate::expr::Expr;
use crate::expr::ast::{Comparison, Kind, Node, Operator};
use crate::row::decimal::Decimal;
use crate::row::value::Value;

/// What the names of an expression stand for.
pub(crate) trait Names {
    /// What a name may be.
    fn type_of(&self, name: &str) -> Type;

    /// Which binding a name means; `None` for a column of the row, which its name tells.
    fn slot(&self, name: &str) -> Option<usize>;

    /// The expression that a `let` stands for, with the names that it sees.
    fn definition<'n>(&'n self, name: &str) -> Option<(&'n Expr, Box<dyn Names + 'n>)>;

    /// The value of a `let` that is a literal.
    fn literal(&self, name: &str) -> Option<Value>;
}

/// What is wrong with an expression whatever the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    /// The byte of the source that the message speaks of.
    pub(crate) offset: usize,
    pub(crate) message: String,
}

/// Finds the types of one expression's parts.
pub(crate) struct Checker<'a> {
    names: &'a dyn Names,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(names: &'a dyn Names) -> Self {
        Self { names, problems: Vec::new() }
    }

    /// What a node may be.
    pub(crate) fn infer(&mut self, node: &Node) -> Type {
        match &node.kind {
            Kind::Null => Type::null(),
            Kind::Bool(b) => Type { bools: [!b, *b], ..Type::default() },
            Kind::Number(n) => Type::number(Range::only(*n)),
            Kind::Text(t) => Type::one_of([t.as_ref()]),
            Kind::Name(name) => self.names.type_of(name),
            Kind::List(items) => {
                let item = items.iter().fold(Type::default(), |all, item| all.or(&self.infer(item)));
                Type::list(item)
            }
            Kind::Map(entries) => self.map(entries),
            Kind::Attribute(of, name) => {
                let found = self.infer(of);
                self.part(node, of, &found, name)
            }
            Kind::Index(of, index) => self.index(node, of, index),
            Kind::Call(function, arguments) => self.call(node, *function, arguments),
            Kind::Filter(filter, of, arguments) => self.filter(node, *filter, of, arguments),
            Kind::Not(of) => {
                self.infer(of);
                Type::bool()
            }
            Kind::Negative(of) => self.negative(node, of),
            Kind::Or(nodes) => {
                let types: Vec<Type> = nodes.iter().map(|node| self.infer(node)).collect();
                let last = types.len().saturating_sub(1);
                // All but the last are given only where they are truthy.
                types.iter().enumerate().fold(Type::default(), |all, (i, one)| all.or(&if i < last { truthy(one) } else { one.clone() }))
            }
            Kind::And(nodes) => nodes.iter().fold(Type::default(), |all, node| all.or(&self.infer(node))),
            Kind::Compare(first, rest) => {
                let mut left = (first.as_ref(), self.infer(first));
                for (comparison, node) in rest {
                    let right = (node, self.infer(node));
                    self.compare(*comparison, &left, &right);
                    left = right;
                }
                Type::bool()
            }
            Kind::Sum(first, rest) | Kind::Product(first, rest) => {
                let mut found = self.infer(first);
                for (operator, node) in rest {
                    let right = self.infer(node);
                    found = self.operate(*operator, node, &found, &right);
                }
                found
            }
            Kind::Concat(nodes) => {
                for node in nodes {
                    let found = self.infer(node);
                    self.printed(node, &found);
                }
                Type::text()
            }
            Kind::If { then, condition, otherwise } => {
                self.infer(condition);
                let then = self.infer(then);
                then.or(&otherwise.as_ref().map_or_else(Type::null, |otherwise| self.infer(otherwise)))
            }
        }
    }

    /// Tells of a value that is printed and cannot be.
    pub(crate) fn printed(&mut self, node: &Node, found: &Type) {
        let kinds = found.kinds();
        let unprintable = |kind: &KindOf| matches!(kind, KindOf::List | KindOf::Map | KindOf::Image);
        if !kinds.is_empty() && kinds.iter().all(unprintable) {
            self.unlike(node, || format!("only one value can be printed, found {} in `{node}`", found.noun()));
        }
    }

    pub(super) fn unlike(&mut self, node: &Node, message: impl FnOnce() -> String) {
        self.problem(Code::UnlikeTypes, node, message());
    }

    fn problem(&mut self, code: Code, node: &Node, message: String) {
        let offset = usize::try_from(node.at).unwrap_or(0);
        self.problems.push(Problem { code, offset, message: shortened(message) });
    }

    fn map(&mut self, entries: &[(Node, Node)]) -> Type {
        let mut named = Vec::new();
        let mut known = true;
        for (key, value) in entries {
            let (of_key, value) = (self.infer(key), self.infer(value));
            if !of_key.any && !of_key.has(KindOf::Text) {
                self.unlike(key, || format!("a map's key must be a text, found {} in `{key}`", of_key.noun()));
            }
            match &key.kind {
                Kind::Text(name) => named.push((name.to_string(), value)),
                _ => known = false,
            }
        }
        if known { Type::map(named) } else { Type { map: Some(Parts::Any), ..Type::default() } }
    }

    /// `of.name`.
    fn part(&mut self, node: &Node, of_node: &Node, of: &Type, name: &str) -> Type {
        if of.any || of.is_null() {
            return if of.any { Type::any() } else { Type::null() };
        }
        let mut found = Type { null: of.null, ..Type::default() };
        let mut known: Vec<String> = Vec::new();
        let mut has = false;
        match &of.map {
            Some(Parts::Any) => return Type::any(),
            Some(Parts::Of(parts, _)) => match parts.get(name) {
                Some(part) => (found, has) = (found.or(part), true),
                None => {
                    found.null = true;
                    known.extend(parts.keys().cloned());
                }
            },
            None => {}
        }
        if let Some(range) = of.money {
            known.extend(["amount", "currency"].map(str::to_owned));
            match name {
                "amount" => (found, has) = (found.or(&Type::number(range)), true),
                "currency" => (found, has) = (found.or(&Type::words()), true),
                _ => {}
            }
        }
        if of.interval {
            known.extend(["start", "end"].map(str::to_owned));
            if matches!(name, "start" | "end") {
                (found, has) = (found.or(&Type::date().or_null()), true);
            }
        }
        if has {
            return found;
        }
        if of.map.is_none() && known.is_empty() {
            let noun = of.noun();
            self.unlike(node, || format!("only maps, money and intervals have named parts, found {name:?} of {noun} in `{node}`"));
            return Type::any();
        }
        let names = known.join(", ");
        let near = nearest(name, known.iter().map(String::as_str)).map(|near| format!(", did you mean {near:?}?")).unwrap_or_default();
        let has = if names.is_empty() { "no parts".to_owned() } else { names };
        self.problem(Code::UnknownName, node, format!("`{of_node}` has {has}, found {name:?}{near}"));
        found
    }

    /// `of[index]`.
    fn index(&mut self, node: &Node, of_node: &Node, index_node: &Node) -> Type {
        let (of, index) = (self.infer(of_node), self.infer(index_node));
        if let Kind::Text(name) = &index_node.kind
            && of.list.is_none()
            && of.text.is_none()
        {
            return self.part(node, of_node, &of, name);
        }
        if of.any || index.any {
            return Type::any();
        }
        if of.is_null() || index.is_null() {
            return Type::null();
        }
        let by_number = of.list.is_some() || of.text.is_some();
        let by_text = of.map.is_some() || of.money.is_some() || of.interval;
        if !(by_number && index.number.is_some() || by_text && index.text.is_some()) {
            self.unlike(node, || format!("{} cannot be indexed by {}, found `{node}`", of.noun(), index.noun()));
            return Type::any();
        }
        if by_text {
            return Type::any();
        }
        let item = of.list.as_ref().map(|list| list.item().clone()).unwrap_or_default();
        let letter = if of.text.is_some() { Type::words() } else { Type::default() };
        item.or(&letter).or_null()
    }

    fn negative(&mut self, node: &Node, of_node: &Node) -> Type {
        let of = self.infer(of_node);
        if of.any {
            return Type { number: Some(Range::ALL), money: Some(Range::ALL), null: true, ..Type::default() };
        }
        if !of.kinds().is_empty() && of.number.is_none() && of.money.is_none() {
            self.unlike(node, || format!("only a number or money can be negative, found {} in `{node}`", of.noun()));
            return Type::any();
        }
        let turned = |range: Range| Range { min: range.max.map(Decimal::neg), max: range.min.map(Decimal::neg), whole: range.whole };
        Type { number: of.number.map(turned), money: of.money.map(turned), null: of.null, ..Type::default() }
    }

    fn compare(&mut self, comparison: Comparison, left: &(&Node, Type), right: &(&Node, Type)) {
        let ((a_node, a), (b_node, b)) = (left, right);
        let (kinds_a, kinds_b) = (a.kinds(), b.kinds());
        if kinds_a.is_empty() || kinds_b.is_empty() {
            return;
        }
        let possible = |pair: fn(KindOf, KindOf) -> bool| kinds_a.iter().any(|x| kinds_b.iter().any(|y| pair(*x, *y)));
        let shown = || format!("`{a_node} {} {b_node}`", comparison.sign());
        match comparison {
            Comparison::Equal | Comparison::Unequal if possible(|a, b| a == b) => {}
            Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual
                if possible(|a, b| a == b && has_order(a)) => {}
            Comparison::In | Comparison::NotIn => {
                let in_list = b.list.as_ref().is_some_and(|list| {
                    let items = list.item().kinds();
                    items.is_empty() || items.iter().any(|item| kinds_a.contains(item))
                });
                let in_other =
                    possible(|a, b| matches!((a, b), (KindOf::Text, KindOf::Text | KindOf::Map) | (KindOf::Date, KindOf::Interval)));
                if in_list || in_other {
                    return;
                }
                let found = match &b.list {
                    Some(list) if kinds_b == [KindOf::List] => format!("{} in a list of {}", a.noun(), list.item().noun()),
                    _ => format!("{} in {}", a.noun(), b.noun()),
                };
                self.unlike(a_node, || {
                    format!(
                        "`in` looks for a value in a list, a text in a text or a map, a date in an interval, found {found}: {}",
                        shown()
                    )
                });
            }
            _ if kinds_a == kinds_b => {
                self.unlike(a_node, || format!("values that are {} have no order, found {}", a.noun(), shown()));
            }
            _ => {
                let amount = matches!(
                    (kinds_a.as_slice(), kinds_b.as_slice()),
                    ([KindOf::Money], [KindOf::Number]) | ([KindOf::Number], [KindOf::Money])
                );
                let hint = if amount { ", compare its `amount`" } else { "" };
                self.unlike(a_node, || format!("{} cannot be compared with {}, found {}{hint}", a.noun(), b.noun(), shown()));
            }
        }
    }

    fn operate(&mut self, operator: Operator, node: &Node, left: &Type, right: &Type) -> Type {
        use KindOf::{Money, Number, Text};
        if left.is_null() || right.is_null() {
            return Type::null();
        }
        let mut found = Type { null: left.null || right.null, ..Type::default() };
        let ranges = |of: &Type| if of.any { (Some(Range::ALL), Some(Range::ALL)) } else { (of.number, of.money) };
        let ((numbers_a, money_a), (numbers_b, money_b)) = (ranges(left), ranges(right));
        let mut possible = false;
        let mut add = |result: Type| {
            possible = true;
            found = found.or(&result);
        };
        if let Some((a, b)) = numbers_a.zip(numbers_b) {
            add(Type::number(a.operate(operator, b)));
        }
        if operator == Operator::Add && left.has(Text) && right.has(Text) {
            add(Type::text());
        }
        if let Some((a, b)) = money_a.zip(money_b) {
            match operator {
                Operator::Add | Operator::Subtract => add(Type::money(a.operate(operator, b))),
                Operator::Divide => add(Type::number(Range::ALL)),
                _ => {}
            }
        }
        if let Some((a, b)) = money_a.zip(numbers_b)
            && matches!(operator, Operator::Multiply | Operator::Divide)
        {
            add(Type::money(a.operate(operator, b)));
        }
        if let Some((a, b)) = numbers_a.zip(money_b)
            && operator == Operator::Multiply
        {
            add(Type::money(a.operate(operator, b)));
        }
        if !possible {
            let hint = match (left.kinds().as_slice(), right.kinds().as_slice()) {
                ([Text], [Number | Money]) | ([Number | Money], [Text]) if operator == Operator::Add => ", join texts with ~",
                _ => "",
            };
            let (sign, a, b) = (operator.sign(), left.noun(), right.noun());
            self.unlike(node, || format!("`{sign}` cannot be applied to {a} and {b}, found `{sign} {node}`{hint}"));
            return Type::any();
        }
        found
    }
}

/// Whether `<` and its kin hold between two values of the kind.
fn has_order(kind: KindOf) -> bool {
    matches!(kind, KindOf::Bool | KindOf::Number | KindOf::Text | KindOf::Money | KindOf::Date)
}

/// The values that `or` stops at.
fn truthy(of: &Type) -> Type {
    if of.any { of.clone() } else { Type { null: false, bools: [false, of.bools[1]], ..of.clone() } }
}

/// A message quotes the source, which may be long.
fn shortened(message: String) -> String {
    const MOST: usize = 300;
    match message.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message,
    }
}

impl Range {
    /// All that an operation on two numbers of the ranges may give.
    fn operate(self, operator: Operator, other: Self) -> Self {
        let both =
            |a: Option<Decimal>, b: Option<Decimal>, with: fn(Decimal, Decimal) -> Option<Decimal>| a.zip(b).and_then(|(a, b)| with(a, b));
        let whole = self.whole && other.whole;
        match operator {
            Operator::Add => Self { min: both(self.min, other.min, Decimal::add), max: both(self.max, other.max, Decimal::add), whole },
            Operator::Subtract => {
                Self { min: both(self.min, other.max, Decimal::sub), max: both(self.max, other.min, Decimal::sub), whole }
            }
            Operator::Multiply => {
                let corners = [(self.min, other.min), (self.min, other.max), (self.max, other.min), (self.max, other.max)];
                let products: Option<Vec<Decimal>> = corners.into_iter().map(|(a, b)| both(a, b, Decimal::mul)).collect();
                match products {
                    Some(products) => {
                        let (min, max) = (products.iter().copied().reduce(Decimal::min), products.iter().copied().reduce(Decimal::max));
                        Self { min, max, whole }
                    }
                    None if self.is_positive() && other.is_positive() => Self { whole, ..Self::POSITIVE },
                    None => Self { whole, ..Self::ALL },
                }
            }
            Operator::Divide if self.is_positive() && other.is_positive() => Self::POSITIVE,
            Operator::Divide => Self::ALL,
            Operator::FloorDivide if self.is_positive() && other.is_positive() => Self::COUNT,
            Operator::FloorDivide => Self::WHOLE,
            Operator::Remainder if other.is_positive() => Self { min: Some(Decimal::ZERO), max: other.max, whole },
            Operator::Remainder => Self { whole, ..Self::ALL },
        }
    }

    fn is_positive(self) -> bool {
        self.min.is_some_and(|min| !min.is_negative())
    }
}
