//! From a plan to a picture: its needs answered, its pixels drawn and encoded on the pool.
//!
//! Needs are answered in rounds, all of a round at the same time: assets out of the loaded template, locations through [`Pictures`]. What
//! failed is kept by its reason, so that the answer can say which origin's turn it is.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use core_::{Code, Error, Fault, Guard, Need, NeedId, NeedSource, OriginPolicy, PictureUrl, Plan, Resources};
use futures_util::stream::{self, StreamExt};
use http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;

use super::Center;
use super::flow::Job;
use crate::config::Config;
use crate::error::{Failure, Refused};
use crate::fetch::Refusal;
use crate::pictures::{Demand, Found, State};
use crate::pool::PoolError;

/// Pictures of one request that are asked for at the same time.
const AT_ONCE: usize = 16;
/// Most bytes of all pictures of one request, in pictures of the limit.
const TOTAL_PICTURES: usize = 4;

/// What came in for a plan.
pub(super) struct Gathered {
    pub(super) resources: Resources,
    /// Whether nothing of it can ever change.
    pub(super) immutable: bool,
    /// Whether a picture is an old one, for its origin does not answer.
    pub(super) old: bool,
    pub(super) missed: Vec<Missed>,
    /// The key of what is in it.
    pub(super) key: [u8; 16],
    /// Its bytes' share of what the machine holds for all requests.
    held: Vec<OwnedSemaphorePermit>,
}

/// A picture that is not there.
#[derive(Debug, Clone)]
pub(super) struct Missed {
    place: String,
    why: Why,
}

#[derive(Debug, Clone)]
enum Why {
    Refused(Refusal),
    Unreadable(Fault),
}

/// Where the pictures of a plan are, if all of them may be asked for. A location is not told as it stands: there may be a password in it.
pub(super) fn locate(plan: &Plan, policy: &OriginPolicy) -> Result<BTreeMap<NeedId, PictureUrl>, Error> {
    let mut places = BTreeMap::new();
    let mut faults = Vec::new();
    for need in plan.needs() {
        if let NeedSource::Location(location) = need.source() {
            match policy.check(location) {
                Ok(url) => drop(places.insert(need.id(), url)),
                Err(error) => faults.extend(error.faults().iter().map(|fault| Fault { place: "resource".into(), ..fault.clone() })),
            }
        }
    }
    if faults.is_empty() { Ok(places) } else { Err(Error::from_faults(faults)) }
}

/// Answers all needs of a job's plan.
pub(super) async fn gather(job: &Arc<Job>) -> Result<Gathered, Failure> {
    let resources = job.given.clone();
    let mut gathered = Gathered { resources, immutable: true, old: false, missed: Vec::new(), key: [0; 16], held: Vec::new() };
    let mut left = job.center.config.max_picture_bytes.saturating_mul(TOTAL_PICTURES);
    loop {
        let pending: Vec<Need> = job.plan.pending(&gathered.resources).into_iter().cloned().collect();
        let mut round = Vec::new();
        let mut asked = stream::iter(pending).map(|need| async move { (answer(job, &need).await, need) }).buffer_unordered(AT_ONCE);
        while let Some((answer, need)) = asked.next().await {
            if let Answer::Picture(found) = &answer {
                gathered.held.push(hold(&job.center, found.bytes.len())?);
            }
            round.push((need, answer));
        }
        drop(asked);
        let over = round.is_empty();
        // Reading an SVG, and hashing large pictures, takes longer than a request may keep others waiting.
        let own = job.clone();
        let done = tokio::task::spawn_blocking(move || {
            round.into_iter().for_each(|(need, answer)| gathered.take(&need, answer, &mut left));
            if over {
                gathered.key = own.plan.resources_key(&gathered.resources).bytes();
            }
            (gathered, left)
        });
        (gathered, left) = done.await.map_err(|error| {
            tracing::error!(template = job.template, %error, "pictures could not be read");
            Failure::bug()
        })?;
        if over {
            return Ok(gathered);
        }
    }
}

/// A share of the bytes that all requests may hold together.
fn hold(center: &Center, bytes: usize) -> Result<OwnedSemaphorePermit, Failure> {
    let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
    center.held.clone().try_acquire_many_owned(kib).map_err(|_| {
        center.metrics.shed("memory");
        let message = "pictures that wait to be drawn take all the memory that they may";
        Failure::new(Refused::Overloaded, "", message).retry_after(Duration::from_secs(1)).transient()
    })
}

/// What a need is answered with.
enum Answer {
    Picture(Found),
    Missing(Missed),
    /// The fallback picture asks nobody.
    NotAsked,
}

async fn answer(job: &Job, need: &Need) -> Answer {
    let Some(url) = job.places.get(&need.id()) else { return Answer::NotAsked };
    let started = Instant::now();
    let found = job.center.pictures.get(url, &job.policy, Demand::Fresh).await;
    let took = started.elapsed();
    job.fetched(&found, took);
    found
        .map_or_else(|why| Answer::Missing(Missed { place: format!("resource {}", url.as_str()), why: Why::Refused(why) }), Answer::Picture)
}

impl Gathered {
    fn take(&mut self, need: &Need, answer: Answer, left: &mut usize) {
        let (bytes, place): (Arc<[u8]>, _) = match answer {
            Answer::NotAsked => return self.resources.fail(need.id(), "not asked for"),
            Answer::Missing(missed) => {
                self.resources.fail(need.id(), missed.sentence());
                return self.missed.push(missed);
            }
            Answer::Picture(found) => {
                self.immutable &= found.immutable;
                self.old |= matches!(found.state, State::Stale);
                let NeedSource::Location(location) = need.source() else { return };
                match left.checked_sub(found.bytes.len()) {
                    Some(rest) => *left = rest,
                    None => {
                        let why = Why::Refused(Refusal::TooLarge { bytes: None, limit: *left });
                        let missed = Missed { place: format!("resource {location}"), why };
                        self.resources.fail(need.id(), missed.sentence());
                        return self.missed.push(missed);
                    }
                }
                (found.bytes.as_ref().into(), format!("resource {location}"))
            }
        };
        if let Err(error) = self.resources.insert(need.id(), bytes)
            && let Some(fault) = error.faults().first()
        {
            self.missed.push(Missed { place, why: Why::Unreadable(fault.clone()) });
        }
    }

    /// Whether all that should be there is, and is new.
    pub(super) fn whole(&self) -> bool {
        self.missed.is_empty() && !self.old
    }

    /// Whether another try may find more.
    pub(super) fn transient(&self) -> bool {
        self.missed.iter().any(Missed::transient)
    }

    /// What is said where the picture cannot be drawn without them.
    pub(super) fn failure(&self) -> Option<Failure> {
        let faults: Vec<Fault> = self.missed.iter().map(Missed::fault).collect();
        let first = self.missed.first()?;
        let mut failure = Failure::with_status(first.status(), &faults);
        failure.transient = self.transient();
        failure.replaceable = true;
        failure.retry_after = self.missed.iter().filter_map(Missed::retry_after).max();
        Some(failure)
    }
}

impl Missed {
    fn sentence(&self) -> String {
        match &self.why {
            Why::Refused(refusal) => refusal.to_string(),
            Why::Unreadable(fault) => fault.message.clone(),
        }
    }

    fn transient(&self) -> bool {
        match &self.why {
            // An origin that sends something else in a picture's place may come to its senses.
            Why::Refused(refusal) => refusal.is_transient() || matches!(refusal, Refusal::NoPicture(_)),
            Why::Unreadable(fault) => fault.code != Code::ResourceLimit,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match &self.why {
            Why::Refused(refusal) => refusal.retry_after(),
            Why::Unreadable(_) => None,
        }
    }

    fn fault(&self) -> Fault {
        let code = match &self.why {
            Why::Refused(refusal) if refusal.is_too_large() => Code::ResourceLimit,
            Why::Refused(Refusal::NoPicture(_)) => Code::UnknownFormat,
            Why::Refused(_) => Code::MissingResource,
            Why::Unreadable(fault) => fault.code,
        };
        Fault::new(code, self.place.clone(), self.sentence())
    }

    fn status(&self) -> StatusCode {
        match &self.why {
            Why::Refused(Refusal::Late(_) | Refusal::NoConnection(_)) => StatusCode::GATEWAY_TIMEOUT,
            Why::Refused(Refusal::Busy { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            _ if self.fault().code == Code::ResourceLimit => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}

/// Draws and encodes on the pool.
pub(super) async fn draw(job: &Arc<Job>, gathered: &Gathered, deadline: Instant) -> Result<Bytes, Failure> {
    let (own, resources) = (job.clone(), gathered.resources.clone());
    let asked = Instant::now();
    let work = move |scratch: &mut core_::Scratch, cancel: &AtomicBool| {
        let started = Instant::now();
        let guard = Guard { clock: Some(monotonic_ns), deadline_ns: Some(ns_of(deadline)), cancel: Some(cancel) };
        let metrics = &own.center.metrics;
        metrics.queue.observe(started.duration_since(asked).as_secs_f64());
        let rendered = own.loaded.renderer.render_guarded(&own.plan, &resources, scratch, &guard)?;
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
            job.center.pictures.reject(url, &job.policy, &fault.message).await;
            rejected = true;
        }
    }
    rejected
}

fn is_damage(code: Code) -> bool {
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

/// Nanoseconds since the first call: the clock of a render's guard.
fn monotonic_ns() -> u64 {
    ns_of(Instant::now())
}

fn ns_of(instant: Instant) -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(Instant::now);
    u64::try_from(instant.saturating_duration_since(start).as_nanos()).unwrap_or(u64::MAX)
}
