//! A disk that refuses: the cache goes on in memory, counts, and comes back by itself.

#[path = "../../tests/common/mod.rs"]
mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::folder::Folder;
use super::*;
use common::{Room, child, child_folder};

const RETRY: Duration = Duration::from_millis(30);

fn open(folder: &Path, memory_bytes: u64, bytes: u64) -> Cache {
    let disk = DiskOptions { folder: folder.to_owned(), bytes };
    Cache::open_with(CacheOptions { memory_bytes, disk: Some(disk) }, RETRY).unwrap()
}

fn key(number: u64) -> Key {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

fn entry(number: u64, length: usize) -> Entry {
    Entry { meta: number.to_le_bytes().to_vec(), body: vec![number as u8; length].into() }
}

/// Puts entries until one is written again.
async fn recovers(cache: &Cache, mut number: u64) {
    let (started, written) = (Instant::now(), cache.stats().written);
    while cache.stats().written == written {
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", cache.stats());
        std::thread::sleep(RETRY / 2);
        cache.put(key(number), entry(number, 100)).await;
        cache.flush().await;
        number += 1;
    }
    assert!(!cache.stats().is_disk_failing);
}

#[test]
fn a_folder_that_is_removed_or_replaced_is_made_and_taken_again() {
    let room = Room::new("removed");
    let folder = room.0.join("deep/cache");
    Runtime::new().unwrap().block_on(async {
        let cache = open(&folder, 1 << 20, 1 << 20);
        cache.put(key(1), entry(1, 100)).await;
        cache.flush().await;
        for is_replaced in [false, true] {
            fs::rename(room.0.join("deep"), room.0.join(format!("away-{is_replaced}"))).unwrap();
            if is_replaced {
                fs::create_dir_all(&folder).unwrap();
            }
            let failures = cache.stats().failures;
            cache.put(key(2), entry(2, 100)).await;
            cache.flush().await;
            let stats = cache.stats();
            assert!(stats.is_disk_failing && stats.failures == failures + 1, "{stats:?}");
            for number in [1, 2] {
                assert_eq!(cache.get(&key(number)).await.as_deref(), Some(&entry(number, 100)), "memory has it");
            }
            recovers(&cache, 10).await;
            let files = room.files().iter().filter(|(path, _)| path.starts_with(&folder)).count() as u64 - 1;
            assert_eq!((cache.stats().disk_entries, cache.stats().disk_bytes), (files, files * 4096));
            assert_eq!(Folder::open(&folder).unwrap_err().kind(), io::ErrorKind::ResourceBusy, "it is locked again");
        }
        // What was made meanwhile by somebody else is theirs.
        fs::rename(&folder, room.0.join("gone")).unwrap();
        let other = open(&folder, 0, 1 << 20);
        cache.put(key(3), entry(3, 100)).await;
        cache.flush().await;
        std::thread::sleep(RETRY * 2);
        cache.put(key(4), entry(4, 100)).await;
        cache.flush().await;
        assert!(cache.stats().is_disk_failing);
        other.flush().await;
        assert_eq!((other.stats().disk_entries, other.get(&key(4)).await), (0, None));
        assert_eq!(cache.get(&key(4)).await.as_deref(), Some(&entry(4, 100)));
        drop(other);
        recovers(&cache, 20).await;
    });
}

#[test]
fn a_file_that_is_gone_is_a_miss_and_a_thing_in_the_way_a_failure() {
    let room = Room::new("thing");
    Runtime::new().unwrap().block_on(async {
        let cache = open(&room.0, 0, 1 << 20);
        for number in 0..3 {
            cache.put(key(number), entry(number, 100)).await;
        }
        cache.flush().await;
        let name = blake3::Hash::from_bytes(key(0)).to_hex();
        fs::remove_dir_all(room.0.join(&name[..2])).unwrap();
        assert_eq!(cache.get(&key(0)).await, None);
        assert_eq!((cache.stats().disk_entries, cache.stats().failures), (2, 0));
        fs::write(room.0.join(&name[..2]), "somebody's").unwrap();
        cache.put(key(0), entry(0, 100)).await;
        cache.flush().await;
        let stats = cache.stats();
        assert!(stats.is_disk_failing && stats.failures == 1, "{stats:?}");
        assert_eq!(cache.get(&key(0)).await, None);
        assert!(cache.get(&key(1)).await.is_some(), "what is there is read all the same");
        recovers(&cache, 30).await;
        assert_eq!(fs::read(room.0.join(&name[..2])).unwrap(), b"somebody's");
        assert!(!room.0.join(".templrender-new").exists());
    });
}

#[test]
fn what_is_not_ours_in_the_folder_stays() {
    let room = Room::new("others");
    let name = "a".repeat(62);
    let ours = room.0.join("aa").join(&name);
    fs::create_dir_all(room.0.join("aa").join("b".repeat(62))).unwrap();
    fs::create_dir(room.0.join("photos")).unwrap();
    let others = [
        "aa/A".to_owned(),
        format!("aa/{}", "A".repeat(62)),
        format!("aa/{}", "a".repeat(61)),
        format!("photos/{name}"),
        name.clone(),
        "bb".to_owned(),
    ];
    for other in &others {
        fs::write(room.0.join(other), "x").unwrap();
    }
    fs::write(&ours, "torn").unwrap();
    fs::write(room.0.join(".templrender-new"), "left by a kill").unwrap();
    Runtime::new().unwrap().block_on(async {
        let cache = open(&room.0, 0, 1 << 20);
        cache.flush().await;
        assert_eq!((cache.stats().disk_entries, cache.stats().failures), (1, 0));
        assert!(!room.0.join(".templrender-new").exists());
        assert_eq!(cache.get(&[0xaa; 32]).await, None);
        cache.flush().await;
        assert!(!ours.exists());
        drop(cache);
        drop(open(&room.0, 0, 0));
        for other in &others {
            assert_eq!(fs::read(room.0.join(other)).unwrap(), b"x", "{other}");
        }
    });
}

#[test]
fn before_the_scan_ends_what_is_there_is_read_and_what_was_put_again_is_not() {
    let room = Room::new("scan");
    Runtime::new().unwrap().block_on(async {
        let cache = open(&room.0, 0, 1 << 20);
        for number in 0..3 {
            cache.put(key(number), entry(number, 100)).await;
        }
        cache.flush().await;
        drop(cache);
        let mut index = index::Index::new(1 << 20, 1);
        assert!(matches!(index.find(&key(0)), index::Place::Kept(0)));
        assert!(index.touch(&key(0), 0));
        let new = Arc::new(entry(0, 5));
        assert!(index.enqueue(key(0), new.clone()) && !index.touch(&key(0), 0));
        assert!(!index.enqueue(key(1), new), "the queue is full");
        assert!(matches!(index.find(&key(1)), index::Place::Nowhere), "its old file is not to be read");
        index.fill((0..3).map(|number| (key(number), 100)));
        assert!(matches!(index.find(&key(2)), index::Place::Kept(0)) && matches!(index.find(&key(1)), index::Place::Nowhere));
        assert_eq!(index.size(), (1, 3 * 4096));
        let mut gone = Vec::new();
        while let Some(index::Task::Remove(key)) = index.next(|_| false, &mut 0) {
            index.removed(&key);
            gone.push(key);
        }
        gone.sort();
        let mut both = [key(0), key(1)];
        both.sort();
        assert_eq!(gone, both);
    });
}

#[test]
fn a_scan_that_fails_is_made_again_and_what_it_could_not_tell_apart_goes() {
    let room = Room::new("rescan");
    Runtime::new().unwrap().block_on(async {
        drop(open(&room.0, 0, 1 << 20));
        // A folder where the leftover file would be cannot be removed as one.
        fs::create_dir(room.0.join(".templrender-new")).unwrap();
        let cache = open(&room.0, 1 << 20, 1 << 20);
        cache.flush().await;
        cache.put(key(1), entry(1, 100)).await;
        cache.flush().await;
        let stats = cache.stats();
        assert!(stats.is_disk_failing && !stats.is_disk_scanned && stats.failures > 0 && stats.written == 0, "{stats:?}");
        assert_eq!(cache.get(&key(1)).await.as_deref(), Some(&entry(1, 100)));
        fs::remove_dir(room.0.join(".templrender-new")).unwrap();
        recovers(&cache, 10).await;
        assert!(cache.stats().is_disk_scanned);
    });
    let mut index = index::Index::new(1 << 30, 1 << 30);
    for number in 0..70_000 {
        index.supersede(&key(number));
    }
    assert!(matches!(index.find(&key(80_000)), index::Place::Nowhere));
    index.fill([(key(69_999), 100), (key(80_000), 100)]);
    let mut gone = 0;
    while let Some(index::Task::Remove(key)) = index.next(|_| false, &mut 0) {
        index.removed(&key);
        gone += 1;
    }
    assert!(gone > 60_000 && gone < 70_000 && index.size() == (0, 0), "{gone}");
}

#[cfg(unix)]
#[test]
fn files_that_may_not_grow_are_given_up() {
    let room = Room::new("fsize");
    let test = child("cache::tests::child_may_write_short_files_alone", &room.0);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$@\"", "sh"]).arg(test.get_program()).args(test.get_args());
    limited.env("TEMPLRENDER_TEST_CHILD", &room.0).stdout(Stdio::null());
    assert!(limited.status().unwrap().success());
}

#[test]
#[ignore = "is the child of another test"]
fn child_may_write_short_files_alone() {
    let Some(folder) = child_folder() else { return };
    Runtime::new().unwrap().block_on(async {
        let cache = open(&folder, 1 << 20, 8 << 20);
        for number in 0..3 {
            cache.put(key(number), entry(number, 40_000)).await;
            cache.flush().await;
            assert_eq!(cache.get(&key(number)).await.as_deref(), Some(&entry(number, 40_000)));
            assert!(!folder.join(".templrender-new").exists());
        }
        let stats = cache.stats();
        assert_eq!((stats.written, stats.disk_bytes, stats.is_disk_failing), (0, 0, true), "{stats:?}");
        // The first was tried, and nothing for a while.
        assert!(stats.failures >= 1 && stats.failures + stats.dropped == 3, "{stats:?}");
        recovers(&cache, 10).await;
    });
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_left_alone_and_used_again() {
    use std::os::unix::fs::{MetadataExt, chown};
    use std::os::unix::process::CommandExt;
    let room = Room::new("denied");
    let mut test = child("cache::tests::child_loses_the_right_to_write", &room.0);
    if fs::metadata(&room.0).unwrap().uid() == 0 {
        // Who may do everything becomes nobody.
        chown(&room.0, Some(65_534), Some(65_534)).unwrap();
        test.uid(65_534).gid(65_534);
    }
    match test.stdout(Stdio::null()).status() {
        Ok(status) => assert!(status.success()),
        Err(error) => eprintln!("nobody may not run this test ({error}), so that it was left out"),
    }
}

#[cfg(unix)]
#[test]
#[ignore = "is the child of another test"]
fn child_loses_the_right_to_write() {
    use std::os::unix::fs::PermissionsExt;
    let Some(folder) = child_folder() else { return };
    let allow = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    Runtime::new().unwrap().block_on(async {
        let cache = open(&folder, 1 << 20, 1 << 20);
        cache.put(key(1), entry(1, 100)).await;
        cache.flush().await;
        allow(0o555);
        cache.put(key(2), entry(2, 100)).await;
        cache.flush().await;
        assert!(cache.stats().is_disk_failing && cache.stats().failures == 1, "{:?}", cache.stats());
        assert_eq!(cache.get(&key(2)).await.as_deref(), Some(&entry(2, 100)));
        allow(0o000);
        drop(cache);
        let options = DiskOptions { folder: folder.clone(), bytes: 1 << 20 };
        assert!(Cache::open(CacheOptions { memory_bytes: 0, disk: Some(options) }).is_err());
        allow(0o755);
        let cache = open(&folder, 0, 1 << 20);
        cache.flush().await;
        allow(0o000);
        assert_eq!(cache.get(&key(1)).await, None);
        assert_eq!(cache.stats().failures, 1, "a file that cannot be read stays");
        allow(0o755);
        assert_eq!(cache.get(&key(1)).await.as_deref(), Some(&entry(1, 100)));
        recovers(&cache, 10).await;
    });
}

/// A file system of 256 KiB that is gone with its process, where that is allowed.
#[cfg(target_os = "linux")]
fn on_a_small_disk(name: &str, test: &str) {
    let room = Room::new(name);
    let test = child(test, &room.0);
    let mut inside = Command::new("unshare");
    inside.args(["-r", "-m", "sh", "-c", "mount -t tmpfs -o size=256k none \"$TEMPLRENDER_TEST_CHILD\" || exit 77; exec \"$@\"", "sh"]);
    inside.arg(test.get_program()).args(test.get_args()).env("TEMPLRENDER_TEST_CHILD", &room.0).stdout(Stdio::null());
    match inside.status().ok().and_then(|status| status.code()) {
        Some(0) => {}
        Some(101) => panic!("it failed on the small disk"),
        code => eprintln!("no file system can be mounted here ({code:?}), so that {name} was left out"),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_left_alone_and_used_again() {
    on_a_small_disk("full", "cache::tests::child_fills_the_disk");
}

#[cfg(target_os = "linux")]
#[test]
fn no_byte_is_over_the_limit_at_any_moment() {
    on_a_small_disk("exact", "cache::tests::child_has_all_of_the_disk");
}

#[test]
#[ignore = "is the child of another test"]
fn child_fills_the_disk() {
    let Some(folder) = child_folder() else { return };
    Runtime::new().unwrap().block_on(async {
        let cache = open(&folder, 8 << 20, 64 << 20);
        for number in 0..40 {
            cache.put(key(number), entry(number, 20_000)).await;
            cache.flush().await;
        }
        let stats = cache.stats();
        assert!(stats.is_disk_failing && stats.failures > 0 && stats.written >= 8 && stats.written <= 12, "{stats:?}");
        for number in 0..40 {
            assert_eq!(cache.get(&key(number)).await.as_deref(), Some(&entry(number, 20_000)), "memory has it");
        }
        assert!(!folder.join(".templrender-new").exists());
        for number in 0..40 {
            cache.remove(&key(number));
        }
        recovers(&cache, 100).await;
        cache.flush().await;
        // What was written is whole.
        drop(cache);
        let cache = open(&folder, 0, 64 << 20);
        cache.flush().await;
        assert_eq!((cache.stats().disk_entries, cache.stats().broken), (1, 0));
    });
}

#[test]
#[ignore = "is the child of another test"]
fn child_has_all_of_the_disk() {
    let Some(folder) = child_folder() else { return };
    Runtime::new().unwrap().block_on(async {
        let cache = open(&folder, 0, 256 << 10);
        for number in 0..600u64 {
            cache.put(key(number % 70), entry(number, (number * 7_919 % 32_000) as usize)).await;
            if number % 16 == 0 {
                cache.flush().await;
            }
        }
        cache.flush().await;
        let stats = cache.stats();
        assert!(stats.failures == 0 && stats.evicted > 100 && stats.written > 500, "{stats:?}");
    });
}
