//! What a command says when it does not succeed: wrong usage (exit status 2) or failures (1), each with its place first.

use std::fmt;
use std::path::Path;

use core_::Error;
pub(crate) use templrender_host::io_reason;
use templrender_host::{FolderError, FolderFault};

/// One failure: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// `feed.tsv:5: GB-0004: field price`, from the file inwards.
    pub(crate) place: String,
    pub(crate) reason: String,
}

impl Failure {
    pub(crate) fn new(place: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { place: place.into(), reason: reason.to_string() }
    }

    /// The faults of the core, each with the place of what was given to it in front.
    pub(crate) fn of(place: &str, error: &Error) -> Vec<Self> {
        error.faults().iter().map(|fault| FolderFault::of(place, fault).into()).collect()
    }
}

impl From<FolderFault> for Failure {
    fn from(fault: FolderFault) -> Self {
        Self { place: fault.place, reason: fault.reason }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The command line asks for something that it cannot mean.
    Usage(String),
    /// Something failed; at least one entry, unless all of it was said already.
    Failed(Vec<Failure>),
}

pub(crate) type Done<T = ()> = Result<T, Stop>;

impl Stop {
    pub(crate) fn at(place: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self::Failed(vec![Failure::new(place.to_string(), reason)])
    }

    pub(crate) fn of(place: &str, error: &Error) -> Self {
        Self::Failed(Failure::of(place, error))
    }

    /// A file that cannot be read or written.
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::at(path.display(), io_reason(error))
    }
}

impl From<FolderError> for Stop {
    fn from(error: FolderError) -> Self {
        Self::Failed(error.faults().iter().cloned().map(Failure::from).collect())
    }
}

/// At most 64 characters of someone's text, quoted; of a URL never the query.
pub(crate) fn quoted(text: &str) -> String {
    let text = if text.contains("://") { text.split(['?', '#']).next().unwrap_or(text) } else { text };
    let mut short: String = text.chars().take(64).collect();
    if text.chars().nth(64).is_some() {
        short.push('…');
    }
    format!("{short:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use core_::{Code, Fault};

    #[test]
    fn a_failure_has_its_place_first() {
        let mut fault = Fault::new(Code::BadValue, "layers[2].font-size", "font size must be positive, found -4");
        fault.at = Some((7, 12));
        let said: Vec<String> = Failure::of("sale/template.json", &fault.into()).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["sale/template.json:7:12: layers[2].font-size: font size must be positive, found -4"]);
    }

    #[test]
    fn a_query_is_never_printed() {
        assert_eq!(quoted("https://a.example/x.jpg?token=secret"), "\"https://a.example/x.jpg\"");
        assert_eq!(quoted(&"x".repeat(70)), format!("\"{}…\"", "x".repeat(64)));
    }
}
