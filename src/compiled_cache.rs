//! Compiled templates that are kept between pictures, within a number of bytes.
//!
//! A [`Renderer`](crate::Renderer) that has one asks it before each picture. What is kept stands under the name of all that the fixed layers hang
//! on (`plan/fixed`) and the digests of their pictures, so that a template of another version or with another logo is another one. The
//! first picture of a name is drawn as ever, for most templates of a command line are drawn once. The second one is compiled for by the
//! thread that draws it; the others draw as ever meanwhile and wait for nothing but the table, which is held for look-ups alone.
//!
//! When the bytes are used up, the one that was used last the longest ago goes, but only if that was before the use before this of the
//! one that wants in (LRU-2): templates in turn, too many to be kept, would otherwise drive each other out before anybody used them.
//! What cannot be compiled, or over which hardly any row could be drawn, is tried again after 16 uses, then 128 and so on.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::compile::Compiled;
use crate::digest;
use crate::pixel::Frame;
use crate::resources::NeedId;

/// Compiled templates that renderers share and threads too; a clone is the same one.
///
/// It changes no byte of a picture, and a renderer without it keeps nothing.
///
/// ```
/// use templrender::{CompiledCache, Context, Fonts, Renderer, Resources, Row, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [90, 50], "background": "linear-gradient(45deg, red, blue)",
///     "layers": [ { "type": "box", "left": 9, "top": 9, "width": 30, "height": 20, "background": "{{ tint }}" } ] }"#)?;
/// let cache = CompiledCache::new(64 << 20);
/// let (plain, renderer) = (Renderer::new(Fonts::new()), Renderer::new(Fonts::new()).with_compiled(cache.clone()));
/// for tint in ["white", "black", "gold"] {
///     let row = Row::from_json(&format!(r#"{{ "tint": "{tint}" }}"#))?;
///     let plan = renderer.plan(&template, &row, &Context::default())?;
///     let rendered = renderer.render(&plan, &Resources::new(), &mut Scratch::new())?;
///     assert_eq!(rendered.frame, plain.render(&plan, &Resources::new(), &mut Scratch::new())?.frame);
/// }
/// let stats = cache.stats();
/// assert_eq!((stats.templates, stats.hits, stats.plain), (1, 2, 1));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Clone)]
pub struct CompiledCache {
    shared: Arc<Shared>,
}

/// What a cache of compiled templates holds, and what came of it so far.
///
/// ```
/// let stats = templrender::CompiledCache::new(1 << 20).stats();
/// assert_eq!((stats.templates, stats.bytes, stats.hits), (0, 0, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CompiledStats {
    /// Compiled templates that are held: one for each variant, size and encoding that is asked for often.
    pub templates: usize,
    /// Memory that they take, bytes.
    pub bytes: usize,
    /// Pictures that were drawn over one.
    pub hits: u64,
    /// Pictures that were drawn as ever.
    pub plain: u64,
    /// Times that a template was compiled and held.
    pub compiled: u64,
    /// Compiled templates that were let go again, for others or because hardly any row could be drawn over them.
    pub dropped: u64,
}

struct Shared {
    max_bytes: usize,
    table: Mutex<Table>,
    hits: AtomicU64,
    plain: AtomicU64,
}

#[derive(Default)]
struct Table {
    /// Counts uses: the later one is greater.
    now: u64,
    /// By what the fixed layers hang on but for their pictures.
    kinds: BTreeMap<Name, Kind>,
    /// By that and the pictures.
    slots: BTreeMap<Name, Slot>,
    /// Of all that are held or being made.
    bytes: usize,
    compiled: u64,
    dropped: u64,
}

type Name = [u8; 32];

struct Kind {
    used: u64,
    known: Known,
}

#[derive(Clone)]
enum Known {
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

/// A compiled template that is held.
pub(crate) struct Kept {
    compiled: Compiled,
    bytes: usize,
    /// Of the last pictures: how many, and over how many of them it could be drawn.
    asked: AtomicU32,
    fitted: AtomicU32,
}

/// What the next picture is drawn with.
pub(crate) enum Turn<'c> {
    Plain,
    Kept(Arc<Kept>),
    /// It is to be compiled first.
    Make(Making<'c>),
}

/// The one that compiles a template; what is not [finished](Self::finish) has failed.
pub(crate) struct Making<'c> {
    shared: &'c Shared,
    name: Name,
    /// The use before this one.
    before: u64,
    reserved: usize,
    /// Whether it may be tried again soon.
    is_crowded: bool,
}

/// Most names that are counted; beyond them the one whose last use is the longest ago is forgotten.
const MAX_NAMES: usize = 1024;

/// Pictures after which a compiled template is judged, and how many of them must have been drawn over it.
const JUDGED: (u32, u32) = (32, 4);

/// Uses until the next try where others were in use more.
const CROWDED: u64 = 16;

impl CompiledCache {
    /// One that holds compiled templates of up to this many bytes; 0 holds none.
    ///
    /// What is being drawn with while it is let go stays until that picture is done.
    pub fn new(max_bytes: usize) -> Self {
        let table = Mutex::new(Table::default());
        Self { shared: Arc::new(Shared { max_bytes, table, hits: AtomicU64::new(0), plain: AtomicU64::new(0) }) }
    }

    /// Most bytes that it holds.
    pub fn max_bytes(&self) -> usize {
        self.shared.max_bytes
    }

    /// What it holds, and what came of it so far.
    pub fn stats(&self) -> CompiledStats {
        let table = self.shared.table();
        let kept = table.slots.values().filter_map(Slot::kept);
        let (templates, bytes) = kept.fold((0, 0), |(count, bytes), kept| (count + 1, bytes + kept.bytes));
        CompiledStats {
            templates,
            bytes,
            hits: self.shared.hits.load(Ordering::Relaxed),
            plain: self.shared.plain.load(Ordering::Relaxed),
            compiled: table.compiled,
            dropped: table.dropped,
        }
    }

    /// What a picture is drawn with whose fixed layers have this name; `needs` lists their pictures, and `digest` tells what these are.
    pub(crate) fn turn(
        &self,
        name: Name,
        needs: impl FnOnce() -> Option<Arc<[NeedId]>>,
        digest: impl Fn(NeedId) -> Option<[u8; 32]>,
    ) -> Turn<'_> {
        if self.shared.max_bytes == 0 {
            return Turn::Plain;
        }
        let (known, before) = self.shared.table().kind(name);
        let (needs, uses) = match (known, before) {
            (Known::Needs(needs), _) => (needs, 2),
            (Known::Once, Some(_)) => match needs() {
                Some(needs) => {
                    self.shared.table().learn(name, Known::Needs(needs.clone()));
                    // the use before was counted as one of the name
                    (needs, 1)
                }
                None => {
                    self.shared.table().learn(name, Known::Nothing);
                    return Turn::Plain;
                }
            },
            (Known::Once, None) | (Known::Nothing, _) => return Turn::Plain,
        };
        let pictures: Vec<Vec<u8>> = needs.iter().map(|need| digest(*need).map_or_else(Vec::new, Vec::from)).collect();
        let parts: Vec<&[u8]> = std::iter::once(name.as_slice()).chain(pictures.iter().map(Vec::as_slice)).collect();
        let name = digest::of_parts(&parts);
        let (turn, gone) = self.shared.turn(name, before, uses);
        drop(gone);
        turn
    }

    /// Takes note of a picture that was drawn.
    pub(crate) fn drawn(&self, kept: Option<&Kept>, frame: &Frame) {
        let is_over = kept.is_some_and(|kept| kept.compiled.is_under(frame));
        if let Some(kept) = kept {
            kept.asked.fetch_add(1, Ordering::Relaxed);
            kept.fitted.fetch_add(u32::from(is_over), Ordering::Relaxed);
        }
        let counter = if is_over { &self.shared.hits } else { &self.shared.plain };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for CompiledCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CompiledStats { templates, bytes, .. } = self.stats();
        write!(f, "CompiledCache({templates} templates, {bytes} of {} bytes)", self.shared.max_bytes)
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        // Every change of the table is whole before it can fail.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a slot's use comes to, and what was let go, whose memory is freed when the table is free again.
    fn turn(&self, name: Name, before: Option<u64>, uses: u64) -> (Turn<'_>, Option<Arc<Kept>>) {
        let mut table = self.table();
        let now = table.now;
        let slot = match table.slots.remove(&name) {
            Some(slot) => Slot { used: [now, slot.used[0]], ..slot },
            None => {
                table.forget_one();
                Slot { state: State::Counting(uses), used: [now, before.unwrap_or(now)], setbacks: 0 }
            }
        };
        let Slot { state, used, setbacks } = slot;
        let (state, setbacks, turn, gone) = match state {
            State::Counting(left) if left <= 1 => {
                let making = Making { shared: self, name, before: used[1], reserved: 0, is_crowded: false };
                (State::Making, setbacks, Turn::Make(making), None)
            }
            State::Counting(left) => (State::Counting(left - 1), setbacks, Turn::Plain, None),
            State::Making => (State::Making, setbacks, Turn::Plain, None),
            State::Kept(kept) if kept.is_of_use() => (State::Kept(kept.clone()), setbacks, Turn::Kept(kept), None),
            State::Kept(kept) => {
                table.bytes -= kept.bytes;
                table.dropped += 1;
                (State::Counting(uses_after(setbacks)), setbacks + 1, Turn::Plain, Some(kept))
            }
        };
        table.slots.insert(name, Slot { state, used, setbacks });
        (turn, gone)
    }
}

impl Table {
    /// Counts a use of a name: what was known of it, and when it was used before.
    fn kind(&mut self, name: Name) -> (Known, Option<u64>) {
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

    fn learn(&mut self, name: Name, known: Known) {
        if let Some(kind) = self.kinds.get_mut(&name) {
            kind.known = known;
        }
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
    fn take(&mut self, bytes: usize, max_bytes: usize, before: u64) -> Option<Vec<Arc<Kept>>> {
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
}

impl Slot {
    fn kept(&self) -> Option<&Arc<Kept>> {
        match &self.state {
            State::Kept(kept) => Some(kept),
            State::Counting(_) | State::Making => None,
        }
    }
}

impl Kept {
    pub(crate) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// Whether enough of the last pictures could be drawn over it.
    fn is_of_use(&self) -> bool {
        let (judged, least) = JUDGED;
        if self.asked.load(Ordering::Relaxed) < judged {
            return true;
        }
        self.asked.store(0, Ordering::Relaxed);
        self.fitted.swap(0, Ordering::Relaxed) >= least
    }
}

impl Making<'_> {
    /// Whether this many bytes may be taken, all together; they are kept free.
    pub(crate) fn reserve(&mut self, bytes: usize) -> bool {
        let Some(more) = bytes.checked_sub(self.reserved) else { return true };
        let taken = self.shared.table().take(more, self.shared.max_bytes, self.before);
        match taken {
            Some(_) => self.reserved = bytes,
            None => self.is_crowded = bytes <= self.shared.max_bytes,
        }
        // what went to make room is freed here, where nobody waits for the table
        taken.is_some()
    }

    /// Holds what was compiled; `None` where that is nothing, or does not fit in.
    pub(crate) fn finish(mut self, compiled: Compiled) -> Option<Arc<Kept>> {
        let bytes = compiled.bytes();
        if bytes == 0 || !self.reserve(bytes) {
            return None;
        }
        let kept = Arc::new(Kept { compiled, bytes, asked: AtomicU32::new(0), fitted: AtomicU32::new(0) });
        let mut table = self.shared.table();
        let slot = table.slots.get_mut(&self.name)?;
        slot.state = State::Kept(kept.clone());
        table.bytes -= self.reserved - bytes;
        table.compiled += 1;
        self.reserved = 0;
        Some(kept)
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        let mut table = self.shared.table();
        table.bytes -= self.reserved;
        if let Some(slot) = table.slots.get_mut(&self.name)
            && matches!(slot.state, State::Making)
        {
            if self.is_crowded {
                slot.state = State::Counting(CROWDED);
            } else {
                slot.state = State::Counting(uses_after(slot.setbacks));
                slot.setbacks += 1;
            }
        }
    }
}

/// Uses until the next try after so many that came to nothing.
fn uses_after(setbacks: u32) -> u64 {
    16 << (3 * setbacks.min(12))
}
