//! What an expression can be, found without a row: a set of values for each name and each part of a tree.
//!
//! A [`Type`] is a set that holds every value that any row can give, and maybe more; "any" holds all. What is claimed of a type is so true
//! of every row, and where little is known little is claimed. `infer` gives each node its type and tells what can only fail, `calls` knows
//! what filters and functions take and give, `declared` what a field's declaration says.

mod calls;
mod declared;
mod infer;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::row::decimal::Decimal;
use crate::row::value::Value;

pub(crate) use infer::{Checker, Names, Problem};

/// Most texts and named parts that a set holds one by one; beyond it they count as any.
const MAX_LISTED: usize = 64;
/// Most lists, maps and entries within one type; what would be heavier is any. Shared parts count each time: this bounds depth and time.
const MAX_WEIGHT: u16 = 256;

/// The values that an expression may have.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Type {
    /// Nothing is known: all of the below, and null.
    pub(crate) any: bool,
    pub(crate) null: bool,
    /// Whether it may be false, and whether it may be true.
    pub(crate) bools: [bool; 2],
    pub(crate) number: Option<Range>,
    pub(crate) text: Option<Texts>,
    /// The amounts, in whatever currency.
    pub(crate) money: Option<Range>,
    pub(crate) date: bool,
    pub(crate) interval: bool,
    pub(crate) image: bool,
    pub(crate) list: Option<List>,
    pub(crate) map: Option<Parts>,
}

/// Numbers from `min` to `max`, both among them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Range {
    pub(crate) min: Option<Decimal>,
    pub(crate) max: Option<Decimal>,
    pub(crate) whole: bool,
}

/// Texts: some, or all but perhaps the empty one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Texts {
    Any { may_be_empty: bool },
    Of(Arc<BTreeSet<Arc<str>>>),
}

/// Lists, by what their items may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct List {
    pub(crate) item: Arc<Type>,
    weight: u16,
}

/// Maps: all, or those with just these entries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Parts {
    Any,
    Of(Arc<BTreeMap<String, Type>>, u16),
}

/// The kinds of values; null is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KindOf {
    Bool,
    Number,
    Text,
    Money,
    Date,
    Interval,
    Image,
    List,
    Map,
}

impl KindOf {
    const ALL: [Self; 9] =
        [Self::Bool, Self::Number, Self::Text, Self::Money, Self::Date, Self::Interval, Self::Image, Self::List, Self::Map];

    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Money => "money",
            Self::Date => "a date",
            Self::Interval => "an interval",
            Self::Image => "a picture",
            Self::List => "a list",
            Self::Map => "a map",
        }
    }
}

impl Type {
    pub(crate) fn any() -> Self {
        Self { any: true, null: true, ..Self::default() }
    }

    pub(crate) fn null() -> Self {
        Self { null: true, ..Self::default() }
    }

    pub(crate) fn bool() -> Self {
        Self { bools: [true, true], ..Self::default() }
    }

    pub(crate) fn number(range: Range) -> Self {
        Self { number: Some(range), ..Self::default() }
    }

    pub(crate) fn money(range: Range) -> Self {
        Self { money: Some(range), ..Self::default() }
    }

    pub(crate) fn text() -> Self {
        Self { text: Some(Texts::Any { may_be_empty: true }), ..Self::default() }
    }

    /// A text that is not empty.
    pub(crate) fn words() -> Self {
        Self { text: Some(Texts::Any { may_be_empty: false }), ..Self::default() }
    }

    /// One of these texts.
    pub(crate) fn one_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        Self { text: Some(Texts::Of(Arc::new(texts.into_iter().map(Arc::from).collect()))), ..Self::default() }
    }

    pub(crate) fn date() -> Self {
        Self { date: true, ..Self::default() }
    }

    pub(crate) fn interval() -> Self {
        Self { interval: true, ..Self::default() }
    }

    pub(crate) fn list(item: Self) -> Self {
        let weight = item.weight().saturating_add(1);
        let (item, weight) = if weight > MAX_WEIGHT { (Self::any(), 1) } else { (item, weight) };
        Self { list: Some(List { item: Arc::new(item), weight }), ..Self::default() }
    }

    /// A map with just these entries.
    pub(crate) fn map(entries: impl IntoIterator<Item = (String, Type)>) -> Self {
        let entries: BTreeMap<String, Type> = entries.into_iter().take(MAX_LISTED + 1).collect();
        let weight = entries.values().fold(1u16, |sum, part| sum.saturating_add(part.weight()).saturating_add(1));
        let parts = if weight > MAX_WEIGHT || entries.len() > MAX_LISTED { Parts::Any } else { Parts::Of(Arc::new(entries), weight) };
        Self { map: Some(parts), ..Self::default() }
    }

    /// Just this value.
    pub(crate) fn of(value: &Value) -> Self {
        Self::of_nested(value, 0)
    }

    fn of_nested(value: &Value, depth: u8) -> Self {
        if depth > 8 {
            return Self::any();
        }
        let inner = |value: &Value| Self::of_nested(value, depth.saturating_add(1));
        match value {
            Value::Null => Self::null(),
            Value::Bool(b) => Self { bools: [!b, *b], ..Self::default() },
            Value::Number(n) => Self::number(Range::only(*n)),
            Value::Text(t) => Self::one_of([t.as_ref()]),
            Value::Money(m) => Self::money(Range::only(m.amount)),
            Value::Date(_) => Self::date(),
            Value::Interval(_) => Self::interval(),
            Value::List(items) if items.len() > MAX_LISTED => Self::list(Self::any()),
            Value::List(items) => Self::list(items.iter().fold(Self::default(), |all, item| all.or(&inner(item)))),
            Value::Map(entries) if entries.len() > MAX_LISTED => Self { map: Some(Parts::Any), ..Self::default() },
            Value::Map(entries) => Self::map(entries.iter().map(|(name, value)| (name.clone(), inner(value)))),
            Value::Image(_) => Self { image: true, ..Self::default() },
        }
    }

    /// The same, or null.
    pub(crate) fn or_null(self) -> Self {
        Self { null: true, ..self }
    }

    /// The same without null.
    pub(crate) fn non_null(self) -> Self {
        if self.any { self } else { Self { null: false, ..self } }
    }

    /// The values of both.
    pub(crate) fn or(&self, other: &Self) -> Self {
        if self.any || other.any {
            return Self::any();
        }
        Self {
            any: false,
            null: self.null || other.null,
            bools: [self.bools[0] || other.bools[0], self.bools[1] || other.bools[1]],
            number: either(self.number, other.number, Range::hull),
            text: either(self.text.clone(), other.text.clone(), Texts::or),
            money: either(self.money, other.money, Range::hull),
            date: self.date || other.date,
            interval: self.interval || other.interval,
            image: self.image || other.image,
            list: match (&self.list, &other.list) {
                (Some(a), Some(b)) => Self::list(a.item.or(&b.item)).list,
                (a, b) => a.clone().or_else(|| b.clone()),
            },
            map: either(self.map.clone(), other.map.clone(), Parts::or),
        }
    }

    /// What it may be beside null, in a fixed order; nothing where anything is possible.
    pub(crate) fn kinds(&self) -> Vec<KindOf> {
        KindOf::ALL.into_iter().filter(|kind| !self.any && self.has(*kind)).collect()
    }

    /// Whether it may be of a kind.
    pub(crate) fn has(&self, kind: KindOf) -> bool {
        self.any
            || match kind {
                KindOf::Bool => self.bools != [false, false],
                KindOf::Number => self.number.is_some(),
                KindOf::Text => self.text.is_some(),
                KindOf::Money => self.money.is_some(),
                KindOf::Date => self.date,
                KindOf::Interval => self.interval,
                KindOf::Image => self.image,
                KindOf::List => self.list.is_some(),
                KindOf::Map => self.map.is_some(),
            }
    }

    /// Whether it is null whatever the row.
    pub(crate) fn is_null(&self) -> bool {
        !self.any && self.null && self.kinds().is_empty()
    }

    /// The kinds in words: `a number`, `money or null`.
    pub(crate) fn noun(&self) -> String {
        let mut nouns: Vec<&str> = self.kinds().into_iter().map(KindOf::noun).collect();
        match nouns.pop() {
            None if self.any => "any value".to_owned(),
            None => "null".to_owned(),
            Some(last) if nouns.is_empty() => last.to_owned(),
            Some(last) => format!("{} or {last}", nouns.join(", ")),
        }
    }

    fn weight(&self) -> u16 {
        let list = self.list.as_ref().map_or(0, |list| list.weight);
        let map = if let Some(Parts::Of(_, weight)) = &self.map { *weight } else { 0 };
        list.saturating_add(map)
    }
}

fn either<T>(a: Option<T>, b: Option<T>, both: impl FnOnce(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(both(a, b)),
        (a, b) => a.or(b),
    }
}

impl Range {
    /// Whole numbers from 0 to 100.
    pub(crate) const PERCENT: Self = Self { min: Some(Decimal::ZERO), max: Some(Decimal::HUNDRED), whole: true };
    /// Whole numbers from 0.
    pub(crate) const COUNT: Self = Self { min: Some(Decimal::ZERO), max: None, whole: true };
    /// Whole numbers.
    pub(crate) const WHOLE: Self = Self { min: None, max: None, whole: true };
    /// Numbers from 0.
    pub(crate) const POSITIVE: Self = Self { min: Some(Decimal::ZERO), max: None, whole: false };
    /// All numbers.
    pub(crate) const ALL: Self = Self { min: None, max: None, whole: false };

    pub(crate) fn only(number: Decimal) -> Self {
        Self { min: Some(number), max: Some(number), whole: number.to_i64().is_some() }
    }

    fn hull(self, other: Self) -> Self {
        Self {
            min: self.min.zip(other.min).map(|(a, b)| a.min(b)),
            max: self.max.zip(other.max).map(|(a, b)| a.max(b)),
            whole: self.whole && other.whole,
        }
    }

    pub(crate) fn holds(self, number: Decimal) -> bool {
        self.min.is_none_or(|min| min <= number)
            && self.max.is_none_or(|max| number <= max)
            && (!self.whole || number.round(0) == Some(number))
    }
}

impl Texts {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Of(a), Self::Of(b)) if a == b => Self::Of(a),
            (Self::Of(a), Self::Of(b)) if a.len() + b.len() <= MAX_LISTED => Self::Of(Arc::new(a.union(&b).cloned().collect())),
            (a, b) => Self::Any { may_be_empty: a.may_be_empty() || b.may_be_empty() },
        }
    }

    pub(crate) fn may_be_empty(&self) -> bool {
        match self {
            Self::Any { may_be_empty } => *may_be_empty,
            Self::Of(texts) => texts.contains(""),
        }
    }
}

impl Parts {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Of(a, _), Self::Of(b, _)) if a.keys().eq(b.keys()) => {
                let both = a.iter().zip(b.values()).map(|((name, a), b)| (name.clone(), a.or(b)));
                Type::map(both).map.unwrap_or(Self::Any)
            }
            // A name that only one of them has would be null in the other: such a map is no longer known by its names.
            _ => Self::Any,
        }
    }
}
