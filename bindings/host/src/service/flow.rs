//! The way of one request, from its URL to an answer or a failure.
//!
//! ```text
//! URL -> signature -> template -> rate of the tenant -> plan -> stored answer -> fresh: given
//!                                                                            \-> stale: given, renewed behind
//!                                                                             \-> else: one flight for all who ask -> needs -> drawn, or found unchanged
//! ```
//!
//! Whoever is asked last answers first: a picture that cannot be had leads to the old answer, then to a drawing without it, then to the
//! template's fallback, and only then to an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;

use super::answer::{Answer, Source};
use super::center::Center;
use super::gather::{self, Gathered};
use super::govern::locked;
use super::headers::{self, Keep};
use super::interest::Interest;
use super::job::Job;
use super::journal::Journal;
use super::store::{Age, Stored, millis};
use super::{draw, late};
use crate::error::{Failure, Refused};

/// How often a flight that somebody else gave up is begun again.
const TRIES: usize = 3;
/// The time that is left for a fallback picture when the time of the request is over.
const FALLBACK_TIME: Duration = Duration::from_secs(5);

/// What a flight came to.
#[derive(Clone)]
pub(super) enum Ended {
    Made(Arc<Stored>, Made),
    Failed(Failure),
    /// Everybody who waited went away.
    GivenUp,
}

/// How a flight came to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Drawn,
    Renewed,
    /// The pictures in it are the old ones, for nothing newer is to be had.
    Old,
}

/// Answers a request.
pub(super) async fn answer(center: &Arc<Center>, request: &Parts, journal: &mut Journal) -> Result<Answer, Failure> {
    let deadline = Instant::now() + center.config.deadline;
    let job = Job::read(center, request, journal)?;
    journal.key = job.plan.key().to_string();
    serve(&Arc::new(job), &request.headers, deadline).await
}

/// Answers a job out of the store, or by a flight.
async fn serve(job: &Arc<Job>, asked: &HeaderMap, deadline: Instant) -> Result<Answer, Failure> {
    let center = &job.center;
    let ages = center.ages();
    let stored = center.store.get(&job.name).await;
    let known = match stored.map(|stored| (stored.age(&ages, center.config.clock.now_ms()), stored)) {
        Some((Age::Fresh { .. }, stored)) => return Ok(job.answer(&stored, Source::Hit, asked)),
        // Who asks whether it has changed is told what is, not what was.
        Some((Age::Stale, stored)) if !headers::none_match(asked, &job.etag(&stored)) => {
            job.renew_behind(stored.clone());
            return Ok(job.answer(&stored, Source::Stale, asked));
        }
        Some((Age::Stale | Age::Old, stored)) => Some(stored),
        Some((Age::Over, _)) | None => None,
    };
    // Who has something to give does not wait for long; what is fetched meanwhile is kept for the next one.
    let patience = known.as_ref().map_or(deadline, |_| deadline.min(Instant::now() + center.config.stale_wait));
    let failure = match job.fly(known.clone(), deadline, patience).await {
        Ok((stored, source)) => return Ok(job.answer(&stored, source, asked)),
        Err(failure) => failure,
    };
    if let Some(known) = known.filter(|_| failure.transient) {
        return Ok(job.answer(&known, Source::StaleIfError, asked));
    }
    job.replace(failure).await
}

impl Job {
    fn etag(&self, stored: &Stored) -> String {
        headers::etag(self.plan.key(), &stored.resources)
    }

    /// A stored answer as one to this request.
    fn answer(&self, stored: &Stored, source: Source, asked: &HeaderMap) -> Answer {
        let center = &self.center;
        let config = &center.config;
        let now_ms = config.clock.now_ms();
        let left = match stored.age(&center.ages(), now_ms) {
            Age::Fresh { left_ms } => left_ms / 1_000,
            _ => 0,
        };
        let (stale, lacking) = (matches!(source, Source::Stale | Source::StaleIfError), stored.lacking_until_ms.is_some());
        let short = headers::seconds(config.short_age);
        let keep = match source {
            Source::StaleIfError => Keep::Seconds(short),
            _ if lacking => Keep::Seconds(left.min(short)),
            _ if self.pinned && stored.immutable && self.valid_until.is_none() => Keep::Immutable,
            _ => Keep::Fresh {
                seconds: left,
                while_revalidate: headers::seconds(config.stale_while_revalidate),
                if_error: headers::seconds(config.stale_if_error),
            },
        };
        let valid = self.valid_until.map(|until| u64::try_from(until.saturating_sub(config.clock.now())).unwrap_or(0));
        let etag = self.etag(stored);
        Answer {
            format: stored.format,
            body: stored.body.clone(),
            not_modified: !stale && headers::none_match(asked, &etag),
            etag: Some(etag),
            keep: keep.until(valid),
            source,
            fallback: self.instead,
        }
    }

    /// The fallback picture in the place of a failure, where the template has one and the failure may be replaced.
    async fn replace(self: &Arc<Self>, failure: Failure) -> Result<Answer, Failure> {
        if !failure.replaceable {
            return Err(failure);
        }
        let Some(planned) = self.fallback(failure.code()) else { return Err(failure) };
        let job = match planned {
            Ok(job) => Arc::new(job),
            Err(error) => {
                tracing::warn!(template = self.template, error = %error, "the fallback picture cannot be planned");
                return Err(failure);
            }
        };
        let center = &self.center;
        let stored = center.store.get(&job.name).await.map(Arc::new);
        let fresh = stored.filter(|stored| matches!(stored.age(&center.ages(), center.config.clock.now_ms()), Age::Fresh { .. }));
        let made = match fresh {
            Some(stored) => Ok((stored, Source::Hit)),
            None => {
                let deadline = Instant::now() + FALLBACK_TIME;
                job.fly(None, deadline, deadline).await
            }
        };
        match made {
            Ok((stored, source)) => Ok(Answer {
                etag: None,
                not_modified: false,
                keep: Keep::Seconds(headers::seconds(center.config.short_age)).until(job.valid_until.map(|_| 1)),
                ..job.answer(&stored, source, &HeaderMap::new())
            }),
            Err(again) => {
                tracing::warn!(template = self.template, code = again.code(), "the fallback picture cannot be drawn");
                Err(failure)
            }
        }
    }

    /// Renews a stale answer while nobody waits for it, unless that is under way.
    fn renew_behind(self: &Arc<Self>, stored: Stored) {
        let center = &self.center;
        if !locked(&center.renewing).insert(self.name) {
            return;
        }
        let (job, deadline) = (self.clone(), Instant::now() + center.config.deadline);
        tokio::spawn(async move {
            let _renewing = Renewing(job.clone());
            if let Err(failure) = job.fly(Some(stored), deadline, deadline).await {
                tracing::debug!(template = job.template, code = failure.code(), "an answer could not be renewed");
            }
        });
    }

    /// Makes the answer by its deadline, or waits for whoever is making it, as long as the patience lasts.
    async fn fly(self: &Arc<Self>, known: Option<Stored>, deadline: Instant, patience: Instant) -> Result<(Arc<Stored>, Source), Failure> {
        let center = &self.center;
        let _waiting = match self.places.is_empty() {
            true => None,
            false => Some(center.slow.enter(&self.template, center.config.clock.now_ms()).ok_or_else(|| self.too_slow())?),
        };
        for _ in 0..TRIES {
            let asker = center.interests.enter(self.name);
            let first = Arc::new(AtomicBool::new(false));
            let begin = || {
                first.store(true, Ordering::Release);
                flight(self.clone(), known.clone(), deadline, asker.interest.clone())
            };
            let ended = tokio::time::timeout_at(patience.into(), center.flight.run(self.name, begin)).await;
            let collapsed = !first.load(Ordering::Acquire);
            match ended {
                Err(_) => return Err(late(&center.config)),
                Ok(Ok(Ended::GivenUp)) => {}
                // Of one who came earlier and had less time left.
                Ok(Ok(Ended::Failed(failure))) if collapsed && failure.is_late() => {}
                Ok(Ok(Ended::Failed(failure))) => return Err(failure),
                Ok(Ok(Ended::Made(stored, made))) => return Ok((stored, made.source(collapsed))),
                Ok(Err(lost)) => {
                    tracing::error!(template = self.template, error = %lost, "a flight broke");
                    return Err(Failure::bug());
                }
            }
        }
        Err(late(&center.config))
    }

    fn too_slow(&self) -> Failure {
        self.center.metrics.throttled("slow-template");
        let message = "pictures of this template arrive slowly, and enough of its requests wait for them";
        Failure::new(Refused::SlowTemplate, "", message).retry_after(self.center.config.slow.max(Duration::from_secs(1)))
    }
}

impl Made {
    fn source(self, collapsed: bool) -> Source {
        match self {
            Self::Drawn => Source::Drawn { collapsed },
            Self::Renewed => Source::Renewed { collapsed },
            Self::Old => Source::StaleIfError,
        }
    }
}

/// One making for all who ask, as long as somebody does.
async fn flight(job: Arc<Job>, known: Option<Stored>, deadline: Instant, interest: Arc<Interest>) -> Ended {
    tokio::select! {
        biased;
        made = make(&job, known, deadline) => made.map_or_else(Ended::Failed, |(stored, made)| Ended::Made(Arc::new(stored), made)),
        () = interest.over() => Ended::GivenUp,
    }
}

async fn make(job: &Arc<Job>, known: Option<Stored>, deadline: Instant) -> Result<(Stored, Made), Failure> {
    let mut tried = 0;
    loop {
        let gathered = gather::gather(job, deadline).await?;
        let resources = gathered.key;
        if let Some(known) = &known {
            if known.resources == resources && gathered.complete() {
                return Ok(renew(job, known.clone(), &gathered));
            }
            if gathered.transient()
                && let Some(failure) = gathered.failure()
            {
                return Err(failure);
            }
        }
        tried += 1;
        match draw::draw(job, &gathered, deadline).await {
            Ok(body) => return Ok((keep(job, &gathered, resources, body).await, Made::Drawn)),
            // What is damaged is not asked for again now: the next choice is, or the picture is drawn without it.
            Err(failure) if failure.damage && tried < TRIES => {}
            Err(failure) => return Err(failure),
        }
    }
}

/// Stores a drawn answer: for a moment only where it lacks something.
async fn keep(job: &Job, gathered: &Gathered, resources: [u8; 16], body: Bytes) -> Stored {
    let center = &job.center;
    let now_ms = center.config.clock.now_ms();
    let lacks = !gathered.whole() || job.instead.is_some();
    let stored = Stored {
        format: job.plan.output().format,
        resources,
        checked_ms: now_ms,
        immutable: gathered.immutable && !lacks,
        lacking_until_ms: lacks.then(|| now_ms.saturating_add(millis(center.config.short_age))),
        body,
    };
    center.store.put(job.name, &stored).await;
    stored
}

/// A known answer whose pictures are what they were.
fn renew(job: &Job, mut known: Stored, gathered: &Gathered) -> (Stored, Made) {
    if gathered.old {
        return (known, Made::Old);
    }
    known.checked_ms = job.center.config.clock.now_ms();
    job.center.store.renew(job.name, known.checked_ms);
    (known, Made::Renewed)
}

/// A name in the list of answers that are being renewed.
struct Renewing(Arc<Job>);

impl Drop for Renewing {
    fn drop(&mut self) {
        locked(&self.0.center.renewing).remove(&self.0.name);
    }
}
