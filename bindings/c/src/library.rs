//! Bytes, and the library itself

use std::ffi::c_char;

use crate::boundary::{ask, free, neutral};

/// The version of this header's binary interface: programs that were built with it run with libraries of the same number.
pub const TEMPLRENDER_ABI: u32 = 0;

/// 0 for success, else a `templrender_code`.
pub type templrender_status = i32;

/// Bytes that somebody else owns. Text is UTF-8; no NUL is needed at its end, and none is counted. A slice that is handed out belongs to the handle
/// that was asked, and lives until that is changed or freed. `data` is NULL for "none"; NULL with a `len` of 0 is an empty argument, too.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct templrender_slice {
    /// The first byte.
    pub data: *const u8,
    /// How many bytes there are.
    pub len: usize,
}

impl Default for templrender_slice {
    fn default() -> Self {
        Self { data: std::ptr::null(), len: 0 }
    }
}

impl From<&[u8]> for templrender_slice {
    fn from(bytes: &[u8]) -> Self {
        // an empty text is not NULL, which would be none
        Self { data: if bytes.is_empty() { c"".as_ptr().cast() } else { bytes.as_ptr() }, len: bytes.len() }
    }
}

impl From<&str> for templrender_slice {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl<'a, T: ?Sized> From<Option<&'a T>> for templrender_slice
where
    Self: From<&'a T>,
{
    fn from(value: Option<&'a T>) -> Self {
        value.map(Self::from).unwrap_or_default()
    }
}

/// 128 bits that name something: equal keys, equal things. To be printed as 32 hex digits, the first byte first.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct templrender_key {
    /// The bits.
    pub bytes: [u8; 16],
}

/// Bytes that the caller owns: to be freed with `templrender_buffer_free`.
#[derive(Debug)]
pub struct templrender_buffer {
    bytes: Vec<u8>,
}

impl From<Vec<u8>> for templrender_buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }
}

impl From<String> for templrender_buffer {
    fn from(text: String) -> Self {
        Self { bytes: text.into_bytes() }
    }
}

/// The bytes of a buffer; they live as long as it does. A NULL slice of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_buffer_slice(buffer: *const templrender_buffer) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(buffer, |buffer| buffer.bytes.as_slice().into()) }
}

/// Frees a buffer; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_buffer_free(buffer: *mut templrender_buffer) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(buffer) }
}

/// The version of the library, such as "0.1.0". The text is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn templrender_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// `TEMPLRENDER_ABI` of the library: a program whose header has another number must not go on.
#[unsafe(no_mangle)]
pub extern "C" fn templrender_abi() -> u32 {
    TEMPLRENDER_ABI
}

/// The clock of guards: CLOCK_MONOTONIC, in nanoseconds.
#[unsafe(no_mangle)]
pub extern "C" fn templrender_monotonic_ns() -> u64 {
    neutral(0, monotonic_ns)
}

pub(crate) fn monotonic_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is ours; a clock that is not there leaves it alone.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    let part = |part: i64| u64::try_from(part).unwrap_or(0);
    part(time.tv_sec).saturating_mul(1_000_000_000).saturating_add(part(time.tv_nsec))
}
