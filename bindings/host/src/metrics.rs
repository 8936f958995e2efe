//! What a service counts, as `/metrics` tells it (OpenMetrics text, which Prometheus reads).
//!
//! Labels are few and ours: a status, a state, a reason. Nothing that a request may choose (a tenant, a template) is one, so the number of
//! series is fixed.

use std::sync::atomic::Ordering;
use std::time::Duration;

use core_::CompiledStats;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// The media type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = [(&'static str, &'static str); 1];

/// All counters of a service.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<[(&'static str, u32); 1], Counter>,
    cache: Family<Labels, Counter>,
    fetches: Family<Labels, Counter>,
    renders: Family<Labels, Counter>,
    throttled: Family<Labels, Counter>,
    shed: Family<Labels, Counter>,
    fallbacks: Counter,
    reloads: Family<Labels, Counter>,
    /// Time of a request's steps.
    pub(crate) whole: Histogram,
    pub(crate) fetch: Histogram,
    pub(crate) queue: Histogram,
    pub(crate) render: Histogram,
    pub(crate) encode: Histogram,
    pub(crate) in_flight: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) waiting: Gauge,
    cache_bytes: Family<Labels, Gauge>,
    cache_entries: Family<Labels, Gauge>,
    compiled: Family<Labels, Counter>,
    compiled_bytes: Gauge,
    compiled_templates: Gauge,
    pub(crate) templates: Gauge,
    pub(crate) templates_refused: Gauge,
    pub(crate) models: ModelMetrics,
    pub(crate) models_waiting: Gauge,
}

/// What the threads that run models count. Clones share it.
#[derive(Clone)]
pub(crate) struct ModelMetrics {
    runs: Family<Labels, Counter>,
    answers: Family<Labels, Counter>,
    pub(crate) seconds: Histogram,
    pub(crate) queue: Histogram,
    pub(crate) batch: Histogram,
}

impl ModelMetrics {
    pub(crate) fn new() -> Self {
        let (runs, answers) = (Family::default(), Family::default());
        Self { runs, answers, seconds: times(), queue: times(), batch: Histogram::new(exponential_buckets(1.0, 2.0, 7)) }
    }

    pub(crate) fn ran(&self, result: &'static str) {
        self.runs.get_or_create(&[("result", result)]).inc();
    }

    pub(crate) fn answered(&self, state: &'static str) {
        self.answers.get_or_create(&[("state", state)]).inc();
    }
}

/// 1 ms to 33 s.
fn times() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut made = Self {
            registry: Registry::with_prefix("templrender"),
            requests: Family::default(),
            cache: Family::default(),
            fetches: Family::default(),
            renders: Family::default(),
            throttled: Family::default(),
            shed: Family::default(),
            fallbacks: Counter::default(),
            reloads: Family::default(),
            whole: times(),
            fetch: times(),
            queue: times(),
            render: times(),
            encode: times(),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
            waiting: Gauge::default(),
            cache_bytes: Family::default(),
            cache_entries: Family::default(),
            compiled: Family::default(),
            compiled_bytes: Gauge::default(),
            compiled_templates: Gauge::default(),
            templates: Gauge::default(),
            templates_refused: Gauge::default(),
            models: ModelMetrics::new(),
            models_waiting: Gauge::default(),
        };
        made.register();
        made.begin();
        made
    }

    /// Series that begin at nought: what has not happened yet is told too.
    fn begin(&self) {
        for status in [200, 304, 400, 403, 404, 405, 413, 414, 429, 499, 500, 502, 503, 504] {
            drop(self.requests.get_or_create(&[("status", status)]));
        }
        let families = [
            (&self.cache, "state", ["hit", "stale", "stale-if-error", "revalidated", "miss"].as_slice()),
            (&self.fetches, "result", &["hit", "stale", "fetched", "revalidated", "failed", "refused"]),
            (&self.renders, "result", &["drawn", "cancelled"]),
            (&self.throttled, "reason", &["tenant", "slow-template"]),
            (&self.shed, "reason", &["in-flight", "memory", "queue", "models"]),
            (&self.reloads, "result", &["loaded", "dropped", "refused"]),
            (&self.models.runs, "result", &["made", "model-failed", "cancelled"]),
            (&self.models.answers, "state", &["hit", "made", "joined", "failed", "failed-before", "shed"]),
        ];
        for (family, label, values) in families {
            for value in values {
                drop(family.get_or_create(&[(label, *value)]));
            }
        }
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Answers by status", self.requests.clone());
        registry.register("cache", "Answers by what the store had: hit, stale, miss, revalidated", self.cache.clone());
        registry.register("fetches", "Pictures asked for by what came of it", self.fetches.clone());
        registry.register("renders", "Drawings by what came of them", self.renders.clone());
        registry.register("throttled", "Requests refused for the sake of others, by reason", self.throttled.clone());
        registry.register("shed", "Requests refused because this machine has too much to do, by reason", self.shed.clone());
        registry.register("fallbacks", "Answers with the template's fallback picture", self.fallbacks.clone());
        registry.register("reloads", "Templates loaded anew, dropped or refused while running", self.reloads.clone());
        registry.register_with_unit("request", "Time from a request's head to its answer", Unit::Seconds, self.whole.clone());
        registry.register_with_unit("fetch", "Time of a picture that was not in the cache", Unit::Seconds, self.fetch.clone());
        registry.register_with_unit("queue", "Time that a drawing waited for a thread", Unit::Seconds, self.queue.clone());
        registry.register_with_unit("render", "Time of layout and painting", Unit::Seconds, self.render.clone());
        registry.register_with_unit("encode", "Time of encoding", Unit::Seconds, self.encode.clone());
        registry.register("in_flight", "Requests being answered", self.in_flight.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register("queue_waiting", "Drawings that wait for a thread", self.waiting.clone());
        registry.register("cache_bytes", "Bytes in the caches", self.cache_bytes.clone());
        registry.register("cache_entries", "Pictures and answers in the caches", self.cache_entries.clone());
        registry.register("compiled", "Drawings by whether they began with a compiled template", self.compiled.clone());
        registry.register("compiled_bytes", "Bytes of compiled templates", self.compiled_bytes.clone());
        registry.register("compiled_templates", "Compiled templates", self.compiled_templates.clone());
        registry.register("templates", "Templates loaded", self.templates.clone());
        registry.register("templates_refused", "Templates on disk that cannot be loaded as they are", self.templates_refused.clone());
        let models = &self.models;
        registry.register("model_runs", "Runs of models by what came of them", models.runs.clone());
        registry.register("model_answers", "Generated pictures and faces asked for, by what was had", models.answers.clone());
        registry.register_with_unit("model", "Time of a batch that ran", Unit::Seconds, models.seconds.clone());
        registry.register_with_unit("model_queue", "Time that a run waited for a thread", Unit::Seconds, models.queue.clone());
        registry.register("model_batch", "Runs in a batch", models.batch.clone());
        registry.register("model_waiting", "Runs that wait for a thread", self.models_waiting.clone());
    }

    pub(crate) fn answered(&self, status: u16, took: Duration) {
        self.requests.get_or_create(&[("status", u32::from(status))]).inc();
        self.whole.observe(took.as_secs_f64());
    }

    pub(crate) fn cache(&self, state: &'static str) {
        self.cache.get_or_create(&[("state", state)]).inc();
    }

    pub(crate) fn fetched(&self, result: &'static str) {
        self.fetches.get_or_create(&[("result", result)]).inc();
    }

    pub(crate) fn rendered(&self, result: &'static str) {
        self.renders.get_or_create(&[("result", result)]).inc();
    }

    pub(crate) fn throttled(&self, reason: &'static str) {
        self.throttled.get_or_create(&[("reason", reason)]).inc();
    }

    pub(crate) fn shed(&self, reason: &'static str) {
        self.shed.get_or_create(&[("reason", reason)]).inc();
    }

    pub(crate) fn fallback(&self) {
        self.fallbacks.inc();
    }

    /// What a tier of the caches holds.
    pub(crate) fn kept(&self, tier: &'static str, entries: u64, bytes: u64) {
        self.cache_entries.get_or_create(&[("tier", tier)]).set(number(entries));
        self.cache_bytes.get_or_create(&[("tier", tier)]).set(number(bytes));
    }

    /// What came of compiled templates so far.
    pub(crate) fn compiled(&self, stats: &CompiledStats) {
        for (state, count) in [("hit", stats.hits), ("plain", stats.plain)] {
            self.compiled.get_or_create(&[("state", state)]).inner().store(count, Ordering::Relaxed);
        }
        self.compiled_bytes.set(number(stats.bytes));
        self.compiled_templates.set(number(stats.templates));
    }

    pub(crate) fn reloaded(&self, result: &'static str, count: usize) {
        self.reloads.get_or_create(&[("result", result)]).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// All of it as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A count as a gauge has it.
pub(crate) fn number(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_comment_or_a_name_and_a_number() {
        let metrics = Metrics::new();
        metrics.answered(200, Duration::from_millis(3));
        metrics.cache("hit");
        metrics.reloaded("loaded", 2);
        let text = metrics.text();
        assert!(text.ends_with("# EOF\n"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, number) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("templrender_") && number.parse::<f64>().is_ok(), "{line}");
        }
        assert!(text.contains("templrender_requests_total{status=\"200\"} 1"), "{text}");
        assert!(text.contains("templrender_request_seconds_count 1"), "{text}");
    }
}
