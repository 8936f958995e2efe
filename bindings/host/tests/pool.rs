//! The render pool from outside: fair, bounded, and still there after whatever a job does.

mod common;

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::until;
use templrender_host::{Pool, PoolError, PoolOptions};

fn pool(threads: usize, queue: usize) -> Pool {
    Pool::new(PoolOptions { threads, queue }).unwrap()
}

/// Keeps a thread busy until the sender is used or dropped; comes back when it is.
async fn occupy(pool: &Pool, lane: u64) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), PoolError>>) {
    let (end, ended) = mpsc::channel();
    let (begin, begun) = tokio::sync::oneshot::channel();
    let pool = pool.clone();
    let task = tokio::spawn(async move {
        pool.run(lane, None, move |_, _| {
            begin.send(()).unwrap();
            let _ = ended.recv();
        })
        .await
    });
    begun.await.unwrap();
    (end, task)
}

#[tokio::test]
async fn jobs_run_on_named_threads_with_deep_stacks() {
    fn deep(levels: usize) -> usize {
        let block = [1u8; 64 << 10];
        let block = std::hint::black_box(&block);
        if levels == 0 { 0 } else { deep(levels - 1) + usize::from(block[levels]) }
    }
    let pool = pool(2, 0);
    let name = pool.run(0, None, |_, _| std::thread::current().name().map(str::to_owned)).await.unwrap().unwrap();
    assert!(["templrender-render-0", "templrender-render-1"].contains(&name.as_str()), "{name}");
    assert_eq!(pool.run(0, None, |_, _| deep(180)).await, Ok(180), "11 MiB of stack");
    assert_eq!((pool.stats().threads, pool.stats().done), (2, 2));
}

#[tokio::test]
async fn a_flood_of_one_lane_costs_another_at_most_the_job_that_runs() {
    let pool = pool(1, 1_000);
    let order = Arc::new(Mutex::new(Vec::new()));
    let (step, steps) = mpsc::channel::<()>();
    let steps = Arc::new(Mutex::new(steps));
    let flood: Vec<_> = (0..1_001)
        .map(|_| {
            let (pool, order, steps) = (pool.clone(), order.clone(), steps.clone());
            let job = move |_: &mut _, _: &AtomicBool| {
                order.lock().unwrap().push(1);
                // Until it is told to end, or all are.
                let _ = steps.lock().unwrap().recv();
            };
            tokio::spawn(async move { pool.run(1, None, job).await })
        })
        .collect();
    until(|| pool.stats().waiting == 1_000).await;
    for round in 0..20 {
        let (into, order) = (pool.clone(), order.clone());
        let other = tokio::spawn(async move { into.run(2, None, move |_, _| order.lock().unwrap().push(2)).await });
        until(|| pool.stats().lanes == 2).await;
        // The first one came into a full queue: the newest of the flood went for it.
        assert_eq!(pool.stats().refused, 1, "round {round}");
        step.send(()).unwrap();
        other.await.unwrap().unwrap();
    }
    drop(step);
    let mut refused = 0;
    for job in flood {
        refused += u32::from(job.await.unwrap() == Err(PoolError::Full));
    }
    let order = order.lock().unwrap();
    assert_eq!(order[..40], [1, 2].repeat(20), "the other lane is next each time");
    assert_eq!((refused, order.len()), (1, 1_020));
}

#[tokio::test]
async fn a_lane_is_first_in_first_out_and_a_full_queue_refuses() {
    let pool = pool(1, 3);
    let (end, first) = occupy(&pool, 1).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut jobs = Vec::new();
    for number in 0..3 {
        let (into, order) = (pool.clone(), order.clone());
        jobs.push(tokio::spawn(async move { into.run(1, None, move |_, _| order.lock().unwrap().push(number)).await }));
        until(|| pool.stats().waiting == number + 1).await;
    }
    assert_eq!(pool.run(1, None, |_, _| ()).await, Err(PoolError::Full));
    assert_eq!(PoolError::Full.to_string(), "the render queue is full");
    end.send(()).unwrap();
    for job in jobs {
        job.await.unwrap().unwrap();
    }
    first.await.unwrap().unwrap();
    assert_eq!(*order.lock().unwrap(), [0, 1, 2]);
}

#[tokio::test]
async fn a_job_that_is_late_or_left_alone_does_not_begin() {
    let pool = pool(1, 10);
    let (end, first) = occupy(&pool, 1).await;
    let ran = Arc::new(AtomicBool::new(false));
    let job = |deadline| {
        let (pool, ran) = (pool.clone(), ran.clone());
        tokio::spawn(async move { pool.run(1, deadline, move |_, _| ran.store(true, Ordering::Relaxed)).await })
    };
    let late = job(Some(Instant::now() + Duration::from_millis(5)));
    let left = job(None);
    until(|| pool.stats().waiting == 2).await;
    left.abort();
    until(|| pool.stats().waiting == 1).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    end.send(()).unwrap();
    assert_eq!(late.await.unwrap(), Err(PoolError::Deadline));
    first.await.unwrap().unwrap();
    let stats = pool.stats();
    assert!(!ran.load(Ordering::Relaxed) && stats.expired == 1 && stats.abandoned == 1, "{stats:?}");
}

#[tokio::test]
async fn a_job_that_runs_is_told_when_its_asker_goes() {
    let pool = pool(1, 0);
    let (begin, begun) = tokio::sync::oneshot::channel();
    let cancelled = Arc::new(AtomicBool::new(false));
    let (told, into) = (cancelled.clone(), pool.clone());
    let asker = tokio::spawn(async move {
        let job = move |_: &mut _, cancel: &AtomicBool| {
            assert!(!cancel.load(Ordering::Relaxed));
            begin.send(()).unwrap();
            while !cancel.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            told.store(true, Ordering::Relaxed);
        };
        into.run(1, None, job).await
    });
    begun.await.unwrap();
    asker.abort();
    until(|| cancelled.load(Ordering::Relaxed) && pool.stats().running == 0).await;
    assert_eq!(pool.run(1, None, |_, _| 5).await, Ok(5));
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[tokio::test]
async fn a_panic_is_told_with_its_text_and_ends_no_thread() {
    let pool = pool(1, 8);
    let run = |text: Option<&'static str>| {
        pool.run(1, None, move |_, _| {
            if let Some(text) = text {
                panic!("{text} {}", 1)
            }
        })
    };
    assert_eq!(run(Some("no such glyph")).await, Err(PoolError::Panicked("no such glyph 1".to_owned())));
    assert_eq!(pool.run::<(), _>(1, None, |_, _| panic!("plain")).await, Err(PoolError::Panicked("plain".to_owned())));
    let odd = pool.run::<(), _>(1, None, |_, _| std::panic::panic_any(7)).await;
    assert_eq!(odd, Err(PoolError::Panicked("a panic without a text".to_owned())));
    // What the job gives is dropped on the thread where nobody waits for it.
    let (begin, begun) = tokio::sync::oneshot::channel();
    let (end, ended) = mpsc::channel::<()>();
    let into = pool.clone();
    let asker = tokio::spawn(async move {
        let job = move |_: &mut _, _: &AtomicBool| {
            begin.send(()).unwrap();
            let _ = ended.recv();
            Bomb
        };
        into.run(1, None, job).await.map(std::mem::forget)
    });
    begun.await.unwrap();
    asker.abort();
    assert!(asker.await.is_err());
    drop(end);
    assert_eq!(run(None).await, Ok(()));
    assert_eq!((pool.stats().threads, pool.stats().panicked, pool.stats().done), (1, 3, 2));
}

thread_local! {
    static MARK: RefCell<Option<Mark>> = const { RefCell::new(None) };
}

/// Tells when its thread ends.
struct Mark(Arc<AtomicUsize>);

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn shut_down_what_runs_ends_and_what_waits_is_answered() {
    let ends = Arc::new(AtomicUsize::new(0));
    let mark = |pool: &Pool| {
        let (pool, ends) = (pool.clone(), ends.clone());
        async move { pool.run(9, None, |_, _| MARK.set(Some(Mark(ends)))).await }
    };
    let waiting = pool(1, 8);
    mark(&waiting).await.unwrap();
    let (end, first) = occupy(&waiting, 1).await;
    let into = waiting.clone();
    let second = tokio::spawn(async move { into.run(1, None, |_, _| ()).await });
    until(|| waiting.stats().waiting == 1).await;
    let closing = waiting.clone();
    let shutdown = tokio::spawn(async move { closing.shutdown().await });
    assert_eq!(second.await.unwrap(), Err(PoolError::Closed));
    assert_eq!(waiting.run(1, None, |_, _| ()).await, Err(PoolError::Closed));
    assert!(!shutdown.is_finished() && ends.load(Ordering::Relaxed) == 0);
    end.send(()).unwrap();
    shutdown.await.unwrap();
    assert_eq!(first.await.unwrap(), Ok(()), "what ran has its answer");
    assert_eq!(waiting.stats().threads, 0);
    // Dropped, the threads end as well.
    let dropped = pool(1, 8);
    mark(&dropped).await.unwrap();
    drop(dropped);
    until(|| ends.load(Ordering::Relaxed) == 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_askers_do_each_job_is_counted_once_and_nothing_stays() {
    let pool = pool(3, 12);
    let mut random = common::random();
    let mut askers = Vec::new();
    let ran = Arc::new(AtomicUsize::new(0));
    let mut aborted = 0;
    for number in 0..2_000u64 {
        let (lane, kind, micros) = (u64::from(random() % 7), random() % 10, u64::from(random() % 300));
        let deadline = (kind == 0).then(|| Instant::now() + Duration::from_micros(micros));
        let (into, ran) = (pool.clone(), ran.clone());
        let job = move |_: &mut _, _: &AtomicBool| {
            ran.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_micros(micros));
            if kind == 1 {
                std::panic::resume_unwind(Box::new(()));
            }
            number
        };
        let asker = tokio::spawn(async move { into.run(lane, deadline, job).await });
        if kind == 2 {
            tokio::time::sleep(Duration::from_micros(micros)).await;
            asker.abort();
            aborted += 1;
        } else if kind == 3 {
            tokio::task::yield_now().await;
        } else if kind == 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        askers.push((number, kind, asker));
    }
    let mut counts = [0; 4];
    for (number, kind, asker) in askers {
        match tokio::time::timeout(Duration::from_secs(20), asker).await.expect("everybody gets an answer") {
            Err(gone) => assert!(gone.is_cancelled() && kind == 2),
            Ok(Ok(answer)) => {
                assert_eq!(answer, number);
                counts[0] += 1;
            }
            Ok(Err(PoolError::Panicked(_))) => counts[1] += 1,
            Ok(Err(PoolError::Full)) => counts[2] += 1,
            Ok(Err(PoolError::Deadline)) => counts[3] += 1,
            Ok(Err(PoolError::Closed)) => panic!("it is open"),
        }
    }
    until(|| pool.stats().running == 0).await;
    let stats = pool.stats();
    assert_eq!((stats.running, stats.waiting, stats.lanes, stats.threads), (0, 0, 0, 3), "{stats:?}");
    assert_eq!(stats.done + stats.panicked, ran.load(Ordering::Relaxed) as u64, "{stats:?}");
    assert!(
        stats.done >= counts[0] && stats.panicked >= counts[1] && stats.refused >= counts[2] && stats.expired >= counts[3],
        "{stats:?} {counts:?}"
    );
    // Some were aborted before they were polled, and so never came.
    let came = stats.done + stats.panicked + stats.refused + stats.expired + stats.abandoned;
    assert!(came <= 2_000 && came >= 2_000 - aborted, "{stats:?}");
    assert!(counts.iter().all(|count| *count > 5), "{counts:?}");
}
