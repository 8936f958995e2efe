//! A template as it lies on disk: the JSON, and beside it `fonts/`, `assets/`, `rows/`; or all but the rows in one pack.
//!
//! Paths come in, a parsed [`Folder`] goes out, or what is wrong with it in a [`FolderError`]: file first, place inside it next, as a person
//! looks for it.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use core_::{Bundle, Error, Fault, Fonts, Limits, Pack, Template};

use crate::templates::{Source, is_pack, now, read_pack};

/// The most bytes of a template or a row.
const MAX_TEXT_BYTES: usize = 16 << 20;
/// Folders inside a folder of fonts that are looked into.
const MAX_FONT_DEPTH: usize = 4;
/// The endings of font files.
const FONT_ENDINGS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];

/// One thing that is wrong with a template's folder.
///
/// ```
/// let fault = templrender_host::FolderFault::new("sale/template.json:3:5", "unknown key \"colour\", did you mean \"color\"?");
/// assert_eq!(fault.to_string(), "sale/template.json:3:5: unknown key \"colour\", did you mean \"color\"?");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderFault {
    /// The file, and the place inside it.
    pub place: String,
    /// The rule and the found value, in one sentence.
    pub reason: String,
}

impl FolderFault {
    /// A fault at a place.
    pub fn new(place: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self { place: place.to_string(), reason: reason.to_string() }
    }

    /// A fault of the core, with the place of what was given to it in front.
    ///
    /// ```
    /// let error = core_::Template::parse(r#"{ "templrender": 1, "name": "a", "layers": [] }"#).unwrap_err();
    /// let fault = templrender_host::FolderFault::of("a/template.json", &error.faults()[0]);
    /// assert_eq!(fault.to_string(), "a/template.json:1:1: \"size\" is missing");
    /// ```
    pub fn of(place: &str, fault: &Fault) -> Self {
        let mut inner = place.to_owned();
        if let Some((line, column)) = fault.at {
            inner.push_str(&format!(":{line}:{column}"));
        }
        if !fault.place.is_empty() {
            inner.push_str(": ");
            inner.push_str(&fault.place);
        }
        Self::new(inner, &fault.message)
    }
}

impl fmt::Display for FolderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// Why a folder cannot be used: at least one fault; it prints one line for each.
///
/// ```
/// use std::path::Path;
/// let error = templrender_host::load_folder(Path::new("no/such/folder"), &[]).unwrap_err();
/// assert_eq!(error.to_string(), "no/such/folder: no such file or directory");
/// assert_eq!(error.faults().len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderError {
    faults: Vec<FolderFault>,
}

impl FolderError {
    /// One fault at a place.
    pub fn at(place: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self { faults: vec![FolderFault::new(place, reason)] }
    }

    /// The faults of the core, each with the place of what was given to it in front.
    pub fn of(place: &str, error: &Error) -> Self {
        Self { faults: error.faults().iter().map(|fault| FolderFault::of(place, fault)).collect() }
    }

    /// Several faults, at least one.
    pub(crate) fn all(faults: Vec<FolderFault>) -> Self {
        Self { faults }
    }

    /// A file that cannot be read.
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::at(path.display(), io_reason(error))
    }

    /// The same of a file that was asked for by another path.
    pub(crate) fn moved(mut self, from: &Path, to: &Path) -> Self {
        let (from, to) = (from.display().to_string(), to.display().to_string());
        for fault in &mut self.faults {
            if let Some(rest) = fault.place.strip_prefix(&from) {
                fault.place = format!("{to}{rest}");
            }
        }
        self
    }

    /// All of them, in the order in which they were found.
    pub fn faults(&self) -> &[FolderFault] {
        &self.faults
    }
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for FolderError {}

/// What the operating system said, without its error number.
///
/// ```
/// let error = std::fs::read("no/such/file").unwrap_err();
/// assert_eq!(templrender_host::io_reason(&error), "no such file or directory");
/// ```
pub fn io_reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// A template, its fonts, and where it lies.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The template.
    pub template: Template,
    /// Its own fonts, then those of the host, then the embedded ones for what they lack.
    pub fonts: Fonts,
    /// Where its assets and rows are; of a pack, the pack itself.
    pub path: PathBuf,
    /// The rows beside it, by name; a pack has none.
    pub rows: Vec<PathBuf>,
    /// Its files, where it is a pack.
    pub pack: Option<Pack>,
    argument: PathBuf,
    /// The fonts that are behind its own.
    host: Fonts,
}

impl Folder {
    /// What names this version of the template in URLs; [`Loaded::version`](crate::Loaded::version) of a host with the same shared fonts.
    ///
    /// # Errors
    /// What such a host refuses the template for.
    ///
    /// ```
    /// use std::path::Path;
    /// use templrender_host::{Templates, load_folder};
    /// let folder = load_folder(Path::new("../../templates/og-card"), &[])?;
    /// let templates = Templates::open(Path::new("../../templates"), &[])?;
    /// assert_eq!(folder.version()?, templates.get("shop", "og-card", None).unwrap().version);
    /// # Ok::<(), templrender_host::FolderError>(())
    /// ```
    pub fn version(&self) -> Result<String, FolderError> {
        let pack = self.pack.clone().map_or_else(|| read_pack(&self.argument), Ok)?;
        Ok(opened(&self.argument, &pack, &self.host)?.version().to_owned())
    }
}

/// The JSON file that a template argument means, and the folder that it lies in.
///
/// ```
/// use std::path::{Path, PathBuf};
/// let (file, folder) = templrender_host::locate_template(Path::new("somewhere/card.json"));
/// assert_eq!((file, folder), (PathBuf::from("somewhere/card.json"), PathBuf::from("somewhere")));
/// ```
pub fn locate_template(argument: &Path) -> (PathBuf, PathBuf) {
    if argument.is_dir() {
        return (argument.join("template.json"), argument.to_owned());
    }
    let parent = argument.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (argument.to_owned(), parent.to_owned())
}

/// Reads a template with its own fonts first, those of the given folders after them, and the embedded ones for what they lack.
///
/// The argument is a folder, a JSON file in one, or a pack, which is read as a service reads it: whole and valid, or refused.
///
/// ```
/// use std::path::Path;
/// let folder = templrender_host::load_folder(Path::new("../../templates/og-card"), &[])?;
/// assert_eq!(folder.template.name(), "og-card");
/// assert_eq!(folder.fonts.families(), ["Inter", "Noto Sans Arabic"]);
/// # Ok::<(), templrender_host::FolderError>(())
/// ```
pub fn load_folder(argument: &Path, font_folders: &[PathBuf]) -> Result<Folder, FolderError> {
    if is_pack(argument) {
        let (host, pack) = (host_fonts(font_folders)?, read_pack(argument)?);
        let bundle = opened(argument, &pack, &host)?;
        let (template, fonts) = (bundle.template().clone(), bundle.fonts().clone());
        let path = argument.to_owned();
        return Ok(Folder { template, fonts, argument: path.clone(), path, rows: Vec::new(), pack: Some(pack), host });
    }
    let (file, path) = locate_template(argument);
    let text = read_text(&file)?;
    let template = Template::parse(&text).map_err(|error| FolderError::of(&file.display().to_string(), &error))?;
    let mut own = Fonts::new();
    let own_folder = path.join("fonts");
    if own_folder.is_dir() {
        add_fonts(&mut own, &own_folder)?;
    }
    let host = host_fonts(font_folders)?;
    let fonts = Fonts::layered(&own, &host);
    let rows = path.join("rows");
    let rows = if rows.is_dir() { files(&rows, &["json"])? } else { Vec::new() };
    Ok(Folder { template, fonts, path, rows, pack: None, argument: argument.to_owned(), host })
}

/// The files of a template, and what a service draws with them; from its folder, beside its JSON file, or from its pack.
///
/// # Errors
/// All that a service would refuse it for.
///
/// ```
/// use std::path::Path;
/// let (pack, bundle) = templrender_host::open_pack(Path::new("../../templates/og-card"), &[])?;
/// assert_eq!(bundle.template().name(), "og-card");
/// assert!(pack.to_zip().is_ok());
/// # Ok::<(), templrender_host::FolderError>(())
/// ```
pub fn open_pack(argument: &Path, font_folders: &[PathBuf]) -> Result<(Pack, Bundle), FolderError> {
    let pack = read_pack(argument)?;
    let bundle = opened(argument, &pack, &host_fonts(font_folders)?)?;
    Ok((pack, bundle))
}

fn opened(argument: &Path, pack: &Pack, host: &Fonts) -> Result<Bundle, FolderError> {
    pack.open(host, now()).map_err(|error| Source::at(argument).failed(&error))
}

/// The fonts that all templates share: those of the given folders, and the embedded ones for what they lack.
pub(crate) fn host_fonts(font_folders: &[PathBuf]) -> Result<Fonts, FolderError> {
    let mut fonts = Fonts::with_default();
    for folder in font_folders {
        add_fonts(&mut fonts, folder)?;
    }
    Ok(fonts)
}

/// A text file in UTF-8, with or without a byte order mark.
///
/// ```
/// use std::path::Path;
/// let text = templrender_host::read_text(Path::new("../../templates/og-card/rows/short.json"))?;
/// assert!(text.starts_with('{'));
/// # Ok::<(), templrender_host::FolderError>(())
/// ```
pub fn read_text(file: &Path) -> Result<String, FolderError> {
    let text = String::from_utf8(read(file, MAX_TEXT_BYTES)?).map_err(|error| {
        let place = format!("{}: byte {}", file.display(), error.utf8_error().valid_up_to());
        FolderError::at(place, "the file must be UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A whole file, if it is not larger than a limit.
pub(crate) fn read(file: &Path, limit: usize) -> Result<Vec<u8>, FolderError> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(|error| FolderError::io(file, &error))?;
    let read = opened.take(limit as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| FolderError::io(file, &error))?;
    if bytes.len() > limit {
        return Err(FolderError::at(file.display(), format!("the file has more bytes than the limit of {limit}")));
    }
    Ok(bytes)
}

fn add_fonts(fonts: &mut Fonts, folder: &Path) -> Result<(), FolderError> {
    for file in font_files(folder)? {
        let bytes = read(&file, Limits::default().max_input_bytes)?;
        fonts.add(bytes).map_err(|error| FolderError::of(&file.display().to_string(), &error))?;
    }
    Ok(())
}

/// The font files of a folder and of those in it, in the order in which they are added.
pub(crate) fn font_files(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let mut found = Vec::new();
    walk(folder, MAX_FONT_DEPTH, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), FolderError> {
    found.extend(files(folder, &FONT_ENDINGS)?);
    if depth > 0 {
        for inner in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
            walk(&inner, depth - 1, found)?;
        }
    }
    Ok(())
}

/// The files of a folder with one of these endings, by name.
fn files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, FolderError> {
    let wanted = |path: &PathBuf| {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        ending.is_some_and(|e| endings.contains(&e.as_str())) && path.is_file()
    };
    let mut found: Vec<PathBuf> = entries(folder)?.into_iter().filter(wanted).collect();
    found.sort();
    Ok(found)
}

pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let list = std::fs::read_dir(folder).and_then(|list| list.map(|entry| entry.map(|e| e.path())).collect());
    list.map_err(|error| FolderError::io(folder, &error))
}
