//! Where a job's time goes, by the host's clock: microseconds of each step of `ARCHITECTURE.md`, which must add up to the wall time.
//!
//! What happens within a step is told by a profiler: `tools/profile.py` runs [`draw`] under perf and callgrind, which look at
//! [`one_picture`] alone.

use std::error::Error;
use std::time::Instant;

use crate::jobs::{Jobs, Step};

/// Pictures that are drawn before one is counted: caches are warm, every row was seen.
const WARM_UP: usize = 16;
/// The least share of the wall time that the steps must come to.
const LEAST_SHARE: f64 = 0.95;

/// Draws so many pictures, nothing else: one row after the other, as the timed runs do.
pub(crate) fn draw(jobs: &Jobs, job: &str, pictures: usize) -> Result<(), Box<dyn Error>> {
    for number in 0..WARM_UP {
        jobs.draw(job, number)?;
    }
    let mut bytes = 0;
    for number in 0..pictures {
        bytes += one_picture(jobs, job, number)?;
    }
    println!("{pictures} pictures of {job}, {bytes} bytes");
    Ok(())
}

/// What profilers count: never inlined, so that it has a name.
#[inline(never)]
fn one_picture(jobs: &Jobs, job: &str, number: usize) -> Result<usize, Box<dyn Error>> {
    Ok(std::hint::black_box(jobs.draw(job, number)?).len())
}

/// Prints the steps of so many pictures: mean and median of each, and their share of the wall.
pub(crate) fn print(jobs: &Jobs, job: &str, pictures: usize) -> Result<(), Box<dyn Error>> {
    for number in 0..WARM_UP {
        jobs.draw(job, number)?;
    }
    let mut walls = Vec::with_capacity(pictures);
    let mut steps: Vec<Vec<f64>> = vec![Vec::with_capacity(pictures); Step::ALL.len()];
    for number in 0..pictures {
        let from = Instant::now();
        let taken = jobs.draw_stepwise(job, number)?;
        walls.push(from.elapsed().as_secs_f64() * 1e6);
        for (step, us) in steps.iter_mut().zip(taken) {
            step.push(us);
        }
    }
    let wall = mean(&walls);
    let named: f64 = steps.iter().map(|step| mean(step)).sum();
    println!("{:<8} {:>10} {:>10} {:>7}", "step", "mean us", "median us", "share");
    for (step, taken) in Step::ALL.into_iter().zip(&mut steps) {
        println!("{:<8} {:>10.1} {:>10.1} {:>6.1}%", step.name(), mean(taken), median(taken), 100.0 * mean(taken) / wall);
    }
    println!("{:<8} {:>10.1} {:>10} {:>6.1}%", "sum", named, "", 100.0 * named / wall);
    println!("{:<8} {:>10.1} {:>10.1}   of {pictures} pictures of {job}", "wall", wall, median(&mut walls));
    if named < LEAST_SHARE * wall {
        return Err(format!("the steps come to {:.1} % of the wall time, at least 95 % is wanted", 100.0 * named / wall).into());
    }
    Ok(())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
