//! A picture without its background: the matte at the picture's size, and colours that the background no longer tints.
//!
//! A px on an edge is a mix of what stands in front and what is behind it. Multiplied by the matte as it is, it takes the old background along: a
//! dark rim on white, a bright one on black. So the colour in front is estimated first by blur fusion (Forte: "Approximate Fast Foreground
//! Colour Estimation", 2021): means of the colours around, weighed by the matte for the front and by its rest for the back; what the px itself differs from
//! their mix goes to the front. Means are sums over a square window that slide along with it, in whole numbers, with memory for a few rows.

use super::made::Mask;
use super::roi::Part;
use crate::error::{Code, Error, Fault};
use crate::geom::Rect;
use crate::limits::Limits;
use crate::pixel::{Frame, Resizer};

/// The picture as transparent as the mask says; all beside the part is clear.
pub(crate) fn cutout(base: &Frame, part: Part, mask: &Mask, limits: &Limits) -> Result<Frame, Error> {
    let alpha = scaled(mask, part.width, part.height, limits)?;
    let bug = || Fault::new(Code::Bug, "generate", "what a matte was given must lie in the picture");
    let mut straight = part.cut(base).ok_or_else(bug)?.to_rgba();
    // a picture that is transparent itself keeps being so
    let alpha: Vec<u8> =
        alpha.iter().zip(straight.as_chunks::<4>().0).map(|(a, px)| ((u32::from(*a) * u32::from(px[3]) + 127) / 255) as u8).collect();
    // an edge is some of the mask's px wide: the window reaches beyond it on both sides
    let ratio = (part.width / mask.width().max(1)).max(part.height / mask.height().max(1));
    let radius = (4 * ratio + 6).min(64) as usize;
    super::fusion::estimate(&mut straight, &alpha, part.width as usize, radius);
    let mut result = Frame::new(base.width(), base.height(), limits)?;
    let front = Frame::from_rgba(part.width, part.height, straight)?;
    let left = part.x as usize * 4;
    for (to, from) in result.rows_mut().skip(part.y as usize).zip(front.rows()) {
        if let Some(to) = to.get_mut(left..left + from.len()) {
            to.copy_from_slice(from);
        }
    }
    Ok(result)
}

/// The mask at another size, one level a px.
fn scaled(mask: &Mask, width: u32, height: u32, limits: &Limits) -> Result<Vec<u8>, Error> {
    if (mask.width(), mask.height()) == (width, height) {
        return Ok(mask.alpha().to_vec());
    }
    let message = || format!("a mask must be at least 1x1 px, found {}x{}", mask.width(), mask.height());
    let pixels = mask.alpha().iter().flat_map(|a| [0, 0, 0, *a]).collect();
    let frame =
        Frame::from_premultiplied(mask.width(), mask.height(), pixels).ok_or_else(|| Fault::new(Code::ModelOutput, "mask", message()))?;
    let whole = Rect::new(0.0, 0.0, mask.width() as f32, mask.height() as f32);
    let frame = Resizer::default().resize(&frame, whole, width, height, limits)?;
    Ok(frame.pixels().as_chunks::<4>().0.iter().map(|px| px[3]).collect())
}
