//! What all requests of a service share: made once, and kept up to date with the files that it was made of.

use std::collections::{BTreeMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use core_::{CompiledCache, OriginPolicy};
use tokio::sync::Semaphore;

use super::flow::Ended;
use super::generate::Generation;
use super::govern::{InFlight, Slow, Tenants};
use super::headers::RequestIds;
use super::interest::Interests;
use super::store::{self, Ages, Name, Store};
use crate::cache::{Cache, CacheOptions, DiskOptions};
use crate::config::Config;
use crate::fetch::{FetchOptions, Fetcher};
use crate::flight::Flight;
use crate::folder::FolderError;
use crate::metrics::{Metrics, number};
use crate::pictures::{Pictures, PicturesOptions};
use crate::pool::{Pool, PoolOptions};
use crate::templates::{Templates, TemplatesOptions};

/// Why a service cannot start.
///
/// ```
/// use templrender_host::{Config, Service, StartError};
/// let refused = Service::new(Config::new("templates")).map(drop).unwrap_err();
/// assert!(matches!(refused, StartError::Unsigned), "{refused}");
/// ```
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

/// What all requests share.
pub(crate) struct Center {
    pub(crate) config: Config,
    pub(crate) metrics: Metrics,
    pub(crate) draining: AtomicBool,
    pub(super) policies: Policies,
    pub(super) templates: Arc<Templates>,
    pub(super) pictures: Pictures,
    pub(super) cache: Cache,
    pub(super) store: Store,
    pub(super) pool: Pool,
    /// What drawings are begun with.
    pub(super) compiled: CompiledCache,
    pub(super) flight: Flight<Name, Ended>,
    pub(super) interests: Arc<Interests>,
    pub(super) generation: Generation,
    pub(super) renewing: Mutex<HashSet<Name>>,
    pub(super) tenants: Tenants,
    pub(super) slow: Arc<Slow>,
    /// KiB of pictures that requests hold until they are drawn.
    pub(super) held: Arc<Semaphore>,
    pub(super) in_flight: Arc<InFlight>,
    pub(super) ids: RequestIds,
    /// When templates were last compared with their files, and whether that is under way.
    refreshed_ms: AtomicU64,
    refreshing: AtomicBool,
}

/// Where pictures may come from.
pub(super) struct Policies {
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

    pub(super) fn of(&self, tenant: &str) -> Arc<OriginPolicy> {
        self.own.get(tenant).unwrap_or(&self.all).clone()
    }
}

impl Center {
    pub(super) fn new(config: Config) -> Result<Self, StartError> {
        if !config.unsigned && config.keys.as_ref().is_none_or(core_::Keyring::is_empty) {
            return Err(StartError::Unsigned);
        }
        let policies = Policies::new(&config)?;
        let templates =
            Arc::new(Templates::open_with_models(&config.templates, &config.fonts, TemplatesOptions::default(), config.models.clone())?);
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
        let metrics = Metrics::new();
        let generation = Generation::new(&config, &metrics.models).map_err(StartError::Threads)?;
        let now_ms = config.clock.now_ms();
        let center = Center {
            metrics,
            draining: AtomicBool::new(false),
            policies,
            templates,
            pictures,
            store: Store::new(cache.clone()),
            cache,
            pool,
            compiled: CompiledCache::new(config.compiled_bytes),
            flight: Flight::new(),
            interests: Arc::default(),
            generation,
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
        Ok(center)
    }

    pub(super) fn ages(&self) -> Ages {
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
