//! What models make for the plans of a job, on threads: each picture once however many rows and variants draw it.
//!
//! Jobs of one model stay together, so that models which take batches get them; who has no batch spreads over all threads. No lock is held while models run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use core_::{Code, Error, Fault, Guard, Job, Made, NeedId, Resources};
use pyo3::prelude::*;

use super::Planned;
use crate::arrow::crew::{self, Stop};
use crate::boundary::caught;
use crate::guard::{Cancel, monotonic_ns};
use crate::models::{Causes, listening};

/// What came of one need.
pub(super) type Filled = (NeedId, Result<Made, Error>);

/// Runs the jobs whose pictures are there; one answer for each need.
pub(super) fn fill(
    py: Python<'_>,
    renderer: &core_::Renderer,
    planned: &Planned,
    resources: &Resources,
    threads: usize,
    cancel: Option<&Cancel>,
) -> PyResult<Vec<Filled>> {
    let jobs = py.detach(|| open(renderer, planned, resources));
    let groups = groups(&jobs, threads);
    let (next, done, end) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(jobs.len())), Mutex::new(None));
    let threads = threads.min(groups.len()).max(1);
    let worked = crew::work(py, threads, cancel, &|_, stop| {
        let (run, mut heard) = listening(Causes::Dropped, || {
            while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)).filter(|_| !stop.is_set()) {
                let made = run(group, stop);
                done.lock().unwrap_or_else(PoisonError::into_inner).extend(made?);
            }
            Ok(())
        });
        if let Some(error) = heard.take_end() {
            end.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        run
    });
    // Ctrl-C in a function of Python's ends the call as what it is
    match end.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => worked.map(|()| done.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

/// The jobs of all plans that can run now, one for each need.
fn open(renderer: &core_::Renderer, planned: &Planned, resources: &Resources) -> Vec<Job> {
    let mut seen = BTreeSet::new();
    let mut jobs = Vec::new();
    for plan in planned.plans.iter().flatten() {
        for need in plan.pending(resources).into_iter().filter(|need| need.is_generated()) {
            if seen.insert(need.id())
                && let Ok(job) = renderer.job(plan, need.id(), resources)
            {
                jobs.push(job);
            }
        }
    }
    jobs
}

/// Jobs that run together: those of one model, in as many parts as there are threads, and no part smaller than the model's batch.
fn groups(jobs: &[Job], threads: usize) -> Vec<Vec<Job>> {
    let mut sorted: Vec<&Job> = jobs.iter().collect();
    // equal keys stay together and are run once
    sorted.sort_by(|a, b| (a.model().id(), a.key()).cmp(&(b.model().id(), b.key())));
    let mut groups = Vec::new();
    for of_model in sorted.chunk_by(|a, b| a.model().id() == b.model().id()) {
        let batch = of_model.first().map_or(1, |job| job.model().manifest().batch()).max(1);
        let size = of_model.len().div_ceil(threads.max(1)).min(MOST).next_multiple_of(batch);
        let mut part: Vec<Job> = Vec::with_capacity(size);
        for job in of_model {
            if part.len() >= size && part.last().is_some_and(|last| last.key() != job.key()) {
                groups.push(std::mem::take(&mut part));
            }
            part.push((*job).clone());
        }
        groups.push(part);
    }
    groups
}

/// The most jobs that a thread takes at a time: what they made is kept when a call ends early.
const MOST: usize = 16;

fn run(group: &[Job], stop: &Stop) -> Result<Vec<Filled>, Error> {
    let guard = Guard { clock: Some(monotonic_ns), deadline_ns: None, cancel: Some(stop.flag()) };
    let made = caught(|| Ok(Job::run_all(group, &guard)))?;
    let mut filled = Vec::with_capacity(group.len());
    for (job, made) in group.iter().zip(made) {
        match made {
            Err(error) if error.code() == Code::Cancelled => {
                return Err(Fault::new(Code::Cancelled, "batch", "a batch must be wanted until it is done, found it cancelled").into());
            }
            made => filled.push((job.need(), made)),
        }
    }
    Ok(filled)
}
