//! Compiled templates in the service: the same answers with them and without, also when a template changes, and metrics that tell.

mod kitchen;

use std::sync::Arc;

use futures_util::future::join_all;
use kitchen::{BLUE, Kitchen, RED, Reply, escaped, png};

/// A fixed gradient and a fixed box over it, a photo, and a box in the row's tint between them.
fn framed(name: &str, left: u32) -> String {
    format!(
        r##"{{ "templrender": 1, "name": "{name}", "size": [60, 48], "background": "linear-gradient(red, blue)", "output": {{ "format": "jpeg" }},
            "fields": {{ "tint": {{ "type": "color", "default": "#ffffff" }}, "photo": {{ "type": "image" }}, "stock": {{ "type": "number" }} }},
            "skip-if": "'sold out' if stock == 0",
            "layers": [ {{ "type": "box", "left": 4, "top": 4, "width": 8, "height": 8, "background": "{{{{ tint }}}}" }},
                {{ "id": "photo", "type": "image", "src": "{{{{ photo }}}}", "left": 40, "width": 12, "height": 12 }},
                {{ "type": "box", "left": {left}, "top": 30, "width": 20, "height": 10, "background": "#fc0", "border-radius": 4 }} ] }}"##
    )
}

fn kitchen(compiled_bytes: usize) -> Kitchen {
    let kitchen = Kitchen::new(|room, config| {
        room.file("templates/framed/template.json", framed("framed", 20));
        room.file("templates/framed/fallback.json", r##"{ "tint": "#00ff00", "photo": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==" }"##);
        // every answer is drawn
        config.cache_memory_bytes = 0;
        config.compiled_bytes = compiled_bytes;
    });
    kitchen.origin.says("/red.png", Reply::picture(png(6, 6, RED)));
    kitchen.origin.says("/blue.png", Reply::picture(png(9, 9, BLUE)));
    kitchen
}

fn target(kitchen: &Kitchen, i: usize) -> String {
    let photo = kitchen.origin.url(if i.is_multiple_of(2) { "/red.png" } else { "/blue.png" });
    format!("/acme/framed.jpg?photo={}&tint={}", escaped(&photo), escaped(&format!("#00{i:02x}00")))
}

async fn all(kitchen: &Kitchen, count: usize) -> Vec<(u16, Vec<u8>)> {
    let mut answers = Vec::new();
    for i in 0..count {
        let got = kitchen.get(&target(kitchen, i)).await;
        answers.push((got.status, got.body));
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_answers_with_compiled_templates_and_without() {
    let (with, without) = (kitchen(8 << 20), kitchen(0));
    let (a, b) = (all(&with, 12).await, all(&without, 12).await);
    assert!(a.iter().all(|(status, body)| *status == 200 && body.starts_with(&[0xff, 0xd8])));
    assert!(a == b, "other bytes");
    assert_eq!(with.metric("templrender_compiled_total{state=\"hit\"}").await, 11.0);
    assert_eq!(with.metric("templrender_compiled_total{state=\"plain\"}").await, 1.0);
    assert_eq!(with.metric("templrender_compiled_templates").await, 1.0);
    let bytes = with.metric("templrender_compiled_bytes").await;
    assert!(bytes >= 60.0 * 48.0 * 4.0 && bytes < f64::from(8 << 20), "{bytes}");
    assert_eq!(without.metric("templrender_compiled_total{state=\"plain\"}").await, 12.0);
    assert_eq!(without.metric("templrender_compiled_bytes").await, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_get_the_same_answers() {
    let (with, without) = (Arc::new(kitchen(8 << 20)), kitchen(0));
    let expected = all(&without, 8).await;
    let got = join_all((0..32).map(|i| {
        let with = with.clone();
        async move { with.get(&target(&with, i % 8)).await }
    }));
    for (i, got) in got.await.into_iter().enumerate() {
        assert!((got.status, &got.body) == (200, &expected[i % 8].1), "picture {i}: {}", got.status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_template_is_drawn_as_it_is_now() {
    let (with, without) = (kitchen(8 << 20), kitchen(0));
    let before = all(&with, 4).await;
    assert!(before == all(&without, 4).await);
    for kitchen in [&with, &without] {
        let version = kitchen.version("framed");
        kitchen.room.file("templates/framed/template.json", framed("framed", 30));
        let mut tries = 0;
        while kitchen.get(&format!("/acme/framed@{version}.jpg?photo=x")).await.status == 200 && tries < 5 {
            tries += 1;
        }
        assert!(kitchen.metric_comes("templrender_reloads_total{result=\"loaded\"}", 1.0).await);
    }
    let after = all(&with, 4).await;
    assert!(after != before && after == all(&without, 4).await);
    assert_eq!(with.metric("templrender_compiled_templates").await, 2.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fallbacks_and_skipped_rows_are_as_without() {
    let (with, without) = (kitchen(8 << 20), kitchen(0));
    for i in 0..4 {
        let mut answers = Vec::new();
        for kitchen in [&with, &without] {
            let none = kitchen
                .get(&format!("/acme/framed.jpg?photo={}&tint={}", escaped(&kitchen.origin.url("/none.png")), escaped("#123456")))
                .await;
            let skipped = kitchen.get(&format!("/acme/framed.jpg?stock=0&tint={}", escaped(&format!("#0000{i:02x}")))).await;
            assert_eq!((none.status, skipped.status), (200, 200), "{}", none.text());
            assert_ne!(none.header("templrender-fallback"), "");
            answers.push((none.body, skipped.body));
        }
        assert!(answers[0] == answers[1], "round {i}");
    }
    assert!(with.metric("templrender_compiled_total{state=\"hit\"}").await >= 6.0);
}
