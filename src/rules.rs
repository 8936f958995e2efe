//! Rules: which template each row of a feed gets. The first rule that holds is the row's.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Fault};
use crate::limits::Limits;
use crate::plan::{self, Context};
use crate::row::Row;
use crate::template::{self, RulesDocument};

/// The reason of rows that no rule takes.
const NO_RULE: &str = "no rule matches";

/// A checked rules file.
///
/// Fields, `let`s and conditions are those of a template, and are checked as a template's are.
///
/// ```
/// use templrender::{Context, Outcome, Row, Rules};
///
/// let rules = Rules::parse(
///     r#"{ "rules": 1,
///         "fields": { "price": { "type": "money" }, "sale_price": { "type": "money" } },
///         "choose": [
///             { "name": "deals", "if": "deal(price, sale_price).percent >= 20", "template": "sale" },
///             { "name": "sold out", "if": "availability == 'out_of_stock'", "skip": "sold out" },
///             { "template": "plain" }, // all others
///         ] }"#,
/// )?;
/// assert_eq!(rules.templates().collect::<Vec<_>>(), ["sale", "plain"]);
/// let chosen = |row: &str| rules.choose(&Row::from_json(row)?, &Context::default());
///
/// let choice = chosen(r#"{ "price": "10 EUR", "sale_price": "7 EUR" }"#)?;
/// assert_eq!((choice.rule, choice.outcome), (Some(0), Outcome::Template("sale".into())));
/// assert_eq!(chosen(r#"{ "availability": "out of stock" }"#)?.outcome, Outcome::Skip("sold out".into()));
/// assert_eq!(chosen("{}")?.outcome, Outcome::Template("plain".into()));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Clone)]
pub struct Rules {
    inner: Arc<RulesDocument>,
}

/// What a row gets.
///
/// ```
/// use templrender::{Choice, Context, Outcome, Row, Rules};
/// let rules = Rules::parse(r#"{ "rules": 1, "choose": [{ "if": "stock > 0", "template": "plain" }] }"#)?;
/// let Choice { rule, name, outcome, valid_until } = rules.choose(&Row::new(), &Context::default())?;
/// assert_eq!((rule, name, valid_until), (None, None, None));
/// assert_eq!(outcome, Outcome::Skip("no rule matches".into()));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The rule's place in `choose`, from 0; `None` where none holds.
    pub rule: Option<usize>,
    /// The rule's name.
    pub name: Option<String>,
    /// The template, or no picture.
    pub outcome: Outcome,
    /// Seconds since 1970 (UTC) at which another rule may hold.
    pub valid_until: Option<i64>,
}

/// What a rule gives its rows.
///
/// ```
/// use templrender::Outcome;
/// assert_ne!(Outcome::Template("sale".into()), Outcome::Skip("sold out".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A template, as the rules file calls it.
    Template(String),
    /// No picture, for this reason.
    Skip(String),
}

impl Rules {
    /// Reads and checks a rules file's JSON; comments and trailing commas are allowed.
    pub fn parse(json: &str) -> Result<Self, Error> {
        Self::parse_with(json, &Limits::default())
    }

    /// The same within the host's limits.
    ///
    /// ```
    /// use templrender::{Limits, Rules};
    /// let error = Rules::parse_with("{ \"rules\": 1 }", &Limits::default()).err().unwrap();
    /// assert_eq!(error.to_string(), "1:1: \"choose\" is missing");
    /// ```
    pub fn parse_with(json: &str, limits: &Limits) -> Result<Self, Error> {
        Ok(Self { inner: Arc::new(template::read_rules(json, limits)?) })
    }

    /// The templates that it names, each once, in the order of the rules.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        let named = self.inner.rules.iter().filter_map(|rule| rule.outcome.as_deref().ok());
        let mut seen = std::collections::BTreeSet::new();
        named.filter(move |name| seen.insert(*name))
    }

    /// The rules' names, in order.
    ///
    /// ```
    /// # use templrender::Rules;
    /// let rules = Rules::parse(r#"{ "rules": 1, "choose": [{ "name": "all", "template": "plain" }] }"#)?;
    /// assert_eq!(rules.names().collect::<Vec<_>>(), [Some("all")]);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = Option<&str>> {
        self.inner.rules.iter().map(|rule| rule.name.as_deref())
    }

    /// What the rules give their rows, in order.
    ///
    /// ```
    /// # use templrender::{Outcome, Rules};
    /// let rules = Rules::parse(r#"{ "rules": 1, "choose": [{ "if": "stock > 0", "template": "plain" }, { "skip": "sold out" }] }"#)?;
    /// assert_eq!(rules.outcomes().collect::<Vec<_>>(), [Outcome::Template("plain".into()), Outcome::Skip("sold out".into())]);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn outcomes(&self) -> impl Iterator<Item = Outcome> {
        self.inner.rules.iter().map(|rule| outcome(&rule.outcome))
    }

    /// What is odd about the file though it can be used: see [`Template::warnings`](crate::Template::warnings).
    ///
    /// ```
    /// # use templrender::Rules;
    /// let rules = Rules::parse(r#"{ "rules": 1, "fields": { "stock": { "type": "number" } },
    ///     "choose": [{ "if": "stock > 10", "template": "a" }, { "if": "stock > 20", "template": "b" }] }"#)?;
    /// assert_eq!(rules.warnings()[0].code.name(), "never-reached");
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn warnings(&self) -> &[Fault] {
        &self.inner.warnings
    }

    /// The first rule that holds for a row.
    pub fn choose(&self, row: &Row, context: &Context) -> Result<Choice, Error> {
        let (rule, valid_until) = plan::choose(&self.inner, row, context)?;
        let found = rule.and_then(|i| self.inner.rules.get(i));
        let outcome = found.map_or_else(|| Outcome::Skip(NO_RULE.to_owned()), |rule| outcome(&rule.outcome));
        Ok(Choice { rule, name: found.and_then(|rule| rule.name.clone()), outcome, valid_until })
    }
}

fn outcome(found: &Result<String, String>) -> Outcome {
    match found {
        Ok(template) => Outcome::Template(template.clone()),
        Err(reason) => Outcome::Skip(reason.clone()),
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("templates", &self.templates().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
