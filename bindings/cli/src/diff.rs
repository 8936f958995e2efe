//! `diff`: which rows of a feed two templates draw differently, through which layer, and how far.
//!
//! Every row is laid out with both templates on all processors, without pixels. With `--sheet` the rows that differ most are drawn with both,
//! with their real photos, and the difference of the pixels beside them.

mod sheet;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use core_::{Differ, Error, Renderer, Row, RowPlace, Scratch};
use templrender_host::{Folder, load_folder};

use crate::args::Diff;
use crate::failure::{Done, Stop};
use crate::feed::jobs;
use crate::models::renderer;
use crate::render::{context, known_variant};
use crate::sweep::batches::Batches;
use crate::sweep::{Counter, sweep};
use crate::write;

pub(crate) fn run(args: &Diff) -> Done {
    let started = Instant::now();
    let before = Side::load(&args.before, args)?;
    let after = Side::load(&args.after, args)?;
    let context = core_::Context { variant: args.variant.clone(), ..context(&args.world) };
    let assets = changed_assets(&before.folder, &after.folder)?;
    for name in &assets {
        eprintln!("asset {name}: the files differ");
    }
    let new = || {
        let differ = Differ::new((&before.renderer, &before.folder.template), (&after.renderer, &after.folder.template), context.clone());
        let counting = |differ: Differ| Counting { differ: differ.with_changed_assets(assets.clone()), scratch: Default::default() };
        differ.map(counting).map_err(|error| Stop::of("diff", &error))
    };
    let batches = Batches::open(&args.feed, args.limit.unwrap_or(usize::MAX))?;
    let counters = (0..jobs(args.jobs)).map(|_| new()).collect::<Done<Vec<Counting>>>()?;
    let (whole, fault) = sweep(batches, new()?, counters)?;
    let report = whole.differ.finish();
    if let Some(stop) = fault {
        // What was read is worth its report even where the rest cannot be read.
        print!("{report}");
        return Err(stop);
    }
    match args.report.as_deref() {
        Some(path) => {
            write::to(path, report.to_json().as_bytes())?;
            if path == Path::new("-") { eprint!("{report}") } else { print!("{report}") }
        }
        None => print!("{report}"),
    }
    if let Some(out) = &args.sheet {
        sheet::draw(args, [&before, &after], &context, &report, out)?;
    }
    eprintln!("compared in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// One of the two templates, with its fonts.
struct Side {
    folder: Folder,
    renderer: Renderer,
}

impl Side {
    fn load(path: &Path, args: &Diff) -> Done<Self> {
        let folder = load_folder(path, &args.world.fonts)?;
        known_variant(&folder, args.variant.as_deref())?;
        let renderer = renderer(&args.world.models, &folder)?;
        Ok(Self { folder, renderer })
    }
}

/// The assets that both templates have under one name, in different files.
fn changed_assets(before: &Folder, after: &Folder) -> Done<Vec<String>> {
    let mut changed = Vec::new();
    for (name, path) in before.template.assets() {
        let Some((_, other)) = after.template.assets().find(|(known, _)| *known == name) else { continue };
        // A file that is not there is told when it is drawn.
        let (Some(a), Some(b)) = (asset(before, path), asset(after, other)) else { continue };
        if a != b {
            changed.push(name.to_owned());
        }
    }
    Ok(changed)
}

/// One of a template's files.
fn asset(of: &Folder, path: &str) -> Option<Arc<[u8]>> {
    match &of.pack {
        Some(pack) => pack.get(path).cloned(),
        None => std::fs::read(of.path.join(path)).ok().map(Into::into),
    }
}

/// A comparison with its thread's scratches.
struct Counting {
    differ: Differ,
    scratch: [Scratch; 2],
}

impl Counter for Counting {
    fn row(&mut self, place: &RowPlace, row: &Row) {
        self.differ.row(place, row, &mut self.scratch);
    }

    fn failed(&mut self, place: &RowPlace, error: &Error) {
        self.differ.failed(place, error);
    }

    fn recover(&mut self) {
        self.scratch = Default::default();
    }

    fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.differ.merge(other.differ)
    }
}
