//! What the tests of the program share: a folder of their own, the program, and a small picture.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is removed at the end.
pub(crate) struct Room(pub(crate) PathBuf);

impl Room {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("templrender-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    /// A file, with the folders above it.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// The files of a folder, sorted.
    pub(crate) fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.0.join(folder)) else { return Vec::new() };
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program, to be run in this folder.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_templrender"));
        command.current_dir(&self.0).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.program(arguments).output().unwrap()
    }

    /// Runs the program, checks its exit status, and gives what it said on standard error.
    pub(crate) fn says(&self, status: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?} said:\n{said}");
        said
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Should it stay behind, it lies among temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A picture of one colour.
pub(crate) fn png(width: u32, height: u32, rgba: [u8; 4]) -> Vec<u8> {
    let pixels = rgba.repeat((width * height) as usize);
    core_::Frame::from_rgba(width, height, pixels).unwrap().encode(&core_::Output::png()).unwrap()
}

/// A template without text, so that it needs no font: a box in the row's colour, and a picture.
pub(crate) const CARD: &str = r##"{
  "templrender": 1, "name": "card", "size": [40, 20],
  "fields": { "tint": { "type": "color", "default": "#ffffff" }, "image_link": { "type": "image" } },
  "background": "{{ tint }}",
  "layers": [ { "id": "photo", "type": "image", "src": "{{ image_link }}", "missing": "hide", "left": 10, "top": 5, "width": 10, "height": 10 } ],
  "variants": { "tall": { "size": [20, 40] } }
}"##;

/// The same, and a row without its picture fails.
pub(crate) const STRICT: &str = r##"{
  "templrender": 1, "name": "strict", "size": [40, 20],
  "fields": { "tint": { "type": "color", "default": "#ffffff" }, "image_link": { "type": "image", "required": true } },
  "background": "{{ tint }}",
  "layers": [ { "id": "photo", "type": "image", "src": "{{ image_link }}", "left": 10, "top": 5, "width": 10, "height": 10 } ]
}"##;

pub(crate) fn exists(path: impl AsRef<Path>) -> bool {
    path.as_ref().exists()
}
