//! A matte without its specks: what a network sees in the background by mistake, and the pinholes that it leaves in front.
//!
//! Parts that hang together are found by `imageproc`'s labelling on the mask as the model gave it, which is small. What is cut off is small beside
//! the largest part, so two shoes or a group of people stay whole.

use image::{GrayImage, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};

use super::made::Mask;

/// From this level on a px counts as seen.
const SEEN: u8 = 26;
/// Below this level a px counts as a hole.
const SOLID: u8 = 230;
/// A speck has less than this part of the largest part's px.
const SPECK: u64 = 64;
/// A pinhole has less than this part of the largest part's px.
const PINHOLE: u64 = 500;

/// The mask without small parts in the background and pinholes in front.
pub(crate) fn clean(mask: Mask) -> Mask {
    let (width, height) = (mask.width(), mask.height());
    let mut alpha = mask.alpha().to_vec();
    let largest = repaint(&mut alpha, width, height, &|level| level >= SEEN, SPECK, None, 0);
    repaint(&mut alpha, width, height, &|level| level < SOLID, PINHOLE, Some(largest), 255);
    match Mask::new(width, height, alpha) {
        Ok(clean) => clean,
        Err(_) => mask,
    }
}

/// Sets to `level` what hangs together and has fewer px than a part of `whole`, or of the largest where there is none; returns what it was held to.
fn repaint(alpha: &mut [u8], width: u32, height: u32, counts: &dyn Fn(u8) -> bool, part: u64, whole: Option<u64>, level: u8) -> u64 {
    let seen = alpha.iter().map(|a| if counts(*a) { 255 } else { 0 }).collect();
    let Some(seen) = GrayImage::from_raw(width, height, seen) else { return 0 };
    let labels = connected_components(&seen, Connectivity::Eight, Luma([0]));
    let mut sizes: Vec<u64> = Vec::new();
    for Luma([label]) in labels.pixels() {
        let label = *label as usize;
        if sizes.len() <= label {
            sizes.resize(label + 1, 0);
        }
        if let Some(size) = sizes.get_mut(label) {
            *size += 1;
        }
    }
    let whole = whole.unwrap_or_else(|| sizes.iter().skip(1).copied().max().unwrap_or(0));
    for (a, Luma([label])) in alpha.iter_mut().zip(labels.pixels()) {
        if *label > 0 && sizes.get(*label as usize).is_some_and(|size| size * part < whole) {
            *a = level;
        }
    }
    whole
}
