//! What a Rust host needs around templrender.

mod cache;
mod fetch;
mod flight;
mod pool;

pub use cache::{Cache, CacheOptions, CacheStats, DiskOptions, Entry};
pub use fetch::{FetchOptions, Fetched, Fetcher, Freshness, Refusal, Validators};
pub use flight::{Flight, Lost};
pub use pool::{Pool, PoolError, PoolOptions, PoolStats};
