//! Box shadows: a blurred shape outside the border box, or a blurred hole inside the padding box.
//!
//! A rectangle's blur is a product of two one-dimensional edges and takes no mask at all. A round one blurs the smallest shape that has
//! the same four corners, which the scratch keeps; its middle column and row are then stretched. Rotated ones are blurred as they fall on the canvas.

use std::sync::Arc;

use tiny_skia::FillRule;

use super::area::Area;
use super::blur;
use super::canvas::{Canvas, Ink, Source, compose};
use super::coverage::{Coverage, upright};
use super::path::{self, Outline};
use super::scratch::{ShadowCache, shadow_key};
use super::{PaintScratch, Painter, State};
use crate::css::style::Corners;
use crate::geom::{Affine, Rect};
use crate::guard::Sentry;
use crate::scene::{BoxShadow, Shape};

impl Painter<'_> {
    pub(super) fn shadow(&mut self, canvas: &mut Canvas<'_>, state: &State, shadow: &BoxShadow) {
        let color = state.tint(shadow.color);
        if color[3] == 0 || shadow.shape.rect.is_empty() {
            return;
        }
        let visible = state.clip.area.intersect(&canvas.area);
        let spread = if shadow.inset { -shadow.spread } else { shadow.spread };
        let cast = spread_out(&shadow.shape, spread);
        let cast = Shape { rect: cast.rect.translate(shadow.x, shadow.y), ..cast };
        let sigma = super::shadow_sigma(shadow.sigma, &state.ctm);
        let own = Coverage::of_shape(&shadow.shape, &state.ctm, &visible);
        let PaintScratch { rows, shadows, .. } = &mut *self.scratch;
        let source = Source::Color(color);
        if shadow.inset {
            let hole = blurred(&cast, &state.ctm, sigma, &visible, shadows, self.sentry);
            let ink = Ink { except: Some(&hole), ..Ink::new(source, 255) };
            compose(canvas, &state.clip, &own, &ink, rows);
        } else if !cast.rect.is_empty() {
            let cast = blurred(&cast, &state.ctm, sigma, &visible, shadows, self.sentry);
            let ink = Ink { except: Some(&own), ..Ink::new(source, 255) };
            compose(canvas, &state.clip, &cast, &ink, rows);
        }
    }
}

/// A shape grown on all sides; a sharp corner stays sharp, a small radius grows less, as CSS has it.
fn spread_out(shape: &Shape, by: f32) -> Shape {
    let grow = |r: f32| {
        if by <= 0.0 {
            (r + by).max(0.0)
        } else if r < by {
            let ratio = r / by - 1.0;
            r + by * (1.0 + ratio * ratio * ratio)
        } else {
            r + by
        }
    };
    let corner = |r: (f32, f32)| if r.0 <= 0.0 || r.1 <= 0.0 { (0.0, 0.0) } else { (grow(r.0), grow(r.1)) };
    let r = shape.radii;
    Shape {
        rect: shape.rect.inset([-by; 4]),
        radii: Corners {
            top_left: corner(r.top_left),
            top_right: corner(r.top_right),
            bottom_right: corner(r.bottom_right),
            bottom_left: corner(r.bottom_left),
        },
    }
}

/// A shape's coverage under a map, blurred with a sigma in device px.
fn blurred(shape: &Shape, map: &Affine, sigma: f32, visible: &Area, shadows: &mut ShadowCache, sentry: &Sentry<'_>) -> Coverage {
    let reach = blur::reach(sigma);
    if reach == 0 {
        return Coverage::of_shape(shape, map, visible);
    }
    if shape.rect.is_empty() {
        return Coverage::full(Area::default());
    }
    match upright(shape, map) {
        Some(shape) if shape.is_rect() => blurred_rect(&shape.rect, sigma, visible),
        Some(shape) => blurred_round(&shape, (sigma, reach), visible, shadows, sentry),
        None => {
            let mut outline = Outline::new(*map);
            outline.shape(shape);
            outline.finish().map_or_else(|| Coverage::full(Area::default()), |path| blurred_path(&path, sigma, reach, visible, sentry))
        }
    }
}

fn blurred_rect(rect: &Rect, sigma: f32, visible: &Area) -> Coverage {
    let far = 3.0 * sigma;
    let area = Area::around(&rect.inset([-far; 4])).intersect(visible);
    let profile = |from: i32, to: i32, low: f32, high: f32| -> Vec<u8> {
        let inside = |at: f32| blur::edge((at - high) / sigma) - blur::edge((at - low) / sigma);
        (from..to.max(from)).map(|at| (inside(at as f32 + 0.5) * 255.0 + 0.5).clamp(0.0, 255.0) as u8).collect()
    };
    let columns = profile(area.left, area.right, rect.x, rect.right());
    let rows = profile(area.top, area.bottom, rect.y, rect.bottom());
    if area.is_empty() { Coverage::full(Area::default()) } else { Coverage::product(area, columns, rows) }
}

fn blurred_round(shape: &Shape, (sigma, reach): (f32, i32), visible: &Area, shadows: &mut ShadowCache, sentry: &Sentry<'_>) -> Coverage {
    let around = Area::around(&shape.rect).outset(reach);
    let (Some(whole), true) = (Area::exact(&shape.rect), !around.intersect(visible).is_empty()) else {
        return match rounded_path(shape) {
            Some(path) => blurred_path(&path, sigma, reach, visible, sentry),
            None => Coverage::full(Area::default()),
        };
    };
    // the corners and a middle that the blur of neither side reaches
    let r = &shape.radii;
    let up = |v: f32| v.clamp(0.0, 1e6).ceil() as i32;
    let left = up(r.top_left.0.max(r.bottom_left.0)) + reach;
    let right = up(r.top_right.0.max(r.bottom_right.0)) + reach;
    let top = up(r.top_left.1.max(r.top_right.1)) + reach;
    let bottom = up(r.bottom_left.1.max(r.bottom_right.1)) + reach;
    let (width, height) = (whole.width() as i32, whole.height() as i32);
    let (small_width, small_height) = (width.min(left + right + 1), height.min(top + bottom + 1));
    let small = Shape { rect: Rect::new(0.0, 0.0, small_width as f32, small_height as f32), radii: shape.radii };
    let small_area = Area::new(0, 0, small_width, small_height).outset(reach);
    if small_area.pixels() > around.intersect(&visible.outset(reach)).pixels() {
        return match rounded_path(shape) {
            Some(path) => blurred_path(&path, sigma, reach, visible, sentry),
            None => Coverage::full(Area::default()),
        };
    }
    let key = shadow_key(small_width, small_height, r, sigma);
    let mask = match shadows.get(&key) {
        Some(mask) => mask,
        None => {
            let Some(path) = rounded_path(&small) else { return Coverage::full(Area::default()) };
            let mut mask = path::coverage(&path, FillRule::Winding, small_area, Vec::new());
            blur::blur::<1>(&mut mask, small_area.width(), small_area.height(), sigma, sentry);
            let mask = Arc::new(mask);
            // one that the sentry left half done is nobody's
            if sentry.held().is_ok() {
                shadows.keep(key, &mask);
            }
            mask
        }
    };
    let cut = (super::area::offset(0, left + reach), super::area::offset(0, top + reach));
    Coverage::stretched(around, mask, (small_area.width(), small_area.height()), cut)
}

fn rounded_path(shape: &Shape) -> Option<tiny_skia::Path> {
    let mut outline = Outline::new(Affine::IDENTITY);
    outline.shape(shape);
    outline.finish()
}

/// A path blurred where it is visible; what lies out of the blur's reach is not computed.
pub(super) fn blurred_path(path: &tiny_skia::Path, sigma: f32, reach: i32, visible: &Area, sentry: &Sentry<'_>) -> Coverage {
    let area = path::bounds(path).outset(reach).intersect(&visible.outset(reach));
    if area.is_empty() {
        return Coverage::full(Area::default());
    }
    let mut mask = path::coverage(path, FillRule::Winding, area, Vec::new());
    blur::blur::<1>(&mut mask, area.width(), area.height(), sigma, sentry);
    Coverage::dense(area, mask)
}
