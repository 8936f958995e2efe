//! Which device px an item can touch: never less than it does, so that a group's layer holds all of it.

use super::area::Area;
use super::blur;
use super::{Painter, State, device_scale, device_sigma, shadow_sigma};
use crate::geom::{Affine, Point, Rect};
use crate::scene::{Filter, Glyphs, Group, Item, Segment};

impl Painter<'_> {
    /// Around what items paint inside `visible`.
    pub(super) fn bounds(&mut self, items: &[Item], map: &Affine, visible: &Area) -> Area {
        let mut all = Area::default();
        for item in items {
            if all == *visible {
                break;
            }
            all = all.union(&self.item_bounds(item, map, visible).intersect(visible));
        }
        all
    }

    pub(super) fn item_bounds(&mut self, item: &Item, map: &Affine, visible: &Area) -> Area {
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
            Item::Glyphs(glyphs) => blurred(self.glyphs_bounds(glyphs, map, visible), glyphs.blur_sigma),
            Item::Path(path) => {
                let map = map.then_inner(&path.transform);
                let stroke = path.stroke.as_ref().map_or(0.0, |s| stroke_reach(s.width, &map));
                let around = points_box(&path.segments, &map);
                around.map_or(Area::default(), |rect| Area::around(&rect.inset([-stroke - 1.0; 4])))
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

impl Painter<'_> {
    /// Around the outlines of glyphs: between the points that their curves are drawn with, and two px on, for they are moved to quarters of px.
    fn glyphs_bounds(&mut self, run: &Glyphs, map: &Affine, visible: &Area) -> Area {
        let (outlines, cache) = (self.outlines, &mut self.scratch.glyphs);
        cache.tidy();
        let font = cache.font(run.face, 1.0, &run.variations);
        let stroke = run.stroke.map_or(0.0, |(width, _)| stroke_reach(width, map));
        let mut all = Area::default();
        for glyph in &run.glyphs {
            let em =
                cache.em_box(font, glyph.id, || points_box(&outlines.outline(run.face, &run.variations, glyph.id)?, &Affine::IDENTITY));
            let Some(em) = em else { continue };
            let rect = Rect::new(glyph.x + em.x * run.size, glyph.y + em.y * run.size, em.width * run.size, em.height * run.size);
            let rect = map.bounds(&rect).inset([-stroke; 4]);
            if ![rect.x, rect.y, rect.width, rect.height].iter().all(|v| v.abs() < 1e6) {
                return *visible;
            }
            all = all.union(&Area::around(&rect).outset(2));
        }
        all
    }
}

/// How far a stroke reaches beyond its outline, in device px: a mitre takes four half widths.
fn stroke_reach(width: f32, map: &Affine) -> f32 {
    let widest = map.a.abs().max(map.b.abs()).max(map.c.abs()).max(map.d.abs()) * 2.0;
    width.abs() * 2.0 * widest.max(device_scale(map))
}

/// The rectangle around the points that curves are drawn with.
fn points_box(segments: &[Segment], map: &Affine) -> Option<Rect> {
    let mut rect: Option<(f32, f32, f32, f32)> = None;
    let mut add = |p: Point| {
        let p = map.apply(p);
        let (l, t, r, b) = rect.unwrap_or((p.x, p.y, p.x, p.y));
        rect = Some((l.min(p.x), t.min(p.y), r.max(p.x), b.max(p.y)));
    };
    for segment in segments {
        match *segment {
            Segment::Move(p) | Segment::Line(p) => add(p),
            Segment::Quad(a, b) => [a, b].into_iter().for_each(&mut add),
            Segment::Cubic(a, b, c) => [a, b, c].into_iter().for_each(&mut add),
            Segment::Close => {}
        }
    }
    rect.map(|(left, top, right, bottom)| Rect::from_edges(left, top, right, bottom))
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
