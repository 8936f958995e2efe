//! The service: a URL comes in, its picture goes out.
//!
//! ```text
//! mod      a request's way in and out: method, path, name, panic, log        headers  validators, lifetimes, names of requests
//! flow     signature, rate, template, plan, stored answer, flight, fallback  answer   pictures and failures as HTTP
//! draw     needs, pool, pixels                                               store    stored answers and their age
//! govern   rates, slow templates, in flight                                  interest who still waits
//! ```
//!
//! Nothing here waits on a thread: plans are made where the request is (they take tens of microseconds), pixels on the pool.

mod answer;
mod draw;
mod flow;
mod govern;
mod headers;
mod interest;
mod journal;
mod store;

use std::collections::{BTreeMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::any;
use core_::OriginPolicy;
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tokio::sync::Semaphore;

use crate::cache::{Cache, CacheOptions, DiskOptions};
use crate::config::Config;
use crate::error::{Failure, Refused};
use crate::fetch::{FetchOptions, Fetcher};
use crate::flight::Flight;
use crate::folder::FolderError;
use crate::metrics::{self, Metrics, number};
use crate::pictures::{Pictures, PicturesOptions};
use crate::pool::{Pool, PoolOptions};
use crate::templates::Templates;
use flow::Ended;
use govern::{InFlight, Slow, Tenants};
use headers::RequestIds;
use interest::Interests;
use journal::Journal;
use store::{Ages, Name, Store};

/// Why a service cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A service without keys has to be wanted: anybody could have it draw anything.
    #[error("requests must be signed with a key, or be allowed without a signature, found neither")]
    Unsigned,
    /// The folder of templates, or a folder of fonts.
    #[error(transparent)]
    Templates(#[from] FolderError),
    /// A pattern of a host that pictures may come from.
    #[error("{place}: {error}")]
    Origins {
        /// Whose.
        place: String,
        /// What is wrong with it.
        error: core_::Error,
    },
    /// The folder of the caches.
    #[error("{}: {error}", folder.display())]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The system gives no threads.
    #[error("threads: {0}")]
    Threads(std::io::Error),
}

/// Pictures by URL: templates, caches, governors and threads behind one router. Clones share them.
///
/// ```no_run
/// use templrender_host::{Config, Service};
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let service = Service::new(Config { unsigned: true, ..Config::new("templates") })?;
/// let app = axum::Router::new().nest("/pictures", service.into_router());
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// axum::serve(listener, app).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Service {
    pub(crate) center: Arc<Center>,
}

/// What all requests share.
pub(crate) struct Center {
    pub(crate) config: Config,
    pub(crate) metrics: Metrics,
    pub(crate) draining: AtomicBool,
    policies: Policies,
    templates: Arc<Templates>,
    pictures: Pictures,
    cache: Cache,
    store: Store,
    pool: Pool,
    flight: Flight<Name, Ended>,
    interests: Arc<Interests>,
    renewing: Mutex<HashSet<Name>>,
    tenants: Tenants,
    slow: Arc<Slow>,
    /// KiB of pictures that requests hold until they are drawn.
    held: Arc<Semaphore>,
    in_flight: Arc<InFlight>,
    ids: RequestIds,
    /// When templates were last compared with their files, and whether that is under way.
    refreshed_ms: AtomicU64,
    refreshing: AtomicBool,
}

/// Where pictures may come from.
struct Policies {
    all: Arc<OriginPolicy>,
    own: BTreeMap<String, Arc<OriginPolicy>>,
}

impl Policies {
    fn new(config: &Config) -> Result<Self, StartError> {
        let policy = |place: &str, hosts: &[String]| {
            let policy = if hosts.is_empty() { Ok(OriginPolicy::any()) } else { OriginPolicy::allow(hosts) };
            let policy = policy.map_err(|error| StartError::Origins { place: place.to_owned(), error })?;
            Ok::<_, StartError>(Arc::new(if config.allow_private { policy.with_ip_literals() } else { policy }))
        };
        let own = config.tenants.iter().filter_map(|(name, tenant)| Some((name, tenant.allow_hosts.as_ref()?)));
        let own =
            own.map(|(name, hosts)| Ok((name.clone(), policy(&format!("tenant {name}"), hosts)?))).collect::<Result<_, StartError>>()?;
        Ok(Self { all: policy("allowed hosts", &config.allow_hosts)?, own })
    }

    fn of(&self, tenant: &str) -> Arc<OriginPolicy> {
        self.own.get(tenant).unwrap_or(&self.all).clone()
    }
}

impl Service {
    /// Loads the templates, opens the caches and starts the threads.
    ///
    /// # Errors
    /// [`StartError`] tells them all.
    pub fn new(config: Config) -> Result<Self, StartError> {
        if !config.unsigned && config.keys.as_ref().is_none_or(core_::Keyring::is_empty) {
            return Err(StartError::Unsigned);
        }
        let policies = Policies::new(&config)?;
        let templates = Arc::new(Templates::open(&config.templates, &config.fonts)?);
        let disk = config.cache_folder.clone().map(|folder| DiskOptions { folder, bytes: config.cache_disk_bytes });
        let place = config.cache_folder.clone().unwrap_or_default();
        let cache = Cache::open(CacheOptions { memory_bytes: config.cache_memory_bytes, disk });
        let cache = cache.map_err(|error| StartError::Cache { folder: place, error })?;
        let fetcher = Fetcher::new(FetchOptions {
            timeout: config.fetch_timeout,
            max_bytes: config.max_picture_bytes,
            allow_private: config.allow_private,
            ..FetchOptions::default()
        });
        let options = PicturesOptions {
            stale_if_error: config.stale_if_error,
            immutable: config.immutable.clone(),
            limits: core_::Limits { max_input_bytes: config.max_picture_bytes, ..core_::Limits::default() },
            clock: config.clock.clone(),
            ..PicturesOptions::default()
        };
        let pictures = Pictures::new(options, fetcher, cache.clone());
        let pool = Pool::new(PoolOptions { threads: config.render_threads, queue: config.render_queue }).map_err(StartError::Threads)?;
        let now_ms = config.clock.now_ms();
        let center = Center {
            metrics: Metrics::new(),
            draining: AtomicBool::new(false),
            policies,
            templates,
            pictures,
            store: Store::new(cache.clone()),
            cache,
            pool,
            flight: Flight::new(),
            interests: Arc::default(),
            renewing: Mutex::default(),
            tenants: Tenants::new(&config),
            slow: Arc::new(Slow::new(&config)),
            held: Arc::new(Semaphore::new((config.max_held_bytes / 1_024).min(Semaphore::MAX_PERMITS))),
            in_flight: Arc::default(),
            ids: RequestIds::new(now_ms),
            refreshed_ms: AtomicU64::new(now_ms),
            refreshing: AtomicBool::new(false),
            config,
        };
        for fault in center.templates.refused() {
            tracing::warn!(place = fault.place, reason = fault.reason, "template refused");
        }
        center.count_templates();
        Ok(Self { center: Arc::new(center) })
    }

    /// Everything that this service answers, to be served or nested in another router.
    ///
    /// Nested at `/pictures`, a URL is `/pictures/{tenant}/{template}.{ext}?...`: what is signed, and what keys of caches are made of, is the path
    /// after the mount.
    pub fn into_router(self) -> Router {
        Router::new().route("/healthz", any(healthz)).route("/metrics", any(tell_metrics)).fallback(picture).with_state(self.center)
    }

    /// From now on `/healthz` says 503, so that whoever sends requests here looks for another place. Requests are still answered.
    pub fn drain(&self) {
        self.center.draining.store(true, Ordering::Release);
    }
}

impl Center {
    fn ages(&self) -> Ages {
        let config = &self.config;
        Ages { fresh: config.fresh_for, while_revalidate: config.stale_while_revalidate, if_error: config.stale_if_error }
    }

    fn count_templates(&self) {
        self.metrics.templates.set(number(self.templates.list().len()));
        self.metrics.templates_refused.set(number(self.templates.refused().len()));
    }

    /// Waits until what is kept is on disk.
    pub(crate) async fn flush(&self) {
        self.cache.flush().await;
    }

    /// Compares the templates with their files, if that was not done for a while and is not being done. It reads files, on a thread that may
    /// wait for them.
    pub(crate) fn refresh_if_due(self: &Arc<Self>) {
        let now_ms = self.config.clock.now_ms();
        let last = self.refreshed_ms.load(Ordering::Acquire);
        let due = now_ms.abs_diff(last) >= store::millis(self.config.refresh_every);
        if !due || self.refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        let center = self.clone();
        tokio::task::spawn_blocking(move || {
            let done = std::panic::catch_unwind(AssertUnwindSafe(|| center.refresh()));
            if done.is_err() {
                tracing::error!("comparing templates with their files broke");
            }
            center.refreshed_ms.store(center.config.clock.now_ms(), Ordering::Release);
            center.refreshing.store(false, Ordering::Release);
        });
    }

    fn refresh(&self) {
        let refreshed = self.templates.refresh();
        if refreshed.is_empty() {
            return;
        }
        for loaded in &refreshed.loaded {
            tracing::info!(template = %loaded.name, version = loaded.version, "template loaded");
        }
        for name in &refreshed.dropped {
            tracing::info!(template = %name, "template dropped");
        }
        for fault in &refreshed.refused {
            tracing::warn!(place = fault.place, reason = fault.reason, "template refused, what was loaded before stays");
        }
        self.metrics.reloaded("loaded", refreshed.loaded.len());
        self.metrics.reloaded("dropped", refreshed.dropped.len());
        self.metrics.reloaded("refused", refreshed.refused.len());
        self.count_templates();
    }
}

/// Whether requests should be sent here.
async fn healthz(State(center): State<Arc<Center>>, request: Request<Body>) -> Response<Body> {
    if let Some(refused) = wrong_method(&center, &request) {
        return refused;
    }
    let (status, text) = match center.draining.load(Ordering::Acquire) {
        false => (StatusCode::OK, "ok\n"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
    };
    plain(status, "text/plain; charset=utf-8", text.to_owned(), &request)
}

/// What was counted so far.
async fn tell_metrics(State(center): State<Arc<Center>>, request: Request<Body>) -> Response<Body> {
    if let Some(refused) = wrong_method(&center, &request) {
        return refused;
    }
    let metrics = &center.metrics;
    metrics.in_flight.set(number(center.in_flight.now()));
    metrics.waiting.set(number(center.pool.stats().waiting));
    let stats = center.cache.stats();
    metrics.kept("memory", stats.memory_entries, stats.memory_bytes);
    metrics.kept("disk", stats.disk_entries, stats.disk_bytes);
    plain(StatusCode::OK, metrics::CONTENT_TYPE, metrics.text(), &request)
}

fn plain(status: StatusCode, media_type: &'static str, text: String, request: &Request<Body>) -> Response<Body> {
    let length = text.len();
    let mut response = Response::new(if request.method() == Method::HEAD { Body::empty() } else { Body::from(text) });
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn bad_method(method: &Method) -> Option<Failure> {
    let known = method == Method::GET || method == Method::HEAD;
    (!known).then(|| Failure::new(Refused::BadMethod, "", "the method must be GET or HEAD"))
}

fn wrong_method(center: &Center, request: &Request<Body>) -> Option<Response<Body>> {
    let failure = bad_method(request.method())?;
    Some(answer::refuse(&failure, &center.ids.of(request.headers()), center.config.short_age, false))
}

/// Any other path: a picture, or the reason why not.
async fn picture(State(center): State<Arc<Center>>, request: Request<Body>) -> Response<Body> {
    let (request, _) = request.into_parts();
    let id = center.ids.of(&request.headers);
    let head = request.method == Method::HEAD;
    let short = center.config.short_age;
    let mut journal = Journal::start(center.clone(), &request.method, &id);
    let broken = AssertUnwindSafe(way(&center, &request, &mut journal)).catch_unwind().await;
    let done = broken.unwrap_or_else(|panic| {
        tracing::error!(request_id = id, panic = crate::flight::said(panic.as_ref()), "a request broke");
        Err(Failure::bug())
    });
    let response = match done {
        Ok(answer) => {
            journal.answered(&answer);
            answer.response(&id, head)
        }
        Err(failure) => {
            journal.failed(&failure);
            answer::refuse(&failure, &id, short, head)
        }
    };
    journal.end(&response);
    response
}

/// The way of a request that the machine has room for.
async fn way(center: &Arc<Center>, request: &Parts, journal: &mut Journal) -> Result<answer::Answer, Failure> {
    if let Some(failure) = bad_method(&request.method) {
        return Err(failure);
    }
    center.refresh_if_due();
    let most = center.config.max_in_flight;
    let Some(_flying) = center.in_flight.enter(most) else {
        center.metrics.shed("in-flight");
        let message = format!("at most {most} requests are answered at the same time, all places are taken");
        return Err(Failure::new(Refused::Overloaded, "", message).retry_after(Duration::from_secs(1)));
    };
    flow::answer(center, request, journal).await
}

/// A request, or a drawing, that took too long.
fn late(config: &Config) -> Failure {
    Failure::new(Refused::Deadline, "", format!("a picture must be there within {} s, found it was not", config.deadline.as_secs_f64()))
}
