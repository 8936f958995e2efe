//! A poster of some forty fixed layers (`poster/template.json`): compiled once, then drawn and encoded with and without that.
//!
//! Each pair of pictures is compared byte by byte before its time counts. `tools/bench.py` measures the same as ratios of turns.

#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]

mod poster;

use std::cell::Cell;

use criterion::{Criterion, criterion_group, criterion_main};
use poster::Poster;
use templrender::{Context, Guard, OutputFormat, Plan, Resources, Scratch};

/// Rows that are drawn in turns.
const ROWS: usize = 16;

fn answered(poster: &Poster, plan: &Plan) -> Resources {
    let mut resources = Resources::new();
    for need in plan.pending(&resources).into_iter().map(|need| (need.id(), poster.answer(need.source()))).collect::<Vec<_>>() {
        resources.insert(need.0, need.1.expect("the poster has its pictures")).unwrap();
    }
    resources
}

fn compile(criterion: &mut Criterion) {
    let poster = Poster::new().unwrap();
    let mut group = criterion.benchmark_group("poster");
    for format in [OutputFormat::Jpeg, OutputFormat::Png] {
        let context = Context { format: Some(format), ..Context::default() };
        let rows: Vec<(Plan, Resources)> = (0..ROWS)
            .map(|number| {
                let plan = poster.renderer.plan(&poster.template, &poster::row(number), &context).unwrap();
                let resources = answered(&poster, &plan);
                (plan, resources)
            })
            .collect();
        let mut scratch = Scratch::new();
        let compile = |scratch: &mut Scratch| poster.renderer.compile(&poster.template, &context, &rows[0].0, &rows[0].1, scratch).unwrap();
        let compiled = compile(&mut scratch);
        assert!(compiled.bytes() > 0, "a poster has fixed layers");
        let plain = |(plan, resources): &(Plan, Resources), scratch: &mut Scratch| {
            poster.renderer.render(plan, resources, scratch).unwrap().frame.encode(plan.output()).unwrap()
        };
        let quick = |(plan, resources): &(Plan, Resources), scratch: &mut Scratch| {
            let rendered = poster.renderer.render_compiled(&compiled, plan, resources, scratch, &Guard::default()).unwrap();
            rendered.frame.encode(plan.output()).unwrap()
        };
        assert!(rows.iter().all(|row| plain(row, &mut scratch) == quick(row, &mut scratch)), "other bytes");
        let next = Cell::new(0);
        let row = || rows.get(next.replace(next.get() + 1) % ROWS).expect("a row of a remainder");
        group.bench_function(format!("{format:?}/uncompiled"), |b| b.iter(|| plain(row(), &mut scratch)));
        group.bench_function(format!("{format:?}/compiled"), |b| b.iter(|| quick(row(), &mut scratch)));
        group.sample_size(10);
        group.bench_function(format!("{format:?}/compile"), |b| b.iter(|| compile(&mut scratch).bytes()));
        group.sample_size(100);
    }
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);
