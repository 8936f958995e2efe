//! One template from its folder or its pack: read by `packed`, and whole and valid by the core's judgement, or refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use core_::{Bundle, Context, Error, Fonts, Plan, Renderer, Resources, Row, Template};

use super::files::Reader;
use super::packed::{Source, now, pack};
use super::{TemplateModels, TemplateName};
use crate::folder::{self, FolderError};

/// A template that is ready to draw with.
///
/// ```
/// use std::path::Path;
/// use templrender_host::Templates;
/// let templates = Templates::open(Path::new("../../templates"), &[])?;
/// let sale = templates.get("acme", "product-sale", None).unwrap();
/// assert_eq!(sale.template.name(), "product-sale");
/// assert!(sale.assets.contains_key("assets/logo.svg"));
/// assert_eq!(sale.version.len(), 16);
/// # Ok::<(), templrender_host::FolderError>(())
/// ```
#[derive(Debug)]
pub struct Loaded {
    /// Whose it is, and how URLs call it.
    pub name: TemplateName,
    /// The template.
    pub template: Template,
    /// A renderer with its fonts and models before those that all templates share.
    pub renderer: Renderer,
    /// 16 hex digits over the template, its assets and its fonts: what names this version in URLs.
    pub version: String,
    /// Its assets by path.
    pub assets: BTreeMap<String, Arc<[u8]>>,
    /// What is drawn where a row's own picture cannot be: `fallback.json` beside the template.
    pub fallback: Option<Row>,
    /// All of that as the core holds it.
    pub(super) bundle: Bundle,
}

impl Loaded {
    /// One template as a service reads it from its folder or its pack: assets and fallback whole and valid, or refused.
    ///
    /// ```
    /// use std::path::Path;
    /// use templrender_host::Loaded;
    /// let ad = Loaded::open(Path::new("../../templates/product-ad"), &[])?;
    /// assert!(ad.fallback.is_some());
    /// assert!(Loaded::open(Path::new("../../templates"), &[]).is_err(), "no template itself");
    /// # Ok::<(), templrender_host::FolderError>(())
    /// ```
    pub fn open(folder: &Path, fonts: &[PathBuf]) -> Result<Self, FolderError> {
        let real = folder.canonicalize().map_err(|error| FolderError::io(folder, &error))?;
        let source = if real.is_dir() { Source::folder(folder.to_owned()) } else { Source::Zip(folder.to_owned()) };
        let called = if real.is_dir() { real.file_name() } else { real.file_stem() };
        let name = TemplateName { tenant: None, name: called.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default() };
        let options = super::TemplatesOptions::default();
        let mut reader = Reader::new(Some(real), options.max_template_bytes, options.max_files);
        let (host, models) = (folder::host_fonts(fonts)?, TemplateModels::default());
        load(&Given { name: &name, source: &source, host: &host, others: &[], models: &models }, &mut reader)
    }

    /// Answers to start from: the template's assets are in it already, so that only a row's pictures are left to be found.
    ///
    /// ```
    /// use core_::{Context, Row};
    /// # use std::path::Path;
    /// # let templates = templrender_host::Templates::open(Path::new("../../templates"), &[])?;
    /// let sale = templates.get("acme", "product-sale", None).unwrap();
    /// let row = Row::from_json(r#"{ "title": "Honey", "price": "6.90 EUR", "image_link": "https://shop.example/honey.jpg" }"#)?;
    /// let plan = sale.renderer.plan(&sale.template, &row, &Context::default())?;
    /// assert_eq!(plan.pending(&sale.resources()).len(), 1, "the row's photo, and not the logo");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resources(&self) -> Resources {
        self.bundle.resources()
    }

    /// The plan of the fallback with all that it needs, where the template has one. It waits for no model: they are as good as not there.
    ///
    /// ```
    /// use core_::{Context, Scratch};
    /// # use std::path::Path;
    /// # let templates = templrender_host::Templates::open(Path::new("../../templates"), &[])?;
    /// let card = templates.get("acme", "og-card", None).unwrap();
    /// if let Some(fallback) = card.plan_fallback(&Context::default()) {
    ///     let (plan, resources) = fallback?;
    ///     let rendered = card.renderer.render(&plan, &resources, &mut Scratch::new())?;
    ///     assert_eq!(rendered.frame.width(), 1200);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn plan_fallback(&self, context: &Context) -> Option<Result<(Plan, Resources), Error>> {
        self.bundle.plan_fallback(context)
    }
}

/// What a load is made with.
pub(super) struct Given<'a> {
    pub(super) name: &'a TemplateName,
    pub(super) source: &'a Source,
    /// The fonts of the host.
    pub(super) host: &'a Fonts,
    /// Templates whose fonts may be shared.
    pub(super) others: &'a [Bundle],
    pub(super) models: &'a TemplateModels,
}

/// Reads and checks one template; what was looked at is in the reader, whatever comes of it.
pub(super) fn load(given: &Given<'_>, reader: &mut Reader) -> Result<Loaded, FolderError> {
    let bundle = pack(given.source, reader)?.open_beside(given.host, now(), given.others);
    let bundle = bundle.map_err(|error| given.source.failed(&error))?;
    let models = given.models.of(given.source)?;
    Ok(Loaded {
        name: given.name.clone(),
        template: bundle.template().clone(),
        renderer: bundle.renderer().clone().with_models(models),
        version: bundle.version().to_owned(),
        assets: bundle.assets().map(|(path, bytes)| (path.to_owned(), Arc::clone(bytes))).collect(),
        fallback: bundle.fallback().cloned(),
        bundle,
    })
}

/// The folder or pack of a template's own, if it comes to lie in that of all templates.
pub(super) fn real_place(all: &Path, place: &Path) -> Result<PathBuf, FolderError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| FolderError::io(&path, &error)
    };
    let all = all.canonicalize().map_err(failed(all))?;
    let real = place.canonicalize().map_err(failed(place))?;
    if real.starts_with(&all) {
        Ok(real)
    } else {
        Err(FolderError::at(place.display(), "a template's folder must lie among the templates, this one leads out of them"))
    }
}
