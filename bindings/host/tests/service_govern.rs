//! Who has to wait or to go away, so that all others are served.

mod kitchen;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kitchen::{BLUE, Kitchen, RED, Reply, png};
use templrender_host::TenantConfig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_floods_waits_and_others_do_not() {
    let kitchen = Kitchen::new(|_, config| {
        config.rate_per_tenant = Some(5.0);
        config.tenants.insert("big".into(), TenantConfig { rate: Some(100.0), burst: Some(40), ..TenantConfig::default() });
    });
    let served = async |tenant: &str| {
        let target = format!("/{tenant}/lenient.png");
        let got = join_all((0..50).map(|_| kitchen.get(&target))).await;
        let refused = got.iter().find(|got| got.status == 429);
        if let Some(refused) = refused {
            assert_eq!(
                (refused.code().as_str(), refused.header("retry-after"), refused.header("cache-control")),
                ("too-many-requests", "1", "no-store")
            );
        }
        got.iter().filter(|got| got.status == 200).count()
    };
    assert_eq!((served("acme").await, served("big").await, served("other").await), (10, 40, 10));
    kitchen.wait(1);
    assert_eq!(served("acme").await, 5);
    // Names that no template answers to take no place in the table, and nobody's token.
    for number in 0..20 {
        assert_eq!(kitchen.get(&format!("/t{number}/none.png")).await.status, 404);
    }
    assert_eq!(kitchen.metric("templrender_throttled_total{reason=\"tenant\"}").await, (40 + 10 + 40 + 45) as f64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_requests_than_the_machine_takes_are_shed_at_once() {
    let kitchen = Kitchen::new(|_, config| config.max_in_flight = 4);
    kitchen.origin.says("/slow.png", Reply::picture(png(6, 6, RED)).after(Duration::from_millis(400)));
    let target = kitchen.target("strict", "/slow.png");
    let started = Instant::now();
    let got = join_all((0..20).map(|i| {
        let target = format!("{target}&count={i}");
        let kitchen = &kitchen;
        async move { (kitchen.get(&target).await, started.elapsed()) }
    }))
    .await;
    let (served, shed): (Vec<_>, Vec<_>) = got.into_iter().partition(|(got, _)| got.status == 200);
    // Half of the places may wait for one template.
    assert_eq!((served.len(), shed.len()), (2, 18));
    for (shed, took) in shed {
        assert_eq!((shed.status, shed.header("retry-after").is_empty()), (503, false), "{}", shed.text());
        assert!(took < Duration::from_millis(300), "{took:?}");
    }
    assert_eq!(kitchen.get(&target).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_with_a_slow_origin_keeps_to_its_share_and_recovers() {
    let kitchen = Kitchen::new(|_, config| {
        config.slow = Duration::from_millis(60);
        config.slow_waiting = 2;
    });
    for i in 0..100 {
        kitchen.origin.says(&format!("/{i}.png"), Reply::picture(png(6, 6, RED)).after(Duration::from_millis(250)));
    }
    kitchen.origin.says("/fast.png", Reply::picture(png(6, 6, BLUE)));
    let ask = async |template: &str, photos: std::ops::Range<u32>| {
        let targets: Vec<String> = photos.map(|i| kitchen.target(template, &format!("/{i}.png"))).collect();
        join_all(targets.iter().map(|target| kitchen.get(target))).await
    };
    assert!(ask("strict", 0..8).await.iter().all(|got| got.status == 200), "nobody knew");
    assert!(ask("plan-b", 8..16).await.iter().all(|got| got.status == 200), "nobody knew");
    let got = ask("strict", 20..30).await;
    let refused: Vec<_> = got.iter().filter(|got| got.status == 503).collect();
    assert_eq!(refused.len(), 8);
    assert!(refused.iter().all(|got| got.code() == "slow-template" && got.header("retry-after") == "1"));
    // One with a fallback picture gives that, one with another origin is not held up.
    let got = ask("plan-b", 30..40).await;
    assert_eq!(got.iter().filter(|got| got.status == 200 && got.header("templrender-fallback") == "slow-template").count(), 8);
    assert_eq!(kitchen.get(&kitchen.target("lenient", "/fast.png")).await.pixel(2, 2), BLUE);
    assert_eq!(kitchen.metric("templrender_throttled_total{reason=\"slow-template\"}").await, 16.0);
    kitchen.wait(600);
    for i in 40..48 {
        kitchen.origin.says(&format!("/{i}.png"), Reply::picture(png(6, 6, RED)));
    }
    assert!(ask("strict", 40..48).await.iter().all(|got| got.status == 200), "it recovered by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_answer_is_better_than_waiting_for_a_slow_origin() {
    let kitchen = Kitchen::new(|_, config| config.deadline = Duration::from_millis(300));
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    let (strict, fallback) = (kitchen.target("strict", "/a.png"), kitchen.target("plan-b", "/b.png"));
    assert_eq!(kitchen.get(&strict).await.status, 200);
    for path in ["/a.png", "/b.png"] {
        kitchen.origin.says(path, Reply::picture(png(6, 6, RED)).after(Duration::from_secs(2)));
    }
    kitchen.wait(3_600);
    let started = Instant::now();
    let got = kitchen.get(&strict).await;
    assert_eq!((got.pixel(2, 2), got.header("cache-status")), (RED, "templrender; hit; detail=stale-if-error"));
    let got = kitchen.get(&fallback).await;
    assert_eq!((got.pixel(2, 2), got.header("templrender-fallback")), (BLUE, "deadline"));
    let got = kitchen.get(&kitchen.target("strict", "/b.png")).await;
    assert_eq!((got.status, got.code().as_str()), (504, "deadline"));
    assert!(started.elapsed() < Duration::from_millis(1_800), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_an_old_answer_does_not_wait_for_long() {
    let kitchen = Kitchen::new(|_, config| config.stale_wait = Duration::from_millis(100));
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    let target = kitchen.target("strict", "/a.png");
    assert_eq!(kitchen.get(&target).await.status, 200);
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, BLUE)).after(Duration::from_millis(700)));
    kitchen.wait(3_600);
    let started = Instant::now();
    let got = kitchen.get(&target).await;
    assert_eq!((got.pixel(2, 2), got.header("cache-status")), (RED, "templrender; hit; detail=stale-if-error"));
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(kitchen.get(&target).await.pixel(2, 2), BLUE, "what was fetched meanwhile was kept");
    assert_eq!(kitchen.origin.asked(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_that_take_more_memory_than_they_may_are_shed() {
    let kitchen = Kitchen::new(|_, config| config.max_held_bytes = 2_048);
    kitchen.origin.says("/small.png", Reply::picture(png(6, 6, RED)));
    let mut large = png(6, 6, RED);
    large.resize(4_096, 0);
    kitchen.origin.says("/large.png", Reply::picture(large));
    let got = kitchen.get(&kitchen.target("strict", "/large.png")).await;
    assert_eq!((got.status, got.code().as_str(), got.header("retry-after")), (503, "overloaded", "1"));
    for tint in ["red", "green", "blue"] {
        let target = format!("{}&tint={tint}", kitchen.target("strict", "/small.png"));
        assert_eq!(kitchen.get(&target).await.status, 200, "what was held is free again");
    }
    assert_eq!(kitchen.metric("templrender_shed_total{reason=\"memory\"}").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drawing_ends_with_its_deadline() {
    let kitchen = Kitchen::new(|room, config| {
        room.file("templates/huge/template.json", kitchen::heavy(2_000));
        (config.render_threads, config.deadline) = (1, Duration::from_millis(200));
    });
    let started = Instant::now();
    let got = kitchen.get("/acme/huge.png?tint=red").await;
    assert_eq!((got.status, got.code().as_str()), (504, "deadline"));
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    // The thread is free again.
    assert_eq!(kitchen.get("/acme/lenient.png").await.status, 200);
    assert!(started.elapsed() < Duration::from_millis(1_500), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drawings_that_find_no_place_are_shed() {
    let kitchen = Kitchen::new(|room, config| {
        room.file("templates/heavy/template.json", kitchen::heavy(300));
        (config.render_threads, config.render_queue) = (1, 1);
    });
    let targets: Vec<String> = (0..6).map(|i| format!("/acme/heavy.png?tint=%23{i}{i}0000")).collect();
    let got = join_all(targets.iter().map(|target| kitchen.get(target))).await;
    let statuses: Vec<u16> = got.iter().map(|got| got.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 2, "{statuses:?}");
    let shed = got.iter().find(|got| got.status == 503).unwrap();
    assert_eq!((shed.code().as_str(), shed.header("retry-after")), ("overloaded", "1"));
    assert_eq!(kitchen.metric("templrender_shed_total{reason=\"queue\"}").await, 4.0);
    assert_eq!(kitchen.metric("templrender_queue_waiting").await, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_is_told_in_a_form_that_is_read() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    for target in [kitchen.target("strict", "/a.png"), kitchen.target("plan-b", "/none.png"), "/acme/none.png".into()] {
        kitchen.get(&target).await;
        kitchen.get(&target).await;
    }
    let got = kitchen.get("/metrics").await;
    assert!(got.header("content-type").starts_with("application/openmetrics-text"));
    let text = got.text();
    let mut types = std::collections::BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} twice");
        } else if !line.starts_with('#') {
            let (series, number) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            number.parse::<f64>().unwrap_or_else(|e| panic!("{line}: {e}"));
            assert!(types.keys().any(|known| name.starts_with(known)), "{line}");
        }
    }
    assert_eq!(text.lines().last(), Some("# EOF"));
    for (series, number) in [
        ("templrender_requests_total{status=\"200\"}", 4.0),
        ("templrender_requests_total{status=\"404\"}", 2.0),
        ("templrender_cache_total{state=\"hit\"}", 2.0),
        ("templrender_cache_total{state=\"miss\"}", 2.0),
        ("templrender_fallbacks_total", 2.0),
        ("templrender_fetches_total{result=\"fetched\"}", 1.0),
        ("templrender_request_seconds_count", 6.0),
        ("templrender_render_seconds_count", 2.0),
        ("templrender_templates", 3.0),
        ("templrender_in_flight", 0.0),
    ] {
        assert!(text.contains(&format!("{series} {number}\n")) || text.contains(&format!("{series} {number:?}\n")), "{series}: {text}");
    }
    assert!(kitchen.metric("templrender_cache_bytes{tier=\"memory\"}").await > 0.0);
}
