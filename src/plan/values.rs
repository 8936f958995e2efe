//! Bound values: expressions run, their results read as what stands there, and both fed to the key.

use super::build::{Builder, Step};
use super::fields::Columns;
use crate::css::length::LengthContext;
use crate::css::property::{Declaration, Input, declare};
use crate::css::style::{Style, TextStyle};
use crate::error::{Code, Fault};
use crate::expr::{EvalError, Evaluation, Expr, TextTemplate};
use crate::row::Value;
use crate::template::document::{Bound, Declared, LetValue};

impl<'a> Builder<'a> {
    /// Applies a layer's keys, the bound ones once they are read.
    pub(super) fn apply(&mut self, declared: &'a [Declared], style: &mut Style, text: &mut TextStyle, parent: &LengthContext) -> Step<()> {
        for one in declared {
            if let Some(declaration) = self.declaration(one)? {
                declaration.apply(style, text, parent);
            }
        }
        Ok(())
    }

    /// A key's value; `None` where a binding gave null, which leaves the key unset.
    pub(super) fn declaration(&mut self, declared: &Declared) -> Step<Option<Declaration>> {
        let template = match &declared.value {
            Bound::Static(declaration) => return Ok(Some(declaration.clone())),
            Bound::Bound(template) => template,
        };
        let value = self.eval(template, &declared.path)?;
        self.key.value(declared.name, &value);
        let bad = |message: String| Fault::new(Code::BadBoundValue, &declared.path, message);
        let read = match &value {
            Value::Null => return Ok(None),
            Value::Bool(flag) => declare(declared.name, &Input::Bool(*flag)),
            Value::Number(number) => declare(declared.name, &Input::Number(number.to_f64())),
            Value::Text(text) => declare(declared.name, &Input::Text(text)),
            Value::List(numbers) if declared.name == "object-view-box" => {
                let number = |value: &Value| match value {
                    Value::Number(number) => Input::Number(number.to_f64()),
                    _ => Input::Bool(false),
                };
                declare(declared.name, &Input::List(&numbers.iter().map(number).collect::<Vec<_>>()))
            }
            other => declare(declared.name, &Input::Text(&other.print(self.lang).map_err(bad)?)),
        };
        read.map(Some).map_err(bad)
    }

    pub(super) fn let_value(&mut self, value: &LetValue, place: &str) -> Step<Value> {
        let_value(&mut self.evaluation, self.columns, value, place)
    }

    pub(super) fn eval(&mut self, text: &TextTemplate, place: &str) -> Step<Value> {
        let value = text.eval(&mut self.evaluation);
        checked(self.columns, value, place)
    }

    pub(super) fn expression(&mut self, expr: &Expr, place: &str) -> Step<Value> {
        let value = expr.eval(&mut self.evaluation);
        checked(self.columns, value, place)
    }

    pub(super) fn printed(&mut self, text: &TextTemplate, place: &str) -> Step<String> {
        let value = self.eval(text, place)?;
        self.key.value(place, &value);
        value.print(self.lang).map_err(|message| evaluation(place, message))
    }

    pub(super) fn number(&mut self, text: &TextTemplate, place: &str) -> Step<f64> {
        let value = self.eval(text, place)?;
        self.key.value(place, &value);
        match &value {
            Value::Number(n) => Ok(n.to_f64()),
            Value::Text(t) if t.trim().parse::<f64>().is_ok_and(f64::is_finite) => Ok(t.trim().parse().unwrap_or(0.0)),
            other => Err(Fault::new(Code::BadBoundValue, place, format!("a number must stand here, found {}", other.short()))),
        }
    }

    pub(super) fn whole_number(&mut self, text: &TextTemplate, place: &str) -> Step<usize> {
        let number = self.number(text, place)?;
        if number.fract() == 0.0 && (0.0..=1e6).contains(&number) {
            return Ok(number as usize);
        }
        Err(Fault::new(Code::BadBoundValue, place, format!("limit must be a whole number from 0 to 1000000, found {number}")))
    }

    pub(super) fn side(&mut self, bound: &Bound<f32>, place: &str) -> Step<f32> {
        let side = match bound {
            Bound::Static(side) => *side,
            Bound::Bound(text) => self.number(text, place)? as f32,
        };
        if side >= 1.0 && side.fract() == 0.0 {
            return Ok(side);
        }
        Err(Fault::new(Code::BadBoundValue, place, format!("a side of the canvas must be a whole number of px, 1 or more, found {side}")))
    }
}

/// What a `let` holds for this row.
pub(super) fn let_value(evaluation: &mut Evaluation<'_>, columns: &Columns<'_>, value: &LetValue, place: &str) -> Step<Value> {
    Ok(match value {
        LetValue::Text(text) => {
            let value = text.eval(evaluation);
            checked(columns, value, place)?
        }
        LetValue::Value(value) => value.clone(),
        LetValue::List(items) => Value::list(items.iter().map(|i| let_value(evaluation, columns, i, place)).collect::<Step<Vec<_>>>()?),
        LetValue::Map(entries) => {
            let read = entries.iter().map(|(name, v)| Ok((name.clone(), let_value(evaluation, columns, v, place)?)));
            Value::map(read.collect::<Step<Vec<_>>>()?)
        }
    })
}

/// A column that cannot be read as its type is a better fault than what follows from it.
pub(super) fn checked(columns: &Columns<'_>, value: Result<Value, EvalError>, place: &str) -> Step<Value> {
    match columns.take_fault() {
        Some(fault) => Err(fault),
        None => value.map_err(|e| evaluation(place, e.message)),
    }
}

/// An expression that fails on this row.
pub(super) fn evaluation(place: &str, message: String) -> Fault {
    Fault::new(Code::Evaluation, place, message)
}
