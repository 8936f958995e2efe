//! Scenes that differ in a few items: what is the same is painted once, and what is not over a copy of it.
//!
//! ```text
//! scene    gradient  shadow  PHOTO  banner  logo  NAME  PRICE       capitals: of the row
//! under    gradient  shadow                                         what lies under the first of them
//! all      gradient  shadow         banner  logo
//! ```
//!
//! A picture starts as a copy of `all`. That is right wherever no fixed item lies over one of the row's. Where one does (the banner over
//! the photo), the copy is put back to `under`, and in that part everything is painted again in its order. Items of the row are
//! painted whole. So each px sees the items that it sees in a plain painting, in the same order, through the same kernels: the bytes are
//! the same.

use super::area::Area;
use super::canvas::Canvas;
use super::{Brush, PaintScratch, Painter, State, blank};
use crate::error::Error;
use crate::pixel::Frame;
use crate::scene::{Item, Scene};

/// More parts than this are taken as one.
const MAX_PARTS: usize = 8;

/// The fixed items of a scene, painted.
#[derive(Debug, Clone)]
pub(crate) struct Plates {
    /// How many of them are in `under`.
    count_under: usize,
    /// `None` where that is `all`.
    under: Option<Frame>,
    all: Frame,
}

impl Plates {
    /// Paints a scene of fixed items, the first `count_under` of which lie under everything else.
    pub(crate) fn paint(scene: &Scene, count_under: usize, brush: &Brush<'_>, scratch: &mut PaintScratch) -> Result<Self, Error> {
        let (mut all, state) = blank(scene, brush.limits)?;
        let (first, rest) = scene.items.split_at_checked(count_under).unwrap_or((&scene.items, &[]));
        let (mut painter, sentry) = (Painter::new(brush, scratch), brush.sentry);
        painter.items(&mut Canvas::new(state.clip.area, all.pixels_mut(), sentry), &state, first, 0)?;
        let under = (!rest.is_empty()).then(|| all.clone());
        painter.items(&mut Canvas::new(state.clip.area, all.pixels_mut(), sentry), &state, rest, 0)?;
        sentry.held()?;
        Ok(Self { count_under: first.len(), under, all })
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.all.pixels().len() * if self.under.is_some() { 2 } else { 1 }
    }

    /// The fixed items alone.
    pub(crate) fn all(&self) -> &Frame {
        &self.all
    }
}

/// Paints a scene whose `fixed` items are those of the plates, in their order. Also says for each row whether it may be another than that of
/// [`Plates::all`]. `None` where the plates are of no use to it.
pub(crate) fn paint_over(
    plates: &Plates,
    scene: &Scene,
    fixed: &[bool],
    brush: &Brush<'_>,
    scratch: &mut PaintScratch,
) -> Result<Option<(Frame, Vec<bool>)>, Error> {
    let first = fixed.iter().position(|fixed| !fixed).unwrap_or(fixed.len());
    let state = State::new(scene.scale, &plates.all);
    if fixed.len() != scene.items.len() || (first < plates.count_under && first < fixed.len()) {
        return Ok(None);
    }
    let mut painter = Painter::new(brush, scratch);
    let mut parts = painter.again(&state, scene.items.get(first..).unwrap_or_default(), fixed.get(first..).unwrap_or_default());
    let repainted = || scene.items.iter().zip(fixed).skip(plates.count_under).filter(|(_, fixed)| **fixed);
    if !parts.is_empty() && repainted().any(|(item, _)| sees_under(item)) {
        // it draws from px around those that it covers
        parts = vec![state.clip.area];
    }
    let mut frame = plates.all.clone();
    if let Some(under) = &plates.under {
        parts.iter().for_each(|part| restore(&mut frame, under, part));
    }
    let mut touched = vec![false; frame.height() as usize];
    for part in &parts {
        let rows = super::area::offset(0, part.top)..super::area::offset(0, part.bottom);
        touched.get_mut(rows).unwrap_or_default().fill(true);
    }
    // what lies under the first item of the row, but is not in `under`, is missing in the parts
    let items = scene.items.iter().zip(fixed).skip(plates.count_under);
    for (item, fixed) in items {
        let mut canvas = Canvas::new(state.clip.area, frame.pixels_mut(), brush.sentry);
        if !fixed {
            canvas.touched = Some(&mut touched);
        } else if parts.iter().all(|part| painter.item_bounds(item, &state.ctm, part).intersect(part).is_empty()) {
            continue;
        } else {
            canvas.only = Some(&parts);
        }
        painter.items(&mut canvas, &state, std::slice::from_ref(item), 0)?;
    }
    brush.sentry.held()?;
    Ok(Some((frame, touched)))
}

impl Painter<'_> {
    /// Where fixed items lie over others: disjoint parts, in which everything is painted again.
    fn again(&self, state: &State, items: &[Item], fixed: &[bool]) -> Vec<Area> {
        let whole = state.clip.area;
        let mut parts = Vec::new();
        let mut others: Vec<Area> = Vec::new();
        for (item, fixed) in items.iter().zip(fixed) {
            let bounds = self.item_bounds(item, &state.ctm, &whole).intersect(&whole);
            if !fixed {
                others.push(bounds);
            } else {
                parts.extend(others.iter().map(|other| other.intersect(&bounds)).filter(|part| !part.is_empty()));
            }
        }
        disjoint(parts)
    }
}

/// Whether an item filters what lies under it.
fn sees_under(item: &Item) -> bool {
    match item {
        Item::Group(group) => !group.backdrop_filters.is_empty() || group.items.iter().any(sees_under),
        _ => false,
    }
}

/// The same parts and more, none over another.
fn disjoint(mut parts: Vec<Area>) -> Vec<Area> {
    if parts.len() > MAX_PARTS {
        parts = vec![parts.iter().fold(Area::default(), |all, part| all.union(part))];
    }
    let mut apart: Vec<Area> = Vec::new();
    while let Some(mut part) = parts.pop() {
        match apart.iter().position(|other| !other.intersect(&part).is_empty()) {
            None => apart.push(part),
            Some(at) => {
                part = part.union(&apart.swap_remove(at));
                parts.push(part);
            }
        }
    }
    apart
}

fn restore(frame: &mut Frame, from: &Frame, part: &Area) {
    let (left, right) = (super::area::offset(0, part.left) * 4, super::area::offset(0, part.right) * 4);
    let rows = frame.rows_mut().zip(from.rows()).skip(super::area::offset(0, part.top)).take(part.height());
    for (to, from) in rows {
        if let (Some(to), Some(from)) = (to.get_mut(left..right), from.get(left..right)) {
            to.copy_from_slice(from);
        }
    }
}
