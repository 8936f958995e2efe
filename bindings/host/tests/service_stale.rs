//! What is given when the best is not to be had: old answers, pictures without a photo, fallbacks; and how long each may be kept.

mod kitchen;

use std::sync::atomic::Ordering;
use std::time::Duration;

use kitchen::{BLUE, GREEN, Kitchen, RED, Reply, START_MS, WHITE, png};

/// Longer than a photo or an answer is fresh, and than a failure is remembered.
const LONG: u64 = 3_600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_origin_leaves_the_old_answer_for_a_day() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)).header("Cache-Control", "max-age=60"));
    let target = kitchen.target("strict", "/a.png");
    let first = kitchen.get(&target).await;
    let etag = first.header("etag").to_owned();
    for reply in [Reply::status(500), Reply::status(429), Reply::picture(b"<!doctype html>busy".to_vec())] {
        kitchen.origin.says("/a.png", reply);
        kitchen.wait(LONG);
        let got = kitchen.get(&target).await;
        assert_eq!((got.pixel(2, 2), got.header("cache-status")), (RED, "templrender; hit; detail=stale-if-error"));
        assert_eq!((got.header("cache-control"), got.header("etag")), ("public, max-age=10", etag.as_str()));
        // Nobody knows whether it is still so: who has it gets it again.
        assert_eq!(kitchen.ask("GET", &target, &[("if-none-match", &etag)]).await.status, 200);
    }
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, BLUE)));
    kitchen.wait(LONG);
    assert_eq!(kitchen.get(&target).await.pixel(2, 2), BLUE);
    kitchen.origin.says("/a.png", Reply::status(500));
    kitchen.wait(90_000);
    assert_eq!(kitchen.get(&target).await.status, 502, "a day is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_is_gone_is_not_given_any_more() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    let targets = ["strict", "lenient", "plan-b"].map(|name| kitchen.target(name, "/a.png"));
    for target in &targets {
        assert_eq!(kitchen.get(target).await.pixel(2, 2), RED);
    }
    kitchen.origin.says("/a.png", Reply::status(404));
    kitchen.wait(LONG);
    let error = kitchen.get(&targets[0]).await;
    assert_eq!(error.status, 502);
    assert!(error.text().contains("status 404"), "{}", error.text());
    assert_eq!(kitchen.get(&targets[1]).await.pixel(2, 2), WHITE);
    assert_eq!(kitchen.get(&targets[2]).await.pixel(2, 2), BLUE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_without_its_photo_is_drawn_for_a_moment_only() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/a.png", Reply::status(503));
    let target = kitchen.target("lenient", "/a.png");
    let got = kitchen.get(&target).await;
    assert_eq!((got.pixel(2, 2), got.header("cache-control")), (WHITE, "public, max-age=10"));
    kitchen.wait(4);
    let got = kitchen.get(&target).await;
    assert_eq!((got.header("cache-control"), got.header("cache-status")), ("public, max-age=6", "templrender; hit"));
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, GREEN)));
    kitchen.wait(6);
    let got = kitchen.get(&target).await;
    assert_eq!(got.pixel(2, 2), GREEN);
    assert!(got.header("cache-control").starts_with("public, max-age=300"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_photo_makes_room_for_the_next_choice() {
    let kitchen = Kitchen::new(|room, _| {
        let template = kitchen::strict("second").replace(r#"["{{ photo }}"]"#, r#"["{{ photo }}", "asset:plan"]"#);
        let template = template.replace(r#""layers""#, r#""assets": { "plan": "plan.png" }, "layers""#);
        room.file("templates/second/template.json", template);
        room.file("templates/second/plan.png", png(6, 6, BLUE));
    });
    let mut damaged = png(60, 60, RED);
    let middle = damaged.len() / 2;
    damaged[middle..].fill(0);
    // three quarters of a JPEG could be drawn, but the answer would be kept for long
    let photo = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates/og-card/rows/photos/cat.jpg")).unwrap();
    let cut = photo[..photo.len() * 3 / 4].to_vec();
    for (i, damaged) in [damaged, cut].into_iter().enumerate() {
        let path = format!("/{i}.png");
        kitchen.origin.says(&path, Reply::picture(damaged));
        let got = kitchen.get(&kitchen.target("second", &path)).await;
        assert_eq!((got.pixel(2, 2), got.header("cache-control")), (BLUE, "public, max-age=10"), "{path}");
        kitchen.origin.says(&path, Reply::picture(png(6, 6, GREEN)));
        kitchen.wait(LONG);
        assert_eq!(kitchen.get(&kitchen.target("second", &path)).await.pixel(2, 2), GREEN, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_draws_only_what_has_changed() {
    let kitchen = Kitchen::plain();
    // An origin without validators: the same bytes are the same picture.
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    let target = kitchen.target("strict", "/a.png");
    let first = kitchen.get(&target).await;
    for round in 1..=3 {
        kitchen.wait(LONG);
        let got = kitchen.get(&target).await;
        assert_eq!((got.header("etag"), got.header("cache-status")), (first.header("etag"), "templrender; fwd=stale; fwd-status=304"));
        assert!(got.body == first.body && got.header("cache-control") == first.header("cache-control"));
        assert_eq!(kitchen.origin.asked(), 1 + round);
    }
    assert_eq!(kitchen.metric("templrender_renders_total{result=\"drawn\"}").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_never_changes_is_asked_for_once() {
    let kitchen = Kitchen::plain();
    let version = kitchen.get("/acme/strict.png").await;
    assert_eq!(version.status, 400);
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)).header("Cache-Control", "max-age=60, immutable"));
    kitchen.origin.says("/b.png", Reply::picture(png(6, 6, RED)));
    let version = kitchen.version("strict");
    let (a, b) = (kitchen.target("strict", "/a.png"), kitchen.target("strict", "/b.png"));
    let pinned = |target: &str| target.replace("strict.png", &format!("strict@{version}.png"));
    assert!(kitchen.get(&a).await.header("cache-control").starts_with("public, max-age=300"), "the template may change");
    assert_eq!(kitchen.get(&pinned(&a)).await.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(kitchen.get(&pinned(&b)).await.header("cache-control").starts_with("public, max-age=300"), "the photo may change");
    kitchen.wait(30 * 86_400);
    let got = kitchen.get(&a).await;
    assert_eq!((got.status, got.header("cache-status")), (200, "templrender; hit"));
    assert_eq!(kitchen.origin.asked(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_may_say_that_a_folder_of_photos_never_changes() {
    let kitchen = Kitchen::new(|_, config| config.immutable = vec!["http://127.0.0.1:".into()]);
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    let target = kitchen.target("strict", "/a.png");
    let first = kitchen.get(&target).await;
    kitchen.wait(30 * 86_400);
    let got = kitchen.ask("GET", &target, &[("if-none-match", first.header("etag"))]).await;
    assert_eq!((got.status, kitchen.origin.asked()), (304, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_kept_longer_than_it_is_true() {
    let kitchen = Kitchen::new(|room, _| {
        let sale = r##"{ "templrender": 1, "name": "sale", "size": [10, 10], "time-zone": "UTC",
            "fields": { "until": { "type": "date" } }, "background": "{{ '#ff0000' if now < until else '#0000ff' }}", "layers": [] }"##;
        room.file("templates/sale/template.json", sale);
    });
    // 100 s after the beginning.
    assert_eq!(START_MS, 1_795_000_000_000);
    let time = "2026-11-18T11:08:20Z";
    let got = kitchen.get(&format!("/acme/sale.png?until={time}")).await;
    assert_eq!((got.pixel(5, 5), got.header("cache-control")), (RED, "public, max-age=100"));
    kitchen.wait(99);
    assert_eq!(kitchen.get(&format!("/acme/sale.png?until={time}")).await.header("cache-control"), "public, max-age=1");
    kitchen.wait(1);
    let got = kitchen.get(&format!("/acme/sale.png?until={time}")).await;
    assert_eq!(got.pixel(5, 5), BLUE);
    assert!(got.header("cache-control").starts_with("public, max-age=300"), "{}", got.header("cache-control"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_skipped_row_gets_the_fallback_or_nothing() {
    let kitchen = Kitchen::new(|room, _| {
        let skip = |name: &str| kitchen::lenient(name).replace(r#""layers""#, r#""skip-if": "'sold out' if count == 0", "layers""#);
        room.file("templates/skip/template.json", skip("skip"));
        room.file("templates/skip-b/template.json", skip("skip-b"));
        room.file("templates/skip-b/fallback.json", r##"{ "tint": "#0000ff", "count": 1 }"##);
    });
    let got = kitchen.get("/acme/skip.png?count=0").await;
    assert_eq!((got.status, got.code().as_str()), (404, "row-skipped"));
    assert_eq!(got.error()["message"], "row is skipped: sold out");
    let got = kitchen.get("/acme/skip-b.png?count=0").await;
    assert_eq!((got.pixel(5, 5), got.header("templrender-fallback")), (BLUE, "row-skipped"));
    assert_eq!(kitchen.get("/acme/skip-b.png?count=1").await.pixel(5, 5), WHITE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_that_is_saved_half_leaves_the_old_one() {
    let kitchen = Kitchen::plain();
    let save = |text: &str| drop(kitchen.room.file("templates/lenient/template.json", text));
    let before = kitchen::lenient("lenient");
    assert_eq!(kitchen.get("/acme/lenient.png").await.pixel(8, 8), WHITE);
    let version = kitchen.version("lenient");
    save(&before[..before.len() / 2]);
    assert!(kitchen.metric_comes("templrender_templates_refused", 1.0).await);
    assert_eq!(kitchen.get("/acme/lenient.png").await.pixel(8, 8), WHITE);
    save(&before.replace("#ffffff", "#0000ff"));
    assert!(kitchen.metric_comes("templrender_templates_refused", 0.0).await);
    assert_eq!(kitchen.get("/acme/lenient.png").await.pixel(8, 8), BLUE, "the same URL, the new template");
    assert_eq!(kitchen.get(&format!("/acme/lenient@{version}.png")).await.pixel(8, 8), WHITE, "the old one by its version");
    std::fs::remove_dir_all(kitchen.room.0.join("templates/lenient")).unwrap();
    for _ in 0..100 {
        if kitchen.get("/acme/lenient.png").await.status == 404 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a template that is gone is still served at {}", kitchen.now_ms.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_folder_that_goes_away_costs_no_answer() {
    let kitchen = Kitchen::new(|room, config| {
        config.cache_folder = Some(room.0.join("cache"));
        config.cache_memory_bytes = 0;
    });
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    let target = kitchen.target("strict", "/a.png");
    assert_eq!(kitchen.get(&target).await.pixel(2, 2), RED);
    // At once, although files are being written in it.
    std::fs::rename(kitchen.room.0.join("cache"), kitchen.room.0.join("gone")).unwrap();
    for tint in ["red", "blue", "green"] {
        assert_eq!(kitchen.get(&format!("{target}&tint={tint}")).await.pixel(2, 2), RED);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn caches_without_room_cost_no_answer() {
    let kitchen = Kitchen::new(|room, config| {
        config.cache_folder = Some(room.0.join("cache"));
        (config.cache_memory_bytes, config.cache_disk_bytes) = (0, 1);
    });
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    let target = kitchen.target("strict", "/a.png");
    for _ in 0..3 {
        let got = kitchen.get(&target).await;
        assert_eq!((got.pixel(2, 2), got.header("cache-status")), (RED, "templrender; fwd=miss; stored"));
    }
    assert_eq!(kitchen.origin.asked(), 3);
}
