//! Outputs
//!
//! What a frame is encoded to.

use core_::{Effort, Fault, Output, Subsampling};

use crate::boundary::{boundary, neutral};
use crate::context::{format_of, number_of};
use crate::growing::{self, Growing};
use crate::library::templrender_status;
use crate::plan::templrender_plan;
use crate::pointer::{bad, get};

/// How much of its colour a JPEG keeps.
#[repr(C)]
pub enum templrender_subsampling {
    /// 4:4:4 from quality 90 on, else 4:2:0.
    TEMPLRENDER_SUBSAMPLING_AUTO = 0,
    /// A quarter of the colour samples: smaller, red text gets soft edges.
    TEMPLRENDER_SUBSAMPLING_420 = 1,
    /// All of them.
    TEMPLRENDER_SUBSAMPLING_444 = 2,
    /// None: a grey picture, in a file of one component.
    TEMPLRENDER_SUBSAMPLING_400 = 3,
}

/// Time against size.
#[repr(C)]
pub enum templrender_effort {
    /// For pictures that are made while someone waits.
    TEMPLRENDER_EFFORT_FAST = 0,
    /// For pictures that are made once and sent often.
    TEMPLRENDER_EFFORT_SMALL = 1,
}

/// An encoded format and its settings: from `templrender_plan_output` (what template and host chose), or set up with `templrender_output_init`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct templrender_output {
    /// `sizeof(templrender_output)`.
    pub struct_size: usize,
    /// A `templrender_format` other than 0; by default PNG.
    pub format: u32,
    /// Quality of a JPEG, 1 to 100, as libjpeg counts it; other formats are lossless. By default 85.
    pub quality: u32,
    /// A `templrender_subsampling`.
    pub subsampling: u32,
    /// A `templrender_effort`.
    pub effort: u32,
    /// What is put under transparent pixels in a format without transparency: red, green and blue of sRGB; by default white.
    pub matte: [u8; 3],
}

// SAFETY: `repr(C)`, its size first, numbers.
unsafe impl Growing for templrender_output {
    const FIRST: usize = 32;

    fn defaults() -> Self {
        from(&Output::default())
    }
}

fn from(output: &Output) -> templrender_output {
    let subsampling = match output.subsampling {
        Subsampling::S420 => templrender_subsampling::TEMPLRENDER_SUBSAMPLING_420,
        Subsampling::S444 => templrender_subsampling::TEMPLRENDER_SUBSAMPLING_444,
        Subsampling::S400 => templrender_subsampling::TEMPLRENDER_SUBSAMPLING_400,
        _ => templrender_subsampling::TEMPLRENDER_SUBSAMPLING_AUTO,
    };
    let effort = match output.effort {
        Effort::Small => templrender_effort::TEMPLRENDER_EFFORT_SMALL,
        _ => templrender_effort::TEMPLRENDER_EFFORT_FAST,
    };
    templrender_output {
        struct_size: size_of::<templrender_output>(),
        format: number_of(output.format),
        quality: u32::from(output.quality),
        subsampling: subsampling as u32,
        effort: effort as u32,
        matte: output.matte,
    }
}

/// The core's output.
///
/// # Safety
/// `output` is NULL, or of the size that it says.
pub(crate) unsafe fn output_of(output: *const templrender_output) -> Result<Output, Fault> {
    // SAFETY: the caller's, as above.
    let given = unsafe { growing::read_if(output, "output") }?.ok_or_else(|| bad("output", "an output must be there, found NULL"))?;
    let format = format_of(given.format, "output.format")?;
    let quality = u8::try_from(given.quality).ok().filter(|quality| (1..=100).contains(quality));
    Ok(Output {
        format: format.ok_or_else(|| bad("output.format", "a frame must be encoded to a format of 1 to 3, found 0"))?,
        quality: quality.ok_or_else(|| bad("output.quality", format!("a quality must be 1 to 100, found {}", given.quality)))?,
        subsampling: match given.subsampling {
            0 => Subsampling::Auto,
            1 => Subsampling::S420,
            2 => Subsampling::S444,
            3 => Subsampling::S400,
            other => return Err(bad("output.subsampling", format!("subsampling must be 0 to 3, found {other}"))),
        },
        effort: match given.effort {
            0 => Effort::Fast,
            1 => Effort::Small,
            other => return Err(bad("output.effort", format!("effort must be 0 or 1, found {other}"))),
        },
        matte: given.matte,
    })
}

/// Writes the defaults of as many fields as `struct_size`, which is `sizeof(templrender_output)`, covers, and `struct_size` itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_output_init(output: *mut templrender_output, struct_size: usize) {
    // SAFETY: NULL, or so large.
    neutral((), || unsafe { growing::init(output, struct_size) });
}

/// How the template, or the host, wants the picture encoded. `output->struct_size` must be set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_plan_output(plan: *const templrender_plan, output: *mut templrender_output) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write; no error is asked for.
    unsafe { boundary(std::ptr::null_mut(), || growing::write(output, "output", &from(get(plan, "plan")?.plan.output()))) }
}
