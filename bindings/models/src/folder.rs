//! Folders of models: every `*.json` in one is a manifest, and beside it lies the file that it names. Manifests may share a file; its session is one.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use core_::{Code, Error, Fault, Manifest, Model};

use crate::file::{Checked, Source, read_file};
use crate::network::{Network, Shared};
use crate::onnx::short;
use crate::options::Options;

/// Most bytes of a manifest.
const MAX_MANIFEST_BYTES: usize = 1 << 20;

/// Opens all models of a folder, by the names of their manifests. Files are read and compared with their sha256 now; sessions are prepared when they
/// are needed first.
///
/// ```no_run
/// let mut models = core_::Models::new();
/// for model in templrender_models::load_folder("templates/models", &templrender_models::Options::default())? {
///     models.add(model)?;
/// }
/// # Ok::<(), core_::Error>(())
/// ```
///
/// # Errors
/// [`Code::BadManifest`] where a manifest or its file is not as it should be, with the file, the rule and what was found; and what [`open`](crate::open) says.
pub fn load_folder(folder: impl AsRef<Path>, options: &Options) -> Result<Vec<Model>, Error> {
    let folder = folder.as_ref();
    let unread = |error: std::io::Error| {
        fault(&folder.display().to_string(), format!("a folder of models must be there to be read, found: {error}"))
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|ending| ending == "json") && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let mut known = BTreeMap::new();
    paths.iter().map(|path| load(path, options, &mut known)).collect()
}

/// Opens one model by the path of its manifest.
///
/// ```no_run
/// let model = templrender_models::load_manifest("templates/models/paint.json", &templrender_models::Options::default())?;
/// assert_eq!(model.id(), "paint");
/// # Ok::<(), core_::Error>(())
/// ```
///
/// # Errors
/// As [`load_folder`].
pub fn load_manifest(path: impl AsRef<Path>, options: &Options) -> Result<Model, Error> {
    load(path.as_ref(), options, &mut BTreeMap::new())
}

fn load(path: &Path, options: &Options, known: &mut BTreeMap<(PathBuf, String), Arc<Shared>>) -> Result<Model, Error> {
    let place = path.display().to_string();
    let text = String::from_utf8(read_file(path, MAX_MANIFEST_BYTES)?)
        .map_err(|_| fault(&place, "a manifest must be UTF-8, found something else".into()))?;
    let manifest = Manifest::from_json(&text).map_err(|error| located(error, &place))?;
    let file = manifest.file().ok_or_else(|| fault(&place, "a manifest in a folder must name its model's \"file\", found none".into()))?;
    let sha256 =
        manifest.sha256().ok_or_else(|| fault(&place, "a manifest in a folder must have the \"sha256\" of its file, found none".into()))?;
    if file.is_empty() || !Path::new(file).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(fault(&place, format!("\"file\" must lie in the manifest's folder, found {:?}", short(file))));
    }
    let file = path.parent().unwrap_or(Path::new("")).join(file);
    let key = (file.clone(), sha256.to_ascii_lowercase());
    let shared = match known.get(&key) {
        Some(shared) => Arc::clone(shared),
        None => {
            let checked = Checked { source: Source::Path(file), sha256: Some(key.1.clone()), max_bytes: options.max_model_bytes };
            let shared = Arc::new(Shared::new(checked, options)?);
            known.insert(key, Arc::clone(&shared));
            shared
        }
    };
    let network = Network::new(shared, &manifest).map_err(|error| located(error, &place))?;
    Model::network(manifest, network).map_err(|error| located(error, &place))
}

fn fault(place: &str, message: String) -> Error {
    Fault::new(Code::BadManifest, place, message).into()
}

/// The first failure, with the file in front.
fn located(error: Error, file: &str) -> Error {
    let Some(first) = error.faults().first() else { return error };
    let place = if first.place.is_empty() { file.to_owned() } else { format!("{file}: {}", first.place) };
    let mut moved = Fault::new(first.code, place, &*first.message);
    moved.at = first.at;
    moved.into()
}
