//! Where the pictures of a scene land, before anything is painted: who decodes them can scale what is seen of one right away.

use std::collections::BTreeMap;

use super::area::{Area, offset};
use super::canvas::Clip;
use super::{Shape, State};
use crate::codec::Window;
use crate::geom::{Affine, Rect};
use crate::scene::{Item, PictureId, Scene};

/// The px that a picture's whole rectangle covers, if they are whole ones and it stands upright.
pub(super) fn landing(state: &State, dest: &Rect) -> Option<Area> {
    let (placed, map) = state.place(&Shape::rect(*dest));
    let upright = map.b == 0.0 && map.c == 0.0 && map.a > 0.0 && map.d > 0.0;
    Area::exact(&map.bounds(&placed.rect)).filter(|area| upright && !area.is_empty())
}

/// The windows of all pictures that are seen upright, at one size, and never through a filter; `None` for the others.
pub(crate) fn landings(scene: &Scene) -> BTreeMap<PictureId, Option<Window>> {
    let side = |px: u32| (px as f32 * scene.scale + 0.5).floor().clamp(1.0, 1e6) as i32;
    let canvas = Area::new(0, 0, side(scene.size.0), side(scene.size.1));
    let ctm = Affine::scale(scene.scale, scene.scale);
    let mut found = BTreeMap::new();
    let state = State { ctm, clip: Clip::area(canvas), opacity: 1.0, snap: scene.scale != 1.0 };
    gather(&scene.items, &state, false, &mut found);
    found
}

fn gather(items: &[Item], state: &State, filtered: bool, found: &mut BTreeMap<PictureId, Option<Window>>) {
    for item in items {
        match item {
            Item::Group(group) => {
                let snap = state.snap && group.transform.is_translation();
                let inner = State { ctm: state.ctm.then_inner(&group.transform), snap, ..state.clone() };
                gather(&group.items, &inner, filtered || !group.filters.is_empty(), found);
            }
            Item::Picture(picture) => {
                let window = landing(state, &picture.dest.snapped()).filter(|_| !filtered).and_then(|area| {
                    let clip = Area::around(&state.ctm.bounds(&picture.clip.rect)).outset(1);
                    window(&area, &area.intersect(&clip).intersect(&state.clip.area))
                });
                let known = found.entry(picture.source).or_insert(window);
                *known = known.and_then(|known| both(&known, &window?));
            }
            _ => {}
        }
    }
}

/// A part of an area as a window of it.
fn window(area: &Area, seen: &Area) -> Option<Window> {
    let px = |side: usize| u32::try_from(side).ok();
    (!seen.is_empty()).then_some(())?;
    Some(Window {
        whole: (px(area.width())?, px(area.height())?),
        left: px(offset(area.left, seen.left))?,
        top: px(offset(area.top, seen.top))?,
        width: px(seen.width())?,
        height: px(seen.height())?,
    })
}

/// A window that shows what two of the same whole show.
fn both(a: &Window, b: &Window) -> Option<Window> {
    let (left, top) = (a.left.min(b.left), a.top.min(b.top));
    let right = (a.left + a.width).max(b.left + b.width);
    let bottom = (a.top + a.height).max(b.top + b.height);
    (a.whole == b.whole).then_some(Window { whole: a.whole, left, top, width: right - left, height: bottom - top })
}

/// Where a window of a picture that covers an area lies.
pub(super) fn place(area: &Area, window: &Window) -> Option<Area> {
    let side = |px: u32| i32::try_from(px).unwrap_or(i32::MAX);
    let (left, top) = (area.left + side(window.left), area.top + side(window.top));
    let is_whole = (window.whole.0 as usize, window.whole.1 as usize) == (area.width(), area.height());
    is_whole.then(|| Area::new(left, top, left + side(window.width), top + side(window.height)))
}
