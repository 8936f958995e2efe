//! Gradients of CSS Images 4: linear, radial and conic, repeating or not.

use super::color::Color;
use super::length::Length;

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
