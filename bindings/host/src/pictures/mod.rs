//! The origins' pictures: each fetched once however many ask for it, kept while it is fresh, asked for again with its validators when it is not,
//! and let stand in while its origin fails.
//!
//! A URL and the policy it was checked by come in, bytes with their hash go out. `stored` is what is kept and for how long it is fresh, `origins`
//! how hard an origin is asked. What is no picture is found out before it is kept, so that an origin's error page with status 200 does not take a good picture's place.
//!
//! What failed is remembered for a short while with its reason: the next asker is told the same without a fetch. The policy is part of what
//! a picture is kept under, since a redirect that one tenant may follow another may not.

mod options;
mod origins;
mod stored;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use core_::{Code, Fault, OriginPolicy, PictureUrl, Resources};
use tokio::time::Instant;

use crate::cache::Cache;
use crate::fetch::{Fetched, Fetcher, Refusal};
use crate::flight::Flight;
pub use options::PicturesOptions;
use origins::Origins;
use stored::Stored;

/// Failures that are remembered; the least asked for are forgotten first.
const MAX_FAILURES: u64 = 50_000;

/// What one asks for.
///
/// ```
/// use templrender_host::Demand;
/// assert_ne!(Demand::Fresh, Demand::StaleOk);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// A picture that is fresh, or that its origin has just confirmed.
    Fresh,
    /// One that was fresh will do at once; it is asked for again in the background.
    StaleOk,
}

/// How a picture was come by.
///
/// ```
/// use std::time::Duration;
/// use templrender_host::State;
/// /// What a fetch took, where there was one: what the governor of slow templates is told.
/// fn fetch_took(state: State) -> Option<Duration> {
///     match state {
///         State::Hit | State::Stale => None,
///         State::Miss(took) | State::Revalidated(took) => Some(took),
///     }
/// }
/// assert_eq!(fetch_took(State::Hit), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was kept, and is fresh.
    Hit,
    /// It was kept, and is not fresh.
    Stale,
    /// It was fetched, in this time.
    Miss(Duration),
    /// It was kept, and its origin said in this time that it is the same.
    Revalidated(Duration),
}

/// A picture.
///
/// ```
/// use templrender_host::{Found, State};
/// /// Whether an answer that is made of it may say that it holds for long.
/// fn settled(found: &Found) -> bool {
///     found.state != State::Stale
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The bytes; recognised as a picture, not decoded.
    pub bytes: Bytes,
    /// BLAKE3 of the bytes.
    pub hash: [u8; 32],
    /// How it was come by.
    pub state: State,
    /// Whether it never changes at this URL: the origin or the options say so.
    pub immutable: bool,
    /// For how long it will not be asked for again.
    pub fresh_for: Duration,
}

/// The origins' pictures. Clones share all.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use core_ as templrender;
/// use templrender::OriginPolicy;
/// use templrender_host::{Cache, CacheOptions, Demand, FetchOptions, Fetcher, Pictures, PicturesOptions};
/// let cache = Cache::open(CacheOptions::default())?;
/// let pictures = Pictures::new(PicturesOptions::default(), Fetcher::new(FetchOptions::default()), cache);
/// let policy = OriginPolicy::any();
/// let url = policy.check("http://localhost/photo.jpg")?;
/// let refusal = pictures.get(&url, &policy, Demand::Fresh).await.unwrap_err();
/// assert_eq!(refusal.to_string(), "the host has a private address, which needs --allow-private");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Pictures {
    inner: Arc<Inner>,
}

struct Inner {
    options: PicturesOptions,
    fetcher: Fetcher,
    cache: Cache,
    flight: Flight<[u8; 32], Result<Found, Refusal>>,
    failures: moka::sync::Cache<[u8; 32], Failed>,
    origins: Origins,
}

/// What is remembered of a fetch that brought no picture.
#[derive(Debug, Clone)]
struct Failed {
    refusal: Refusal,
    at_ms: u64,
    lasts: Duration,
}

impl Pictures {
    /// Pictures that `fetcher` brings and `cache` keeps.
    pub fn new(options: PicturesOptions, fetcher: Fetcher, cache: Cache) -> Self {
        let failures = moka::sync::Cache::new(MAX_FAILURES);
        let origins = Origins::new(options.max_fetches);
        Self { inner: Arc::new(Inner { options, fetcher, cache, flight: Flight::new(), failures, origins }) }
    }

    /// The picture at a URL.
    ///
    /// A fetch goes on although its asker goes away, for it is kept.
    ///
    /// # Errors
    /// Why there is none, and none that may stand in.
    pub async fn get(&self, url: &PictureUrl, policy: &OriginPolicy, demand: Demand) -> Result<Found, Refusal> {
        let inner = &self.inner;
        let key = key(url, policy);
        let stored = inner.stored(&key, url).await;
        let now_ms = inner.options.clock.now_ms();
        if let Some(stored) = &stored
            && !stored.fresh_for(&inner.options, now_ms).is_zero()
        {
            return Ok(inner.found(stored, State::Hit, now_ms));
        }
        let kept = stored.filter(|stored| stored.may_stand_in(&inner.options, now_ms));
        if let Some(refusal) = inner.failed(&key, now_ms) {
            return inner.stand_in(kept.as_ref(), refusal);
        }
        if demand == Demand::StaleOk
            && let Some(kept) = &kept
        {
            let (all, url, policy) = (self.clone(), url.clone(), policy.clone());
            // What fails is remembered with its reason, for whoever asks next.
            drop(tokio::spawn(async move { all.fetch(key, &url, &policy).await.map(drop) }));
            return Ok(inner.found(kept, State::Stale, now_ms));
        }
        match self.fetch(key, url, policy).await {
            Ok(found) => Ok(found),
            Err(refusal) => inner.stand_in(kept.as_ref(), refusal),
        }
    }

    /// Says that a picture, though it was recognised as one, cannot be drawn: it is not handed out again, and not fetched again before the time of
    /// failures is over.
    pub async fn reject(&self, url: &PictureUrl, policy: &OriginPolicy, fault: &Fault) {
        let key = key(url, policy);
        self.inner.cache.put(key, stored::withdrawn()).await;
        self.inner.remember(key, &Refusal::NoPicture(fault.clone()));
    }

    /// One fetch, however many ask.
    async fn fetch(&self, key: [u8; 32], url: &PictureUrl, policy: &OriginPolicy) -> Result<Found, Refusal> {
        let answer = self.inner.flight.run(key, || {
            let (inner, url, policy) = (self.inner.clone(), url.clone(), policy.clone());
            async move { inner.renew(key, &url, &policy).await }
        });
        answer.await.unwrap_or_else(|lost| Err(Refusal::Connection(format!("the fetch was lost: {lost}"))))
    }
}

impl Inner {
    async fn stored(&self, key: &[u8; 32], url: &PictureUrl) -> Option<Stored> {
        let stored = Stored::of_entry(&*self.cache.get(key).await?)?;
        Some(self.declared(stored, url))
    }

    /// With what the options say of the URL.
    fn declared(&self, stored: Stored, url: &PictureUrl) -> Stored {
        let immutable = self.options.immutable.iter().any(|beginning| url.as_str().starts_with(beginning));
        if immutable { stored.immutable() } else { stored }
    }

    fn found(&self, stored: &Stored, state: State, now_ms: u64) -> Found {
        Found {
            bytes: stored.bytes.clone(),
            hash: stored.hash,
            state,
            immutable: stored.freshness.immutable,
            fresh_for: stored.fresh_for(&self.options, now_ms),
        }
    }

    /// The kept picture in place of a failure, unless the origin said that there is none.
    fn stand_in(&self, kept: Option<&Stored>, refusal: Refusal) -> Result<Found, Refusal> {
        let origin_fails = refusal.is_transient() || matches!(refusal, Refusal::NoPicture(_) | Refusal::Tls(_));
        match kept {
            Some(kept) if origin_fails => Ok(self.found(kept, State::Stale, self.options.clock.now_ms())),
            _ => Err(refusal),
        }
    }

    /// Why this was not to be had a moment ago.
    fn failed(&self, key: &[u8; 32], now_ms: u64) -> Option<Refusal> {
        let failed = self.failures.get(key)?;
        let age = Duration::from_millis(now_ms.checked_sub(failed.at_ms)?);
        (age < failed.lasts).then_some(failed.refusal)
    }

    fn remember(&self, key: [u8; 32], refusal: &Refusal) {
        let lasts = match refusal {
            // Nothing was asked, so nothing is known.
            Refusal::Busy { .. } => return,
            Refusal::Status { status: 404 | 410, .. } => self.options.gone_for,
            _ => self.options.failed_for,
        };
        self.failures.insert(key, Failed { refusal: refusal.clone(), at_ms: self.options.clock.now_ms(), lasts });
    }

    /// Asks the origin.
    async fn renew(&self, key: [u8; 32], url: &PictureUrl, policy: &OriginPolicy) -> Result<Found, Refusal> {
        // Another flight may have landed between the asker's look and this one.
        let stored = self.stored(&key, url).await;
        let now_ms = self.options.clock.now_ms();
        if let Some(stored) = &stored
            && !stored.fresh_for(&self.options, now_ms).is_zero()
        {
            return Ok(self.found(stored, State::Hit, now_ms));
        }
        if let Some(refusal) = self.failed(&key, now_ms) {
            return Err(refusal);
        }
        let answer = self.ask(url, policy, stored).await;
        match &answer {
            Ok((new, state)) => tracing::debug!(%url, ?state, bytes = new.bytes.len(), "picture"),
            Err(refusal) => tracing::debug!(%url, %refusal, "no picture"),
        }
        match &answer {
            Ok((new, _)) if new.freshness.no_store => {}
            Ok((new, _)) => self.cache.put(key, new.to_entry()).await,
            Err(refusal) => {
                self.remember(key, refusal);
                if let Refusal::Status { status: 429 | 503, retry_after: Some(wait) } = refusal {
                    self.origins.close(url.origin(), *wait, &self.options);
                }
            }
        }
        answer.map(|(new, state)| self.found(&new, state, self.options.clock.now_ms()))
    }

    async fn ask(&self, url: &PictureUrl, policy: &OriginPolicy, stored: Option<Stored>) -> Result<(Stored, State), Refusal> {
        let started = Instant::now();
        let _turn = self.origins.enter(url.origin(), &self.options).await?;
        let known = stored.as_ref().map(|stored| &stored.validators).filter(|known| !known.is_empty());
        let fetched = self.fetcher.get(url, policy, known).await?;
        let now_ms = self.options.clock.now_ms();
        let (stored, state) = match (fetched, stored) {
            (Fetched::Picture { bytes, validators, freshness }, _) => {
                self.recognise(&bytes).await?;
                (Stored::new(bytes, validators, freshness, now_ms), State::Miss(started.elapsed()))
            }
            (Fetched::Unchanged { freshness }, Some(stored)) => {
                (stored.confirmed(freshness, now_ms), State::Revalidated(started.elapsed()))
            }
            // Not without having asked for it.
            (Fetched::Unchanged { .. }, None) => return Err(Refusal::Status { status: 304, retry_after: None }),
        };
        Ok((self.declared(stored, url), state))
    }

    /// Whether bytes are a picture; off the threads that carry the network, for some kinds are parsed whole.
    async fn recognise(&self, bytes: &Bytes) -> Result<(), Refusal> {
        let (bytes, limits) = (bytes.clone(), self.options.limits.clone());
        let probed = tokio::task::spawn_blocking(move || Resources::probe(&bytes, &limits)).await;
        let unread = || Fault::new(Code::DamagedResource, "", "the picture cannot be read");
        let found = |error: core_::Error| error.faults().first().cloned().unwrap_or_else(unread);
        probed.map_err(|_| Refusal::NoPicture(unread()))?.map_err(|error| Refusal::NoPicture(found(error)))
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pictures").field("options", &self.options).field("under_way", &self.flight.len()).finish_non_exhaustive()
    }
}

/// What a picture is kept under: its URL, and the policy that its redirects passed.
fn key(url: &PictureUrl, policy: &OriginPolicy) -> [u8; 32] {
    let mut name = Name(Vec::new());
    policy.hash(&mut name);
    name.0.extend_from_slice(url.as_str().as_bytes());
    blake3::derive_key("templrender 2026 picture of an origin", &name.0)
}

/// Takes in what derived `Hash` says of a policy.
struct Name(Vec<u8>);

impl Hasher for Name {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}
