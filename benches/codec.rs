//! Decoding and encoding against the libraries that a user would take instead, on the pictures of the shared peers.
//!
//! Names are `stage/case/library`. Each case checks its answer before it is timed: sizes equal, pixels near. Without the shared
//! pictures nothing is measured, and that is said.

#![expect(clippy::disallowed_macros, reason = "a test is a host: it reads files, takes the time and prints")]
#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]
#![allow(clippy::disallowed_methods, reason = "a benchmark may read files")]

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use templrender::{Effort, Frame, Limits, Output, Subsampling};

fn asset(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/peers/assets").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("SKIPPED: no {}", path.display());
    }
    bytes
}

fn decode(c: &mut Criterion) {
    let limits = Limits::default();
    for name in ["product.jpg", "product_busy.jpg"] {
        let Some(bytes) = asset(name) else { return };
        let reference = by_jpeg_decoder(&bytes);
        let frame = Frame::decode(&bytes, &limits).unwrap();
        assert_near(&frame.to_rgba(), &reference, 1.0);
        let mut group = c.benchmark_group(format!("decode/{name}"));
        group.bench_function("templrender", |b| b.iter(|| Frame::decode(black_box(&bytes), &limits).unwrap()));
        group.bench_function("zune-jpeg", |b| b.iter(|| by_zune(black_box(&bytes))));
        group.bench_function("jpeg-decoder", |b| b.iter(|| by_jpeg_decoder(black_box(&bytes))));
        group.finish();
        let mut group = c.benchmark_group(format!("decode-half/{name}"));
        let (width, height) = (frame.width() / 2, frame.height() / 2);
        group.bench_function("templrender", |b| b.iter(|| Frame::decode_at_least(black_box(&bytes), width, height, &limits).unwrap()));
        group.finish();
    }
}

fn encode(c: &mut Criterion) {
    let limits = Limits::default();
    if let Some(bytes) = asset("frame_j1.png") {
        let frame = Frame::decode(&bytes, &limits).unwrap();
        let rgba = frame.to_rgba();
        let output = Output { subsampling: Subsampling::S420, ..Output::jpeg(85) };
        assert_near(&by_jpeg_decoder(&frame.encode(&output).unwrap()), &rgba, 3.0);
        println!("encode/j1-jpeg85: templrender {} bytes", frame.encode(&output).unwrap().len());
        println!("encode/j1-jpeg85: jpeg-encoder {} bytes", by_jpeg_encoder(&frame).len());
        let mut group = c.benchmark_group("encode/j1-jpeg85");
        group.bench_function("templrender", |b| b.iter(|| black_box(&frame).encode(&output).unwrap()));
        group.bench_function("jpeg-encoder", |b| b.iter(|| by_jpeg_encoder(black_box(&frame))));
        group.finish();
        lossless(c, "j1", &frame);
        qualities(c, "j1", &frame);
    }
    if let Some(bytes) = asset("product_busy.jpg") {
        qualities(c, "product_busy", &Frame::decode(&bytes, &limits).unwrap());
    }
    if let Some(bytes) = asset("frame_j2.png") {
        lossless(c, "j2", &Frame::decode(&bytes, &limits).unwrap());
    }
    if let Some(bytes) = asset("logo.png") {
        lossless(c, "logo", &Frame::decode(&bytes, &limits).unwrap());
    }
}

/// The sizes of chroma and the qualities that ads are written in, and the quality that has a more precise transform.
fn qualities(c: &mut Criterion, name: &str, frame: &Frame) {
    let mut group = c.benchmark_group(format!("encode/{name}-jpeg"));
    group.sample_size(20);
    for (quality, label, subsampling) in
        [(60, "420", Subsampling::S420), (85, "420", Subsampling::S420), (85, "444", Subsampling::S444), (97, "444", Subsampling::S444)]
    {
        let output = Output { subsampling, ..Output::jpeg(quality) };
        let bytes = frame.encode(&output).unwrap();
        assert_near(&by_jpeg_decoder(&bytes), &frame.to_rgba(), if quality > 80 { 4.0 } else { 8.0 });
        println!("encode/{name}-jpeg: {quality}-{label} {} bytes", bytes.len());
        group.bench_function(format!("{quality}-{label}/templrender"), |b| b.iter(|| black_box(frame).encode(&output).unwrap()));
    }
    group.finish();
}

fn lossless(c: &mut Criterion, name: &str, frame: &Frame) {
    let mut group = c.benchmark_group(format!("encode/{name}-lossless"));
    group.sample_size(20);
    for (label, output) in
        [("png-fast", Output::png()), ("png-small", Output { effort: Effort::Small, ..Output::png() }), ("webp", Output::webp())]
    {
        let bytes = frame.encode(&output).unwrap();
        assert!(Frame::decode(&bytes, &Limits::default()).unwrap() == *frame, "{label} must keep every pixel");
        println!("encode/{name}-lossless: templrender-{label} {} bytes", bytes.len());
        group.bench_function(format!("templrender-{label}"), |b| b.iter(|| black_box(frame).encode(&output).unwrap()));
    }
    for (label, compression) in [("png-crate", png::Compression::Fast), ("png-crate-balanced", png::Compression::Balanced)] {
        println!("encode/{name}-lossless: {label} {} bytes", by_png(frame, compression).len());
        group.bench_function(label, |b| b.iter(|| by_png(black_box(frame), compression)));
    }
    group.finish();
}

fn by_zune(bytes: &[u8]) -> Vec<u8> {
    use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGBA);
    zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode().unwrap()
}

fn by_jpeg_decoder(bytes: &[u8]) -> Vec<u8> {
    let rgb = jpeg_decoder::Decoder::new(bytes).decode().unwrap();
    rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect()
}

fn by_jpeg_encoder(frame: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 85);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
    encoder.set_chroma_subsampling_method(jpeg_encoder::ChromaSubsamplingMethod::Average);
    encoder.encode(frame.pixels(), frame.width() as u16, frame.height() as u16, jpeg_encoder::ColorType::Rgba).unwrap();
    out
}

fn by_png(frame: &Frame, compression: png::Compression) -> Vec<u8> {
    let (mut out, straight) = (Vec::new(), frame.to_rgba());
    let mut encoder = png::Encoder::new(&mut out, frame.width(), frame.height());
    let (color, channels) = if frame.is_opaque() { (png::ColorType::Rgb, 3) } else { (png::ColorType::Rgba, 4) };
    encoder.set_color(color);
    encoder.set_compression(compression);
    let samples: Vec<u8> = straight.chunks_exact(4).flat_map(|p| &p[..channels]).copied().collect();
    encoder.write_header().unwrap().write_image_data(&samples).unwrap();
    out
}

fn assert_near(a: &[u8], b: &[u8], mean: f64) {
    assert_eq!(a.len(), b.len());
    let off: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!((off as f64) < mean * a.len() as f64, "pixels are {} apart", off as f64 / a.len() as f64);
}

criterion_group!(benches, decode, encode);
criterion_main!(benches);
