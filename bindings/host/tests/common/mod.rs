//! What the tests of the host share: a folder of their own, and this program again as another process.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A folder that is removed at the end.
pub(crate) struct Room(pub(crate) PathBuf);

impl Room {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("templrender-host-{name}-{}-{number}", std::process::id()));
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

    /// The files below, with their lengths.
    pub(crate) fn files(&self) -> Vec<(PathBuf, u64)> {
        let mut found = Vec::new();
        let mut open = vec![self.0.clone()];
        while let Some(folder) = open.pop() {
            // Files and folders come and go.
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            for entry in entries.flatten() {
                match entry.metadata() {
                    Ok(about) if about.is_dir() => open.push(entry.path()),
                    Ok(about) => found.push((entry.path(), about.len())),
                    Err(_) => {}
                }
            }
        }
        found.sort();
        found
    }

    /// What the files below take, in blocks of 4 KiB.
    pub(crate) fn bytes(&self) -> u64 {
        self.files().iter().map(|(_, length)| length.next_multiple_of(4096)).sum()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Should it stay behind, it lies among temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Waits until it is so, and fails where it never comes to that.
pub(crate) async fn until(what: impl Fn() -> bool) {
    let started = Instant::now();
    while !what() {
        assert!(started.elapsed() < Duration::from_secs(20), "it never came to that");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Where the child of a test works; nothing where somebody runs all ignored tests, and there is no test whose child it is.
pub(crate) fn child_folder() -> Option<PathBuf> {
    std::env::var_os("TEMPLRENDER_TEST_CHILD").map(PathBuf::from)
}

/// One test of this program as a process of its own, which works in a folder.
pub(crate) fn child(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).env("TEMPLRENDER_TEST_CHILD", folder);
    command
}

/// Numbers that are the same in every run.
pub(crate) fn random() -> impl FnMut() -> u32 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }
}
