//! The cache from outside: what is got was put, whatever happens to the process and to its files.

mod common;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use templrender_host::{Cache, CacheOptions, DiskOptions, Entry};
use tokio::runtime::Runtime;

use common::{Room, child, child_folder};

fn options(room: &Room, memory_bytes: u64, bytes: u64) -> CacheOptions {
    CacheOptions { memory_bytes, disk: Some(DiskOptions { folder: room.0.clone(), bytes }) }
}

fn key(number: u64) -> [u8; 32] {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

/// An entry that can be told from every other.
fn entry(number: u64, version: u64, length: usize) -> Entry {
    let mut body = vec![0; length];
    blake3::Hasher::new().update(&number.to_le_bytes()).update(&version.to_le_bytes()).finalize_xof().fill(&mut body);
    Entry { meta: [number, version, length as u64].iter().flat_map(|n| n.to_le_bytes()).collect(), body: body.into() }
}

/// Whether it is what some version of this number was, byte by byte.
fn is_exact(number: u64, found: &Entry) -> bool {
    let said = |at: usize| u64::from_le_bytes(found.meta[at * 8..at * 8 + 8].try_into().unwrap());
    found.meta.len() == 24 && said(0) == number && *found == entry(number, said(1), said(2) as usize)
}

#[derive(Debug, Clone)]
enum Step {
    Put(u64, usize),
    Get(u64),
    Remove(u64),
    Flush,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![4 => 0usize..3_000, 2 => 3_000usize..8_000, 1 => 8_000usize..20_000];
    prop_oneof![
        8 => (0u64..10, length).prop_map(|(number, length)| Step::Put(number, length)),
        8 => (0u64..10).prop_map(Step::Get),
        1 => (0u64..10).prop_map(Step::Remove),
        2 => Just(Step::Flush),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_got_is_what_was_put_last(
        steps in prop::collection::vec(step(), 1..60),
        memory_bytes in prop::sample::select(vec![0u64, 30_000, 1 << 20]),
        limit in prop::sample::select(vec![0u64, 65_536, 1 << 20]),
    ) {
        let room = Room::new("law");
        Runtime::new().unwrap().block_on(async {
            let open = || Cache::open(options(&room, memory_bytes, limit)).unwrap();
            let mut cache = open();
            let mut model: BTreeMap<u64, Entry> = BTreeMap::new();
            let mut lost = 0;
            for (version, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Put(number, length) => {
                        let entry = entry(number, version as u64, length);
                        cache.put(key(number), entry.clone()).await;
                        model.insert(number, entry);
                    }
                    Step::Get(number) => {
                        if let Some(found) = cache.get(&key(number)).await {
                            assert_eq!(Some(&*found), model.get(&number), "{number}");
                        }
                    }
                    Step::Remove(number) => {
                        cache.remove(&key(number));
                        model.remove(&number);
                    }
                    Step::Flush => {
                        cache.flush().await;
                        assert_eq!(room.bytes(), cache.stats().disk_bytes);
                        assert!(room.bytes() <= limit);
                    }
                    Step::Reopen => {
                        cache.flush().await;
                        lost += cache.stats().evicted + cache.stats().dropped;
                        drop(cache);
                        cache = open();
                    }
                }
                assert!(cache.stats().disk_bytes <= limit);
            }
            cache.flush().await;
            let stats = cache.stats();
            assert!(stats.failures == 0 && stats.broken == 0 && stats.memory_bytes <= memory_bytes, "{stats:?}");
            assert_eq!(room.bytes(), stats.disk_bytes);
            if lost + stats.evicted + stats.dropped == 0 {
                for (number, entry) in &model {
                    let fits = (entry.body.len() as u64 + 112).next_multiple_of(4096) <= limit / 8;
                    let found = cache.get(&key(*number)).await;
                    assert!(found.is_some() || !fits, "{number} of {} bytes is lost, {stats:?}", entry.body.len());
                }
            }
        });
    }
}

#[test]
fn a_file_with_one_byte_flipped_is_a_miss_and_goes() {
    let room = Room::new("flip");
    Runtime::new().unwrap().block_on(async {
        let cache = Cache::open(options(&room, 0, 1 << 20)).unwrap();
        let mut at = 0;
        let mut broken = 0;
        loop {
            let kept = entry(1, 2, 40);
            cache.put(key(1), kept.clone()).await;
            cache.flush().await;
            assert_eq!(cache.get(&key(1)).await.as_deref(), Some(&kept));
            let (path, length) = room.files().into_iter().find(|(path, _)| !path.ends_with(".templrender-lock")).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            assert_eq!(bytes.len() as u64, length);
            match at {
                at if at < bytes.len() => bytes[at] ^= 0x10,
                at if at == bytes.len() => bytes.push(0),
                at if at <= 2 * bytes.len() => bytes.truncate(at - bytes.len() - 1),
                _ => break,
            }
            at += 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(cache.get(&key(1)).await, None, "change {at}");
            broken += 1;
            cache.flush().await;
            assert!(!path.exists(), "change {at}");
            assert_eq!((cache.stats().broken, cache.stats().disk_bytes), (broken, 0));
        }
        assert!(broken > 2 * 140, "{broken}");
        // Under another key's name.
        cache.put(key(3), entry(3, 1, 40)).await;
        cache.flush().await;
        let (path, _) = room.files().into_iter().find(|(path, _)| !path.ends_with(".templrender-lock")).unwrap();
        let names: Vec<_> = room.files().into_iter().map(|(path, _)| path).filter(|path| !path.ends_with(".templrender-lock")).collect();
        assert_eq!(names.len(), 2);
        let other = names.iter().find(|other| **other != path).unwrap();
        std::fs::copy(&path, other).unwrap();
        let found = [cache.get(&key(1)).await, cache.get(&key(3)).await];
        assert_eq!(found.iter().flatten().count(), 1);
    });
}

#[test]
fn the_oldest_used_go_first_also_those_of_another_run() {
    let room = Room::new("oldest");
    Runtime::new().unwrap().block_on(async {
        let open = || Cache::open(options(&room, 0, 16 * 4096)).unwrap();
        let kept = |cache: Cache| async move {
            let mut kept = Vec::new();
            for number in 0..40 {
                kept.extend(cache.get(&key(number)).await.map(|_| number));
            }
            kept
        };
        let cache = open();
        for number in 0..16 {
            cache.put(key(number), entry(number, 0, 100)).await;
            cache.flush().await;
        }
        assert_eq!(cache.stats().evicted, 0);
        // In this run: 0 was used after all others.
        assert!(cache.get(&key(0)).await.is_some());
        cache.put(key(16), entry(16, 0, 100)).await;
        cache.flush().await;
        assert_eq!(kept(cache.clone()).await, [&[0], &(2..17).collect::<Vec<_>>()[..]].concat());
        // In the next one: 5 was, says its file.
        assert!(cache.get(&key(5)).await.is_some());
        drop(cache);
        let cache = open();
        for number in 20..35 {
            cache.put(key(number), entry(number, 0, 100)).await;
        }
        cache.flush().await;
        assert_eq!(kept(cache.clone()).await, [&[5], &(20..35).collect::<Vec<_>>()[..]].concat());
        drop(cache);
        // A smaller budget holds at once.
        let cache = Cache::open(options(&room, 0, 4 * 4096)).unwrap();
        cache.flush().await;
        assert_eq!((room.bytes(), cache.stats().disk_entries, cache.stats().evicted), (4 * 4096, 4, 12));
    });
}

#[test]
fn what_memory_has_is_not_driven_from_disk() {
    let room = Room::new("hot");
    Runtime::new().unwrap().block_on(async {
        let cache = Cache::open(options(&room, 1 << 20, 16 * 4096)).unwrap();
        cache.put(key(0), entry(0, 0, 100)).await;
        cache.flush().await;
        for number in 1..100 {
            // Too large for memory, so that the first alone is there.
            let body = entry(number, 0, 100).body;
            cache.put(key(number), Entry { meta: Vec::with_capacity(200_000), body }).await;
            cache.flush().await;
        }
        assert_eq!(cache.stats().memory_entries, 1);
        drop(cache);
        let cache = Cache::open(options(&room, 0, 16 * 4096)).unwrap();
        assert!(cache.get(&key(0)).await.is_some(), "its file is the oldest");
        assert!(cache.get(&key(1)).await.is_none());
    });
}

#[test]
fn a_folder_has_one_user() {
    let room = Room::new("lock");
    let cache = Cache::open(options(&room, 0, 1 << 20)).unwrap();
    let refused = Cache::open(options(&room, 0, 1 << 20)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ResourceBusy);
    assert_eq!(refused.to_string(), format!("{}: a cache folder must have one user, another process holds it", room.0.display()));
    let status = child("child_finds_the_folder_taken", &room.0).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    drop(cache);
    drop(Cache::open(options(&room, 0, 1 << 20)).unwrap());
    let file = room.0.join("file");
    std::fs::write(&file, "x").unwrap();
    let options = CacheOptions { disk: Some(DiskOptions { folder: file.clone(), bytes: 1 }), ..CacheOptions::default() };
    assert!(Cache::open(options).unwrap_err().to_string().starts_with(&format!("{}: ", file.display())));
}

#[test]
#[ignore = "is the child of another test"]
fn child_finds_the_folder_taken() {
    let Some(folder) = child_folder() else { return };
    let options = CacheOptions { disk: Some(DiskOptions { folder, bytes: 1 << 20 }), ..CacheOptions::default() };
    assert_eq!(Cache::open(options).unwrap_err().kind(), ErrorKind::ResourceBusy);
}

/// Keys of the child that is killed, and its budget, which is too small for all of them.
const KEYS: u64 = 24;
const LIMIT: u64 = 2 << 20;

#[test]
#[ignore = "is the child of another test"]
fn child_writes_until_it_is_killed() {
    let Some(folder) = child_folder() else { return };
    let cache = Cache::open(CacheOptions { memory_bytes: 0, disk: Some(DiskOptions { folder, bytes: LIMIT }) }).unwrap();
    Runtime::new().unwrap().block_on(async {
        for version in 0.. {
            for number in 0..KEYS {
                cache.put(key(number), entry(number, version, (number * 9_000) as usize)).await;
            }
            cache.flush().await;
        }
    });
}

#[test]
fn after_a_kill_every_entry_is_exact_and_nothing_is_left() {
    let room = Room::new("kill");
    let runtime = Runtime::new().unwrap();
    let (mut found, mut leftovers) = (0, 0);
    for round in 0..30u64 {
        let before = newest(&room);
        let mut child = child("child_writes_until_it_is_killed", &room.0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while newest(&room) == before {
            assert!(started.elapsed() < Duration::from_secs(60), "nothing is written");
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(round * 397 % 10_000));
        child.kill().unwrap();
        child.wait().unwrap();
        leftovers += u32::from(room.0.join(".templrender-new").exists());
        assert!(room.bytes() <= LIMIT, "round {round}");
        let cache = Cache::open(options(&room, 0, LIMIT)).unwrap();
        runtime.block_on(async {
            for number in 0..KEYS {
                if let Some(entry) = cache.get(&key(number)).await {
                    assert!(is_exact(number, &entry), "round {round}, key {number}");
                    found += 1;
                }
            }
            cache.flush().await;
        });
        assert_eq!(cache.stats().failures, 0);
        for (path, _) in room.files() {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(name.len() == 62 || name == ".templrender-lock", "round {round} left {name}");
        }
    }
    println!("{found} entries found, {leftovers} of 30 kills left a file behind");
    assert!(found > 100, "{found}");
}

/// When something was written last.
fn newest(room: &Room) -> Option<std::time::SystemTime> {
    room.files().iter().filter_map(|(path, _)| std::fs::metadata(path).ok()?.modified().ok()).max()
}

#[test]
fn sixty_four_threads_at_once_stay_within_the_budgets() {
    const LIMIT: u64 = 512 << 10;
    let room = Room::new("threads");
    let runtime = Runtime::new().unwrap();
    let cache = Cache::open(options(&room, 256 << 10, LIMIT)).unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64u64)
            .map(|thread| {
                let (cache, handle) = (cache.clone(), runtime.handle().clone());
                let over = &over;
                scope.spawn(move || {
                    handle.block_on(async {
                        let mut found = 0;
                        for round in 0..60u64 {
                            let number = (thread * 7 + round * 13) % 50;
                            if round % 3 == 0 {
                                cache.put(key(number), entry(number, thread * 1_000 + round, (number * 400) as usize)).await;
                            } else if let Some(entry) = cache.get(&key(number)).await {
                                assert!(is_exact(number, &entry));
                                found += 1;
                            }
                            over.fetch_or(cache.stats().disk_bytes > LIMIT, Ordering::Relaxed);
                        }
                        found
                    })
                })
            })
            .collect();
        let found: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert!(found > 500 && !over.load(Ordering::Relaxed), "{found}");
    });
    runtime.block_on(cache.flush());
    let stats = cache.stats();
    assert!(stats.evicted > 0 && stats.failures == 0 && stats.broken == 0, "{stats:?}");
    assert_eq!(room.bytes(), stats.disk_bytes);
    assert!(stats.memory_bytes <= 256 << 10, "{stats:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded_however_much_is_put() {
    let room = Room::new("rss");
    let status = child("child_puts_two_gibibytes", &room.0).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "is the child of another test"]
fn child_puts_two_gibibytes() {
    if child_folder().is_none() {
        return;
    }
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    };
    let Some(folder) = child_folder() else { return };
    let before = peak();
    let cache = Cache::open(CacheOptions { memory_bytes: 32 << 20, disk: Some(DiskOptions { folder, bytes: 4 << 20 }) }).unwrap();
    let runtime = Runtime::new().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let (cache, handle) = (&cache, runtime.handle());
            scope.spawn(move || {
                handle.block_on(async {
                    for number in 0..2_048u64 {
                        let number = number * 4 + thread;
                        let mut body = vec![0x5a; 256 << 10];
                        body[..8].copy_from_slice(&number.to_le_bytes());
                        cache.put(key(number), Entry { meta: Vec::new(), body: body.into() }).await;
                    }
                });
            });
        }
    });
    let grown = peak() - before;
    assert!(grown < 160 << 20, "{} MiB", grown >> 20);
    println!("{} MiB for budgets of 32 in memory and 64 in the queue, {:?}", grown >> 20, cache.stats());
}
