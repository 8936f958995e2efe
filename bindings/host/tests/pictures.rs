//! The origins' pictures: how often an origin is asked, for how long its answers hold, and what stands in when it fails.

mod origin;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use core_::{Code, Fault, GateLimits, OriginPolicy, PictureUrl, Rate};
use origin::{Asked, Origin, Then, everywhere, ms, png, raw, redirect, say};
use templrender_host::{Cache, CacheOptions, Clock, Demand, FetchOptions, Fetcher, Found, Pictures, PicturesOptions, Refusal, State};

/// Pictures under a clock that the test sets.
struct Bench {
    pictures: Pictures,
    now_ms: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        Self::with(PicturesOptions::default(), ms(5_000))
    }

    fn with(options: PicturesOptions, timeout: Duration) -> Self {
        let now_ms = Arc::new(AtomicU64::new(1_795_000_000_000));
        let time = now_ms.clone();
        let options = PicturesOptions { clock: Clock::new(move || time.load(Ordering::SeqCst)), ..options };
        let fetcher = Fetcher::new(FetchOptions { allow_private: true, timeout, ..FetchOptions::default() });
        let cache = Cache::open(CacheOptions { memory_bytes: 10 << 20, disk: None }).unwrap();
        Self { pictures: Pictures::new(options, fetcher, cache), now_ms }
    }

    fn later(&self, seconds: u64) {
        self.now_ms.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    async fn get(&self, url: &PictureUrl) -> Result<Found, Refusal> {
        self.pictures.get(url, &everywhere(), Demand::Fresh).await
    }
}

fn word(found: &Result<Found, Refusal>) -> &'static str {
    match found {
        Ok(found) => match found.state {
            State::Hit => "hit",
            State::Stale => "stale",
            State::Miss(_) => "miss",
            State::Revalidated(_) => "revalidated",
        },
        Err(_) => "refused",
    }
}

/// Waits until something holds that another task brings about.
async fn until(holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(5), "it never came to that");
        tokio::time::sleep(ms(2)).await;
    }
}

#[tokio::test]
async fn fifty_who_ask_at_once_make_one_request() {
    let origin = Origin::start(|_, wire| {
        std::thread::sleep(ms(50));
        say(wire, "200 OK", "", &png(1))
    });
    let bench = Bench::new();
    let url = origin.url("/a.png");
    let found = futures_util::future::join_all((0..50).map(|_| bench.get(&url))).await;
    for found in &found {
        let found = found.as_ref().unwrap();
        assert_eq!((&found.bytes[..], found.hash), (&png(1)[..], *blake3::hash(&png(1)).as_bytes()));
        let State::Miss(took) = found.state else { panic!("{:?}", found.state) };
        assert!(took >= ms(50));
    }
    assert_eq!(origin.count(), 1);
    let found = bench.get(&url).await.unwrap();
    assert_eq!((found.state, found.fresh_for, found.immutable), (State::Hit, Duration::from_secs(300), false));
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn an_asker_that_goes_away_takes_nothing_from_the_others() {
    let origin = Origin::start(|_, wire| {
        std::thread::sleep(ms(60));
        say(wire, "200 OK", "", &png(1))
    });
    let bench = Arc::new(Bench::new());
    let url = origin.url("/a.png");
    let ask = |bench: Arc<Bench>, url: PictureUrl| tokio::spawn(async move { bench.get(&url).await });
    let first = ask(bench.clone(), url.clone());
    until(|| origin.count() == 1).await;
    let second = ask(bench.clone(), url.clone());
    tokio::task::yield_now().await;
    first.abort();
    assert_eq!(word(&second.await.unwrap()), "miss");
    // With nobody left the fetch still ends, and is kept.
    let other = origin.url("/b.png");
    let only = ask(bench.clone(), other.clone());
    until(|| origin.count() == 2).await;
    only.abort();
    tokio::time::sleep(ms(150)).await;
    assert_eq!(word(&bench.get(&other).await), "hit");
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn a_picture_is_fresh_for_its_age_and_then_asked_about() {
    let origin = Origin::start(|asked: &Asked, wire| {
        let known = asked.head.contains("if-none-match: \"1\"");
        match (asked.path.as_str(), known) {
            ("/hour", false) => say(wire, "200 OK", "ETag: \"1\"\r\nCache-Control: max-age=3600\r\n", &png(1)),
            ("/hour", true) if asked.number == 1 => raw(wire, b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\n\r\n"),
            ("/hour", true) if asked.number == 2 => raw(wire, b"HTTP/1.1 304 Not Modified\r\n\r\n"),
            ("/hour", true) => say(wire, "200 OK", "ETag: \"2\"\r\n", &png(2)),
            ("/no-cache", _) => say(wire, "200 OK", "Cache-Control: no-cache\r\n", &png(1)),
            ("/no-store", _) => say(wire, "200 OK", "Cache-Control: no-store\r\n", &png(1)),
            ("/for-ever", _) => say(wire, "200 OK", "Cache-Control: max-age=31536000, immutable\r\n", &png(1)),
            ("/for-long", _) => say(wire, "200 OK", "Cache-Control: max-age=31536000\r\n", &png(1)),
            (other, _) => panic!("{other}"),
        }
    });
    let bench = Bench::new();
    for (path, steps) in [
        (
            "/hour",
            vec![(0, "miss"), (3599, "hit"), (1, "revalidated"), (59, "hit"), (1, "revalidated"), (59, "hit"), (1, "miss"), (299, "hit")],
        ),
        ("/no-cache", vec![(0, "miss"), (9, "hit"), (1, "miss")]),
        ("/no-store", vec![(0, "miss"), (0, "miss")]),
        ("/for-ever", vec![(0, "miss"), (86_400 * 300, "hit"), (86_400 * 100, "miss")]),
        ("/for-long", vec![(0, "miss"), (86_399, "hit"), (1, "miss")]),
    ] {
        for (step, (seconds, wanted)) in steps.into_iter().enumerate() {
            bench.later(seconds);
            let found = bench.get(&origin.url(path)).await;
            assert_eq!(word(&found), wanted, "{path}, step {step}");
            let newer = path == "/hour" && step > 5;
            assert_eq!(found.unwrap().bytes, png(if newer { 2 } else { 1 }), "{path}, step {step}");
        }
    }
    assert!(bench.get(&origin.url("/for-ever")).await.unwrap().immutable);
}

#[tokio::test]
async fn what_the_owner_calls_immutable_is_fetched_once() {
    let origin = Origin::start(|_, wire| say(wire, "200 OK", "Cache-Control: no-store\r\n", &png(1)));
    let options = PicturesOptions { immutable: vec![origin.url("/ever/").as_str().to_owned()], ..PicturesOptions::default() };
    let bench = Bench::with(options, ms(5_000));
    assert!(bench.get(&origin.url("/ever/a.png")).await.unwrap().immutable);
    bench.later(86_400 * 364);
    assert_eq!(word(&bench.get(&origin.url("/ever/a.png")).await), "hit");
    assert_eq!(origin.count(), 1);
    assert!(!bench.get(&origin.url("/never/a.png")).await.unwrap().immutable);
}

#[tokio::test]
async fn a_kept_picture_stands_in_while_its_origin_fails() {
    let origin = Origin::start(|asked, wire| match (asked.number, asked.path.as_str()) {
        (0, _) => say(wire, "200 OK", "", &png(1)),
        (1, _) => say(wire, "500 Oops", "", b""),
        // Once on the kept connection, and once on a new one.
        (2 | 3, _) => Then::Close,
        (4, _) => raw(wire, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabc"),
        (5, _) => say(wire, "200 OK", "Content-Type: image/jpeg\r\n", b"<!doctype html><title>Maintenance</title>"),
        (6, _) => say(wire, "404 Not Found", "", b""),
        _ => say(wire, "503 Oops", "", b""),
    });
    let bench = Bench::new();
    let url = origin.url("/a.png");
    assert_eq!(word(&bench.get(&url).await), "miss");
    bench.later(300);
    for number in [2, 4, 5, 6] {
        for _ in 0..3 {
            let found = bench.get(&url).await;
            assert_eq!((word(&found), found.unwrap().bytes), ("stale", png(1).into()), "answer {number}");
            assert_eq!(origin.count(), number, "a failure is not tried again at once");
        }
        bench.later(5);
    }
    for _ in 0..2 {
        assert_eq!(bench.get(&url).await, Err(Refusal::Status { status: 404, retry_after: None }), "it is gone, which is no failure");
    }
    assert_eq!(origin.count(), 7);
    bench.later(60);
    assert_eq!(word(&bench.get(&url).await), "stale");
    bench.later(86_400);
    assert_eq!(bench.get(&url).await, Err(Refusal::Status { status: 503, retry_after: None }), "too old to stand in");
}

#[tokio::test]
async fn one_that_was_fresh_is_given_at_once_and_renewed_behind() {
    let origin = Origin::start(|asked, wire| {
        if asked.number > 0 {
            std::thread::sleep(ms(50));
        }
        say(wire, "200 OK", "", &png(asked.number as u32))
    });
    let bench = Bench::new();
    let url = origin.url("/a.png");
    let everywhere = everywhere();
    let ask = || bench.pictures.get(&url, &everywhere, Demand::StaleOk);
    assert_eq!(word(&ask().await), "miss");
    bench.later(300);
    for _ in 0..10 {
        let found = ask().await;
        assert_eq!((word(&found), found.unwrap().bytes), ("stale", png(0).into()));
    }
    until(|| origin.count() == 2).await;
    tokio::time::sleep(ms(150)).await;
    let found = ask().await;
    assert_eq!((word(&found), found.unwrap().bytes), ("hit", png(1).into()));
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn failures_are_remembered_with_their_reason() {
    let origin = Origin::start(|asked, wire| match asked.path.as_str() {
        "/gone.png" => say(wire, "410 Gone", "", b""),
        "/page.jpg" => say(wire, "200 OK", "Content-Type: image/jpeg\r\n", b"<!doctype html><title>Not found</title>"),
        "/empty.jpg" => say(wire, "200 OK", "", b""),
        "/late.jpg" => {
            std::thread::sleep(ms(400));
            Then::Close
        }
        _ => say(wire, "200 OK", "", &png(1)),
    });
    let bench = Bench::with(PicturesOptions::default(), ms(200));
    for (path, reason, lasts) in [
        ("/gone.png", "the server answered with status 410", 60),
        ("/page.jpg", "this is an HTML page, not a picture", 5),
        ("/empty.jpg", "", 5),
        ("/late.jpg", "it did not arrive within 0.2 s", 5),
    ] {
        let before = origin.count();
        for (seconds, asked) in [(0, 1), (lasts - 1, 1), (1, 2)] {
            bench.later(seconds);
            let refusal = bench.get(&origin.url(path)).await.unwrap_err();
            assert!(refusal.to_string().contains(reason), "{path}: {refusal}");
            assert_eq!(origin.count() - before, asked, "{path} after {seconds} s");
        }
    }
    // A picture that turns out to be none when it is drawn.
    let url = origin.url("/a.png");
    assert_eq!(word(&bench.get(&url).await), "miss");
    let damaged = Fault::new(Code::DamagedResource, "", "jpeg is damaged");
    bench.pictures.reject(&url, &everywhere(), &damaged).await;
    assert_eq!(bench.get(&url).await, Err(Refusal::NoPicture(damaged)));
    bench.later(5);
    assert_eq!(word(&bench.get(&url).await), "miss");
}

#[tokio::test]
async fn one_policys_redirect_is_not_anothers() {
    let there = Origin::start(|_, wire| say(wire, "200 OK", "", &png(1)));
    let to = there.url("/a.png").as_str().to_owned();
    let origin = Origin::start(move |_, wire| redirect(wire, &to));
    let strict = OriginPolicy::allow([format!("http://127.0.0.1:{}", origin.port)]).unwrap().with_ip_literals();
    let bench = Bench::new();
    let url = origin.url("/a.png");
    assert_eq!(word(&bench.get(&url).await), "miss");
    let refused = bench.pictures.get(&url, &strict, Demand::Fresh).await;
    assert!(matches!(refused, Err(Refusal::Origin(_))), "{refused:?}");
    assert_eq!(word(&bench.get(&url).await), "hit");
    assert_eq!(there.count(), 1);
}

/// An origin that answers nobody until it is told to.
fn held() -> (Origin, Arc<AtomicBool>) {
    let released = Arc::new(AtomicBool::new(false));
    let release = released.clone();
    let origin = Origin::start(move |_, wire| {
        while !release.load(Ordering::SeqCst) {
            std::thread::sleep(ms(5));
        }
        say(wire, "200 OK", "", &png(1))
    });
    (origin, released)
}

#[tokio::test]
async fn a_slow_origin_with_a_hundred_askers_keeps_nobody_else_waiting() {
    let (slow, released) = held();
    let fast = Origin::start(|_, wire| say(wire, "200 OK", "", &png(2)));
    let per_origin = GateLimits { running: 4, waiting: 20 };
    let bench = Arc::new(Bench::with(PicturesOptions { per_origin, max_wait: ms(300), ..PicturesOptions::default() }, ms(30_000)));
    let ask = |n: u32| {
        let (bench, url) = (bench.clone(), slow.url(&format!("/{n}.png")));
        tokio::spawn(async move { bench.get(&url).await })
    };
    let askers: Vec<_> = (0..100).map(ask).collect();
    until(|| slow.count() == 4).await;
    for n in 0..40 {
        assert_eq!(word(&bench.get(&fast.url(&format!("/{n}.png"))).await), "miss");
    }
    // Those beyond the line are sent away at once, those in it when they have waited for too long.
    until(|| askers.iter().filter(|asker| asker.is_finished()).count() == 96).await;
    assert_eq!(slow.count(), 4);
    released.store(true, Ordering::SeqCst);
    let mut words = Vec::new();
    for asker in askers {
        match asker.await.unwrap() {
            Err(Refusal::Busy { retry_after }) => assert!(retry_after >= Duration::from_secs(1)),
            other => words.push(word(&other)),
        }
    }
    assert_eq!(words, ["miss"; 4]);
    // Nobody's place is lost, and who waits gets it in the end.
    for found in futures_util::future::join_all((200..224).map(ask)).await {
        assert_eq!(word(&found.unwrap()), "miss");
    }
    assert_eq!(slow.count(), 28);
}

#[tokio::test]
async fn an_origin_that_says_wait_is_left_alone() {
    let origin = Origin::start(|asked, wire| match (asked.path.as_str(), asked.number) {
        ("/a.png", 0) => say(wire, "429 Slowly", "Retry-After: 30\r\n", b""),
        ("/b.png", 1) => say(wire, "503 Later", "Retry-After: 86400\r\n", b""),
        _ => say(wire, "200 OK", "", &png(1)),
    });
    let bench = Bench::new();
    let busy = |seconds| Err(Refusal::Busy { retry_after: Duration::from_secs(seconds) });
    let status = |status, seconds| Err(Refusal::Status { status, retry_after: Some(Duration::from_secs(seconds)) });
    assert_eq!(bench.get(&origin.url("/a.png")).await, status(429, 30));
    bench.later(10);
    assert_eq!(bench.get(&origin.url("/b.png")).await, busy(20));
    assert_eq!(origin.count(), 1);
    bench.later(20);
    assert_eq!(bench.get(&origin.url("/b.png")).await, status(503, 86_400));
    bench.later(20);
    assert_eq!(bench.get(&origin.url("/c.png")).await, busy(40), "a minute is the longest");
    bench.later(40);
    for path in ["/a.png", "/b.png", "/c.png"] {
        assert_eq!(word(&bench.get(&origin.url(path)).await), "miss");
    }
}

#[tokio::test]
async fn an_origin_is_asked_no_faster_than_its_rate() {
    let origin = Origin::start(|_, wire| say(wire, "200 OK", "", &png(1)));
    let per_origin_rate = Rate { per_second: 2.0, burst: 3 };
    let bench = Bench::with(PicturesOptions { per_origin_rate, max_wait: ms(100), ..PicturesOptions::default() }, ms(5_000));
    let mut words = Vec::new();
    for n in 0..5 {
        words.push(word(&bench.get(&origin.url(&format!("/{n}.png"))).await));
    }
    assert_eq!(words, ["miss", "miss", "miss", "refused", "refused"]);
    assert_eq!(bench.get(&origin.url("/9.png")).await, Err(Refusal::Busy { retry_after: ms(500) }));
    bench.later(1);
    assert_eq!(word(&bench.get(&origin.url("/9.png")).await), "miss");
}

#[tokio::test]
async fn all_origins_together_are_bounded_too() {
    let (slow, released) = held();
    let other = Origin::start(|_, wire| say(wire, "200 OK", "", &png(1)));
    let options = PicturesOptions { max_fetches: 2, max_wait: ms(50), ..PicturesOptions::default() };
    let bench = Arc::new(Bench::with(options, ms(30_000)));
    let askers: Vec<_> = (0..2)
        .map(|n| {
            let (bench, url) = (bench.clone(), slow.url(&format!("/{n}.png")));
            tokio::spawn(async move { bench.get(&url).await })
        })
        .collect();
    until(|| slow.count() == 2).await;
    assert_eq!(bench.get(&other.url("/a.png")).await, Err(Refusal::Busy { retry_after: Duration::from_secs(1) }));
    released.store(true, Ordering::SeqCst);
    for asker in askers {
        assert_eq!(word(&asker.await.unwrap()), "miss");
    }
    assert_eq!(word(&bench.get(&other.url("/a.png")).await), "miss");
}
