//! The numbers that a network gives: activation, range, layout, and back to px; whatever is not as the manifest says is refused.

use super::manifest::{Activation, Channels, Layout, Output};
use super::roi::Part;
use super::tensor::{Tensor, TensorData};
use crate::error::{Code, Fault};
use crate::geom;
use crate::pixel::Frame;

/// Where faults of an output are.
pub(crate) fn place(model: &str, output: &Output) -> String {
    format!("model {model}, output {}", output.name)
}

pub(crate) fn fault(model: &str, output: &Output, message: String) -> Fault {
    Fault::new(Code::ModelOutput, place(model, output), message)
}

/// Sides of the output for an input of these sides.
pub(crate) fn size(output: &Output, width: u32, height: u32) -> (usize, usize) {
    let side = |side: u32| ((f64::from(side) * output.scale_factor).round() as usize).max(1);
    (side(width), side(height))
}

/// Holds a tensor of px to the shape that its batch and input make; says how many channels it has.
pub(crate) fn check_image(
    tensor: &Tensor,
    model: &str,
    output: &Output,
    count: usize,
    (width, height): (usize, usize),
    channels: &[usize],
) -> Result<usize, Fault> {
    let shape = tensor.shape();
    let found = match (output.layout, shape) {
        // one channel may be left out
        (_, &[n, h, w]) if channels.contains(&1) => Some((n, 1, h, w)),
        (Layout::Nchw, &[n, c, h, w]) => Some((n, c, h, w)),
        (Layout::Nhwc, &[n, h, w, c]) => Some((n, c, h, w)),
        _ => None,
    };
    match found {
        Some((n, c, h, w)) if (n, h, w) == (count, height, width) && (channels.is_empty() || channels.contains(&c)) && c > 0 => Ok(c),
        _ => {
            let c = channels.first().map_or("c".to_owned(), usize::to_string);
            let expected = match output.layout {
                Layout::Nchw => format!("[{count}, {c}, {height}, {width}]"),
                Layout::Nhwc => format!("[{count}, {height}, {width}, {c}]"),
            };
            Err(fault(model, output, format!("its shape must be {expected}, found {shape:?}")))
        }
    }
}

/// Holds a tensor of rows, boxes or scores, to its batch and the length of a row.
pub(crate) fn check_rows(tensor: &Tensor, model: &str, output: &Output, count: usize, row: usize) -> Result<(), Fault> {
    let holds = match *tensor.shape() {
        [n, _, numbers] => n == count && numbers == row,
        [n, _] => n == count && row == 1,
        _ => false,
    };
    let message = || format!("its shape must be [{count}, n, {row}], found {:?}", tensor.shape());
    if holds { Ok(()) } else { Err(fault(model, output, message())) }
}

/// The numbers of one picture of a batch, each finite.
pub(crate) fn numbers(tensor: &Tensor, model: &str, output: &Output, index: usize, count: usize) -> Result<Vec<f32>, Fault> {
    let each = tensor.data().len().checked_div(count).unwrap_or(0);
    let range = index * each..(index + 1) * each;
    let numbers: Vec<f32> = match tensor.data() {
        TensorData::F32(data) => data.get(range).unwrap_or_default().to_vec(),
        TensorData::U8(data) => data.get(range).unwrap_or_default().iter().map(|v| f32::from(*v)).collect(),
    };
    match numbers.iter().position(|number| !number.is_finite()) {
        Some(at) => {
            let (found, of) = (numbers.get(at).copied().unwrap_or(f32::NAN), numbers.len());
            Err(fault(model, output, format!("every number must be finite, found {found} as number {at} of {of}")))
        }
        None => Ok(numbers),
    }
}

/// A picture, opaque.
pub(crate) fn picture(mut numbers: Vec<f32>, model: &str, output: &Output, (width, height): (usize, usize)) -> Result<Frame, Fault> {
    let channels = output.channels.count();
    activate(&mut numbers, output, channels);
    let levels = levels(&numbers, model, output)?;
    let px = width * height;
    let at = |i: usize, channel: usize| {
        let index = match output.layout {
            Layout::Nchw => channel * px + i,
            Layout::Nhwc => i * channels + channel,
        };
        levels.get(index).copied().unwrap_or(0)
    };
    let [r, g, b] = match output.channels {
        Channels::Rgb => [0, 1, 2],
        Channels::Bgr => [2, 1, 0],
        Channels::Grey => [0, 0, 0],
    };
    let pixels: Vec<u8> = (0..px).flat_map(|i| [at(i, r), at(i, g), at(i, b), 255]).collect();
    let bug = || Fault::new(Code::Bug, place(model, output), "a checked output must have all its px");
    Frame::from_opaque(u32::try_from(width).map_err(|_| bug())?, u32::try_from(height).map_err(|_| bug())?, pixels).ok_or_else(bug)
}

/// What stands in front, one level a px.
pub(crate) fn alpha(mut numbers: Vec<f32>, model: &str, output: &Output, channels: usize) -> Result<Vec<u8>, Fault> {
    activate(&mut numbers, output, channels);
    if channels > 1 {
        // all that is not background
        let px = numbers.len() / channels;
        numbers = match output.layout {
            Layout::Nchw => numbers.iter().take(px).map(|background| 1.0 - background).collect(),
            Layout::Nhwc => numbers.chunks_exact(channels).filter_map(|px| px.first()).map(|background| 1.0 - background).collect(),
        };
    }
    levels(&numbers, model, output)
}

/// The activation of every number; softmax goes over the channels.
pub(crate) fn activate(numbers: &mut [f32], output: &Output, channels: usize) {
    match output.activation {
        Activation::None => {}
        Activation::Sigmoid => numbers.iter_mut().for_each(|number| *number = geom::sigmoid(*number)),
        Activation::Tanh => numbers.iter_mut().for_each(|number| *number = geom::tanh(*number)),
        Activation::Softmax => {
            let px = numbers.len().checked_div(channels).unwrap_or(0);
            for i in 0..px {
                let index = |channel: usize| match output.layout {
                    Layout::Nchw => channel * px + i,
                    Layout::Nhwc => i * channels + channel,
                };
                let of = |numbers: &[f32], channel: usize| numbers.get(index(channel)).copied().unwrap_or(0.0);
                let largest = (0..channels).map(|c| of(numbers, c)).fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = (0..channels).map(|c| geom::exp(of(numbers, c) - largest)).sum();
                for channel in 0..channels {
                    let share = geom::exp(of(numbers, channel) - largest) / sum;
                    if let Some(number) = numbers.get_mut(index(channel)) {
                        *number = share;
                    }
                }
            }
        }
    }
}

/// Numbers of the manifest's range as 0 to 255.
fn levels(numbers: &[f32], model: &str, output: &Output) -> Result<Vec<u8>, Fault> {
    let (mut shift, mut scale) = (0.0, 1.0);
    if output.min_max {
        let (least, largest) = numbers.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), n| (a.min(*n), b.max(*n)));
        if largest > least {
            (shift, scale) = (least, 1.0 / (largest - least));
        }
    }
    let [low, high] = output.range;
    let factor = 255.0 / (high - low);
    let mut out = Vec::with_capacity(numbers.len());
    for number in numbers {
        let level = ((number - shift) * scale - low) * factor;
        if !output.clamp && !(-0.5..=255.5).contains(&level) {
            return Err(fault(model, output, format!("every number must lie from {low} to {high}, found {number}")));
        }
        out.push((level + 0.5).floor().clamp(0.0, 255.0) as u8);
    }
    Ok(out)
}

/// Where a part of the input is in the output.
pub(crate) fn part(inner: Part, output: &Output, (width, height): (usize, usize)) -> Part {
    let edge = |edge: u32, most: usize| ((f64::from(edge) * output.scale_factor).round() as u32).min(most as u32);
    let (x, y) = (edge(inner.x, width.saturating_sub(1)), edge(inner.y, height.saturating_sub(1)));
    let (right, bottom) = (edge(inner.x + inner.width, width), edge(inner.y + inner.height, height));
    Part { x, y, width: right.saturating_sub(x).max(1), height: bottom.saturating_sub(y).max(1) }
}
