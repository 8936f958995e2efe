//! JPEGs that are cut off or changed: an error or a picture, never a panic, and never long. The short form draws its photos itself; the long
//! form (`--ignored`) takes the shared corpora: every malformed file, 64 prefixes and 20,000 changed bits of ten photos.

#![expect(clippy::disallowed_macros, reason = "a test prints")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test reads files and the clock")]

#[path = "common/random.rs"]
mod random;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use random::Random;

use templrender::{
    Code, Context, Error, Fonts, Frame, Limits, NoteCode, Output, Rendered, Renderer, Resources, Row, Scratch, Subsampling, Template,
};

/// What no file may take, with own code unoptimised and the machine busy.
const A_MOMENT: Duration = Duration::from_secs(20);

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

/// The photo as a layer, at its own size.
fn drawn(bytes: &[u8], (width, height): (u32, u32)) -> Result<Rendered, Error> {
    let template = format!(
        r#"{{ "templrender": 1, "name": "card", "size": [{width}, {height}], "layers": [
            {{ "id": "photo", "type": "image", "src": "photo.jpg", "width": {width}, "height": {height} }} ] }}"#
    );
    let renderer = Renderer::new(Fonts::new());
    let plan = renderer.plan(&Template::parse(&template)?, &Row::new(), &Context::default())?;
    let mut resources = Resources::new();
    for need in plan.pending(&resources) {
        resources.insert(need.id(), bytes.to_vec())?;
    }
    let drawn = renderer.render(&plan, &resources, &mut Scratch::new());
    // what is drawn without a note is drawn where only whole pictures are, and nothing else is
    resources.refuse_truncated();
    match (renderer.render(&plan, &resources, &mut Scratch::new()), &drawn) {
        (Ok(strict), Ok(drawn)) => assert!(drawn.report.notes.is_empty() && strict.frame == drawn.frame),
        (Err(refused), Ok(drawn)) => {
            assert_eq!(drawn.report.notes[0].code, NoteCode::ImageTruncated);
            assert_eq!((refused.code(), refused.faults()[0].place.as_str()), (Code::DamagedResource, "resource photo.jpg"));
            assert!(refused.to_string().ends_with(" % of it, all of it must be there"), "{refused}");
        }
        (strict, Err(_)) => assert!(strict.is_err()),
    }
    drawn
}

/// The file with so much of its one scan.
fn cut(bytes: &[u8], percent: usize) -> &[u8] {
    let start = bytes.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
    &bytes[..start + (bytes.len() - start) * percent / 100]
}

#[test]
fn a_jpeg_that_is_cut_off_is_drawn_as_far_as_it_goes_and_noted() {
    let bytes = photo(160, 120).encode(&Output::jpeg(85)).unwrap();
    let whole = drawn(&bytes, (160, 120)).unwrap();
    assert!(whole.report.notes.is_empty());
    let filled = drawn(cut(&bytes, 75), (160, 120)).unwrap();
    let [note] = filled.report.notes.as_slice() else { panic!("{:?}", filled.report.notes) };
    assert_eq!((note.code, note.layer.as_str()), (NoteCode::ImageTruncated, "photo"));
    assert!(note.message.starts_with("photo.jpg is not whole: its data end after ") && note.message.ends_with("; the rest is grey"));
    assert_eq!(filled.frame.pixels()[..160 * 40 * 4], whole.frame.pixels()[..160 * 40 * 4]);
    assert!(filled.frame.pixels()[160 * 116 * 4..].chunks(4).all(|px| px == [128, 128, 128, 255]));
    let last = drawn(&bytes[..bytes.len() - 8], (160, 120)).unwrap();
    assert_eq!(last.report.notes.iter().map(|note| note.code).collect::<Vec<_>>(), [NoteCode::ImageTruncated], "in its last MCU");
    // without its end marker it is whole
    assert!(drawn(&bytes[..bytes.len() - 2], (160, 120)).unwrap().report.notes.is_empty());
    // a picture of one's own is whole or an error
    assert_eq!(Frame::decode(cut(&bytes, 75), &Limits::default()).unwrap_err().code(), Code::DamagedResource);
    let refused = drawn(cut(&bytes, 30), (160, 120)).unwrap_err();
    assert!(refused.to_string().ends_with(" % of it, at least 50 % must be there"), "{refused}");
    assert_eq!((refused.code(), refused.faults()[0].place.as_str()), (Code::DamagedResource, "resource photo.jpg"));
}

#[test]
fn a_progressive_jpeg_that_is_cut_off_is_refused() {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 85);
    encoder.set_progressive(true);
    encoder.encode(&photo(160, 120).to_rgba(), 160, 120, jpeg_encoder::ColorType::Rgba).unwrap();
    assert!(drawn(&bytes, (160, 120)).is_ok());
    for percent in [40, 70, 90] {
        let refused = drawn(&bytes[..bytes.len() * percent / 100], (160, 120)).unwrap_err();
        assert_eq!(refused.code(), Code::DamagedResource, "{percent}: {refused}");
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
    assert!(tally.drawn > 200 && tally.refused > 100, "{} drawn, {} refused", tally.drawn, tally.refused);
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
