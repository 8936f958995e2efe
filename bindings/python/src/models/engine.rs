//! Folders of models, opened by the engines that this build has.

use core_::{Limits, Model};
use pyo3::prelude::*;

/// How the models of a folder are opened: what `Models` is told, and what it is pickled as.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FolderOptions {
    pub(super) engine: String,
    pub(super) ort_library: Option<String>,
    pub(super) cuda: bool,
    pub(super) threads: usize,
}

/// Every manifest of a folder, with its file checked.
#[cfg(any(feature = "rten", feature = "tract", feature = "ort"))]
pub(super) fn load(py: Python<'_>, folder: &str, options: &FolderOptions, limits: &Limits) -> PyResult<Vec<Model>> {
    use templrender_models::{EngineKind, Options, load_folder};

    let engine: EngineKind = options.engine.parse().map_err(crate::error::raised)?;
    let ort_library = match &options.ort_library {
        Some(named) => Some(named.into()),
        None if engine == EngineKind::Ort || options.cuda => onnxruntime(py)?,
        None => None,
    };
    let options = Options { engine, ort_library, cuda: options.cuda, threads: options.threads, max_model_bytes: limits.max_model_bytes };
    crate::boundary::detached(py, || load_folder(folder, &options))
}

/// The folder of the package `onnxruntime`, which is not imported, where no other library is named in the environment.
#[cfg(any(feature = "rten", feature = "tract", feature = "ort"))]
fn onnxruntime(py: Python<'_>) -> PyResult<Option<std::path::PathBuf>> {
    if std::env::var_os("ORT_DYLIB_PATH").is_some_and(|named| !named.is_empty()) {
        return Ok(None);
    }
    let spec = py.import("importlib.util")?.call_method1("find_spec", ("onnxruntime",))?;
    if spec.is_none() {
        return Ok(None);
    }
    let folders = spec.getattr("submodule_search_locations")?;
    if folders.is_none() { Ok(None) } else { folders.try_iter()?.next().transpose()?.map(|folder| folder.extract()).transpose() }
}

#[cfg(not(any(feature = "rten", feature = "tract", feature = "ort")))]
pub(super) fn load(_py: Python<'_>, folder: &str, _options: &FolderOptions, _limits: &Limits) -> PyResult<Vec<Model>> {
    Err(crate::error::bad("folder", format!("a folder of models must be opened by an engine, found none in this build for {folder:?}")))
}
