//! What models make for a plan: out of the cache, or by one run for all who ask.
//!
//! ```text
//! job.key() -> kept before: given
//!                         \-> failed a moment ago: failed
//!                          \-> else: one flight for all who ask -> the models' own threads -> kept
//! ```
//!
//! A model that fails costs its layer: the next choice of the template is drawn, and the answer is kept for a moment only. A run for which there is no
//! time costs the request: 503, and when to come back. A picture without its model would be a wrong one, given to everybody as long as it is kept, and the
//! flood that it is drawn in would be the moment at which most are given; who comes back gets the right one, and finds more of them done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use core_::{Code, Error, Fault, Guard, Job};

use super::center::Center;
use super::draw::is_damage;
use super::interest::{Interest, Interests};
use super::late;
use super::store::Name;
use crate::cache::Entry;
use crate::config::Config;
use crate::error::{Failure, Refused};
use crate::flight::Flight;
use crate::metrics::ModelMetrics;
use crate::models::{LaneError, ModelLane, Task};

/// What stands beside a kept answer; counts up when the layout of [`Made::to_bytes`](core_::Made::to_bytes) changes.
const LAYOUT: u8 = 1;
/// How often a flight that somebody else gave up is begun again.
const TRIES: usize = 3;
/// How long a model is not asked again for what it failed on.
const FAILED_FOR: Duration = Duration::from_secs(5);
/// The same of a failure that no other try ends otherwise.
const BROKEN_FOR: Duration = Duration::from_secs(60);
/// Failures that are remembered.
const MAX_FAILED: u64 = 10_000;

/// What all requests share for it.
pub(super) struct Generation {
    lane: ModelLane<Job>,
    flight: Flight<Name, Ended>,
    interests: Arc<Interests>,
    failed: moka::sync::Cache<Name, (Fault, u64)>,
}

/// Why a need of a model has no answer.
pub(super) enum NotMade {
    /// The layer's next choice is drawn.
    Failed(Fault),
    /// The request is refused.
    Refused(Failure),
}

/// What a flight came to.
#[derive(Clone)]
enum Ended {
    Made(Bytes),
    Failed(Fault),
    Refused(LaneError),
    /// Everybody who waited went away.
    GivenUp,
}

impl Task for Job {
    fn model(&self) -> [u8; 32] {
        Self::model(self).identity()
    }

    fn batch(&self) -> usize {
        Self::model(self).manifest().batch()
    }

    fn gmac(&self) -> f64 {
        self.cost().gmac
    }

    fn run_all(tasks: &[Self], guard: &Guard<'_>) -> Vec<Result<Bytes, Error>> {
        Self::run_all(tasks, guard).into_iter().map(|made| made.and_then(|made| made.to_bytes()).map(Bytes::from)).collect()
    }
}

impl Generation {
    pub(super) fn new(config: &Config, metrics: &ModelMetrics) -> std::io::Result<Self> {
        let lane = ModelLane::new(config.model_threads, config.model_queue, metrics.clone())?;
        Ok(Self { lane, flight: Flight::new(), interests: Arc::default(), failed: moka::sync::Cache::new(MAX_FAILED) })
    }

    /// Runs that wait.
    pub(super) fn waiting(&self) -> usize {
        self.lane.waiting()
    }

    fn failed(&self, name: &Name, now_ms: u64) -> Option<Fault> {
        self.failed.get(name).filter(|(_, until_ms)| now_ms < *until_ms).map(|(fault, _)| fault)
    }
}

/// What a job makes, as [`Resources::insert`](core_::Resources::insert) takes it.
pub(super) async fn made(center: &Arc<Center>, lane: u64, job: &Job, deadline: Instant) -> Result<Bytes, NotMade> {
    let (generation, metrics) = (&center.generation, &center.metrics.models);
    let name = name(job);
    if let Some(bytes) = kept(center, &name).await {
        metrics.answered("hit");
        return Ok(bytes);
    }
    if let Some(fault) = generation.failed(&name, center.config.clock.now_ms()) {
        metrics.answered("failed-before");
        return Err(NotMade::Failed(fault));
    }
    for _ in 0..TRIES {
        let asker = generation.interests.enter(name);
        let first = Arc::new(AtomicBool::new(false));
        let begin = || {
            first.store(true, Ordering::Release);
            make(center.clone(), name, lane, job.clone(), deadline, asker.interest.clone())
        };
        let ended = tokio::time::timeout_at(deadline.into(), generation.flight.run(name, begin)).await;
        let collapsed = !first.load(Ordering::Acquire);
        match ended {
            Err(_) => break,
            Ok(Ok(Ended::Made(bytes))) => {
                metrics.answered(if collapsed { "joined" } else { "made" });
                return Ok(bytes);
            }
            Ok(Ok(Ended::Failed(fault))) => {
                metrics.answered("failed");
                return Err(NotMade::Failed(fault));
            }
            // Of one who came earlier and had less time left, or went away.
            Ok(Ok(Ended::Refused(_))) if collapsed => {}
            Ok(Ok(Ended::GivenUp)) => {}
            Ok(Ok(Ended::Refused(why))) => return Err(NotMade::Refused(refused(center, &why))),
            Ok(Err(lost)) => {
                tracing::error!(model = job.model().id(), error = %lost, "a model's flight broke");
                return Err(NotMade::Refused(Failure::bug()));
            }
        }
    }
    Err(NotMade::Refused(late(&center.config)))
}

/// What answers of this key are kept under.
fn name(job: &Job) -> Name {
    let mut hasher = blake3::Hasher::new_derive_key("templrender made 1");
    hasher.update(&job.key().bytes());
    *hasher.finalize().as_bytes()
}

async fn kept(center: &Center, name: &Name) -> Option<Bytes> {
    let entry = center.cache.get(name).await?;
    (entry.meta == [LAYOUT]).then(|| entry.body.clone())
}

/// One run for all who ask, as long as somebody does.
async fn make(center: Arc<Center>, name: Name, lane: u64, job: Job, deadline: Instant, interest: Arc<Interest>) -> Ended {
    // Of a flight that ended while this one was about to begin.
    if let Some(bytes) = kept(&center, &name).await {
        return Ended::Made(bytes);
    }
    let model = job.model().id().to_owned();
    let ran = tokio::select! {
        biased;
        ran = center.generation.lane.run(lane, deadline, job) => ran,
        () = interest.over() => return Ended::GivenUp,
    };
    let error = match ran {
        Ok(bytes) => {
            center.cache.put(name, Entry { meta: vec![LAYOUT], body: bytes.clone() }).await;
            return Ended::Made(bytes);
        }
        Err(LaneError::Failed(error)) => error,
        Err(LaneError::Panicked(panic)) => {
            tracing::error!(model, panic, "a model broke");
            Fault::new(Code::ModelFailed, format!("model {model}"), "the model must answer, found that it broke").into()
        }
        Err(why) => return Ended::Refused(why),
    };
    let fault = match (error.code(), error.faults().first()) {
        (Code::Cancelled, _) => return Ended::GivenUp,
        (Code::DeadlineExceeded, _) | (_, None) => return Ended::Refused(LaneError::Deadline),
        (_, Some(fault)) => fault.clone(),
    };
    tracing::warn!(model, reason = fault.message, "a model failed");
    let lasts = if may_pass(&fault) { FAILED_FOR } else { BROKEN_FOR };
    let until_ms = center.config.clock.now_ms().saturating_add(super::store::millis(lasts));
    center.generation.failed.insert(name, (fault.clone(), until_ms));
    Ended::Failed(fault)
}

/// Whether another try may end otherwise.
pub(super) fn may_pass(fault: &Fault) -> bool {
    fault.code == Code::ModelFailed || is_damage(fault.code)
}

/// What a request is told for which there is no thread in time.
fn refused(center: &Center, why: &LaneError) -> Failure {
    let wait = match why {
        LaneError::Late(late) => *late,
        LaneError::Full => Duration::from_secs(1),
        _ => return late(&center.config),
    };
    center.metrics.shed("models");
    center.metrics.models.answered("shed");
    let message = "a picture that a model makes must be there in time, and too many wait for models already";
    Failure::new(Refused::Overloaded, "", message).retry_after(wait.max(Duration::from_secs(1))).transient()
}
