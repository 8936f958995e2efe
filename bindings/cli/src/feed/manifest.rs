//! What a folder of pictures holds: for each file the key it was drawn under, so that the next run draws only what changed.
//!
//! `manifest.jsonl` grows by a line for each picture and is written anew when a run ends. A picture lies complete beside its place when its
//! line is written, and is renamed into place before any other line is: a run may be killed at any moment, and every picture that is in place has
//! its line. Only the last line can be without its picture; it has the picture's digest, and the next run looks whether that is so. A torn last
//! line is not read: its picture never came. The file is locked while a run goes on: two runs into one folder would undo each other.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::failure::{Done, Stop};
use crate::pictures::{Stamp, stamp};
use crate::write::{self, Staged};

const NAME: &str = "manifest.jsonl";

/// What is known of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub(crate) key: String,
    /// Length of the file.
    pub(crate) bytes: u64,
    pub(crate) size: (u32, u32),
    /// Code, layer and message.
    pub(crate) notes: Vec<[String; 3]>,
    /// The local files it was made with.
    pub(crate) stamps: Vec<Stamp>,
}

/// The manifest of one folder, kept by one run.
pub(crate) struct Manifest {
    folder: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    known: BTreeMap<String, Drawn>,
}

impl Manifest {
    /// Opens a folder's manifest, or begins one.
    pub(crate) fn open(folder: &Path) -> Done<Self> {
        let path = folder.join(NAME);
        let failed = |error: io::Error| Stop::io(&path, &error);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed)?;
        file.try_lock().map_err(|_| Stop::at(path.display(), "another run is writing into this folder"))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        if text.last().is_some_and(|last| *last != b'\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        let mut known = BTreeMap::new();
        let mut lines = text.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok()).peekable();
        while let Some(value) = lines.next() {
            let Some(name) = value.get("file").and_then(Value::as_str) else { continue };
            // What the line before said of this picture is still true then.
            if lines.peek().is_none() && !is_in_place(&folder.join(name), &value) {
                continue;
            }
            match read(&value) {
                Some(drawn) => known.insert(name.to_owned(), drawn),
                None => known.remove(name),
            };
        }
        Ok(Self { folder: folder.to_owned(), state: Mutex::new(State { file, known }) })
    }

    /// What is known of a picture, if that is still true: its key, its file, and the files it was made with are as they were.
    pub(crate) fn unchanged(&self, name: &str, key: &str) -> Option<Drawn> {
        let drawn = self.state().known.get(name).filter(|drawn| drawn.key == key)?.clone();
        let is_there = std::fs::metadata(self.folder.join(name)).is_ok_and(|m| m.is_file() && m.len() == drawn.bytes);
        let same = |old: &Stamp| stamp(Path::new(&old.path)).state == old.state;
        (is_there && drawn.stamps.iter().all(same)).then_some(drawn)
    }

    /// Whether an earlier run drew a picture under this name, or this one did.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.state().known.contains_key(name)
    }

    /// Strikes a picture out.
    pub(crate) fn forget(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        if state.known.remove(name).is_none() {
            return Ok(());
        }
        state.append(&json!({ "file": name, "key": null }))
    }

    /// Enters a picture and puts it in place.
    pub(crate) fn enter(&self, name: &str, drawn: Drawn, bytes: &[u8], staged: Staged) -> io::Result<()> {
        let mut entry = line(name, &drawn);
        entry["digest"] = json!(digest(bytes));
        // Under the lock until it is in place: of all lines, only the last may be ahead of its picture.
        let mut state = self.state();
        state.append(&entry)?;
        state.known.remove(name);
        if let Err(error) = staged.place() {
            state.append(&json!({ "file": name, "key": null }))?;
            return Err(error);
        }
        state.known.insert(name.to_owned(), drawn);
        Ok(())
    }

    /// Writes the manifest anew, one line for each picture that is there.
    pub(crate) fn close(&self) -> io::Result<()> {
        let state = self.state();
        write::with(&self.folder.join(NAME), |file| {
            let mut out = BufWriter::new(file);
            for (name, drawn) in state.known.iter().filter(|(name, _)| self.folder.join(name).is_file()) {
                writeln!(out, "{}", line(name, drawn))?;
            }
            out.flush()
        })
    }

    /// The state is whole between calls even if a thread died while it held the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, value: &Value) -> io::Result<()> {
        self.file.write_all(format!("{value}\n").as_bytes())
    }
}

/// Whether the picture of a line is there, as far as the line can tell.
fn is_in_place(path: &Path, line: &Value) -> bool {
    let Some(wanted) = line.get("digest").and_then(Value::as_str) else { return true };
    std::fs::read(path).is_ok_and(|bytes| digest(&bytes) == wanted)
}

fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().as_str().to_owned()
}

fn line(name: &str, drawn: &Drawn) -> Value {
    let stamps: Vec<Value> = drawn.stamps.iter().map(|s| json!([s.path, s.state.map(|(bytes, time)| [bytes, time])])).collect();
    let (width, height) = drawn.size;
    json!({ "file": name, "key": drawn.key, "bytes": drawn.bytes, "size": [width, height], "notes": drawn.notes, "made-with": stamps })
}

fn read(value: &Value) -> Option<Drawn> {
    let number = |value: &Value| value.as_u64();
    let side = |value: Option<&Value>| u32::try_from(value?.as_u64()?).ok();
    let size = value.get("size")?;
    let notes = value.get("notes")?.as_array()?.iter().map(|note| {
        let part = |i: usize| note.get(i).and_then(Value::as_str).map(str::to_owned);
        Some([part(0)?, part(1)?, part(2)?])
    });
    let stamps = value.get("made-with")?.as_array()?.iter().map(|one| {
        let state = one.get(1)?;
        let state = if state.is_null() { None } else { Some((number(state.get(0)?)?, number(state.get(1)?)?)) };
        Some(Stamp { path: one.get(0)?.as_str()?.to_owned(), state })
    });
    Some(Drawn {
        key: value.get("key")?.as_str()?.to_owned(),
        bytes: number(value.get("bytes")?)?,
        size: (side(size.get(0))?, side(size.get(1))?),
        notes: notes.collect::<Option<_>>()?,
        stamps: stamps.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(key: &str) -> Drawn {
        let notes = vec![["text-cut".into(), "title".into(), "cut \"here\"".into()]];
        Drawn { key: key.into(), bytes: 3, size: (10, 20), notes, stamps: vec![Stamp { path: "/no/such/file".into(), state: None }] }
    }

    fn enter(manifest: &Manifest, name: &str, key: &str, bytes: &str) {
        let staged = Staged::of(&manifest.folder.join(name), bytes.as_bytes()).unwrap();
        manifest.enter(name, drawn(key), bytes.as_bytes(), staged).unwrap();
    }

    #[test]
    fn a_line_ahead_of_its_picture_is_not_believed() {
        let folder = std::env::temp_dir().join(format!("templrender-ahead-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let manifest = Manifest::open(&folder).unwrap();
        enter(&manifest, "a.png", "1", "abc");
        enter(&manifest, "b.png", "1", "abc");
        drop(manifest);
        // Killed between the line and the picture: of a new one, and of one that was there in an older state and has the same length.
        let path = folder.join(NAME);
        let whole = std::fs::read_to_string(&path).unwrap();
        let ahead = |name: &str| {
            let mut entry = line(name, &drawn("2"));
            entry["digest"] = json!(digest(b"xyz"));
            std::fs::write(&path, format!("{whole}{entry}\n")).unwrap();
            Manifest::open(&folder).unwrap()
        };
        assert_eq!(ahead("c.png").unchanged("c.png", "2"), None);
        let manifest = ahead("a.png");
        assert_eq!(manifest.unchanged("a.png", "2"), None);
        assert_eq!(manifest.unchanged("a.png", "1"), Some(drawn("1")), "the older state is what is there");
        assert_eq!(manifest.unchanged("b.png", "1"), Some(drawn("1")));
        drop(manifest);
        std::fs::write(folder.join("a.png"), "xyz").unwrap();
        assert_eq!(ahead("a.png").unchanged("a.png", "2"), Some(drawn("2")));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_torn_line_is_not_read_and_a_struck_out_picture_is_drawn_again() {
        let folder = std::env::temp_dir().join(format!("templrender-manifest-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let manifest = Manifest::open(&folder).unwrap();
        assert!(matches!(Manifest::open(&folder), Err(Stop::Failed(f)) if f[0].reason == "another run is writing into this folder"));
        for name in ["a.png", "b.png", "c.png"] {
            enter(&manifest, name, "1", "abc");
        }
        manifest.forget("b.png").unwrap();
        drop(manifest);
        let path = folder.join(NAME);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"file\":\"c.png\",\"key\":\"2\",\"byt");
        std::fs::write(&path, text).unwrap();

        let manifest = Manifest::open(&folder).unwrap();
        assert_eq!(manifest.unchanged("a.png", "1"), Some(drawn("1")));
        assert_eq!(manifest.unchanged("a.png", "2"), None);
        assert_eq!(manifest.unchanged("b.png", "1"), None);
        assert_eq!(manifest.unchanged("c.png", "1"), Some(drawn("1")));
        std::fs::write(folder.join("c.png"), "ab").unwrap();
        assert_eq!(manifest.unchanged("c.png", "1"), None, "a file of another length is not the one that was drawn");
        std::fs::remove_file(folder.join("a.png")).unwrap();
        manifest.close().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
        drop(manifest);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
