//! The filters: `value | filter(arguments)`. Null passes through all of them but `default`.

use crate::expr::eval::{Evaluation, append};
use crate::expr::names::Filter;
use crate::expr::text;
use crate::row::decimal::Decimal;
use crate::row::locale::{self, Style};
use crate::row::money::Money;
use crate::row::value::Value;

impl Evaluation<'_> {
    pub(super) fn filter(&mut self, filter: Filter, of: Value, arguments: &[Option<Value>]) -> Result<Value, String> {
        let argument = |i: usize| arguments.get(i).and_then(Option::as_ref);
        if filter == Filter::Default {
            let replaced = of.is_null() || (!of.is_truthy() && argument(1).is_some_and(Value::is_truthy));
            return Ok(if replaced { argument(0).cloned().unwrap_or_default() } else { of });
        }
        if of.is_null() {
            return Ok(Value::Null);
        }
        let lang = self.context.lang;
        let given = Given { filter, arguments };
        Ok(match filter {
            Filter::Default => of,
            Filter::Money => {
                let style = match given.text(0)? {
                    None | Some("standard") => Style::Standard,
                    Some("narrow") => Style::Narrow,
                    Some("code") => Style::Code,
                    Some(other) => return Err(format!("`money` takes \"standard\", \"narrow\" or \"code\", found {other:?}")),
                };
                Value::text(locale::money(&given.money(&of)?, lang, style)?)
            }
            Filter::MoneySymbol => Value::text(locale::money_parts(&given.money(&of)?, lang)?.symbol),
            Filter::MoneyInt => Value::text(locale::money_parts(&given.money(&of)?, lang)?.whole),
            Filter::MoneyFrac => Value::text(locale::money_parts(&given.money(&of)?, lang)?.fraction),
            Filter::Number => {
                let least = given.count(0)?.unwrap_or(0);
                let most = given.count(1)?.unwrap_or(least.max(3));
                if least > most || most > 28 {
                    return Err(format!("`number` takes at most 28 digits and no more at least than at most, found {least} and {most}"));
                }
                Value::text(locale::number(given.number(&of)?, lang, least, most)?)
            }
            Filter::Percent => Value::text(locale::percent(given.number(&of)?, lang)?),
            Filter::Date => match &of {
                Value::Date(date) => Value::text(locale::date(date, given.text(0)?.unwrap_or(""), lang)?),
                other => return Err(given.wrong("a date", other)),
            },
            Filter::Upper => bounded(text::upper(given.subject(&of)?, lang))?,
            Filter::Lower => bounded(text::lower(given.subject(&of)?, lang))?,
            Filter::Title => bounded(text::title(given.subject(&of)?, lang))?,
            Filter::Capitalize => bounded(text::capitalize(given.subject(&of)?, lang))?,
            Filter::Trim => Value::text(given.subject(&of)?.trim()),
            Filter::Truncate => bounded(text::truncate(given.subject(&of)?, given.count(0)?.unwrap_or(0)))?,
            Filter::Replace => {
                let (old, new) = (given.text(0)?.unwrap_or(""), given.text(1)?.unwrap_or(""));
                self.replace(given.subject(&of)?, old, new)?
            }
            Filter::First => match &of {
                Value::List(items) => items.first().cloned().unwrap_or_default(),
                other => text::graphemes(given.subject(other)?).next().map(Value::text).unwrap_or_default(),
            },
            Filter::Last => match &of {
                Value::List(items) => items.last().cloned().unwrap_or_default(),
                other => text::graphemes(given.subject(other)?).next_back().map(Value::text).unwrap_or_default(),
            },
            Filter::Join => match &of {
                Value::List(items) => self.join(items, given.text(0)?.unwrap_or(""))?,
                other => return Err(given.wrong("a list", other)),
            },
            Filter::Split => self.split(given.subject(&of)?, given.text(0)?)?,
            Filter::Length => {
                let length = match &of {
                    Value::List(items) => items.len(),
                    Value::Map(entries) => entries.len(),
                    other => text::graphemes(given.subject(other)?).count(),
                };
                Value::from(i64::try_from(length).unwrap_or(i64::MAX))
            }
            Filter::Round => {
                let digits = match given.whole(0)?.unwrap_or(0) {
                    digits @ -28..=28 => i32::try_from(digits).unwrap_or(0),
                    other => return Err(format!("`round` takes -28 to 28 digits, found {other}")),
                };
                let round = |n: Decimal| n.round(digits).ok_or_else(|| format!("{n} rounded to {digits} digits is out of range"));
                given.numeric(&of, round)?
            }
            Filter::Abs => given.numeric(&of, |n| Ok(n.abs()))?,
            Filter::StripHtml => bounded(text::strip_html(given.subject(&of)?))?,
        })
    }

    fn replace(&mut self, subject: &str, old: &str, new: &str) -> Result<Value, String> {
        if old.is_empty() {
            return Err("`replace` must be given a text to look for, found an empty one".to_owned());
        }
        let mut result = String::new();
        for (i, piece) in subject.split(old).enumerate() {
            if i > 0 {
                append(&mut result, new)?;
            }
            append(&mut result, piece)?;
        }
        Ok(Value::text(result))
    }

    fn join(&mut self, items: &[Value], separator: &str) -> Result<Value, String> {
        self.charge(items.len())?;
        let mut result = String::new();
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                append(&mut result, separator)?;
            }
            append(&mut result, &item.print(self.context.lang)?)?;
        }
        Ok(Value::text(result))
    }

    /// At a separator, or at runs of white space where none is given.
    fn split(&mut self, subject: &str, separator: Option<&str>) -> Result<Value, String> {
        let mut items = Vec::new();
        let pieces: Box<dyn Iterator<Item = &str>> = match separator {
            Some("") => return Err("`split` must be given a text to split at, found an empty one".to_owned()),
            Some(separator) => Box::new(subject.split(separator)),
            None => Box::new(subject.split_whitespace()),
        };
        for piece in pieces {
            self.charge(1)?;
            items.push(Value::text(piece));
        }
        Ok(Value::list(items))
    }
}

/// A filter's arguments, typed.
struct Given<'a> {
    filter: Filter,
    arguments: &'a [Option<Value>],
}

impl<'a> Given<'a> {
    fn wrong(&self, wanted: &str, found: &Value) -> String {
        format!("`{}` needs {wanted}, found {}", self.filter.signature().name, found.short())
    }

    /// The text that a text filter works on; numbers and prices must be formatted before.
    fn subject<'v>(&self, of: &'v Value) -> Result<&'v str, String> {
        of.as_text().ok_or_else(|| self.wrong("a text", of))
    }

    fn money(&self, of: &Value) -> Result<Money, String> {
        if let Value::Money(money) = of { Ok(*money) } else { Err(self.wrong("money", of)) }
    }

    fn number(&self, of: &Value) -> Result<Decimal, String> {
        if let Value::Number(number) = of { Ok(*number) } else { Err(self.wrong("a number", of)) }
    }

    fn numeric(&self, of: &Value, change: impl Fn(Decimal) -> Result<Decimal, String>) -> Result<Value, String> {
        match of {
            Value::Number(number) => change(*number).map(Value::Number),
            Value::Money(money) => change(money.amount).map(|amount| Value::Money(Money { amount, ..*money })),
            other => Err(self.wrong("a number or money", other)),
        }
    }

    fn argument(&self, i: usize) -> Option<&'a Value> {
        self.arguments.get(i).and_then(Option::as_ref)
    }

    fn named(&self, i: usize, wanted: &str, found: &Value) -> String {
        let signature = self.filter.signature();
        format!("`{}` needs {wanted} as {:?}, found {}", signature.name, signature.parameters.get(i).unwrap_or(&""), found.short())
    }

    fn text(&self, i: usize) -> Result<Option<&'a str>, String> {
        let Some(value) = self.argument(i) else { return Ok(None) };
        value.as_text().map(Some).ok_or_else(|| self.named(i, "a text", value))
    }

    fn whole(&self, i: usize) -> Result<Option<i64>, String> {
        let Some(value) = self.argument(i) else { return Ok(None) };
        let whole = if let Value::Number(number) = value { number.to_i64() } else { None };
        whole.map(Some).ok_or_else(|| self.named(i, "a whole number", value))
    }

    fn count(&self, i: usize) -> Result<Option<usize>, String> {
        let Some(whole) = self.whole(i)? else { return Ok(None) };
        usize::try_from(whole).map(Some).map_err(|_| format!("{} below zero", self.named(i, "a count", &Value::from(whole))))
    }
}

fn bounded(made: String) -> Result<Value, String> {
    let mut text = String::new();
    append(&mut text, &made)?;
    Ok(Value::text(text))
}
