//! Rows: what a template is filled with, one value a column, read as the type its field declares.
//!
//! `value` is the one type of rows and expressions; `decimal`, `money` and `date` are its parts, `zone` says what local clocks show; `field` reads raw values as declared types;
//! `locale` writes numbers, prices and dates as a language does; `json`, `plain` and `percent` are how rows are written down. `picture` is one that comes with a row.

pub(crate) mod catalogue;
pub(crate) mod date;
pub(crate) mod decimal;
pub(crate) mod field;
pub(crate) mod json;
pub(crate) mod locale;
pub(crate) mod money;
pub(crate) mod percent;
pub(crate) mod picture;
pub(crate) mod plain;
mod price;
mod records;
pub(crate) mod value;
pub(crate) mod zone;

pub(crate) use catalogue::Clean;
pub use date::{Date, Interval};
pub use decimal::Decimal;
pub use money::{Currency, Money};
pub use picture::InlineImage;
pub use value::Value;
pub use zone::TimeZone;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Code, Error, Fault};
use crate::pixel::Frame;

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
        let image = InlineImage::new(name.as_str(), bytes);
        self.columns.insert(name, Value::Image(image));
    }

    /// The same with bytes that stay where they are, and are never copied: see [`InlineImage::shared`].
    ///
    /// ```
    /// use std::sync::Arc;
    /// use templrender::Row;
    /// let bytes = Arc::new(*b"the bytes of a JPEG");
    /// let (mut row, mut copied) = (Row::new(), Row::new());
    /// row.set_image_shared("photo", bytes.clone());
    /// copied.set_image("photo", *bytes);
    /// assert_eq!(row, copied);
    /// ```
    pub fn set_image_shared(&mut self, name: impl Into<String>, bytes: Arc<dyn AsRef<[u8]> + Send + Sync>) {
        let name = name.into();
        let image = InlineImage::shared(name.as_str(), bytes);
        self.columns.insert(name, Value::Image(image));
    }

    /// Gives a column's picture by its pixels: it is drawn as a PNG of it would be.
    ///
    /// ```
    /// use templrender::{Context, Fonts, Frame, Renderer, Resources, Row, Scratch, Template};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [
    ///     { "type": "image", "src": "{{ photo }}", "width": 9, "height": 9 } ] }"#)?;
    /// let mut row = Row::new();
    /// row.set_frame("photo", Frame::from_rgba(1, 1, vec![255, 0, 0, 255])?);
    /// let renderer = Renderer::new(Fonts::new());
    /// let plan = renderer.plan(&template, &row, &Context::default())?;
    /// assert_eq!(renderer.render(&plan, &Resources::new(), &mut Scratch::new())?.frame.pixels()[..4], [255, 0, 0, 255]);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn set_frame(&mut self, name: impl Into<String>, frame: impl Into<Arc<Frame>>) {
        let name = name.into();
        let image = InlineImage::from_frame(name.as_str(), frame);
        self.columns.insert(name, Value::Image(image));
    }

    /// The row as JSON that [`from_json`](Self::from_json) and a template's fields read to the same: prices, dates and intervals are texts there, names
    /// stand in their order. Pictures are left out, in lists they are null.
    ///
    /// # Errors
    /// Dates before the year 0 or after 9999, intervals that never begin or end, and nesting deeper than a row of JSON may have.
    ///
    /// ```
    /// use templrender::{Date, Row, Value};
    /// let mut row = Row::from_json(r#"{ "title": "Aster honey", "note": "" }"#)?;
    /// row.set("until", Value::Date(Date::floating_day(20_635)));
    /// row.set_image("photo", *b"the bytes of a JPEG");
    /// assert_eq!(row.to_json()?, r#"{"note":null,"title":"Aster honey","until":"2026-07-01"}"#);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn to_json(&self) -> Result<String, Error> {
        let columns = self.iter().filter(|(_, value)| !matches!(value, Value::Image(_)));
        let written = columns.map(|(name, value)| {
            let bad = |message| Fault::new(Code::BadField, format!("field {name}"), message);
            Ok((name, plain::value(value, 1, &|_| Ok(Value::Null)).map_err(bad)?))
        });
        let mut json = String::new();
        json::write(&Value::map(written.collect::<Result<Vec<_>, Fault>>()?), &mut json);
        Ok(json)
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
