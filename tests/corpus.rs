//! Every picture of the shared corpora through the decoder: no panic, bounded time and memory, and the size that its manifest expects.
//!
//! The corpora lie beside the project, not in it; without them the test says how many files it did not see. With `TEMPLRENDER_DUMP=DIR`
//! each decoded picture is also written as raw RGBA, which `tests/decode_oracle.py` compares with Pillow's pixels.

#![expect(clippy::disallowed_macros, clippy::disallowed_types, reason = "a test is a host: it reads files, takes the time and prints")]
#![allow(clippy::disallowed_methods, reason = "a test may read files and the clock")]

#[path = "common/counting.rs"]
mod counting;

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use counting::{Counting, peak_of};
use templrender::{Frame, Limits};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const EXTENSIONS: [&str; 12] = ["jpg", "jpeg", "jpe", "png", "apng", "webp", "gif", "bmp", "ico", "tif", "tiff", "avif"];

/// Pictures that the manifest's two readers agree on and we do not, and why.
const OTHERWISE: [(&str, &str); 3] = [
    ("decode/bmp/bmpsuite_q/pal8os2v2.bmp", "OS/2's second header of 64 bytes is not read, and says so"),
    ("decode/gif/imagers/gif__simple__issue_1455_oversized.gif", "a frame larger than its screen is cut, not the screen enlarged"),
    ("decode/jpeg/turbo/testimgari.jpg", "arithmetic coding is not read, and says so"),
];

#[test]
fn the_corpora_decode_within_bounds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let Ok(manifest) = std::fs::read(root.join("MANIFEST.json")) else {
        println!("SKIPPED: no corpora at {}", root.display());
        return;
    };
    let manifest: Vec<serde_json::Value> = serde_json::from_slice(&manifest).unwrap();
    let dump = std::env::var_os("TEMPLRENDER_DUMP").map(PathBuf::from);
    let limits = Limits::default();
    // without optimisation our own loops are some twenty times slower
    let optimised = std::env::current_exe().is_ok_and(|path| !path.components().any(|part| part.as_os_str() == "debug"));
    let longest = Duration::from_millis(if optimised { 200 } else { 4_000 });
    let (mut seen, mut wrong) = (0, Vec::new());
    for entry in &manifest {
        let path = entry["path"].as_str().unwrap();
        let extension = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let malformed = path.starts_with("malformed/");
        if !(malformed || path.starts_with("decode/") && EXTENSIONS.contains(&extension.as_str())) {
            continue;
        }
        let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
        seen += 1;
        let timed = || {
            let start = Instant::now();
            (catch_unwind(|| Frame::decode(&bytes, &limits)), start.elapsed())
        };
        let ((result, mut time), memory) = peak_of(timed);
        let Ok(result) = result else {
            wrong.push(format!("{path}: panicked"));
            continue;
        };
        // a picture of many pixels may take what its pixels need
        let natural = result.as_ref().map_or(0, |f| f.pixels().len());
        if malformed && memory > (64 << 20).max(natural * 3) {
            wrong.push(format!("{path}: took {} MiB", memory >> 20));
        }
        // a second try tells a slow picture from a machine that was busy
        if malformed && time > longest {
            time = time.min(timed().1);
        }
        if malformed && time > longest {
            wrong.push(format!("{path}: took {} ms", time.as_millis()));
        }
        let expect = &entry["expect"];
        match (entry["verdict"].as_str().unwrap_or_default(), &result) {
            _ if malformed || OTHERWISE.iter().any(|(p, _)| *p == path) => {}
            ("decisive", Ok(frame)) => {
                let size = [&expect["dim"][0], &expect["dim"][1]].map(|v| v.as_u64().unwrap_or(0) as u32);
                if size != [frame.width(), frame.height()] && size != [frame.height(), frame.width()] {
                    wrong.push(format!("{path}: {frame:?}, expected {size:?}"));
                }
            }
            ("decisive" | "both-ok", Err(e)) if !["AVIF", "TIFF", "ICO"].contains(&expect["fmt"].as_str().unwrap_or_default()) => {
                wrong.push(format!("{path}: expected a picture, found: {e}"));
            }
            ("decisive-error", Ok(frame)) => wrong.push(format!("{path}: expected an error, found {frame:?}")),
            _ => {}
        }
        if let (Some(dir), Ok(frame)) = (&dump, &result) {
            let mut raw = [frame.width().to_le_bytes(), frame.height().to_le_bytes()].concat();
            raw.extend(frame.to_rgba());
            std::fs::write(dir.join(path.replace('/', "__")), raw).unwrap();
        }
    }
    println!("{seen} pictures seen");
    assert!(seen > 1000, "only {seen} pictures of the corpora were found");
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
}
