//! The service: a URL comes in, its picture goes out.
//!
//! ```text
//! mod      a request's way in and out: method, path, name, panic      center    what all requests share
//! job      signature, template, rate, plan                            flow      stored answer, flight, old answer, fallback
//! gather   needs                                                      draw      pixels, on the pool
//! generate what models make, on threads of their own
//! answer   pictures and failures as HTTP                              headers   validators, lifetimes, names of requests
//! store    stored answers and their age                               journal   a line of the log
//! govern   rates, slow templates, in flight                           interest  who still waits
//! ```
//!
//! Nothing here waits on a thread: plans are made where the request is (they take tens of microseconds), pixels on the pool.

mod answer;
mod center;
mod draw;
mod flow;
mod gather;
mod generate;
mod govern;
mod headers;
mod interest;
mod job;
mod journal;
mod store;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::any;
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use crate::config::Config;
use crate::error::{Failure, Refused};
use crate::metrics::{self, number};
pub(crate) use center::Center;
pub use center::StartError;
use journal::Journal;

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

impl Service {
    /// Loads the templates, opens the caches and starts the threads.
    ///
    /// ```
    /// # use templrender_host::{Config, Service};
    /// let keys = core_::Keyring::parse("2026-11 an-example-secret-that-everybody-knows")?;
    /// let service = Service::new(Config { keys: Some(keys), ..Config::new("../../templates") })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`StartError`] tells them all.
    pub fn new(config: Config) -> Result<Self, StartError> {
        Ok(Self { center: Arc::new(Center::new(config)?) })
    }

    /// Everything that this service answers, to be served or nested in another router.
    ///
    /// Nested at `/pictures`, a URL is `/pictures/{tenant}/{template}.{ext}?...`: what is signed, and what keys of caches are made of, is the path
    /// after the mount.
    ///
    /// ```
    /// use axum::{Router, body::Body};
    /// use http::Request;
    /// use templrender_host::{Config, Service};
    /// use tower::ServiceExt;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let service = Service::new(Config { unsigned: true, ..Config::new("../../templates") })?;
    /// let app = Router::new().nest("/pictures", service.into_router());
    /// let asked = Request::get("/pictures/shop/og-card.png?title=Hello&author=Me").body(Body::empty())?;
    /// assert_eq!(app.oneshot(asked).await?.headers()["content-type"], "image/png");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_router(self) -> Router {
        Router::new().route("/healthz", any(healthz)).route("/metrics", any(tell_metrics)).fallback(picture).with_state(self.center)
    }

    /// From now on `/healthz` says 503, so that whoever sends requests here looks for another place. Requests are still answered.
    ///
    /// ```
    /// # use templrender_host::{Config, Service};
    /// let service = Service::new(Config { unsigned: true, ..Config::new("../../templates") })?;
    /// service.drain();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain(&self) {
        self.center.draining.store(true, Ordering::Release);
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
    metrics.models_waiting.set(number(center.generation.waiting()));
    let stats = center.cache.stats();
    metrics.kept("memory", stats.memory_entries, stats.memory_bytes);
    metrics.kept("disk", stats.disk_entries, stats.disk_bytes);
    metrics.compiled(&center.compiled.stats());
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
