//! A template with the files that lie around it, without a folder: from a zip or file by file, whole and valid or refused.
//!
//! Paths and bytes come into a [`Pack`], and a [`Bundle`] goes out, which is ready to draw. A host with a disk asks [`Pack::wanted`] which files are
//! missing, one without takes packs from wherever it likes. `path` says how files may be called, `unzip` and `zip` are the two ways of an archive,
//! `used` finds the files that a template needs, and `bundle` puts them together.

mod bundle;
mod path;
#[cfg(test)]
mod tests;
mod unzip;
mod used;
mod zip;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use self::bundle::Bundle;
use crate::error::{Code, Error, Fault};
use crate::limits::Limits;
use crate::text::Fonts;

/// The template itself.
const TEMPLATE: &str = "template.json";
/// The row that is drawn where a picture of another row cannot be had.
const FALLBACK: &str = "fallback.json";

/// A template's files by path, without any I/O. A clone shares them.
///
/// ```
/// use templrender::{Fonts, Limits, Pack};
/// let mut pack = Pack::new(&Limits::default());
/// pack.add("template.json", *br#"{ "templrender": 1, "name": "card", "size": [40, 20], "assets": { "logo": "assets/logo.svg" },
///     "layers": [{ "type": "svg", "src": "asset:logo", "width": 9, "height": 9 }] }"#)?;
/// assert_eq!(pack.wanted()?, ["assets/logo.svg"]);
/// pack.add("assets/logo.svg", *b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>")?;
/// let bundle = pack.open(&Fonts::new(), None)?;
/// assert_eq!(bundle.template().name(), "card");
///
/// let again = Pack::from_zip(&pack.to_zip()?, &Limits::default())?.open(&Fonts::new(), None)?;
/// assert_eq!(again.version(), bundle.version());
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Clone)]
pub struct Pack {
    files: Arc<BTreeMap<String, Arc<[u8]>>>,
    bytes: usize,
    limits: Limits,
}

impl Pack {
    /// Without a file yet.
    pub fn new(limits: &Limits) -> Self {
        Self { files: Arc::default(), bytes: 0, limits: limits.clone() }
    }

    /// The files of a zip; a folder around all of them is left out, and so is what macOS adds.
    ///
    /// # Errors
    /// [`Code::BadPack`] for a zip that is damaged, has no `template.json`, or is of a kind that could be read in two ways;
    /// [`Code::ResourceLimit`] for one beyond a limit, before memory is taken for it.
    ///
    /// ```
    /// use templrender::{Code, Limits, Pack};
    /// let error = Pack::from_zip(b"PK", &Limits::default()).unwrap_err();
    /// assert_eq!(error.code(), Code::BadPack);
    /// ```
    pub fn from_zip(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        unzip::read(bytes, limits)
    }

    /// Adds a file under its path from the template's folder, in place of one that is there.
    ///
    /// # Errors
    /// A path that leads out of the folder or can be read in two ways, a file or a pack beyond a limit.
    ///
    /// ```
    /// use templrender::{Limits, Pack};
    /// let mut pack = Pack::new(&Limits::default());
    /// let error = pack.add("../secret", *b"").unwrap_err();
    /// assert_eq!(error.to_string(), "../secret: a template's files must lie in its folder, found a path that leads out of it");
    /// ```
    pub fn add(&mut self, path: &str, bytes: impl Into<Arc<[u8]>>) -> Result<(), Error> {
        let (path, bytes) = (path::plain(path)?, bytes.into());
        check_file(&path, bytes.len() as u64, &self.limits)?;
        let before = self.files.get(&path).map_or(0, |before| before.len());
        let count = self.files.len() + usize::from(!self.files.contains_key(&path));
        let sum = (self.bytes - before) as u64 + bytes.len() as u64;
        check_all(count, sum, &self.limits)?;
        self.bytes = self.bytes - before + bytes.len();
        Arc::make_mut(&mut self.files).insert(path, bytes);
        Ok(())
    }

    /// All files, sorted by path.
    ///
    /// ```
    /// use templrender::{Limits, Pack};
    /// let mut pack = Pack::new(&Limits::default());
    /// pack.add("./rows//a.json", *b"{}")?;
    /// assert_eq!(pack.files().collect::<Vec<_>>(), [("rows/a.json", &b"{}"[..])]);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_ref()))
    }

    /// The limits that it was made with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The paths of assets, and of the pictures of the fallback, that are not in the pack yet. Fonts are the host's to add: all of `fonts/`.
    ///
    /// A picture that the fallback draws at certain times alone may be missing here; [`wanted_at`](Self::wanted_at) takes the time.
    ///
    /// # Errors
    /// A template or a fallback that cannot be read, a path that leads out of the template's folder.
    pub fn wanted(&self) -> Result<Vec<String>, Error> {
        used::wanted(self, None)
    }

    /// The same at a time, in seconds since 1970.
    ///
    /// # Errors
    /// As [`wanted`](Self::wanted).
    ///
    /// ```
    /// use templrender::{Limits, Pack};
    /// let mut pack = Pack::new(&Limits::default());
    /// pack.add("template.json", *br#"{ "templrender": 1, "name": "card", "size": [9, 9],
    ///     "layers": [{ "type": "image", "src": "{{ photo }}", "width": 9, "height": 9 }] }"#)?;
    /// pack.add("fallback.json", *br#"{ "photo": "photos/none.png" }"#)?;
    /// assert_eq!(pack.wanted_at(1_795_867_200)?, ["photos/none.png"]);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn wanted_at(&self, now: i64) -> Result<Vec<String>, Error> {
        used::wanted(self, Some(now))
    }

    /// The files that the template uses as a zip: sorted and without times, so that the same files give the same bytes.
    ///
    /// # Errors
    /// A template or fallback that cannot be read; a file that is missing.
    pub fn to_zip(&self) -> Result<Vec<u8>, Error> {
        zip::write(&used::files(self)?)
    }

    /// Makes it ready to draw, with its own fonts before those of the host.
    ///
    /// `now`, in seconds since 1970, is the time at which its fallback is tried.
    ///
    /// # Errors
    /// All that would fail later: a template or a font that cannot be read, an asset that is missing or damaged, a fallback that is not drawn in the
    /// base and in every variant. The place of a fault begins with the file: `fonts/a.ttf`, `fallback.json: variant story`.
    pub fn open(&self, host: &Fonts, now: Option<i64>) -> Result<Bundle, Error> {
        self.open_beside(host, now, [])
    }

    /// The same, sharing the fonts of another bundle that has the same font files over the same host's.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    ///
    /// ```
    /// use templrender::{Fonts, Limits, Pack};
    /// let pack = |name: &str| {
    ///     let mut pack = Pack::new(&Limits::default());
    ///     pack.add("template.json", format!(r#"{{ "templrender": 1, "name": "{name}", "size": [9, 9], "layers": [] }}"#).into_bytes())?;
    ///     Ok::<Pack, templrender::Error>(pack)
    /// };
    /// let host = Fonts::new();
    /// let first = pack("a")?.open(&host, None)?;
    /// let second = pack("b")?.open_beside(&host, None, [&first])?;
    /// assert_ne!(first.version(), second.version());
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn open_beside<'a>(&self, host: &Fonts, now: Option<i64>, others: impl IntoIterator<Item = &'a Bundle>) -> Result<Bundle, Error> {
        bundle::open(self, host, now, &mut others.into_iter())
    }

    /// One of its files, by its path from the template's folder.
    ///
    /// ```
    /// use templrender::{Limits, Pack};
    /// let mut pack = Pack::new(&Limits::default());
    /// pack.add("rows/a.json", *b"{}")?;
    /// assert_eq!(pack.get("./rows/a.json").map(|bytes| &bytes[..]), Some(&b"{}"[..]));
    /// assert_eq!(pack.get("../rows/a.json"), None);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn get(&self, path: &str) -> Option<&Arc<[u8]>> {
        self.files.get(&path::plain(path).ok()?)
    }
}

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.files.iter().map(|(path, bytes)| (path, bytes.len()))).finish()
    }
}

/// Whether one file is within the limits.
fn check_file(path: &str, bytes: u64, limits: &Limits) -> Result<(), Fault> {
    let most = if path == TEMPLATE || path == FALLBACK { limits.max_template_bytes } else { limits.max_input_bytes };
    if bytes > most as u64 {
        return Err(Fault::new(Code::ResourceLimit, path::shown(path), format!("file is {bytes} bytes, over the limit of {most}")));
    }
    Ok(())
}

/// Whether all files are within the limits.
fn check_all(count: usize, bytes: u64, limits: &Limits) -> Result<(), Fault> {
    if count > limits.max_pack_files {
        let message = format!("pack has {count} files, over the limit of {}", limits.max_pack_files);
        return Err(Fault::new(Code::ResourceLimit, "", message));
    }
    if bytes > limits.max_pack_bytes as u64 {
        let message = format!("pack is {bytes} bytes, over the limit of {}", limits.max_pack_bytes);
        return Err(Fault::new(Code::ResourceLimit, "", message));
    }
    Ok(())
}

/// The faults of a stage with the file in front.
fn within(file: &str, error: Error) -> Error {
    let inside = |mut fault: Fault| {
        fault.place = if fault.place.is_empty() { file.to_owned() } else { format!("{file}: {}", fault.place) };
        fault
    };
    Error::from_faults(error.faults().iter().cloned().map(inside).collect())
}
