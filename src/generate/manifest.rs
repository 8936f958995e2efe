//! A model's manifest: the JSON beside its weights that says what goes in and what comes out.

use crate::error::{Code, Error, Fault};

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
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) file: Option<String>,
    pub(crate) sha256: Option<String>,
    pub(crate) kind: ModelKind,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`Code::BadManifest`] with the place of what is wrong.
    pub fn from_json(_json: &str) -> Result<Self, Error> {
        Err(Fault::new(Code::BadManifest, "manifest", "manifests are not read yet").into())
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

    /// What the model does.
    pub fn kind(&self) -> ModelKind {
        self.kind
    }
}
