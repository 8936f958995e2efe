//! All templates of a folder, loaded, and loaded again when they change.
//!
//! `DIR/NAME/template.json` is everybody's, `DIR/TENANT/NAME/template.json` that tenant's alone and asked for before everybody's. Each is loaded whole
//! and valid or not at all: `load` reads and checks one, `files` tells what was looked at and whether it has changed, and [`Templates::refresh`]
//! compares, loads, and puts the new ones in place. Whatever is wrong with what somebody is just saving, the version before it goes on being served.
//!
//! Nothing here waits or starts a thread: a host calls `refresh` as often as it likes, off its async threads, for it reads files.

mod files;
mod load;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use core_::{Fonts, Limits};

use self::files::{Reader, Seen};
pub use self::load::Loaded;
use self::load::{Given, OwnFonts, load, real_folder};
use crate::folder::{self, FolderError, FolderFault};

/// Versions of a template that stay reachable after they were replaced.
const KEPT: usize = 4;

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

/// The templates as they are asked for: by tenant (everybody's under ""), then by name.
type Shelf = BTreeMap<String, BTreeMap<String, Versions>>;

/// A template, and what it was before, newest first.
#[derive(Debug, Clone)]
struct Versions {
    current: Arc<Loaded>,
    older: Vec<Arc<Loaded>>,
}

impl Versions {
    fn find(&self, digest: Option<&str>) -> Option<&Arc<Loaded>> {
        let Some(digest) = digest else { return Some(&self.current) };
        std::iter::once(&self.current).chain(&self.older).find(|loaded| loaded.version == digest)
    }
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
        let (host, host_seen) = host_fonts(fonts, &options);
        let mut loader = Loader {
            folder: folder.to_owned(),
            font_folders: fonts.to_vec(),
            host: host?,
            host_seen,
            options,
            slots: BTreeMap::new(),
            told: BTreeMap::new(),
        };
        loader.found()?;
        loader.refresh();
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
        loader.told.values().flatten().cloned().collect()
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

/// What one call of `refresh` leaves for the next.
#[derive(Debug)]
struct Loader {
    folder: PathBuf,
    font_folders: Vec<PathBuf>,
    options: TemplatesOptions,
    /// The fonts that all templates share.
    host: Fonts,
    host_seen: Seen,
    slots: BTreeMap<TemplateName, Slot>,
    /// What was said of each folder, to be said once.
    told: BTreeMap<PathBuf, Vec<FolderFault>>,
}

/// A template's folder.
#[derive(Debug, Default)]
struct Slot {
    versions: Option<Versions>,
    seen: Option<Seen>,
    /// It was not there at the last look.
    gone: bool,
}

impl Loader {
    fn refresh(&mut self) -> Refreshed {
        let mut refreshed = Refreshed::default();
        let fonts_changed = self.refresh_host_fonts(&mut refreshed);
        let found = match self.found() {
            Ok(found) => found,
            Err(error) => {
                self.tell(self.folder.clone(), error.faults().to_vec(), &mut refreshed);
                return refreshed;
            }
        };
        self.drop_gone(&mut refreshed);
        let mut faults = Vec::new();
        for name in found {
            if self.slots.len() < self.options.max_templates {
                self.slots.entry(name).or_default();
            } else if !self.slots.contains_key(&name) {
                let place = self.path(&name);
                faults.push(FolderFault::new(
                    place.display(),
                    format!("there are more templates than the limit of {}", self.options.max_templates),
                ));
            }
        }
        self.tell(self.folder.clone(), faults, &mut refreshed);
        let names: Vec<TemplateName> = self.slots.keys().cloned().collect();
        for name in names {
            self.refresh_one(name, fonts_changed, &mut refreshed);
        }
        refreshed
    }

    /// Reads the shared fonts again where they have changed; whether they are others now.
    fn refresh_host_fonts(&mut self, refreshed: &mut Refreshed) -> bool {
        if self.host_seen.is_settled() && self.host_seen.holds() {
            return false;
        }
        let (host, seen) = host_fonts(&self.font_folders, &self.options);
        if !seen.holds() {
            return false;
        }
        self.host_seen = seen;
        let place = PathBuf::from("fonts");
        match host {
            Ok(fonts) => {
                self.tell(place, Vec::new(), refreshed);
                let changed = fonts.digest() != self.host.digest();
                if changed {
                    self.host = fonts;
                }
                changed
            }
            Err(error) => {
                self.tell(place, error.faults().to_vec(), refreshed);
                false
            }
        }
    }

    /// The templates that there are, by their folders.
    fn found(&self) -> Result<Vec<TemplateName>, FolderError> {
        let mut found = Vec::new();
        for outer in named_folders(&self.folder)? {
            let path = self.folder.join(&outer);
            // A tenant's folder that cannot be listed keeps what is known of it.
            for inner in named_folders(&path).unwrap_or_default() {
                if has_template(&path.join(&inner)) {
                    found.push(TemplateName { tenant: Some(outer.clone()), name: inner });
                }
            }
            if has_template(&path) {
                found.push(TemplateName { tenant: None, name: outer });
            }
        }
        found.sort();
        Ok(found)
    }

    /// Forgets the templates whose folders were gone twice.
    fn drop_gone(&mut self, refreshed: &mut Refreshed) {
        let names: Vec<TemplateName> = self.slots.keys().cloned().collect();
        for name in names {
            let gone = is_gone(&self.path(&name));
            let Some(slot) = self.slots.get_mut(&name) else { continue };
            let served = slot.versions.is_some();
            if gone && (slot.gone || !served) {
                self.slots.remove(&name);
                self.told.remove(&self.path(&name));
                if served {
                    refreshed.dropped.push(name);
                }
            } else {
                slot.gone = gone;
            }
        }
    }

    fn refresh_one(&mut self, name: TemplateName, fonts_changed: bool, refreshed: &mut Refreshed) {
        let Some(slot) = self.slots.get(&name) else { return };
        let same = slot.seen.as_ref().is_some_and(|seen| seen.is_settled() && seen.holds());
        if slot.gone || (same && !fonts_changed) {
            return;
        }
        let folder = self.path(&name);
        let (result, seen) = self.load(&name, &folder);
        if !seen.holds() {
            // Something was written meanwhile: whatever was read may be half of it.
            if let Some(slot) = self.slots.get_mut(&name) {
                slot.seen = None;
            }
            return;
        }
        let result = result.map(|loaded| self.put(&name, loaded));
        if let Some(slot) = self.slots.get_mut(&name) {
            slot.seen = Some(seen);
        }
        match result {
            Ok(loaded) => {
                self.tell(folder, Vec::new(), refreshed);
                refreshed.loaded.extend(loaded);
            }
            Err(error) => self.tell(folder, error.faults().to_vec(), refreshed),
        }
    }

    fn load(&self, name: &TemplateName, folder: &Path) -> (Result<Loaded, FolderError>, Seen) {
        let others = self.slots.iter().filter(|(other, _)| *other != name);
        let others: u64 = others.filter_map(|(_, slot)| Some(slot.versions.as_ref()?.current.bytes)).sum();
        let most = self.options.max_bytes.saturating_sub(others).min(self.options.max_template_bytes);
        let real = real_folder(&self.folder, folder);
        let mut reader = Reader::new(real.as_ref().ok().cloned(), most, self.options.max_files);
        // Noted first, so that a folder that leads out is looked at again when it does not.
        reader.is_there(&folder.join("template.json"));
        let given = Given { name, folder, host: &self.host, known: &self.known_fonts() };
        let loaded = real.and_then(|_| load(&given, &mut reader));
        (loaded, reader.seen)
    }

    /// The fonts of all templates, as far as they lie over the host's fonts of now.
    fn known_fonts(&self) -> BTreeMap<[u8; 32], OwnFonts> {
        let current = self.slots.values().filter_map(|slot| slot.versions.as_ref());
        let own = current.map(|versions| &versions.current.own_fonts).filter(|own| own.host == self.host.digest());
        own.map(|own| (own.hash, own.clone())).collect()
    }

    /// Puts a loaded template in its place; nothing where it is the one that is there.
    fn put(&mut self, name: &TemplateName, loaded: Loaded) -> Option<Arc<Loaded>> {
        let slot = self.slots.get_mut(name)?;
        let loaded = Arc::new(loaded);
        let mut older = Vec::new();
        if let Some(versions) = slot.versions.take() {
            let same = versions.current.version == loaded.version;
            if same && versions.current.fallback_hash == loaded.fallback_hash {
                slot.versions = Some(versions);
                return None;
            }
            older = versions.older;
            older.insert(0, versions.current);
            older.retain(|old| old.version != loaded.version);
            older.truncate(KEPT);
        }
        slot.versions = Some(Versions { current: Arc::clone(&loaded), older });
        Some(loaded)
    }

    /// Says what is wrong with a folder, unless that was said before.
    fn tell(&mut self, place: PathBuf, faults: Vec<FolderFault>, refreshed: &mut Refreshed) {
        if faults.is_empty() {
            self.told.remove(&place);
        } else if self.told.get(&place) != Some(&faults) {
            refreshed.refused.extend(faults.iter().cloned());
            self.told.insert(place, faults);
        }
    }

    fn shelf(&self) -> Shelf {
        let mut shelf = Shelf::new();
        for (name, slot) in &self.slots {
            if let Some(versions) = &slot.versions {
                let tenant = shelf.entry(name.tenant.clone().unwrap_or_default()).or_default();
                tenant.insert(name.name.clone(), versions.clone());
            }
        }
        shelf
    }

    fn path(&self, name: &TemplateName) -> PathBuf {
        let outer = name.tenant.as_ref().map_or_else(|| self.folder.clone(), |tenant| self.folder.join(tenant));
        outer.join(&name.name)
    }
}

/// The fonts that all templates share, and what was looked at.
fn host_fonts(folders: &[PathBuf], options: &TemplatesOptions) -> (Result<Fonts, FolderError>, Seen) {
    let mut reader = Reader::new(None, options.max_template_bytes, options.max_files);
    let mut fonts = Fonts::with_default();
    let added = folders.iter().try_for_each(|folder| {
        for file in reader.fonts(folder)? {
            let bytes = reader.read(&file, Limits::default().max_input_bytes)?;
            fonts.add(bytes).map_err(|error| FolderError::of(&file.display().to_string(), &error))?;
        }
        Ok(())
    });
    (added.map(|()| fonts), reader.seen)
}

/// The folders in a folder that are not hidden, by name.
fn named_folders(folder: &Path) -> Result<Vec<String>, FolderError> {
    let name = |path: PathBuf| path.is_dir().then(|| path.file_name()?.to_str().map(str::to_owned)).flatten();
    let mut names: Vec<String> = folder::entries(folder)?.into_iter().filter_map(name).filter(|name| !name.starts_with('.')).collect();
    names.sort();
    Ok(names)
}

fn has_template(folder: &Path) -> bool {
    std::fs::symlink_metadata(folder.join("template.json")).is_ok()
}

/// Whether there is no such folder, for certain.
fn is_gone(folder: &Path) -> bool {
    match std::fs::metadata(folder) {
        Ok(metadata) => !metadata.is_dir(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}
