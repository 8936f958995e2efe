//! Memory: the most that one ad takes, and that a scratch which is kept for ever does not grow.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "a test reads fonts and prints what it measured"
)]

mod common;
#[path = "common/counting.rs"]
mod counting;

use common::NOW;
use counting::{Counting, live, peak_of};
use templrender::{Context, Renderer, Resources, Row, Scratch, Template};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test, so that no other counts into it.
#[test]
fn memory_is_bounded_and_flat() {
    one_ad();
    the_same_pictures_again_and_again();
    always_another_text();
    always_another_title();
}

/// From a row to a JPEG: the photo decoded, everything drawn, 1080 x 1080.
fn one_ad() {
    let folders = common::shipped();
    let folder = folders.iter().find(|f| f.name == "product-ad").unwrap();
    let (_, row) = &folder.rows(0)[0];
    let (bytes, peak) = peak_of(|| {
        let plan = folder.plan(row, None);
        let resources = folder.answer(&plan);
        let rendered = folder.renderer.render(&plan, &resources, &mut Scratch::new()).unwrap();
        rendered.frame.encode(plan.output()).unwrap()
    });
    println!("one ad: {:.1} MiB at most, {} bytes encoded", mib(peak), bytes.len());
    assert!(peak < 32 << 20, "one ad took {:.1} MiB", mib(peak));
}

fn the_same_pictures_again_and_again() {
    let mut jobs = Vec::new();
    for folder in common::shipped() {
        for (_, row) in folder.rows(3) {
            let context = Context { now: Some(NOW), scale: Some(0.2), ..Context::default() };
            let plan = folder.renderer.plan(&folder.template, &row, &context).unwrap();
            jobs.push((folder.renderer.clone(), folder.answer(&plan), plan));
        }
    }
    let mut scratch = Scratch::new();
    let mut after = Vec::new();
    for round in 0..200_usize.div_ceil(jobs.len()) + 2 {
        for (renderer, resources, plan) in &jobs {
            renderer.render(plan, resources, &mut scratch).unwrap();
        }
        println!("round {round} of {} pictures: {:.2} MiB live", jobs.len(), mib(live()));
        after.push(live());
    }
    let (first, last) = (after[1], after[after.len() - 1]);
    assert!(last <= first + (64 << 10), "live bytes grew from {first} to {last}: {after:?}");
}

/// Each render has words and a font size that no other has: what is kept for the next one is bounded.
fn always_another_text() {
    let renderer = Renderer::new(common::fonts());
    let template = Template::parse(
        r#"{ "templrender": 1, "name": "t", "size": [300, 200], "fonts": ["Noto Sans"], "layers": [
            { "type": "text", "text": "{{ words }}", "width": 300, "font-size": "{{ size }}" } ] }"#,
    )
    .unwrap();
    let mut scratch = Scratch::new();
    let (mut start, mut most) = (0, 0);
    for i in 0..400_u32 {
        let words: Vec<String> = (0..40).map(|k| format!("w{:x}", i.wrapping_mul(40).wrapping_add(k).wrapping_mul(0x9e37_79b1))).collect();
        let mut row = Row::new();
        row.set("words", words.join(" ").as_str());
        row.set("size", format!("{}px", 8.0 + f64::from(i) / 7.0).as_str());
        let plan = renderer.plan(&template, &row, &Context::default()).unwrap();
        renderer.render(&plan, &Resources::new(), &mut scratch).unwrap();
        drop((row, plan, words));
        start = if i == 0 { live() } else { start };
        most = most.max(live());
    }
    let grown = most - start;
    println!("400 texts: {:.1} MiB kept at most", mib(grown));
    assert!(grown < 24 << 20, "a scratch keeps {:.1} MiB", mib(grown));
}

/// Rows of a feed that are laid out and not drawn, each with a title and a price that no other has: once what is kept is full, it stays so.
fn always_another_title() {
    let folders = common::shipped();
    let folder = folders.iter().find(|f| f.name == "product-sale").unwrap();
    let (_, mut row) = folder.rows(0)[0].clone();
    let resources = folder.answer(&folder.plan(&row, None));
    row.set("content_language", "en-GB");
    row.set("sale_price", "");
    let mut scratch = Scratch::new();
    let mut after = Vec::new();
    for i in 0..1_200_u32 {
        let number = |k: u32| i.wrapping_mul(7).wrapping_add(k).wrapping_mul(0x9e37_79b1) >> 8;
        let title: Vec<String> = (0..6).map(|k| format!("Mug {:06x}", number(k))).collect();
        row.set("title", title.join(" ").as_str());
        row.set("price", format!("{}.{:02} GBP", 20 + i, i % 100).as_str());
        let context = Context { now: Some(NOW), ..Context::default() };
        let plan = folder.renderer.plan(&folder.template, &row, &context).unwrap();
        let report = folder.renderer.report(&plan, &resources, &mut scratch).unwrap();
        assert!(report.layers.iter().any(|layer| layer.lines.iter().any(|line| line.text.contains(&title[0]))));
        drop((plan, report, title));
        after.push(live());
    }
    let most = |rows: &[usize]| rows.iter().copied().max().unwrap_or(0);
    let (first, last) = (most(&after[..400]), most(&after[800..]));
    println!("1200 titles: {:.2} MiB live after 400, {:.2} MiB after all", mib(first), mib(last));
    assert!(last <= first + (64 << 10), "live bytes grew from {first} to {last}");
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
