//! The line protocol: one JSON object a line, in and out. Wall and processor time are taken round each render, with nothing else in between.

use std::error::Error;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// Answers standard input until it ends or says `quit`. `draw` makes the bytes of a job for the row of that number.
pub(crate) fn serve(jobs: &[&str], draw: impl Fn(&str, usize) -> Result<Vec<u8>, Box<dyn Error>> + Sync) -> Result<(), Box<dyn Error>> {
    say(&json!({ "ready": true, "jobs": jobs }))?;
    for line in std::io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let job = asked["job"].as_str().unwrap_or_default();
        let start = number(&asked, "start").unwrap_or(0);
        let answer = match asked["cmd"].as_str() {
            Some("quit") => break,
            Some("run") => run(job, start, number(&asked, "n").ok_or("run needs n")?, &draw),
            Some("par") => {
                let (count, threads) = number(&asked, "n").zip(number(&asked, "threads")).ok_or("par needs n and threads")?;
                par(job, count, threads, &draw)
            }
            Some("dump") => dump(job, start, asked["path"].as_str().ok_or("dump needs a path")?, &draw),
            _ => Err(format!("unknown command in {asked}").into()),
        };
        say(&answer.unwrap_or_else(|fault| json!({ "error": fault.to_string() })))?;
    }
    Ok(())
}

type Draw<'d> = &'d (dyn Fn(&str, usize) -> Result<Vec<u8>, Box<dyn Error>> + Sync);

fn run(job: &str, start: usize, count: usize, draw: Draw<'_>) -> Result<Value, Box<dyn Error>> {
    let (mut ms, mut cpu, mut size) = (Vec::with_capacity(count), Vec::with_capacity(count), 0);
    for i in 0..count {
        let (cpu_from, from) = (cpu_ms(), Instant::now());
        let bytes = draw(job, start + i)?;
        ms.push(from.elapsed().as_secs_f64() * 1e3);
        cpu.push(cpu_ms() - cpu_from);
        size = bytes.len();
    }
    Ok(json!({ "ms": ms, "cpu": cpu, "size": size }))
}

/// As many pictures by as many threads, the next one to whoever is free.
fn par(job: &str, count: usize, threads: usize, draw: Draw<'_>) -> Result<Value, Box<dyn Error>> {
    let (next, from) = (AtomicUsize::new(0), Instant::now());
    let work = || -> Result<(), String> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            draw(job, number).map_err(|fault| fault.to_string())?;
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a thread panicked".to_owned())?)
    })?;
    Ok(json!({ "wall": from.elapsed().as_secs_f64() * 1e3, "n": count }))
}

fn dump(job: &str, start: usize, path: &str, draw: Draw<'_>) -> Result<Value, Box<dyn Error>> {
    let bytes = draw(job, start)?;
    std::fs::write(path, &bytes)?;
    Ok(json!({ "size": bytes.len() }))
}

fn say(value: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}

fn number(asked: &Value, key: &str) -> Option<usize> {
    asked[key].as_u64().and_then(|n| usize::try_from(n).ok())
}

/// Processor time of this process so far, ms.
fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
