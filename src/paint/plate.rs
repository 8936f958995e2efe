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
//! the same. A photo that lies under all else of the row is copied in place of what it hides. Groups that paint straight on are taken
//! apart ([`Leaves`]); the pictures of the others, which may be blurred, are kept where they may have to be laid down again.

use std::sync::Arc;

use super::area::{Area, offset};
use super::canvas::Canvas;
use super::filter::Layer;
use super::leaves::{Leaf, paints_straight};
use super::picture::Replacing;
use super::{Brush, Leaves, PaintScratch, Painter, State, blank};
use crate::error::Error;
use crate::pixel::{Frame, Touched};
use crate::scene::{Item, Scene};

/// More parts than this are taken as one.
const MAX_PARTS: usize = 16;

/// The fixed items of a scene, painted.
#[derive(Clone)]
pub(crate) struct Plates {
    /// How many of them are in `under`.
    count_under: usize,
    /// `None` where that is `all`.
    under: Option<Frame>,
    all: Frame,
    known: Vec<Known>,
}

/// What is known of a fixed leaf.
#[derive(Clone, Default)]
struct Known {
    /// Around what it paints.
    area: Area,
    /// The picture of a group, where it is kept.
    layer: Option<Arc<Layer>>,
}

impl Plates {
    /// Paints a scene of fixed items, the first `count_under` leaves of which lie under everything else. The pictures of groups are kept for
    /// which `has_room` says yes, asked before they are made with the bytes that they may take.
    pub(crate) fn paint(
        scene: &Scene,
        count_under: usize,
        has_room: &mut dyn FnMut(usize) -> bool,
        brush: &Brush<'_>,
        scratch: &mut PaintScratch,
    ) -> Result<Self, Error> {
        let (mut all, state) = blank(scene, brush.limits)?;
        let leaves = Leaves::of(scene);
        let mut walk = Walk::new(&leaves, state, Painter::new(brush, scratch));
        let (mut under, mut known) = (None, Vec::with_capacity(leaves.len()));
        for (i, leaf) in leaves.leaves.iter().enumerate() {
            if i == count_under && i > 0 {
                under = Some(all.clone());
            }
            let mut canvas = Canvas::new(walk.whole, all.pixels_mut(), brush.sentry);
            let area = walk.bounds(leaf)?;
            let layer = if i < count_under { None } else { walk.layer(leaf, &area, has_room, &mut canvas)? };
            walk.paint(leaf, layer.as_deref(), &mut canvas)?;
            known.push(Known { area, layer });
        }
        brush.sentry.held()?;
        Ok(Self { count_under: count_under.min(leaves.len()), under, all, known })
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        let layers = self.known.iter().filter_map(|known| known.layer.as_ref()).map(|layer| layer.pixels.len()).sum::<usize>();
        let frames = if self.under.is_some() { 2 } else { 1 };
        self.all.pixels().len() * frames + layers + self.known.len() * size_of::<Known>()
    }

    /// The fixed items alone.
    pub(crate) fn all(&self) -> &Frame {
        &self.all
    }

    /// The first so many leaves alone, either none or all of `under`; `None` is a transparent frame.
    fn first(&self, count: usize) -> Option<&Frame> {
        if count == 0 { None } else { Some(self.under.as_ref().unwrap_or(&self.all)) }
    }
}

/// Paints a scene whose `fixed` leaves are those of the plates, in their order. Also says where it may differ from [`Plates::all`]. `None`
/// where the plates are of another scene.
pub(crate) fn paint_over(
    plates: &Plates,
    scene: &Scene,
    leaves: &Leaves<'_>,
    fixed: &[bool],
    brush: &Brush<'_>,
    scratch: &mut PaintScratch,
) -> Result<Option<(Frame, Touched)>, Error> {
    if fixed.len() != leaves.len() || fixed.iter().filter(|fixed| **fixed).count() != plates.known.len() {
        return Ok(None);
    }
    let mut walk = Walk::new(leaves, State::new(scene.scale, &plates.all), Painter::new(brush, scratch));
    let mut known = plates.known.iter();
    let known: Vec<Option<&Known>> = fixed.iter().map(|fixed| if *fixed { known.next() } else { None }).collect();
    let lowest = fixed.iter().position(|fixed| !fixed).unwrap_or(fixed.len());
    let first = if lowest < plates.count_under { 0 } else { plates.count_under };
    let parts = walk.again(&known)?;
    let (x, y) = (|x| offset(0, x), |y| offset(0, y));
    let replaced = walk.replaced(lowest)?;
    let mut frame = match &replaced {
        None => plates.all.clone(),
        Some(Replacing { area, pixels, .. }) => {
            let rows = (area.top..area.bottom).map(|y| pixels.row(y, area.left, area.right));
            plates.all.copy_with(x(area.left), y(area.top), rows)
        }
    };
    let mut touched = Touched::nothing(frame.width() as usize, frame.height() as usize);
    for part in &parts {
        restore(&mut frame, plates.first(first), part);
    }
    for part in parts.iter().chain(replaced.as_ref().map(|replacing| &replacing.area)) {
        touched.mark(x(part.left), y(part.top), x(part.right), y(part.bottom));
    }
    // what the lowest item of the row did not bring yet, and what was put back since
    let missing = replaced
        .as_ref()
        .map(|Replacing { area, .. }| area.beside(&walk.whole).chain(parts.iter().map(|part| part.intersect(area))).collect::<Vec<_>>());
    // what lies under the first item of the row, but is not in `under`, is missing in the parts
    for (i, (leaf, known)) in leaves.leaves.iter().zip(&known).enumerate().skip(first) {
        let mut canvas = Canvas::new(walk.whole, frame.pixels_mut(), brush.sentry);
        match known {
            None => {
                canvas.touched = Some(&mut touched);
                if let Some(replacing) = replaced.as_ref().filter(|_| i == lowest) {
                    canvas.only = missing.as_deref();
                    walk.painter.rest(&mut canvas, replacing);
                    continue;
                }
            }
            Some(known) if parts.iter().all(|part| known.area.intersect(part).is_empty()) => continue,
            Some(_) => canvas.only = Some(&parts),
        }
        walk.paint(leaf, known.and_then(|known| known.layer.as_deref()), &mut canvas)?;
    }
    brush.sentry.held()?;
    Ok(Some((frame, touched)))
}

/// The leaves of a scene, with what each of their groups makes of the canvas.
struct Walk<'w> {
    leaves: &'w Leaves<'w>,
    painter: Painter<'w>,
    whole: Area,
    outermost: State,
    /// Of each group that was asked for; `None` inside where nothing of it is seen.
    states: Vec<Option<Option<State>>>,
}

impl<'w> Walk<'w> {
    fn new(leaves: &'w Leaves<'w>, state: State, painter: Painter<'w>) -> Self {
        let states = leaves.groups.iter().map(|_| None).collect();
        Self { leaves, painter, whole: state.clip.area, outermost: state, states }
    }

    /// What a leaf begins with, and how deep it stands.
    fn state(&mut self, inside: Option<usize>) -> Result<(Option<State>, u32), Error> {
        let Some((at, opened)) = inside.and_then(|at| Some((at, self.leaves.groups.get(at)?))) else {
            return Ok((Some(self.outermost.clone()), 0));
        };
        let depth = opened.depth + 1;
        if let Some(known) = self.states.get(at).and_then(Option::as_ref) {
            return Ok((known.clone(), depth));
        }
        let outside = self.state(opened.outside)?.0.filter(|state| !state.visible(&self.whole).is_empty());
        let mut state = match outside {
            Some(outside) => self.painter.inside(&outside, opened.group, opened.depth)?,
            None => None,
        };
        if let Some(state) = &mut state {
            state.enter(opened.group, &self.whole);
        }
        if let Some(place) = self.states.get_mut(at) {
            *place = Some(state.clone());
        }
        Ok((state, depth))
    }

    /// Around what a leaf paints.
    fn bounds(&mut self, leaf: &Leaf<'_>) -> Result<Area, Error> {
        let Some(state) = self.state(leaf.inside)?.0 else { return Ok(Area::default()) };
        let visible = state.visible(&self.whole);
        Ok(self.painter.item_bounds(leaf.item, &state.ctm, &visible).intersect(&visible))
    }

    /// Where the lowest leaf of the row replaces everything, and by what.
    fn replaced(&mut self, lowest: usize) -> Result<Option<Replacing<'w>>, Error> {
        let Some(leaf) = self.leaves.leaves.get(lowest) else { return Ok(None) };
        let Some(state) = self.state(leaf.inside)?.0 else { return Ok(None) };
        Ok(self.painter.replaces(&state, leaf.item, &self.whole))
    }

    /// The picture of a leaf that is a group, if it hangs on nothing else and there is room for it.
    fn layer(
        &mut self,
        leaf: &Leaf<'_>,
        area: &Area,
        has_room: &mut dyn FnMut(usize) -> bool,
        canvas: &mut Canvas<'_>,
    ) -> Result<Option<Arc<Layer>>, Error> {
        let (Some(state), depth) = self.state(leaf.inside)? else { return Ok(None) };
        let Item::Group(group) = leaf.item else { return Ok(None) };
        let is_painted = paints_straight(group) || !group.backdrop_filters.is_empty();
        let bytes = usize::try_from(area.pixels() * 4).unwrap_or(usize::MAX);
        if is_painted || area.is_empty() || !has_room(bytes) {
            return Ok(None);
        }
        let Some(inner) = self.painter.inside(&state, group, depth)? else { return Ok(None) };
        let layer = self.painter.layer(canvas, &state, inner, group, depth)?;
        Ok(layer.filter(|layer| layer.pixels.len() <= bytes).map(Arc::new))
    }

    fn paint(&mut self, leaf: &Leaf<'_>, layer: Option<&Layer>, canvas: &mut Canvas<'_>) -> Result<(), Error> {
        let (Some(state), depth) = self.state(leaf.inside)? else { return Ok(()) };
        match (leaf.item, layer) {
            (Item::Group(group), Some(layer)) => self.painter.lay(canvas, &state, group, layer),
            (item, _) => self.painter.items(canvas, &state, std::slice::from_ref(item), depth)?,
        }
        Ok(())
    }

    /// Where fixed leaves lie over others: disjoint parts, in which everything is painted again. What filters the px under it is there as a
    /// whole or not at all.
    fn again(&mut self, known: &[Option<&Known>]) -> Result<Vec<Area>, Error> {
        let leaves = self.leaves;
        let (mut parts, mut others): (Vec<Area>, Vec<Area>) = (Vec::new(), Vec::new());
        for (leaf, known) in leaves.leaves.iter().zip(known) {
            match known {
                None => others.push(self.bounds(leaf)?),
                Some(known) => parts.extend(others.iter().map(|other| other.intersect(&known.area)).filter(|part| !part.is_empty())),
            }
        }
        loop {
            parts = disjoint(parts);
            let hit = |area: &Area| parts.iter().any(|part| !part.intersect(area).is_empty() && part.intersect(area) != *area);
            let fixed = leaves.leaves.iter().zip(known).filter_map(|(leaf, known)| known.filter(|_| sees_under(leaf.item)));
            let more: Vec<Area> = fixed.map(|known| known.area).filter(hit).collect();
            if more.is_empty() {
                return Ok(parts);
            }
            parts.extend(more);
        }
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

/// Puts a part of a frame back to what it is in another, or to nothing.
fn restore(frame: &mut Frame, from: Option<&Frame>, part: &Area) {
    let (left, right) = (offset(0, part.left) * 4, offset(0, part.right) * 4);
    let rows = offset(0, part.top)..offset(0, part.top) + part.height();
    let stride = frame.stride();
    for (y, to) in frame.rows_mut().enumerate().take(rows.end).skip(rows.start) {
        let Some(to) = to.get_mut(left..right) else { return };
        match from.and_then(|from| from.pixels().get(y * stride + left..y * stride + right)) {
            Some(from) => to.copy_from_slice(from),
            None => to.fill(0),
        }
    }
}
