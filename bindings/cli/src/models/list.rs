//! `models`: which models lie in some folders, under which licence, and how long they take here.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use core_::{
    Code, Context, Error, Fault, Fonts, Frame, Guard, Manifest, Model, ModelKind, Models, Need, NeedSource, Renderer, Resources, Row,
    Template,
};

use super::{ModelArgs, options, read};
use crate::failure::{Done, Failure, Stop};

/// The side of the picture that a trial runs on, px.
const TRIAL_PX: u32 = 256;

#[derive(Debug, Args)]
pub(crate) struct List {
    /// A folder of models, or of a template that has one
    #[arg(value_name = "DIR")]
    pub(crate) folder: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    /// Run each of them on a picture of 256 x 256 px, and say how many milliseconds that takes once its session is prepared
    #[arg(long)]
    pub(crate) time: bool,
}

pub(crate) fn run(args: &List) -> Done {
    let folders: Vec<PathBuf> = args.folder.iter().map(|folder| of_template(folder)).chain(args.models.models.clone()).collect();
    if folders.is_empty() {
        return Err(Stop::Usage("models: a folder of models must be named, found none".to_owned()));
    }
    let options = options(&args.models);
    let mut table = vec![head(args.time)];
    let mut failures = Vec::new();
    for folder in &folders {
        for model in read(folder, &options)? {
            let mut line = told(&model, folder);
            if args.time {
                line.push(match trial(&model) {
                    Ok(took) => format!("{:.1}", took.as_secs_f64() * 1e3),
                    Err(error) => {
                        failures.extend(Failure::of(&format!("{}: {}", folder.display(), model.id()), &error));
                        "-".to_owned()
                    }
                });
            }
            table.push(line);
        }
    }
    print!("{}", columns(&table));
    if failures.is_empty() { Ok(()) } else { Err(Stop::Failed(failures)) }
}

/// The folder itself, or that of a template's models.
fn of_template(folder: &Path) -> PathBuf {
    let own = folder.join("models");
    if folder.join("template.json").is_file() && own.is_dir() { own } else { folder.to_owned() }
}

fn head(time: bool) -> Vec<String> {
    let names = ["id", "kind", "version", "licence", "engine", "bytes"];
    names.into_iter().chain(time.then_some("ms")).map(str::to_owned).collect()
}

fn told(model: &Model, folder: &Path) -> Vec<String> {
    let manifest = model.manifest();
    vec![
        shown(model.id()),
        manifest.kind().name().to_owned(),
        shown(manifest.version()),
        licence(manifest),
        model.engine().to_owned(),
        bytes(manifest, folder),
    ]
}

fn licence(manifest: &Manifest) -> String {
    let licence = shown(manifest.licence());
    if manifest.noncommercial() { format!("{licence}, noncommercial") } else { licence }
}

fn bytes(manifest: &Manifest, folder: &Path) -> String {
    let length = manifest.file().and_then(|file| std::fs::metadata(folder.join(file)).ok()).map(|metadata| metadata.len());
    length.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string())
}

/// Text of a manifest on one line.
fn shown(text: &str) -> String {
    let plain: String = text.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if plain.is_empty() { "-".to_owned() } else { plain }
}

/// Rows as columns that are as wide as their widest value.
fn columns(table: &[Vec<String>]) -> String {
    let width = |column: usize| table.iter().filter_map(|line| line.get(column)).map(|value| value.chars().count()).max().unwrap_or(0);
    let line = |line: &Vec<String>| {
        let values = line.iter().enumerate().map(|(column, value)| format!("{value:<width$}", width = width(column)));
        format!("{}\n", values.collect::<Vec<_>>().join("  ").trim_end())
    };
    table.iter().map(line).collect()
}

/// How long one run takes, the second one: the first prepares the session.
fn trial(model: &Model) -> Result<Duration, Error> {
    let mut models = Models::new();
    models.add(model.clone())?;
    let renderer = Renderer::new(Fonts::new()).with_models(models);
    let asks = match model.manifest().kind() {
        ModelKind::Matte => format!("\"cutout\": {:?}", model.id()),
        ModelKind::Detector => "\"object-position\": \"face\"".to_owned(),
        _ => format!("\"model\": {:?}", model.id()),
    };
    // A given crop needs no face.
    let text = format!(
        r#"{{ "templrender": 1, "name": "trial", "size": [{TRIAL_PX}, {TRIAL_PX}], "layers": [ {{ "type": "image", "src": "trial.png",
            "object-view-box": "inset(0)", "object-fit": "cover", "width": "100%", "height": "100%", {asks} }} ] }}"#
    );
    let plan = renderer.plan(&Template::parse(&text)?, &Row::new(), &Context::default())?;
    let mut resources = Resources::new();
    let picture = |need: &&Need| matches!(need.source(), NeedSource::Location(_));
    if let Some(need) = plan.needs().find(picture) {
        resources.insert_frame(need.id(), picture_of_all_colours()?)?;
    }
    let need = plan.pending(&resources).into_iter().find(|need| need.is_generated()).map(Need::id);
    let none = || Fault::new(Code::Bug, format!("model {}", model.id()), "a trial must need its model, found that it does not");
    let job = renderer.job(&plan, need.ok_or_else(none)?, &resources)?;
    job.run(&Guard::default())?;
    let started = Instant::now();
    job.run(&Guard::default())?;
    Ok(started.elapsed())
}

fn picture_of_all_colours() -> Result<Frame, Error> {
    let px = |number: u32| {
        let (x, y) = (number % TRIAL_PX, number / TRIAL_PX);
        [x, y, x ^ y, 255].map(|value| u8::try_from(value).unwrap_or(u8::MAX))
    };
    Frame::from_rgba(TRIAL_PX, TRIAL_PX, (0..TRIAL_PX * TRIAL_PX).flat_map(px).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_value() {
        let line = |values: [&str; 2]| values.map(str::to_owned).to_vec();
        assert_eq!(columns(&[line(["id", "kind"]), line(["paint", "generator"])]), "id     kind\npaint  generator\n");
    }

    #[test]
    fn text_of_a_manifest_stays_on_its_line() {
        assert_eq!((shown("a\nb"), shown("")), ("a\u{fffd}b".to_owned(), "-".to_owned()));
    }
}
