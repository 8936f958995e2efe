//! Files that are there whole or not at all: written under another name in the same folder, then renamed.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::{Done, Stop};

/// How names of files that are being written begin; one that stays behind was left by a process that was killed.
pub(crate) const TEMPORARY: &str = ".templrender-";

/// Writes a file so that no one ever sees a part of it.
pub(crate) fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    with(path, |file| file.write_all(bytes))
}

/// Like [`whole`], for content that is made on the way.
pub(crate) fn with(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let (staged, mut file) = Staged::new(path)?;
    fill(&mut file)?;
    staged.place()
}

/// A file that lies complete beside its place; dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Staged {
    temporary: PathBuf,
    path: PathBuf,
}

impl Staged {
    /// An empty file, and where it will be.
    pub(crate) fn new(path: &Path) -> io::Result<(Self, File)> {
        let staged = Self { temporary: temporary(path), path: path.to_owned() };
        let file = File::create_new(&staged.temporary)?;
        Ok((staged, file))
    }

    /// A file with its content.
    pub(crate) fn of(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let (staged, mut file) = Self::new(path)?;
        file.write_all(bytes)?;
        Ok(staged)
    }

    /// Puts it in place.
    pub(crate) fn place(self) -> io::Result<()> {
        std::fs::rename(&self.temporary, &self.path)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // In place, it is not here any more; else the first error is the one to tell, and that its remains are gone too is not promised.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// A file, or standard output for `-`.
pub(crate) fn to(path: &Path, bytes: &[u8]) -> Done {
    if path == Path::new("-") {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Stop::io(Path::new("standard output"), &error));
    }
    // A pipe or a device cannot be renamed over.
    if std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        return std::fs::write(path, bytes).map_err(|error| Stop::io(path, &error));
    }
    whole(path, bytes).map_err(|error| Stop::io(path, &error))
}

/// Removes what killed processes left in a folder.
pub(crate) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn temporary(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!("{TEMPORARY}{}-{number}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_remains() {
        let folder = std::env::temp_dir().join(format!("templrender-write-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.txt");
        whole(&path, b"old").unwrap();
        let failed = with(&path, |file| file.write_all(b"ne").and_then(|()| Err(io::Error::other("disk full"))));
        assert_eq!(failed.unwrap_err().to_string(), "disk full");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::write(folder.join(".templrender-1-1"), b"x").unwrap();
        sweep(&folder).unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
