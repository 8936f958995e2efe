//! `strength` and `feather`: the numbers of a model, as a template or a row writes them.

use crate::css::property::Input;
use crate::error::quoted;
use crate::generate::Feather;

/// A share of 1: a number, or a percentage.
pub(crate) fn strength(value: &Input<'_>) -> Result<f32, String> {
    let share = match value {
        Input::Number(number) => Some(*number),
        Input::Text(text) => match text.trim().strip_suffix('%') {
            Some(percent) => number(percent).map(|percent| percent / 100.0),
            None => number(text),
        },
        Input::Bool(_) | Input::List(_) => None,
    };
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    share
        .map(|share| share as f32)
        .ok_or_else(|| format!("strength must be a number from 0 to 1 or a percentage up to 100%, found {}", found(value)))
}

/// A width: px of the picture, or a percentage.
pub(crate) fn feather(value: &Input<'_>) -> Result<Feather, String> {
    let width = match value {
        Input::Number(px) => Some((*px, false)),
        Input::Text(text) => match (text.trim().strip_suffix("px"), text.trim().strip_suffix('%')) {
            (Some(px), _) => number(px).map(|px| (px, false)),
            (_, Some(percent)) => number(percent).map(|percent| (percent, true)),
            _ => number(text).map(|px| (px, false)),
        },
        Input::Bool(_) | Input::List(_) => None,
    };
    match width {
        Some((px, false)) if (0.0..=65_535.0).contains(&px) => Ok(Feather::Px(px as f32)),
        Some((percent, true)) if (0.0..=100.0).contains(&percent) => Ok(Feather::Fraction(percent as f32 / 100.0)),
        _ => Err(format!("feather must be a length in px or a percentage up to 100%, found {}", found(value))),
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn found(value: &Input<'_>) -> String {
    match value {
        Input::Bool(flag) => flag.to_string(),
        Input::Number(number) => number.to_string(),
        Input::Text(text) => quoted(text),
        Input::List(_) => "a list".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_percentages_are_read_and_nothing_else() {
        assert_eq!(strength(&Input::Number(0.5)), Ok(0.5));
        assert_eq!(strength(&Input::Text(" 40% ")), Ok(0.4));
        assert_eq!(strength(&Input::Text("1")), Ok(1.0));
        assert_eq!(feather(&Input::Number(12.0)), Ok(Feather::Px(12.0)));
        assert_eq!(feather(&Input::Text("8px")), Ok(Feather::Px(8.0)));
        assert_eq!(feather(&Input::Text("5 %")), Ok(Feather::Fraction(0.05)));
        let rule = "strength must be a number from 0 to 1 or a percentage up to 100%, found";
        for (value, shown) in
            [(Input::Number(1.01), "1.01"), (Input::Text("101%"), "\"101%\""), (Input::Text("NaN"), "\"NaN\""), (Input::Bool(true), "true")]
        {
            assert_eq!(strength(&value), Err(format!("{rule} {shown}")));
        }
        for value in [Input::Number(-1.0), Input::Text("2em"), Input::Text("inf"), Input::Text("200%"), Input::List(&[])] {
            assert!(feather(&value).is_err_and(|rule| rule.starts_with("feather must be a length in px")), "{value:?}");
        }
    }
}
