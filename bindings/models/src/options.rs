//! What a host says about engines: which one, with how many threads, where ONNX Runtime is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use core_::{Code, Error, Fault, Limits};

/// Who runs networks.
///
/// ```
/// use templrender_models::EngineKind;
/// assert_eq!("ort".parse::<EngineKind>()?.name(), "ort");
/// assert!("onnx".parse::<EngineKind>().is_err());
/// # Ok::<(), core_::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum EngineKind {
    /// ONNX Runtime where its library is named, else the first of rten and tract that is built in.
    #[default]
    Auto,
    /// rten: pure Rust, small.
    Rten,
    /// tract: pure Rust.
    Tract,
    /// ONNX Runtime: a library of the machine's, the fastest by far.
    Ort,
}

impl EngineKind {
    const ALL: [Self; 4] = [Self::Auto, Self::Rten, Self::Tract, Self::Ort];

    /// As options write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Rten => "rten",
            Self::Tract => "tract",
            Self::Ort => "ort",
        }
    }

    /// Those that this build has.
    ///
    /// ```
    /// use templrender_models::EngineKind;
    /// assert!(!EngineKind::built_in().contains(&EngineKind::Auto));
    /// ```
    pub fn built_in() -> Vec<Self> {
        let has = [(Self::Rten, cfg!(feature = "rten")), (Self::Tract, cfg!(feature = "tract")), (Self::Ort, cfg!(feature = "ort"))];
        has.into_iter().filter_map(|(kind, is_built_in)| is_built_in.then_some(kind)).collect()
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EngineKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let found: String = text.chars().take(64).collect();
            let message = format!("an engine must be auto, rten, tract or ort, found {found:?}");
            Fault::new(Code::BadArgument, "engine", message).into()
        })
    }
}

/// How models are opened.
///
/// ```
/// use templrender_models::{EngineKind, Options};
/// let options = Options { engine: EngineKind::Rten, threads: 2, ..Options::default() };
/// assert!(!options.cuda);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Who runs them.
    ///
    /// Default: [`EngineKind::Auto`]
    pub engine: EngineKind,
    /// ONNX Runtime's shared library, the folder that it is in, or the folder of Python's package `onnxruntime`.
    ///
    /// Default: none; the environment variable `ORT_DYLIB_PATH`, then the folders of system libraries
    pub ort_library: Option<PathBuf>,
    /// Whether ONNX Runtime runs on the first NVIDIA GPU. A library without CUDA is an error, not a slow run.
    ///
    /// Default: false
    pub cuda: bool,
    /// Threads of one run. Many pictures are better drawn side by side, with one each. tract has one in any case.
    ///
    /// Default: 1
    pub threads: usize,
    /// Most bytes of a model's file.
    ///
    /// Default: [`Limits::max_model_bytes`], 512 MiB
    pub max_model_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { engine: EngineKind::Auto, ort_library: None, cuda: false, threads: 1, max_model_bytes: Limits::default().max_model_bytes }
    }
}

impl Options {
    /// The engine that is meant, which must be built in.
    pub(crate) fn chosen(&self) -> Result<EngineKind, Error> {
        let built_in = EngineKind::built_in();
        let wanted = match self.engine {
            EngineKind::Auto if (self.cuda || self.ort_library.is_some()) && built_in.contains(&EngineKind::Ort) => Some(EngineKind::Ort),
            EngineKind::Auto => built_in.first().copied(),
            named => Some(named).filter(|kind| built_in.contains(kind)),
        };
        wanted.ok_or_else(|| {
            let names: Vec<_> = built_in.iter().map(|kind| kind.name()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let message = format!("an engine must be one that this build has ({names}), found {}", self.engine);
            Fault::new(Code::BadArgument, "engine", message).into()
        })
    }
}
