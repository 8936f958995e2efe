//! `--sheet DIR`: the worst rows of each layer as pictures, on a page grouped by layer and by what they are worst in.
//!
//! Of a feed only places are kept, so it is read once more to have these rows again. They are drawn with their real photos, in the variant
//! that they are worst in; with a channel, each picture is held to its rules too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use core_::{Channel, CheckOptions, CheckReport, Context, Renderer, Resources, Row, RowPlace, Scratch, WorstRow};
use templrender_host::Folder;

use crate::args::Check;
use crate::failure::{Done, Failure, Stop, io_reason};
use crate::feed::BASE;
use crate::feed::name::safe;
use crate::feed::sheet::{self, Card, Heading, Picture, title};
use crate::output;
use crate::pictures::{Pictures, Trace};
use crate::sweep::batches::{Batches, Record};
use crate::sweep::place_of;
use crate::write;

/// One of the drawings: a line of the feed in a variant.
type Key = (u64, Option<String>);

pub(super) fn draw(
    args: &Check,
    folder: &Folder,
    feed: &Path,
    renderer: &Renderer,
    options: &CheckOptions,
    report: &CheckReport,
    out: &Path,
) -> Done {
    let wanted: BTreeSet<Key> = report.worst().map(|worst| (worst.line, worst.variant.map(str::to_owned))).collect();
    let last = wanted.iter().map(|(line, _)| *line).max().unwrap_or(0);
    let feed_folder = feed.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let artist = Artist {
        folder,
        feed,
        renderer,
        context: &options.context,
        channel: options.channel,
        pictures: crate::render::pictures(&args.world, Some(feed_folder), folder)?,
        out,
    };
    let labels: Vec<String> = options.variants.iter().map(|variant| label(variant.as_deref()).to_owned()).collect();
    for label in &labels {
        let path = out.join(safe(label));
        std::fs::create_dir_all(&path).map_err(|error| Stop::io(&path, &error))?;
    }
    let mut drawn: BTreeMap<Key, (String, Picture)> = BTreeMap::new();
    let mut scratch = Scratch::new();
    let records = Batches::open(feed, args.limit.unwrap_or(usize::MAX))?.flatten().take_while(|record| record.place.line <= last);
    for Record { place, row } in records {
        let of_line = (place.line, None)..=(place.line, Some(char::MAX.to_string()));
        for key in wanted.range(of_line) {
            // A record that is no row was never laid out, so it is not among the worst.
            let Ok(row) = &row else { continue };
            let picture = artist.draw(&place, row, key.1.as_deref(), &mut scratch)?;
            drawn.insert(key.clone(), (title(row), picture));
        }
    }
    let groups = groups(report, &drawn);
    let feed = feed.display().to_string();
    let summary = format!("{} rows checked: the worst of each layer", report.rows());
    let heading = Heading { template: folder.template.name(), feed: &feed, summary: &summary, variants: &labels, rows: drawn.len() };
    let index = out.join("index.html");
    sheet::write_groups(&index, &heading, &groups).map_err(|error| Stop::io(&index, &error))?;
    eprintln!("look at {}", index.display());
    Ok(())
}

struct Artist<'a> {
    folder: &'a Folder,
    feed: &'a Path,
    renderer: &'a Renderer,
    context: &'a Context,
    channel: Option<Channel>,
    pictures: Pictures,
    out: &'a Path,
}

impl Artist<'_> {
    /// Draws a row; what its photos or the row itself make impossible stands on the sheet.
    fn draw(&self, place: &RowPlace, row: &Row, variant: Option<&str>, scratch: &mut Scratch) -> Done<Picture> {
        let mut picture = Picture { variant: label(variant).to_owned(), file: None, notes: Vec::new(), failed: Vec::new(), skipped: None };
        let context = Context { variant: variant.map(str::to_owned), ..self.context.clone() };
        let rendered = self.renderer.plan(&self.folder.template, row, &context).and_then(|plan| {
            let (mut resources, mut trace) = (Resources::new(), Trace::default());
            self.pictures.answer_all(self.renderer, &plan, &mut resources, &mut trace)?;
            let rendered = self.renderer.render(&plan, &resources, scratch)?;
            let bytes = rendered.frame.encode(plan.output())?;
            Ok((plan, rendered.report, bytes))
        });
        match rendered {
            Ok((plan, report, bytes)) => {
                let name = format!("{}/{}-{}.{}", safe(&picture.variant), place.line, safe(&place.id), output::ending(plan.output()));
                let path = self.out.join(&name);
                write::whole(&path, &bytes).map_err(|error| Stop::at(path.display(), io_reason(&error)))?;
                picture.notes = report.notes.iter().map(|n| [n.code.name().to_owned(), n.layer.clone(), n.message.clone()]).collect();
                if let Some(channel) = self.channel {
                    let found = channel.lint_picture(bytes.len() as u64, plan.output().format, report.size, self.context.now);
                    let noted =
                        found.into_iter().map(|f| [f.code.to_owned(), channel.name().to_owned(), format!("{}, found {}", f.rule, f.found)]);
                    picture.notes.extend(noted);
                }
                picture.file = Some((name, report.size));
            }
            Err(error) => picture.failed.extend(Failure::of(&place_of(self.feed, place), &error).iter().map(ToString::to_string)),
        }
        Ok(picture)
    }
}

/// The rows by variant, layer and reason, as the report has them.
fn groups(report: &CheckReport, drawn: &BTreeMap<Key, (String, Picture)>) -> Vec<(String, Vec<Card>)> {
    let mut groups: Vec<(String, Vec<Card>)> = Vec::new();
    for worst in report.worst() {
        let Some((title, picture)) = drawn.get(&(worst.line, worst.variant.map(str::to_owned))) else { continue };
        let group = format!("{} · {} · {}", label(worst.variant), worst.layer, worst.reason);
        let mut picture = Picture {
            variant: picture.variant.clone(),
            file: picture.file.clone(),
            notes: picture.notes.clone(),
            failed: picture.failed.clone(),
            skipped: None,
        };
        picture.notes.insert(0, [worst.reason.to_owned(), worst.layer.to_owned(), value(&worst)]);
        let card = Card { line: worst.line, id: worst.id.to_owned(), title: title.clone(), pictures: vec![picture], failed: Vec::new() };
        match groups.last_mut() {
            Some((last, cards)) if *last == group => cards.push(card),
            _ => groups.push((group, vec![card])),
        }
    }
    groups
}

/// `61 characters`, `912.4 px`.
fn value(worst: &WorstRow<'_>) -> String {
    match worst.reason {
        "longest-text" => format!("{} characters", worst.value),
        "most-lines" => format!("{} lines", worst.value),
        "missing" => "nothing to show".to_owned(),
        _ => format!("{} px", worst.value),
    }
}

fn label(variant: Option<&str>) -> &str {
    variant.unwrap_or(BASE)
}
