//! The pixels of a plan whose pictures are there: drawn and encoded on the pool, within the deadline and as long as somebody waits.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bytes::Bytes;
use core_::{Code, Error, Guard, Need, NeedSource};
use http::StatusCode;

use super::center::Center;
use super::gather::Gathered;
use super::job::Job;
use crate::clock::{monotonic_ns, ns_of};
use crate::config::Config;
use crate::error::{Failure, Refused};
use crate::pool::PoolError;

/// Draws and encodes on the pool.
pub(super) async fn draw(job: &Arc<Job>, gathered: &Gathered, deadline: Instant) -> Result<Bytes, Failure> {
    let (own, resources) = (job.clone(), gathered.resources.clone());
    let asked = Instant::now();
    let work = move |scratch: &mut core_::Scratch, cancel: &AtomicBool| {
        let started = Instant::now();
        let guard = Guard { clock: Some(monotonic_ns), deadline_ns: Some(ns_of(deadline)), cancel: Some(cancel) };
        let metrics = &own.center.metrics;
        metrics.queue.observe(started.duration_since(asked).as_secs_f64());
        let renderer = own.loaded.renderer.clone().with_compiled(own.center.compiled.clone());
        let rendered = renderer.render_guarded(&own.plan, &resources, scratch, &guard)?;
        let painted = Instant::now();
        metrics.render.observe(painted.duration_since(started).as_secs_f64());
        let mut bytes = rendered.frame.encode_guarded(own.plan.output(), &guard)?;
        metrics.encode.observe(painted.elapsed().as_secs_f64());
        // It is kept for long.
        bytes.shrink_to_fit();
        Ok(Bytes::from(bytes))
    };
    let mut counted = Counted { center: &job.center, result: "cancelled" };
    let done: Result<Result<Bytes, Error>, PoolError> = job.center.pool.run(job.lane, Some(deadline), work).await;
    let failure = match done {
        Ok(Ok(bytes)) => {
            counted.result = "drawn";
            return Ok(bytes);
        }
        Ok(Err(error)) => {
            let rejected = reject(job, &error).await;
            let mut failure = failed(&error, gathered.failure(), &job.center.config);
            failure.damage = rejected;
            failure
        }
        Err(PoolError::Full) => {
            job.center.metrics.shed("queue");
            let message = format!("at most {} drawings may wait, all places are taken", job.center.config.render_queue);
            Failure::new(Refused::Overloaded, "", message).retry_after(Duration::from_secs(1)).transient()
        }
        Err(PoolError::Deadline) => super::late(&job.center.config),
        Err(error) => {
            tracing::error!(template = job.template, %error, "a drawing broke");
            Failure::bug()
        }
    };
    counted.result = failure.code();
    Err(failure)
}

/// Counts a drawing when it is over, also one that nobody waits for any more.
struct Counted<'a> {
    center: &'a Center,
    result: &'static str,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.center.metrics.rendered(self.result);
    }
}

/// Takes a picture out of the cache that turned out to be damaged when it was drawn: its origin is asked again, and another choice of the
/// template may take its place. Says whether there was one.
async fn reject(job: &Job, error: &Error) -> bool {
    let mut rejected = false;
    for fault in error.faults().iter().filter(|fault| is_damage(fault.code)) {
        let Some(name) = fault.place.strip_prefix("resource ") else { continue };
        let named = |need: &&Need| matches!(need.source(), NeedSource::Location(location) if location == name);
        let url = job.plan.needs().find(named).and_then(|need| job.places.get(&need.id()));
        if let Some(url) = url {
            job.center.pictures.reject(url, &job.policy, fault).await;
            rejected = true;
        }
    }
    rejected
}

pub(super) fn is_damage(code: Code) -> bool {
    matches!(code, Code::DamagedResource | Code::UnknownFormat)
}

/// Why a plan could not be drawn, where a picture is missing by the reason of that.
fn failed(error: &Error, missed: Option<Failure>, config: &Config) -> Failure {
    match (error.code(), missed) {
        (Code::MissingResource, Some(missed)) => missed,
        // Nobody was asked: the row names no picture.
        (Code::MissingResource, None) => Failure::with_status(StatusCode::BAD_REQUEST, error.faults()),
        (Code::DeadlineExceeded, _) => super::late(config),
        (code, _) if is_damage(code) => Failure::of(error).transient(),
        _ => Failure::of(error),
    }
}
