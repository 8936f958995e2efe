//! The disk below the memory: one thread that scans, removes and writes; reads are blocking tasks of the runtime, a few at a time.
//!
//! In: puts and gets. Out: entries that are whole, or nothing; never an error. What the disk refuses (it is full, it is read-only, somebody
//! removed the folder) is counted and told once to the log; for [`RETRY`] nothing is written, then it is tried again. One thread writes, so
//! that names, bytes and the budget have one owner.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};

use super::folder::{Folder, Reading};
use super::index::{Index, Place, Task, cost};
use super::memory::Memory;
use super::{CacheStats, DiskOptions, Entry, Key};

/// How long the disk is left alone after it refused something.
pub(super) const RETRY: Duration = Duration::from_secs(5);
/// An entry that is more than this part of the budget is not written.
pub(super) const LARGEST_PART: u64 = 8;
/// Nor is one whose file is longer than this: a file is read in one piece.
pub(super) const LARGEST_BYTES: u64 = 64 << 20;
/// Reads at once.
const READS: usize = 16;
/// What may wait to be written.
const QUEUE_BYTES: u64 = 64 << 20;

/// The disk and its thread; when this is dropped, the thread ends and the folder is free.
#[derive(Debug)]
pub(super) struct Disk {
    inner: Arc<Inner>,
    reads: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Inner {
    folder: Folder,
    memory: Arc<Memory>,
    largest_bytes: u64,
    retry: Duration,
    state: Mutex<State>,
    wake: Condvar,
    counts: Counts,
}

#[derive(Debug)]
struct State {
    index: Index,
    is_open: bool,
    /// Nothing is written before this moment.
    rest: Option<Instant>,
    /// The disk refused the last thing that was tried.
    is_failing: bool,
    /// Who waits until all is done.
    flushes: Vec<oneshot::Sender<()>>,
}

/// What happened.
#[derive(Debug, Default)]
struct Counts {
    waiting_hits: AtomicU64,
    hits: AtomicU64,
    written: AtomicU64,
    evicted: AtomicU64,
    broken: AtomicU64,
    dropped: AtomicU64,
    too_large: AtomicU64,
    failures: AtomicU64,
}

impl Disk {
    /// Takes the folder; it is scanned by the thread.
    pub(super) fn open(options: &DiskOptions, memory: Arc<Memory>, retry: Duration) -> io::Result<Self> {
        let inner = Arc::new(Inner {
            folder: Folder::open(&options.folder)?,
            memory,
            largest_bytes: (options.bytes / LARGEST_PART).min(LARGEST_BYTES),
            retry,
            state: Mutex::new(State {
                index: Index::new(options.bytes, QUEUE_BYTES),
                is_open: true,
                rest: None,
                is_failing: false,
                flushes: Vec::new(),
            }),
            wake: Condvar::new(),
            counts: Counts::default(),
        });
        let for_thread = inner.clone();
        let thread = std::thread::Builder::new().name("templrender-cache".to_owned()).spawn(move || {
            let end = End(&for_thread);
            for_thread.work();
            drop(end);
        })?;
        Ok(Self { inner, reads: Arc::new(Semaphore::new(READS)), thread: Mutex::new(Some(thread)) })
    }

    /// What there is and what happened.
    pub(super) fn tell(&self, stats: &mut CacheStats) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counts { waiting_hits, hits, written, evicted, broken, dropped, too_large, failures } = &self.inner.counts;
        stats.memory_hits += count(waiting_hits);
        stats.disk_hits = count(hits);
        stats.written = count(written);
        stats.evicted = count(evicted);
        stats.broken = count(broken);
        stats.dropped = count(dropped);
        stats.too_large += count(too_large);
        stats.failures = count(failures);
        let state = self.inner.locked();
        (stats.disk_entries, stats.disk_bytes) = state.index.size();
        stats.is_disk_failing = state.is_failing;
        stats.is_disk_scanned = state.index.is_scanned();
    }

    /// An entry that waits to be written, or is read. What is read goes to memory, even if the asker goes away.
    pub(super) async fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        let birth = match self.inner.locked().index.find(key) {
            Place::Waiting(entry) => {
                self.inner.counts.waiting_hits.fetch_add(1, Ordering::Relaxed);
                return Some(entry);
            }
            Place::Kept(birth) => birth,
            Place::Nowhere => return None,
        };
        // It is never closed.
        let permit = self.reads.clone().acquire_owned().await.ok()?;
        let (inner, key) = (self.inner.clone(), *key);
        let read = move || {
            let entry = inner.read(&key, birth);
            drop(permit);
            entry
        };
        let Ok(runtime) = Handle::try_current() else { return read() };
        // The task ends without an answer where its runtime shuts down.
        runtime.spawn_blocking(read).await.ok().flatten()
    }

    /// Takes an entry to memory and to the queue.
    pub(super) fn put(&self, key: Key, entry: Arc<Entry>) {
        let counts = &self.inner.counts;
        let mut state = self.inner.locked();
        // Under the lock, so that a file that is being read meanwhile does not come after it.
        let in_memory = self.inner.memory.put(key, entry.clone());
        let on_disk = cost(&entry) <= self.inner.largest_bytes;
        if !in_memory || !on_disk {
            counts.too_large.fetch_add(1, Ordering::Relaxed);
        }
        let is_resting = state.rest.is_some();
        if on_disk && !is_resting && state.is_open && state.index.enqueue(key, entry) {
            // It waits.
        } else {
            state.index.supersede(&key);
            counts.dropped.fetch_add(u64::from(on_disk), Ordering::Relaxed);
        }
        drop(state);
        self.inner.wake.notify_one();
    }

    /// Forgets an entry; its file goes soon.
    pub(super) fn remove(&self, key: &Key) {
        let mut state = self.inner.locked();
        self.inner.memory.remove(key);
        state.index.supersede(key);
        drop(state);
        self.inner.wake.notify_one();
    }

    /// Waits until all that was put before is written or given up.
    pub(super) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        {
            let mut state = self.inner.locked();
            if !state.is_open {
                return;
            }
            state.flushes.push(done);
        }
        self.inner.wake.notify_one();
        // A thread that ended has nothing left to write.
        let _ = flushed.await;
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.inner.locked().is_open = false;
        self.inner.wake.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // At most one file is being written. A panic there was told already.
        let _ = thread.map(JoinHandle::join);
        // A read that is still under way has a share of the folder, and needs it not for itself.
        self.inner.folder.release();
    }
}

impl Inner {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, key: &Key, birth: u64) -> Option<Arc<Entry>> {
        let reading = self.folder.read(key, self.largest_bytes);
        let mut state = self.locked();
        match reading {
            Ok(Reading::Whole(entry)) => {
                let entry = Arc::new(entry);
                if state.index.touch(key, birth) {
                    self.memory.put(*key, entry.clone());
                }
                drop(state);
                self.counts.hits.fetch_add(1, Ordering::Relaxed);
                Some(entry)
            }
            Ok(Reading::Nothing) => {
                state.index.forget(key, birth);
                None
            }
            Ok(Reading::Broken) => {
                if state.index.condemn(key, birth) {
                    self.counts.broken.fetch_add(1, Ordering::Relaxed);
                    self.wake.notify_one();
                }
                None
            }
            Err(error) => {
                drop(state);
                self.counts.failures.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(%error, "a cached file could not be read");
                None
            }
        }
    }

    /// The thread's life.
    fn work(&self) {
        if let Err(error) = self.scan() {
            self.trouble(&mut self.locked(), &error);
        }
        while let Some(task) = self.next() {
            let done = match &task {
                Task::Hold => self.hold(),
                Task::Remove(key) => self.folder.remove(key),
                Task::Write(key, entry) => self.folder.write(key, entry),
            };
            let mut state = self.locked();
            match (&task, &done) {
                (Task::Hold, Ok(())) => state.rest = None,
                (Task::Remove(key), Ok(())) => state.index.removed(key),
                (Task::Hold | Task::Remove(_), Err(_)) => {}
                (Task::Write(key, entry), _) => state.index.written(key, entry, done.is_ok()),
            }
            match done {
                Err(error) => self.trouble(&mut state, &error),
                Ok(()) if matches!(task, Task::Hold) => {}
                Ok(()) => {
                    self.counts.written.fetch_add(u64::from(matches!(task, Task::Write(..))), Ordering::Relaxed);
                    if std::mem::take(&mut state.is_failing) {
                        tracing::info!("the cache on disk works again");
                    }
                }
            }
        }
    }

    /// Waits for something to do; nothing once the cache is closed.
    fn next(&self) -> Option<Task> {
        let mut state = self.locked();
        loop {
            if !state.is_open {
                return None;
            }
            let rest = state.rest.map(|rest| rest.saturating_duration_since(Instant::now()));
            if rest.is_some_and(|rest| rest.is_zero()) {
                return Some(Task::Hold);
            }
            if rest.is_none() {
                let mut evicted = 0;
                let task = state.index.next(|key| self.memory.has(key), &mut evicted);
                self.counts.evicted.fetch_add(evicted, Ordering::Relaxed);
                if task.is_some() {
                    return task;
                }
            }
            for done in state.flushes.drain(..) {
                // Who asked may have gone.
                let _ = done.send(());
            }
            state = match rest {
                Some(rest) => self.wake.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0,
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// After trouble: takes the folder again if it is another one now, and scans it where that was not done.
    fn hold(&self) -> io::Result<()> {
        if self.folder.hold()? {
            self.locked().index.start_over();
        }
        if self.locked().index.is_scanned() { Ok(()) } else { self.scan() }
    }

    fn trouble(&self, state: &mut State, error: &io::Error) {
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
        self.counts.dropped.fetch_add(state.index.drop_queue(), Ordering::Relaxed);
        state.rest = Some(Instant::now() + self.retry);
        if !std::mem::replace(&mut state.is_failing, true) {
            tracing::warn!(%error, "the cache on disk fails, it goes on in memory");
        }
    }

    /// Fills the index with what is there.
    fn scan(&self) -> io::Result<()> {
        let mut found: Vec<(SystemTime, Key, u64)> = Vec::new();
        let unread = self.folder.scan(|key, length, used| {
            found.push((used, key, length));
            self.locked().is_open
        })?;
        found.sort_unstable();
        self.locked().index.fill(found.into_iter().map(|(_, key, length)| (key, length)));
        if unread > 0 {
            self.counts.failures.fetch_add(unread, Ordering::Relaxed);
            tracing::warn!(unread, "a part of the cache folder could not be read");
        }
        Ok(())
    }
}

/// Lets nobody wait for a thread that has ended, however it did.
struct End<'a>(&'a Inner);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut state = self.0.locked();
        state.is_open = false;
        state.index.drop_queue();
        state.flushes.clear();
    }
}
