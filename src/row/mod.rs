//! Rows: what a template is filled with, one value a column, read as the type its field declares.
//!
//! `value` is the one type of rows and expressions; `decimal`, `money` and `date` are its parts, `zone` says what local clocks show; `field` reads raw values as declared types;
//! `locale` writes numbers, prices and dates as a language does; `json` and `percent` are how rows are written down.

pub(crate) mod catalogue;
pub(crate) mod date;
pub(crate) mod decimal;
pub(crate) mod field;
pub(crate) mod json;
pub(crate) mod locale;
pub(crate) mod money;
pub(crate) mod percent;
mod price;
mod records;
pub(crate) mod value;
pub(crate) mod zone;

pub(crate) use catalogue::Clean;
pub use date::{Date, Interval};
pub use decimal::Decimal;
pub use money::{Currency, Money};
pub use value::{InlineImage, Value};
pub use zone::TimeZone;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Error;

/// One data row: columns by name.
///
/// ```
/// use templrender::{Row, Value};
/// let mut row = Row::from_json(r#"{ "title": "Aster honey", "stock": 3, "note": " " }"#)?;
/// row.set("brand", "Larch");
/// row.set_image("photo", *b"the bytes of a JPEG");
/// assert_eq!(row.get("stock"), Some(&Value::from(3)));
/// assert_eq!(row.get("note"), Some(&Value::Null));
/// assert_eq!(row.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["brand", "note", "photo", "stock", "title"]);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    columns: BTreeMap<String, Value>,
}

impl Row {
    /// A row without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a JSON object: its types as they are, numbers exactly; a blank text is null.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        Ok(Self { columns: json::read(json, json::MAX_BYTES)? })
    }

    /// Sets a column; a blank text is null.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.columns.insert(name.into(), blank_is_null(value.into()));
    }

    /// Gives a column's picture by its encoded bytes: no need will be issued for it.
    pub fn set_image(&mut self, name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) {
        let name = name.into();
        let image = InlineImage { name: name.as_str().into(), bytes: bytes.into() };
        self.columns.insert(name, Value::Image(image));
    }

    /// A column's value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.columns.get(name)
    }

    /// All columns, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.columns.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A row of columns whose blank texts are null already.
    pub(crate) fn from_columns(columns: BTreeMap<String, Value>) -> Self {
        Self { columns }
    }

    /// The row with its floating dates put into a zone.
    pub(crate) fn anchored(&self, zone: &zone::Zone) -> Cow<'_, Self> {
        if !self.columns.values().any(Value::floats) {
            return Cow::Borrowed(self);
        }
        let anchor = |(name, value): (&String, &Value)| (name.clone(), if value.floats() { value.anchored(zone) } else { value.clone() });
        Cow::Owned(Self { columns: self.columns.iter().map(anchor).collect() })
    }

    /// The row as one map value.
    pub(crate) fn to_value(&self) -> Value {
        Value::Map(Arc::new(self.columns.clone()))
    }
}

/// An empty or blank cell is null.
fn blank_is_null(value: Value) -> Value {
    if value.as_text().is_some_and(|text| text.trim().is_empty()) { Value::Null } else { value }
}
