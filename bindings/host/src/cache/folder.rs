//! The folder on disk: one file for an entry, in 256 folders by the first two digits of its key.
//!
//! ```text
//! ROOT/.templrender-lock        held by the process that uses the folder
//! ROOT/.templrender-new         the file that is being written; left behind by a process that was killed
//! ROOT/3f/9a...62 digits...c1   an entry
//! ```
//!
//! A file gets its name when it is complete, so that no one ever sees a part of it. Nothing else in the folder is ever touched. The lock is
//! the system's (`flock` and its like), which goes with its process however that ends.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::{Entry, Key, record};

const LOCK: &str = ".templrender-lock";
const TEMPORARY: &str = ".templrender-new";

/// What is found under a key's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// All of it.
    Whole(Entry),
    /// Not this key's, or not whole.
    Broken,
    /// No file.
    Nothing,
}

#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    lock: Mutex<File>,
}

impl Folder {
    /// Makes the folder where it is not there, and takes it.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root).map_err(|error| told(root, error))?;
        let root = root.canonicalize().map_err(|error| told(root, error))?;
        let lock = Mutex::new(take(&root)?);
        Ok(Self { root, lock })
    }

    /// Takes the folder again if it is not the one that was taken, because somebody removed or replaced it; whether that was so.
    pub(super) fn hold(&self) -> io::Result<bool> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_held(&lock)? {
            return Ok(false);
        }
        fs::create_dir_all(&self.root).map_err(|error| told(&self.root, error))?;
        *lock = take(&self.root)?;
        Ok(true)
    }

    /// Lets somebody else take the folder.
    pub(super) fn release(&self) {
        // It goes with the file in any case.
        let _ = self.lock.lock().unwrap_or_else(PoisonError::into_inner).unlock();
    }

    #[cfg(unix)]
    fn is_held(&self, lock: &File) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let held = lock.metadata()?;
        match fs::symlink_metadata(self.root.join(LOCK)) {
            Ok(there) => Ok((there.dev(), there.ino()) == (held.dev(), held.ino())),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    #[cfg(not(unix))]
    fn is_held(&self, _: &File) -> io::Result<bool> {
        self.root.join(LOCK).try_exists()
    }

    /// Removes what a killed process left, and names every entry with its length and when it was used last. What cannot be read is left out
    /// and counted.
    pub(super) fn scan(&self, mut found: impl FnMut(Key, u64, SystemTime) -> bool) -> io::Result<u64> {
        remove(&self.root.join(TEMPORARY))?;
        let mut unread = 0;
        for folder in fs::read_dir(&self.root)? {
            let Ok(folder) = folder else {
                unread += 1;
                continue;
            };
            let Some(first) = digits(&folder.file_name().to_string_lossy(), 2) else { continue };
            let files = match fs::read_dir(folder.path()) {
                Ok(files) => files,
                // A file of that name is none of ours.
                Err(error) if matches!(error.kind(), ErrorKind::NotADirectory | ErrorKind::NotFound) => continue,
                Err(_) => {
                    unread += 1;
                    continue;
                }
            };
            for file in files {
                let Ok((name, about)) = file.and_then(|file| Ok((file.file_name(), file.metadata()?))) else {
                    unread += 1;
                    continue;
                };
                let Some(rest) = digits(&name.to_string_lossy(), 62) else { continue };
                let Some(key) = key(&first, &rest).filter(|_| about.is_file()) else { continue };
                if !found(key, about.len(), about.modified().unwrap_or(SystemTime::UNIX_EPOCH)) {
                    return Ok(unread);
                }
            }
        }
        Ok(unread)
    }

    /// Writes an entry's file. Only one thread may do so at a time.
    pub(super) fn write(&self, key: &Key, entry: &Entry) -> io::Result<()> {
        let temporary = self.root.join(TEMPORARY);
        let written = self.write_as(&temporary, key, entry);
        if written.is_err() {
            // The first error is the one to tell; the next write begins the file anew.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn write_as(&self, temporary: &Path, key: &Key, entry: &Entry) -> io::Result<()> {
        record::write(&mut File::create(temporary)?, key, entry)?;
        let (folder, path) = self.place(key);
        match fs::rename(temporary, &path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // The first entry of its folder, or not our folder any more.
                if !self.is_held(&self.lock.lock().unwrap_or_else(PoisonError::into_inner))? {
                    return Err(io::Error::new(ErrorKind::NotFound, "the folder was replaced"));
                }
                fs::create_dir(folder)?;
                fs::rename(temporary, path)
            }
            renamed => renamed,
        }
    }

    /// Removes an entry's file; it may be gone already.
    pub(super) fn remove(&self, key: &Key) -> io::Result<()> {
        remove(&self.place(key).1)
    }

    /// Reads an entry's file, and sets when it was used last.
    pub(super) fn read(&self, key: &Key, max_bytes: u64) -> io::Result<Reading> {
        let file = match File::open(self.place(key).1) {
            Ok(file) => file,
            Err(error) if is_gone(&error) => return Ok(Reading::Nothing),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        let Some(room) = usize::try_from(length).ok().filter(|_| length <= max_bytes) else { return Ok(Reading::Broken) };
        let mut bytes = Vec::with_capacity(room);
        (&file).take(length + 1).read_to_end(&mut bytes)?;
        let Some(entry) = record::parse(key, bytes) else { return Ok(Reading::Broken) };
        // It only decides who goes first after the next start.
        let _ = file.set_modified(SystemTime::now());
        Ok(Reading::Whole(entry))
    }

    /// Its folder and its file.
    fn place(&self, key: &Key) -> (PathBuf, PathBuf) {
        let name = blake3::Hash::from_bytes(*key).to_hex();
        let (first, rest) = name.split_at(2);
        let folder = self.root.join(first);
        let path = folder.join(rest);
        (folder, path)
    }
}

fn take(root: &Path) -> io::Result<File> {
    let path = root.join(LOCK);
    let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(|error| told(&path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            ErrorKind::ResourceBusy,
            format!("{}: a cache folder must have one user, another process holds it", root.display()),
        )),
        Err(TryLockError::Error(error)) => Err(told(&path, error)),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| if is_gone(&error) { Ok(()) } else { Err(error) })
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn told(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A name that is nothing but so many hexadecimal digits as we write them.
fn digits(name: &str, count: usize) -> Option<String> {
    let all = name.len() == count && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    all.then(|| name.to_owned())
}

fn key(first: &str, rest: &str) -> Option<Key> {
    blake3::Hash::from_hex(format!("{first}{rest}")).ok().map(|hash| *hash.as_bytes())
}
