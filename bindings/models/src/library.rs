//! ONNX Runtime's shared library: found, and loaded once for the process.
//!
//! The crate `ort` loads a library of its own choice, and panics, when any call comes before one was named; so the first call is always here, with a
//! path. What it loaded stays for the life of the process: naming another library later is an error, not a silent wish.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use core_::{Code, Error, Fault};
use ort::environment::Environment;

use crate::network::lock;
use crate::options::Options;

/// What ONNX Runtime's libraries are called, by the systems that there are.
const NAMES: [&str; 3] = ["libonnxruntime.so", "libonnxruntime.dylib", "onnxruntime.dll"];
/// Where systems have libraries.
const FOLDERS: [&str; 5] = ["/usr/local/lib", "/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];

#[derive(Clone)]
pub(crate) struct Library {
    path: PathBuf,
    pub(crate) environment: Environment,
    /// `1.32.0`.
    pub(crate) version: String,
}

static LOADED: Mutex<Option<Library>> = Mutex::new(None);

/// The library that the options mean.
pub(crate) fn library(options: &Options) -> Result<Library, Error> {
    let path = found(options)?;
    let mut loaded = lock(&LOADED);
    if let Some(library) = &*loaded {
        if library.path == path {
            return Ok(library.clone());
        }
        let message = format!("a process has one ONNX Runtime, found {} loaded and {} asked for", library.path.display(), path.display());
        return Err(fault(message));
    }
    let unloaded = |error: &dyn std::fmt::Display| fault(format!("ONNX Runtime 1.17 or newer must be loadable, found: {error}"));
    // A library that is no ONNX Runtime at all may fail in ways that the crate did not foresee.
    let made = std::panic::catch_unwind(|| {
        let builder = ort::init_from(&path).map_err(|error| unloaded(&error))?;
        let environment = builder.with_name("templrender").with_telemetry(false).build().map_err(|error| unloaded(&error))?;
        Ok::<_, Error>((environment, version(&path, ort::info())))
    });
    let (environment, version) = made.map_err(|_| unloaded(&format_args!("{} is something else", path.display())))??;
    let library = Library { path, environment, version };
    *loaded = Some(library.clone());
    Ok(library)
}

fn found(options: &Options) -> Result<PathBuf, Error> {
    if let Some(named) = &options.ort_library {
        return in_folder(named).ok_or_else(|| {
            fault(format!("ONNX Runtime's library must be a file, or in a folder or Python package, found none at {}", named.display()))
        });
    }
    if let Some(named) = std::env::var_os("ORT_DYLIB_PATH").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return in_folder(&named)
            .ok_or_else(|| fault(format!("ORT_DYLIB_PATH must name ONNX Runtime's library, found none at {}", named.display())));
    }
    let system = FOLDERS.iter().find_map(|folder| in_folder(Path::new(folder)));
    system.ok_or_else(|| fault("ONNX Runtime's library must be named, or be among those of the system, found none".into()))
}

/// A library by its path, or in a folder, or in the folder of the Python package `onnxruntime`; the path without links and dots.
fn in_folder(named: &Path) -> Option<PathBuf> {
    let named = named.canonicalize().ok()?;
    if named.is_file() {
        return Some(named);
    }
    [named.join("capi"), named].iter().find_map(|folder| {
        let files = std::fs::read_dir(folder).ok()?.flatten();
        let mut libraries: Vec<PathBuf> =
            files.filter(|file| is_library(&file.file_name().to_string_lossy())).map(|file| file.path()).collect();
        libraries.sort();
        libraries.pop()?.canonicalize().ok()
    })
}

/// `libonnxruntime.so` or `libonnxruntime.so.1.32.0`, not `libonnxruntime_providers_shared.so`.
fn is_library(name: &str) -> bool {
    let is_versioned = |rest: &str| rest.is_empty() || rest.starts_with('.');
    NAMES.iter().any(|known| name.strip_prefix(known).is_some_and(is_versioned))
        || name.starts_with("libonnxruntime.") && name.ends_with(".dylib")
}

/// The release: of the file's name, which has it on Linux and macOS, or of what the library says of its build, or that build's commit.
fn version(path: &Path, build: &str) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let of_name = name.strip_prefix("libonnxruntime.so.").or_else(|| name.strip_prefix("libonnxruntime.")?.strip_suffix(".dylib"));
    let is_release = |text: &&str| text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let after = |key: &str| build.split_once(key).and_then(|(_, rest)| rest.split([',', ' ']).next()).filter(|word| !word.is_empty());
    let found = of_name.filter(is_release).or_else(|| after("git-branch=rel-")).or_else(|| after("git-commit-id="));
    found.unwrap_or(build).chars().take(64).collect()
}

fn fault(message: String) -> Error {
    Fault::new(Code::BadArgument, "engine ort", message).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_called_by_its_release() {
        let build = "ORT Build Info: git-branch=rel-1.31.0, git-commit-id=abc123, build type=Release";
        let of = |name: &str, build: &str| version(Path::new(name), build);
        assert_eq!(of("/a/libonnxruntime.so.1.32.0", build), "1.32.0");
        assert_eq!(of("/a/libonnxruntime.1.32.0.dylib", build), "1.32.0");
        assert_eq!(of("/a/libonnxruntime.so", build), "1.31.0");
        assert_eq!(of("/a/libonnxruntime.so.1", build), "1.31.0", "a number of the interface alone");
        assert_eq!(of("/a/onnxruntime.dll", "ORT Build Info: git-branch=HEAD, git-commit-id=abc123, build type=Release"), "abc123");
        assert_eq!(of("/a/onnxruntime.dll", "something"), "something");
    }

    #[test]
    fn providers_are_no_library() {
        assert!(is_library("libonnxruntime.so") && is_library("libonnxruntime.so.1.32.0") && is_library("libonnxruntime.1.32.0.dylib"));
        assert!(!is_library("libonnxruntime_providers_shared.so") && !is_library("onnxruntime_pybind11_state.so"));
    }
}
