//! Arithmetic: numbers, money and texts; null in, null out.

use crate::expr::ast::Operator;
use crate::expr::eval::append;
use crate::row::decimal::Decimal;
use crate::row::money::Money;
use crate::row::value::Value;

/// `left operator right`; the message names both where they do not go together.
pub(super) fn operate(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    use Operator::{Add, Divide, Multiply, Subtract};
    match (operator, left, right) {
        (_, Value::Null, _) | (_, _, Value::Null) => Ok(Value::Null),
        (_, Value::Number(a), Value::Number(b)) => number(operator, *a, *b).map(Value::Number),
        (Add, Value::Text(a), Value::Text(b)) => {
            let mut text = a.as_ref().to_owned();
            append(&mut text, b)?;
            Ok(Value::text(text))
        }
        (Add | Subtract | Divide, Value::Money(a), Value::Money(b)) => {
            if a.currency != b.currency {
                let sign = operator.sign();
                return Err(format!("only amounts of one currency go together, found {} {sign} {}", a.currency, b.currency));
            }
            let result = number(operator, a.amount, b.amount)?;
            Ok(if operator == Divide { Value::Number(result) } else { Value::Money(Money { amount: result, ..*a }) })
        }
        (Multiply | Divide, Value::Money(m), Value::Number(n)) => scaled(*m, number(operator, m.amount, *n)),
        (Multiply, Value::Number(n), Value::Money(m)) => scaled(*m, number(operator, *n, m.amount)),
        (_, a, b) => Err(format!("`{}` cannot be applied to {} and {}", operator.sign(), a.short(), b.short())),
    }
}

fn scaled(money: Money, amount: Result<Decimal, String>) -> Result<Value, String> {
    amount.map(|amount| Value::Money(Money { amount, ..money }))
}

fn number(operator: Operator, a: Decimal, b: Decimal) -> Result<Decimal, String> {
    let result = match operator {
        Operator::Add => a.add(b),
        Operator::Subtract => a.sub(b),
        Operator::Multiply => a.mul(b),
        Operator::Divide | Operator::FloorDivide | Operator::Remainder if b.is_zero() => {
            return Err(format!("division by zero in {a} {} {b}", operator.sign()));
        }
        Operator::Divide => a.div(b),
        Operator::FloorDivide => a.floor_div(b),
        Operator::Remainder => a.rem(b),
    };
    result.ok_or_else(|| format!("a number must have at most 28 digits, {a} {} {b} has more", operator.sign()))
}
