//! Limits
//!
//! What one call may take. Every number is compared before memory is taken. A function that takes limits takes NULL for the defaults.

use core_::{Fault, Limits};

use crate::boundary::neutral;
use crate::growing::{self, Growing};

/// The bounds of one template, row, picture and canvas. Set it up with `templrender_limits_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct templrender_limits {
    /// `sizeof(templrender_limits)`.
    pub struct_size: usize,
    /// Most pixels of one picture or canvas; by default 64,000,000.
    pub max_pixels: u64,
    /// Most bytes of one encoded picture, font or SVG; by default 32 MiB.
    pub max_input_bytes: usize,
    /// Most bytes of ICC, EXIF and text chunks in one picture; by default 4 MiB.
    pub max_metadata_bytes: usize,
    /// Most bytes of one template's JSON; by default 4 MiB.
    pub max_template_bytes: usize,
    /// Most layers of one plan, repeated ones counted each time; by default 10,000.
    pub max_layers: usize,
    /// Most bytes of one text layer after its bindings are filled in; by default 64 KiB.
    pub max_text_bytes: usize,
    /// Most files of one pack; by default 1,000.
    pub max_pack_files: usize,
    /// Most bytes of one pack, its files together; by default 256 MiB.
    pub max_pack_bytes: usize,
    /// Longest side of a picture or canvas, in px; by default 16,384.
    pub max_side_px: u32,
    /// Most scans of one progressive JPEG; by default 1,000.
    pub max_scans: u32,
    /// Deepest nesting of a template's JSON and of its layers; by default 64.
    pub max_depth: u32,
    /// Most bytes of one model's file; by default 512 MiB.
    pub max_model_bytes: usize,
    /// Most MB that one run of a model may be expected to take at its peak; by default 1,024.
    pub max_model_peak_mb: u64,
    /// Most billions of multiplications that one run of a model may be expected to take; by default 500.
    pub max_model_gmac: u64,
}

// SAFETY: `repr(C)`, its size first, numbers.
unsafe impl Growing for templrender_limits {
    const FIRST: usize = 88;

    fn defaults() -> Self {
        let Limits {
            max_side_px,
            max_pixels,
            max_input_bytes,
            max_metadata_bytes,
            max_scans,
            max_template_bytes,
            max_depth,
            max_layers,
            max_text_bytes,
            max_pack_files,
            max_pack_bytes,
            max_model_bytes,
            max_model_peak_mb,
            max_model_gmac,
            ..
        } = Limits::default();
        Self {
            struct_size: size_of::<Self>(),
            max_pixels,
            max_input_bytes,
            max_metadata_bytes,
            max_template_bytes,
            max_layers,
            max_text_bytes,
            max_pack_files,
            max_pack_bytes,
            max_side_px,
            max_scans,
            max_depth,
            max_model_bytes,
            max_model_peak_mb,
            max_model_gmac,
        }
    }
}

/// The core's limits; of NULL, the defaults.
///
/// # Safety
/// `limits` is NULL, or of the size that it says.
pub(crate) unsafe fn limits_of(limits: *const templrender_limits) -> Result<Limits, Fault> {
    // SAFETY: the caller's, as above.
    let Some(given) = (unsafe { growing::read_if(limits, "limits") })? else { return Ok(Limits::default()) };
    Ok(Limits {
        max_side_px: given.max_side_px,
        max_pixels: given.max_pixels,
        max_input_bytes: given.max_input_bytes,
        max_metadata_bytes: given.max_metadata_bytes,
        max_scans: given.max_scans,
        max_template_bytes: given.max_template_bytes,
        max_depth: given.max_depth,
        max_layers: given.max_layers,
        max_text_bytes: given.max_text_bytes,
        max_pack_files: given.max_pack_files,
        max_pack_bytes: given.max_pack_bytes,
        max_model_bytes: given.max_model_bytes,
        max_model_peak_mb: given.max_model_peak_mb,
        max_model_gmac: given.max_model_gmac,
        ..Limits::default()
    })
}

/// Writes the defaults of as many fields as `struct_size`, which is `sizeof(templrender_limits)`, covers, and `struct_size` itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_limits_init(limits: *mut templrender_limits, struct_size: usize) {
    // SAFETY: NULL, or so large.
    neutral((), || unsafe { growing::init(limits, struct_size) });
}
