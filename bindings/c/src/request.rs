//! Requests
//!
//! What a URL asks for: /{tenant}/{template}[@{digest}][/{variant}].{jpg|png|webp}?{columns}. See docs/urls.md.

use core_::{Request, Row, Signature};

use crate::boundary::{ask, boundary, free, make, neutral};
use crate::context::{format_of, number_of, templrender_context};
use crate::error::templrender_error;
use crate::growing;
use crate::library::{templrender_buffer, templrender_slice, templrender_status};
use crate::pointer::{bad, get, get_mut, set_if, text, text_if};
use crate::row::templrender_row;

/// One picture that is asked for by its URL: to be freed with `templrender_request_free`.
#[derive(Debug)]
pub struct templrender_request {
    pub(crate) request: Request,
    pub(crate) signature: Option<Signature>,
}

/// Reads a path with its query, or a whole http or https URL, of which the authority is ignored. Nothing is verified: the signature is kept for
/// `templrender_keyring_verify`. Fails with `TEMPLRENDER_BAD_URL`, `TEMPLRENDER_URL_TOO_LONG` or `TEMPLRENDER_BAD_SIGNATURE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_parse(
    target: templrender_slice,
    request: *mut *mut templrender_request,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe {
        make(request, "request", err, || {
            let (request, signature) = Request::parse(text(target, "target")?)?;
            Ok(templrender_request { request, signature })
        })
    }
}

/// A request for a template's base; copies everything. `format` is a `templrender_format` other than 0. `row` may be NULL: no columns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_new(
    tenant: templrender_slice,
    template_: templrender_slice,
    format: u32,
    row: *const templrender_row,
    request: *mut *mut templrender_request,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        make(request, "request", err, || {
            let (tenant, template) = (text(tenant, "tenant")?, text(template_, "template")?);
            let format = format_of(format, "format")?.ok_or_else(|| bad("format", "a URL must name its format, found none"))?;
            let row = row.as_ref().map_or_else(Row::new, |row| row.row.clone());
            Ok(templrender_request { request: Request { row, ..Request::new(tenant, template, format) }, signature: None })
        })
    }
}

/// Sets one part of a request to a text, or of NULL to none.
///
/// # Safety
/// As the setters below.
unsafe fn set(
    request: *mut templrender_request,
    value: templrender_slice,
    err: *mut *mut templrender_error,
    part: impl FnOnce(&mut Request) -> &mut Option<String>,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let value = text_if(value, "value")?.map(str::to_owned);
            *part(&mut get_mut(request, "request")?.request) = value;
            Ok(())
        })
    }
}

/// Names the version of the template, 16 hex digits; a NULL slice takes it away. Copies.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_set_digest(
    request: *mut templrender_request,
    value: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe { set(request, value, err, |request| &mut request.digest) }
}

/// Names the variant; a NULL slice is the base. Copies.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_set_variant(
    request: *mut templrender_request,
    value: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe { set(request, value, err, |request| &mut request.variant) }
}

/// Sets the language, BCP 47; a NULL slice is the template's own. Copies.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_set_lang(
    request: *mut templrender_request,
    value: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe { set(request, value, err, |request| &mut request.lang) }
}

/// Sets any text of who makes the URL: another one is another URL for the same picture; a NULL slice takes it away. Copies.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_set_version(
    request: *mut templrender_request,
    value: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe { set(request, value, err, |request| &mut request.version) }
}

/// From these seconds since 1970 (UTC) on the URL is refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_set_expires(
    request: *mut templrender_request,
    seconds: i64,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            get_mut(request, "request")?.request.expires = Some(seconds);
            Ok(())
        })
    }
}

/// Whose picture it is. The slices of a request live until it is changed or freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_tenant(request: *const templrender_request) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(request, |request| request.request.tenant.as_str().into()) }
}

/// The template's name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_template(request: *const templrender_request) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(request, |request| request.request.template.as_str().into()) }
}

/// Which version of the template; a NULL slice is the newest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_digest(request: *const templrender_request) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(request, |request| request.request.digest.as_deref().into()) }
}

/// The variant; a NULL slice is the base.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_variant(request: *const templrender_request) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(request, |request| request.request.variant.as_deref().into()) }
}

/// The language; a NULL slice is the template's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_lang(request: *const templrender_request) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(request, |request| request.request.lang.as_deref().into()) }
}

/// The text of who made the URL; a NULL slice where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_version(request: *const templrender_request) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(request, |request| request.request.version.as_deref().into()) }
}

/// What the picture is encoded to, a `templrender_format`; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_format(request: *const templrender_request) -> u32 {
    // SAFETY: NULL or one of ours.
    unsafe { ask(request, |request| number_of(request.request.format)) }
}

/// Whether the URL has an end; `seconds` since 1970 (UTC) are written where it has, and may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_expires(request: *const templrender_request, seconds: *mut i64) -> bool {
    neutral(false, || {
        // SAFETY: NULL or one of ours.
        let expires = unsafe { request.as_ref() }.and_then(|request| request.request.expires);
        // SAFETY: NULL or the caller's to write.
        expires.map(|end| unsafe { set_if(seconds, end) }).is_some()
    })
}

/// Whether its time is over at `now`, in seconds since 1970 (UTC).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_is_expired(request: *const templrender_request, now: i64) -> bool {
    // SAFETY: NULL or one of ours.
    unsafe { ask(request, |request| request.request.is_expired(now)) }
}

/// Its columns, copied into a row of the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_row(
    request: *const templrender_request,
    row: *mut *mut templrender_row,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe { make(row, "row", err, || Ok(templrender_row { row: get(request, "request")?.request.row.clone() })) }
}

/// What it chooses for its plan: variant, language, format and the time. `context->struct_size` must be set; its slices live until the request is
/// changed or freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_context(
    request: *const templrender_request,
    now: i64,
    context: *mut templrender_context,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            let request = &get(request, "request")?.request;
            let chosen = templrender_context {
                variant: request.variant.as_deref().into(),
                lang: request.lang.as_deref().into(),
                now,
                has_now: 1,
                format: number_of(request.format),
                ..templrender_context::default()
            };
            growing::write(context, "context", &chosen)
        })
    }
}

/// The one spelling of the request, path and query without a signature: the name of the answer in every cache. Fails with `TEMPLRENDER_BAD_URL` or
/// `TEMPLRENDER_URL_TOO_LONG`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_canonical(
    request: *const templrender_request,
    target: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe { make(target, "target", err, || Ok(get(request, "request")?.request.canonical()?.into())) }
}

/// Frees a request; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_request_free(request: *mut templrender_request) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(request) }
}
