//! `fuzz/run.sh jpeg_encode SECONDS`: the JPEG encoder on any picture.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| templrender_fuzz::jpeg::law(data));
