//! Every failure of the library: a code, a place, a sentence, and whose turn it is.
//!
//! One type for all stages. A stage that can find several faults in one go (a template's check) reports them together, up to
//! [`Error::MAX_FAULTS`]; the others report one. Codes are explicit numbers that are never given to another meaning, so that C callers
//! and log readers may store them.

use std::fmt;

/// Who has to act on a failure.
///
/// ```
/// use templrender::{Cause, Row};
/// let error = Row::from_json("[1, 2]").unwrap_err();
/// assert_eq!(error.cause(), Cause::Row);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The designer of the template.
    Template,
    /// Whoever supplies the data row.
    Row,
    /// Whoever serves a picture, font or other file.
    Resource,
    /// The program that calls the library.
    Host,
    /// The library itself.
    Bug,
    /// Whoever asks for a picture by its URL.
    Request,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal $kebab:literal $cause:ident,)+) => {
        /// What kind of failure it is; see `docs/errors.md`.
        ///
        /// ```
        /// use templrender::{Cause, Code};
        /// assert_eq!(Code::UnknownKey.name(), "unknown-key");
        /// assert_eq!(Code::UnknownKey as u16, 102);
        /// assert_eq!(Code::UnknownKey.cause(), Cause::Template);
        /// assert!(Code::ALL.contains(&Code::UnknownKey));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum Code { $($(#[$doc])* $name = $number,)+ }

        impl Code {
            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The name that reports and documents use, such as `unknown-key`.
            pub const fn name(self) -> &'static str { match self { $(Code::$name => $kebab,)+ } }

            /// Whose turn it is.
            pub const fn cause(self) -> Cause { match self { $(Code::$name => Cause::$cause,)+ } }

            /// Whether a guard ended the call.
            pub(crate) const fn ends_call(self) -> bool { matches!(self, Code::DeadlineExceeded | Code::Cancelled) }
        }
    };
}

codes! {
    /// The template is not JSON.
    TemplateSyntax = 101 "template-syntax" Template,
    /// A key that the format does not have at this place.
    UnknownKey = 102 "unknown-key" Template,
    /// A key stands twice in one object.
    DuplicateKey = 103 "duplicate-key" Template,
    /// A key of the format that this version does not draw.
    UnsupportedKey = 104 "unsupported-key" Template,
    /// A key that must be there is not.
    MissingKey = 105 "missing-key" Template,
    /// A JSON value of the wrong type.
    WrongType = 106 "wrong-type" Template,
    /// A value that its key does not take.
    BadValue = 107 "bad-value" Template,
    /// A name that nothing in the template or the row's fields has.
    UnknownName = 108 "unknown-name" Template,
    /// An expression that cannot be parsed.
    ExpressionSyntax = 109 "expression-syntax" Template,
    /// A newer format version.
    UnsupportedVersion = 110 "unsupported-version" Template,
    /// An `id` that stands twice.
    DuplicateId = 111 "duplicate-id" Template,
    /// A layer that must have a definite size has none.
    IndefiniteSize = 112 "indefinite-size" Template,
    /// A template beyond a limit.
    TemplateLimit = 113 "template-limit" Template,
    /// A variant that the template does not have.
    UnknownVariant = 114 "unknown-variant" Template,
    /// Values that cannot go together whatever the row: a comparison, an operator, an argument.
    UnlikeTypes = 115 "unlike-types" Template,

    /// Of a template that is read all the same: a condition that no row fulfils.
    NeverTrue = 121 "never-true" Template,
    /// A condition that every row fulfils.
    AlwaysTrue = 122 "always-true" Template,
    /// An alternative that no row comes to.
    NeverReached = 123 "never-reached" Template,
    /// A `let` that nothing uses.
    UnusedLet = 124 "unused-let" Template,
    /// A declared field that nothing uses.
    UnusedField = 125 "unused-field" Template,

    /// A required field is missing or empty.
    MissingField = 201 "missing-field" Row,
    /// A value that cannot be read as its field's type.
    BadField = 202 "bad-field" Row,
    /// An expression that fails on this row.
    Evaluation = 203 "evaluation" Row,
    /// A bound value that its key does not take.
    BadBoundValue = 204 "bad-bound-value" Row,
    /// A row beyond a limit.
    RowLimit = 205 "row-limit" Row,
    /// A picture is asked for of a row that the template skips.
    RowSkipped = 206 "row-skipped" Row,
    /// A record of a feed that is no row.
    BadRow = 207 "bad-row" Row,
    /// An id that stands twice in a feed.
    DuplicateRowId = 208 "duplicate-row-id" Row,
    /// A file that is no feed.
    BadFeed = 209 "bad-feed" Row,

    /// A picture, font or file is not there.
    MissingResource = 301 "missing-resource" Resource,
    /// Bytes that are no picture in a format we read.
    UnknownFormat = 302 "unknown-format" Resource,
    /// A picture or font whose bytes are damaged.
    DamagedResource = 303 "damaged-resource" Resource,
    /// A picture, font or pack beyond a limit.
    ResourceLimit = 304 "resource-limit" Resource,
    // 305 is given up.
    /// A template's pack that cannot be read: its zip, or the path of a file in it.
    BadPack = 306 "bad-pack" Resource,
    /// A model's manifest, or the file that it names, that cannot be used.
    BadManifest = 307 "bad-manifest" Resource,
    /// A model that gives what its manifest does not say: another shape, what is no number.
    ModelOutput = 308 "model-output" Resource,
    /// A picture without a face, for a model that needs one.
    FaceMissing = 309 "face-missing" Resource,

    // 404 is given up.
    /// An argument that the call does not take.
    BadArgument = 401 "bad-argument" Host,
    /// No font was given to draw a text with.
    NoFonts = 402 "no-fonts" Host,
    /// A canvas beyond a limit.
    CanvasLimit = 403 "canvas-limit" Host,
    /// A picture was not done by the host's deadline.
    DeadlineExceeded = 405 "deadline-exceeded" Host,
    /// The host set the flag that says a picture is no longer wanted.
    Cancelled = 406 "cancelled" Host,
    /// An engine, or the host's own function, that failed to run a model.
    ModelFailed = 407 "model-failed" Host,
    /// A run of a model that takes more memory or time than it may.
    ModelLimit = 408 "model-limit" Host,
    /// A model that the renderer does not have, or that runs elsewhere.
    MissingModel = 409 "missing-model" Host,

    /// A broken promise inside the library.
    Bug = 501 "bug" Bug,

    /// A URL that is none of ours: its path, a parameter, or what a parameter says.
    BadUrl = 601 "bad-url" Request,
    /// A URL that is longer than browsers, caches and ad systems take.
    UrlTooLong = 602 "url-too-long" Request,
    /// A URL without a signature, with an unknown key's, or with a wrong one.
    BadSignature = 603 "bad-signature" Request,
    /// A signed URL whose time is over.
    UrlExpired = 604 "url-expired" Request,
    /// A picture's URL that is malformed, or whose origin the tenant does not allow.
    RefusedOrigin = 605 "refused-origin" Row,
    /// A secret, or a file of secrets, that cannot be used.
    BadSecret = 606 "bad-secret" Host,
}

/// One failure.
///
/// ```
/// use templrender::{Code, Fault};
/// let fault = Fault::new(Code::MissingResource, "resource a.jpg", "the server said 404");
/// assert_eq!(fault.to_string(), "resource a.jpg: the server said 404");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fault {
    /// What kind it is.
    pub code: Code,
    /// Where: a JSON path (`layers[2].font-size`), `field price`, `resource https://...`; empty where there is only one place.
    pub place: String,
    /// Line and column in the template's text, both from 1, where they are known.
    pub at: Option<(u32, u32)>,
    /// The rule and the found value, in one sentence.
    pub message: String,
}

impl Fault {
    /// A failure at a place.
    pub fn new(code: Code, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, place: place.into(), at: None, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.at, self.place.is_empty()) {
            (Some((line, column)), false) => write!(f, "{line}:{column}: {}: {}", self.place, self.message),
            (Some((line, column)), true) => write!(f, "{line}:{column}: {}", self.message),
            (None, false) => write!(f, "{}: {}", self.place, self.message),
            (None, true) => f.write_str(&self.message),
        }
    }
}

/// One or more failures of one call; it prints one line for each.
///
/// ```
/// use templrender::{Code, Template};
/// let json = r#"{ "templrender": 1, "name": "t", "size": [9, 9], "colour": "red", "layers": [{ "type": "txt" }] }"#;
/// let error = Template::parse(json).unwrap_err();
/// assert_eq!(error.faults().len(), 2);
/// assert_eq!(error.code(), Code::UnknownKey);
/// assert_eq!(error.faults()[1].at, Some((1, 88)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.faults))]
pub struct Error {
    faults: Vec<Fault>,
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

impl Error {
    /// The most faults that one error holds.
    pub const MAX_FAULTS: usize = 100;

    /// An error of several faults; of none, it is [`Code::Bug`].
    pub fn from_faults(mut faults: Vec<Fault>) -> Self {
        if faults.is_empty() {
            faults.push(Fault::new(Code::Bug, "", "an error without a fault"));
        }
        faults.truncate(Self::MAX_FAULTS);
        Self { faults }
    }

    /// All faults, at least one, in the order of the input.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The first fault's code.
    pub fn code(&self) -> Code {
        self.faults.first().map_or(Code::Bug, |f| f.code)
    }

    /// Whose turn it is, by the first fault.
    pub fn cause(&self) -> Cause {
        self.code().cause()
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::from_faults(vec![fault])
    }
}

/// At most 64 characters of a user's text, quoted, for a message.
pub(crate) fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(64).collect();
    if text.chars().nth(64).is_some() {
        short.push('…');
    }
    format!("{short:?}")
}

/// The nearest of some known names, if one is near: at most a third of its letters differ.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .into_iter()
        .map(|k| (distance(&name, &k.to_lowercase()), k))
        .filter(|(d, k)| *d <= (k.len().max(name.len()) / 3).max(1))
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// `, did you mean "..."?`, or nothing.
pub(crate) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map(|k| format!(", did you mean {k:?}?")).unwrap_or_default()
}

/// Damerau's distance (optimal string alignment) over bytes, bounded to short names: two letters that changed places count once.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let at = |row: &[usize], i: usize| row.get(i).copied().unwrap_or(usize::MAX / 2);
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let replaced = at(&last, j) + usize::from(ca != cb);
            let mut least = replaced.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca) {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("txt", ["box", "text", "image"]), Some("text"));
        assert_eq!(nearest("font-sise", ["font-size", "font-style"]), Some("font-size"));
        assert_eq!(nearest("zebra", ["box", "text"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("widht", "width"), 1);
    }

    #[test]
    fn codes_are_unique_and_ordered() {
        assert!(Code::ALL.windows(2).all(|w| (w[0] as u16) < (w[1] as u16)));
    }

    #[test]
    fn a_fault_prints_place_rule_and_value() {
        let mut fault = Fault::new(Code::BadValue, "layers[2].font-size", "font size must be positive, found -4");
        assert_eq!(fault.to_string(), "layers[2].font-size: font size must be positive, found -4");
        fault.at = Some((7, 12));
        assert_eq!(Error::from(fault).to_string(), "7:12: layers[2].font-size: font size must be positive, found -4");
    }
}
