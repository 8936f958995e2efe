//! The models that a renderer knows.
//!
//! What each was made of is kept beside it: a folder with its options, or a callable with its manifest. That is what the collection is pickled as, so that another process
//! opens the folder itself and callables travel if pickle takes them.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use core_::{Error, Limits as Bounds, Manifest};
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::callable::Callable;
use super::engine::{FolderOptions, load};
use super::manifest::manifest_of;
use super::model::Model;
use crate::boundary::attached;
use crate::error::{bad, raised};
use crate::limits::{Limits, limits_of};

/// Models by their ids, for `Renderer(models=...)`. Calls of several threads are done one after another.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Models {
    held: Mutex<Held>,
    limits: Bounds,
}

#[derive(Default)]
struct Held {
    models: core_::Models,
    made_of: Vec<Source>,
}

/// What pickle calls, and with what.
type Reduced<'py> = (Bound<'py, PyAny>, (Bound<'py, PyList>, Limits));

/// What models were made of.
enum Source {
    Folder { path: String, options: FolderOptions },
    Callable { role: Role, manifest: String, function: Py<PyAny>, identity: String },
    Declared { manifest: String, identity: String },
}

/// What a callable is called as.
#[derive(Clone, Copy)]
enum Role {
    Network,
    Generator,
    Detector,
    Matte,
}

impl Role {
    const ALL: [Self; 4] = [Self::Network, Self::Generator, Self::Detector, Self::Matte];

    const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Generator => "generator",
            Self::Detector => "detector",
            Self::Matte => "matte",
        }
    }
}

impl Models {
    /// None at all.
    pub(crate) fn none() -> Self {
        Self::new_of(Bounds::default())
    }

    fn new_of(limits: Bounds) -> Self {
        Self { held: Mutex::default(), limits }
    }

    /// What is there, for what is over at once: no code of Python's runs meanwhile.
    fn held(&self, py: Python<'_>) -> MutexGuard<'_, Held> {
        self.held.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    /// The models that are there now, as the core has them.
    pub(crate) fn now(&self, py: Python<'_>) -> core_::Models {
        self.held(py).models.clone()
    }

    /// The same models as they are now, whatever is added later.
    pub(crate) fn snapshot(&self, py: Python<'_>) -> Self {
        let held = self.held(py);
        let made_of = held.made_of.iter().map(|source| source.clone_ref(py)).collect();
        Self { held: Mutex::new(Held { models: held.models.clone(), made_of }), limits: self.limits.clone() }
    }

    fn take(&self, py: Python<'_>, model: core_::Model, source: Source) -> PyResult<()> {
        let mut held = self.held(py);
        held.models.add(model).map_err(raised)?;
        held.made_of.push(source);
        Ok(())
    }

    fn load(&self, py: Python<'_>, path: String, options: FolderOptions) -> PyResult<()> {
        let found = load(py, &path, &options, &self.limits)?;
        let mut held = self.held(py);
        // all of the folder or none of it
        let mut models = held.models.clone();
        found.into_iter().try_for_each(|model| models.add(model)).map_err(raised)?;
        held.models = models;
        held.made_of.push(Source::Folder { path, options });
        Ok(())
    }

    fn call(&self, role: Role, manifest: &Bound<'_, PyAny>, function: &Bound<'_, PyAny>, identity: Option<String>) -> PyResult<()> {
        let py = function.py();
        if !function.is_callable() {
            let found = function.get_type().name()?.to_string_lossy().into_owned();
            return Err(PyTypeError::new_err(format!("function must be callable, found {found}")));
        }
        let identity = identity_of(function, identity)?;
        let (manifest, json) = manifest_of(manifest)?;
        let model = manifest.id().to_owned();
        let callable = Callable { function: function.clone().unbind(), identity: identity.clone(), model, limits: self.limits.clone() };
        let model = attached(|| made(role, manifest, callable))?;
        self.take(py, model, Source::Callable { role, manifest: json, function: function.clone().unbind(), identity })
    }
}

fn made(role: Role, manifest: Manifest, callable: Callable) -> Result<core_::Model, Error> {
    match role {
        Role::Network => core_::Model::network(manifest, callable),
        Role::Generator => core_::Model::generator(manifest, callable),
        Role::Detector => core_::Model::detector(manifest, callable),
        Role::Matte => core_::Model::matte(manifest, callable),
    }
}

/// Name and version of what runs a model: what was given, or what the callable says of itself. It is part of every key, so nothing stands in for it.
fn identity_of(function: &Bound<'_, PyAny>, given: Option<String>) -> PyResult<String> {
    let own = || function.getattr("identity").ok()?.cast_into::<PyString>().ok()?.extract().ok();
    given.or_else(own).filter(|identity| !identity.trim().is_empty()).ok_or_else(|| {
        let rule = "a model's function must have an identity, its name and version, which is part of every key";
        bad("identity", format!("{rule}: identity=\"my-net 1.2\", or an attribute of that name; found none"))
    })
}

impl Source {
    fn clone_ref(&self, py: Python<'_>) -> Self {
        match self {
            Self::Folder { path, options } => Self::Folder { path: path.clone(), options: options.clone() },
            Self::Callable { role, manifest, function, identity } => {
                Self::Callable { role: *role, manifest: manifest.clone(), function: function.clone_ref(py), identity: identity.clone() }
            }
            Self::Declared { manifest, identity } => Self::Declared { manifest: manifest.clone(), identity: identity.clone() },
        }
    }

    /// As it is pickled: its kind, then what it was made of.
    fn pickled<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match self {
            Self::Folder { path, options } => {
                let FolderOptions { engine, ort_library, cuda, threads } = options;
                ("folder", path, engine, ort_library, cuda, threads).into_pyobject(py)
            }
            Self::Callable { role, manifest, function, identity } => (role.name(), manifest, function, identity).into_pyobject(py),
            Self::Declared { manifest, identity } => ("declared", manifest, identity).into_pyobject(py),
        }
    }
}

#[pymethods]
impl Models {
    #[new]
    #[pyo3(signature = (folder = None, *, engine = "auto", ort_library = None, cuda = false, threads = 1, limits = None))]
    fn new(
        py: Python<'_>,
        folder: Option<&Bound<'_, PyAny>>,
        engine: &str,
        ort_library: Option<PathBuf>,
        cuda: bool,
        threads: usize,
        limits: Option<&Limits>,
    ) -> PyResult<Self> {
        let this = Self::new_of(limits_of(limits));
        let ort_library = ort_library.map(|path| path.to_string_lossy().into_owned());
        let options = FolderOptions { engine: engine.to_owned(), ort_library, cuda, threads };
        for path in folder.map(folders_of).transpose()?.unwrap_or_default() {
            this.load(py, path, options.clone())?;
        }
        Ok(this)
    }

    /// A network, run by a function from arrays to arrays.
    #[pyo3(signature = (manifest, function, *, identity = None))]
    fn add(&self, manifest: &Bound<'_, PyAny>, function: &Bound<'_, PyAny>, identity: Option<String>) -> PyResult<()> {
        self.call(Role::Network, manifest, function, identity)
    }

    /// A function from pictures to pictures.
    #[pyo3(signature = (manifest, function, *, identity = None))]
    fn add_generator(&self, manifest: &Bound<'_, PyAny>, function: &Bound<'_, PyAny>, identity: Option<String>) -> PyResult<()> {
        self.call(Role::Generator, manifest, function, identity)
    }

    /// A function from pictures to lists of faces.
    #[pyo3(signature = (manifest, function, *, identity = None))]
    fn add_detector(&self, manifest: &Bound<'_, PyAny>, function: &Bound<'_, PyAny>, identity: Option<String>) -> PyResult<()> {
        self.call(Role::Detector, manifest, function, identity)
    }

    /// A function from pictures to masks.
    #[pyo3(signature = (manifest, function, *, identity = None))]
    fn add_matte(&self, manifest: &Bound<'_, PyAny>, function: &Bound<'_, PyAny>, identity: Option<String>) -> PyResult<()> {
        self.call(Role::Matte, manifest, function, identity)
    }

    /// A model that runs elsewhere.
    #[pyo3(signature = (manifest, *, identity))]
    fn declare(&self, py: Python<'_>, manifest: &Bound<'_, PyAny>, identity: String) -> PyResult<()> {
        if identity.trim().is_empty() {
            return Err(bad("identity", "identity must be name and version of what runs the model, found none"));
        }
        let (manifest, json) = manifest_of(manifest)?;
        let model = attached(|| Ok(core_::Model::declared(manifest, &identity)))?;
        self.take(py, model, Source::Declared { manifest: json, identity })
    }

    /// The same models, to add others to.
    fn copy(&self, py: Python<'_>) -> Self {
        self.snapshot(py)
    }

    fn __getitem__(&self, py: Python<'_>, id: &str) -> PyResult<Model> {
        let found = self.held(py).models.get(id).cloned();
        found.map(Model::new).ok_or_else(|| PyKeyError::new_err(id.to_owned()))
    }

    fn __contains__(&self, py: Python<'_>, id: &Bound<'_, PyAny>) -> bool {
        id.extract::<String>().is_ok_and(|id| self.held(py).models.get(&id).is_some())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let all: Vec<Model> = self.now(py).iter().cloned().map(Model::new).collect();
        Ok(PyList::new(py, all)?.try_iter()?.into_any())
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.held(py).models.iter().count()
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __copy__(&self, py: Python<'_>) -> Self {
        self.snapshot(py)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let ids: Vec<String> = self.now(py).iter().map(|model| model.id().to_owned()).collect();
        if ids.is_empty() { "<Models: none>".to_owned() } else { format!("<Models: {}>", ids.join(", ")) }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        let sources: Vec<Source> = self.held(py).made_of.iter().map(|source| source.clone_ref(py)).collect();
        let pickled = sources.iter().map(|source| source.pickled(py)).collect::<PyResult<Vec<_>>>()?;
        let make = py.import("templrender._templrender")?.getattr("_models_of")?;
        Ok((make, (PyList::new(py, pickled)?, Limits { limits: self.limits.clone() })))
    }
}

/// One folder or several.
fn folders_of(given: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    // other processes that it is pickled for have other current folders
    let text = |path: PathBuf| match std::path::absolute(&path)?.to_str() {
        Some(path) => Ok::<_, PyErr>(path.to_owned()),
        None => Err(bad("folder", "a folder's path must be UTF-8, found another")),
    };
    if let Ok(path) = given.extract::<PathBuf>() {
        return Ok(vec![text(path)?]);
    }
    let refused = |_| PyTypeError::new_err("folder must be a path or a list of paths");
    given.try_iter().map_err(refused)?.map(|item| text(item?.extract::<PathBuf>()?)).collect()
}

/// Models as they were pickled.
#[pyfunction]
pub(crate) fn _models_of(py: Python<'_>, sources: &Bound<'_, PyList>, limits: &Limits) -> PyResult<Models> {
    let models = Models::new_of(limits.limits.clone());
    for source in sources.iter() {
        let source = source.cast_into::<PyTuple>()?;
        let kind: String = source.get_item(0)?.extract()?;
        match kind.as_str() {
            "folder" => {
                let (_, path, engine, ort_library, cuda, threads): (String, String, String, Option<String>, bool, usize) =
                    source.extract()?;
                models.load(py, path, FolderOptions { engine, ort_library, cuda, threads })?;
            }
            "declared" => {
                let (_, _, identity): (String, String, String) = source.extract()?;
                models.declare(py, &source.get_item(1)?, identity)?;
            }
            other => {
                let role = Role::ALL.into_iter().find(|role| role.name() == other);
                let role = role.ok_or_else(|| bad("models", format!("a model's source must be known, found {other:?}")))?;
                models.call(role, &source.get_item(1)?, &source.get_item(2)?, source.get_item(3)?.extract()?)?;
            }
        }
    }
    Ok(models)
}

/// The core's models of an argument, and a copy that nobody adds to.
pub(crate) fn models_of(py: Python<'_>, given: Option<&Models>) -> PyResult<(core_::Models, Option<Py<Models>>)> {
    let Some(models) = given else { return Ok((core_::Models::new(), None)) };
    let snapshot = models.snapshot(py);
    Ok((snapshot.now(py), Some(Py::new(py, snapshot)?)))
}

/// The keywords of `pickle` for what has models.
pub(crate) fn set_models(settings: &Bound<'_, PyDict>, models: Option<&Py<Models>>) -> PyResult<()> {
    models.map_or(Ok(()), |models| settings.set_item("models", models.clone_ref(settings.py())))
}
