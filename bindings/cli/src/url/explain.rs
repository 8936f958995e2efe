//! `url explain`: what a URL asks for, line by line; with a template, what it would draw. Nothing is verified, and no secret is needed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use core_::{Context, NeedSource, Request, Value};
use templrender_host::load_folder;

use super::args::Explain;
use super::{parsed, place};
use crate::failure::{Done, Stop};
use crate::models::renderer;
use crate::time;

pub(super) fn run(args: &Explain) -> Done {
    let (request, signature) = parsed(&args.url)?;
    let now = args.now.unwrap_or_else(time::now);
    let failed = |error: core_::Error| Stop::of(&place(&args.url), &error);
    let canonical = request.canonical().map_err(failed)?;
    let mut said = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(said, "{name:<11} {value}");
    };
    line("tenant", &request.tenant);
    line("template", &request.template);
    line("version", request.digest.as_deref().unwrap_or("the newest"));
    line("variant", request.variant.as_deref().unwrap_or("none"));
    line("format", extension(&canonical));
    if let Some(lang) = &request.lang {
        line("language", lang);
    }
    if let Some(version) = &request.version {
        line("picture", version);
    }
    match request.expires {
        None => line("ends", "never"),
        Some(end) => {
            let state = if request.is_expired(now) { "over" } else { "not over" };
            line("ends", &format!("{} ({end}), {state}", time::shown(end)));
        }
    }
    match &signature {
        None => line("signed", "no"),
        Some(signature) => line("signed", &format!("with the key {}; not verified here", signature.key_id())),
    }
    let form = if canonical.contains("?~z=") || canonical.contains("&~z=") { "packed" } else { "plain" };
    line("canonical", &canonical);
    line("length", &format!("{} characters, {form}; {} as given, {} at most", canonical.len(), args.url.len(), Request::MAX_URL_CHARS));
    for (i, (name, value)) in request.row.iter().enumerate() {
        line(if i == 0 { "row" } else { "" }, &format!("{}: {}", json_text(name), json(value)));
    }
    print!("{said}");
    match template_of(args, &request)? {
        Some(template) => planned(args, &template, &request, now),
        None => Ok(()),
    }
}

/// Where the template lies that the row is to be planned with.
fn template_of(args: &Explain, request: &Request) -> Done<Option<PathBuf>> {
    let Some(all) = &args.templates else { return Ok(args.template.clone()) };
    let found = [all.join(&request.tenant), all.clone()].into_iter().find_map(|folder| {
        let (unpacked, pack) = (folder.join(&request.template), folder.join(format!("{}.zip", request.template)));
        if unpacked.join("template.json").is_file() { Some(unpacked) } else { Some(pack).filter(|pack| pack.is_file()) }
    });
    let missing = || Stop::at(all.display(), format!("there is no template {} for the tenant {}", request.template, request.tenant));
    found.map(Some).ok_or_else(missing)
}

fn planned(args: &Explain, template: &Path, request: &Request, now: i64) -> Done {
    let folder = load_folder(template, &args.fonts)?;
    let context: Context = request.context(now);
    let plan = renderer(&args.models, &folder)?.plan(&folder.template, &request.row, &context);
    let plan = plan.map_err(|error| Stop::of(&place(&args.url), &error))?;
    let version = folder.version()?;
    match &request.digest {
        Some(asked) if *asked != version => println!("{:<11} {version}, which is not the version of the URL", "here"),
        _ => println!("{:<11} {version}", "here"),
    }
    println!("{:<11} {}", "plan", plan.key());
    if let Some(reason) = plan.skipped() {
        println!("{:<11} {reason}", "skipped");
    }
    println!("{:<11} {}", "valid until", plan.valid_until().map_or_else(|| "row or template change".to_owned(), time::shown));
    for (i, need) in plan.needs().enumerate() {
        let source = match need.source() {
            NeedSource::Location(location) => location.clone(),
            NeedSource::Asset { path, .. } => format!("asset {path}"),
            NeedSource::Generated { model, of } => format!("model {model} of {of}"),
            other => format!("{other:?}"),
        };
        println!("{:<11} {source}", if i == 0 { "needs" } else { "" });
    }
    Ok(())
}

/// `jpg` of a canonical URL.
fn extension(canonical: &str) -> &str {
    canonical.split('?').next().and_then(|path| path.rsplit('.').next()).unwrap_or("")
}

/// A value as JSON writes it, numbers exactly.
fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries: Vec<String> = entries.iter().map(|(name, value)| format!("{}: {}", json_text(name), json(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Text(text) => json_text(text),
        // No URL has other values.
        other => json_text(&format!("{other:?}")),
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
