//! A picture's file: whole under its name, or not there.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;

use crate::boundary::detached;
use crate::output::{Output, format_of_suffix};

/// Encodes a frame into a file: as `given` says, else in the format of the path's suffix with the settings of `otherwise`, else as `otherwise` says.
pub(crate) fn save(py: Python<'_>, frame: &core_::Frame, path: PathBuf, given: Option<&Output>, otherwise: &core_::Output) -> PyResult<()> {
    let output = match given {
        Some(given) => given.output.clone(),
        None => core_::Output { format: format_of_suffix(&path).unwrap_or(otherwise.format), ..otherwise.clone() },
    };
    let written = detached(py, || Ok(write_whole(&path, &frame.encode(&output)?)))?;
    Ok(written?)
}

/// Writes beside the file and puts it in its place, so that no reader meets a part of it.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name =
        path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::IsADirectory, "a picture's path must end with a file's name"))?;
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let beside = path.with_file_name(beside);
    let written = OpenOptions::new().write(true).create_new(true).open(&beside).and_then(|mut file| file.write_all(bytes));
    let done = written.and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // it may not be there, and the first error is the one to tell
        fs::remove_file(&beside).unwrap_or_default();
    }
    done
}
