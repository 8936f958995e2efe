//! The needs of a plan, answered in rounds: all of a round at the same time, assets being there already, locations through [`Pictures`], and when all of
//! these are there, what models make of them.
//!
//! What failed is kept by its reason, so that the answer can say which origin's turn it is.
//!
//! [`Pictures`]: crate::pictures::Pictures

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use core_::{Code, Error, Fault, Need, NeedId, NeedSource, OriginPolicy, PictureUrl, Plan, Resources};
use futures_util::stream::{self, StreamExt};
use http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;

use super::center::Center;
use super::draw;
use super::generate::{self, NotMade};
use super::job::Job;
use crate::error::{Failure, Refused};
use crate::fetch::Refusal;
use crate::pictures::{Demand, Found, State};

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
    /// By a model.
    NotMade(Fault),
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
pub(super) async fn gather(job: &Arc<Job>, deadline: Instant) -> Result<Gathered, Failure> {
    let resources = job.given.clone();
    let mut gathered = Gathered { resources, immutable: true, old: false, missed: Vec::new(), key: [0; 16], held: Vec::new() };
    let mut left = job.center.config.max_picture_bytes.saturating_mul(TOTAL_PICTURES);
    loop {
        let pending: Vec<Need> = job.plan.pending(&gathered.resources).into_iter().cloned().collect();
        let (generated, pending): (Vec<Need>, Vec<Need>) = pending.into_iter().partition(Need::is_generated);
        if pending.is_empty() && !generated.is_empty() {
            gathered = generated_round(job, gathered, generated, deadline).await?;
            continue;
        }
        let mut round = Vec::new();
        let mut asked = stream::iter(pending).map(|need| async move { (answer(job, &need).await, need) }).buffer_unordered(AT_ONCE);
        while let Some((answer, need)) = asked.next().await {
            if let Answer::Picture { found, .. } = &answer {
                gathered.held.push(hold(&job.center, found.bytes.len())?);
            }
            round.push((need, answer));
        }
        drop(asked);
        let over = round.is_empty();
        // Reading an SVG, and hashing large pictures, takes longer than a request may keep others waiting.
        let own = job.clone();
        (gathered, left) = off(job, move || {
            round.into_iter().for_each(|(need, answer)| gathered.take(&need, answer, &mut left));
            if over {
                gathered.key = own.plan.resources_key(&gathered.resources).bytes();
            }
            (gathered, left)
        })
        .await?;
        if over {
            return Ok(gathered);
        }
    }
}

/// Does something on a thread that may take its time.
async fn off<T: Send + 'static>(job: &Job, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(template = job.template, %error, "pictures could not be read");
        Failure::bug()
    })
}

/// Answers the needs of models whose pictures are there, all at the same time.
async fn generated_round(job: &Arc<Job>, mut gathered: Gathered, needs: Vec<Need>, deadline: Instant) -> Result<Gathered, Failure> {
    let own = job.clone();
    let (mut gathered, jobs) = off(job, move || {
        let mut jobs = Vec::new();
        for need in needs {
            match own.loaded.renderer.job(&own.plan, need.id(), &gathered.resources) {
                Ok(made) => jobs.push((need, made)),
                Err(error) => gathered.not_made(&need, error.faults().first()),
            }
        }
        (gathered, jobs)
    })
    .await?;
    let asked = jobs.iter().map(|(_, made)| generate::made(&job.center, job.lane, made, deadline));
    let made = futures_util::future::join_all(asked).await;
    let mut answers = Vec::new();
    for ((need, _), made) in jobs.into_iter().zip(made) {
        match made {
            Ok(bytes) => {
                gathered.held.push(hold(&job.center, bytes.len())?);
                answers.push((need, bytes));
            }
            Err(NotMade::Failed(fault)) => {
                if draw::is_damage(fault.code) {
                    reject(job, &need, &fault).await;
                }
                gathered.not_made(&need, Some(&fault));
            }
            Err(NotMade::Refused(failure)) => return Err(failure),
        }
    }
    off(job, move || {
        for (need, bytes) in answers {
            if let Err(error) = gathered.resources.insert(need.id(), bytes.as_ref()) {
                gathered.not_made(&need, error.faults().first());
            }
        }
        gathered
    })
    .await
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
    Picture {
        found: Found,
        place: String,
    },
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
    let place = format!("resource {url}");
    match found {
        Ok(found) => Answer::Picture { found, place },
        Err(why) => Answer::Missing(Missed { place, why: Why::Refused(why) }),
    }
}

/// Takes a photo out of the cache that turned out to be damaged when a model was to look at it: its origin is asked again.
async fn reject(job: &Job, need: &Need, fault: &Fault) {
    let NeedSource::Generated { of, .. } = need.source() else { return };
    let photo = job.plan.needs().find(|need| matches!(need.source(), NeedSource::Location(location) if location == of));
    if let Some(url) = photo.and_then(|photo| job.places.get(&photo.id())) {
        job.center.pictures.reject(url, &job.policy, fault).await;
    }
}

impl Gathered {
    fn take(&mut self, need: &Need, answer: Answer, left: &mut usize) {
        let (bytes, place): (Arc<[u8]>, _) = match answer {
            Answer::NotAsked => return self.resources.fail(need.id(), "not asked for"),
            Answer::Missing(missed) => {
                self.resources.fail(need.id(), missed.sentence());
                return self.missed.push(missed);
            }
            Answer::Picture { found, place } => {
                self.immutable &= found.immutable;
                self.old |= matches!(found.state, State::Stale);
                match left.checked_sub(found.bytes.len()) {
                    Some(rest) => *left = rest,
                    None => {
                        let why = Why::Refused(Refusal::TooLarge { bytes: None, limit: *left });
                        let missed = Missed { place, why };
                        self.resources.fail(need.id(), missed.sentence());
                        return self.missed.push(missed);
                    }
                }
                (found.bytes.as_ref().into(), place)
            }
        };
        if let Err(error) = self.resources.insert(need.id(), bytes)
            && let Some(fault) = error.faults().first()
        {
            self.missed.push(Missed { place, why: Why::Unreadable(fault.clone()) });
        }
    }

    /// A model's answer that is not there.
    fn not_made(&mut self, need: &Need, fault: Option<&Fault>) {
        let NeedSource::Generated { model, .. } = need.source() else { return };
        let place = format!("model {model}");
        let bug = || Fault::new(Code::Bug, place.clone(), "a failure must have a fault, found none");
        let fault = fault.cloned().unwrap_or_else(bug);
        self.resources.fail(need.id(), &fault.message);
        self.missed.push(Missed { place, why: Why::NotMade(fault) });
    }

    /// Whether all that should be there is, and is new.
    pub(super) fn whole(&self) -> bool {
        self.complete() && !self.old
    }

    /// Whether all is there that will ever be: a picture without a face never has one.
    pub(super) fn complete(&self) -> bool {
        self.missed.iter().all(|missed| matches!(&missed.why, Why::NotMade(fault) if fault.code == Code::FaceMissing))
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
            Why::Unreadable(fault) | Why::NotMade(fault) => fault.message.clone(),
        }
    }

    fn transient(&self) -> bool {
        match &self.why {
            // An origin that sends something else in a picture's place may come to its senses.
            Why::Refused(Refusal::NoPicture(fault)) => fault.code != Code::ResourceLimit,
            Why::Refused(refusal) => refusal.is_transient(),
            Why::Unreadable(fault) => fault.code != Code::ResourceLimit,
            Why::NotMade(fault) => generate::may_pass(fault),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match &self.why {
            Why::Refused(refusal) => refusal.retry_after(),
            Why::Unreadable(_) | Why::NotMade(_) => None,
        }
    }

    fn fault(&self) -> Fault {
        let code = match &self.why {
            Why::Refused(refusal) if refusal.is_too_large() => Code::ResourceLimit,
            Why::Refused(Refusal::NoPicture(fault)) => fault.code,
            Why::Refused(_) => Code::MissingResource,
            Why::Unreadable(fault) | Why::NotMade(fault) => fault.code,
        };
        Fault::new(code, self.place.clone(), self.sentence())
    }

    fn status(&self) -> StatusCode {
        match &self.why {
            Why::Refused(Refusal::Late(_) | Refusal::NoConnection(_)) => StatusCode::GATEWAY_TIMEOUT,
            Why::Refused(Refusal::Busy { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            Why::NotMade(fault) => StatusCode::from_u16(fault.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            _ if self.fault().code == Code::ResourceLimit => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}
