//! A model's manifest: the JSON beside its weights that says what goes in and what comes out.
//!
//! `keys` is the table of what may be said, `tree` holds a JSON to it, `read` makes the types below of what is whole, `rules` are those that take
//! more than one key, `schema` writes the table for editors.

mod keys;
mod read;
mod rules;
mod schema;
mod tree;

use std::collections::BTreeMap;

use crate::error::{Code, Error, Fault};
use crate::row::{Value, json};

/// Longest JSON of one manifest.
const MAX_BYTES: usize = 4 << 20;
/// Deepest nesting of one.
const MAX_DEPTH: usize = 16;

/// What a model does.
///
/// ```
/// use templrender::ModelKind;
/// assert_eq!(ModelKind::Matte.name(), "matte");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ModelKind {
    /// Picture to picture.
    Generator,
    /// Picture to mask.
    Matte,
    /// Picture to faces.
    Detector,
    /// Picture to a larger picture.
    Upscaler,
}

impl ModelKind {
    /// As manifests write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generator => "generator",
            Self::Matte => "matte",
            Self::Detector => "detector",
            Self::Upscaler => "upscaler",
        }
    }
}

/// What a model is, takes and gives; see `docs/models.md`.
///
/// ```
/// use templrender::{Code, Manifest, ModelKind};
/// let manifest = Manifest::from_json(r#"{ "id": "toon", "version": "3", "licence": "MIT", "kind": "generator" }"#)?;
/// assert_eq!((manifest.id(), manifest.kind(), manifest.noncommercial()), ("toon", ModelKind::Generator, false));
/// assert_eq!(Manifest::from_json(&manifest.to_json())?, manifest);
///
/// let error = Manifest::from_json(r#"{ "id": "toon", "version": "3", "licence": "MIT", "kind": "generatr" }"#).unwrap_err();
/// assert_eq!(error.code(), Code::BadManifest);
/// assert_eq!(
///     error.to_string(),
///     "kind: it must be one of generator, matte, detector, upscaler, found text \"generatr\", did you mean \"generator\"?"
/// );
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The whole of it, with what was left out.
    tree: Value,
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) file: Option<String>,
    pub(crate) sha256: Option<String>,
    pub(crate) licence: String,
    pub(crate) noncommercial: bool,
    pub(crate) attribution: Option<String>,
    pub(crate) kind: ModelKind,
    pub(crate) inputs: Vec<Input>,
    /// Values by input, by variant.
    pub(crate) variants: BTreeMap<String, BTreeMap<String, Vec<f32>>>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) roi: Roi,
    pub(crate) detector: Option<Anchors>,
    pub(crate) blend: Blend,
    pub(crate) runtime: Runtime,
}

/// One input of a network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    Image(ImageInput),
    Constant { name: String, dtype: Dtype, shape: Vec<usize>, values: Vec<f32> },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ImageInput {
    pub(crate) name: String,
    pub(crate) layout: Layout,
    pub(crate) dtype: Dtype,
    pub(crate) channels: Channels,
    pub(crate) size: Size,
    pub(crate) fit: Fit,
    pub(crate) resample: crate::pixel::Kernel,
    pub(crate) scale: f64,
    pub(crate) mean: Vec<f64>,
    pub(crate) std: Vec<f64>,
    /// Whether px are divided by the largest of the picture.
    pub(crate) by_max: bool,
    /// What lies under transparent px.
    pub(crate) under: [u8; 3],
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Size {
    Fixed(u32, u32),
    Dynamic { multiple_of: u32, min: u32, max: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Nchw,
    Nhwc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dtype {
    Float32,
    Uint8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    Rgb,
    Bgr,
    Grey,
}

impl Channels {
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Rgb | Self::Bgr => 3,
            Self::Grey => 1,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Stretch,
    Contain,
    Cover,
}

/// One output of a network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) layout: Layout,
    pub(crate) channels: Channels,
    pub(crate) range: [f32; 2],
    pub(crate) clamp: bool,
    pub(crate) activation: Activation,
    pub(crate) min_max: bool,
    pub(crate) scale_factor: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Image,
    Alpha,
    Boxes,
    Scores,
    Ignored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    None,
    Sigmoid,
    Tanh,
    Softmax,
}

/// What of a picture the model is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Roi {
    pub(crate) mode: RoiMode,
    /// Top, right, bottom, left, as fractions of the face.
    pub(crate) margins: [f32; 4],
    pub(crate) square: bool,
    pub(crate) keep_inside: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoiMode {
    Whole,
    Face,
    Given,
}

/// How boxes are read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Anchors {
    /// Px of the input between two cells of each grid.
    pub(crate) strides: Vec<u32>,
    /// Anchors at each cell of each grid.
    pub(crate) counts: Vec<u32>,
    pub(crate) score_threshold: f32,
    pub(crate) nms_iou: f32,
    pub(crate) points: usize,
}

impl Anchors {
    /// Columns, rows, stride and anchors a cell of each grid over an input of this size.
    pub(crate) fn grids(&self, width: u32, height: u32) -> impl Iterator<Item = [u32; 4]> {
        self.strides
            .iter()
            .zip(&self.counts)
            .map(move |(stride, count)| [width.div_ceil(*stride), height.div_ceil(*stride), *stride, *count])
    }

    /// All anchors over an input of this size.
    pub(crate) fn count(&self, width: u32, height: u32) -> u64 {
        self.grids(width, height).map(|[columns, rows, _, count]| u64::from(columns) * u64::from(rows) * u64::from(count)).sum()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Blend {
    /// Whether the result goes back into the picture.
    pub(crate) paste: bool,
    pub(crate) strength: f32,
    pub(crate) feather_px: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Runtime {
    pub(crate) max_pixels: Option<u64>,
    pub(crate) est_gmac: f64,
    pub(crate) est_peak_mb: f64,
    pub(crate) batch: usize,
}

impl Manifest {
    /// Reads a manifest: strict JSON, every key known, every value within its bounds.
    ///
    /// # Errors
    /// [`Code::BadManifest`] with every fault and its place, such as `inputs[0].size.max`.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let fault = |message: String| Error::from(Fault::new(Code::BadManifest, "manifest", message));
        if text.len() > MAX_BYTES {
            return Err(fault(format!("a manifest must have at most {MAX_BYTES} bytes, found {}", text.len())));
        }
        if json::depth(text) > MAX_DEPTH {
            return Err(fault(format!("a manifest must be nested at most {MAX_DEPTH} deep, found more")));
        }
        let value = json::parse(text).map_err(|message| fault(message.replacen("a row", "a manifest", 1)))?;
        read::manifest(&value)
    }

    /// The whole manifest as JSON, with what was left out: names sorted, without spaces.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        json::write(&self.tree, &mut out);
        out
    }

    /// The JSON Schema (2020-12) of manifests, for editors.
    ///
    /// ```
    /// assert!(templrender::Manifest::schema().contains("score_threshold"));
    /// ```
    pub fn schema() -> String {
        schema::schema()
    }

    /// The name that templates use.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The version of the weights.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The file of the weights, beside the manifest.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Of that file, 64 hex digits.
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }

    /// The licence of the weights.
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// Whether the licence forbids commercial use.
    pub fn noncommercial(&self) -> bool {
        self.noncommercial
    }

    /// Whom to name beside the weights.
    pub fn attribution(&self) -> Option<&str> {
        self.attribution.as_deref()
    }

    /// What the model does.
    pub fn kind(&self) -> ModelKind {
        self.kind
    }

    /// The most pictures of one run.
    ///
    /// ```
    /// let manifest = r#"{ "id": "paint", "version": "1", "licence": "MIT", "kind": "generator", "runtime": { "batch": 16 } }"#;
    /// assert_eq!(templrender::Manifest::from_json(manifest)?.batch(), 16);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn batch(&self) -> usize {
        self.runtime.batch
    }

    /// The variants that templates may write behind a colon, sorted.
    ///
    /// ```
    /// use templrender::Manifest;
    /// let manifest = Manifest::from_json(
    ///     r#"{ "id": "paint", "version": "1", "licence": "MIT", "kind": "generator", "variants": { "ink": {}, "oil": {} } }"#,
    /// )?;
    /// assert_eq!(manifest.variants().collect::<Vec<_>>(), ["ink", "oil"]);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn variants(&self) -> impl Iterator<Item = &str> {
        self.variants.keys().map(String::as_str)
    }

    /// The names of the network's inputs, in its order.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|input| match input {
            Input::Image(ImageInput { name, .. }) | Input::Constant { name, .. } => name.as_str(),
        })
    }

    /// The names of the network's outputs, in its order.
    pub fn output_names(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|output| output.name.as_str())
    }

    /// The input that the picture goes into.
    pub(crate) fn image_input(&self) -> Option<&ImageInput> {
        self.inputs.iter().find_map(|input| if let Input::Image(image) = input { Some(image) } else { None })
    }

    /// What decides pixels, as text: all but names of people, licences and what a run is thought to take.
    pub(crate) fn pixels_text(&self) -> String {
        let Value::Map(entries) = &self.tree else { return String::new() };
        let mut entries = (**entries).clone();
        for name in ["licence", "noncommercial", "attribution", "file"] {
            entries.remove(name);
        }
        if let Some(Value::Map(runtime)) = entries.get("runtime") {
            let max_pixels = runtime.get("max_pixels").cloned().unwrap_or_default();
            entries.insert("runtime".to_owned(), max_pixels);
        }
        let mut out = String::new();
        json::write(&Value::map(entries), &mut out);
        out
    }
}

#[cfg(test)]
mod tests;
