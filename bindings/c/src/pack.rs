//! Packs
//!
//! A template with its files, as a folder or a zip has them. Nothing is read here: the host brings each file.

use core_::Pack;

use crate::boundary::{boundary, free, make};
use crate::error::templrender_error;
use crate::library::{templrender_buffer, templrender_slice, templrender_status};
use crate::limits::{limits_of, templrender_limits};
use crate::pointer::{bytes, get, get_mut, text};

/// Files by their paths: to be freed with `templrender_pack_free`.
#[derive(Debug)]
pub struct templrender_pack {
    pub(crate) pack: Pack,
}

/// A pack without files. `limits` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_pack_new(
    limits: *const templrender_limits,
    pack: *mut *mut templrender_pack,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe { make(pack, "pack", err, || Ok(templrender_pack { pack: Pack::new(&limits_of(limits)?) })) }
}

/// The files of a zip, copied; a folder around all of them is left out. `limits` may be NULL. Fails with `TEMPLRENDER_BAD_PACK`, and with
/// `TEMPLRENDER_RESOURCE_LIMIT` before it takes more memory than the limits allow, whatever the zip says of itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_pack_from_zip(
    zip: templrender_slice,
    limits: *const templrender_limits,
    pack: *mut *mut templrender_pack,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe {
        make(pack, "pack", err, || {
            let (zip, limits) = (bytes(zip, "zip")?, limits_of(limits)?);
            Ok(templrender_pack { pack: Pack::from_zip(zip, &limits)? })
        })
    }
}

/// Adds a file, or takes the place of one; copies it. Paths are those from the template's folder: "template.json", "fallback.json", "fonts/x.ttf",
/// "assets/logo.svg".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_pack_add(
    pack: *mut templrender_pack,
    path: templrender_slice,
    bytes: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let (path, bytes) = (text(path, "path")?, self::bytes(bytes, "bytes")?);
            get_mut(pack, "pack")?.pack.add(path, bytes)
        })
    }
}

/// After "template.json" and, where there is one, "fallback.json" were added: the paths that are still missing, one in a line, each ended by a newline. Fonts
/// are the host's to add: all files of fonts/. A picture that the fallback draws at certain times alone may be missing here: see
/// `templrender_pack_wanted_at`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_pack_wanted(
    pack: *const templrender_pack,
    paths: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe { make(paths, "paths", err, || Ok(lines(get(pack, "pack")?.pack.wanted()?))) }
}

/// The same at a time, in seconds since 1970 (UTC): that of the `templrender_bundle_open` to come.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_pack_wanted_at(
    pack: *const templrender_pack,
    now: i64,
    paths: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe { make(paths, "paths", err, || Ok(lines(get(pack, "pack")?.pack.wanted_at(now)?))) }
}

fn lines(paths: Vec<String>) -> templrender_buffer {
    paths.into_iter().map(|path| path + "\n").collect::<String>().into()
}

/// The files that the template uses as a zip: sorted and without times, so that the same files give the same bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_pack_to_zip(
    pack: *const templrender_pack,
    zip: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe { make(zip, "zip", err, || Ok(get(pack, "pack")?.pack.to_zip()?.into())) }
}

/// Frees a pack; NULL is fine. Its bundles live on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_pack_free(pack: *mut templrender_pack) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(pack) }
}
