//! Size, scale and encoding of the picture: the template's `output`, overridden by the host.

use super::Context;
use super::build::{Builder, Step};
use crate::codec::{Effort, Output, OutputFormat, Subsampling};
use crate::css::property::Input;
use crate::error::{Code, Fault};
use crate::row::Value;
use crate::template::document;

impl<'a> Builder<'a> {
    /// The output's keys, bound ones read.
    pub(super) fn output_keys(&mut self) -> Step<document::Output> {
        let mut keys = self.document.output.fixed.clone();
        for bound in &self.document.output.bound {
            let value = self.eval(&bound.text, &bound.path)?;
            let bad = |message: String| Fault::new(Code::BadBoundValue, &bound.path, message);
            let printed = value.print(self.lang).map_err(bad)?;
            let input = match &value {
                Value::Null => continue,
                Value::Number(number) => Input::Number(number.to_f64()),
                _ => Input::Text(&printed),
            };
            keys.set(bound.key, &input).map_err(bad)?;
        }
        Ok(keys)
    }

    pub(super) fn scale(&mut self, context: &Context) -> Step<f32> {
        let scale = context.scale.or(self.output_keys()?.scale).unwrap_or(1.0);
        if !(0.1..=4.0).contains(&scale) {
            return Err(Fault::new(Code::BadArgument, "scale", format!("scale must be 0.1 to 4, found {scale}")));
        }
        self.key.part("scale", &scale.to_le_bytes());
        Ok(scale)
    }

    pub(super) fn output(&mut self, context: &Context) -> Step<Output> {
        let output = match &context.output {
            Some(output) => output.clone(),
            None => output_of(&self.output_keys()?),
        };
        let output = in_format(output, context);
        self.key.part("output", format!("{output:?}").as_bytes());
        Ok(output)
    }

    pub(super) fn check_canvas(&self, width: f32, height: f32) -> Step<()> {
        let (most, pixels) = (self.limits.max_side_px, self.limits.max_pixels);
        if f64::from(width) > f64::from(most) || f64::from(height) > f64::from(most) {
            let message = format!("canvas is {width} x {height} px, over the limit of {most} a side");
            return Err(Fault::new(Code::CanvasLimit, "size", message));
        }
        if f64::from(width) * f64::from(height) > pixels as f64 {
            let message = format!("canvas is {width} x {height} px, over the limit of {pixels} pixels");
            return Err(Fault::new(Code::CanvasLimit, "size", message));
        }
        Ok(())
    }
}

/// An output in the format that the host asks for.
pub(super) fn in_format(output: Output, context: &Context) -> Output {
    Output { format: context.format.unwrap_or(output.format), ..output }
}

pub(super) fn output_of(keys: &document::Output) -> Output {
    let defaults = Output::default();
    Output {
        format: match keys.format {
            Some(document::Format::Jpeg) => OutputFormat::Jpeg,
            Some(document::Format::Webp) => OutputFormat::WebP,
            Some(document::Format::Png) | None => OutputFormat::Png,
        },
        quality: keys.quality.unwrap_or(defaults.quality),
        subsampling: match keys.subsampling {
            Some(document::Subsampling::S420) => Subsampling::S420,
            Some(document::Subsampling::S444) => Subsampling::S444,
            Some(document::Subsampling::S400) => Subsampling::S400,
            Some(document::Subsampling::Auto) | None => Subsampling::Auto,
        },
        effort: match keys.effort {
            Some(document::Effort::Small) => Effort::Small,
            Some(document::Effort::Fast) | None => Effort::Fast,
        },
        matte: keys.matte.map_or(defaults.matte, |color| {
            let [r, g, b, _] = color.to_rgba8();
            [r, g, b]
        }),
    }
}
