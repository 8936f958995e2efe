//! The functions: sales and time.
//!
//! A sale is on where its price is below the regular one and the window holds `now`; without a window it is always on. Every window that
//! was asked tells the evaluation when it opens or closes next.

use crate::expr::eval::Evaluation;
use crate::expr::names::Function;
use crate::row::date::{DAY_S, Interval};
use crate::row::decimal::Decimal;
use crate::row::money::Money;
use crate::row::value::Value;

impl Evaluation<'_> {
    pub(super) fn call(&mut self, function: Function, arguments: &[Option<Value>]) -> Result<Value, String> {
        let argument = |i: usize| arguments.get(i).and_then(Option::as_ref).unwrap_or(&Value::Null);
        match function {
            Function::Deal => self.deal(argument(0), argument(1), argument(2)),
            Function::OnSale => Ok(Value::Bool(self.sale(argument(0), argument(1), argument(2))?.is_some())),
            Function::PercentOff => match cut(argument(0), argument(1))? {
                Some((price, sale)) => Ok(Value::Number(percent(price, sale)?)),
                None => Ok(if argument(0).is_null() || argument(1).is_null() { Value::Null } else { Value::Number(Decimal::ZERO) }),
            },
            Function::Saving => match cut(argument(0), argument(1))? {
                Some((price, sale)) => Ok(Value::Money(saving(price, sale)?)),
                None => Ok(Value::Null),
            },
            Function::DaysUntil => self.days_until(argument(0)),
            Function::Contrast | Function::Translate => Err(format!("`{}` is not supported yet", function.signature().name)),
        }
    }

    /// `{ on, now, was, percent, saving, ends }`; off, `now` is the price, `percent` 0 and the others null.
    fn deal(&mut self, price: &Value, sale_price: &Value, interval: &Value) -> Result<Value, String> {
        Ok(match self.sale(price, sale_price, interval)? {
            Some((price, sale)) => {
                let ends = if let Value::Interval(Interval { end: Some(end), .. }) = interval { Value::Date(*end) } else { Value::Null };
                Value::map([
                    ("on", Value::Bool(true)),
                    ("now", Value::Money(sale)),
                    ("was", Value::Money(price)),
                    ("percent", Value::Number(percent(price, sale)?)),
                    ("saving", Value::Money(saving(price, sale)?)),
                    ("ends", ends),
                ])
            }
            None => Value::map([
                ("on", Value::Bool(false)),
                ("now", price.clone()),
                ("was", Value::Null),
                ("percent", Value::Number(Decimal::ZERO)),
                ("saving", Value::Null),
                ("ends", Value::Null),
            ]),
        })
    }

    /// Price and sale price, if the sale is on.
    fn sale(&mut self, price: &Value, sale_price: &Value, interval: &Value) -> Result<Option<(Money, Money)>, String> {
        let Some(prices) = cut(price, sale_price)? else {
            return Ok(None);
        };
        let open = match interval {
            Value::Null => true,
            Value::Interval(interval) => {
                let now = self.now()?;
                if let Some(change) = interval.next_change(now) {
                    self.changes_at(change);
                }
                interval.contains(now)
            }
            other => return Err(format!("a sale's window must be an interval, found {}", other.short())),
        };
        Ok(open.then_some(prices))
    }

    /// Midnights between today and a date, in the template's time zone: 0 today, 1 tomorrow, negative when past.
    fn days_until(&mut self, date: &Value) -> Result<Value, String> {
        let date = match date {
            Value::Null => return Ok(Value::Null),
            Value::Date(date) => date,
            other => return Err(format!("`days_until` needs a date, found {}", other.short())),
        };
        let now = self.now()?;
        let day_at = |seconds: i64| self.context.zone.local(seconds).div_euclid(DAY_S);
        let today = day_at(now);
        // A day is the same day everywhere; an instant's day is that of the template's zone.
        let day = if date.has_time { day_at(date.seconds) } else { date.day() };
        self.changes_at(self.context.zone.next_midnight(now));
        Ok(Value::Number(day.saturating_sub(today).into()))
    }
}

/// Both prices, where the sale's is the lower; null for either is no sale, two currencies are an error.
fn cut(price: &Value, sale_price: &Value) -> Result<Option<(Money, Money)>, String> {
    for value in [price, sale_price] {
        if !matches!(value, Value::Money(_) | Value::Null) {
            return Err(format!("a sale needs two amounts of money, found {}", value.short()));
        }
    }
    match (price, sale_price) {
        (Value::Money(price), Value::Money(sale)) if price.currency != sale.currency => {
            Err(format!("a price and its sale price must be of one currency, found {} and {}", price.currency, sale.currency))
        }
        (Value::Money(price), Value::Money(sale)) if sale.amount < price.amount && !sale.amount.is_negative() => Ok(Some((*price, *sale))),
        _ => Ok(None),
    }
}

/// Whole per cent off, rounded down: a saving is never overstated.
fn percent(price: Money, sale: Money) -> Result<Decimal, String> {
    let share = saving(price, sale)?.amount.mul(Decimal::HUNDRED).and_then(|part| part.floor_div(price.amount));
    share.ok_or_else(|| format!("the saving between {price} and {sale} has too many digits"))
}

fn saving(price: Money, sale: Money) -> Result<Money, String> {
    let amount = price.amount.sub(sale.amount).ok_or_else(|| format!("the saving between {price} and {sale} has too many digits"))?;
    Ok(Money { amount, ..price })
}
