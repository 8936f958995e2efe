//! A frame as PNG.

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use crate::codec::{Effort, Output};
use crate::error::{Code, Fault};
use crate::pixel::Frame;

pub(in crate::codec) fn encode(frame: &Frame, output: &Output) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(frame.pixels().len() / 8);
    let mut encoder = Encoder::new(&mut out, frame.width(), frame.height());
    let (data, color) = match frame.is_opaque() {
        true => (crate::codec::webp::rgb(frame.pixels()), ColorType::Rgb),
        false => (frame.to_rgba(), ColorType::Rgba),
    };
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(if output.effort == Effort::Small { Compression::Balanced } else { Compression::Fast });
    encoder.set_filter(Filter::NoFilter);
    let bug = |e: png::EncodingError| Fault::new(Code::Bug, "", format!("the PNG encoder refused a frame: {e}"));
    let mut writer = encoder.write_header().map_err(bug)?;
    writer.write_image_data(&data).map_err(bug)?;
    writer.finish().map_err(bug)?;
    Ok(out)
}
