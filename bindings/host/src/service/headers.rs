//! What stands above the body: validators, how long an answer may be kept, where it came from, and the name of the request.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use core_::Key;
use http::{HeaderMap, HeaderName, header};

/// The header that names a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header that says why another picture stands in the place of the one that was asked for.
pub(super) const FALLBACK: HeaderName = HeaderName::from_static("templrender-fallback");
/// RFC 9211.
pub(super) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
/// RFC 8246 says a year for what never changes.
const YEAR_SECONDS: u64 = 31_536_000;

/// The entity tag of an answer, with its quotes: half of the plan's key and half of that of the pictures in it.
///
/// Both keys are hashes, and a tag is only compared with those of the same URL: 64 bits of each tell its few answers apart.
pub(super) fn etag(plan: Key, resources: &[u8; 16]) -> String {
    let half = |key: &[u8; 16]| key.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    format!("\"{}-{}\"", half(&plan.bytes()), half(resources))
}

/// Whether `If-None-Match` names this tag, by the weak comparison that RFC 9110 (13.1.2) asks for. What cannot be read names nothing.
pub(super) fn none_match(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| names(value, etag))
}

fn names(list: &str, etag: &str) -> bool {
    let mut rest = list.trim();
    if rest == "*" {
        return true;
    }
    while !rest.is_empty() {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let opaque = rest.strip_prefix("W/").unwrap_or(rest);
        let Some(inner) = opaque.strip_prefix('"') else { return false };
        let Some((tag, after)) = inner.split_once('"') else { return false };
        if etag.trim_matches('"') == tag {
            return true;
        }
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return false;
        }
    }
    false
}

/// How long an answer may be kept by whoever got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Not at all.
    No,
    /// For so many seconds, and no longer.
    Seconds(u64),
    /// For so long, and then for so long while it is asked for again, or while nothing better is to be had.
    Fresh { seconds: u64, while_revalidate: u64, if_error: u64 },
    /// For ever: the URL names its bytes.
    Immutable,
}

impl Keep {
    /// The value of `Cache-Control`.
    pub(super) fn value(self) -> String {
        match self {
            Self::No => "no-store".to_owned(),
            Self::Seconds(seconds) => format!("public, max-age={seconds}"),
            Self::Fresh { seconds, while_revalidate, if_error } => {
                let mut value = format!("public, max-age={seconds}");
                for (name, seconds) in [("stale-while-revalidate", while_revalidate), ("stale-if-error", if_error)] {
                    if seconds > 0 {
                        // Writing to a String cannot fail.
                        let _ = write!(value, ", {name}={seconds}");
                    }
                }
                value
            }
            Self::Immutable => format!("public, max-age={YEAR_SECONDS}, immutable"),
        }
    }

    /// The same, ending at an instant that is so many seconds away: nothing is given after it.
    pub(super) fn until(self, left: Option<u64>) -> Self {
        let Some(left) = left else { return self };
        match self {
            Self::No => Self::No,
            Self::Seconds(seconds) => Self::Seconds(seconds.min(left)),
            Self::Fresh { seconds, while_revalidate, if_error } => {
                let seconds = seconds.min(left);
                let rest = left - seconds;
                Self::Fresh { seconds, while_revalidate: while_revalidate.min(rest), if_error: if_error.min(rest) }
            }
            Self::Immutable => Self::Seconds(left.min(YEAR_SECONDS)),
        }
    }
}

/// Names requests: the client's own name where it is harmless, else one that no other request of this process has.
#[derive(Debug)]
pub(super) struct RequestIds {
    seed: u64,
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU64::new(0) }
    }

    pub(super) fn of(&self, headers: &HeaderMap) -> String {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let harmless = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        given.filter(harmless).map_or_else(|| self.new_one(), str::to_owned)
    }

    fn new_one(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes()).update(&u64::from(std::process::id()).to_le_bytes()).update(&number.to_le_bytes());
        hasher.finalize().to_hex().as_str().get(..16).map(str::to_owned).unwrap_or_default()
    }
}

/// Whole seconds of a duration, rounded down: nothing is kept longer than it may.
pub(super) fn seconds(duration: Duration) -> u64 {
    duration.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_is_read_as_rfc_9110_says() {
        let tag = "\"aa-bb\"";
        for list in
            ["*", " * ", "\"aa-bb\"", "W/\"aa-bb\"", "\"x\", \"aa-bb\"", "\"x\",W/\"aa-bb\" ,\"y\"", "\"a,b\", \"aa-bb\"", ",, \"aa-bb\""]
        {
            assert!(names(list, tag), "{list}");
        }
        for list in ["", "aa-bb", "\"aa-bb", "\"AA-BB\"", "w/\"aa-bb\"", "\"x\"", "\"x\" \"aa-bb\"", "\"x, aa-bb\"", "**"] {
            assert!(!names(list, tag), "{list}");
        }
    }

    #[test]
    fn nothing_is_kept_beyond_the_end() {
        let fresh = Keep::Fresh { seconds: 300, while_revalidate: 60, if_error: 86_400 };
        assert_eq!(fresh.value(), "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400");
        assert_eq!(fresh.until(Some(320)).value(), "public, max-age=300, stale-while-revalidate=20, stale-if-error=20");
        assert_eq!(fresh.until(Some(7)).value(), "public, max-age=7");
        assert_eq!(Keep::Immutable.until(Some(7)).value(), "public, max-age=7");
        assert_eq!(Keep::Immutable.value(), "public, max-age=31536000, immutable");
        assert_eq!(Keep::No.until(Some(7)).value(), "no-store");
    }

    #[test]
    fn a_request_keeps_a_harmless_name_and_gets_one_of_its_own_otherwise() {
        let ids = RequestIds::new(7);
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, text.parse().unwrap());
            ids.of(&headers)
        };
        assert_eq!(of("edge-7.a_b"), "edge-7.a_b");
        for bad in ["", "a b", "a\"b", &"x".repeat(65)] {
            let made = of(bad);
            assert!(made.len() == 16 && made.bytes().all(|b| b.is_ascii_hexdigit()), "{made}");
        }
        assert_ne!(of(""), of(""));
    }
}
