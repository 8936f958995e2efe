//! Filter functions on a layer, as Filter Effects 1 defines them on sRGB.

use super::area::{Area, offset};
use super::blur;
use super::bounds::MAX_OFFSET;
use super::canvas::{Canvas, Clip, Ink, Pixels, Rows, Source, compose};
use super::coverage::Coverage;
use super::{device_sigma, premultiplied};
use crate::geom::{Affine, sin_cos_degrees};
use crate::guard::Sentry;
use crate::pixel::unpremultiply;
use crate::scene::Filter;
use crate::simd::Level;

/// Premultiplied pixels of an area.
pub(crate) struct Layer {
    pub(crate) area: Area,
    pub(crate) pixels: Vec<u8>,
}

/// A layer after a filter, of another area; half done where the sentry says so.
pub(crate) fn apply(layer: Layer, filter: &Filter, map: &Affine, target: Area, sentry: &Sentry<'_>) -> Layer {
    match *filter {
        Filter::Blur { sigma } => {
            let sigma = device_sigma(sigma, map);
            // px outside the target are drawn from as well
            let wide = target.outset(blur::reach(sigma)).intersect(&layer.area.outset(blur::reach(sigma)));
            let mut wide = moved(&layer, wide.union(&target), sentry);
            blur::blur::<4>(&mut wide.pixels, wide.area.width(), wide.area.height(), sigma, sentry);
            moved(&wide, target, sentry)
        }
        Filter::DropShadow { x, y, sigma, color } => {
            let sigma = device_sigma(sigma, map);
            let reach = blur::reach(sigma);
            let (x, y) = (map.a * x + map.c * y, map.b * x + map.d * y);
            if !(x.abs() <= MAX_OFFSET && y.abs() <= MAX_OFFSET) {
                return moved(&layer, target, sentry);
            }
            let (dx, dy) = ((x + 0.5).floor() as i32, (y + 0.5).floor() as i32);
            let area = layer.area.outset(reach);
            let mut mask = vec![0; area.width() * area.height()];
            for row in layer.area.top..layer.area.bottom {
                let start = offset(area.top, row) * area.width() + offset(area.left, layer.area.left);
                let from = offset(layer.area.top, row) * layer.area.width() * 4;
                let line = layer.pixels.get(from..from + layer.area.width() * 4).unwrap_or_default();
                for (m, px) in mask.iter_mut().skip(start).zip(line.chunks_exact(4)) {
                    *m = px.last().copied().unwrap_or(0);
                }
            }
            blur::blur::<1>(&mut mask, area.width(), area.height(), sigma, sentry);
            let cast = Area::new(area.left + dx, area.top + dy, area.right + dx, area.bottom + dy);
            let mut out = Layer { area: target, pixels: vec![0; target.width() * target.height() * 4] };
            let mut canvas = Canvas::new(target, &mut out.pixels, sentry);
            let (clip, mut rows) = (Clip::area(target), Rows::default());
            compose(&mut canvas, &clip, &Coverage::dense(cast, mask), &Ink::new(Source::Color(premultiplied(color)), 255), &mut rows);
            let pixels = Pixels { area: layer.area, pixels: &layer.pixels, opaque: false };
            compose(&mut canvas, &clip, &Coverage::full(layer.area), &Ink::new(Source::Pixels(pixels), 255), &mut rows);
            out
        }
        Filter::Opacity(amount) => {
            let mut out = moved(&layer, target, sentry);
            Level::detect().mask_faded(&mut out.pixels, (amount.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
            out
        }
        ref other => {
            let mut out = moved(&layer, target, sentry);
            recolor(&mut out.pixels, &matrix(other), sentry);
            out
        }
    }
}

/// The same pixels in another area; transparent where there were none.
fn moved(layer: &Layer, target: Area, sentry: &Sentry<'_>) -> Layer {
    let mut pixels = vec![0; target.width() * target.height() * 4];
    let common = layer.area.intersect(&target);
    if !common.is_empty() {
        let from = Pixels { area: layer.area, pixels: &layer.pixels, opaque: false };
        for y in common.top..common.bottom {
            if sentry.stops_after(common.width()) {
                break;
            }
            let line = from.row(y, common.left, common.right);
            let start = (offset(target.top, y) * target.width() + offset(target.left, common.left)) * 4;
            if let Some(out) = pixels.get_mut(start..start + line.len()) {
                out.copy_from_slice(line);
            }
        }
    }
    Layer { area: target, pixels }
}

/// Copies `area` of a canvas into a larger layer whose margin mirrors it: a backdrop's blur must not draw from beyond its edges.
pub(crate) fn mirror(canvas: &mut Canvas<'_>, area: &Area, under: &mut Layer) {
    let fold = |at: i32, from: i32, to: i32| {
        let length = to - from;
        let at = (at - from).rem_euclid(2 * length);
        from + if at < length { at } else { 2 * length - 1 - at }
    };
    let width = under.area.width();
    let columns: Vec<usize> = (under.area.left..under.area.right).map(|x| offset(area.left, fold(x, area.left, area.right))).collect();
    for (i, out) in under.pixels.chunks_exact_mut((width * 4).max(1)).enumerate() {
        if canvas.sentry.stops_after(width) {
            return;
        }
        let y = fold(under.area.top + i as i32, area.top, area.bottom);
        let line = canvas.row_mut(y, area.left, area.right);
        for (px, column) in out.chunks_exact_mut(4).zip(&columns) {
            if let Some(from) = line.get(column * 4..column * 4 + 4) {
                px.copy_from_slice(from);
            }
        }
    }
}

/// Rows of a matrix on straight red, green and blue, and what is added to each.
type Matrix = [[f32; 4]; 3];

fn matrix(filter: &Filter) -> Matrix {
    let scaled = |by: f32, plus: f32| [[by, 0.0, 0.0, plus], [0.0, by, 0.0, plus], [0.0, 0.0, by, plus]];
    match *filter {
        Filter::Brightness(v) => scaled(v.max(0.0), 0.0),
        Filter::Contrast(v) => scaled(v.max(0.0), 0.5 - 0.5 * v.max(0.0)),
        Filter::Invert(v) => {
            let v = v.clamp(0.0, 1.0);
            scaled(1.0 - 2.0 * v, v)
        }
        Filter::Grayscale(v) => saturated(1.0 - v.clamp(0.0, 1.0), [0.2126, 0.7152, 0.0722]),
        Filter::Saturate(v) => saturated(v.max(0.0), [0.213, 0.715, 0.072]),
        Filter::Sepia(v) => {
            let v = v.clamp(0.0, 1.0);
            let full = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]];
            let mut out = scaled(1.0 - v, 0.0);
            for (row, full) in out.iter_mut().zip(full) {
                for (m, full) in row.iter_mut().zip(full) {
                    *m += full * v;
                }
            }
            out
        }
        Filter::HueRotate { degrees } => {
            let (s, c) = sin_cos_degrees(degrees);
            [
                [0.213 + c * 0.787 - s * 0.213, 0.715 - c * 0.715 - s * 0.715, 0.072 - c * 0.072 + s * 0.928, 0.0],
                [0.213 - c * 0.213 + s * 0.143, 0.715 + c * 0.285 + s * 0.140, 0.072 - c * 0.072 - s * 0.283, 0.0],
                [0.213 - c * 0.213 - s * 0.787, 0.715 - c * 0.715 + s * 0.715, 0.072 + c * 0.928 + s * 0.072, 0.0],
            ]
        }
        Filter::Blur { .. } | Filter::DropShadow { .. } | Filter::Opacity(_) => scaled(1.0, 0.0),
    }
}

/// Each channel keeps `keep` of itself, the rest is the luminance with these weights.
fn saturated(keep: f32, weights: [f32; 3]) -> Matrix {
    let mut out = [[0.0; 4]; 3];
    for (i, row) in out.iter_mut().enumerate() {
        for (k, (m, weight)) in row.iter_mut().zip(weights).enumerate() {
            *m = weight * (1.0 - keep) + if i == k { keep } else { 0.0 };
        }
    }
    out
}

/// Bytes that are recoloured between two questions.
const PART: usize = 1 << 18;

fn recolor(pixels: &mut [u8], matrix: &Matrix, sentry: &Sentry<'_>) {
    let opaque = |px: &[u8]| px.last() == Some(&255);
    let opaque = pixels.chunks_exact(4).all(opaque);
    for part in pixels.chunks_mut(PART) {
        if sentry.stops() {
            return;
        }
        if !opaque {
            unpremultiply(part);
        }
        recolor_part(part, matrix);
    }
}

fn recolor_part(pixels: &mut [u8], matrix: &Matrix) {
    for px in pixels.chunks_exact_mut(4) {
        if let [r, g, b, a] = px
            && *a != 0
        {
            let c = [f32::from(*r), f32::from(*g), f32::from(*b)];
            let alpha = u32::from(*a);
            let of = |m: &[f32; 4]| {
                let v = m[0] * c[0] + m[1] * c[1] + m[2] * c[2] + m[3] * 255.0;
                crate::simd::div255((v + 0.5).clamp(0.0, 255.0) as u32 * alpha)
            };
            let [mr, mg, mb] = matrix;
            (*r, *g, *b) = (of(mr), of(mg), of(mb));
        }
    }
}
