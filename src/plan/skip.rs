//! `skip-if`: whether a row gets no picture, and why.
//!
//! It is asked before anything else that a row may fail at, with only those names of the document's `let` that it needs, so that a shop
//! may say what it does not advertise without cleaning that up first. A field that cannot be read keeps its fault: if the answer hangs on
//! it there is none, and the field is reported. What the answer hangs on in time counts for `valid_until` in either case.

use std::collections::BTreeSet;

use super::fields::Columns;
use super::key::KeyMaker;
use super::output;
use super::values::{checked, let_value};
use super::{Context, Inner};
use crate::error::{Code, Fault};
use crate::expr::{self, Evaluation, Expr, Scope};
use crate::row::Value;
use crate::template::Template;
use crate::template::document::{Document, Let};

/// Most characters of a reason: it goes into summaries and contact sheets.
const MAX_REASON: usize = 200;

/// The answer for one row.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Why the row is skipped; `None` where it is drawn.
    pub(super) reason: Option<String>,
    /// When the answer may be another one.
    pub(super) valid_until: Option<i64>,
    /// Names that nothing had.
    pub(super) missing: BTreeSet<String>,
}

/// Asks a document's `skip-if`. Where it hangs on a column that cannot be read, that column's fault is the error.
pub(super) fn ask(document: &Document, columns: &Columns<'_>, context: expr::Context<'_>) -> Result<Asked, Fault> {
    let Some(condition) = &document.skip_if else { return Ok(Asked::default()) };
    let mut evaluation = Evaluation::new(Scope::new(columns), context);
    for binding in needed(condition, &document.lets) {
        let value = let_value(&mut evaluation, columns, &binding.value, &binding.path)?;
        evaluation.scope.set(binding.name.clone(), value);
    }
    let value = condition.eval(&mut evaluation);
    let value = checked(columns, value, "skip-if")?;
    let reason = value.is_truthy().then(|| reason(&value, condition));
    Ok(Asked { reason, valid_until: evaluation.valid_until(), missing: evaluation.missing().clone() })
}

/// The `let`s that an expression uses, and those that these use, in their order.
fn needed<'d>(condition: &Expr, lets: &'d [Let]) -> Vec<&'d Let> {
    let mut names: BTreeSet<&str> = condition.names_at().into_iter().map(|(name, _)| name).collect();
    let mut needed = Vec::new();
    for binding in lets.iter().rev() {
        // A later `let` sees an earlier one of its name, the row's column is behind both.
        if names.remove(binding.name.as_str()) {
            names.extend(binding.value.names());
            needed.push(binding);
        }
    }
    needed.reverse();
    needed
}

/// The value where it is a text, else the expression.
fn reason(value: &Value, condition: &Expr) -> String {
    let said = value.as_text().map(str::trim).filter(|text| !text.is_empty());
    let whole = said.map_or_else(|| condition.to_string(), str::to_owned);
    let mut reason: String = whole.chars().take(MAX_REASON).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if whole.chars().nth(MAX_REASON).is_some() {
        reason.push('…');
    }
    reason
}

/// The plan of a row that is skipped: nothing to draw, nothing needed, and a key of its own for each reason.
pub(super) fn plan(template: &Template, document: &Document, context: &Context, asked: Asked) -> Inner {
    let reason = asked.reason.unwrap_or_default();
    let mut key = KeyMaker::new();
    key.part("template", &template.digest());
    key.part("variant", context.variant.as_deref().unwrap_or("").as_bytes());
    key.part("skipped", reason.as_bytes());
    Inner {
        template: document.name.clone(),
        of: template.clone(),
        variant: context.variant.clone(),
        lang: None,
        key: key.finish(),
        sources: Vec::new(),
        canvas: Err(reason),
        output: output::in_format(context.output.clone().unwrap_or_else(|| output::output_of(&document.output.fixed)), context),
        valid_until: asked.valid_until,
        notes: Vec::new(),
    }
}

/// What drawing a skipped row is.
pub(super) fn fault(reason: &str) -> Fault {
    Fault::new(Code::RowSkipped, "skip-if", format!("row is skipped: {reason}"))
}
