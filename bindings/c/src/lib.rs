//! The C library: handles, slices and numbers in front of the core.

/// The version of the library, a NUL-terminated text.
#[unsafe(no_mangle)]
pub extern "C" fn templrender_version() -> *const std::ffi::c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
