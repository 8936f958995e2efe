//! Which templates lie in a folder: folders with a `template.json`, and packs, at the top for everybody and one folder deeper for a tenant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::TemplateName;
use super::packed::{Source, is_pack};
use crate::folder::{self, FolderError, FolderFault};

/// What a look at the folder of all templates finds.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) sources: BTreeMap<TemplateName, Source>,
    /// Folders that cannot be listed, and names that two have; what is known of either stays.
    pub(super) faults: Vec<FolderFault>,
    /// What more than one folder or pack is called.
    pub(super) twice: Vec<TemplateName>,
}

impl Listed {
    /// All templates, by their names.
    pub(super) fn of(folder: &Path) -> Result<Self, FolderError> {
        let mut listed = Self::default();
        let (folders, packs) = entries(folder)?;
        packs.into_iter().for_each(|(name, zip)| listed.add(None, name, Source::Zip(zip)));
        for (outer, path) in folders {
            let source = Source::folder(path.clone());
            let is_template = has_file(&source);
            match entries(&path) {
                Ok((inner, packs)) => {
                    // A zip in a template's own folder is the designer's.
                    let packs = packs.into_iter().filter(|_| !is_template).map(|(name, zip)| (name, Source::Zip(zip)));
                    let folders = inner.into_iter().map(|(name, path)| (name, Source::folder(path)));
                    let own: Vec<_> = folders.filter(|(_, source)| has_file(source)).chain(packs).collect();
                    own.into_iter().for_each(|(name, source)| listed.add(Some(outer.clone()), name, source));
                }
                Err(_) if is_gone(&Source::folder(path.clone())) => {}
                Err(error) => listed.faults.extend_from_slice(error.faults()),
            }
            if is_template {
                listed.add(None, outer, source);
            }
        }
        let twice: Vec<TemplateName> = std::mem::take(&mut listed.twice);
        twice.iter().for_each(|name| drop(listed.sources.remove(name)));
        Ok(Self { twice, ..listed })
    }

    fn add(&mut self, tenant: Option<String>, name: String, source: Source) {
        if let (Source::Zip(zip), Some((plain, _))) = (&source, name.split_once('@')) {
            let message = format!("a pack among templates must be called as URLs say it, without a version: {plain}.zip");
            self.faults.push(FolderFault::new(zip.display(), message));
            return;
        }
        let name = TemplateName { tenant, name };
        if let Some(first) = self.sources.get(&name) {
            let (first, second) = (first.place().display(), source.place().display());
            self.faults.push(FolderFault::new(second, format!("a template must be one folder or one pack, found {first} too")));
            self.twice.push(name);
        } else {
            self.sources.insert(name, source);
        }
    }
}

type Named = Vec<(String, PathBuf)>;

/// The folders in a folder, and the packs, that are not hidden, by name.
fn entries(folder: &Path) -> Result<(Named, Named), FolderError> {
    let (mut folders, mut packs) = (Vec::new(), Vec::new());
    for path in folder::entries(folder)? {
        let is_folder = path.is_dir();
        let name = if is_folder { path.file_name() } else { path.file_stem() };
        let Some(name) = name.and_then(|name| name.to_str()).filter(|name| !name.starts_with('.')).map(str::to_owned) else { continue };
        if is_folder {
            folders.push((name, path));
        } else if is_pack(&path) {
            packs.push((name, path));
        }
    }
    folders.sort();
    packs.sort();
    Ok((folders, packs))
}

/// Whether something is where the template's one file should be.
fn has_file(source: &Source) -> bool {
    std::fs::symlink_metadata(source.file()).is_ok()
}

/// Whether there is no such folder or pack, for certain.
pub(super) fn is_gone(source: &Source) -> bool {
    match (std::fs::metadata(source.place()), source) {
        (Ok(metadata), Source::Folder { .. }) => !metadata.is_dir(),
        (Ok(metadata), Source::Zip(_)) => metadata.is_dir(),
        (Err(error), _) => error.kind() == std::io::ErrorKind::NotFound,
    }
}
