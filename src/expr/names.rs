//! The filters and functions of the format: their names, parameters, and how many of these must be given.
//!
//! One list feeds the parser, its messages and the canonical print. What the format has and this version cannot do yet is refused by name.

use crate::error::suggestion;

/// What the parser has to know of a filter or function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static [&'static str],
    /// How many of the first parameters must be given.
    pub(crate) required: usize,
}

macro_rules! named {
    ($(#[$doc:meta])* $type:ident $what:literal { $($variant:ident $name:literal [$($parameter:literal),*] $required:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $type { $($variant,)+ }

        impl $type {
            /// All of them, in the order of the format's page.
            pub(crate) const ALL: &'static [$type] = &[$($type::$variant,)+];

            pub(crate) const fn signature(self) -> Signature {
                match self { $($type::$variant => Signature { name: $name, parameters: &[$($parameter),*], required: $required },)+ }
            }

            /// By its name; the message names the nearest one.
            pub(crate) fn parse(name: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|known| known.signature().name == name).ok_or_else(|| {
                    let known = Self::ALL.iter().map(|known| known.signature().name);
                    format!(concat!("unknown ", $what, " {:?}{}"), name, suggestion(name, known))
                })
            }
        }
    };
}

named! {
    /// `value | filter(arguments)`.
    Filter "filter" {
        Money "money" ["style"] 0,
        MoneySymbol "money_symbol" [] 0,
        MoneyInt "money_int" [] 0,
        MoneyFrac "money_frac" [] 0,
        Number "number" ["min_digits", "max_digits"] 0,
        Percent "percent" [] 0,
        Date "date" ["pattern"] 1,
        Upper "upper" [] 0,
        Lower "lower" [] 0,
        Title "title" [] 0,
        Capitalize "capitalize" [] 0,
        Trim "trim" [] 0,
        Truncate "truncate" ["n"] 1,
        Replace "replace" ["old", "new"] 2,
        Default "default" ["value", "also_falsy"] 1,
        First "first" [] 0,
        Last "last" [] 0,
        Join "join" ["separator"] 0,
        Split "split" ["separator"] 0,
        Length "length" [] 0,
        Round "round" ["digits"] 0,
        Abs "abs" [] 0,
        StripHtml "strip_html" [] 0,
    }
}

named! {
    /// `function(arguments)`; functions have a namespace of their own.
    Function "function" {
        Deal "deal" ["price", "sale_price", "interval"] 1,
        PercentOff "percent_off" ["price", "sale_price"] 2,
        Saving "saving" ["price", "sale_price"] 2,
        OnSale "on_sale" ["price", "sale_price", "interval"] 2,
        DaysUntil "days_until" ["date"] 1,
        Contrast "contrast" ["color"] 1,
        Translate "t" ["key", "n"] 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_told() {
        assert_eq!(Filter::parse("uper"), Err("unknown filter \"uper\", did you mean \"upper\"?".into()));
        assert_eq!(Function::parse("frobnicate"), Err("unknown function \"frobnicate\"".into()));
    }

    #[test]
    fn every_name_is_found() {
        assert!(Filter::ALL.iter().all(|f| Filter::parse(f.signature().name) == Ok(*f)));
        assert!(Function::ALL.iter().all(|f| Function::parse(f.signature().name) == Ok(*f)));
    }
}
