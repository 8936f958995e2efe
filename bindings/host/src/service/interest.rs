//! Who still waits for a work that is under way: when the last one goes away, it is given up.
//!
//! A flight runs on although its askers leave, so that the next one need not begin again. A picture that nobody waits for is not worth a
//! thread, though: its drawing is cancelled, while what was fetched for it stays in the cache.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::govern::locked;
use super::store::Name;

/// How many wait, by the name of what they wait for.
#[derive(Debug, Default)]
pub(super) struct Interests(Mutex<HashMap<Name, Arc<Interest>>>);

/// The askers of one work.
#[derive(Debug, Default)]
pub(super) struct Interest {
    askers: AtomicUsize,
    gone: Notify,
}

/// One asker, as long as it waits.
#[derive(Debug)]
pub(super) struct Asker {
    all: Arc<Interests>,
    name: Name,
    pub(super) interest: Arc<Interest>,
}

impl Interests {
    pub(super) fn enter(self: &Arc<Self>, name: Name) -> Asker {
        let mut table = locked(&self.0);
        let interest = table.entry(name).or_default().clone();
        interest.askers.fetch_add(1, Ordering::AcqRel);
        Asker { all: self.clone(), name, interest }
    }
}

impl Interest {
    /// Ends when nobody waits any more.
    pub(super) async fn over(&self) {
        let gone = self.gone.notified();
        if self.askers.load(Ordering::Acquire) > 0 {
            gone.await;
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        let mut table = locked(&self.all.0);
        if self.interest.askers.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Under the table's lock: nobody can join what is given up here.
            table.remove(&self.name);
            self.interest.gone.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn the_last_asker_that_goes_ends_it() {
        let all = Arc::new(Interests::default());
        let (one, other) = (all.enter([1; 32]), all.enter([1; 32]));
        let interest = one.interest.clone();
        let watched = tokio::spawn(async move { interest.over().await });
        drop(one);
        tokio::task::yield_now().await;
        assert!(!watched.is_finished());
        drop(other);
        watched.await.unwrap();
        assert!(locked(&all.0).is_empty());
        let again = all.enter([1; 32]);
        assert_eq!(again.interest.askers.load(Ordering::Acquire), 1);
    }
}
