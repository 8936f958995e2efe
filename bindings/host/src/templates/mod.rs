//! All templates of a folder, loaded, and loaded again when they change.
//!
//! `DIR/NAME/template.json` is everybody's, `DIR/TENANT/NAME/template.json` that tenant's alone and asked for before everybody's; `NAME.zip` stands for a
//! folder. Each is loaded whole and valid or not at all: `load` checks one, `packed` reads its files, `files` tells what was looked at and whether it has
//! changed, and `loader` compares, loads, and says what is there now; `listed` says which templates lie in the folder. Whatever is wrong with what somebody is just saving, the version before it goes on being served.
//!
//! Nothing here waits or starts a thread: a host calls `refresh` as often as it likes, off its async threads, for it reads files.

mod files;
mod listed;
mod load;
mod loader;
mod models;
mod packed;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

pub use self::load::Loaded;
use self::loader::{Loader, Shelf};
pub use self::models::{OwnModels, TemplateModels};
pub(crate) use self::packed::{Source, now};
pub use self::packed::{is_pack, read_pack};
use crate::folder::{FolderError, FolderFault};

/// What loading may take.
///
/// ```
/// let options = templrender_host::TemplatesOptions { max_templates: 20, ..Default::default() };
/// assert_eq!(options.max_files, 1_000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplatesOptions {
    /// Most templates, of all tenants together.
    ///
    /// Default: 1,000
    pub max_templates: usize,
    /// Most files of one template, and of the shared fonts.
    ///
    /// Default: 1,000
    pub max_files: usize,
    /// Most bytes of one template's files, and of the shared fonts.
    ///
    /// Default: 256 MiB
    pub max_template_bytes: u64,
    /// Most bytes of all templates' files as they stand, replaced versions apart.
    ///
    /// Default: 2 GiB
    pub max_bytes: u64,
}

impl Default for TemplatesOptions {
    fn default() -> Self {
        Self { max_templates: 1_000, max_files: 1_000, max_template_bytes: 256 << 20, max_bytes: 2 << 30 }
    }
}

/// Whose template it is, and what it is called: its folders' names.
///
/// ```
/// use templrender_host::TemplateName;
/// let own = TemplateName { tenant: Some("acme".into()), name: "sale".into() };
/// assert_eq!(own.to_string(), "acme/sale");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateName {
    /// Nothing where it is everybody's.
    pub tenant: Option<String>,
    /// As URLs say it.
    pub name: String,
}

impl fmt::Display for TemplateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tenant {
            Some(tenant) => write!(f, "{tenant}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// What a look at the folder came to.
///
/// ```
/// # use std::path::Path;
/// let templates = templrender_host::Templates::open(Path::new("../../templates"), &[])?;
/// assert!(templates.refresh().is_empty(), "nothing has changed");
/// # Ok::<(), templrender_host::FolderError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Refreshed {
    /// New templates and new versions of known ones.
    pub loaded: Vec<Arc<Loaded>>,
    /// Templates whose folder is gone.
    pub dropped: Vec<TemplateName>,
    /// What cannot be loaded and why, each reason once until it changes; a version from before goes on being served.
    pub refused: Vec<FolderFault>,
}

impl Refreshed {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.loaded.is_empty() && self.dropped.is_empty() && self.refused.is_empty()
    }
}

/// The templates of a folder. It is shared between threads; a look-up waits for no load.
///
/// ```
/// use std::path::Path;
/// use templrender_host::Templates;
/// let templates = Templates::open(Path::new("../../templates"), &[])?;
/// let card = templates.get("acme", "og-card", None).unwrap();
/// assert!(templates.get("acme", "og-card", Some(&card.version)).is_some());
/// assert!(templates.get("acme", "og-card", Some("0123456789abcdef")).is_none());
/// assert!(templates.get("acme", "no-such", None).is_none());
/// # Ok::<(), templrender_host::FolderError>(())
/// ```
#[derive(Debug)]
pub struct Templates {
    loader: Mutex<Loader>,
    shelf: RwLock<Arc<Shelf>>,
}

impl Templates {
    /// Loads all templates of a folder; `fonts` are folders of fonts that all of them share.
    ///
    /// Templates that cannot be loaded are left out and told by [`refused`](Self::refused).
    ///
    /// # Errors
    /// The folder or a folder of fonts that cannot be read, a font that is none.
    pub fn open(folder: &Path, fonts: &[PathBuf]) -> Result<Self, FolderError> {
        Self::open_with(folder, fonts, TemplatesOptions::default())
    }

    /// The same within the host's bounds.
    ///
    /// ```
    /// # use std::path::Path;
    /// use templrender_host::{Templates, TemplatesOptions};
    /// let options = TemplatesOptions { max_templates: 2, ..Default::default() };
    /// let templates = Templates::open_with(Path::new("../../templates"), &[], options)?;
    /// assert_eq!(templates.list().len(), 2);
    /// assert!(templates.refused().iter().any(|fault| fault.reason.contains("the limit of 2")));
    /// # Ok::<(), templrender_host::FolderError>(())
    /// ```
    pub fn open_with(folder: &Path, fonts: &[PathBuf], options: TemplatesOptions) -> Result<Self, FolderError> {
        Self::open_with_models(folder, fonts, options, TemplateModels::default())
    }

    /// The same with models that templates may name: those of a template's own folder `models` first, then those that all share.
    ///
    /// ```
    /// # use std::path::Path;
    /// use templrender_host::{TemplateModels, Templates, TemplatesOptions};
    /// let models = TemplateModels { shared: core_::Models::new(), own: None };
    /// let templates = Templates::open_with_models(Path::new("../../templates"), &[], TemplatesOptions::default(), models)?;
    /// assert!(templates.get("acme", "og-card", None).is_some());
    /// # Ok::<(), templrender_host::FolderError>(())
    /// ```
    pub fn open_with_models(
        folder: &Path,
        fonts: &[PathBuf],
        options: TemplatesOptions,
        models: TemplateModels,
    ) -> Result<Self, FolderError> {
        let loader = Loader::open(folder, fonts, options, models)?;
        let shelf = RwLock::new(Arc::new(loader.shelf()));
        Ok(Self { loader: Mutex::new(loader), shelf })
    }

    /// A tenant's template, or everybody's; by digest, that version of it, if it is kept.
    pub fn get(&self, tenant: &str, name: &str, digest: Option<&str>) -> Option<Arc<Loaded>> {
        let shelf = self.shelf();
        let of = |tenant: &str| shelf.get(tenant)?.get(name)?.find(digest);
        of(tenant).or_else(|| of("")).cloned()
    }

    /// All templates as they stand, everybody's first.
    pub fn list(&self) -> Vec<Arc<Loaded>> {
        self.shelf().values().flat_map(BTreeMap::values).map(|versions| Arc::clone(&versions.current)).collect()
    }

    /// What cannot be loaded at present, and why.
    pub fn refused(&self) -> Vec<FolderFault> {
        let loader = self.loader.lock().unwrap_or_else(PoisonError::into_inner);
        loader.refused().cloned().collect()
    }

    /// Looks at all files again and loads what has changed, if it is whole and valid.
    ///
    /// What changes while it is read is left for the next time. A folder that is gone is dropped when it is gone twice in a row, so that one that is
    /// replaced by two renames is never missed.
    pub fn refresh(&self) -> Refreshed {
        let mut loader = self.loader.lock().unwrap_or_else(PoisonError::into_inner);
        let refreshed = loader.refresh();
        if !refreshed.loaded.is_empty() || !refreshed.dropped.is_empty() {
            *self.shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loader.shelf());
        }
        refreshed
    }

    fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }
}
