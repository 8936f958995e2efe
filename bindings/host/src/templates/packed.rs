//! A template's files as a pack of the core: those of its folder that it uses, or those of its zip, each read once and noted.
//!
//! The core says which files are wanted and what is wrong with them; here they are read, and a fault gets the path of its file, as a person looks for
//! it: `card/template.json:3:5`, `card.zip/fonts/a.ttf`.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use core_::{Error, Fault, Pack};

use super::files::Reader;
use crate::folder::{FolderError, FolderFault, locate_template};

/// Whether a path is that of a pack: a file whose name ends in `.zip`.
///
/// ```
/// use std::path::Path;
/// assert!(templrender_host::is_pack(Path::new("somewhere/card.ZIP")));
/// assert!(!templrender_host::is_pack(Path::new("../../templates/og-card")));
/// ```
pub fn is_pack(path: &Path) -> bool {
    let ending = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    ending && !path.is_dir()
}

/// The files of a template as a service reads them: of its folder, beside its JSON file, or of its zip.
///
/// Nothing is said yet of what is in them, but that the template can be read and all of its files are there.
///
/// ```
/// use std::path::Path;
/// let pack = templrender_host::read_pack(Path::new("../../templates/og-card"))?;
/// assert!(pack.files().any(|(path, _)| path == "template.json"));
/// assert!(!pack.files().any(|(path, _)| path.starts_with("rows/")), "it draws without them");
/// # Ok::<(), templrender_host::FolderError>(())
/// ```
pub fn read_pack(argument: &Path) -> Result<Pack, FolderError> {
    let source = Source::at(argument);
    let real = source.place().canonicalize().map_err(|error| FolderError::io(source.place(), &error))?;
    let options = super::TemplatesOptions::default();
    pack(&source, &mut Reader::new(Some(real), options.max_template_bytes, options.max_files))
}

/// Where the files of a template are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Folder { file: PathBuf, folder: PathBuf },
    Zip(PathBuf),
}

impl Source {
    /// What a person names: a folder, a JSON file in one, or a pack.
    pub(crate) fn at(argument: &Path) -> Self {
        if is_pack(argument) {
            return Self::Zip(argument.to_owned());
        }
        let (file, folder) = locate_template(argument);
        Self::Folder { file, folder }
    }

    pub(super) fn folder(folder: PathBuf) -> Self {
        Self::Folder { file: folder.join("template.json"), folder }
    }

    /// The folder, or the zip.
    pub(crate) fn place(&self) -> &Path {
        match self {
            Self::Folder { folder, .. } => folder,
            Self::Zip(zip) => zip,
        }
    }

    /// The file without which there is no template.
    pub(super) fn file(&self) -> &Path {
        match self {
            Self::Folder { file, .. } => file,
            Self::Zip(zip) => zip,
        }
    }

    /// Faults of its pack, each with the file in front.
    pub(crate) fn failed(&self, error: &Error) -> FolderError {
        let faults = error.faults().iter().map(|fault| {
            let (file, inner) = fault.place.split_once(": ").unwrap_or((&fault.place, ""));
            let path = match file {
                "" => self.place().to_owned(),
                "template.json" if matches!(self, Self::Folder { .. }) => self.file().to_owned(),
                file => self.place().join(file),
            };
            FolderFault::of(&path.display().to_string(), &Fault { place: inner.to_owned(), ..fault.clone() })
        });
        FolderError::all(faults.collect())
    }
}

/// The files of a template, with what was looked at in the reader, whatever comes of it.
pub(super) fn pack(source: &Source, reader: &mut Reader) -> Result<Pack, FolderError> {
    let limits = reader.limits();
    let failed = |error: Error| source.failed(&error);
    let (file, folder) = match source {
        Source::Zip(zip) => return Pack::from_zip(&reader.read(zip, limits.max_pack_bytes)?, &limits).map_err(failed),
        Source::Folder { file, folder } => (file, folder),
    };
    let mut pack = Pack::new(&limits);
    pack.add("template.json", reader.read(file, limits.max_template_bytes)?).map_err(failed)?;
    let fallback = folder.join("fallback.json");
    if reader.is_there(&fallback) {
        pack.add("fallback.json", reader.read(&fallback, limits.max_template_bytes)?).map_err(failed)?;
    }
    let wanted = now().map_or_else(|| pack.wanted(), |now| pack.wanted_at(now)).map_err(failed)?;
    let fonts = folder.join("fonts");
    for font in if reader.is_there(&fonts) { reader.fonts(&fonts)? } else { Vec::new() } {
        let inside = font.strip_prefix(folder).unwrap_or(&font);
        let path = inside.to_str().ok_or_else(|| FolderError::at(font.display(), "a font's path must be UTF-8, found other bytes"))?;
        pack.add(&path.replace(std::path::MAIN_SEPARATOR, "/"), reader.read(&font, limits.max_input_bytes)?).map_err(failed)?;
    }
    for path in wanted {
        let bytes = reader.read(&folder.join(&path), limits.max_input_bytes)?;
        pack.add(&path, bytes).map_err(failed)?;
    }
    Ok(pack)
}

/// Seconds since 1970.
pub(crate) fn now() -> Option<i64> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok())
}
