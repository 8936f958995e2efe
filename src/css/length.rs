//! Lengths: px, %, em, the viewport's units (of the canvas), and `calc() min() max() clamp()` over them.

use std::fmt;
use std::sync::Arc;

/// A length as a template writes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Length {
    #[default]
    Auto,
    Px(f32),
    /// 50 means 50 %.
    Percent(f32),
    Em(f32),
    /// Hundredths of the canvas's width, height, smaller and larger side.
    Vw(f32),
    Vh(f32),
    Vmin(f32),
    Vmax(f32),
    Calc(Arc<Calc>),
}

/// A math function over lengths.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Calc {
    Leaf(Length),
    Sum(Vec<Calc>),
    /// A term times a number.
    Scaled(Box<Calc>, f32),
    Min(Vec<Calc>),
    Max(Vec<Calc>),
}

/// What relative lengths are relative to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LengthContext {
    /// The font size that `em` means, px.
    pub(crate) em: f32,
    /// Width and height of the canvas, px.
    pub(crate) canvas: (f32, f32),
}

impl Length {
    pub(crate) const ZERO: Self = Self::Px(0.0);

    pub(crate) fn is_auto(&self) -> bool {
        *self == Self::Auto
    }

    /// In px; `None` for `auto`, and for percentages where `percent_of` is unknown.
    pub(crate) fn resolve(&self, context: &LengthContext, percent_of: Option<f32>) -> Option<f32> {
        let (width, height) = context.canvas;
        let px = match self {
            Self::Auto => return None,
            Self::Px(v) => *v,
            Self::Percent(v) => percent_of? * v / 100.0,
            Self::Em(v) => v * context.em,
            Self::Vw(v) => v * width / 100.0,
            Self::Vh(v) => v * height / 100.0,
            Self::Vmin(v) => v * width.min(height) / 100.0,
            Self::Vmax(v) => v * width.max(height) / 100.0,
            Self::Calc(calc) => calc.resolve(context, percent_of)?,
        };
        Some(px)
    }

    /// The same length with `em` and the canvas's units turned to px: what a child inherits.
    pub(crate) fn computed(&self, context: &LengthContext) -> Self {
        match self {
            Self::Auto | Self::Px(_) | Self::Percent(_) => self.clone(),
            Self::Calc(calc) => self.resolve(context, None).map_or_else(|| Self::Calc(Arc::new(calc.computed(context))), Self::Px),
            _ => self.resolve(context, None).map_or_else(|| self.clone(), Self::Px),
        }
    }

    /// Whether its px depend on the size of a containing block.
    pub(crate) fn has_percent(&self) -> bool {
        match self {
            Self::Percent(_) => true,
            Self::Calc(calc) => calc.has_percent(),
            _ => false,
        }
    }
}

impl Calc {
    fn resolve(&self, context: &LengthContext, percent_of: Option<f32>) -> Option<f32> {
        let all = |terms: &[Calc], start: f32, fold: fn(f32, f32) -> f32| {
            terms.iter().try_fold(start, |total, term| Some(fold(total, term.resolve(context, percent_of)?)))
        };
        match self {
            Self::Leaf(length) => length.resolve(context, percent_of),
            Self::Sum(terms) => all(terms, 0.0, |a, b| a + b),
            Self::Scaled(term, by) => Some(term.resolve(context, percent_of)? * by),
            Self::Min(terms) => all(terms, f32::INFINITY, f32::min),
            Self::Max(terms) => all(terms, f32::NEG_INFINITY, f32::max),
        }
    }

    fn computed(&self, context: &LengthContext) -> Self {
        let all = |terms: &[Self]| terms.iter().map(|t| t.computed(context)).collect();
        match self {
            Self::Leaf(length) => Self::Leaf(length.computed(context)),
            Self::Sum(terms) => Self::Sum(all(terms)),
            Self::Scaled(term, by) => Self::Scaled(Box::new(term.computed(context)), *by),
            Self::Min(terms) => Self::Min(all(terms)),
            Self::Max(terms) => Self::Max(all(terms)),
        }
    }

    fn has_percent(&self) -> bool {
        match self {
            Self::Leaf(length) => length.has_percent(),
            Self::Scaled(term, _) => term.has_percent(),
            Self::Sum(terms) | Self::Min(terms) | Self::Max(terms) => terms.iter().any(Self::has_percent),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Px(v) => write!(f, "{v}px"),
            Self::Percent(v) => write!(f, "{v}%"),
            Self::Em(v) => write!(f, "{v}em"),
            Self::Vw(v) => write!(f, "{v}vw"),
            Self::Vh(v) => write!(f, "{v}vh"),
            Self::Vmin(v) => write!(f, "{v}vmin"),
            Self::Vmax(v) => write!(f, "{v}vmax"),
            Self::Calc(calc) => match **calc {
                Calc::Min(_) | Calc::Max(_) => calc.fmt(f),
                _ => write!(f, "calc({calc})"),
            },
        }
    }
}

impl fmt::Display for Calc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |terms: &[Self], separator: &str| terms.iter().map(Self::to_string).collect::<Vec<_>>().join(separator);
        match self {
            Self::Leaf(length) => length.fmt(f),
            Self::Sum(terms) => f.write_str(&joined(terms, " + ")),
            Self::Scaled(term, by) if matches!(**term, Self::Sum(_)) => write!(f, "({term}) * {by}"),
            Self::Scaled(term, by) => write!(f, "{term} * {by}"),
            Self::Min(terms) => write!(f, "min({})", joined(terms, ", ")),
            Self::Max(terms) => write!(f, "max({})", joined(terms, ", ")),
        }
    }
}
