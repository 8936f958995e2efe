//! What a Rust host needs around templrender.

mod cache;
mod config;
mod error;
mod fetch;
mod flight;
mod folder;
mod metrics;
mod pictures;
mod pool;
mod service;
mod templates;

pub use cache::{Cache, CacheOptions, CacheStats, DiskOptions, Entry};
pub use config::{Clock, Config, TenantConfig};
pub use fetch::{FetchOptions, Fetched, Fetcher, Freshness, Refusal, Validators};
pub use flight::{Flight, Lost};
pub use pool::{Pool, PoolError, PoolOptions, PoolStats};
pub use service::{Service, StartError};
