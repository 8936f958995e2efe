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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::templrender_context;
    use crate::error::templrender_fault;
    use crate::guard::templrender_guard;
    use crate::limits::templrender_limits;
    use crate::output::templrender_output;
    use crate::plan::templrender_need;

    /// A struct whose second version has one field more.
    #[repr(C)]
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Jar {
        struct_size: usize,
        first: u64,
        second: u64,
    }

    // SAFETY: `repr(C)`, its size first, numbers.
    unsafe impl Growing for Jar {
        const FIRST: usize = 16;

        fn defaults() -> Self {
            Self { struct_size: size_of::<Self>(), first: 1, second: 2 }
        }
    }

    fn read(words: &[usize]) -> Result<(u64, u64), String> {
        // SAFETY: so many words are there.
        let jar = unsafe { read_if(words.as_ptr().cast::<Jar>(), "jar") };
        jar.map(|jar| jar.map_or((0, 0), |jar| (jar.first, jar.second))).map_err(|fault| fault.to_string())
    }

    #[test]
    fn an_older_caller_gets_defaults_and_a_newer_one_may_say_nothing_new() {
        assert_eq!(read(&[16, 7]), Ok((7, 2)));
        assert_eq!(read(&[24, 7, 8]), Ok((7, 8)));
        assert_eq!(read(&[40, 7, 8, 0, 0]), Ok((7, 8)));
        let message = "jar: what a newer header adds must be noughts, found another byte at 32";
        assert_eq!(read(&[40, 7, 8, 0, 9]), Err(message.to_owned()));
        for size in [0, 8, 15, 20, 24 + GROWTH + 8, usize::MAX] {
            let message =
                format!("jar: struct_size must be the size of the struct, 16 to {} and a multiple of 8, found {size}", 24 + GROWTH);
            assert_eq!(read(&[size, 7, 8]), Err(message));
        }
        // SAFETY: NULL is fine.
        assert_eq!(unsafe { read_if::<Jar>(ptr::null(), "jar") }, Ok(None));
    }

    #[test]
    fn an_output_is_as_large_as_its_caller_has_it() {
        let jar = Jar { struct_size: 0, first: 7, second: 8 };
        for (size, wanted) in [(16_usize, [16, 7, 9, 9]), (24, [24, 7, 8, 9]), (32, [32, 7, 8, 0])] {
            let mut words = [size, 9, 9, 9];
            // SAFETY: so many words are there.
            unsafe { write(words.as_mut_ptr().cast::<Jar>(), "jar", &jar) }.unwrap();
            assert_eq!(words, wanted);
        }
        let mut words = [0_usize, 9, 9, 9];
        // SAFETY: so many words are there.
        unsafe {
            assert!(write(words.as_mut_ptr().cast::<Jar>(), "jar", &jar).is_err());
            init(words.as_mut_ptr().cast::<Jar>(), 8);
            assert_eq!(words, [0, 9, 9, 9]);
            init(words.as_mut_ptr().cast::<Jar>(), 16);
        }
        assert_eq!(words, [16, 1, 9, 9]);
    }

    /// The sizes of the first version, which never change, and those of today, on 64 bits.
    #[test]
    fn first_sizes_stay() {
        fn both<T: Growing>() -> (usize, usize) {
            (T::FIRST, size_of::<T>())
        }
        let sizes = [
            both::<templrender_fault>(),
            both::<templrender_limits>(),
            both::<templrender_context>(),
            both::<templrender_need>(),
            both::<templrender_output>(),
            both::<templrender_guard>(),
        ];
        assert_eq!(sizes, [(72, 72), (88, 112), (80, 80), (80, 80), (32, 32), (32, 32)]);
    }
}
