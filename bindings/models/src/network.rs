//! A model's file, opened: an [`Engine`] for the core. The file is looked at now, the engine's session is prepared at the first run and kept.
//!
//! Whatever the engine, the same happens around it: tensors are compared with what the file says before it sees them, a network for one picture
//! at a time gets several one after the other, a panic becomes an error.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use core_::{Code, Engine, Error, Fault, Guard, Manifest, Tensor, TensorData};

use crate::asks::ask;
use crate::file::Checked;
pub use crate::file::ModelFile;
use crate::onnx::{FLOAT32, Outline, Port, Side, UINT8, outline, short};
use crate::options::{EngineKind, Options};

/// Opens a model's file for what its manifest says. The file's sha256, if the manifest has one, is compared now, and again when the first run reads it.
///
/// ```no_run
/// use core_::{Manifest, Model};
/// let manifest = Manifest::from_json(&std::fs::read_to_string("models/paint.json")?)?;
/// let engine = templrender_models::open(std::path::Path::new("models/paint.onnx"), &manifest, &templrender_models::Options::default())?;
/// let model = Model::network(manifest, engine)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Code::BadManifest`] where the file is not what the manifest says, is quantised or none; [`Code::ModelLimit`] where it is too large;
/// [`Code::BadArgument`] where the engine is not built in or ONNX Runtime cannot be loaded.
pub fn open(file: impl Into<ModelFile>, manifest: &Manifest, options: &Options) -> Result<Network, Error> {
    let checked = Checked { source: file.into().0, sha256: manifest.sha256().map(str::to_owned), max_bytes: options.max_model_bytes };
    let shared = Arc::new(Shared::new(checked, options)?);
    Network::new(shared, manifest)
}

/// A session of some engine.
pub(crate) trait Backend: Send + Sync {
    /// Inputs in the file's order; of the file's outputs those that are wanted, in the order that is wanted.
    fn run(&self, inputs: &[Tensor], wanted: &[usize], guard: &Guard<'_>) -> Result<Vec<Tensor>, Error>;
}

/// What a backend is made of.
pub(crate) struct Parts<'a> {
    pub(crate) file: &'a Checked,
    pub(crate) outline: &'a Arc<Outline>,
    pub(crate) options: &'a Options,
}

/// A file and its session, whatever manifests name it.
pub(crate) struct Shared {
    file: Checked,
    outline: Arc<Outline>,
    engine: EngineKind,
    options: Options,
    identity: String,
    /// Nothing before the first run; a failure is kept, so that a broken model fails quickly.
    prepared: Mutex<Option<Result<Arc<dyn Backend>, Error>>>,
}

impl Shared {
    pub(crate) fn new(file: Checked, options: &Options) -> Result<Self, Error> {
        let engine = options.chosen()?;
        let outline = outline(&file.read()?).map_err(|message| Fault::new(Code::BadManifest, file.place(), message))?;
        let identity = identity(engine, options)?;
        Ok(Self { file, outline: Arc::new(outline), engine, options: options.clone(), identity, prepared: Mutex::new(None) })
    }

    /// How many outputs the file has.
    #[cfg(all(test, feature = "rten"))]
    pub(crate) fn outputs(&self) -> usize {
        self.outline.outputs.len()
    }

    fn backend(&self) -> Result<Arc<dyn Backend>, Error> {
        let mut prepared = lock(&self.prepared);
        if let Some(prepared) = &*prepared {
            return prepared.clone();
        }
        let parts = Parts { file: &self.file, outline: &self.outline, options: &self.options };
        let made = self.caught(|| prepare(self.engine, &parts));
        *prepared = Some(made.clone());
        made
    }

    /// Inputs in the file's order.
    pub(crate) fn run(&self, inputs: &[Tensor], wanted: &[usize], guard: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        ask(guard, &self.file.place())?;
        let pictures = self.pictures(inputs)?;
        let backend = self.backend()?;
        let Some(pictures) = pictures else {
            return self.caught(|| backend.run(inputs, wanted, guard));
        };
        let mut outputs: Vec<Vec<Tensor>> = Vec::new();
        for index in 0..pictures {
            let one =
                inputs.iter().zip(&self.outline.inputs).map(|(input, port)| picture(input, port, index)).collect::<Result<Vec<_>, _>>()?;
            ask(guard, &self.file.place())?;
            outputs.push(self.caught(|| backend.run(&one, wanted, guard))?);
        }
        (0..wanted.len()).map(|output| self.joined(&outputs, output)).collect()
    }

    /// How many pictures a network for one is asked for; nothing where the tensors go in as they are.
    fn pictures(&self, inputs: &[Tensor]) -> Result<Option<usize>, Error> {
        let mut pictures = None;
        for (input, port) in inputs.iter().zip(&self.outline.inputs) {
            let fault = |message: String| {
                Error::from(Fault::new(Code::BadArgument, format!("{}: {}", self.file.place(), short(&port.name)), message))
            };
            let (dtype, name) = match input.data() {
                TensorData::F32(_) => (FLOAT32, "float32"),
                TensorData::U8(_) => (UINT8, "uint8"),
                _ => (0, "another type"),
            };
            if dtype != port.dtype {
                return Err(fault(format!(
                    "an input must have the numbers that the model takes (ONNX's type {}), found {name}",
                    port.dtype
                )));
            }
            let Some(shape) = &port.shape else { continue };
            if fits(shape, input.shape()) {
                continue;
            }
            let count = input.shape().first().copied().unwrap_or(0);
            let one: Vec<Side> =
                shape.iter().enumerate().map(|(at, side)| if at == 0 && *side == Some(1) { Some(count) } else { *side }).collect();
            if count == 0 || !fits(&one, input.shape()) || pictures.is_some_and(|pictures| pictures != count) {
                return Err(fault(format!("an input must have the model's shape {}, found {:?}", written(shape), input.shape())));
            }
            pictures = Some(count);
        }
        Ok(pictures)
    }

    /// One output of all pictures.
    fn joined(&self, outputs: &[Vec<Tensor>], output: usize) -> Result<Tensor, Error> {
        let parts: Vec<&Tensor> = outputs.iter().filter_map(|all| all.get(output)).collect();
        let fault = |message: String| Error::from(Fault::new(Code::ModelOutput, self.file.place(), message));
        let Some(first) = parts.first() else { return Err(fault("a model must give what its manifest names, found nothing".into())) };
        if let Some(other) = parts.iter().find(|part| part.shape() != first.shape()) {
            return Err(fault(format!(
                "a model must give the same shape for each picture, found {:?} and {:?}",
                first.shape(),
                other.shape()
            )));
        }
        let mut shape = first.shape().to_vec();
        if let Some(side) = shape.first_mut() {
            *side = side.saturating_mul(parts.len());
        }
        let data = if first.as_f32().is_some() {
            TensorData::F32(parts.iter().filter_map(|part| part.as_f32()).flatten().copied().collect())
        } else {
            TensorData::U8(parts.iter().filter_map(|part| bytes(part)).flatten().copied().collect())
        };
        Tensor::new(shape, data)
    }

    /// What an engine does, its panics as errors.
    fn caught<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        // What an engine leaves behind is its own session, which its next run begins anew.
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            Err(failed(&self.file.place(), self.engine, words.unwrap_or("a panic without words")))
        })
    }
}

/// A network, opened as one manifest names its inputs and outputs: an [`Engine`] for [`Model::network`](core_::Model::network).
pub struct Network {
    shared: Arc<Shared>,
    /// For each input of the file its place in the manifest.
    inputs: Vec<usize>,
    /// For each output of the manifest its place in the file.
    outputs: Vec<usize>,
}

impl Network {
    pub(crate) fn new(shared: Arc<Shared>, manifest: &Manifest) -> Result<Self, Error> {
        let fault = |message: String| Error::from(Fault::new(Code::BadManifest, format!("model {}", manifest.id()), message));
        let file = shared.file.place();
        let names = |ports: &[Port]| ports.iter().map(|port| format!("{:?}", short(&port.name))).collect::<Vec<_>>().join(", ");
        let given: Vec<&str> = manifest.input_names().collect();
        let taken = &shared.outline.inputs;
        if let Some(unknown) = given.iter().find(|name| !taken.iter().any(|port| port.name == **name)) {
            return Err(fault(format!("an input must be one of {file} ({}), found {:?}", names(taken), short(unknown))));
        }
        let place_in_manifest = |port: &Port| given.iter().position(|name| *name == port.name);
        let missing = |port: &Port| fault(format!("inputs must have all of {file} ({}), {:?} is missing", names(taken), short(&port.name)));
        let inputs = taken.iter().map(|port| place_in_manifest(port).ok_or_else(|| missing(port))).collect::<Result<_, _>>()?;
        let made = &shared.outline.outputs;
        let place_in_file = |name: &str| made.iter().position(|port| port.name == name);
        let unknown = |name: &str| fault(format!("an output must be one of {file} ({}), found {:?}", names(made), short(name)));
        let outputs = manifest.output_names().map(|name| place_in_file(name).ok_or_else(|| unknown(name))).collect::<Result<_, _>>()?;
        Ok(Self { shared, inputs, outputs })
    }
}

impl Engine for Network {
    fn identity(&self) -> String {
        self.shared.identity.clone()
    }

    fn run(&self, inputs: &[Tensor], guard: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        let ordered: Vec<Tensor> = self.inputs.iter().filter_map(|place| inputs.get(*place).cloned()).collect();
        if ordered.len() != self.inputs.len() || inputs.len() != self.inputs.len() {
            let message = format!("a model must be given its {} inputs, found {}", self.inputs.len(), inputs.len());
            return Err(Fault::new(Code::BadArgument, self.shared.file.place(), message).into());
        }
        self.shared.run(&ordered, &self.outputs, guard)
    }
}

/// An engine's own words, cut to a line.
pub(crate) fn failed(place: &str, engine: EngineKind, words: impl std::fmt::Display) -> Error {
    let words: String = words.to_string().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
    Fault::new(Code::ModelFailed, place, format!("a model must run, found {engine} to say: {words}")).into()
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn identity(engine: EngineKind, options: &Options) -> Result<String, Error> {
    match engine {
        #[cfg(feature = "rten")]
        EngineKind::Rten => Ok(crate::by_rten::IDENTITY.to_owned()),
        #[cfg(feature = "tract")]
        EngineKind::Tract => Ok(crate::by_tract::IDENTITY.to_owned()),
        #[cfg(feature = "ort")]
        EngineKind::Ort => crate::by_ort::identity(options),
        _ => not_built_in(engine, options),
    }
}

fn prepare(engine: EngineKind, parts: &Parts<'_>) -> Result<Arc<dyn Backend>, Error> {
    match engine {
        #[cfg(feature = "rten")]
        EngineKind::Rten => Ok(Arc::new(crate::by_rten::Rten::new(parts)?)),
        #[cfg(feature = "tract")]
        EngineKind::Tract => Ok(Arc::new(crate::by_tract::Tract::new(parts)?)),
        #[cfg(feature = "ort")]
        EngineKind::Ort => Ok(Arc::new(crate::by_ort::Ort::new(parts)?)),
        _ => not_built_in(engine, parts.options),
    }
}

fn not_built_in<T>(engine: EngineKind, _: &Options) -> Result<T, Error> {
    Err(Fault::new(Code::BadArgument, "engine", format!("an engine must be built in, found {engine}")).into())
}

fn fits(shape: &[Side], found: &[usize]) -> bool {
    shape.len() == found.len() && shape.iter().zip(found).all(|(side, found)| *found > 0 && side.is_none_or(|side| side == *found))
}

/// `[1, 3, ?, ?]`
fn written(shape: &[Side]) -> String {
    let sides: Vec<_> = shape.iter().map(|side| side.map_or("?".to_owned(), |side| side.to_string())).collect();
    format!("[{}]", sides.join(", "))
}

/// What one picture of several puts in; what goes in as it is stays whole.
fn picture(input: &Tensor, port: &Port, index: usize) -> Result<Tensor, Error> {
    let is_shared = port.shape.as_deref().is_none_or(|shape| fits(shape, input.shape()));
    let count = input.shape().first().copied().unwrap_or(1);
    if is_shared || count == 0 {
        return Ok(input.clone());
    }
    let mut shape = input.shape().to_vec();
    if let Some(side) = shape.first_mut() {
        *side = 1;
    }
    let length = input.data().len() / count;
    let range = index * length..(index + 1) * length;
    let data = match input.data() {
        TensorData::F32(data) => TensorData::F32(data.get(range).unwrap_or_default().to_vec()),
        _ => TensorData::U8(bytes(input).and_then(|data| data.get(range)).unwrap_or_default().to_vec()),
    };
    Tensor::new(shape, data)
}

pub(crate) fn bytes(tensor: &Tensor) -> Option<&[u8]> {
    match tensor.data() {
        TensorData::U8(data) => Some(data),
        _ => None,
    }
}
