//! The functions: sales, time, the template's own words, colours.
//!
//! A sale is on where its price is below the regular one and the window holds `now`; without a window it is always on. Every window that
//! was asked tells the evaluation when it opens or closes next.

use crate::css::property::{Declaration, Input, declare};
use crate::css::style::TextColor;
use crate::error::quoted;
use crate::expr::eval::{Evaluation, append};
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
            Function::DaysUntil => match self.days_until(argument(0))? {
                Some((days, _)) => {
                    self.changes_at_midnight();
                    Ok(days)
                }
                None => Ok(Value::Null),
            },
            Function::Contrast => contrast(argument(0)),
            Function::Translate => self.translate(argument(0), arguments.get(1).and_then(Option::as_ref)),
        }
    }

    /// What one of the template's strings says in the plan's language; null for a key or a number that is null.
    fn translate(&mut self, key: &Value, number: Option<&Value>) -> Result<Value, String> {
        let number = match number {
            None => None,
            Some(Value::Null) => return Ok(Value::Null),
            Some(Value::Number(number)) => Some(*number),
            Some(other) => return Err(format!("`t` needs a number as \"n\", found {}", other.short())),
        };
        let key = match key {
            Value::Null => return Ok(Value::Null),
            Value::Text(key) => key,
            other => return Err(format!("`t` needs a text as \"key\", found {}", other.short())),
        };
        let strings = self.context.strings.ok_or("`t` has no strings here")?;
        let mut text = String::new();
        append(&mut text, &strings.say(key, number, self.context.lang)?)?;
        Ok(Value::text(text))
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

    /// Midnights between today and a date, in the template's time zone: 0 today, 1 tomorrow, negative when past; and the date's day. When it
    /// changes is the caller's to say.
    pub(super) fn days_until(&self, date: &Value) -> Result<Option<(Value, i64)>, String> {
        let date = match date {
            Value::Null => return Ok(None),
            Value::Date(date) => date,
            other => return Err(format!("`days_until` needs a date, found {}", other.short())),
        };
        let today = self.day_at(self.now()?);
        // A day is the same day everywhere; an instant's day is that of the template's zone.
        let day = if date.has_time { self.day_at(date.seconds) } else { date.day() };
        Ok(Some((Value::Number(day.saturating_sub(today).into()), day)))
    }

    /// Remembers that a value changes with the day.
    pub(super) fn changes_at_midnight(&mut self) {
        if let Some(now) = self.context.now {
            self.changes_at(self.context.zone.next_midnight(now));
        }
    }

    /// Remembers when the days until a day are held against a number with another outcome: on the day when they are that number, and the next.
    pub(super) fn counts_down(&mut self, day: i64, number: Decimal) {
        let (zone, now) = (self.context.zone, self.context.now.unwrap_or(0));
        if let Some(days) = number.floor_div(Decimal::from(1)).and_then(|whole| whole.to_i64()) {
            self.changes_at(zone.start_of(day.saturating_sub(days)));
            self.changes_at(zone.start_of(day.saturating_sub(days).saturating_add(1)));
        }
        // Where clocks go back over midnight, today ends in yesterday first.
        let midnight = zone.next_midnight(now);
        if self.day_at(midnight) < self.day_at(now) {
            self.changes_at(midnight);
        }
    }

    fn day_at(&self, seconds: i64) -> i64 {
        self.context.zone.local(seconds).div_euclid(DAY_S)
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

/// Black or white, whichever WCAG 2 gives the higher contrast on a background.
fn contrast(background: &Value) -> Result<Value, String> {
    let text = match background {
        Value::Null => return Ok(Value::Null),
        Value::Text(text) => text,
        other => return Err(format!("`contrast` needs a colour, found {}", other.short())),
    };
    let Ok(Declaration::Color(Some(TextColor::Color(color)))) = declare("color", &Input::Text(text)) else {
        return Err(format!("`contrast` needs a CSS colour such as #d0021b, found {}", quoted(text)));
    };
    if color.a < 1.0 {
        return Err(format!("`contrast` needs an opaque colour, found {}", quoted(text)));
    }
    // Relative luminance; black and white are equally far from a background where (L + 0.05)^2 = 0.05 * 1.05.
    let linear = |part: f32| match f64::from(part) {
        part if part <= 0.04045 => part / 12.92,
        part => libm::pow((part + 0.055) / 1.055, 2.4),
    };
    let luminance = 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b) + 0.05;
    Ok(Value::text(if luminance * luminance > 0.05 * 1.05 { "#000000" } else { "#ffffff" }))
}

fn saving(price: Money, sale: Money) -> Result<Money, String> {
    let amount = price.amount.sub(sale.amount).ok_or_else(|| format!("the saving between {price} and {sale} has too many digits"))?;
    Ok(Money { amount, ..price })
}
