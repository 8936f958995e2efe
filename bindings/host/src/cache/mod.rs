//! Finished work by key: in memory.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// How much a cache may keep, and where.
#[derive(Debug, Clone)]
pub struct CacheOptions {
    /// Bytes in memory.
    ///
    /// Default: 256 MiB
    pub memory_bytes: u64,
    /// A folder below the memory.
    ///
    /// Default: none
    pub disk: Option<DiskOptions>,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self { memory_bytes: 256 << 20, disk: None }
    }
}

/// The part of a cache that outlives its process.
#[derive(Debug, Clone)]
pub struct DiskOptions {
    /// The folder, which is this cache's alone.
    pub folder: PathBuf,
    /// Bytes of its files.
    pub bytes: u64,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Whatever the user wants to know of the body: at most 4 KiB.
    pub meta: Vec<u8>,
    /// The bytes.
    pub body: Bytes,
}

/// What a cache did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheStats {
    /// Found in memory.
    pub memory_hits: u64,
    /// Not found.
    pub misses: u64,
    /// Bytes in memory.
    pub memory_bytes: u64,
}

/// Finished work by key. Clones share it.
#[derive(Debug, Clone)]
pub struct Cache {
    memory: moka::sync::Cache<[u8; 32], Arc<Entry>>,
    hits: Arc<AtomicU64>,
    misses: Arc<AtomicU64>,
}

impl Cache {
    /// An empty one.
    pub fn open(options: CacheOptions) -> io::Result<Self> {
        if options.disk.is_some() {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the disk part comes next"));
        }
        let weigh = |_: &[u8; 32], entry: &Arc<Entry>| u32::try_from(entry.meta.len() + entry.body.len() + 256).unwrap_or(u32::MAX);
        let memory = moka::sync::Cache::builder().max_capacity(options.memory_bytes).weigher(weigh).build();
        Ok(Self { memory, hits: Arc::default(), misses: Arc::default() })
    }

    /// What is kept under this key.
    pub async fn get(&self, key: &[u8; 32]) -> Option<Arc<Entry>> {
        let found = self.memory.get(key);
        if found.is_some() { &self.hits } else { &self.misses }.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps an entry, in place of what was there.
    pub async fn put(&self, key: [u8; 32], entry: Entry) {
        self.memory.insert(key, Arc::new(entry));
    }

    /// What it did so far.
    pub fn stats(&self) -> CacheStats {
        CacheStats {
            memory_hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            memory_bytes: self.memory.weighted_size(),
        }
    }
}
