//! A manifest as it is given: JSON, what `json.loads` makes of it, or the path of its file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use core_::{Code, Fault, Manifest};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};

use crate::boundary::attached;
use crate::error::raised;

/// A manifest is some KB; variants may have a table each.
const MAX_BYTES: u64 = 4 << 20;

/// The manifest, and the JSON that it was read from.
pub(super) fn manifest_of(given: &Bound<'_, PyAny>) -> PyResult<(Manifest, String)> {
    let json = json_of(given)?;
    let manifest = attached(|| Manifest::from_json(&json))?;
    Ok((manifest, json))
}

fn json_of(given: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = given.cast::<PyString>() {
        let text: String = text.extract()?;
        return if text.trim_start().starts_with('{') { Ok(text) } else { read(Path::new(&text)) };
    }
    if given.cast::<PyMapping>().is_ok() {
        let plain = given.py().import("builtins")?.getattr("dict")?.call1((given,))?;
        return given.py().import("json")?.call_method1("dumps", (plain,))?.extract();
    }
    match given.extract::<PathBuf>() {
        Ok(path) => read(&path),
        Err(_) => {
            let found = given.get_type().name()?.to_string_lossy().into_owned();
            Err(PyTypeError::new_err(format!("manifest must be a dict, JSON or a path, found {found}")))
        }
    }
}

fn read(path: &Path) -> PyResult<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        let message = format!("a manifest must have at most {MAX_BYTES} bytes, found more");
        return Err(raised(Fault::new(Code::BadManifest, path.display().to_string(), message)));
    }
    Ok(text)
}
