//! JPEGs that are cut off or changed: an error or a picture, never a panic, and never long. The short form draws its photos itself; the long
//! form (`--ignored`) takes the shared corpora: every malformed file, 64 prefixes and 20,000 changed bits of ten photos.

#![expect(clippy::disallowed_macros, reason = "a test prints")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test reads files and the clock")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use templrender::{Code, Frame, Limits, Output, Subsampling};

/// What no file may take, with own code unoptimised and the machine busy.
const A_MOMENT: Duration = Duration::from_secs(20);

struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % most.max(1)
    }
}

#[derive(Default)]
struct Tally {
    drawn: usize,
    refused: usize,
}

impl Tally {
    /// Decodes at full size and as small as the decoder goes; what is refused says why.
    fn decode(&mut self, bytes: &[u8], what: &str) {
        let start = Instant::now();
        let limits = Limits::default();
        for result in
            [Frame::decode(bytes, &limits), Frame::decode_at_least(bytes, 40, 30, &limits), Frame::decode_at_least(bytes, 1, 1, &limits)]
        {
            match result {
                Ok(frame) => {
                    assert_eq!(frame.pixels().len(), frame.width() as usize * frame.height() as usize * 4, "{what}");
                    assert!(frame.pixels().chunks_exact(4).all(|px| px[3] == 255), "{what}");
                    self.drawn += 1;
                }
                Err(error) => {
                    let known = [Code::DamagedResource, Code::UnknownFormat, Code::ResourceLimit];
                    assert!(known.contains(&error.code()) && error.to_string().len() > 10, "{what}: {error}");
                    self.refused += 1;
                }
            }
        }
        assert!(start.elapsed() < A_MOMENT, "{what} took {:?}", start.elapsed());
    }

    /// Prefixes and copies with one bit changed.
    fn damage(&mut self, bytes: &[u8], prefixes: usize, flips: usize, random: &mut Random, what: &str) {
        for i in 0..prefixes {
            self.decode(&bytes[..bytes.len() * i / prefixes], &format!("{what} cut at {i}/{prefixes}"));
        }
        let mut changed = bytes.to_vec();
        for _ in 0..flips {
            let bit = random.below(bytes.len() * 8);
            changed[bit / 8] ^= 1 << (bit % 8);
            self.decode(&changed, &format!("{what} with bit {bit} changed"));
            changed[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

fn photo(width: u32, height: u32) -> Frame {
    let mut random = Random(u64::from(width) * 7919);
    let px = (0..width * height).flat_map(|i| {
        let (x, y) = (i % width, i / width);
        let grain = random.below(if x > y { 40 } else { 4 }) as u32;
        [x * 3 + grain, y * 2 + grain, x + y + grain, 255].map(|v| v.min(255) as u8)
    });
    Frame::from_rgba(width, height, px.collect()).unwrap()
}

#[test]
fn a_jpeg_cut_or_changed_is_an_error_or_a_picture() {
    let mut tally = Tally::default();
    for (subsampling, quality) in [(Subsampling::S420, 80), (Subsampling::S444, 92)] {
        let bytes = photo(90, 60).encode(&Output { subsampling, ..Output::jpeg(quality) }).unwrap();
        tally.damage(&bytes, 24, 150, &mut Random(quality.into()), &format!("{subsampling:?}"));
    }
    assert!(tally.drawn > 200 && tally.refused > 200, "{} drawn, {} refused", tally.drawn, tally.refused);
}

fn corpora() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    if !root.is_dir() {
        println!("SKIPPED: no corpora at {}", root.display());
        return None;
    }
    Some(root)
}

/// JPEGs below a folder, in a fixed order.
fn jpegs(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let is_jpeg = |p: &Path| std::fs::read(p).is_ok_and(|b| b.starts_with(&[0xff, 0xd8]));
        if path.is_dir() {
            jpegs(&path, found);
        } else if is_jpeg(&path) {
            found.push(path);
        }
    }
}

#[test]
#[ignore = "takes minutes"]
fn the_corpora_cut_or_changed_are_errors_or_pictures() {
    let Some(root) = corpora() else { return };
    let (mut malformed, mut photos) = (Vec::new(), Vec::new());
    jpegs(&root.join("malformed"), &mut malformed);
    jpegs(&root.join("decode"), &mut photos);
    jpegs(&root.join("photos"), &mut photos);
    let mut tally = Tally::default();
    for path in &malformed {
        tally.decode(&std::fs::read(path).unwrap(), &path.display().to_string());
    }
    let mut sizes: Vec<(u64, PathBuf)> = photos.into_iter().map(|p| (std::fs::metadata(&p).unwrap().len(), p)).collect();
    sizes.sort();
    sizes.retain(|(bytes, _)| *bytes > 3_000);
    let mut random = Random(8);
    assert!(malformed.len() > 100 && sizes.len() >= 10, "{} malformed files, {} photos", malformed.len(), sizes.len());
    for (_, path) in sizes.iter().take(10) {
        tally.damage(&std::fs::read(path).unwrap(), 64, 2_000, &mut random, &path.display().to_string());
    }
    println!("{} drawn, {} refused", tally.drawn, tally.refused);
}
