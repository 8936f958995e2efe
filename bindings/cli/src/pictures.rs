//! Where the pictures of a plan come from: the folder of the row or feed, that of the template or its pack, or the web; and models, which make others of
//! them.
//!
//! A path is taken from the row's folder first and the template's next, and what it comes to, after links are followed, must lie in that
//! folder (or under the root that the caller names). It is judged before anything is said about whether it is there.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use core_::{Error, Guard, Limits, Need, NeedSource, Pack, Plan, Renderer, Resources};
use templrender_host::Folder;

use crate::failure::{Done, Stop, io_reason};
use crate::time::monotonic_ns;
use crate::web::Web;

/// Why a picture is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A path that leads out of the folders it may lie in.
    Outside,
    NotThere,
    NotAFile,
    Unreadable(String),
    /// A scheme other than http and https; the core itself reads `data:`.
    Scheme,
    /// The web is left alone.
    Offline,
    Unknown,
    /// What the web does not give, and what is too large wherever it lies.
    Fetch(templrender_host::Refusal),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside => f.write_str("a picture must lie in the folder of its row or template"),
            Self::NotThere => f.write_str("there is no such file"),
            Self::NotAFile => f.write_str("this is not a file"),
            Self::Unreadable(why) => write!(f, "the file cannot be read: {why}"),
            Self::Scheme => f.write_str("a picture is a path or an http, https or data URL"),
            Self::Offline => f.write_str("pictures are not fetched here"),
            Self::Unknown => f.write_str("this kind of source is not known here"),
            Self::Fetch(refusal) => refusal.fmt(f),
        }
    }
}

/// A local file that a picture was made with: when it changes, so does the picture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    pub(crate) path: String,
    /// Length and time of change; of a file that is not there, nothing.
    pub(crate) state: Option<(u64, u64)>,
}

/// What answering a plan's needs came upon.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) stamps: Vec<Stamp>,
    /// Whether something on the web did not answer: another try may give another picture.
    pub(crate) unsettled: bool,
}

/// Where a template's own files are.
#[derive(Debug)]
enum Own {
    /// A folder without links in its own path.
    Folder(PathBuf),
    /// A pack, and the file that it was read from.
    Pack(Pack, PathBuf),
}

/// Everything that pictures are looked for in.
#[derive(Debug)]
pub(crate) struct Pictures {
    /// Folders without links in their own paths, in the order in which they are tried.
    folders: Vec<PathBuf>,
    template: Own,
    root: Option<PathBuf>,
    /// Nothing where the web is left alone.
    web: Option<Web>,
    max_bytes: usize,
    /// The template's own files, read once.
    assets: Mutex<BTreeMap<String, Arc<[u8]>>>,
}

impl Pictures {
    /// `row_folder` is that of the row's file or of the feed; both folders must be there.
    pub(crate) fn new(row_folder: Option<&Path>, template: &Folder, root: Option<&Path>, web: Option<Web>) -> Done<Self> {
        let real = |folder: &Path| folder.canonicalize().map_err(|error| Stop::io(folder, &error));
        let mut folders = row_folder.map(real).transpose()?.into_iter().collect::<Vec<_>>();
        let own = match &template.pack {
            Some(pack) => Own::Pack(pack.clone(), template.path.clone()),
            None => Own::Folder(real(&template.path)?),
        };
        if let Own::Folder(folder) = &own
            && !folders.contains(folder)
        {
            folders.push(folder.clone());
        }
        let root = root.map(real).transpose()?;
        Ok(Self { folders, template: own, root, web, max_bytes: Limits::default().max_input_bytes, assets: Mutex::default() })
    }

    /// Answers everything that a plan needs, what models make of it included, until nothing is open.
    ///
    /// # Errors
    /// What ends a run of a model before its end; a model that fails is the layer's next choice.
    pub(crate) fn answer_all(&self, renderer: &Renderer, plan: &Plan, resources: &mut Resources, trace: &mut Trace) -> Result<(), Error> {
        let guard = Guard { clock: Some(monotonic_ns), ..Guard::default() };
        while self.answer(plan, resources, trace) {
            renderer.fill_guarded(plan, resources, &guard)?;
        }
        Ok(())
    }

    /// Answers all pictures that a plan needs, with the next choice of what failed; whether models are to make something of them then.
    pub(crate) fn answer(&self, plan: &Plan, resources: &mut Resources, trace: &mut Trace) -> bool {
        loop {
            let pending = plan.pending(resources).into_iter();
            let (generated, pending): (Vec<&Need>, Vec<&Need>) = pending.partition(|need| need.is_generated());
            if pending.is_empty() {
                return !generated.is_empty();
            }
            let pending: Vec<Need> = pending.into_iter().cloned().collect();
            for (need, found) in pending.iter().zip(self.find_all(&pending, trace)) {
                match found {
                    // Bytes that are no picture count as a failure with its reason: the core keeps it, and asks for the next choice.
                    Ok(bytes) => drop(resources.insert(need.id(), bytes)),
                    Err(refusal) => resources.fail(need.id(), refusal),
                }
            }
        }
    }

    /// The bytes of several needs; those on the web arrive at the same time.
    fn find_all(&self, needs: &[Need], trace: &mut Trace) -> Vec<Result<Arc<[u8]>, Refusal>> {
        let urls: Vec<&str> = needs.iter().filter_map(|need| on_web(need.source())).collect();
        let mut fetched = match &self.web {
            Some(web) if !urls.is_empty() => web.get(&urls),
            _ => Vec::new(),
        }
        .into_iter();
        let mut found = Vec::new();
        for need in needs {
            found.push(match on_web(need.source()) {
                Some(_) => {
                    let answer = fetched.next().map_or(Err(Refusal::Offline), |answer| answer.map(Into::into).map_err(Refusal::Fetch));
                    trace.unsettled |= answer.is_err();
                    answer
                }
                None => self.find(need.source(), trace),
            });
        }
        found
    }

    fn find(&self, source: &NeedSource, trace: &mut Trace) -> Result<Arc<[u8]>, Refusal> {
        match source {
            NeedSource::Location(text) => match scheme(text) {
                Some(_) => Err(Refusal::Scheme),
                None => self.local(text, &self.folders, trace).or_else(|refusal| self.packed(text, trace).ok_or(refusal)),
            },
            NeedSource::Asset { path, .. } => self.asset(path, trace),
            _ => Err(Refusal::Unknown),
        }
    }

    fn asset(&self, path: &str, trace: &mut Trace) -> Result<Arc<[u8]>, Refusal> {
        let Own::Folder(folder) = &self.template else {
            return self.packed(path, trace).ok_or(Refusal::NotThere);
        };
        let kept = self.assets.lock().ok().and_then(|assets| assets.get(path).cloned());
        if let Some(bytes) = kept {
            trace.stamps.push(stamp(&folder.join(path)));
            return Ok(bytes);
        }
        let bytes = self.local(path, std::slice::from_ref(folder), trace)?;
        if let Ok(mut assets) = self.assets.lock() {
            assets.insert(path.to_owned(), bytes.clone());
        }
        Ok(bytes)
    }

    /// A file of the template's pack.
    fn packed(&self, path: &str, trace: &mut Trace) -> Option<Arc<[u8]>> {
        let Own::Pack(pack, file) = &self.template else { return None };
        trace.stamps.push(stamp(file));
        pack.get(path).cloned()
    }

    /// A file at a path from one of the folders: the first where it is.
    fn local(&self, path: &str, folders: &[PathBuf], trace: &mut Trace) -> Result<Arc<[u8]>, Refusal> {
        let mut refusal = None;
        for folder in folders {
            let inside = |path: &Path| path.starts_with(folder) || self.root.as_ref().is_some_and(|root| path.starts_with(root));
            let wanted = folder.join(path);
            // Judged by its letters first, so that nothing is said about files outside, not even whether they are there.
            if !inside(&lexical(&wanted)) {
                refusal.get_or_insert(Refusal::Outside);
                continue;
            }
            trace.stamps.push(stamp(&wanted));
            let Ok(real) = wanted.canonicalize() else { continue };
            if inside(&real) {
                return read(&real, self.max_bytes);
            }
            refusal = Some(Refusal::Outside);
        }
        Err(refusal.unwrap_or(Refusal::NotThere))
    }
}

/// The state of a local file, to be compared later.
pub(crate) fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok();
    let changed = |m: &std::fs::Metadata| m.modified().ok()?.duration_since(UNIX_EPOCH).ok().and_then(|d| u64::try_from(d.as_nanos()).ok());
    let state = metadata.map(|m| (m.len(), changed(&m).unwrap_or(0)));
    Stamp { path: path.to_string_lossy().into_owned(), state }
}

/// The URL of a need that is on the web.
fn on_web(source: &NeedSource) -> Option<&str> {
    let NeedSource::Location(text) = source else { return None };
    let scheme = scheme(text)?;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(text)
}

/// What stands before the colon, where that is a URL's scheme: at least two letters, so that no drive letter is one.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let known = ["http", "https", "data", "file", "ftp", "blob", "javascript"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    let letters = scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    (known || (letters && rest.starts_with("//"))).then_some(scheme)
}

/// The path without `.` and `..`, by its letters alone.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            other => out.push(other),
        }
    }
    out
}

fn read(real: &Path, limit: usize) -> Result<Arc<[u8]>, Refusal> {
    let unreadable = |error: std::io::Error| Refusal::Unreadable(io_reason(&error));
    // Asked before opening: opening a pipe would wait for its other end.
    let metadata = std::fs::metadata(real).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Refusal::NotAFile);
    }
    if usize::try_from(metadata.len()).map_or(true, |bytes| bytes > limit) {
        return Err(Refusal::Fetch(templrender_host::Refusal::TooLarge { bytes: Some(metadata.len()), limit }));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(real).map_err(unreadable)?;
    file.take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes.into())
}
