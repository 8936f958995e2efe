//! Networks through rten: one session, any shapes.
//!
//! rten cannot be stopped, but it runs any part of a graph. So where somebody waits with a deadline, a network is run in parts (`cuts`), and the guard is
//! asked between them. Parts cost a new plan each, some tens of microseconds; a run without a guard is one run.
//!
//! rten runs in a pool of threads of its own. Pictures side by side need a pool each: they are kept here, for all networks, as many as ever ran at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use core_::{Error, Guard, Tensor, TensorData};
use rten::{Model, ModelOptions, NodeId, RunErrorKind, RunOptions, ThreadPool, Value, ValueOrView, ValueView};
use rten_tensor::Layout;

use crate::asks::{ask, is_armed};
use crate::cuts::{Cut, cuts};
use crate::network::{Backend, Parts, bytes, failed, lock};
use crate::options::EngineKind;

pub(crate) const IDENTITY: &str = "rten 0.24.0";

/// Most parts of a run.
const MAX_PARTS: usize = 24;

pub(crate) struct Rten {
    place: String,
    model: Model,
    inputs: Vec<NodeId>,
    outputs: Vec<NodeId>,
    /// Where a run may be cut: the values that are alive there.
    cuts: Vec<Vec<NodeId>>,
    /// Whether rten ran the parts as they are; what it fused away cannot be asked for.
    has_parts: AtomicBool,
    threads: usize,
}

impl Rten {
    pub(crate) fn new(parts: &Parts<'_>) -> Result<Self, Error> {
        let place = parts.file.place();
        let bytes = parts.file.read()?.into_vec();
        let model = ModelOptions::with_all_ops().load(bytes).map_err(|error| failed(&place, EngineKind::Rten, error))?;
        let id = |name: &str| model.node_id(name).map_err(|error| failed(&place, EngineKind::Rten, error));
        let inputs = parts.outline.inputs.iter().map(|port| id(&port.name)).collect::<Result<_, _>>()?;
        let outputs = parts.outline.outputs.iter().map(|port| id(&port.name)).collect::<Result<_, _>>()?;
        let is_kept = |cut: &Cut| cut.alive.iter().map(|name| model.find_node(name)).collect::<Option<Vec<_>>>();
        let cuts: Vec<_> = cuts(parts.outline, MAX_PARTS, |cut| is_kept(cut).is_some()).iter().filter_map(is_kept).collect();
        let has_parts = AtomicBool::new(!cuts.is_empty());
        Ok(Self { place, inputs, outputs, cuts, has_parts, threads: parts.options.threads.max(1), model })
    }

    /// All at once, or in parts.
    fn values(&self, inputs: &[Tensor], wanted: &[NodeId], guard: &Guard<'_>, options: &RunOptions) -> Result<Vec<Value>, Error> {
        let told = |error: rten::RunError| failed(&self.place, EngineKind::Rten, error);
        if is_armed(guard) && self.has_parts.load(Ordering::Relaxed) {
            match self.in_parts(inputs, wanted, guard, options) {
                Ok(values) => return Ok(values),
                Err(Stopped::Ended(error)) => return Err(error),
                Err(Stopped::Failed(error)) if !matches!(error.kind(), RunErrorKind::PlanningError | RunErrorKind::NodeNotFound) => {
                    return Err(told(error));
                }
                Err(Stopped::Failed(_)) => self.has_parts.store(false, Ordering::Relaxed),
            }
        }
        let values = self.model.run(self.given(inputs)?, wanted, Some(options.clone())).map_err(told)?;
        ask(guard, &self.place)?;
        Ok(values)
    }

    fn in_parts(&self, inputs: &[Tensor], wanted: &[NodeId], guard: &Guard<'_>, options: &RunOptions) -> Result<Vec<Value>, Stopped> {
        let mut alive: BTreeMap<NodeId, Value> = BTreeMap::new();
        for cut in self.cuts.iter().map(Vec::as_slice).chain([wanted]) {
            ask(guard, &self.place).map_err(Stopped::Ended)?;
            // What lives on is lent, what ends here is given away, for rten to write over.
            let (kept, ending): (BTreeMap<_, _>, BTreeMap<_, _>) = alive.into_iter().partition(|(id, _)| cut.contains(id));
            let fresh: Vec<NodeId> = cut.iter().filter(|id| !kept.contains_key(id)).copied().collect();
            let mut given = self.given(inputs).map_err(Stopped::Ended)?;
            given.extend(kept.iter().map(|(id, value)| (*id, ValueOrView::View(value.as_view()))));
            given.extend(ending.into_iter().map(|(id, value)| (id, ValueOrView::Value(value))));
            let made = self.model.run(given, &fresh, Some(options.clone())).map_err(Stopped::Failed)?;
            alive = kept;
            alive.extend(fresh.into_iter().zip(made));
        }
        ask(guard, &self.place).map_err(Stopped::Ended)?;
        let missing = || Stopped::Ended(failed(&self.place, EngineKind::Rten, "fewer outputs than the file names"));
        wanted.iter().map(|id| alive.remove(id).ok_or_else(missing)).collect()
    }

    fn given<'t>(&self, inputs: &'t [Tensor]) -> Result<Vec<(NodeId, ValueOrView<'t>)>, Error> {
        let views = inputs.iter().map(|input| match (input.as_f32(), bytes(input)) {
            (Some(data), _) => ValueView::from_shape(input.shape(), data).map_err(|error| failed(&self.place, EngineKind::Rten, error)),
            (None, Some(data)) => ValueView::from_shape(input.shape(), data).map_err(|error| failed(&self.place, EngineKind::Rten, error)),
            (None, None) => Err(failed(&self.place, EngineKind::Rten, "a tensor of another type")),
        });
        self.inputs.iter().zip(views).map(|(id, view)| Ok((*id, view?.into()))).collect()
    }
}

/// Why a run in parts did not come to its end.
enum Stopped {
    Ended(Error),
    Failed(rten::RunError),
}

impl Backend for Rten {
    fn run(&self, inputs: &[Tensor], wanted: &[usize], guard: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        let ids: Vec<NodeId> = wanted.iter().filter_map(|at| self.outputs.get(*at).copied()).collect();
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let pool = Pool::borrow(self.threads);
        let options = RunOptions::default().with_thread_pool(pool.inner.clone());
        let values = self.values(inputs, &distinct, guard, &options)?;
        let tensors: Vec<Tensor> =
            values.into_iter().map(tensor).collect::<Result<_, _>>().map_err(|words| failed(&self.place, EngineKind::Rten, words))?;
        let of = |id: &NodeId| distinct.binary_search(id).ok().and_then(|at| tensors.get(at)).cloned();
        ids.iter().map(|id| of(id).ok_or_else(|| failed(&self.place, EngineKind::Rten, "fewer outputs than the file names"))).collect()
    }
}

fn tensor(value: Value) -> Result<Tensor, String> {
    let (shape, data) = match value {
        Value::FloatTensor(tensor) => (tensor.shape().to_vec(), TensorData::F32(tensor.into_data())),
        Value::UInt8Tensor(tensor) => (tensor.shape().to_vec(), TensorData::U8(tensor.into_data())),
        other => return Err(format!("an output of {:?}, neither float32 nor uint8", other.dtype())),
    };
    Tensor::new(shape, data).map_err(|error| error.to_string())
}

/// A pool of threads, lent for one run.
struct Pool {
    threads: usize,
    inner: Option<Arc<ThreadPool>>,
}

/// The process that made the pools, and those that nobody uses, by their number of threads. A process that was forked off has no threads in them.
static FREE: Mutex<(u32, Pools)> = Mutex::new((0, BTreeMap::new()));

type Pools = BTreeMap<usize, Vec<Arc<ThreadPool>>>;

impl Pool {
    fn borrow(threads: usize) -> Self {
        let mut free = lock(&FREE);
        let process = std::process::id();
        if free.0 != process {
            // Not dropped: that would wait for threads which are not there.
            std::mem::forget(std::mem::take(&mut free.1));
            free.0 = process;
        }
        let known = free.1.get_mut(&threads).and_then(Vec::pop);
        drop(free);
        Self { threads, inner: Some(known.unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(threads)))) }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(pool) = self.inner.take() {
            lock(&FREE).1.entry(self.threads).or_default().push(pool);
        }
    }
}
