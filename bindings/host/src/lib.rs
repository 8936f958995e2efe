//! What a Rust host needs around templrender.

mod cache;
mod fetch;
mod flight;
mod folder;
mod pool;
mod templates;

pub use cache::{Cache, CacheOptions, CacheStats, DiskOptions, Entry};
pub use fetch::{FetchOptions, Fetched, Fetcher, Freshness, Refusal, Validators};
pub use flight::{Flight, Lost};
pub use folder::{Folder, FolderError, FolderFault, io_reason, load_folder, locate_template, read_text};
pub use pool::{Pool, PoolError, PoolOptions, PoolStats};
pub use templates::{Loaded, Refreshed, TemplateName, Templates, TemplatesOptions};
