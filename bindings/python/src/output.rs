//! What a frame is encoded to, and its names in Python.

use core_::{Effort, OutputFormat, Subsampling};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::bad;

/// An encoded format and its settings.
#[pyclass(frozen, eq, hash, module = "templrender")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Output {
    pub(crate) output: core_::Output,
}

#[pymethods]
impl Output {
    #[new]
    #[pyo3(
        signature = (format = "png", *, quality = 85, subsampling = "auto", effort = "fast", matte = (255, 255, 255)),
        text_signature = "(format='png', *, quality=85, subsampling='auto', effort='fast', matte=(255, 255, 255))"
    )]
    fn new(format: &str, quality: i64, subsampling: &str, effort: &str, matte: (i64, i64, i64)) -> PyResult<Self> {
        let quality = u8::try_from(quality)
            .ok()
            .filter(|quality| (1..=100).contains(quality))
            .ok_or_else(|| bad("quality", format!("quality must be 1 to 100, found {quality}")))?;
        let channel = |value: i64| u8::try_from(value).map_err(|_| bad("matte", format!("a colour must be 0 to 255, found {value}")));
        let matte = [channel(matte.0)?, channel(matte.1)?, channel(matte.2)?];
        let (subsampling, effort) = (subsampling_of(subsampling)?, effort_of(effort)?);
        Ok(Self { output: core_::Output { format: format_of(format)?, quality, subsampling, effort, matte } })
    }

    /// JPEG of a quality from 1 to 100.
    #[staticmethod]
    #[pyo3(
        signature = (quality = 85, *, subsampling = "auto", matte = (255, 255, 255)),
        text_signature = "(quality=85, *, subsampling='auto', matte=(255, 255, 255))"
    )]
    fn jpeg(quality: i64, subsampling: &str, matte: (i64, i64, i64)) -> PyResult<Self> {
        Self::new("jpeg", quality, subsampling, "fast", matte)
    }

    /// PNG, lossless.
    #[staticmethod]
    #[pyo3(signature = (*, effort = "fast"))]
    fn png(effort: &str) -> PyResult<Self> {
        Self::new("png", 85, "auto", effort, (255, 255, 255))
    }

    /// WebP, lossless.
    #[staticmethod]
    fn webp() -> Self {
        core_::Output::webp().into()
    }

    #[getter]
    pub(crate) fn format(&self) -> &'static str {
        match self.output.format {
            OutputFormat::Jpeg => "jpeg",
            OutputFormat::WebP => "webp",
            _ => "png",
        }
    }

    #[getter]
    fn quality(&self) -> u8 {
        self.output.quality
    }

    #[getter]
    fn subsampling(&self) -> &'static str {
        match self.output.subsampling {
            Subsampling::S420 => "420",
            Subsampling::S444 => "444",
            Subsampling::S400 => "400",
            _ => "auto",
        }
    }

    #[getter]
    fn effort(&self) -> &'static str {
        match self.output.effort {
            Effort::Small => "small",
            _ => "fast",
        }
    }

    #[getter]
    fn matte(&self) -> (u8, u8, u8) {
        let [r, g, b] = self.output.matte;
        (r, g, b)
    }

    #[getter]
    pub(crate) fn content_type(&self) -> &'static str {
        match self.output.format {
            OutputFormat::Jpeg => "image/jpeg",
            OutputFormat::WebP => "image/webp",
            _ => "image/png",
        }
    }

    #[getter]
    fn suffix(&self) -> &'static str {
        match self.output.format {
            OutputFormat::Jpeg => ".jpg",
            OutputFormat::WebP => ".webp",
            _ => ".png",
        }
    }

    fn __repr__(&self) -> String {
        let mut said = vec![format!("{:?}", self.format())];
        let plain = core_::Output::default();
        if self.output.quality != plain.quality {
            said.push(format!("quality={}", self.quality()));
        }
        if self.output.subsampling != plain.subsampling {
            said.push(format!("subsampling={:?}", self.subsampling()));
        }
        if self.output.effort != plain.effort {
            said.push(format!("effort={:?}", self.effort()));
        }
        if self.output.matte != plain.matte {
            said.push(format!("matte={:?}", self.matte()));
        }
        format!("Output({})", said.join(", "))
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((&'static str,), Bound<'py, PyDict>)> {
        let settings = PyDict::new(py);
        settings.set_item("quality", self.quality())?;
        settings.set_item("subsampling", self.subsampling())?;
        settings.set_item("effort", self.effort())?;
        settings.set_item("matte", self.matte())?;
        Ok(((self.format(),), settings))
    }
}

impl From<core_::Output> for Output {
    fn from(output: core_::Output) -> Self {
        Self { output }
    }
}

/// A format by its name.
pub(crate) fn format_of(name: &str) -> PyResult<OutputFormat> {
    match name {
        "jpeg" | "jpg" => Ok(OutputFormat::Jpeg),
        "png" => Ok(OutputFormat::Png),
        "webp" => Ok(OutputFormat::WebP),
        other => Err(bad("format", format!("format must be \"jpeg\", \"png\" or \"webp\", found {other:?}"))),
    }
}

/// The format that a file's name asks for, where it ends like one.
pub(crate) fn format_of_suffix(path: &std::path::Path) -> Option<OutputFormat> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => Some(OutputFormat::Jpeg),
        "png" => Some(OutputFormat::Png),
        "webp" => Some(OutputFormat::WebP),
        _ => None,
    }
}

fn subsampling_of(name: &str) -> PyResult<Subsampling> {
    match name {
        "auto" => Ok(Subsampling::Auto),
        "420" => Ok(Subsampling::S420),
        "444" => Ok(Subsampling::S444),
        "400" => Ok(Subsampling::S400),
        other => Err(bad("subsampling", format!("subsampling must be \"auto\", \"420\", \"444\" or \"400\", found {other:?}"))),
    }
}

fn effort_of(name: &str) -> PyResult<Effort> {
    match name {
        "fast" => Ok(Effort::Fast),
        "small" => Ok(Effort::Small),
        other => Err(bad("effort", format!("effort must be \"fast\" or \"small\", found {other:?}"))),
    }
}
