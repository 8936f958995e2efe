//! What a service is told before it starts: where its templates lie, whose requests it takes, and how much it may spend.
//!
//! Plain values with documented defaults and no type of another crate, so that a host's owner can write one down. Times are durations,
//! sizes are bytes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use core_::Keyring;

use crate::clock::Clock;
use crate::templates::TemplateModels;

/// The settings of a [`Service`](crate::Service).
///
/// ```
/// use templrender_host::Config;
/// let config = Config { allow_hosts: vec!["cdn.shop.example".into()], unsigned: true, ..Config::new("templates") };
/// assert_eq!(config.fresh_for.as_secs(), 300);
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of templates: `NAME/template.json` for everybody, `TENANT/NAME/template.json` for one tenant.
    ///
    /// Default: `templates`
    pub templates: PathBuf,
    /// Folders of fonts that all templates share, after their own.
    ///
    /// Default: none
    pub fonts: Vec<PathBuf>,
    /// The keys that requests are signed with.
    ///
    /// Default: none
    pub keys: Option<Keyring>,
    /// Whether requests are answered without a signature where there are no keys; without keys and without this nothing is.
    ///
    /// Default: `false`
    pub unsigned: bool,
    /// The hosts that pictures may come from, as [`OriginPolicy::allow`](core_::OriginPolicy::allow) reads them.
    ///
    /// Default: empty, which is any public host
    pub allow_hosts: Vec<String>,
    /// Whether pictures are fetched from private addresses too (this machine, the local network).
    ///
    /// Default: `false`
    pub allow_private: bool,
    /// Beginnings of URLs whose pictures never change: they are asked for once.
    ///
    /// Default: none
    pub immutable: Vec<String>,
    /// What is otherwise for single tenants.
    ///
    /// Default: none
    pub tenants: BTreeMap<String, TenantConfig>,
    /// The folder of the disk caches.
    ///
    /// Default: none, nothing is kept on disk
    pub cache_folder: Option<PathBuf>,
    /// The most bytes on disk, of pictures and answers together.
    ///
    /// Default: 10 GiB
    pub cache_disk_bytes: u64,
    /// The most bytes in memory, of pictures and answers together.
    ///
    /// Default: 256 MiB
    pub cache_memory_bytes: u64,
    /// The most bytes of compiled templates: what is the same in every picture of a template, painted. A template is compiled when it is drawn for
    /// the second time, and the one that was drawn last the longest ago goes; 0 draws everything each time. No byte of a picture hangs on it.
    ///
    /// Default: 128 MiB
    pub compiled_bytes: usize,
    /// How long an answer is given before its pictures are asked for again.
    ///
    /// Default: 5 minutes
    pub fresh_for: Duration,
    /// How long after that it is still given at once, while it is renewed in the background.
    ///
    /// Default: 1 minute
    pub stale_while_revalidate: Duration,
    /// How long it is given where its pictures cannot be had.
    ///
    /// Default: 1 day
    pub stale_if_error: Duration,
    /// How long a request waits for its pictures while an old answer is there that may be given.
    ///
    /// Default: 2 s
    pub stale_wait: Duration,
    /// How long an answer that lacks a picture, a fallback picture or an error of the row may be kept.
    ///
    /// Default: 10 s
    pub short_age: Duration,
    /// The longest time from a request to its answer.
    ///
    /// Default: 30 s
    pub deadline: Duration,
    /// The longest time for one picture, from the name's lookup to the last byte.
    ///
    /// Default: 20 s
    pub fetch_timeout: Duration,
    /// The most bytes of one picture.
    ///
    /// Default: 32 MiB
    pub max_picture_bytes: usize,
    /// The most bytes of pictures that all requests hold until they are drawn, beside the caches; more requests are refused.
    ///
    /// Default: 512 MiB
    pub max_held_bytes: usize,
    /// Threads that draw.
    ///
    /// Default: one for each processor
    pub render_threads: usize,
    /// Drawings that wait for a thread.
    ///
    /// Default: 64
    pub render_queue: usize,
    /// The models that templates may name.
    ///
    /// Default: none
    pub models: TemplateModels,
    /// Threads that run models, beside those that draw.
    ///
    /// Default: 1
    pub model_threads: usize,
    /// Runs of models that wait for a thread.
    ///
    /// Default: 64
    pub model_queue: usize,
    /// Requests that are answered at the same time; more are refused at once.
    ///
    /// Default: 1,024
    pub max_in_flight: usize,
    /// Requests of one tenant a second; `burst` is twice that. Tenants may have their own.
    ///
    /// Default: none, no limit
    pub rate_per_tenant: Option<f64>,
    /// A template is slow while its fetches take longer than this, averaged.
    ///
    /// Default: 2 s
    pub slow: Duration,
    /// Requests of a slow template that wait for fetches at the same time; more are refused.
    ///
    /// Default: 8
    pub slow_waiting: u32,
    /// Open connections; more wait to be accepted.
    ///
    /// Default: 10,000
    pub max_connections: usize,
    /// The longest time that a client may take to send the head of a request.
    ///
    /// Default: 5 s
    pub header_timeout: Duration,
    /// How long a connection stays open between two requests.
    ///
    /// Default: 75 s
    pub keep_alive: Duration,
    /// The longest time that a client may take to read on.
    ///
    /// Default: 30 s
    pub write_timeout: Duration,
    /// How long the listener stays open after a shutdown is asked for, while `/healthz` says 503.
    ///
    /// Default: 0
    pub drain_delay: Duration,
    /// How long requests may take to end after that.
    ///
    /// Default: 30 s
    pub drain_timeout: Duration,
    /// How often templates and fonts are compared with their files.
    ///
    /// Default: 1 s
    pub refresh_every: Duration,
    /// The time.
    ///
    /// Default: the system's clock
    pub clock: Clock,
}

/// What is otherwise for one tenant.
///
/// ```
/// use templrender_host::TenantConfig;
/// let acme = TenantConfig { rate: Some(50.0), burst: Some(100), ..TenantConfig::default() };
/// assert_eq!(acme.allow_hosts, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TenantConfig {
    /// In place of [`Config::allow_hosts`].
    ///
    /// Default: none
    pub allow_hosts: Option<Vec<String>>,
    /// Requests a second, in place of [`Config::rate_per_tenant`].
    ///
    /// Default: none
    pub rate: Option<f64>,
    /// Requests at once.
    ///
    /// Default: twice the rate, at least 1
    pub burst: Option<u32>,
}

impl Config {
    /// The defaults, with the templates of this folder.
    pub fn new(templates: impl Into<PathBuf>) -> Self {
        Self { templates: templates.into(), ..Self::default() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            templates: "templates".into(),
            fonts: Vec::new(),
            keys: None,
            unsigned: false,
            allow_hosts: Vec::new(),
            allow_private: false,
            immutable: Vec::new(),
            tenants: BTreeMap::new(),
            cache_folder: None,
            cache_disk_bytes: 10 << 30,
            cache_memory_bytes: 256 << 20,
            compiled_bytes: 128 << 20,
            fresh_for: Duration::from_secs(300),
            stale_while_revalidate: Duration::from_secs(60),
            stale_if_error: Duration::from_secs(86_400),
            stale_wait: Duration::from_secs(2),
            short_age: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
            fetch_timeout: Duration::from_secs(20),
            max_picture_bytes: 32 << 20,
            max_held_bytes: 512 << 20,
            render_threads: std::thread::available_parallelism().map_or(1, Into::into),
            render_queue: 64,
            models: TemplateModels::default(),
            model_threads: 1,
            model_queue: 64,
            max_in_flight: 1_024,
            rate_per_tenant: None,
            slow: Duration::from_secs(2),
            slow_waiting: 8,
            max_connections: 10_000,
            header_timeout: Duration::from_secs(5),
            keep_alive: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            drain_delay: Duration::ZERO,
            drain_timeout: Duration::from_secs(30),
            refresh_every: Duration::from_secs(1),
            clock: Clock::system(),
        }
    }
}
