//! Contexts
//!
//! What the host chooses for one plan.

use core_::{Context, Fault, OutputFormat};

use crate::boundary::neutral;
use crate::growing::{self, Growing, byte_bool};
use crate::library::templrender_slice;
use crate::pointer::{bad, text_if};

/// Formats that are written.
#[repr(C)]
pub enum templrender_format {
    /// Whatever the template says.
    TEMPLRENDER_FORMAT_TEMPLATE = 0,
    /// Baseline JPEG.
    TEMPLRENDER_FORMAT_JPEG = 1,
    /// PNG.
    TEMPLRENDER_FORMAT_PNG = 2,
    /// WebP, lossless.
    TEMPLRENDER_FORMAT_WEBP = 3,
}

/// What the host chooses for one plan. Set it up with `templrender_context_init`; its slices must live during the call that takes it.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct templrender_context {
    /// `sizeof(templrender_context)`.
    pub struct_size: usize,
    /// One of the template's variants; NULL is its base.
    pub variant: templrender_slice,
    /// BCP 47, such as "de-AT"; NULL is the template's own.
    pub lang: templrender_slice,
    /// An IANA name such as "Europe/London", an offset such as "+01:00", or "UTC"; NULL is the template's own.
    pub time_zone: templrender_slice,
    /// Seconds since 1970-01-01T00:00:00Z, for sale windows; the library has no clock of its own. Looked at where `has_now` is true.
    pub now: i64,
    /// A `templrender_format`.
    pub format: u32,
    /// 0.1 to 4 painted px for a px of the template; 0 is the template's own.
    pub scale: f32,
    /// Whether there is a time. Without one, a plan that depends on it fails with `TEMPLRENDER_EVALUATION`.
    pub has_now: byte_bool,
}

// SAFETY: `repr(C)`, its size first, numbers and pointers.
unsafe impl Growing for templrender_context {
    const FIRST: usize = 80;

    fn defaults() -> Self {
        Self { struct_size: size_of::<Self>(), ..Self::default() }
    }
}

/// A format by its number; nothing of 0.
pub(crate) fn format_of(format: u32, name: &str) -> Result<Option<OutputFormat>, Fault> {
    match format {
        0 => Ok(None),
        1 => Ok(Some(OutputFormat::Jpeg)),
        2 => Ok(Some(OutputFormat::Png)),
        3 => Ok(Some(OutputFormat::WebP)),
        other => Err(bad(name, format!("a format must be 0 to 3, found {other}"))),
    }
}

/// A format's number.
pub(crate) fn number_of(format: OutputFormat) -> u32 {
    (match format {
        OutputFormat::Jpeg => templrender_format::TEMPLRENDER_FORMAT_JPEG,
        OutputFormat::Png => templrender_format::TEMPLRENDER_FORMAT_PNG,
        OutputFormat::WebP => templrender_format::TEMPLRENDER_FORMAT_WEBP,
        _ => templrender_format::TEMPLRENDER_FORMAT_TEMPLATE,
    }) as u32
}

/// The core's context; of NULL, the default.
///
/// # Safety
/// `context` is NULL, or of the size that it says, and its slices are the caller's to read.
pub(crate) unsafe fn context_of(context: *const templrender_context) -> Result<Context, Fault> {
    // SAFETY: the caller's, as above.
    let Some(given) = (unsafe { growing::read_if(context, "context") })? else { return Ok(Context::default()) };
    // SAFETY: the caller's, as above.
    let text = |slice, name| unsafe { text_if(slice, name) }.map(|text| text.map(str::to_owned));
    Ok(Context {
        variant: text(given.variant, "context.variant")?,
        now: (given.has_now != 0).then_some(given.now),
        lang: text(given.lang, "context.lang")?,
        time_zone: text(given.time_zone, "context.time_zone")?,
        scale: (given.scale != 0.0).then_some(given.scale),
        output: None,
        format: format_of(given.format, "context.format")?,
    })
}

/// Writes the defaults of as many fields as `struct_size`, which is `sizeof(templrender_context)`, covers, and `struct_size` itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_context_init(context: *mut templrender_context, struct_size: usize) {
    // SAFETY: NULL, or so large.
    neutral((), || unsafe { growing::init(context, struct_size) });
}

/// The media type of a format, such as "image/jpeg"; a NULL slice for a number that is no format. It is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn templrender_format_content_type(format: u32) -> templrender_slice {
    match format {
        1 => "image/jpeg".into(),
        2 => "image/png".into(),
        3 => "image/webp".into(),
        _ => templrender_slice::default(),
    }
}
