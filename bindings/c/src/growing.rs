//! Structs that may grow: the first field says how large the caller's header has them.
//!
//! A smaller one comes from an older caller: what it lacks has its default. A larger one comes from a newer caller: what is not known here must be
//! noughts. A size that no header can have is refused, for then the field was forgotten.

use std::mem::MaybeUninit;
use std::ptr;

use core_::{Error, Fault};

use crate::pointer::bad;

/// How many bytes more than here a newer header may have.
const GROWTH: usize = 1_024;

/// A `bool` of a struct: true unless it is 0, whatever C left there.
pub(crate) type byte_bool = u8;

/// A struct of the header that begins with its size.
///
/// # Safety
/// It is `repr(C)`, its first field is a `usize` that says its size, and any bytes are a value of it (so no `bool`, no enum, no reference).
pub(crate) unsafe trait Growing: Copy {
    /// Its size in the first version of the header.
    const FIRST: usize;

    /// What a field has that the caller's header lacks.
    fn defaults() -> Self;
}

/// The size that a caller gives, if a header can have it.
fn size<T: Growing>(size: usize, name: &str) -> Result<usize, Fault> {
    let most = size_of::<T>() + GROWTH;
    if (T::FIRST..=most).contains(&size) && size.is_multiple_of(align_of::<usize>()) {
        Ok(size)
    } else {
        let rule = "struct_size must be the size of the struct";
        Err(bad(name, format!("{rule}, {} to {most} and a multiple of {}, found {size}", T::FIRST, align_of::<usize>())))
    }
}

/// Reads a struct; of NULL, nothing.
///
/// # Safety
/// `at` is NULL, or a struct of the size that its first field says.
pub(crate) unsafe fn read_if<T: Growing>(at: *const T, name: &str) -> Result<Option<T>, Fault> {
    if at.is_null() {
        return Ok(None);
    }
    // SAFETY: it begins with its size.
    let given = size::<T>(unsafe { at.cast::<usize>().read_unaligned() }, name)?;
    let known = given.min(size_of::<T>());
    // SAFETY: that many bytes are there, as it says itself.
    let more = unsafe { std::slice::from_raw_parts(at.cast::<u8>().add(known), given - known) };
    if let Some(place) = more.iter().position(|byte| *byte != 0) {
        let message = format!("what a newer header adds must be noughts, found another byte at {}", known + place);
        return Err(bad(name, message));
    }
    let mut value = MaybeUninit::new(T::defaults());
    // SAFETY: so many bytes are there on both sides, which are two objects; any bytes are a value.
    Ok(Some(unsafe {
        ptr::copy_nonoverlapping(at.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), known);
        value.assume_init()
    }))
}

/// How large the caller's struct is, which is to be written.
///
/// # Safety
/// `at` is NULL, or begins with its size.
pub(crate) unsafe fn size_at<T: Growing>(at: *const T, name: &str) -> Result<usize, Fault> {
    if at.is_null() {
        return Err(bad(name, "an output must have a place, found NULL"));
    }
    // SAFETY: it begins with its size.
    size::<T>(unsafe { at.cast::<usize>().read_unaligned() }, name)
}

/// Writes as much of a struct as the caller's header has, its size, and noughts for what is not known here.
///
/// # Safety
/// `given` bytes may be written to.
pub(crate) unsafe fn write_as<T: Growing>(at: *mut T, given: usize, value: &T) {
    let known = given.min(size_of::<T>());
    // SAFETY: so many bytes are there on both sides, which are two objects.
    unsafe {
        ptr::copy_nonoverlapping(ptr::from_ref(value).cast::<u8>(), at.cast::<u8>(), known);
        ptr::write_bytes(at.cast::<u8>().add(known), 0, given - known);
        at.cast::<usize>().write_unaligned(given);
    }
}

/// Writes a struct of the size that its first field says.
///
/// # Safety
/// `at` is NULL, or a struct of the size that its first field says.
pub(crate) unsafe fn write<T: Growing>(at: *mut T, name: &str, value: &T) -> Result<(), Error> {
    // SAFETY: the caller's, as above.
    unsafe {
        let given = size_at(at, name)?;
        write_as(at, given, value);
    }
    Ok(())
}

/// Writes a struct's defaults into one that has no size yet; a size that no header can have leaves it alone.
///
/// # Safety
/// `at` is NULL or has `given` bytes that may be written to.
pub(crate) unsafe fn init<T: Growing>(at: *mut T, given: usize) {
    if !at.is_null()
        && let Ok(given) = size::<T>(given, "")
    {
        // SAFETY: the caller's, as above.
        unsafe { write_as(at, given, &T::defaults()) };
    }
}
