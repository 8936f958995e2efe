//! `--rewrite` with `--secret-file`: the feed once more, with signed URLs of pictures that nobody has drawn yet.
//!
//! ```text
//! read (1 thread) -> plan and sign (--jobs) -> write the feed, which is read a second time (this thread)
//! ```
//!
//! Rows go to the threads in batches, to one after the other, and come back in the same turn: so they are in the feed's order without being
//! sorted, and however large the feed is, only a few batches are in memory. A row that cannot be planned, or that a server could not draw from
//! its URL alone, keeps its own picture.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use core_::{Context, Error};

use super::draw::Item;
use super::items::Items;
use super::progress::Progress;
use super::rewrite::Rewrite;
use super::sets::{Applied, Sets};
use super::{MAX_LISTED, STACK_BYTES, Variant, jobs, variants};
use crate::args::Feed;
use crate::check::count;
use crate::failure::{Done, Failure, Stop, io_reason};
use crate::render::context;
use crate::rows::{self, Rows};
use crate::url::link::{Linker, Shown};
use crate::url::{name_of, origin, secrets};

/// Rows of one message.
const BATCH: usize = 64;
/// Batches that wait before and behind each thread.
const WAITING: usize = 2;

pub(super) fn run(args: &Feed, base: &str, secret_file: &Path) -> Done {
    let started = Instant::now();
    let base = origin(base).map_err(|message| Stop::Usage(format!("--rewrite {base}: {message}")))?;
    if args.world.time_zone.is_some() {
        return Err(Stop::Usage("--time-zone has no place in a URL, write it into the template".to_owned()));
    }
    let sets = Sets::load(args)?;
    let variants = variants(args, &sets)?;
    let [variant] = variants.as_slice() else {
        return Err(Stop::Usage("--secret-file takes one --variant, for a row has one image_link".to_owned()));
    };
    let keys = secrets(std::slice::from_ref(&secret_file.to_owned()))?;
    let context = context(&args.world);
    let expires = args.expires.map(|expiry| expiry.steady(context.now.unwrap_or_default()));
    let linker = Linker { keys, tenant: args.tenant.clone(), expires, base };
    let feed = args.feed.display().to_string();
    let maker = Maker { names: names(&sets)?, sets: &sets, variant, context, linker: &linker, pin: args.pin, feed };

    let rows = Rows::open(&args.feed)?;
    let (overrides, overrides_failed) = rows::overrides(&args.r#override)?;
    let rewrite = Rewrite::new(&linker.base, &args.feed, &args.out, variant)?;
    std::fs::create_dir_all(&args.out).map_err(|error| Stop::io(&args.out, &error))?;
    let mut progress = Progress::new(rows.position(), rows.length());
    let items = Items::new(rows.take(args.limit.unwrap_or(usize::MAX)), &overrides);
    let mut tally = Tally::default();
    let written = std::thread::scope(|scope| {
        let mut links = Links::start(scope, &maker, items, jobs(args.jobs))?;
        let mut next = || {
            let link = links.next()?;
            let url = tally.add(link);
            progress.advance(tally.failed);
            Some(url)
        };
        let written = rewrite.write_with(|_, _| next().flatten());
        // A feed that breaks off has told its last row nothing of it.
        while next().is_some() {}
        std::io::Result::Ok(written)
    });
    progress.finish();
    let written = written.map_err(|error| Stop::at("feed", format!("a thread cannot be started: {}", io_reason(&error))))?;

    let skipped = if tally.skipped > 0 { format!(", {} skipped", tally.skipped) } else { String::new() };
    let (all, seconds) = (count(tally.rows, "row"), started.elapsed().as_secs_f64());
    eprintln!("{all}: {} linked, {} failed{skipped}, in {seconds:.1} s", tally.linked, tally.failed);
    for line in sets.told(&tally.applied, tally.rows) {
        eprintln!("{line}");
    }
    let mut failures: Vec<Failure> = overrides_failed.into_iter().chain(tally.failures).collect();
    if tally.failed > MAX_LISTED {
        failures.push(Failure::new("and more", format!("only the failures of {MAX_LISTED} rows are listed")));
    }
    match written {
        Ok((path, changed)) => eprintln!("{}: {} with a signed URL", path.display(), count(changed, "row")),
        Err(Stop::Failed(more)) => failures.extend(more),
        Err(stop) => return Err(stop),
    }
    if failures.is_empty() { Ok(()) } else { Err(Stop::Failed(failures)) }
}

/// What URLs call each template, and which version of it.
fn names(sets: &Sets) -> Done<Vec<(String, String)>> {
    let mut names: Vec<(String, String)> = Vec::new();
    for set in &sets.list {
        let name = name_of(&set.source)?;
        if names.iter().any(|(other, _)| *other == name) {
            return Err(Stop::at(set.source.display(), format!("templates must have names of their own in URLs, two are called {name}")));
        }
        names.push((name, set.folder.version()?));
    }
    Ok(names)
}

/// What the threads share.
struct Maker<'a> {
    sets: &'a Sets,
    /// By the template's number: its name and version.
    names: Vec<(String, String)>,
    variant: &'a Variant,
    context: Context,
    linker: &'a Linker,
    pin: bool,
    feed: String,
}

/// What came of a row.
#[derive(Default)]
struct Link {
    url: Option<String>,
    failures: Vec<Failure>,
    applied: Option<Applied>,
}

impl Maker<'_> {
    fn link(&self, item: Item) -> Link {
        let Item { line, id, row, .. } = item;
        let id = if id.is_empty() { id } else { format!(": {}", rows::shown(&id)) };
        let place = format!("{}:{line}{id}", self.feed);
        let mut link = Link::default();
        let row = match row {
            Ok(row) => row,
            Err(why) => {
                link.failures.push(Failure::new(place, why));
                return link;
            }
        };
        match catch_unwind(AssertUnwindSafe(|| self.url(&row, &mut link.applied))) {
            Ok(Ok(url)) => link.url = url,
            Ok(Err(error)) => link.failures = Failure::of(&place, &error),
            Err(_) => link.failures.push(Failure::new(place, "the program failed while it planned this row, which is a bug")),
        }
        link
    }

    /// A row's URL; nothing where the template or a rule says that it gets no picture.
    fn url(&self, row: &core_::Row, applied: &mut Option<Applied>) -> Result<Option<String>, Error> {
        let chosen = self.sets.choose(row, &self.context)?;
        *applied = chosen.applied;
        let Ok(set) = chosen.set else { return Ok(None) };
        let variant = set.variant(self.variant);
        let context = Context { variant: variant.clone(), ..self.context.clone() };
        let row = set.folder.template.trim(row);
        let plan = set.renderer.plan(&set.folder.template, &row, &context)?;
        if plan.skipped().is_some() {
            return Ok(None);
        }
        let (template, digest) = self.names.get(set.number()).map_or(("", ""), |(name, digest)| (name, digest));
        let shown = Shown {
            template,
            digest: self.pin.then_some(digest),
            variant: variant.as_deref(),
            lang: None,
            format: plan.output().format,
            row,
            // The plan's key says what is drawn, the template's version with which fonts and files.
            version: Some(format!("{:.16}-{digest:.8}", plan.key().to_string())),
        };
        self.linker.url(shown, &plan).map(Some)
    }
}

/// The rows' links in the feed's order, out of threads that each make every so-manieth batch.
struct Links {
    /// By thread.
    made: Vec<Receiver<Vec<Link>>>,
    turn: usize,
    batch: std::vec::IntoIter<Link>,
}

impl Links {
    fn start<'scope, 'a: 'scope>(
        scope: &'scope std::thread::Scope<'scope, '_>,
        maker: &'a Maker<'a>,
        mut items: impl Iterator<Item = Item> + Send + 'scope,
        jobs: usize,
    ) -> std::io::Result<Self> {
        let thread = || std::thread::Builder::new().stack_size(STACK_BYTES);
        let (mut to_make, mut made) = (Vec::new(), Vec::new());
        for _ in 0..jobs.max(1) {
            let (to_thread, batches) = sync_channel::<Vec<Item>>(WAITING);
            let (to_tell, links) = sync_channel::<Vec<Link>>(WAITING);
            thread().spawn_scoped(scope, move || {
                for batch in batches {
                    if to_tell.send(batch.into_iter().map(|item| maker.link(item)).collect()).is_err() {
                        return;
                    }
                }
            })?;
            to_make.push(to_thread);
            made.push(links);
        }
        thread().spawn_scoped(scope, move || {
            for lane in to_make.iter().cycle() {
                let batch: Vec<Item> = items.by_ref().take(BATCH).collect();
                if batch.is_empty() || lane.send(batch).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { made, turn: 0, batch: Vec::new().into_iter() })
    }
}

impl Iterator for Links {
    type Item = Link;

    fn next(&mut self) -> Option<Link> {
        if let Some(link) = self.batch.next() {
            return Some(link);
        }
        // The first lane without a batch is the one behind the last.
        self.batch = self.made.get(self.turn)?.recv().ok()?.into_iter();
        self.turn = (self.turn + 1) % self.made.len().max(1);
        self.batch.next()
    }
}

/// What came of the rows so far.
#[derive(Default)]
struct Tally {
    rows: usize,
    linked: usize,
    failed: usize,
    skipped: usize,
    applied: BTreeMap<Applied, usize>,
    failures: Vec<Failure>,
}

impl Tally {
    fn add(&mut self, link: Link) -> Option<String> {
        self.rows += 1;
        match (&link.url, link.failures.is_empty()) {
            (Some(_), _) => self.linked += 1,
            (None, true) => self.skipped += 1,
            (None, false) => self.failed += 1,
        }
        if let Some(applied) = link.applied {
            *self.applied.entry(applied).or_default() += 1;
        }
        if self.failed <= MAX_LISTED {
            self.failures.extend(link.failures);
        }
        link.url
    }
}
