//! What the disk holds and what is still to be done there: plain bookkeeping, without files.
//!
//! A key is in one of four states. *Kept*: its file is whole as far as anyone knows. *Waiting*: its entry is to be written, and is answered
//! out of here until then. *Doomed*: its file must go, because it was superseded, evicted or found broken, and it is not read again. Or
//! nothing is known of it, which is a miss once the folder was scanned. Every doomed file goes before anything is written: a name that is
//! written is free, and an older version never comes back.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::{Entry, Key, record};

/// Files take whole blocks.
const BLOCK_BYTES: u64 = 4096;
/// How many of the oldest files are passed over because memory has them.
const CHANCES: u32 = 8;

/// How many keys are remembered that were put before the scan ended.
const MAX_UNSCANNED: usize = 1 << 16;

/// A number that tells a file from the next one of the same key; 0 for those that the scan found.
pub(super) type Birth = u64;

/// Where an entry is.
#[derive(Debug)]
pub(super) enum Place {
    Waiting(Arc<Entry>),
    Kept(Birth),
    Nowhere,
}

#[derive(Debug)]
pub(super) struct Index {
    limit_bytes: u64,
    queue_limit_bytes: u64,
    /// Whether the folder was scanned.
    scanned: bool,
    /// Too much was put before the scan to remember which files are of no more use: none is.
    is_distrusted: bool,
    kept: HashMap<Key, Kept>,
    /// The kept ones, oldest use first.
    order: BTreeMap<u64, Key>,
    /// Files that must go, and what they take.
    doomed: BTreeMap<Key, u64>,
    waiting: HashMap<Key, Waiting>,
    queue: VecDeque<Key>,
    queue_bytes: u64,
    /// Of all files: kept, doomed, and the one that is being written.
    used_bytes: u64,
    next: u64,
}

#[derive(Debug)]
struct Kept {
    birth: Birth,
    turn: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Waiting {
    entry: Arc<Entry>,
    /// Whether the key is in the queue; not so while it is being written.
    queued: bool,
}

/// What the disk's thread is to do next.
#[derive(Debug)]
pub(super) enum Task {
    /// See whether the folder is still ours.
    Hold,
    Remove(Key),
    Write(Key, Arc<Entry>),
}

impl Index {
    pub(super) fn new(limit_bytes: u64, queue_limit_bytes: u64) -> Self {
        Self {
            limit_bytes,
            queue_limit_bytes,
            scanned: false,
            is_distrusted: false,
            kept: HashMap::new(),
            order: BTreeMap::new(),
            doomed: BTreeMap::new(),
            waiting: HashMap::new(),
            queue: VecDeque::new(),
            queue_bytes: 0,
            used_bytes: 0,
            next: 0,
        }
    }

    /// Files that are kept, and bytes of all files.
    pub(super) fn size(&self) -> (u64, u64) {
        (self.kept.len() as u64, self.used_bytes)
    }

    /// Whether the folder was scanned.
    pub(super) fn is_scanned(&self) -> bool {
        self.scanned
    }

    /// Where this entry is. Before the scan has ended, a file that nothing is known of may be there.
    pub(super) fn find(&self, key: &Key) -> Place {
        if let Some(waiting) = self.waiting.get(key) {
            return Place::Waiting(waiting.entry.clone());
        }
        match self.kept.get(key) {
            Some(kept) => Place::Kept(kept.birth),
            None if !self.scanned && !self.is_distrusted && !self.doomed.contains_key(key) => Place::Kept(0),
            None => Place::Nowhere,
        }
    }

    /// Whether a file that was read is still the key's, and then counts as used.
    pub(super) fn touch(&mut self, key: &Key, birth: Birth) -> bool {
        let turn = self.number();
        match self.kept.get_mut(key) {
            Some(kept) if kept.birth == birth => {
                self.order.remove(&kept.turn);
                kept.turn = turn;
                self.order.insert(turn, *key);
                true
            }
            Some(_) => false,
            None => matches!(self.find(key), Place::Kept(0)) && birth == 0,
        }
    }

    /// A file that was to be read is gone.
    pub(super) fn forget(&mut self, key: &Key, birth: Birth) {
        if self.kept.get(key).is_some_and(|kept| kept.birth == birth) {
            let bytes = self.take(key).map_or(0, |kept| kept.bytes);
            self.free(bytes);
        }
    }

    /// A file that was read is broken; whether it still was the key's.
    pub(super) fn condemn(&mut self, key: &Key, birth: Birth) -> bool {
        let is_its = matches!(self.find(key), Place::Kept(now) if now == birth);
        if is_its {
            self.supersede(key);
        }
        is_its
    }

    /// What there is of this key is of no more use: neither its file nor what waits.
    pub(super) fn supersede(&mut self, key: &Key) {
        if self.stop_waiting(key) {
            self.queue.retain(|queued| queued != key);
        }
        self.doom_kept(key);
    }

    /// An entry to be written, in place of what there was; false if there is no room in the queue.
    pub(super) fn enqueue(&mut self, key: Key, entry: Arc<Entry>) -> bool {
        let is_queued = self.stop_waiting(&key);
        self.doom_kept(&key);
        let bytes = cost(&entry);
        // One entry always may wait.
        if self.queue_bytes > 0 && self.queue_bytes + bytes > self.queue_limit_bytes {
            if is_queued {
                self.queue.retain(|queued| *queued != key);
            }
            return false;
        }
        self.queue_bytes += bytes;
        if !is_queued {
            self.queue.push_back(key);
        }
        self.waiting.insert(key, Waiting { entry, queued: true });
        true
    }

    /// Gives up what waits; how many those were.
    pub(super) fn drop_queue(&mut self) -> u64 {
        let dropped = self.queue.len() as u64;
        self.queue.clear();
        self.waiting.clear();
        self.queue_bytes = 0;
        dropped
    }

    /// The folder is another one: nothing is known of it.
    pub(super) fn start_over(&mut self) {
        self.scanned = false;
        self.kept.clear();
        self.order.clear();
        self.used_bytes = 0;
        // An older file of what waits may be in the new one.
        self.doomed = self.queue.iter().map(|key| (*key, 0)).collect();
    }

    /// What the scan found, oldest use first.
    pub(super) fn fill(&mut self, found: impl IntoIterator<Item = (Key, u64)>) {
        for (key, length) in found {
            let bytes = charge(length);
            self.used_bytes += bytes;
            if self.is_distrusted || self.doomed.contains_key(&key) {
                self.doom(key, bytes);
            } else {
                self.keep(key, Kept { birth: 0, turn: 0, bytes });
            }
        }
        self.scanned = true;
        self.is_distrusted = false;
    }

    /// What is to be done next; the oldest files are doomed where there is no room. `is_hot` names files that are used although nobody
    /// reads them. Counts evictions.
    pub(super) fn next(&mut self, is_hot: impl Fn(&Key) -> bool, evicted: &mut u64) -> Option<Task> {
        loop {
            if let Some(key) = self.doomed.keys().next() {
                return Some(Task::Remove(*key));
            }
            let front = self.queue.front().and_then(|key| Some((*key, self.waiting.get(key)?.entry.clone())));
            let needed = front.as_ref().map_or(0, |(_, entry)| cost(entry));
            let is_over = self.used_bytes + needed > self.limit_bytes;
            if is_over && self.evict(&is_hot) {
                *evicted += 1;
                continue;
            }
            let (key, entry) = front?;
            if is_over {
                self.supersede(&key);
                continue;
            }
            self.queue.pop_front();
            if let Some(waiting) = self.waiting.get_mut(&key) {
                waiting.queued = false;
            }
            self.used_bytes += needed;
            return Some(Task::Write(key, entry));
        }
    }

    /// A doomed file is gone.
    pub(super) fn removed(&mut self, key: &Key) {
        let bytes = self.doomed.remove(key).unwrap_or(0);
        self.free(bytes);
    }

    /// An entry was written, or could not be.
    pub(super) fn written(&mut self, key: &Key, entry: &Arc<Entry>, is_there: bool) {
        let bytes = cost(entry);
        let is_latest = self.waiting.get(key).is_some_and(|waiting| !waiting.queued && Arc::ptr_eq(&waiting.entry, entry));
        if is_latest {
            self.stop_waiting(key);
        }
        match (is_there, is_latest) {
            (true, true) => {
                let birth = self.number();
                self.keep(*key, Kept { birth, turn: 0, bytes });
            }
            // Superseded meanwhile.
            (true, false) => self.doom(*key, bytes),
            (false, _) => self.free(bytes),
        }
    }

    fn evict(&mut self, is_hot: impl Fn(&Key) -> bool) -> bool {
        for chance in 0..=CHANCES {
            let Some((_, key)) = self.order.first_key_value() else { return false };
            let key = *key;
            let Some(kept) = self.take(&key) else { return false };
            if chance == CHANCES || !is_hot(&key) {
                self.doom(key, kept.bytes);
                break;
            }
            self.keep(key, kept);
        }
        true
    }

    /// As the one that was used last.
    fn keep(&mut self, key: Key, kept: Kept) {
        let turn = self.number();
        self.order.insert(turn, key);
        self.kept.insert(key, Kept { turn, ..kept });
    }

    fn take(&mut self, key: &Key) -> Option<Kept> {
        let kept = self.kept.remove(key)?;
        self.order.remove(&kept.turn);
        Some(kept)
    }

    /// Takes out what waits; whether its key is still in the queue.
    fn stop_waiting(&mut self, key: &Key) -> bool {
        self.waiting.remove(key).is_some_and(|waiting| {
            self.queue_bytes -= cost(&waiting.entry);
            waiting.queued
        })
    }

    fn doom_kept(&mut self, key: &Key) {
        match self.take(key) {
            Some(kept) => self.doom(*key, kept.bytes),
            // One that nothing is known of may be there while the scan is under way.
            None if !self.scanned && self.doomed.len() < MAX_UNSCANNED => self.doom(*key, 0),
            None if !self.scanned => self.is_distrusted = true,
            None => {}
        }
    }

    fn doom(&mut self, key: Key, bytes: u64) {
        *self.doomed.entry(key).or_insert(0) += bytes;
    }

    fn free(&mut self, bytes: u64) {
        debug_assert!(bytes <= self.used_bytes, "more is freed than was counted");
        self.used_bytes = self.used_bytes.saturating_sub(bytes);
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// What an entry takes on disk, and is counted for in the queue.
pub(super) fn cost(entry: &Entry) -> u64 {
    charge(record::length(entry))
}

fn charge(length: u64) -> u64 {
    length.checked_next_multiple_of(BLOCK_BYTES).unwrap_or(length)
}
