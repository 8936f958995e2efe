//! A range of plans drawn and encoded on threads, in order, within a number of bytes.
//!
//! Threads take one plan after another and stop taking when all that was drawn has reached the bound. The range ends with the first picture at which those
//! before it and itself have; what is drawn beyond it waits for the next call, so that the same range is the same batch with any number of threads and
//! nothing is drawn twice.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use core_::{Error, Guard, Plan, Resources, Scratch};
use pyo3::prelude::*;

use super::Planned;
use crate::arrow::crew::{self, Stop};
use crate::boundary::caught;
use crate::bundle::Bundle;
use crate::guard::Cancel;
use crate::guard::{monotonic_ns, timeout_ns};

/// Bytes that a row of a batch takes beside its picture, about.
const ROW_BYTES: usize = 128;

/// How a range is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Settings {
    max_bytes: usize,
    timeout_ns: Option<u64>,
    reports: bool,
}

impl Settings {
    pub(super) fn new(max_bytes: usize, timeout: Option<f64>, reports: bool) -> PyResult<Self> {
        Ok(Self { max_bytes, timeout_ns: timeout.map(timeout_ns).transpose()?, reports })
    }
}

/// What came of a plan.
#[derive(Debug)]
pub(super) enum Drawn {
    Picture { bytes: Vec<u8>, size: (u32, u32), report: Option<String> },
    Skipped,
    Failed(Error),
}

impl Drawn {
    fn bytes(&self) -> usize {
        let own = match self {
            Self::Picture { bytes, report, .. } => bytes.len() + report.as_ref().map_or(0, String::len),
            Self::Skipped | Self::Failed(_) => 0,
        };
        own.saturating_add(ROW_BYTES)
    }
}

/// Pictures that a call drew beyond the end of its batch, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    settings: Option<Settings>,
    drawn: BTreeMap<usize, Drawn>,
}

#[expect(clippy::too_many_arguments, reason = "what a drawing needs")]
pub(super) fn draw(
    py: Python<'_>,
    bundle: &Bundle,
    planned: &Planned,
    resources: &Resources,
    range: Range<usize>,
    settings: Settings,
    ahead: Ahead,
    threads: usize,
    cancel: Option<&Cancel>,
) -> PyResult<(Vec<Drawn>, Ahead)> {
    let mut known = if ahead.settings == Some(settings) { ahead.drawn } else { BTreeMap::new() };
    known.retain(|number, _| range.contains(number));
    let todo: Vec<usize> = range.clone().filter(|number| !known.contains_key(number)).collect();
    let known_bytes = known.values().map(Drawn::bytes).sum();
    let shelf = Shelf { bytes: AtomicUsize::new(known_bytes), next: AtomicUsize::new(0), drawn: Mutex::new(known) };
    let threads = threads.min(todo.len()).max(1);
    crew::work(py, threads, cancel, &|_, stop| {
        bundle.renderer().with_scratch(|renderer, scratch| {
            while let Some(number) = shelf.take(&todo, settings.max_bytes, stop) {
                let Some(plan) = planned.plans.get(number) else { break };
                let drawn = match plan {
                    Ok(plan) => caught(|| one(renderer, plan, resources, scratch, settings, stop)),
                    Err(error) => Err(error.clone()),
                };
                let drawn = drawn.unwrap_or_else(|error| {
                    // What a bug left half done is nobody's to use.
                    if error.code() == core_::Code::Bug {
                        *scratch = Scratch::new();
                    }
                    Drawn::Failed(error)
                });
                shelf.put(number, drawn);
            }
        });
        Ok(())
    })?;
    Ok(shelf.part(range, settings))
}

/// What was drawn so far.
struct Shelf {
    bytes: AtomicUsize,
    next: AtomicUsize,
    drawn: Mutex<BTreeMap<usize, Drawn>>,
}

impl Shelf {
    /// The next plan that is to be drawn; nothing when there is enough.
    fn take(&self, todo: &[usize], max_bytes: usize, stop: &Stop) -> Option<usize> {
        // The first of a range is drawn whatever it takes, so that every call comes further.
        let is_enough = self.bytes.load(Ordering::Relaxed) >= max_bytes.max(1);
        if is_enough || stop.is_set() {
            return None;
        }
        todo.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
    }

    fn put(&self, number: usize, drawn: Drawn) {
        self.bytes.fetch_add(drawn.bytes(), Ordering::Relaxed);
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).insert(number, drawn);
    }

    /// What belongs to the batch, and what is ahead of it.
    fn part(self, range: Range<usize>, settings: Settings) -> (Vec<Drawn>, Ahead) {
        let mut drawn = self.drawn.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut batch, mut bytes) = (Vec::new(), 0_usize);
        for number in range {
            let Some(one) = drawn.remove(&number) else { break };
            bytes = bytes.saturating_add(one.bytes());
            batch.push(one);
            if bytes >= settings.max_bytes {
                break;
            }
        }
        (batch, Ahead { settings: Some(settings), drawn })
    }
}

fn one(
    renderer: &core_::Renderer,
    plan: &Plan,
    resources: &Resources,
    scratch: &mut Scratch,
    settings: Settings,
    stop: &Stop,
) -> Result<Drawn, Error> {
    if plan.skipped().is_some() {
        return Ok(Drawn::Skipped);
    }
    let deadline_ns = settings.timeout_ns.map(|timeout| monotonic_ns().saturating_add(timeout));
    let guard = Guard { clock: deadline_ns.map(|_| monotonic_ns as fn() -> u64), deadline_ns, cancel: Some(stop.flag()) };
    let mut rendered = renderer.render_guarded(plan, resources, scratch, &guard)?;
    let bytes = rendered.frame.encode_guarded(plan.output(), &guard)?;
    rendered.report.timings_us = None;
    let report = settings.reports.then(|| rendered.report.to_json());
    Ok(Drawn::Picture { bytes, size: rendered.report.size, report })
}
