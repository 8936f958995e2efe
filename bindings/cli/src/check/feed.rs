//! `check TEMPLATE FEED`: every row planned and laid out on all processors, and told in one report.
//!
//! ```text
//! read (1 thread) -> batches -> plan, lay out, count (--jobs, each with a checker of its own) -> merge -> report
//! ```
//!
//! The queue between them is short and nothing is kept for a row, so memory does not grow with the feed apart from 16 bytes for each id.
//! Rows that fail are findings, not failures of the check: it exits with 1 where the template or the feed cannot be read, or a
//! threshold is crossed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use core_::{CheckOptions, CheckReport, Checker, Code, Error, Fault, Renderer, RowPlace, Scratch};

use super::rows::{Batches, Record};
use super::sheet;
use crate::args::Check;
use crate::failure::{Done, Failure, Stop, io_reason};
use crate::feed::progress::Progress;
use crate::feed::{BASE, STACK_BYTES, jobs};
use crate::folder::Folder;
use crate::render::{context, known_variant};
use crate::write;

pub(super) fn run(args: &Check, folder: &Folder, feed: &Path) -> Done {
    let started = Instant::now();
    let variants = variants(args, folder)?;
    let options = CheckOptions { variants, context: context(&args.world), channel: args.channel };
    let renderer = Renderer::new(folder.fonts.clone());
    let new = || {
        let checker = Checker::new(&renderer, &folder.template, options.clone());
        checker.map_err(|error| Stop::of(&args.template.display().to_string(), &error))
    };
    let batches = Batches::open(feed, args.limit.unwrap_or(usize::MAX))?;
    let checkers = (0..jobs(args.jobs)).map(|_| new()).collect::<Done<Vec<Checker>>>()?;
    let report = flow(batches, new()?, checkers)?;

    let text = report.to_string();
    match args.report.as_deref() {
        Some(path) => {
            write::to(path, report.to_json().as_bytes())?;
            if path == Path::new("-") { eprint!("{text}") } else { print!("{text}") }
        }
        None => print!("{text}"),
    }
    if let Some(out) = &args.sheet {
        sheet::draw(args, folder, feed, &renderer, &options, &report, out)?;
    }
    eprintln!("checked in {:.1} s", started.elapsed().as_secs_f64());
    let crossed: Vec<Failure> =
        args.fail_on.iter().filter_map(|t| t.crossed(&report)).map(|why| Failure::new(feed.display().to_string(), why)).collect();
    if crossed.is_empty() { Ok(()) } else { Err(Stop::Failed(crossed)) }
}

fn variants(args: &Check, folder: &Folder) -> Done<Vec<Option<String>>> {
    let mut variants = Vec::new();
    for label in &args.variant {
        let is_base = label == BASE && !folder.template.variants().any(|v| v == BASE);
        let name = (!is_base).then(|| label.clone());
        known_variant(folder, name.as_deref())?;
        if variants.contains(&name) {
            return Err(Stop::Usage(format!("--variant {label}: it is named twice")));
        }
        variants.push(name);
    }
    if variants.is_empty() {
        variants.push(None);
    }
    Ok(variants)
}

/// Drives all rows through the threads; their checkers come together in `whole`.
fn flow(batches: Batches, mut whole: Checker, checkers: Vec<Checker>) -> Done<CheckReport> {
    let mut progress = Progress::new(batches.position(), batches.length());
    let (to_check, queue) = sync_channel::<Vec<Record>>(2 * checkers.len());
    let (to_tell, told) = sync_channel::<usize>(64);
    let queue = Mutex::new(queue);
    let (merged, fault) = std::thread::scope(|scope| {
        let thread = || std::thread::Builder::new().stack_size(STACK_BYTES);
        let reader = thread().spawn_scoped(scope, move || {
            let mut batches = batches;
            for batch in batches.by_ref() {
                if to_check.send(batch).is_err() {
                    break;
                }
            }
            batches.into_fault()
        })?;
        let mut workers = Vec::new();
        for checker in checkers {
            let (queue, to_tell) = (&queue, to_tell.clone());
            workers.push(thread().spawn_scoped(scope, move || {
                let (mut checker, mut scratch) = (checker, Scratch::new());
                while let Some(batch) = take(queue) {
                    let rows = batch.len();
                    batch.into_iter().for_each(|record| check(&mut checker, record, &mut scratch));
                    // Nobody listens any more only when the check is over.
                    let _ = to_tell.send(rows);
                }
                checker
            })?);
        }
        drop(to_tell);
        for rows in told {
            progress.advance_by(rows, 0);
        }
        let merged: Result<(), Error> = workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(checker) => whole.merge(checker),
            Err(_) => Err(Fault::new(Code::Bug, "check", "a thread of the check ended early").into()),
        });
        let fault = reader.join().unwrap_or_else(|_| Some(Stop::at("feed", "the reading thread ended early, which is a bug")));
        std::io::Result::Ok((merged, fault))
    })
    .map_err(|error| Stop::at("check", format!("a thread cannot be started: {}", io_reason(&error))))?;
    progress.finish();
    merged.map_err(|error| Stop::of("check", &error))?;
    match fault {
        // What was read is worth its report even where the rest cannot be read.
        Some(stop) => {
            print!("{}", whole.finish());
            Err(stop)
        }
        None => Ok(whole.finish()),
    }
}

fn take(queue: &Mutex<Receiver<Vec<Record>>>) -> Option<Vec<Record>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Checks one record; a bug of the program costs the row and not the run.
fn check(checker: &mut Checker, record: Record, scratch: &mut Scratch) {
    let Record { place, row } = record;
    match row {
        Ok(row) => {
            if catch_unwind(AssertUnwindSafe(|| checker.row(&place, &row, scratch))).is_err() {
                *scratch = Scratch::new();
                checker.failed(&place, &bug());
            }
        }
        Err(error) => checker.failed(&place, &error),
    }
}

fn bug() -> Error {
    Fault::new(Code::Bug, "", "the program failed while it checked this row").into()
}

/// What failures of a row are called: `feed.tsv:5: GB-0004`.
pub(super) fn place_of(feed: &Path, place: &RowPlace) -> String {
    let id = if place.id.is_empty() { String::new() } else { format!(": {}", place.id) };
    format!("{}:{}{id}", feed.display(), place.line)
}
