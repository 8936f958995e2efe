//! From a URL to a picture and back to the store: what is drawn, what is kept, and what is not asked for twice.

mod kitchen;

use std::time::Duration;

use kitchen::{BLUE, GREEN, Kitchen, RED, Reply, WHITE, png};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_gets_its_picture() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/red.png", Reply::picture(png(6, 6, RED)));
    let got = kitchen.get(&kitchen.target("strict", "/red.png")).await;
    assert_eq!((got.pixel(2, 2), got.pixel(8, 8)), (RED, WHITE));
    assert_eq!(got.header("content-type"), "image/png");
    assert_eq!(got.header("content-length"), got.body.len().to_string());
    assert_eq!(got.header("cache-control"), "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400");
    assert_eq!(got.header("cache-status"), "templrender; fwd=miss; stored");
    assert_eq!(got.header("x-content-type-options"), "nosniff");
    assert_eq!(got.header("cross-origin-resource-policy"), "cross-origin");
    let etag = got.header("etag").trim_matches('"');
    assert!(etag.len() == 33 && etag.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'), "{etag}");
    let again = kitchen.get(&kitchen.target("strict", "/red.png")).await;
    assert_eq!((again.body == got.body, again.header("cache-status")), (true, "templrender; hit"));
    assert_eq!(kitchen.origin.asked(), 1);
    let wide = kitchen.get(&kitchen.target("strict/wide", "/red.png")).await;
    assert_eq!(wide.pixel(18, 2), WHITE);
    assert_eq!(kitchen.origin.asked(), 1, "the photo was in the cache");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_is_a_get_without_its_body() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/red.png", Reply::picture(png(6, 6, RED)));
    let target = kitchen.target("strict", "/red.png");
    for target in [target.as_str(), "/acme/none.png", "/healthz", "/acme/strict.png?photo=x", "/nothing"] {
        let head = kitchen.ask("HEAD", target, &[("x-request-id", "a")]).await;
        let get = kitchen.ask("GET", target, &[("x-request-id", "a")]).await;
        assert!(head.body.is_empty() && !get.body.is_empty(), "{target}");
        assert_eq!(head.status, get.status, "{target}");
        for name in ["content-type", "content-length", "etag", "cache-control", "x-request-id"] {
            assert_eq!(head.header(name), get.header(name), "{target}: {name}");
        }
        assert_eq!(get.header("content-length"), get.body.len().to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_requests_for_one_product_through_three_templates_are_one_fetch_and_three_renders() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/red.png", Reply::picture(png(6, 6, RED)).after(Duration::from_millis(100)));
    let targets: Vec<String> = ["strict", "lenient", "plan-b"].iter().map(|name| kitchen.target(name, "/red.png")).collect();
    let asked = (0..50).map(|i| kitchen.get(&targets[i % 3]));
    let got = futures_util::future::join_all(asked).await;
    for (i, got) in got.iter().enumerate() {
        assert_eq!((got.status, &got.body), (200, &kitchen.get(&targets[i % 3]).await.body));
        assert!(got.header("cache-status").starts_with("templrender; fwd=miss; stored"), "{}", got.header("cache-status"));
    }
    assert_eq!(got.iter().filter(|got| got.header("cache-status").ends_with("collapsed")).count(), 47);
    assert_eq!(kitchen.origin.asked(), 1);
    assert_eq!(kitchen.metric("templrender_renders_total{result=\"drawn\"}").await, 3.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_has_it_is_told_so_while_the_answer_is_fresh() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/red.png", Reply::picture(png(6, 6, RED)).header("ETag", "\"v1\"").header("Cache-Control", "max-age=10"));
    let target = kitchen.target("strict", "/red.png");
    let first = kitchen.get(&target).await;
    let etag = first.header("etag").to_owned();
    for list in [etag.clone(), format!("W/{etag}"), "*".into(), format!("\"other\", {etag}")] {
        let got = kitchen.ask("GET", &target, &[("if-none-match", &list)]).await;
        assert_eq!((got.status, got.body.len()), (304, 0), "{list}");
        assert_eq!((got.header("etag"), got.header("cache-control")), (etag.as_str(), first.header("cache-control")));
    }
    assert_eq!(kitchen.ask("GET", &target, &[("if-none-match", "\"other\"")]).await.status, 200);
    assert_eq!(kitchen.origin.asked(), 1, "while it is fresh nobody is asked");

    // Later the origin is asked, and says that nothing has changed: no picture is drawn for that.
    kitchen.wait(310);
    let got = kitchen.ask("GET", &target, &[("if-none-match", &etag)]).await;
    assert_eq!((got.status, got.header("cache-status")), (304, "templrender; fwd=stale; fwd-status=304"));
    assert_eq!(kitchen.origin.asked(), 2);
    assert_eq!(kitchen.metric("templrender_renders_total{result=\"drawn\"}").await, 1.0);

    // Another picture is another answer.
    kitchen.origin.says("/red.png", Reply::picture(png(6, 6, GREEN)).header("ETag", "\"v2\""));
    kitchen.wait(310);
    let got = kitchen.ask("GET", &target, &[("if-none-match", &etag)]).await;
    assert_eq!(got.pixel(2, 2), GREEN);
    assert_ne!(got.header("etag"), etag);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_answer_is_given_at_once_and_renewed_behind() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    let target = kitchen.target("strict", "/a.png");
    kitchen.get(&target).await;
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, BLUE)).after(Duration::from_millis(300)));
    kitchen.wait(320);
    let stale = kitchen.get(&target).await;
    assert_eq!((stale.pixel(2, 2), stale.header("cache-status")), (RED, "templrender; hit; fwd=stale"));
    assert!(stale.header("cache-control").starts_with("public, max-age=0"), "{}", stale.header("cache-control"));
    for _ in 0..5 {
        assert_eq!(kitchen.get(&target).await.pixel(2, 2), RED);
    }
    tokio::time::sleep(Duration::from_millis(800)).await;
    let renewed = kitchen.get(&target).await;
    assert_eq!((renewed.pixel(2, 2), renewed.header("cache-status")), (BLUE, "templrender; hit"));
    assert_eq!(kitchen.origin.asked(), 2, "one renewal, however many asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_names_the_bytes() {
    let kitchen = Kitchen::plain();
    kitchen.origin.says("/red.png", Reply::picture(png(6, 6, RED)));
    kitchen.origin.says("/copy.png", Reply::picture(png(6, 6, RED)));
    kitchen.origin.says("/blue.png", Reply::picture(png(6, 6, BLUE)));
    let red = kitchen.target("lenient", "/red.png");
    let targets = [
        red.clone(),
        kitchen.target("lenient", "/blue.png"),
        kitchen.target("lenient", "/copy.png"),
        kitchen.target("lenient", "/none.png"),
        kitchen.target("strict", "/red.png"),
        kitchen.target("strict/wide", "/red.png"),
        red.replace(".png?", ".jpg?"),
        red.replace(".png?", ".webp?"),
        format!("{red}&tint=red"),
    ];
    let mut seen: Vec<(String, Vec<u8>)> = Vec::new();
    for target in &targets {
        let got = kitchen.get(target).await;
        assert_eq!(got.status, 200, "{target}: {}", String::from_utf8_lossy(&got.body));
        let tag = got.header("etag").to_owned();
        assert_eq!(kitchen.get(target).await.header("etag"), tag);
        // Equal tags would be equal bytes.
        assert!(seen.iter().all(|(other, body)| *other != tag || *body == got.body), "{target}");
        seen.push((tag, got.body));
    }
    // Columns that nothing reads, and other spellings, change nothing.
    for same in [format!("{red}&unread=1"), red.replace("photo=", "%70hoto="), red.replace(".png?", ".png?~v=7&")] {
        assert_eq!(kitchen.get(&same).await.header("etag"), seen[0].0, "{same}");
    }
    assert_eq!(kitchen.get(&red).await.header("cache-status"), "templrender; hit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_has_its_own_templates_before_everybodys() {
    let kitchen = Kitchen::new(|room, _| {
        room.file("templates/acme/lenient/template.json", kitchen::lenient("lenient").replace("#ffffff", "#0000ff"));
        room.file("templates/acme/own/template.json", kitchen::lenient("own"));
    });
    assert_eq!(kitchen.get("/acme/lenient.png").await.pixel(8, 8), BLUE);
    assert_eq!(kitchen.get("/other/lenient.png").await.pixel(8, 8), WHITE);
    assert_eq!(kitchen.get("/acme/own.png").await.status, 200);
    let refused = kitchen.get("/other/own.png").await;
    assert_eq!((refused.status, refused.code().as_str()), (404, "unknown-template"));
    assert!(!refused.text().contains("acme"), "{}", refused.text());
}
