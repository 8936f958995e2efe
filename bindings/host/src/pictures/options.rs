//! For how long pictures are kept, and how hard their origins are asked.

use std::time::Duration;

use core_::{GateLimits, Limits, Rate};

use crate::clock::Clock;

/// How pictures are kept and asked for.
///
/// ```
/// use std::time::Duration;
/// use templrender_host::PicturesOptions;
/// let options = PicturesOptions { immutable: vec!["https://cdn.example/photos/".into()], ..PicturesOptions::default() };
/// assert_eq!(options.default_fresh, Duration::from_secs(300));
/// ```
#[derive(Debug, Clone)]
pub struct PicturesOptions {
    /// A picture is fresh for at least this, whatever its origin says.
    ///
    /// Default: 10 s.
    pub min_fresh: Duration,
    /// A picture is fresh for at most this, unless its origin calls it immutable.
    ///
    /// Default: 1 day.
    pub max_fresh: Duration,
    /// How long a picture is fresh whose origin says nothing.
    ///
    /// Default: 5 minutes.
    pub default_fresh: Duration,
    /// How long a picture that is no longer fresh may stand in while its origin fails, and for who asks for it with [`Demand::StaleOk`](crate::Demand::StaleOk).
    ///
    /// Default: 1 day.
    pub stale_if_error: Duration,
    /// Beginnings of URLs whose pictures never change: they are fetched once.
    ///
    /// Default: none.
    pub immutable: Vec<String>,
    /// How long a picture that is not there (status 404 or 410) is not asked for again.
    ///
    /// Default: 60 s.
    pub gone_for: Duration,
    /// How long a picture that could not be had is not asked for again.
    ///
    /// Default: 5 s.
    pub failed_for: Duration,
    /// The longest that an origin is left alone because it said `Retry-After`.
    ///
    /// Default: 60 s.
    pub max_retry_after: Duration,
    /// Fetches from one origin at the same time, and those that wait for it.
    ///
    /// Default: 32 and 512.
    pub per_origin: GateLimits,
    /// Fetches from one origin.
    ///
    /// Default: 500 a second, in bursts of 1,000.
    pub per_origin_rate: Rate,
    /// Fetches from all origins at the same time: each may take as many bytes as a picture may have.
    ///
    /// Default: 256.
    pub max_fetches: usize,
    /// The longest that a fetch waits for its turn.
    ///
    /// Default: 5 s.
    pub max_wait: Duration,
    /// What is taken for a picture.
    ///
    /// Default: the core's.
    pub limits: Limits,
    /// The time.
    ///
    /// Default: the system's clock.
    pub clock: Clock,
}

impl Default for PicturesOptions {
    fn default() -> Self {
        Self {
            min_fresh: Duration::from_secs(10),
            max_fresh: Duration::from_secs(86_400),
            default_fresh: Duration::from_secs(300),
            stale_if_error: Duration::from_secs(86_400),
            immutable: Vec::new(),
            gone_for: Duration::from_secs(60),
            failed_for: Duration::from_secs(5),
            max_retry_after: Duration::from_secs(60),
            per_origin: GateLimits { running: 32, waiting: 512 },
            per_origin_rate: Rate { per_second: 500.0, burst: 1_000 },
            max_fetches: 256,
            max_wait: Duration::from_secs(5),
            limits: Limits::default(),
            clock: Clock::default(),
        }
    }
}
