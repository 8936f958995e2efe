//! `feed`: a row after another in, a folder of pictures out; what is there and unchanged is not drawn again.
//!
//! ```text
//! read (1 thread) -> plan and find pictures (8) -> draw, encode, write (--jobs) -> tell (this thread)
//! ```
//!
//! Finding waits for the web and drawing for the processor, so they have threads of their own. The queues between them are short: memory does not
//! grow with the feed, apart from a few bytes for each id and each picture's line in the manifest. A row that fails, whatever
//! the reason, harms no other.

mod draw;
mod group;
mod items;
mod link;
mod manifest;
pub(crate) mod name;
pub(crate) mod progress;
pub(crate) mod rewrite;
mod sets;
pub(crate) mod sheet;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::args::Feed;
use crate::check::count;
use crate::failure::{Done, Failure, Stop};
use crate::models::Kept;
use crate::render::{context, known_variant};
use crate::rows::{self, Rows};
use crate::write;
use draw::{Found, Item, Outcome, Studio};
use group::Grouping;
use items::Items;
use manifest::Manifest;
use progress::Progress;
use rewrite::Rewrite;
use sets::{Applied, Scratches, Sets};
use sheet::{Card, Heading, MAX_CARDS};

/// What the template as it stands is called among its variants.
pub(crate) const BASE: &str = "default";
/// Threads that plan and find pictures.
const FINDERS: usize = 8;
/// What a row without an id is called, with its number behind it.
const GIVEN: &str = "row-";
/// Failures that are listed one by one.
const MAX_LISTED: usize = 10_000;
/// Deep templates recurse deeply.
pub(crate) const STACK_BYTES: usize = 16 << 20;

pub(crate) fn run(args: &Feed) -> Done {
    let started = Instant::now();
    if args.rewrite.is_some() && crate::parquet::is_parquet(&args.feed) {
        return Err(Stop::Usage("--rewrite cannot write Parquet".to_owned()));
    }
    if let (Some(base), Some(secrets)) = (&args.rewrite, &args.secret_file) {
        return link::run(args, base, secrets);
    }
    let sets = Sets::load(args)?;
    let variants = variants(args, &sets)?;
    let limit = args.limit.unwrap_or(usize::MAX);
    let rows = Rows::open(&args.feed)?;
    let (overrides, overrides_failed) = rows::overrides(&args.r#override)?;
    let mut rewrite = match (&args.rewrite, variants.first()) {
        (Some(base), Some(variant)) => Some(Rewrite::new(base, &args.feed, &args.out, variant)?),
        _ => None,
    };
    for variant in &variants {
        let path = args.out.join(&variant.folder);
        std::fs::create_dir_all(&path).map_err(|error| Stop::io(&path, &error))?;
    }
    let manifest = Manifest::open(&args.out)?;
    for path in std::iter::once(args.out.clone()).chain(variants.iter().map(|v| args.out.join(&v.folder))) {
        write::sweep(&path).map_err(|error| Stop::io(&path, &error))?;
    }
    let studio = Studio {
        context: context(&args.world),
        sets: &sets,
        variants: &variants,
        manifest: &manifest,
        out: &args.out,
        feed: args.feed.display().to_string(),
        kept: Kept::default(),
    };
    let progress;
    let (items, counts): (Box<dyn Iterator<Item = Item> + Send>, _) = match Grouping::asked(args)? {
        None => {
            progress = Progress::new(rows.position(), rows.length());
            (Box::new(Items::new(rows.take(limit), &overrides)), None)
        }
        Some(grouping) => {
            let grouped = grouping.gather(rows, &overrides)?;
            let (position, length) = grouped.position(limit);
            progress = Progress::new(position, length);
            let counts = grouped.counts(limit);
            (Box::new(grouped.items(limit)), Some(counts))
        }
    };
    let enter = |outcome: &Outcome| {
        if let Some(rewrite) = &mut rewrite {
            rewrite.enter(outcome.index, outcome.link);
        }
    };
    let mut tally = flow(&studio, items, jobs(args.jobs), progress, enter)?;
    manifest.close().map_err(|error| Stop::io(&args.out, &error))?;

    let what = match &counts {
        None => count(tally.rows, "row"),
        Some(counts) => {
            tally.failed += counts.unlisted;
            format!("{} of {}", count(counts.groups, "group"), count(counts.rows, "row"))
        }
    };
    let summary = tally.summary(&what, variants.len());
    let index = args.out.join("index.html");
    let names: Vec<String> = variants.iter().map(|v| v.label.clone()).collect();
    let heading = Heading { template: &sets.title, feed: &studio.feed, summary: &summary, variants: &names, rows: tally.rows };
    sheet::write(&index, &heading, tally.cards.values()).map_err(|error| Stop::io(&index, &error))?;
    eprintln!("{summary}, in {:.1} s", started.elapsed().as_secs_f64());
    for line in sets.told(&tally.applied, tally.rows).into_iter().chain(studio.kept.told()) {
        eprintln!("{line}");
    }
    eprintln!("look at {}", index.display());
    let mut failures: Vec<Failure> = overrides_failed.into_iter().chain(tally.into_failures()).collect();
    match rewrite.map(|rewrite| rewrite.write()) {
        Some(Ok((path, changed))) => eprintln!("{}: {} with a drawn picture", path.display(), count(changed, "row")),
        Some(Err(Stop::Failed(more))) => failures.extend(more),
        Some(Err(stop)) => return Err(stop),
        None => {}
    }
    if failures.is_empty() { Ok(()) } else { Err(Stop::Failed(failures)) }
}

/// How many threads work: as many as are asked for, else one for each processor.
pub(crate) fn jobs(asked: Option<u16>) -> usize {
    asked.map(usize::from).or_else(|| std::thread::available_parallelism().ok().map(NonZeroUsize::get)).unwrap_or(1)
}

/// One of the variants that are drawn.
#[derive(Debug)]
pub(crate) struct Variant {
    /// `None` is every template as it stands.
    name: Option<String>,
    label: String,
    /// The folder of its pictures, under that of the run.
    folder: String,
}

fn variants(args: &Feed, sets: &Sets) -> Done<Vec<Variant>> {
    let mut variants: Vec<Variant> = Vec::new();
    let wanted = if args.variant.is_empty() { vec![BASE.to_owned()] } else { args.variant.clone() };
    for label in wanted {
        let is_base = label == BASE && !sets.list.iter().any(|set| set.has_variant(BASE));
        let variant = Variant { name: (!is_base).then(|| label.clone()), folder: name::safe(&label), label };
        for set in &sets.list {
            known_variant(&set.folder, set.variant(&variant).as_deref())?;
        }
        if variants.iter().any(|v| v.label == variant.label) {
            return Err(Stop::Usage(format!("--variant {}: it is named twice", variant.label)));
        }
        variants.push(variant);
    }
    Ok(variants)
}

/// Drives all rows through the threads; returns when the last is told.
fn flow(
    studio: &Studio<'_>,
    rows: impl Iterator<Item = Item> + Send,
    jobs: usize,
    mut progress: Progress,
    mut enter: impl FnMut(&Outcome),
) -> Done<Tally> {
    let (to_find, items) = sync_channel::<Item>(2 * FINDERS);
    let (to_draw, found) = sync_channel::<Box<Found>>(2 * jobs);
    let (to_tell, outcomes) = sync_channel::<Outcome>(64);
    let mut tally = Tally::default();
    let started = std::thread::scope(|scope| {
        // The queues' ends belong to the threads alone, so that whichever ends, the others end too.
        let (items, found) = (Arc::new(Mutex::new(items)), Arc::new(Mutex::new(found)));
        let (to_draw, to_tell) = (to_draw, to_tell);
        let thread = || std::thread::Builder::new().stack_size(STACK_BYTES);
        thread().spawn_scoped(scope, move || {
            for item in rows {
                if to_find.send(item).is_err() {
                    return;
                }
            }
        })?;
        for _ in 0..FINDERS {
            let (items, to_draw, to_tell) = (items.clone(), to_draw.clone(), to_tell.clone());
            thread().spawn_scoped(scope, move || {
                while let Some(item) = take(&items) {
                    let sent = match studio.find(item) {
                        Ok(found) => to_draw.send(found).is_ok(),
                        Err(outcome) => to_tell.send(*outcome).is_ok(),
                    };
                    if !sent {
                        return;
                    }
                }
            })?;
        }
        for _ in 0..jobs {
            let (found, to_tell) = (found.clone(), to_tell.clone());
            thread().spawn_scoped(scope, move || {
                let mut scratches = Scratches::default();
                while let Some(found) = take(&found) {
                    if to_tell.send(studio.draw(found, &mut scratches)).is_err() {
                        return;
                    }
                }
            })?;
        }
        drop((items, found, to_draw, to_tell));
        for outcome in outcomes {
            enter(&outcome);
            tally.add(outcome);
            progress.advance(tally.failed);
        }
        std::io::Result::Ok(())
    });
    progress.finish();
    started.map_err(|error| Stop::at("feed", format!("a thread cannot be started: {}", crate::failure::io_reason(&error))))?;
    Ok(tally)
}

/// The next of a queue that several threads take from; nothing when it is over.
fn take<T>(queue: &Mutex<Receiver<T>>) -> Option<T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// What came of the rows so far.
#[derive(Debug, Default)]
struct Tally {
    rows: usize,
    drawn: usize,
    unchanged: usize,
    /// Pictures, and rows that gave none.
    failed: usize,
    skipped: usize,
    notes: usize,
    /// How many rows each rule took.
    applied: BTreeMap<Applied, usize>,
    /// By row: they arrive in any order.
    failures: BTreeMap<usize, Vec<Failure>>,
    cards: BTreeMap<usize, Card>,
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        self.rows += 1;
        self.drawn += outcome.drawn;
        self.unchanged += outcome.unchanged;
        self.failed += outcome.failed;
        self.skipped += outcome.skipped;
        self.notes += outcome.card.pictures.iter().map(|p| p.notes.len()).sum::<usize>();
        if let Some(applied) = outcome.applied {
            *self.applied.entry(applied).or_default() += 1;
        }
        if !outcome.failures.is_empty() && self.failures.len() < MAX_LISTED {
            self.failures.insert(outcome.index, outcome.failures);
        }
        // Rows arrive nearly in order: what is pushed out was beyond the sheet.
        self.cards.insert(outcome.index, outcome.card);
        if self.cards.len() > MAX_CARDS {
            self.cards.pop_last();
        }
    }

    fn summary(&self, what: &str, variants: usize) -> String {
        let variants = if variants > 1 { format!(" in {variants} variants") } else { String::new() };
        let skipped = if self.skipped > 0 { format!(", {} skipped", self.skipped) } else { String::new() };
        format!(
            "{what}{variants}: {} drawn, {} unchanged, {} failed{skipped}, {}",
            self.drawn,
            self.unchanged,
            self.failed,
            count(self.notes, "note")
        )
    }

    fn into_failures(self) -> Vec<Failure> {
        let listed = self.failures.len();
        let mut failures: Vec<Failure> = self.failures.into_values().flatten().collect();
        if listed >= MAX_LISTED {
            failures.push(Failure::new("and more", format!("only the failures of {MAX_LISTED} rows are listed")));
        }
        failures
    }
}

/// What a row without an id is called.
fn given_id(index: usize) -> String {
    format!("{GIVEN}{:06}", index + 1)
}

/// The path of a row's picture from the folder of the run.
fn file_name(variant: &Variant, id: &str, ending: &str) -> PathBuf {
    Path::new(&variant.folder).join(format!("{}.{ending}", name::safe(id)))
}
