//! Values that stand for all that a variable may have.
//!
//! Two values between which no comparison of the condition can tell are one class, and one of each class is tried: for numbers and texts the
//! constants themselves, what lies between two of them, below the least and above the greatest; null, true and false where possible.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::expr::ast::Comparison;
use crate::expr::types::{KindOf, Parts, Range, Texts, Type};
use crate::row::date::{Date, Interval};
use crate::row::decimal::Decimal;
use crate::row::money::{Currency, Money};
use crate::row::{InlineImage, Value};

/// Whether trying the values of [`representatives`] tells all that a comparison with a constant can give.
pub(super) fn decidable(comparison: Comparison, constant: &Value, kind: &Type, variable_is_left: bool) -> bool {
    let plain = |value: &Value| matches!(value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_));
    if kind.any || kind.list.is_some() || kind.map.is_some() {
        return false;
    }
    match (comparison, constant) {
        (Comparison::In, Value::List(items)) => variable_is_left && items.iter().all(plain),
        (Comparison::In, Value::Text(_)) => is_finite(kind),
        (Comparison::In, _) => false,
        (_, constant) => plain(constant),
    }
}

/// Whether a type has few values, all known.
pub(super) fn is_finite(kind: &Type) -> bool {
    !kind.any
        && kind.kinds().iter().all(|one| match one {
            KindOf::Bool => true,
            KindOf::Text => matches!(kind.text, Some(Texts::Of(_))),
            _ => false,
        })
}

/// One value of each class, in a fixed order.
pub(super) fn representatives(kind: &Type, constants: &[Value]) -> Vec<Value> {
    let mut values = Vec::new();
    if kind.null {
        values.push(Value::Null);
    }
    values.extend([false, true].into_iter().zip(kind.bools).filter(|(_, possible)| *possible).map(|(value, _)| Value::Bool(value)));
    if let Some(range) = kind.number {
        let constants = constants.iter().filter_map(|value| if let Value::Number(n) = value { Some(*n) } else { None });
        values.extend(numbers(range, constants).into_iter().map(Value::Number));
    }
    match &kind.text {
        Some(Texts::Of(all)) => values.extend(all.iter().map(|text| Value::Text(Arc::clone(text)))),
        Some(Texts::Any { may_be_empty }) => {
            let constants = constants.iter().filter_map(Value::as_text);
            values.extend(texts(*may_be_empty, constants).into_iter().map(Value::text));
        }
        None => {}
    }
    if let (Some(range), Some(currency)) = (kind.money, Currency::parse("EUR")) {
        values.extend(numbers(range, std::iter::empty()).into_iter().map(|amount| Value::Money(Money { amount, currency })));
    }
    if kind.date {
        values.push(Value::Date(Date::at(0, 0)));
    }
    if kind.interval {
        values.push(Value::Interval(Interval { start: None, end: None }));
    }
    if kind.image {
        values.push(Value::Image(InlineImage::new("", *b"")));
    }
    if kind.list.is_some() {
        values.extend([Value::list([]), Value::list([Value::Null])]);
    }
    let (empty, filled) = match &kind.map {
        None => (false, false),
        Some(Parts::Any) => (true, true),
        Some(Parts::Of(parts, _)) => (parts.is_empty(), !parts.is_empty()),
    };
    values.extend(empty.then(|| Value::map::<String>([])));
    values.extend(filled.then(|| Value::map([("", Value::Null)])));
    values
}

/// Nought, the range's ends and the constants, with one number of each gap.
fn numbers(range: Range, constants: impl Iterator<Item = Decimal>) -> Vec<Decimal> {
    let marks: BTreeSet<Decimal> = constants.chain([Decimal::ZERO]).chain(range.min).chain(range.max).collect();
    let one = Decimal::from(1);
    let step = |mark: Decimal, up: bool| {
        let near = if range.whole { if up { floor(mark) } else { floor(mark.neg()).map(Decimal::neg) } } else { Some(mark) };
        near.and_then(|near| if up { near.add(one) } else { near.sub(one) })
    };
    let marks: Vec<Decimal> = marks.into_iter().collect();
    let mut found: Vec<Decimal> = marks.first().and_then(|least| step(*least, false)).into_iter().collect();
    for (i, mark) in marks.iter().enumerate() {
        found.push(*mark);
        match marks.get(i + 1) {
            Some(next) if range.whole => found.extend(step(*mark, true).filter(|between| between < next)),
            Some(next) => found.extend(middle(*mark, *next)),
            None => found.extend(step(*mark, true)),
        }
    }
    found.retain(|number| range.holds(*number));
    found
}

fn floor(number: Decimal) -> Option<Decimal> {
    number.floor_div(Decimal::from(1))
}

/// A number between two, where there is one.
fn middle(a: Decimal, b: Decimal) -> Option<Decimal> {
    let two = Decimal::from(2);
    let middle = a.add(b).and_then(|sum| sum.div(two)).or_else(|| a.div(two)?.add(b.div(two)?))?;
    (a < middle && middle < b).then_some(middle)
}

/// The constants, with one text of each gap: a text's next in order is itself with the least character behind it.
fn texts<'t>(may_be_empty: bool, constants: impl Iterator<Item = &'t str>) -> Vec<String> {
    let marks: BTreeSet<&str> = constants.chain([""]).collect();
    let marks: Vec<&str> = marks.into_iter().collect();
    let mut found = Vec::new();
    for (i, mark) in marks.iter().enumerate() {
        found.push((*mark).to_owned());
        let next = format!("{mark}\0");
        if marks.get(i + 1).is_none_or(|after| next.as_str() < *after) {
            found.push(next);
        }
    }
    found.retain(|text| may_be_empty || !text.is_empty());
    found
}
