//! The router behind a listener: connections that nobody can hold open for nothing, and an end that cuts nothing off.
//!
//! HTTP/1.1 in the clear: TLS and HTTP/2 are the business of the proxy before it. Accepted sockets send at once (TCP_NODELAY). There are at most
//! so many of them, and each is given up when a head, the next request or the client's reading takes too long.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::config::Config;
use crate::patience::{Patience, Watched};
use crate::service::{Center, Service};

/// Most bytes of a request's head, and most of its fields.
const MAX_HEAD_BYTES: usize = 16 << 10;
const MAX_FIELDS: usize = 64;
/// How long nothing is accepted after the system refused to (as when no descriptor is free).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long the caches may take to be written at the end.
const FLUSH: Duration = Duration::from_secs(5);

impl Service {
    /// Serves until `shutdown` ends, and then as long as requests take that have begun.
    ///
    /// After the shutdown `/healthz` says 503; the listener stays open for [`Config::drain_delay`] more, so that a balancer finds out; then
    /// requests have [`Config::drain_timeout`] to end.
    ///
    /// ```no_run
    /// use templrender_host::{Config, Service};
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let service = Service::new(Config { unsigned: true, ..Config::new("templates") })?;
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    /// service.serve(listener, async { drop(tokio::signal::ctrl_c().await) }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Requests that were cut off at the end of [`Config::drain_timeout`].
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let center = self.center.clone();
        let config = &center.config;
        let most = config.max_connections.clamp(1, Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(most));
        let (end, ending) = watch::channel(Phase::Serving);
        let server = Server { center: center.clone(), router: self.clone().into_router(), places, ending };
        let refreshing = tokio::spawn(refresh(center.clone()));
        let drained = async {
            shutdown.await;
            self.drain();
            tracing::info!("draining");
            sleep(config.drain_delay).await;
        };
        tokio::select! {
            () = server.accept(&listener) => {}
            () = drained => {}
        }
        drop(listener);
        end.send_replace(Phase::Ending);
        refreshing.abort();
        let ended = timeout(config.drain_timeout, server.places.acquire_many(u32::try_from(most).unwrap_or(u32::MAX))).await;
        // A disk that hangs does not hold the end up.
        let _ = timeout(FLUSH, center.flush()).await;
        match ended {
            Ok(_) => Ok(()),
            Err(_) => {
                end.send_replace(Phase::Over);
                let left = most.saturating_sub(server.places.available_permits());
                Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("{left} connections were cut off after {} s", config.drain_timeout.as_secs_f64()),
                ))
            }
        }
    }
}

/// Looks at the templates now and then, so that changes are loaded and told before somebody asks.
async fn refresh(center: Arc<Center>) {
    loop {
        sleep(center.config.refresh_every.max(Duration::from_millis(10))).await;
        center.refresh_if_due();
    }
}

/// How far a server is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// What has begun may end.
    Ending,
    Over,
}

struct Server {
    center: Arc<Center>,
    router: Router,
    /// One for each connection.
    places: Arc<Semaphore>,
    ending: watch::Receiver<Phase>,
}

impl Server {
    async fn accept(&self, listener: &TcpListener) {
        loop {
            // The semaphore is never closed.
            let Ok(place) = self.places.clone().acquire_owned().await else { return };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let (center, router, ending) = (self.center.clone(), self.router.clone(), self.ending.clone());
            tokio::spawn(async move {
                center.metrics.connections.inc();
                converse(stream, router, &center.config, ending).await;
                center.metrics.connections.dec();
                drop(place);
            });
        }
    }
}

/// One connection, until it ends by itself, by the server's end, or because it took too long.
async fn converse(stream: TcpStream, router: Router, config: &Config, mut ending: watch::Receiver<Phase>) {
    // A socket that refuses this is as good as closed.
    let _ = stream.set_nodelay(true);
    let patience = Patience { head: config.header_timeout, idle: config.keep_alive, write: config.write_timeout };
    let watched = Watched::new(stream);
    let state = watched.state.clone();
    let answer = {
        let state = state.clone();
        service_fn(move |request: Request<Incoming>| {
            let (router, answering) = (router.clone(), state.begin());
            async move {
                let answered: Result<Response<Body>, std::convert::Infallible> = router.oneshot(request.map(Body::new)).await;
                drop(answering);
                answered
            }
        })
    };
    let mut builder = http1::Builder::new();
    builder.header_read_timeout(None).max_buf_size(MAX_HEAD_BYTES).max_headers(MAX_FIELDS).half_close(false);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(watched), answer));
    // A state is looked at so often that it lasts a quarter longer at most.
    let tick = (patience.head.min(patience.idle).min(patience.write) / 4).max(Duration::from_millis(1));
    loop {
        let wait = match patience.over(&state) {
            Ok(wait) => wait,
            Err(why) => {
                tracing::debug!(why, "a connection is closed");
                return;
            }
        };
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            changed = ending.changed() => {
                let over = changed.is_err() || *ending.borrow_and_update() == Phase::Over;
                if over || state.is_idle() {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
            () = sleep(wait.min(tick) + Duration::from_millis(1)) => {}
        }
    }
}
