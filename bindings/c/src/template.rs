//! Templates
//!
//! JSON with CSS's names, and expressions over a row: docs/template.md.

use core_::{Error, Template};

use crate::boundary::{ask, boundary, free, make, neutral};
use crate::error::templrender_error;
use crate::library::{templrender_buffer, templrender_slice, templrender_status};
use crate::limits::{limits_of, templrender_limits};
use crate::pointer::{check_out, get, put, set_if, text};

/// A checked template, immutable: to be freed with `templrender_template_free`. A plan keeps what it needs of it.
pub struct templrender_template {
    pub(crate) template: Template,
}

/// Reads and checks a template's JSON. The error has up to 100 faults, each with its place, line and column. `limits` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_template_parse(
    json: templrender_slice,
    limits: *const templrender_limits,
    template_: *mut *mut templrender_template,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe {
        make(template_, "template", err, || {
            let (json, limits) = (text(json, "json")?, limits_of(limits)?);
            Ok(templrender_template { template: Template::parse_with(json, &limits)? })
        })
    }
}

/// Its name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_template_name(template_: *const templrender_template) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(template_, |template| template.template.name().into()) }
}

/// How many variants it has; the base is not counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_template_variant_count(template_: *const templrender_template) -> usize {
    // SAFETY: NULL or one of ours.
    unsafe { ask(template_, |template| template.template.variants().count()) }
}

/// A variant's name, counted from 0 in the order of the template; a NULL slice beyond the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_template_variant(template_: *const templrender_template, index: usize) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(template_, |template| template.template.variants().nth(index).into()) }
}

/// How many files of its own it draws.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_template_asset_count(template_: *const templrender_template) -> usize {
    // SAFETY: NULL or one of ours.
    unsafe { ask(template_, |template| template.template.assets().count()) }
}

/// One of its own files, counted from 0: its name and its path from the template's folder. False, and nothing written, beyond the last. Both outputs
/// may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_template_asset(
    template_: *const templrender_template,
    index: usize,
    name: *mut templrender_slice,
    path: *mut templrender_slice,
) -> bool {
    neutral(false, || {
        // SAFETY: NULL or one of ours.
        let Some(template) = (unsafe { template_.as_ref() }) else { return false };
        let Some(asset) = template.template.assets().nth(index) else { return false };
        // SAFETY: NULL or the caller's to write.
        unsafe {
            set_if(name, asset.0.into());
            set_if(path, asset.1.into());
        }
        true
    })
}

/// What is odd about it though it can be drawn: conditions that never hold, fields that nothing uses. `*warnings` is an error object with a fault for
/// each, to be freed, or NULL where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_template_warnings(
    template_: *const templrender_template,
    warnings: *mut *mut templrender_error,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            check_out(warnings, "warnings")?;
            let found = get(template_, "template")?.template.warnings();
            let boxed = || Box::into_raw(Box::new(templrender_error::new(Error::from_faults(found.to_vec()))));
            put(warnings, "warnings", if found.is_empty() { std::ptr::null_mut() } else { boxed() })
        })
    }
}

/// The JSON Schema (2020-12) of templates, for editors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_template_schema(
    json: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to write.
    unsafe { make(json, "json", err, || Ok(Template::schema().into())) }
}

/// Frees a template; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_template_free(template_: *mut templrender_template) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(template_) }
}
