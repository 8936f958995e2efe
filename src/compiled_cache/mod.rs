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

mod table;

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::table::{Known, Name, Table, Used};
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
    max_bytes: AtomicUsize,
    table: Mutex<Table>,
    hits: AtomicU64,
    plain: AtomicU64,
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

/// Pictures after which a compiled template is judged, and how many of them must have been drawn over it.
const JUDGED: (u32, u32) = (32, 4);

impl CompiledCache {
    /// One that holds compiled templates of up to this many bytes; 0 holds none.
    ///
    /// What is being drawn with while it is let go stays until that picture is done.
    pub fn new(max_bytes: usize) -> Self {
        let (max_bytes, table) = (AtomicUsize::new(max_bytes), Mutex::new(Table::default()));
        Self { shared: Arc::new(Shared { max_bytes, table, hits: AtomicU64::new(0), plain: AtomicU64::new(0) }) }
    }

    /// Most bytes that it holds.
    pub fn max_bytes(&self) -> usize {
        self.shared.max_bytes()
    }

    /// Holds up to this many bytes from now on; what is more is let go. 0 lets go of everything, and of what was counted of uses too.
    ///
    /// ```
    /// let cache = templrender::CompiledCache::new(1 << 20);
    /// cache.clone().set_max_bytes(0);
    /// assert_eq!(cache.max_bytes(), 0);
    /// ```
    pub fn set_max_bytes(&self, max_bytes: usize) {
        self.shared.max_bytes.store(max_bytes, Ordering::Relaxed);
        let gone = self.shared.table().shrink(max_bytes);
        // the table is free again
        drop(gone);
    }

    /// What it holds, and what came of it so far.
    pub fn stats(&self) -> CompiledStats {
        let table = self.shared.table();
        let (templates, bytes) = table.held();
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
        if self.shared.max_bytes() == 0 {
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
        write!(f, "CompiledCache({templates} templates, {bytes} of {} bytes)", self.max_bytes())
    }
}

impl Shared {
    fn max_bytes(&self) -> usize {
        self.max_bytes.load(Ordering::Relaxed)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Every change of the table is whole before it can fail.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a slot's use comes to, and what was let go, whose memory is freed when the table is free again.
    fn turn(&self, name: Name, before: Option<u64>, uses: u64) -> (Turn<'_>, Option<Arc<Kept>>) {
        let (used, gone) = self.table().use_slot(name, before, uses);
        let turn = match used {
            Used::Plain => Turn::Plain,
            Used::Kept(kept) => Turn::Kept(kept),
            Used::Due { before } => Turn::Make(Making { shared: self, name, before, reserved: 0, is_crowded: false }),
        };
        (turn, gone)
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
    /// Most bytes of all that is held.
    pub(crate) fn max_bytes(&self) -> usize {
        self.shared.max_bytes()
    }

    /// Whether this many bytes may be taken, all together; they are kept free.
    pub(crate) fn reserve(&mut self, bytes: usize) -> bool {
        let Some(more) = bytes.checked_sub(self.reserved) else { return true };
        let taken = self.shared.table().take(more, self.shared.max_bytes(), self.before);
        match taken {
            Some(_) => self.reserved = bytes,
            None => self.is_crowded = bytes <= self.shared.max_bytes(),
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
        if !self.shared.table().keep(&self.name, &kept, self.reserved, self.shared.max_bytes()) {
            return None; // there is less room than there was
        }
        self.reserved = 0;
        Some(kept)
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.shared.table().give_up(&self.name, self.reserved, self.is_crowded);
    }
}
