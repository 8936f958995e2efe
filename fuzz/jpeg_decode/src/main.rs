//! jpeg_decode SECONDS [FOLDER] [SEED]: damaged JPEGs for so many seconds of this process's time, each decoded at full size and smaller ones, and drawn.
//!
//! Seeds are photos drawn here, at both samplings our encoder writes, and every JPEG of a folder up to 64 KB. Each round takes one, changes
//! it (bits, bytes, numbers of headers, pieces of other files, a cut), and holds the answer to laws: no panic, whole and opaque pixels,
//! the same answer twice. What breaks one is written to `target/jpeg_decode-SEED-ROUND.jpg`.

#[path = "../../../tests/common/random.rs"]
mod random;

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use random::Random;
use templrender::{Context, Error, Fonts, Frame, Limits, Output, Renderer, Resources, Row, Scratch, Subsampling, Template};

const CARD: &str = r#"{ "templrender": 1, "name": "card", "size": [70, 50], "layers": [
  { "type": "image", "src": "{{ photo }}", "left": 5, "top": 3, "width": 41, "height": 37, "object-fit": "cover" } ] }"#;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let seconds: f64 = arguments.next().and_then(|s| s.parse().ok()).unwrap_or(10.0);
    let folder = arguments.next();
    let seed: u64 = arguments.next().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut seeds = drawn();
    if let Some(folder) = folder {
        files(Path::new(&folder), &mut seeds)?;
    }
    let (mut random, start, mut rounds, mut read) = (Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1), Instant::now(), 0u64, 0u64);
    std::panic::set_hook(Box::new(|_| {}));
    while start.elapsed().as_secs_f64() < seconds {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        let other = random.below(seeds.len());
        change(&mut bytes, &seeds[other], &mut random);
        rounds += 1;
        match catch_unwind(|| answer(&bytes)) {
            Ok(Ok(known)) => read += u64::from(known),
            failed => {
                let path = PathBuf::from(format!("target/jpeg_decode-{seed}-{rounds}.jpg"));
                std::fs::write(&path, &bytes)?;
                println!("BROKEN: {}: {}", path.display(), failed.ok().and_then(Result::err).unwrap_or_else(|| "panic".into()));
                std::process::exit(1);
            }
        }
    }
    println!("{rounds} files, {read} of them read, {} seeds, 0 broken", seeds.len());
    Ok(())
}

fn drawn() -> Vec<Vec<u8>> {
    let photo = |width: u32, height: u32| {
        let px = (0..width * height).flat_map(|i| [(i % width * 5) as u8, (i / width * 3) as u8, (i * i / 9) as u8, 255]);
        Frame::from_rgba(width, height, px.collect()).unwrap()
    };
    let sizes = [(64, 64), (50, 37), (17, 90), (1, 1), (130, 33)];
    let outputs = [(Subsampling::S420, 85), (Subsampling::S444, 60), (Subsampling::S444, 100)];
    let encode = |(w, h), (subsampling, quality)| photo(w, h).encode(&Output { subsampling, ..Output::jpeg(quality) }).unwrap();
    sizes.into_iter().flat_map(|size| outputs.map(|output| encode(size, output))).collect()
}

fn files(folder: &Path, seeds: &mut Vec<Vec<u8>>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, seeds)?;
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.starts_with(&[0xff, 0xd8])
            && bytes.len() <= 64 << 10
        {
            seeds.push(bytes);
        }
    }
    Ok(())
}

/// One to eight changes.
fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..1 + random.below(8) {
        let length = bytes.len();
        if length < 4 {
            return;
        }
        // half of them before the pixels, where every byte has a meaning
        let before = bytes.windows(2).position(|w| w == [0xff, 0xda]).unwrap_or(length / 2).max(4);
        let at = if random.below(2) == 0 { 2 + random.below(before - 2) } else { random.below(length) };
        match random.below(8) {
            0 | 1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = random.below(256) as u8,
            3 => bytes[at] = [0x00, 0x01, 0x11, 0x21, 0x12, 0x22, 0x41, 0x42, 0x7f, 0xff][random.below(10)],
            4 => {
                let end = (at + random.below(40)).min(length);
                bytes.drain(at..end);
            }
            5 => {
                let from = random.below(other.len());
                let piece = other[from..(from + random.below(200)).min(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            6 if random.below(4) == 0 => bytes.truncate(at),
            6 => {
                let end = (at + 1 + random.below(16)).min(length);
                bytes[at..end].fill(0xff);
            }
            _ => {
                let marker = [0xd0, 0xd1, 0xd7, 0xd9, 0xc0, 0xc4, 0xda, 0xdd][random.below(8)];
                bytes.splice(at..at, [0xff, marker]);
            }
        }
    }
}

/// Whether it is a picture; an error where it breaks a law.
fn answer(bytes: &[u8]) -> Result<bool, String> {
    // small limits keep a round short
    let limits = Limits { max_pixels: 1 << 20, ..Limits::default() };
    let decode = |at_least: Option<(u32, u32)>| match at_least {
        Some((w, h)) => Frame::decode_at_least(bytes, w, h, &limits),
        None => Frame::decode(bytes, &limits),
    };
    let mut known = false;
    for at_least in [None, Some((40, 40)), Some((17, 17)), Some((1, 1))] {
        let first = decode(at_least);
        if let Ok(frame) = &first {
            known = true;
            if frame.pixels().len() != frame.width() as usize * frame.height() as usize * 4 || frame.pixels().iter().skip(3).step_by(4).any(|a| *a != 255) {
                return Err("pixels".into());
            }
        }
        if first.as_ref().ok() != decode(at_least).as_ref().ok() {
            return Err("two answers".into());
        }
    }
    draw(bytes).map_err(|e| e.to_string()).or_else(|_| Ok::<_, String>(()))?;
    Ok(known)
}

/// As a layer, cropped and scaled.
fn draw(bytes: &[u8]) -> Result<(), Error> {
    let template = Template::parse(CARD)?;
    let renderer = Renderer::new(Fonts::new());
    let plan = renderer.plan(&template, &Row::from_json(r#"{ "photo": "photo" }"#)?, &Context::default())?;
    let mut resources = Resources::new();
    for need in plan.pending(&resources) {
        resources.insert(need.id(), bytes.to_vec())?;
    }
    renderer.render(&plan, &resources, &mut Scratch::new()).map(|_| ())
}
