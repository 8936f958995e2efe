//! A model's picture and the one that it was made of: mixed, or pasted back with a soft edge.
//!
//! All in whole numbers on premultiplied px: weights have 16 bits, and a half is rounded up.

use crate::error::{Error, Fault};
use crate::geom::Rect;
use crate::limits::Limits;
use crate::pixel::{Frame, Resizer};

use super::roi::Part;

/// How much, and over how many px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Blending {
    /// 0 to 1: what is left is what went in.
    pub(crate) strength: f32,
    /// px of the source picture.
    pub(crate) feather_px: f32,
    /// Whether the result is as transparent as what went in.
    pub(crate) keep_alpha: bool,
}

const ONE: u32 = 1 << 16;

fn weight(of: f32) -> u32 {
    (of.clamp(0.0, 1.0) * ONE as f32 + 0.5) as u32
}

fn mix(under: u8, over: u8, weight: u32) -> u8 {
    ((u32::from(under) * (ONE - weight) + u32::from(over) * weight + ONE / 2) >> 16) as u8
}

/// The model's picture at its own size, mixed with what it was made of.
pub(crate) fn replace(base: &Frame, mut picture: Frame, source: Rect, how: &Blending, limits: &Limits) -> Result<Frame, Error> {
    let weight = weight(how.strength);
    let keep_alpha = how.keep_alpha && !base.is_opaque();
    if weight == ONE && !keep_alpha {
        return Ok(picture);
    }
    let under = Resizer::default().resize(base, source, picture.width(), picture.height(), limits)?;
    for (to, from) in picture.pixels_mut().as_chunks_mut::<4>().0.iter_mut().zip(under.pixels().as_chunks::<4>().0) {
        if keep_alpha {
            fade(to, from[3]);
        }
        *to = [mix(from[0], to[0], weight), mix(from[1], to[1], weight), mix(from[2], to[2], weight), mix(from[3], to[3], weight)];
    }
    Ok(picture)
}

/// A px as transparent as another one.
fn fade(px: &mut [u8; 4], alpha: u8) {
    *px = px.map(|c| ((u32::from(c) * u32::from(alpha) + 127) / 255) as u8);
}

/// The source picture at its size, with the model's picture where that was made of it; as transparent as the source picture.
pub(crate) fn paste(base: &Frame, picture: &Frame, source: Rect, how: &Blending, limits: &Limits) -> Result<Frame, Error> {
    let bug = || Fault::new(crate::error::Code::Bug, "generate", "what a model was given must lie in the picture");
    let part = Part::of(&source, base).ok_or_else(bug)?;
    let whole = Rect::new(0.0, 0.0, picture.width() as f32, picture.height() as f32);
    let over = Resizer::default().resize(picture, whole, part.width, part.height, limits)?;
    let mut result = base.clone();
    let across = soft_edge(part.x, part.width, base.width(), part == Part::whole(base), how.feather_px);
    let down = soft_edge(part.y, part.height, base.height(), part == Part::whole(base), how.feather_px);
    let left = part.x as usize * 4;
    let rows = result.rows_mut().skip(part.y as usize).zip(over.rows()).zip(&down);
    for ((to, from), in_y) in rows {
        let to = to.get_mut(left..).unwrap_or_default().as_chunks_mut::<4>().0;
        for ((to, from), in_x) in to.iter_mut().zip(from.as_chunks::<4>().0).zip(&across) {
            let weight = weight(how.strength * in_x.min(*in_y));
            let mut over = *from;
            fade(&mut over, to[3]);
            *to = [mix(to[0], over[0], weight), mix(to[1], over[1], weight), mix(to[2], over[2], weight), mix(to[3], over[3], weight)];
        }
    }
    Ok(result)
}

/// How much of a pasted picture there is at each px of one direction: it rises from both edges in an S over the feather's width. An edge that is the
/// source picture's own has nothing beside it to blend with and is left, unless all edges are.
fn soft_edge(start: u32, length: u32, full: u32, whole: bool, feather: f32) -> Vec<f32> {
    let (first, last) = (start > 0 || whole, start + length < full || whole);
    let rise = |px: u32| {
        let t = if feather > 0.0 { ((px as f32 + 0.5) / feather).min(1.0) } else { 1.0 };
        t * t * (3.0 - 2.0 * t)
    };
    let at = |px: u32| (if first { rise(px) } else { 1.0 }).min(if last { rise(length - 1 - px) } else { 1.0 });
    (0..length).map(at).collect()
}
