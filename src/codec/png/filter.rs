//! PNG's row filters.

use crate::guard::Sentry;
use crate::simd::Level;

/// Each row behind a zero, not filtered: RGB of what is opaque, else RGBA.
pub(super) fn none(rgba: &[u8], width: usize, opaque: bool) -> Vec<u8> {
    let rows = rgba.chunks_exact(width * 4);
    let stride = width * if opaque { 3 } else { 4 };
    let mut out = Vec::with_capacity((stride + 1) * rows.len());
    // packed in a row that stays in the cache, so that the long buffer is written once
    let (level, mut line) = (Level::detect(), vec![0; stride]);
    for row in rows {
        out.push(0);
        match opaque {
            true => {
                level.rgb(row, &mut line);
                out.extend_from_slice(&line);
            }
            false => out.extend_from_slice(row),
        }
    }
    out
}

/// How rows are filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    /// By what stands above.
    Up,
    /// By the nearest of left, above and the corner.
    Paeth,
    /// Each by the one of the five whose output has the least sum of absolute values.
    Adaptive,
}

impl Filter {
    pub(super) const ALL: [Self; 3] = [Self::Up, Self::Paeth, Self::Adaptive];

    /// Those that a row is tried with.
    fn kinds(self) -> &'static [u8] {
        match self {
            Self::Up => &[2],
            Self::Paeth => &[4],
            Self::Adaptive => &[0, 1, 2, 3, 4],
        }
    }
}

/// Each row behind its filter; some rows only where the sentry says so.
pub(super) fn filtered(samples: &[u8], stride: usize, channels: usize, by: Filter, sentry: &Sentry<'_>) -> Vec<u8> {
    let kinds = by.kinds();
    let rows = samples.chunks_exact(stride);
    let mut out = Vec::with_capacity(samples.len() + rows.len());
    let zeros = vec![0; stride + channels];
    // the row and the one above, with a pixel of zeros before them
    let (mut row, mut above) = (zeros.clone(), zeros.clone());
    let mut tried: [Vec<u8>; 5] = std::array::from_fn(|_| vec![0; stride]);
    for samples in rows {
        if sentry.stops_after(stride) {
            break;
        }
        std::mem::swap(&mut row, &mut above);
        if let Some(place) = row.get_mut(channels..) {
            place.copy_from_slice(samples);
        }
        for (kind, out) in kinds.iter().zip(&mut tried) {
            filter(*kind, samples, &row, &above, channels, out);
        }
        let weight = |v: &Vec<u8>| v.iter().map(|b| u64::from((*b as i8).unsigned_abs())).sum::<u64>();
        if let Some((kind, best)) = kinds.iter().zip(&tried).min_by_key(|(_, v)| weight(v)) {
            out.push(*kind);
            out.extend_from_slice(best);
        }
    }
    out
}

fn filter(kind: u8, samples: &[u8], row: &[u8], above: &[u8], channels: usize, out: &mut [u8]) {
    let up = above.get(channels..).unwrap_or_default();
    let around = out.iter_mut().zip(samples).zip(row.iter().zip(up.iter().zip(above)));
    for ((out, x), (a, (b, c))) in around {
        let predicted = match kind {
            0 => 0,
            1 => *a,
            2 => *b,
            3 => ((u16::from(*a) + u16::from(*b)) / 2) as u8,
            _ => paeth(*a, *b, *c),
        };
        *out = x.wrapping_sub(predicted);
    }
}

fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let (left, up, corner) = (i16::from(a), i16::from(b), i16::from(c));
    let (pa, pb, pc) = ((up - corner).abs(), (left - corner).abs(), (left + up - 2 * corner).abs());
    if pa <= pb && pa <= pc {
        a
    } else if pb <= pc {
        b
    } else {
        c
    }
}
