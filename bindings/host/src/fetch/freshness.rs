//! For how long an answer may be used without asking again, and what to ask with then: `Cache-Control`, `Expires`, `Age`, `Date`, `ETag`,
//! `Last-Modified` and `Retry-After` as RFC 9111 and RFC 9110 have them, read as a cache that many share.
//!
//! What is malformed counts as not said, except for a lifetime that cannot be read: that one is over.

use std::time::{Duration, SystemTime};

use http::header::{AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, LAST_MODIFIED, RETRY_AFTER};

/// Validators are kept and sent back; what is longer than this is not worth it.
const MAX_VALIDATOR_BYTES: usize = 512;

/// RFC 9111, 1.2.2: greater numbers count as this one.
const GREATEST_SECONDS: u64 = 1 << 31;

/// For how long an answer may be used without asking again.
///
/// ```
/// use templrender_host::Freshness;
/// assert_eq!(Freshness::default().max_age, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freshness {
    /// What is left of its lifetime on arrival; nothing where the origin named none.
    pub max_age: Option<Duration>,
    /// The origin promises that these bytes never change at this URL.
    pub immutable: bool,
    /// The answer must not be kept.
    pub no_store: bool,
}

/// What an origin is asked with whether a picture is still the same.
///
/// ```
/// use templrender_host::Validators;
/// let known = Validators { etag: Some("\"33a64df5\"".into()), last_modified: None };
/// assert!(!known.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// The `ETag`, with its quotes.
    pub etag: Option<String>,
    /// The `Last-Modified`, as it was sent.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to ask with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let kept = |name: HeaderName| text(headers, &name).filter(|v| !v.is_empty() && v.len() <= MAX_VALIDATOR_BYTES).map(str::to_owned);
        Self { etag: kept(ETAG), last_modified: kept(LAST_MODIFIED) }
    }
}

impl Freshness {
    /// `now` is held against `Expires` only where the answer has no `Date`.
    pub(crate) fn of(headers: &HeaderMap, now: SystemTime) -> Self {
        let (mut own, mut shared, mut stale) = (None, None, false);
        let mut found = Self::default();
        for directive in headers.get_all(CACHE_CONTROL).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')) {
            let (name, value) = directive.split_once('=').map_or((directive, None), |(n, v)| (n, Some(v)));
            match name.trim().to_ascii_lowercase().as_str() {
                // Of two lifetimes that contradict each other the shorter one holds.
                "max-age" => own = Some(seconds(value).min(own.unwrap_or(Duration::MAX))),
                "s-maxage" => shared = Some(seconds(value).min(shared.unwrap_or(Duration::MAX))),
                "no-cache" => stale = true,
                "no-store" | "private" => found.no_store = true,
                "immutable" => found.immutable = true,
                _ => {}
            }
        }
        let lifetime = if stale { Some(Duration::ZERO) } else { shared.or(own).or_else(|| expires(headers, now)) };
        let age = text(headers, &AGE).map_or(Duration::ZERO, |v| seconds(Some(v)));
        found.max_age = lifetime.map(|lifetime| lifetime.saturating_sub(age));
        found
    }
}

/// How long to leave a server alone that said so: seconds, or a time.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let said = text(headers, &RETRY_AFTER)?;
    if said.bytes().all(|b| b.is_ascii_digit()) {
        return Some(seconds(Some(said)));
    }
    let then = httpdate::parse_http_date(said).ok()?;
    Some(then.duration_since(now).unwrap_or(Duration::ZERO))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Whole seconds, quoted or not; what cannot be read is over at once.
fn seconds(value: Option<&str>) -> Duration {
    let digits = value.unwrap_or_default().trim().trim_matches('"');
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Duration::ZERO;
    }
    Duration::from_secs(digits.parse().unwrap_or(GREATEST_SECONDS).min(GREATEST_SECONDS))
}

/// The lifetime that `Expires` gives; `0` and other ill dates are over (RFC 9111, 5.3).
fn expires(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let said = text(headers, &EXPIRES)?;
    let Ok(until) = httpdate::parse_http_date(said) else { return Some(Duration::ZERO) };
    let from = text(headers, &DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(until.duration_since(from).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    type Lines = [(&'static str, &'static str)];

    fn headers(lines: &Lines) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    fn noon() -> SystemTime {
        httpdate::parse_http_date("Sun, 06 Nov 1994 12:00:00 GMT").unwrap()
    }

    #[test]
    fn lifetimes_are_those_of_a_shared_cache() {
        let date = ("date", "Sun, 06 Nov 1994 08:00:00 GMT");
        let cases: [(&Lines, Option<u64>); 16] = [
            (&[], None),
            (&[("cache-control", "max-age=60")], Some(60)),
            (&[("cache-control", "public, Max-Age=60, s-maxage=20")], Some(20)),
            (&[("cache-control", "max-age=60"), ("age", "25")], Some(35)),
            (&[("cache-control", "max-age=60"), ("age", "99")], Some(0)),
            (&[("cache-control", "max-age=\"60\"")], Some(60)),
            (&[("cache-control", "max-age=60, max-age=10")], Some(10)),
            (&[("cache-control", "max-age=-1")], Some(0)),
            (&[("cache-control", "max-age")], Some(0)),
            (&[("cache-control", "max-age=99999999999999999999999")], Some(1 << 31)),
            (&[("cache-control", "no-cache, max-age=60")], Some(0)),
            (&[date, ("expires", "Sun, 06 Nov 1994 08:01:00 GMT")], Some(60)),
            (&[("expires", "Sun, 06 Nov 1994 12:00:30 GMT")], Some(30)),
            (&[("expires", "0")], Some(0)),
            (&[date, ("expires", "Sun, 06 Nov 1994 07:00:00 GMT")], Some(0)),
            (&[("cache-control", "max-age=5"), ("expires", "Sun, 06 Nov 1994 13:00:00 GMT")], Some(5)),
        ];
        for (lines, wanted) in cases {
            assert_eq!(Freshness::of(&headers(lines), noon()).max_age, wanted.map(Duration::from_secs), "{lines:?}");
        }
        let said = Freshness::of(&headers(&[("cache-control", "max-age=1, immutable")]), noon());
        assert!(said.immutable && !said.no_store);
        for word in ["no-store", "private", "private=\"x\""] {
            assert!(Freshness::of(&headers(&[("cache-control", word)]), noon()).no_store, "{word}");
        }
    }

    #[test]
    fn a_wait_is_seconds_or_a_time() {
        for (said, wanted) in [
            ("120", Some(120)),
            ("Sun, 06 Nov 1994 12:02:00 GMT", Some(120)),
            ("Sun, 06 Nov 1994 11:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let map = headers(&[("retry-after", said)]);
            assert_eq!(retry_after(&map, noon()), wanted.map(Duration::from_secs), "{said}");
        }
    }

    #[test]
    fn validators_are_kept_as_they_were_sent() {
        let map = headers(&[("etag", "W/\"a b\""), ("last-modified", "whenever")]);
        let kept = Validators::of(&map);
        assert_eq!((kept.etag.as_deref(), kept.last_modified.as_deref()), (Some("W/\"a b\""), Some("whenever")));
        let long = HeaderValue::from_str(&"x".repeat(2000)).unwrap();
        assert!(Validators::of(&[(ETAG, long)].into_iter().collect()).is_empty());
    }
}
