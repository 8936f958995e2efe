//! A tree and names to a value.
//!
//! Every node, list item and chain link costs a step, and every text is measured before it is made. Beside the value an evaluation
//! collects the next instant at which the same expressions would give something else, and the names that nothing had.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::expr::ast::{Comparison, Kind, Node};
use crate::expr::names::{Filter, Function};
use crate::expr::operate::operate;
use crate::expr::scope::{Context, Scope};
use crate::expr::{MAX_STEPS, MAX_TEXT_BYTES};
use crate::row::date::Date;
use crate::row::value::Value;

/// Why an expression has no value for this row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EvalError {
    /// The byte of the source that the message speaks of.
    pub(crate) offset: usize,
    pub(crate) message: String,
}

/// One row's evaluations: names in, values out, what they depended on collected.
pub(crate) struct Evaluation<'a> {
    /// The names; callers push and pop layers between evaluations.
    pub(crate) scope: Scope<'a>,
    pub(crate) context: Context<'a>,
    steps: u32,
    valid_until: Option<i64>,
    missing: BTreeSet<String>,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(scope: Scope<'a>, context: Context<'a>) -> Self {
        Self { scope, context, steps: 0, valid_until: None, missing: BTreeSet::new() }
    }

    /// The first instant after `now` at which an expression evaluated so far may give another value.
    pub(crate) fn valid_until(&self) -> Option<i64> {
        self.valid_until
    }

    /// Names that were used and that nothing had: they counted as null.
    pub(crate) fn missing(&self) -> &BTreeSet<String> {
        &self.missing
    }

    /// A whole expression, with a step budget of its own.
    pub(crate) fn run(&mut self, node: &Node) -> Result<Value, EvalError> {
        self.steps = 0;
        self.value(node)
    }

    pub(super) fn value(&mut self, node: &Node) -> Result<Value, EvalError> {
        self.charge(1).map_err(at(node))?;
        Ok(match &node.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(n) => Value::Number(*n),
            Kind::Text(t) => Value::text(t.as_ref()),
            Kind::Name(name) => self.name(name).map_err(at(node))?,
            Kind::List(items) => {
                let list = Value::List(items.iter().map(|n| self.value(n)).collect::<Result<Vec<_>, _>>()?.into());
                self.charge_for(&list).map_err(at(node))?;
                list
            }
            Kind::Map(entries) => {
                let map = self.map(entries)?;
                self.charge_for(&map).map_err(at(node))?;
                map
            }
            Kind::Attribute(of, name) => {
                let of = self.value(of)?;
                attribute(&of, name).map_err(at(node))?
            }
            Kind::Index(of, index) => {
                let (of, index) = (self.value(of)?, self.value(index)?);
                element(&of, &index).map_err(at(node))?
            }
            Kind::Call(function, arguments) => {
                let arguments = self.arguments(arguments)?;
                self.call(*function, &arguments).map_err(at(node))?
            }
            Kind::Filter(filter, of, arguments) => {
                let of = if self.is_now(of) { self.now_for_filter(*filter, arguments).map_err(at(of))? } else { self.value(of)? };
                let arguments = self.arguments(arguments)?;
                self.filter(*filter, of, &arguments).map_err(at(node))?
            }
            Kind::Not(of) => Value::Bool(!self.value(of)?.is_truthy()),
            Kind::Negative(of) => match self.value(of)? {
                Value::Null => Value::Null,
                Value::Number(n) => Value::Number(n.neg()),
                Value::Money(m) => Value::Money(crate::row::money::Money { amount: m.amount.neg(), ..m }),
                other => return Err(at(node)(format!("only a number or money can be negative, found {}", other.short()))),
            },
            Kind::Or(nodes) => self.first_where(nodes, true)?,
            Kind::And(nodes) => self.first_where(nodes, false)?,
            Kind::Compare(first, rest) => self.compare(first, rest)?,
            Kind::Sum(first, rest) | Kind::Product(first, rest) => {
                let mut value = self.value(first)?;
                for (operator, operand) in rest {
                    let operand = self.value(operand)?;
                    value = operate(*operator, &value, &operand).map_err(at(node))?;
                }
                value
            }
            Kind::Concat(nodes) => {
                let mut text = String::new();
                for part in nodes {
                    let printed = self.value(part)?.print(self.context.lang).map_err(at(part))?;
                    append(&mut text, &printed).map_err(at(part))?;
                }
                Value::text(text)
            }
            Kind::If { then, condition, otherwise } => match (self.value(condition)?.is_truthy(), otherwise) {
                (true, _) => self.value(then)?,
                (false, Some(otherwise)) => self.value(otherwise)?,
                (false, None) => Value::Null,
            },
        })
    }

    /// Takes steps from the budget.
    pub(super) fn charge(&mut self, steps: usize) -> Result<(), String> {
        self.steps = self.steps.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
        if self.steps > MAX_STEPS { Err(format!("expression takes more than the limit of {MAX_STEPS} steps")) } else { Ok(()) }
    }

    /// Takes a step for each value inside: a chain of lists of lists doubles with each link, and what is made of them must be paid for.
    fn charge_for(&mut self, value: &Value) -> Result<(), String> {
        if matches!(value, Value::List(_) | Value::Map(_)) {
            self.charge(value.weight(usize::try_from(MAX_STEPS).unwrap_or(usize::MAX)))
        } else {
            Ok(())
        }
    }

    /// The host's time, for what cannot do without.
    pub(super) fn now(&self) -> Result<i64, String> {
        self.context.now.ok_or_else(|| "this depends on the time, the host must pass `now`".to_owned())
    }

    /// Remembers that the value may change at an instant, if that is still to come.
    pub(super) fn changes_at(&mut self, instant_s: i64) {
        if self.context.now.is_some_and(|now| instant_s > now) {
            self.valid_until = Some(self.valid_until.map_or(instant_s, |known| known.min(instant_s)));
        }
    }

    fn name(&mut self, name: &str) -> Result<Value, String> {
        if let Some(value) = self.scope.get(name) {
            return Ok(value);
        }
        match name {
            "now" => {
                let now = self.now()?;
                self.changes_at(now.saturating_add(1));
                Ok(Value::Date(Date::at(now, self.context.zone.offset_at(now))))
            }
            "lang" => Ok(Value::text(self.context.lang)),
            _ => {
                self.missing.insert(name.to_owned());
                Ok(Value::Null)
            }
        }
    }

    /// Whether a node is the name `now` itself, of which the use tells better than the name when it changes.
    fn is_now(&self, node: &Node) -> bool {
        matches!(&node.kind, Kind::Name(name) if name.as_ref() == "now") && self.scope.get("now").is_none()
    }

    /// `now` before a filter: a date pattern without seconds changes more rarely than each second.
    fn now_for_filter(&mut self, filter: Filter, arguments: &[Option<Node>]) -> Result<Value, String> {
        let now = self.now()?;
        let change = match (filter, arguments.first()) {
            (Filter::Date, Some(Some(Node { kind: Kind::Text(pattern), .. }))) => {
                crate::row::locale::next_change(pattern, now, self.context.zone)
            }
            _ => Some(now.saturating_add(1)),
        };
        change.into_iter().for_each(|at| self.changes_at(at));
        Ok(Value::Date(Date::at(now, self.context.zone.offset_at(now))))
    }

    fn map(&mut self, entries: &[(Node, Node)]) -> Result<Value, EvalError> {
        let mut map = BTreeMap::new();
        for (key, value) in entries {
            match self.value(key)? {
                Value::Text(name) => map.insert(name.to_string(), self.value(value)?),
                other => return Err(at(key)(format!("a map's key must be a text, found {}", other.short()))),
            };
        }
        Ok(Value::Map(Arc::new(map)))
    }

    fn arguments(&mut self, nodes: &[Option<Node>]) -> Result<Vec<Option<Value>>, EvalError> {
        nodes.iter().map(|node| node.as_ref().map(|n| self.value(n)).transpose()).collect()
    }

    /// `or` and `and`: the first operand that decides, or the last.
    fn first_where(&mut self, nodes: &[Node], truthy: bool) -> Result<Value, EvalError> {
        let mut value = Value::Null;
        for node in nodes {
            value = self.value(node)?;
            if value.is_truthy() == truthy {
                break;
            }
        }
        Ok(value)
    }

    /// `a < b <= c` holds if every link does.
    fn compare(&mut self, first: &Node, rest: &[(Comparison, Node)]) -> Result<Value, EvalError> {
        let (mut left, mut left_clock) = self.compared(first)?;
        for (comparison, node) in rest {
            let (right, right_clock) = self.compared(node)?;
            match (left_clock, right_clock) {
                (Some(Clock::Days(_)), Some(Clock::Days(_))) => self.changes_at_midnight(),
                _ => {
                    left_clock.into_iter().for_each(|clock| self.is_held_against(clock, &right));
                    right_clock.into_iter().for_each(|clock| self.is_held_against(clock, &left));
                }
            }
            if !self.holds(*comparison, &left, &right).map_err(at(node))? {
                return Ok(Value::Bool(false));
            }
            (left, left_clock) = (right, right_clock);
        }
        Ok(Value::Bool(true))
    }

    /// Remembers when a comparison of what time moves with a value may come out otherwise.
    fn is_held_against(&mut self, clock: Clock, value: &Value) {
        match (clock, value) {
            (_, Value::List(items)) => items.iter().for_each(|item| self.is_held_against(clock, item)),
            (Clock::Now, Value::Date(date)) => {
                self.changes_at(date.seconds);
                self.changes_at(date.seconds.saturating_add(1));
            }
            (Clock::Now, Value::Interval(interval)) => {
                if let Some(change) = self.context.now.and_then(|now| interval.next_change(now)) {
                    self.changes_at(change);
                }
            }
            (Clock::Days(day), Value::Number(number)) => self.counts_down(day, *number),
            _ => {}
        }
    }

    /// A comparison's operand, and what moves it if that is `now` or `days_until(...)` itself: then the other operand tells better than each
    /// second or midnight when the outcome changes.
    fn compared(&mut self, node: &Node) -> Result<(Value, Option<Clock>), EvalError> {
        if self.is_now(node) {
            self.charge(1).map_err(at(node))?;
            let now = self.now().map_err(at(node))?;
            return Ok((Value::Date(Date::at(now, self.context.zone.offset_at(now))), Some(Clock::Now)));
        }
        if let Kind::Call(Function::DaysUntil, arguments) = &node.kind {
            self.charge(1).map_err(at(node))?;
            let arguments = self.arguments(arguments)?;
            let date = arguments.first().and_then(Option::as_ref).unwrap_or(&Value::Null);
            return Ok(match self.days_until(date).map_err(at(node))? {
                Some((days, day)) => (days, Some(Clock::Days(day))),
                None => (Value::Null, None),
            });
        }
        Ok((self.value(node)?, None))
    }

    fn holds(&mut self, comparison: Comparison, left: &Value, right: &Value) -> Result<bool, String> {
        self.charge_for(left)?;
        self.charge_for(right)?;
        comparison.holds(left, right)
    }
}

impl Comparison {
    /// Whether two values compare so; the message names both where they are of unlike types.
    pub(crate) fn holds(self, left: &Value, right: &Value) -> Result<bool, String> {
        Ok(match self {
            Self::Equal => left.equals(right)?,
            Self::Unequal => !left.equals(right)?,
            Self::In => contains(right, left)?,
            Self::NotIn => !contains(right, left)?,
            Self::Less => left.order(right)? == Some(Ordering::Less),
            Self::Greater => left.order(right)? == Some(Ordering::Greater),
            Self::LessOrEqual => left.order(right)?.is_some_and(Ordering::is_le),
            Self::GreaterOrEqual => left.order(right)?.is_some_and(Ordering::is_ge),
        })
    }
}

/// What time moves in a comparison.
#[derive(Debug, Clone, Copy)]
enum Clock {
    /// `now`.
    Now,
    /// `days_until` a date of this local day, counted since 1970-01-01.
    Days(i64),
}

/// A message at a node.
fn at(node: &Node) -> impl Fn(String) -> EvalError + use<> {
    let offset = usize::try_from(node.at).unwrap_or(0);
    move |message| EvalError { offset, message }
}

/// Adds to a text within its bound.
pub(super) fn append(text: &mut String, more: &str) -> Result<(), String> {
    if text.len().saturating_add(more.len()) > MAX_TEXT_BYTES {
        return Err(format!("a text must be at most {MAX_TEXT_BYTES} bytes long, found more"));
    }
    text.push_str(more);
    Ok(())
}

/// `of.name`.
fn attribute(of: &Value, name: &str) -> Result<Value, String> {
    match (of, name) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Map(entries), _) => Ok(entries.get(name).cloned().unwrap_or_default()),
        (Value::Money(money), "amount") => Ok(Value::Number(money.amount)),
        (Value::Money(money), "currency") => Ok(Value::text(money.currency.code())),
        (Value::Interval(interval), "start") => Ok(interval.start.map(Value::Date).unwrap_or_default()),
        (Value::Interval(interval), "end") => Ok(interval.end.map(Value::Date).unwrap_or_default()),
        (Value::Money(_), _) => Err(format!("money has `amount` and `currency`, found {name:?}")),
        (Value::Interval(_), _) => Err(format!("an interval has `start` and `end`, found {name:?}")),
        (other, _) => Err(format!("only maps, money and intervals have named parts, found {:?} of {}", name, other.short())),
    }
}

/// `of[index]`: what is not there is null; negative positions count from the end.
fn element(of: &Value, index: &Value) -> Result<Value, String> {
    let position = |length: usize| -> Result<Option<usize>, String> {
        let Value::Number(number) = index else {
            return Err(format!("a position must be a whole number, found {}", index.short()));
        };
        let number = number.to_i64().ok_or_else(|| format!("a position must be a whole number, found {number}"))?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        Ok(usize::try_from(if number < 0 { number.saturating_add(length) } else { number }).ok())
    };
    match (of, index) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Map(_) | Value::Money(_) | Value::Interval(_), Value::Text(name)) => attribute(of, name),
        (Value::List(items), _) => Ok(position(items.len())?.and_then(|i| items.get(i).cloned()).unwrap_or_default()),
        (Value::Text(text), _) => {
            let found = position(text.chars().count())?.and_then(|i| text.chars().nth(i));
            Ok(found.map(|c| Value::text(c.to_string())).unwrap_or_default())
        }
        (other, _) => Err(format!("only lists, texts and maps can be indexed, found {} at {}", other.short(), index.short())),
    }
}

/// `item in of`.
fn contains(of: &Value, item: &Value) -> Result<bool, String> {
    match (of, item) {
        (Value::List(items), _) => {
            for known in items.iter() {
                if known.equals(item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        (Value::Text(text), Value::Text(part)) => Ok(text.contains(part.as_ref())),
        (Value::Map(entries), Value::Text(name)) => Ok(entries.contains_key(name.as_ref())),
        (Value::Interval(interval), Value::Date(date)) => Ok(interval.contains(date.seconds)),
        _ => Err(format!("`in` looks for a value in a list, a text in a text or a map, found {} in {}", item.short(), of.short())),
    }
}
