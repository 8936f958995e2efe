//! What a name stands for: the one type that rows hold, fields are read into and expressions give.
//!
//! Cloning is cheap (shared text, lists and maps). Comparison is typed: unlike types and two currencies are a fault of the row, never
//! `false`, so that a typo in a feed cannot quietly turn a badge off.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::quoted;
use crate::row::date::{Date, Interval};
use crate::row::decimal::Decimal;
use crate::row::money::Money;
use crate::row::picture::{Content, InlineImage};
use crate::row::zone::Zone;

/// A value of a row or an expression.
///
/// ```
/// use templrender::{Decimal, Value};
/// let product = Value::map([("name", Value::text("Aster honey")), ("sizes", Value::list([Value::from(250), Value::from(500)]))]);
/// assert!(product.is_truthy());
/// assert_eq!(Value::from("honey").as_text(), Some("honey"));
/// assert_eq!(Value::from(0), Value::Number(Decimal::ZERO));
/// assert!(Value::default().is_null());
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// Nothing: a missing column, an empty or blank cell.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// An exact number.
    Number(Decimal),
    /// A text.
    Text(Arc<str>),
    /// A price.
    Money(Money),
    /// A day or an instant.
    Date(Date),
    /// A span of time.
    Interval(Interval),
    /// Values in order.
    List(Arc<[Value]>),
    /// Values by name.
    Map(Arc<BTreeMap<String, Value>>),
    /// A picture that came with the row.
    Image(InlineImage),
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A list value.
    pub fn list(items: impl Into<Arc<[Value]>>) -> Self {
        Self::List(items.into())
    }

    /// A map value.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Map(Arc::new(entries.into_iter().map(|(k, v)| (k.into(), v)).collect()))
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What messages call its type.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Money(_) => "money",
            Self::Date(_) => "date",
            Self::Interval(_) => "interval",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Image(_) => "image",
        }
    }

    /// Whether `if` takes it: null, false, nought and what is empty are falsy.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(b) => *b,
            Self::Number(n) => !n.is_zero(),
            Self::Text(t) => !t.is_empty(),
            Self::Money(m) => !m.amount.is_zero(),
            Self::List(l) => !l.is_empty(),
            Self::Map(m) => !m.is_empty(),
            Self::Date(_) | Self::Interval(_) | Self::Image(_) => true,
        }
    }

    /// The value as a text shows it, in a language for prices; lists, maps and pictures cannot be printed.
    pub(crate) fn print(&self, lang: &str) -> Result<String, String> {
        Ok(match self {
            Self::Null => String::new(),
            Self::Bool(b) => b.to_string(),
            Self::Number(n) => n.to_string(),
            Self::Text(t) => t.as_ref().to_owned(),
            Self::Money(m) => m.print(lang)?,
            Self::Date(d) => d.to_string(),
            Self::Interval(i) => i.to_string(),
            Self::List(_) => return Err("a list cannot be printed, use `join`, `first` or `for`".to_owned()),
            Self::Map(_) => return Err("a map cannot be printed, name one of its entries".to_owned()),
            Self::Image(image) => return Err(format!("a picture cannot be printed, found {}", quoted(image.name()))),
        })
    }

    /// `==`: null equals only null; unlike types are an error.
    pub(crate) fn equals(&self, other: &Value) -> Result<bool, String> {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => Ok(self.is_null() && other.is_null()),
            (Self::List(a), Self::List(b)) => {
                let mut same = a.len() == b.len();
                for (a, b) in a.iter().zip(b.iter()) {
                    same = same && a.equals(b)?;
                }
                Ok(same)
            }
            (Self::Map(a), Self::Map(b)) => {
                let mut same = a.len() == b.len();
                for ((ka, a), (kb, b)) in a.iter().zip(b.iter()) {
                    same = same && ka == kb && a.equals(b)?;
                }
                Ok(same)
            }
            (Self::Interval(a), Self::Interval(b)) => {
                let seconds = |i: &Interval| (i.start.map(|d| d.seconds), i.end.map(|d| d.seconds));
                Ok(seconds(a) == seconds(b))
            }
            (Self::Image(a), Self::Image(b)) => Ok(a == b),
            _ => Ok(self.order(other)? == Some(Ordering::Equal)),
        }
    }

    /// `<` and its kin: `None` where null takes part; unlike types and types without an order are an error.
    pub(crate) fn order(&self, other: &Value) -> Result<Option<Ordering>, String> {
        Ok(Some(match (self, other) {
            (Self::Null, _) | (_, Self::Null) => return Ok(None),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.seconds.cmp(&b.seconds),
            (Self::Money(a), Self::Money(b)) if a.currency == b.currency => a.amount.cmp(&b.amount),
            (Self::Money(a), Self::Money(b)) => {
                return Err(format!("only amounts of one currency can be compared, found {} and {}", a.currency, b.currency));
            }
            (a, b) if a.kind() == b.kind() => return Err(format!("values of type {} have no order", a.kind())),
            (Self::Money(_), Self::Number(_)) | (Self::Number(_), Self::Money(_)) => {
                return Err("money cannot be compared with a number, compare its `amount`".to_owned());
            }
            (a, b) => return Err(format!("only values of one type can be compared, found {} and {}", a.short(), b.short())),
        }))
    }

    /// Type and content for a message, at most 64 characters of it.
    pub(crate) fn short(&self) -> String {
        match self {
            Self::Text(t) => format!("text {}", quoted(t)),
            Self::Bool(b) => format!("bool {b}"),
            Self::Number(n) => format!("number {n}"),
            Self::Money(m) => format!("money {m}"),
            Self::Date(d) => format!("date {d}"),
            Self::Interval(i) => format!("interval {i}"),
            other => other.kind().to_owned(),
        }
    }

    /// Whether a date in it waits for the zone of a template.
    pub(crate) fn floats(&self) -> bool {
        match self {
            Self::Date(date) => date.is_floating,
            Self::Interval(span) => [span.start, span.end].iter().flatten().any(|side| side.is_floating),
            Self::List(items) => items.iter().any(Self::floats),
            Self::Map(entries) => entries.values().any(Self::floats),
            _ => false,
        }
    }

    /// The value with its floating dates put into a zone.
    pub(crate) fn anchored(&self, zone: &Zone) -> Self {
        match self {
            Self::Date(date) => Self::Date(date.anchored(zone)),
            Self::Interval(span) => Self::Interval(span.anchored(zone)),
            Self::List(items) => Self::List(items.iter().map(|item| item.anchored(zone)).collect()),
            Self::Map(entries) => Self::Map(Arc::new(entries.iter().map(|(name, item)| (name.clone(), item.anchored(zone))).collect())),
            plain => plain.clone(),
        }
    }

    /// How many values it is in all, counted up to a bound: shared lists within lists may stand for far more than memory holds.
    pub(crate) fn weight(&self, bound: usize) -> usize {
        let sum = |values: &mut dyn Iterator<Item = &Value>| {
            let mut weight = 1usize;
            for value in values {
                if weight > bound {
                    break;
                }
                weight = weight.saturating_add(value.weight(bound - weight.min(bound)));
            }
            weight
        };
        match self {
            Self::List(items) => sum(&mut items.iter()),
            Self::Map(entries) => sum(&mut entries.values()),
            _ => 1,
        }
    }

    /// The bytes that stand for the value in a key: equal bytes mean equal values of equal types.
    pub(crate) fn canonical(&self, out: &mut Vec<u8>) {
        let mut bytes = |tag: u8, content: &[u8]| {
            out.push(tag);
            out.extend_from_slice(&u64::try_from(content.len()).unwrap_or(u64::MAX).to_le_bytes());
            out.extend_from_slice(content);
        };
        match self {
            Self::Null => bytes(0, &[]),
            Self::Bool(b) => bytes(1, &[u8::from(*b)]),
            Self::Number(n) => bytes(2, n.to_string().as_bytes()),
            Self::Text(t) => bytes(3, t.as_bytes()),
            Self::Money(m) => bytes(4, m.to_string().as_bytes()),
            Self::Date(d) => bytes(5, d.to_string().as_bytes()),
            Self::Interval(i) => bytes(6, i.to_string().as_bytes()),
            Self::List(items) => {
                bytes(7, &u64::try_from(items.len()).unwrap_or(u64::MAX).to_le_bytes());
                items.iter().for_each(|v| v.canonical(out));
            }
            Self::Map(entries) => {
                bytes(8, &u64::try_from(entries.len()).unwrap_or(u64::MAX).to_le_bytes());
                for (name, value) in entries.iter() {
                    Self::text(name.as_str()).canonical(out);
                    value.canonical(out);
                }
            }
            Self::Image(image) => match image.content() {
                Content::Encoded(encoded) => bytes(9, encoded),
                Content::Decoded(_) => bytes(10, image.digest()),
            },
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::text(value)
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Self::Number(value)
    }
}

impl From<Money> for Value {
    fn from(value: Money) -> Self {
        Self::Money(value)
    }
}
