//! `<position>`: a point of a box, such as `left`, `50% 20px` or `right 10px bottom 5px`.

use super::length::{Calc, Length};
use super::numeric;
use super::parser::{Complaint, Parser};
use super::style::{ObjectPosition, Sides, ViewBox};
use super::token::Kind;

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

    /// A position, or the format's own `face`; its `smart` is not drawn yet.
    pub(crate) fn object_position(&mut self) -> Option<ObjectPosition> {
        if self.word("face").is_some() {
            return Some(ObjectPosition::Face);
        }
        if self.word("smart").is_some() {
            self.complain(Complaint::Sentence("object-position \"smart\" is not supported yet".to_owned()));
            return None;
        }
        self.position().map(|(x, y)| ObjectPosition::At(x, y))
    }

    /// `none`, or a rectangle as `inset()`, `rect()`, `xywh()` or, as the format's own, the four numbers of a `rect` field.
    pub(crate) fn view_box(&mut self) -> Option<Option<ViewBox>> {
        if self.word("none").is_some() {
            return Some(None);
        }
        let sides = match self.function_name().map(str::to_ascii_lowercase).as_deref() {
            Some("inset") => self.arguments(|p| p.sides(Self::length_percentage))?,
            Some("rect") => self.arguments(|p| {
                let mut side = |far: bool| match (p.word("auto"), far) {
                    (Some(()), _) => Some(Length::ZERO),
                    (None, false) => p.length_percentage(),
                    (None, true) => p.length_percentage().map(|length| from_edge(100.0, length)),
                };
                Some(Sides { top: side(false)?, right: side(true)?, bottom: side(true)?, left: side(false)? })
            })?,
            Some("xywh") => self.arguments(|p| {
                let (left, top) = (p.length_percentage()?, p.length_percentage()?);
                let (width, height) = (p.length_percentage_not_negative()?, p.length_percentage_not_negative()?);
                Some(within(left, top, width, height))
            })?,
            Some(_) => return None,
            None => {
                let px = |p: &mut Self| match p.take()? {
                    Kind::Bare(px) => Some(Length::Px(*px)),
                    _ => None,
                };
                let (left, top) = (px(self)?, px(self)?);
                let (width, height) = (px(self)?, px(self)?);
                if matches!((&width, &height), (Length::Px(w), Length::Px(h)) if *w < 0.0 || *h < 0.0) {
                    return self.refuse("must not have a negative size");
                }
                within(left, top, width, height)
            }
        };
        Some(Some(ViewBox(sides)))
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

/// What lies outside of a rectangle, by its left top corner and its size.
fn within(left: Length, top: Length, width: Length, height: Length) -> Sides<Length> {
    let rest = |start: &Length, size: Length| {
        let used = numeric::to_length(numeric::sum(vec![as_calc(start.clone()), as_calc(size)]));
        from_edge(100.0, used)
    };
    Sides { right: rest(&left, width), bottom: rest(&top, height), top, left }
}

fn as_calc(length: Length) -> Calc {
    match length {
        Length::Calc(calc) => (*calc).clone(),
        length => Calc::Leaf(length),
    }
}

/// An offset inwards from an edge at 0 % or 100 %.
fn from_edge(percent: f32, offset: Length) -> Length {
    if percent == 0.0 {
        return offset;
    }
    numeric::to_length(numeric::sum(vec![Calc::Leaf(Length::Percent(percent)), numeric::scaled_calc(as_calc(offset), -1.0)]))
}
