//! `--models` and `TEMPLATE/models`: the models that templates may name, and what runs them. `models` lists them.
//!
//! A template's own models come first and hide those of `--models` with the same ids; of two folders, the one that is named first. Files are read and
//! compared with their manifests at once, sessions are prepared when a picture needs them.

mod kept;
mod list;

use std::path::{Path, PathBuf};

use clap::Args;
use core_::{Model, Models, Renderer};
use templrender_host::{Folder, FolderError, OwnModels, TemplateModels};
use templrender_models::{EngineKind, Options};

use crate::failure::{Done, Stop};
pub(crate) use kept::Kept;
pub(crate) use list::{List, run};

/// Which models there are, and what runs them.
#[derive(Debug, Clone, Args)]
pub(crate) struct ModelArgs {
    /// A folder of models (NAME.json beside NAME.onnx), after the template's own `models`; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Vec<PathBuf>,
    /// What runs models: auto, rten, tract or ort, as far as they are built in; auto is ort where its library is named, else the first of rten and tract
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = engine)]
    pub(crate) engine: EngineKind,
    /// ONNX Runtime's library, or the folder that it is in, for --engine ort; without it, ORT_DYLIB_PATH or the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ort_library: Option<PathBuf>,
}

fn engine(text: &str) -> Result<EngineKind, String> {
    text.parse().map_err(|error: core_::Error| error.faults().first().map_or_else(String::new, |fault| fault.message.clone()))
}

/// The models of `--models`, read once, and how others are read.
#[derive(Debug)]
pub(crate) struct Shelf {
    options: Options,
    shared: Vec<Model>,
}

impl Shelf {
    /// Reads the folders of the command line.
    pub(crate) fn open(args: &ModelArgs) -> Done<Self> {
        let options = options(args);
        let mut shared = Vec::new();
        for folder in &args.models {
            shared.extend(read(folder, &options)?);
        }
        Ok(Self { options, shared })
    }

    /// Those of one template and those of the command line.
    pub(crate) fn of(&self, template: &Folder) -> Done<Models> {
        let folder = template.path.join("models");
        // A pack has none: engines read files.
        let own = if template.pack.is_none() && folder.is_dir() { read(&folder, &self.options)? } else { Vec::new() };
        together(own.iter().chain(&self.shared))
    }

    /// Those of the command line, and who reads those of templates, for a service.
    pub(crate) fn for_service(&self) -> Done<TemplateModels> {
        let options = self.options.clone();
        let own = OwnModels::new(move |folder| read(folder, &options));
        Ok(TemplateModels { shared: together(&self.shared)?, own: Some(own) })
    }
}

fn options(args: &ModelArgs) -> Options {
    Options { engine: args.engine, ort_library: args.ort_library.clone(), ..Options::default() }
}

/// What draws a template with its fonts and models.
pub(crate) fn renderer(args: &ModelArgs, template: &Folder) -> Done<Renderer> {
    Ok(Renderer::new(template.fonts.clone()).with_models(Shelf::open(args)?.of(template)?))
}

/// All models of a folder.
fn read(folder: &Path, options: &Options) -> Result<Vec<Model>, FolderError> {
    templrender_models::load_folder(folder, options).map_err(|error| match error.faults().first() {
        // It names the file itself.
        Some(fault) if !fault.place.is_empty() => FolderError::at(&fault.place, &fault.message),
        _ => FolderError::at(folder.display(), error),
    })
}

/// The first of each id.
fn together<'a>(all: impl IntoIterator<Item = &'a Model>) -> Done<Models> {
    let mut models = Models::new();
    for model in all {
        if models.get(model.id()).is_none() {
            models.add(model.clone()).map_err(|error| Stop::of("models", &error))?;
        }
    }
    Ok(models)
}
