//! Why a condition is certain, in words.

use super::formula::{Formula, Maker, Variable};
use crate::error::nearest;
use crate::expr::types::{KindOf, Range, Texts, Type};
use crate::row::decimal::Decimal;
use crate::row::value::Value;

/// Most texts that a message lists.
const MAX_SHOWN: usize = 12;

/// The reason of a condition that is certain by itself.
pub(super) fn of(condition: &Formula, maker: &Maker, holds: bool) -> String {
    let mut used = Vec::new();
    condition.variables(&mut used);
    used.sort_unstable();
    used.dedup();
    let variables: Vec<&Variable> = used.iter().filter_map(|i| maker.variables.get(*i)).collect();
    let described = match variables.as_slice() {
        [one] => describe(one),
        _ => None,
    };
    described.unwrap_or_else(|| {
        let mut names: Vec<String> = variables.iter().filter(|v| v.kind.is_some()).map(|v| format!("`{}`", v.shown)).collect();
        let last = names.pop().unwrap_or_default();
        let names = if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) };
        if holds { format!("every value of {names} makes it so") } else { format!("no value of {names} makes it so") }
    })
}

/// What a variable is, where that is the reason.
fn describe(variable: &Variable) -> Option<String> {
    let kind = variable.kind.as_ref()?;
    let shown = &variable.shown;
    let is = |what: String| Some(format!("`{shown}` is {what}"));
    let asks_null = variable.constants.iter().any(Value::is_null);
    match kind.kinds().as_slice() {
        [] if kind.null => is("always null".to_owned()),
        _ if asks_null && !kind.null => is("never null".to_owned()),
        [KindOf::Bool] if kind.bools[0] != kind.bools[1] && !kind.null => is(format!("always {}", kind.bools[1])),
        [KindOf::Number] => is(numbers(kind.number?, &variable.constants)?),
        [KindOf::Text] => texts(kind, variable),
        [KindOf::Bool] => None,
        _ if variable.constants.is_empty() && !kind.null => is("never empty".to_owned()),
        _ => None,
    }
}

fn numbers(range: Range, constants: &[Value]) -> Option<String> {
    let fractional = |value: &Value| matches!(value, Value::Number(n) if n.round(0) != Some(*n));
    let noun = if range.whole && constants.iter().any(fractional) { "a whole number" } else { "a number" };
    match (range.min, range.max) {
        (Some(min), Some(max)) if min == max => Some(format!("always {min}")),
        (Some(min), Some(max)) => Some(format!("{noun} from {min} to {max}")),
        (Some(min), None) if min == Decimal::ZERO => Some(format!("{noun}, 0 or more")),
        (Some(min), None) => Some(format!("{noun}, {min} or more")),
        (None, Some(max)) => Some(format!("{noun}, {max} or less")),
        (None, None) if range.whole && noun != "a number" => Some(noun.to_owned()),
        (None, None) => None,
    }
}

fn texts(kind: &Type, variable: &Variable) -> Option<String> {
    let shown = &variable.shown;
    let Some(Texts::Of(_)) = &kind.text else {
        return variable.constants.iter().all(|c| c.as_text() == Some("")).then(|| format!("`{shown}` is never empty"));
    };
    let listed = listed(kind)?;
    let near = variable.constants.iter().filter_map(Value::as_text).find_map(|constant| {
        let known = kind.text.as_ref()?.listed()?;
        if known.contains(&constant) { None } else { near(constant, &known) }
    });
    let near = near.map(|near| format!(", did you mean '{near}'?")).unwrap_or_default();
    Some(format!("`{shown}` is {listed}{near}"))
}

/// `one of a, b or c`.
pub(crate) fn listed(kind: &Type) -> Option<String> {
    let known = kind.text.as_ref()?.listed()?;
    let mut quoted: Vec<String> =
        known.iter().take(MAX_SHOWN).map(|text| format!("'{}'", text.chars().take(64).collect::<String>())).collect();
    if known.len() > MAX_SHOWN {
        quoted.push("...".to_owned());
    }
    let last = quoted.pop()?;
    Some(if quoted.is_empty() { format!("always {last}") } else { format!("one of {} or {last}", quoted.join(", ")) })
}

/// The listed text that was meant: the same but for case, spaces, `_` and `-`, or else the nearest.
pub(crate) fn near<'k>(constant: &str, known: &[&'k str]) -> Option<&'k str> {
    let folded = |text: &str| text.to_lowercase().replace([' ', '_', '-'], "");
    let same = known.iter().find(|text| folded(text) == folded(constant));
    same.copied().or_else(|| nearest(constant, known.iter().copied()))
}
