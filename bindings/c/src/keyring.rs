//! Signatures
//!
//! HMAC-SHA256 over the canonical form of a request; two keys while one takes the other's place.

use core_::Keyring;

use crate::boundary::{ask, boundary, free, make};
use crate::error::templrender_error;
use crate::library::{templrender_buffer, templrender_slice, templrender_status};
use crate::pointer::{get, text};
use crate::request::templrender_request;

/// The keys that sign URLs and verify them: to be freed with `templrender_keyring_free`.
#[derive(Debug)]
pub struct templrender_keyring {
    keys: Keyring,
}

/// Reads a file of secrets: lines of `ID SECRET`, or `ID SECRET TENANT` for a key of one tenant's URLs, or a secret alone. The first key that may sign
/// for a tenant does; all verify. Fails with `TEMPLRENDER_BAD_SECRET`, and never prints one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_keyring_parse(
    text: templrender_slice,
    keys: *mut *mut templrender_keyring,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe { make(keys, "keys", err, || Ok(templrender_keyring { keys: Keyring::parse(self::text(text, "text")?)? })) }
}

/// Whether there are no keys; true of NULL. Without keys nothing is verified: a host that answers unsigned requests asks this first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_keyring_is_empty(keys: *const templrender_keyring) -> bool {
    // SAFETY: NULL or one of ours.
    unsafe { !ask(keys, |keys| !keys.keys.is_empty()) }
}

/// Succeeds if the request is signed by a key that may sign for its tenant and its time is not over at `now`, in seconds since 1970 (UTC). Fails with
/// `TEMPLRENDER_BAD_SIGNATURE` or `TEMPLRENDER_URL_EXPIRED`. Signatures are compared in constant time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_keyring_verify(
    keys: *const templrender_keyring,
    request: *const templrender_request,
    now: i64,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            let (keys, request) = (get(keys, "keys")?, get(request, "request")?);
            keys.keys.verify(&request.request, request.signature.as_ref(), now)
        })
    }
}

/// The whole URL, path and query, with its signature. Fails with `TEMPLRENDER_BAD_SECRET` where no key may sign for the tenant, and as
/// `templrender_request_canonical`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_keyring_sign(
    keys: *const templrender_keyring,
    request: *const templrender_request,
    target: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to write.
    unsafe {
        make(target, "target", err, || {
            let (keys, request) = (get(keys, "keys")?, get(request, "request")?);
            Ok(keys.keys.sign(&request.request)?.into())
        })
    }
}

/// Frees keys; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_keyring_free(keys: *mut templrender_keyring) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(keys) }
}
