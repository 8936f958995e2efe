//! Arguments from C: handles, slices and places to write to. NULL where something is needed is the error `bad-argument`, never a crash.

use core_::{Code, Error, Fault};

use crate::library::templrender_slice;

/// A fault of the calling program.
pub(crate) fn bad(name: &str, message: impl Into<String>) -> Fault {
    Fault::new(Code::BadArgument, name, message)
}

/// A handle, or any other thing that is read.
///
/// # Safety
/// `handle` is NULL, or a value that lives and is not written to as long as the answer is used.
pub(crate) unsafe fn get<'a, T>(handle: *const T, name: &str) -> Result<&'a T, Fault> {
    // SAFETY: the caller's, as above.
    unsafe { handle.as_ref() }.ok_or_else(|| bad(name, "a handle must be there, found NULL"))
}

/// A handle that is changed.
///
/// # Safety
/// `handle` is NULL, or a value that lives and that nobody else uses as long as the answer is used.
pub(crate) unsafe fn get_mut<'a, T>(handle: *mut T, name: &str) -> Result<&'a mut T, Fault> {
    // SAFETY: the caller's, as above.
    unsafe { handle.as_mut() }.ok_or_else(|| bad(name, "a handle must be there, found NULL"))
}

/// `len` values from `data` on; none of NULL with a length of 0.
///
/// # Safety
/// `data` is NULL, or `len` values that live and are not written to as long as the answer is used.
pub(crate) unsafe fn array<'a, T>(data: *const T, len: usize, name: &str) -> Result<&'a [T], Fault> {
    let fits = len.checked_mul(size_of::<T>()).is_some_and(|bytes| isize::try_from(bytes).is_ok());
    match (data.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, len) => Err(bad(name, format!("NULL must have a length of 0, found {len}"))),
        (false, len) if !fits => Err(bad(name, format!("a length must fit into the address space, found {len}"))),
        (false, _) if !data.is_aligned() => Err(bad(name, "an array must be aligned as its type is, found another address")),
        // SAFETY: the caller's, as above; it is there, aligned, and no longer than an object can be.
        (false, len) => Ok(unsafe { std::slice::from_raw_parts(data, len) }),
    }
}

/// The bytes of a slice.
///
/// # Safety
/// As [`array`].
pub(crate) unsafe fn bytes<'a>(slice: templrender_slice, name: &str) -> Result<&'a [u8], Fault> {
    // SAFETY: the caller's, as above.
    unsafe { array(slice.data, slice.len, name) }
}

/// The text of a slice.
///
/// # Safety
/// As [`array`].
pub(crate) unsafe fn text<'a>(slice: templrender_slice, name: &str) -> Result<&'a str, Fault> {
    // SAFETY: the caller's, as above.
    let bytes = unsafe { bytes(slice, name) }?;
    std::str::from_utf8(bytes).map_err(|error| bad(name, format!("text must be UTF-8, found another byte at {}", error.valid_up_to())))
}

/// The text of a slice, where it is not NULL.
///
/// # Safety
/// As [`array`].
pub(crate) unsafe fn text_if<'a>(slice: templrender_slice, name: &str) -> Result<Option<&'a str>, Fault> {
    // SAFETY: the caller's, as above.
    let text = unsafe { text(slice, name) }?;
    Ok((!slice.data.is_null()).then_some(text))
}

/// Whether an output can be written to: asked before a body starts its work.
pub(crate) fn check_out<T>(out: *const T, name: &str) -> Result<(), Fault> {
    if out.is_null() { Err(bad(name, "an output must have a place, found NULL")) } else { Ok(()) }
}

/// Writes an output that must have a place.
///
/// # Safety
/// `out` is NULL or may be written to.
pub(crate) unsafe fn put<T>(out: *mut T, name: &str, value: T) -> Result<(), Error> {
    check_out(out, name)?;
    // SAFETY: the caller's, as above.
    unsafe { out.write(value) };
    Ok(())
}

/// Writes an output where it has a place, and drops a handle that has none.
///
/// # Safety
/// `out` is NULL or may be written to; `made` came out of a box.
pub(crate) unsafe fn put_if<T>(out: *mut *mut T, made: *mut T) {
    // SAFETY: the caller's, as above.
    unsafe {
        match out.is_null() {
            true => drop(Box::from_raw(made)),
            false => out.write(made),
        }
    }
}

/// Writes a value where it has a place.
///
/// # Safety
/// `out` is NULL or may be written to.
pub(crate) unsafe fn set_if<T>(out: *mut T, value: T) {
    if !out.is_null() {
        // SAFETY: the caller's, as above.
        unsafe { out.write(value) };
    }
}
