//! The bytes of a model: given, or in a file. A file's size is compared before it is read, its sha256 each time.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use core_::{Code, Error, Fault};
use sha2::{Digest, Sha256};

/// Where a model's bytes are.
///
/// ```
/// use templrender_models::ModelFile;
/// let from_disk: ModelFile = std::path::Path::new("models/paint.onnx").into();
/// let given: ModelFile = vec![8_u8, 8].into();
/// # let _ = (from_disk, given);
/// ```
#[derive(Debug, Clone)]
pub struct ModelFile(pub(crate) Source);

#[derive(Debug, Clone)]
pub(crate) enum Source {
    Path(PathBuf),
    Bytes(Arc<[u8]>),
}

impl From<&Path> for ModelFile {
    fn from(path: &Path) -> Self {
        Self(Source::Path(path.to_owned()))
    }
}

impl From<PathBuf> for ModelFile {
    fn from(path: PathBuf) -> Self {
        Self(Source::Path(path))
    }
}

impl From<Vec<u8>> for ModelFile {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Source::Bytes(bytes.into()))
    }
}

/// Bytes in memory: weights are tens of megabytes, so they are copied only where an engine keeps what somebody else has as well.
pub(crate) enum Held {
    Own(Vec<u8>),
    Shared(Arc<[u8]>),
}

impl Held {
    #[cfg(feature = "rten")]
    pub(crate) fn into_vec(self) -> Vec<u8> {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes.to_vec(),
        }
    }
}

impl std::ops::Deref for Held {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// A model's bytes, how many there may be and what they must add up to.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) source: Source,
    /// Lower case.
    pub(crate) sha256: Option<String>,
    pub(crate) max_bytes: usize,
}

impl Checked {
    /// What messages call it.
    pub(crate) fn place(&self) -> String {
        match &self.source {
            Source::Path(path) => path.display().to_string(),
            Source::Bytes(_) => "model's bytes".to_owned(),
        }
    }

    /// The bytes, whole and as they should be.
    pub(crate) fn read(&self) -> Result<Held, Error> {
        let bytes = match &self.source {
            Source::Path(path) => Held::Own(read_file(path, self.max_bytes)?),
            Source::Bytes(bytes) => {
                held(bytes.len() as u64, self.max_bytes, &self.place())?;
                Held::Shared(Arc::clone(bytes))
            }
        };
        if let Some(wanted) = &self.sha256 {
            let found = hex(&Sha256::digest(&*bytes));
            if !wanted.eq_ignore_ascii_case(&found) {
                return Err(Fault::new(Code::BadManifest, self.place(), format!("a model's sha256 must be {wanted}, found {found}")).into());
            }
        }
        Ok(bytes)
    }
}

/// A file of at most so many bytes.
pub(crate) fn read_file(path: &Path, max_bytes: usize) -> Result<Vec<u8>, Error> {
    let place = path.display().to_string();
    let unread =
        |error: std::io::Error| Fault::new(Code::BadManifest, &*place, format!("a model's file must be there to be read, found: {error}"));
    let mut file = File::open(path).map_err(unread)?;
    let length = file.metadata().map_err(unread)?.len();
    held(length, max_bytes, &place)?;
    let mut bytes = Vec::new();
    // One more than there may be: the file may grow meanwhile, and a pipe has no length.
    file.by_ref().take((max_bytes as u64).saturating_add(1)).read_to_end(&mut bytes).map_err(unread)?;
    held(bytes.len() as u64, max_bytes, &place)?;
    Ok(bytes)
}

fn held(bytes: u64, max_bytes: usize, place: &str) -> Result<(), Error> {
    if bytes > max_bytes as u64 {
        let message = format!("a model's file may have {max_bytes} bytes, found {bytes}");
        return Err(Fault::new(Code::ModelLimit, place, message).into());
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
