//! One line of the log for each request, and its counts: also for one whose client went away.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use http::{Method, Response, header};

use super::Center;
use super::answer::Answer;
use crate::error::Failure;

/// What a proxy's log calls a client that went away before its answer.
const CLIENT_GONE: u16 = 499;

/// What is known of a request so far. Nothing of its query is.
pub(super) struct Journal {
    center: Arc<Center>,
    started: Instant,
    method: String,
    request_id: String,
    pub(super) tenant: String,
    pub(super) template: String,
    pub(super) variant: String,
    pub(super) key: String,
    cache: &'static str,
    code: &'static str,
    fallback: &'static str,
    status: u16,
    bytes: u64,
}

impl Journal {
    pub(super) fn start(center: Arc<Center>, method: &Method, request_id: &str) -> Self {
        Self {
            center,
            started: Instant::now(),
            method: method.as_str().chars().take(16).collect(),
            request_id: request_id.to_owned(),
            tenant: String::new(),
            template: String::new(),
            variant: String::new(),
            key: String::new(),
            cache: "",
            code: "",
            fallback: "",
            status: CLIENT_GONE,
            bytes: 0,
        }
    }

    pub(super) fn answered(&mut self, answer: &Answer) {
        self.cache = answer.source.name();
        self.fallback = answer.fallback.unwrap_or("");
        self.center.metrics.cache(self.cache);
        if answer.fallback.is_some() {
            self.center.metrics.fallback();
        }
    }

    pub(super) fn failed(&mut self, failure: &Failure) {
        self.code = failure.code();
    }

    pub(super) fn end(mut self, response: &Response<Body>) {
        self.status = response.status().as_u16();
        let length = response.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        self.bytes = length.unwrap_or(0);
    }
}

/// Names come from outside: a few characters of them tell enough.
fn short(name: &str) -> String {
    name.chars().take(64).collect()
}

impl Drop for Journal {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        self.center.metrics.answered(self.status, took);
        tracing::info!(
            method = self.method,
            status = self.status,
            ms = (took.as_secs_f64() * 1e6).round() / 1e3,
            bytes = self.bytes,
            tenant = short(&self.tenant),
            template = short(&self.template),
            variant = short(&self.variant),
            cache = self.cache,
            key = self.key,
            code = self.code,
            fallback = self.fallback,
            request_id = self.request_id,
            "request"
        );
    }
}
