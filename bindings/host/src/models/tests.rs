//! Threads that run models, with tasks that say what they do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use core_::{Code, Fault};
use futures_util::future::join_all;

use super::*;

/// What the runs of a test did.
#[derive(Default)]
struct Log {
    batches: Mutex<Vec<Vec<u32>>>,
    cancelled: AtomicUsize,
}

/// A run of a model that takes so long.
#[derive(Clone)]
struct Run {
    number: u32,
    model: u8,
    batch: usize,
    takes: Duration,
    gmac: f64,
    log: Arc<Log>,
    begun: Option<mpsc::SyncSender<()>>,
}

impl Task for Run {
    fn model(&self) -> [u8; 32] {
        [self.model; 32]
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn gmac(&self) -> f64 {
        self.gmac
    }

    fn run_all(tasks: &[Self], guard: &Guard<'_>) -> Vec<Result<Bytes, Error>> {
        let first = &tasks[0];
        first.log.batches.lock().unwrap().push(tasks.iter().map(|task| task.number).collect());
        tasks.iter().filter_map(|task| task.begun.as_ref()).for_each(|begun| begun.send(()).unwrap());
        let ends = Instant::now() + first.takes;
        while Instant::now() < ends {
            if guard.cancel.unwrap().load(Ordering::Relaxed) {
                first.log.cancelled.fetch_add(1, Ordering::Relaxed);
                return tasks.iter().map(|_| Err(Fault::new(Code::Cancelled, "", "cancelled").into())).collect();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_ne!(first.number, 666, "a model that panics");
        let answer = |task: &Self| match task.number {
            13 => Err(Fault::new(Code::ModelFailed, "model a", "no luck").into()),
            number => Ok(Bytes::from(vec![number as u8])),
        };
        tasks.iter().map(answer).collect()
    }
}

struct Bench {
    lane: ModelLane<Run>,
    log: Arc<Log>,
}

const LATER: Duration = Duration::from_secs(60);

impl Bench {
    fn new(threads: usize, waiting: usize) -> Self {
        Self { lane: ModelLane::new(threads, waiting, ModelMetrics::new()).unwrap(), log: Arc::default() }
    }

    fn task(&self, number: u32, takes_ms: u64) -> Run {
        Run { number, model: 1, batch: 1, takes: Duration::from_millis(takes_ms), gmac: 0.0, log: self.log.clone(), begun: None }
    }

    async fn run(&self, lane: u64, task: Run) -> Result<Bytes, LaneError> {
        self.lane.run(lane, Instant::now() + LATER, task).await
    }

    /// Keeps the only thread busy until the test lets it go.
    async fn hold(&self, takes_ms: u64) -> tokio::task::JoinHandle<Result<Bytes, LaneError>> {
        let (begun, is_begun) = mpsc::sync_channel(1);
        let task = Run { begun: Some(begun), model: 9, ..self.task(0, takes_ms) };
        let lane = self.lane.clone();
        let held = tokio::spawn(async move { lane.run(99, Instant::now() + LATER, task).await });
        tokio::task::spawn_blocking(move || is_begun.recv().unwrap()).await.unwrap();
        held
    }

    fn batches(&self) -> Vec<Vec<u32>> {
        self.log.batches.lock().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_one_model_runs_together_and_lanes_take_turns() {
    let bench = Bench::new(1, 64);
    let held = bench.hold(60).await;
    let lanes = [1, 1, 1, 2, 1, 1];
    let tasks = (1..=6_u32).zip(lanes).map(|(number, lane)| {
        let model = if number == 3 { 2 } else { 1 };
        bench.run(lane, Run { batch: 3, model, ..bench.task(number, 5) })
    });
    let answers = join_all(tasks).await;
    assert!(answers.iter().zip(1_u8..).all(|(answer, number)| answer.as_deref() == Ok(&[number][..])), "{answers:?}");
    held.await.unwrap().unwrap();
    // The first, with those that wait for the same model, of the other lane first; then the next of its lane.
    assert_eq!(bench.batches(), [vec![0], vec![1, 4, 2], vec![3], vec![5, 6]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_late_is_refused_at_once_and_an_idle_lane_takes_everything() {
    let bench = Bench::new(1, 64);
    let soon = |milliseconds: u64| Instant::now() + Duration::from_millis(milliseconds);
    let heavy = |number| Run { gmac: 10.0, ..bench.task(number, 300) };
    // Nobody knows how long it takes.
    assert!(bench.run(1, heavy(1)).await.is_ok());
    // Known, and nobody else is there: it may be faster this time.
    let alone = bench.lane.run(1, soon(250), Run { takes: Duration::from_millis(150), ..heavy(2) }).await;
    assert!(alone.is_ok(), "{alone:?}");
    let (one, two) = tokio::join!(bench.run(1, heavy(3)), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        let asked = Instant::now();
        let refused = bench.lane.run(2, soon(200), heavy(4)).await;
        assert!(asked.elapsed() < Duration::from_millis(100), "it did not wait");
        refused
    });
    assert!(one.is_ok());
    let Err(LaneError::Late(late)) = two else { panic!("{two:?}") };
    assert!(late > Duration::from_millis(100) && late < Duration::from_millis(500), "{late:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_takes_from_the_longest_lane_first() {
    let bench = Bench::new(1, 3);
    let held = bench.hold(80).await;
    let flood = join_all((1..=5).map(|number| bench.run(1, bench.task(number, 1))));
    let other = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        bench.run(2, bench.task(7, 1)).await
    };
    let (flood, other) = tokio::join!(flood, other);
    let full = flood.iter().filter(|answer| **answer == Err(LaneError::Full)).count();
    assert_eq!((full, other.as_deref()), (3, Ok(&[7_u8][..])));
    held.await.unwrap().unwrap();
    assert_eq!(bench.lane.waiting(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_nobody_waits_for_is_cancelled_and_one_that_somebody_waits_for_is_not() {
    let bench = Bench::new(1, 8);
    let held = bench.hold(10_000).await;
    let left = tokio::time::timeout(Duration::from_millis(20), bench.run(1, bench.task(1, 1))).await;
    assert!(left.is_err() && bench.lane.waiting() == 0, "out of the queue");
    held.abort();
    let slow = |number| Run { batch: 2, ..bench.task(number, 150) };
    // The thread is free again, soon.
    let again = bench.hold(30).await;
    let (one, other) = tokio::join!(tokio::time::timeout(Duration::from_millis(100), bench.run(1, slow(2))), bench.run(1, slow(3)));
    again.await.unwrap().unwrap();
    assert!(one.is_err() && other.is_ok(), "{other:?}");
    assert_eq!(bench.batches().last().unwrap(), &[2, 3]);
    assert_eq!(bench.log.cancelled.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_or_a_panic_is_its_own_alone() {
    let bench = Bench::new(1, 8);
    let held = bench.hold(40).await;
    let together = |number| bench.run(1, Run { batch: 2, ..bench.task(number, 1) });
    let (failed, made, panicked) = tokio::join!(together(13), together(14), bench.run(2, Run { model: 3, ..bench.task(666, 1) }));
    assert!(matches!(&failed, Err(LaneError::Failed(error)) if error.code() == Code::ModelFailed), "{failed:?}");
    assert!(made.is_ok());
    assert!(matches!(&panicked, Err(LaneError::Panicked(text)) if text.contains("a model that panics")), "{panicked:?}");
    held.await.unwrap().unwrap();
    assert!(bench.run(1, bench.task(5, 1)).await.is_ok(), "the thread lives on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_passes_in_the_queue_is_told() {
    let bench = Bench::new(1, 8);
    let held = bench.hold(120).await;
    let answer = bench.lane.run(1, Instant::now() + Duration::from_millis(30), bench.task(1, 1)).await;
    assert_eq!(answer, Err(LaneError::Deadline));
    held.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_the_lane_ends_what_waits_and_what_runs() {
    let bench = Bench::new(1, 8);
    let log = bench.log.clone();
    let held = bench.hold(10_000).await;
    held.abort();
    let _ = held.await;
    drop(bench);
    for _ in 0..500 {
        if log.cancelled.load(Ordering::Relaxed) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the run goes on");
}
