//! Transform functions in two dimensions, and their origin.

use super::length::Length;
use super::parser::Parser;
use super::position::Position;
use super::style::TransformOp;

/// The most functions of one transform.
const MAX_OPS: usize = 256;

impl Parser<'_> {
    pub(crate) fn transform(&mut self) -> Option<Vec<TransformOp>> {
        let ops = self.many_or_none(Self::transform_op)?;
        if ops.len() > MAX_OPS { self.refuse(format!("takes at most {MAX_OPS} functions")) } else { Some(ops) }
    }

    fn transform_op(&mut self) -> Option<TransformOp> {
        let name = self.function_name()?.to_ascii_lowercase();
        if name.ends_with("3d") || matches!(name.as_str(), "perspective" | "rotatex" | "rotatey" | "translatez" | "scalez") {
            return self.refuse("takes functions in two dimensions only");
        }
        self.arguments(|p| match name.as_str() {
            "translate" => {
                let x = p.length_percentage()?;
                Some(TransformOp::Translate(x, p.second(Self::length_percentage)?.unwrap_or(Length::ZERO)))
            }
            "translatex" => Some(TransformOp::Translate(p.length_percentage()?, Length::ZERO)),
            "translatey" => Some(TransformOp::Translate(Length::ZERO, p.length_percentage()?)),
            "scale" => {
                let x = p.number_or_percentage()?;
                Some(TransformOp::Scale(x, p.second(Self::number_or_percentage)?.unwrap_or(x)))
            }
            "scalex" => Some(TransformOp::Scale(p.number_or_percentage()?, 1.0)),
            "scaley" => Some(TransformOp::Scale(1.0, p.number_or_percentage()?)),
            "rotate" | "rotatez" => p.angle().map(TransformOp::Rotate),
            "skew" => {
                let x = p.angle()?;
                Some(TransformOp::Skew(x, p.second(Self::angle)?.unwrap_or(0.0)))
            }
            "skewx" => Some(TransformOp::Skew(p.angle()?, 0.0)),
            "skewy" => Some(TransformOp::Skew(0.0, p.angle()?)),
            "matrix" => p.list(Self::number).and_then(|v| v.try_into().ok()).map(TransformOp::Matrix),
            _ => None,
        })
    }

    /// A second argument, if there is a comma.
    fn second<T>(&mut self, parse: fn(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.comma().is_some() { parse(self).map(Some) } else { Some(None) }
    }

    /// One or two values; a third, along the axis that a picture lacks, is refused.
    pub(crate) fn transform_origin(&mut self) -> Option<Position> {
        let origin = self.position_of_two()?;
        if self.is_done() { Some(origin) } else { self.refuse("takes an origin in two dimensions only") }
    }
}
