//! CSS Fonts 4's choice of one face of a family: stretch, then style, then weight; a range (a variable face) holds all its values.

use super::face::Face;
use crate::css::style::{FontStyle, TextStyle};
use crate::scene::FaceId;

/// The nearest face; of equals the first.
pub(crate) fn choose<'a>(faces: &[(FaceId, &'a Face)], stretch: f32, style: FontStyle, weight: f32) -> Option<(FaceId, &'a Face)> {
    let rank = |face: &Face| {
        let by_stretch = distance(face.stretch, stretch, if stretch <= 100.0 { Side::Below } else { Side::Above });
        let by_style = match (style, face.style) {
            (a, b) if a == b => 0,
            (FontStyle::Normal, FontStyle::Oblique) | (FontStyle::Italic, FontStyle::Oblique) | (FontStyle::Oblique, FontStyle::Italic) => {
                1
            }
            _ => 2,
        };
        (by_stretch, by_style, weight_distance(face.weight, weight))
    };
    let mut best: Option<((FaceId, &Face), Ranks)> = None;
    for (id, face) in faces {
        let here = rank(face);
        if best.as_ref().is_none_or(|(_, there)| less(&here, there)) {
            best = Some(((*id, face), here));
        }
    }
    best.map(|(face, _)| face)
}

/// The axes of the chosen face for a style: CSS's properties, then `font-variation-settings`, clamped to what the face has.
pub(crate) fn variations(face: &Face, style: &TextStyle) -> Vec<([u8; 4], f32)> {
    let mut settings: Vec<([u8; 4], f32)> = Vec::new();
    for axis in &face.axes {
        let own = style.font_variations.iter().rev().find(|(tag, _)| *tag == axis.tag).map(|(_, value)| *value);
        let wanted = own.or(match &axis.tag {
            b"wght" => Some(style.font_weight),
            b"wdth" => Some(style.font_stretch),
            _ => None,
        });
        if let Some(value) = wanted.map(|v| v.clamp(axis.min, axis.max.max(axis.min))).filter(|v| *v != axis.default) {
            settings.push((axis.tag, value));
        }
    }
    settings.sort_by_key(|(tag, _)| *tag);
    settings
}

/// Whether a browser would make up what the family lacks: a slant, or a bold (600 and more from a face lighter than that).
pub(crate) fn style_missing(face: &Face, style: FontStyle, weight: f32) -> bool {
    (style.is_slanted() && !face.style.is_slanted()) || (weight >= 600.0 && face.weight.1 < 600.0)
}

enum Side {
    Below,
    Above,
}

/// First which side, then how far.
type Rank = (u8, f32);

/// By stretch, style, weight.
type Ranks = (Rank, u8, Rank);

fn less(a: &Ranks, b: &Ranks) -> bool {
    let flat = |r: &Ranks| [f32::from(r.0.0), r.0.1, f32::from(r.1), f32::from(r.2.0), r.2.1];
    flat(a).iter().zip(flat(b)).find(|(x, y)| **x != *y).is_some_and(|(x, y)| *x < y)
}

/// How far a value is from a range, where one side of the value is tried first.
fn distance((min, max): (f32, f32), wanted: f32, first: Side) -> Rank {
    if (min..=max).contains(&wanted) {
        return (0, 0.0);
    }
    let below = max < wanted;
    let far = if below { wanted - max } else { min - wanted };
    (if below == matches!(first, Side::Below) { 1 } else { 2 }, far)
}

fn weight_distance(range: (f32, f32), wanted: f32) -> Rank {
    if (range.0..=range.1).contains(&wanted) {
        return (0, 0.0);
    }
    if (400.0..=500.0).contains(&wanted) {
        // First up to 500, then lighter, then heavier.
        return if range.0 > wanted && range.0 <= 500.0 {
            (1, range.0 - wanted)
        } else if range.1 < wanted {
            (2, wanted - range.1)
        } else {
            (3, range.0 - wanted)
        };
    }
    distance(range, wanted, if wanted < 400.0 { Side::Below } else { Side::Above })
}
