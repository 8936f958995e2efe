//! What a Rust host needs around templrender.

mod cache;
mod clock;
mod fetch;
mod flight;
mod pictures;
mod pool;

pub use cache::{Cache, CacheOptions, CacheStats, DiskOptions, Entry};
pub use clock::Clock;
pub use fetch::{FetchOptions, Fetched, Fetcher, Freshness, Refusal, Validators};
pub use flight::{Flight, Lost};
pub use pictures::{Demand, Found, Pictures, PicturesOptions, State};
pub use pool::{Pool, PoolError, PoolOptions, PoolStats};
