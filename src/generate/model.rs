//! A model: a manifest and what runs it; and those that a renderer knows.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{Detector, Engine, Generator, Manifest, Matte, ModelKind};
use crate::digest;
use crate::error::{Code, Error, Fault};

/// A model that templates may name. Cloning is cheap.
#[derive(Clone)]
pub struct Model {
    inner: Arc<Inner>,
}

struct Inner {
    manifest: Manifest,
    engine: String,
    identity: [u8; 32],
    runner: Runner,
}

/// Who does the work.
pub(crate) enum Runner {
    /// Somebody else, whose answers the host brings.
    Elsewhere,
    Network(Box<dyn Engine>),
    Generator(Box<dyn Generator>),
    Detector(Box<dyn Detector>),
    Matte(Box<dyn Matte>),
}

/// What one run is expected to take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Billions of multiplications with addition.
    pub gmac: f64,
    /// MB at the peak, weights included.
    pub peak_mb: f64,
}

impl Model {
    /// A model that runs elsewhere: plans name what they need of it, and the host brings the answers. `engine` is the identity of what runs it there.
    pub fn declared(manifest: Manifest, engine: &str) -> Self {
        Self::new(manifest, engine.to_owned(), Runner::Elsewhere)
    }

    /// A network behind its manifest.
    ///
    /// # Errors
    /// [`Code::BadArgument`] where the manifest does not say what goes in and out.
    pub fn network(manifest: Manifest, engine: impl Engine + 'static) -> Result<Self, Error> {
        if manifest.inputs.is_empty() || manifest.outputs.is_empty() {
            let message = "a network's manifest must have inputs and outputs, found none";
            return Err(Fault::new(Code::BadArgument, format!("model {}", manifest.id()), message).into());
        }
        let identity = engine.identity();
        Ok(Self::new(manifest, identity, Runner::Network(Box::new(engine))))
    }

    /// What makes pictures itself; of the manifest its name, `roi`, `blend` and `runtime` count.
    ///
    /// # Errors
    /// [`Code::BadArgument`] where the manifest is of another kind.
    pub fn generator(manifest: Manifest, generator: impl Generator + 'static) -> Result<Self, Error> {
        of_kind(&manifest, &[ModelKind::Generator, ModelKind::Upscaler])?;
        let identity = generator.identity();
        Ok(Self::new(manifest, identity, Runner::Generator(Box::new(generator))))
    }

    /// What finds faces itself.
    ///
    /// # Errors
    /// [`Code::BadArgument`] where the manifest is of another kind.
    pub fn detector(manifest: Manifest, detector: impl Detector + 'static) -> Result<Self, Error> {
        of_kind(&manifest, &[ModelKind::Detector])?;
        let identity = detector.identity();
        Ok(Self::new(manifest, identity, Runner::Detector(Box::new(detector))))
    }

    /// What makes masks itself.
    ///
    /// # Errors
    /// [`Code::BadArgument`] where the manifest is of another kind.
    pub fn matte(manifest: Manifest, matte: impl Matte + 'static) -> Result<Self, Error> {
        of_kind(&manifest, &[ModelKind::Matte])?;
        let identity = matte.identity();
        Ok(Self::new(manifest, identity, Runner::Matte(Box::new(matte))))
    }

    fn new(manifest: Manifest, engine: String, runner: Runner) -> Self {
        let pixels = manifest.pixels_text();
        let parts = [manifest.id(), manifest.version(), manifest.sha256().unwrap_or(""), &engine, &pixels].map(str::as_bytes);
        let identity = digest::of_parts(&parts);
        Self { inner: Arc::new(Inner { manifest, engine, identity, runner }) }
    }

    /// What it is, takes and gives.
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// The name that templates use.
    pub fn id(&self) -> &str {
        self.inner.manifest.id()
    }

    /// The identity of what runs it.
    pub fn engine(&self) -> &str {
        &self.inner.engine
    }

    /// Tells two models apart that may give other pixels: part of every key.
    pub fn identity(&self) -> [u8; 32] {
        self.inner.identity
    }

    /// Whether two are one: what is asked of both may be asked in one run.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn runner(&self) -> &Runner {
        &self.inner.runner
    }

    /// Whether it can be run here.
    pub fn runs(&self) -> bool {
        !matches!(self.inner.runner, Runner::Elsewhere)
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("id", &self.id()).field("engine", &self.inner.engine).finish_non_exhaustive()
    }
}

fn of_kind(manifest: &Manifest, kinds: &[ModelKind]) -> Result<(), Error> {
    if kinds.contains(&manifest.kind()) {
        return Ok(());
    }
    let wanted: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
    let message = format!("the manifest's kind must be {}, found {}", wanted.join(" or "), manifest.kind().name());
    Err(Fault::new(Code::BadArgument, format!("model {}", manifest.id()), message).into())
}

/// The models that a renderer knows, by id. Cloning is cheap.
///
/// ```
/// use templrender::{Fonts, Models, Renderer};
/// let renderer = Renderer::new(Fonts::new()).with_models(Models::new());
/// # let _ = renderer;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Models {
    models: Arc<BTreeMap<String, Model>>,
}

impl Models {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    ///
    /// # Errors
    /// [`Code::BadArgument`] where one has the same id.
    pub fn add(&mut self, model: Model) -> Result<(), Error> {
        if self.models.contains_key(model.id()) {
            let message = format!("a model's id must be its own, found {:?} twice", model.id());
            return Err(Fault::new(Code::BadArgument, "models", message).into());
        }
        Arc::make_mut(&mut self.models).insert(model.id().to_owned(), model);
        Ok(())
    }

    /// The model of an id.
    pub fn get(&self, id: &str) -> Option<&Model> {
        self.models.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Model> {
        self.models.values()
    }

    /// Who finds faces: the first of its kind by id.
    pub fn face_detector(&self) -> Option<&Model> {
        self.iter().find(|model| model.manifest().kind() == ModelKind::Detector)
    }
}
