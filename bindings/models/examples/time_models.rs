//! Runs one model on one engine and says how long it took and how much memory; `tools/model_speed.py` calls it for each engine, beside onnxruntime.
//!
//! ```text
//! time_models ENGINE THREADS RUNS MANIFEST OUT SHAPE=FILE [SHAPE=FILE ...]
//! ```
//!
//! `SHAPE=FILE` are the inputs in the manifest's order, `1x3x256x256=image.f32` with little-endian float32; OUT gets the outputs the same way, one after
//! the other. ONNX Runtime is found by `ORT_DYLIB_PATH`; `ort-cuda` runs it on the GPU. Prints one line of JSON.

use std::error::Error;
use std::time::Instant;
use std::{env, fs};

use core_::{Engine, Guard, Manifest, Tensor, TensorData};
use templrender_models::{EngineKind, Options, open};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [engine, threads, runs, manifest, out, inputs @ ..] = &arguments[..] else {
        return Err("time_models ENGINE THREADS RUNS MANIFEST OUT SHAPE=FILE ...".into());
    };
    let runs: usize = runs.parse()?;
    let (engine, cuda) = engine.strip_suffix("-cuda").map_or((engine.as_str(), false), |engine| (engine, true));
    let options = Options { engine: engine.parse::<EngineKind>()?, threads: threads.parse()?, cuda, ..Options::default() };
    let inputs = inputs.iter().map(|input| tensor(input)).collect::<Result<Vec<_>, _>>()?;
    let declared = Manifest::from_json(&fs::read_to_string(manifest)?)?;
    let file = fs::canonicalize(manifest)?.with_file_name(declared.file().ok_or("the manifest names no file")?);

    let before_mb = status_mb("VmRSS:")?;
    let start = Instant::now();
    let network = open(file, &declared, &options)?;
    let outputs = network.run(&inputs, &Guard::default())?;
    let first_ms = start.elapsed().as_secs_f64() * 1e3;
    let mut all_ms = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        network.run(&inputs, &Guard::default())?;
        all_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    all_ms.sort_by(f64::total_cmp);
    let peak_mb = status_mb("VmHWM:")? - before_mb;
    let bytes: Vec<u8> = outputs.iter().filter_map(Tensor::as_f32).flatten().flat_map(|number| number.to_le_bytes()).collect();
    fs::write(out, bytes)?;
    let least_ms = all_ms.first().ok_or("RUNS must be 1 or more")?;
    let median_ms = all_ms[all_ms.len() / 2];
    let identity = network.identity();
    println!(
        r#"{{"engine": "{identity}", "first_ms": {first_ms:.1}, "least_ms": {least_ms:.2}, "median_ms": {median_ms:.2}, "peak_mb": {peak_mb:.0}}}"#
    );
    Ok(())
}

fn tensor(input: &str) -> Result<Tensor, Box<dyn Error>> {
    let (shape, file) = input.split_once('=').ok_or("an input is SHAPE=FILE")?;
    let shape = shape.split('x').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let numbers = fs::read(file)?.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(Tensor::new(shape, TensorData::F32(numbers))?)
}

/// A line of what Linux says about this process.
fn status_mb(key: &str) -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).ok_or("no memory in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
}
