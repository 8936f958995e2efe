//! Pictures: upright ones are scaled to the exact px they cover, all others sampled through their transform.

use super::area::{Area, offset};
use super::canvas::{Canvas, Clip, Ink, Pixels, Source, compose};
use super::coverage::Coverage;
use super::landing::{landing, place};
use super::{Painter, State};
use crate::error::{Code, Error, Fault};
use crate::geom::{Affine, Point, Rect};
use crate::pixel::Frame;
use crate::scene::{Item, Picture, Shape};

/// A picture that replaces what is under it by its own px.
pub(super) struct Replacing<'a> {
    /// Where nothing of what is under it is left.
    pub(super) area: Area,
    pub(super) pixels: Pixels<'a>,
    clip: Clip,
}

impl<'a> Painter<'a> {
    pub(super) fn picture(&mut self, canvas: &mut Canvas<'_>, state: &State, picture: &Picture) -> Result<(), Error> {
        let Some(frame) = self.pictures.picture(picture.source) else { return Ok(()) };
        // as Chromium snaps the whole picture, not what is seen of it
        let dest = picture.dest.snapped();
        if dest.is_empty() || picture.clip.rect.is_empty() {
            return Ok(());
        }
        let visible = state.visible(&canvas.area);
        let mut clip = state.clip.with(state.coverage(&picture.clip, &visible));
        if self.pictures.window(picture.source).is_some() {
            let pixels = self.landed(state, picture).ok_or_else(stray)?;
            let coverage = Coverage::full(pixels.area);
            compose(canvas, &clip, &coverage, &Ink::new(Source::Pixels(pixels), state.alpha()), &mut self.scratch.rows);
            return Ok(());
        }
        match landing(state, &dest) {
            Some(area) => self.upright_picture(canvas, state, frame, area, &clip),
            None => {
                let edge = state.coverage(&Shape::rect(dest), &visible);
                if !holds(&dest, &picture.clip.rect) {
                    clip = clip.with(edge);
                }
                self.sampled_picture(canvas, state, frame, &dest, &clip)
            }
        }
    }

    /// The px of a picture whose window was decoded, where they are painted.
    fn landed(&self, state: &State, picture: &Picture) -> Option<Pixels<'a>> {
        let (frame, window) = (self.pictures.picture(picture.source)?, self.pictures.window(picture.source)?);
        let area = place(&landing(state, &picture.dest.snapped())?, window)?;
        Some(Pixels { area, pixels: frame.pixels(), opaque: frame.is_opaque() })
    }

    /// What of an item replaces all that is under it by px that are there already.
    pub(super) fn replaces(&self, state: &State, item: &Item, whole: &Area) -> Option<Replacing<'a>> {
        let Item::Picture(picture) = item else { return None };
        let pixels = self.landed(state, picture).filter(|pixels| pixels.opaque && state.alpha() == 255)?;
        let clip = state.clip.with(state.coverage(&picture.clip, &state.visible(whole)));
        let area = pixels.area.intersect(&clip.area).intersect(whole);
        let is_full = |y: &i32| clip.shapes.iter().all(|shape| shape.row_is_full(*y, area.left, area.right));
        // round corners take rows from above and below
        let top = (area.top..area.bottom).find(is_full)?;
        let bottom = (top..area.bottom).find(|y| !is_full(y)).unwrap_or(area.bottom);
        let area = Area { top, bottom, ..area };
        (!area.is_empty()).then_some(Replacing { area, pixels, clip })
    }

    /// Paints such an item where the canvas lacks it.
    pub(super) fn rest(&mut self, canvas: &mut Canvas<'_>, replacing: &Replacing<'_>) {
        let Replacing { pixels, clip, .. } = replacing;
        compose(canvas, clip, &Coverage::full(pixels.area), &Ink::new(Source::Pixels(*pixels), 255), &mut self.scratch.rows);
    }

    fn upright_picture(&mut self, canvas: &mut Canvas<'_>, state: &State, frame: &Frame, area: Area, clip: &Clip) -> Result<(), Error> {
        let seen = area.intersect(&clip.area).intersect(&canvas.area);
        if seen.is_empty() {
            return Ok(());
        }
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        if (width, height) == (area.width(), area.height()) {
            let pixels = Pixels { area, pixels: frame.pixels(), opaque: frame.is_opaque() };
            compose(canvas, clip, &Coverage::full(seen), &Ink::new(Source::Pixels(pixels), state.alpha()), &mut self.scratch.rows);
            return Ok(());
        }
        let (per_x, per_y) = (width as f32 / area.width() as f32, height as f32 / area.height() as f32);
        let crop = Rect::new(
            (seen.left - area.left) as f32 * per_x,
            (seen.top - area.top) as f32 * per_y,
            seen.width() as f32 * per_x,
            seen.height() as f32 * per_y,
        );
        let scaled = self.scratch.resizer.resize(frame, crop, side(seen.width()), side(seen.height()), self.limits)?;
        let pixels = Pixels { area: seen, pixels: scaled.pixels(), opaque: frame.is_opaque() };
        compose(canvas, clip, &Coverage::full(seen), &Ink::new(Source::Pixels(pixels), state.alpha()), &mut self.scratch.rows);
        Ok(())
    }

    fn sampled_picture(&mut self, canvas: &mut Canvas<'_>, state: &State, frame: &Frame, dest: &Rect, clip: &Clip) -> Result<(), Error> {
        let ctm = &state.ctm;
        let seen = clip.area.intersect(&canvas.area).intersect(&Area::around(&ctm.bounds(dest)));
        if seen.is_empty() {
            return Ok(());
        }
        // shrunk first to about the size it is drawn at, so that four neighbours are enough
        let length = |x: f32, y: f32| (x * x + y * y).sqrt();
        let target = |px: f32, source: u32| (px + 0.5).clamp(1.0, source as f32) as u32;
        let width = target(dest.width * length(ctm.a, ctm.b), frame.width());
        let height = target(dest.height * length(ctm.c, ctm.d), frame.height());
        let whole = Rect::new(0.0, 0.0, frame.width() as f32, frame.height() as f32);
        let shrunk;
        let texture = if (width, height) == (frame.width(), frame.height()) {
            frame
        } else {
            shrunk = self.scratch.resizer.resize(frame, whole, width, height, self.limits)?;
            &shrunk
        };
        let to_texture =
            Affine::scale(width as f32 / dest.width, height as f32 / dest.height).then_inner(&Affine::translate(-dest.x, -dest.y));
        let Some(back) = ctm.inverse() else { return Ok(()) };
        let back = to_texture.then_inner(&back);
        let mut pixels = self.open(seen)?;
        for (i, row) in pixels.pixels.chunks_exact_mut((seen.width() * 4).max(1)).enumerate() {
            if self.sentry.stops_after(seen.width()) {
                break;
            }
            let y = seen.top + i as i32;
            let (from, to) = reached(texture, &back, seen.left, seen.right, y);
            let start = offset(seen.left, from) * 4;
            if let Some(part) = row.get_mut(start..start + offset(from, to) * 4) {
                sample_row(texture, &back, from, y, part);
            }
        }
        let source = Pixels { area: seen, pixels: &pixels.pixels, opaque: false };
        compose(canvas, clip, &Coverage::full(seen), &Ink::new(Source::Pixels(source), state.alpha()), &mut self.scratch.rows);
        self.layer_pixels = self.layer_pixels.saturating_sub(seen.pixels());
        Ok(())
    }
}

/// A window of a picture was decoded that is not where the picture is painted.
fn stray() -> Error {
    Fault::new(Code::Bug, "", "a picture must be painted where it was said to land").into()
}

/// The px of a row, between two ends, whose place in the texture is not more than 2 px outside of it.
fn reached(texture: &Frame, back: &Affine, left: i32, right: i32, y: i32) -> (i32, i32) {
    let y = y as f32 + 0.5;
    let (mut from, mut to) = (left as f32, right as f32);
    let bounds = [(back.a, back.c * y + back.e, texture.width()), (back.b, back.d * y + back.f, texture.height())];
    for (step, start, side) in bounds {
        let (a, b) = ((-2.0 - start) / step, (side as f32 + 2.0 - start) / step);
        if step == 0.0 || !a.is_finite() || !b.is_finite() {
            continue;
        }
        // a px more on either side, for what the division loses
        from = from.max(a.min(b).floor() - 2.0);
        to = to.min(a.max(b).ceil() + 2.0);
    }
    let from = from.clamp(left as f32, right as f32) as i32;
    (from, (to.clamp(left as f32, right as f32) as i32).max(from))
}

/// Bilinear samples along a row; beyond an edge its last px goes on.
fn sample_row(texture: &Frame, back: &Affine, left: i32, y: i32, out: &mut [u8]) {
    let (last_x, last_y) = (texture.width() as i32 - 1, texture.height() as i32 - 1);
    let (stride, bytes) = (texture.stride(), texture.pixels());
    let split = |v: f32| {
        let v = (v - 0.5).clamp(-1.0, 1e6) * 256.0;
        let v = (v + 0.5).floor() as i32;
        (v >> 8, (v & 255) as u32)
    };
    for (i, px) in out.chunks_exact_mut(4).enumerate() {
        let p = back.apply(Point::new((left + i as i32) as f32 + 0.5, y as f32 + 0.5));
        let ((x, fx), (y, fy)) = (split(p.x), split(p.y));
        let at = |x: i32, y: i32| {
            let start = offset(0, y.clamp(0, last_y)) * stride + offset(0, x.clamp(0, last_x)) * 4;
            bytes.get(start..start + 4).unwrap_or(&[0; 4])
        };
        let (a, b, c, d) = (at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1));
        for (((o, a), b), (c, d)) in px.iter_mut().zip(a).zip(b).zip(c.iter().zip(d)) {
            let top = u32::from(*a) * (256 - fx) + u32::from(*b) * fx;
            let bottom = u32::from(*c) * (256 - fx) + u32::from(*d) * fx;
            *o = ((top * (256 - fy) + bottom * fy + 32768) >> 16) as u8;
        }
    }
}

fn holds(outer: &Rect, inner: &Rect) -> bool {
    outer.x <= inner.x && outer.y <= inner.y && outer.right() >= inner.right() && outer.bottom() >= inner.bottom()
}

fn side(px: usize) -> u32 {
    u32::try_from(px).unwrap_or(u32::MAX)
}
