//! What models made in this run, by the keys of their jobs: a photo in three variants of a row runs once.
//!
//! A job's key names what comes out by content, so that one that was run for another plan answers this one too. Threads that want the same wait for the
//! one that came first. Only as much is kept as rows that are drawn at the same time may share: a run that is asked for much later runs again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use core_::{Code, Error, Guard, Job, Key, Made, NeedId, Plan, Renderer, Resources};

use crate::pictures::Trace;

/// Bytes that are kept.
const MAX_BYTES: usize = 256 << 20;
/// What faces, and failures, count as.
const LEAST_BYTES: usize = 1 << 10;

/// What models made, shared by threads.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    state: Mutex<State>,
    runs: AtomicUsize,
    shared: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    by_key: BTreeMap<Key, Slot>,
    /// The oldest first, with their bytes.
    order: VecDeque<(Key, usize)>,
    bytes: usize,
}

/// Nothing until the first who asked has run it.
type Slot = Arc<Mutex<Option<Result<Made, Error>>>>;

impl Kept {
    /// Answers all needs of models whose pictures are there, one after the other; what fails is the layer's next choice.
    pub(crate) fn fill(&self, renderer: &Renderer, plan: &Plan, resources: &mut Resources, trace: &mut Trace) {
        let needs: Vec<NeedId> = plan.pending(resources).into_iter().filter(|need| need.is_generated()).map(core_::Need::id).collect();
        for need in needs {
            let made = renderer.job(plan, need, resources).and_then(|job| self.made(&job));
            let done = made.and_then(|made| resources.insert_made(need, made));
            if let Err(error) = done {
                // What the model could not do today it may tomorrow.
                trace.unsettled |= error.code() == Code::ModelFailed;
                resources.fail(need, error.faults().first().map_or_else(String::new, |fault| fault.message.clone()));
            }
        }
    }

    /// How often models ran, and how often somebody else's run was enough; nothing where no model was asked.
    pub(crate) fn told(&self) -> Option<String> {
        let (runs, shared) = (self.runs.load(Ordering::Relaxed), self.shared.load(Ordering::Relaxed));
        (runs > 0).then(|| format!("models: {}, {} shared", crate::check::count(runs, "run"), crate::check::count(shared, "answer")))
    }

    fn made(&self, job: &Job) -> Result<Made, Error> {
        let key = job.key();
        let slot = locked(&self.state).by_key.entry(key).or_default().clone();
        let mut made = locked(&slot);
        if let Some(made) = &*made {
            self.shared.fetch_add(1, Ordering::Relaxed);
            return made.clone();
        }
        self.runs.fetch_add(1, Ordering::Relaxed);
        let answer = job.run(&Guard { clock: Some(crate::time::monotonic_ns), ..Guard::default() });
        *made = Some(answer.clone());
        drop(made);
        self.make_room(key, answer.as_ref().map_or(LEAST_BYTES, bytes));
        answer
    }

    fn make_room(&self, key: Key, bytes: usize) {
        let mut state = locked(&self.state);
        state.order.push_back((key, bytes));
        state.bytes = state.bytes.saturating_add(bytes);
        while state.bytes > MAX_BYTES && state.order.len() > 1 {
            let Some((oldest, bytes)) = state.order.pop_front() else { return };
            state.bytes = state.bytes.saturating_sub(bytes);
            state.by_key.remove(&oldest);
        }
    }
}

/// How much memory an answer takes, about.
fn bytes(made: &Made) -> usize {
    made.frame().map_or(LEAST_BYTES, |frame| frame.width() as usize * frame.height() as usize * 4)
}

/// A thread that died while it held a lock has left nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
