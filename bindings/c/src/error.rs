//! Errors
//!
//! A call that fails returns its code, and where `err` is not NULL an error that says everything: one fault, or up to 100 where a call can find
//! several in one go (a template's check does). Each has a place (`layers[2].font-size`, `field price`, `resource 020ae35bd4bb42a1`) and a sentence
//! that names the rule and the found value.

use core_::Error;

use crate::boundary::{ask, boundary, free, make, neutral};
use crate::code::cause_of;
use crate::growing::{self, Growing};
use crate::library::{templrender_buffer, templrender_slice, templrender_status};
use crate::pointer::{bad, get, text};

/// Why a call failed: to be freed with `templrender_error_free`.
#[derive(Debug)]
pub struct templrender_error {
    error: Error,
    /// Its text and a NUL.
    message: Vec<u8>,
}

impl templrender_error {
    pub(crate) fn new(error: Error) -> Self {
        let mut message = error.to_string().into_bytes();
        message.push(0);
        Self { error, message }
    }

    #[cfg(test)]
    pub(crate) fn error(&self) -> &Error {
        &self.error
    }
}

/// One thing that is wrong. Its slices live as long as the error.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct templrender_fault {
    /// `sizeof(templrender_fault)`, set by the caller.
    pub struct_size: usize,
    /// A `templrender_code`.
    pub code: i32,
    /// A `templrender_cause`.
    pub cause: i32,
    /// The code's name: "bad-field".
    pub name: templrender_slice,
    /// Where: "layers[2].font-size", "field price"; empty where there is only one place.
    pub place: templrender_slice,
    /// The rule and the found value, in one sentence. It may quote the row and a picture's URL with its query.
    pub message: templrender_slice,
    /// The line in the template's text, from 1; 0 where it is not known.
    pub line: u32,
    /// The column in the template's text, from 1; 0 where it is not known.
    pub column: u32,
}

// SAFETY: `repr(C)`, its size first, numbers and pointers.
unsafe impl Growing for templrender_fault {
    const FIRST: usize = 72;

    fn defaults() -> Self {
        Self { struct_size: size_of::<Self>(), ..Self::default() }
    }
}

/// The code of the first fault; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_error_code(error: *const templrender_error) -> templrender_status {
    // SAFETY: NULL or one of ours.
    unsafe { ask(error, |error| i32::from(error.error.code() as u16)) }
}

/// Whose turn it is, a `templrender_cause`, by the first fault; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_error_cause(error: *const templrender_error) -> i32 {
    // SAFETY: NULL or one of ours.
    unsafe { ask(error, |error| cause_of(error.error.code())) }
}

/// How many faults there are, 1 to 100; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_error_count(error: *const templrender_error) -> usize {
    // SAFETY: NULL or one of ours.
    unsafe { ask(error, |error| error.error.faults().len()) }
}

/// One fault, counted from 0 in the order of the input. `fault->struct_size` must be set. Returns `TEMPLRENDER_BAD_ARGUMENT` beyond the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_error_fault(
    error: *const templrender_error,
    index: usize,
    fault: *mut templrender_fault,
) -> templrender_status {
    let body = || {
        // SAFETY: NULL or one of ours.
        let faults = unsafe { get(error, "error") }?.error.faults();
        let found = faults.get(index).ok_or_else(|| bad("index", format!("an index must be below {}, found {index}", faults.len())))?;
        let (line, column) = found.at.unwrap_or_default();
        let answer = templrender_fault {
            code: i32::from(found.code as u16),
            cause: cause_of(found.code),
            name: found.code.name().into(),
            place: found.place.as_str().into(),
            message: found.message.as_str().into(),
            line,
            column,
            ..templrender_fault::default()
        };
        // SAFETY: NULL, or of the size that it says.
        unsafe { growing::write(fault, "fault", &answer) }
    };
    // SAFETY: no error is asked for.
    unsafe { boundary(std::ptr::null_mut(), body) }
}

/// All faults as text, a line for each: "7:12: layers[2].font-size: font size must be positive, found -4". A NUL stands behind its end, so that
/// `data` can be printed with %s; it lives as long as the error. Of NULL it is empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_error_message(error: *const templrender_error) -> templrender_slice {
    neutral("".into(), || {
        // SAFETY: NULL or one of ours.
        unsafe { error.as_ref() }.map_or_else(
            || "".into(),
            |error| {
                let slice: templrender_slice = error.message.as_slice().into();
                templrender_slice { len: slice.len.saturating_sub(1), ..slice }
            },
        )
    })
}

/// The body of the answer to a request that fails so, a line of JSON:
/// {"error":{"cause":"row","code":"bad-field","message":"...","number":202,"place":"field price","request_id":"..."}}
/// and `faults`, a list, where there are several. Queries of URLs are left out, and of a bug what it says. `request_id` is any text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_error_to_json(
    error: *const templrender_error,
    request_id: templrender_slice,
    json: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        make(json, "json", err, || {
            let (error, request_id) = (get(error, "error")?, text(request_id, "request_id")?);
            Ok(error.error.to_json(request_id).into())
        })
    }
}

/// Frees an error; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_error_free(error: *mut templrender_error) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(error) }
}
