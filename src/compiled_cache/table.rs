//! What is counted and what is held, by name: who is due, who goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Kept;
use crate::resources::NeedId;

#[derive(Default)]
pub(super) struct Table {
    /// Counts uses: the later one is greater.
    now: u64,
    /// By what the fixed layers hang on but for their pictures.
    kinds: BTreeMap<Name, Kind>,
    /// By that and the pictures.
    slots: BTreeMap<Name, Slot>,
    /// Of all that are held or being made.
    bytes: usize,
    pub(super) compiled: u64,
    pub(super) dropped: u64,
}

pub(super) type Name = [u8; 32];

struct Kind {
    used: u64,
    known: Known,
}

#[derive(Clone)]
pub(super) enum Known {
    /// Nothing but that it was used once.
    Once,
    /// The pictures of the fixed layers.
    Needs(Arc<[NeedId]>),
    /// There is nothing to be compiled.
    Nothing,
}

struct Slot {
    state: State,
    /// The last use and the one before.
    used: [u64; 2],
    setbacks: u32,
}

enum State {
    /// Uses until it is compiled.
    Counting(u64),
    Making,
    Kept(Arc<Kept>),
}

/// What a use of a slot comes to.
pub(super) enum Used {
    Plain,
    Kept(Arc<Kept>),
    /// It is to be compiled by whoever hears this; the use before was then.
    Due {
        before: u64,
    },
}

/// Most names that are counted; beyond them the one whose last use is the longest ago is forgotten.
const MAX_NAMES: usize = 1024;

/// Uses until the next try where others were in use more.
const CROWDED: u64 = 16;

impl Table {
    /// Counts a use of a name: what was known of it, and when it was used before.
    pub(super) fn kind(&mut self, name: Name) -> (Known, Option<u64>) {
        self.now += 1;
        let now = self.now;
        if let Some(kind) = self.kinds.get_mut(&name) {
            let before = std::mem::replace(&mut kind.used, now);
            return (kind.known.clone(), Some(before));
        }
        if self.kinds.len() >= MAX_NAMES
            && let Some(oldest) = self.kinds.iter().min_by_key(|(_, kind)| kind.used).map(|(name, _)| *name)
        {
            self.kinds.remove(&oldest);
        }
        self.kinds.insert(name, Kind { used: now, known: Known::Once });
        (Known::Once, None)
    }

    pub(super) fn learn(&mut self, name: Name, known: Known) {
        if let Some(kind) = self.kinds.get_mut(&name) {
            kind.known = known;
        }
    }

    /// Counts a use of a slot, which counts down from `uses` where it is new. Also what was let go.
    pub(super) fn use_slot(&mut self, name: Name, before: Option<u64>, uses: u64) -> (Used, Option<Arc<Kept>>) {
        let now = self.now;
        let Slot { state, used, setbacks } = match self.slots.remove(&name) {
            Some(slot) => Slot { used: [now, slot.used[0]], ..slot },
            None => {
                self.forget_one();
                Slot { state: State::Counting(uses), used: [now, before.unwrap_or(now)], setbacks: 0 }
            }
        };
        let (state, setbacks, turn, gone) = match state {
            State::Counting(left) if left <= 1 => (State::Making, setbacks, Used::Due { before: used[1] }, None),
            State::Counting(left) => (State::Counting(left - 1), setbacks, Used::Plain, None),
            State::Making => (State::Making, setbacks, Used::Plain, None),
            State::Kept(kept) if kept.is_of_use() => (State::Kept(kept.clone()), setbacks, Used::Kept(kept), None),
            State::Kept(kept) => {
                self.bytes -= kept.bytes;
                self.dropped += 1;
                (State::Counting(uses_after(setbacks)), setbacks + 1, Used::Plain, Some(kept))
            }
        };
        self.slots.insert(name, Slot { state, used, setbacks });
        (turn, gone)
    }

    /// Holds what was made, for which so many bytes were taken; says no where there is less room by now.
    pub(super) fn keep(&mut self, name: &Name, kept: &Arc<Kept>, taken: usize, max_bytes: usize) -> bool {
        let Some(slot) = self.slots.get_mut(name).filter(|_| self.bytes <= max_bytes) else { return false };
        slot.state = State::Kept(Arc::clone(kept));
        self.bytes -= taken - kept.bytes;
        self.compiled += 1;
        true
    }

    /// What was being made comes to nothing, if it is still being made; `is_crowded` says that it was for want of room.
    pub(super) fn give_up(&mut self, name: &Name, taken: usize, is_crowded: bool) {
        self.bytes -= taken;
        if let Some(slot) = self.slots.get_mut(name)
            && matches!(slot.state, State::Making)
        {
            slot.state = State::Counting(if is_crowded { CROWDED } else { uses_after(slot.setbacks) });
            slot.setbacks += u32::from(!is_crowded);
        }
    }

    /// How many are held, and their bytes.
    pub(super) fn held(&self) -> (usize, usize) {
        let kept = self.slots.values().filter_map(Slot::kept);
        kept.fold((0, 0), |(count, bytes), kept| (count + 1, bytes + kept.bytes))
    }

    /// Makes room for one more slot: the oldest that is only counted goes.
    fn forget_one(&mut self) {
        let counted = self.slots.iter().filter(|(_, slot)| matches!(slot.state, State::Counting(_)));
        if self.slots.len() >= MAX_NAMES
            && let Some(oldest) = counted.min_by_key(|(_, slot)| slot.used[0]).map(|(name, _)| *name)
        {
            self.slots.remove(&oldest);
        }
    }

    /// Takes bytes, where need be from those that were used last before a time, the oldest first; nothing where that is not enough.
    pub(super) fn take(&mut self, bytes: usize, max_bytes: usize, before: u64) -> Option<Vec<Arc<Kept>>> {
        let old = self.slots.iter().filter(|(_, slot)| slot.used[0] < before);
        let mut old: Vec<_> = old.filter_map(|(name, slot)| Some((slot.used[0], *name, slot.kept()?.clone()))).collect();
        old.sort_by_key(|(used, ..)| *used);
        let (mut held, mut gone) = (self.bytes, Vec::new());
        let mut old = old.into_iter();
        while held.checked_add(bytes).is_none_or(|held| held > max_bytes) {
            let (_, name, kept) = old.next()?;
            held -= kept.bytes;
            gone.push((name, kept));
        }
        self.bytes = held + bytes;
        self.dropped += gone.len() as u64;
        let remove = |(name, kept): (Name, Arc<Kept>)| {
            self.slots.remove(&name);
            kept
        };
        Some(gone.into_iter().map(remove).collect())
    }

    /// Lets go of what is over so many bytes, the oldest first; where nothing is to be held, nothing is counted either.
    pub(super) fn shrink(&mut self, max_bytes: usize) -> Vec<Arc<Kept>> {
        let mut gone = Vec::new();
        while self.bytes > max_bytes {
            let kept = self.slots.iter().filter_map(|(name, slot)| Some((slot.used[0], *name, slot.kept()?.clone())));
            let Some((_, name, kept)) = kept.min_by_key(|(used, ..)| *used) else { break };
            self.slots.remove(&name);
            self.bytes -= kept.bytes;
            self.dropped += 1;
            gone.push(kept);
        }
        if max_bytes == 0 {
            self.kinds = BTreeMap::new();
            self.slots = BTreeMap::new();
        }
        gone
    }
}

impl Slot {
    fn kept(&self) -> Option<&Arc<Kept>> {
        match &self.state {
            State::Kept(kept) => Some(kept),
            State::Counting(_) | State::Making => None,
        }
    }
}

/// Uses until the next try after so many that came to nothing.
fn uses_after(setbacks: u32) -> u64 {
    16 << (3 * setbacks.min(12))
}
