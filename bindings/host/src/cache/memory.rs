//! The entries in memory: moka's table with a budget in bytes.
//!
//! Who stays is decided by TinyLFU: an entry that is asked for often is not driven out by a row of entries that are asked for once. So an
//! entry that was just put may be gone again.
//!
//! moka does its housekeeping now and then, after 64 writes or 0.3 s; with pictures that is many megabytes over the budget. Here it is done
//! as soon as a 32nd of the budget came in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Entry, Key};

/// What an entry costs besides its bytes: moka's nodes, the counts, the key in two places.
const OVERHEAD_BYTES: u64 = 256;
/// An entry that is more than this part of the budget is not kept.
pub(super) const LARGEST_PART: u64 = 8;
const HOUSEKEEPING_PART: u64 = 32;

#[derive(Debug)]
pub(super) struct Memory {
    entries: moka::sync::Cache<Key, Arc<Entry>>,
    budget_bytes: u64,
    /// Bytes that came in since the last housekeeping.
    fresh_bytes: AtomicU64,
}

impl Memory {
    pub(super) fn new(budget_bytes: u64) -> Self {
        let weigh = |_: &Key, entry: &Arc<Entry>| u32::try_from(weight(entry)).unwrap_or(u32::MAX);
        let entries = moka::sync::Cache::builder().max_capacity(budget_bytes).weigher(weigh).build();
        Self { entries, budget_bytes, fresh_bytes: AtomicU64::new(0) }
    }

    pub(super) fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        self.entries.get(key)
    }

    /// Without counting as a use.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.entries.contains_key(key)
    }

    /// Takes an entry in place of what was there; whether it is small enough.
    pub(super) fn put(&self, key: Key, entry: Arc<Entry>) -> bool {
        let bytes = weight(&entry);
        // A weight is 32 bits wide: what is heavier would be counted short.
        if bytes > self.budget_bytes / LARGEST_PART || bytes > u64::from(u32::MAX) {
            self.remove(&key);
            return false;
        }
        self.entries.insert(key, entry);
        if self.fresh_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.budget_bytes / HOUSEKEEPING_PART {
            self.fresh_bytes.store(0, Ordering::Relaxed);
            self.entries.run_pending_tasks();
        }
        true
    }

    pub(super) fn remove(&self, key: &Key) {
        self.entries.invalidate(key);
    }

    /// Entries and bytes.
    pub(super) fn size(&self) -> (u64, u64) {
        self.entries.run_pending_tasks();
        (self.entries.entry_count(), self.entries.weighted_size())
    }
}

fn weight(entry: &Entry) -> u64 {
    OVERHEAD_BYTES + entry.meta.capacity() as u64 + entry.body.len() as u64
}
