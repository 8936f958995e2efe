//! What the filters and functions take and give.

use super::infer::Checker;
use super::{KindOf, Range, Type};
use crate::expr::ast::{Kind, Node};
use crate::expr::names::{Filter, Function};
use crate::row::decimal::Decimal;

use KindOf::{Date, Interval, List, Map, Money, Number, Text};

impl Checker<'_> {
    /// `of | filter(arguments)`.
    pub(super) fn filter(&mut self, node: &Node, filter: Filter, subject: &Node, arguments: &[Option<Node>]) -> Type {
        let of = self.infer(subject);
        let given: Vec<Option<Type>> = arguments.iter().map(|node| node.as_ref().map(|node| self.infer(node))).collect();
        let argument = |i: usize| given.get(i).and_then(Option::as_ref);
        if filter == Filter::Default {
            let value = argument(0).cloned().unwrap_or_else(Type::null);
            return if argument(1).is_some() || of.null { of.non_null().or(&value) } else { of };
        }
        if of.is_null() {
            return Type::null();
        }
        let (takes, arguments_take) = takes(filter);
        if !takes.is_empty() && !fits(&of, takes) {
            self.unlike(node, || format!("`{}` needs {}, found {} in `{node}`", filter.signature().name, nouns(takes), of.noun()));
            return Type::any();
        }
        for (i, kind) in arguments_take.iter().enumerate() {
            // Null is no argument either: what is left out is not there at all.
            if let Some(found) = argument(i)
                && (!fits(found, &[*kind]) || found.is_null())
            {
                let parameter = filter.signature().parameters.get(i).copied().unwrap_or("");
                let name = filter.signature().name;
                self.unlike(node, || format!("`{name}` needs {} as {parameter:?}, found {} in `{node}`", kind.noun(), found.noun()));
            }
        }
        let may_be_empty = of.text.as_ref().is_none_or(super::Texts::may_be_empty);
        let digits = match arguments.first() {
            None | Some(None) => Some(0),
            Some(Some(Node { kind: Kind::Number(digits), .. })) => digits.to_i64(),
            Some(Some(_)) => None,
        };
        let result = match filter {
            Filter::Upper | Filter::Lower | Filter::Title | Filter::Capitalize if !may_be_empty => Type::words(),
            Filter::Money | Filter::MoneyInt | Filter::Number | Filter::Percent => Type::words(),
            Filter::Default
            | Filter::MoneySymbol
            | Filter::MoneyFrac
            | Filter::Date
            | Filter::Upper
            | Filter::Lower
            | Filter::Title
            | Filter::Capitalize
            | Filter::Trim
            | Filter::Truncate
            | Filter::Replace
            | Filter::Join
            | Filter::StripHtml => Type::text(),
            Filter::First | Filter::Last if of.any => Type::any(),
            Filter::First | Filter::Last => {
                let item = of.list.as_ref().map(|list| list.item().clone()).unwrap_or_default();
                let letter = if of.text.is_some() { Type::words() } else { Type::default() };
                item.or(&letter).or_null()
            }
            Filter::Split => Type::list(Type::text()),
            Filter::Length => Type::number(Range::COUNT),
            Filter::Round => rounded(&of, |range| match digits {
                Some(0) => Range { min: range.min.and_then(|n| n.round(0)), max: range.max.and_then(|n| n.round(0)), whole: true },
                _ => Range::ALL,
            }),
            Filter::Abs => rounded(&of, |range| match (range.min, range.max) {
                (Some(min), _) if !min.is_negative() => range,
                (Some(min), Some(max)) => Range { min: Some(Decimal::ZERO), max: Some(min.abs().max(max.abs())), ..range },
                _ => Range { whole: range.whole, ..Range::POSITIVE },
            }),
        };
        if of.null { result.or_null() } else { result }
    }

    /// `function(arguments)`.
    pub(super) fn call(&mut self, node: &Node, function: Function, arguments: &[Option<Node>]) -> Type {
        let given: Vec<Option<Type>> = arguments.iter().map(|node| node.as_ref().map(|node| self.infer(node))).collect();
        let name = function.signature().name;
        for (i, found) in given.iter().enumerate() {
            let Some((kind, found)) = parameter(function, i).zip(found.as_ref()) else { continue };
            if !fits(found, &[kind]) {
                let parameter = function.signature().parameters.get(i).copied().unwrap_or("");
                self.unlike(node, || format!("`{name}` needs {} as {parameter:?}, found {} in `{node}`", kind.noun(), found.noun()));
            }
        }
        let argument = |i: usize| given.get(i).and_then(Option::as_ref).cloned().unwrap_or_else(Type::null);
        let (price, sale) = (argument(0), argument(1));
        let possible = price.has(Money) && sale.has(Money);
        let absent = price.null || sale.null;
        match function {
            Function::Deal => deal(&price, &sale, argument(2), possible),
            Function::OnSale => Type { bools: [true, possible], ..Type::default() },
            Function::PercentOff => {
                Type { null: absent, ..Type::number(if possible { Range::PERCENT } else { Range::only(Decimal::ZERO) }) }
            }
            Function::Saving if possible => Type::money(Range::POSITIVE).or_null(),
            Function::Saving => Type::null(),
            Function::DaysUntil => Type { null: price.null, ..Type::number(Range::WHOLE) },
            Function::Contrast => Type::any(),
            Function::Translate => Type::text(),
        }
    }
}

/// `{ on, now, was, percent, saving, ends }`.
fn deal(price: &Type, sale: &Type, interval: Type, possible: bool) -> Type {
    let money = |of: &Type| if of.any { Some(Range::ALL) } else { of.money };
    let amounts = |of: &Type| Type { money: money(of), ..Type::default() };
    let now = if possible { amounts(price).or(&amounts(sale)) } else { amounts(price) };
    let ends = if possible && interval.has(Interval) { Type::date().or_null() } else { Type::null() };
    let part = |of: Type| if possible { of.or_null() } else { Type::null() };
    Type::map([
        ("on".to_owned(), Type { bools: [true, possible], ..Type::default() }),
        ("now".to_owned(), Type { null: price.null, ..now }),
        ("was".to_owned(), part(amounts(price))),
        ("percent".to_owned(), Type::number(if possible { Range::PERCENT } else { Range::only(Decimal::ZERO) })),
        ("saving".to_owned(), part(Type::money(Range::POSITIVE))),
        ("ends".to_owned(), ends),
    ])
}

/// What a filter works on, and what its arguments must be; nothing where it takes anything.
fn takes(filter: Filter) -> (&'static [KindOf], &'static [KindOf]) {
    match filter {
        Filter::Default => (&[], &[]),
        Filter::Money => (&[Money], &[Text]),
        Filter::MoneySymbol | Filter::MoneyInt | Filter::MoneyFrac => (&[Money], &[]),
        Filter::Number => (&[Number], &[Number, Number]),
        Filter::Percent => (&[Number], &[]),
        Filter::Date => (&[Date], &[Text]),
        Filter::Upper | Filter::Lower | Filter::Title | Filter::Capitalize | Filter::Trim | Filter::StripHtml => (&[Text], &[]),
        Filter::Truncate => (&[Text], &[Number]),
        Filter::Replace => (&[Text], &[Text, Text]),
        Filter::First | Filter::Last => (&[Text, List], &[]),
        Filter::Join => (&[List], &[Text]),
        Filter::Split => (&[Text], &[Text]),
        Filter::Length => (&[Text, List, Map], &[]),
        Filter::Round => (&[Number, Money], &[Number]),
        Filter::Abs => (&[Number, Money], &[]),
    }
}

/// What a function's argument must be, beside null.
fn parameter(function: Function, i: usize) -> Option<KindOf> {
    match (function, i) {
        (Function::Deal | Function::OnSale, 2) => Some(Interval),
        (Function::Deal | Function::OnSale | Function::PercentOff | Function::Saving, _) => Some(Money),
        (Function::DaysUntil, _) => Some(Date),
        (Function::Contrast, _) => None,
        (Function::Translate, 0) => Some(Text),
        (Function::Translate, _) => None,
    }
}

/// Whether a value of the type may be one of the kinds; null passes.
fn fits(found: &Type, kinds: &[KindOf]) -> bool {
    found.kinds().is_empty() || kinds.iter().any(|kind| found.has(*kind))
}

fn nouns(kinds: &[KindOf]) -> String {
    kinds.iter().map(|kind| kind.noun()).collect::<Vec<_>>().join(" or ")
}

/// Numbers and amounts with another range.
fn rounded(of: &Type, change: impl Fn(Range) -> Range) -> Type {
    if of.any {
        return Type { number: Some(Range::ALL), money: Some(Range::ALL), ..Type::default() };
    }
    Type { number: of.number.map(&change), money: of.money.map(&change), ..Type::default() }
}
