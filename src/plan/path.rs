//! SVG path data (SVG 2, section 9.3) as segments in absolute coordinates; arcs become cubic curves.

use svgtypes::{SimplePathSegment, SimplifyingPathParser};

use crate::geom::Point;
use crate::scene::Segment;

/// Longest list of segments of one path.
const MAX_SEGMENTS: usize = 100_000;

/// The segments of a `d`, or what is wrong with it.
pub(super) fn segments(d: &str) -> Result<Vec<Segment>, String> {
    let point = |x: f64, y: f64| Point::new(x as f32, y as f32);
    let mut out = Vec::new();
    for segment in SimplifyingPathParser::from(d) {
        out.push(match segment.map_err(|e| format!("d must be SVG path data: {e}"))? {
            SimplePathSegment::MoveTo { x, y } => Segment::Move(point(x, y)),
            SimplePathSegment::LineTo { x, y } => Segment::Line(point(x, y)),
            SimplePathSegment::Quadratic { x1, y1, x, y } => Segment::Quad(point(x1, y1), point(x, y)),
            SimplePathSegment::CurveTo { x1, y1, x2, y2, x, y } => Segment::Cubic(point(x1, y1), point(x2, y2), point(x, y)),
            SimplePathSegment::ClosePath => Segment::Close,
        });
        if out.len() > MAX_SEGMENTS {
            return Err(format!("a path must have at most {MAX_SEGMENTS} segments"));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_and_absolute_commands_are_read() {
        let read = segments("M1 1 l2 0 v2 z").unwrap();
        let at = |x, y| Point::new(x, y);
        assert_eq!(read, [Segment::Move(at(1.0, 1.0)), Segment::Line(at(3.0, 1.0)), Segment::Line(at(3.0, 3.0)), Segment::Close]);
        assert!(segments("M1 1 hello").is_err());
    }
}
