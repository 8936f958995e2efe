//! Gradients of CSS Images 4: linear, radial and conic, repeating or not.

use std::fmt;

use super::color::{Color, ColorValue};
use super::length::Length;
use super::parser::Parser;
use super::position::CENTER;
use super::token::Kind;

/// The most stops of one gradient.
const MAX_STOPS: usize = 1024;

const EXTENTS: &[(&str, RadialExtent)] = &[
    ("closest-side", RadialExtent::ClosestSide),
    ("farthest-side", RadialExtent::FarthestSide),
    ("closest-corner", RadialExtent::ClosestCorner),
    ("farthest-corner", RadialExtent::FarthestCorner),
];

/// A CSS gradient; lengths and percentages are of the box it fills.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gradient {
    pub(crate) kind: GradientKind,
    pub(crate) repeating: bool,
    /// In the order of the text; at least two.
    pub(crate) stops: Vec<Stop>,
}

/// A colour stop, or a colour hint between two stops (`color` is `None`).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stop {
    pub(crate) color: Option<Color>,
    pub(crate) at: Option<StopAt>,
}

/// Where a stop is: along the line, or around the circle.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StopAt {
    Length(Length),
    Degrees(f32),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum GradientKind {
    /// CSS's angle: 0 is upwards, 90 rightwards.
    LinearAngle(f32),
    /// To a corner or side: x is -1 left, 1 right; y is -1 top, 1 bottom. Corners have CSS's "magic" angle.
    LinearTo(i8, i8),
    Radial {
        shape: RadialShape,
        at: (Length, Length),
    },
    /// Start angle in degrees, 0 is upwards.
    Conic {
        from_degrees: f32,
        at: (Length, Length),
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RadialShape {
    Circle(RadialExtent),
    Ellipse(RadialExtent),
    CircleRadius(Length),
    EllipseRadii(Length, Length),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RadialExtent {
    ClosestSide,
    FarthestSide,
    ClosestCorner,
    FarthestCorner,
}

impl Parser<'_> {
    pub(crate) fn gradient(&mut self) -> Option<Gradient> {
        let name = self.function_name()?.to_ascii_lowercase();
        let (kind, repeating) = match name.strip_prefix("repeating-") {
            Some(kind) => (kind, true),
            None => (name.as_str(), false),
        };
        let (kind, stops) = match kind {
            "linear-gradient" => self.arguments(|p| p.gradient_parts(Self::linear, false))?,
            "radial-gradient" => self.arguments(|p| p.gradient_parts(Self::radial, false))?,
            "conic-gradient" => self.arguments(|p| p.gradient_parts(Self::conic, true))?,
            _ => return None,
        };
        Some(Gradient { kind, repeating, stops })
    }

    /// The shape with its comma, where there is one, and the stops.
    fn gradient_parts(&mut self, kind: fn(&mut Self) -> Option<(GradientKind, bool)>, around: bool) -> Option<(GradientKind, Vec<Stop>)> {
        let (kind, given) = kind(self)?;
        if let Some(Kind::Ident(name)) = self.peek()
            && name.eq_ignore_ascii_case("in")
        {
            return self.refuse("takes gradients in sRGB only, without \"in\"");
        }
        if given {
            self.comma()?;
        }
        let mut stops = Vec::new();
        let mut hint_may_follow = false;
        loop {
            if stops.len() >= MAX_STOPS {
                return self.refuse(format!("takes at most {MAX_STOPS} stops in a gradient"));
            }
            hint_may_follow = self.stop_or_hint(around, hint_may_follow, &mut stops)?;
            if self.comma().is_none() {
                break;
            }
        }
        let colors = stops.iter().filter(|stop| stop.color.is_some()).count();
        if colors < 2 || !hint_may_follow {
            return self.refuse("needs two colours or more in a gradient, one at its end");
        }
        Some((kind, stops))
    }

    /// Appends a colour with no, one or two places, or a hint; whether it was a colour.
    fn stop_or_hint(&mut self, around: bool, hint_may_follow: bool, stops: &mut Vec<Stop>) -> Option<bool> {
        if hint_may_follow && let Some(at) = self.stop_at(around) {
            stops.push(Stop { color: None, at: Some(at) });
            return Some(false);
        }
        let first = self.stop_at(around);
        let color = match self.color()? {
            ColorValue::Color(color) => color,
            ColorValue::Current => return self.refuse("takes no currentColor in a gradient"),
        };
        let first = first.or_else(|| self.stop_at(around));
        let second = if first.is_some() { self.stop_at(around) } else { None };
        stops.push(Stop { color: Some(color), at: first });
        if second.is_some() {
            stops.push(Stop { color: Some(color), at: second });
        }
        Some(true)
    }

    fn stop_at(&mut self, around: bool) -> Option<StopAt> {
        if around {
            let degrees = self.angle().map(StopAt::Degrees);
            return degrees.or_else(|| self.percentage().map(|percent| StopAt::Length(Length::Percent(percent))));
        }
        self.length_percentage().map(StopAt::Length)
    }

    /// The direction, and whether it was written.
    fn linear(&mut self) -> Option<(GradientKind, bool)> {
        if self.word("to").is_none() {
            return Some(match self.angle() {
                Some(degrees) => (GradientKind::LinearAngle(degrees), true),
                None => (GradientKind::LinearTo(0, 1), false),
            });
        }
        let sides = [("left", (-1, 0)), ("right", (1, 0)), ("top", (0, -1)), ("bottom", (0, 1))];
        let (x, y) = self.one_of(&sides)?;
        match self.one_of(&sides) {
            None => Some((GradientKind::LinearTo(x, y), true)),
            Some((second_x, second_y)) if (x == 0) == (second_y == 0) => Some((GradientKind::LinearTo(x + second_x, y + second_y), true)),
            Some(_) => None,
        }
    }

    fn radial(&mut self) -> Option<(GradientKind, bool)> {
        let shapes = [("circle", true), ("ellipse", false)];
        let mut circle = self.one_of(&shapes);
        let extent = self.one_of(EXTENTS);
        let first = if extent.is_none() { self.attempt(Self::length_percentage_not_negative) } else { None };
        let second = if first.is_some() { self.attempt(Self::length_percentage_not_negative) } else { None };
        if circle.is_none() {
            circle = self.one_of(&shapes);
        }
        let given = circle.is_some() || extent.is_some() || first.is_some();
        let shape = match (circle, first, second) {
            (Some(true) | None, Some(radius), None) if !radius.has_percent() => RadialShape::CircleRadius(radius),
            (Some(false) | None, Some(x), Some(y)) => RadialShape::EllipseRadii(x, y),
            (_, Some(_), _) => return self.refuse("takes one length for a circle's radius, two lengths or percentages for an ellipse's"),
            (Some(true), None, _) => RadialShape::Circle(extent.unwrap_or(RadialExtent::FarthestCorner)),
            (_, None, _) => RadialShape::Ellipse(extent.unwrap_or(RadialExtent::FarthestCorner)),
        };
        let (at, at_given) = self.gradient_center()?;
        Some((GradientKind::Radial { shape, at }, given || at_given))
    }

    fn conic(&mut self) -> Option<(GradientKind, bool)> {
        let from = if self.word("from").is_some() { Some(self.angle()?) } else { None };
        let (at, at_given) = self.gradient_center()?;
        Some((GradientKind::Conic { from_degrees: from.unwrap_or(0.0), at }, from.is_some() || at_given))
    }

    fn gradient_center(&mut self) -> Option<((Length, Length), bool)> {
        if self.word("at").is_none() {
            return Some((CENTER, false));
        }
        Some((self.position()?, true))
    }
}

impl fmt::Display for Gradient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.repeating {
            f.write_str("repeating-")?;
        }
        match &self.kind {
            GradientKind::LinearAngle(degrees) => write!(f, "linear-gradient({degrees}deg")?,
            GradientKind::LinearTo(x, y) => {
                let x = ["left", "", "right"].get((x + 1) as usize).copied().unwrap_or("");
                let y = ["top", "", "bottom"].get((y + 1) as usize).copied().unwrap_or("");
                let between = if x.is_empty() || y.is_empty() { "" } else { " " };
                write!(f, "linear-gradient(to {x}{between}{y}")?;
            }
            GradientKind::Radial { shape, at: (x, y) } => {
                f.write_str("radial-gradient(")?;
                match shape {
                    RadialShape::Circle(extent) => write!(f, "circle {}", extent.name())?,
                    RadialShape::Ellipse(extent) => write!(f, "ellipse {}", extent.name())?,
                    RadialShape::CircleRadius(radius) => write!(f, "circle {radius}")?,
                    RadialShape::EllipseRadii(x, y) => write!(f, "ellipse {x} {y}")?,
                }
                write!(f, " at {x} {y}")?;
            }
            GradientKind::Conic { from_degrees, at: (x, y) } => write!(f, "conic-gradient(from {from_degrees}deg at {x} {y}")?,
        }
        for stop in &self.stops {
            f.write_str(", ")?;
            if let Some(color) = stop.color {
                write!(f, "{color}")?;
            }
            f.write_str(if stop.color.is_some() && stop.at.is_some() { " " } else { "" })?;
            match &stop.at {
                Some(StopAt::Length(length)) => write!(f, "{length}")?,
                Some(StopAt::Degrees(degrees)) => write!(f, "{degrees}deg")?,
                None => {}
            }
        }
        f.write_str(")")
    }
}

impl RadialExtent {
    fn name(self) -> &'static str {
        EXTENTS.iter().find(|(_, extent)| *extent == self).map_or("farthest-corner", |(name, _)| name)
    }
}
