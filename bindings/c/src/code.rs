//! Codes

use std::ffi::c_char;

use core_::Code;

use crate::boundary::neutral;
use crate::library::templrender_status;

/// What went wrong: what a call returns, and what a fault says. Numbers are never given to another meaning; docs/errors.md has an example of each. A
/// newer library may return numbers that this header does not have: ask `templrender_code_cause` what to do about them.
#[repr(C)]
pub enum templrender_code {
    /// Nothing.
    TEMPLRENDER_OK = 0,
    /// The template is not JSON.
    TEMPLRENDER_TEMPLATE_SYNTAX = 101,
    /// A key that the format does not have at this place.
    TEMPLRENDER_UNKNOWN_KEY = 102,
    /// A key stands twice in one object.
    TEMPLRENDER_DUPLICATE_KEY = 103,
    /// A key of the format that this version does not draw.
    TEMPLRENDER_UNSUPPORTED_KEY = 104,
    /// A key that must be there is not.
    TEMPLRENDER_MISSING_KEY = 105,
    /// A JSON value of the wrong type.
    TEMPLRENDER_WRONG_TYPE = 106,
    /// A value that its key does not take.
    TEMPLRENDER_BAD_VALUE = 107,
    /// A name that nothing in the template or the row's fields has.
    TEMPLRENDER_UNKNOWN_NAME = 108,
    /// An expression that cannot be parsed.
    TEMPLRENDER_EXPRESSION_SYNTAX = 109,
    /// A newer format version.
    TEMPLRENDER_UNSUPPORTED_VERSION = 110,
    /// An `id` that stands twice.
    TEMPLRENDER_DUPLICATE_ID = 111,
    /// A layer that must have a definite size has none.
    TEMPLRENDER_INDEFINITE_SIZE = 112,
    /// A template beyond a limit.
    TEMPLRENDER_TEMPLATE_LIMIT = 113,
    /// A variant that the template does not have.
    TEMPLRENDER_UNKNOWN_VARIANT = 114,
    /// Values that cannot go together whatever the row: a comparison, an operator, an argument.
    TEMPLRENDER_UNLIKE_TYPES = 115,
    /// Of a template that is read all the same: a condition that no row fulfils.
    TEMPLRENDER_NEVER_TRUE = 121,
    /// A condition that every row fulfils.
    TEMPLRENDER_ALWAYS_TRUE = 122,
    /// An alternative that no row comes to.
    TEMPLRENDER_NEVER_REACHED = 123,
    /// A `let` that nothing uses.
    TEMPLRENDER_UNUSED_LET = 124,
    /// A declared field that nothing uses.
    TEMPLRENDER_UNUSED_FIELD = 125,
    /// A required field is missing or empty.
    TEMPLRENDER_MISSING_FIELD = 201,
    /// A value that cannot be read as its field's type.
    TEMPLRENDER_BAD_FIELD = 202,
    /// An expression that fails on this row.
    TEMPLRENDER_EVALUATION = 203,
    /// A bound value that its key does not take.
    TEMPLRENDER_BAD_BOUND_VALUE = 204,
    /// A row beyond a limit.
    TEMPLRENDER_ROW_LIMIT = 205,
    /// A picture is asked for of a row that the template skips.
    TEMPLRENDER_ROW_SKIPPED = 206,
    /// A record of a feed that is no row.
    TEMPLRENDER_BAD_ROW = 207,
    /// An id that stands twice in a feed.
    TEMPLRENDER_DUPLICATE_ROW_ID = 208,
    /// A file that is no feed.
    TEMPLRENDER_BAD_FEED = 209,
    /// A picture, font or file is not there.
    TEMPLRENDER_MISSING_RESOURCE = 301,
    /// Bytes that are no picture in a format we read.
    TEMPLRENDER_UNKNOWN_FORMAT = 302,
    /// A picture or font whose bytes are damaged.
    TEMPLRENDER_DAMAGED_RESOURCE = 303,
    /// A picture, font or pack beyond a limit.
    TEMPLRENDER_RESOURCE_LIMIT = 304,
    // 305 is given up.
    /// A template's pack that cannot be read: its zip, or the path of a file in it.
    TEMPLRENDER_BAD_PACK = 306,
    /// A model's manifest, or the file that it names, that cannot be used.
    TEMPLRENDER_BAD_MANIFEST = 307,
    /// A model that gives what its manifest does not say: another shape, what is no number.
    TEMPLRENDER_MODEL_OUTPUT = 308,
    /// A picture without a face, for a model that needs one.
    TEMPLRENDER_FACE_MISSING = 309,
    // 404 is given up.
    /// An argument that the call does not take.
    TEMPLRENDER_BAD_ARGUMENT = 401,
    /// No font was given to draw a text with.
    TEMPLRENDER_NO_FONTS = 402,
    /// A canvas beyond a limit.
    TEMPLRENDER_CANVAS_LIMIT = 403,
    /// A picture was not done by the host's deadline.
    TEMPLRENDER_DEADLINE_EXCEEDED = 405,
    /// The host set the flag that says a picture is no longer wanted.
    TEMPLRENDER_CANCELLED = 406,
    /// An engine, or the host's own function, that failed to run a model.
    TEMPLRENDER_MODEL_FAILED = 407,
    /// A run of a model that takes more memory or time than it may.
    TEMPLRENDER_MODEL_LIMIT = 408,
    /// A model that the renderer does not have, or that runs elsewhere.
    TEMPLRENDER_MISSING_MODEL = 409,
    /// A broken promise inside the library.
    TEMPLRENDER_BUG = 501,
    /// A URL that is none of ours: its path, a parameter, or what a parameter says.
    TEMPLRENDER_BAD_URL = 601,
    /// A URL that is longer than browsers, caches and ad systems take.
    TEMPLRENDER_URL_TOO_LONG = 602,
    /// A URL without a signature, with an unknown key's, or with a wrong one.
    TEMPLRENDER_BAD_SIGNATURE = 603,
    /// A signed URL whose time is over.
    TEMPLRENDER_URL_EXPIRED = 604,
    /// A picture's URL that is malformed, or whose origin the tenant does not allow.
    TEMPLRENDER_REFUSED_ORIGIN = 605,
    /// A secret, or a file of secrets, that cannot be used.
    TEMPLRENDER_BAD_SECRET = 606,
}

/// Whose turn it is.
#[repr(C)]
pub enum templrender_cause {
    /// The designer of the template.
    TEMPLRENDER_CAUSE_TEMPLATE = 1,
    /// Whoever supplies the data row.
    TEMPLRENDER_CAUSE_ROW = 2,
    /// Whoever serves a picture, font or other file.
    TEMPLRENDER_CAUSE_RESOURCE = 3,
    /// The program that calls the library.
    TEMPLRENDER_CAUSE_HOST = 4,
    /// The library itself: please report it.
    TEMPLRENDER_CAUSE_BUG = 5,
    /// Whoever asks for a picture by its URL.
    TEMPLRENDER_CAUSE_REQUEST = 6,
}

/// A code's number in the core.
fn find(status: templrender_status) -> Option<Code> {
    Code::ALL.iter().copied().find(|code| i32::from(*code as u16) == status)
}

/// A cause's number in the header.
pub(crate) fn cause_of(code: Code) -> i32 {
    use core_::Cause;
    use templrender_cause as c;
    (match code.cause() {
        Cause::Template => c::TEMPLRENDER_CAUSE_TEMPLATE,
        Cause::Row => c::TEMPLRENDER_CAUSE_ROW,
        Cause::Resource => c::TEMPLRENDER_CAUSE_RESOURCE,
        Cause::Host => c::TEMPLRENDER_CAUSE_HOST,
        Cause::Request => c::TEMPLRENDER_CAUSE_REQUEST,
        _ => c::TEMPLRENDER_CAUSE_BUG,
    }) as i32
}

/// All names one behind the other, each with a NUL at its end.
static NAMES: [u8; names_len()] = names();

const fn names_len() -> usize {
    let (mut i, mut len) = (0, 0);
    while i < Code::ALL.len() {
        len += Code::ALL[i].name().len() + 1;
        i += 1;
    }
    len
}

const fn names() -> [u8; names_len()] {
    let mut all = [0; names_len()];
    let (mut i, mut at) = (0, 0);
    while i < Code::ALL.len() {
        let name = Code::ALL[i].name().as_bytes();
        let mut j = 0;
        while j < name.len() {
            all[at] = name[j];
            (j, at) = (j + 1, at + 1);
        }
        (i, at) = (i + 1, at + 1);
    }
    all
}

/// A code's name, such as "bad-field"; "ok" for 0, "unknown" for a number that is none. The text is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn templrender_code_name(status: templrender_status) -> *const c_char {
    let unknown = c"unknown".as_ptr();
    neutral(unknown, || {
        let Some(code) = find(status) else { return if status == 0 { c"ok".as_ptr() } else { unknown } };
        let at: usize = Code::ALL.iter().take_while(|before| **before != code).map(|before| before.name().len() + 1).sum();
        NAMES.get(at..).map_or(unknown, |name| name.as_ptr().cast())
    })
}

/// Whose turn a code is, a `templrender_cause`; 0 for a number that is none.
#[unsafe(no_mangle)]
pub extern "C" fn templrender_code_cause(status: templrender_status) -> i32 {
    neutral(0, || find(status).map_or(0, cause_of))
}

/// The HTTP status of an answer to a request that fails so: 400, 403, 404, 413, 414, 500, 502 or 504; 200 for 0, and 500 for a number that is none.
#[unsafe(no_mangle)]
pub extern "C" fn templrender_code_http_status(status: templrender_status) -> u16 {
    neutral(500, || match find(status) {
        Some(code) => code.http_status(),
        None if status == 0 => 200,
        None => 500,
    })
}
