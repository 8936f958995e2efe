//! One template from its folder: parsed, with its fonts, its assets and its fallback, all of them whole and valid, or refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use core_::{Code, Context, Error, Fonts, Frame, Limits, NeedSource, Plan, Renderer, Resources, Row, Scratch, Template};

use super::TemplateName;
use super::files::Reader;
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
    /// A renderer with its fonts before those that all templates share.
    pub renderer: Renderer,
    /// 16 hex digits over the template, its assets and its fonts: what names this version in URLs.
    pub version: String,
    /// Its assets by path.
    pub assets: BTreeMap<String, Arc<[u8]>>,
    /// What is drawn where a row's own picture cannot be: `fallback.json` beside the template.
    pub fallback: Option<Row>,
    /// The assets as answers, read once.
    resources: Resources,
    /// The same, and the pictures of the fallback.
    fallback_resources: Resources,
    /// What tells two fallbacks apart.
    pub(super) fallback_hash: Option<[u8; 32]>,
    pub(super) own_fonts: OwnFonts,
    pub(super) bytes: u64,
}

/// A template's own fonts, to be shared with those that have the same files.
#[derive(Debug, Clone)]
pub(super) struct OwnFonts {
    pub(super) hash: [u8; 32],
    /// The digest of the host's fonts.
    pub(super) host: [u8; 32],
    /// With those of the host behind them.
    pub(super) layered: Fonts,
}

impl Loaded {
    /// One template's folder as a service reads it: assets and fallback whole and valid, or refused.
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
        let called = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = TemplateName { tenant: None, name: called };
        let options = super::TemplatesOptions::default();
        let mut reader = Reader::new(Some(real), options.max_template_bytes, options.max_files);
        let given = Given { name: &name, folder, host: &folder::host_fonts(fonts)?, known: &BTreeMap::new() };
        load(&given, &mut reader)
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
        self.resources.clone()
    }

    /// The plan of the fallback with all that it needs, where the template has one.
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
        let row = self.fallback.as_ref()?;
        let plan = self.renderer.plan(&self.template, row, context);
        Some(plan.map(|plan| (plan, self.fallback_resources.clone())))
    }
}

/// What a load is made with.
pub(super) struct Given<'a> {
    pub(super) name: &'a TemplateName,
    pub(super) folder: &'a Path,
    /// The fonts of the host.
    pub(super) host: &'a Fonts,
    /// Fonts that are there already.
    pub(super) known: &'a BTreeMap<[u8; 32], OwnFonts>,
}

/// Reads and checks one template's folder; what was looked at is in the reader, whatever comes of it.
pub(super) fn load(given: &Given<'_>, reader: &mut Reader) -> Result<Loaded, FolderError> {
    let limits = Limits::default();
    let file = given.folder.join("template.json");
    let text = folder::text(&file, reader.read(&file, limits.max_template_bytes)?)?;
    let template = Template::parse(&text).map_err(|error| FolderError::of(&file.display().to_string(), &error))?;
    let own_fonts = fonts(given, reader, &limits)?;

    let mut assets = BTreeMap::new();
    for (_, path) in template.assets() {
        if !assets.contains_key(path) {
            assets.insert(path.to_owned(), picture(given.folder, path, reader, &limits)?);
        }
    }
    let resources = answered(&template, &assets, given.folder)?;
    let renderer = Renderer::new(own_fonts.layered.clone());
    let version = folder::version(&template, &assets, &own_fonts.layered);
    let mut loaded = Loaded {
        name: given.name.clone(),
        template,
        renderer,
        version,
        assets,
        fallback: None,
        fallback_resources: resources.clone(),
        resources,
        fallback_hash: None,
        own_fonts,
        bytes: 0,
    };
    fallback(&mut loaded, given.folder, reader, &limits)?;
    loaded.bytes = reader.bytes;
    Ok(loaded)
}

/// The template's own fonts before those of the host; those of another template with the same files, where there is one.
fn fonts(given: &Given<'_>, reader: &mut Reader, limits: &Limits) -> Result<OwnFonts, FolderError> {
    let folder = given.folder.join("fonts");
    let files = if reader.is_there(&folder) { reader.fonts(&folder)? } else { Vec::new() };
    let mut read = Vec::new();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let bytes = reader.read(&file, limits.max_input_bytes)?;
        hasher.update(blake3::hash(&bytes).as_bytes());
        read.push((file, bytes));
    }
    let hash = *hasher.finalize().as_bytes();
    if let Some(known) = given.known.get(&hash) {
        return Ok(known.clone());
    }
    let mut own = Fonts::new();
    for (file, bytes) in read {
        own.add(bytes).map_err(|error| FolderError::of(&file.display().to_string(), &error))?;
    }
    Ok(OwnFonts { hash, host: given.host.digest(), layered: Fonts::layered(&own, given.host) })
}

/// A picture of the folder, if it is one to its last byte.
fn picture(folder: &Path, path: &str, reader: &mut Reader, limits: &Limits) -> Result<Arc<[u8]>, FolderError> {
    let file = folder.join(path);
    // Judged by its letters first, so that nothing is said about files outside, not even whether they are there.
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !plain {
        return Err(FolderError::at(file.display(), "a template's pictures must lie in its folder, this path leads out of it"));
    }
    let bytes = reader.read(&file, limits.max_input_bytes)?;
    match Frame::decode_at_least(&bytes, 1, 1, limits) {
        Ok(_) => {}
        // Perhaps an SVG, which `answered` reads.
        Err(error) if error.code() == Code::UnknownFormat => {}
        Err(error) => return Err(FolderError::of(&file.display().to_string(), &error)),
    }
    Ok(bytes.into())
}

/// The assets as answers to any plan of the template.
fn answered(template: &Template, assets: &BTreeMap<String, Arc<[u8]>>, folder: &Path) -> Result<Resources, FolderError> {
    let mut resources = Resources::new();
    for (name, path) in template.assets() {
        let Some(bytes) = assets.get(path) else { continue };
        let place = folder.join(path).display().to_string();
        let failed = |error: &Error| FolderError::at(&place, error.faults().first().map_or("", |fault| fault.message.as_str()));
        // The name of an answer is a plan's to say, so one is made that draws this asset and nothing else.
        let plan = sole(name, path).and_then(|sole| Renderer::new(Fonts::new()).plan(&sole, &Row::new(), &Context::default()));
        let plan = plan.map_err(|error| failed(&error))?;
        for need in plan.needs() {
            resources.insert(need.id(), Arc::clone(bytes)).map_err(|error| failed(&error))?;
        }
    }
    Ok(resources)
}

/// A template that draws one asset.
fn sole(name: &str, path: &str) -> Result<Template, Error> {
    let (name, path) = (json_string(name), json_string(path));
    Template::parse(&format!(
        r#"{{ "templrender": 1, "name": "asset", "size": [1, 1], "assets": {{ {name}: {path} }},
             "layers": [{{ "type": "image", "src": "asset:{}", "width": 1, "height": 1 }}] }}"#,
        name.trim_matches('"')
    ))
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Reads `fallback.json`, where there is one, and plans it for the template as it stands and for all its variants.
fn fallback(loaded: &mut Loaded, folder: &Path, reader: &mut Reader, limits: &Limits) -> Result<(), FolderError> {
    let file = folder.join("fallback.json");
    if !reader.is_there(&file) {
        return Ok(());
    }
    let place = file.display().to_string();
    let text = folder::text(&file, reader.read(&file, limits.max_template_bytes)?)?;
    let row = Row::from_json(&text).map_err(|error| FolderError::of(&place, &error))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(text.as_bytes());
    let variants: Vec<Option<String>> = std::iter::once(None).chain(loaded.template.variants().map(|name| Some(name.to_owned()))).collect();
    for variant in variants {
        let mut place = place.clone();
        if let Some(name) = &variant {
            let _ = write!(place, ": variant {name}");
        }
        let context = Context { variant, now: now(), ..Context::default() };
        let failed = |error: Error| FolderError::of(&place, &error);
        let plan = loaded.renderer.plan(&loaded.template, &row, &context).map_err(failed)?;
        if let Some(reason) = plan.skipped() {
            return Err(FolderError::at(&place, format!("a fallback must be drawn, the template skips it: {reason}")));
        }
        while let Some(need) = plan.pending(&loaded.fallback_resources).into_iter().next().cloned() {
            let NeedSource::Location(path) = need.source() else {
                return Err(FolderError::at(&place, "an asset of the fallback is not among the template's"));
            };
            if path.contains(':') {
                return Err(FolderError::at(
                    &place,
                    "a fallback's picture must be an asset or a file of the template's folder, found a URL",
                ));
            }
            let bytes = picture(folder, path, reader, limits)?;
            hasher.update(blake3::hash(&bytes).as_bytes());
            loaded.fallback_resources.insert(need.id(), bytes).map_err(failed)?;
        }
        loaded.renderer.report(&plan, &loaded.fallback_resources, &mut Scratch::new()).map_err(failed)?;
    }
    loaded.fallback_hash = Some(*hasher.finalize().as_bytes());
    loaded.fallback = Some(row);
    Ok(())
}

/// Seconds since 1970.
fn now() -> Option<i64> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok())
}

/// The folder of a template's own, if it comes to lie in that of all templates.
pub(super) fn real_folder(all: &Path, folder: &Path) -> Result<PathBuf, FolderError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| FolderError::io(&path, &error)
    };
    let all = all.canonicalize().map_err(failed(all))?;
    let real = folder.canonicalize().map_err(failed(folder))?;
    if real.starts_with(&all) {
        Ok(real)
    } else {
        Err(FolderError::at(folder.display(), "a template's folder must lie among the templates, this one leads out of them"))
    }
}
