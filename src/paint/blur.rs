//! Gaussian blur by boxes, as Skia does it on the processor: below sigma 2 the Gaussian itself, from there on three boxes whose
//! combined window has the same variance.
//!
//! Values are held with 8 fractional bits between passes. A box slides: each px costs one addition and one subtraction whatever the
//! sigma. The vertical passes run along rows, so that the compiler turns them into vector code; they are whole numbers and single IEEE
//! operations, so its width changes no byte.

use crate::guard::Sentry;
use crate::simd::Level;

/// The largest sigma in device px that is drawn; Skia's own bound of image filters.
pub(crate) const MAX_SIGMA: f32 = 532.0;

/// The largest sigma of a shadow; Skia's own bound of blurred masks.
pub(crate) const MAX_SHADOW_SIGMA: f32 = 135.0;

/// How far a blur of this sigma reaches, px.
pub(crate) fn reach(sigma: f32) -> i32 {
    if sigma < MIN_SIGMA {
        0
    } else if sigma < 2.0 {
        (sigma * 3.0).ceil() as i32
    } else {
        let window = window(sigma) as i32;
        if window % 2 == 1 { 3 * (window - 1) / 2 } else { 3 * window / 2 - 1 }
    }
}

/// Less cannot be seen.
const MIN_SIGMA: f32 = 0.03;

fn window(sigma: f32) -> usize {
    // 3 sqrt(2 pi) / 4
    ((sigma * 1.879_971_2 + 0.5).floor() as usize).max(1)
}

/// Blurs `width` x `height` px of `CHANNELS` bytes in place; what lies outside is 0. Both axes have the same sigma. Half done where
/// the sentry says so.
pub(crate) fn blur<const CHANNELS: usize>(pixels: &mut [u8], width: usize, height: usize, sigma: f32, sentry: &Sentry<'_>) {
    if sigma.is_nan() || sigma < MIN_SIGMA || pixels.len() < width * height * CHANNELS || width == 0 || height == 0 {
        return;
    }
    Level::detect().run_with((pixels, width, height, sigma, sentry), blur_at::<CHANNELS>);
}

/// Pixels, width, height and sigma of a blur.
type Task<'t> = (&'t mut [u8], usize, usize, f32, &'t Sentry<'t>);

#[inline(always)]
fn blur_at<const CHANNELS: usize>((pixels, width, height, sigma, sentry): Task<'_>) {
    debug_assert!(height > 0, "an empty picture is not blurred");
    let stride = width * CHANNELS;
    let mut from: Vec<u16> = Vec::with_capacity(pixels.len());
    for row in pixels.chunks(stride) {
        if sentry.stops_after(width) {
            return;
        }
        from.extend(row.iter().map(|v| u16::from(*v) << 8));
    }
    let mut to = vec![0; from.len()];
    let (gauss, boxes);
    let windows: &[Window<'_>] = if sigma < 2.0 {
        gauss = weights(sigma);
        &[Window::Weights(&gauss)]
    } else {
        boxes = three_boxes(window(sigma));
        &boxes
    };
    for window in windows {
        for (row_from, row_to) in from.chunks_exact(stride).zip(to.chunks_exact_mut(stride)) {
            if sentry.stops_after(width) {
                return;
            }
            match *window {
                Window::Box { before, after } => box_row::<CHANNELS>(row_from, row_to, before, after),
                Window::Weights(weights) => weigh_row::<CHANNELS>(row_from, row_to, weights),
            }
        }
        match *window {
            Window::Box { before, after } => box_columns(&to, &mut from, stride, before, after, sentry),
            Window::Weights(weights) => weigh_columns(&to, &mut from, stride, weights, sentry),
        }
    }
    for (row, from) in pixels.chunks_mut(stride).zip(from.chunks(stride)) {
        if sentry.stops_after(width) {
            return;
        }
        for (px, v) in row.iter_mut().zip(from) {
            *px = ((u32::from(*v) + 128) >> 8).min(255) as u8;
        }
    }
}

#[derive(Clone, Copy)]
enum Window<'w> {
    /// So many px before and after the middle one.
    Box { before: usize, after: usize },
    /// From the middle outwards; the sum of both sides is 65,536.
    Weights(&'w [u32]),
}

/// Three boxes of a width; two even ones lean to either side, and the third is odd.
fn three_boxes(window: usize) -> [Window<'static>; 3] {
    let half = window / 2;
    let before = if window % 2 == 1 { half } else { half.saturating_sub(1) };
    [Window::Box { before: half, after: before }, Window::Box { before, after: half }, Window::Box { before: half, after: half }]
}

/// The Gaussian's weights from the middle outwards.
fn weights(sigma: f32) -> Vec<u32> {
    let radius = (sigma * 3.0).ceil() as u16;
    let s = f64::from(sigma);
    let raw: Vec<f64> = (0..=radius).map(|i| libm::exp(-f64::from(i) * f64::from(i) / (2.0 * s * s))).collect();
    let total: f64 = raw.iter().skip(1).sum::<f64>() * 2.0 + raw.first().copied().unwrap_or(1.0);
    let mut weights: Vec<u32> = raw.iter().map(|w| (w / total * 65536.0 + 0.5) as u32).collect();
    let sides: u32 = weights.iter().skip(1).sum::<u32>() * 2;
    if let Some(middle) = weights.first_mut() {
        *middle = 65536_u32.saturating_sub(sides);
    }
    weights
}

#[inline(always)]
fn box_row<const CHANNELS: usize>(from: &[u16], to: &mut [u16], before: usize, after: usize) {
    let (from, _) = from.as_chunks::<CHANNELS>();
    let (to, _) = to.as_chunks_mut::<CHANNELS>();
    let scale = 1.0 / (before + after + 1) as f32;
    let mut sum = [0_i32; CHANNELS];
    for px in from.iter().take(after) {
        for (s, v) in sum.iter_mut().zip(px) {
            *s += i32::from(*v);
        }
    }
    let nothing = [0_u16; CHANNELS];
    for i in 0..to.len() {
        let enter = from.get(i + after).unwrap_or(&nothing);
        let leave = i.checked_sub(before).and_then(|i| from.get(i)).unwrap_or(&nothing);
        let Some(out) = to.get_mut(i) else { return };
        for c in 0..CHANNELS {
            sum[c] += i32::from(enter[c]);
            out[c] = scaled(sum[c], scale);
            sum[c] -= i32::from(leave[c]);
        }
    }
}

/// A sum times a scale, to the nearest whole number below 65,536: added to 2^23, it stands in the low bits of the float, which vector
/// code reads quicker than a cast that has to mind what does not fit.
#[inline(always)]
fn scaled(sum: i32, scale: f32) -> u16 {
    ((sum as f32 * scale + 8_388_608.0).to_bits() & 0xffff) as u16
}

#[inline(always)]
fn box_columns(from: &[u16], to: &mut [u16], stride: usize, before: usize, after: usize, sentry: &Sentry<'_>) {
    let rows = from.len() / stride;
    let row = |y: usize| from.get(y * stride..(y + 1) * stride);
    let scale = 1.0 / (before + after + 1) as f32;
    let mut sums = vec![0_i32; stride];
    let add = |sums: &mut [i32], row: &[u16]| {
        for (s, v) in sums.iter_mut().zip(row) {
            *s += i32::from(*v);
        }
    };
    for y in 0..after.min(rows) {
        add(&mut sums, row(y).unwrap_or_default());
    }
    for (y, out) in to.chunks_exact_mut(stride).enumerate() {
        if sentry.stops_after(stride) {
            return;
        }
        if y + after < rows {
            add(&mut sums, row(y + after).unwrap_or_default());
        }
        for (o, s) in out.iter_mut().zip(&sums) {
            *o = scaled(*s, scale);
        }
        if let Some(leave) = y.checked_sub(before).and_then(row) {
            for (s, v) in sums.iter_mut().zip(leave) {
                *s -= i32::from(*v);
            }
        }
    }
}

#[inline(always)]
fn weigh_row<const CHANNELS: usize>(from: &[u16], to: &mut [u16], weights: &[u32]) {
    for (i, out) in to.iter_mut().enumerate() {
        let mut sum = 32768_u32;
        for (k, w) in weights.iter().enumerate() {
            let far = k * CHANNELS;
            let right = from.get(i + far).copied().unwrap_or(0);
            let left = if k == 0 { 0 } else { i.checked_sub(far).and_then(|i| from.get(i)).copied().unwrap_or(0) };
            sum += (u32::from(right) + u32::from(left)) * w;
        }
        *out = (sum >> 16) as u16;
    }
}

#[inline(always)]
fn weigh_columns(from: &[u16], to: &mut [u16], stride: usize, weights: &[u32], sentry: &Sentry<'_>) {
    let row = |y: usize| from.get(y * stride..(y + 1) * stride);
    let mut sums = vec![0_u32; stride];
    for (y, out) in to.chunks_exact_mut(stride).enumerate() {
        if sentry.stops_after(stride) {
            return;
        }
        sums.fill(32768);
        for (k, w) in weights.iter().enumerate() {
            let above = if k == 0 { None } else { y.checked_sub(k).and_then(row) };
            for side in [row(y + k), above].into_iter().flatten() {
                for (s, v) in sums.iter_mut().zip(side) {
                    *s += u32::from(*v) * w;
                }
            }
        }
        for (o, s) in out.iter_mut().zip(&sums) {
            *o = (s >> 16) as u16;
        }
    }
}

/// How much of a blurred edge's inside is left at a distance of `x` sigmas outwards: three boxes' integral, 1 to 0.
pub(crate) fn edge(x: f32) -> f32 {
    let x = x / 2.0;
    let (x2, x3) = (x * x, x * x * x);
    if x > 1.5 {
        0.0
    } else if x < -1.5 {
        1.0
    } else if x > 0.5 {
        0.5625 - (x3 / 6.0 - 3.0 * x2 * 0.25 + 1.125 * x)
    } else if x > -0.5 {
        0.5 - (0.75 * x - x3 / 3.0)
    } else {
        0.4375 + (-x3 / 6.0 - 3.0 * x2 * 0.25 - 1.125 * x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(sigma: f32) -> Vec<u8> {
        let mut pixels = vec![0; 101 * 101];
        for y in 40..61 {
            pixels[y * 101 + 40..y * 101 + 61].fill(255);
        }
        blur::<1>(&mut pixels, 101, 101, sigma, &Sentry::default());
        pixels
    }

    #[test]
    fn a_blur_is_symmetric_and_keeps_the_sum() {
        for sigma in [0.5, 1.0, 1.9, 2.0, 3.3, 5.0, 8.0] {
            let pixels = dot(sigma);
            for y in 0..101 {
                for x in 0..101 {
                    let v = i32::from(pixels[y * 101 + x]);
                    assert!((v - i32::from(pixels[y * 101 + 100 - x])).abs() <= 1, "{sigma} {x} {y}");
                    assert!((v - i32::from(pixels[x * 101 + y])).abs() <= 1, "{sigma} {x} {y}");
                }
            }
            let sum: u32 = pixels.iter().map(|v| u32::from(*v)).sum();
            let exact = 21.0 * 21.0 * 255.0;
            assert!((sum as f32 - exact).abs() < exact * 0.02, "{sigma} {sum}");
        }
    }

    #[test]
    fn nothing_lies_beyond_the_reach() {
        for sigma in [0.5, 1.0, 2.0, 3.3, 5.0, 8.0] {
            let pixels = dot(sigma);
            let beyond = 40 - reach(sigma) as usize;
            assert!((0..beyond).all(|x| pixels[50 * 101 + x] == 0), "{sigma}");
        }
    }

    #[test]
    fn four_channels_blur_as_one_does() {
        let one = dot(3.0);
        let mut pixels = vec![0; 101 * 101 * 4];
        for y in 40..61 {
            for x in 40..61 {
                pixels[(y * 101 + x) * 4 + 2] = 255;
            }
        }
        blur::<4>(&mut pixels, 101, 101, 3.0, &Sentry::default());
        assert!(pixels.chunks_exact(4).zip(&one).all(|(px, v)| px == [0, 0, *v, 0]));
    }

    #[test]
    fn the_edge_falls_from_one_to_zero() {
        assert_eq!((edge(-3.1), edge(0.0), edge(3.1)), (1.0, 0.5, 0.0));
        assert!((-30..30).all(|i| edge(i as f32 / 10.0) >= edge((i + 1) as f32 / 10.0)));
    }
}
