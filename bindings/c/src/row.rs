//! Rows
//!
//! The data that a template is filled with: columns by name.

use std::sync::Arc;

use core_::Row;

use crate::boundary::{boundary, free, make};
use crate::error::templrender_error;
use crate::library::{templrender_slice, templrender_status};
use crate::pointer::{bytes, get_mut, text};
use crate::resources::Borrowed;

/// A data row: to be freed with `templrender_row_free`. A plan keeps what it needs of it.
#[derive(Debug)]
pub struct templrender_row {
    pub(crate) row: Row,
}

/// A row without columns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_row_new(row: *mut *mut templrender_row, err: *mut *mut templrender_error) -> templrender_status {
    // SAFETY: the caller's to write.
    unsafe { make(row, "row", err, || Ok(templrender_row { row: Row::new() })) }
}

/// Reads a JSON object: {"title": "Aster honey", "price": "6.90 EUR", "photos": ["https://..."]}.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_row_from_json(
    json: templrender_slice,
    row: *mut *mut templrender_row,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe { make(row, "row", err, || Ok(templrender_row { row: Row::from_json(text(json, "json")?)? })) }
}

/// Sets a column to a text, as a feed has it: "6.90 EUR" is read as a price where the template's field is one. Copies both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_row_set_text(
    row: *mut templrender_row,
    name: templrender_slice,
    text: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let (name, text) = (self::text(name, "name")?, self::text(text, "text")?);
            get_mut(row, "row")?.row.set(name, text);
            Ok(())
        })
    }
}

/// Sets a column to a picture's bytes; copies both. Such a picture is no need: it is there. Bytes that are none make the row's plan fail, or its layer's
/// next choice be drawn.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_row_set_image(
    row: *mut templrender_row,
    name: templrender_slice,
    bytes: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let (name, bytes) = (text(name, "name")?, self::bytes(bytes, "bytes")?);
            get_mut(row, "row")?.row.set_image(name, bytes);
            Ok(())
        })
    }
}

/// The same without a copy of the bytes: they must stay as they are until the row and all plans that were made of it are freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_row_borrow_image(
    row: *mut templrender_row,
    name: templrender_slice,
    bytes: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read, until what holds the bytes is freed, and to write.
    unsafe {
        boundary(err, || {
            let (name, bytes) = (text(name, "name")?, self::bytes(bytes, "bytes")?);
            get_mut(row, "row")?.row.set_image_shared(name, Arc::new(Borrowed(bytes)));
            Ok(())
        })
    }
}

/// Frees a row; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_row_free(row: *mut templrender_row) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(row) }
}
