//! What is on disk compared with what is loaded: whatever changed is loaded again when it is whole and valid, and what was before stays for a while.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use core_::{Bundle, Fonts, Limits};

use super::files::{Reader, Seen};
use super::listed::{Listed, is_gone};
use super::load::{Given, Loaded, load, real_place};
use super::packed::Source;
use super::{Refreshed, TemplateModels, TemplateName, TemplatesOptions};
use crate::folder::{FolderError, FolderFault};

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
    models: TemplateModels,
    slots: BTreeMap<TemplateName, Slot>,
    /// What was said of each folder, to be said once.
    told: BTreeMap<PathBuf, Vec<FolderFault>>,
}

/// A template's folder or pack.
#[derive(Debug)]
struct Slot {
    source: Source,
    versions: Option<Versions>,
    seen: Option<Seen>,
    /// It was not there at the last look.
    gone: bool,
}

impl Slot {
    fn new(source: Source) -> Self {
        Self { source, versions: None, seen: None, gone: false }
    }
}

impl Loader {
    /// Loads all templates that can be loaded.
    pub(super) fn open(folder: &Path, fonts: &[PathBuf], options: TemplatesOptions, models: TemplateModels) -> Result<Self, FolderError> {
        let (host, host_seen) = host_fonts(fonts, &options);
        let mut loader = Self {
            folder: folder.to_owned(),
            font_folders: fonts.to_vec(),
            host: host?,
            host_seen,
            models,
            options,
            slots: BTreeMap::new(),
            told: BTreeMap::new(),
        };
        Listed::of(&loader.folder)?;
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
        let Listed { sources, mut faults, twice } = match Listed::of(&self.folder) {
            Ok(listed) => listed,
            Err(error) => {
                self.tell(self.folder.clone(), error.faults().to_vec(), &mut refreshed);
                return refreshed;
            }
        };
        self.follow_moved(&sources);
        self.drop_gone(&mut refreshed);
        for (name, source) in sources {
            if self.slots.len() < self.options.max_templates {
                self.slots.entry(name).or_insert_with(|| Slot::new(source));
            } else if !self.slots.contains_key(&name) {
                let message = format!("there are more templates than the limit of {}", self.options.max_templates);
                faults.push(FolderFault::new(source.place().display(), message));
            }
        }
        self.tell(self.folder.clone(), faults, &mut refreshed);
        let names: Vec<TemplateName> = self.slots.keys().filter(|name| !twice.contains(name)).cloned().collect();
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

    /// A folder that became a pack, or the other way about, is another place of the same template.
    fn follow_moved(&mut self, sources: &BTreeMap<TemplateName, Source>) {
        for (name, source) in sources {
            if let Some(slot) = self.slots.get_mut(name)
                && slot.source != *source
            {
                self.told.remove(slot.source.place());
                slot.source = source.clone();
                (slot.seen, slot.gone) = (None, false);
            }
        }
    }

    /// Forgets the templates whose folders or packs were gone twice.
    fn drop_gone(&mut self, refreshed: &mut Refreshed) {
        let names: Vec<TemplateName> = self.slots.keys().cloned().collect();
        for name in names {
            let Some(slot) = self.slots.get_mut(&name) else { continue };
            let gone = is_gone(&slot.source);
            let served = slot.versions.is_some();
            if gone && (slot.gone || !served) {
                self.told.remove(slot.source.place());
                self.slots.remove(&name);
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
        let source = slot.source.clone();
        let (result, seen) = self.load(&name, &source);
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
                self.tell(source.place().to_owned(), Vec::new(), refreshed);
                refreshed.loaded.extend(loaded);
            }
            Err(error) => self.tell(source.place().to_owned(), error.faults().to_vec(), refreshed),
        }
    }

    fn load(&self, name: &TemplateName, source: &Source) -> (Result<Loaded, FolderError>, Seen) {
        let current = |slot: &Slot| slot.versions.as_ref().map(|versions| versions.current.bundle.clone());
        let others: Vec<Bundle> = self.slots.iter().filter(|(other, _)| *other != name).filter_map(|(_, slot)| current(slot)).collect();
        let held: u64 = others.iter().map(|other| other.bytes() as u64).sum();
        let most = self.options.max_bytes.saturating_sub(held).min(self.options.max_template_bytes);
        let real = real_place(&self.folder, source.place());
        let mut reader = Reader::new(real.as_ref().ok().cloned(), most, self.options.max_files);
        // Noted first, so that what leads out is looked at again when it does not.
        reader.is_there(source.file());
        // The fonts of the version before are shared as well.
        let before = self.slots.get(name).and_then(current);
        let others: Vec<Bundle> = before.into_iter().chain(others).collect();
        let given = Given { name, source, host: &self.host, others: &others, models: &self.models };
        let loaded = real.and_then(|_| load(&given, &mut reader));
        (loaded, reader.seen)
    }

    /// Puts a loaded template in its place; nothing where it is the one that is there.
    fn put(&mut self, name: &TemplateName, loaded: Loaded) -> Option<Arc<Loaded>> {
        let slot = self.slots.get_mut(name)?;
        let loaded = Arc::new(loaded);
        let mut older = Vec::new();
        if let Some(versions) = slot.versions.take() {
            if versions.current.bundle.is_same(&loaded.bundle) {
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
