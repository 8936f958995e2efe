//! What cache, single flight and pool cost beside the pictures: operations in a second, entries of 60,000 bytes.
//!
//! The answers are checked: what is got is what was put, a job gives its number.

use std::time::Instant;

use templrender_host::{Cache, CacheOptions, DiskOptions, Entry, Flight, Pool, PoolOptions};
use tokio::runtime::Runtime;

const ENTRIES: u64 = 2_000;
const BODY_BYTES: usize = 60_000;
const JOBS: u64 = 50_000;

fn main() {
    let folder = std::env::temp_dir().join(format!("templrender-bench-{}", std::process::id()));
    Runtime::new().expect("a runtime").block_on(async {
        cache(&folder).await;
        flight().await;
        pool().await;
    });
    // It lies among temporary files.
    let _ = std::fs::remove_dir_all(folder);
}

async fn cache(folder: &std::path::Path) {
    let disk = DiskOptions { folder: folder.to_owned(), bytes: 1 << 30 };
    let options = CacheOptions { memory_bytes: 1 << 30, disk: Some(disk) };
    let cache = Cache::open(options.clone()).expect("a folder of its own");
    cache.flush().await;
    let started = Instant::now();
    for number in 0..ENTRIES {
        cache.put(key(number), entry(number)).await;
        // Less than the queue holds.
        if number % 500 == 0 {
            cache.flush().await;
        }
    }
    cache.flush().await;
    told("cache/put/disk", ENTRIES, started);
    assert_eq!(cache.stats().written, ENTRIES);
    let started = Instant::now();
    for number in 0..JOBS {
        let found = cache.get(&key(number % ENTRIES)).await.expect("it was put");
        assert_eq!(found.meta, (number % ENTRIES).to_le_bytes());
    }
    told("cache/get/memory", JOBS, started);
    drop(cache);
    let started = Instant::now();
    let cache = Cache::open(options).expect("a folder of its own");
    cache.flush().await;
    told("cache/open/entries", ENTRIES, started);
    let started = Instant::now();
    for number in 0..ENTRIES {
        assert_eq!(*cache.get(&key(number)).await.expect("it was written"), entry(number));
    }
    told("cache/get/disk", ENTRIES, started);
    assert_eq!(cache.stats().disk_hits, ENTRIES);
}

async fn flight() {
    let flight: Flight<u64, u64> = Flight::new();
    let started = Instant::now();
    for number in 0..JOBS {
        assert_eq!(flight.run(number, || async move { number }).await, Ok(number));
    }
    told("flight/run", JOBS, started);
}

async fn pool() {
    let pool = Pool::new(PoolOptions::default()).expect("threads");
    let started = Instant::now();
    for number in 0..JOBS {
        assert_eq!(pool.run(number % 7, None, move |_, _| number).await, Ok(number));
    }
    told("pool/run/one by one", JOBS, started);
    let started = Instant::now();
    for start in (0..JOBS).step_by(100) {
        let some = (start..start + 100).map(|number| pool.run(number % 7, None, move |_, _| number));
        for (number, answer) in (start..).zip(futures_util::future::join_all(some).await) {
            assert_eq!(answer, Ok(number));
        }
    }
    told("pool/run/100 at once", JOBS, started);
    pool.shutdown().await;
}

fn told(name: &str, count: u64, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("{name:24} {:>12.0} in a second, {:>8.1} us each", count as f64 / seconds, seconds * 1e6 / count as f64);
}

fn key(number: u64) -> [u8; 32] {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

fn entry(number: u64) -> Entry {
    Entry { meta: number.to_le_bytes().to_vec(), body: vec![number as u8; BODY_BYTES].into() }
}
