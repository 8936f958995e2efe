//! Fonts
//!
//! There are no system fonts: the host adds every file. Faces keep the order in which they were added; of two with the same family, weight, stretch
//! and style the first is used.

use core_::Fonts;

use crate::boundary::{ask, boundary, free, make};
use crate::error::templrender_error;
use crate::library::{templrender_slice, templrender_status};
use crate::pointer::{bytes, get_mut, set_if};

/// The fonts that texts are drawn with: to be freed with `templrender_fonts_free`. A renderer keeps what it needs of them.
#[derive(Debug)]
pub struct templrender_fonts {
    pub(crate) fonts: Fonts,
}

/// No fonts; with `with_default` the embedded Noto Sans (Latin, Cyrillic, Greek) as a last fallback, as the program `templrender` has it. It draws what
/// none of a text's families can, and each time with the note "font-substituted".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_fonts_new(
    with_default: bool,
    fonts: *mut *mut templrender_fonts,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the outputs are the caller's to write.
    unsafe {
        make(fonts, "fonts", err, || Ok(templrender_fonts { fonts: if with_default { Fonts::with_default() } else { Fonts::new() } }))
    }
}

/// Adds the faces of a TrueType or OpenType file or collection; copies the bytes. `faces` may be NULL; it gets how many they are. Fails with
/// `TEMPLRENDER_DAMAGED_RESOURCE`. Renderers that were made before do not have them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_fonts_add(
    fonts: *mut templrender_fonts,
    bytes: templrender_slice,
    faces: *mut usize,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let fonts = get_mut(fonts, "fonts")?;
            let mut more = fonts.fonts.clone();
            let count = more.add(self::bytes(bytes, "bytes")?)?;
            fonts.fonts = more;
            set_if(faces, count);
            Ok(())
        })
    }
}

/// How many faces there are, those of the last fallback included.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_fonts_count(fonts: *const templrender_fonts) -> usize {
    // SAFETY: NULL or one of ours.
    unsafe { ask(fonts, |fonts| fonts.fonts.len()) }
}

/// Frees fonts; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_fonts_free(fonts: *mut templrender_fonts) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(fonts) }
}
