//! `check TEMPLATE FEED`: every row planned and laid out on all processors, and told in one report.
//!
//! Rows that fail are findings, not failures of the check: it exits with 1 where the template or the feed cannot be read, or a
//! threshold is crossed.

use std::path::Path;
use std::time::Instant;

use core_::{CheckOptions, Checker, Error, Row, RowPlace, Scratch};
use templrender_host::Folder;

use super::sheet;
use crate::args::Check;
use crate::failure::{Done, Failure, Stop};
use crate::feed::{BASE, jobs};
use crate::models::renderer;
use crate::render::{context, known_variant};
use crate::sweep::batches::Batches;
use crate::sweep::{Counter, sweep};
use crate::write;

pub(super) fn run(args: &Check, folder: &Folder, feed: &Path) -> Done {
    let started = Instant::now();
    let variants = variants(args, folder)?;
    let options = CheckOptions { variants, context: context(&args.world), channel: args.channel };
    let renderer = renderer(&args.world.models, folder)?;
    let new = || {
        let checker = Checker::new(&renderer, &folder.template, options.clone());
        checker
            .map(|checker| Counting { checker, scratch: Scratch::new() })
            .map_err(|error| Stop::of(&args.template.display().to_string(), &error))
    };
    let batches = Batches::open(feed, args.limit.unwrap_or(usize::MAX))?;
    let counters = (0..jobs(args.jobs)).map(|_| new()).collect::<Done<Vec<Counting>>>()?;
    let (whole, fault) = sweep(batches, new()?, counters)?;
    let report = whole.checker.finish();
    if let Some(stop) = fault {
        // What was read is worth its report even where the rest cannot be read.
        print!("{report}");
        return Err(stop);
    }

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

/// A checker with its thread's scratch.
struct Counting {
    checker: Checker,
    scratch: Scratch,
}

impl Counter for Counting {
    fn row(&mut self, place: &RowPlace, row: &Row) {
        self.checker.row(place, row, &mut self.scratch);
    }

    fn failed(&mut self, place: &RowPlace, error: &Error) {
        self.checker.failed(place, error);
    }

    fn recover(&mut self) {
        self.scratch = Scratch::new();
    }

    fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.checker.merge(other.checker)
    }
}
