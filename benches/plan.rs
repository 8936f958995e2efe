//! What a check of a feed costs per row: plan and layout of `templates/product-sale`, without a pixel.
//!
//! A thousand rows, no two titles alike: 20 to 120 characters, 60 on average, words of eleven languages in five scripts; half of the rows are on
//! sale. One scratch is kept throughout, as a host keeps it, so that the numbers are those of the millionth row. Names are
//! `stage/case/templrender`; a time is of all thousand rows, so that its ms read as µs a row. Before it counts, every title is looked for
//! in the report's lines and every saving in its badge.

#![expect(clippy::disallowed_macros, reason = "a benchmark is a host: it reads files, takes the time and prints")]
#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]
#![allow(clippy::disallowed_methods, reason = "a benchmark may read files")]

#[path = "rows/mod.rs"]
mod rows;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use rows::{Feed, ROWS};
use templrender::Scratch;

fn plan(criterion: &mut Criterion) {
    let feed = Feed::generate();
    let mut scratch = Scratch::new();
    feed.check(&mut scratch);
    let plans: Vec<_> = feed.rows.iter().map(|row| feed.plan(row)).collect();

    let mut group = criterion.benchmark_group("plan/product-sale");
    group.sample_size(20);
    group
        .bench_function("templrender", |b| b.iter(|| feed.rows.iter().map(|row| black_box(feed.plan(row)).needs().count()).sum::<usize>()));
    group.finish();
    let mut group = criterion.benchmark_group("layout/product-sale");
    group.sample_size(20);
    let lines = |scratch: &mut Scratch| plans.iter().map(|plan| feed.report(plan, scratch).layers.len()).sum::<usize>();
    assert!(lines(&mut scratch) >= 5 * ROWS);
    group.bench_function("templrender", |b| b.iter(|| lines(&mut scratch)));
    group.finish();
    let mut group = criterion.benchmark_group("plan-and-layout/product-sale");
    group.sample_size(20);
    group.bench_function("templrender", |b| {
        b.iter(|| feed.rows.iter().map(|row| feed.report(&feed.plan(row), &mut scratch).layers.len()).sum::<usize>())
    });
    group.finish();
}

criterion_group!(benches, plan);
criterion_main!(benches);
