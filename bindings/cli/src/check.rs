//! `check`: what is wrong with a template, and what its own rows make of it, in every variant; with a feed, see [`feed`], of a rules file, see
//! [`rules`].
//!
//! Rows are planned and laid out, not drawn. Pictures on the web are not fetched: what they would be is not the template's doing. A layer that
//! cannot be without one counts as unseen, not as a failure.

mod feed;
mod rules;
mod sheet;
mod threshold;

use std::path::Path;

use core_::{Context, Renderer, Resources, Scratch, Template};
use serde_json::{Value, json};
use templrender_host::{Folder, FolderError, Loaded, is_pack, load_folder, locate_template, read_text};

use crate::args::Check;
use crate::failure::{Done, Failure, Stop};
use crate::models::renderer;
use crate::pictures::{Pictures, Trace};
use crate::render::{RowSource, context};
use crate::write;
pub(crate) use threshold::Threshold;

/// The row that a service draws where a picture of another row cannot be had.
const FALLBACK: &str = "fallback.json";

pub(crate) fn run(args: &Check) -> Done {
    if let Some(text) = crate::rules::text(&args.template)? {
        return rules::run(args, &text);
    }
    let (file, _) = locate_template(&args.template);
    let folder = if is_pack(&file) { packed(args)? } else { unpacked(args, &file)? };
    if let Some(path) = &args.feed {
        return feed::run(args, &folder, path);
    }
    for warning in folder.template.warnings() {
        warn(&file, warning);
    }
    let renderer = renderer(&args.world.models, &folder)?;
    let mut failures = Vec::new();
    let mut rows = Vec::new();
    let mut notes = 0;
    for path in &folder.rows {
        let source = RowSource::File(path.clone());
        let place = source.place();
        let row = match source.read() {
            Ok(row) => row,
            Err(Stop::Failed(found)) => {
                failures.extend(found);
                continue;
            }
            Err(usage) => return Err(usage),
        };
        let pictures = Pictures::new(source.folder(), &folder, args.world.root.as_deref(), None)?;
        let mut base = None;
        for variant in std::iter::once(None).chain(folder.template.variants().map(Some)) {
            let place = variant.map_or(place.clone(), |v| format!("{place}: variant {v}"));
            let context = Context { variant: variant.map(str::to_owned), ..context(&args.world) };
            let (faults, found) = match lay_out(&renderer, &folder, &row, &context, &pictures) {
                Ok(Some(report)) => (json!([]), report.notes),
                Ok(None) => {
                    eprintln!("{place}: not laid out, a picture of it is on the web");
                    continue;
                }
                Err(error) if error.code() == core_::Code::RowSkipped => {
                    let reason = error.faults().first().map_or("", |fault| fault.message.as_str());
                    eprintln!("{place}: {reason}");
                    (json!([]), Vec::new())
                }
                Err(error) => {
                    let findings = faults(&error);
                    // What is wrong with the row itself is wrong in all variants, and said once.
                    if base.as_ref() != Some(&error) {
                        failures.extend(Failure::of(&place, &error));
                    }
                    base.get_or_insert(error);
                    (findings, Vec::new())
                }
            };
            for note in &found {
                eprintln!("{place}: {}: note {}: {}", note.layer, note.code.name(), note.message);
            }
            notes += found.len();
            let found: Vec<Value> =
                found.iter().map(|n| json!({ "code": n.code.name(), "layer": n.layer, "message": n.message })).collect();
            rows.push(json!({ "row": path.display().to_string(), "variant": variant, "faults": faults, "notes": found }));
        }
    }
    if let Some(error) = broken_fallback(args, &folder) {
        let place = folder.path.join(FALLBACK).display().to_string();
        let found: Vec<Value> = error.faults().iter().map(|f| json!({ "place": f.place, "message": f.reason })).collect();
        rows.push(json!({ "row": place, "variant": null, "faults": found, "notes": [] }));
        failures.extend(error.faults().iter().cloned().map(Failure::from));
    }
    let warnings: Value = folder.template.warnings().iter().map(fault).collect();
    report(args, &json!({ "template": folder.template.name(), "faults": [], "warnings": warnings, "rows": rows }))?;
    if !failures.is_empty() {
        return Err(Stop::Failed(failures));
    }
    let (variants, rows) = (folder.template.variants().count(), folder.rows.len());
    eprintln!("{}: {}, {}, {}", file.display(), count(variants, "variant"), count(rows, "row"), count(notes, "note"));
    Ok(())
}

/// The template's folder, or all that is wrong with its JSON.
fn unpacked(args: &Check, file: &Path) -> Done<Folder> {
    if let Err(error) = Template::parse(&read_text(file)?) {
        report(args, &json!({ "template": null, "faults": faults(&error), "rows": [] }))?;
        return Err(Stop::of(&file.display().to_string(), &error));
    }
    Ok(load_folder(&args.template, &args.world.fonts)?)
}

/// The template's pack, or all that a service refuses it for.
fn packed(args: &Check) -> Done<Folder> {
    let loaded = load_folder(&args.template, &args.world.fonts);
    if let Err(error) = &loaded {
        let found: Vec<Value> = error.faults().iter().map(|f| json!({ "place": f.place, "message": f.reason })).collect();
        report(args, &json!({ "template": null, "faults": found, "rows": [] }))?;
    }
    Ok(loaded?)
}

/// What a service would refuse the template for, where it has a fallback.
fn broken_fallback(args: &Check, folder: &Folder) -> Option<FolderError> {
    let there = args.template.is_dir() && folder.path.join(FALLBACK).exists();
    there.then(|| Loaded::open(&folder.path, &args.world.fonts).err()).flatten()
}

/// The report of one row, or nothing where it hangs on a picture of the web.
fn lay_out(
    renderer: &Renderer,
    folder: &Folder,
    row: &core_::Row,
    context: &Context,
    pictures: &Pictures,
) -> Result<Option<core_::Report>, core_::Error> {
    let plan = renderer.plan(&folder.template, row, context)?;
    let (mut resources, mut trace) = (Resources::new(), Trace::default());
    pictures.answer_all(renderer, &plan, &mut resources, &mut trace)?;
    match renderer.report(&plan, &resources, &mut Scratch::new()) {
        Ok(report) => Ok(Some(report)),
        Err(_) if trace.unsettled => Ok(None),
        Err(error) => Err(error),
    }
}

fn report(args: &Check, findings: &Value) -> Done {
    let Some(path) = &args.report else { return Ok(()) };
    write::to(path, format!("{findings:#}\n").as_bytes())
}

/// Says what is odd about a template or a rules file.
pub(crate) fn warn(file: &std::path::Path, warning: &core_::Fault) {
    let at = warning.at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    eprintln!("{}{at}: {}: warning {}: {}", file.display(), warning.place, warning.code.name(), warning.message);
}

fn faults(error: &core_::Error) -> Value {
    error.faults().iter().map(fault).collect()
}

fn fault(fault: &core_::Fault) -> Value {
    let (line, column) = fault.at.unzip();
    json!({ "code": fault.code.name(), "place": fault.place, "line": line, "column": column, "message": fault.message })
}

pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
