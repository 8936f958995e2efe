//! Groups: painted straight on where that is the same, else on a layer of their own bounds.

use super::area::Area;
use super::bounds::{group_visible, margin};
use super::canvas::{Canvas, Clip, Ink, Pixels, Source, compose};
use super::coverage::Coverage;
use super::filter::{self, Layer};
use super::leaves::paints_straight;
use super::{Painter, State};
use crate::error::{Code, Error, Fault};
use crate::scene::Group;

impl Painter<'_> {
    pub(super) fn group(&mut self, canvas: &mut Canvas<'_>, state: &State, group: &Group, depth: u32) -> Result<(), Error> {
        let Some(mut inner) = self.inside(state, group, depth)? else { return Ok(()) };
        if paints_straight(group) {
            inner.enter(group, &canvas.area);
            return self.items(canvas, &inner, &group.items, depth + 1);
        }
        if let Some(layer) = self.layer(canvas, state, inner, group, depth)? {
            self.lay(canvas, state, group, &layer);
        }
        Ok(())
    }

    /// The picture of a group that does not paint straight on, filtered; `None` where nothing of it is seen.
    pub(super) fn layer(
        &mut self,
        canvas: &mut Canvas<'_>,
        state: &State,
        mut inner: State,
        group: &Group,
        depth: u32,
    ) -> Result<Option<Layer>, Error> {
        let ctm = inner.ctm;
        let visible = state.visible(&canvas.area);
        let margin = margin(&group.filters, &ctm);
        let seen = group_visible(group, &ctm, &visible.outset(margin));
        let mut area = self.bounds(&group.items, &ctm, &seen);
        let backdrop = (!group.backdrop_filters.is_empty()).then(|| inner.coverage(&group.backdrop_clip, &visible));
        if let Some(backdrop) = &backdrop {
            area = area.union(&backdrop.area);
        }
        if area.is_empty() {
            return Ok(None);
        }
        let before = self.layer_pixels;
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
        let layer = self.filtered(layer, &group.filters, &ctm, &visible)?;
        self.layer_pixels = before;
        Ok(Some(layer))
    }

    /// A group's picture onto the canvas.
    pub(super) fn lay(&mut self, canvas: &mut Canvas<'_>, state: &State, group: &Group, layer: &Layer) {
        let pixels = Pixels { area: layer.area, pixels: &layer.pixels, opaque: false };
        let ink =
            Ink { blend: group.blend, ..Ink::new(Source::Pixels(pixels), super::alpha(state.opacity * group.opacity.clamp(0.0, 1.0))) };
        compose(canvas, &state.clip, &Coverage::full(layer.area), &ink, &mut self.scratch.rows);
    }

    /// What a group's items begin with, but for its clip and opacity; `None` where nothing of it is seen.
    pub(super) fn inside(&self, state: &State, group: &Group, depth: u32) -> Result<Option<State>, Error> {
        // a layer makes a few groups at most
        let deepest = self.limits.max_depth.saturating_mul(4);
        if depth >= deepest {
            return Err(Fault::new(Code::TemplateLimit, "", format!("groups are nested {depth} deep, over the limit of {deepest}")).into());
        }
        let ctm = state.ctm.then_inner(&group.transform);
        let is_seen = super::alpha(group.opacity) > 0 && ctm.inverse().is_some();
        let snap = state.snap && group.transform.is_translation();
        let is_finite = [ctm.a, ctm.b, ctm.c, ctm.d, ctm.e, ctm.f].iter().all(|v| v.is_finite());
        Ok((is_seen && is_finite).then(|| State { ctm, clip: state.clip.clone(), opacity: state.opacity, snap }))
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

    /// A layer after a list of filters.
    fn filtered(
        &mut self,
        mut layer: Layer,
        filters: &[crate::scene::Filter],
        ctm: &crate::geom::Affine,
        visible: &Area,
    ) -> Result<Layer, Error> {
        for (i, one) in filters.iter().enumerate() {
            // what later filters still draw from has to be kept
            let later = margin(filters.get(i + 1..).unwrap_or_default(), ctm);
            let target = layer.area.outset(margin(std::slice::from_ref(one), ctm)).intersect(&visible.outset(later));
            if target.is_empty() {
                return Ok(Layer { area: target, pixels: Vec::new() });
            }
            self.layer_pixels += target.pixels().saturating_sub(layer.area.pixels());
            if self.layer_pixels > self.limits.max_pixels {
                let message = format!("open layers of groups have {} px, over the limit of {}", self.layer_pixels, self.limits.max_pixels);
                return Err(Fault::new(Code::TemplateLimit, "", message).into());
            }
            layer = filter::apply(layer, one, ctm, target, self.sentry);
        }
        Ok(layer)
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

impl State {
    /// Into a group that paints straight on.
    pub(super) fn enter(&mut self, group: &Group, canvas: &Area) {
        if let Some(clip) = &group.clip {
            self.clip = self.clip.with(self.coverage(clip, &self.visible(canvas)));
        }
        self.opacity *= group.opacity.clamp(0.0, 1.0);
    }
}
