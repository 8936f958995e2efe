//! `render`: one template, one row, one picture.

use std::path::{Path, PathBuf};

use core_::{Context, Guard, Output, OutputFormat, Resources, Row, Scratch};
use templrender_host::{Folder, load_folder, read_text};

use crate::args::{Render, World};
use crate::failure::{Done, Stop};
use crate::models::renderer;
use crate::pictures::{Pictures, Trace};
use crate::web::Web;
use crate::{output, time, write};

pub(crate) fn run(args: &Render) -> Done {
    let named = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = named.map(output::format).transpose().map_err(Stop::Usage)?;
    let folder = load_folder(&args.template, &args.world.fonts)?;
    known_variant(&folder, args.variant.as_deref())?;
    let source = RowSource::find(args.row.as_deref(), &folder);
    let row = source.read()?;
    let place = source.place();

    let renderer = renderer(&args.world.models, &folder)?;
    let mut context = context(&args.world);
    (context.variant, context.lang, context.scale, context.format) = (args.variant.clone(), args.lang.clone(), args.scale, format);
    let failed = |error: &core_::Error| Stop::of(&place, error);
    let begin = time::monotonic_ns();
    let mut plan = renderer.plan(&folder.template, &row, &context).map_err(|e| failed(&e))?;
    let planned = time::monotonic_ns();
    if let Some(quality) = args.quality {
        context.output = Some(with_quality(plan.output(), quality)?);
        plan = renderer.plan(&folder.template, &row, &context).map_err(|e| failed(&e))?;
    }

    let pictures = pictures(&args.world, source.folder(), &folder)?;
    let mut resources = Resources::new();
    pictures.answer_all(&renderer, &plan, &mut resources, &mut Trace::default()).map_err(|e| failed(&e))?;
    let guard = Guard { clock: args.report.as_ref().map(|_| time::monotonic_ns as fn() -> u64), ..Guard::default() };
    let mut rendered = renderer.render_guarded(&plan, &resources, &mut Scratch::new(), &guard).map_err(|e| failed(&e))?;
    let drawn = time::monotonic_ns();
    let bytes = rendered.frame.encode_guarded(plan.output(), &guard).map_err(|e| failed(&e))?;
    if let Some(timings) = &mut rendered.report.timings_us {
        timings.plan = Some((planned - begin) / 1_000);
        timings.encode = Some((time::monotonic_ns() - drawn) / 1_000);
    }

    let default_name = || PathBuf::from(default_name(folder.template.name(), args.variant.as_deref(), plan.output()));
    let path = args.output.clone().unwrap_or_else(default_name);
    write::to(&path, &bytes)?;
    for note in &rendered.report.notes {
        eprintln!("{place}: {}: note {}: {}", note.layer, note.code.name(), note.message);
    }
    if let Some(report) = &args.report {
        write::to(report, rendered.report.to_json().as_bytes())?;
    }
    if args.output.is_none() {
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// The part of a plan's context that all commands share.
pub(crate) fn context(world: &World) -> Context {
    Context { now: Some(world.now.unwrap_or_else(time::now)), time_zone: world.time_zone.clone(), ..Context::default() }
}

/// Where the pictures of a row in this folder come from.
pub(crate) fn pictures(world: &World, row_folder: Option<&Path>, template: &Folder) -> Done<Pictures> {
    let web = Web::new(world.timeout, core_::Limits::default().max_input_bytes, world.allow_private);
    Pictures::new(row_folder, template, world.root.as_deref(), Some(web))
}

/// Refuses a variant that the template does not have as wrong usage, naming those that it has.
pub(crate) fn known_variant(folder: &Folder, variant: Option<&str>) -> Done {
    let Some(variant) = variant else { return Ok(()) };
    let known: Vec<&str> = folder.template.variants().collect();
    if known.contains(&variant) {
        return Ok(());
    }
    let has = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
    Err(Stop::Usage(format!("--variant {variant}: the template {} has no such variant, {has}", folder.template.name())))
}

/// Where the row of one picture comes from.
#[derive(Debug)]
pub(crate) enum RowSource {
    Text(String),
    File(PathBuf),
    /// The template has no rows either: whatever it draws without one.
    Empty,
}

impl RowSource {
    /// What `--row` says, else `rows/default.json`, else the first of `rows/`.
    pub(crate) fn find(argument: Option<&str>, folder: &Folder) -> Self {
        match argument {
            Some(text) if text.trim_start().starts_with('{') => Self::Text(text.to_owned()),
            Some(path) => Self::File(path.into()),
            None => {
                let default = folder.rows.iter().find(|path| path.file_stem().is_some_and(|stem| stem == "default"));
                default.or(folder.rows.first()).map_or(Self::Empty, |path| Self::File(path.clone()))
            }
        }
    }

    pub(crate) fn read(&self) -> Done<Row> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::File(path) => read_text(path)?,
            Self::Empty => return Ok(Row::new()),
        };
        Row::from_json(&text).map_err(|error| Stop::of(&self.place(), &error))
    }

    /// What failures call it.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Text(_) => "--row".into(),
            Self::File(path) => path.display().to_string(),
            Self::Empty => "empty row".into(),
        }
    }

    /// The folder that its pictures may lie in.
    pub(crate) fn folder(&self) -> Option<&Path> {
        let Self::File(path) = self else { return None };
        Some(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
    }
}

/// The picture's output with another quality.
fn with_quality(output: &Output, quality: u8) -> Done<Output> {
    if output.format != OutputFormat::Jpeg {
        let ending = output::ending(output);
        return Err(Stop::Usage(format!("--quality {quality}: only a JPEG has a quality, the picture is .{ending}")));
    }
    Ok(Output { quality, ..output.clone() })
}

fn default_name(template: &str, variant: Option<&str>, output: &Output) -> String {
    let stem = crate::feed::name::safe(template);
    match variant {
        Some(variant) => format!("{stem}-{}.{}", crate::feed::name::safe(variant), output::ending(output)),
        None => format!("{stem}.{}", output::ending(output)),
    }
}
