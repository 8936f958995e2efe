//! Origins
//!
//! Where pictures may come from. A policy sees a URL as it is written: a name that leads to a private address is judged where a host connects, with
//! `templrender_is_public_address`.

use std::net::IpAddr;

use core_::{OriginPolicy, PictureUrl};

use crate::boundary::{ask, boundary, free, make, neutral};
use crate::error::templrender_error;
use crate::library::{templrender_slice, templrender_status};
use crate::pointer::{array, get, get_mut, text};

/// Which origins pictures may come from: to be freed with `templrender_origins_free`.
#[derive(Debug)]
pub struct templrender_origins {
    policy: OriginPolicy,
}

/// A picture's URL in its one normal form, immutable: to be freed with `templrender_url_free`. Its slices live as long.
#[derive(Debug)]
pub struct templrender_url {
    url: PictureUrl,
}

/// All names, over http and https, at ports 80 and 443; no address in digits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_origins_any(
    origins: *mut *mut templrender_origins,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to write.
    unsafe { make(origins, "origins", err, || Ok(templrender_origins { policy: OriginPolicy::any() })) }
}

/// Those that one of `count` patterns names, and none of an empty list: a host ("cdn.example.com"), all names below one ("*.example.com"), or an address;
/// with a port, a scheme, or both ("https://cdn.example.com:8443").
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_origins_allow(
    patterns: *const templrender_slice,
    count: usize,
    origins: *mut *mut templrender_origins,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe {
        make(origins, "origins", err, || {
            let patterns = array(patterns, count, "patterns")?;
            let patterns = patterns.iter().map(|pattern| text(*pattern, "patterns")).collect::<Result<Vec<_>, _>>()?;
            Ok(templrender_origins { policy: OriginPolicy::allow(patterns)? })
        })
    }
}

/// Lets addresses in digits and all ports through, too, for services whose owner allows private addresses; a list, where there is one, still decides which.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_origins_with_ip_literals(
    origins: *mut templrender_origins,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            let origins = get_mut(origins, "origins")?;
            origins.policy = origins.policy.clone().with_ip_literals();
            Ok(())
        })
    }
}

/// A picture's URL in its normal form. Fails with `TEMPLRENDER_REFUSED_ORIGIN` where it is malformed or its origin is not allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_origins_check(
    origins: *const templrender_origins,
    url: templrender_slice,
    out: *mut *mut templrender_url,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        make(out, "out", err, || {
            let (origins, url) = (get(origins, "origins")?, text(url, "url")?);
            Ok(templrender_url { url: origins.policy.check(url)? })
        })
    }
}

/// Frees origins; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_origins_free(origins: *mut templrender_origins) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(origins) }
}

/// The whole URL, normalised: equal bytes are one fetch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_url_text(url: *const templrender_url) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(url, |url| url.url.as_str().into()) }
}

/// "http" or "https".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_url_scheme(url: *const templrender_url) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(url, |url| url.url.scheme().into()) }
}

/// The host, in lower case and ASCII; an IPv6 address without its brackets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_url_host(url: *const templrender_url) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(url, |url| url.url.host().into()) }
}

/// Scheme, host and, unless it is the scheme's own, port: "https://cdn.example.com:8443".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_url_origin(url: *const templrender_url) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(url, |url| url.url.origin().into()) }
}

/// The port, the scheme's own where the URL names none; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_url_port(url: *const templrender_url) -> u16 {
    // SAFETY: NULL or one of ours.
    unsafe { ask(url, |url| url.url.port()) }
}

/// Frees a URL; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_url_free(url: *mut templrender_url) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(url) }
}

/// Whether an address, 4 or 16 bytes as they stand in `in_addr` and `in6_addr`, belongs to the public internet; false for other lengths. To be asked of
/// every address that a host connects to, again after each redirect.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_is_public_address(address: *const u8, len: usize) -> bool {
    neutral(false, || {
        // SAFETY: the caller's to read.
        let Ok(bytes) = (unsafe { array(address, len, "address") }) else { return false };
        let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
        let address = v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
        address.is_ok_and(core_::is_public_address)
    })
}
