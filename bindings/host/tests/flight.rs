//! Single flight from outside: each key is made once at a time, and everybody gets an answer.

mod common;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use common::until;
use templrender_host::{Flight, Lost};
use tokio::sync::oneshot;
use tokio::task::yield_now;

#[tokio::test]
async fn fifty_askers_are_one_making() {
    let flight: Flight<&str, u32> = Flight::new();
    let made = Arc::new(AtomicU32::new(0));
    let (end, ended) = oneshot::channel::<u32>();
    let mut ended = Some(ended);
    let askers: Vec<_> = (0..50)
        .map(|_| {
            let (flight, made, ended) = (flight.clone(), made.clone(), ended.take());
            tokio::spawn(async move {
                let make = || async move {
                    made.fetch_add(1, Ordering::Relaxed);
                    ended.expect("the first one makes it").await.unwrap()
                };
                flight.run("a", make).await
            })
        })
        .collect();
    until(|| made.load(Ordering::Relaxed) == 1).await;
    assert_eq!(flight.run("b", || async { 2 }).await, Ok(2), "another key waits for nobody");
    assert_eq!(flight.len(), 1);
    end.send(7).unwrap();
    for asker in askers {
        assert_eq!(asker.await.unwrap(), Ok(7));
    }
    assert_eq!((made.load(Ordering::Relaxed), flight.is_empty()), (1, true));
}

#[tokio::test]
async fn the_work_runs_on_though_all_askers_go() {
    let flight: Flight<u8, u32> = Flight::new();
    let (end, ended) = oneshot::channel::<()>();
    let (into, mut over) = (flight.clone(), oneshot::channel::<()>());
    let asker = tokio::spawn(async move {
        let make = || async move {
            ended.await.unwrap();
            over.0.send(()).unwrap();
            1
        };
        into.run(1, make).await
    });
    until(|| flight.len() == 1).await;
    asker.abort();
    assert!(asker.await.unwrap_err().is_cancelled());
    // One that comes now gets what was begun.
    let into = flight.clone();
    let late = tokio::spawn(async move { into.run(1, || async { 2 }).await });
    yield_now().await;
    assert!(over.1.try_recv().is_err());
    end.send(()).unwrap();
    over.1.await.unwrap();
    assert_eq!(late.await.unwrap(), Ok(1));
    // One that comes after it is a new beginning.
    assert_eq!(flight.run(1, || async { 3 }).await, Ok(3));
}

#[tokio::test]
async fn a_panic_is_everybodys_answer_and_is_not_kept() {
    let flight: Flight<u8, u32> = Flight::new();
    let make = || async {
        yield_now().await;
        panic!("no {}", "luck");
    };
    let (one, other) = tokio::join!(flight.run(1, make), flight.run(1, || async { 5 }));
    let lost = Lost::Panicked("no luck".to_owned());
    assert_eq!((one, other), (Err(lost.clone()), Err(lost.clone())));
    assert_eq!(lost.to_string(), "the work panicked: no luck");
    // Before there is a future at all.
    let make = || -> std::future::Ready<u32> { panic!("at once") };
    assert_eq!(flight.run(1, make).await, Err(Lost::Panicked("at once".to_owned())));
    assert_eq!(flight.run(1, || async { 6 }).await, Ok(6));
    assert!(flight.is_empty());
}

#[test]
fn a_runtime_that_ends_cuts_the_work_off_and_tells_the_askers() {
    let flight: Flight<u8, u32> = Flight::new();
    let first = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let second = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let begun = flight.clone();
    first.spawn(async move { begun.run(1, std::future::pending).await });
    while flight.is_empty() {
        std::thread::yield_now();
    }
    let mut asked = pin!(flight.run(1, || async { 2 }));
    assert!(asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(first);
    assert_eq!(second.block_on(asked), Err(Lost::CutOff));
    assert_eq!(second.block_on(flight.run(1, || async { 3 })), Ok(3));
    // A task that a dead runtime never begins.
    let handle = {
        let dead = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        dead.handle().clone()
    };
    let _inside = handle.enter();
    assert_eq!(poll_once(flight.run(1, || async { 4 })), Poll::Ready(Err(Lost::CutOff)));
    assert!(flight.is_empty());
}

#[test]
fn without_a_runtime_the_asker_runs_it() {
    let flight: Flight<u8, u32> = Flight::new();
    assert_eq!(poll_once(flight.run(1, || async { 4 })), Poll::Ready(Ok(4)));
    assert_eq!(poll_once(flight.run(1, std::future::pending)), Poll::Pending);
    assert!(flight.is_empty(), "it is gone with its asker");
}

fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_keys_leave_nothing() {
    let flight: Flight<u32, Arc<u32>> = Flight::new();
    let value = Arc::new(0);
    for start in (0..100_000).step_by(100) {
        let some = (start..start + 100).map(|key| {
            let (flight, value) = (&flight, value.clone());
            async move {
                let make = || async move {
                    if key % 3 == 0 {
                        yield_now().await;
                    }
                    value
                };
                assert!(flight.run(key, make).await.is_ok());
            }
        });
        futures_util::future::join_all(some).await;
        assert!(flight.is_empty());
    }
    // The tasks may still be letting go of theirs.
    until(|| Arc::strong_count(&value) == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_askers_do_a_key_is_made_once_at_a_time_and_all_are_answered() {
    const KEYS: usize = 6;
    let flight: Flight<usize, u64> = Flight::new();
    let making: Arc<[AtomicU32; KEYS]> = Arc::default();
    // Numbers the makings, and for each key the last one that anybody was told: who asks afterwards must not be told it again.
    let next = Arc::new(AtomicU64::new(1));
    let told: Arc<[AtomicU64; KEYS]> = Arc::default();
    let mut random = common::random();
    let (mut askers, mut made, mut panics) = (Vec::new(), 0, 0);
    for _ in 0..4_000 {
        let (key, kind, steps) = (random() as usize % KEYS, random() % 12, random() % 5);
        let (flight, making, next, told) = (flight.clone(), making.clone(), next.clone(), told.clone());
        let asker = tokio::spawn(async move {
            let before = told[key].load(Ordering::SeqCst);
            let make = || async move {
                assert_eq!(making[key].fetch_add(1, Ordering::SeqCst), 0, "{key} is made twice at once");
                let number = next.fetch_add(1, Ordering::SeqCst);
                for _ in 0..steps {
                    yield_now().await;
                }
                if steps == 4 {
                    tokio::time::sleep(Duration::from_micros(300)).await;
                }
                assert_eq!(making[key].fetch_sub(1, Ordering::SeqCst), 1);
                if kind == 4 {
                    std::panic::resume_unwind(Box::new("planned"));
                }
                number
            };
            let answer = flight.run(key, make).await;
            if let Ok(number) = answer {
                told[key].fetch_max(number, Ordering::SeqCst);
            }
            (before, answer)
        });
        if kind < 3 {
            yield_now().await;
            asker.abort();
        } else if kind == 3 {
            tokio::time::sleep(Duration::from_micros(50)).await;
        }
        askers.push((kind, asker));
    }
    for (kind, asker) in askers {
        match tokio::time::timeout(Duration::from_secs(20), asker).await.expect("everybody gets an answer") {
            Err(gone) => assert!(gone.is_cancelled() && kind < 3),
            Ok((before, Ok(number))) => {
                assert!(number > before, "{before} was told, and {number} to who asked then");
                made += 1;
            }
            Ok((_, Err(lost))) => {
                assert_eq!(lost, Lost::Panicked("planned".to_owned()));
                panics += 1;
            }
        }
    }
    until(|| flight.is_empty()).await;
    let times = next.load(Ordering::Relaxed);
    assert!(made > 1_000 && panics > 20 && times > 100 && times < 4_000, "{made} answers, {panics} panics, {times} makings");
}
