//! What is on disk compared with what is loaded: whatever changed is loaded again when it is whole and valid, and what was before stays for a while.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use core_::{Fonts, Limits};

use super::files::{Reader, Seen};
use super::load::{Given, Loaded, OwnFonts, load, real_folder};
use super::{Refreshed, TemplateName, TemplatesOptions};
use crate::folder::{self, FolderError, FolderFault};

/// Versions of a template that stay reachable after they were replaced.
const KEPT: usize = 4;

/// The templates as they are asked for: by tenant (everybody's under ""), then by name.
pub(super) type Shelf = BTreeMap<String, BTreeMap<String, Versions>>;

/// A template, and what it was before, newest first.
#[derive(Debug, Clone)]
pub(super) struct Versions {
    pub(super) current: Arc<Loaded>,
    older: Vec<Arc<Loaded>>,
}

impl Versions {
    pub(super) fn find(&self, digest: Option<&str>) -> Option<&Arc<Loaded>> {
        let Some(digest) = digest else { return Some(&self.current) };
        std::iter::once(&self.current).chain(&self.older).find(|loaded| loaded.version == digest)
    }
}

/// What one call of `refresh` leaves for the next.
#[derive(Debug)]
pub(super) struct Loader {
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
    /// Loads all templates that can be loaded.
    pub(super) fn open(folder: &Path, fonts: &[PathBuf], options: TemplatesOptions) -> Result<Self, FolderError> {
        let (host, host_seen) = host_fonts(fonts, &options);
        let mut loader = Self {
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
        Ok(loader)
    }

    /// What cannot be loaded at present.
    pub(super) fn refused(&self) -> impl Iterator<Item = &FolderFault> {
        self.told.values().flatten()
    }

    pub(super) fn refresh(&mut self) -> Refreshed {
        let mut refreshed = Refreshed::default();
        let fonts_changed = self.refresh_host_fonts(&mut refreshed);
        let (found, mut faults) = match self.found() {
            Ok(found) => found,
            Err(error) => {
                self.tell(self.folder.clone(), error.faults().to_vec(), &mut refreshed);
                return refreshed;
            }
        };
        self.drop_gone(&mut refreshed);
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

    /// The templates that there are, by their folders, and the folders that cannot be listed: what is known of those stays.
    fn found(&self) -> Result<(Vec<TemplateName>, Vec<FolderFault>), FolderError> {
        let (mut found, mut faults) = (Vec::new(), Vec::new());
        for outer in named_folders(&self.folder)? {
            let path = self.folder.join(&outer);
            match named_folders(&path) {
                Ok(inner) => {
                    let own = inner.into_iter().filter(|name| has_template(&path.join(name)));
                    found.extend(own.map(|name| TemplateName { tenant: Some(outer.clone()), name }));
                }
                Err(_) if is_gone(&path) => {}
                Err(error) => faults.extend_from_slice(error.faults()),
            }
            if has_template(&path) {
                found.push(TemplateName { tenant: None, name: outer });
            }
        }
        found.sort();
        Ok((found, faults))
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

    pub(super) fn shelf(&self) -> Shelf {
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
