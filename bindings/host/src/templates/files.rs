//! The files of a folder that other people write to: what was looked at and how it was then, bounded, and nothing outside of it.
//!
//! Every path that decides what is loaded is noted with its state (length, time of change, inode, or that it is not there). The same states after
//! reading say that nothing changed meanwhile; other states at the next look say that there is something to load. A file that was changed within the
//! clock's grain of being read may change once more without another state, so such a look is not settled and is taken again.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use core_::Limits;

use crate::folder::{self, FolderError};

/// The coarsest grain of a file system's times, FAT's.
const GRAIN: Duration = Duration::from_secs(2);

/// How a path was when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    NotThere,
    /// There, and not to be looked at.
    Unknown,
    There {
        length: u64,
        changed: Option<SystemTime>,
        inode: u64,
    },
}

impl State {
    fn of(path: &Path) -> Self {
        match std::fs::metadata(path) {
            Ok(metadata) => Self::There { length: metadata.len(), changed: metadata.modified().ok(), inode: inode(&metadata) },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::NotThere,
            Err(_) => Self::Unknown,
        }
    }

    /// Whether it may change again without another state: it changed just before, by the same clock.
    fn is_young(&self, at: SystemTime) -> bool {
        let Self::There { changed: Some(changed), .. } = self else { return false };
        match at.duration_since(*changed) {
            Ok(age) => age < GRAIN,
            Err(ahead) => ahead.duration() < GRAIN,
        }
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

/// All that was looked at, and how it was.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    states: BTreeMap<PathBuf, State>,
    at: SystemTime,
}

impl Seen {
    fn new() -> Self {
        Self { states: BTreeMap::new(), at: SystemTime::now() }
    }

    /// Notes how a path is, if it was not looked at before.
    fn note(&mut self, path: &Path) {
        if !self.states.contains_key(path) {
            self.states.insert(path.to_owned(), State::of(path));
        }
    }

    /// Whether everything is as it was.
    pub(super) fn holds(&self) -> bool {
        self.states.iter().all(|(path, state)| State::of(path) == *state)
    }

    /// Whether a change since then would show.
    pub(super) fn is_settled(&self) -> bool {
        !self.states.values().any(|state| state.is_young(self.at))
    }
}

/// Reads the files of one folder.
#[derive(Debug)]
pub(super) struct Reader {
    /// Without links in its own path; nothing where files may lie anywhere.
    inside: Option<PathBuf>,
    pub(super) seen: Seen,
    bytes_left: u64,
    files_left: usize,
    bytes: u64,
}

impl Reader {
    /// `inside` is the folder that every file must come to lie in after links are followed.
    pub(super) fn new(inside: Option<PathBuf>, max_bytes: u64, max_files: usize) -> Self {
        Self { inside, seen: Seen::new(), bytes_left: max_bytes, files_left: max_files, bytes: 0 }
    }

    /// The bounds of a pack of what may still be read.
    pub(super) fn limits(&self) -> Limits {
        let max_pack_bytes = usize::try_from(self.bytes_left).unwrap_or(usize::MAX);
        Limits { max_pack_bytes, max_pack_files: self.files_left, ..Limits::default() }
    }

    /// Whether something is at a path; noted either way.
    pub(super) fn is_there(&mut self, path: &Path) -> bool {
        self.seen.note(path);
        !matches!(self.seen.states.get(path), None | Some(State::NotThere))
    }

    /// A whole file.
    pub(super) fn read(&mut self, path: &Path, limit: usize) -> Result<Vec<u8>, FolderError> {
        self.seen.note(path);
        let failed = |error| FolderError::io(path, &error);
        let real = path.canonicalize().map_err(failed)?;
        self.check_inside(path, &real)?;
        // Asked before opening: opening a pipe would wait for its other end.
        let metadata = std::fs::metadata(&real).map_err(failed)?;
        if !metadata.is_file() {
            return Err(FolderError::at(path.display(), "this is not a file"));
        }
        if metadata.len() > self.bytes_left {
            let had = self.bytes.saturating_add(self.bytes_left);
            return Err(FolderError::at(path.display(), format!("the files of a template must have at most {had} bytes together")));
        }
        let Some(files_left) = self.files_left.checked_sub(1) else {
            return Err(FolderError::at(path.display(), "the template has more files than the limit"));
        };
        let most = usize::try_from(self.bytes_left).unwrap_or(usize::MAX).min(limit);
        let bytes = folder::read(&real, most).map_err(|error| error.moved(&real, path))?;
        let length = bytes.len() as u64;
        self.files_left = files_left;
        self.bytes_left = self.bytes_left.saturating_sub(length);
        self.bytes = self.bytes.saturating_add(length);
        Ok(bytes)
    }

    /// The font files of a folder and of those in it, in the order in which they are added.
    pub(super) fn fonts(&mut self, folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
        self.seen.note(folder);
        let found = folder::font_files(folder)?;
        for file in &found {
            // The folders between, so that a new file in one of them is seen.
            let between = file.ancestors().skip(1).take_while(|parent| parent.starts_with(folder));
            between.for_each(|parent| self.seen.note(parent));
        }
        Ok(found)
    }

    fn check_inside(&self, path: &Path, real: &Path) -> Result<(), FolderError> {
        match &self.inside {
            Some(inside) if !real.starts_with(inside) => {
                Err(FolderError::at(path.display(), "a template's files must lie in its folder, this one leads out of it"))
            }
            _ => Ok(()),
        }
    }
}
