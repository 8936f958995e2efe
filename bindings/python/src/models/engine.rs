//! Folders of models, opened by the engines that this build has.

use core_::{Code, Fault, Limits, Model};
use pyo3::prelude::*;

use crate::error::raised;

/// How the models of a folder are opened: what `Models` is told, and what it is pickled as.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FolderOptions {
    pub(super) engine: String,
    pub(super) ort_library: Option<String>,
    pub(super) cuda: bool,
    pub(super) threads: usize,
}

/// Every manifest of a folder, with its file checked.
pub(super) fn load(_py: Python<'_>, folder: &str, _options: &FolderOptions, _limits: &Limits) -> PyResult<Vec<Model>> {
    let message = format!("a folder of models must be opened by an engine, found none in this build for {folder}");
    Err(raised(Fault::new(Code::BadArgument, "folder", message)))
}
