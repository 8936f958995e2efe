//! EXIF's eight orientations, and pixels turned upright.

use super::Window;
use crate::guard::Sentry;

/// How the stored pixels have to be turned to be upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Orientation {
    /// Swap rows and columns first.
    transpose: bool,
    /// Then mirror left and right.
    mirror_x: bool,
    /// Then mirror top and bottom.
    mirror_y: bool,
}

impl Orientation {
    /// From EXIF's number; what is not 1 to 8 is upright.
    pub(crate) fn from_exif(number: u16) -> Self {
        let (transpose, mirror_x, mirror_y) = match number {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transpose, mirror_x, mirror_y }
    }

    /// A stored size as an upright one, and the other way round.
    pub(crate) fn size(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.transpose { (height, width) } else { (width, height) }
    }

    /// A part of the upright picture, as fractions from the left, top, left and top, in the stored one.
    pub(crate) fn stored_part(self, [mut left, mut top, mut right, mut bottom]: [f32; 4]) -> [f32; 4] {
        if self.mirror_y {
            (top, bottom) = (1.0 - bottom, 1.0 - top);
        }
        if self.mirror_x {
            (left, right) = (1.0 - right, 1.0 - left);
        }
        if self.transpose { [top, left, bottom, right] } else { [left, top, right, bottom] }
    }

    /// A window of the upright picture in the stored one.
    pub(crate) fn stored_window(self, window: &Window) -> Window {
        let (width, height) = window.whole;
        let mut stored = *window;
        if self.mirror_y {
            stored.top = height.saturating_sub(window.top.saturating_add(window.height));
        }
        if self.mirror_x {
            stored.left = width.saturating_sub(window.left.saturating_add(window.width));
        }
        if self.transpose {
            stored = Window { whole: (height, width), left: stored.top, top: stored.left, width: stored.height, height: stored.width };
        }
        stored
    }

    /// Stored RGBA as upright RGBA; half done where the sentry says so.
    pub(crate) fn apply(self, width: u32, height: u32, mut pixels: Vec<u8>, sentry: &Sentry<'_>) -> (u32, u32, Vec<u8>) {
        let stride = width as usize * 4;
        if self == Self::default() || stride == 0 {
            return (width, height, pixels);
        }
        if !self.transpose {
            if self.mirror_y {
                mirror_rows(&mut pixels, stride);
            }
            if self.mirror_x {
                pixels.chunks_exact_mut(stride).for_each(mirror_row);
            }
            return (width, height, pixels);
        }
        // Bands of 16 rows of the target: each row of the source is read in runs of 64 bytes, one cache line.
        let (rows, columns) = (height as usize, width as usize);
        let mut upright = vec![0; pixels.len()];
        let out_stride = rows * 4;
        for (band, out) in upright.chunks_mut(out_stride * 16).enumerate() {
            if sentry.stops_after(rows * 16) {
                break;
            }
            for (y, row) in pixels.chunks_exact(stride).enumerate() {
                let column = if self.mirror_x { rows - 1 - y } else { y };
                let taken = 16.min(columns - (band * 16).min(columns));
                let run = match self.mirror_y {
                    false => row.get(band * 64..),
                    true => row.get(..stride - band * 64),
                };
                let run = run.unwrap_or_default();
                for (i, target) in out.chunks_exact_mut(out_stride).take(taken).enumerate() {
                    let from = if self.mirror_y { run.len().wrapping_sub(4 * (i + 1)) } else { 4 * i };
                    if let (Some(px), Some(to)) = (run.get(from..from.wrapping_add(4)), target.get_mut(column * 4..column * 4 + 4)) {
                        to.copy_from_slice(px);
                    }
                }
            }
        }
        (height, width, upright)
    }
}

fn mirror_rows(pixels: &mut [u8], stride: usize) {
    let mut rows = pixels.chunks_exact_mut(stride);
    while let (Some(top), Some(bottom)) = (rows.next(), rows.next_back()) {
        top.swap_with_slice(bottom);
    }
}

fn mirror_row(row: &mut [u8]) {
    let mut pixels = row.as_chunks_mut::<4>().0.iter_mut();
    while let (Some(left), Some(right)) = (pixels.next(), pixels.next_back()) {
        std::mem::swap(left, right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EXIF's table: where the first row and the first column of the stored picture are to be seen.
    #[test]
    fn the_eight_orientations_are_those_of_exif() {
        // stored 2 x 3:  A B / C D / E F
        let stored: Vec<u8> = b"ABCDEF".iter().flat_map(|c| [*c; 4]).collect();
        let seen = ["AB/CD/EF", "BA/DC/FE", "FE/DC/BA", "EF/CD/AB", "ACE/BDF", "ECA/FDB", "FDB/ECA", "BDF/ACE"];
        for (number, seen) in (1..).zip(seen) {
            let (width, height, pixels) = Orientation::from_exif(number).apply(2, 3, stored.clone(), &Sentry::default());
            let rows: Vec<String> =
                pixels.chunks(width as usize * 4).map(|r| r.iter().step_by(4).map(|b| char::from(*b)).collect()).collect();
            assert_eq!((rows.join("/").as_str(), rows.len()), (seen, height as usize), "{number}");
        }
    }

    #[test]
    fn a_large_picture_turns_as_a_small_one() {
        let (width, height) = (37u32, 50u32);
        let stored: Vec<u8> = (0..width * height).flat_map(u32::to_le_bytes).collect();
        for number in 5..=8 {
            let (w, h, pixels) = Orientation::from_exif(number).apply(width, height, stored.clone(), &Sentry::default());
            assert_eq!((w, h), (height, width));
            for y in 0..h {
                for x in 0..w {
                    let (sx, sy) = match number {
                        5 => (y, x),
                        6 => (y, height - 1 - x),
                        7 => (width - 1 - y, height - 1 - x),
                        _ => (width - 1 - y, x),
                    };
                    let at = ((y * w + x) * 4) as usize;
                    assert_eq!(pixels[at..at + 4], (sy * width + sx).to_le_bytes(), "{number} {x} {y}");
                }
            }
        }
    }
}
