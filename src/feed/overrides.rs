//! A second feed laid over the first: what a country or a language has of its own, joined on `id`.
//!
//! Meta's catalogue calls them country and language feeds: a few columns for some of the ids. They are held in memory, up to a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::FeedRow;
use super::columns::merchant_name;
use crate::error::{Code, Error, Fault};
use crate::limits::Limits;
use crate::row::{Row, Value};

/// What one entry takes beside its texts, about.
const ENTRY_BYTES: usize = 96;
/// Columns that tell which row and for whom, and are no values of it.
const KEYS: [&str; 2] = ["id", "override"];

/// Values by id that take the place of a row's own.
///
/// ```
/// use templrender::{FeedReader, Limits, Overrides, Row};
/// let limits = Limits::default();
/// let mut reader = FeedReader::new(None, &limits);
/// reader.push(b"id,Title,price\na,Asternhonig,\n");
/// let mut german = Overrides::new(&limits);
/// while let Some(row) = reader.next_row() {
///     german.add(row)?;
/// }
/// let mut row = Row::from_json(r#"{ "id": "a", "title": "Aster honey", "price": "6.90 EUR" }"#)?;
/// assert!(german.apply(&mut row));
/// let text = |name: &str| row.get(name).and_then(|v| v.as_text());
/// assert_eq!([text("title"), text("price")], [Some("Asternhonig"), Some("6.90 EUR")]);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Overrides {
    rows: BTreeMap<Box<str>, Cells>,
    names: BTreeSet<Arc<str>>,
    bytes: usize,
    limit: usize,
}

/// The columns of one row that are not empty.
type Cells = Box<[(Arc<str>, Value)]>;

impl Overrides {
    /// None yet.
    pub fn new(limits: &Limits) -> Self {
        Self { rows: BTreeMap::new(), names: BTreeSet::new(), bytes: 0, limit: limits.max_override_bytes }
    }

    /// Takes a row of the second feed; what it has for an id takes the place of what was added before. Fails where the row is none, has no
    /// id, or is beyond the limit; the host may go on with the next.
    pub fn add(&mut self, row: FeedRow) -> Result<(), Error> {
        let columns = row.row?;
        let Some(id) = row.id else {
            return Err(Fault::new(Code::BadRow, "column id", "a row that overrides must have an id, found none").into());
        };
        let values: Vec<(&str, &Value)> =
            columns.iter().filter(|(name, value)| !value.is_null() && !KEYS.contains(&merchant_name(name).as_str())).collect();
        let bytes = values.iter().map(|(_, value)| taken(value)).fold(id.len() + ENTRY_BYTES, usize::saturating_add);
        let bytes = self.bytes.saturating_add(bytes);
        if bytes > self.limit {
            let message = format!("the rows that override take more than {} bytes, over the limit", self.limit);
            return Err(Fault::new(Code::RowLimit, "", message).into());
        }
        self.bytes = bytes;
        let values = values.into_iter().map(|(name, value)| (self.name(name), value.clone())).collect::<Vec<_>>();
        self.rows.insert(id.into(), values.into());
        Ok(())
    }

    /// Puts the values for a row's id in the place of its own; false where there are none for it.
    pub fn apply(&self, row: &mut Row) -> bool {
        let Some(values) = super::ids::read("id", row.get("id")).ok().flatten().and_then(|id| self.rows.get(id.as_str())) else {
            return false;
        };
        for (name, value) in values {
            // The same column may stand under the feed's own name too.
            let merchant = merchant_name(name);
            let known: Vec<String> =
                row.iter().map(|(own, _)| own).filter(|own| merchant_name(own) == merchant).map(str::to_owned).collect();
            for own in known {
                row.set(own, value.clone());
            }
            row.set(merchant, value.clone());
            row.set(&**name, value.clone());
        }
        true
    }

    /// How many ids have values.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One copy of each column's name.
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.names.insert(name.clone());
        name
    }
}

/// The bytes that a value takes in memory, about.
pub(super) fn taken(value: &Value) -> usize {
    value.weight(usize::MAX).saturating_mul(ENTRY_BYTES).saturating_add(texts(value))
}

/// The bytes of a value's texts.
fn texts(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::List(items) => items.iter().map(texts).fold(0, usize::saturating_add),
        Value::Map(entries) => entries.iter().map(|(name, value)| name.len().saturating_add(texts(value))).fold(0, usize::saturating_add),
        _ => 0,
    }
}
