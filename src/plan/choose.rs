//! Which rule of a rules file a row meets first.

use super::Context;
use super::fields::{self, Changes, Columns};
use super::values::{checked, let_value};
use crate::error::Error;
use crate::expr::{self, Evaluation, Scope};
use crate::row::Row;
use crate::template::RulesDocument;

/// The rule's number, and the next instant at which it may be another one.
pub(crate) fn choose(rules: &RulesDocument, row: &Row, context: &Context) -> Result<(Option<usize>, Option<i64>), Error> {
    let document = &rules.document;
    let changes = Changes::default();
    let zone = fields::time_zone(document, row, context, &changes)?;
    let row = row.anchored(&zone);
    let columns = Columns::read(document, &row, context, &zone, &changes);
    columns.check()?;
    let lang = context.lang.as_deref().unwrap_or("");
    let mut evaluation = Evaluation::new(Scope::new(&columns), expr::Context { now: context.now, lang, zone: &zone, strings: None });
    for binding in &document.lets {
        let value = let_value(&mut evaluation, &columns, &binding.value, &binding.path)?;
        evaluation.scope.set(binding.name.clone(), value);
    }
    let mut found = None;
    for (i, rule) in rules.rules.iter().enumerate() {
        let holds = match &rule.condition {
            Some(condition) => {
                let value = condition.eval(&mut evaluation);
                checked(&columns, value, &rule.condition_path())?.is_truthy()
            }
            None => true,
        };
        if holds {
            found = Some(i);
            break;
        }
    }
    Ok((found, changes.first(evaluation.valid_until())))
}
