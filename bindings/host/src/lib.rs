//! What a Rust host needs around templrender.

mod fetch;

pub use fetch::{FetchOptions, Fetched, Fetcher, Freshness, Refusal, Validators};
