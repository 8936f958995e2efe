//! What goes out: a picture or a failure as an HTTP answer.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use core_::OutputFormat;
use http::{HeaderValue, Response, StatusCode, header};

use super::headers::{self, Keep};
use crate::error::Failure;

/// A picture that answers a request.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) format: OutputFormat,
    pub(super) body: Bytes,
    /// None for a picture that stands in the place of another.
    pub(super) etag: Option<String>,
    pub(super) keep: Keep,
    pub(super) source: Source,
    /// Why it is not the picture that was asked for.
    pub(super) fallback: Option<&'static str>,
    /// The client has it already.
    pub(super) not_modified: bool,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Stored and fresh.
    Hit,
    /// Stored, and being renewed.
    Stale,
    /// Stored, for nothing better was to be had.
    StaleIfError,
    /// Stored, and found unchanged.
    Renewed { collapsed: bool },
    /// Drawn.
    Drawn { collapsed: bool },
}

impl Source {
    /// What metrics and logs call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::StaleIfError => "stale-if-error",
            Self::Renewed { .. } => "revalidated",
            Self::Drawn { .. } => "miss",
        }
    }

    /// The value of `Cache-Status` (RFC 9211).
    fn status(self) -> &'static str {
        match self {
            Self::Hit => "templrender; hit",
            Self::Stale => "templrender; hit; fwd=stale",
            Self::StaleIfError => "templrender; hit; detail=stale-if-error",
            Self::Renewed { collapsed: false } => "templrender; fwd=stale; fwd-status=304",
            Self::Renewed { collapsed: true } => "templrender; fwd=stale; fwd-status=304; collapsed",
            Self::Drawn { collapsed: false } => "templrender; fwd=miss; stored",
            Self::Drawn { collapsed: true } => "templrender; fwd=miss; stored; collapsed",
        }
    }
}

/// The media type of a format.
fn media_type(format: OutputFormat) -> &'static str {
    match format {
        OutputFormat::Jpeg => "image/jpeg",
        OutputFormat::WebP => "image/webp",
        _ => "image/png",
    }
}

impl Answer {
    /// The HTTP answer; `head` asks for one without its body.
    pub(super) fn response(self, request_id: &str, head: bool) -> Response<Body> {
        let length = self.body.len();
        let body = if head || self.not_modified { Body::empty() } else { Body::from(self.body) };
        let mut response = Response::new(body);
        if self.not_modified {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let fields = response.headers_mut();
        if !self.not_modified {
            fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(self.format)));
            fields.insert(header::CONTENT_LENGTH, length.into());
            fields.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            fields.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
        }
        if let Some(etag) = self.etag.as_deref().and_then(value) {
            fields.insert(header::ETAG, etag);
        }
        if let Some(keep) = value(&self.keep.value()) {
            fields.insert(header::CACHE_CONTROL, keep);
        }
        fields.insert(headers::CACHE_STATUS, HeaderValue::from_static(self.source.status()));
        if let Some(code) = self.fallback {
            fields.insert(headers::FALLBACK, HeaderValue::from_static(code));
        }
        if let Some(id) = value(request_id) {
            fields.insert(headers::REQUEST_ID, id);
        }
        response
    }
}

/// The HTTP answer of a failure. What the URL itself is guilty of may be kept for a moment: it stays as it is.
pub(super) fn refuse(failure: &Failure, request_id: &str, short: Duration, head: bool) -> Response<Body> {
    let body = failure.to_json(request_id);
    let length = body.len();
    let mut response = Response::new(if head { Body::empty() } else { Body::from(body) });
    *response.status_mut() = failure.status;
    let keep = match failure.status.as_u16() {
        400 | 404 => Keep::Seconds(headers::seconds(short)),
        _ => Keep::No,
    };
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    fields.insert(header::CONTENT_LENGTH, length.into());
    fields.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(keep) = value(&keep.value()) {
        fields.insert(header::CACHE_CONTROL, keep);
    }
    if let Some(wait) = failure.retry_after {
        // Rounded up: who comes back then is not too early.
        fields.insert(header::RETRY_AFTER, u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).clamp(1, 86_400).into());
    }
    if failure.status == StatusCode::METHOD_NOT_ALLOWED {
        fields.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    if let Some(id) = value(request_id) {
        fields.insert(headers::REQUEST_ID, id);
    }
    response
}

fn value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}
