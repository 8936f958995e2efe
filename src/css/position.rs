//! `<position>`: a point of a box, such as `left`, `50% 20px` or `right 10px bottom 5px`.

use super::length::{Calc, Length};
use super::numeric;
use super::parser::{Complaint, Parser};

pub(crate) type Position = (Length, Length);

/// The middle of a box.
pub(crate) const CENTER: Position = (Length::Percent(50.0), Length::Percent(50.0));

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    X,
    Y,
    Either,
}

/// One component: a keyword's or length's axis, its offset, and whether it was a keyword.
#[derive(Debug, Clone)]
struct Component {
    axis: Axis,
    at: Length,
    is_keyword: bool,
}

impl Parser<'_> {
    /// One, two or four values.
    pub(crate) fn position(&mut self) -> Option<Position> {
        self.attempt(Self::position_from_edges).or_else(|| self.attempt(Self::position_of_two))
    }

    /// A position; the format's `smart` and `face` are not drawn yet.
    pub(crate) fn object_position(&mut self) -> Option<Position> {
        if let Some(name) = self.one_of(&[("smart", "smart"), ("face", "face")]) {
            self.complain(Complaint::Sentence(format!("object-position {name:?} is not supported yet")));
            return None;
        }
        self.position()
    }

    /// One or two values.
    pub(crate) fn position_of_two(&mut self) -> Option<Position> {
        let first = self.component()?;
        let second = self.component();
        Some(match (first, second) {
            (Component { axis: Axis::Y, at, .. }, None) => (CENTER.0, at),
            (Component { at, .. }, None) => (at, CENTER.1),
            (Component { axis: Axis::X | Axis::Either, at: x, .. }, Some(Component { axis: Axis::Y | Axis::Either, at: y, .. })) => (x, y),
            // Only keywords may come in the other order.
            (a, Some(b)) if a.is_keyword && b.is_keyword && a.axis != b.axis => (b.at, a.at),
            _ => return None,
        })
    }

    fn component(&mut self) -> Option<Component> {
        self.attempt(|p| {
            if let Some((axis, percent)) = p.edge(true) {
                return Some(Component { axis, at: Length::Percent(percent), is_keyword: true });
            }
            Some(Component { axis: Axis::Either, at: p.length_percentage()?, is_keyword: false })
        })
    }

    /// `left`, `right`, `top`, `bottom` and, if allowed, `center`: its axis and percentage.
    fn edge(&mut self, or_center: bool) -> Option<(Axis, f32)> {
        let names = [("left", (Axis::X, 0.0)), ("right", (Axis::X, 100.0)), ("top", (Axis::Y, 0.0)), ("bottom", (Axis::Y, 100.0))];
        self.one_of(&names).or_else(|| if or_center { self.word("center").map(|()| (Axis::Either, 50.0)) } else { None })
    }

    fn position_from_edges(&mut self) -> Option<Position> {
        let (first, from) = self.edge(false)?;
        let a = from_edge(from, self.length_percentage()?);
        let (second, from) = self.edge(false)?;
        let b = from_edge(from, self.length_percentage()?);
        match (first, second) {
            (Axis::X, Axis::Y) => Some((a, b)),
            (Axis::Y, Axis::X) => Some((b, a)),
            _ => None,
        }
    }
}

/// An offset inwards from an edge at 0 % or 100 %.
fn from_edge(percent: f32, offset: Length) -> Length {
    if percent == 0.0 {
        return offset;
    }
    let calc = match offset {
        Length::Calc(calc) => (*calc).clone(),
        length => Calc::Leaf(length),
    };
    numeric::to_length(numeric::sum(vec![Calc::Leaf(Length::Percent(percent)), numeric::scaled_calc(calc, -1.0)]))
}
