//! The template: JSON text in, one typed [`Document`](document::Document) for the base and for each variant out.
//!
//! `reader` makes a tree with places, `build`, `layer`, `field`, `value` and `output` walk it with the key table of `keys` and the merging of
//! `merge`, and `check` gathers the faults. Everything that does not depend on the row is decided here, once, so that a plan cannot meet
//! an unknown key, a wrong static value or a missing asset.

mod build;
mod check;
mod columns;
pub(crate) mod document;
mod field;
mod findings;
mod input;
pub(crate) mod keys;
mod layer;
pub(crate) mod making;
mod merge;
mod money_parts;
mod output;
mod print;
mod reader;
mod rules;
mod schema;
mod scope;
mod size;
mod statics;
mod strings;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use rules::{RulesDocument, read as read_rules};

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use self::check::Faults;
pub(crate) use self::columns::Columns;
use self::document::Document;
use self::reader::{Json, Node, join};
use crate::error::{Code, Error, Fault, quoted, suggestion};
use crate::limits::Limits;
use crate::row::Row;
use crate::row::field::Source;

/// The newest format version that is read.
const VERSION: f64 = 1.0;

/// A checked template: what to draw for any row.
///
/// It is immutable and cheap to clone, and may be shared between threads. All variants are checked when it is parsed.
///
/// ```
/// use templrender::Template;
///
/// let template = Template::parse(
///     r##"{
///         "templrender": 1, "name": "badge", "size": [200, 80], // px
///         "layers": [{ "type": "box", "left": 0, "top": 0, "width": 200, "height": 80, "background": "#d0021b" }],
///         "variants": { "wide": { "size": [400, 80] } },
///     }"##,
/// )?;
/// assert_eq!(template.name(), "badge");
/// assert_eq!(template.variants().collect::<Vec<_>>(), ["wide"]);
/// # Ok::<(), templrender::Error>(())
/// ```
///
/// What is wrong is said with its place, all at once:
///
/// ```
/// use templrender::{Code, Template};
///
/// let error = Template::parse(r#"{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [{ "type": "txt" }] }"#).unwrap_err();
/// assert_eq!(error.code(), Code::BadValue);
/// assert_eq!(error.to_string(), "1:71: layers[0].type: unknown layer type \"txt\", did you mean \"text\"?");
/// ```
#[derive(Clone)]
pub struct Template {
    inner: Arc<Inner>,
}

struct Inner {
    root: Node,
    base: Document,
    variants: Vec<(String, Document)>,
    digest: [u8; 32],
    warnings: Vec<Fault>,
    /// The columns that any of the documents may read; nothing where one takes the row as a whole.
    reads: Option<BTreeSet<String>>,
}

impl Template {
    /// Reads and checks a template's JSON; `//` and `/* */` comments and trailing commas are allowed.
    ///
    /// The error holds up to [`Error::MAX_FAULTS`] faults, each with its JSON path, line and column.
    pub fn parse(json: &str) -> Result<Self, Error> {
        Self::parse_with(json, &Limits::default())
    }

    /// The same within the host's limits.
    ///
    /// ```
    /// use templrender::{Code, Limits, Template};
    ///
    /// let limits = Limits { max_template_bytes: 10, ..Limits::default() };
    /// let error = Template::parse_with("{ \"templrender\": 1 }", &limits).unwrap_err();
    /// assert_eq!(error.code(), Code::TemplateLimit);
    /// assert_eq!(error.to_string(), "template is 20 bytes, over the limit of 10");
    /// ```
    pub fn parse_with(json: &str, limits: &Limits) -> Result<Self, Error> {
        let read = reader::read(json, limits)?;
        let (root, lines) = (&read.root, &read.lines);
        let mut faults = Faults::new(lines);
        if !version(root, &mut faults) {
            faults.finish(read.duplicates)?;
            return Err(Fault::new(Code::Bug, "templrender", "a refused version without a fault").into());
        }
        let mut budget = build::budget(limits);
        let base = build::document(root, None, &mut budget, limits, &mut faults);
        let mut variants = Vec::new();
        if let Some(node) = root.get("variants") {
            for entry in merge::object(node, "variants", "variants", &mut faults).unwrap_or_default() {
                if faults.is_full() || budget == 0 {
                    break;
                }
                if entry.key.is_empty() {
                    faults.add(Code::BadValue, entry.key_span, &join("variants", ""), "a variant must have a name");
                }
                faults.enter(&entry.key, entry.node.span);
                let document = build::document(root, Some((&entry.key, &entry.node)), &mut budget, limits, &mut faults);
                variants.extend(document.map(|document| (entry.key.clone(), document)));
            }
        }
        let findings = std::mem::take(&mut faults.findings);
        faults.finish(read.duplicates)?;
        let warnings = findings.finish(lines, "template");
        let base = base.ok_or_else(|| Fault::new(Code::Bug, "", "a template without a document and without a fault"))?;
        let digest = *blake3::hash(read.root.to_string().as_bytes()).as_bytes();
        let mut reads = Columns::default();
        std::iter::once(&base).chain(variants.iter().map(|(_, document)| document)).for_each(|document| reads.add_widely(document));
        Ok(Self { inner: Arc::new(Inner { root: read.root, base, variants, digest, warnings, reads: reads.into_names() }) })
    }

    /// Its `name`.
    pub fn name(&self) -> &str {
        &self.inner.base.name
    }

    /// The names of its variants, in the order of the template; the base is not among them.
    pub fn variants(&self) -> impl Iterator<Item = &str> {
        self.inner.variants.iter().map(|(name, _)| name.as_str())
    }

    /// Its own files: name and path beside the template, sorted by name.
    ///
    /// ```
    /// # use templrender::Template;
    /// let json = r#"{ "templrender": 1, "name": "a", "size": [9, 9], "assets": { "logo": "assets/logo.svg" }, "layers": [] }"#;
    /// assert_eq!(Template::parse(json)?.assets().collect::<Vec<_>>(), [("logo", "assets/logo.svg")]);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn assets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.inner.base.assets.iter().map(|(name, path)| (name.as_str(), path.as_str()))
    }

    /// Its font families, in fallback order.
    pub fn fonts(&self) -> impl Iterator<Item = &str> {
        self.inner.base.fonts.iter().map(String::as_str)
    }

    /// What is odd about the template though it can be drawn: conditions that are the same for every row, alternatives that no row comes to,
    /// `let`s and fields that nothing uses. In the order of the text, up to [`Error::MAX_FAULTS`]; what is claimed holds for every row that
    /// the declared fields allow, in the base and all variants.
    ///
    /// ```
    /// # use templrender::{Code, Template};
    /// let json = r#"{ "templrender": 1, "name": "a", "size": [9, 9],
    ///     "fields": { "price": { "type": "money" }, "sale_price": { "type": "money" } },
    ///     "let": { "deal": "{{ deal(price, sale_price) }}" },
    ///     "layers": [{ "type": "box", "if": "deal.percent > 100" }] }"#;
    /// let template = Template::parse(json)?;
    /// let [warning] = template.warnings() else { panic!("{:?}", template.warnings()) };
    /// assert_eq!(warning.code, Code::NeverTrue);
    /// let text = "4:40: layers[0].if: `deal.percent > 100` can never be true: `deal.percent` is a number from 0 to 100";
    /// assert_eq!(warning.to_string(), text);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn warnings(&self) -> &[Fault] {
        &self.inner.warnings
    }

    /// The format's JSON Schema (2020-12), for editors.
    ///
    /// ```
    /// assert!(templrender::Template::schema().contains("\"line-clamp\""));
    /// ```
    pub fn schema() -> String {
        schema::schema()
    }

    /// The base, or a variant by its name.
    pub(crate) fn document(&self, variant: Option<&str>) -> Result<&Document, Error> {
        let Some(name) = variant else { return Ok(&self.inner.base) };
        match self.inner.variants.iter().find(|(known, _)| known == name) {
            Some((_, document)) => Ok(document),
            None => {
                let message = format!("unknown variant {}{}", quoted(name), suggestion(name, self.variants()));
                Err(Fault::new(Code::UnknownVariant, "variants", message).into())
            }
        }
    }

    /// The base and its variants, the base first.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Document> {
        std::iter::once(&self.inner.base).chain(self.inner.variants.iter().map(|(_, document)| document))
    }

    /// The columns of a row that it can read, in any variant.
    pub(crate) fn columns(&self) -> Columns {
        let mut columns = Columns::default();
        self.documents().for_each(|document| columns.add(document));
        columns
    }

    /// The columns of a row that the template may read, in any variant: the picture of the rest is the picture of the row.
    ///
    /// ```
    /// # use templrender::{Row, Template};
    /// let json = r#"{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [{ "type": "text", "text": "{{ title }}" }] }"#;
    /// let row = Row::from_json(r#"{ "title": "Aster honey", "description": "a long story" }"#)?;
    /// assert_eq!(Template::parse(json)?.trim(&row), Row::from_json(r#"{ "title": "Aster honey" }"#)?);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn trim(&self, row: &Row) -> Row {
        let kept = row.iter().filter(|(name, _)| self.reads(name));
        Row::from_columns(kept.map(|(name, value)| (name.to_owned(), value.clone())).collect())
    }

    /// The row of its fields' first examples, for previews; fields without one are left out.
    ///
    /// ```
    /// # use templrender::{Row, Template};
    /// let json = r#"{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [],
    ///     "fields": { "title": { "type": "text", "from": ["name", "title"], "examples": ["Aster honey", "Tea"] }, "note": { "type": "text" } } }"#;
    /// assert_eq!(Template::parse(json)?.example(), Row::from_json(r#"{ "name": "Aster honey" }"#)?);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn example(&self) -> Row {
        let mut row = Row::new();
        for field in self.inner.base.fields.iter().flatten() {
            let column = match field.rules.from.first() {
                None => &field.name,
                Some(Source::Column(column)) => column,
                // No one column holds both sides.
                Some(Source::Sides(..)) => continue,
            };
            if let Some(example) = field.examples.first() {
                row.set(column.clone(), example.clone());
            }
        }
        row
    }

    /// Whether the template may read a column of a row, in any variant: what [`trim`](Self::trim) keeps, for hosts that need not read the others.
    ///
    /// ```
    /// # use templrender::Template;
    /// let json = r#"{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [{ "type": "text", "text": "{{ title }}" }] }"#;
    /// let template = Template::parse(json)?;
    /// assert!(template.reads("title") && !template.reads("description"));
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn reads(&self, column: &str) -> bool {
        self.inner.reads.as_ref().is_none_or(|reads| reads.contains(column))
    }

    /// Names what the template draws with: 16 hex digits over what it says and over its files, by their paths in any order.
    ///
    /// ```
    /// # use templrender::Template;
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }"#)?;
    /// let version = template.version([("assets/logo.svg", &b"<svg/>"[..])]);
    /// assert_eq!(version.len(), 16);
    /// assert_ne!(version, template.version([("assets/logo.svg", &b"<svg />"[..])]));
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn version<'a>(&self, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
        let mut files: Vec<(&str, &[u8])> = files.into_iter().collect();
        files.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.inner.digest);
        for part in files.iter().flat_map(|(path, bytes)| [path.as_bytes(), bytes]) {
            hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(part);
        }
        hasher.finalize().to_hex().chars().take(16).collect()
    }

    /// 256 bits over what the template says, whatever its comments and spaces.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.inner.digest
    }
}

/// Whether the root says a version that is read; a newer one makes every other fault meaningless.
fn version(root: &Node, faults: &mut Faults<'_>) -> bool {
    let Json::Object(_) = &root.json else {
        faults.wrong_type(root, "", "a template must be an object");
        return false;
    };
    let Some(node) = root.get("templrender") else {
        faults.add(Code::MissingKey, root.span, "", "\"templrender\" is missing");
        return true;
    };
    match node.as_number() {
        Some(version) if version == VERSION => true,
        Some(version) if version > VERSION => {
            let message = format!("format version must be at most {VERSION}, found {}", node.found());
            faults.add(Code::UnsupportedVersion, node.span, "templrender", message);
            false
        }
        Some(_) => {
            faults.bad_value(node, "templrender", "format version must be 1");
            true
        }
        None => {
            faults.wrong_type(node, "templrender", "format version must be a number");
            true
        }
    }
}

/// The template as JSON, without its comments: what parses to an equal template.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.root.fmt(f)
    }
}

/// Two templates are equal if they say the same in the same order.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.inner.root == other.inner.root
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variants: Vec<&str> = self.variants().collect();
        f.debug_struct("Template").field("name", &self.name()).field("variants", &variants).finish_non_exhaustive()
    }
}
