//! Every reason why a request gets no picture, with its status, its code and how long it may be kept.

mod kitchen;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use core_::{Keyring, Request};
use kitchen::{BLUE, Kitchen, RED, Reply, START_MS, WHITE, ask, core_base64, escaped, png, strict};
use templrender_host::{Clock, Config, Service, StartError, TenantConfig};

const SECRET: &str = "k1 0123456789abcdef0123456789abcdef\nk2 fedcba9876543210fedcba9876543210 acme\n";

/// Asserts on a failure and gives its JSON.
fn failed(got: &kitchen::Got, status: u16, code: &str, number: u16, cause: &str) -> serde_json::Value {
    let error = got.error();
    assert_eq!((got.status, error["code"].as_str().unwrap()), (status, code), "{error}");
    assert_eq!((&error["number"], &error["cause"]), (&number.into(), &cause.into()), "{error}");
    assert!(error["message"].as_str().is_some_and(|m| !m.is_empty()) && error["place"].is_string(), "{error}");
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("x-request-id"), error["request_id"].as_str().unwrap());
    let keep = if matches!(status, 400 | 404) { "public, max-age=10" } else { "no-store" };
    assert_eq!(got.header("cache-control"), keep, "{error}");
    assert!(got.header("etag").is_empty());
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_url_is_guilty_of() {
    let kitchen = Kitchen::plain();
    failed(&kitchen.get("/").await, 404, "unknown-path", 701, "request");
    failed(&kitchen.get("/favicon.ico").await, 404, "unknown-path", 701, "request");
    failed(&kitchen.get("/acme/none.png").await, 404, "unknown-template", 702, "request");
    failed(&kitchen.get("/acme/strict@0123456789abcdef.png").await, 404, "unknown-template", 702, "request");
    failed(&kitchen.get("/acme/strict/none.png").await, 404, "unknown-variant", 114, "template");
    failed(&kitchen.get("/acme/strict.gif").await, 400, "bad-url", 601, "request");
    failed(&kitchen.get("/acme/strict.png?~x=1").await, 400, "bad-url", 601, "request");
    failed(&kitchen.get("/acme/strict.png?tint=%zz").await, 400, "bad-url", 601, "request");
    failed(&kitchen.get(&format!("/acme/strict.png?tint={}", "a".repeat(9_000))).await, 414, "url-too-long", 602, "request");
    failed(&kitchen.get("/acme/strict.png?~e=1").await, 403, "url-expired", 604, "request");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        for target in ["/acme/strict.png", "/healthz", "/metrics"] {
            let got = kitchen.ask(method, target, &[]).await;
            failed(&got, 405, "bad-method", 703, "request");
            assert_eq!(got.header("allow"), "GET, HEAD");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_row_is_guilty_of() {
    let kitchen = Kitchen::plain();
    let error = failed(&kitchen.get("/acme/strict.png?tint=nocolour").await, 400, "bad-field", 202, "row");
    assert_eq!(error["place"], "field tint");
    let error = failed(&kitchen.get("/acme/strict.png?tint=nocolour&count=many").await, 400, "bad-field", 202, "row");
    assert_eq!(error["faults"].as_array().unwrap().len(), 2, "{error}");
    // Nobody named a photo.
    failed(&kitchen.get("/acme/strict.png").await, 400, "missing-resource", 301, "resource");
    for photo in
        ["photos/a.png", "/etc/passwd", "../a.png", "file:///etc/passwd", "ftp://a.example/a.png", "http://u:p@a.example/", "http://"]
    {
        let got = kitchen.get(&format!("/acme/strict.png?photo={}", escaped(photo))).await;
        let error = failed(&got, 400, "refused-origin", 605, "row");
        assert_eq!(error["place"], "resource");
        assert!(!got.text().contains("u:p"), "{}", got.text());
    }
    let data = format!("data:image/png;base64,{}", core_base64(&png(6, 6, BLUE)));
    assert_eq!(kitchen.get(&format!("/acme/strict.png?photo={}", escaped(&data))).await.pixel(2, 2), BLUE);
    assert_eq!(kitchen.origin.asked(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_origin_is_guilty_of() {
    let kitchen = Kitchen::new(|_, config| {
        config.fetch_timeout = Duration::from_millis(300);
        config.max_picture_bytes = 20_000;
    });
    let origin = &kitchen.origin;
    origin.says("/gone.png", Reply::status(404));
    origin.says("/broken.png", Reply::status(500));
    origin.says("/page.png", Reply::picture(b"<!doctype html><title>no</title>".to_vec()));
    origin.says("/large.png", Reply::picture(vec![0; 30_000]));
    origin.says("/slow.png", Reply::picture(png(6, 6, RED)).after(Duration::from_secs(2)));
    origin.says("/cut.png", Reply { cut: true, ..Reply::picture(png(6, 6, RED)) });
    let mut damaged = png(60, 60, RED);
    let middle = damaged.len() / 2;
    damaged[middle..].fill(0);
    origin.says("/damaged.png", Reply::picture(damaged));
    origin.says("/vast.bmp", Reply::picture(vast()));
    origin.says("/inwards.png", Reply::status(302).header("Location", "file:///etc/passwd"));
    let cases = [
        ("/gone.png", 502, "missing-resource", 301, "status 404"),
        ("/broken.png", 502, "missing-resource", 301, "status 500"),
        ("/page.png", 502, "unknown-format", 302, "HTML"),
        ("/large.png", 413, "resource-limit", 304, "30000 bytes"),
        ("/slow.png", 504, "missing-resource", 301, "within 0.3 s"),
        ("/cut.png", 502, "missing-resource", 301, ""),
        ("/damaged.png", 502, "damaged-resource", 303, ""),
        ("/vast.bmp", 413, "resource-limit", 304, "256 megapixels"),
        ("/inwards.png", 502, "missing-resource", 301, ""),
    ];
    for (path, status, code, number, says) in cases {
        let photo = escaped(&format!("{}?token=hunter2", origin.url(path)));
        origin.says(&format!("{path}?token=hunter2"), kitchen.origin_reply(path));
        let got = kitchen.get(&format!("/acme/strict.png?photo={photo}")).await;
        let error = failed(&got, status, code, number, "resource");
        assert!(error["message"].as_str().unwrap().contains(says), "{path}: {error}");
        assert!(error["place"].as_str().unwrap().ends_with(path), "{path}: {error}");
        assert!(!got.text().contains("hunter2"), "{}", got.text());
        // A template that can do without draws without, for a moment.
        let without = kitchen.get(&kitchen.target("lenient", path)).await;
        assert_eq!((without.pixel(2, 2), without.header("cache-control")), (WHITE, "public, max-age=10"), "{path}");
        // One with a fallback picture gives that.
        let fallback = kitchen.get(&kitchen.target("plan-b", path)).await;
        assert_eq!((fallback.pixel(2, 2), fallback.pixel(8, 8)), (BLUE, [0, 255, 0, 255]), "{path}");
        assert_eq!(fallback.header("cache-control"), "public, max-age=10");
        assert_eq!((fallback.header("etag"), fallback.header("templrender-fallback")), ("", code));
    }
}

/// The head of a bitmap of 16,000 x 16,000 px.
fn vast() -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    bytes.extend([66_u32, 0, 54, 40, 16_000, 16_000].iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend([1, 0, 24, 0]);
    bytes.resize(66, 0);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_signed_requests_are_answered_where_there_are_keys() {
    let keys = Keyring::parse(SECRET).unwrap();
    let kitchen = Kitchen::new(|_, config| (config.keys, config.unsigned) = (Some(keys.clone()), false));
    let request = |target: &str| Request::parse(target).unwrap().0;
    let signed = keys.sign(&request("/acme/lenient.png?tint=red")).unwrap();
    assert_eq!(kitchen.get(&signed).await.pixel(1, 1), RED);
    // Another spelling of the same request.
    assert_eq!(kitchen.get(&signed.replace("tint=red", "tint=%72ed")).await.status, 200);
    let error = failed(&kitchen.get("/acme/lenient.png?tint=red").await, 403, "bad-signature", 603, "request");
    assert_eq!(error["message"], "a URL must be signed, found no ~k and ~s");
    for tampered in [
        signed.replace("red", "blue"),
        signed.replace("acme", "other"),
        signed.replace("lenient", "strict"),
        signed.replace(".png", ".jpg"),
    ] {
        failed(&kitchen.get(&tampered).await, 403, "bad-signature", 603, "request");
    }
    // A key of acme's signs for nobody else.
    let acme = Keyring::parse("k2 fedcba9876543210fedcba9876543210\n").unwrap();
    assert_eq!(kitchen.get(&acme.sign(&request("/acme/lenient.png")).unwrap()).await.status, 200);
    failed(&kitchen.get(&acme.sign(&request("/other/lenient.png")).unwrap()).await, 403, "bad-signature", 603, "request");
    let until = |seconds: i64| Request { expires: Some(START_MS as i64 / 1_000 + seconds), ..request("/acme/lenient.png") };
    assert_eq!(kitchen.get(&keys.sign(&until(5)).unwrap()).await.status, 200);
    kitchen.wait(5);
    failed(&kitchen.get(&keys.sign(&until(5)).unwrap()).await, 403, "url-expired", 604, "request");
    // An unknown template is nobody's business without a signature.
    failed(&kitchen.get("/acme/none.png").await, 403, "bad-signature", 603, "request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_has_to_be_told_that_anybody_may_ask() {
    let room = kitchen::Room::new("start");
    room.file("templates/strict/template.json", strict("strict"));
    let config = Config::new(room.0.join("templates"));
    assert!(matches!(Service::new(config.clone()), Err(StartError::Unsigned)));
    assert!(matches!(Service::new(Config { keys: Some(Keyring::new()), ..config.clone() }), Err(StartError::Unsigned)));
    let config = Config { unsigned: true, ..config };
    assert!(Service::new(config.clone()).is_ok());
    let mut bad = config.clone();
    bad.tenants.insert("acme".into(), TenantConfig { allow_hosts: Some(vec!["a b".into()]), ..TenantConfig::default() });
    let error = Service::new(bad).map(drop).unwrap_err();
    assert!(matches!(&error, StartError::Origins { place, .. } if place == "tenant acme"), "{error}");
    assert!(matches!(Service::new(Config { templates: room.0.join("none"), ..config }), Err(StartError::Templates(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_may_have_hosts_of_its_own() {
    let kitchen = Kitchen::new(|_, config| {
        config.allow_hosts = vec!["cdn.example".into()];
        config.tenants.insert("free".into(), TenantConfig { allow_hosts: Some(Vec::new()), ..TenantConfig::default() });
    });
    kitchen.origin.says("/red.png", Reply::picture(png(6, 6, RED)));
    let target = kitchen.target("strict", "/red.png");
    failed(&kitchen.get(&target).await, 400, "refused-origin", 605, "row");
    assert_eq!(kitchen.get(&target.replace("/acme/", "/free/")).await.pixel(2, 2), RED);
    failed(&kitchen.get(&target).await, 400, "refused-origin", 605, "row");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_breaks_harms_no_other() {
    let broken = Arc::new(AtomicBool::new(false));
    let breaks = broken.clone();
    let kitchen = Kitchen::new(|_, config| {
        config.clock = Clock::new(move || {
            assert!(!breaks.load(Ordering::SeqCst), "a broken clock, and a secret");
            START_MS
        });
        config.refresh_every = Duration::from_secs(1);
    });
    assert_eq!(kitchen.get("/acme/lenient.png").await.status, 200);
    broken.store(true, Ordering::SeqCst);
    let got = kitchen.get("/acme/lenient.png").await;
    failed(&got, 500, "bug", 501, "bug");
    assert!(!got.text().contains("secret"), "{}", got.text());
    broken.store(false, Ordering::SeqCst);
    assert_eq!(kitchen.get("/acme/lenient.png").await.status, 200);
    assert_eq!(kitchen.metric("templrender_requests_total{status=\"500\"}").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_has_a_name() {
    let kitchen = Kitchen::plain();
    let name = |got: &kitchen::Got| got.header("x-request-id").to_owned();
    let given = kitchen.ask("GET", "/acme/lenient.png", &[("x-request-id", "edge-7")]).await;
    assert_eq!(name(&given), "edge-7");
    let (one, other) = (kitchen.get("/acme/none.png").await, kitchen.get("/acme/none.png").await);
    assert!(name(&one).len() == 16 && name(&one) != name(&other));
    let evil = kitchen.ask("GET", "/acme/none.png", &[("x-request-id", "a\" b")]).await;
    assert!(!name(&evil).contains('"'));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_is_nested_where_a_host_likes() {
    let kitchen = Kitchen::plain();
    let own = axum::routing::get(|| async { "the host's own" });
    let app = axum::Router::new().route("/hello", own).nest("/pictures", kitchen.service.clone().into_router());
    let got = ask(app.clone(), "GET", "/pictures/acme/lenient.png?tint=red", &[]).await;
    assert_eq!(got.pixel(1, 1), RED);
    assert_eq!(ask(app.clone(), "GET", "/hello", &[]).await.text(), "the host's own");
    assert_eq!(ask(app.clone(), "GET", "/pictures/healthz", &[]).await.text(), "ok\n");
    failed(&ask(app.clone(), "GET", "/pictures/none", &[]).await, 404, "unknown-path", 701, "request");
    assert_eq!(ask(app, "GET", "/elsewhere", &[]).await.status, 404);
}
