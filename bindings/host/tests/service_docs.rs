//! docs/serve.md is held to what the service says.

mod kitchen;

use kitchen::{Kitchen, RED, Reply, png};

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/serve.md")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_is_in_the_docs_and_none_else() {
    let (page, kitchen) = (page(), Kitchen::plain());
    let text = kitchen.get("/metrics").await.text();
    let families: Vec<(&str, &str)> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let named = |(name, kind): &(&str, &str)| if *kind == "counter" { format!("`{name}_total`") } else { format!("`{name}`") };
    for family in &families {
        assert!(page.contains(&named(family)), "{family:?}");
    }
    let known: Vec<String> = families.iter().map(named).collect();
    for word in page.split('`').filter(|word| word.starts_with("templrender_")) {
        assert!(known.contains(&format!("`{word}`")), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_header_of_a_picture_is_in_the_docs() {
    let (page, kitchen) = (page().to_ascii_lowercase(), Kitchen::plain());
    kitchen.origin.says("/a.png", Reply::picture(png(6, 6, RED)));
    for target in [kitchen.target("strict", "/a.png"), kitchen.target("plan-b", "/none.png"), kitchen.target("strict", "/none.png")] {
        let got = kitchen.get(&target).await;
        for name in got.headers.keys() {
            assert!(page.contains(&format!("`{name}`")) || page.contains(&format!("`{name}:")), "{name}");
        }
    }
}
