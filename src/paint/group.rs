//! Groups: painted straight on where that is the same, else on a layer of their own bounds.

use super::area::Area;
use super::bounds::{blends, group_visible, margin};
use super::canvas::{Canvas, Clip, Ink, Pixels, Source, compose};
use super::coverage::Coverage;
use super::filter::{self, Layer};
use super::{Painter, State};
use crate::css::style::BlendMode;
use crate::error::{Code, Error, Fault};
use crate::scene::{Group, Item};

impl Painter<'_> {
    pub(super) fn group(&mut self, canvas: &mut Canvas<'_>, state: &State, group: &Group, depth: u32) -> Result<(), Error> {
        // a layer makes a few groups at most
        let deepest = self.limits.max_depth.saturating_mul(4);
        if depth >= deepest {
            return Err(Fault::new(Code::TemplateLimit, "", format!("groups are nested {depth} deep, over the limit of {deepest}")).into());
        }
        let alpha = super::alpha(group.opacity);
        let ctm = state.ctm.then_inner(&group.transform);
        if alpha == 0 || ctm.inverse().is_none() || ![ctm.a, ctm.b, ctm.c, ctm.d, ctm.e, ctm.f].iter().all(|v| v.is_finite()) {
            return Ok(());
        }
        let snap = state.snap && group.transform.is_translation();
        let direct = group.blend == BlendMode::Normal
            && group.filters.is_empty()
            && group.backdrop_filters.is_empty()
            && (alpha == 255 || is_one_leaf(&group.items))
            && !(group.isolated && blends(&group.items));
        let mut inner = State { ctm, clip: state.clip.clone(), opacity: state.opacity, snap };
        if direct {
            if let Some(clip) = &group.clip {
                let visible = state.visible(&canvas.area);
                inner.clip = inner.clip.with(inner.coverage(clip, &visible));
            }
            inner.opacity *= group.opacity.clamp(0.0, 1.0);
            return self.items(canvas, &inner, &group.items, depth + 1);
        }
        let visible = state.visible(&canvas.area);
        let margin = margin(&group.filters, &ctm);
        let seen = group_visible(group, &ctm, &visible.outset(margin));
        let mut area = self.bounds(&group.items, &ctm, &seen);
        let backdrop = (!group.backdrop_filters.is_empty()).then(|| inner.coverage(&group.backdrop_clip, &visible));
        if let Some(backdrop) = &backdrop {
            area = area.union(&backdrop.area);
        }
        if area.is_empty() {
            return Ok(());
        }
        let mut layer = self.open(area)?;
        inner.clip = Clip::area(area);
        inner.opacity = 1.0;
        if let Some(backdrop) = &backdrop {
            self.backdrop(canvas, &mut layer, group, &ctm, backdrop)?;
        }
        if let Some(clip) = &group.clip {
            inner.clip = inner.clip.with(inner.coverage(clip, &area));
        }
        let mut inside = Canvas::new(area, &mut layer.pixels, self.sentry);
        self.items(&mut inside, &inner, &group.items, depth + 1)?;
        let opened = area.pixels();
        let (layer, more) = self.filtered(layer, &group.filters, &ctm, &visible)?;
        let pixels = Pixels { area: layer.area, pixels: &layer.pixels, opaque: false };
        let ink =
            Ink { blend: group.blend, ..Ink::new(Source::Pixels(pixels), super::alpha(state.opacity * group.opacity.clamp(0.0, 1.0))) };
        compose(canvas, &state.clip, &Coverage::full(layer.area), &ink, &mut self.scratch.rows);
        self.layer_pixels = self.layer_pixels.saturating_sub(opened + more);
        Ok(())
    }

    /// A transparent layer, counted against the limit.
    pub(super) fn open(&mut self, area: Area) -> Result<Layer, Error> {
        self.layer_pixels += area.pixels();
        if self.layer_pixels > self.limits.max_pixels {
            let message = format!("open layers of groups have {} px, over the limit of {}", self.layer_pixels, self.limits.max_pixels);
            return Err(Fault::new(Code::TemplateLimit, "", message).into());
        }
        Ok(Layer { area, pixels: vec![0; area.width() * area.height() * 4] })
    }

    /// A layer after a list of filters, and how many px it grew by.
    fn filtered(
        &mut self,
        mut layer: Layer,
        filters: &[crate::scene::Filter],
        ctm: &crate::geom::Affine,
        visible: &Area,
    ) -> Result<(Layer, u64), Error> {
        let mut grown = 0;
        for (i, one) in filters.iter().enumerate() {
            // what later filters still draw from has to be kept
            let later = margin(filters.get(i + 1..).unwrap_or_default(), ctm);
            let target = layer.area.outset(margin(std::slice::from_ref(one), ctm)).intersect(&visible.outset(later));
            if target.is_empty() {
                return Ok((Layer { area: target, pixels: Vec::new() }, grown));
            }
            let more = target.pixels().saturating_sub(layer.area.pixels());
            grown += more;
            self.layer_pixels += more;
            if self.layer_pixels > self.limits.max_pixels {
                let message = format!("open layers of groups have {} px, over the limit of {}", self.layer_pixels, self.limits.max_pixels);
                return Err(Fault::new(Code::TemplateLimit, "", message).into());
            }
            layer = filter::apply(layer, one, ctm, target, self.sentry);
        }
        Ok((layer, grown))
    }

    /// What lies under a group, filtered, onto the group's layer.
    fn backdrop(
        &mut self,
        canvas: &mut Canvas<'_>,
        layer: &mut Layer,
        group: &Group,
        ctm: &crate::geom::Affine,
        shape: &Coverage,
    ) -> Result<(), Error> {
        let area = shape.area.intersect(&canvas.area);
        if area.is_empty() {
            return Ok(());
        }
        let reach = margin(&group.backdrop_filters, ctm);
        let opened = area.outset(reach).pixels();
        let mut under = self.open(area.outset(reach))?;
        filter::mirror(canvas, &area, &mut under);
        for one in &group.backdrop_filters {
            let target = under.area;
            under = filter::apply(under, one, ctm, target, self.sentry);
        }
        let pixels = Pixels { area: under.area, pixels: &under.pixels, opaque: false };
        let mut onto = Canvas::new(layer.area, &mut layer.pixels, self.sentry);
        compose(&mut onto, &Clip::area(area), shape, &Ink::new(Source::Pixels(pixels), 255), &mut self.scratch.rows);
        self.layer_pixels = self.layer_pixels.saturating_sub(opened);
        Ok(())
    }
}

/// Whether opacity can be laid into the colours: nothing inside overlaps.
fn is_one_leaf(items: &[Item]) -> bool {
    matches!(items, [Item::Fill(..) | Item::Picture(_) | Item::Shadow(_)])
}
