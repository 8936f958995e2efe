//! One making however many ask: work that is named by a key runs once at a time, and all who ask meanwhile get its answer.
//!
//! In: a key and a closure that makes the work's future. Out: a clone of what the work gave, or [`Lost`] where it panicked or was cut off.
//! The work is a task of its own, so that it runs on although some or all askers go away: the next asker would otherwise begin from
//! nothing. Whoever wants a limit on the work puts it into the work.
//!
//! The key leaves the table before the answer is told: who asks after anybody was answered begins anew, and nothing stays behind. What the
//! askers wait for is a [`Shared`] over a oneshot channel, which wakes them once, at the end. A `Shared` over the work itself would wake
//! every asker whenever the work moves on.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Work that is under way, by key.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use std::sync::Arc;
/// use templrender_host::Flight;
/// let flight: Flight<&str, u32> = Flight::new();
/// let made = Arc::new(AtomicU32::new(0));
/// let ask = || {
///     let made = made.clone();
///     flight.run("six times seven", || async move {
///         tokio::task::yield_now().await;
///         made.fetch_add(1, Ordering::Relaxed);
///         42
///     })
/// };
/// let (one, other) = tokio::join!(ask(), ask());
/// assert_eq!((one, other), (Ok(42), Ok(42)));
/// assert_eq!(made.load(Ordering::Relaxed), 1);
/// assert_eq!(flight.len(), 0);
/// # }
/// ```
pub struct Flight<K, V> {
    table: Arc<Mutex<HashMap<K, Asked<V>>>>,
}

type Asked<V> = Shared<BoxFuture<'static, Result<V, Lost>>>;

/// Why there is no answer.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use templrender_host::{Flight, Lost};
/// let flight: Flight<u8, u8> = Flight::new();
/// let lost = flight.run(1, || async { panic!("no luck") }).await;
/// assert_eq!(lost, Err(Lost::Panicked("no luck".to_owned())));
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The work panicked; the panic's text.
    Panicked(String),
    /// The work was dropped before its end, as when its runtime shuts down.
    CutOff,
}

impl<K, V> Flight<K, V> {
    /// Nothing is under way.
    pub fn new() -> Self {
        Self { table: Arc::default() }
    }

    /// How many keys are under way.
    pub fn len(&self) -> usize {
        locked(&self.table).len()
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K, V> Flight<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The answer of the work that runs for this key, or of `make`'s work if none does.
    ///
    /// `make` is called where the first asker stands, and must do no more than build a future. The future is run as a task of the tokio
    /// runtime in which the first asker is polled. Outside of one it is run by that asker, and is cut off with it.
    pub async fn run<F>(&self, key: K, make: impl FnOnce() -> F) -> Result<V, Lost>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let (tell, asked) = match self.join(&key) {
            Ok(asked) => return asked.await,
            Err(first) => first,
        };
        let place = Place { table: self.table.clone(), key, tell: Some(tell) };
        let work = catch_unwind(AssertUnwindSafe(make));
        let task = async move {
            let answer = match work {
                Ok(work) => AssertUnwindSafe(work).catch_unwind().await,
                Err(panic) => Err(panic),
            };
            place.answer(answer.map_err(|panic| Lost::Panicked(said(panic.as_ref()))));
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(task)),
            Err(_) => task.await,
        }
        asked.await
    }

    /// What runs for this key; else a place in the table, to be answered by who asked first.
    #[expect(clippy::type_complexity, reason = "both halves of one channel")]
    fn join(&self, key: &K) -> Result<Asked<V>, (oneshot::Sender<Result<V, Lost>>, Asked<V>)> {
        let mut table = locked(&self.table);
        if let Some(asked) = table.get(key) {
            return Ok(asked.clone());
        }
        let (tell, told) = oneshot::channel();
        let asked = told.map(|answer| answer.unwrap_or(Err(Lost::CutOff))).boxed().shared();
        table.insert(key.clone(), asked.clone());
        Err((tell, asked))
    }
}

/// A key's place in the table, given up when dropped, whatever became of the work; only then are the askers told.
struct Place<K: Eq + Hash, V> {
    table: Arc<Mutex<HashMap<K, Asked<V>>>>,
    key: K,
    tell: Option<oneshot::Sender<Result<V, Lost>>>,
}

impl<K: Eq + Hash, V> Place<K, V> {
    fn answer(mut self, answer: Result<V, Lost>) {
        let tell = self.tell.take();
        drop(self);
        // Nobody hears it where all askers have gone.
        let _ = tell.map(|tell| tell.send(answer));
    }
}

impl<K: Eq + Hash, V> Drop for Place<K, V> {
    fn drop(&mut self) {
        let left = locked(&self.table).remove(&self.key);
        // Not under the lock: what is dropped here may be somebody's value.
        drop(left);
    }
}

/// The text of a panic, as far as it has one.
pub(crate) fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> Clone for Flight<K, V> {
    fn clone(&self) -> Self {
        Self { table: self.table.clone() }
    }
}

impl<K, V> Default for Flight<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> fmt::Debug for Flight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("len", &self.len()).finish()
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(text) => write!(f, "the work panicked: {text}"),
            Self::CutOff => f.write_str("the work was cut off before its end"),
        }
    }
}

impl std::error::Error for Lost {}
