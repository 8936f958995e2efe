//! A template as it lies on disk: the JSON, and beside it `fonts/`, `assets/`, `rows/`.

use std::io::Read;
use std::path::{Path, PathBuf};

use core_::{Fonts, Limits, Template};

use crate::failure::{Done, Stop};

/// The most bytes of a template or a row.
const MAX_TEXT_BYTES: usize = 16 << 20;
/// Folders inside a folder of fonts that are looked into.
const MAX_FONT_DEPTH: usize = 4;

/// A template, its fonts, and where it lies.
pub(crate) struct Folder {
    pub(crate) template: Template,
    pub(crate) fonts: Fonts,
    /// Where its assets and rows are.
    pub(crate) path: PathBuf,
    /// The rows beside it, by name.
    pub(crate) rows: Vec<PathBuf>,
}

/// The JSON file that a template argument means, and the folder that it lies in.
pub(crate) fn locate(argument: &Path) -> Done<(PathBuf, PathBuf)> {
    if argument.is_dir() {
        return Ok((argument.join("template.json"), argument.to_owned()));
    }
    let parent = argument.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((argument.to_owned(), parent.to_owned()))
}

/// Reads a template with its own fonts first, those of the given folders after them, and the embedded ones for what they lack.
pub(crate) fn load(argument: &Path, font_folders: &[PathBuf]) -> Done<Folder> {
    let (file, path) = locate(argument)?;
    let text = read_text(&file)?;
    let template = Template::parse(&text).map_err(|error| Stop::of(&file.display().to_string(), &error))?;
    let mut fonts = Fonts::with_default();
    let own = path.join("fonts");
    if own.is_dir() {
        add_fonts(&mut fonts, &own)?;
    }
    for folder in font_folders {
        add_fonts(&mut fonts, folder)?;
    }
    let rows = path.join("rows");
    let rows = if rows.is_dir() { files(&rows, &["json"])? } else { Vec::new() };
    Ok(Folder { template, fonts, path, rows })
}

/// A text file in UTF-8, with or without a byte order mark.
pub(crate) fn read_text(file: &Path) -> Done<String> {
    let bytes = read(file, MAX_TEXT_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = format!("{}: byte {}", file.display(), error.utf8_error().valid_up_to());
        Stop::at(place, "the file must be UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A whole file, if it is not larger than a limit.
fn read(file: &Path, limit: usize) -> Done<Vec<u8>> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(|error| Stop::io(file, &error))?;
    let read = opened.take(limit as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Stop::io(file, &error))?;
    if bytes.len() > limit {
        return Err(Stop::at(file.display(), format!("the file has more bytes than the limit of {limit}")));
    }
    Ok(bytes)
}

fn add_fonts(fonts: &mut Fonts, folder: &Path) -> Done {
    let mut found = Vec::new();
    walk(folder, MAX_FONT_DEPTH, &mut found)?;
    found.sort();
    for file in found {
        let bytes = read(&file, Limits::default().max_input_bytes)?;
        fonts.add(bytes).map_err(|error| Stop::of(&file.display().to_string(), &error))?;
    }
    Ok(())
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Done {
    found.extend(files(folder, &["ttf", "otf", "ttc", "otc"])?);
    if depth > 0 {
        for inner in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
            walk(&inner, depth - 1, found)?;
        }
    }
    Ok(())
}

/// The files of a folder with one of these endings, by name.
fn files(folder: &Path, endings: &[&str]) -> Done<Vec<PathBuf>> {
    let wanted = |path: &PathBuf| {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        ending.is_some_and(|e| endings.contains(&e.as_str())) && path.is_file()
    };
    let mut found: Vec<PathBuf> = entries(folder)?.into_iter().filter(wanted).collect();
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Done<Vec<PathBuf>> {
    let list = std::fs::read_dir(folder).and_then(|list| list.map(|entry| entry.map(|e| e.path())).collect());
    list.map_err(|error| Stop::io(folder, &error))
}
