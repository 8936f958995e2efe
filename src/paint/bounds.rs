//! Which device px an item can touch: never less than it does, so that a group's layer holds all of it.

use super::area::Area;
use super::blur;
use super::{Painter, State, device_scale, device_sigma, shadow_sigma};
use crate::geom::{Affine, Point, Rect};
use crate::scene::{Filter, Group, Item, Segment};

impl Painter<'_> {
    /// Around what items paint inside `visible`.
    pub(super) fn bounds(&self, items: &[Item], map: &Affine, visible: &Area) -> Area {
        let mut all = Area::default();
        for item in items {
            if all == *visible {
                break;
            }
            all = all.union(&self.item_bounds(item, map, visible).intersect(visible));
        }
        all
    }

    pub(super) fn item_bounds(&self, item: &Item, map: &Affine, visible: &Area) -> Area {
        let of = |rect: &Rect| Area::around(&map.bounds(rect)).outset(1);
        let blurred = |area: Area, sigma: f32| area.outset(blur::reach(shadow_sigma(sigma, map)));
        match item {
            Item::Fill(shape, _) => of(&shape.rect),
            Item::Border(border) => of(&border.shape.rect),
            Item::Picture(picture) => of(&picture.dest.intersect(&picture.clip.rect).inset([-1.0; 4])),
            Item::Shadow(shadow) if shadow.inset => of(&shadow.shape.rect),
            Item::Shadow(shadow) => {
                let cast = shadow.shape.rect.inset([-shadow.spread.max(0.0); 4]).translate(shadow.x, shadow.y);
                blurred(of(&cast), shadow.sigma)
            }
            Item::Line(line) => blurred(of(&line.rect.inset([-line.rect.height - 2.0; 4])), line.blur_sigma),
            // a glyph may reach anywhere
            Item::Glyphs(glyphs) if glyphs.glyphs.is_empty() => Area::default(),
            Item::Glyphs(_) => *visible,
            Item::Path(path) => {
                let map = map.then_inner(&path.transform);
                let mut rect: Option<(f32, f32, f32, f32)> = None;
                let mut add = |p: Point| {
                    let p = map.apply(p);
                    let (l, t, r, b) = rect.unwrap_or((p.x, p.y, p.x, p.y));
                    rect = Some((l.min(p.x), t.min(p.y), r.max(p.x), b.max(p.y)));
                };
                for segment in &path.segments {
                    match *segment {
                        Segment::Move(p) | Segment::Line(p) => add(p),
                        Segment::Quad(a, b) => [a, b].into_iter().for_each(&mut add),
                        Segment::Cubic(a, b, c) => [a, b, c].into_iter().for_each(&mut add),
                        Segment::Close => {}
                    }
                }
                let Some((left, top, right, bottom)) = rect else { return Area::default() };
                // a mitre reaches four half widths
                let widest = map.a.abs().max(map.b.abs()).max(map.c.abs()).max(map.d.abs()) * 2.0;
                let stroke = path.stroke.as_ref().map_or(0.0, |s| s.width.abs() * 2.0 * widest.max(device_scale(&map)));
                Area::around(&Rect::from_edges(left, top, right, bottom).inset([-stroke - 1.0; 4]))
            }
            Item::Group(group) => {
                let map = map.then_inner(&group.transform);
                let margin = margin(&group.filters, &map);
                let inner = group_visible(group, &map, &visible.outset(margin));
                let content = self.bounds(&group.items, &map, &inner).outset(margin);
                if group.backdrop_filters.is_empty() {
                    content
                } else {
                    content.union(&Area::around(&map.bounds(&group.backdrop_clip.rect)).outset(1))
                }
            }
        }
    }
}

/// What of `visible` a group's own clip leaves.
pub(super) fn group_visible(group: &Group, map: &Affine, visible: &Area) -> Area {
    match &group.clip {
        Some(clip) => Area::around(&map.bounds(&clip.rect)).outset(1).intersect(visible),
        None => *visible,
    }
}

/// How far filters carry a pixel.
pub(super) fn margin(filters: &[Filter], map: &Affine) -> i32 {
    let far = filters.iter().map(|filter| match filter {
        Filter::Blur { sigma } => blur::reach(device_sigma(*sigma, map)),
        Filter::DropShadow { x, y, sigma, .. } => {
            let length = (x.abs() + y.abs()) * (map.a.abs() + map.b.abs()).max(map.c.abs() + map.d.abs());
            let moved = if length.is_nan() { 0.0 } else { length.min(MAX_OFFSET) };
            blur::reach(device_sigma(*sigma, map)) + moved.ceil() as i32 + 1
        }
        _ => 0,
    });
    far.sum::<i32>().min(2 * MAX_OFFSET as i32)
}

/// A drop shadow that is moved further is not drawn.
pub(super) const MAX_OFFSET: f32 = 4096.0;

/// Whether blending inside these items would see what is under them.
pub(super) fn blends(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Group(group) => {
            group.blend != crate::css::style::BlendMode::Normal
                || !group.backdrop_filters.is_empty()
                || (!group.isolated && group.opacity >= 1.0 && group.filters.is_empty() && blends(&group.items))
        }
        _ => false,
    })
}

impl State {
    pub(super) fn visible(&self, canvas: &Area) -> Area {
        self.clip.area.intersect(canvas)
    }
}
