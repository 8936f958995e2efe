//! What a Rust host needs around templrender.

mod cache;
mod clock;
mod config;
mod error;
mod fetch;
mod flight;
mod folder;
mod metrics;
mod models;
mod patience;
mod pictures;
mod pool;
mod server;
mod service;
mod templates;

pub use cache::{Cache, CacheOptions, CacheStats, DiskOptions, Entry};
pub use clock::Clock;
pub use config::{Config, TenantConfig};
pub use fetch::{FetchOptions, Fetched, Fetcher, Freshness, Refusal, Validators};
pub use flight::{Flight, Lost};
pub use folder::{Folder, FolderError, FolderFault, io_reason, load_folder, locate_template, open_pack, read_text};
pub use pictures::{Demand, Found, Pictures, PicturesOptions, State};
pub use pool::{Pool, PoolError, PoolOptions, PoolStats};
pub use service::{Service, StartError};
pub use templates::{Loaded, OwnModels, Refreshed, TemplateModels, TemplateName, Templates, TemplatesOptions, is_pack, read_pack};
