//! Finished work by key: in memory, and in a folder below it that outlives the process.
//!
//! In: entries under keys of 32 bytes, which are hashes. Out: the entry that was put under the key last, or nothing; never an error, and
//! never a part of an entry. What is in memory is answered at once; what is on disk is read off the async threads, verified, and goes to
//! memory. Puts go to memory at once and to disk by a queue: a put never waits for the disk, and is not written where the queue is full.
//! After a kill the folder may have what was put before that.
//!
//! [`CacheStats`] says what the disk refused. It never fails a request: the cache goes on with memory alone and tries again after five
//! seconds.

mod disk;
mod folder;
mod index;
mod memory;
mod record;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use disk::Disk;
use memory::Memory;

type Key = [u8; 32];

/// How much a cache may keep, and where.
///
/// ```
/// use templrender_host::{Cache, CacheOptions};
/// let options = CacheOptions { memory_bytes: 64 << 20, ..CacheOptions::default() };
/// assert!(options.disk.is_none());
/// # Cache::open(options).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct CacheOptions {
    /// Bytes in memory. An entry that is more than an eighth of them is not kept in memory.
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
///
/// ```
/// use templrender_host::{Cache, CacheOptions, DiskOptions};
/// let folder = std::env::temp_dir().join(format!("templrender-one-user-{}", std::process::id()));
/// let options = CacheOptions { disk: Some(DiskOptions { folder: folder.clone(), bytes: 10 << 30 }), ..CacheOptions::default() };
/// let cache = Cache::open(options.clone())?;
/// assert_eq!(Cache::open(options).unwrap_err().kind(), std::io::ErrorKind::ResourceBusy);
/// # drop(cache);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DiskOptions {
    /// The folder. It is made where it is not there, and has one user: a second one, in this process or another, is refused.
    pub folder: PathBuf,
    /// Bytes of its files, each counted in whole blocks of 4 KiB. An entry that is more than an eighth of them, or longer than 64 MiB, is
    /// not written. What is known of each file takes about 150 bytes of memory.
    pub bytes: u64,
}

/// What is kept.
///
/// ```
/// use templrender_host::Entry;
/// let entry = Entry { meta: b"image/jpeg".to_vec(), body: vec![0xff, 0xd8].into() };
/// assert_eq!(entry.body.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Whatever the user wants to know of the body: at most 4 KiB, else the entry is not kept.
    pub meta: Vec<u8>,
    /// The bytes. A piece of something larger keeps all of that in memory.
    pub body: Bytes,
}

/// What a cache has and did.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use templrender_host::{Cache, CacheOptions, Entry};
/// let cache = Cache::open(CacheOptions::default())?;
/// cache.put([7; 32], Entry::default()).await;
/// assert!(cache.get(&[7; 32]).await.is_some() && cache.get(&[8; 32]).await.is_none());
/// assert_eq!((cache.stats().memory_hits, cache.stats().misses), (1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheStats {
    /// Entries in memory.
    pub memory_entries: u64,
    /// Bytes in memory.
    pub memory_bytes: u64,
    /// Entries on disk.
    pub disk_entries: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Answers out of memory.
    pub memory_hits: u64,
    /// Answers that were read from disk.
    pub disk_hits: u64,
    /// Questions without an answer.
    pub misses: u64,
    /// Files written.
    pub written: u64,
    /// Files removed for want of room.
    pub evicted: u64,
    /// Files that were not whole when they were read.
    pub broken: u64,
    /// Entries that were not written because the queue was full or the disk had failed.
    pub dropped: u64,
    /// Entries that were too large for memory, disk, or both.
    pub too_large: u64,
    /// What the disk refused.
    pub failures: u64,
    /// Whether the disk refused the last thing that was tried.
    pub is_disk_failing: bool,
    /// Whether the folder was scanned; until then nothing is written.
    pub is_disk_scanned: bool,
}

/// Finished work by key. Clones share it; when the last one goes, what waits to be written is given up, and the folder is free.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use templrender_host::{Cache, CacheOptions, DiskOptions, Entry};
/// let folder = std::env::temp_dir().join(format!("templrender-doc-{}", std::process::id()));
/// let options = CacheOptions { memory_bytes: 64 << 20, disk: Some(DiskOptions { folder: folder.clone(), bytes: 1 << 30 }) };
/// let key = *blake3::hash(b"the plan and its pictures").as_bytes();
///
/// let cache = Cache::open(options.clone())?;
/// cache.put(key, Entry { meta: b"image/png".to_vec(), body: "a picture".into() }).await;
/// cache.flush().await;
/// drop(cache);
///
/// let cache = Cache::open(options)?;
/// let entry = cache.get(&key).await.expect("it was written");
/// assert_eq!((&entry.meta[..], &entry.body[..]), (&b"image/png"[..], &b"a picture"[..]));
/// assert_eq!(cache.stats().disk_hits, 1);
/// # drop(cache);
/// # std::fs::remove_dir_all(folder)
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Cache {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    memory: Arc<Memory>,
    disk: Option<Disk>,
    hits: AtomicU64,
    misses: AtomicU64,
    too_large: AtomicU64,
}

impl Cache {
    /// An empty one in memory, and whatever is in the folder.
    ///
    /// # Errors
    /// Where the folder cannot be made or has a user already ([`io::ErrorKind::ResourceBusy`]).
    pub fn open(options: CacheOptions) -> io::Result<Self> {
        Self::open_with(options, disk::RETRY)
    }

    fn open_with(options: CacheOptions, retry: Duration) -> io::Result<Self> {
        let memory = Arc::new(Memory::new(options.memory_bytes));
        let disk = options.disk.map(|options| Disk::open(&options, memory.clone(), retry)).transpose()?;
        let [hits, misses, too_large] = [const { AtomicU64::new(0) }; 3];
        Ok(Self { shared: Arc::new(Shared { memory, disk, hits, misses, too_large }) })
    }

    /// What is kept under this key.
    pub async fn get(&self, key: &[u8; 32]) -> Option<Arc<Entry>> {
        let Shared { memory, disk, hits, misses, .. } = &*self.shared;
        if let Some(entry) = memory.get(key) {
            hits.fetch_add(1, Ordering::Relaxed);
            return Some(entry);
        }
        let found = match disk {
            Some(disk) => disk.get(key).await,
            None => None,
        };
        if found.is_none() {
            misses.fetch_add(1, Ordering::Relaxed);
        }
        found
    }

    /// Keeps an entry in place of what was there.
    pub async fn put(&self, key: [u8; 32], entry: Entry) {
        let Shared { memory, disk, too_large, .. } = &*self.shared;
        if entry.meta.len() > record::MAX_META_BYTES {
            too_large.fetch_add(1, Ordering::Relaxed);
            return self.remove(&key);
        }
        let entry = Arc::new(entry);
        match disk {
            Some(disk) => disk.put(key, entry),
            None => {
                if !memory.put(key, entry) {
                    too_large.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Forgets what is kept under this key.
    pub fn remove(&self, key: &[u8; 32]) {
        match &self.shared.disk {
            Some(disk) => disk.remove(key),
            None => self.shared.memory.remove(key),
        }
    }

    /// Waits until all that was put so far is on disk, or was given up.
    pub async fn flush(&self) {
        if let Some(disk) = &self.shared.disk {
            disk.flush().await;
        }
    }

    /// What it has and did.
    pub fn stats(&self) -> CacheStats {
        let Shared { memory, disk, hits, misses, too_large } = &*self.shared;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (memory_entries, memory_bytes) = memory.size();
        let mut stats = CacheStats {
            memory_entries,
            memory_bytes,
            memory_hits: count(hits),
            misses: count(misses),
            too_large: count(too_large),
            ..CacheStats::default()
        };
        if let Some(disk) = disk {
            disk.tell(&mut stats);
        }
        stats
    }
}
